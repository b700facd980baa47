#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A stock kernel uses SCSI disks and CD drives behind virtio-scsi, and firmware boots from them."""

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


class Scsi(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix='rhea-scsi-')
        self.addCleanup(folder.cleanup)
        self.image = os.path.join(folder.name, 'disk')
        self.raw = os.path.join(folder.name, 'disk.raw')
        self.iso = os.path.join(folder.name, 'cd.iso')

    def img(self, *words):
        subprocess.run([IMG, *words], check=True, stdout=subprocess.DEVNULL)

    def options(self, form, adapter='virtio-scsi-pci', device='scsi-hd'):
        return ['-drive', f'file={self.image},if=none,id=d,format={form}',
                '-device', f'{adapter},id=s', '-device', f'{device},drive=d']

    def write_and_read(self, form, adapter='virtio-scsi-pci', device='scsi-hd', cpus=1):
        """What the guest writes it reads again, and so does the host."""
        self.img('create', '-f', form, self.image, str(SIZE))
        with rhea.Machine(*rhea.linux(cpus=cpus), '-object', 'iothread,id=io',
                          *self.options(form, adapter, device), timeout=120) as vm:
            vm.wait_for_shell()
            self.assertEqual(vm.shell('cat /sys/block/sda/size'), str(SIZE // 512))
            vm.shell('dd if=/dev/urandom of=/dev/sda bs=96k seek=3 count=80 conv=fsync')
            vm.shell('dd if=/dev/urandom of=/dev/sda bs=4k seek=7001 count=9 conv=fsync')
            vm.shell('echo 3 > /proc/sys/vm/drop_caches')
            seen = vm.shell('sha256sum /dev/sda').split()[0]
            vm.type('poweroff -f')
            self.assertEqual(vm.wait_exit(), 0)
            self.assertEqual(vm.complained, '')
        self.img('convert', '-f', form, '-O', 'raw', self.image, self.raw)
        self.assertEqual(hashlib.sha256(Path(self.raw).read_bytes()).hexdigest(), seen)
        if form == 'qcow2':
            self.img('check', self.image)

    def test_raw(self):
        self.write_and_read('raw')

    def test_qcow2_iothread(self):
        self.write_and_read('qcow2', 'virtio-scsi-pci,iothread=io,num_queues=2', cpus=2)

    def test_4k_blocks(self):
        self.write_and_read('raw', device='scsi-hd,logical_block_size=4096,physical_block_size=4096')

    def test_cd_and_hotplug(self):
        content = os.urandom(1 << 20)
        Path(self.iso).write_bytes(content)
        self.img('create', '-f', 'raw', self.image, str(SIZE))
        with rhea.Machine(*rhea.linux(), '-device', 'virtio-scsi-pci,id=s', '-drive',
                          f'file={self.iso},if=none,id=c,format=raw,media=cdrom', '-device',
                          'scsi-cd,drive=c,id=cd', '-drive',
                          f'file={self.image},if=none,id=d,format=raw', qmp=True) as vm:
            vm.wait_for_shell()
            self.assertEqual(vm.shell('sha256sum /dev/sr0').split()[0],
                             hashlib.sha256(content).hexdigest())
            vm.shell('modprobe sd_mod')
            vm.qmp('device_add', driver='scsi-hd', drive='d', id='x', bus='s.0', lun=5)
            vm.shell('until [ -b /dev/sda ]; do sleep 0.1; done')
            vm.qmp('device_del', id='x')
            vm.wait_event('DEVICE_DELETED')
            vm.shell('while [ -b /dev/sda ]; do sleep 0.1; done')

    def test_boots(self):
        """Firmware finds the disk, by itself and by its boot index."""
        Path(self.image).write_bytes(boot_sector('booted from SCSI').ljust(1 << 20, b'\0'))
        for device in ('scsi-hd', 'scsi-hd,bootindex=0', 'scsi-hd,scsi-id=3,lun=2,bootindex=0'):
            with rhea.Machine('-machine', 'pc', *EXIT, *self.options('raw', device=device)) as vm:
                vm.wait_for('booted from SCSI')
                self.assertEqual(vm.wait_exit(), 1)


if __name__ == '__main__':
    rhea.main()
