#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Jobs over block nodes: their states, their results, and what they leave behind."""

import os
import struct
import unittest

import rhea
from test_blockdev import BlockCase, img, CHUNK

MIB = 1 << 20


class JobCase(BlockCase):
    def content(self, path, fmt='qcow2'):
        out = self.vm.path('content.raw')
        img('convert', '-q', '-U', '-f', fmt, '-O', 'raw', path, out)
        with open(out, 'rb') as data:
            return data.read()

    def wait_job(self, job, status='null'):
        """Waits for the event of @status; the names of all that came before it."""
        seen = []
        while True:
            event = self.vm.wait_event('JOB_STATUS_CHANGE')['data']
            if event['id'] == job:
                seen.append(event['status'])
                if event['status'] == status:
                    return seen

    def io(self, node, *commands):
        """Requests as a guest would make them."""
        for command in commands:
            text = self.hmp(f'qemu-io {node} "{command}"')
            self.assertNotIn('rror', text)
            self.assertNotIn('failed', text)


class Create(JobCase):
    def test_file_and_format(self):
        path = self.vm.path('new.qcow2')
        self.qmp('blockdev-create', job_id='c1', options={'driver': 'file', 'filename': path,
                                                          'size': 0})
        self.assertEqual(self.wait_job('c1', 'concluded'),
                         ['created', 'running', 'waiting', 'pending', 'concluded'])
        job = self.qmp('query-jobs')[0]
        self.assertEqual((job['id'], job['type'], job['status']), ('c1', 'create', 'concluded'))
        self.qmp('job-dismiss', id='c1')
        self.assertEqual(self.qmp('query-jobs'), [])
        self.add(driver='file', node_name='f', filename=path)
        self.qmp('blockdev-create', job_id='c2',
                 options={'driver': 'qcow2', 'file': 'f', 'size': 8 * MIB, 'version': 'v3',
                          'cluster-size': 4096, 'lazy-refcounts': True})
        self.wait_job('c2', 'concluded')
        self.assertNotIn('error', self.qmp('query-jobs')[0])
        self.qmp('job-dismiss', id='c2')
        self.qmp('blockdev-add', driver='qcow2', node_name='q', file='f')
        image = self.node('q')['image']
        self.assertEqual((image['virtual-size'], image['cluster-size']), (8 * MIB, 4096))

    def test_failure_is_told(self):
        self.qmp('blockdev-create', job_id='c', options={'driver': 'file', 'size': 0,
                                                         'filename': '/nowhere/x'})
        seen = self.wait_job('c', 'concluded')
        self.assertIn('aborting', seen)
        self.assertIn('/nowhere/x', self.qmp('query-jobs')[0]['error'])
        self.refused('blockdev-create', 'already', job_id='c',
                     options={'driver': 'file', 'size': 0, 'filename': '/nowhere/x'})
        self.refused('job-cancel', 'concluded', id='c')
        self.qmp('job-dismiss', id='c')
        self.refused('job-dismiss', 'not found', id='c')
        self.refused('blockdev-create', 'null-co', job_id='d', options={'driver': 'null-co'})


class ChainCase(JobCase):
    """base <- mid <- top, each with 1 MiB of its own byte, and a job's work over them."""
    MAP = (('base', 0x11, 0), ('base', 0x11, 2), ('mid', 0x22, 1), ('mid', 0x22, 2),
           ('top', 0x33, 3))

    def setUp(self):
        super().setUp()
        self.paths = {}
        below = None
        for name in ('base', 'mid', 'top'):
            path = self.vm.path(name + '.qcow2')
            more = ['-F', 'qcow2', '-b', below] if below else []
            img('create', '-q', '-f', 'qcow2', *more, path, '4M')
            below = self.paths[name] = path
        for name, value, at in self.MAP:
            self.add_image('w', self.paths[name])
            self.io('w', f'write -P {value} {at}M 1M')
            self.qmp('blockdev-del', node_name='w')
        self.add_image('base', self.paths['base'], **{'read-only': True})
        self.add_image('mid', self.paths['mid'], backing='base', **{'read-only': True})
        self.add_image('top', self.paths['top'], backing='mid')

    def check(self, node='top', values=(0x11, 0x22, 0x22, 0x33)):
        self.io(node, *(f'read -P {value} {at}M 1M' for at, value in enumerate(values)))

    def check_images(self, *names):
        for name in names:
            img('check', '-q', self.paths[name])

    def depth(self, node='top'):
        return self.node(node)['backing_file_depth']

    def header_backing(self, name):
        return img('info', '-U', self.paths[name])


