#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Dirty bitmaps that qcow2 images keep: by QMP, by qemu-img, and as other tools see them."""

import json
import subprocess
import tempfile
import unittest

import rhea
from test_blockdev import IMG, BlockCase, img
from test_snapshot import io, other, run


def bitmaps(path, tool=IMG):
    """Name: (granularity, flags)."""
    info = json.loads(run(tool, 'info', '-U', '--output=json', path))
    return {b['name']: (b['granularity'], b['flags'])
            for b in info['format-specific']['data'].get('bitmaps', [])}


class ByQmp(BlockCase):
    def setUp(self):
        super().setUp()
        self.path = self.image('a.qcow2')
        self.add_image('a', self.path)

    def bitmap(self, name):
        for bitmap in self.node('a').get('dirty-bitmaps', []):
            if bitmap.get('name') == name:
                return bitmap
        return None

    def again(self, **more):
        self.qmp('blockdev-del', node_name='a')
        img('check', '-q', self.path)
        self.add_image('a', self.path, **more)

    def add_bitmap(self, name, **more):
        self.qmp('block-dirty-bitmap-add', node='a', name=name, persistent=True, **more)

    def test_is_kept(self):
        self.add_bitmap('b', granularity=65536)
        self.add_bitmap('off', disabled=True)
        self.qmp('block-dirty-bitmap-add', node='a', name='lost')
        self.hmp('qemu-io a "write 1M 128k"')
        self.again()
        bitmap = self.bitmap('b')
        self.assertEqual((bitmap['count'], bitmap['granularity']), (128 << 10, 65536))
        self.assertTrue(bitmap['recording'] and bitmap['persistent'])
        self.assertFalse(self.bitmap('off')['recording'])
        self.assertIsNone(self.bitmap('lost'))
        self.assertEqual(bitmaps(self.path)['b'], (65536, ['in-use', 'auto']))
        self.hmp('qemu-io a "write 2M 64k"')
        self.again()
        self.assertEqual(self.bitmap('b')['count'], 192 << 10)

    def test_remove(self):
        self.add_bitmap('b')
        self.again()
        self.qmp('block-dirty-bitmap-remove', node='a', name='b')
        self.assertEqual(bitmaps(self.path), {})
        self.again()
        self.assertIsNone(self.bitmap('b'))

    def test_taken_back_with_a_transaction(self):
        self.add_bitmap('b')
        self.again()
        self.refused('transaction', actions=[
            {'type': 'block-dirty-bitmap-remove', 'data': {'node': 'a', 'name': 'b'}},
            {'type': 'block-dirty-bitmap-add', 'data': {'node': 'a', 'name': 'c',
                                                        'persistent': True}},
            {'type': 'abort', 'data': {}}])
        self.again()
        self.assertIsNotNone(self.bitmap('b'))
        self.assertIsNone(self.bitmap('c'))

    def test_read_only(self):
        self.add_bitmap('b')
        self.again(read_only=True)
        self.assertEqual(bitmaps(self.path)['b'][1], ['auto'])
        self.refused('block-dirty-bitmap-clear', 'readonly', node='a', name='b')
        self.refused('block-dirty-bitmap-remove', 'readonly', node='a', name='b')
        self.refused('block-dirty-bitmap-add', 'read-only', node='a', name='c', persistent=True)
        options = {'driver': 'qcow2', 'node-name': 'a',
                   'file': {'driver': 'file', 'filename': self.path}}
        self.qmp('blockdev-reopen', options=[{**options, 'read-only': False}])
        self.assertEqual(bitmaps(self.path)['b'][1], ['in-use', 'auto'])
        self.hmp('qemu-io a "write 0 64k"')
        self.assertEqual(self.bitmap('b')['count'], 65536)
        self.qmp('blockdev-reopen', options=[{**options, 'read-only': True}])
        self.assertEqual(bitmaps(self.path)['b'][1], ['auto'])
        self.refused('block-dirty-bitmap-clear', 'readonly', node='a', name='b')
        self.again()
        self.assertEqual(self.bitmap('b')['count'], 65536)

    def test_inactive(self):
        self.add_bitmap('b')
        self.hmp('qemu-io a "write 0 64k"')
        self.qmp('blockdev-set-active', node_name='a', active=False)
        self.assertIsNone(self.bitmap('b'))
        self.assertEqual(bitmaps(self.path)['b'][1], ['auto'])
        # What another process writes meanwhile is there afterwards.
        io(self.path, 'write -P 7 1M 64k')
        self.qmp('blockdev-set-active', node_name='a', active=True)
        self.assertEqual(self.bitmap('b')['count'], 131072)
        self.assertNotIn('failed', self.hmp('qemu-io a "read -P 7 1M 64k"'))

    def test_killed(self):
        self.add_bitmap('b')
        self.add_bitmap('c')
        self.again()
        self.vm.process.kill()
        self.vm.process.wait()
        img('check', '-q', self.path)
        self.assertEqual(bitmaps(self.path)['b'][1], ['in-use', 'auto'])
        vm = rhea.Machine('-machine', 'pc', '-S', '-blockdev',
                          f'qcow2,node-name=a,file.driver=file,file.filename={self.path}',
                          qmp=True, serial=False)
        self.addCleanup(vm.close)
        self.qmp = vm.qmp
        self.vm = vm
        self.assertTrue(self.bitmap('b')['inconsistent'])
        self.refused('block-dirty-bitmap-clear', 'inconsistent', node='a', name='b')
        self.refused('block_resize', 'inconsistent', node_name='a', size=8 << 20)
        self.qmp('block-dirty-bitmap-remove', node='a', name='b')
        self.assertEqual(list(bitmaps(self.path)), ['c'])

    def test_size_of_what_is_not_kept(self):
        """Bitmaps that end with the process are no reason to refuse a size."""
        # Each would take a cluster, together more than an image may have for bitmaps.
        self.add_image('c', self.image('c.qcow2', '1M', 'qcow2', '-o', 'cluster_size=2M'))
        self.qmp('transaction', actions=[
            {'type': 'block-dirty-bitmap-add', 'data': {'node': 'c', 'name': f'lost{n}'}} for n in range(257)])
        self.qmp('block_resize', node_name='c', size=2 << 20)
        self.assertEqual(self.node('c')['image']['virtual-size'], 2 << 20)

    def test_refused(self):
        self.refused('block-dirty-bitmap-add', 'Granularity', node='a', name='x', persistent=True,
                     granularity=256)
        self.add_image('old', self.image('old', '1M', 'qcow2', '-o', 'compat=0.10'))
        self.refused('block-dirty-bitmap-add', 'v2', node='old', name='x', persistent=True)
        self.add_image('r', self.image('r', '1M', 'raw'), 'raw')
        self.refused('block-dirty-bitmap-add', 'persistent', node='r', name='x', persistent=True)


