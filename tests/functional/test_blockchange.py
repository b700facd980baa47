#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Backups, bitmaps, snapshots and transactions of block nodes."""

import unittest
from pathlib import Path

import rhea
from test_blockdev import img
from test_blockjob import JobCase, MIB


class ChangeCase(JobCase):
    def setUp(self):
        super().setUp()
        self.add_image('src', self.image('src.qcow2'))
        self.io('src', 'write -P 0x11 0 1M', 'write -P 0x22 2M 64k')

    def target(self, name='dst', fmt='raw'):
        path = self.image(name, '4M', fmt)
        self.add_image(name, path, fmt)
        return path

    def bitmap(self, name='b', node='src', **more):
        self.qmp('block-dirty-bitmap-add', node=node, name=name, **more)

    def count(self, name='b', node='src'):
        for bitmap in self.node(node).get('dirty-bitmaps', []):
            if bitmap.get('name') == name:
                return bitmap['count']
        return None


class Backup(ChangeCase):
    def backup(self, job='b', **more):
        args = {'job-id': job, 'device': 'src', 'target': 'dst', 'sync': 'full', **more}
        self.qmp('blockdev-backup', **args)

    def done(self, job='b'):
        self.wait_job(job)
        self.assertNotIn('error', self.vm.wait_event('BLOCK_JOB_COMPLETED')['data'])

    def test_full_while_written(self):
        self.target()
        self.backup(speed=65536, filter_node_name='cbw')
        self.assertEqual(self.node('cbw')['drv'], 'copy-before-write')
        self.io('cbw', 'write -P 0x99 3M 1k', 'write -P 0x99 100k 300k', 'write -z 2M 4k',
                'discard 0 64k', 'aio_write -P 0x99 512k 64k', 'aio_write -P 0x98 513k 1k')
        self.refused('blockdev-backup', 'backup', job_id='c', device='src', target='dst',
                     sync='full')
        self.qmp('block-job-set-speed', device='b', speed=0)
        self.done()
        self.io('dst', 'read -P 0x11 0 1M', 'read -P 0 1M 1M', 'read -P 0x22 2M 64k',
                'read -P 0 2112k 1984k')
        self.io('src', 'read -P 0x99 3M 1k', 'read -P 0x99 100k 300k')
        self.assertIsNone(self.node('cbw'))

    def test_top(self):
        base = self.vm.path('src.qcow2')
        overlay = self.vm.path('top.qcow2')
        self.qmp('blockdev-del', node_name='src')
        img('create', '-q', '-f', 'qcow2', '-F', 'qcow2', '-b', base, overlay)
        self.add_image('src', overlay)
        self.io('src', 'write -P 0x33 3M 64k')
        path = self.image('copy.qcow2')
        self.add_image('dst', path)
        self.backup(sync='top')
        self.done()
        self.qmp('blockdev-del', node_name='dst')
        self.assertEqual(self.content(path)[3 * MIB:3 * MIB + 4], b'\x33' * 4)
        self.assertEqual(self.content(path)[:MIB], bytes(MIB))

    def test_none(self):
        self.target()
        self.backup(sync='none')
        self.io('src', 'read -P 0x11 0 1M')
        filter_node = next(n['node-name'] for n in self.qmp('query-named-block-nodes')
                           if n['drv'] == 'copy-before-write')
        self.io(filter_node, 'write -P 0x99 64k 64k')
        self.io('dst', 'read -P 0x11 64k 64k', 'read -P 0 128k 64k')
        self.qmp('block-job-cancel', device='b')
        self.wait_job('b')

    def test_compressed(self):
        path = self.target('dst', 'qcow2')
        self.backup(compress=True)
        self.done()
        self.qmp('blockdev-del', node_name='dst')
        self.assertIn('"compressed": true', img('map', '--output=json', path))
        self.target('plain')
        self.refused('blockdev-backup', 'ompress', job_id='c', device='src', target='plain',
                     sync='full', compress=True)

    def test_incremental(self):
        path = self.target()
        self.bitmap()
        self.backup()
        self.done()
        self.io('src', 'write -P 0x44 1M 64k', 'write -P 0x55 3M 1k')
        self.assertEqual(self.count(), 128 * 1024)
        self.backup(sync='incremental', bitmap='b')
        self.done()
        self.assertEqual(self.count(), 0)
        self.io('dst', 'read -P 0x44 1M 64k', 'read -P 0x55 3M 1k', 'read -P 0x11 0 1M')
        self.qmp('blockdev-del', node_name='dst')
        self.qmp('block-dirty-bitmap-remove', node='src', name='b')
        self.qmp('blockdev-del', node_name='src')
        self.assertEqual(self.content(path, 'raw'), self.content(self.vm.path('src.qcow2')))

    def test_bitmap_modes(self):
        for number, (mode, end, left) in enumerate((
                ('never', 'done', 65536), ('always', 'done', 0), ('on-success', 'done', 0),
                ('never', 'cancel', 65536), ('on-success', 'cancel', 65536),
                ('always', 'cancel', 65536))):
            self.target()
            self.bitmap()
            self.io('src', f'write -P {number + 1} 1M 64k')
            self.backup(sync='bitmap', bitmap='b', bitmap_mode=mode,
                        **({'speed': 1} if end == 'cancel' else {}), auto_finalize=False)
            if end == 'done':
                self.wait_job('b', 'pending')
                self.refused('block-dirty-bitmap-clear', 'in use', node='src', name='b')
                self.qmp('job-finalize', id='b')
                self.wait_job('b')
            else:
                self.wait_job('b', 'running')
                self.qmp('job-cancel', id='b')
                self.wait_job('b')
            self.assertIn(self.count(), (left, 0 if end == 'cancel' and mode == 'always' else left))
            self.qmp('block-dirty-bitmap-remove', node='src', name='b')
            self.qmp('blockdev-del', node_name='dst')

    def test_how(self):
        """However it is copied, it is the same."""
        Path(self.vm.path('raw')).write_bytes(bytes(range(256)) * 16384)
        self.add_image('raw', self.vm.path('raw'), 'raw')
        for number, perf in enumerate(({'use-copy-range': True}, {'max-workers': 1, 'max-chunk': 100000},
                                       {'min-cluster-size': 1 << 20}, {'max-workers': 1000},
                                       {'max-chunk': 4 << 30}, {'max-chunk': (1 << 63) - 1, 'use-copy-range': True})):
            path = self.target(f'dst{number}')
            self.backup(device='raw', target=f'dst{number}', **{'x-perf': perf})
            self.done()
            self.qmp('blockdev-del', node_name=f'dst{number}')
            self.assertEqual(Path(path).read_bytes(), Path(self.vm.path('raw')).read_bytes(), perf)
        # What no request can have at once.
        for name in ('huge', 'copy'):
            self.add(driver='null-co', node_name=name, size=5 << 30)
        self.backup(device='huge', target='copy', **{'x-perf': {'max-chunk': 4 << 30}})
        self.done()
        self.target()
        for words, perf in (('max-workers', {'max-workers': 0}), ('max-chunk', {'max-chunk': -1}),
                            ('less than', {'max-chunk': 4096}), ('power of 2', {'min-cluster-size': 100000})):
            self.refused('blockdev-backup', words, job_id='b', device='src', target='dst', sync='full',
                         x_perf=perf)
        self.assertEqual(self.qmp('query-jobs'), [])

    def test_drive_backup(self):
        path = self.vm.path('copy.qcow2')
        self.qmp('drive-backup', job_id='b', device='src', target=path, sync='full')
        self.done()
        self.qmp('blockdev-del', node_name='src')
        self.assertEqual(self.content(path), self.content(self.vm.path('src.qcow2')))

    def test_mistakes(self):
        self.target()
        for words, args in (('bitmap', {'sync': 'bitmap'}), ('mode', {'bitmap-mode': 'always'}),
                            ("'never'", {'bitmap': 'x', 'bitmap-mode': 'never', 'sync': 'top'}),
                            ("'none'", {'bitmap': 'x', 'bitmap-mode': 'always', 'sync': 'none'}),
                            ("'x'", {'bitmap': 'x', 'bitmap-mode': 'always', 'sync': 'bitmap'}),
                            ('same', {'target': 'src'})):
            args = {'job-id': 'b', 'device': 'src', 'target': 'dst', 'sync': 'full', **args}
            self.refused('blockdev-backup', words, **args)
        self.assertEqual(self.qmp('query-jobs'), [])
        self.qmp('blockdev-del', node_name='dst')
        self.qmp('blockdev-del', node_name='src')