class Stream(ChainCase):
    def test_all(self):
        self.qmp('block-stream', job_id='s', device='top')
        self.assertEqual(self.wait_job('s'), ['created', 'running', 'waiting', 'pending',
                                              'concluded', 'null'])
        done = self.vm.wait_event('BLOCK_JOB_COMPLETED')['data']
        self.assertEqual((done['device'], done['type'], done['offset'], done['len']),
                         ('s', 'stream', 4 * MIB, 4 * MIB))
        self.assertNotIn('error', done)
        self.assertEqual(self.depth(), 0)
        self.check()
        self.assertNotIn('backing file', self.header_backing('top'))
        self.qmp('blockdev-del', node_name='mid')
        self.qmp('blockdev-del', node_name='top')
        self.check_images('top')
        self.add_image('again', self.paths['top'])
        self.check('again')

    def test_down_to_a_base(self):
        self.qmp('block-stream', job_id='s', device='top', base_node='base',
                 filter_node_name='filter')
        self.wait_job('s')
        self.assertEqual(self.depth(), 1)
        self.check()
        self.assertIn('backing file: ' + self.paths['base'], self.header_backing('top'))
        self.assertIsNone(self.node('filter'))

    def test_into_the_middle(self):
        self.qmp('block-stream', job_id='s', device='mid')
        self.wait_job('s')
        self.assertEqual(self.depth(), 1)
        self.check()
        self.assertTrue(self.node('mid')['ro'])
        self.assertNotIn('backing file', self.header_backing('mid'))

    def test_filter_while_it_runs(self):
        self.qmp('block-stream', job_id='s', device='top', speed=65536, filter_node_name='filter')
        self.assertEqual(self.node('filter')['drv'], 'copy-on-read')
        info = self.qmp('query-block-jobs')[0]
        self.assertEqual((info['device'], info['type'], info['speed'], info['ready']),
                         ('s', 'stream', 65536, False))
        self.refused('blockdev-reopen', 'Cannot change', options=[
            {'driver': 'qcow2', 'node-name': 'top', 'backing': None,
             'file': self.node('top')['children'][-1]['node-name']}])
        self.refused('block_resize', 'stream', **{'node-name': 'top', 'size': 8 * MIB})
        self.io('filter', 'write -P 0x44 0 1M')
        self.check('filter', (0x44, 0x22, 0x22, 0x33))
        self.qmp('job-pause', id='s')
        self.refused('job-pause', 'already', id='s')
        self.assertIn(self.wait_job('s', 'paused')[-1], 'paused')
        self.qmp('block-job-set-speed', device='s', speed=0)
        self.qmp('job-resume', id='s')
        self.wait_job('s')
        self.check('top', (0x44, 0x22, 0x22, 0x33))

    def test_cancelled(self):
        self.qmp('block-stream', job_id='s', device='top', speed=65536)
        self.qmp('job-cancel', id='s')
        self.assertIn('aborting', self.wait_job('s'))
        self.vm.wait_event('BLOCK_JOB_CANCELLED')
        self.assertEqual(self.depth(), 2)
        self.check()

    def test_manual_end(self):
        self.qmp('block-stream', job_id='s', device='top', auto_finalize=False, auto_dismiss=False)
        self.wait_job('s', 'pending')
        self.vm.wait_event('BLOCK_JOB_PENDING')
        self.assertEqual(self.depth(), 2)
        self.qmp('job-finalize', id='s')
        self.wait_job('s', 'concluded')
        self.assertEqual(self.depth(), 0)
        self.qmp('job-dismiss', id='s')

    def test_mistakes(self):
        self.refused('block-stream', 'job ID', device='top')
        self.refused('block-stream', "'nothing'", job_id='s', device='nothing')
        self.refused('block-stream', 'same time', job_id='s', device='top', base_node='mid',
                     bottom='mid')
        self.refused('block-stream', 'chain', job_id='s', device='top', base='/nowhere')
        self.refused('block-stream', 'not a backing', job_id='s', device='mid', base_node='top')
        self.refused('block-stream', 'speed', job_id='s', device='top', speed=-1)
        self.assertEqual(self.qmp('query-jobs'), [])
        self.check()
        self.qmp('blockdev-del', node_name='top')


