#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The filter quorum: votes, errors, repair, children that come and go, and the same seen by others."""

import json
import os
import subprocess
import unittest
from pathlib import Path

import rhea
from test_blockdev import BlockCase, img
from test_formats import MIB, OURS, run, theirs


class QuorumCase(BlockCase):
    def setUp(self):
        super().setUp()
        for name in 'abcd':
            Path(self.vm.path(name)).write_bytes(b'\x11' * MIB)

    def file(self, name):
        return {'driver': 'file', 'filename': self.vm.path(name)}

    def failing(self, name, iotype, **rule):
        return {'driver': 'blkdebug', 'image': self.file(name), 'node-name': name,
                'inject-error': [{'event': 'none', 'iotype': iotype, **rule}]}

    def quorum(self, children='abc', threshold=2, **options):
        nodes = [c if isinstance(c, dict) else {'node-name': c, **self.file(c)} for c in children]
        return {'driver': 'quorum', 'node-name': 'q', 'vote-threshold': threshold, 'children': nodes,
                **options}

    def start(self, *args, **options):
        self.add(**self.quorum(*args, **options))

    def io(self, *commands):
        """The answers; of the last command what it says when it fails."""
        return [self.hmp(f'qemu-io q "{c}"') for c in commands][-1]

    def works(self, *commands):
        for command in commands:
            text = self.io(command)
            self.assertNotRegex(text, 'fail|[Ee]rror', command)

    def spoil(self, name, offset, data=b'z'):
        with open(self.vm.path(name), 'r+b') as file:
            file.seek(offset)
            file.write(data)

    def content(self, name, offset, count=1):
        return Path(self.vm.path(name)).read_bytes()[offset:offset + count]

    def bad(self, node, kind, sector, count, error=None):
        """One event for each node in a second: a node is expected once in a test."""
        data = self.vm.wait_event('QUORUM_REPORT_BAD')['data']
        want = {'node-name': node, 'type': kind, 'sector-num': sector, 'sectors-count': count}
        self.assertEqual(data, want if error is None else {**want, 'error': error})

    def failure(self, sector, count):
        self.assertEqual(self.vm.wait_event('QUORUM_FAILURE')['data'],
                         {'reference': 'q', 'sector-num': sector, 'sectors-count': count})

    def children(self):
        return {c['child']: c['node-name'] for c in self.node('q')['children']}


class Votes(QuorumCase):
    def test_read(self):
        self.start()
        self.works('write -P 34 0 64k', 'read -P 34 0 64k', 'read -P 17 64k 960k', 'flush')
        for name in 'abc':
            self.assertEqual(self.content(name, 0, 65537), b'\x22' * 65536 + b'\x11')
        self.spoil('b', 1000)
        self.works('read -P 34 700 800')
        self.bad('b', 'read', 1, 2)
        self.assertEqual(self.content('b', 1000), b'z')
        self.spoil('a', 900)
        self.assertIn('Input/output error', self.io('read 0 64k'))
        self.failure(0, 128)
        self.works('read -P 34 2k 62k')

    def test_errors_of_reads(self):
        self.start([self.failing('a', 'read'), 'b', 'c'])
        self.works('read -P 17 512 1k')
        self.bad('a', 'read', 1, 2, 'Input/output error')
        self.spoil('c', 0)
        self.assertIn('Input/output error', self.io('read 0 512'))
        self.failure(0, 1)

    def test_errors_of_writes(self):
        self.start(['a', self.failing('b', 'write', errno=28), 'c'])
        self.works('write -P 1 0 1k')
        self.bad('b', 'write', 0, 2, 'No space left on device')
        self.qmp('blockdev-del', node_name='q')
        self.start([self.failing('a', 'write'), self.failing('b', 'write', errno=28), 'c'])
        self.assertIn('No space left', self.io('write -P 2 0 1k'))
        self.failure(0, 2)

    def test_flush(self):
        self.start([self.failing('a', 'flush'), 'b', 'c'])
        self.works('write 0 512', 'flush')
        self.bad('a', 'flush', 0, 0, 'Input/output error')
        self.qmp('blockdev-del', node_name='q')
        self.start([self.failing('a', 'flush'), self.failing('b', 'flush'), 'c'])
        self.works('write 0 512')
        self.assertIn('Input/output error', self.io('flush'))

    def test_fifo(self):
        self.start([self.failing('a', 'read', errno=28), 'b', 'c'], **{'read-pattern': 'fifo'})
        self.spoil('c', 0, b'\0' * MIB)
        self.works('read -P 17 512 1k')
        self.bad('a', 'read', 1, 2, 'No space left on device')
        self.qmp('blockdev-del', node_name='q')
        self.start([self.failing('a', 'read', errno=28), self.failing('b', 'read')], 1,
                   **{'read-pattern': 'fifo'})
        self.assertIn('Input/output error', self.io('read 512 1k'))

    def test_repair(self):
        self.start(**{'rewrite-corrupted': True})
        self.spoil('c', 1000, b'zzz')
        self.works('read -P 17 700 800')
        self.assertEqual(self.content('c', 1000, 3), b'\x11' * 3)
        self.bad('c', 'read', 1, 2)
        # Many readers of the same place, and writers beside them.
        self.spoil('a', 4096, b'z' * 65536)
        for number in range(8):
            self.io(f'aio_write -P 3 {number * 8192 + 4096} 4k', f'aio_read {number * 8192} 16k',
                    'aio_read 4k 64k')
        self.works('aio_flush', 'read -P 3 4k 4k', 'read -P 17 8k 4k')
        for number in range(8):
            for name in 'abc':
                self.assertEqual(self.content(name, number * 8192 + 4096, 4096), b'\3' * 4096)
                self.assertEqual(self.content(name, number * 8192 + 8192, 4096), b'\x11' * 4096)

    def test_repair_not_by_inactive(self):
        """Who is inactive does not write: the images are another's now."""
        self.start(**{'rewrite-corrupted': True})
        self.spoil('c', 1000, b'zzz')
        self.qmp('blockdev-set-active', node_name='q', active=False)
        self.io('read -P 17 0 4k')
        self.assertEqual(self.content('c', 1000, 3), b'zzz')
        self.qmp('blockdev-set-active', node_name='q', active=True)
        self.works('read -P 17 0 4k')
        self.assertEqual(self.content('c', 1000, 3), b'\x11' * 3)

    def test_verify(self):
        self.start('ab', blkverify=True)
        self.works('read -P 17 512 1k')
        self.spoil('b', 1000)
        self.assertIn('contents mismatch at offset 1000', self.io('read 512 1k'))

    def test_zeroes_and_status(self):
        self.start(discard='unmap')
        self.works('write -z -u 0 128k', 'read -P 0 0 128k')
        name = 'json:' + json.dumps({**self.quorum(), 'driver': 'quorum'})
        extents = [(e['start'], e['length'], e['zero'])
                   for e in json.loads(run(OURS + 'qemu-img', 'map', '-U', '--output=json', name))]
        self.assertEqual(extents, [(0, 128 << 10, True), (128 << 10, MIB - (128 << 10), False)])
        before = [os.stat(self.vm.path(n)).st_blocks for n in 'abc']
        self.works('discard 128k 128k', 'read -P 17 128k 128k')
        self.assertEqual(before, [os.stat(self.vm.path(n)).st_blocks for n in 'abc'])
        self.refused('block_resize', 'resize', node_name='q', size=2 * MIB)


