#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""blockdev-create: each format with each of its options, looked at by the tools, ours and others."""

import json
import shutil
import subprocess
import unittest
from pathlib import Path

import rhea
from test_blockdev import BlockCase, IMG, img

MIB = 1 << 20
SECRET = ('--object', 'secret,id=s,data=passphrase')


class CreateCase(BlockCase):
    options = (*(o.replace('--', '-') for o in SECRET[:1]), SECRET[1])

    def setUp(self):
        super().setUp()
        self.nodes = 0

    def file(self, content=b''):
        """A node of a file."""
        self.nodes += 1
        name = f'f{self.nodes}'
        Path(self.vm.path(name)).write_bytes(content)
        self.add(**{'driver': 'file', 'node-name': name, 'filename': self.vm.path(name)})
        return name

    def job(self, driver, **options):
        """Its error, or None."""
        options = {key.replace('_', '-'): value for key, value in options.items()}
        self.qmp('blockdev-create', job_id='c', options={'driver': driver, **options})
        self.vm.wait_qmp('query-jobs', lambda jobs: jobs and jobs[0]['status'] == 'concluded')
        error = self.qmp('query-jobs')[0].get('error')
        self.qmp('job-dismiss', id='c')
        return error

    def create(self, driver, size=4 * MIB, **options):
        """A new image; its path, and what the tools say of it."""
        node = options.setdefault('file', self.file())
        self.assertIsNone(self.job(driver, size=size, **options))
        self.use(driver, node)
        return self.info(driver, node)

    def use(self, driver, node, **more):
        """Written to and read, here."""
        options = {'driver': driver, 'node-name': 'image', 'file': node, **more}
        if driver == 'luks':
            options['key-secret'] = 's'
        self.add(**options)
        self.assertNotIn('fail', self.hmp('qemu-io image "write -P 7 64k 100k"'))
        self.assertNotIn('fail', self.hmp('qemu-io image "read -P 7 64k 100k"'))
        if driver != 'luks':
            # There, what was not written is noise.
            self.assertNotIn('fail', self.hmp('qemu-io image "read -P 0 1M 1M"'))
        self.qmp('blockdev-del', node_name='image')

    def info(self, driver, node):
        self.qmp('blockdev-del', node_name=node)
        path = self.vm.path(node)
        found = [json.loads(subprocess.run([tool, 'info', '--output=json', '-f', driver, path], check=True,
                                           capture_output=True, text=True).stdout)
                 for tool in (IMG, shutil.which('qemu-img')) if tool]
        self.assertEqual({f['virtual-size'] for f in found}, {found[0]['virtual-size']})
        for tool in (IMG, shutil.which('qemu-img')):
            if tool and driver in ('vdi', 'vhdx', 'vmdk'):
                subprocess.run([tool, 'check', '-q', '-f', driver, path], check=True, capture_output=True)
        return found[0]


class Luks(CreateCase):
    def test_algorithms(self):
        for options in ({}, {'cipher_alg': 'aes-128', 'cipher_mode': 'cbc', 'ivgen_alg': 'essiv', 'ivgen_hash_alg': 'sha256',
                             'hash_alg': 'sha512'}, {'preallocation': 'full'}, {'preallocation': 'falloc'}):
            found = self.create('luks', key_secret='s', iter_time=10, **options)
            data = found['format-specific']['data']
            self.assertEqual(found['virtual-size'], 4 * MIB)
            self.assertEqual((data['cipher-alg'], data['cipher-mode'], data['hash-alg']),
                             (options.get('cipher_alg', 'aes-256'), options.get('cipher_mode', 'xts'),
                              options.get('hash_alg', 'sha256')))

    def test_header_apart(self):
        header, data = self.file(), self.file()
        self.assertIsNone(self.job('luks', size=4 * MIB, key_secret='s', iter_time=10, file=data, header=header))
        self.use('luks', data, header=header)
        self.assertEqual(Path(self.vm.path(data)).stat().st_size, 4 * MIB)
        header = self.file()
        self.assertIsNone(self.job('luks', size=0, key_secret='s', iter_time=10, header=header))
        self.use('luks', self.file(bytes(4 * MIB)), header=header)

    def test_mistakes(self):
        for options, words in (({}, 'key-secret'), ({'key_secret': 'none'}, 'none'), ({'key_secret': 's', 'iter_time': 0}, 'iter-time'),
                               ({'key_secret': 's', 'cipher_alg': 'des'}, 'des'), ({'key_secret': 's', 'file': None}, 'file')):
            options = {'file': self.file(), **options}
            self.assertIn(words, self.job('luks', size=MIB, **{k: v for k, v in options.items() if v is not None}))