class Bitmaps(ChangeCase):
    def test_life(self):
        self.bitmap(granularity=4096)
        self.io('src', 'write 10k 1k', 'write 1M 4k')
        self.assertEqual(self.count(), 8192)
        self.qmp('block-dirty-bitmap-disable', node='src', name='b')
        self.io('src', 'write 2M 4k')
        self.assertEqual(self.count(), 8192)
        self.bitmap('c', disabled=True)
        self.qmp('block-dirty-bitmap-merge', node='src', target='c', bitmaps=['b'])
        self.assertEqual(self.count('c'), 128 * 1024)
        self.qmp('block-dirty-bitmap-enable', node='src', name='b')
        self.qmp('block-dirty-bitmap-clear', node='src', name='b')
        self.assertEqual(self.count(), 0)
        self.qmp('block-dirty-bitmap-merge', node='src', target='b',
                 bitmaps=[{'node': 'src', 'name': 'c'}])
        self.assertEqual(self.count(), 128 * 1024)
        self.qmp('block-dirty-bitmap-remove', node='src', name='b')
        self.assertIsNone(self.count())

    def test_mistakes(self):
        self.bitmap()
        self.refused('block-dirty-bitmap-add', "exists", node='src', name='b')
        self.refused('block-dirty-bitmap-add', "ranularity", node='src', name='c', granularity=1000)
        self.refused('block-dirty-bitmap-add', "empty", node='src', name='')
        self.refused('block-dirty-bitmap-remove', "'x'", node='src', name='x')
        self.refused('block-dirty-bitmap-merge', "'x'", node='src', target='b', bitmaps=['b', 'x'])
        self.assertEqual(self.count(), 0)


