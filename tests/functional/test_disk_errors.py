#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A disk's image cannot grow: the machine stops, says so, and goes on where it was once it can."""

import hashlib
import os
import resource
import subprocess
import tempfile
import unittest
from pathlib import Path

import rhea

SIZE = 64 << 20
LIMIT = 4 << 20
IMG = str(Path(rhea.EMULATOR).parent / 'qemu-img')


class DiskErrors(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix='rhea-errors-')
        self.addCleanup(folder.cleanup)
        self.image = os.path.join(folder.name, 'disk.qcow2')
        subprocess.run([IMG, 'create', '-q', '-f', 'qcow2', self.image, str(SIZE)], check=True)
        # A file that may not grow is an error, not a signal.
        wrapper = os.path.join(folder.name, 'emulator')
        Path(wrapper).write_text(f'#!/bin/sh\ntrap "" XFSZ\nexec {rhea.EMULATOR} "$@"\n')
        os.chmod(wrapper, 0o755)
        # Guests are found by the place of the emulator itself.
        os.environ.setdefault('RHEA_GUESTS', str(Path(IMG).parent / 'guest'))
        real, rhea.EMULATOR = rhea.EMULATOR, wrapper
        self.addCleanup(setattr, rhea, 'EMULATOR', real)

    def start(self, werror, *devices):
        return rhea.Machine(*rhea.linux(), '-drive',
                            f'file={self.image},if=none,id=d,format=qcow2,werror={werror}',
                            *devices, qmp=True, timeout=120)

    def limit(self, vm, size):
        resource.prlimit(vm.process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    def check_image(self, digest):
        raw = self.image + '.raw'
        subprocess.run([IMG, 'convert', '-f', 'qcow2', '-O', 'raw', self.image, raw], check=True)
        self.assertEqual(hashlib.sha256(Path(raw).read_bytes()).hexdigest(), digest)
        subprocess.run([IMG, 'check', '-q', self.image], check=True)

    def stop_and_go_on(self, disk, *devices):
        with self.start('stop', *devices) as vm:
            vm.wait_for_shell()
            self.limit(vm, LIMIT)
            vm.type(f'dd if=/dev/urandom of=/dev/{disk} bs=64k count=160 conv=fsync; echo done')
            event = vm.wait_event('BLOCK_IO_ERROR')['data']
            self.assertEqual(event['operation'], 'write')
            self.assertEqual(event['action'], 'stop')
            vm.wait_event('STOP')
            self.assertEqual(vm.qmp('query-status')['status'], 'io-error')
            self.limit(vm, resource.RLIM_INFINITY)
            vm.qmp('cont')
            vm.wait_for('\ndone')
            vm.shell('echo 3 > /proc/sys/vm/drop_caches')
            seen = vm.shell(f'sha256sum /dev/{disk}').split()[0]
            self.assertNotIn('error', vm.shell(f'dmesg | grep {disk} | grep -i error; true'))
            vm.type('poweroff -f')
            self.assertEqual(vm.wait_exit(), 0)
        self.check_image(seen)

    def test_nvme(self):
        self.stop_and_go_on('nvme0n1', '-device', 'nvme,drive=d,serial=s')

    def test_scsi(self):
        self.stop_and_go_on('sda', '-device', 'virtio-scsi-pci', '-device', 'scsi-hd,drive=d')

    def test_scsi_iothread(self):
        self.stop_and_go_on('sda', '-object', 'iothread,id=io', '-device',
                            'virtio-scsi-pci,iothread=io', '-device', 'scsi-hd,drive=d')

    def test_virtio_blk(self):
        self.stop_and_go_on('vda', '-device', 'virtio-blk-pci,drive=d')

    def saved_and_loaded(self, disk, *devices):
        """A request that waits goes along with a saved state, and is done by who loads it."""
        state = self.image + '.state'
        with self.start('stop', *devices) as vm:
            vm.wait_for_shell()
            self.limit(vm, LIMIT)
            vm.type(f'dd if=/dev/urandom of=/dev/{disk} bs=64k count=160 conv=fsync; echo done')
            vm.wait_event('STOP')
            self.limit(vm, resource.RLIM_INFINITY)
            vm.qmp('migrate', uri=f'file:{state}')
            vm.wait_qmp('query-migrate', lambda m: m.get('status') == 'completed')
            vm.qmp('quit')
            self.assertEqual(vm.wait_exit(), 0)
        with self.start('stop', *devices, '-incoming', f'file:{state}') as vm:
            vm.qmp('cont')
            vm.wait_for('done')
            vm.type('')
            vm.wait_for(rhea.PROMPT)
            vm.shell('echo 3 > /proc/sys/vm/drop_caches')
            seen = vm.shell(f'sha256sum /dev/{disk}').split()[0]
            self.assertNotIn('error', vm.shell(f'dmesg | grep {disk} | grep -i error; true'))
            vm.type('poweroff -f')
            self.assertEqual(vm.wait_exit(), 0)
        self.check_image(seen)

    def test_nvme_saved(self):
        self.saved_and_loaded('nvme0n1', '-device', 'nvme,drive=d,serial=s')

    def test_scsi_saved(self):
        self.saved_and_loaded('sda', '-device', 'virtio-scsi-pci', '-device', 'scsi-hd,drive=d')

    def test_scsi_iothread_saved(self):
        self.saved_and_loaded('sda', '-object', 'iothread,id=io', '-device',
                              'virtio-scsi-pci,iothread=io', '-device', 'scsi-hd,drive=d')

    def report(self, disk, *devices):
        with self.start('report', *devices) as vm:
            vm.wait_for_shell()
            self.limit(vm, LIMIT)
            vm.type(f'dd if=/dev/urandom of=/dev/{disk} bs=64k count=160 conv=fsync; echo done')
            event = vm.wait_event('BLOCK_IO_ERROR')['data']
            self.assertEqual(event['action'], 'report')
            vm.wait_for('\ndone')
            self.assertEqual(vm.qmp('query-status')['status'], 'running')

    def test_enospc(self):
        """Only a disk that is full stops the machine; then its request is done again."""
        for errno, action in ((28, 'stop'), (5, 'report')):
            inject = f'file.inject-error.0.event=pwritev,file.inject-error.0.errno={errno},' \
                'file.inject-error.0.once=on'
            with self.subTest(errno), rhea.Machine(
                    *rhea.linux(), '-drive', 'driver=qcow2,file.driver=blkdebug,file.image.driver=file,'
                    f'file.image.filename={self.image},{inject},if=none,id=d,werror=enospc',
                    '-device', 'virtio-blk-pci,drive=d', qmp=True, timeout=120) as vm:
                vm.wait_for_shell()
                vm.type('dd if=/dev/urandom of=/dev/vda bs=64k count=4 conv=fsync; echo done')
                event = vm.wait_event('BLOCK_IO_ERROR')['data']
                self.assertEqual((event['action'], event['nospace']), (action, errno == 28))
                if action == 'stop':
                    vm.wait_event('STOP')
                    status = next(b for b in vm.qmp('query-block') if b['device'] == 'd')['io-status']
                    self.assertEqual(status, 'nospace')
                    vm.qmp('cont')
                vm.wait_for('\ndone')
                self.assertEqual(vm.qmp('query-status')['status'], 'running')

    def test_report(self):
        for disk, *devices in (('nvme0n1', '-device', 'nvme,drive=d,serial=s'),
                               ('sda', '-device', 'virtio-scsi-pci', '-device', 'scsi-hd,drive=d')):
            with self.subTest(disk):
                self.report(disk, *devices)


if __name__ == '__main__':
    rhea.main()
