#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Snapshots inside of qcow2 images: by qemu-img and QMP, also as other tools see them."""

import filecmp
import shutil
import struct
import subprocess
import tempfile
import unittest
from pathlib import Path

import rhea
from test_blockdev import BlockCase, img

IO = str(Path(rhea.EMULATOR).parent / 'qemu-io')


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True,
                          timeout=60 * rhea.SCALE).stdout


def io(path, *commands, tool=IO, fmt='qcow2'):
    out = run(tool, '-f', fmt, *(word for c in commands for word in ('-c', c)), path)
    if 'failed' in out:
        raise AssertionError(out)
    return out


def other(tool):
    """Another implementation of the tool, where the host has one."""
    found = shutil.which(tool)
    if not found:
        raise unittest.SkipTest(f'no {tool} on this host')
    return found


class Images(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix='rhea-')
        self.addCleanup(folder.cleanup)
        self.path = folder.name + '/a.qcow2'

    def make(self, *options):
        img('create', '-q', '-f', 'qcow2', *options, self.path, '64M')

    def check(self, checker=None):
        """Neither errors nor leaks."""
        run(checker or str(Path(rhea.EMULATOR).parent / 'qemu-img'), 'check', '-q', self.path)

    def life(self, snapshot, io_tool, check_tool, *options):
        self.make(*options)
        io(self.path, 'write -P 1 0 3M', 'write -P 1 40M 1M', tool=io_tool)
        if 'compat=0.10' not in ' '.join(options):
            size = '2M' if 'cluster_size=2M' in options else '64k'
            io(self.path, f'write -c -P 9 50M {size}', tool=io_tool)
        snapshot('-c', 'one')
        self.check(check_tool)
        io(self.path, 'write -P 2 1M 1M', 'write -z 2M 64k', 'discard 40M 64k', 'write -P 2 60M 64k',
           tool=io_tool)
        snapshot('-c', 'two')
        self.check(check_tool)
        io(self.path, 'write -P 3 0 64k', 'write -P 3 1M 64k', tool=io_tool)
        snapshot('-a', 'one')
        self.check(check_tool)
        io(self.path, 'read -P 1 0 3M', 'read -P 1 40M 1M', 'read -P 0 60M 64k', tool=io_tool)
        io(self.path, 'write -P 4 2M 64k', tool=io_tool)
        snapshot('-a', 'two')
        io(self.path, 'read -P 1 0 1M', 'read -P 2 1M 1M', 'read -P 0 2M 64k', 'read -P 2 60M 64k',
           tool=io_tool)
        snapshot('-d', 'one')
        self.check(check_tool)
        io(self.path, 'read -P 2 1M 1M', tool=io_tool)
        snapshot('-d', 'two')
        self.check(check_tool)
        io(self.path, 'read -P 2 1M 1M', 'write -P 5 0 4M', tool=io_tool)
        self.check(check_tool)

    def ours(self, *args):
        img('snapshot', *args, self.path)

    FORMS = ((), ('-o', 'cluster_size=512'), ('-o', 'compat=0.10'), ('-o', 'refcount_bits=4'),
             ('-o', 'cluster_size=2M'), ('-o', 'refcount_bits=64,cluster_size=4k'))

    def test_life(self):
        for options in self.FORMS:
            with self.subTest(options):
                self.life(self.ours, IO, None, *options)

    def test_ours_as_others_see_them(self):
        their_io, their_img = other('qemu-io'), other('qemu-img')
        for options in self.FORMS:
            with self.subTest(options):
                self.life(self.ours, their_io, their_img, *options)

    def test_others_as_we_see_them(self):
        their_img = other('qemu-img')
        for options in self.FORMS:
            with self.subTest(options):
                self.life(lambda *args: run(their_img, 'snapshot', *args, self.path), IO, None,
                          *options)

    def test_list(self):
        self.make()
        self.ours('-c', 'first')
        self.ours('-c', 'second')
        text = img('snapshot', '-l', self.path)
        self.assertIn('first', text)
        self.assertIn('2         second', text)
        self.assertIn('first', img('info', self.path))

    def test_size_comes_back(self):
        self.make()
        self.ours('-c', 'small')
        img('resize', '-q', self.path, '128M')
        self.ours('-a', 'small')
        self.assertIn('64 MiB', img('info', self.path))
        self.check()

    def test_no_size(self):
        """A disk without size has a snapshot that needs no room."""
        img('create', '-q', '-f', 'qcow2', self.path, '0')
        for action in '-c', '-a', '-d':
            self.ours(action, 'empty')
            self.check()

    def same(self, content):
        """The disk has that length and content, whatever is allocated for it."""
        out = self.path + '.same'
        img('convert', '-O', 'raw', self.path, out)
        self.assertTrue(filecmp.cmp(out, content, shallow=False))

    def shrink(self, *options):
        """Two snapshots, the second of a larger disk, that survive what the disk loses."""
        self.make(*options)
        first, second, disk, out = (self.path + name for name in ('.1', '.2', '.3', '.out'))
        io(self.path, 'write -P 1 0 20M', 'write -P 2 30M 10M', 'write -P 3 63M 1M')
        if 'cluster_size=2M' not in options:
            io(self.path, 'write -c -P 9 50M 64k')
        img('convert', '-O', 'raw', self.path, first)
        self.ours('-c', 'one')
        img('resize', '-q', self.path, '80M')
        io(self.path, 'write -P 4 10M 1M', 'write -P 5 40M 20M')
        img('convert', '-O', 'raw', self.path, second)
        self.ours('-c', 'two')
        io(self.path, 'write -P 9 12M 30M')
        img('convert', '-O', 'raw', self.path, disk)
        size = (15 << 20) + 512
        img('resize', '-q', '--shrink', self.path, str(size))
        self.check()
        with open(disk, 'r+b') as f:
            f.truncate(size)
        img('compare', '-q', '-F', 'raw', self.path, disk)
        # The file gives back and reuses what is free, but nothing that a snapshot has.
        io(self.path, 'write -P 8 0 15M')
        for name, content in (('one', first), ('two', second)):
            img('convert', '-l', name, '-O', 'raw', self.path, out)
            self.assertTrue(filecmp.cmp(out, content, shallow=False))
        for name, content in (('one', first), ('two', second), ('one', first)):
            self.ours('-a', name)
            self.check()
            self.same(content)
        img('resize', '-q', '--shrink', self.path, '1M')
        self.ours('-d', 'one')
        self.check()
        self.ours('-a', 'two')
        self.same(second)

    def forget_sizes(self):
        """The one snapshot is as old programs wrote it: without extra data, so without a size."""
        with open(self.path, 'r+b') as f:
            f.seek(60)
            number, offset = struct.unpack('>IQ', f.read(12))
            self.assertEqual(number, 1)
            f.seek(offset)
            entry = f.read(4096)
            id_size, name_size, extra = *struct.unpack_from('>HH', entry, 12), *struct.unpack_from('>I', entry, 36)
            names = entry[40 + extra:40 + extra + id_size + name_size]
            f.seek(offset)
            f.write(entry[:36] + bytes(4) + names + bytes(extra))

    SHRUNK = (), ('-o', 'cluster_size=4k'), ('-o', 'extended_l2=on,cluster_size=32k'), ('-o', 'cluster_size=2M')

    def test_shrink(self):
        for options in self.SHRUNK:
            with self.subTest(options):
                self.shrink(*options)

    def test_shrink_old_snapshot(self):
        self.make()
        io(self.path, 'write -P 3 63M 1M')
        self.ours('-c', 'one')
        self.forget_sizes()
        self.assertIn('one', img('snapshot', '-l', self.path))
        img('resize', '-q', '--shrink', self.path, '1M')
        self.check()
        self.ours('-a', 'one')
        self.assertIn('64 MiB', img('info', self.path))
        io(self.path, 'read -P 3 63M 1M')
        self.check()

    def test_shrunk_as_others_see_it(self):
        their_img = other('qemu-img')
        for options in self.SHRUNK:
            with self.subTest(options):
                self.make(*options)
                content = self.path + '.raw'
                io(self.path, 'write -P 1 0 20M', 'write -P 3 63M 1M')
                img('convert', '-O', 'raw', self.path, content)
                self.ours('-c', 'one')
                img('resize', '-q', '--shrink', self.path, '1M')
                self.check(their_img)
                run(their_img, 'snapshot', '-a', 'one', self.path)
                self.check(their_img)
                self.same(content)

    def test_shrink_version_2(self):
        self.make('-o', 'compat=0.10')
        self.ours('-c', 'one')
        with self.assertRaises(subprocess.CalledProcessError) as caught:
            img('resize', '-q', '--shrink', self.path, '1M')
        self.assertIn('snapshots', caught.exception.stderr)
        img('amend', '-o', 'compat=1.1', self.path)
        img('resize', '-q', '--shrink', self.path, '1M')
        self.ours('-a', 'one')
        self.assertIn('64 MiB', img('info', self.path))
        self.check()

    def test_mistakes(self):
        self.make()
        for args, word in ((('-a', 'x'), "'x'"), (('-d', 'x'), "'x'"), (('-l', '-c', 'y'), 'mix')):
            with self.assertRaises(subprocess.CalledProcessError) as caught:
                self.ours(*args)
            self.assertIn(word, caught.exception.stderr)
        self.make('-o', 'refcount_bits=1')
        with self.assertRaises(subprocess.CalledProcessError) as caught:
            self.ours('-c', 'x')
        self.assertIn('refcount_bits', caught.exception.stderr)
        self.check()

    def test_counts_that_are_full(self):
        self.make('-o', 'refcount_bits=2')
        io(self.path, 'write -P 1 0 1M')
        self.ours('-c', 'a')
        self.ours('-c', 'b')
        with self.assertRaises(subprocess.CalledProcessError):
            self.ours('-c', 'c')
        self.check()
        io(self.path, 'read -P 1 0 1M')


