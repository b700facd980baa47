#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A booted guest is saved, and goes on in another process; damage is found out."""

import socket
import unittest
import tempfile
from pathlib import Path

import rhea


def counting_guest(vm):
    """A guest with memory and a process that one can recognize."""
    vm.wait_for_shell()
    vm.shell('X=remembered; seq 1 20000 | md5sum > /tmp/sum; seq 1 20000 > /tmp/numbers')
    vm.shell('(while :; do i=$((i+1)); echo $i > /tmp/n.new; mv /tmp/n.new /tmp/n; done) &')


def check_continued(test, vm):
    """All of it is still there, and goes on."""
    test.assertEqual(vm.shell('echo $X'), 'remembered')
    test.assertEqual(vm.shell('md5sum < /tmp/numbers | cmp - /tmp/sum && echo same'), 'same')
    first = int(vm.shell('cat /tmp/n'))
    vm.shell('sleep 1')
    test.assertGreater(int(vm.shell('cat /tmp/n')), first)


def save(vm, uri):
    vm.qmp('migrate', uri=uri)
    info = vm.wait_qmp('query-migrate', lambda r: r['status'] not in ('setup', 'active'))
    return info


class Migrate(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix='rhea-')
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def saved_guest(self, uri, cpus=1, **linux):
        """Boots, saves to @uri, ends; the serial line has been read up to a prompt."""
        with rhea.Machine(*rhea.linux(cpus=cpus, **linux), qmp=True) as vm:
            counting_guest(vm)
            info = save(vm, uri)
            self.assertEqual(info['status'], 'completed', info)
            self.assertEqual(info['ram']['remaining'], 0)
            self.assertGreater(info['ram']['normal'], 1000)
            self.assertEqual(vm.qmp('query-status')['status'], 'postmigrate')
            vm.qmp('quit')
            self.assertEqual(vm.wait_exit(), 0)

    def continued(self, uri, cpus=1, options=(), **linux):
        return rhea.Machine(*rhea.linux(cpus=cpus, **linux), '-incoming', uri, *options, qmp=True)

    def check_runs(self, vm):
        vm.wait_qmp('query-status', lambda r: r['status'] == 'running')
        vm.type('')
        vm.wait_for(rhea.PROMPT)
        check_continued(self, vm)
        vm.type('poweroff -f')
        self.assertEqual(vm.wait_exit(), 0)

    def test_file(self):
        state = self.folder / 'state'
        self.saved_guest(f'file:{state}', cpus=2)
        with self.continued(f'file:{state}', cpus=2) as vm:
            self.check_runs(vm)
        self.check_damage(state)

    def test_q35(self):
        state = self.folder / 'state'
        self.saved_guest(f'file:{state}', machine='q35')
        with self.continued(f'file:{state}', machine='q35') as vm:
            self.check_runs(vm)

    def test_clock(self):
        """What a guest with several processors makes time of goes on where it was."""
        uri = f'file:{self.folder}/state'
        source = '/sys/devices/system/clocksource/clocksource0/current_clocksource'
        with rhea.Machine(*rhea.linux(cpus=2), '-cpu', 'max', qmp=True) as vm:
            vm.wait_for_shell()
            if 'nonstop_tsc' in Path('/proc/cpuinfo').read_text():
                self.assertEqual(vm.shell(f'cat {source}'), 'kvm-clock')
            before = float(vm.shell("cut -d' ' -f1 /proc/uptime"))
            self.assertEqual(save(vm, uri)['status'], 'completed')
            vm.qmp('quit')
            self.assertEqual(vm.wait_exit(), 0)
        with self.continued(uri, cpus=2, options=('-cpu', 'max')) as vm:
            vm.wait_qmp('query-status', lambda r: r['status'] == 'running')
            vm.type('')
            vm.wait_for(rhea.PROMPT)
            after = float(vm.shell("cut -d' ' -f1 /proc/uptime"))
            self.assertGreaterEqual(after, before)
            self.assertLess(after, before + 600)
            vm.type('poweroff -f')
            self.assertEqual(vm.wait_exit(), 0)

    def check_damage(self, state):
        """Truncated and changed copies of a good file, and the wrong machine for it."""
        good = state.read_bytes()
        damaged = {'empty': b'', 'header': good[:6], 'half': good[:len(good) // 2],
                   'end': good[:-1], 'magic': b'MZ' + good[2:],
                   'last': good[:-1] + bytes([good[-1] ^ 1]),
                   'page': good[:len(good) // 2] + bytes([good[len(good) // 2] ^ 0x10]) +
                   good[len(good) // 2 + 1:]}
        for name, content in damaged.items():
            with self.subTest(name):
                path = self.folder / name
                path.write_bytes(content)
                self.check_refused(path, cpus=2)
        with self.subTest('other memory size'):
            self.check_refused(state, 'pc.ram', cpus=2, memory=128)
        with self.subTest('other number of CPUs'):
            self.check_refused(state, 'the saved machine has 2 CPUs, this one has 1', cpus=1)
        with self.subTest('no file'):
            self.check_refused(self.folder / 'none', 'No such file', cpus=2)

    def check_refused(self, path, expected='saved state', **linux):
        done = rhea.run('-display', 'none', '-nodefaults', '-accel', 'tcg', *rhea.linux(**linux),
                        '-incoming', f'file:{path}')
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn(str(path), done.stderr)
        self.assertIn(expected, done.stderr)
        self.assertLessEqual(len(done.stderr.splitlines()), 3, done.stderr)

    def test_offset_and_paused(self):
        """At an offset behind another's header; the new process waits for cont."""
        state = self.folder / 'state'
        state.write_bytes(b'H' * 4096)
        uri = f'file:{state},offset=4096'
        self.saved_guest(uri)
        self.assertEqual(state.read_bytes()[:4096], b'H' * 4096)
        with self.continued(uri, options=['-S']) as vm:
            vm.wait_qmp('query-status', lambda r: r['status'] == 'paused')
            vm.qmp('cont')
            self.check_runs(vm)

    def test_exec(self):
        state = self.folder / 'state.gz'
        self.saved_guest(f'exec:gzip -1 > {state}')
        with self.continued(f'exec:gzip -dc < {state}') as vm:
            self.check_runs(vm)

    def test_unix_while_running(self):
        """From one process into another that waits for it, without a file between."""
        path = self.folder / 'socket'
        with self.continued(f'unix:{path}') as receiver:
            self.assertEqual(receiver.qmp('query-status')['status'], 'inmigrate')
            self.saved_guest(f'unix:{path}')
            self.check_runs(receiver)
        self.assertFalse(path.exists())

    def test_deferred(self):
        state = self.folder / 'state'
        self.saved_guest(f'file:{state}')
        with self.continued('defer') as vm:
            vm.qmp('migrate-incoming', uri=f'file:{state}')
            self.check_runs(vm)

    def test_failures_leave_the_guest_running(self):
        """A full disk, a command that fails, a listener that goes away, a cancel."""
        with rhea.Machine(*rhea.linux(), qmp=True) as vm:
            counting_guest(vm)
            self.assertIn('accepted:', vm.qmp_raw('migrate', uri='carrier-pigeon:1')['error']['desc'])
            reply = vm.qmp_raw('migrate', uri=f'unix:{self.folder}/nobody')
            self.assertIn('cannot connect', reply['error']['desc'])
            for uri, expected in (('file:/dev/full', 'No space'), ('exec:exit 3', 'status 3')):
                info = save(vm, uri)
                self.assertEqual(info['status'], 'failed')
                self.assertIn(expected, info['error-desc'])
                vm.wait_qmp('query-status', lambda r: r['status'] == 'running')
            self.cancelled(vm)
            check_continued(self, vm)

    def test_disk_that_cannot_be_flushed(self):
        """Its state would go with older contents of the disk: the machine stays here."""
        disk = self.folder / 'disk'
        disk.write_bytes(bytes(1 << 20))
        with rhea.Machine('-accel', 'qtest', '-blockdev',
                          f'driver=blkdebug,node-name=d,image.driver=file,image.filename={disk},'
                          'inject-error.0.event=none,inject-error.0.iotype=flush,'
                          'inject-error.0.errno=5', qmp=True) as vm:
            vm.qmp('human-monitor-command', **{'command-line': 'qemu-io d "write 0 4k"'})
            info = save(vm, f'file:{self.folder}/state')
            self.assertEqual(info['status'], 'failed')
            self.assertIn('flushed', info['error-desc'])
            self.assertEqual(vm.qmp('query-status')['status'], 'running')

    def cancelled(self, vm):
        """The other side does not read: only a cancel ends that."""
        path = str(self.folder / 'deaf')
        with socket.socket(socket.AF_UNIX) as deaf:
            deaf.bind(path)
            deaf.listen(1)
            vm.qmp('migrate', uri=f'unix:{path}')
            connection, _ = deaf.accept()
            vm.wait_qmp('query-migrate', lambda r: r.get('ram', {}).get('normal', 0) > 10)
            vm.qmp('migrate_cancel')
            vm.wait_qmp('query-migrate', lambda r: r['status'] == 'cancelled')
            connection.close()
        self.assertEqual(vm.qmp('query-status')['status'], 'running')


if __name__ == '__main__':
    rhea.main()
