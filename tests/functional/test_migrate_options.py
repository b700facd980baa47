#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Capabilities and parameters of saving a machine; no guest is needed for that."""

import tempfile
import unittest
from pathlib import Path

import rhea

UUID = '12345678-1234-1234-1234-1234567890ab'
END = ('completed', 'failed', 'cancelled')


class Options(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix='rhea-')
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.uri = f'file:{self.folder}/state'

    def machine(self, *options):
        vm = rhea.Machine('-S', '-m', '16', *options, serial=False, qmp=True)
        self.addCleanup(vm.close)
        return vm

    def switch(self, vm, **capabilities):
        return vm.qmp_raw('migrate-set-capabilities', capabilities=[
            {'capability': name.replace('_', '-'), 'state': state}
            for name, state in capabilities.items()])

    def saved(self, vm):
        vm.qmp('migrate', uri=self.uri)
        info = vm.wait_qmp('query-migrate', lambda r: r['status'] in END)
        self.assertEqual(info['status'], 'completed', info)
        return info

    def test_offered(self):
        vm = self.machine()
        offered = [c['capability'] for c in vm.qmp('query-migrate-capabilities')]
        self.assertIn('pause-before-switchover', offered)
        for name in offered:
            self.assertNotIn('error', self.switch(vm, **{name: True}))
        self.assertTrue(all(c['state'] for c in vm.qmp('query-migrate-capabilities')))
        # One that is not there: nothing of the list is changed.
        reply = self.switch(vm, events=False, rdma_pin_all=True)
        self.assertIn("'rdma-pin-all'", reply['error']['desc'])
        self.assertTrue(all(c['state'] for c in vm.qmp('query-migrate-capabilities')))

    def test_other_devices(self):
        """A device too many, one too few, another in its place: what it is, and what to do."""
        self.saved(self.machine('-device', 'virtio-rng-pci,addr=5'))
        rng, balloon = ['-device', 'virtio-rng-pci,addr=5'], ['-device', 'virtio-balloon-pci,id=b,addr=6']
        for options, words in (
                (rng + balloon, ["'0000:00:06.0/virtio-pci'", 'Leave out -device virtio-balloon-pci,id=b,']),
                ([], ["'0000:00:05.0/virtio-pci'", 'Start with the devices']),
                (balloon[:1] + ['virtio-balloon-pci,addr=5'], ['1af4:1005', '1af4:1002 (virtio-balloon-pci)', 'devices'])):
            with self.subTest(options):
                done = rhea.run('-display', 'none', '-nodefaults', '-accel', 'tcg', '-machine', 'pc', '-m', '16', *options,
                                '-incoming', self.uri)
                self.assertEqual(done.returncode, 1, done.stderr)
                for word in words:
                    self.assertIn(word, done.stderr)
                self.assertLessEqual(len(done.stderr.splitlines()), 3, done.stderr)

    def test_events(self):
        vm = self.machine()
        self.switch(vm, events=True)
        self.saved(vm)
        vm.wait_event('MIGRATION_PASS')
        states = [e['data']['status'] for e in vm.events if e['event'] == 'MIGRATION']
        self.assertEqual(states, ['setup', 'active', 'completed'])

    def test_pause_before_switchover(self):
        vm = self.machine()
        vm.qmp('cont')
        self.switch(vm, pause_before_switchover=True)
        vm.qmp('migrate', uri=self.uri)
        self.assertEqual(vm.qmp('query-migrate')['status'], 'pre-switchover')
        self.assertEqual(vm.qmp('query-status')['status'], 'finish-migrate')
        self.assertIn("'active'", vm.qmp_raw('migrate-continue', state='active')['error']['desc'])
        self.assertIn('being saved', self.switch(vm, validate_uuid=True)['error']['desc'])
        # Given up: the machine goes on.
        vm.qmp('migrate_cancel')
        vm.wait_qmp('query-migrate', lambda r: r['status'] == 'cancelled')
        self.assertEqual(vm.qmp('query-status')['status'], 'running')
        # A person who waits is told, and the next step works.
        text = vm.qmp('human-monitor-command', command_line=f'migrate {self.uri}')
        self.assertIn('migrate-continue', text)
        vm.qmp('migrate-continue', state='pre-switchover')
        vm.wait_qmp('query-migrate', lambda r: r['status'] == 'completed')
        reply = vm.qmp_raw('migrate-continue', state='pre-switchover')
        self.assertIn("'completed'", reply['error']['desc'])

    def test_end_while_it_waits(self):
        vm = self.machine()
        self.switch(vm, pause_before_switchover=True)
        vm.qmp('migrate', uri=self.uri)
        vm.qmp('quit')
        self.assertEqual(vm.wait_exit(), 0)

    def test_bandwidth(self):
        """A byte a second never ends; more does, also for one that is on its way."""
        vm = self.machine()
        vm.qmp('migrate-set-parameters', max_bandwidth=1)
        self.assertEqual(vm.qmp('query-migrate-parameters')['max-bandwidth'], 1)
        vm.qmp('migrate', uri=self.uri)
        vm.wait_qmp('query-migrate', lambda r: r['ram']['remaining'] < r['ram']['total'])
        self.assertEqual(vm.qmp('query-migrate')['status'], 'active')
        vm.qmp('migrate-set-parameters', max_bandwidth=0)
        vm.wait_qmp('query-migrate', lambda r: r['status'] == 'completed')

    def test_bandwidth_cancel(self):
        vm = self.machine()
        vm.qmp('human-monitor-command', command_line='migrate_set_parameter max-bandwidth 1b')
        vm.qmp('migrate', uri=self.uri)
        vm.wait_qmp('query-migrate', lambda r: r['ram']['remaining'] < r['ram']['total'])
        vm.qmp('migrate_cancel')
        vm.wait_qmp('query-migrate', lambda r: r['status'] == 'cancelled')

    def test_zero_pages(self):
        vm = self.machine()
        self.assertGreater(self.saved(vm)['ram']['duplicate'], 0)
        vm.qmp('migrate-set-parameters', zero_page_detection='none')
        info = self.saved(vm)
        self.assertEqual(info['ram']['duplicate'], 0)
        self.assertGreater(info['ram']['transferred'], 16 << 20)

    def test_uuid(self):
        vm = self.machine('-uuid', UUID)
        self.switch(vm, validate_uuid=True)
        self.saved(vm)
        done = rhea.run('-display', 'none', '-nodefaults', '-accel', 'tcg', '-m', '16',
                        '-incoming', self.uri)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f'-uuid {UUID}', done.stderr)
        other = self.machine('-uuid', UUID, '-incoming', self.uri)
        other.wait_qmp('query-migrate', lambda r: r['status'] == 'completed')

    def shared(self):
        return ('-object', f'memory-backend-file,id=ram,size=16M,mem-path={self.folder}/ram,share=on',
                '-machine', 'pc,memory-backend=ram')

    def test_ignore_shared(self):
        """Memory that both have from one file is not in the stream, and is there."""
        vm = self.machine(*self.shared())
        with open(self.folder / 'ram', 'r+b') as ram:
            ram.seek(0x100000)
            ram.write(b'\x5a' * 4096)
        everything = self.saved(vm)['ram']['total']
        self.switch(vm, x_ignore_shared=True)
        self.assertEqual(self.saved(vm)['ram']['total'], everything - (16 << 20))
        vm.qmp('quit')
        self.assertEqual(vm.wait_exit(), 0)
        other = self.machine(*self.shared(), '-incoming', 'defer')
        self.switch(other, x_ignore_shared=True)
        other.qmp('migrate-incoming', uri=self.uri)
        other.wait_qmp('query-migrate', lambda r: r['status'] == 'completed')
        self.assertIn('0x5a', other.qmp('human-monitor-command', command_line='xp /1xb 0x100000'))

    def test_hmp(self):
        vm = self.machine()

        def hmp(line):
            return vm.qmp('human-monitor-command', command_line=line)
        self.assertEqual(hmp('migrate_set_parameter max-bandwidth 10'), '')
        self.assertIn(f'max-bandwidth: {10 << 20} bytes/second', hmp('info migrate_parameters'))
        self.assertIn("'speed'", hmp('migrate_set_parameter speed 10'))
        self.assertIn('zero-page-detection', hmp('migrate_set_parameter zero-page-detection maybe'))
        self.assertIn("'completed'", hmp('migrate_continue completed'))


if __name__ == '__main__':
    rhea.main()
