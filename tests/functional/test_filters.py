#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Filters for tests and for performance: blkdebug, blkverify, blklogwrites, compress, preallocate."""

import os
import struct
import unittest
from pathlib import Path

import rhea
from test_formats import MIB, OURS, FormatCase, ToolError, run
from test_blockdev import BlockCase


def io(spec, *commands):
    return run(OURS + 'qemu-io', *(word for c in commands for word in ('-c', c)), '--image-opts', spec)


class Filters(FormatCase):
    def file(self, name='disk', size=4 * MIB):
        path = Path(self.folder + name)
        path.write_bytes(bytes(size))
        return path


class Blkdebug(Filters):
    def spec(self, path, **options):
        return ','.join(['driver=blkdebug', 'image.driver=file', f'image.filename={path}'] +
                        [f'{key}={value}' for key, value in options.items()])

    def rules(self, path, *rules, kind='inject-error'):
        options = {f'{kind}.{n}.{key}': value for n, rule in enumerate(rules)
                   for key, value in rule.items()}
        return self.spec(path, **options)

    def test_errors(self):
        path = self.file()
        for event, iotype, command in (('none', 'read', 'read'), ('none', 'write', 'write'),
                                       ('pwritev', 'write', 'write'), ('none', 'flush', 'flush'),
                                       ('none', 'discard', 'discard'),
                                       ('none', 'write-zeroes', 'write -z')):
            spec = self.rules(path, {'event': event, 'iotype': iotype, 'errno': 28})
            args = '' if command == 'flush' else ' 0 64k'
            before = '' if command != 'flush' else 'write 0 512'
            commands = [c for c in (before, command + args) if c]
            with self.assertRaisesRegex(ToolError, 'No space left'):
                io(spec, *commands)

    def test_once_sector_and_state(self):
        path = self.file()
        io(self.rules(path, {'event': 'none', 'sector': 8}), 'write 0 4k', 'write 8k 4k')
        with self.assertRaisesRegex(ToolError, 'Input/output error'):
            io(self.rules(path, {'event': 'none', 'sector': 8}), 'write 0 8k')
        spec = self.rules(path, {'event': 'pwritev', 'state': 2}) + \
            ',set-state.0.event=pwritev_done,set-state.0.state=1,set-state.0.new_state=2'
        io(spec, 'write 0 4k')
        with self.assertRaises(ToolError):
            io(spec, 'write 0 4k', 'write 0 4k')
        done = 0
        try:
            io(self.rules(path, {'event': 'none', 'once': 'on'}), 'write 0 4k', 'write 0 4k')
        except ToolError as e:
            done = str(e).count('wrote')
        self.assertEqual(done, 1)

    def test_config_file(self):
        path, conf = self.file(), self.folder + 'conf'
        Path(conf).write_text('# rules\n[inject-error]\nevent = "pwritev"\nerrno = "28"\n\n'
                              '[set-state]\nevent = "pwritev"\nnew_state = "3"\n')
        with self.assertRaisesRegex(ToolError, 'No space left'):
            run(OURS + 'qemu-io', '-f', 'raw', '-c', 'write 0 4k', f'blkdebug:{conf}:{path}')
        for text, word in (('[other]\n', "'other'"), ('event = "x"\n', 'section'),
                           ('[inject-error]\nevent = none\n', 'quotation'),
                           ('[inject-error]\nevent = "pwritef"\n', 'pwritef'),
                           ('[inject-error]\nerrno = "5"\n', 'event'),
                           ('[inject-error]\nevent = "none"\nerno = "5"\n', 'errno'),
                           ('[set-state]\nevent = "none"\n', 'new_state')):
            Path(conf).write_text(text)
            with self.assertRaisesRegex(ToolError, word):
                run(OURS + 'qemu-io', '-f', 'raw', '-c', 'read 0 4k', f'blkdebug:{conf}:{path}')

    def test_limits(self):
        path = self.file()
        spec = self.spec(path, align=4096) + ',inject-error.0.event=pwritev_rmw_head,' \
            'inject-error.0.iotype=read'
        with self.assertRaises(ToolError):
            io(spec, 'write 512 512')
        io(self.spec(path, **{'align': 4096, 'max-transfer': 8192, 'opt-write-zero': 65536,
                              'max-write-zero': 65536, 'max-discard': 65536,
                              'opt-discard': 65536}), 'write -P 3 1000 300000', 'write -z 0 200000',
           'read -P 3 200000 101000', 'discard 0 1M')
        for options, word in (({'align': 3}, 'align 3'), ({'align': 4096, 'max-transfer': 512}, 'max-transfer'),
                              ({'opt-discard': 4096, 'max-discard': 512}, 'max-discard')):
            with self.assertRaisesRegex(ToolError, word):
                io(self.spec(path, **options), 'read 0 512')

    def test_breakpoint(self):
        path = self.file()
        out = io(self.spec(path), 'break pwritev A', 'aio_write -P 1 0 4k', 'wait_break A',
                 'write -P 2 0 4k', 'resume A', 'aio_flush', 'read -P 1 0 4k')
        self.assertIn('wrote', out)
        with self.assertRaises(ToolError):
            io(self.spec(path), 'break nosuch A')

    def test_endless_rules(self):
        with self.assertRaisesRegex(ToolError, 'blkdebug config file: .*/dev/zero'):
            io(self.spec(self.file(), config='/dev/zero'), 'read 0 4k')

    def test_permissions(self):
        path = self.file()
        io(self.spec(path, **{'take-child-perms.0': 'write', 'unshare-child-perms.0': 'resize'}),
           'read 0 4k')
        with self.assertRaisesRegex(ToolError, 'writ'):
            io(self.spec(path, **{'take-child-perms.0': 'writ'}), 'read 0 4k')


