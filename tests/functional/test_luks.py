#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Encrypted images in a machine that runs: what passphrases cost is not paid by others."""

import json
import os
import select
import shutil
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


class Jobs(LuksCase):
    """Key slots that change, and images that are made, while the machine runs."""
    options = LuksCase.options + ('-object', 'secret,id=n,data=new', '-object', 'throttle-group,id=valve')

    def wait(self, job):
        """Its error, or None."""
        jobs = self.vm.wait_qmp('query-jobs', lambda jobs: [j for j in jobs if j['id'] == job
                                                            and j['status'] == 'concluded'])
        self.qmp('job-dismiss', id=job)
        return [j.get('error') for j in jobs if j['id'] == job][0]

    def begin(self, fmt, job='j', force=False, node=None, **slots):
        options = {k.replace('_', '-'): v for k, v in slots.items()}
        if fmt == 'qcow2':
            options = {'encrypt': {'format': 'luks', **options}} if options else {}
        self.qmp('x-blockdev-amend', job_id=job, node_name=node or fmt, force=force,
                 options={'driver': fmt, **options})

    def limit(self, **limits):
        self.qmp('qom-set', path='/objects/valve', property='limits', value=limits)

    def hold(self, fmt, job='slow', **slots):
        """Begins, and returns when passphrases have been made and nothing has been written; job-resume goes on."""
        self.limit(**{'bps-read': 1})
        # After it no other read may for a day.
        self.hmp(f'qemu-io {fmt} "read 64k 100k"')
        self.begin(fmt, job, state='active', new_secret='n', iter_time=10, **slots)
        self.qmp('job-pause', id=job)
        self.limit(**{'bps-read': 0})
        self.vm.wait_qmp('query-jobs', lambda jobs: {(j['id'], j['status']) for j in jobs} == {(job, 'paused')})

    def release(self, job='slow'):
        """Its error, or None."""
        self.qmp('job-resume', id=job)
        return self.wait(job)

    def change(self, fmt, **more):
        self.begin(fmt, **more)
        return self.wait('j')

    def open(self, fmt, path):
        key = {'key-secret': 's'} if fmt == 'luks' else {'encrypt': {'format': 'luks', 'key-secret': 's'}}
        self.add(driver=fmt, node_name=fmt, file={
            'driver': 'throttle', 'throttle-group': 'valve', 'file': {'driver': 'file', 'filename': path}}, **key)

    def opens(self, fmt, path, passphrase):
        """Whether this and another implementation can, while it is in use."""
        self.hmp(f'qemu-io {fmt} flush')
        prefix = 'encrypt.' if fmt == 'qcow2' else ''
        for tool in (IMG, shutil.which('qemu-img') or IMG):
            tool = str(Path(tool).parent / 'qemu-io')
            done = subprocess.run(
                [tool, '-r', '-c', 'read -P 7 64k 100k', '--object', f'secret,id=x,data={passphrase}', '--image-opts',
                 f'driver={fmt},{prefix}key-secret=x,file.filename={path},file.locking=off'],
                check=False, capture_output=True, text=True, timeout=60 * rhea.SCALE)
            yield done.returncode == 0 and 'fail' not in done.stdout + done.stderr

    def test_slots(self):
        for fmt in ('luks', 'qcow2'):
            path = self.luks('a.' + fmt, fmt)
            self.open(fmt, path)
            self.works(fmt)
            self.assertIsNone(self.change(fmt, state='active', new_secret='n', iter_time=10))
            self.works(fmt)
            for passphrase in ('passphrase', 'new'):
                self.assertNotIn(False, self.opens(fmt, path, passphrase))
            self.assertIn("'nobody'", self.change(fmt, state='active', new_secret='nobody'))
            self.assertIn('Invalid password', self.change(fmt, state='active', secret='wrong', new_secret='n'))
            self.assertIn('overwrite', self.change(fmt, state='active', new_secret='n', keyslot=1))
            self.assertIn('none of', self.change(fmt, state='inactive', old_secret='wrong'))
            self.assertIsNone(self.change(fmt, state='inactive', old_secret='s'))
            self.works(fmt)
            self.assertNotIn(True, self.opens(fmt, path, 'passphrase'))
            self.assertNotIn(False, self.opens(fmt, path, 'new'))
            self.assertIn('only active', self.change(fmt, state='inactive', keyslot=1))
            slots = json.dumps(self.node(fmt)['image']['format-specific'])
            self.assertEqual(slots.count('"active": true'), 1)
            self.assertIsNone(self.change(fmt, force=True, state='inactive', keyslot=1))
            self.works(fmt)
            self.assertNotIn(True, self.opens(fmt, path, 'new'))
            self.qmp('blockdev-del', node_name=fmt)

    def test_mistakes(self):
        self.open('luks', self.luks())
        self.add_image('qcow2', self.image('plain.qcow2'))
        self.add(driver='null-co', node_name='null-co')
        amend = 'x-blockdev-amend'
        self.refused(amend, 'null-co', job_id='j', node_name='null-co', options={'driver': 'null-co'})
        self.refused(amend, "'luks', not 'qcow2'", job_id='j', node_name='luks', options={'driver': 'qcow2'})
        self.refused(amend, "'nobody'", job_id='j', node_name='nobody', options={'driver': 'qcow2'})
        self.refused(amend, "'options.state'", job_id='j', node_name='luks', options={'driver': 'luks'})
        self.assertIsNone(self.change('qcow2'))
        self.assertIn('not present', self.change('qcow2', state='active', new_secret='n'))
        self.qmp(amend, job_id='j', node_name='qcow2',
                 options={'driver': 'qcow2', 'encrypt': {'format': 'qcow'}})
        self.assertIn("'qcow'", self.wait('j'))

    def test_meanwhile(self):
        """What happens to the image while passphrases are made."""
        path = self.luks()
        self.open('luks', path)
        self.works('luks')
        self.hold('luks')
        self.works('luks')
        self.refused('blockdev-del', 'in use', node_name='luks')
        self.assertIsNone(self.change('luks', state='active', new_secret='wrong', iter_time=10))
        self.assertIn('meanwhile', self.release())
        self.assertNotIn(False, self.opens('luks', path, 'other'))
        self.hold('luks')
        self.qmp('blockdev-reopen', options=[{'driver': 'luks', 'node-name': 'luks', 'key-secret': 's', 'read-only': True,
                                              'file': self.node('luks')['children'][0]['node-name']}])
        self.assertIn('read-only', self.release())
        self.assertNotIn(True, self.opens('luks', path, 'new'))
        self.refused('x-blockdev-amend', 'read-only', job_id='j', node_name='luks',
                     options={'driver': 'luks', 'state': 'inactive', 'keyslot': 0})

    def cover(self):
        self.add_image('over', self.image('over.qcow2'), backing=None)
        self.qmp('blockdev-snapshot', node='luks', overlay='over')

    def move(self):
        self.add_image('copy', self.image('copy.raw', fmt='raw'), 'raw')
        self.qmp('blockdev-mirror', job_id='m', device='luks', target='copy', sync='full')
        self.vm.wait_event('BLOCK_JOB_READY')
        self.qmp('job-complete', id='m')
        self.vm.wait_event('BLOCK_JOB_COMPLETED')

    def test_replaced(self):
        """Another node takes the place of the image meanwhile: it is the image that is changed."""
        for replace, error, users in ((self.cover, 'read-only', ('over',)), (self.move, None, ())):
            path = self.luks(f'{replace.__name__}.luks')
            self.open('luks', path)
            self.works('luks')
            self.hold('luks')
            replace()
            self.assertIn(error or 'None', str(self.release()))
            self.assertNotIn(bool(error), self.opens('luks', path, 'new'))
            for node in users + ('luks',):
                self.qmp('blockdev-del', node_name=node)

    def creates_slowly(self, fmt, path, time):
        """Begins; whether it can be paused before it has made its passphrases, on a host that does other things too."""
        slow = {'key-secret': 's', 'iter-time': time}
        more = slow if fmt == 'luks' else {'encrypt': {'format': 'luks', **slow}}
        self.qmp('blockdev-create', job_id='slow', options={
            'driver': fmt, 'size': 4 * MIB, 'file': {'driver': 'file', 'filename': path}, **more})
        self.vm.qmp_raw('job-pause', id='slow')
        job, = self.vm.wait_qmp('query-jobs', lambda jobs: [j for j in jobs if j['status'] in ('paused', 'concluded')])
        if job['status'] == 'concluded':
            self.assertIsNone(self.wait('slow'))
            os.truncate(path, 0)
        return job['status'] == 'paused'

    def test_create(self):
        for fmt in ('luks', 'qcow2'):
            path = self.vm.path('new.' + fmt)
            Path(path).write_bytes(b'')
            self.assertTrue(any(self.creates_slowly(fmt, path, time) for time in (300, 3000, 30000)))
            self.assertEqual(os.path.getsize(path), 0)
            self.qmp('job-resume', id='slow')
            self.assertIsNone(self.wait('slow'))
            self.open(fmt, path)
            self.works(fmt)
            self.assertNotIn(False, self.opens(fmt, path, 'passphrase'))
            self.qmp('blockdev-del', node_name=fmt)


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
