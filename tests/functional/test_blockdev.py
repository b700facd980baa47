#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Block nodes, drives and media by QMP and HMP, without a guest."""

import ctypes
import errno
import mmap
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

import rhea

IMG = str(Path(rhea.EMULATOR).parent / 'qemu-img')
CHUNK = 64 * 1024


def img(*args):
    return subprocess.run([IMG, *args], check=True, capture_output=True, text=True,
                          timeout=60 * rhea.SCALE).stdout


def file_node(name, path, **more):
    return dict({'driver': 'file', 'node-name': name, 'filename': path}, **more)


class BlockCase(unittest.TestCase):
    """A machine that does not run, and images in its folder."""
    options = ()

    def setUp(self):
        self.vm = rhea.Machine('-machine', 'pc', '-S', *self.options, qmp=True, serial=False)
        self.addCleanup(self.vm.close)
        self.qmp = self.vm.qmp

    def image(self, name, size='4M', fmt='qcow2', *more):
        path = self.vm.path(name)
        img('create', '-q', '-f', fmt, *more, path, size)
        return path

    def add(self, **options):
        self.qmp('blockdev-add', **options)

    def add_image(self, node, path, fmt='qcow2', **more):
        self.qmp('blockdev-add', **{'driver': fmt, 'node-name': node,
                                    'file': {'driver': 'file', 'filename': path}, **more})

    def hmp(self, line):
        return self.qmp('human-monitor-command', **{'command-line': line})

    def refused(self, command, *words, **arguments):
        reply = self.vm.qmp_raw(command, **arguments)
        self.assertIn('error', reply, command)
        for word in words:
            self.assertIn(word, reply['error']['desc'])

    def node(self, name):
        for node in self.qmp('query-named-block-nodes'):
            if node['node-name'] == name:
                return node
        return None