class Qcow2Steps(Filters):
    """qcow2 says where it is: each of these steps can be made to fail."""

    def test_steps(self):
        base, image = self.folder + 'base', self.folder + 'image'
        for step, command in (('l2_load', 'read 0 4k'), ('read_aio', 'read 0 4k'),
                              ('read_compressed', 'read 1M 4k'),
                              ('cow_read', 'write 2M 4k'), ('cow_write', 'write 2M 4k'),
                              ('write_aio', 'write 0 4k'), ('cluster_alloc', 'write 3M 64k'),
                              ('write_compressed', 'write -c 3M 64k'), ('refblock_load', 'write 3M 64k')):
            for path in (base, image):
                run(OURS + 'qemu-img', 'create', '-q', '-f', 'qcow2', *(('-b', base, '-F', 'qcow2')
                                                                       if path == image else ()), path, '4M')
                run(OURS + 'qemu-io', '-f', 'qcow2', '-c', 'write -P 1 0 64k', '-c', 'write -c -P 2 1M 64k',
                    '-c', f'write -P 3 {"2M" if path == base else "256k"} 64k', path)
            with self.subTest(step), self.assertRaisesRegex(ToolError, 'No space left'):
                io(f'driver=qcow2,file.driver=blkdebug,file.image.driver=file,file.image.filename={image},'
                   f'file.inject-error.0.event={step},file.inject-error.0.errno=28', command)
            run(OURS + 'qemu-img', 'check', '-q', '-r', 'leaks', image)

    def test_breakpoint(self):
        image = self.folder + 'image'
        run(OURS + 'qemu-img', 'create', '-q', '-f', 'qcow2', image, '4M')
        io(f'driver=qcow2,file.driver=blkdebug,file.image.driver=file,file.image.filename={image}',
           'break write_aio A', 'aio_write -P 1 0 64k', 'wait_break A', 'write -P 2 1M 64k',
           'read -P 0 0 64k', 'resume A', 'aio_flush', 'read -P 1 0 64k', 'read -P 2 1M 64k')


class DetectZeroes(Filters):
    def test_detect(self):
        image, path = self.folder + 'image', self.file()
        run(OURS + 'qemu-img', 'create', '-q', '-f', 'qcow2', image, '4M')
        for mode, stored in (('off', True), ('on', False)):
            io(f'driver=qcow2,file.filename={image},detect-zeroes={mode}', 'write -P 1 0 1M', 'write -P 0 0 1M')
            out = run(OURS + 'qemu-img', 'map', '--output=json', image)
            self.assertEqual('"zero": false' in out, stored, out)
        path.write_bytes(b'\1' * 4 * MIB)
        io(f'driver=raw,discard=unmap,detect-zeroes=unmap,file.driver=file,file.filename={path},'
           'file.discard=unmap', 'write -P 0 0 4M', 'read -P 0 0 4M')
        self.assertLess(os.stat(path).st_blocks * 512, 2 * MIB)


