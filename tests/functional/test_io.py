#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""qemu-io: what it says, and its status. Words and layout are read by scripts."""

import re
import signal
import subprocess
import tempfile
import unittest
from pathlib import Path

import rhea
from test_blockdev import img

IO = str(Path(rhea.EMULATOR).parent / 'qemu-io')


class Commands(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix='rhea-')
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.path = str(self.folder / 'a.qcow2')
        img('create', '-q', '-f', 'qcow2', self.path, '4M')

    def run_io(self, *options, commands=(), text=None):
        words = [w for c in commands for w in ('-c', c)]
        return subprocess.run([IO, *options, *words], capture_output=True, text=True, input=text,
                              cwd=self.folder, timeout=60 * rhea.SCALE)

    def check(self, *commands, status=0, out='', err='', options=()):
        done = self.run_io(*options, self.path, commands=commands)
        self.assertEqual(done.returncode, status, (commands, done))
        self.assertIn(out, done.stdout)
        self.assertIn(err, done.stderr)
        return done

    def test_status(self):
        """1 if any of the commands failed, whichever way."""
        good = 'read 0 512'
        for bad, out, err in (('bogus', '', 'command "bogus" not found'),
                              ('rea 0 512', '', "did you mean 'read'?"),
                              ('help bogus', '', 'not found'),
                              ('read 0', 'read [-', 'expected 2 arguments'),
                              ('read -Z 0 512', 'read [-', "invalid option -- 'Z'"),
                              ('read x 512', 'Parsing error: non-numeric', ''),
                              ('read 0 9E', 'Parsing error: argument too large -- 9E', ''),
                              ('read -s 1 0 512', 'require -P', ''),
                              ('read -P 1 0 512', 'Pattern verification failed', ''),
                              ('read -b -P 1 0 512', 'Pattern verification failed', ''),
                              ('read -b 0 32', "32 is not a sector-aligned value for 'count'", ''),
                              ('write -b 5 512', "5 is not a sector-aligned value for 'offset'", ''),
                              ('read 8M 512', 'read failed: Input/output error', ''),
                              ('readv 8M 512', 'readv failed: Input/output error', ''),
                              ('writev 8M 512', 'writev failed: Input/output error', ''),
                              ('aio_write 8M 512', 'aio_write failed: Input/output error', ''),
                              ('aio_write -z 0 1k 1k', 'only a single length', ''),
                              ('write -s nope 0 512', '', 'nope: No such file or directory'),
                              ('write -s . 0 512', '', '.: Is a directory'),
                              ('write -s /dev/null 0 512', '', '/dev/null: file is empty'),
                              ('write -z -s nope 0 512', 'Only one of -z, -P, and -s', ''),
                              ('write -cf 0 64k', '-f and -b or -c cannot', ''),
                              ('sigraise 99', "'99' is too large to be a valid signal", ''),
                              ('sigraise -1', 'Parsing error', ''),
                              ('sleep -1', '-1 is not a valid number', ''),
                              ('truncate -m bogus 8M', '', "'bogus'"),
                              ('open a.qcow2', '', 'file open already'),
                              ('reopen -r -w', '', 'Only one -r/-w'),
                              ('reopen -r -o read-only=on', '', 'Cannot set both -r/-w'),
                              ('reopen -c none -o cache.direct=on', '', 'Cannot set both -c'),
                              ('zone_report 0 1', 'not on a zoned device', '')):
            for commands in ((bad,), (bad, good), (good, bad)):
                self.check(*commands, status=1, out=out, err=err)
        self.check('sigraise 9', status=-signal.SIGKILL)

    def test_read_only(self):
        for command in 'write 0 512', 'write -z 0 64k', 'aio_write 0 512', 'discard 0 64k', 'truncate 8M':
            self.check(command, status=1, err='qemu-io: Block node is read-only', options=['-r'])
        self.check('reopen -w', 'write 0 512', options=['-r'])
        self.check('reopen -r', 'write 0 512', status=1, err='Block node is read-only')

    def test_layout(self):
        stats = r'\d\d\.\d\d sec \([0-9.]+ (bytes|[KMG]iB)/sec and [0-9]+\.\d{4} ops/sec\)\n'
        for command, text in (('read 0 512', 'read 512/512 bytes at offset 0\n512 bytes, 1 ops; '),
                              ('write 1k 3000', 'wrote 3000/3000 bytes at offset 1024\n2.930 KiB, 1 ops; ')):
            self.assertRegex(self.check(command).stdout, '^' + re.escape(text) + stats + '$')
        self.assertRegex(self.check('read -C 0 512').stdout, r'^512,1,0:00:\d\d\.\d\d,[0-9]+\.\d{3},[0-9]+\.\d{3}\n$')
        self.assertEqual(self.check('read -q 0 512').stdout, '')
        self.check('write -q 64k 192k')
        self.assertEqual(self.check('map').stdout,
                         '256 KiB (0x40000) bytes     allocated at offset 0 bytes (0x0)\n'
                         '3.750 MiB (0x3c0000) bytes not allocated at offset 256 KiB (0x40000)\n')
        self.assertEqual(self.check('alloc 128k 8M').stdout,
                         '131072/4063232 bytes allocated at offset 128 KiB\n')
        self.check('write -q -b -P 9 1k 2k', 'read -q -b -P 9 1k 2k')
        self.check('a 1M', out='0/512 bytes allocated at offset 1 MiB')
        self.check('info', out='cluster size: 64 KiB\nvm state offset: 512 MiB\n')
        self.check('aio_read -i 0 512', out='injecting invalid read request\n')
        self.assertIn('-P BYTE', self.check('help read').stdout)

    def test_input(self):
        done = self.run_io(self.path, text='length\n\nbogus\nlength')
        self.assertEqual(done.stdout, 'qemu-io> 4 MiB\n' + 'qemu-io> ' * 3 + '4 MiB\nqemu-io> ')
        self.assertEqual(done.returncode, 1)
        done = self.run_io(self.path, text='quit\nlength\n')
        self.assertEqual((done.stdout, done.returncode), ('qemu-io> ', 0))

    def test_breakpoints_of_raw(self):
        (self.folder / 'r.raw').write_bytes(bytes(4096))
        done = self.run_io('--image-opts', 'driver=raw,file.driver=blkdebug,file.image.driver=file,'
                           'file.image.filename=r.raw', commands=(
                               'break write_aio A', 'aio_write -q 0 512', 'wait_break A', 'resume A', 'aio_flush'))
        self.assertEqual(done.stdout, "blkdebug: Suspended request 'A'\nblkdebug: Resuming request 'A'\n")
        self.assertEqual(done.returncode, 0)


if __name__ == '__main__':
    rhea.main()
