#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Snapshots of a machine in its disks' images: savevm, loadvm, delvm, -loadvm and the jobs."""

import tempfile
import unittest
from pathlib import Path

import rhea
from test_blockdev import BlockCase, file_node, img
from test_migrate import check_continued, counting_guest


class WithGuest(unittest.TestCase):
    """A guest that has two disks, of which one gets its state."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix='rhea-')
        self.addCleanup(folder.cleanup)
        self.disks = [str(Path(folder.name) / name) for name in ('a.qcow2', 'b.qcow2')]
        for disk in self.disks:
            img('create', '-q', '-f', 'qcow2', disk, '64M')

    def machine(self, *options):
        drives = []
        for name, disk in zip('ab', self.disks):
            drives += ['-blockdev', f'qcow2,node-name={name},file.driver=file,file.filename={disk}',
                       '-device', f'virtio-blk-pci,drive={name},id=disk-{name}']
        return rhea.Machine(*rhea.linux(), *drives, *options, qmp=True)

    def hmp(self, vm, line):
        return vm.qmp('human-monitor-command', **{'command-line': line})

    def job(self, vm, command, **more):
        vm.qmp(command, job_id='j', tag='by-job', devices=['a', 'b'], **more)
        job = vm.wait_qmp('query-jobs', lambda jobs: jobs[0]['status'] == 'concluded')[0]
        vm.qmp('job-dismiss', id='j')
        return job

    def write(self, vm, text):
        for disk in ('vda', 'vdb'):
            vm.shell(f'echo {text} | dd of=/dev/{disk} bs=512 conv=sync,fsync 2>/dev/null')

    def check_disks(self, vm, text):
        vm.shell('echo 3 > /proc/sys/vm/drop_caches')
        for disk in ('vda', 'vdb'):
            self.assertEqual(vm.shell(f'head -n 1 /dev/{disk}'), text)

    def check_back(self, vm):
        check_continued(self, vm)
        self.check_disks(vm, 'before')
        self.assertEqual(vm.shell('cat /tmp/later 2>/dev/null'), '')

    def test_life(self):
        with self.machine() as vm:
            counting_guest(vm)
            self.write(vm, 'before')
            self.assertEqual(self.hmp(vm, 'savevm one'), '')
            self.assertEqual(vm.qmp('query-status')['status'], 'running')
            self.write(vm, 'after')
            vm.shell('echo x > /tmp/later; X=forgotten')
            self.check_disks(vm, 'after')
            self.assertEqual(self.hmp(vm, 'loadvm one'), '')
            self.check_back(vm)
            self.assertNotIn('error', self.job(vm, 'snapshot-save', vmstate='b'))
            vm.shell('echo x > /tmp/later')
            self.assertNotIn('error', self.job(vm, 'snapshot-load', vmstate='b'))
            self.check_back(vm)
            self.assertIn('already exists', self.job(vm, 'snapshot-save', vmstate='b')['error'])
            listed = self.hmp(vm, 'info snapshots')
            self.assertIn('present on all disks', listed)
            self.assertIn('by-job', listed)
            self.assertNotIn('error', self.job(vm, 'snapshot-delete'))
            self.assertIn('does not exist', self.job(vm, 'snapshot-load', vmstate='b')['error'])
            vm.qmp('quit')
            self.assertEqual(vm.wait_exit(), 0)
        for disk in self.disks:
            img('check', '-q', disk)
        self.assertIn('one', img('snapshot', '-l', self.disks[0]))
        with self.machine('-loadvm', 'one') as vm:
            vm.wait_qmp('query-status', lambda r: r['status'] == 'running')
            vm.type('')
            vm.wait_for(rhea.PROMPT)
            self.check_back(vm)
            self.assertEqual(self.hmp(vm, 'delvm one'), '')
            self.assertIn('no snapshot', self.hmp(vm, 'info snapshots'))
            vm.type('poweroff -f')
            self.assertEqual(vm.wait_exit(), 0)
        for disk in self.disks:
            img('check', '-q', disk)


class WithoutGuest(BlockCase):
    def test_nothing_to_save_to(self):
        self.assertIn('No block device', self.hmp('savevm x'))

    def test_drives(self):
        raw, path = self.image('r', '1M', 'raw'), self.image('a.qcow2')
        self.hmp(f'drive_add 0 if=none,id=d,file={path}')
        self.assertIn("'x' does not exist", self.hmp('loadvm x'))
        self.assertEqual(self.hmp('savevm x'), '')
        self.assertEqual(self.qmp('query-status')['status'], 'prelaunch')
        self.assertEqual(self.hmp('savevm x'), '')
        self.assertEqual(self.hmp('loadvm x'), '')
        self.assertEqual(self.qmp('query-status')['status'], 'prelaunch')
        self.assertEqual(self.hmp('savevm'), '')
        self.assertIn('vm-20', self.hmp('info snapshots'))
        # What is left behind the disk does not show when it grows.
        self.qmp('block_resize', device='d', size=64 << 20)
        self.assertNotIn('failed', self.hmp('qemu-io d "read -P 0 4M 60M"'))
        self.hmp(f'drive_add 0 if=none,id=r,file={raw},format=raw')
        for command in 'savevm y', 'loadvm x', 'delvm x':
            self.assertIn("'r' is writable but does not support snapshots", self.hmp(command))

    def test_nodes_without_a_device(self):
        """They are disks, too, unless they are parts of others."""
        self.add_image('a', self.image('a.qcow2'))
        raw = file_node('f', self.image('r.raw', '1M', 'raw'))
        self.add(**raw)
        self.assertIn("'f' is writable but does not support snapshots", self.hmp('savevm x'))
        self.assertNotIn('snapshots', self.node('a')['image'])
        self.qmp('blockdev-reopen', options=[{**raw, 'read-only': True}])
        self.assertEqual(self.hmp('savevm x'), '')
        self.assertEqual([s['name'] for s in self.node('a')['image']['snapshots']], ['x'])
        self.assertEqual(self.hmp('loadvm x'), '')
        self.assertEqual(self.hmp('delvm x'), '')
        self.assertIn("No disk has a snapshot 'x'", self.hmp('delvm x'))

    def test_bitmaps(self):
        """They would not know what becomes different: nothing is loaded."""
        self.hmp(f'drive_add 0 if=none,id=d,node-name=n,file={self.image("a.qcow2")}')
        self.assertEqual(self.hmp('savevm x'), '')
        self.qmp('block-dirty-bitmap-add', node='n', name='b')
        self.assertIn("active dirty bitmaps (b)", self.hmp('loadvm x'))
        self.qmp('block-dirty-bitmap-remove', node='n', name='b')
        self.assertEqual(self.hmp('loadvm x'), '')

    def test_numbers_are_names(self):
        """A name is never taken for the id of another snapshot."""
        path = self.image('a.qcow2')
        self.hmp(f'drive_add 0 if=none,id=d,node-name=n,file={path}')

        def names():
            return [s['name'] for s in self.node('n')['image'].get('snapshots', [])]
        self.hmp('qemu-io d "write -P 1 0 64k"')
        self.assertEqual(self.hmp('savevm a'), '')
        self.hmp('qemu-io d "write -P 2 0 64k"')
        self.assertEqual(self.hmp('savevm 1'), '')
        self.assertEqual(names(), ['a', '1'])
        self.assertEqual(self.hmp('loadvm 1'), '')
        self.assertNotIn('failed', self.hmp('qemu-io d "read -P 2 0 64k"'))
        self.assertIn("'2'", self.hmp('loadvm 2'))
        self.assertEqual(self.hmp('delvm 1'), '')
        self.assertEqual(names(), ['a'])
        self.assertIn("'1'", self.hmp('delvm 1'))
        self.assertEqual(names(), ['a'])

    def test_only_disks(self):
        path = self.image('a.qcow2')
        img('snapshot', '-c', 'x', path)
        self.hmp(f'drive_add 0 if=none,id=d,file={path}')
        self.assertIn('offline', self.hmp('loadvm x'))

    def test_encrypted(self):
        path = self.vm.path('e.qcow2')
        secret = 'secret,id=s,data=a-passphrase'
        img('create', '-q', '--object', secret, '-f', 'qcow2', '-o',
            'encrypt.format=luks,encrypt.key-secret=s,encrypt.iter-time=10', path, '4M')
        self.qmp('object-add', qom_type='secret', id='s', data='a-passphrase')
        self.add_image('a', path, encrypt={'format': 'luks', 'key-secret': 's'})
        for command in 'save', 'load':
            self.qmp('snapshot-' + command, job_id='j', tag='x', vmstate='a', devices=['a'])
            job = self.vm.wait_qmp('query-jobs', lambda jobs: jobs[0]['status'] == 'concluded')[0]
            self.assertNotIn('error', job)
            self.qmp('job-dismiss', id='j')
        self.qmp('blockdev-del', node_name='a')
        img('check', '-q', path)

    def test_mistakes_of_jobs(self):
        self.refused('snapshot-save', 'devices', job_id='j', tag='x', vmstate='a', devices=[])
        self.add_image('a', self.image('a.qcow2'))
        self.add_image('b', self.image('b.qcow2'))
        for more, word in (({'devices': ['a', 'c'], 'vmstate': 'a'}, 'c'),
                           ({'devices': ['a'], 'vmstate': 'b'}, 'among')):
            self.qmp('snapshot-save', job_id='j', tag='x', **more)
            job = self.vm.wait_qmp('query-jobs', lambda jobs: jobs[0]['status'] == 'concluded')[0]
            self.assertIn(word, job['error'])
            self.qmp('job-dismiss', id='j')


class OtherMachine(unittest.TestCase):
    """What differs is told, and what to do."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix='rhea-')
        self.addCleanup(folder.cleanup)
        self.path = str(Path(folder.name) / 'a.qcow2')
        img('create', '-q', '-f', 'qcow2', self.path, '4M')

    def machine(self, *options, cpus=2, memory=16, machine='pc', disk='virtio-blk-pci,num-queues=1', qmp=True):
        return rhea.Machine('-machine', machine, '-smp', str(cpus), '-m', str(memory), '-S', '-drive',
                            f'if=none,id=d,format=qcow2,file={self.path}', '-device', f'{disk},drive=d',
                            *options, qmp=qmp, serial=False)

    def check(self, *words, **machine):
        vm = self.machine('-loadvm', 'x', **machine, qmp=False)
        self.addCleanup(vm.close)
        self.assertEqual(vm.wait_exit(), 1)
        for word in words:
            vm.wait_complaint(word)

    def test_what_differs(self):
        with self.machine() as vm:
            self.assertEqual(vm.qmp('human-monitor-command', **{'command-line': 'savevm x'}), '')
        for cpus in 1, 4:
            self.check(f'the saved machine has 2 CPUs, this one has {cpus}', '-smp', cpus=cpus)
        self.check("memory block 'pc.ram'", '-m', memory=32)
        self.check('machine type', '-machine pc-i440fx', machine='q35')
        self.check('was saved with other properties: byte 0x', disk='virtio-blk-pci,num-queues=3')
        self.check('virtio-pci', 'that this machine lacks', disk='ide-hd')
        with self.machine('-loadvm', 'x') as vm:
            self.assertFalse(vm.qmp('query-status')['running'])


class Option(unittest.TestCase):
    def test_unknown_snapshot(self):
        vm = rhea.Machine('-loadvm', 'x', '-S', serial=False)
        self.addCleanup(vm.close)
        self.assertEqual(vm.wait_exit(), 1)
        vm.wait_complaint('-loadvm x')


if __name__ == '__main__':
    rhea.main()
