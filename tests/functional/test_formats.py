#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Image formats: what is written comes back, here and in another implementation of the tools."""

import json
import os
import random
import re
import shutil
import struct
import subprocess
import tempfile
import unittest
from pathlib import Path

import rhea

OURS = str(Path(rhea.EMULATOR).parent) + '/'
SECRET = ('--object', 'secret,id=s,data=passphrase')
MIB = 1 << 20


class ToolError(Exception):
    pass


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=60 * rhea.SCALE)
    if done.returncode or 'failed' in done.stdout:
        raise ToolError(f'{" ".join(command)}: {done.stdout} {done.stderr}')
    return done.stdout


def theirs():
    """The folder, with a slash, of another implementation of the tools."""
    found = shutil.which('qemu-img')
    if not found or not shutil.which('qemu-io'):
        raise unittest.SkipTest('no other qemu-img and qemu-io on this host')
    return str(Path(found).parent) + '/'


class Image:
    """One image of a format. @tools is the folder of the tools that handle it."""

    def __init__(self, path, fmt, options=(), size='2M'):
        self.path, self.fmt, self.options, self.size = path, fmt, options, size

    def secret(self):
        return SECRET if self.fmt == 'luks' else ()

    def spec(self):
        return f'driver={self.fmt},file.filename={self.path}' + \
            (',key-secret=s' if self.fmt == 'luks' else '')

    def create(self, tools):
        options = list(self.options) + (['key-secret=s', 'iter-time=10'] if self.fmt == 'luks' else [])
        args = [tools + 'qemu-img', 'create', '-q', *self.secret(), '-f', self.fmt,
                *(('-o', ','.join(options)) if options else ()), self.path, self.size]
        for _ in range(20):
            try:
                return run(*args)
            except ToolError as e:
                # Another tool measures its speed by the clock, and gives up where that is odd.
                if 'accurate CPU usage' not in str(e):
                    raise
        raise unittest.SkipTest('the other tool cannot measure its speed')

    def io(self, tools, *commands):
        return run(tools + 'qemu-io', *self.secret(), '--image-opts',
                   *(word for c in commands for word in ('-c', c)), self.spec())

    def check(self, tools):
        if self.fmt in ('qcow2', 'vdi', 'vhdx', 'vmdk'):
            run(tools + 'qemu-img', 'check', '-q', '-f', self.fmt, self.path)

    def info(self, tools):
        return json.loads(run(tools + 'qemu-img', 'info', '--output=json', '-f', self.fmt, self.path))

    def to_raw(self, tools, path):
        run(tools + 'qemu-img', 'convert', *self.secret(), '--image-opts', self.spec(), '-O', 'raw',
            path)
        return Path(path).read_bytes()


FORMS = [
    ('luks', ()),
    ('luks', ('cipher-mode=cbc', 'ivgen-alg=essiv', 'ivgen-hash-alg=sha256')),
    ('luks', ('cipher-mode=ecb',)),
    ('luks', ('cipher-alg=aes-128', 'hash-alg=sha512')),
    ('luks', ('cipher-alg=serpent-128', 'cipher-mode=cbc', 'ivgen-alg=plain', 'hash-alg=sha1')),
    ('luks', ('cipher-alg=twofish-256', 'hash-alg=ripemd160')),
    ('vpc', ()),
    ('vpc', ('subformat=fixed',)),
    ('vpc', ('force_size=on',)),
    ('vmdk', ()),
    ('vmdk', ('zeroed_grain=on', 'adapter_type=lsilogic')),
    ('vmdk', ('adapter_type=buslogic', 'toolsversion=9')),
    ('vmdk', ('subformat=monolithicFlat', 'adapter_type=legacyESX')),
    ('vmdk', ('subformat=twoGbMaxExtentSparse', 'compat6=on')),
    ('vmdk', ('subformat=twoGbMaxExtentFlat', 'hwversion=7')),
    ('vhdx', ()),
    ('vhdx', ('subformat=fixed', 'block_size=1M', 'log_size=2M')),
    ('vhdx', ('block_state_zero=off', 'block_size=2M')),
    ('vdi', ()),
    ('vdi', ('static=on',)),
    ('luks', ('cipher-alg=cast5-128', 'cipher-mode=cbc', 'ivgen-alg=essiv', 'ivgen-hash-alg=md5')),
]