class Nodes(BlockCase):
    def test_add_query_delete(self):
        path = self.image('a.qcow2')
        self.add_image('a', path, cache={'direct': False, 'no-flush': True})
        node = self.node('a')
        self.assertEqual((node['drv'], node['ro'], node['active']), ('qcow2', False, True))
        self.assertEqual(node['image']['virtual-size'], 4 << 20)
        self.assertEqual(node['image']['format-specific']['data']['compat'], '1.1')
        self.assertEqual(node['cache'], {'writeback': True, 'direct': False, 'no-flush': True})
        self.assertEqual(len(node['children']), 1)
        self.refused('blockdev-add', 'a', driver='null-co', node_name='a')
        self.refused('blockdev-del', "'b'", node_name='b')
        self.qmp('blockdev-del', node_name='a')
        self.assertEqual(self.qmp('query-named-block-nodes'), [])

    def test_file_in_use(self):
        """Who has it is told, under the name that a user gave."""
        path = self.image('a.qcow2')
        os.link(path, self.vm.path('link'))
        self.add_image('a', path)
        for name in path, self.vm.path('link'):
            self.refused('blockdev-add', 'open in this process already', "of node 'a'", driver='qcow2',
                         node_name='b', file={'driver': 'file', 'filename': name})
        self.qmp('blockdev-del', node_name='a')
        self.hmp(f'drive_add 0 if=none,id=d,file={path}')
        self.refused('blockdev-add', "of device 'd'", driver='qcow2', node_name='b', file=file_node('f', path))

    def test_file_of_another_process(self):
        path, other = self.image('a.qcow2'), self.image('b.qcow2')
        self.add_image('a', path)
        for args in (('info', path), ('create', '-f', 'qcow2', path, '1M'), ('convert', '-O', 'qcow2', other, path)):
            done = subprocess.run([IMG, *args], capture_output=True, text=True, timeout=60 * rhea.SCALE)
            self.assertEqual(done.returncode, 1)
            self.assertIn(f'in use by process {self.vm.process.pid} (', done.stderr)
            self.assertIn(f'Is another process using the image [{path}]?', done.stderr)

    def test_file_that_cannot_be_written(self):
        """Found when its format is known, and told once."""
        path = self.image('a.qcow2')
        os.chmod(path, 0o444)
        # Who is root may write to it nevertheless, but for this.
        confined = [] if os.geteuid() else ['setpriv', '--bounding-set=-dac_override']
        done = subprocess.run([*confined, rhea.EMULATOR, '-machine', 'none', '-display', 'none',
                               '-drive', f'if=none,file={path}'], capture_output=True, text=True, timeout=60 * rhea.SCALE)
        self.assertEqual((done.returncode, done.stderr.split(': ', 2)[2]),
                         (1, f"Could not open '{path}': {os.strerror(errno.EACCES)}\n"))

    def test_node_in_use_stays(self):
        path = self.image('a.qcow2')
        self.add(**file_node('f', path))
        self.qmp('blockdev-add', driver='qcow2', node_name='a', file='f')
        self.refused('blockdev-del', 'in use', node_name='f')
        self.qmp('blockdev-del', node_name='a')
        self.qmp('blockdev-del', node_name='f')

    def test_types_are_checked(self):
        self.refused('blockdev-add', "'size'", driver='null-co', node_name='a', size='1M')
        self.refused('blockdev-add', 'filename', driver='file', node_name='a')
        self.refused('blockdev-add', "'driver'", driver='nulll', node_name='a')
        self.refused('blockdev-add', 'node-name', driver='null-co')

    def test_backing_chain(self):
        base = self.image('base.qcow2')
        top = self.vm.path('top.qcow2')
        img('create', '-q', '-f', 'qcow2', '-F', 'qcow2', '-b', base, top)
        self.add_image('top', top)
        node = self.node('top')
        self.assertEqual(node['backing_file_depth'], 1)
        self.assertEqual(node['image']['backing-image']['filename'], base)
        flat = [n for n in self.qmp('query-named-block-nodes', flat=True)
                if n['node-name'] == 'top'][0]
        self.assertNotIn('backing-image', flat['image'])
        self.qmp('blockdev-del', node_name='top')
        self.add_image('top', top, backing=None)
        self.assertEqual(self.node('top')['backing_file_depth'], 0)

    def test_stats_of_all_nodes(self):
        """Each once: not also below those that it is the backing file of."""
        for name, more in (('base', {}), ('top', {'backing': 'base'})):
            self.add_image(name, self.image(name + '.qcow2'), **more)
        stats = {s['node-name']: s for s in self.qmp('query-blockstats', query_nodes=True)}
        self.assertIn('base', stats)
        self.assertIn('parent', stats['top'])
        self.assertNotIn('backing', stats['top'])

    def test_resize(self):
        self.add_image('a', self.image('a.qcow2'))
        self.qmp('block_resize', **{'node-name': 'a', 'size': 8 << 20})
        self.assertEqual(self.node('a')['image']['virtual-size'], 8 << 20)
        self.refused('block_resize', 'size', **{'node-name': 'a', 'size': -1})
        self.refused('block_resize', 'device', size=1 << 20)

    def test_resize_unsupported(self):
        """The file does not support what the resize needs: that is no success."""
        self.add(**{'driver': 'qcow2', 'node-name': 'a', 'file': {
            'driver': 'blkdebug', 'image': {'driver': 'file', 'filename': self.image('a.qcow2')},
            'inject-error': [{'event': 'none', 'iotype': 'write', 'errno': errno.EOPNOTSUPP}]}})
        self.refused('block_resize', 'resize', **{'node-name': 'a', 'size': 8 << 20})

    def test_active(self):
        path = self.image('a.qcow2')
        self.add_image('a', path)
        self.qmp('blockdev-set-active', node_name='a', active=False)
        self.assertFalse(self.node('a')['active'])
        # Another process may have it now.
        img('check', path)
        self.qmp('blockdev-set-active', node_name='a', active=True)
        self.assertTrue(self.node('a')['active'])

    def test_opened_inactive(self):
        self.add_image('a', self.image('a.qcow2'), active=False)
        self.assertFalse(self.node('a')['active'])
        self.qmp('blockdev-set-active', active=True)
        self.assertTrue(self.node('a')['active'])


