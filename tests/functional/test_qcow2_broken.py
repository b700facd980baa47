#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Images of which a part is missing, or is what no program makes."""

import json
import struct
import subprocess
import unittest
from pathlib import Path

import rhea
from test_img import IMG, ImgCase, img, io
from test_qcow2 import IO

# Behind the end of each file here.
BEHIND = 1 << 28
COPIED = 1 << 63


class CutOff(ImgCase):
    def setUp(self):
        super().setUp()
        img('create', '-q', '-f', 'qcow2', self.path, '64M')
        io(self.path, 'write -P 1 0 1M')
        img('snapshot', '-c', 's', self.path)
        img('bitmap', '--add', self.path, 'b')
        io(self.path, 'write -P 2 0 64k', 'write -P 3 128k 64k')
        self.good = Path(self.path).read_bytes()

    def word(self, at):
        return struct.unpack_from('>Q', self.good, at)[0]

    def places(self):
        """Where the place of each table is."""
        bitmaps = self.good.find(bytes.fromhex('23852875')) + 24
        level1 = self.word(40)
        return {'L1': 40, 'refcount table': 48, 'snapshot table': 64, 'L2': level1,
                'data': (self.word(level1) & (COPIED - 1)) + 8, 'snapshot L1': self.word(64),
                'refcount block': self.word(48), 'bitmap directory': bitmaps, 'bitmap table': self.word(bitmaps)}

    def lose(self, which):
        data = bytearray(self.good)
        at = self.places()[which]
        value = struct.unpack_from('>Q', data, at)[0]
        struct.pack_into('>Q', data, at, BEHIND | value & COPIED)
        Path(self.path).write_bytes(data)

    def io(self, *commands, options=()):
        done = subprocess.run([IO, *options, *(w for c in commands for w in ('-c', c)), self.path], capture_output=True,
                              text=True, timeout=60 * rhea.SCALE, check=False)
        return done.stdout + done.stderr

    def check(self, *options):
        done = subprocess.run([IMG, 'check', *options, self.path], capture_output=True, text=True,
                              timeout=60 * rhea.SCALE, check=False)
        return done.returncode, done.stdout + done.stderr

    def test_repair_forgets_nothing_that_cannot_be_read(self):
        """The disk has a bad sector: what is there may be there again another time."""
        for which in self.places():
            place = self.word(self.places()[which]) & (COPIED - 1)
            options = (f'driver=qcow2,file.driver=blkdebug,file.image.filename={self.path},'
                       f'file.inject-error.0.event=none,file.inject-error.0.iotype=read,'
                       f'file.inject-error.0.sector={place // 512}')
            Path(self.path).write_bytes(self.good)
            done = subprocess.run([IMG, 'check', '-r', 'all', '--image-opts', options], capture_output=True, text=True,
                                  timeout=60 * rhea.SCALE, check=False)
            if which != 'data':
                self.assertNotEqual(done.returncode, 0, which + done.stderr)
                self.assertIn('Input/output error', done.stderr, which)
            self.assertEqual(self.check()[0], 0, which)
            self.assertIn(' s ', img('snapshot', '-l', self.path), which)
            self.assertNotIn('failed', self.io('read -P 3 128k 64k'), which)

    def test_no_image_without_it(self):
        for which, words in (('L1', 'The L1 table at 0x10000000'), ('snapshot table', 'The snapshot table at'),
                             ('bitmap directory', 'The bitmap directory at'), ('refcount table', 'The refcount table at')):
            self.lose(which)
            said = self.io('write 0 64k')
            self.assertIn(words, said)
            self.assertIn('behind the end of the image file', said)
            self.assertNotEqual(self.check()[0], 0)
        # Who only reads needs no counts, as long as that is so.
        before = Path(self.path).read_bytes()
        said = self.io('read -P 2 0 64k', 'reopen -w', 'write 0 64M', options=('-r',))
        self.assertIn('read 65536', said)
        self.assertIn('can only be read: its refcount table at 0x10000000', said)
        self.assertEqual(Path(self.path).read_bytes(), before)

    def test_beginning_of_an_image(self):
        """What it is can be asked of the first bytes."""
        Path(self.path).write_bytes(self.good[:1 << 16])
        self.assertEqual(json.loads(img('info', '--output=json', self.path))['virtual-size'], 64 << 20)

    def test_table_of_clusters(self):
        """Reads fail instead of showing zeroes, the rest can be read, and nothing is written."""
        io(self.path, 'write -P 4 0 64k')
        for which in ('L2', 'refcount block'):
            self.lose(which)
            self.assertIn('behind the end of the file', self.io('write -P 5 4M 64k'))
            self.assertIn('"corrupt": true', img('info', '--output=json', self.path))
        self.lose('L2')
        said = self.io('read 0 64k', 'read 0 64k', options=('-r',))
        self.assertEqual((said.count('is corrupt: at 0x10000000'), said.count('read failed')), (1, 2), said)

    def test_check_mends(self):
        for which, reads in (('L2', 'read -P 0 0 64k'), ('data', 'read -P 0 64k 64k'), ('refcount table', 'read -P 2 0 64k'),
                             ('refcount block', 'read -P 2 0 64k'), ('snapshot table', 'read -P 2 0 64k')):
            self.lose(which)
            self.assertEqual(self.check()[0], 2, which)
            code, said = self.check('-r', 'all')
            self.assertEqual((code, 'Leaked' in said and 'were found on the image.\nThis means' in said), (0, False),
                             (which, said))
            img('check', '-q', self.path)
            io(self.path, reads, 'write -P 6 0 4M', 'read -P 6 0 4M')
            img('check', '-q', self.path)

    def test_check_frees_nothing(self):
        """What a table that is missing has led to stays."""
        for which in ('L1', 'snapshot L1'):
            self.lose(which)
            code, said = self.check('-r', 'all')
            self.assertNotEqual(code, 0)
            self.assertIn('leaked clusters were found', said)
            self.assertNotIn('refcount=1 reference=0\nRepairing', said)
            self.assertNotIn('OFLAG_COPIED', self.check()[1])

    def test_snapshot(self):
        img('bitmap', '--remove', self.path, 'b')
        self.good = Path(self.path).read_bytes()
        self.lose('snapshot L1')
        self.assertIn("The snapshot's L1 table at", self.fails('snapshot', '-a', 's', self.path))
        self.assertIn("The snapshot's L1 table at", self.fails('convert', '-O', 'raw', '-l', 's', self.path, self.raw))
        io(self.path, 'read -P 2 0 64k')
        img('snapshot', '-d', 's', self.path)
        img('check', '-q', '-r', 'leaks', self.path)
        io(self.path, 'read -P 2 0 64k', 'read -P 1 64k 64k', 'read -P 3 128k 64k')

    def test_bitmap(self):
        """One whose bits are not there is inconsistent, and can be removed."""
        self.lose('bitmap table')
        self.assertIn('inconsistent', self.fails('bitmap', '--clear', self.path, 'b'))
        io(self.path, 'write -P 7 0 64k')
        img('bitmap', '--remove', self.path, 'b')
        img('check', '-q', '-r', 'leaks', self.path)


