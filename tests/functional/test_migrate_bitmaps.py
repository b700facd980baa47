#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Dirty bitmaps of disks in the saved state of a machine; no guest is needed for that."""

import subprocess
import tempfile
import unittest
from pathlib import Path

import rhea
from test_blockdev import IMG

END = ('completed', 'failed', 'cancelled')


def mapping(node, alias, *bitmaps):
    return {'node-name': node, 'alias': alias, 'bitmaps': list(bitmaps)}


def renamed(name, alias, **transform):
    return {'name': name, 'alias': alias, **({'transform': transform} if transform else {})}


class Bitmaps(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix='rhea-')
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.uri = f'file:{self.folder}/state'

    def machine(self, *nodes, incoming=False, capability=True):
        options = [o for node in nodes for o in ('-blockdev', node)]
        vm = rhea.Machine('-S', '-m', '16', *options, *(['-incoming', 'defer'] if incoming else []),
                          serial=False, qmp=True)
        self.addCleanup(vm.close)
        if capability:
            vm.qmp('migrate-set-capabilities',
                   capabilities=[{'capability': 'dirty-bitmaps', 'state': True}])
        return vm

    @staticmethod
    def raw(name, size=64 << 20):
        return f'null-co,node-name={name},size={size}'

    def qcow2(self, name, node):
        path = self.folder / name
        if not path.exists():
            subprocess.run([IMG, 'create', '-q', '-f', 'qcow2', path, '64M'], check=True)
        return f'qcow2,node-name={node},file.driver=file,file.filename={path}'

    def end_of_save(self, vm):
        vm.qmp('migrate', uri=self.uri)
        return vm.wait_qmp('query-migrate', lambda r: r['status'] in END)

    def save(self, vm):
        info = self.end_of_save(vm)
        self.assertEqual(info['status'], 'completed', info)

    def load(self, vm):
        vm.qmp('migrate-incoming', uri=self.uri)
        vm.wait_qmp('query-migrate', lambda r: r.get('status') == 'completed')

    @staticmethod
    def bitmaps(vm, node):
        nodes = {n['node-name']: n for n in vm.qmp('query-named-block-nodes')}
        return {b['name']: b for b in nodes[node].get('dirty-bitmaps', [])}

    @staticmethod
    def write(vm, node, *where):
        for command in where:
            vm.qmp('human-monitor-command', command_line=f'qemu-io {node} "write {command}"')

    @staticmethod
    def said(vm):
        vm.qmp('quit')
        vm.wait_exit()
        return vm.complained

    def test_as_they_are(self):
        # Sizes that are no multiple of a chunk, nor of a granule.
        vm = self.machine(self.raw('a', 200 * 2**20 + 512), self.raw('b', 2 * 2**30))
        vm.qmp('block-dirty-bitmap-add', node='a', name='fine', granularity=512)
        vm.qmp('block-dirty-bitmap-add', node='a', name='off', disabled=True)
        vm.qmp('block-dirty-bitmap-add', node='b', name='coarse', granularity=1 << 20)
        vm.qmp('block-dirty-bitmap-add', node='b', name='empty', granularity=512)
        vm.qmp('block-dirty-bitmap-disable', node='b', name='empty')
        written = {'a': ('0 512', '1M 3k', '100M 70M', '200M 512'), 'b': ('1G 5M',)}
        for node, where in written.items():
            self.write(vm, node, *where)
        before = {node: self.bitmaps(vm, node) for node in written}
        self.assertEqual(before['a']['fine']['count'], 512 + 3072 + (70 << 20) + 512)
        self.save(vm)
        other = self.machine(self.raw('a', 200 * 2**20 + 512), self.raw('b', 2 * 2**30),
                             incoming=True, capability=False)
        self.load(other)
        for node, where in written.items():
            self.assertEqual(self.bitmaps(other, node), before[node])
            self.write(other, node, *where)  # which adds nothing if they are the same bits
            self.assertEqual(self.bitmaps(other, node), before[node])
        self.write(other, 'a', '5M 1k')
        self.assertEqual(self.bitmaps(other, 'a')['fine']['count'],
                         before['a']['fine']['count'] + 1024)
        self.assertEqual(self.bitmaps(other, 'a')['off']['count'], 0)

    def test_only_when_asked_for(self):
        vm = self.machine(self.raw('a'), capability=False)
        vm.qmp('block-dirty-bitmap-add', node='a', name='x')
        self.save(vm)
        other = self.machine(self.raw('a'), incoming=True)
        self.load(other)
        self.assertEqual(self.bitmaps(other, 'a'), {})

    def test_mapping(self):
        vm = self.machine(self.raw('a'), self.raw('b'))
        for node, name in (('a', 'x'), ('a', 'y'), ('a', 'left'), ('b', 'left')):
            vm.qmp('block-dirty-bitmap-add', node=node, name=name)
        self.write(vm, 'a', '0 1M')
        there = [mapping('a', 'disk', renamed('x', 'one'), renamed('y', 'two'))]
        vm.qmp('migrate-set-parameters', block_bitmap_mapping=there)
        self.assertEqual(vm.qmp('query-migrate-parameters')['block-bitmap-mapping'], there)
        text = vm.qmp('human-monitor-command', command_line='info migrate_parameters')
        self.assertIn("'a' -> 'disk'\r\n    'x' -> 'one'", text)
        self.save(vm)
        here = [mapping('new', 'disk', renamed('y', 'one', persistent=True))]
        other = self.machine(self.qcow2('a.qcow2', 'new'), self.raw('disk'), incoming=True)
        other.qmp('migrate-set-parameters', block_bitmap_mapping=here)
        self.load(other)
        got = self.bitmaps(other, 'new')
        self.assertEqual(list(got), ['y'])
        self.assertTrue(got['y']['persistent'])
        self.assertEqual(got['y']['count'], 1 << 20)
        self.assertEqual(self.bitmaps(other, 'disk'), {})
        self.assertIn("bitmap 'two' of 'disk' in the saved state is left out", self.said(other))
        # An empty one lets nothing through.
        vm.qmp('migrate-set-parameters', block_bitmap_mapping=[])
        self.assertEqual(vm.qmp('query-migrate-parameters')['block-bitmap-mapping'], [])

    def test_no_place(self):
        vm = self.machine(self.raw('a'), self.raw('b'), self.raw('c'), self.raw('d'))
        for node in 'abcd':
            vm.qmp('block-dirty-bitmap-add', node=node, name='x', granularity=65536)
            self.write(vm, node, '0 1M')
        self.save(vm)
        other = self.machine(self.raw('a', 32 << 20), self.raw('c'), self.raw('d'), incoming=True)
        other.qmp('block-dirty-bitmap-add', node='c', name='x')
        self.load(other)
        self.assertEqual(self.bitmaps(other, 'a'), {})
        self.assertEqual(self.bitmaps(other, 'c')['x']['count'], 0)
        self.assertEqual(self.bitmaps(other, 'd')['x']['count'], 1 << 20)
        said = self.said(other)
        for words in ('67108864', "'b'", 'a bitmap'):
            self.assertIn(words, said)

    def test_kept_by_the_image(self):
        """The image and the state both have it; it goes on."""
        vm = self.machine(self.qcow2('a.qcow2', 'a'))
        vm.qmp('block-dirty-bitmap-add', node='a', name='x', persistent=True)
        vm.qmp('block-dirty-bitmap-add', node='a', name='t')
        self.write(vm, 'a', '1M 64k')
        self.save(vm)
        vm.qmp('quit')
        vm.wait_exit()
        other = self.machine(self.qcow2('a.qcow2', 'a'), incoming=True)
        self.load(other)
        self.write(other, 'a', '2M 64k')
        got = self.bitmaps(other, 'a')
        self.assertEqual({n: b['count'] for n, b in got.items()}, {'x': 2 << 16, 't': 2 << 16})
        self.assertTrue(got['x']['persistent'] and not got['t']['persistent'])
        other.qmp('quit')
        other.wait_exit()
        subprocess.run([IMG, 'check', '-q', self.folder / 'a.qcow2'], check=True)
        info = subprocess.run([IMG, 'info', self.folder / 'a.qcow2'], check=True,
                              capture_output=True, text=True).stdout
        self.assertIn('name: x', info)
        self.assertNotIn('in-use', info)

    def test_refused(self):
        vm = self.machine(self.raw('a'))
        for wrong, word in (
                ([mapping('a', 'x'), mapping('a', 'y')], "node 'a' twice"),
                ([mapping('a', 'x'), mapping('b', 'x')], "node alias 'x' twice"),
                ([mapping('a', '')], "alias ''"),
                ([mapping('a', 'x' * 256)], '255'),
                ([mapping('a', 'x', renamed('b', 'c'), renamed('b', 'd'))], "bitmap 'b' twice"),
                ([mapping('a', 'x', renamed('b', 'c'), renamed('d', 'c'))],
                 "bitmap alias 'c' twice")):
            reply = vm.qmp_raw('migrate-set-parameters', block_bitmap_mapping=wrong)
            self.assertIn(word, reply['error']['desc'])
        self.assertNotIn('block-bitmap-mapping', vm.qmp('query-migrate-parameters'))
        # A name that the stream has no room for.
        vm.qmp('block-dirty-bitmap-add', node='a', name='n' * 300)
        info = self.end_of_save(vm)
        self.assertEqual(info['status'], 'failed')
        self.assertIn('block-bitmap-mapping', info['error-desc'])
        vm.qmp('migrate-set-parameters',
               block_bitmap_mapping=[mapping('a', 'a', renamed('n' * 300, 'short'))])
        self.save(vm)


if __name__ == '__main__':
    rhea.main()