class Reopen(BlockCase):
    def reopen(self, **options):
        self.qmp('blockdev-reopen', options=[options])

    def keys(self, **more):
        return dict({'driver': 'qcow2', 'node-name': 'a', 'file': 'f'}, **more)

    def setUp(self):
        super().setUp()
        self.add(**file_node('f', self.image('a.qcow2')))
        self.qmp('blockdev-add', **self.keys())

    def test_read_only_and_back(self):
        self.reopen(**self.keys(**{'read-only': True}))
        self.assertTrue(self.node('a')['ro'])
        self.reopen(**self.keys(**{'detect-zeroes': 'on'}))
        node = self.node('a')
        self.assertEqual((node['ro'], node['detect_zeroes']), (False, 'on'))
        self.reopen(**self.keys())
        self.assertEqual(self.node('a')['detect_zeroes'], 'off')

    def test_backing_is_put_below_and_taken_away(self):
        self.add_image('base', self.image('base.qcow2'))
        self.reopen(**self.keys(backing='base'))
        self.assertEqual(self.node('a')['backing_file_depth'], 1)
        self.refused('blockdev-del', 'in use', node_name='base')
        self.refused('blockdev-reopen', 'backing is missing', options=[self.keys()])
        self.reopen(**self.keys(backing=None))
        self.assertEqual(self.node('a')['backing_file_depth'], 0)
        self.qmp('blockdev-del', node_name='base')

    def test_what_cannot_change_stays(self):
        self.image('b.qcow2')
        self.refused('blockdev-reopen', 'driver',
                     options=[{'driver': 'raw', 'node-name': 'a', 'file': 'f'}])
        self.refused('blockdev-reopen', 'filename',
                     options=[file_node('f', self.vm.path('b.qcow2'))])
        self.refused('blockdev-reopen', "'locking'",
                     options=[file_node('f', self.vm.path('a.qcow2'), locking='off')])
        self.refused('blockdev-reopen', 'cycle', options=[self.keys(backing='a')])
        # All or nothing: the first of two would work.
        self.refused('blockdev-reopen', 'filename',
                     options=[self.keys(**{'read-only': True}),
                              file_node('f', self.vm.path('b.qcow2'))])
        self.assertFalse(self.node('a')['ro'])