class DriveCase(ChangeCase):
    """The node "src" is the medium of the drive "d"."""

    def setUp(self):
        super().setUp()
        self.qmp('blockdev-del', node_name='src')
        self.hmp(f'drive_add 0 if=none,id=d,node-name=src,file={self.vm.path("src.qcow2")}')


class Snapshots(DriveCase):
    def test_sync(self):
        path = self.vm.path('new.qcow2')
        self.qmp('blockdev-snapshot-sync', **{'node-name': 'src', 'snapshot-node-name': 'top',
                                             'snapshot-file': path})
        self.assertEqual(self.node('top')['backing_file_depth'], 1)
        self.assertTrue(self.node('src')['ro'])
        self.io('top', 'write -P 0x99 0 64k', 'read -P 0x11 64k 64k')
        self.io('src', 'read -P 0x11 0 1M')

    def test_overlay_node(self):
        self.add_image('top', self.image('top.qcow2'))
        self.qmp('blockdev-snapshot', node='src', overlay='top')
        self.io('top', 'read -P 0x11 0 1M')
        self.refused('blockdev-snapshot', 'already', node='src', overlay='top')
        self.add_image('r', self.image('r', '4M', 'raw'), 'raw')
        self.refused('blockdev-snapshot', 'backing', node='src', overlay='r')

    def test_chain_stays(self):
        """Overlays that were added without a backing file keep the one that they got."""
        for n in (1, 2):
            path = self.image(f's{n}.qcow2')
            self.qmp('blockdev-add', driver='qcow2', node_name=f's{n}', backing=None,
                     file={'driver': 'file', 'filename': path})
            below = 'src' if n == 1 else 's1'
            self.qmp('transaction', actions=[{'type': 'blockdev-snapshot', 'data': {
                'node': below, 'overlay': f's{n}'}}])
        self.io('s2', 'read -P 0x11 0 1M')
        self.qmp('block-commit', job_id='c', device='s2', top_node='s1', base_node='src',
                 auto_dismiss=False)
        self.vm.wait_qmp('query-jobs', lambda jobs: jobs[0]['status'] == 'concluded')
        self.assertNotIn('error', self.vm.qmp('query-jobs')[0])
        self.io('s2', 'read -P 0x11 0 1M')

    def test_drive(self):
        self.hmp(f'drive_add 0 if=none,id=d0,file={self.image("d.qcow2")}')
        self.io('d0', 'write -P 0x33 0 64k')
        self.qmp('blockdev-snapshot-sync', **{'device': 'd0', 'format': 'qcow2',
                                             'snapshot-file': self.vm.path('d1.qcow2')})
        self.io('d0', 'read -P 0x33 0 64k', 'write -P 0x44 0 64k')
        text = self.hmp('info block d0')
        self.assertIn('d1.qcow2', text)
        self.assertEqual(self.hmp(f'snapshot_blkdev d0 {self.vm.path("d2.qcow2")} qcow2'), '')
        self.assertIn('chain depth: 2', self.hmp('info block d0'))
        self.assertEqual(self.hmp(f'drive_backup -f d0 {self.vm.path("b.raw")} raw'), '')
        self.wait_job('d0')
        self.assertIn('chain depth: 1', text)