class Vpc(CreateCase):
    def test_options(self):
        for options in ({}, {'subformat': 'dynamic'}, {'subformat': 'fixed'}, {'force_size': True}, {'force_size': False}):
            # A size that cylinders, heads and sectors can say.
            found = self.create('vpc', size=4 * MIB if options.get('force_size') else 4212736, **options)
            if options.get('force_size'):
                self.assertEqual(found['virtual-size'], 4 * MIB)
            self.assertGreaterEqual(found['virtual-size'], 4 * MIB)
            self.assertEqual(Path(found['filename']).stat().st_size > 4 * MIB, options.get('subformat') == 'fixed')

    def test_mistakes(self):
        self.assertIn('size', self.job('vpc', size=1 << 50, file=self.file()))
        self.assertIn('4212736', self.job('vpc', size=4 * MIB, file=self.file()))
        self.refused('blockdev-create', 'subformat', job_id='c', options={'driver': 'vpc', 'file': self.file(), 'size': MIB,
                                                                          'subformat': 'thick'})


class Vdi(CreateCase):
    def test_options(self):
        for mode in (None, 'off', 'metadata'):
            options = {'preallocation': mode} if mode else {}
            found = self.create('vdi', **options)
            self.assertEqual(found['virtual-size'], 4 * MIB)

    def test_mistakes(self):
        self.assertIn('full', self.job('vdi', size=MIB, preallocation='full', file=self.file()))
        self.assertIn('size', self.job('vdi', size=1 << 60, file=self.file()))


class Vhdx(CreateCase):
    def test_options(self):
        for options in ({}, {'log_size': 2 * MIB}, {'block_size': 2 * MIB}, {'block_size': 0}, {'subformat': 'fixed'},
                        {'subformat': 'dynamic', 'block_state_zero': False}, {'block_state_zero': True}):
            found = self.create('vhdx', **options)
            self.assertEqual(found['virtual-size'], 4 * MIB)
            if options.get('block_size'):
                self.assertEqual(found['cluster-size'], options['block_size'])

    def test_mistakes(self):
        for options, words in (({'log_size': 1000}, 'og size'), ({'block_size': 3 * MIB}, 'lock size'), ({'size': 1 << 50}, 'size')):
            self.assertIn(words, self.job('vhdx', **{'size': MIB, 'file': self.file(), **options}))


class Vmdk(CreateCase):
    def test_options(self):
        for options in ({}, {'subformat': 'monolithicSparse'}, {'zeroed_grain': True}, {'adapter_type': 'lsilogic'},
                        {'hwversion': '7', 'toolsversion': '2147483647'}):
            found = self.create('vmdk', **options)
            self.assertEqual((found['virtual-size'], found['format-specific']['data']['create-type']), (4 * MIB, 'monolithicSparse'))

    def test_extents(self):
        for subformat in ('monolithicFlat', 'twoGbMaxExtentFlat', 'twoGbMaxExtentSparse'):
            extent = self.file()
            found = self.create('vmdk', subformat=subformat, extents=[extent])
            self.assertEqual(found['format-specific']['data']['create-type'], subformat)
            self.assertEqual([e['filename'] for e in found['format-specific']['data']['extents']], [self.vm.path(extent)])

    def test_backing_file(self):
        base = self.vm.path('base.vmdk')
        img('create', '-q', '-f', 'vmdk', base, '4M')
        found = self.create('vmdk', backing_file=base)
        self.assertEqual(found['backing-filename'], base)

    def test_mistakes(self):
        for options, words in (({'subformat': 'monolithicFlat', 'zeroed_grain': True}, 'zeroed'),
                               ({'subformat': 'monolithicFlat'}, 'Extent 0'),
                               ({'extents': ['f1']}, 'extent'),
                               ({'backing_file': '/nowhere/b.vmdk'}, '/nowhere')):
            self.assertIn(words, self.job('vmdk', **{'size': MIB, 'file': self.file(), **options}))


if __name__ == '__main__':
    rhea.main()