class ReopenFile(BlockCase):
    """"file" may be another node."""

    def setUp(self):
        super().setUp()
        self.qmp('object-add', **{'qom-type': 'throttle-group', 'id': 'slow'})
        for i, name in enumerate('rst', 1):
            self.add(**file_node(name, self.image(name, f'{i}M', 'raw')))
            self.hmp(f'qemu-io {name} "write -P {i} 0 64k"')

    def reopen(self, *nodes):
        self.qmp('blockdev-reopen', options=[self.keys(*node) for node in nodes])

    def refused_reopen(self, nodes, *words):
        self.refused('blockdev-reopen', *words,
                     options=[node if isinstance(node, dict) else self.keys(*node) for node in nodes])

    @staticmethod
    def keys(node, file, driver='raw', **more):
        more = {**more, 'throttle-group': 'slow'} if driver == 'throttle' else more
        return {'driver': driver, 'node-name': node, 'file': file, **more}

    def reads(self, node, value):
        self.assertNotIn('failed', self.hmp(f'qemu-io {node} "read -P {value} 0 64k"'))

    def size(self, node):
        return self.node(node)['image']['virtual-size']

    def test_another_file(self):
        self.add(**self.keys('a', 'r'))
        self.reopen(('a', 's'))
        self.reads('a', 2)
        self.assertEqual(self.size('a'), 2 << 20)
        self.assertTrue(self.node('a')['file'].endswith('/s'))
        self.qmp('blockdev-del', node_name='r')
        self.refused('blockdev-del', 'in use', node_name='s')

    def test_sizes_follow_in_any_order(self):
        self.add(**self.keys('a', 'r'))
        self.add(**self.keys('b', 'a'))
        self.reopen(('b', 'a'), ('a', 't'))
        self.assertEqual((self.size('a'), self.size('b')), (3 << 20, 3 << 20))
        self.reopen(('a', 's'), ('b', 'a'))
        self.assertEqual((self.size('a'), self.size('b')), (2 << 20, 2 << 20))

    def test_filters_come_and_go(self):
        self.add(**self.keys('a', 'r'))
        self.add(**self.keys('limit', 'r', 'throttle'))
        self.add(**self.keys('keep', 's', 'copy-on-read'))
        self.reopen(('a', 'limit'))
        self.reads('a', 1)
        self.reopen(('a', 'keep'), ('keep', 'limit', 'copy-on-read'))
        self.reads('a', 1)
        # The other way round, in one go: one after the other would be a loop in between.
        self.reopen(('a', 'limit'), ('limit', 'keep', 'throttle'), ('keep', 'r', 'copy-on-read'))
        self.reads('a', 1)
        self.reopen(('a', 'r'))
        self.qmp('blockdev-del', node_name='limit')
        self.qmp('blockdev-del', node_name='keep')
        self.reads('a', 1)

    def test_loops(self):
        self.add(**self.keys('limit', 'r', 'throttle'))
        self.add(**self.keys('keep', 'limit', 'copy-on-read'))
        self.add(**self.keys('a', 'keep'))
        self.refused_reopen([('limit', 'a', 'throttle')], "'a'", "'limit'", 'cycle')
        self.refused_reopen([('a', 'limit'), ('limit', 's', 'throttle'), ('keep', 'keep', 'copy-on-read')],
                            "'keep'", 'cycle')
        self.refused_reopen([('a', 's'), ('limit', 'keep', 'throttle'), ('keep', 'limit', 'copy-on-read')],
                            "'limit'", 'cycle')
        self.reads('a', 1)

    def test_all_or_nothing(self):
        self.add(**self.keys('a', 'r'))
        self.add(**self.keys('b', 's'))
        self.add(**self.keys('limit', 't', 'throttle'))
        for b in (('b', 'nothing'), ('b', 't', 'raw', ), ('b', 'b'), ('b', 'limit', 'qcow2')):
            b = self.keys(*b)
            if b['file'] == 't':
                b['size'] = 4 << 20
            self.refused('blockdev-reopen', options=[self.keys('a', 'limit', **{'read-only': True}), b])
            self.assertFalse(self.node('a')['ro'])
            self.reads('a', 1)
            self.reads('b', 2)
            self.assertEqual((self.size('a'), self.size('b')), (1 << 20, 2 << 20))

    def test_permissions(self):
        path = self.image('q.qcow2')
        self.add(**file_node('q', path))
        self.add(**self.keys('image', 'q', 'qcow2'))
        self.add(**self.keys('a', 'r'))
        self.qmp('device_add', driver='virtio-blk-pci', drive='a', id='d')
        self.refused_reopen([('a', 'q')], 'conflict', "'q'")
        self.reads('a', 1)
        self.assertEqual(self.size('a'), 1 << 20)

    def test_image_in_another_file(self):
        for name in 'vw':
            path = self.image(name + '.qcow2', '4M' if name == 'v' else '8M')
            self.add(**file_node(name, path))
        self.add(**self.keys('limit', 'v', 'throttle'))
        self.add(**self.keys('a', 'v', 'qcow2'))
        self.hmp('qemu-io a "write -P 5 0 64k"')
        self.reopen(('a', 'limit', 'qcow2'))
        self.reads('a', 5)
        self.hmp('qemu-io a "write -P 6 64k 64k"')
        # Tables are those of the other image from now on.
        self.reopen(('a', 'w', 'qcow2'))
        self.assertEqual(self.size('a'), 8 << 20)
        self.reads('a', 0)
        self.hmp('qemu-io a "write -P 7 4M 64k"')
        self.refused_reopen([('a', 'r', 'qcow2')], "'a'", 'qcow2 format')
        # And others can have that file again.
        img('bench', '-w', '-c', '1', '-f', 'raw', self.node('r')['file'])
        self.refused('blockdev-reopen', options=[self.keys('a', 'limit', 'qcow2'), self.keys('r', 'nothing')])
        self.assertEqual(self.size('a'), 8 << 20)
        self.hmp('qemu-io a "write -P 8 5M 64k"')
        self.qmp('block-dirty-bitmap-add', node='a', name='b0')
        self.refused_reopen([('a', 'v', 'qcow2')], 'bitmap')
        for node in ('a', 'limit', 'v', 'w'):
            self.qmp('blockdev-del', node_name=node)
        for name, *patterns in (('v', '-P 5 0 64k', '-P 6 64k 64k'), ('w', '-P 7 4M 64k', '-P 8 5M 64k')):
            img('check', self.vm.path(name + '.qcow2'))
            self.add_image(name, self.vm.path(name + '.qcow2'))
            for pattern in patterns:
                self.assertNotIn('failed', self.hmp(f'qemu-io {name} "read {pattern}"'))

    def test_bitmaps_of_another_file(self):
        """They are taken when all is done: in an image that was only looked at they stay as they are."""
        path = self.image('w.qcow2', '8M')
        img('bitmap', '--add', path, 'b')
        self.add_image('a', self.image('v.qcow2', '8M'))
        self.add(**file_node('w', path))
        self.add(**self.keys('b', 'r'))
        self.refused_reopen([('a', 'w', 'qcow2'), {**self.keys('b', 'r'), 'offset': 1 << 30}], 'Offset')
        self.assertNotIn('in-use', img('info', '-U', path))
        self.reopen(('a', 'w', 'qcow2'))
        self.assertIn('in-use', img('info', '-U', path))
        self.hmp('qemu-io a "write 0 64k"')
        bitmap, = self.node('a')['dirty-bitmaps']
        self.assertEqual((bitmap['count'], bitmap.get('inconsistent', False)), (65536, False))

    def test_other_formats_keep_their_file(self):
        for name in 'vw':
            self.add(**file_node(name, self.image(name + '.vdi', '4M', 'vdi')))
        self.add(**self.keys('a', 'v', 'vdi'))
        self.add(**self.keys('limit', 'v', 'throttle'))
        self.hmp('qemu-io a "write -P 5 0 64k"')
        self.reopen(('a', 'limit', 'vdi'))
        self.reads('a', 5)
        self.refused_reopen([('a', 'w', 'vdi')], "'file'", "'w'", "'vdi'", 'filters')

    def test_description_of_a_child(self):
        """Only one that was opened along with its parent can be described; then it is as described."""
        self.add(**self.keys('a', 'r'))
        inline = {'driver': 'file', 'filename': self.vm.path('r')}
        self.refused_reopen([('a', inline)], "'file.", "'a'", 'name')
        path = self.image('u', '1M', 'raw')
        inline = file_node('u', path, cache={'direct': True})
        self.add(**self.keys('b', dict(inline, **{'detect-zeroes': 'on'})))
        self.reopen(('b', inline))
        self.assertEqual(self.node('u')['detect_zeroes'], 'off')
        # By its name it stays as it is, unless itself is meant, too, in whatever order.
        self.qmp('blockdev-reopen', options=[dict(inline, **{'detect-zeroes': 'on'}), self.keys('b', 'u')])
        self.assertEqual(self.node('u')['detect_zeroes'], 'on')


