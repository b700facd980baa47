#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""One file in two parts: images that are below themselves, and targets that are what they are made of."""

import json
import os
import shutil
import struct
import subprocess
import unittest
from pathlib import Path

import rhea
from test_blockdev import BlockCase, IMG, img
from test_img import ImgCase
from test_snapshot import io

VMDK = '''# Disk DescriptorFile
version=1
CID=fffffffe
parentCID=ffffffff
createType="{}"

# Extent description
RW 2048 {} "{}"{}
'''


def set_backing(path, name):
    """As only a hostile image has it: written into the header."""
    image = bytearray(Path(path).read_bytes())
    image[8:20] = struct.pack('>QI', 512, len(name))
    image[512:512 + len(name)] = name.encode()
    Path(path).write_bytes(image)


def make_loop(folder, *names):
    """Images, each of which names the next as its backing file, and the last the first."""
    for i, name in enumerate(names):
        img('create', '-q', '-f', 'qcow2', folder / name, '1M')
        set_backing(folder / name, names[(i + 1) % len(names)])


class Overwrite(ImgCase):
    """Data is not lost to a target that is, by whatever name, what it is made of."""

    def setUp(self):
        super().setUp()
        img('create', '-q', '-f', 'qcow2', self.path, '1M')
        io(self.path, 'write -P 5 0 64k')
        self.over, self.other = self.name('over'), self.name('other')
        img('create', '-q', '-f', 'qcow2', '-b', self.path, '-F', 'qcow2', self.over)
        img('create', '-q', '-f', 'qcow2', self.other, '1M')
        self.before = Path(self.path).read_bytes()
        os.symlink(self.path, self.name('soft'))
        os.link(self.path, self.name('hard'))
        self.names = [self.path, f'{self.folder}/./a.qcow2', 'file:' + self.path, self.name('soft'), self.name('hard')]

    def refused(self, word, *args):
        self.assertIn(word, self.fails(*args), args)
        self.assertEqual(Path(self.path).read_bytes(), self.before, args)

    def test_create(self):
        same = 'Trying to create an image with the same filename as the backing file'
        for name in self.names:
            for more in ((), ('-u',)):
                self.refused(same, 'create', *more, '-f', 'qcow2', '-b', name, '-F', 'qcow2', self.path, '1M')
            self.refused(same, 'convert', '-O', 'qcow2', '-B', name, '-F', 'qcow2', self.other, self.path)
            self.refused('in use', 'create', '-f', 'qcow2', '-b', self.over, '-F', 'qcow2', name)
            self.refused('data_file', 'create', '-f', 'qcow2', '-o', f'data_file={name}', self.path, '1M')
            self.refused('data_file', 'create', '-f', 'qcow2', '-u', '-b', self.path, '-F', 'raw', '-o',
                         f'data_file={name}', self.name('new'), '1M')
        options = {'driver': 'qcow2', 'file': {'driver': 'file', 'filename': self.path}}
        self.refused('in use', 'create', '-f', 'qcow2', '-b', 'json:' + json.dumps(options), '-F', 'qcow2', self.path)

    def test_copy(self):
        for name in self.names:
            for source in (self.path, self.over):
                for fmt in ('raw', 'qcow2'):
                    for more in ((), ('-U',)):
                        self.refused('in use', 'convert', *more, '-O', fmt, source, name)
                        self.refused('in use', 'dd', *more, '-O', fmt, f'if={source}', f'of={name}')
                    self.refused('open in this process already', 'convert', '-n', '-O', fmt, source, name)
                    self.refused('cannot be the target', 'convert', '-U', '-n', '-O', fmt, source, name)

    def test_name_with_colon(self):
        """Relative, it is not the host's name of the file, or would be that of a protocol."""
        os.rename(self.path, self.name('a:b'))
        for name in 'file:a:b', './a:b':
            done = subprocess.run([IMG, 'convert', '-U', '-O', 'raw', 'file:a:b', name], cwd=self.folder,
                                  capture_output=True, text=True, timeout=60 * rhea.SCALE)
            self.assertIn('in use', done.stderr)
            self.assertEqual(Path(self.name('a:b')).read_bytes(), self.before)

    def test_parts_of_one_file(self):
        """Two images in one file, at different places, are two."""
        Path(self.raw).write_bytes(b'\1' * 65536 + bytes(65536))
        source, target = (f'driver=raw,offset={offset},size=65536,file.filename={self.raw},file.locking=off'
                          for offset in (0, 65536))
        img('convert', '-n', '--image-opts', '--target-image-opts', source, target)
        self.assertEqual(Path(self.raw).read_bytes(), b'\1' * 131072)
        self.fails('convert', '-n', '--image-opts', '--target-image-opts', source, source)

    def test_rebase(self):
        for name in self.names:
            self.refused('cannot be the backing file', 'rebase', '-b', name, '-F', 'qcow2', self.path)
            self.refused('cannot be the backing file', 'rebase', '-u', '-b', name, '-F', 'qcow2', self.path)
        self.refused('open in this process already', 'rebase', '-b', self.over, '-F', 'qcow2', self.path)