class Children(QuorumCase):
    def test_options(self):
        def bad(words, *args, **options):
            self.refused('blockdev-add', words, **self.quorum(*args, **options))
        bad('>= 1', threshold=0)
        bad('children count', threshold=4)
        bad('1 or more', children='')
        bad('exactly two', blkverify=True)
        bad('exactly two', 'ab', 1, blkverify=True)
        bad('blkverify=on', 'ab', blkverify=True, **{'rewrite-corrupted': True})
        bad('read-only=on', **{'rewrite-corrupted': True, 'read-only': True})
        bad('quorum, fifo', **{'read-pattern': 'first'})
        self.spoil('c', MIB, b'\0' * 512)
        bad(f"'c' has a size of {MIB + 512}")
        self.assertEqual(self.qmp('query-named-block-nodes'), [])

    def test_change(self):
        self.start()
        change = 'x-blockdev-change'
        self.refused(change, 'must be specified', parent='q')
        self.refused(change, 'in conflict', parent='q', child='children.1', node='b')
        self.refused(change, "child 'children.7'", parent='q', child='children.7')
        self.refused(change, "'nobody'", parent='q', node='nobody')
        self.refused(change, "'nobody'", parent='nobody', node='q')
        self.refused(change, 'already has a parent', parent='q', node='b')
        self.refused(change, 'adding', parent='b', node='q')
        self.qmp(change, parent='q', child='children.0')
        self.assertEqual(self.children(), {'children.1': 'b', 'children.2': 'c'})
        self.refused(change, 'vote threshold 2', parent='q', child='children.1')
        self.assertIsNone(self.node('a'))
        self.works('write -P 5 0 4k')
        self.add(**{'node-name': 'd', **self.file('d')})
        self.qmp(change, parent='q', node='d')
        self.assertEqual(self.children(), {'children.1': 'b', 'children.2': 'c', 'children.3': 'd'})
        self.assertEqual(self.content('a', 0), b'\x11')
        self.works('read -P 5 0 4k', 'write -P 6 4k 4k')
        self.bad('d', 'read', 0, 8)
        self.assertEqual(self.content('d', 4096), b'\6')
        self.refused('blockdev-del', 'in use', node_name='d')
        self.refused(change, 'cycle', parent='q', node='q')
        self.add(**{'node-name': 'small', 'driver': 'null-co', 'size': 512})
        self.refused(change, '512', parent='q', node='small')
        self.qmp(change, parent='q', child='children.3')
        self.qmp('blockdev-del', node_name='d')
        self.qmp('blockdev-del', node_name='q')

    def test_change_of_verify(self):
        self.start('ab', blkverify=True)
        self.add(**{'node-name': 'd', **self.file('d')})
        self.refused('x-blockdev-change', 'blkverify', parent='q', node='d')
        self.refused('x-blockdev-change', 'threshold', parent='q', child='children.0')

    def test_name(self):
        """What the node is called can be opened, by others too, also after a change."""
        self.start()
        self.qmp('x-blockdev-change', parent='q', child='children.0')
        name = self.node('q')['image']['filename']
        self.assertEqual(json.loads(name.removeprefix('json:')),
                         {'driver': 'quorum', 'vote-threshold': 2,
                          'children': [self.file('b'), self.file('c')]})
        for tools in (OURS, theirs()):
            self.assertIn('file format: quorum', run(tools + 'qemu-img', 'info', '-U', name))

    def test_reopen(self):
        self.start(['a', 'b', 'c'])
        for read_only in (True, False):
            self.qmp('blockdev-reopen', options=[
                {'driver': 'quorum', 'node-name': 'q', 'vote-threshold': 2, 'read-only': read_only,
                 'children': ['a', 'b', 'c']}])
            self.assertEqual(self.node('q')['ro'], read_only)
        self.works('write -P 9 0 4k')
        self.refused('blockdev-reopen', 'vote-threshold', options=[
            {'driver': 'quorum', 'node-name': 'q', 'vote-threshold': 1, 'children': ['a', 'b', 'c']}])
        self.add(**{'node-name': 'd', **self.file('d')})
        self.refused('blockdev-reopen', 'children.0', options=[
            {'driver': 'quorum', 'node-name': 'q', 'vote-threshold': 2, 'children': ['d', 'b', 'c']}])

    def test_mirror_replaces(self):
        self.start()
        self.spoil('b', 0, b'z' * MIB)
        self.add(**{'node-name': 'd', **self.file('d')})
        self.qmp('blockdev-mirror', job_id='m', device='q', target='d', sync='full', replaces='b')
        self.vm.wait_event('BLOCK_JOB_READY')
        self.qmp('block-job-complete', device='m')
        self.vm.wait_event('BLOCK_JOB_COMPLETED')
        self.vm.wait_qmp('query-named-block-nodes',
                         lambda nodes: self.children() == {'children.0': 'a', 'children.1': 'd',
                                                           'children.2': 'c'})
        self.spoil('c', 0)
        self.works('read -P 17 0 1M')

    def test_mirror_replaces_no_longer(self):
        """What was a child of the quorum when the job began has another user when it ends."""
        self.start()
        self.spoil('b', 0, b'z' * MIB)
        self.add(**{'node-name': 'd', **self.file('d')})
        self.qmp('blockdev-mirror', job_id='m', device='q', target='d', sync='full', replaces='b', auto_dismiss=False)
        self.vm.wait_event('BLOCK_JOB_READY')
        self.add(**{'node-name': 'keep', 'driver': 'raw', 'file': 'b', 'read-only': True})
        self.qmp('x-blockdev-change', parent='q', child='children.1')
        self.qmp('job-complete', id='m')
        job, = self.vm.wait_qmp('query-jobs', lambda jobs: jobs[0]['status'] == 'concluded' and jobs)
        self.assertIn("'b'", job.get('error', ''))
        self.qmp('job-dismiss', id='m')
        self.assertEqual(self.node('keep')['children'][0]['node-name'], 'b')
        self.works('read -P 17 0 1M')


