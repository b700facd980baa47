#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Features of qcow2 images by the tools and by QMP."""

import json
import os
import random
import shutil
import signal
import subprocess
import unittest
from pathlib import Path

import rhea
from test_blockdev import BlockCase, IMG
from test_img import ImgCase, img, io

MASK = (1 << 56) - 512
IO = str(Path(rhea.EMULATOR).parent / 'qemu-io')


def info(path):
    return json.loads(img('info', '--output=json', path))


def details(path):
    return info(path)['format-specific']['data']


class Growth(ImgCase):
    def test_growth_does_not_show_backing_file(self):
        """Version 2 has no zeroes that hide it."""
        base, old = self.name('base'), self.name('old')
        img('create', '-q', '-f', 'raw', base, '2M')
        for compat in '0.10', '1.1':
            img('create', '-q', '-f', 'qcow2', '-o', f'compat={compat}', '-b', base, '-F', 'raw', old, '1M')
            io(base, 'write -P 1 0 2M', fmt='raw')
            if compat == '0.10':
                self.assertIn('compat=1.1', self.fails('resize', old, '2M'))
                img('resize', '-q', '--shrink', old, '960k')
                img('amend', '-o', 'compat=1.1', old)
            img('resize', '-q', old, '2M')
            io(old, 'read -P 1 0 960k', 'read -P 0 1M 1M')


class DataFile(ImgCase):
    def setUp(self):
        super().setUp()
        self.data = self.name('data')

    def make(self, *options, size='1M'):
        img('create', '-q', '-f', 'qcow2', '-o', ','.join((f'data_file={self.data}', *options)), self.path, size)

    def map(self):
        return [(m['start'], m['length'], m['data'], m['zero']) for m in
                json.loads(img('map', '--output=json', self.path))]

    def test_where_data_is(self):
        self.make()
        io(self.path, 'write -P 1 64k 100k', 'write -P 2 900k 4k')
        found = json.loads(img('map', '--output=json', self.path))
        self.assertEqual([m['offset'] for m in found if m['data']], [m['start'] for m in found if m['data']])
        data = Path(self.data).read_bytes()
        self.assertEqual((data[64 << 10], data[(164 << 10) - 1], data[900 << 10]), (1, 1, 2))
        self.assertLess(Path(self.path).stat().st_size, 512 << 10)
        self.assertEqual([(d['data-file'], d['data-file-raw']) for d in [details(self.path)]], [(self.data, False)])
        img('check', '-q', self.path)

    def test_raw(self):
        """Who reads the data file alone sees the disk."""
        self.make('data_file_raw=on')
        for request in ('write -P 1 0 300k', 'write -z 10k 80k', 'discard 128k 64k', 'write -z -u 192k 64k',
                        'write -P 3 200k 1k'):
            subprocess.run([IO, '-d', 'unmap', '-c', request, self.path], check=True, capture_output=True)
            img('compare', '-q', '-f', 'qcow2', '-F', 'raw', self.path, self.data)
        img('resize', '-q', self.path, '2M')
        io(self.path, 'write -P 4 1500k 1k')
        img('compare', '-q', '-f', 'qcow2', '-F', 'raw', self.path, self.data)
        img('resize', '-q', '--shrink', self.path, '512k')
        self.assertEqual(Path(self.data).stat().st_size, 512 << 10)
        img('compare', '-q', '-f', 'qcow2', '-F', 'raw', self.path, self.data)
        self.assertTrue(details(self.path)['data-file-raw'])

    def test_data_that_is_there(self):
        """keep_data_file makes an image for it; without, it is emptied."""
        Path(self.data).write_bytes(b'\7' * (1 << 20))
        self.make('data_file_raw=on', 'keep_data_file=on')
        io(self.path, 'read -P 7 0 1M')
        self.make('data_file_raw=on')
        io(self.path, 'read -P 0 0 1M')
        # A short one has zeroes behind its end.
        Path(self.data).write_bytes(b'\7')
        io(self.path, 'read -P 7 0 1', 'read -P 0 1 1000k', 'write -P 1 500k 1k')
        img('check', '-q', self.path)

    def test_resize_shows_zeroes(self):
        """What the file has behind the disk does not become a part of it."""
        for options in ((), ('data_file_raw=on',), ('preallocation=metadata',)):
            self.make(*options)
            with open(self.data, 'r+b') as f:
                f.seek(1 << 20)
                f.write(b'\7' * (1 << 20))
            more = ('--preallocation=metadata',) if options else ()
            img('resize', '-q', *more, self.path, '2M')
            io(self.path, 'read -P 0 0 2M')

    def test_discard_gives_room_back(self):
        self.make()
        io(self.path, 'write -P 1 0 1M')
        before = Path(self.data).stat().st_blocks
        subprocess.run([IO, '-d', 'unmap', '-c', 'discard 0 512k', '-c', 'write -P 2 64k 64k', '-c', 'flush', self.path],
                       check=True, capture_output=True)
        io(self.path, 'read -P 0 0 64k', 'read -P 2 64k 64k', 'read -P 0 128k 384k', 'read -P 1 512k 512k')
        self.assertLessEqual(Path(self.data).stat().st_blocks, before - 7 * 128)

    def test_amend(self):
        self.make('data_file_raw=on')
        img('amend', '-o', 'data_file_raw=on', self.path)
        img('amend', '-o', 'data_file_raw=off', self.path)
        self.assertFalse(details(self.path)['data-file-raw'])
        self.assertIn('data-file-raw', self.fails('amend', '-o', 'data_file_raw=on', self.path))
        other = self.name('other')
        Path(self.data).rename(other)
        spec = f'driver=qcow2,file.filename={self.path},data-file.driver=file,data-file.filename={other}'
        img('amend', '-o', f'data_file={other}', '--image-opts', spec)
        self.assertEqual(details(self.path)['data-file'], other)
        io(self.path, 'read -P 0 0 1M')
        img('amend', '-o', 'data_file=', self.path)
        self.assertNotIn('data-file', details(self.path))
        self.assertIn('data-file', self.fails('check', self.path))

    def test_names_of_strangers(self):
        """What an image names is a file, not a protocol; info opens none."""
        for name in ('json:{"driver":"null-co"}', 'null-co://', 'nbd:localhost:1', 'fat:/'):
            self.make()
            img('amend', '-o', 'data_file=' + name.replace(',', ',,'), self.path)
            self.assertEqual(details(self.path)['data-file'], name)
            self.assertIn('No such file', self.fails('check', self.path))
        self.make()
        Path(self.data).unlink()
        info(self.path)
        self.assertIn(self.data, self.fails('map', self.path))

    def test_mistakes(self):
        self.make()
        self.assertIn('external data file', self.fails('snapshot', '-c', 's', self.path))
        self.assertIn('not supported', self.fails('convert', '-c', '-O', 'qcow2', '-o', 'data_file=' + self.name('d2'),
                                                  '-f', 'raw', self.data_of_ones(), self.name('b')))
        for options, words in (('data_file_raw=on', 'data-file-raw requires data-file'),
                               ('keep_data_file=on', 'keep_data_file requires'),
                               ('data_file=d,compat=0.10', '1.1'),
                               ('data_file=d,data_file_raw=on,backing_file=b,backing_fmt=raw', 'Backing file'),
                               ('data_file=/nowhere/d', '/nowhere/d'),
                               ('keep_data_file=on,data_file=/nowhere/d', '/nowhere/d')):
            self.assertIn(words, self.fails('create', '-u', '-f', 'qcow2', '-o', options, self.name('x'), '1M'))
        img('create', '-q', '-f', 'qcow2', self.name('plain'), '1M')
        self.assertIn("'data-file' can only", self.fails(
            'check', '--image-opts', f'driver=qcow2,file.filename={self.name("plain")},data-file.driver=null-co'))

    def data_of_ones(self):
        Path(self.raw).write_bytes(b'\1' * (1 << 20))
        return self.raw

    def test_convert_and_commit(self):
        top = self.name('top')
        for options in ((), ('data_file_raw=on',), ('preallocation=full',)):
            img('convert', '-O', 'qcow2', '-f', 'raw', '-o', ','.join((f'data_file={self.data}', *options)),
                self.data_of_ones(), self.path)
            img('compare', '-q', self.path, self.raw)
            img('create', '-q', '-f', 'qcow2', '-b', self.path, '-F', 'qcow2', top)
            io(top, 'write -P 2 100k 100k')
            img('commit', '-q', top)
            io(self.path, 'read -P 1 0 100k', 'read -P 2 100k 100k', 'read -P 1 200k 800k')
            img('check', '-q', self.path)


