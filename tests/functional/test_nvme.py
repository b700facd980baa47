#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A stock kernel uses NVMe disks, and firmware boots from one."""

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


class Nvme(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix='rhea-nvme-')
        self.addCleanup(folder.cleanup)
        self.image = os.path.join(folder.name, 'disk')
        self.raw = os.path.join(folder.name, 'disk.raw')

    def img(self, *words):
        subprocess.run([IMG, *words], check=True, stdout=subprocess.DEVNULL)

    def drive(self, form, *more):
        return ['-drive', f'file={self.image},if=none,id=d,format={form}',
                '-device', ','.join(('nvme,drive=d,serial=abc',) + more)]

    def write_and_read(self, form, *more):
        """What the guest writes it reads again, and so does the host."""
        self.img('create', '-f', form, self.image, str(SIZE))
        with rhea.Machine(*rhea.linux(), *self.drive(form, *more), timeout=120) as vm:
            vm.wait_for_shell()
            self.assertEqual(vm.shell('cat /sys/block/nvme0n1/size'), str(SIZE // 512))
            vm.shell('dd if=/dev/urandom of=/dev/nvme0n1 bs=96k seek=3 count=80 conv=fsync')
            vm.shell('dd if=/dev/urandom of=/dev/nvme0n1 bs=512 seek=70001 count=9 conv=fsync')
            vm.shell('echo 3 > /proc/sys/vm/drop_caches')
            seen = vm.shell('sha256sum /dev/nvme0n1').split()[0]
            # poweroff lets the driver shut the controller down.
            vm.type('poweroff -f')
            self.assertEqual(vm.wait_exit(), 0)
            self.assertEqual(vm.complained, '')
        self.img('convert', '-f', form, '-O', 'raw', self.image, self.raw)
        self.assertEqual(hashlib.sha256(Path(self.raw).read_bytes()).hexdigest(), seen)
        if form == 'qcow2':
            self.img('check', self.image)

    def test_raw(self):
        self.write_and_read('raw')

    def test_qcow2(self):
        self.write_and_read('qcow2')

    def test_4k_blocks_ioeventfd(self):
        self.write_and_read('raw', 'logical_block_size=4096', 'ioeventfd=on')

    def test_no_doorbell_buffers(self):
        self.write_and_read('qcow2', 'dbcs=off', 'mdts=3', 'max_ioqpairs=1')

    def test_hotplug(self):
        """Behind a port of q35 it comes and goes while the guest runs."""
        self.img('create', '-f', 'raw', self.image, str(SIZE))
        options = ['q35' if o == 'pc' else o for o in rhea.linux()]
        with rhea.Machine(*options, '-device', 'pcie-root-port,id=rp,chassis=1', '-drive',
                          f'file={self.image},if=none,id=d,format=raw', qmp=True,
                          timeout=120) as vm:
            vm.wait_for_shell()
            vm.qmp('device_add', driver='nvme', drive='d', serial='x', id='n', bus='rp')
            vm.shell('until [ -b /dev/nvme0n1 ]; do sleep 0.1; done')
            self.assertEqual(vm.shell('cat /sys/block/nvme0n1/size'), str(SIZE // 512))
            vm.qmp('device_del', id='n')
            vm.wait_event('DEVICE_DELETED')
            vm.shell('while [ -b /dev/nvme0n1 ]; do sleep 0.1; done')

    def test_boots(self):
        """Firmware finds the disk, by itself and by its boot index."""
        Path(self.image).write_bytes(boot_sector('booted from NVMe').ljust(1 << 20, b'\0'))
        for more in ((), ('bootindex=0',)):
            with rhea.Machine('-machine', 'pc', *EXIT, *self.drive('raw', *more)) as vm:
                vm.wait_for('booted from NVMe')
                self.assertEqual(vm.wait_exit(), 1)


if __name__ == '__main__':
    rhea.main()
