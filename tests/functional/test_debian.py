#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""An installed Debian boots from each kind of disk, and survives when the emulator is killed.

make-debian-disk makes its disk, once, in a folder "debian" beside those of the guest kernels.
RHEA_DEBIAN_ACCEL=kvm is quicker, where that works; RHEA_DEBIAN_KILLS says how often it is killed with
each disk and cache mode.
"""

import os
import random
import subprocess
import tempfile
import time
import unittest

import debian
import rhea

ACCEL = os.environ.get('RHEA_DEBIAN_ACCEL', 'tcg')
KILLS = int(os.environ.get('RHEA_DEBIAN_KILLS', '10'))

# Name: options that make the disk "d" a device.
DEVICES = {
    'ide': ['-device', 'ide-hd,drive=d'],
    'ahci': ['-device', 'ich9-ahci,id=ahci', '-device', 'ide-hd,drive=d,bus=ahci.0'],
    'virtio-blk': ['-device', 'virtio-blk-pci,drive=d'],
    'virtio-scsi': ['-device', 'virtio-scsi-pci,id=scsi', '-device', 'scsi-hd,drive=d,bus=scsi.0'],
    'nvme': ['-device', 'nvme,drive=d,serial=1'],
}

# Options of the file below the image.
CACHES = {
    'writeback': '',
    'none': 'cache.direct=on,file.cache.direct=on,file.aio=native,',
}

# Writes files one after the other; says so of each when it is on stable storage.
WRITER = ('n=$(ls /srv | wc -l); while :; do n=$((n+1)); dd if=/dev/urandom of=/srv/$n bs=4k '
          'count=$((n%50+1)) conv=fsync 2>/dev/null; sync /srv; [ $((n%7)) = 0 ] && fstrim /; '
          'echo "safe $n $(sha1sum </srv/$n)"; done')


class Debian(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.disk = debian.disk('debian')

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix='rhea-debian-')
        self.addCleanup(folder.cleanup)
        self.image = os.path.join(folder.name, 'disk.qcow2')
        debian.overlay(self.image, self.disk)

    def machine(self, device, cache='writeback', **more):
        return rhea.Machine('-machine', 'pc', '-m', '512', '-smp', '2', '-no-reboot', '-blockdev',
                            f'qcow2,node-name=d,discard=unmap,{CACHES[cache]}file.driver=file,'
                            f'file.filename={self.image}',
                            *DEVICES[device], timeout=900, accel=ACCEL, **more)

    def check(self):
        """The image has no corruption."""
        result = subprocess.run([debian.IMG, 'check', '-f', 'qcow2', self.image], capture_output=True, text=True,
                                check=False)
        # 3: leaks, which is what a kill may leave.
        self.assertIn(result.returncode, (0, 3), result.stdout + result.stderr)

    def check_boot(self, device, disk):
        with self.machine(device) as vm:
            debian.log_in(vm)
            self.assertEqual(vm.shell('findmnt -no SOURCE /'), f'/dev/{disk}')
            self.assertIn('bookworm', vm.shell('cat /etc/os-release'))
            vm.type('poweroff')
            self.assertEqual(vm.wait_exit(), 0)
        self.check()

    def test_boot_ide(self):
        self.check_boot('ide', 'sda1')

    def test_boot_ahci(self):
        self.check_boot('ahci', 'sda1')

    def test_boot_virtio_blk(self):
        self.check_boot('virtio-blk', 'vda1')

    def test_boot_virtio_scsi(self):
        self.check_boot('virtio-scsi', 'sda1')

    def test_boot_nvme(self):
        self.check_boot('nvme', 'nvme0n1p1')

    def check_safe(self, vm, safe):
        """The guest has all files that it said were safe, with their content."""
        vm.shell("sha1sum /srv/* > /run/sums; sed -i 's, */srv/, ,' /run/sums")
        for number, digest in safe.items():
            self.assertEqual((number, vm.shell(f"grep ' {number}$' /run/sums")), (number, f'{digest} {number}'))

    def check_file_system(self):
        """What the guest's own tool says of it, from outside."""
        raw = self.image + '.raw'
        subprocess.run([debian.IMG, 'convert', '-O', 'raw', self.image, raw], check=True)
        result = subprocess.run(['e2fsck', '-fn', f'{raw}?offset={1 << 20}'], capture_output=True,
                                text=True, check=False)
        os.unlink(raw)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def write_and_kill(self, vm, rand, safe):
        """Any time between two files or in the middle of one."""
        vm.type('clear; ' + WRITER)
        for _ in range(rand.randrange(3, 25)):
            vm.wait_for('\nsafe ')
            vm.wait_for('-\n')
        # No event is waited for: the instant is to be none.
        time.sleep(rand.uniform(0, 0.5))
        vm.process.kill()
        vm.wait_exit()
        # With what else it has said by then.
        for line in vm.said.split('\n'):
            words = line.split()
            if len(words) == 4 and words[0] == 'safe' and len(words[2]) == 40:
                safe[words[1]] = words[2]

    def check_kills(self, device, cache):
        """Killed in the middle of writing, again and again."""
        rand = random.Random(f'{device} {cache}')
        safe = {}
        for k in range(KILLS + 1):
            with self.machine(device, cache) as vm:
                debian.log_in(vm)
                self.check_safe(vm, safe)
                self.assertEqual(vm.shell('dmesg | grep -c "EXT4-fs error"'), '0')
                if k < KILLS:
                    self.write_and_kill(vm, rand, safe)
                else:
                    vm.type('poweroff')
                    self.assertEqual(vm.wait_exit(), 0)
            self.check()
        self.check_file_system()
        print(f'# {device}, {cache}: {KILLS} kills, {len(safe)} files', flush=True)


def add_kill_tests():
    """One for each disk and cache mode."""
    for device in DEVICES:
        for cache in CACHES:
            def test(self, device=device, cache=cache):
                self.check_kills(device, cache)
            setattr(Debian, f'test_kill_{device.replace("-", "_")}_{cache}', test)


add_kill_tests()

if __name__ == '__main__':
    rhea.main()
