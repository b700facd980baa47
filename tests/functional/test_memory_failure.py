#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Memory of the host is lost: the guest and clients are told. lost-memory.c stands for the kernel."""

import os
import re
import tempfile
import unittest
from unittest import mock

import rhea

LIBRARY, BOOT_SECTOR = os.environ['RHEA_LOST_MEMORY'], os.environ['RHEA_MACHINE_CHECK']


class MemoryFailure(unittest.TestCase):
    def machine(self, *options, **more):
        folder = tempfile.TemporaryDirectory(prefix='rhea-')
        self.addCleanup(folder.cleanup)
        pipe = folder.name + '/lost'
        os.mkfifo(pipe)
        with mock.patch.dict(os.environ, LD_PRELOAD=LIBRARY, LOST_MEMORY=pipe):
            vm = rhea.Machine(*options, qmp=True, **more)
        self.addCleanup(vm.close)
        self.lost = open(pipe, 'w', encoding='ascii')
        self.addCleanup(self.lost.close)
        return vm

    def lose(self, vm, address):
        text = vm.qmp('human-monitor-command', command_line=f'gpa2hva {address:#x}')
        self.lost.write(re.search(r'is (0x[0-9a-f]+)', text)[1] + '\n')
        self.lost.flush()
        return vm.wait_event('MEMORY_FAILURE')['data']

    def expected(self, action):
        return {'recipient': 'guest', 'action': action,
                'flags': {'action-required': False, 'recursive': False}}

    def test_guest_takes_machine_checks(self):
        vm = self.machine('-m', '64', '-smp', '2', '-cpu', 'Nehalem',
                          '-drive', f'file={BOOT_SECTOR},format=raw,snapshot=on')
        vm.wait_for('~')
        for address in (0x123000, 0x3f00000):
            self.assertEqual(self.lose(vm, address), self.expected('inject'))
            # In progress, restart IP valid; valid, uncorrected, enabled, with both, signalled:
            # found by scrubbing; a physical address, and its page.
            vm.wait_for(f'0000000000000005 bd000000000000c0 {address:016x} 000000000000008c \n')

    def test_guest_that_cannot_be_told(self):
        vm = self.machine('-S', '-m', '64', serial=False)
        self.assertEqual(self.lose(vm, 0x100000), self.expected('ignore'))
        vm.wait_complaint("0x100000 of 'pc.ram'")


if __name__ == '__main__':
    rhea.main()