class Stacks(BlockCase):
    def test_too_many_levels(self):
        """Nodes by reference, each above the one before: there is an end, and all below it works."""
        self.add(driver='null-co', node_name='n0', size=1 << 20)
        for i in range(1, 600):
            self.add(driver='raw', node_name=f'n{i}', file=f'n{i - 1}')
        self.refused('blockdev-add', '600', "'n", driver='raw', node_name='top', file='n599')
        self.assertNotIn('failed', self.hmp('qemu-io n599 "write -z 0 64k"'))
        self.assertNotIn('failed', self.hmp('qemu-io n599 "read 0 64k"'))
        # Nor by other ways.
        self.add(driver='null-co', node_name='m0', size=1 << 20)
        self.add(driver='raw', node_name='m1', file='m0')
        self.refused('blockdev-reopen', '600', options=[{'driver': 'raw', 'node-name': 'm1', 'file': 'n599'}])
        self.qmp('blockdev-reopen', options=[{'driver': 'raw', 'node-name': 'm1', 'file': 'n598'}])
        self.add_image('q', self.image('q.qcow2', '1M'))
        self.refused('blockdev-snapshot', '600', node='n599', overlay='q')

    def test_too_many_ways(self):
        """Twice as many ways down with each level."""
        self.add(driver='null-co', node_name='n0', size=1 << 20, **{'read-only': True})
        for i in range(1, 40):
            reply = self.vm.qmp_raw('blockdev-add', driver='quorum', node_name=f'n{i}', vote_threshold=1,
                                    children=[f'n{i - 1}'] * 2, **{'read-only': True})
            if 'error' in reply:
                break
        self.assertIn('ways', reply['error']['desc'])


