#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A stock kernel uses SCSI disks and CD drives behind virtio-scsi, and firmware boots from them."""

import hashlib
import os
from pathlib import Path

import rhea
from guestdisk import SIZE, DiskCase


class Scsi(DiskCase):
    def devices(self, adapter='virtio-scsi-pci', device='scsi-hd'):
        return '-device', f'{adapter},id=s', '-device', f'{device},drive=d'

    def check(self, form, cpus=1, **devices):
        self.write_and_read(form, 'sda', '-object', 'iothread,id=io', *self.devices(**devices),
                            cpus=cpus)

    def test_raw(self):
        self.check('raw')

    def test_qcow2_iothread(self):
        self.check('qcow2', adapter='virtio-scsi-pci,iothread=io,num_queues=2', cpus=2)

    def test_4k_blocks(self):
        self.check('raw', device='scsi-hd,logical_block_size=4096,physical_block_size=4096')

    def test_cd_and_hotplug(self):
        content = os.urandom(1 << 20)
        iso = Path(self.folder) / 'cd.iso'
        iso.write_bytes(content)
        self.img('create', '-f', 'raw', self.image, str(SIZE))
        with rhea.Machine(*rhea.linux(), '-device', 'virtio-scsi-pci,id=s', '-drive',
                          f'file={iso},if=none,id=c,format=raw,media=cdrom', '-device',
                          'scsi-cd,drive=c,id=cd', *self.drive('raw'), qmp=True) as vm:
            vm.wait_for_shell()
            self.assertEqual(vm.shell('sha256sum /dev/sr0').split()[0],
                             hashlib.sha256(content).hexdigest())
            vm.shell('modprobe sd_mod')
            self.comes_and_goes(vm, 'sda', driver='scsi-hd', bus='s.0', lun=5)

    def test_boots(self):
        """Firmware finds the disk, by itself and by its boot index."""
        for device in ('scsi-hd', 'scsi-hd,bootindex=0', 'scsi-hd,scsi-id=3,lun=2,bootindex=0'):
            self.boots(*self.devices(device=device))


if __name__ == '__main__':
    rhea.main()