class Transactions(DriveCase):
    def actions(self, *pairs, **properties):
        args = {'actions': [{'type': kind, 'data': data} for kind, data in pairs]}
        if properties:
            args['properties'] = {k.replace('_', '-'): v for k, v in properties.items()}
        return args

    def test_all_or_nothing(self):
        self.bitmap()
        self.io('src', 'write 0 64k')
        self.refused('transaction', 'Abort', **self.actions(
            ('block-dirty-bitmap-clear', {'node': 'src', 'name': 'b'}),
            ('block-dirty-bitmap-disable', {'node': 'src', 'name': 'b'}),
            ('block-dirty-bitmap-add', {'node': 'src', 'name': 'c'}),
            ('blockdev-snapshot-sync', {'node-name': 'src', 'snapshot-node-name': 'top',
                                        'snapshot-file': self.vm.path('t.qcow2')}),
            ('abort', {})))
        self.assertEqual(self.count(), 65536)
        self.assertIsNone(self.count('c'))
        self.assertIsNone(self.node('top'))
        self.io('src', 'write 64k 64k')
        self.assertEqual(self.count(), 131072)
        self.qmp('transaction', **self.actions(
            ('block-dirty-bitmap-remove', {'node': 'src', 'name': 'b'}),
            ('block-dirty-bitmap-add', {'node': 'src', 'name': 'c'}),
            ('blockdev-snapshot-sync', {'node-name': 'src', 'snapshot-node-name': 'top',
                                        'snapshot-file': self.vm.path('u.qcow2')})))
        self.assertIsNone(self.count())
        self.assertEqual(self.count('c'), 0)
        self.assertEqual(self.node('top')['backing_file_depth'], 1)

    def backups(self, **more):
        self.add_image('other', self.image('other.qcow2'))
        self.target('dst')
        self.target('dst2')
        return [('blockdev-backup', {'job-id': 'j1', 'device': 'src', 'target': 'dst',
                                     'sync': 'full', **more}),
                ('blockdev-backup', {'job-id': 'j2', 'device': 'other', 'target': 'dst2',
                                     'sync': 'full', 'speed': 1})]

    def test_backups_end_together(self):
        self.qmp('transaction', **self.actions(*self.backups(), completion_mode='grouped'))
        self.wait_job('j1', 'waiting')
        self.qmp('block-job-set-speed', device='j2', speed=0)
        self.wait_job('j2')
        self.io('dst', 'read -P 0x11 0 1M')

    def test_backups_fail_together(self):
        self.qmp('transaction', **self.actions(*self.backups(), completion_mode='grouped'))
        self.wait_job('j1', 'waiting')
        self.qmp('job-cancel', id='j2')
        self.wait_job('j1', 'aborting')
        self.wait_job('j1', 'null')
        self.assertEqual(self.qmp('query-jobs'), [])

    def test_backups_are_taken_back(self):
        self.refused('transaction', 'Abort', **self.actions(*self.backups(), ('abort', {})))
        self.assertEqual(self.qmp('query-jobs'), [])
        self.qmp('blockdev-del', node_name='dst')
        self.io('src', 'write -P 0x11 0 1M')

    def test_mistakes(self):
        self.refused('transaction', 'grouped', **self.actions(
            ('blockdev-snapshot', {'node': 'src', 'overlay': 'x'}), completion_mode='grouped'))
        self.refused('transaction', "'x'", **self.actions(
            ('blockdev-snapshot', {'node': 'src', 'overlay': 'x'})))


if __name__ == '__main__':
    rhea.main()
