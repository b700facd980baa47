#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Debian compiles a package, with four jobs on four processors, as often as RHEA_COMPILE_RUNS says.

Each time all object files are those that the same compiler made on the host, and the package's own
tests pass. make-debian-disk makes the disk, once.
"""

import os
import tempfile
import unittest

import debian
import rhea

ACCEL = os.environ.get('RHEA_DEBIAN_ACCEL', 'tcg')
RUNS = int(os.environ.get('RHEA_COMPILE_RUNS', '10'))


class Compile(unittest.TestCase):
    def test_compile(self):
        base = debian.disk('debian-build', 'gzip')
        with tempfile.TemporaryDirectory(prefix='rhea-compile-') as folder:
            image = os.path.join(folder, 'disk.qcow2')
            debian.overlay(image, base)
            with rhea.Machine('-machine', 'pc', '-m', '2048', '-smp', '4', '-cpu', 'max', '-no-reboot', '-blockdev',
                              f'qcow2,node-name=d,file.driver=file,file.filename={image}', '-device',
                              'virtio-blk-pci,drive=d', timeout=1200 * (RUNS + 1), accel=ACCEL) as vm:
                debian.log_in(vm)
                for _ in range(RUNS):
                    status = vm.shell('/usr/src/build > /run/made 2>/run/err; echo $?')
                    if status != '0':
                        self.fail(vm.shell('tail -n 40 /run/err /usr/src/log'))
                    self.assertEqual(vm.shell('diff /usr/src/expected /run/made'), '')
                    self.assertEqual(vm.shell('dmesg -l err,crit,alert,emerg | grep -iE "bug|oops|lockup|stall"'), '')
                vm.type('poweroff')
                self.assertEqual(vm.wait_exit(), 0)


if __name__ == '__main__':
    rhea.main()