class Blkverify(Filters):
    def test_same_and_different(self):
        raw, image = self.file('raw'), self.folder + 'image'
        run(OURS + 'qemu-img', 'create', '-q', '-f', 'qcow2', image, '4M')
        both = f'blkverify:{raw}:{image}'
        run(OURS + 'qemu-io', '-c', 'write -P 1 1000 100000', '-c', 'write -z 4k 8k', '-c',
            'read 0 4M', '-f', 'raw', both)
        run(OURS + 'qemu-io', '-f', 'raw', '-c', 'write -P 9 64k 1', str(raw))
        with self.assertRaisesRegex(ToolError, 'contents mismatch at offset 65536'):
            run(OURS + 'qemu-io', '-c', 'read 0 4M', '-f', 'raw', both)


class Blklogwrites(Filters):
    def entries(self, path):
        """(offset, bytes, flags, data) of each entry."""
        log = Path(path).read_bytes()
        magic, version, count, size = struct.unpack_from('<QQQI', log)
        self.assertEqual((magic, version), (0x6a736677736872, 1))
        found, at = [], size
        for _ in range(count):
            sector, sectors, flags, data = struct.unpack_from('<QQQQ', log, at)
            at += size
            found.append((sector * size, sectors * size, flags, log[at:at + data]))
            at += data
        return found

    def spec(self, path, log, more=''):
        return f'driver=blklogwrites,file.driver=file,file.filename={path},log.driver=file,' \
            f'log.filename={log}{more}'

    def test_log(self):
        path, log = self.file(), self.file('log', 0)
        for more, size in (('', 512), (',log-sector-size=4096', 4096)):
            io(self.spec(path, log, more), 'write -P 3 4k 8k', 'flush', 'discard 16k 4k',
               'write -z 8k 4k', 'write -f -P 5 0 4k')
            entries = [e for e in self.entries(log) if e[2] != 1]
            self.assertEqual(entries, [(4096, 8192, 0, b'\3' * 8192), (16384, 4096, 4, b''),
                                       (8192, 4096, 0, bytes(4096)), (0, 4096, entries[-1][2], b'\5' * 4096)])
            self.assertEqual(self.entries(log)[1][2], 1)
        before = len(self.entries(log))
        io(self.spec(path, log, ',log-append=on'), 'write -P 6 0 4k')
        self.assertEqual(self.entries(log)[before], (0, 4096, 0, b'\6' * 4096))

    def test_replay(self):
        """All entries, done again on an empty disk, give the same image."""
        image, log = self.folder + 'image', self.file('log', 0)
        run(OURS + 'qemu-img', 'create', '-q', '-f', 'qcow2', image, '4M')
        size = os.path.getsize(image)
        disk = bytearray(Path(image).read_bytes())
        io(f'driver=qcow2,file.driver=blklogwrites,file.file.driver=file,file.file.filename={image},'
           f'file.log.driver=file,file.log.filename={log}', 'write -P 3 0 100k', 'write -z 64k 64k',
           'write -P 4 3M 1M', 'flush', 'discard 0 1M')
        for offset, length, flags, data in self.entries(log):
            if not flags & 4:
                disk.extend(bytes(max(0, offset + length - len(disk))))
                disk[offset:offset + length] = data
        copy = self.folder + 'copy'
        Path(copy).write_bytes(disk)
        self.assertGreater(len(disk), size)
        run(OURS + 'qemu-img', 'check', '-q', copy)
        run(OURS + 'qemu-img', 'compare', '-q', image, copy)

    def requests(self, fmt, image, *commands, more=''):
        """What the commands, on an image of a format, do to its file."""
        log = self.file('log', 0)
        io(f'driver={fmt},file.driver=blklogwrites,file.file.driver=file,file.file.filename={image},'
           f'file.log.driver=file,file.log.filename={log}{more}', *commands)
        return self.entries(log)

    def test_vmdk_writes_grains_together(self):
        image = self.folder + 'image'
        run(OURS + 'qemu-img', 'create', '-q', '-f', 'vmdk', image, '16M')
        written = self.requests('vmdk', image, 'write -P 3 64k 2M', 'write -P 4 4M 100k')
        self.assertEqual([e[1] for e in written if e[1] >= 65536], [2 * MIB, 65536])
        # Besides them: the rest of a grain, and each time two tables; the descriptor once.
        self.assertLessEqual(len([e for e in written if e[1]]), 2 + 1 + 3 * 2 + 1)
        checks = ('read -P 0 0 64k', 'read -P 3 64k 2M', 'read -P 0 2112k 64k', 'read -P 4 4M 100k',
                  'read -P 0 4196k 100k')
        self.assertEqual(self.requests('vmdk', image, *checks), [])

    def test_qcow2_gives_back_together(self):
        """Clusters that lie together in the file, but not on the disk."""
        image = self.folder + 'image'
        run(OURS + 'qemu-img', 'create', '-q', '-f', 'qcow2', image, '4M')
        log = self.requests(
            'qcow2', image, *(f'write -P 5 {i * 64}k 64k' for i in range(15, -1, -1)), 'flush',
            'discard 0 1M', 'flush', more=',discard=unmap,file.discard=unmap,pass-discard-request=on')
        self.assertEqual([e[1] for e in log if e[2] & 4], [MIB])
        run(OURS + 'qemu-img', 'check', '-q', image)

    def test_mistakes(self):
        path, log = self.file(), self.file('log', 512)
        for more, word in ((',log-sector-size=3', 'sector size 3'), (',log-append=on', 'version 1'),
                           (',log-super-update-interval=0', 'interval'),
                           (',log-sector-size=16M', 'sector size')):
            with self.assertRaisesRegex(ToolError, word):
                io(self.spec(path, log, more), 'read 0 512')
        Path(log).write_bytes(struct.pack('<QQQI', 0x6a736677736872, 1, 1 << 60, 512) + bytes(2000))
        with self.assertRaisesRegex(ToolError, 'log ends'):
            io(self.spec(path, log, ',log-append=on'), 'read 0 512')


