#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""SeaBIOS boots from disks and CDs: a sector that prints, and a system with GRUB and kernel."""

import os
import subprocess
import tempfile
import unittest

import rhea

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


class DiskBoot(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix='rhea-boot-')
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    # ---- one sector ----

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

    # ---- a disk with a system: SeaBIOS, GRUB, kernel ----

    def installed(self):
        """A qcow2 image on top of the disk that scripts/guest/fetch made."""
        base = rhea.guest_folder('amd64') / 'disk.img'
        if not base.exists():
            self.skipTest(f'no {base}: scripts/guest/fetch makes it where mke2fs is')
        path = os.path.join(self.folder, 'installed.qcow2')
        subprocess.run([os.path.join(os.path.dirname(rhea.EMULATOR), 'qemu-img'), 'create', '-q', '-f', 'qcow2',
                        '-b', str(base), '-F', 'raw', path], check=True)
        return path

    def check_installed(self, device, partition, *setup):
        """It boots; what one boot writes to its file system, the next one finds."""
        path = self.installed()
        with rhea.Machine('-machine', 'pc', '-m', '256', *setup, '-blockdev',
                          f'qcow2,node-name=d,file.driver=file,file.filename={path}', '-device', device,
                          timeout=300) as vm:
            vm.wait_for_shell()
            if partition:
                vm.shell(f'mkdir /m; mount -t ext2 /dev/{partition} /m && uname -r >/m/was-here; sync')
            vm.type('reboot -f')
            vm.wait_for_shell()
            if partition:
                vm.shell(f'mkdir /m; mount -t ext2 /dev/{partition} /m')
                self.assertEqual(vm.shell('cmp /m/was-here /proc/sys/kernel/osrelease && echo same'), 'same')

    def test_installed_virtio_blk(self):
        self.check_installed('virtio-blk-pci,drive=d', 'vda1')

    def test_installed_ide(self):
        self.check_installed('ide-hd,drive=d', 'sda1')

    def test_installed_ahci(self):
        """The kernel has no driver for it: firmware and GRUB are what is tested."""
        self.check_installed('ide-hd,drive=d,bus=ahci.0', None, '-device', 'ich9-ahci,id=ahci')


if __name__ == '__main__':
    rhea.main()
