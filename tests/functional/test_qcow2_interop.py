#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""qcow2 images go to and fro between these tools and those of QEMU, if it is installed.

For each row of OPTIONS, and for both directions: one makes the image and writes to it, the other
checks it, reads it, writes on, takes a snapshot, and converts it; the first one checks and reads
again. A raw file gets the same writes, and is what both are compared with.
"""

import os
import shutil
import subprocess
import tempfile
import unittest

import rhea

OURS = os.path.dirname(rhea.EMULATOR)
THEIRS = os.environ.get('QEMU_TOOLS', '/usr/bin')

OPTIONS = [
    '', 'compat=0.10', 'compat=1.1', 'lazy_refcounts=on',
    *(f'cluster_size={size}' for size in ('512', '1k', '4k', '32k', '128k', '1M', '2M')),
    *(f'refcount_bits={bits}' for bits in (1, 2, 4, 8, 32, 64)),
    'compression_type=zlib', 'compression_type=zstd', 'compression_type=zstd,cluster_size=4k',
    *(f'preallocation={mode}' for mode in ('metadata', 'falloc', 'full')),
    'cluster_size=512,refcount_bits=64', 'compat=0.10,cluster_size=512',
]
# Not all versions of these tools know them.
MAYBE = [
    'extended_l2=on', 'extended_l2=on,cluster_size=16k', 'extended_l2=on,cluster_size=2M',
    'extended_l2=on,preallocation=metadata', 'extended_l2=on,compression_type=zstd', 'extended_l2=on,data_file=DATA',
    'data_file=DATA', 'data_file=DATA,data_file_raw=on',
]
# Encrypted ones; each row is a name, and what follows "encrypt." of options of creation. Not with keys of 192 bits:
# QEMU ends by a failed assertion, since their slots are not of whole sectors.
ENCRYPTED = [
    ('luks', ()),
    *((f'cipher {alg} {mode}', (f'cipher-alg={alg}', f'cipher-mode={mode}')) for alg, mode in (
        ('aes-128', 'xts'), ('aes-256', 'cbc'), ('aes-256', 'ctr'), ('serpent-128', 'xts'), ('serpent-256', 'xts'),
        ('twofish-128', 'cbc'), ('twofish-256', 'xts'), ('cast5-128', 'cbc'))),
    *((f'ivgen {alg}', ('cipher-mode=cbc', f'ivgen-alg={alg}', *more)) for alg, *more in (
        ('plain',), ('plain64',), ('essiv', 'ivgen-hash-alg=sha256'), ('essiv', 'ivgen-hash-alg=md5', 'cipher-alg=aes-128'))),
    *((f'hash {alg}', (f'hash-alg={alg}',)) for alg in ('sha1', 'sha224', 'sha384', 'sha512', 'ripemd160')),
    ('small clusters', ('cluster_size=512',)), ('large clusters', ('cluster_size=2M',)),
    ('narrow counts', ('refcount_bits=8',)), ('subclusters', ('extended_l2=on',)), ('data file', ('data_file=DATA',)),
]
PLAIN = ('cluster_size', 'refcount_bits', 'extended_l2', 'data_file')
SECRETS = ('--object', 'secret,id=one,data=first', '--object', 'secret,id=two,data=second')
SIZE = '5M'
FIRST = ['write -P 17 0 700k', 'write -P 18 1000k 300', 'write -z 100k 200k', 'write -P 19 2M 3M']
SECOND = ['write -P 33 64k 130k', 'discard 2M 2M', 'write -P 34 3M 3000', 'write -z -u 600k 50k']


def raw_io(commands, path):
    """The same to a raw file; what is discarded becomes zeroes there."""
    run(OURS, 'qemu-io', '-f', 'raw', *(w for c in commands for w in ('-c', c.replace('discard', 'write -z'))), path)


def run(tools, program, *argv, status=0):
    result = subprocess.run([os.path.join(tools, program), *argv], capture_output=True, text=True, check=False,
                            timeout=120 * rhea.SCALE, stdin=subprocess.DEVNULL)
    # qemu-io of QEMU says of a failure no more than this.
    failed = result.returncode != status or ' failed: ' in result.stdout
    if failed:
        raise AssertionError(f'{tools}/{program} {argv}: status {result.returncode}\n{result.stdout}{result.stderr}')
    return result.stdout


class Pair(unittest.TestCase):
    def setUp(self):
        try:
            version = subprocess.run([os.path.join(THEIRS, 'qemu-img'), '--version'], capture_output=True, text=True,
                                     check=False).stdout
        except OSError:
            version = ''
        if 'Rhea' in version or not version:
            self.skipTest(f"no other qemu-img in {THEIRS}: QEMU_TOOLS names the folder of QEMU's tools")
        folder = tempfile.TemporaryDirectory(prefix='rhea-interop-')
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, name):
        return os.path.join(self.folder, name)


class Interop(Pair):
    def write(self, tools, commands, image):
        run(tools, 'qemu-io', '-d', 'unmap', '-f', 'qcow2', *(w for c in commands for w in ('-c', c)), image)

    def same(self, tools, image, raw):
        run(tools, 'qemu-img', 'check', '-q', '-f', 'qcow2', image)
        run(tools, 'qemu-img', 'compare', '-q', '-f', 'qcow2', '-F', 'raw', image, raw)

    def check_pair(self, first, second, options, more=()):
        for name in os.listdir(self.folder):
            os.unlink(self.path(name))
        image, raw, copy = self.path('image'), self.path('raw'), self.path('copy')
        given = ['-o', options.replace('DATA', self.path('data'))] if options else []
        run(first, 'qemu-img', 'create', '-q', '-f', 'qcow2', *given, *more, image, SIZE)
        run(OURS, 'qemu-img', 'create', '-q', '-f', 'raw', raw, SIZE)
        self.write(first, FIRST, image)
        raw_io(FIRST, raw)
        for tools in (second, first):
            self.same(tools, image, raw)
        # Two snapshots and the disk are more than two bits can count.
        snapshots = not {'refcount_bits=1', 'refcount_bits=2'} & set(options.split(',')) and \
            'data_file' not in options
        if snapshots:
            run(first, 'qemu-img', 'snapshot', '-c', 'one', image)
            shutil.copyfile(raw, self.path('one'))
        self.write(second, SECOND, image)
        raw_io(SECOND, raw)
        for tools in (first, second):
            self.same(tools, image, raw)
        if snapshots:
            run(second, 'qemu-img', 'snapshot', '-c', 'two', image)
            self.assertIn('one', run(second, 'qemu-img', 'snapshot', '-l', image))
            run(second, 'qemu-img', 'snapshot', '-a', 'one', image)
            self.same(first, image, self.path('one'))
            run(first, 'qemu-img', 'snapshot', '-a', 'two', image)
            self.same(second, image, raw)
            run(first, 'qemu-img', 'snapshot', '-d', 'one', image)
            run(second, 'qemu-img', 'snapshot', '-d', 'two', image)
            self.same(first, image, raw)
        run(first, 'qemu-img', 'resize', '-q', '-f', 'qcow2', image, '7M')
        run(OURS, 'qemu-img', 'resize', '-q', '-f', 'raw', raw, '7M')
        self.same(second, image, raw)
        if 'data_file' not in options:
            run(first, 'qemu-img', 'convert', '-c', '-f', 'qcow2', '-O', 'qcow2', *given, image, copy) \
                if 'prealloc' not in options else \
                run(first, 'qemu-img', 'convert', '-f', 'qcow2', '-O', 'qcow2', *given, image, copy)
            self.same(second, copy, raw)
            self.write(second, FIRST, copy)
            raw_io(FIRST, raw)
            self.same(first, copy, raw)

    def check_options(self, options):
        for first, second in ((OURS, THEIRS), (THEIRS, OURS)):
            with self.subTest(options=options, first=first):
                self.check_pair(first, second, options)

    def test_options(self):
        for options in OPTIONS:
            self.check_options(options)

    def test_more_options(self):
        known = run(OURS, 'qemu-img', 'create', '-f', 'qcow2', '-o', 'help')
        for options in MAYBE:
            if options.split('=')[0] in known:
                self.check_options(options)

    def test_backing(self):
        """Chains whose images are made in turn; commit and rebase by the other one."""
        for first, second in ((OURS, THEIRS), (THEIRS, OURS)):
            base, top, raw = self.path('base'), self.path('top'), self.path('raw')
            run(first, 'qemu-img', 'create', '-q', '-f', 'qcow2', base, SIZE)
            run(OURS, 'qemu-img', 'create', '-q', '-f', 'raw', raw, SIZE)
            self.write(first, FIRST, base)
            raw_io(FIRST, raw)
            run(second, 'qemu-img', 'create', '-q', '-f', 'qcow2', '-b', base, '-F', 'qcow2', top, '6M')
            run(OURS, 'qemu-img', 'resize', '-q', '-f', 'raw', raw, '6M')
            self.write(first, SECOND, top)
            raw_io(SECOND, raw)
            self.same(second, top, raw)
            run(second, 'qemu-img', 'commit', '-q', '-f', 'qcow2', top)
            self.same(first, top, raw)
            self.same(first, base, raw)
            self.write(second, FIRST, top)
            raw_io(FIRST, raw)
            run(first, 'qemu-img', 'rebase', '-q', '-f', 'qcow2', '-b', '', top)
            os.unlink(base)
            self.same(second, top, raw)


class Encrypted(Pair):
    """Keys in slots and as qcow2 had them first; what one has encrypted, the other reads.

    Keys are derived at each opening, so it takes minutes: RHEA_INTEROP=all does it.
    """

    def setUp(self):
        if os.environ.get('RHEA_INTEROP') != 'all':
            self.skipTest('takes minutes; RHEA_INTEROP=all does it')
        super().setUp()

    @staticmethod
    def options(fmt, more):
        given = [o if o.split('=')[0] in PLAIN else 'encrypt.' + o for o in more]
        slow = ['encrypt.iter-time=10'] if fmt == 'luks' else []
        return ','.join([f'encrypt.format={fmt}', 'encrypt.key-secret=one', *slow, *given])

    def spec(self, name, secret='one'):
        return f'driver=qcow2,file.filename={self.path(name)},encrypt.key-secret={secret}'

    def img(self, tools, command, *argv):
        while True:
            try:
                return run(tools, 'qemu-img', command, *SECRETS, *argv)
            except AssertionError as failure:
                # It measures how fast it is, and gives up where its clock does not advance.
                if tools != THEIRS or 'accurate CPU usage' not in str(failure):
                    raise

    def write(self, tools, commands, name, secret='one'):
        run(tools, 'qemu-io', '-d', 'unmap', *SECRETS, '--image-opts', *(w for c in commands for w in ('-c', c)),
            self.spec(name, secret))

    def same(self, tools, name, raw, secret='one'):
        self.img(tools, 'check', '-q', '--image-opts', self.spec(name, secret))
        self.img(tools, 'compare', '-q', '--image-opts', self.spec(name, secret), f'driver=raw,file.filename={self.path(raw)}')

    def check_pair(self, first, second, fmt, more):
        for name in os.listdir(self.folder):
            os.unlink(self.path(name))
        options = self.options(fmt, more).replace('DATA', self.path('data'))
        self.img(first, 'create', '-q', '-f', 'qcow2', '-o', options, self.path('image'), SIZE)
        run(OURS, 'qemu-img', 'create', '-q', '-f', 'raw', self.path('raw'), SIZE)
        self.write(first, FIRST, 'image')
        raw_io(FIRST, self.path('raw'))
        for tools in (second, first):
            self.same(tools, 'image', 'raw')
        self.write(second, SECOND, 'image')
        raw_io(SECOND, self.path('raw'))
        if 'data_file' not in options:
            self.img(second, 'snapshot', '-c', 'one', '--image-opts', self.spec('image'))
            shutil.copyfile(self.path('raw'), self.path('one'))
            self.write(first, FIRST, 'image')
            raw_io(FIRST, self.path('raw'))
            self.same(second, 'image', 'raw')
            self.img(first, 'snapshot', '-a', 'one', '--image-opts', self.spec('image'))
            shutil.copyfile(self.path('one'), self.path('raw'))
        self.same(first, 'image', 'raw')
        self.img(first, 'resize', '-q', '--image-opts', self.spec('image'), '7M')
        run(OURS, 'qemu-img', 'resize', '-q', '-f', 'raw', self.path('raw'), '7M')
        self.same(second, 'image', 'raw')
        # To others and from them.
        options = options.replace(self.path('data'), self.path('data2'))
        self.img(second, 'convert', '--image-opts', self.spec('image'), '-O', 'raw', self.path('plain'))
        run(second, 'qemu-img', 'compare', '-q', '-f', 'raw', '-F', 'raw', self.path('plain'), self.path('raw'))
        self.img(second, 'convert', '-f', 'raw', '-O', 'qcow2', '-o', options, self.path('plain'), self.path('copy'))
        self.same(first, 'copy', 'raw')
        if fmt == 'luks':
            self.check_slots(first, second)

    def check_slots(self, first, second):
        """One adds a passphrase, the other takes the old one away."""
        self.img(first, 'amend', '-o', 'encrypt.state=active,encrypt.new-secret=two,encrypt.iter-time=10', '--image-opts',
                 self.spec('image'))
        self.same(second, 'image', 'raw', 'two')
        self.img(second, 'amend', '-o', 'encrypt.state=inactive,encrypt.old-secret=one', '--image-opts', self.spec('image', 'two'))
        self.same(first, 'image', 'raw', 'two')
        with self.assertRaisesRegex(AssertionError, 'Invalid password'):
            self.same(first, 'image', 'raw', 'one')

    def check_both(self, fmt, more):
        for first, second in ((OURS, THEIRS), (THEIRS, OURS)):
            with self.subTest(fmt=fmt, more=more, first=first):
                self.check_pair(first, second, fmt, more)

    def test_luks(self):
        for _, more in ENCRYPTED:
            self.check_both('luks', more)

    def test_aes(self):
        for more in ((), ('cluster_size=512',), ('refcount_bits=64',)):
            self.check_both('aes', more)


if __name__ == '__main__':
    rhea.main()