class Loops(ImgCase):
    """An image that is below itself is refused: neither read without end, nor until there is no more memory."""

    def io_fails(self, path, *options):
        done = subprocess.run([IMG.replace('qemu-img', 'qemu-io'), *options, '-c', 'read 0 1k', path],
                              capture_output=True, text=True, timeout=60 * rhea.SCALE)
        self.assertEqual(done.returncode, 1)
        return done.stderr

    def test_backing_files(self):
        for names in (('a',), ('a', './b'), ('a', 'b', 'c')):
            make_loop(self.folder, *names)
            os.symlink(self.name('a'), self.name('link'))
            for name in (self.name('a'), self.name('link'), f'{self.folder}/./a'):
                for command in ('map {}', 'measure -O raw {}', 'compare {} {}', 'convert {} out', 'dd if={} of=out',
                                'bench {}'):
                    self.assertIn('creates an infinite loop', self.fails(*command.format(name, name).split()))
                self.assertIn('creates an infinite loop', self.io_fails(name, '-r'))
                # Who writes to it finds that it is locked.
                self.assertIn('open in this process already', self.io_fails(name))
                for command in ('commit', 'rebase -F qcow2 -b /dev/null'):
                    self.assertIn('open in this process already', self.fails(*command.split(), name))
                self.assertIn('infinite loop', self.fails('info', '--backing-chain', name))
            self.assertIn('No errors', img('check', self.name('a')))
            img('rebase', '-u', '-b', '', self.name('a'))
            img('map', self.name('a'))
            os.unlink(self.name('link'))

    def test_long_chain(self):
        """More levels than there is room for on a stack; some hundred are none too many."""
        img('create', '-q', '-f', 'qcow2', self.name('0'), '64k')
        for i in range(1, 520):
            shutil.copy(self.name('0'), self.name(str(i)))
            set_backing(self.name(str(i)), str(i - 1))
        img('map', self.name('250'))
        message = self.fails('map', self.name('519'))
        self.assertIn(f"'{self.name('19')}' is the image number 501 of a chain", message)
        self.assertLess(len(message), 400)

    def test_parts(self):
        """Data in a file that is the image itself."""
        img('create', '-q', '-f', 'qcow2', '-o', f'data_file={self.path[:-1]}_', self.path, '1M')
        image = Path(self.path).read_bytes()
        Path(self.path).write_bytes(image.replace(self.path.encode()[:-1] + b'_', self.path.encode()))
        for kind, extent, place in (('monolithicFlat', 'FLAT', ' 0'), ('twoGbMaxExtentSparse', 'SPARSE', '')):
            Path(self.name(kind)).write_text(VMDK.format(kind, extent, kind, place))
        for name in (self.path, self.name('monolithicFlat'), self.name('twoGbMaxExtentSparse')):
            for message in (self.fails('map', name), self.io_fails(name), self.io_fails(name, '-r')):
                self.assertIn('creates an infinite loop', message)


class Emulator(BlockCase):
    def test_loops(self):
        folder = Path(self.vm.path('.'))
        make_loop(folder, 'a', 'b')
        make_loop(folder, 'c')
        for name in ('a', 'b', 'c'):
            path = self.vm.path(name)
            self.refused('blockdev-add', 'creates an infinite loop', **{
                'driver': 'qcow2', 'node-name': 'n', 'read-only': True, 'file': {'driver': 'file', 'filename': path}})
            self.refused('blockdev-add', 'lock', **{
                'driver': 'qcow2', 'node-name': 'n', 'file': {'driver': 'file', 'filename': path}})
            for option in (f'-drive=file={path},format=qcow2,if=none,readonly=on',
                           f'-blockdev=qcow2,node-name=n,read-only=on,file.driver=file,file.filename={path}'):
                done = rhea.run('-machine', 'none', *option.split('=', 1))
                self.assertEqual(done.returncode, 1)
                self.assertIn('creates an infinite loop', done.stderr)

    def test_jobs(self):
        path = self.image('disk')
        self.add_image('n', path)
        before = Path(path).read_bytes()
        size = len(before)
        self.qmp('blockdev-create', job_id='c', options={'driver': 'file', 'filename': path, 'size': size})
        self.vm.wait_qmp('query-jobs', lambda jobs: jobs and jobs[0]['status'] == 'concluded')
        self.assertIn('in use', self.qmp('query-jobs')[0]['error'])
        self.refused('blockdev-snapshot-sync', 'same filename', **{
            'node-name': 'n', 'snapshot-file': path, 'snapshot-node-name': 's'})
        self.refused('change-backing-file', **{'device': 'n', 'image-node-name': 'n', 'backing-file': path})
        self.assertEqual(Path(path).read_bytes(), before)


if __name__ == '__main__':
    rhea.main()