class Compress(Filters):
    def test_compress(self):
        image = self.folder + 'image'
        run(OURS + 'qemu-img', 'create', '-q', '-f', 'qcow2', image, '4M')
        spec = f'driver=compress,file.driver=qcow2,file.file.filename={image}'
        io(spec, 'write -P 7 0 3M', 'write -P 8 1000 5000', 'read -P 8 1000 5000', 'read -P 7 1M 2M')
        self.assertLess(os.path.getsize(image), MIB)
        io(f'driver=qcow2,file.filename={image}', 'read -P 7 6000 2M')
        run(OURS + 'qemu-img', 'check', '-q', image)
        with self.assertRaisesRegex(ToolError, 'not supported'):
            io(f'driver=compress,file.driver=raw,file.file.filename={self.file()}', 'read 0 512')


class Preallocate(Filters):
    def spec(self, path, more=''):
        return f'driver=preallocate,prealloc-size=1M,prealloc-align=64k,file.driver=file,' \
            f'file.filename={path}{more}'

    def test_grows_and_is_cut(self):
        path = self.file(size=4096)
        io('driver=raw,' + self.spec('X').replace('driver=preallocate', 'file.driver=preallocate')
           .replace('prealloc-', 'file.prealloc-').replace('file.filename', 'file.file.filename')
           .replace(',file.driver=file', ',file.file.driver=file').replace('X', str(path)),
           'truncate 8k', 'write -P 1 4k 4k', 'length')
        self.assertEqual(os.path.getsize(path), 8192)

    def test_qcow2(self):
        image = self.folder + 'image'
        run(OURS + 'qemu-img', 'create', '-q', '-f', 'qcow2', image, '64M')
        io(f'driver=qcow2,file.driver=preallocate,file.file.driver=file,file.file.filename={image}',
           'write -P 3 0 1M', 'flush', 'write -P 4 30M 1M', 'read -P 3 0 1M')
        self.assertLess(os.path.getsize(image), 4 * MIB)
        run(OURS + 'qemu-img', 'check', '-q', image)

    def test_mistakes(self):
        for more, word in ((',prealloc-align=0', 'prealloc-align'), (',prealloc-size=2T', 'prealloc-size')):
            with self.assertRaisesRegex(ToolError, word):
                io('driver=preallocate,file.driver=file,file.filename=' + str(self.file()) + more,
                   'read 0 512')