class ByQmp(BlockCase):
    def test_make_and_delete(self):
        path = self.image('a.qcow2')
        self.add_image('a', path)
        self.hmp('qemu-io a "write -P 1 0 1M"')
        self.qmp('blockdev-snapshot-internal-sync', device='a', name='one')
        self.refused('blockdev-snapshot-internal-sync', 'already', device='a', name='one')
        self.refused('blockdev-snapshot-internal-sync', 'empty', device='a', name='')
        snapshots = self.node('a')['image']['snapshots']
        self.assertEqual([(s['id'], s['name']) for s in snapshots], [('1', 'one')])
        self.refused('transaction', 'Abort', actions=[
            {'type': 'blockdev-snapshot-internal-sync', 'data': {'device': 'a', 'name': 'two'}},
            {'type': 'abort', 'data': {}}])
        self.assertEqual(len(self.node('a')['image']['snapshots']), 1)
        self.hmp('qemu-io a "write -P 2 0 1M"')
        gone = self.qmp('blockdev-snapshot-delete-internal-sync', device='a', name='one')
        self.assertEqual(gone['id'], '1')
        self.refused('blockdev-snapshot-delete-internal-sync', 'exist', device='a', name='one')
        self.qmp('blockdev-del', node_name='a')
        img('check', '-q', path)

    def test_hmp(self):
        self.hmp('drive_add 0 if=none,id=d,file=' + self.image('a.qcow2'))
        self.assertIn('no snapshot', self.hmp('info snapshots'))
        self.assertEqual(self.hmp('snapshot_blkdev_internal d one'), '')
        self.assertIn('one', self.hmp('info snapshots'))
        self.assertEqual(self.hmp('snapshot_delete_blkdev_internal d one'), '')
        self.add_image('r', self.image('r', '1M', 'raw'), 'raw')
        self.refused('blockdev-snapshot-internal-sync', 'raw', device='r', name='x')


if __name__ == '__main__':
    rhea.main()
