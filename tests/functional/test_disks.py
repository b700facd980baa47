#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Stock kernels use disks: what they write is in the image, and what is there they read."""

import hashlib
import os
import random
import tempfile
import unittest

import rhea

SIZE = 16 << 20


class Disks(unittest.TestCase):
    def check(self, device, node, *options, arch='amd64', setup=(), **more):
        """The guest reads what is there, writes to a place, and then to all."""
        with rhea.Machine(*rhea.linux(arch=arch, **more), '-blockdev',
                          'driver=file,node-name=d,filename=' + self.image(), *setup, '-device',
                          device, *options, timeout=120) as vm:
            vm.wait_for_shell()
            self.assertEqual(vm.shell(f'cat /sys/block/{node}/size'), str(SIZE // 512))
            self.assertEqual(vm.shell(f'dd if=/dev/{node} bs=64k count=16 skip=32 2>/dev/null | '
                                      'md5sum').split()[0], self.digest(32 << 16, 16 << 16))
            # What it wrote is there when it says so: no shutdown, no mercy.
            vm.shell(f'yes Zebra | dd of=/dev/{node} bs=4k count=256 seek=512 iflag=fullblock '
                     'conv=fsync')
            with open(self.path, 'rb') as f:
                f.seek(512 * 4096)
                self.assertEqual(f.read(1 << 20), (b'Zebra\n' * (1 << 18))[:1 << 20])
            # All over it, with many requests at once, and read back from the disk itself.
            vm.shell('dd if=/dev/urandom of=/tmp/noise bs=64k count=200')
            vm.shell(f'dd if=/tmp/noise of=/dev/{node} bs=64k; sync; echo 3 >/proc/sys/vm/drop_caches')
            self.assertEqual(vm.shell(f'dd if=/dev/{node} bs=64k count=200 2>/dev/null | cmp - /tmp/noise '
                                      '&& echo same'), 'same')
            self.assertEqual(vm.shell('dmesg | grep -ciE "I/O error|exception Emask"'), '0')

    def image(self):
        """A file of noise."""
        self.path = os.path.join(self.folder, 'disk.img')
        self.data = random.Random(1).randbytes(SIZE)
        with open(self.path, 'wb') as f:
            f.write(self.data)
        return self.path

    def digest(self, offset, size):
        return hashlib.md5(self.data[offset:offset + size]).hexdigest()

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix='rhea-disk-')
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def test_virtio_blk(self):
        self.check('virtio-blk-pci,drive=d', 'vda', cpus=2)

    def test_virtio_blk_packed_iothread(self):
        self.check('virtio-blk-pci,drive=d,packed=on,iothread=t', 'vda',
                   setup=('-object', 'iothread,id=t'))

    def test_virtio_blk_32_bit(self):
        self.check('virtio-blk-pci-transitional,drive=d', 'vda', arch='i386')

    def test_ide(self):
        self.check('ide-hd,drive=d', 'sda')

    def test_ide_32_bit(self):
        self.check('ide-hd,drive=d,bus=ide.1,unit=1', 'sda', arch='i386')

    def test_ide_cd(self):
        """A CD is read to its end, and no further."""
        path = self.image()
        with rhea.Machine(*rhea.linux(), '-drive', f'file={path},format=raw,media=cdrom,id=cd') as vm:
            vm.wait_for_shell()
            self.assertEqual(vm.shell('md5sum /dev/sr0').split()[0], self.digest(0, SIZE))

    def test_change_medium(self):
        """A CD is put in, changed and taken out while the guest runs."""
        first, second = self.image(), os.path.join(self.folder, 'second.iso')
        with open(second, 'wb') as f:
            f.write(self.data[:SIZE // 2])
        with rhea.Machine(*rhea.linux(), '-device', 'ide-cd,id=cd', qmp=True) as vm:
            vm.wait_for_shell()
            self.assertIn('No medium', vm.shell('dd if=/dev/sr0 of=/dev/null count=1'))
            for path, size in ((first, SIZE), (second, SIZE // 2)):
                vm.qmp('blockdev-change-medium', id='cd', filename=path, format='raw')
                # The kernel refuses to read until it has noticed, which the first attempt does.
                vm.shell('dd if=/dev/sr0 of=/dev/null count=1')
                self.assertEqual(vm.shell('md5sum /dev/sr0').split()[0], self.digest(0, size))
            vm.qmp('eject', id='cd')
            self.assertIn('No medium', vm.shell('dd if=/dev/sr0 of=/dev/null count=1'))

    def test_ahci(self):
        """Only the 32-bit kernel has the driver."""
        self.check('ide-hd,drive=d,bus=ahci.2', 'sda', setup=('-device', 'ich9-ahci,id=ahci'), arch='i386')


if __name__ == '__main__':
    rhea.main()