class ByImg(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix='rhea-')
        self.addCleanup(folder.cleanup)
        self.path = folder.name + '/a.qcow2'
        self.copy = folder.name + '/b.qcow2'

    def fails(self, *args):
        done = subprocess.run([IMG, *args], capture_output=True, text=True,
                              timeout=60 * rhea.SCALE)
        self.assertNotEqual(done.returncode, 0, args)
        return done.stderr

    def test_commands(self):
        img('create', '-q', '-f', 'qcow2', self.path, '64M')
        img('bitmap', '--add', '-g', '4k', self.path, 'b')
        img('bitmap', '--add', '--disable', self.path, 'c')
        self.assertEqual(bitmaps(self.path), {'b': (4096, ['auto']), 'c': (65536, [])})
        io(self.path, 'write 0 64k')
        img('bitmap', '--merge', 'b', '--enable', self.path, 'c')
        img('bitmap', '--clear', '--disable', self.path, 'b')
        self.assertEqual(bitmaps(self.path), {'b': (4096, []), 'c': (65536, ['auto'])})
        img('create', '-q', '-f', 'qcow2', self.copy, '64M')
        img('bitmap', '--add', '--merge', 'c', '-b', self.path, '-F', 'qcow2', self.copy, 'd')
        img('bitmap', '--remove', self.path, 'b')
        img('bitmap', '--remove-all', self.path)
        self.assertEqual(bitmaps(self.path), {})
        for path in (self.path, self.copy):
            img('check', '-q', path)

    def test_mistakes(self):
        img('create', '-q', '-f', 'qcow2', self.path, '1M')
        for args, word in (((), 'Need at least one'), (('--add', '-g', '3'), 'Granularity'),
                           (('--remove',), "'b' not found"), (('--clear', '-g', '4k'), '--add'),
                           (('--add', '-F', 'raw'), '-b'), (('--add', '-b', 'x'), '--merge')):
            self.assertIn(word, self.fails('bitmap', *args, self.path, 'b'))
        self.assertIn('bitmap name', self.fails('bitmap', '--add', self.path))

    def test_snapshot_is_not_applied(self):
        img('create', '-q', '-f', 'qcow2', self.path, '1M')
        img('snapshot', '-c', 'one', self.path)
        img('bitmap', '--add', self.path, 'b')
        self.assertIn('active dirty bitmaps (b)', self.fails('snapshot', '-a', 'one', self.path))
        img('bitmap', '--remove', self.path, 'b')
        img('snapshot', '-a', 'one', self.path)

    def test_no_space(self):
        """Bitmaps are written at the end: that this fails is said, and is the status."""
        img('create', '-q', '-f', 'qcow2', self.path, '1M')
        full = (f'driver=qcow2,file.driver=blkdebug,file.image.driver=file,file.image.filename={self.path},'
                'file.inject-error.0.event=cluster_alloc,file.inject-error.0.errno=28')
        self.assertIn('No space left', self.fails('bitmap', '--add', '--image-opts', full, 'b'))
        img('check', '-q', self.path)
        img('create', '-q', '-f', 'qcow2', self.copy, '1M')
        img('bitmap', '--add', self.copy, 'b')
        self.assertIn('No space left', self.fails('convert', '-n', '--target-image-opts', '--bitmaps',
                                                  self.copy, full))
        img('check', '-q', self.path)

    def test_no_size(self):
        """Other programs open no image with a bitmap of no bits."""
        img('create', '-q', '-f', 'qcow2', self.path, '0')
        self.assertIn('without size', self.fails('bitmap', '--add', self.path, 'b'))
        img('create', '-q', '-f', 'qcow2', self.path, '1M')
        img('bitmap', '--add', self.path, 'b')
        self.assertRaises(subprocess.CalledProcessError, io, self.path, 'truncate 0')
        self.assertEqual(list(bitmaps(self.path)), ['b'])

    def test_convert(self):
        img('create', '-q', '-f', 'qcow2', self.path, '64M')
        img('bitmap', '--add', '-g', '4k', self.path, 'b')
        img('bitmap', '--add', '--disable', self.path, 'c')
        img('convert', '-O', 'qcow2', '--bitmaps', self.path, self.copy)
        self.assertEqual(bitmaps(self.copy), bitmaps(self.path))
        img('check', '-q', self.copy)
        self.assertIn('raw', self.fails('convert', '-O', 'raw', '--bitmaps', self.path, self.copy))
        self.assertIn('version', self.fails('convert', '-O', 'qcow2', '-o', 'compat=0.10', '--bitmaps', self.path, self.copy))
        self.assertIn('lacks bitmap support', self.fails('convert', '-f', 'raw', '-O', 'qcow2', '--bitmaps', self.path, self.copy))

    def life(self, ours, theirs, io_tool):
        """One program makes, changes and removes, the other sees the same."""
        for options in ('cluster_size=512', 'cluster_size=64k', 'cluster_size=2M,refcount_bits=8'):
            with self.subTest(options):
                run(ours, 'create', '-q', '-f', 'qcow2', '-o', options, self.path, '64M')
                run(ours, 'bitmap', '--add', '-g', '512', self.path, 'fine')
                run(ours, 'bitmap', '--add', self.path, 'coarse')
                run(ours, 'bitmap', '--add', '--disable', self.path, 'off')
                io(self.path, 'write 1M 1M', 'write 40M 512', 'write 63M 1M', tool=io_tool)
                self.assertEqual(bitmaps(self.path, ours), bitmaps(self.path, theirs))
                run(theirs, 'check', '-q', self.path)
                run(theirs, 'bitmap', '--merge', 'fine', self.path, 'off')
                run(ours, 'check', '-q', self.path)
                run(theirs, 'convert', '-O', 'qcow2', '--bitmaps', self.path, self.copy)
                self.assertEqual(bitmaps(self.copy, ours), bitmaps(self.path, theirs))
                for name in ('fine', 'off', 'coarse'):
                    run(theirs, 'bitmap', '--remove', self.path, name)
                    run(ours, 'check', '-q', self.path)
                self.assertEqual(bitmaps(self.path, ours), {})

    def test_ours_as_others_see_them(self):
        self.life(IMG, other('qemu-img'), other('qemu-io'))

    def test_others_as_we_see_them(self):
        from test_snapshot import IO
        self.life(other('qemu-img'), IMG, IO)


if __name__ == '__main__':
    rhea.main()
