#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""How fast a guest writes to its memory, by both ways to measure it."""

import unittest

import rhea

# A boot sector that says "B" on the serial port and then writes to each page from 64 KiB to 576 KiB,
# again and again.
WRITER = bytes([
    0xba, 0xf8, 0x03,        # mov dx, 0x3f8
    0xb0, 0x42,              # mov al, 'B'
    0xee,                    # out dx, al
    0xb8, 0x00, 0x10,        # again: mov ax, 0x1000
    0x8e, 0xd8,              # next: mov ds, ax
    0xfe, 0x06, 0x00, 0x00,  # inc byte [0]
    0x05, 0x00, 0x01,        # add ax, 0x100
    0x3d, 0x00, 0x90,        # cmp ax, 0x9000
    0x72, 0xf2,              # jb next
    0xeb, 0xed,              # jmp again
]).ljust(510, b'\0') + b'\x55\xaa'


class DirtyRate(unittest.TestCase):
    def machine(self, *options, **more):
        vm = rhea.Machine('-m', '64', *options, qmp=True, **more)
        self.addCleanup(vm.close)
        return vm

    def measured(self, vm, **arguments):
        vm.qmp('calc-dirty-rate', **arguments)
        return vm.wait_qmp('query-dirty-rate', lambda r: r['status'] == 'measured')

    def test_unstarted(self):
        info = self.machine('-S', serial=False).qmp('query-dirty-rate')
        self.assertEqual(info, {'status': 'unstarted', 'sample-pages': 0, 'mode': 'page-sampling',
                                'start-time': 0, 'calc-time': 0, 'calc-time-unit': 'second'})

    def test_writer(self):
        disk = self.machine('-S', serial=False)  # for its folder
        path = disk.path('disk')
        with open(path, 'wb') as f:
            f.write(WRITER.ljust(1 << 20, b'\0'))
        vm = self.machine('-drive', f'file={path},format=raw,snapshot=on')
        vm.wait_for('B')
        info = self.measured(vm, calc_time=100, calc_time_unit='millisecond', mode='dirty-bitmap')
        self.assertGreater(info['dirty-rate'], 0)
        self.assertEqual(info['mode'], 'dirty-bitmap')
        # One that is stopped writes nothing.
        vm.qmp('stop')
        info = self.measured(vm, calc_time=50, calc_time_unit='millisecond', mode='dirty-bitmap')
        self.assertEqual(info['dirty-rate'], 0)
        info = self.measured(vm, calc_time=50, calc_time_unit='millisecond', sample_pages=16384)
        self.assertEqual(info['dirty-rate'], 0)
        self.assertEqual(info['sample-pages'], 16384)

    def test_busy(self):
        vm = self.machine('-S', serial=False)
        vm.qmp('calc-dirty-rate', calc_time=60)
        info = vm.qmp('query-dirty-rate', calc_time_unit='millisecond')
        self.assertEqual((info['status'], info['calc-time'], info['sample-pages']),
                         ('measuring', 60000, 512))
        self.assertIn('on its way', vm.qmp_raw('calc-dirty-rate', calc_time=1)['error']['desc'])
        self.assertIn('not ready', vm.qmp('human-monitor-command', command_line='info dirty_rate'))
        vm.qmp('quit')
        self.assertEqual(vm.wait_exit(), 0)

    def test_mistakes(self):
        vm = self.machine('-S', serial=False)
        for arguments, expected in (
                ({'calc_time': 61}, "'calc-time'"),
                ({'calc_time': -1}, "'calc-time'"),
                ({'calc_time': 1 << 62}, "'calc-time'"),
                ({'calc_time': 49, 'calc_time_unit': 'millisecond'}, '50 ms'),
                ({'calc_time': 1, 'sample_pages': 127}, '128 to 16384'),
                ({'calc_time': 1, 'sample_pages': 512, 'mode': 'dirty-bitmap'}, "'sample-pages'"),
                ({'calc_time': 1, 'mode': 'dirty-ring'}, 'dirty-bitmap')):
            with self.subTest(arguments):
                reply = vm.qmp_raw('calc-dirty-rate', **arguments)
                self.assertIn(expected, reply['error']['desc'])
        text = vm.qmp('human-monitor-command', command_line='calc_dirty_rate -r -b 1')
        self.assertIn('only one', text)


if __name__ == '__main__':
    rhea.main()
