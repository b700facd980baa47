#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The debug log: every item of -d shows what "-d help" says, -dfilter, triple faults."""

import re
import struct
import subprocess
import tempfile
import unittest

from rhea import EMULATOR, Machine, main

TABLE = 0x300


def firmware():
    """Reads behind the end of memory, loops, then INT3 without an interrupt table: a triple fault."""
    image = bytearray(b'\xf4' * 0x10000)
    code = bytes.fromhex('b8ffff 8ed8 a01000')              # mov ax, ffffh; mov ds, ax; mov al, [16]
    code += bytes.fromhex('b90500 e2fe')                    # mov cx, 5; loop $
    code += b'\x2e\x0f\x01\x1e' + struct.pack('<H', TABLE)  # lidt cs:[TABLE]
    code += b'\xcc'                                         # int3
    image[:len(code)] = code
    image[TABLE:TABLE + 6] = bytes(6)
    image[0xfff0:0xfff5] = b'\xea' + struct.pack('<HH', 0, 0xf000)
    return bytes(image)


# What each item's log has.
SHOWN = {
    'in_asm': r'IN:\n0x000f0000:  b8 ff ff ',
    'op': r'OP:\n 00000000000f0000  \w+ +len=3',
    'int': r'v=03 int .*cs:ip=f000:',
    'exec': r'Trace 0: \[00000000000f0000/',
    'cpu': r'EIP=00000000 EFL=',
    'cpu,fpu': r'EIP=00000000 EFL=(.|\n)*FPR0=',
    'mmu': r'mmu: fetch of 00000000000f0000 .* r',
    'pcall': r'far jmp from f000:000000000000fff0 to f000:0000000000000000',
    'cpu_reset': r'CPU Reset \(CPU 0\)\n.*=',
    'invalid_mem': r"memory: read of 1 bytes at 0x100000 of '[^']+': nothing there",
    'guest_errors': r'Triple fault of CPU 0',
    'page': r"memory map of address space '\w+' changed",
    'out_asm': r'OUT: \[size=\d+\]\n  -- guest addr 0x00000000000f0000\n0x',
}
# These only change what others show, or no guest of ours causes them.
SILENT = {'nochain', 'unimp', 'tid', 'fpu'}


class Log(unittest.TestCase):
    def run_guest(self, *options, accel='tcg'):
        """The log of the guest's whole life, which is short."""
        vm = Machine('-no-reboot', '-machine', 'pc', '-m', '1', '-bios', self.bios(), '-S',
                     *options, qmp=True, serial=False, accel=accel)
        self.addCleanup(vm.close)
        vm.qmp('cont')
        self.assertEqual(vm.wait_exit(), 0)
        return vm.complained

    def bios(self):
        file = tempfile.NamedTemporaryFile(suffix='.bin')
        self.addCleanup(file.close)
        file.write(firmware())
        file.flush()
        return file.name

    def items(self):
        said = subprocess.run([EMULATOR, '-d', 'help'], capture_output=True, text=True, timeout=30,
                              check=True).stdout
        names = [line.split()[0] for line in said.splitlines()[1:]]
        return [n for n in names if n != 'all' and not n.startswith('trace')]

    def test_every_item_is_known_here(self):
        known = {word for item in SHOWN for word in item.split(',')} | SILENT
        self.assertEqual(sorted(set(self.items()) - known), [])

    def test_every_item_shows_what_it_says(self):
        for item, pattern in SHOWN.items():
            with self.subTest(item):
                self.assertRegex(self.run_guest('-d', item), pattern)

    def test_filter(self):
        self.assertNotIn('IN:', self.run_guest('-d', 'in_asm', '-dfilter', '0x1000+0x10'))
        said = self.run_guest('-d', 'in_asm,exec', '-dfilter', '0xf0000+0x10')
        self.assertIn('IN:\n0x000f0000', said)
        self.assertNotIn('fffffff0', said)

    def test_triple_fault_is_told(self):
        said = self.run_guest('-d', 'guest_errors')
        story = said[said.index('Triple fault of CPU 0'):]
        self.assertRegex(story, r'first: #GP error code [0-9a-f]{4} at f000:\w+\n'
                                r'(.*\n)?  .*: #GP|first: #GP')
        self.assertRegex(story, r'instruction: 0x000f0013: +cc ')
        self.assertIn('idt 0000000000000000 limit 0000', story)

    def test_triple_fault_tells_where_from(self):
        """Blocks entered, also those of a loop that translated code does not leave."""
        for accel in 'tcg', 'tcg,jit=off':
            with self.subTest(accel):
                said = self.run_guest('-d', 'cpu_reset', accel=accel)
                story = said[said.index('Triple fault of CPU 0'):]
                self.assertRegex(story, r'blocks entered last, latest first:.* 00000000000f000b \(4 times\) '
                                        r'.*00000000000f0000 00000000fffffff0\n')

    def test_monitor_disassembles(self):
        vm = Machine('-machine', 'pc', '-m', '1', '-bios', self.bios(), '-S', qmp=True, serial=False)
        self.addCleanup(vm.close)

        def hmp(line):
            return vm.qmp('human-monitor-command', **{'command-line': line})
        self.assertRegex(hmp('x/2i 0xf0000'), r'0x000f0000:  b8 ff ff .*\n0x000f0003:  8e d8 ')
        self.assertRegex(hmp('xp/1i 0xffff0'), r'0x000ffff0:  ea 00 00 00 f0 ')
        self.assertRegex(hmp('x/1i $pc'), r'0xfffffff0:  ea 00 00 00 f0 ')
        self.assertEqual(len(re.findall('\n', hmp('xp/5i 0xf0000'))), 5)


if __name__ == '__main__':
    main()