class Tools(QuorumCase):
    def test_images(self):
        """A quorum of three formats is made by one and read by the other."""
        names = {'qcow2': self.vm.path('x.qcow2'), 'vdi': self.vm.path('x.vdi'),
                 'raw': self.vm.path('x.raw')}
        spec = 'driver=quorum,vote-threshold=2' + ''.join(
            f',children.{i}.driver={fmt},children.{i}.file.filename={path}'
            for i, (fmt, path) in enumerate(names.items()))
        source = self.vm.path('a')
        for tools in (OURS, theirs()):
            for fmt, path in names.items():
                img('create', '-q', '-f', fmt, path, '1M')
            run(tools + 'qemu-img', 'convert', '-n', '--target-image-opts', '-f', 'raw', source, spec)
            for fmt, path in names.items():
                run(OURS + 'qemu-img', 'compare', '-f', 'raw', '-F', fmt, source, path)
            for reader in (OURS, theirs()):
                run(reader + 'qemu-io', '-c', 'read -P 17 0 1M', '--image-opts', spec)
        found = subprocess.run([OURS + 'qemu-io', '-c', 'read 0 1', '--image-opts', spec + ',vote=1'],
                               check=False, capture_output=True, text=True, timeout=60 * rhea.SCALE)
        self.assertIn("'quorum' does not support the option 'vote'", found.stdout + found.stderr)


if __name__ == '__main__':
    rhea.main()