class Discard(ImgCase):
    """What an image does not need any more its file gives back."""

    def blocks(self):
        return Path(self.path).stat().st_blocks // 128

    def io(self, *commands, options='discard=unmap', flags=()):
        subprocess.run([IO, *flags, '--image-opts', *(w for c in commands for w in ('-c', c)),
                        f'driver=qcow2,file.filename={self.path},{options}'], check=True, capture_output=True)

    def full(self, *options):
        img('create', '-q', '-f', 'qcow2', *options, self.path, '4M')
        self.io('write -P 1 0 4M')
        return self.blocks()

    def test_request(self):
        before = self.full()
        self.io('discard 0 1M', options='discard=ignore')
        self.assertGreaterEqual(self.blocks(), before)
        self.io('discard 1M 1M', options='discard=unmap,pass-discard-request=off')
        self.assertGreaterEqual(self.blocks(), before)
        self.io('discard 2M 1M', 'write -z -u 3M 512k')
        self.assertLessEqual(self.blocks(), before - 24)
        io(self.path, 'read -P 0 1M 2560k', 'read -P 1 3584k 512k')
        img('check', '-q', self.path)

    def test_clusters_that_are_shared(self):
        self.full()
        img('snapshot', '-c', 's', self.path)
        before = self.blocks()
        self.io('discard 0 4M')
        self.assertGreaterEqual(self.blocks(), before)
        img('snapshot', '-a', 's', self.path)
        io(self.path, 'read -P 1 0 4M')

    def test_snapshot_is_deleted_by_name(self):
        img('create', '-q', '-f', 'qcow2', self.path, '1M')
        for name in ('a', '1'):
            img('snapshot', '-c', name, self.path)
        img('snapshot', '-d', '1', self.path)
        with self.assertRaises(subprocess.CalledProcessError):
            img('snapshot', '-d', '1', self.path)
        self.assertRegex(img('snapshot', '-l', self.path), '\n1 +a ')

    def test_snapshot(self):
        self.full()
        img('snapshot', '-c', 's', self.path)
        self.io('write -P 2 0 4M', options='discard=ignore')
        before = self.blocks()
        img('snapshot', '-d', 's', self.path)
        self.assertLessEqual(self.blocks(), before - 60)
        io(self.path, 'read -P 2 0 4M')
        img('check', '-q', self.path)

    def places(self):
        return [m.get('offset') for m in json.loads(img('map', '--output=json', self.path)) if m['data'] or m['zero']]

    def test_no_unref(self):
        """A discarded cluster keeps its place, though not its room."""
        for options in ((), ('-o', 'extended_l2=on')):
            before = self.full(*options)
            places, size = self.places(), Path(self.path).stat().st_size
            self.io('discard 1M 1M', 'write -z -u 3M 64k', options='discard=unmap,discard-no-unref=on')
            self.assertLessEqual(self.blocks(), before - 16)
            self.io('read -P 0 1M 1M', 'read -P 1 2M 1M', 'read -P 0 3M 64k')
            self.io('discard 0 64k', 'write -P 2 0 4M', options='discard=unmap,discard-no-unref=on')
            self.assertEqual((self.places(), Path(self.path).stat().st_size), (places, size))
            io(self.path, 'read -P 2 0 4M')
            img('check', '-q', self.path)

    def test_room_that_is_there(self):
        """Zero clusters that have a place are written there."""
        self.full()
        places, size = self.places(), Path(self.path).stat().st_size
        io(self.path, 'write -z 0 2M', 'write -P 3 100k 1k', 'write -P 4 500k 1M')
        io(self.path, 'read -P 0 0 100k', 'read -P 3 100k 1k', 'read -P 0 101k 399k', 'read -P 4 500k 1M', 'read -P 1 2M 2M')
        io(self.path, 'write -P 5 0 4M')
        self.assertEqual((self.places(), Path(self.path).stat().st_size), (places, size))
        img('check', '-q', self.path)

    def test_compressed(self):
        """A cluster of the file is given back when nothing in it is used."""
        rand = random.Random(1)
        Path(self.raw).write_bytes(b''.join(rand.randbytes(1 << 15) + bytes(1 << 15) for _ in range(64)))
        img('convert', '-c', '-f', 'raw', '-O', 'qcow2', self.raw, self.path)
        before = self.blocks()
        self.io('discard 0 2M')
        self.assertLessEqual(self.blocks(), before - 14)
        io(self.path, 'read -P 0 0 2M')
        self.assertEqual(img('compare', '-f', 'qcow2', '-F', 'raw', self.path, self.path_of_half()), 'Images are identical.\n')

    def test_compressed_goes_on_in_its_own_cluster_only(self):
        """The cluster where compressed data would go on was freed, and is somebody else's."""
        for at in ('1M', '3G'):
            img('create', '-q', '-f', 'qcow2', self.path, '4G')
            # The second one gets the cluster for data, or for a table.
            io(self.path, 'write -c -P 1 0 64k', 'write -P 2 0 64k', 'flush', f'write -P 3 {at} 64k',
               'write -c -P 4 2M 64k', 'flush', f'read -P 3 {at} 64k', 'read -P 4 2M 64k')
            img('check', '-q', self.path)

    def path_of_half(self):
        data = bytearray(Path(self.raw).read_bytes())
        data[:2 << 20] = bytes(2 << 20)
        Path(self.raw).write_bytes(data)
        return self.raw