class Commit(ChainCase):
    def test_middle(self):
        self.qmp('block-commit', job_id='c', device='top', top_node='mid', base_node='base')
        self.wait_job('c')
        self.assertNotIn('error', self.vm.wait_event('BLOCK_JOB_COMPLETED')['data'])
        self.assertEqual(self.depth(), 1)
        self.assertTrue(self.node('base')['ro'])
        self.check()
        self.assertIn('backing file: ' + self.paths['base'], self.header_backing('top'))
        self.qmp('blockdev-del', node_name='mid')
        self.qmp('blockdev-del', node_name='top')
        self.qmp('blockdev-del', node_name='base')
        self.check_images('base', 'top')
        self.add_image('again', self.paths['top'])
        self.check('again')

    def test_cancelled(self):
        self.qmp('block-commit', job_id='c', device='top', top_node='mid', base_node='base',
                 speed=65536, filter_node_name='f')
        self.assertEqual(self.node('f')['drv'], 'commit_top')
        self.io('top', 'write -P 0x44 0 1M')
        self.qmp('block-job-cancel', device='c')
        self.wait_job('c')
        self.assertEqual(self.depth(), 2)
        self.assertIsNone(self.node('f'))
        self.check('top', (0x44, 0x22, 0x22, 0x33))

    def test_mistakes(self):
        self.refused('block-commit', 'itself', job_id='c', device='top', top_node='mid',
                     base_node='mid')
        self.refused('block-commit', "'mid' is busy", "backing hd of 'top'", job_id='c', device='mid', top_node='mid')
        self.refused('block-commit', 'chain', job_id='c', device='top', top_node='mid', base_node='top')
        self.assertEqual(self.vm.qmp_raw('block-commit', job_id='c', device='nosuch')['error']['class'],
                         'DeviceNotFound')
        self.add_image('on', self.image('on.qcow2'), backing=None)
        self.refused('blockdev-snapshot', "'mid' is busy", node='mid', overlay='on')
        self.refused('blockdev-mirror', "'mid' is busy", job_id='c', device='mid', target='on', sync='full')
        self.refused('blockdev-mirror', "'buf-size'", job_id='c', device='top', target='on', sync='full', buf_size=-1)
        self.refused('block-commit', 'chain', job_id='c', device='top', top='/nowhere')
        self.assertEqual(self.qmp('query-jobs'), [])


class CommitAtOnce(ChainCase):
    def test_hmp(self):
        for device in ('top', 'all'):
            self.assertEqual(self.hmp(f'commit {device}'), '')
        self.assertIn("'nothing'", self.hmp('commit nothing'))
        self.check()
        self.io('mid', 'read -P 0x33 3M 1M')
        self.assertTrue(self.node('mid')['ro'])
        self.qmp('blockdev-del', node_name='top')
        self.assertNotIn('"depth": 0, "present": true', img('map', '--output=json',
                                                              self.paths['top']))
        self.check_images('top', 'mid')

    def test_qemu_img(self):
        for node in ('top', 'mid', 'base'):
            self.qmp('blockdev-del', node_name=node)
        img('commit', '-q', self.paths['top'])
        img('commit', '-q', '-b', self.paths['base'], self.paths['top'])
        self.check_images('top', 'mid', 'base')
        self.add_image('base', self.paths['base'])
        self.check('base')