class LostBlock(ImgCase):
    def test_data_is_kept(self):
        """A range that has lost its refcount block has data where a new one would usually be."""
        img('create', '-q', '-f', 'qcow2', '-o', 'cluster_size=512,refcount_bits=64', self.path, '1M')
        io(self.path, *(f'write -P {i + 1} {i * 8}k 8k' for i in range(16)))
        data = bytearray(Path(self.path).read_bytes())

        def word(at, value=None):
            if value is not None:
                data[at:at + 8] = value.to_bytes(8, 'big')
            return int.from_bytes(data[at:at + 8], 'big')

        mask, table, l1 = (1 << 56) - 512, word(48), word(40)
        block = word(table + 2 * 8)
        # A cluster of data in the range of that block moves over it.
        entry = next(e for l2 in (word(l1 + i * 8) & mask for i in range(4)) if l2
                     for e in range(l2, l2 + 512, 8) if block < word(e) & mask < block + 64 * 512)
        old = word(entry) & mask
        data[block:block + 512] = data[old:old + 512]
        word(entry, block | 1 << 63)
        word(table + 2 * 8, 0)
        Path(self.path).write_bytes(data)
        result = subprocess.run([IMG, 'check', '-r', 'all', self.path], capture_output=True, text=True, check=False)
        self.assertEqual(result.returncode, 0, result)
        io(self.path, *(f'read -P {i + 1} {i * 8}k 8k' for i in range(16)))
        img('check', '-q', self.path)


class Crafted(ImgCase):
    def test_table_of_one_block(self):
        """A million ranges that have one block, which counts nothing: it is not looked at cluster by cluster."""
        img('create', '-q', '-f', 'qcow2', self.path, '1M')
        data = bytearray(Path(self.path).read_bytes())
        data += bytes(-len(data) % 65536)
        table, first = len(data), data[65536:65544]
        empty = table + (8 << 20)
        data += first + empty.to_bytes(8, 'big') * ((1 << 20) - 1) + bytes(65536)
        data[48:60] = table.to_bytes(8, 'big') + (128).to_bytes(4, 'big')
        Path(self.path).write_bytes(data)
        subprocess.run([IMG, 'amend', '-o', 'refcount_bits=32', self.path], capture_output=True, check=False,
                       timeout=60 * rhea.SCALE)
        io(self.path, 'read -P 0 0 1M')


if __name__ == '__main__':
    rhea.main()
