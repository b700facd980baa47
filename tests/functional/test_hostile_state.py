#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Saved states with changed bytes whose checksum is right again: each is refused with a
message, or gives a machine that runs somehow and ends when told. And a sender who cannot
be accepted. RHEA_HOSTILE_STATES is how
many are tried, RHEA_HOSTILE_SEED chooses others.
"""

import os
import random
import resource
import socket
import tempfile
import unittest
from pathlib import Path

import rhea

COUNT = int(os.environ.get('RHEA_HOSTILE_STATES', '30'))
SEED = int(os.environ.get('RHEA_HOSTILE_SEED', '1'))
OPTIONS = ['-machine', 'pc,graphics=off', '-m', '8', '-smp', '2', '-accel', 'tcg',
           '-display', 'none', '-nodefaults', '-device', 'pci-serial', '-device', 'pvpanic-pci']
# Bytes at the end of the stream that hold devices rather than memory.
DEVICES = 40000
NASTY = (0x00, 0x01, 0x7f, 0x80, 0xff)


def crc_table():
    """CRC-32C (Castagnoli), reflected."""
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = (byte >> 1) ^ (0x82f63b78 if byte & 1 else 0)
        table.append(byte)
    return table


TABLE = crc_table()


def crc_update(crc, data):
    for byte in data:
        crc = (crc >> 8) ^ TABLE[(crc ^ byte) & 0xff]
    return crc


class HostileState(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix='rhea-')
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def saved(self):
        """The stream of a machine whose firmware has set up devices."""
        path = self.folder / 'good'
        with rhea.Machine(*OPTIONS, qmp=True, accel=None) as vm:
            vm.wait_for('SeaBIOS')
            vm.qmp('migrate', uri=f'file:{path}')
            vm.wait_qmp('query-migrate', lambda r: r['status'] not in ('setup', 'active'))
            vm.qmp('quit')
            vm.wait_exit()
        return path.read_bytes()

    def load(self, state):
        path = self.folder / 'state'
        path.write_bytes(state)
        return rhea.run(*OPTIONS, '-serial', 'null', '-monitor', 'stdio', '-S',
                        '-incoming', f'file:{path}', timeout=60,
                        input='cont\ninfo pic\ninfo pci\nsystem_reset\nstop\nquit\n')

    def test_changed_bytes(self):
        good = self.saved()
        rng = random.Random(SEED)
        start = max(len(good) - DEVICES, len(good) // 2)
        head = crc_update(0xffffffff, good[:start])
        tail = good[start:-4]
        whole = crc_update(head, tail) ^ 0xffffffff
        self.assertEqual(whole.to_bytes(4, 'big'), good[-4:], 'the checksum is another one')
        for i in range(COUNT):
            changed = bytearray(tail)
            where = [rng.randrange(len(tail)) for _ in range(rng.choice((1, 1, 2, 8)))]
            for at in where:
                changed[at] = rng.choice(NASTY + (rng.randrange(256),))
            crc = crc_update(head, changed) ^ 0xffffffff
            with self.subTest(i, at=where):
                done = self.load(good[:start] + bytes(changed) + crc.to_bytes(4, 'big'))
                self.assertIn(done.returncode, (0, 1), done.stderr)
                if done.returncode:
                    self.assertIn('saved state', done.stderr)

    def test_no_descriptor_for_the_sender(self):
        """Where the sender cannot be accepted that is said once, and tried again."""
        path = self.folder / 'socket'
        with rhea.Machine(*OPTIONS, '-incoming', f'unix:{path}', qmp=True, accel=None) as vm:
            pid = vm.process.pid
            numbers = {int(name) for name in os.listdir(f'/proc/{pid}/fd')}
            unlimited = resource.prlimit(pid, resource.RLIMIT_NOFILE)
            free = next(n for n in range(len(numbers) + 1) if n not in numbers)
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (free, unlimited[1]))
            with socket.socket(socket.AF_UNIX) as sender:
                sender.connect(str(path))
                vm.wait_complaint('cannot be accepted')
                self.assertEqual(vm.qmp('query-status')['status'], 'inmigrate')
                resource.prlimit(pid, resource.RLIMIT_NOFILE, unlimited)
                sender.sendall(b'not a saved state')
            self.assertEqual(vm.wait_exit(), 1)
            self.assertEqual(vm.complained.count('cannot be accepted'), 1)
            self.assertIn('saved state', vm.complained)


if __name__ == '__main__':
    rhea.main()