class Drives(BlockCase):
    options = ('-drive', 'if=none,id=cd,media=cdrom',
               '-drive', 'if=none,id=d0,driver=null-co,size=1M')

    def drive(self, name):
        return next(d for d in self.qmp('query-block') if d['device'] == name)

    def test_media(self):
        self.assertNotIn('inserted', self.drive('cd'))
        iso = self.image('a.iso', '1M', 'raw')
        self.qmp('blockdev-change-medium', **{'device': 'cd', 'filename': iso, 'format': 'raw'})
        self.assertEqual(self.drive('cd')['inserted']['file'], iso)
        self.hmp('eject cd')
        self.assertNotIn('inserted', self.drive('cd'))
        self.assertEqual(self.hmp(f'change cd {iso} raw read-only'), '')
        self.assertTrue(self.drive('cd')['inserted']['ro'])
        self.refused('blockdev-change-medium', 'No such file', **{'device': 'cd',
                                                                  'filename': '/nowhere'})
        self.assertEqual(self.drive('cd')['inserted']['file'], iso)
        self.refused('eject', "'dvd'", device='dvd')
        self.refused('eject', 'exactly one')

    def test_hmp(self):
        self.assertIn('cd: [not inserted]', self.hmp('info block'))
        path = self.image('a.qcow2')
        self.assertEqual(self.hmp(f'drive_add 0 if=none,id=new,file={path}').strip(), 'OK')
        text = self.hmp('info block -v new')
        for word in ('new (#block', '(qcow2)', 'writeback', 'virtual size: 4 MiB', 'compat: 1.1'):
            self.assertIn(word, text)
        self.hmp('block_resize new 8M')
        self.assertIn('virtual size: 8 MiB', self.hmp('info block -v new'))
        self.assertIn('new: rd_bytes=', self.hmp('info blockstats'))
        self.assertEqual(self.hmp('drive_del new'), '')
        self.assertIn("'new'", self.hmp('drive_del new'))
        self.assertEqual(self.hmp('drive_add -n 0 driver=null-co,node-name=n1'), '')
        self.assertIn('n1: null-co:// (null-co)', self.hmp('info block -n'))
        self.assertEqual(self.hmp('drive_del n1'), '')
        # The protocol follows from the name.
        self.assertEqual(self.hmp(f'drive_add -n 0 driver=qcow2,node-name=n2,file.filename={path}'), '')
        self.assertIn('(qcow2)', self.hmp('info block n2'))
        self.assertEqual(self.hmp('drive_del n2'), '')
        self.assertIn("'node-name' needs to be", self.hmp('drive_add -n 0 driver=null-co'))

    def test_stats(self):
        stats = self.qmp('query-blockstats')
        self.assertEqual([s['device'] for s in stats if s.get('device')], ['cd', 'd0'])
        self.assertEqual(stats[1]['stats']['rd_operations'], 0)
        nodes = self.qmp('query-blockstats', query_nodes=True)
        self.assertEqual(len(nodes), 1)


class Floppies(BlockCase):
    options = ('-drive', 'if=floppy')

    def floppy(self):
        return next(d for d in self.qmp('query-block') if d['device'] == 'floppy0').get('inserted')

    def test_the_same_again(self):
        """The new medium is open before the old one is taken out: it may be the same file."""
        image = self.image('fl.img', '1440k', 'raw')
        for mode, read_only in (('', False), ('', False), (' read-only', True), ('', True),
                                (' read-write', False), (' read-write', False)):
            self.assertEqual(self.hmp(f'change floppy0 {image} raw{mode}'), '', mode)
            self.assertEqual(self.floppy()['ro'], read_only, mode)
        self.assertIn('No such file', self.hmp('change floppy0 /nowhere raw'))
        self.assertEqual(self.floppy()['file'], image)


class Set(BlockCase):
    options = ('-hda', 'null-co://', '-drive', 'if=none,id=x,format=raw,file=/nowhere',
               '-set', 'drive.x.file=null-co://', '-set', 'drive.x.file.read-zeroes=on')

    def test_a_drive(self):
        drive = next(d for d in self.qmp('query-block') if d['device'] == 'x')
        self.assertIn('"read-zeroes": "on"', drive['inserted']['file'])


class SnapshotRefusals(BlockCase):
    def test_what_is_wrong_is_named(self):
        self.add_image('n', self.image('a.qcow2'))
        new = self.vm.path('new')
        # Not the name that the new node lacks as well.
        self.refused('blockdev-snapshot-sync', "'nope'",
                     **{'node-name': 'nope', 'snapshot-file': new})
        self.refused('blockdev-snapshot-sync', 'overlay node-name missing',
                     **{'node-name': 'n', 'snapshot-file': new})
        self.refused('blockdev-snapshot-sync', "Backing file not supported for file format 'raw'",
                     **{'node-name': 'n', 'snapshot-node-name': 'o', 'snapshot-file': new,
                        'format': 'raw'})


class RawNodes(BlockCase):
    def test_unused_ones_keep_nobody_out(self):
        path = self.image('a.img', '1M', 'raw')
        self.add(**file_node('f', path))
        self.add(**{'driver': 'raw', 'node-name': 'part', 'file': 'f', 'offset': 512})
        self.add(**{'driver': 'raw', 'node-name': 'whole', 'file': 'f'})
        for node in ('f', 'part', 'whole'):
            self.assertIn('wrote 512/512', self.hmp(f'qemu-io {node} "write 0 512"'))
        # One that is used keeps others from what it says.
        self.qmp('device_add', driver='virtio-blk-pci', drive='whole', id='d')
        self.assertIn('Permission conflict', self.hmp('qemu-io f "write 0 512"'))


