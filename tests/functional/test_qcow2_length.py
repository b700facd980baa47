#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""How long the file of a qcow2 image is, after much of what it had is gone."""

import os
import subprocess
from pathlib import Path

import rhea
from test_img import IMG, ImgCase, img, io
from test_qcow2 import IO


class FileLength(ImgCase):
    """The file is as long as it has to be."""

    def make(self, cluster, size='3G'):
        img('create', '-q', '-f', 'qcow2', '-o', f'cluster_size={cluster}', self.path, size)

    def length(self):
        return os.path.getsize(self.path)

    def test_sequential(self):
        """What lies between ranges of refcount blocks is used."""
        self.make('4k')
        io(self.path, 'write 0 64M')
        self.assertLess(self.length(), (64 << 20) + (32 + 9 + 8) * 4096)

    def test_shrink(self):
        for cluster in ('4k', '64k'):
            self.make(cluster)
            io(self.path, 'write -P 1 0 40M', 'write 1G 40M')
            img('resize', '-q', '--shrink', self.path, '10M')
            self.assertLess(self.length(), (10 << 20) + (64 << 10) * 8, cluster)
            io(self.path, 'read -P 1 0 10M', 'write -P 2 1M 9M', 'read -P 2 1M 9M')
            img('check', '-q', self.path)
            img('resize', '-q', self.path, '2G')
            io(self.path, 'read -P 0 10M 2038M')

    def test_shrink_fails(self):
        """Blocks of counts that the table may still lead to stay what they are."""
        img('create', '-q', '-f', 'qcow2', '-o', 'cluster_size=4k,refcount_bits=64', self.path, '16M')
        io(self.path, 'write 8M 8M')
        table = int.from_bytes(Path(self.path).read_bytes()[48:56], 'big') // 512
        image = f'driver=qcow2,file.driver=blkdebug,file.align=512,file.image.driver=file,file.image.filename={self.path},' \
            f'file.inject-error.0.event=none,file.inject-error.0.iotype=write,file.inject-error.0.sector={table},' \
            'file.inject-error.0.once=on'
        # No flush before it ends.
        done = subprocess.run([IO, '-t', 'writeback', '-c', 'truncate 8M', '-c', 'write -q -P 2 0 7M', '-c', 'sigraise 9',
                               '--image-opts', image], capture_output=True, text=True, check=False, timeout=60 * rhea.SCALE)
        self.assertEqual((done.returncode, done.stdout), (-9, ''))
        done = subprocess.run([IMG, 'check', self.path], capture_output=True, text=True, check=False,
                              timeout=60 * rhea.SCALE)
        self.assertIn(done.returncode, (0, 3), done)  # Nothing but leaks.

    def test_snapshot_stays(self):
        self.make('64k')
        io(self.path, 'write -P 1 0 1M', 'write -P 2 100M 1M')
        img('snapshot', '-c', 's', self.path)
        img('resize', '-q', '--shrink', self.path, '1M')
        img('check', '-q', self.path)
        img('snapshot', '-a', 's', self.path)
        io(self.path, 'read -P 1 0 1M', 'read -P 2 100M 1M')

    def test_commit(self):
        img('create', '-q', '-f', 'qcow2', self.raw, '100M')
        for cluster in ('4k', '64k'):
            img('create', '-q', '-f', 'qcow2', '-F', 'qcow2', '-b', self.raw, '-o', f'cluster_size={cluster}', self.path)
            io(self.path, 'write -P 1 0 40M')
            img('commit', '-q', self.path)
            self.assertLessEqual(self.length(), 256 << 10)
            img('check', '-q', self.path)
            io(self.path, 'read -P 1 0 40M', 'write -P 2 3M 1M', 'read -P 2 3M 1M')


if __name__ == '__main__':
    rhea.main()