class Rebase(ChainCase):
    def setUp(self):
        super().setUp()
        for node in ('top', 'mid', 'base'):
            self.qmp('blockdev-del', node_name=node)

    def test_safe(self):
        img('rebase', '-q', '-b', self.paths['base'], '-F', 'qcow2', self.paths['top'])
        self.assertIn('backing file: ' + self.paths['base'], self.header_backing('top'))
        self.check_images('top')
        self.add_image('top', self.paths['top'])
        self.check()
        self.qmp('blockdev-del', node_name='top')
        img('rebase', '-q', '-b', '', self.paths['top'])
        self.assertNotIn('backing file', self.header_backing('top'))
        self.add_image('top', self.paths['top'])
        self.check()

    def test_unsafe(self):
        img('rebase', '-q', '-u', '-b', self.paths['base'], '-F', 'qcow2', self.paths['top'])
        self.add_image('top', self.paths['top'])
        self.check('top', (0x11, 0, 0x11, 0x33))


class CommitActive(ChainCase):
    def commit(self, **more):
        self.qmp('block-commit', job_id='c', device='top', base_node='base', **more)
        self.vm.wait_event('BLOCK_JOB_READY')

    def test_all(self):
        self.commit(filter_node_name='f')
        self.assertEqual(self.node('f')['drv'], 'mirror_top')
        self.io('f', 'write -P 0x44 0 1M')
        self.qmp('job-complete', id='c')
        self.wait_job('c')
        self.assertNotIn('error', self.vm.wait_event('BLOCK_JOB_COMPLETED')['data'])
        self.check('base', (0x44, 0x22, 0x22, 0x33))
        for node in ('top', 'mid', 'base'):
            self.qmp('blockdev-del', node_name=node)
        self.check_images('base')

    def test_ready_and_cancelled(self):
        self.commit()
        self.qmp('block-job-cancel', device='c')
        self.wait_job('c')
        self.assertEqual(self.depth(), 2)
        self.check()
        self.check('base', (0x11, 0x22, 0x22, 0x33))

    def test_stream_to_a_base_with_another_number(self):
        base, mid, top = (self.vm.path(name + '.vmdk') for name in ('base', 'mid', 'top'))
        img('create', '-q', '-f', 'vmdk', base, '4M')
        for below, path in ((base, mid), (mid, top)):
            img('create', '-q', '-f', 'vmdk', '-F', 'vmdk', '-b', below, path)
            self.add_image('vmdk', path, 'vmdk')
            self.io('vmdk', 'write -P 5 0 64k')
            self.qmp('blockdev-del', node_name='vmdk')
            if path == mid:
                continue
            self.add_image('vmdk', path, 'vmdk')
            self.qmp('block-stream', job_id='v', device='vmdk', base=base)
            self.wait_job('v')
            self.io('vmdk', 'read -P 5 0 64k', 'read -P 0 1M 64k', 'write -P 6 2M 4k')

    def test_number_of_the_base(self):
        """A VMDK base is given another number when it is written to: the top goes on with it."""
        base, top = self.image('base.vmdk', '4M', 'vmdk'), self.vm.path('top.vmdk')
        img('create', '-q', '-f', 'vmdk', '-F', 'vmdk', '-b', base, top)
        self.add_image('vmdk', top, 'vmdk')
        self.io('vmdk', 'write -P 5 0 64k')
        self.qmp('block-commit', job_id='v', device='vmdk')
        self.vm.wait_event('BLOCK_JOB_READY')
        self.io('vmdk', 'read -P 0 1M 64k', 'write -P 6 2M 4k', 'read -P 0 2052k 60k')
        self.qmp('block-job-cancel', device='v')
        self.wait_job('v')
        self.io('vmdk', 'read -P 5 0 64k', 'read -P 0 1M 64k', 'read -P 6 2M 4k')