class FormatCase(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix='rhea-')
        self.addCleanup(folder.cleanup)
        self.folder = folder.name + '/'

    def write(self, image, tools, model, rand, count):
        """Random writes, also of zeroes, in some calls of qemu-io; @model is what must be there."""
        commands = []
        for _ in range(count):
            offset = rand.randrange(len(model) // 512) * 512
            length = min(len(model) - offset, rand.choice((512, 4096, 65536, 300 * 1024)))
            if rand.random() < 0.2:
                commands.append(f'write -z {offset} {length}')
                model[offset:offset + length] = bytes(length)
            else:
                fill = rand.randrange(1, 256)
                commands.append(f'write -P {fill} {offset} {length}')
                model[offset:offset + length] = bytes([fill]) * length
        image.io(tools, *commands)

    def life(self, number, fmt, options, writers, readers):
        """Created by the first of @writers, written to by all in turn, read by all @readers."""
        image = Image(f'{self.folder}{number}.{fmt}', fmt, options)
        rand = random.Random(number)
        model = bytearray(2 * MIB)
        image.create(writers[0])
        if fmt == 'luks':
            image.io(writers[0], f'write -P 0 0 {len(model)}')
        for tools in writers:
            self.write(image, tools, model, rand, 12)
            for reader in readers:
                image.check(reader)
                data = image.to_raw(reader, self.folder + 'raw')
                self.assertTrue(data[:len(model)] == model, (fmt, options, writers, reader))
                self.assertFalse(any(data[len(model):]))


class Formats(FormatCase):
    def each(self, writers, readers):
        for number, (fmt, options) in enumerate(FORMS):
            with self.subTest(fmt=fmt, options=options):
                self.life(number, fmt, options, writers, readers)

    def test_ours(self):
        self.each((OURS,), (OURS,))

    def test_ours_as_others_see_them(self):
        self.each((OURS, theirs(), OURS), (OURS, theirs()))

    def test_others_as_we_see_them(self):
        self.each((theirs(), OURS, theirs()), (OURS, theirs()))


def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


class Vhdx(FormatCase):
    """A log that was not carried out yet, as a power failure leaves it."""
    LOG, TABLE, GUID = 1 << 20, 2 << 20, b'rhea-test-of-log'

    def entry(self, image, sequence, tail, offset, sector):
        """Sector @sector of 4 KiB comes to @offset."""
        head = struct.pack('<IIIIQII16sQQ', 0x65676f6c, 0, 8192, tail, sequence, 1, 0, self.GUID,
                           len(image), len(image))
        desc = struct.pack('<I4s8sQQ', 0x63736564, sector[-4:], sector[:8], offset, sequence)
        data = struct.pack('<II4084sI', 0x61746164, sequence >> 32, sector[8:-4], sequence & 0xffffffff)
        entry = bytearray((head + desc).ljust(4096, b'\0') + data)
        entry[4:8] = struct.pack('<I', crc32c(entry))
        return entry

    def make(self):
        """An image whose table lacks what the log has."""
        image = Image(self.folder + 'a.vhdx', 'vhdx', ('block_size=1M',))
        image.create(OURS)
        image.io(OURS, 'write -P 7 0 1M')
        data = bytearray(Path(image.path).read_bytes())
        table = bytes(data[self.TABLE:self.TABLE + 4096])
        data[self.TABLE:self.TABLE + 4096] = bytes(4096)
        entries = self.entry(data, 5, 0, self.TABLE, bytes(4096)) + self.entry(data, 6, 0, self.TABLE, table)
        data[self.LOG:self.LOG + len(entries)] = entries
        for at in (1 << 16, 2 << 16):
            header = data[at:at + 4096]
            header[4:8] = bytes(4)
            header[48:64] = self.GUID
            header[4:8] = struct.pack('<I', crc32c(header))
            data[at:at + 4096] = header
        Path(image.path).write_bytes(data)
        return image

    def test_log(self):
        image = self.make()
        with self.assertRaisesRegex(ToolError, 'replay'):
            image.info(OURS)
        image.io(OURS, 'read -P 7 0 1M')
        image.check(OURS)
        image = self.make()
        run(OURS + 'qemu-img', 'check', '-r', 'all', image.path)
        self.assertEqual(image.info(OURS)['virtual-size'], 2 * MIB)
        image = self.make()
        image.io(theirs(), 'read -P 7 0 1M')
        image.check(OURS)
        image.io(OURS, 'read -P 7 0 1M')

    def test_broken_log(self):
        good = Path(self.make().path).read_bytes()
        path, rand = self.folder + 'b.vhdx', random.Random(3)
        for _ in range(30):
            bad = bytearray(good)
            bad[self.LOG + rand.randrange(128)] ^= 1 << rand.randrange(8)
            Path(path).write_bytes(bad)
            done = subprocess.run([OURS + 'qemu-img', 'check', '-r', 'all', '-f', 'vhdx', path],
                                  capture_output=True, text=True, timeout=60 * rhea.SCALE)
            self.assertIn(done.returncode, (0, 1, 2, 3), done.stderr)


def make_cowd(path, grain=128, sectors=1 << 17):
    """An image of ESX: a directory, and no tables yet. Sizes in sectors."""
    Path(path).write_bytes(struct.pack('<4s7I', b'COWD', 1, 3, sectors, grain, 4, 1, 8).ljust(4096, b'\0'))


class LargeDisks(FormatCase):
    @staticmethod
    def peak(*command):
        """KiB of memory; the address sanitizer would keep much of what is free by then."""
        env = {**os.environ, 'ASAN_OPTIONS': os.environ.get('ASAN_OPTIONS', '') + ':quarantine_size_mb=1'}
        child = subprocess.Popen([OURS + 'qemu-img', *command], stdout=subprocess.DEVNULL, env=env)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if status:
            raise ToolError(command)
        return usage.ru_maxrss

    def test_vmdk(self):
        """Directories are not in memory as a whole; what is not stored is checked many grains at once."""
        path = self.folder + 'a.vmdk'
        most = self.peak('create', '-q', '-f', 'vmdk', path, '1M') + 64 * 1024
        for size, look in (('1000T', 'info'), ('8T', 'check')):
            self.assertLess(self.peak('create', '-q', '-f', 'vmdk', path, size), most)
            self.assertLess(self.peak(look, path), most)


class PowerFailure(FormatCase):
    """A power failure may keep what a table says, and not that the file has grown."""

    def images(self):
        for fmt, options in (('vpc', ()), ('vdi', ()), ('vhdx', ('block_size=1M',)), ('vhdx', ('block_size=32M',)),
                             ('vmdk', ()), ('vmdk', ('subformat=twoGbMaxExtentSparse',)), ('vmdk', None)):
            image = Image(f'{self.folder}a.{fmt}', fmt, options or (), '64M')
            if options is None:
                make_cowd(image.path)
            else:
                image.create(OURS)
            extent = image.path.replace('.vmdk', '-s001.vmdk')
            yield image, extent if os.path.exists(extent) else image.path

    def test_no_place_twice(self):
        for image, path in self.images():
            with self.subTest(fmt=image.fmt, options=image.options):
                length, header = os.path.getsize(path), Path(path).read_bytes()[:512]
                image.io(OURS, 'write -P 1 0 64k')
                os.truncate(path, length)
                if image.fmt == 'vdi':
                    with open(path, 'r+b') as f:
                        f.write(header)
                image.io(OURS, 'write -P 2 32M 64k', 'write -P 4 33M 64k', 'write -P 5 48M 64k', 'flush')
                image.io(OURS, 'write -P 3 0 64k')
                image.io(OURS, 'read -P 2 32M 64k', 'read -P 4 33M 64k', 'read -P 5 48M 64k', 'read -P 3 0 64k')
                image.check(OURS)

    def test_stream(self):
        """What is written once, and not all of it is there: an error, and no other data."""
        raw, image = self.folder + 'raw', Image(self.folder + 'a.vmdk', 'vmdk', ('subformat=streamOptimized',), '64M')
        Path(raw).write_bytes(bytes(range(1, 129)) * 512)
        image.create(OURS)
        length = os.path.getsize(image.path)
        for at in (0, 32 << 20):
            os.truncate(image.path, length)
            image.io(OURS, f'write -c -s {raw} {at} 64k')
        image.io(OURS, 'read 32M 64k')
        with self.assertRaises(ToolError):
            image.io(OURS, 'read 0 64k')

    def test_no_room_for_table(self):
        """A table that cannot be written takes nothing with it that is beside it."""
        path = self.folder + 'a.vmdk'
        make_cowd(path, grain=1)
        # Behind the directory: a grain, a table of 32 sectors, another grain.
        failing = 8 + 1 + 32 + 1
        with self.assertRaisesRegex(ToolError, 'write failed: No space left'):
            run(OURS + 'qemu-io', '-c', 'write -P 1 0 512', '-c', 'write -P 2 2M 512', '--image-opts',
                f'driver=vmdk,file.driver=blkdebug,file.image.driver=file,file.image.filename={path},'
                'file.inject-error.0.event=none,file.inject-error.0.iotype=write,file.inject-error.0.errno=28,'
                f'file.inject-error.0.sector={failing}')
        Image(path, 'vmdk').io(OURS, 'read -P 1 0 512')

    def test_table_before_directory(self):
        path = self.folder + 'a.vmdk'
        make_cowd(path)
        with self.assertRaisesRegex(ToolError, 'Input/output error'):
            run(OURS + 'qemu-io', '-c', 'write 0 64k', '-c', 'flush', '--image-opts',
                f'driver=vmdk,file.driver=blkdebug,file.image.driver=file,file.image.filename={path},'
                'file.inject-error.0.event=none,file.inject-error.0.iotype=flush,file.inject-error.0.errno=5')
        self.assertFalse(any(Path(path).read_bytes()[2048:4096]))
        Image(path, 'vmdk').io(OURS, 'write -P 1 0 64k', 'read -P 1 0 64k')

    def damaged(self, image, offset, entry, found):
        """What the check says of @image with @entry at @offset."""
        data = bytearray(Path(image.path).read_bytes())
        data[offset:offset + len(entry)] = entry
        Path(image.path).write_bytes(data)
        with self.assertRaisesRegex(ToolError, found):
            run(OURS + 'qemu-img', 'check', '-f', image.fmt, image.path)

    def test_check(self):
        image = Image(self.folder + 'a.vhdx', 'vhdx', ('block_size=1M',), '64M')
        image.create(OURS)
        image.io(OURS, 'write 0 64k', 'write 1M 64k')
        table = Path(image.path).read_bytes()[2 * MIB:2 * MIB + 16]
        self.damaged(image, 2 * MIB, table[8:], r'block 1 at \d+ is where another block, or a table, is')
        self.damaged(image, 2 * MIB, struct.pack('<Q', 3 * MIB | 6), 'block 0 at 3145728 is where')
        self.damaged(image, 2 * MIB, struct.pack('<Q', 64 * MIB | 6), 'block 0 is behind the end of the file')
        image = Image(self.folder + 'a.vmdk', 'vmdk', (), '64M')
        image.create(OURS)
        image.io(OURS, 'write 0 64k', 'write 64k 64k')
        data = Path(image.path).read_bytes()
        directory = int.from_bytes(data[56:64], 'little') * 512
        table = int.from_bytes(data[directory:directory + 4], 'little')
        grain = data[table * 512:table * 512 + 4]
        self.damaged(image, table * 512 + 4, grain, 'is used twice, for sector 128')
        self.damaged(image, table * 512 + 4, struct.pack('<I', 1 << 20), 'after file size, for sector 128')
        self.damaged(image, directory + 4, struct.pack('<I', table), 'is used twice, for the table at sector')
        self.damaged(image, directory, struct.pack('<I', 0xffffffff), 'table offset after file size: sector 4294967295')
        with self.assertRaisesRegex(ToolError, 'File too large'):
            image.io(OURS, 'write 63M 64k')


class Vpc(FormatCase):
    def test_failing_writes(self):
        """A place in the file that was not filled is used for the next try."""
        image = Image(self.folder + 'a.vhd', 'vpc', size='64M')
        image.create(OURS)
        with self.assertRaisesRegex(ToolError, 'No space left'):
            run(OURS + 'qemu-io', *['-c', 'write 0 4k'] * 20, '--image-opts',
                f'driver=vpc,file.driver=blkdebug,file.image.driver=file,file.image.filename={image.path},'
                'file.inject-error.0.event=none,file.inject-error.0.iotype=write,'
                'file.inject-error.0.errno=28')
        self.assertLess(os.path.getsize(image.path), 4 * MIB)
        image.io(OURS, 'write -P 1 0 4k', 'read -P 1 0 4k')


class Vmdk(FormatCase):
    def raw(self):
        """A disk, and what is in it."""
        data = bytearray(3 * MIB + 512)
        rand = random.Random(5)
        for at in (0, 70000, 1 << 20, len(data) - 1000):
            data[at:at + 1000] = rand.randbytes(1000)
        Path(self.folder + 'raw').write_bytes(data)
        return bytes(data)

    def test_stream(self):
        """Written once, compressed; by each, read by each."""
        data = self.raw()
        for writer in (OURS, theirs()):
            for more in ((), ('-c',)):
                path = self.folder + 'stream.vmdk'
                run(writer + 'qemu-img', 'convert', *more, '-O', 'vmdk', '-o', 'subformat=streamOptimized',
                    self.folder + 'raw', path)
                for reader in (OURS, theirs()):
                    image = Image(path, 'vmdk')
                    image.check(reader)
                    self.assertEqual(image.to_raw(reader, self.folder + 'back')[:len(data)], data)
                self.assertTrue(image.info(OURS)['format-specific']['data']['extents'][0]['compressed'])

    def test_backing(self):
        tools = (OURS, theirs())
        for maker in tools:
            for user in tools:
                base, top = self.folder + 'base.vmdk', self.folder + 'top.vmdk'
                run(maker + 'qemu-img', 'create', '-q', '-f', 'vmdk', base, '2M')
                Image(base, 'vmdk').io(maker, 'write -P 1 0 1M')
                run(maker + 'qemu-img', 'create', '-q', '-f', 'vmdk', '-b', base, '-F', 'vmdk', top)
                Image(top, 'vmdk').io(user, 'write -P 2 64k 1000', 'read -P 1 66536 60000', 'read -P 1 0 64k')
                for reader in tools:
                    Image(top, 'vmdk').io(reader, 'read -P 2 64k 1000', 'read -P 1 66536 900k')
        # The base is not what the top was made of any more.
        Image(base, 'vmdk').io(OURS, 'write -P 3 0 1M')
        with self.assertRaisesRegex(ToolError, 'Invalid argument'):
            Image(top, 'vmdk').io(OURS, 'read 0 4k')

    def test_commit(self):
        """The base gets what the top has, which is as before for everybody, with the base's new number."""
        for tools in (OURS, theirs()):
            base, top = self.folder + 'base.vmdk', self.folder + 'top.vmdk'
            run(OURS + 'qemu-img', 'create', '-q', '-f', 'vmdk', base, '2M')
            run(OURS + 'qemu-img', 'create', '-q', '-f', 'vmdk', '-b', base, '-F', 'vmdk', top)
            Image(top, 'vmdk').io(OURS, 'write -P 2 64k 64k')
            self.assertEqual(run(tools + 'qemu-img', 'commit', '-f', 'vmdk', top), 'Image committed.\n')
            Image(base, 'vmdk').io(OURS, 'read -P 2 64k 64k')
            for reader in (OURS, theirs()) if tools == OURS else ():
                Image(top, 'vmdk').io(reader, 'read -P 2 64k 64k', 'read -P 0 0 64k', 'write -P 3 1M 1k')

    def test_short_cid(self):
        """The number of the content has as many digits as before: it may end the line."""
        path = self.folder + 'a.vmdk'
        for old in ('1234567', '1', 'f', '0'):
            Path(self.folder + 'data').write_bytes(bytes(MIB))
            Path(path).write_text(f'# Disk DescriptorFile\nversion=1\nCID={old}\nparentCID=ffffffff\n'
                                  'createType="monolithicFlat"\nRW 2048 FLAT "data" 0\n')
            Image(path, 'vmdk').io(OURS, 'write -P 1 0 1M')
            Image(path, 'vmdk').io(OURS, 'read -P 1 0 1M')
            new = re.search('^CID=(.*)$', Path(path).read_text(), re.MULTILINE)[1]
            self.assertRegex(new, '^[0-9a-f]{%d}$' % len(old))
            self.assertNotEqual(new, old)

    def test_extents_elsewhere(self):
        """A descriptor does not open files that the user has not named."""
        path, data = self.folder + 'a.vmdk', self.folder + 'sub/data'
        Path(self.folder + 'sub').mkdir()
        Path(data).write_bytes(b'\1' * MIB)
        for name in (data, 'sub/data', '../x', '..', 'file:' + data):
            Path(path).write_text('# Disk DescriptorFile\nversion=1\nCID=1\nparentCID=ffffffff\n'
                                  'createType="monolithicFlat"\nRW 2048 FLAT "%s" 0\n' % name)
            with self.assertRaises(ToolError):
                run(OURS + 'qemu-io', '-f', 'vmdk', '-c', 'read 0 4k', path)
        run(OURS + 'qemu-io', '--image-opts', '-c', 'read -P 1 0 1M',
            f'driver=vmdk,file.filename={path},extents.0.driver=file,extents.0.filename={data}')

    def test_mistakes(self):
        for options, word in (('subformat=monolithicFlat,zeroed_grain=on', 'zeroed grain'),
                              ('subformat=flat', 'flat'), ('adapter_type=scsi', 'scsi'),
                              ('compat6=on,hwversion=4', 'compat6')):
            with self.assertRaisesRegex(ToolError, word):
                run(OURS + 'qemu-img', 'create', '-f', 'vmdk', '-o', options, self.folder + 'x', '1M')


class Shown(FormatCase):
    """qemu-img info."""

    def test_extents(self):
        """Files that the descriptor names need not be named."""
        for form in ('monolithicFlat', 'twoGbMaxExtentSparse', 'twoGbMaxExtentFlat', 'monolithicSparse'):
            path = self.folder + form + '.vmdk'
            run(OURS + 'qemu-img', 'create', '-q', '-f', 'vmdk', '-o', 'subformat=' + form, path, '1M')
            text = run(OURS + 'qemu-img', 'info', path)
            self.assertTrue(text.startswith(f'image: {path}\nfile format: vmdk\n'), text)
            self.assertFalse([line for line in text.splitlines() if line.endswith((' ', 'format:'))])

    def test_snapshots(self):
        path = self.folder + 'a'
        run(OURS + 'qemu-img', 'create', '-q', '-f', 'qcow2', path, '1M')
        run(OURS + 'qemu-img', 'snapshot', '-c', 's', path)
        lines = run(OURS + 'qemu-img', 'snapshot', '-l', path).splitlines()
        self.assertEqual(lines[1], 'ID        TAG               VM SIZE                DATE     VM CLOCK     ICOUNT')
        self.assertRegex(lines[2], r'^1         s                     0 B \d{4}-\d\d-\d\d [\d:]{8} 00:00:00\.000         --$')


class Luks(FormatCase):
    def make(self, *options):
        image = Image(self.folder + 'a.luks', 'luks', options)
        image.create(OURS)
        return image

    def open_with(self, image, password):
        run(OURS + 'qemu-io', '--object', f'secret,id=s,data={password}', '--image-opts', '-c',
            'read 0 1M', image.spec())

    def test_info(self):
        image = self.make('cipher-alg=aes-128', 'cipher-mode=cbc', 'ivgen-alg=essiv')
        info = image.info(OURS)
        self.assertEqual(info['virtual-size'], 2 * MIB)
        self.assertTrue(info['encrypted'])
        data = info['format-specific']['data']
        self.assertEqual((data['cipher-alg'], data['cipher-mode'], data['ivgen-alg'],
                          data['ivgen-hash-alg'], data['hash-alg'], data['detached-header']),
                         ('aes-128', 'cbc', 'essiv', 'sha256', 'sha256', False))
        self.assertEqual([slot['active'] for slot in data['slots']], [True] + 7 * [False])

    def test_resize(self):
        image = self.make()
        image.io(OURS, 'write -P 5 0 2M')
        run(OURS + 'qemu-img', 'resize', *SECRET, '-q', '--image-opts', image.spec(), '3M')
        self.assertEqual(image.info(OURS)['virtual-size'], 3 * MIB)
        run(OURS + 'qemu-img', 'resize', *SECRET, '-q', '--shrink', '--image-opts', image.spec(), '1M')
        image.io(OURS, 'read -P 5 0 1M')

    def test_key_of_half_a_sector(self):
        image = self.make('cipher-alg=serpent-192', 'cipher-mode=cbc')
        image.io(OURS, 'write -P 5 0 1M')
        image.io(OURS, 'read -P 5 0 1M')

    def test_detached_header(self):
        head, data = self.folder + 'head', self.folder + 'data'
        run(OURS + 'qemu-img', 'create', '-q', *SECRET, '-f', 'luks', '-o',
            'key-secret=s,iter-time=10,detached-header=on', head, '0')
        run(OURS + 'qemu-img', 'create', '-q', '-f', 'raw', data, '4M')
        spec = f'driver=luks,key-secret=s,file.filename={data},header.driver=file,header.filename={head}'
        io = (OURS + 'qemu-io', *SECRET, '--image-opts', spec)
        run(*io, '-c', 'write -P 7 0 4M')
        run(*io, '-c', 'read -P 7 0 4M')
        self.assertNotIn(bytes([7]) * 64, Path(data).read_bytes())

    def test_mistakes(self):
        image = self.make()
        for password in ('wrong', ''):
            with self.assertRaisesRegex(ToolError, 'Invalid password'):
                self.open_with(image, password)
        self.open_with(image, 'passphrase')
        for options, word in (('cipher-alg=des', 'des'), ('cipher-alg=aes-255', 'aes-255'),
                              ('cipher-alg=cast5-128', 'cast5-128-xts'), ('key-secret=t', "'t'"),
                              ('cipher-mode=cbc,ivgen-alg=essiv,ivgen-hash-alg=sha1', 'essiv'),
                              ('iter-time=99999999', '3600000')):
            with self.assertRaisesRegex(ToolError, word):
                run(OURS + 'qemu-img', 'create', *SECRET, '-f', 'luks', '-o',
                    'key-secret=s,iter-time=10,' + options, self.folder + 'b', '1M')
        with self.assertRaisesRegex(ToolError, 'key-secret'):
            run(OURS + 'qemu-img', 'convert', '-f', 'luks', image.path, '-O', 'raw', self.folder + 'c')

    def test_changed_headers(self):
        """Whatever the header says: refused with a message, or opened."""
        image = self.make('iter-time=10')
        good = Path(image.path).read_bytes()
        rand = random.Random(1)
        for n in range(40):
            bad = bytearray(good)
            at = rand.randrange(592) if n % 2 else rand.choice((4, 6, 104, 108, 164, 208, 212, 248, 252))
            for i in range(at, min(at + rand.choice((1, 4)), 592)):
                bad[i] = rand.choice((0, 0xff, rand.randrange(256)))
            counts = (int.from_bytes(bad[f:f + 4], 'big') for f in (164, 212))
            if any(1 << 20 < c <= 1 << 26 for c in counts):
                continue  # right, and slow
            Path(image.path).write_bytes(bad)
            done = subprocess.run([OURS + 'qemu-io', *SECRET, '--image-opts', '-c', 'read 0 64k',
                                   image.spec()], capture_output=True, text=True,
                                  timeout=60 * rhea.SCALE)
            self.assertIn(done.returncode, (0, 1), done.stderr)
            self.assertTrue(done.returncode == 0 or done.stderr)


class Foreign(FormatCase):
    """Formats without a driver are no raw disks."""

    IMAGES = {
        'qcow': b'QFI\xfb\0\0\0\1',
        'qed': b'QED\0',
        'parallels': b'WithouFreSpacExt\2\0\0\0',
        'bochs': b'Bochs Virtual HD Image'.ljust(32, b'\0') + b'Redolog',
        'cloop': b'#!/bin/sh\n#V2.0 Format\nmodprobe cloop file=$0 && mount -r -t iso9660 /dev/cloop $1\n',
        'dmg': bytes(1 << 20) + b'koly\0\0\0\4',
    }

    def test_refused(self):
        for fmt, content in self.IMAGES.items():
            path = self.folder + 'a.' + fmt
            Path(path).write_bytes(content + bytes(-len(content) % 512 or 512))
            with self.assertRaisesRegex(ToolError, f"'{path}' is an image of format '{fmt}', which is not supported"
                                        r'[^$]*-f raw, format=raw'):
                run(OURS + 'qemu-img', 'info', path)
            run(OURS + 'qemu-img', 'info', '-f', 'raw', path)
            with self.assertRaisesRegex(ToolError, f'{fmt}: there is no such image format'):
                run(OURS + 'qemu-img', 'info', '-f', fmt, path)
            with self.assertRaisesRegex(ToolError, 'not supported'):
                run(OURS + 'qemu-io', '-c', 'read 0 512', path)

    def test_not_made_by_a_guest(self):
        """A disk that was taken for raw does not become one of them."""
        path = self.folder + 'a'
        for fmt, content in self.IMAGES.items():
            Path(path).write_bytes(bytes(1 << 20))
            Path(self.folder + 'new').write_bytes(content[:512].ljust(512, b'\0'))
            done = subprocess.run([OURS + 'qemu-io', '-c', f'write -s {self.folder}new 0 512', path],
                                  capture_output=True, text=True, timeout=60 * rhea.SCALE)
            self.assertEqual(done.returncode, fmt != 'dmg', done)
        # The mark of this one is at the end, where a guest may write: only files called so have it.
        Path(path).write_bytes(self.IMAGES['dmg'].ljust((1 << 20) + 512, b'\0'))
        self.assertIn('raw', run(OURS + 'qemu-img', 'info', path))


if __name__ == '__main__':
    rhea.main()