class SnapshotAccess(BlockCase):
    """The disk as it was, while it is written to."""

    def io(self, node, command):
        return self.hmp(f'qemu-io {node} "{command}"')

    def test_reads(self):
        Path(self.vm.path('disk')).write_bytes(b'\1' * 2 * MIB + b'\2' * 2 * MIB)
        Path(self.vm.path('temp')).write_bytes(bytes(4 * MIB))
        self.add_image('disk', self.vm.path('disk'), 'raw')
        self.add_image('temp', self.vm.path('temp'), 'raw')
        self.add(driver='copy-before-write', **{'node-name': 'cbw'}, file='disk', target='temp')
        self.add(driver='snapshot-access', **{'node-name': 'old'}, file='cbw', discard='unmap')
        self.assertIn('wrote', self.io('cbw', 'write -P 9 1M 2M'))
        for node, command in (('old', 'read -P 1 0 2M'), ('old', 'read -P 2 2M 2M'), ('cbw', 'read -P 9 1M 2M'),
                              ('cbw', 'read -P 1 0 1M')):
            self.assertNotIn('failed', self.io(node, command), (node, command))
        self.assertIn('failed', self.io('old', 'write 0 4k'))
        self.assertNotIn('failed', self.io('old', 'discard 0 1M'))
        self.assertIn('failed', self.io('old', 'read 0 4k'))
        self.assertNotIn('failed', self.io('cbw', 'write -P 8 0 1M'))
        self.assertNotIn('failed', self.io('old', 'read -P 2 3M 1M'))
        self.refused('blockdev-add', 'copy-before-write', driver='snapshot-access', file='disk',
                     **{'node-name': 'n'})
        self.add(driver='null-co', size=4096, **{'node-name': 'short'})
        self.refused('blockdev-add', f"'disk' has {4 * MIB} bytes, 'short' has 4096", driver='copy-before-write',
                     file='disk', target='short', **{'node-name': 'n'})

    def slow(self, policy):
        """The disk is at hand, its copy is not."""
        self.add(driver='null-co', **{'node-name': 'disk'}, size=MIB, **{'read-zeroes': True})
        self.add(driver='null-co', **{'node-name': 'temp'}, size=MIB, **{'latency-ns': 4 * 10 ** 9})
        self.add(driver='copy-before-write', file='disk', target='temp',
                 **{'node-name': 'cbw', 'on-cbw-error': policy, 'cbw-timeout': 1})
        self.add(driver='snapshot-access', **{'node-name': 'snap'}, file='cbw')

    def test_timeout(self):
        self.slow('break-guest-write')
        self.assertIn('timed out', self.io('cbw', 'write 0 64k'))
        # The copy goes on; what drains waits for it, and then the write has nothing to wait for.
        self.qmp('blockdev-reopen', options=[
            {'driver': 'copy-before-write', 'node-name': 'cbw', 'file': 'disk', 'target': 'temp',
             'on-cbw-error': 'break-guest-write', 'cbw-timeout': 1}])
        self.assertNotIn('fail', self.io('cbw', 'write 0 64k'))

    def test_timeout_of_the_snapshot(self):
        self.slow('break-snapshot')
        self.assertNotIn('fail', self.io('cbw', 'write 0 64k'))
        self.assertIn('timed out', self.io('snap', 'read 64k 64k'))

    def test_other_filters_between(self):
        """Jobs put theirs over copy-before-write, and one may put its target in that's place."""
        for name, byte in (('disk', b'\1'), ('temp', b'\0'), ('backup', b'\0'), ('mirror', b'\0')):
            Path(self.vm.path(name)).write_bytes(byte * MIB)
            self.add_image(name, self.vm.path(name), 'raw')
        self.add(driver='copy-before-write', **{'node-name': 'cbw'}, file='disk', target='temp')
        self.add(driver='snapshot-access', **{'node-name': 'old'}, file='cbw')
        self.io('cbw', 'write -P 2 0 64k')
        self.qmp('blockdev-backup', job_id='b', device='cbw', target='backup', sync='full', speed=1)
        self.assertNotIn('failed', self.io('old', 'read -P 1 0 1M'))
        self.qmp('block-job-cancel', device='b')
        self.vm.wait_event('BLOCK_JOB_CANCELLED')
        self.qmp('blockdev-mirror', job_id='m', device='cbw', target='mirror', sync='full')
        self.vm.wait_event('BLOCK_JOB_READY')
        self.assertNotIn('failed', self.io('old', 'read -P 1 0 1M'))
        self.qmp('block-job-complete', device='m')
        self.vm.wait_event('BLOCK_JOB_COMPLETED')
        self.assertIn('failed', self.io('old', 'read 0 4k'))

    def test_backup_discards(self):
        """What a backup has of a snapshot, the snapshot need not have any more."""
        Path(self.vm.path('disk')).write_bytes(b'\1' * 4 * MIB)
        for name in ('temp', 'dst'):
            Path(self.vm.path(name)).touch()
            os.truncate(self.vm.path(name), 4 * MIB)
            self.add_image(name, self.vm.path(name), 'raw', discard='unmap')
        self.add_image('disk', self.vm.path('disk'), 'raw')
        self.add(driver='copy-before-write', **{'node-name': 'cbw'}, file='disk', target='temp')
        self.add(driver='snapshot-access', **{'node-name': 'old'}, file='cbw', discard='unmap')
        self.assertIn('wrote', self.io('cbw', 'write -P 9 1M 2M'))
        self.assertGreaterEqual(self.used('temp'), 2 * MIB)
        self.refused('blockdev-backup', 'discard-source', job_id='b', device='temp', target='dst',
                     sync='full', discard_source=True)
        self.qmp('blockdev-backup', job_id='b', device='old', target='dst', sync='full',
                 discard_source=True)
        self.assertNotIn('error', self.vm.wait_event('BLOCK_JOB_COMPLETED')['data'])
        self.assertNotIn('failed', self.io('dst', 'read -P 1 0 4M'))
        self.assertEqual(self.used('temp'), 0)
        stats = {s['node-name']: s for s in self.qmp('query-blockstats', query_nodes=True)}
        below = stats['temp']['parent']['driver-specific']
        self.assertEqual((below['driver'], below['discard-nb-failed']), ('file', 0))
        self.assertGreaterEqual(below['discard-bytes-ok'], 2 * MIB)
        self.assertIn('failed', self.io('old', 'read 0 4k'))
        self.assertNotIn('failed', self.io('cbw', 'write -P 8 0 4M'))
        self.assertEqual(self.used('temp'), 0)  # nothing is kept for it now

    def above_a_running_disk(self, **options):
        """A device that runs gets the filter above its disk, and later the disk without it."""
        where = {'path': '/machine/peripheral/d', 'property': 'drive'}
        Path(self.vm.path('disk')).write_bytes(b'\1' * 4 * MIB)
        Path(self.vm.path('temp')).write_bytes(bytes(4 * MIB))
        self.add_image('disk', self.vm.path('disk'), 'raw')
        self.add_image('temp', self.vm.path('temp'), 'raw')
        self.qmp('device_add', id='d', drive='disk', **options)
        self.add(driver='copy-before-write', **{'node-name': 'cbw'}, file='disk', target='temp')
        self.qmp('qom-set', value='cbw', **where)
        self.add(driver='snapshot-access', **{'node-name': 'old'}, file='cbw')
        self.assertEqual(self.qmp('qom-get', **where), 'cbw')
        self.assertIn('wrote', self.hmp('qemu-io -d d "write -P 2 1M 1M"'))
        self.assertNotIn('failed', self.io('old', 'read -P 1 1M 1M'))
        self.refused('qom-set', 'no-such-node', value='no-such-node', **where)
        self.refused('qom-set', value='', **where)
        self.qmp('blockdev-del', **{'node-name': 'old'})
        self.qmp('qom-set', value='disk', **where)
        for node in ('cbw', 'temp'):
            self.qmp('blockdev-del', **{'node-name': node})
        self.assertNotIn('failed', self.hmp('qemu-io -d d "read -P 2 1M 1M"'))

    def test_above_virtio_blk(self):
        self.above_a_running_disk(driver='virtio-blk-pci')

    def test_above_virtio_blk_iothread(self):
        self.qmp('object-add', **{'qom-type': 'iothread', 'id': 'thread'})
        self.above_a_running_disk(driver='virtio-blk-pci', iothread='thread')

    def test_above_scsi(self):
        self.qmp('device_add', driver='virtio-scsi-pci', id='bus')
        self.above_a_running_disk(driver='scsi-hd', bus='bus.0')

    def used(self, name):
        return os.stat(self.vm.path(name)).st_blocks * 512


