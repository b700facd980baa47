# SPDX-License-Identifier: GPL-2.0-or-later
"""Tests in which a stock kernel uses a disk image."""

import hashlib
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

import rhea
from bootsector import EXIT, boot_sector

SIZE = 64 << 20
IMG = str(Path(rhea.EMULATOR).parent / 'qemu-img')


class DiskCase(unittest.TestCase):
    """Has a folder with a place for an image."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix='rhea-disk-')
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.image = os.path.join(self.folder, 'disk')

    def img(self, *words):
        subprocess.run([IMG, *words], check=True, stdout=subprocess.DEVNULL)

    def drive(self, form):
        return ['-drive', f'file={self.image},if=none,id=d,format={form}']

    def write_and_read(self, form, node, *devices, cpus=1):
        """What the guest writes to its disk NODE it reads again, and so does the host."""
        self.img('create', '-f', form, self.image, str(SIZE))
        with rhea.Machine(*rhea.linux(cpus=cpus), *self.drive(form), *devices, timeout=120) as vm:
            vm.wait_for_shell()
            self.assertEqual(vm.shell(f'cat /sys/block/{node}/size'), str(SIZE // 512))
            block = vm.shell(f'cat /sys/block/{node}/queue/logical_block_size')
            vm.shell(f'dd if=/dev/urandom of=/dev/{node} bs=96k seek=3 count=80 conv=fsync')
            vm.shell(f'dd if=/dev/urandom of=/dev/{node} bs={block} seek=7001 count=9 conv=fsync')
            vm.shell('echo 3 > /proc/sys/vm/drop_caches')
            seen = vm.shell(f'sha256sum /dev/{node}').split()[0]
            # The driver shuts its controller down.
            vm.type('poweroff -f')
            self.assertEqual(vm.wait_exit(), 0)
            self.assertEqual(vm.complained, '')
        raw = self.image + '.raw'
        self.img('convert', '-f', form, '-O', 'raw', self.image, raw)
        self.assertEqual(hashlib.sha256(Path(raw).read_bytes()).hexdigest(), seen)
        if form == 'qcow2':
            self.img('check', self.image)

    def boots(self, *devices):
        """Firmware starts what is in the first sector."""
        Path(self.image).write_bytes(boot_sector('booted from it').ljust(1 << 20, b'\0'))
        with rhea.Machine('-machine', 'pc', *EXIT, *self.drive('raw'), *devices) as vm:
            vm.wait_for('booted from it')
            self.assertEqual(vm.wait_exit(), 1)

    def comes_and_goes(self, vm, node, **device):
        """A device_add with these arguments makes NODE appear, device_del makes it go."""
        vm.qmp('device_add', drive='d', id='x', **device)
        vm.shell(f'until [ -b /dev/{node} ]; do sleep 0.1; done')
        self.assertEqual(vm.shell(f'cat /sys/block/{node}/size'), str(SIZE // 512))
        vm.qmp('device_del', id='x')
        vm.wait_event('DEVICE_DELETED')
        vm.shell(f'while [ -b /dev/{node} ]; do sleep 0.1; done')
