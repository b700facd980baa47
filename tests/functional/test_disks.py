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

# Prints the text behind it on the first serial port: cli; ds = 0; each byte to 3f8h; hlt.
PRINT = bytes.fromhex('fa 31c0 8ed8 be167c ac 84c0 7406 baf803 ee ebf5 f4 ebfd')


def boot_sector(text):
    """A disk's first sector: firmware loads it to 7c00h."""
    code = PRINT + text.encode() + b'\n\0'
    return code + bytes(510 - len(code)) + b'\x55\xaa'


def boot_cd(text):
    """A CD of nothing but what El Torito asks for, without emulation of a disk."""
    sectors = [bytes(2048)] * 16
    sectors.append(b'\x01CD001\x01'.ljust(2048, b'\0'))
    record = b'\0CD001\x01' + b'EL TORITO SPECIFICATION'.ljust(64, b'\0') + (19).to_bytes(4, 'little')
    sectors.append(record.ljust(2048, b'\0'))
    sectors.append(b'\xffCD001\x01'.ljust(2048, b'\0'))
    check = b'\x01' + bytes(29) + b'\x55\xaa'
    check = check[:28] + (-sum(check[i] | check[i + 1] << 8 for i in range(0, 32, 2)) & 0xffff).to_bytes(2, 'little') \
        + check[30:]
    entry = b'\x88' + bytes(5) + (4).to_bytes(2, 'little') + (20).to_bytes(4, 'little')
    sectors.append((check + entry).ljust(2048, b'\0'))
    sectors.append(boot_sector(text).ljust(2048, b'\0'))
    return b''.join(sectors)


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

    def test_ahci(self):
        """Only the 32-bit kernel has the driver."""
        self.check('ide-hd,drive=d,bus=ahci.2', 'sda', setup=('-device', 'ich9-ahci,id=ahci'), arch='i386')

    # ---- booting ----

    def check_boot(self, content, *options, text='It boots', machine='pc'):
        path = os.path.join(self.folder, 'boot.img')
        with open(path, 'wb') as f:
            f.write(content)
        with rhea.Machine('-machine', machine, '-m', '64', *(o.replace('PATH', path) for o in options)) as vm:
            vm.wait_for(text)

    def test_boot_ide(self):
        self.check_boot(boot_sector('It boots').ljust(1 << 20, b'\0'), '-drive', 'file=PATH,format=raw')

    def test_boot_second_ide(self):
        self.check_boot(boot_sector('It boots').ljust(1 << 20, b'\0'), '-drive',
                        'file=PATH,format=raw,if=none,id=d', '-blockdev', 'null-co,node-name=n,read-zeroes=on',
                        '-device', 'ide-hd,drive=n', '-device', 'ide-hd,drive=d,bus=ide.1,bootindex=0')

    def test_boot_ahci(self):
        self.check_boot(boot_sector('It boots').ljust(1 << 20, b'\0'), '-device', 'ich9-ahci,id=ahci',
                        '-drive', 'file=PATH,format=raw,if=none,id=d', '-device', 'ide-hd,drive=d,bus=ahci.3')

    def test_boot_q35_cd(self):
        self.check_boot(boot_cd('It boots'), '-cdrom', 'PATH', machine='q35')

    def test_boot_virtio_blk(self):
        self.check_boot(boot_sector('It boots').ljust(1 << 20, b'\0'), '-drive',
                        'file=PATH,format=raw,if=virtio')

    def test_boot_virtio_blk_first(self):
        """bootindex puts it before a disk that firmware would take else."""
        other = os.path.join(self.folder, 'other.img')
        with open(other, 'wb') as f:
            f.write(boot_sector('The wrong one').ljust(1 << 20, b'\0'))
        self.check_boot(boot_sector('It boots').ljust(1 << 20, b'\0'), '-drive',
                        f'file={other},format=raw', '-drive',
                        'file=PATH,format=raw,if=none,id=d', '-device', 'virtio-blk-pci,drive=d,bootindex=1')

    def test_boot_cd(self):
        self.check_boot(boot_cd('It boots'), '-cdrom', 'PATH')


if __name__ == '__main__':
    rhea.main()
