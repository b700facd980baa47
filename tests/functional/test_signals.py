#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Signals end the process in order; what it made goes with it."""

import os
import signal
import socket
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

import rhea

IDLE = ['-machine', 'pc', '-m', '32', '-S']


class Signals(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix='rhea-')
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def check_signal(self, number):
        pidfile = self.folder / 'pid'
        with rhea.Machine(*IDLE, '-pidfile', str(pidfile), qmp=True) as vm:
            self.assertEqual(int(pidfile.read_text()), vm.process.pid)
            vm.signal(number)
            self.assertEqual(vm.wait_exit(), 0)
            self.assertIn(f'terminating on signal {int(number)}', vm.complained)
        self.assertFalse(pidfile.exists())

    def test_sigterm(self):
        self.check_signal(signal.SIGTERM)

    def test_sigint(self):
        self.check_signal(signal.SIGINT)

    def test_sighup(self):
        self.check_signal(signal.SIGHUP)

    def test_while_the_guest_runs(self):
        with rhea.Machine('-machine', 'pc,graphics=off', '-m', '64', '-smp', '2', qmp=True) as vm:
            vm.wait_for('SeaBIOS')
            vm.signal(signal.SIGTERM)
            self.assertEqual(vm.wait_exit(), 0)

    def test_quit(self):
        with rhea.Machine(*IDLE, qmp=True) as vm:
            vm.qmp('quit')
            vm.wait_event('SHUTDOWN')
            self.assertEqual(vm.wait_exit(), 0)

    def test_shared_terminal(self):
        """The machine has the keyboard, whatever comes first; Ctrl-A x is said once."""
        users = (['-serial', 'chardev:c'], ['-mon', 'chardev=c'])
        for options in ([*users[0], *users[1]], [*users[1], *users[0]]):
            with self.subTest(' '.join(options)):
                done = rhea.run('-display', 'none', '-nodefaults', '-machine', 'pc', '-accel', 'tcg', '-S',
                                '-chardev', 'stdio,mux=on,id=c', *options, input='info name\n\x01x')
                self.assertEqual((done.returncode, done.stderr), (0, ''))
                self.assertEqual(done.stdout, 'QEMU: Terminated\n')

    def test_debug_console(self):
        """-debugcon makes a device like any other: -global reaches it."""
        done = rhea.run('-display', 'none', '-nodefaults', '-machine', 'pc', '-accel', 'tcg', '-S',
                        '-monitor', 'stdio', '-debugcon', 'null', '-global',
                        'isa-debugcon.iobase=0x402', input='info qtree\nquit\n')
        self.assertIn('iobase = 1026 (0x402)', done.stdout)

    def test_while_start_up_waits(self):
        """For a client, or for a server that does not answer; nothing is left behind."""
        with socket.create_server(('127.0.0.1', 0), backlog=0) as full:
            port = full.getsockname()[1]
            # One connection fills the queue; the next one hangs.
            with socket.create_connection(('127.0.0.1', port)):
                for spec in (f'unix:{self.folder}/socket,server=on', f'tcp:127.0.0.1:{port}'):
                    with self.subTest(spec):
                        pidfile = self.folder / 'pid'
                        process = subprocess.Popen(
                            [rhea.EMULATOR, '-display', 'none', '-nodefaults', '-accel', 'tcg', *IDLE,
                             '-pidfile', str(pidfile), '-serial', spec],
                            stderr=subprocess.PIPE, text=True)
                        self.wait_until_it_sleeps(process.pid, pidfile)
                        process.terminate()
                        _, said = process.communicate(timeout=20 * rhea.SCALE)
                        self.assertEqual(process.returncode, 1, said)
                        self.assertIn(f'-serial {spec}: ', said)
                        self.assertIn('told to end', said)
                        self.assertEqual(os.listdir(self.folder), [])

    def wait_until_it_sleeps(self, pid, pidfile):
        """In poll(): the last that start-up does here."""
        deadline = time.monotonic() + 20 * rhea.SCALE
        while not pidfile.exists() or self.system_call(pid) not in ('7', '271'):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)

    @staticmethod
    def system_call(pid):
        return Path(f'/proc/{pid}/syscall').read_text().split()[0]

    def test_daemonize(self):
        """The parent returns when the machine is ready; the child ends on SIGTERM."""
        pidfile = self.folder / 'pid'
        done = rhea.run('-display', 'none', '-nodefaults', '-accel', 'tcg', *IDLE,
                        '-daemonize', '-pidfile', str(pidfile))
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        pid = int(pidfile.read_text())
        os.kill(pid, 0)
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + 20 * rhea.SCALE
        while pidfile.exists():
            self.assertLess(time.monotonic(), deadline, 'the PID file is still there')
            time.sleep(0.02)

    def test_daemonize_fails(self):
        """A mistake is reported and returned by the parent."""
        done = rhea.run('-display', 'none', '-nodefaults', '-accel', 'tcg', *IDLE,
                        '-daemonize', '-device', 'no-such-device')
        self.assertEqual(done.returncode, 1)
        self.assertIn('no-such-device', done.stderr)

    def test_pidfile_taken(self):
        """Another process holds the file."""
        pidfile = self.folder / 'pid'
        with rhea.Machine(*IDLE, '-pidfile', str(pidfile), qmp=True) as vm:
            done = rhea.run('-display', 'none', '-nodefaults', '-accel', 'tcg', *IDLE,
                            '-pidfile', str(pidfile))
            self.assertEqual(done.returncode, 1)
            self.assertIn(str(pidfile), done.stderr)
            self.assertEqual(int(pidfile.read_text()), vm.process.pid)


if __name__ == '__main__':
    rhea.main()