class Devices(BlockCase):
    options = ('-blockdev', 'driver=null-co,node-name=n0,size=1048576',
               '-device', 'virtio-blk-pci,drive=n0,id=vd0')

    def test_limits_by_id(self):
        self.assertEqual(self.hmp('block_set_io_throttle vd0 0 0 0 100 0 0'), '')
        self.assertEqual(self.qmp('query-block')[0]['inserted']['iops'], 100)
        self.assertIn("'vd1'", self.hmp('block_set_io_throttle vd1 0 0 0 100 0 0'))

    def test_id_of_a_virtio_disk(self):
        path = '/machine/peripheral/vd0/virtio-backend'
        self.assertEqual(self.qmp('query-block')[0]['qdev'], path)
        for number, name in enumerate(('vd0', path)):
            self.qmp('block-latency-histogram-set', id=name, boundaries=[10, 20 + number])
            stats = self.qmp('query-blockstats')[0]['stats']
            self.assertEqual(stats['rd_latency_histogram']['boundaries'], [10, 20 + number])
        self.refused('block-latency-histogram-set', 'rise', id='vd0', boundaries=[20, 10])
        self.refused('eject', 'not removable', id='vd0')


class Limits(BlockCase):
    """Limits hold: what is beyond them takes its time, by the clock of the host."""
    options = ('-object', 'throttle-group,id=g0,x-iops-total=100,x-bps-total=1000000',
               '-drive', 'if=none,id=d0,driver=null-co,size=16M,throttling.bps-write=1000000,'
                         'throttling.bps-write-max=2000000')

    def medium(self, name):
        return next(d for d in self.qmp('query-block') if d['device'] == name)['inserted']

    def seconds(self, device, command):
        """How long the requests took, as qemu-io says."""
        text = self.hmp(f'qemu-io {device} "{command}"')
        return float(text.split('ops; ')[1].split(' ')[0])

    def test_drive(self):
        medium = self.medium('d0')
        self.assertEqual((medium['bps_wr'], medium['bps_wr_max'], medium['group']),
                         (1000000, 2000000, 'd0'))
        # The burst is full after the first request.
        self.seconds('d0', 'write 0 2500000')
        self.assertGreater(self.seconds('d0', 'write 0 512'), 0.3)
        self.qmp('block_set_io_throttle', exact=True, device='d0', bps=0, bps_rd=0, bps_wr=0, iops=0,
                 iops_rd=0, iops_wr=0)
        self.assertNotIn('group', self.medium('d0'))
        self.assertEqual(self.hmp('block_set_io_throttle d0 0 0 0 100 0 0'), '')
        self.assertEqual(self.medium('d0')['iops'], 100)
        self.assertIn('iops=100', self.hmp('info block d0'))

    def test_keys(self):
        """What others take, where one key seems to be against another."""
        def options(text):
            self.assertIn('OK', self.hmp(f'drive_add 0 if=none,id=d1,file=null-co://,format=raw,{text}'))
            medium = self.medium('d1')
            self.hmp('drive_del d1')
            return medium
        for text in 'detect-zeroes=unmap', 'detect-zeroes=unmap,discard=off':
            self.assertEqual(options(text)['detect_zeroes'], 'unmap')
        self.refused('blockdev-add', 'detect-zeroes', driver='null-co', node_name='n', detect_zeroes='unmap')
        cache = options('cache=none,cache.direct=off,cache.writeback=off')['cache']
        self.assertEqual(cache, {'direct': False, 'writeback': False, 'no-flush': False})
        self.assertTrue(options('readonly=on,copy-on-read=on')['ro'])

    def test_mistakes(self):
        zero = {'bps': 0, 'bps_rd': 0, 'bps_wr': 0, 'iops': 0, 'iops_rd': 0, 'iops_wr': 0}
        for words, more in (('same time', {'bps': 1, 'bps_rd': 1}), ('require', {'bps_max': 1}),
                            ('lower', {'bps': 10, 'bps_max': 5}), ('iops', {'iops_size': 1}),
                            ('length', {'bps': 10, 'bps_max_length': 2})):
            self.refused('block_set_io_throttle', words, exact=True, device='d0', **{**zero, **more})
        self.refused('blockdev-add', "'g9'", driver='throttle', node_name='t', throttle_group='g9',
                     file={'driver': 'null-co'})

    def test_group_of_nodes(self):
        for name in ('a', 'b'):
            self.qmp('blockdev-add', driver='throttle', node_name=name, throttle_group='g0',
                     file={'driver': 'null-co', 'size': 16 << 20})
        self.seconds('a', 'read 0 500000')
        # The other one waits for what the first has used up.
        self.assertGreater(self.seconds('b', 'read 0 512'), 0.2)
        limits = self.qmp('qom-get', path='/objects/g0', property='limits')
        self.assertEqual((limits['iops-total'], limits['bps-total']), (100, 1000000))
        self.qmp('qom-set', path='/objects/g0', property='limits', value={'bps-total': 10000000})
        self.refused('object-del', 'in use', id='g0')
        self.qmp('blockdev-del', node_name='a')
        self.qmp('object-add', **{'qom-type': 'throttle-group', 'id': 'g1', 'limits': {}})
        self.qmp('blockdev-reopen', options=[{
            'driver': 'throttle', 'node-name': 'b', 'throttle-group': 'g1',
            'file': self.node('b')['children'][0]['node-name']}])
        self.qmp('object-del', id='g0')
        self.qmp('blockdev-del', node_name='b')

    def test_drain_does_not_wait(self):
        self.qmp('blockdev-add', driver='throttle', node_name='a', throttle_group='g0',
                 file={'driver': 'null-co', 'size': 16 << 20})
        self.seconds('a', 'read 0 16M')
        # More than 16 seconds of debt; removing the node drains it.
        self.qmp('blockdev-del', node_name='a')


