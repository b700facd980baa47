#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""ACPI tables that options add, as a booted guest has them."""

import struct
import unittest

import rhea

HEADER = 36


def table(vm, name):
    """The table's bytes without its header."""
    text = vm.shell(f'od -An -tx1 -v /sys/firmware/acpi/tables/{name}')
    data = bytes.fromhex(''.join(text.split()))
    assert data[:4] == name.encode() and sum(data) % 256 == 0, data[:HEADER]
    assert len(data) == struct.unpack_from('<I', data, 4)[0]
    return data[HEADER:]


class Wdat(unittest.TestCase):
    """The watchdog is worked through what the table says alone."""

    def start(self, *options):
        return rhea.Machine(*rhea.linux(machine='q35,wdat=on'), *options, qmp=True)

    def actions(self, vm):
        data = table(vm, 'WDAT')
        length, segment, bus, _, _, tick, most, least, flags, count = struct.unpack_from(
            '<IHBBB3xIIIB3xI', data)
        self.assertEqual((length, segment, bus, flags), (32, 0xffff, 0xff, 1))
        self.assertEqual((tick, least, most), (600, 4, 0x3ff))
        entries = [struct.unpack_from('<BBxxBBBBQII', data, 32 + 24 * i) for i in range(count)]
        self.assertEqual(32 + 24 * count, len(data))
        return {action: rest for action, *rest in entries}

    def run_action(self, vm, actions, number, count=0):
        """What a driver does; the value for actions that read."""
        instruction, space, _, _, size, address, value, mask = actions[number]
        if space == 0:
            old = int(vm.shell(f'busybox devmem {address:#x} 32'), 0)
        else:
            reply = vm.qmp('human-monitor-command', command_line=f'i /h {address:#x}')
            old = int(reply.split('=')[1], 0)
        if not instruction & 2:
            return old & mask
        new = (count if instruction & 1 else value) & mask
        if instruction & 0x80:
            new |= old & ~mask
        if space == 0:
            vm.shell(f'busybox devmem {address:#x} 32 {new:#x}')
        else:
            vm.qmp('human-monitor-command', command_line=f'o /h {address:#x} {new:#x}')
        return None

    def test_watchdog(self):
        with self.start() as vm:
            vm.wait_for_shell()
            actions = self.actions(vm)
            for number, value in (11, None), (8, 0x800), (17, None), (16, 0), (1, None):
                self.assertEqual(self.run_action(vm, actions, number), value)
            self.run_action(vm, actions, 6, 4)
            self.assertEqual(self.run_action(vm, actions, 5), 4)
            self.run_action(vm, actions, 1)
            self.run_action(vm, actions, 9)
            # Two times 2.4 seconds later.
            self.assertEqual(vm.wait_event('WATCHDOG')['data']['action'], 'reset')
            vm.wait_exit()

    def test_off(self):
        with rhea.Machine(*rhea.linux(machine='q35'), qmp=True) as vm:
            vm.wait_for_shell()
            self.assertEqual(vm.shell('ls /sys/firmware/acpi/tables | grep -c WDAT'), '0')


if __name__ == '__main__':
    rhea.main()