class Mirror(JobCase):
    """A drive "d0" with a node "src", whose content a target is to get."""

    def setUp(self):
        super().setUp()
        self.source = self.image('source.qcow2')
        drive = f'if=none,id=d0,node-name=src,file={self.source}'
        self.assertEqual(self.hmp('drive_add 0 ' + drive).strip(), 'OK')
        self.io('src', 'write -P 0x11 0 1M', 'write -P 0x22 2M 64k')

    def target(self, name='dst', size='4M', fmt='qcow2'):
        path = self.image(name, size, fmt)
        self.add_image(name, path, fmt)
        return path

    def medium(self):
        return next(d for d in self.qmp('query-block') if d['device'] == 'd0')['inserted']

    def ready(self, **more):
        args = {'device': 'd0', 'target': 'dst', 'sync': 'full', **more}
        self.qmp('blockdev-mirror', **args)
        self.vm.wait_event('BLOCK_JOB_READY')

    def check(self, node='d0', *more):
        self.io(node, *(more or ('read -P 0x11 0 1M',)), 'read -P 0x22 2M 64k', 'read -P 0 3M 1M',
                'read -P 0 1M 1M')

    def test_target_above_the_source(self):
        """What is copied would be written to the source, again and again."""
        self.add(driver='copy-on-read', node_name='above', file='src')
        self.add(driver='raw', node_name='further', file='above')
        args = {'job-id': 'm', 'sync': 'full', 'copy-mode': 'write-blocking'}
        self.refused('blockdev-mirror', 'into itself', device='src', target='above', **args)
        self.refused('blockdev-mirror', "'src'", "'further'", device='d0', target='further', **args)
        self.assertEqual(self.qmp('query-jobs'), [])

    def test_request_by_hand_while_pending(self):
        """It could not be done before job-finalize, for which the monitor has no ear then."""
        self.target()
        self.ready(auto_finalize=False)
        self.qmp('job-complete', id='d0')
        self.wait_job('d0', 'pending')
        self.assertIn('job-finalize', self.hmp('qemu-io src "write 0 64k"'))
        self.assertIn('job-finalize', self.hmp('qemu-io d0 "read 0 64k"'))
        # A filter that is drained from its beginning.
        self.qmp('object-add', **{'qom-type': 'throttle-group', 'id': 'slow'})
        self.add(driver='throttle', node_name='limit', file='src', throttle_group='slow')
        self.qmp('blockdev-del', node_name='limit')
        self.qmp('job-finalize', id='d0')
        self.wait_job('d0')
        self.check()

    def test_pivot(self):
        self.target()
        self.io('dst', 'write -P 0x99 1M 3M')
        self.ready(filter_node_name='top')
        self.assertEqual(self.medium()['node-name'], 'top')
        self.io('d0', 'write -P 0x33 4k 100k', 'write -z 512k 4k', 'discard 900k 8k')
        self.qmp('job-complete', id='d0')
        self.wait_job('d0')
        self.assertNotIn('error', self.vm.wait_event('BLOCK_JOB_COMPLETED')['data'])
        self.assertEqual(self.medium()['node-name'], 'dst')
        self.assertIsNone(self.node('top'))
        self.assertIsNone(self.node('src'))
        self.check('d0', 'read -P 0x11 0 4k', 'read -P 0x33 4k 100k', 'read -P 0x11 104k 1k',
                   'read -P 0 512k 4k')

    def test_what_nobody_has_is_not_written(self):
        path = self.target()
        self.ready(job_id='m')
        self.qmp('block-job-cancel', device='m')
        self.wait_job('m')
        self.qmp('blockdev-del', node_name='dst')
        self.assertIn('17/64', img('check', path))

    def test_copy_only(self):
        path = self.target('dst', '4M', 'raw')
        self.ready(job_id='m')
        self.qmp('block-job-cancel', device='m')
        self.wait_job('m')
        self.vm.wait_event('BLOCK_JOB_COMPLETED')
        self.assertEqual(self.medium()['node-name'], 'src')
        self.qmp('blockdev-del', node_name='dst')
        self.hmp('drive_del d0')
        self.assertEqual(self.content(path, 'raw'), self.content(self.source))

    def test_forced_end(self):
        self.target()
        self.ready(job_id='m')
        self.qmp('job-cancel', id='m')
        self.wait_job('m')
        self.vm.wait_event('BLOCK_JOB_CANCELLED')
        self.assertEqual(self.medium()['node-name'], 'src')
        self.check()
        self.qmp('blockdev-del', node_name='dst')

    def test_write_blocking(self):
        self.target('dst', '4M', 'raw')
        self.ready(job_id='m', copy_mode='write-blocking')
        self.io('d0', 'write -P 0x33 4k 100k', 'write -z 512k 4k', 'aio_write -P 0x44 640k 64k',
                'aio_write -P 0x55 641k 1k')
        self.vm.wait_qmp('query-block-jobs', lambda jobs: jobs[0]['actively-synced'])
        self.io('dst', 'read -P 0x33 4k 100k', 'read -P 0 512k 4k', 'read -P 0x55 641k 1k',
                'read -P 0x44 642k 62k')
        self.qmp('job-complete', id='m')
        self.wait_job('m')
        self.assertEqual(self.medium()['node-name'], 'dst')
        self.check('d0', 'read -P 0x11 0 4k', 'read -P 0x33 4k 100k')

    def test_write_blocking_is_flushed(self):
        """What is written while the job flushes for the last time is on stable storage, too."""
        log = self.image('log', '16M', 'raw')
        for name, path in (('fa', self.image('a', '4M', 'raw')), ('fb', self.image('b', '4M', 'raw')), ('fl', log)):
            self.qmp('blockdev-add', driver='file', node_name=name, filename=path)
        self.qmp('blockdev-add', driver='blklogwrites', node_name='a', file='fa', log='fl')
        self.qmp('blockdev-add', driver='blkdebug', node_name='b', image='fb', inject_error=[
            {'event': 'none', 'iotype': 'flush', 'errno': 0, 'delay-ns': 500000000}])
        self.qmp('blockdev-add', driver='quorum', node_name='dst', vote_threshold=2, children=['a', 'b'])
        self.ready(job_id='m', copy_mode='write-blocking')
        self.io('d0', 'write -P 0x33 8k 512')
        self.qmp('job-complete', id='m')
        self.io('d0', 'write -P 0x33 4k 512')
        if [job['status'] for job in self.qmp('query-jobs')] != ['ready']:
            self.skipTest('the last flush was over too soon')
        self.wait_job('m')
        entries = []
        with open(log, 'rb') as file:
            file.seek(512)
            while any(entry := struct.unpack('<QQQ', file.read(512)[:24])):
                entries.append(entry)
                file.seek(entry[1] * 512, os.SEEK_CUR)
        self.assertIn((0, 0, 1), entries[entries.index((8, 1, 0)):])

    def test_mode_changes(self):
        self.target()
        self.ready(job_id='m')
        self.assertFalse(self.qmp('query-block-jobs')[0]['actively-synced'])
        self.qmp('block-job-change', id='m', type='mirror', copy_mode='write-blocking')
        self.vm.wait_qmp('query-block-jobs', lambda jobs: jobs[0]['actively-synced'])
        self.refused('block-job-change', 'background', id='m', type='mirror',
                     copy_mode='background')
        self.refused('block-job-change', 'mismatch', id='m', type='commit')

    def test_speed_and_pause(self):
        self.target()
        self.qmp('blockdev-mirror', job_id='m', device='d0', target='dst', sync='full',
                 speed=100000, buf_size=65536)
        self.qmp('job-pause', id='m')
        self.wait_job('m', 'paused')
        self.refused('block-job-complete', 'paused', device='m')
        self.qmp('block-job-set-speed', device='m', speed=0)
        self.qmp('job-resume', id='m')
        self.wait_job('m', 'ready')
        # Also one that stands still may be told what to do next.
        self.qmp('job-pause', id='m')
        self.wait_job('m', 'standby')
        self.qmp('block-job-complete', device='m')
        self.assertEqual(self.qmp('query-jobs')[0]['status'], 'standby')
        self.qmp('job-resume', id='m')
        self.wait_job('m')

    def test_speed_by_hmp(self):
        """In MiB a second, unless a suffix says else."""
        self.target()
        self.qmp('blockdev-mirror', job_id='m', device='d0', target='dst', sync='full', speed=1)
        for text, speed in (('3', 3 * MIB), ('300k', 300 << 10), ('7B', 7), ('1.5G', 3 << 29), ('0', 0)):
            self.assertEqual(self.hmp(f'block_job_set_speed m {text}'), '')
            self.assertEqual(self.qmp('query-block-jobs')[0]['speed'], speed)
        self.assertIn("argument 'speed' is not a size", self.hmp('block_job_set_speed m -1'))
        self.wait_job('m', 'ready')

    def test_drive_mirror(self):
        path = self.vm.path('new.qcow2')
        self.qmp('drive-mirror', device='d0', target=path, sync='top', format='qcow2',
                 node_name='new')
        self.vm.wait_event('BLOCK_JOB_READY')
        self.qmp('block-job-complete', device='d0')
        self.wait_job('d0')
        self.assertEqual(self.medium()['node-name'], 'new')
        self.check()

    def test_drive_mirror_of_the_top(self):
        overlay = self.vm.path('overlay.qcow2')
        self.hmp('drive_del d0')
        img('create', '-q', '-f', 'qcow2', '-F', 'qcow2', '-b', self.source, overlay)
        self.hmp(f'drive_add 0 if=none,id=d0,node-name=src,file={overlay}')
        self.io('d0', 'write -P 0x44 64k 1k')
        for number, (sync, depth) in enumerate((('top', 1), ('none', 2), ('full', 0))):
            path = self.vm.path(f'copy{number}.qcow2')
            self.qmp('drive-mirror', device='d0', target=path, sync=sync)
            self.vm.wait_event('BLOCK_JOB_READY')
            self.io('d0', f'write -P {number + 1} {1024 + number * 64 + 1}k 1k')
            self.qmp('block-job-complete', device='d0')
            self.wait_job('d0')
            self.assertEqual(self.medium()['file'], path)
            self.assertEqual(self.medium()['backing_file_depth'], depth)
            self.io('d0', 'read -P 0x11 0 64k', 'read -P 0x44 64k 1k', 'read -P 0x11 65k 100k',
                    f'read -P {number + 1} {1024 + number * 64 + 1}k 1k',
                    f'read -P 0 {1024 + number * 64 + 2}k 1k', 'read -P 0x22 2M 64k')

    def test_mistakes(self):
        self.target('small', '1M')
        self.qmp('blockdev-mirror', job_id='m', device='d0', target='small', sync='full')
        self.assertIn('aborting', self.wait_job('m'))
        self.assertIn('sizes', self.vm.wait_event('BLOCK_JOB_COMPLETED')['data']['error'])
        self.target()
        self.refused('blockdev-mirror', 'itself', device='d0', target='src', sync='full')
        self.refused('blockdev-mirror', 'granularity', device='d0', target='dst', sync='full',
                     granularity=1000)
        self.refused('blockdev-mirror', 'bitmap', device='d0', target='dst', sync='bitmap')
        self.refused('blockdev-mirror', 'replace', device='d0', target='dst', sync='full',
                     replaces='dst')
        self.assertEqual(self.medium()['node-name'], 'src')
        self.io('d0', 'write -P 0x11 0 1M')
        self.qmp('blockdev-del', node_name='dst')


if __name__ == '__main__':
    rhea.main()
