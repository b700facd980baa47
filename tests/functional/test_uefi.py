#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""UEFI firmware (OVMF) in flash chips: it starts, and its variables last."""

import os
import shutil
import tempfile
import unittest

import rhea

FOLDER = '/usr/share/OVMF'
CODE, VARS = f'{FOLDER}/OVMF_CODE_4M.fd', f'{FOLDER}/OVMF_VARS_4M.fd'
SET = "setvar RheaTest -guid 8be4df61-93ca-11d2-aa0d-00e098032b8c -bs -rt -nv ="


@unittest.skipUnless(os.path.exists(CODE), 'no UEFI firmware: package ovmf')
class Uefi(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix='rhea-uefi-')
        self.addCleanup(folder.cleanup)
        self.vars = os.path.join(folder.name, 'vars.fd')
        shutil.copyfile(VARS, self.vars)
        os.chmod(self.vars, 0o600)

    def start(self):
        vm = rhea.Machine('-machine', 'pc', '-m', '256', '-drive',
                          f'if=pflash,format=raw,unit=0,file={CODE},readonly=on', '-drive',
                          f'if=pflash,format=raw,unit=1,file={self.vars}', timeout=120)
        vm.wait_for('to skip')
        vm.send('\x1b')
        vm.wait_for('Shell>')
        return vm

    def command(self, vm, text):
        # One key at a time: the shell has a queue of few.
        for c in text:
            vm.send(c)
        vm.send('\r')

    def test_variable_lasts(self):
        with self.start() as vm:
            self.command(vm, f'{SET}0x42')
            vm.wait_for('Shell>')
            self.command(vm, 'reset -s')
            self.assertEqual(vm.wait_exit(), 0)
        with self.start() as vm:
            self.command(vm, 'setvar RheaTest -guid 8be4df61-93ca-11d2-aa0d-00e098032b8c')
            vm.wait_for('42')
            self.command(vm, 'reset -s')
            self.assertEqual(vm.wait_exit(), 0)


if __name__ == '__main__':
    rhea.main()
