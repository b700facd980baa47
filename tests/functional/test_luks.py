#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Encrypted images in a machine that runs: what passphrases cost is not paid by others."""

import json
import os
import select
import socket
import struct
import subprocess
import unittest
from pathlib import Path

import rhea
from test_blockdev import BlockCase, IMG, img

SECRETS = ('--object', 'secret,id=s,data=passphrase')
# In the header: iterations of the key's digest, and of the slots' passphrases.
DIGEST_ITERATIONS, SLOTS, SLOT_BYTES = 164, 208, 48
ACTIVE = 0x00ac71f3
MIB = 1 << 20


class LuksCase(BlockCase):
    options = ('-object', 'secret,id=s,data=passphrase', '-object', 'secret,id=wrong,data=other')

    def luks(self, name='a.luks', fmt='luks', *more):
        path = self.vm.path(name)
        prefix = 'encrypt.' if fmt == 'qcow2' else ''
        more += ('-o', 'encrypt.format=luks') if prefix else ()
        img('create', '-q', *SECRETS, '-f', fmt, *more, '-o', f'{prefix}key-secret=s,{prefix}iter-time=10', path, '4M')
        return path

    def patch(self, path, *fields):
        data = bytearray(Path(path).read_bytes())
        for offset, value in fields:
            struct.pack_into('>I', data, offset, value)
        Path(path).write_bytes(data)

    def works(self, node):
        self.assertNotIn('fail', self.hmp(f'qemu-io {node} "write -P 7 64k 100k"'))
        self.assertNotIn('fail', self.hmp(f'qemu-io {node} "read -P 7 64k 100k"'))


class Opening(LuksCase):
    def test_chain(self):
        """Every image of it has a passphrase to be tried."""
        base = self.luks('base.luks')
        top = self.luks('top.qcow2', 'qcow2', '-u', '-F', 'luks', '-b', base)
        self.add(driver='qcow2', node_name='n', file={'driver': 'file', 'filename': top},
                 encrypt={'format': 'luks', 'key-secret': 's'},
                 backing={'driver': 'luks', 'key-secret': 's', 'file': {'driver': 'file', 'filename': base}})
        self.works('n')
        self.qmp('blockdev-del', node_name='n')
        self.assertEqual(self.qmp('query-named-block-nodes'), [])

    def test_inside(self):
        """A format whose header is encrypted."""
        path = self.vm.path('inner')
        self.add(driver='luks', node_name='l', key_secret='s', file={'driver': 'file', 'filename': self.luks()})
        img('create', '-q', '-f', 'qcow2', path, '1M')
        self.assertNotIn('fail', self.hmp(f'qemu-io l "write -s {path} 0 {os.stat(path).st_size}"'))
        self.qmp('blockdev-del', node_name='l')
        self.add(driver='qcow2', node_name='q', file={
            'driver': 'luks', 'key-secret': 's', 'file': {'driver': 'file', 'filename': self.vm.path('a.luks')}})
        self.works('q')

    def test_wrong(self):
        path = self.luks()
        for words, secret in (('Invalid password', 'wrong'), ("'nobody'", 'nobody')):
            self.refused('blockdev-add', words, driver='luks', node_name='n', key_secret=secret,
                         file={'driver': 'file', 'filename': path})
        self.assertEqual(self.qmp('query-named-block-nodes'), [])

    def test_too_much(self):
        """All slots together have a limit, however few iterations each of them has."""
        path = self.luks()
        many = [(SLOTS + i * SLOT_BYTES + at, value) for i in range(8) for at, value in ((0, ACTIVE), (4, (1 << 24) + 1))]
        self.patch(path, *many)
        self.refused('blockdev-add', 'more than', driver='luks', node_name='n', key_secret='s',
                     file={'driver': 'file', 'filename': path})
        said = subprocess.run([IMG, 'info', '-f', 'luks', path], capture_output=True, text=True, check=False).stderr
        self.assertIn('iterations, more than', said)


class Another:
    """Another monitor of the same machine."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(60 * rhea.SCALE)
        self.socket.connect(path)
        self.lines = self.socket.makefile('r')
        self.qmp('qmp_capabilities')

    def qmp(self, command):
        self.socket.sendall(json.dumps({'execute': command}).encode() + b'\n')
        for line in self.lines:
            message = json.loads(line)
            if 'return' in message or 'error' in message:
                return message
        raise AssertionError('the monitor has gone')


class Hostile(LuksCase):
    def setUp(self):
        folder = rhea.tempfile.mkdtemp(prefix='rhea-')
        self.addCleanup(rhea.shutil.rmtree, folder)
        self.options += ('-qmp', f'unix:{folder}/other,server=on,wait=off')
        super().setUp()
        self.other = Another(f'{folder}/other')

    def begin(self, command, **arguments):
        """Asks, and does not wait for the answer."""
        os.write(self.vm._qmp_in, json.dumps({'execute': command, 'arguments': arguments}).encode() + b'\n')

    def unanswered(self):
        return not select.select([self.vm._qmp_out], [], [], 0)[0]

    def test_others_go_on(self):
        """A header that asks for a long time gets it, and nobody else waits."""
        path = self.luks()
        self.patch(path, (SLOTS + 4, 1 << 26))
        self.begin('blockdev-add', **{'driver': 'luks', 'node-name': 'n', 'key-secret': 's',
                                      'file': {'driver': 'file', 'filename': path}})
        self.assertIn('return', self.other.qmp('query-status'))
        self.assertEqual(self.other.qmp('query-named-block-nodes')['return'], [])
        self.assertTrue(self.unanswered())
        self.other.qmp('quit')
        self.assertEqual(self.vm.wait_exit(), 0)


if __name__ == '__main__':
    rhea.main()
