#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Counted instructions as guest time (-icount), and vCPUs that take turns in one thread."""

import os
import struct
import tempfile
import unittest
from pathlib import Path

from rhea import Machine, linux, main, run

TICKS = os.environ.get('RHEA_ICOUNT_TICKS')
PERIOD_NS = 1193 / 1193182 * 1e9
ENDED = 1  # isa-debug-exit with 0
# Nothing of the host gets into the guest.
NO_CHANCE = ['-cpu', 'max,-rdrand,-rdseed', '-rtc', 'base=2020-02-02,clock=vm']


class Ticks(unittest.TestCase):
    """Firmware that counts its loop's rounds between interrupts of the timer."""

    def output(self, *options):
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / 'out'
            done = run('-display', 'none', '-nodefaults', '-machine', 'pc', '-m', '1',
                       '-bios', TICKS, '-debugcon', f'file:{out}',
                       '-device', 'isa-debug-exit,iobase=0xf4,iosize=1', *options)
            self.assertEqual(done.returncode, ENDED, done.stderr)
            return out.read_bytes()

    def test_exact(self):
        for shift in (0, 3, 7, 10):
            with self.subTest(shift=shift):
                icount = ['-icount', f'shift={shift}']
                out = self.output(*icount)
                self.assertEqual(out, self.output(*icount), 'the second time')
                self.assertEqual(out, self.output(*icount, '-accel', 'tcg,jit=off'))
                self.assertEqual(out, self.output(*icount, '-accel', 'tcg,one-insn-per-tb=on'))
                self.assertEqual(out, self.output('-icount', f'shift={shift},sleep=off'))

    def test_counts(self):
        """An interrupt comes when it is due: behind the instruction in which the time is up."""
        words = struct.unpack('<60I', self.output('-icount', 'shift=4'))
        whole, stamps = words[1:20] + words[20::2], words[21::2]
        insns = PERIOD_NS / 16
        for count in whole:
            # The handler takes some of them.
            self.assertLess(2 * count, insns)
            self.assertGreater(2 * count, insns - 150)
        for before, after in zip(stamps, stamps[1:]):
            self.assertAlmostEqual(after - before, PERIOD_NS, delta=64)

    def test_turns(self):
        """A processor more, which waits to be started, changes nothing."""
        icount = ['-icount', 'shift=3']
        self.assertEqual(self.output(*icount), self.output(*icount, '-smp', '2'))


class Boot(unittest.TestCase):
    def traces(self, cpus, accel, *options):
        """All that the kernel prints, with its time stamps, and all interrupts and exceptions."""
        vm = Machine(*linux(run='poweroff', append='nokaslr loglevel=7', cpus=cpus), *NO_CHANCE,
                     '-d', 'int', *options, accel=accel, timeout=120)
        self.addCleanup(vm.close)
        vm.wait_for('Power down')
        self.assertEqual(vm.wait_exit(), 0)
        return vm.said, vm.complained

    def test_identical(self):
        for cpus in (1, 2):
            with self.subTest(cpus=cpus):
                said, trace = self.traces(cpus, 'tcg', '-icount', 'shift=3')
                self.assertGreater(trace.count('v='), 1000)
                again, trace_again = self.traces(cpus, 'tcg', '-icount', 'shift=3,sleep=off')
                self.assertEqual(said, again)
                self.assertEqual(trace, trace_again)

    def test_saved(self):
        """Saved in the middle and continued by another process, the guest does not notice."""
        options = [*linux(run='poweroff', append='nokaslr loglevel=7'), *NO_CHANCE, '-d', 'int',
                   '-icount', 'shift=3']
        said, trace = self.traces(1, 'tcg', '-icount', 'shift=3')
        with tempfile.TemporaryDirectory() as folder:
            state = f'file:{folder}/state'
            with Machine(*options, qmp=True, timeout=120) as first:
                first.wait_for('Memory:')
                first.qmp('stop')
                first.qmp('migrate', uri=state)
                first.wait_qmp('query-migrate', lambda r: r['status'] == 'completed')
                first.qmp('quit')
                first.wait_exit()
            with Machine(*options, '-incoming', state, qmp=True, timeout=120) as second:
                second.wait_qmp('query-status', lambda r: r['status'] == 'paused')
                second.qmp('cont')
                second.wait_for('Power down')
                self.assertEqual(second.wait_exit(), 0)
        self.assertEqual(first.said + second.said, said)
        self.assertEqual(first.complained + second.complained, trace)

    def test_auto(self):
        self.traces(1, 'tcg', '-icount', 'auto')

    def test_single_thread(self):
        with Machine(*linux(cpus=3), accel='tcg,thread=single', qmp=True, timeout=120) as vm:
            vm.wait_for_shell()
            self.assertEqual(vm.shell('nproc'), '3')
            threads = {cpu['thread-id'] for cpu in vm.qmp('query-cpus-fast')}
            self.assertEqual(len(threads), 1)
            # Stopped and started, and one that spins does not keep the others from their turns.
            vm.shell('(while :; do :; done) & (while :; do :; done) &')
            vm.qmp('stop')
            vm.qmp('cont')
            self.assertEqual(vm.shell('echo $((6*7))'), '42')
            vm.type('kill %1 %2; reboot -f')
            self.assertEqual(vm.wait_exit(), 0)


class Options(unittest.TestCase):
    def test_describe(self):
        with Machine('-machine', 'pc', '-icount', 'shift=2,align=on', '-S', qmp=True,
                     serial=False) as vm:
            text = vm.qmp('human-monitor-command', command_line='info jit')
            for line in ('Host - Guest clock  0 ms', 'Max guest delay     0 ms',
                         'Max guest advance   0 ms'):
                self.assertIn(line, text)


if __name__ == '__main__':
    main()