class Subclusters(ImgCase):
    """Clusters of 64 KiB, whose parts of 2 KiB are there one by one."""

    def make(self, *options, path=None, size='1M', backing=None):
        img('create', '-q', '-f', 'qcow2', '-o', ','.join(('extended_l2=on', *options)),
            *(('-b', backing, '-F', 'qcow2') if backing else ()), path or self.path, size)

    def own(self, path=None):
        """Ranges that the image itself has, in KiB."""
        return [(m['start'] >> 10, m['length'] >> 10, 'zero' if m['zero'] else 'data') for m in
                json.loads(img('map', '--output=json', path or self.path)) if m['depth'] == 0 and m['present']]

    def base(self):
        base = self.name('base')
        img('create', '-q', '-f', 'qcow2', base, '1M')
        io(base, 'write -P 1 0 1M')
        return base

    def test_small_writes_take_small_room(self):
        self.make(backing=self.base())
        io(self.path, 'write -P 2 5k 1k', 'write -P 3 127k 2k', 'write -z 300k 4k', 'write -P 4 700k 4k')
        self.assertEqual(self.own(), [(4, 2, 'data'), (126, 4, 'data'), (300, 4, 'zero'), (700, 4, 'data')])
        io(self.path, 'read -P 1 0 5k', 'read -P 2 5k 1k', 'read -P 1 6k 121k', 'read -P 3 127k 2k', 'read -P 1 129k 171k',
           'read -P 0 300k 4k', 'read -P 1 304k 396k', 'read -P 4 700k 4k', 'read -P 1 704k 320k')
        img('check', '-q', self.path)

    def test_parts_of_a_cluster_in_turn(self):
        self.make(backing=self.base())
        io(self.path, *(f'write -P {i + 2} {i * 6}k 1k' for i in range(10)))
        io(self.path, 'write -z 12k 2k', 'write -P 99 13k 20k', 'write -z -u 20k 2k', 'write -P 98 0 64k')
        io(self.path, 'read -P 98 0 64k')
        self.assertEqual(self.own(), [(0, 64, 'data')])
        img('check', '-q', self.path)

    def test_snapshot_shares_clusters(self):
        self.make(backing=self.base())
        io(self.path, 'write -P 2 10k 2k', 'write -P 3 40k 2k', 'write -z 20k 2k')
        img('snapshot', '-c', 's', self.path)
        io(self.path, 'write -P 4 30k 1k')
        self.assertEqual(self.own(), [(10, 2, 'data'), (20, 2, 'zero'), (30, 2, 'data'), (40, 2, 'data')])
        io(self.path, 'write -z 10k 2k')
        img('snapshot', '-a', 's', self.path)
        self.assertEqual(self.own(), [(10, 2, 'data'), (20, 2, 'zero'), (40, 2, 'data')])
        io(self.path, 'read -P 2 10k 2k', 'read -P 1 30k 10k')
        img('snapshot', '-d', 's', self.path)
        img('check', '-q', self.path)

    def test_compressed(self):
        img('convert', '-c', '-O', 'qcow2', '-o', 'extended_l2=on', self.base(), self.path)
        io(self.path, 'read -P 1 0 1M', 'write -P 2 5k 1k', 'write -z 70k 2k', 'read -P 1 0 5k', 'read -P 2 5k 1k',
           'read -P 1 6k 64k', 'read -P 0 70k 2k', 'read -P 1 72k 900k')
        img('check', '-q', self.path)

    def test_discard(self):
        self.make(backing=self.base())
        subprocess.run([IO, '-d', 'unmap', '-c', 'write -P 2 0 130k', '-c', 'discard 0 128k', self.path], check=True,
                       capture_output=True)
        io(self.path, 'read -P 0 0 128k', 'read -P 2 128k 2k', 'read -P 1 130k 800k')
        self.assertEqual(self.own(), [(0, 128, 'zero'), (128, 2, 'data')])

    def test_resize(self):
        self.make(backing=self.base())
        io(self.path, 'write -P 2 100k 10k')
        img('resize', '-q', '--shrink', self.path, '101k')
        img('resize', '-q', self.path, '1M')
        io(self.path, 'read -P 1 0 100k', 'read -P 2 100k 1k', 'read -P 0 101k 900k')
        img('check', '-q', self.path)

    def test_preallocated(self):
        """Room for all, which shows the backing file until it is used."""
        for mode in ('metadata', 'falloc', 'full'):
            self.make('preallocation=' + mode, backing=self.base())
            self.assertEqual(self.own(), [])
            self.assertGreater(Path(self.path).stat().st_size, 1 << 20)
            io(self.path, 'read -P 1 0 1M', 'write -P 2 3k 1k', 'read -P 1 2k 1k', 'read -P 1 4k 900k')
            self.assertEqual(self.own(), [(2, 2, 'data')])
            img('check', '-q', self.path)
            size = Path(self.path).stat().st_size
            io(self.path, 'write -P 3 0 1M')
            self.assertEqual(Path(self.path).stat().st_size, size)
        self.assertIn('extended_l2', self.fails('create', '-f', 'qcow2', '-o', 'preallocation=metadata', '-b', self.name('base'),
                                                '-F', 'qcow2', self.name('x')))

    def test_commit_and_rebase(self):
        base = self.base()
        mid = self.name('mid')
        self.make(backing=base, path=mid)
        self.make(backing=mid)
        io(mid, 'write -P 2 10k 3k')
        io(self.path, 'write -P 3 11k 1k', 'write -z 200k 1k')
        img('commit', '-q', self.path)
        self.assertEqual(self.own(mid), [(10, 4, 'data'), (200, 2, 'data')])
        io(self.path, 'write -P 4 60k 1k')
        img('rebase', '-q', '-b', base, '-F', 'qcow2', self.path)
        io(self.path, 'read -P 1 0 10k', 'read -P 2 10k 1k', 'read -P 3 11k 1k', 'read -P 2 12k 1k', 'read -P 1 13k 47k',
           'read -P 4 60k 1k', 'read -P 0 200k 1k', 'read -P 1 201k 800k')
        img('check', '-q', self.path)

    def test_rebase_compressed(self):
        """Only clusters of which the image has nothing can be compressed."""
        for size in ('64k', '2M'):
            base = self.name('base')
            img('create', '-q', '-f', 'qcow2', base, '5M')
            io(base, 'write -P 1 0 5M')
            self.make(f'cluster_size={size}', backing=base, size='5M')
            io(self.path, 'write -P 2 70k 1k', 'write -P 3 2100k 1k')
            copy = self.name('copy')
            shutil.copy(self.path, copy)
            img('rebase', '-q', '-c', '-b', '', self.path)
            img('compare', '-q', copy, self.path)
            img('check', '-q', self.path)
            found = json.loads(img('map', '--output=json', self.path))
            whole = 64 << 10 if size == '64k' else 2 << 20
            self.assertEqual(sum(m['length'] for m in found if not m['compressed']),
                             whole * len({at * 1024 // whole for at in (70, 2100)}))

    def test_room_for_parts(self):
        """map says where parts would be that are not used, in clusters that are there."""
        self.make()
        io(self.path, 'write -P 2 66k 2k', 'write -P 3 200k 1k')
        found = [(m['start'] >> 10, m['length'] >> 10, m['present'], m.get('offset')) for m in
                 json.loads(img('map', '--output=json', self.path))]
        first = found[1][3]
        self.assertEqual(found[:4], [(0, 64, False, None), (64, 2, False, first), (66, 2, True, first + 2048),
                                     (68, 60, False, first + 4096)])
        theirs = shutil.which('qemu-img')
        if theirs:
            said = subprocess.run([theirs, 'map', '--output=json', self.path], check=True, capture_output=True).stdout
            self.assertEqual([(m['start'] >> 10, m['length'] >> 10, m['present'], m.get('offset')) for m in json.loads(said)], found)

    def test_broken_bitmaps(self):
        """Parts that are both there and zero, or there in no cluster: seen, not read, mended."""
        for entry, bitmap in ((None, 0x1_ffffffff), (0, 0x2)):
            self.make()
            io(self.path, 'write -P 1 0 64k', 'write -P 2 64k 64k')
            with open(self.path, 'r+b') as f:
                f.seek(0x40000)
                if entry is not None:
                    f.write(entry.to_bytes(8, 'big'))
                f.seek(0x40008)
                f.write(bitmap.to_bytes(8, 'big'))
            self.assertIn('subcluster', self.fails('check', self.path))
            done = subprocess.run([IO, '-c', 'read 0 64k', self.path], capture_output=True, text=True, check=False)
            self.assertIn('read failed', done.stdout + done.stderr)
            img('check', '-q', '-r', 'all', self.path)
            img('check', '-q', self.path)
            io(self.path, 'read 0 64k', 'read -P 2 64k 64k')

    def test_mistakes(self):
        for options, words in (('compat=0.10', '1.1'), ('cluster_size=8k', '16384')):
            self.assertIn(words, self.fails('create', '-f', 'qcow2', '-o', 'extended_l2=on,' + options, self.name('x'), '1M'))
        self.make()
        self.assertIn('0x10', self.fails('amend', '-o', 'compat=0.10', self.path))
        self.assertTrue(details(self.path)['extended-l2'])
        with open(self.path, 'r+b') as f:
            f.seek(20)
            f.write((12).to_bytes(4, 'big'))
        self.assertIn('16384', self.fails('info', '-f', 'qcow2', self.path))

    def test_measure(self):
        found = json.loads(img('measure', '--output=json', '--size', '10G', '-O', 'qcow2', '-o', 'extended_l2=on'))
        self.assertEqual((found['required'], found['fully-allocated']), (3211264, 10740629504))


SECRETS = [w for i, p in (('one', 'first'), ('two', 'second'), ('long', 'passphrase of more than 16 bytes'))
           for w in ('--object', f'secret,id={i},data={p}')]


class NoRoom(ImgCase):
    """The host has no more room: who writes is told, and what was written before stays."""

    SPACE = ('unshare', '-rm', 'sh', '-ec')

    def setUp(self):
        super().setUp()
        if subprocess.run([*self.SPACE, f'mount -t tmpfs none {self.folder}'], capture_output=True, check=False).returncode:
            self.skipTest('needs a mount in a user namespace')

    def in_3_mib(self, *lines):
        """The lines with $img and $io in a file system of that size, where a.qcow2 is a disk of 10 MiB."""
        start = ('mount -t tmpfs -o size=3m none .', 'cd "$PWD"', '$img create -q -f qcow2 a.qcow2 10M')
        subprocess.run([*self.SPACE, '\n'.join((*start, *lines, '$img check -q a.qcow2'))], check=True,
                       stdout=subprocess.DEVNULL, cwd=self.folder, env={**os.environ, 'img': IMG, 'io': IO},
                       timeout=60 * rhea.SCALE)

    def test_for_a_table(self):
        self.in_3_mib('! $io -c "write -P 3 0 2816k" a.qcow2')

    def test_what_was_there_stays(self):
        self.in_3_mib('! $io -c "write -P 3 0 1M" -c "write 2M 5M" a.qcow2', '$io -c "read -P 3 0 1M" a.qcow2')

    def test_going_back_to_a_snapshot(self):
        self.in_3_mib('$io -c "write -P 3 0 2M" a.qcow2', '$img snapshot -c a a.qcow2',
                      '! $io -c "write -P 4 0 1M" a.qcow2', '$img snapshot -a a a.qcow2',
                      '$io -c "read -P 3 0 2M" a.qcow2')


class SmallClusters(ImgCase):
    """What is longer than one block of counts counts."""

    def test_long_table(self):
        for size in ('512', '1k'):
            img('create', '-q', '-f', 'qcow2', '-o', f'cluster_size={size}', self.path, '1M')
            io(self.path, 'write -P 1 0 1M')
            img('resize', '-q', self.path, '60G')
            io(self.path, 'write -P 2 59G 100k')
            img('snapshot', '-c', 's', self.path)
            io(self.path, 'write -P 3 58G 100k', 'read -P 1 0 1M', 'read -P 2 59G 100k')
            img('check', '-q', self.path)
            img('snapshot', '-d', 's', self.path)
            img('check', '-q', self.path)

    def test_long_header(self):
        img('create', '-q', *SECRETS, '-f', 'qcow2', '-o', 'encrypt.format=luks,encrypt.key-secret=one,encrypt.iter-time=10,cluster_size=512',
            self.path, '1M')
        img('check', '-q', *SECRETS, '--image-opts', f'driver=qcow2,file.filename={self.path},encrypt.key-secret=one')

    def test_shrink_of_nothing(self):
        """A table of 32 MiB without any below it, not four thousand million clusters."""
        img('create', '-q', '-f', 'qcow2', self.path, '2000T')
        io(self.path, 'write -P 1 0 64k', 'write -P 2 1999T 64k')
        img('resize', '-q', '--shrink', self.path, '1M')
        img('check', '-q', self.path)
        io(self.path, 'read -P 1 0 64k', 'read -P 0 64k 960k')

    def test_long_bitmaps(self):
        """Such as memory is not for: the disk stays as it is."""
        img('create', '-q', '-f', 'qcow2', self.path, '1M')
        img('bitmap', '--add', '-g', '512', self.path, 'b')
        self.assertIn('too large', self.fails('resize', '-q', self.path, '8T'))
        img('resize', '-q', self.path, '1G')
        img('check', '-q', self.path)


class Encryption(ImgCase):
    def make(self, *options):
        img('create', '-q', *SECRETS, '-f', 'qcow2', '-o', ','.join(options), self.path, '1M')

    def spec(self, secret, more=''):
        return f'driver=qcow2,file.filename={self.path},encrypt.key-secret={secret}{more}'

    def io(self, secret, *commands, tool=IO, more=''):
        done = subprocess.run([tool, *SECRETS, '--image-opts', *(w for c in commands for w in ('-c', c)),
                               self.spec(secret, more)], capture_output=True, text=True, check=False)
        return done.stdout + done.stderr

    def works(self, secret, *commands, **more):
        self.assertNotRegex(self.io(secret, *commands, **more), "failed|can't")

    def amend(self, secret, *options, fails=None, force=False):
        args = ('amend', *(('--force',) if force else ()), *SECRETS, '-o', ','.join('encrypt.' + o for o in options), '--image-opts',
                self.spec(secret))
        if fails:
            self.assertIn(fails, self.fails(*args))
        else:
            img(*args)

    def slots(self):
        return [s['active'] for s in details(self.path)['encrypt']['slots']]

    def test_aes(self):
        """As other tools have it: the key is the passphrase's first 16 bytes."""
        tools = [IO] + [t for t in (shutil.which('qemu-io'),) if t]
        for number, options in enumerate((('encrypt.format=aes', 'encrypt.key-secret=long'), ('encryption=on', 'encrypt.key-secret=one'),
                                          ('compat=0.10', 'encrypt.format=aes', 'encrypt.key-secret=one'))):
            secret = options[-1].split('=')[1]
            self.make(*options)
            for n, tool in enumerate(tools):
                self.works(secret, f'write -P {n + 1} {n * 100}k 3k', 'write -z 500k 64k', tool=tool)
                for reader in tools:
                    self.works(secret, f'read -P {n + 1} {n * 100}k 3k', 'read -P 0 500k 200k', tool=reader)
            self.assertEqual(details(self.path)['encrypt'], {'format': 'aes'}, number)
            self.assertIn('encrypted: yes', img('info', self.path))
            img('check', '-q', self.path)
            img('convert', *SECRETS, '--image-opts', self.spec(secret), '-O', 'raw', self.raw)
            self.assertEqual(Path(self.raw).read_bytes()[:3 << 10], b'\1' * (3 << 10))
            self.assertNotIn(b'\1' * 64, Path(self.path).read_bytes())

    def test_aes_mistakes(self):
        for options, words in ((('encryption=on',), 'key-secret'), (('encrypt.format=aes',), 'key-secret'),
                               (('encryption=on', 'encrypt.format=aes', 'encrypt.key-secret=one'), 'alias'),
                               (('encrypt.format=aes', 'encrypt.key-secret=one', 'encrypt.hash-alg=sha256'), 'no options'),
                               (('encrypt.format=des', 'encrypt.key-secret=one'), 'des')):
            self.assertIn(words, self.fails('create', *SECRETS, '-f', 'qcow2', '-o', ','.join(options), self.path, '1M'))
        self.make('encrypt.format=aes', 'encrypt.key-secret=one')
        self.assertIn('required', self.fails('map', self.path))
        self.assertIn("'aes'", self.io('one', 'read 0 1k', more=',encrypt.format=luks'))
        self.amend('one', 'state=active', 'new-secret=two', fails='Only LUKS')
        self.assertIn('not supported', self.fails('convert', '-c', *SECRETS, '-f', 'raw', '-O', 'qcow2', '-o',
                                                  'encrypt.format=aes,encrypt.key-secret=one', self.ones(), self.path))

    def ones(self):
        Path(self.raw).write_bytes(b'\1' * (1 << 20))
        return self.raw

    def test_key_slots(self):
        self.make('encrypt.format=luks', 'encrypt.key-secret=one', 'encrypt.iter-time=10')
        self.works('one', 'write -P 7 0 1M')
        self.amend('one', 'new-secret=two', fails='encrypt.state')
        self.amend('one', 'state=active', fails='new-secret')
        self.amend('one', 'state=active', 'new-secret=two', 'keyslot=0', fails='active keyslot 0')
        self.amend('one', 'state=active', 'new-secret=two', 'keyslot=8', fails='between 0 and 7')
        self.amend('one', 'state=active', 'new-secret=two', 'iter-time=10')
        self.amend('two', 'state=active', 'new-secret=long', 'keyslot=5', 'iter-time=10')
        self.assertEqual(self.slots(), [True, True, False, False, False, True, False, False])
        for secret in ('one', 'two', 'long'):
            self.works(secret, 'read -P 7 0 1M')
        self.amend('two', 'state=inactive', 'old-secret=one')
        self.assertIn('Invalid password', self.io('one', 'read 0 1k'))
        self.amend('two', 'state=inactive', 'keyslot=5')
        self.amend('two', 'state=inactive', 'keyslot=5', fails='already')
        self.amend('two', 'state=inactive', fails='keyslot')
        self.amend('two', 'state=inactive', 'keyslot=1', fails='only active')
        self.amend('two', 'state=inactive', 'keyslot=1', 'iter-time=5', fails='iter-time')
        self.amend('two', 'state=inactive', 'keyslot=1', force=True)
        self.assertEqual(self.slots(), [False] * 8)
        self.assertIn('Invalid password', self.io('two', 'read 0 1k'))
        img('check', '-q', self.path)
        img('create', '-q', '-f', 'qcow2', self.path, '1M')
        self.assertIn('not present', self.fails('amend', *SECRETS, '-o', 'encrypt.state=active,encrypt.new-secret=one', self.path))

    def test_key_slots_for_others(self):
        theirs = shutil.which('qemu-io')
        if not theirs:
            self.skipTest('no other qemu-io')
        self.make('encrypt.format=luks', 'encrypt.key-secret=one', 'encrypt.iter-time=10')
        self.works('one', 'write -P 7 0 1M')
        self.amend('one', 'state=active', 'new-secret=two', 'iter-time=10')
        self.amend('two', 'state=inactive', 'keyslot=0')
        self.works('two', 'read -P 7 0 1M', tool=theirs)
        subprocess.run([shutil.which('qemu-img'), 'amend', *SECRETS, '-o', 'encrypt.state=active,encrypt.new-secret=long,lazy_refcounts=on',
                        '--image-opts', self.spec('two')], check=True, capture_output=True)
        self.works('long', 'read -P 7 0 1M')


class NodesAes(BlockCase):
    options = ('-object', 'secret,id=one,data=first')

    def test_refused(self):
        """An emulator does not use what is not safe; it says what to do."""
        path = self.vm.path('a')
        img('create', '-q', *SECRETS, '-f', 'qcow2', '-o', 'encrypt.format=aes,encrypt.key-secret=one', path, '1M')
        self.refused('blockdev-add', 'no longer supported', driver='qcow2', node_name='n', encrypt={'format': 'aes', 'key-secret': 'one'},
                     file={'driver': 'file', 'filename': path})


class Nodes(BlockCase):
    def data_nodes(self, names):
        for name in names:
            path = self.vm.path(name)
            Path(path).write_bytes(b'\5' * (1 << 20))
            self.add(**{'driver': 'file', 'node-name': name, 'filename': path})

    def create(self, job, **options):
        self.qmp('blockdev-create', job_id=job, options={'driver': 'qcow2', **options})
        self.vm.wait_qmp('query-jobs', lambda jobs: any(j['id'] == job and j['status'] == 'concluded' for j in jobs))
        error = next(j for j in self.qmp('query-jobs') if j['id'] == job).get('error')
        self.qmp('job-dismiss', id=job)
        return error

    def read(self, node, pattern):
        self.assertNotIn('fail', self.hmp(f'qemu-io {node} "read -P {pattern} 0 1M"'))

    def test_data_file(self):
        self.data_nodes(('q', 'd'))
        self.assertIsNone(self.create('c', file='q', size=1 << 20, **{'data-file': 'd', 'data-file-raw': True}))
        self.refused('blockdev-add', 'nothing', driver='qcow2', node_name='x', file='q', **{'data-file': 'nothing'})
        self.add(**{'driver': 'qcow2', 'node-name': 'n', 'file': 'q', 'data-file': 'd'})
        self.read('n', 5)
        data = self.node('n')['image']['format-specific']['data']
        self.assertEqual((data['data-file'], data['data-file-raw']), (self.vm.path('d'), True))
        other = {'driver': 'file', 'node-name': 'e', 'filename': self.vm.path('d'), 'read-only': True}
        self.add(**other)
        options = {'driver': 'qcow2', 'node-name': 'n', 'file': 'q', 'data-file': 'd'}
        self.qmp('blockdev-reopen', options=[options])
        self.refused('blockdev-reopen', 'data-file', options=[{**options, 'data-file': 'e'}])
        self.qmp('blockdev-reopen', options=[{**options, 'read-only': True}])
        self.read('n', 5)
        self.qmp('blockdev-del', node_name='n')
        # By the name in the image, as nobody says anything else.
        self.qmp('blockdev-del', node_name='e')
        self.qmp('blockdev-del', node_name='d')
        self.add(**{'driver': 'qcow2', 'node-name': 'n', 'file': 'q'})
        self.read('n', 5)
        self.assertEqual(self.node('n')['file'], self.vm.path('q'))

    def test_subclusters(self):
        self.data_nodes(('q',))
        self.assertIsNone(self.create('c', file='q', size=1 << 20, **{'extended-l2': True, 'cluster-size': 1 << 17}))
        self.add(**{'driver': 'qcow2', 'node-name': 'n', 'file': 'q'})
        self.assertTrue(self.node('n')['image']['format-specific']['data']['extended-l2'])
        self.read('n', 0)
        self.qmp('blockdev-del', node_name='n')
        self.assertIn('16384', self.create('c', file='q', size=1 << 20, **{'extended-l2': True, 'cluster-size': 4096}))

    def test_create_is_refused(self):
        self.data_nodes(('q', 'd'))
        self.assertIn('data-file', self.create('c', file='q', size=1 << 20, **{'data-file-raw': True}))
        self.assertIn('nothing', self.create('c', file='q', size=1 << 20, **{'data-file': 'nothing'}))


class Options(BlockCase):
    """Of nodes."""

    def open(self, path, **options):
        self.add_image('n', path, **{k.replace('_', '-'): v for k, v in options.items()})

    def io(self, *commands):
        for command in commands:
            self.assertNotIn('fail', self.hmp(f'qemu-io n "{command}"'))

    def dirty(self, path):
        return info(path)['dirty-flag']

    def killed(self, path, **options):
        """The image after data was written and flushed, and the process was killed."""
        self.open(path, **options)
        self.io('write -P 7 64k 300k', 'flush')
        self.vm.signal(signal.SIGKILL)
        self.vm.wait_exit()

    def test_lazy_refcounts(self):
        path = self.image('a')
        # Outlives the machine.
        kept = rhea.tempfile.NamedTemporaryFile(prefix='rhea-')
        self.addCleanup(kept.close)
        shutil.copy(path, kept.name)
        self.killed(kept.name, lazy_refcounts=True)
        self.assertTrue(self.dirty(kept.name))
        bad = subprocess.run([IMG, 'check', kept.name], capture_output=True, check=False)
        self.assertEqual(bad.returncode, 2, bad)
        for tool in filter(None, (shutil.which('qemu-img'), IMG)):
            mended = kept.name + '.copy'
            shutil.copy(kept.name, mended)
            self.addCleanup(os.unlink, mended) if tool == IMG else None
            subprocess.run([tool, 'check', '-q', '-r', 'all', mended], check=True, capture_output=True)
            io(mended, 'read -P 7 64k 300k', 'write -P 8 1M 64k')
        # Who opens it for writing does the same.
        io(kept.name, 'write -P 8 1M 64k', 'read -P 7 64k 300k')
        self.assertFalse(self.dirty(kept.name))
        img('check', '-q', kept.name)

    def test_not_lazy(self):
        """What the node says counts, whatever the image says."""
        kept = rhea.tempfile.NamedTemporaryFile(prefix='rhea-')
        self.addCleanup(kept.close)
        img('create', '-q', '-f', 'qcow2', '-o', 'lazy_refcounts=on', kept.name, '4M')
        self.killed(kept.name, lazy_refcounts=False)
        self.assertFalse(self.dirty(kept.name))
        img('check', '-q', kept.name)

    def test_lazy_ends(self):
        """Counts are right when the image is closed, read-only, or not lazy any more."""
        path = self.image('a', '4M', 'qcow2', '-o', 'lazy_refcounts=on')
        options = {'driver': 'qcow2', 'node-name': 'n', 'file': 'f'}
        self.add(**{'driver': 'file', 'node-name': 'f', 'filename': path})
        self.add(**options)
        for number, more in enumerate(({'read-only': True}, {'lazy-refcounts': False})):
            self.io(f'write -P 1 {number}M 1M', 'flush')
            self.assertTrue(self.node('n')['image'].get('dirty-flag'))
            self.qmp('blockdev-reopen', options=[{**options, **more}])
            self.assertFalse(self.node('n')['image'].get('dirty-flag'))
            subprocess.run([IMG, 'check', '-U', '-q', path], check=True, capture_output=True)
            self.qmp('blockdev-reopen', options=[options])
        self.io('write -P 1 2M 1M', 'flush')
        self.qmp('blockdev-del', node_name='n')
        self.assertFalse(self.dirty(path))
        img('check', '-q', path)
        old = self.image('old', '1M', 'qcow2', '-o', 'compat=0.10')
        self.refused('blockdev-add', 'compat=1.1', driver='qcow2', node_name='n', lazy_refcounts=True,
                     file={'driver': 'file', 'filename': old})

    def test_tables_in_slices(self):
        for name, size, cluster in (('a', 512, '4k'), ('b', 65536, '2M'), ('c', 2 << 20, '2M')):
            path = self.image(name, '1G', 'qcow2', '-o', f'cluster_size={cluster}')
            self.open(path, l2_cache_entry_size=size, l2_cache_size=size * 4)
            self.io('write -P 1 0 100k', 'write -P 2 250M 5k', 'write -P 3 500M 64k', 'discard 0 4k', 'read -P 2 250M 5k',
                    'read -P 3 500M 64k', 'read -P 0 512M 1M')
            self.qmp('blockdev-del', node_name='n')
            img('check', '-q', path)
            io(path, 'read -P 1 4k 96k', 'read -P 2 250M 5k', 'read -P 3 500M 64k')

    def test_refused(self):
        path = self.image('a')
        for words, name, value in (('power of two', 'l2_cache_entry_size', 1000), ('cluster size', 'l2_cache_entry_size', 1 << 20),
                                   ('cluster size', 'l2_cache_entry_size', 256), ('seconds', 'cache_clean_interval', 1 << 40)):
            self.refused('blockdev-add', words, **{'driver': 'qcow2', 'node_name': 'n', name: value,
                                                  'file': {'driver': 'file', 'filename': path}})


class Overlap(BlockCase):
    """An image whose tables lead where other tables are."""

    def setUp(self):
        super().setUp()
        self.path = self.image('a')
        io(self.path, 'write -P 1 0 256k')
        img('snapshot', '-c', 's', self.path)
        img('bitmap', '--add', self.path, 'b')
        io(self.path, 'write -P 2 0 256k')
        data = self.data = bytearray(Path(self.path).read_bytes())
        self.active = self.word(40)
        self.l2 = self.word(self.active) & MASK
        snapshots = self.word(64)
        bitmaps = data.index(bytes.fromhex('23852875'))
        self.places = {
            'main-header': 0, 'active-l1': self.active, 'active-l2': self.l2, 'refcount-table': self.word(48),
            'refcount-block': self.word(self.word(48)), 'snapshot-table': snapshots, 'inactive-l1': self.word(snapshots),
            'inactive-l2': self.word(self.word(snapshots)) & MASK, 'bitmap-directory': self.word(bitmaps + 24)}

    def word(self, at, value=None):
        if value is not None:
            self.data[at:at + 8] = value.to_bytes(8, 'big')
        return int.from_bytes(self.data[at:at + 8], 'big')

    def broken(self, kind):
        """The disk's first cluster is at the place of a table."""
        self.word(self.l2, self.places[kind] | 1 << 63)
        Path(self.path).write_bytes(self.data)

    def write(self, **options):
        """Does a write there fail? Else, the image is as it was afterwards."""
        before = Path(self.path).read_bytes()
        self.add_image('n', self.path, **{'overlap-check': options})
        said = self.hmp('qemu-io n "write -P 3 4k 512"')
        if 'fail' in said:
            event = self.vm.wait_event('BLOCK_IMAGE_CORRUPTED')['data']
            self.assertEqual((event['node-name'], event['fatal'], event['device']), ('n', True, ''))
            for command in ('read 128k 1k', 'write 128k 1k', 'discard 0 1M'):
                self.assertIn('fail', self.hmp(f'qemu-io n "{command}"') + ('fail' if 'discard' in command else ''))
        self.qmp('blockdev-del', node_name='n')
        after = Path(self.path).read_bytes()
        if 'fail' in said:
            self.assertTrue(details(self.path)['corrupt'])
            self.refused('blockdev-add', 'corrupt', driver='qcow2', node_name='n', file={'driver': 'file', 'filename': self.path})
            # The feature bit alone, and marks of bitmaps in use.
            self.assertLess(sum(a != b for a, b in zip(before, after)), 24)
        Path(self.path).write_bytes(before)
        return 'fail' in said

    def test_each_kind(self):
        for kind in self.places:
            if kind == 'main-header':
                continue  # place 0 is none
            with self.subTest(kind):
                self.broken(kind)
                self.assertTrue(self.write(**{'template': 'none', kind: True}))
                self.assertEqual(self.write(template='constant'), kind not in
                                 ('active-l2', 'refcount-block', 'inactive-l1', 'inactive-l2'))
        self.assertFalse(self.write(template='none'))
        self.broken('inactive-l2')
        self.assertFalse(self.write(template='cached'))
        self.assertTrue(self.write(template='all'))
        self.assertFalse(self.write(**{'template': 'all', 'inactive-l2': False}))

    def test_snapshots_of_what_is_not_counted(self):
        """A place beyond the end of the file, which stays as long as it was."""
        l2 = self.places['inactive-l2']
        for place in (0x700000000000, 0x7ffffffff0000):
            with self.subTest(hex(place)):
                self.word(l2, place)
                Path(self.path).write_bytes(self.data)
                img('bitmap', '--remove', self.path, 'b')
                said = subprocess.run([IMG, 'snapshot', '-a', 's', self.path], capture_output=True, text=True, check=False)
                self.assertEqual(said.returncode, 1)
                self.assertIn("not count as used; 'qemu-img check' tells which", said.stderr)
                img('snapshot', '-d', 's', self.path)
                self.assertLess(os.path.getsize(self.path), 4 << 20)
                img('check', '-q', '-r', 'leaks', self.path)
                io(self.path, 'read -P 2 0 256k')

    def test_snapshots_that_are_too_large(self):
        """The table of clusters ends long before the disk that the snapshot is said to have."""
        self.word(self.places['snapshot-table'] + 48, 1 << 58)
        Path(self.path).write_bytes(self.data)
        img('bitmap', '--remove', self.path, 'b')
        for command in (('convert', '-l', 's', '-O', 'raw', self.path, self.path + '.raw'),
                        ('snapshot', '-a', 's', self.path)):
            said = subprocess.run([IMG, *command], capture_output=True, text=True, check=False)
            self.assertEqual(said.returncode, 1)
            self.assertRegex(said.stderr, 'File too large|would be too large')

    def test_default(self):
        self.broken('refcount-block')
        said = subprocess.run([IO, '-c', 'write 0 1k', self.path], capture_output=True, text=True, check=False)
        self.assertIn('refcount block', said.stderr)
        self.assertTrue(details(self.path)['corrupt'])

    def test_new_clusters(self):
        """Counts that are too low: what is allocated is used already."""
        block = self.places['refcount-block']
        for kind in ('main-header', 'active-l1', 'active-l2', 'refcount-table', 'inactive-l1'):
            with self.subTest(kind):
                good = bytes(self.data)
                at = block + self.places[kind] // 65536 * 2
                self.data[at:at + 2] = bytes(2)
                Path(self.path).write_bytes(self.data)
                said = subprocess.run([IO, '-c', 'write 1M 1k', self.path], capture_output=True, text=True, check=False)
                self.assertIn('would destroy', said.stderr)
                subprocess.run([IMG, 'check', '-q', '-r', 'all', self.path], check=True, capture_output=True)
                io(self.path, 'read -P 2 0 256k', 'write 1M 1k')
                self.data[:] = good

    def test_contradiction(self):
        said = self.vm.qmp_raw('blockdev-add', **{'driver': 'qcow2', 'node-name': 'n', 'file': {'driver': 'file', 'filename': self.path},
                                                  'overlap-check': {'template': 'no'}})
        self.assertIn('error', said)
        for options, words in (({'overlap-check': 'all', 'overlap-check.template': 'none'}, 'contradict'),
                               ({'overlap-check': 'sometimes'}, 'sometimes')):
            said = subprocess.run([IO, '-c', 'info', 'json:' + json.dumps({'driver': 'qcow2', 'file.filename': self.path, **options})],
                                  capture_output=True, text=True, check=False)
            self.assertIn(words, said.stderr + said.stdout)


class Preallocation(ImgCase):
    def room(self):
        return os.stat(self.path).st_blocks * 512

    def test_host_gives_room(self):
        for options in ((), ('cluster_size=512', 'refcount_bits=64'), ('extended_l2=on',), ('compat=0.10',)):
            for mode in ('falloc', 'full'):
                img('create', '-q', '-f', 'qcow2', '-o', ','.join((f'preallocation={mode}', *options)), self.path, '4M')
                self.assertGreaterEqual(self.room(), 4 << 20, (mode, options))
                img('resize', '-q', f'--preallocation={mode}', self.path, '8M')
                self.assertGreaterEqual(self.room(), 8 << 20, (mode, options))
                io(self.path, 'read -P 0 0 8M')
                img('check', '-q', self.path)
            img('create', '-q', '-f', 'qcow2', '-o', ','.join(('preallocation=metadata', *options)), self.path, '4M')
            self.assertLess(self.room(), 4 << 20, options)

    def test_room_that_was_used(self):
        """Clusters that were freed show nothing of what they had."""
        img('create', '-q', '-f', 'qcow2', self.path, '4M')
        io(self.path, 'write -P 7 0 4M')
        img('resize', '-q', '--shrink', self.path, '64k')
        for mode in ('falloc', 'full'):
            img('resize', '-q', f'--preallocation={mode}', self.path, '3M' if mode == 'full' else '2M')
            self.assertGreaterEqual(self.room(), 3 << 20 if mode == 'full' else 2 << 20)
            io(self.path, 'read -P 0 64k 1900k')
        img('check', '-q', self.path)


class ReadInParts(ImgCase):
    """One read of clusters of all kinds, some of which are read at the same time."""

    def setUp(self):
        super().setUp()
        base = self.name('base')
        img('create', '-q', '-f', 'qcow2', base, '8M')
        io(base, 'write -P 9 0 8M')
        img('create', '-q', '-f', 'qcow2', '-b', base, '-F', 'qcow2', self.path, '8M')
        self.expected = [9] * 128
        rand = random.Random(3)
        for at in rand.sample(range(128), 96):
            kind = rand.choice(('-P', '-c -P', '-z'))
            self.expected[at] = 0 if kind == '-z' else at + 10
            io(self.path, f'write {kind} {"" if kind == "-z" else at + 10} {at * 64}k 64k')

    def read(self, event):
        """What qemu-io says when it reads all of it twice, and the first request of EVENT fails."""
        options = {'driver': 'qcow2', 'file': {
            'driver': 'blkdebug', 'image': {'driver': 'file', 'filename': self.path},
            'inject-error': [{'event': event, 'errno': 5, 'once': True}]}}
        done = subprocess.run([Path(IMG).parent / 'qemu-io', '-c', 'read 0 8M', '-c', 'read 0 8M',
                               'json:' + json.dumps(options)], capture_output=True, text=True,
                              timeout=60 * rhea.SCALE, check=False)
        return done.stdout + done.stderr

    def test_content(self):
        raw = self.name('raw')
        # One request for all.
        img('dd', '-f', 'qcow2', '-O', 'raw', 'bs=8M', f'if={self.path}', f'of={raw}')
        data = Path(raw).read_bytes()
        for at, value in enumerate(self.expected):
            self.assertEqual(data[at << 16:(at + 1) << 16], bytes([value]) * 65536, at)
        io(self.path, *(f'read -P {value} {at * 64}k 64k' for at, value in enumerate(self.expected)))

    def test_one_fails(self):
        for event in ('read_compressed', 'read_aio'):
            said = self.read(event)
            self.assertEqual(said.count('Input/output error'), 1, (event, said))
            self.assertEqual(said.count('read 8388608/8388608'), 1, (event, said))


if __name__ == '__main__':
    rhea.main()
