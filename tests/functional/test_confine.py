#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the process does to itself: system calls, identity, memory."""

import os
import pwd
import re
import resource
import signal
import subprocess
import tempfile
import unittest
from pathlib import Path

import rhea

IDLE = ['-machine', 'pc', '-m', '32', '-S']
SANDBOX = 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny'


def field(path, name):
    """A line "Name: value" of a file below /proc."""
    return re.search(rf'^{name}:\s*(.*)$', Path(path).read_text(), re.MULTILINE).group(1)


def has_seccomp():
    return 'libseccomp' not in rhea.run('-sandbox', 'on', '-machine', 'no-such-machine').stderr


class Confine(unittest.TestCase):
    def need_root(self):
        if os.geteuid() != 0:
            self.skipTest('only root can give up privileges')

    @unittest.skipUnless(has_seccomp(), 'built without libseccomp')
    def test_sandbox(self):
        """Every thread is under the filter, guests run, and no process can be started."""
        with rhea.Machine('-machine', 'pc,graphics=off', '-m', '64', '-smp', '2', '-sandbox', SANDBOX,
                          qmp=True) as vm:
            vm.wait_for('SeaBIOS')
            tasks = list(Path(f'/proc/{vm.process.pid}/task').iterdir())
            self.assertGreater(len(tasks), 2)
            for task in tasks:
                self.assertEqual(field(task / 'status', 'Seccomp'), '2')
                self.assertEqual(field(task / 'status', 'NoNewPrivs'), '1')
            refused = vm.qmp_raw('migrate', uri='exec:cat')
            self.assertIn('not permitted', refused['error']['desc'])
            vm.qmp('quit')
            self.assertEqual(vm.wait_exit(), 0)

    @unittest.skipUnless(has_seccomp(), 'built without libseccomp')
    def test_sandbox_kills(self):
        """A call that is nobody's business: gdb makes it, the process is gone."""
        with rhea.Machine(*IDLE, '-sandbox', 'on', qmp=True) as vm:
            resource.prlimit(vm.process.pid, resource.RLIMIT_CORE, (0, 0))
            done = subprocess.run(
                ['gdb', '-batch', '-nx', '-p', str(vm.process.pid),
                 '-ex', 'call (int)swapoff("/no/such/file")'],
                stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
            if 'ptrace' in done.stderr:
                self.skipTest('this host does not let gdb attach')
            self.assertEqual(vm.wait_exit(), -signal.SIGSYS)

    @unittest.skipUnless(has_seccomp(), 'built without libseccomp')
    def test_sandbox_off(self):
        with rhea.Machine(*IDLE, '-sandbox', 'off', qmp=True) as vm:
            self.assertEqual(field(f'/proc/{vm.process.pid}/status', 'Seccomp'), '0')

    def test_async_teardown(self):
        """A process of the same memory is there as long as the emulator is."""
        with rhea.Machine(*IDLE, '-run-with', 'async-teardown=on', qmp=True) as vm:
            children = Path(f'/proc/{vm.process.pid}/task/{vm.process.pid}/children')
            child = int(children.read_text())
            self.assertEqual(Path(f'/proc/{child}/comm').read_text(),
                             f'cleanup/{vm.process.pid}\n')
            left = [os.readlink(fd) for fd in Path(f'/proc/{child}/fd').iterdir()]
            self.assertEqual(left, ['anon_inode:[pidfd]'])
            watch = os.pidfd_open(child)
            vm.process.kill()
            vm.wait_exit()
            self.assertTrue(rhea.readable(watch, 20))
            os.close(watch)

    def test_user(self):
        self.need_root()
        nobody = pwd.getpwnam('nobody')
        for user in ('nobody', f'{nobody.pw_uid}:{nobody.pw_gid}'):
            with rhea.Machine(*IDLE, '-run-with', f'user={user}', qmp=True) as vm:
                status = f'/proc/{vm.process.pid}/status'
                self.assertEqual(set(field(status, 'Uid').split()), {str(nobody.pw_uid)})
                self.assertEqual(set(field(status, 'Gid').split()), {str(nobody.pw_gid)})
                self.assertEqual(int(field(status, 'CapEff'), 16), 0)

    def test_chroot(self):
        self.need_root()
        with tempfile.TemporaryDirectory(prefix='rhea-') as folder:
            with rhea.Machine(*IDLE, '-run-with', f'chroot={folder},user=nobody', qmp=True) as vm:
                self.assertEqual(os.readlink(f'/proc/{vm.process.pid}/root'), folder)

    def test_exit_with_parent(self):
        """Also where the change of user would have made the kernel forget."""
        user = ',user=nobody' if os.geteuid() == 0 else ''
        with tempfile.TemporaryDirectory(prefix='rhea-') as folder:
            pidfile = f'{folder}/pid'
            parent = subprocess.Popen(
                ['sh', '-c', 'exec 3<&0; "$@" <&3 & wait', 'sh', rhea.EMULATOR,
                 '-display', 'none', '-nodefaults', '-accel', 'tcg', *IDLE,
                 '-pidfile', pidfile, '-qmp', 'stdio',
                 '-run-with', 'exit-with-parent=on' + user],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            try:
                parent.stdout.readline()  # the monitor's greeting
                parent.stdin.write(b'{"execute": "qmp_capabilities"}\n')
                parent.stdin.flush()
                parent.stdout.readline()  # start-up is over
                emulator = os.pidfd_open(int(Path(pidfile).read_text()))
            finally:
                parent.kill()
                parent.wait()
            self.assertTrue(rhea.readable(emulator, 20))
            os.close(emulator)
            parent.stdin.close()
            parent.stdout.close()

    def test_memory_now(self):
        """-mem-prealloc: all of it is there; of the machine, and of back ends."""
        with rhea.Machine('-machine', 'pc', '-S', '-m', '48', '-mem-prealloc', '-smp', '2',
                          '-object', 'memory-backend-ram,id=more,size=16M',
                          '-object', 'memory-backend-ram,id=none,size=16M,prealloc=off',
                          qmp=True) as vm:
            values = {name: vm.qmp('qom-get', path=f'/objects/{name}', property='prealloc')
                      for name in ('pc.ram', 'more', 'none')}
            self.assertEqual(values, {'pc.ram': True, 'more': True, 'none': False})
            status = f'/proc/{vm.process.pid}/status'
            self.assertGreater(int(field(status, 'RssShmem').split()[0]), 63 * 1024)

    def test_memory_flags(self):
        with rhea.Machine('-machine', 'pc,mem-merge=off,dump-guest-core=off', '-S', '-m', '48',
                          '-object', 'memory-backend-ram,id=more,size=16M,merge=on',
                          qmp=True) as vm:
            values = {(name, flag): vm.qmp('qom-get', path=f'/objects/{name}', property=flag)
                      for name in ('pc.ram', 'more') for flag in ('merge', 'dump')}
            self.assertEqual(values, {('pc.ram', 'merge'): False, ('pc.ram', 'dump'): False,
                                      ('more', 'merge'): True, ('more', 'dump'): False})

    def test_memory_locked(self):
        self.need_root()
        for how in ('on', 'on-fault'):
            with rhea.Machine(*IDLE, '-overcommit', f'mem-lock={how}', qmp=True) as vm:
                if 'libasan' in Path(f'/proc/{vm.process.pid}/maps').read_text():
                    self.skipTest('mlockall() does nothing under the address sanitizer')
                locked = int(field(f'/proc/{vm.process.pid}/status', 'VmLck').split()[0])
                self.assertGreater(locked, 32 * 1024)

    def test_default_ports(self):
        """A PC has a serial and a parallel port unless there are to be no defaults."""
        options = ['-machine', 'pc', '-m', '32', '-S', '-accel', 'tcg', '-display', 'none',
                   '-monitor', 'stdio']
        for extra, ports in (([], ['parallel0', 'serial0']), (['-nodefaults'], [])):
            done = rhea.run(*options, *extra, input='info chardev\nquit\n')
            self.assertEqual(sorted(re.findall(r'^(serial0|parallel0): ', done.stdout,
                                               re.MULTILINE)), ports)


if __name__ == '__main__':
    rhea.main()