class Snapshots(Filters):
    """Those of an image are there for who is above it."""

    def test_through(self):
        path = self.folder + 'a.qcow2'
        run(OURS + 'qemu-img', 'create', '-q', '-f', 'qcow2', path, '1M')
        image = f'driver=qcow2,{{0}}.file.filename={path}'
        for above in ('driver=raw', 'driver=raw,size=512k', 'driver=compress', 'driver=preallocate', 'driver=blkdebug'):
            child = 'image' if 'blkdebug' in above else 'file'
            spec = f'{above},{child}.{image.format(child)}'
            self.steps(spec)
        self.steps(f'driver=raw,file.driver=raw,file.file.driver=qcow2,file.file.file.filename={path}')
        with self.assertRaisesRegex(ToolError, 'internal snapshots'):
            run(OURS + 'qemu-img', 'snapshot', '-c', 's', '--image-opts',
                f'driver=blkverify,raw.driver=file,raw.filename={self.file()},test.driver=qcow2,test.file.filename={path}')

    def steps(self, spec):
        def snapshot(*what):
            return run(OURS + 'qemu-img', 'snapshot', *what, '--image-opts', spec)
        io(spec, 'write -P 1 0 64k')
        snapshot('-c', 's')
        io(spec, 'write -P 2 0 64k')
        self.assertIn(' s ', snapshot('-l'))
        self.assertIn(' s ', run(OURS + 'qemu-img', 'info', '--image-opts', spec))
        out = self.folder + 'out'
        run(OURS + 'qemu-img', 'convert', '-O', 'raw', '-l', 's', '--image-opts', spec, out)
        self.assertEqual(Path(out).read_bytes()[:2], b'\1\1')
        snapshot('-a', 's')
        io(spec, 'read -P 1 0 64k')
        snapshot('-d', 's')
        self.assertNotIn(' s ', snapshot('-l'))