def in_memory(file, pages):
    """How many of the first pages of an open file the host has in memory."""
    area = mmap.mmap(file.fileno(), pages * mmap.PAGESIZE)
    first = ctypes.c_char.from_buffer(area)
    found = (ctypes.c_ubyte * pages)()
    failed = ctypes.CDLL(None).mincore(ctypes.c_void_p(ctypes.addressof(first)), ctypes.c_size_t(len(area)), found)
    del first
    area.close()
    return -1 if failed else sum(f & 1 for f in found)


class HostCache(BlockCase):
    PAGES = 256

    def fill(self, f):
        """The whole file is in memory, and the host could forget that."""
        data = os.urandom(self.PAGES * mmap.PAGESIZE)
        os.pwrite(f.fileno(), data, 0)
        os.fsync(f.fileno())
        os.posix_fadvise(f.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        if in_memory(f, self.PAGES) > self.PAGES // 2:
            self.skipTest('what is in this folder is in memory only')
        os.pread(f.fileno(), len(data), 0)

    def activate(self, **options):
        """What is left in memory of a file after its node has become active."""
        with tempfile.NamedTemporaryFile(dir='/var/tmp') as f:
            self.fill(f)
            self.add(**{'driver': 'file', 'node-name': 'f', 'filename': f.name, 'active': False, **options})
            self.qmp('blockdev-set-active', node_name='f', active=True)
            left = in_memory(f, self.PAGES)
            self.qmp('blockdev-del', node_name='f')
            return left

    def test_active_node_forgets(self):
        # A few pages may be on their way to a list of the host's.
        self.assertLess(self.activate(), self.PAGES // 2)
        self.assertGreater(self.activate(**{'drop-cache': False}), self.PAGES // 2)

    def test_what_is_mapped_stays(self):
        """What somebody has mapped the host does not forget; that can be found out."""
        with tempfile.NamedTemporaryFile(dir='/var/tmp') as f:
            f.write(bytes(mmap.PAGESIZE))
            f.flush()
            with mmap.mmap(f.fileno(), mmap.PAGESIZE, prot=mmap.PROT_READ) as area:
                self.assertEqual(area[0], 0)
                self.add(**{'driver': 'file', 'node-name': 'f', 'filename': f.name, 'active': False,
                            'x-check-cache-dropped': True})
                self.refused('blockdev-set-active', 'byte 0 is still', node_name='f', active=True)
                self.assertFalse(self.node('f')['active'])
                self.qmp('blockdev-del', node_name='f')

    def test_batches(self):
        """However many go together, all of them are done."""
        path = self.image('a', '4M', 'raw')
        for aio in ('native', 'io_uring', 'threads'):
            for batch in (0, 1, 1000):
                reply = self.vm.qmp_raw('blockdev-add', **{'driver': 'file', 'node-name': 'f', 'filename': path, 'aio': aio,
                                                           'aio-max-batch': batch, 'cache': {'direct': aio == 'native'}})
                if 'error' in reply:
                    break  # this host has no such engine
                for command in ('write -P 5 0 2M', 'read -P 5 0 2M', 'aio_read -P 5 0 64k', 'aio_flush'):
                    self.assertNotIn('fail', self.hmp(f'qemu-io f "{command}"'))
                self.qmp('blockdev-del', node_name='f')


if __name__ == '__main__':
    rhea.main()
