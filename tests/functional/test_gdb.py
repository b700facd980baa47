#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Debugging a guest: Debian's gdb by script, and the protocol byte by byte.

The guest is gdb-guest.c, whose ELF file RHEA_GDB_GUEST names. Class Kvm is for
hosts whose /dev/kvm can be used.
"""

import os
import random
import re
import shutil
import subprocess
import unittest

from rhea import SCALE, Machine, linux, main
from rsp import Client, escape, frame

GUEST = os.environ.get('RHEA_GDB_GUEST', '')
GDB = shutil.which('gdb')
FUZZ_PACKETS = int(os.environ.get('RHEA_GDB_FUZZ', '3000'))


def symbols(elf=GUEST):
    out = subprocess.run(['nm', elf], capture_output=True, text=True, check=True).stdout
    return {name: int(value, 16) for value, _, name in (l.split() for l in out.splitlines())}


class DebugCase(unittest.TestCase):
    accel = 'tcg'
    cpu = 'max'
    guest = GUEST

    def machine(self, *options, guest=True, cpus=2):
        vm = Machine('-machine', 'pc', '-m', '64', '-smp', str(cpus), '-cpu', self.cpu,
                     *(['-kernel', self.guest] if guest else []), '-no-reboot',
                     '-debugcon', 'stdio', *options, qmp=True, serial=False, accel=self.accel)
        self.addCleanup(vm.close)
        self.socket = vm.path('gdb')
        return vm

    def debugged(self, *options, **kwargs):
        """A machine that a debugger can connect to; not started."""
        vm = self.machine('-S', *options, **kwargs)
        self.hmp(vm, f'gdbserver unix:{self.socket}')
        return vm

    def running(self, *options, **kwargs):
        """The same, and the guest is in its loop."""
        vm = self.debugged(*options, **kwargs)
        vm.qmp('cont')
        vm.wait_for('r')
        return vm

    def hmp(self, vm, line):
        return vm.qmp('human-monitor-command', **{'command-line': line})

    def client(self):
        client = Client(self.socket, 60 * SCALE)
        self.addCleanup(client.close)
        return client

    def gdb(self, *commands, elf=None, remote='remote'):
        """What gdb says to @commands; with sentinels one can tell their answers apart."""
        if not GDB:
            self.skipTest('gdb is not installed')
        args = [GDB, '-nx', '-batch', '-iex', 'set debuginfod enabled off', '-ex',
                'set pagination off', '-ex', 'set confirm off', '-ex', 'set width 0',
                '-ex', f'target {remote} {self.socket}']
        for command in commands:
            args += ['-ex', command]
        result = subprocess.run(args + [elf or self.guest], stdin=subprocess.DEVNULL,
                                capture_output=True, text=True, timeout=120 * SCALE, check=False)
        return result.stdout + result.stderr

    def status(self, vm):
        return vm.qmp('query-status')['status']


class WithGdb(DebugCase):
    def test_break_backtrace_step_finish(self):
        vm = self.running()
        said = self.gdb('break leaf', 'continue', 'backtrace', 'print n', 'next', 'finish', 'step',
                        'stepi', 'info breakpoints', 'delete', 'detach')
        self.assertRegex(said, r'Breakpoint 1, leaf \(n=\d+\)')
        self.assertRegex(said, r'#0 .*leaf.*\n#1 .*middle.*\n#2 .*main')
        self.assertRegex(said, r'\$1 = \d+')
        self.assertRegex(said, r'Value returned is \$2 = -?\d+')
        self.assertIn('breakpoint already hit 1 time', said)
        self.assertIn('detached', said)
        self.assertEqual(self.status(vm), 'running')

    def test_breakpoint_is_hit_again_and_again(self):
        self.running()
        said = self.gdb('hbreak middle', 'continue', 'print n', 'continue', 'print n', 'ignore 1 20',
                        'continue', 'print n', 'tbreak leaf if n % 10 == 0', 'disable 1',
                        'continue', 'print n % 10')
        values = [int(v) for v in re.findall(r'\$\d+ = (\d+)', said)]
        self.assertEqual(values[1], values[0] + 1, said)
        self.assertEqual(values[2], values[1] + 21, said)
        self.assertEqual(values[3], 0, said)

    def test_watchpoints(self):
        self.running()
        said = self.gdb('watch counter', 'continue', 'continue', 'delete', 'rwatch untouched',
                        'awatch big[2]', 'continue', 'info watchpoints')
        changes = re.findall(r'Old value = (-?\d+)\nNew value = (-?\d+)', said)
        self.assertGreaterEqual(len(changes), 2, said)
        self.assertEqual(changes[0][1], changes[1][0], said)
        self.assertIn('Hardware access (read/write) watchpoint 3: big[2]', said)

    def test_threads(self):
        self.running()
        said = self.gdb('info threads', 'thread 2', 'backtrace', 'set var $before = ap_counter',
                        'set scheduler-locking on', 'thread 1', 'stepi', 'stepi',
                        'print ap_counter - $before', 'set scheduler-locking off', 'thread 2',
                        'break ap_main', 'delete', 'stepi', 'info threads')
        self.assertIn('Thread 1.1 (CPU#0 [running])', said)
        self.assertIn('Thread 1.2 (CPU#1 [running])', said)
        self.assertRegex(said, r'#0 .*ap_main')
        self.assertIn('$1 = 0', said)

    def test_registers(self):
        self.running()
        said = self.gdb('print/x $xmm3.v4_int32', 'print $st0', 'print $mxcsr', 'print $cr0',
                        'print $cr4', 'print $efer', 'print/x $cr3', 'print $gdt_limit',
                        'info registers', 'info registers eflags', 'print/x $cs')
        self.assertIn('{0x11111111, 0x22222222, 0x33333333, 0x44444444}', said)
        self.assertIn('3.14159265', said)
        self.assertIn('[ IM DM ZM OM UM PM ]', said)
        self.assertRegex(said, r'\[.*PE.*PG.*\]')
        self.assertRegex(said, r'\[ LME LMA \]')
        self.assertIn('= 0x8', said)
        self.assertIn('k_gs_base', said)

    def test_wide_vector_registers(self):
        self.running()
        said = self.gdb('print/x $ymm4.v8_int32', 'print/x $zmm17.v16_int32', 'print/x $k3')
        if '$1 = 0x' not in said and '$1 = {' not in said:
            self.skipTest('the CPU has no AVX')
        self.assertIn('0x77777777, 0x88888888}', said)
        if 'zmm17' in said or '$2 = {' not in said:
            self.skipTest('the CPU has no AVX-512')
        self.assertIn('0xffffffff, 0x12345678}', said)
        self.assertIn('= 0x5a5a', said)

    def test_changing_state(self):
        vm = self.running()
        said = self.gdb('break leaf', 'continue', 'set var counter = 1000', 'set var n = 5', 'next',
                        'print counter', 'delete', 'print leaf(95)', 'print counter',
                        'set var $xmm3.v4_int32[0] = 7', 'print $xmm3.v4_int32[0]',
                        'set var $rax = 0x123456789abcdef0', 'print/x $rax', 'print $rip == $pc',
                        'set var untouched = 77')
        self.assertIn('$1 = 1005', said)
        self.assertIn('$2 = 2200', said)
        self.assertIn('$3 = 1100', said)
        self.assertIn('$4 = 7', said)
        self.assertIn('$5 = 0x123456789abcdef0', said)
        address = symbols()['untouched']
        self.assertIn('77', self.hmp(vm, f'xp /1dw {address:#x}'))

    def test_monitor_and_memory(self):
        self.running()
        said = self.gdb('monitor info status', 'monitor p 6*7', 'find &needle, +100, \'n\', \'e\'',
                        'x/s needle', 'print $_', 'compare-sections .text', 'monitor nonsense',
                        'print *(int *)0x7fffffffffff')
        self.assertIn('VM status: paused', said)
        self.assertIn('0x2a', said)
        self.assertRegex(said, r'1 pattern|2 patterns')
        self.assertIn('"needle in a haystack"', said)
        self.assertIn('Section .text, range 0x201000', said)
        self.assertIn('matched', said)
        self.assertIn('Cannot access memory at address', said)

    def test_started_under_the_debugger(self):
        """-s -S: described as 64 bit although no instruction has run."""
        self.debugged()
        said = self.gdb('show architecture', 'hbreak main', 'continue', 'print $rip == main + 4',
                        'print $efer')
        self.assertIn('i386:x86-64', said)
        self.assertIn('Breakpoint 1, main ()', said)
        self.assertIn('LMA', said)

    def test_extended_remote_runs_again(self):
        vm = self.debugged()
        said = self.gdb('tbreak leaf', 'continue', 'starti', 'info registers rip',
                        'tbreak middle', 'continue', 'monitor quit', remote='extended-remote')
        self.assertRegex(said, r'Temporary breakpoint 1, leaf')
        self.assertRegex(said, r'rip +0xfff0')
        self.assertRegex(said, r'Temporary breakpoint \d, middle')
        self.assertEqual(vm.wait_exit(), 0)

    def test_quitting_gdb_leaves_the_machine_running(self):
        vm = self.running()
        self.gdb('break leaf', 'continue')
        self.assertEqual(self.status(vm), 'running')
        self.assertIn('counter', self.gdb('print "counter"'))

    def test_breakpoint_in_real_mode(self):
        """By linear address, while eip is the offset in CS; it is passed when the guest goes on."""
        self.debugged()
        said = self.gdb('hbreak *0xfe05b', 'continue', 'print/x $cs * 16 + $rip', 'stepi',
                        'print $rip == 0xe05b', 'hbreak main', 'continue')
        self.assertIn('$1 = 0xfe05b', said)
        self.assertIn('$2 = 0', said)
        self.assertIn('Breakpoint 2, main', said)

    def test_16_and_32_bit_code_are_described(self):
        self.debugged(guest=False)
        c = self.client()
        for _ in range(3):
            self.assertRegex(c.ask('vCont;s:1'), '^T05')
        c.close()
        said = self.gdb('show architecture', 'print $eip', elf='/dev/null')
        self.assertIn('"i8086"', said)
        self.assertNotIn('$1 = void', said)


class Kvm(DebugCase):
    accel = 'kvm'
    cpu = 'qemu64,check=off'
    guest = GUEST + '-plain'

    def setUp(self):
        if not os.access('/dev/kvm', os.R_OK | os.W_OK):
            self.skipTest('/dev/kvm cannot be used')

    def test_stopped_looked_at_and_let_go(self):
        vm = self.running()
        c = self.client()
        c.ask('qSupported:multiprocess+')
        c.send('vCont;c')
        c.interrupt()
        self.assertRegex(c.receive().decode(), r'^T02thread:p01\.01;')
        self.assertIn(c.ask('qfThreadInfo'), 'mp01.01,p01.02')
        at = symbols(self.guest)
        self.assertEqual(c.ask(f'm{at["untouched"]:x},4'), '34120000')
        rip = int.from_bytes(bytes.fromhex(c.ask('p10')), 'little')
        self.assertTrue(0x201000 <= rip < 0x203000, hex(rip))
        self.assertEqual(c.ask('P0=efcdab8967452301'), 'OK')
        self.assertEqual(c.ask('p0'), 'efcdab8967452301')
        for i in range(4):
            self.assertEqual(c.ask(f'Z1,{0x300000 + i:x},1'), 'OK')
        self.assertEqual(c.ask('Z1,400000,1')[0], 'E')
        self.assertEqual(c.ask('z1,300000,1'), 'OK')
        self.assertEqual(c.ask('Z2,300000,3')[0], 'E')
        self.assertEqual(c.ask('D'), 'OK')
        self.assertEqual(self.status(vm), 'running')


class Protocol(DebugCase):
    def test_acknowledgements(self):
        self.running()
        c = self.client()
        c.send_raw(frame('?')[:-2] + b'00')
        while not c.input:
            c._more()
        self.assertEqual(c.input[:1], b'-')
        c.input = b''
        first = c.ask('?')
        self.assertRegex(first, r'^T0[25]thread:01;')
        c.send_raw(b'-')
        self.assertEqual(c.receive().decode(), first)
        c.no_acks()
        c.send_raw(b'$?#00')  # sums do not count now
        self.assertEqual(c.receive().decode(), first)

    def test_features(self):
        self.running()
        c = self.client()
        said = c.ask('qSupported:multiprocess+;swbreak+;hwbreak+;xmlRegisters=i386')
        for feature in ('PacketSize=4000', 'qXfer:features:read+', 'vContSupported+',
                        'multiprocess+', 'QStartNoAckMode+'):
            self.assertIn(feature, said.split(';'))
        xml = ''
        while True:
            part = c.ask(f'qXfer:features:read:target.xml:{len(xml):x},7b')
            xml += part[1:]
            if part[0] == 'l':
                break
        self.assertIn('<architecture>i386:x86-64</architecture>', xml)
        self.assertEqual(xml.count('<feature '), xml.count('</feature>'))
        self.assertEqual(c.ask('qXfer:features:read:other.xml:0,100'), 'E00')
        self.assertEqual(c.ask('vMustReplyEmpty'), '')
        self.assertEqual(c.ask('vCont?'), 'vCont;c;C;s;S')
        self.assertEqual(c.ask('qAttached'), '1')
        self.assertEqual(c.ask('qfThreadInfo'), 'mp01.01,p01.02')
        self.assertEqual(c.ask('qsThreadInfo'), 'l')
        self.assertEqual(c.ask('qC'), 'QCp01.01')
        self.assertEqual(c.ask('Tp1.2'), 'OK')
        self.assertEqual(c.ask('Tp1.3'), 'E16')
        self.assertEqual(c.ask('Hgp1.2'), 'OK')
        self.assertEqual(c.ask('Hg9'), 'E16')

    def test_memory_packets(self):
        self.running()
        c = self.client()
        at = symbols()['needle']
        self.assertEqual(c.ask(f'm{at:x},6'), b'needle'.hex())
        self.assertEqual(c.ask(f'x{at:x},6'), 'bneedle')
        self.assertEqual(c.ask(f'M{at:x},2:4e45'), 'OK')
        c.send(f'X{at + 2:x},4:'.encode() + escape(b'#$}*'))
        self.assertEqual(c.receive(), b'OK')
        self.assertEqual(c.ask(f'm{at:x},6'), b'NE#$}*'.hex())
        self.assertEqual(c.ask(f'X{at:x},0:'), 'OK')
        self.assertEqual(c.ask(f'M{at:x},2:4e'), 'E16')
        self.assertEqual(c.ask('m8000000000000,4'), 'E0e')
        c.send(f'qSearch:memory:{at:x};1000;'.encode() + b'haystack')
        self.assertEqual(c.receive().decode(), f'1,{at + 12:x}')
        c.send(f'qSearch:memory:{at:x};10;'.encode() + b'absent')
        self.assertEqual(c.receive(), b'0')
        # The end of what is mapped: what could be read is given.
        self.assertEqual(len(c.ask('mfffffffe,10')), 4)

    def test_physical_memory(self):
        self.debugged()
        c = self.client()
        self.assertEqual(c.ask('qqemu.PhyMemMode'), '0')
        self.assertEqual(c.ask('Qqemu.PhyMemMode:1'), 'OK')
        self.assertEqual(c.ask('qqemu.PhyMemMode'), '1')
        self.assertEqual(c.ask('mfffffff0,1'), 'ea')  # the reset vector's far jump
        self.assertEqual(c.ask('M1000,4:deadbeef'), 'OK')
        self.assertEqual(c.ask('m1000,4'), 'deadbeef')
        self.assertEqual(c.ask('Qqemu.PhyMemMode:2'), 'E16')

    def test_single_step_bits(self):
        self.running()
        c = self.client()
        self.assertEqual(c.ask('qqemu.sstepbits'), 'ENABLE=1,NOIRQ=2,NOTIMER=4')
        self.assertEqual(c.ask('qqemu.sstep'), '0x7')
        self.assertEqual(c.ask('Qqemu.sstep=1'), 'OK')
        self.assertEqual(c.ask('qqemu.sstep'), '0x1')
        self.assertEqual(c.ask('Qqemu.sstep=8'), 'E16')
        self.assertRegex(c.ask('s'), '^T05thread:01;')

    def ap_counter(self, c):
        return int.from_bytes(bytes.fromhex(c.ask(f'm{symbols()["ap_counter"]:x},4')), 'little')

    def test_each_thread_does_as_it_is_told(self):
        self.running()
        c = self.client()
        c.ask('qSupported:multiprocess+')
        before = self.ap_counter(c)
        for _ in range(20):
            self.assertRegex(c.ask('vCont;s:p1.1'), r'^T05thread:p01\.01;')
        self.assertEqual(self.ap_counter(c), before)
        for _ in range(50):
            self.assertRegex(c.ask('vCont;s:p1.2'), r'^T05thread:p01\.02;')
        self.assertGreater(self.ap_counter(c), before)
        middle = symbols()['middle']
        self.assertEqual(c.ask(f'Z0,{middle:x},1'), 'OK')
        self.assertEqual(c.ask(f'Z0,{middle:x},1'), 'OK')
        before = self.ap_counter(c)
        self.assertRegex(c.ask('vCont;c:p1.1'), r'^T05thread:p01\.01;')
        self.assertEqual(self.ap_counter(c), before)
        self.assertEqual(c.ask(f'z0,{middle:x},1'), 'OK')
        self.assertEqual(c.ask(f'z0,{middle:x},1'), 'E16')
        self.assertEqual(c.ask('vCont;x:p1.1'), 'E16')
        self.assertEqual(c.ask('vCont'), 'E16')

    def test_interrupt(self):
        vm = self.running()
        c = self.client()
        c.send('vCont;c')
        c.interrupt()
        self.assertRegex(c.receive().decode(), '^T02thread:01;')
        self.assertEqual(self.status(vm), 'paused')
        # A stop by somebody else is reported too: by another connection, which may be faster.
        c.send('c')
        vm.wait_qmp('query-status', lambda r: r['status'] == 'running')
        vm.qmp('stop')
        self.assertRegex(c.receive().decode(), '^T02thread:01;')

    def test_a_client_that_vanishes_leaves_nothing_behind(self):
        vm = self.running()
        c = self.client()
        leaf = symbols()['leaf']
        self.assertEqual(c.ask(f'Z0,{leaf:x},1'), 'OK')
        c.send('c')
        c.close()
        c = self.client()
        vm.qmp('cont')
        c.send('c')
        c.interrupt()
        self.assertRegex(c.receive().decode(), '^T02')

    def test_end_is_told(self):
        vm = self.running()
        c = self.client()
        c.no_acks()
        c.send('c')
        vm.qmp('quit')
        self.assertRegex(c.receive().decode(), '^(W00|T03)')
        self.assertEqual(vm.wait_exit(), 0)

    def test_mistakes_on_the_command_line(self):
        for option, word in (('nonsense:x', 'nonsense'), ('chardev:absent', 'absent')):
            vm = Machine('-gdb', option, serial=False)
            self.addCleanup(vm.close)
            self.assertEqual(vm.wait_exit(), 1)
            self.assertIn(f'-gdb {option}', vm.complained)
            self.assertIn(word, vm.complained)

    def test_monitor_command_messages(self):
        vm = self.debugged()
        self.assertEqual(self.hmp(vm, 'gdbserver none').strip(), 'Disabled gdbserver')
        self.assertIn(f"Waiting for gdb connection on device 'unix:{self.socket}'",
                      self.hmp(vm, f'gdbserver unix:{self.socket}'))
        self.assertIn("Could not open gdbserver on device 'nonsense:x'",
                      self.hmp(vm, 'gdbserver nonsense:x'))


class Hostile(DebugCase):
    """Whatever a client sends, the machine is there afterwards, and answers."""

    WORDS = ['?', 'g', 'G', 'p', 'P', 'm', 'M', 'x', 'X', 'H', 'T', 'Z0,', 'z1,', 'Z2,', 'Z4,',
             'qC', 'qRcmd,', 'qSearch:memory:', 'qCRC:', 'qSupported:', 'qThreadExtraInfo,',
             'qXfer:features:read:', 'Qqemu.sstep=', 'Qqemu.PhyMemMode:', 'vCont;', 'vAttach;',
             'vRun', 'R', 's', 'S', '!', 'qfThreadInfo', 'qqemu.', 'vCont;s:']
    PIECES = ['0', '1', 'ffffffffffffffff', '-1', 'p', '.', ',', ';', ':', '=', 'ff', 'zz', '%',
              '8000', '201000', 'target.xml', 'S05', 's', 'c', 'p1.1', 'p1.-1', '\0', '\xff', '7' * 40]

    def packet(self, rng):
        body = rng.choice(self.WORDS) + ''.join(
            rng.choice(self.PIECES) for _ in range(rng.randrange(8)))
        return body.encode('latin1')

    def test_broken_packets(self):
        vm = self.running()
        rng = random.Random(1)
        c = self.client()
        c.no_acks()
        for _ in range(FUZZ_PACKETS // 100):
            for _ in range(100):
                body = self.packet(rng)
                if b'c' in body and (b'vCont' in body or b'p' in body):
                    body = body.replace(b'c', b'd')  # what goes on would not answer
                c.send(escape(body))
                if rng.random() < 0.1:
                    c.send_raw(bytes(rng.randrange(256) for _ in range(rng.randrange(50))))
            # All is answered, or ignored; then it is told to stop and answers a question.
            c.interrupt()
            c.send_raw(b'#00#00')
            c.send('qqemu.sstepbits')
            while c.receive() != b'ENABLE=1,NOIRQ=2,NOTIMER=4':
                pass
        self.assertIn(self.status(vm), ('paused', 'debug', 'running'))
        c.close()
        self.assertEqual(self.client().ask('qAttached'), '1')

    def test_longest_packets(self):
        self.running()
        c = self.client()
        self.assertEqual(c.ask('m201000,' + 'f' * 16)[:4], c.ask('m201000,2'))
        c.send(b'M201000,10:' + b'0' * 100000)
        self.assertEqual(c.receive(), b'')
        c.send(b'q' * 20000)
        self.assertEqual(c.receive(), b'')
        self.assertEqual(c.ask('Z2,0,ffffffffffffffff')[0], 'O')
        self.assertEqual(c.ask('Z2,8,ffffffffffffffff')[0], 'E')
        self.assertEqual(c.ask('z2,0,ffffffffffffffff'), 'OK')

    def test_breakpoints_are_limited(self):
        self.running()
        c = self.client()
        c.no_acks()
        answers = [c.ask(f'Z0,{i:x},1') for i in range(4100)]
        self.assertEqual(answers.count('OK'), 4096)
        self.assertEqual(c.ask('D'), 'OK')


class Linux(DebugCase):
    def test_kernel(self):
        """Breaks in a booting kernel, looks at it, and lets it boot."""
        self.socket = None
        vm = Machine(*linux(run='uname -m', append='nokaslr'), '-S', qmp=True, timeout=120)
        self.addCleanup(vm.close)
        self.socket = vm.path('gdb')
        self.hmp(vm, f'gdbserver unix:{self.socket}')
        said = self.gdb('hbreak *0x1000000', 'continue', 'print/x $cr0 & 0x80000001',
                        'print $efer', 'stepi', 'stepi', 'x/i $rip', 'delete', 'detach', elf='/dev/null')
        self.assertIn('Breakpoint 1, 0x0000000001000000', said)
        self.assertIn('0x80000001', said)
        self.assertIn('LMA', said)
        vm.wait_for('x86_64')
        self.assertEqual(vm.wait_exit(), 0)




if __name__ == '__main__':
    main()