class FormatsInBetween(Filters):
    """A driver where a protocol usually is, and a file's name."""

    def test_drives(self):
        raw, image = self.file(), self.folder + 'a.qcow2'
        run(OURS + 'qemu-img', 'create', '-q', '-f', 'qcow2', image, '1M')
        for drive, found in ((f'file={raw},format=raw,file.driver=raw', ('raw', 'raw', 'file')),
                             (f'file={image},format=qcow2,file.driver=raw', ('qcow2', 'raw', 'file')),
                             (f'file={image},format=raw,file.driver=qcow2', ('raw', 'qcow2', 'file')),
                             (f'file={raw},format=raw,file.driver=blkdebug', ('raw', 'blkdebug', 'file')),
                             (f'file={raw},format=raw,file.driver=file', ('raw', 'file'))):
            with rhea.Machine('-machine', 'none', '-drive', f'if=none,id=d,{drive}', qmp=True, serial=False) as vm:
                nodes = [n['drv'] for n in vm.qmp('query-named-block-nodes')]
                self.assertCountEqual(nodes, found, drive)
        with self.assertRaisesRegex(ToolError, 'not in qcow2 format'):
            io(f'driver=qcow2,file.driver=qcow2,file.file.filename={image}', 'read 0 1k')
        self.assertIn('read 1024', io(f'driver=blkdebug,image.filename={raw}', 'read 0 1k'))
        with self.assertRaisesRegex(ToolError, "this driver is 'null-co://', not"):
            run(OURS + 'qemu-img', 'info', 'null-co:x')


class ByMonitor(BlockCase):
    """The same as nodes of the emulator, typed."""

    def test_nodes(self):
        path = Path(self.vm.path('disk'))
        path.write_bytes(bytes(1 * MIB))
        Path(self.vm.path('log')).write_bytes(b'')
        file = {'driver': 'file', 'filename': str(path)}
        nodes = [
            {'driver': 'blkdebug', 'image': file, 'align': 512, 'inject-error': [
                {'event': 'none', 'iotype': 'read', 'errno': 5, 'once': True, 'delay-ns': 1000}],
             'set-state': [{'event': 'flush_to_disk', 'new_state': 2}],
             'take-child-perms': ['consistent-read'], 'unshare-child-perms': ['resize']},
            {'driver': 'blklogwrites', 'file': file, 'log': {'driver': 'file', 'filename': self.vm.path('log')},
             'log-sector-size': 512, 'log-append': False, 'log-super-update-interval': 10},
            {'driver': 'blkverify', 'raw': file, 'test': {'driver': 'null-co', 'size': MIB}},
            {'driver': 'preallocate', 'file': file, 'prealloc-align': 1 * MIB, 'prealloc-size': 2 * MIB},
        ]
        for node in nodes:
            self.add(**{'node-name': 'n'}, **node)
            self.qmp('blockdev-del', **{'node-name': 'n'})


if __name__ == '__main__':
    rhea.main()
