#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Images whose headers and tables were changed: refused with a message, or read; nothing else.

Each case comes from a number: RHEA_HOSTILE_IMAGES=10000 for more of them.
"""

import os
import random
import signal
import struct
import subprocess
import tempfile
import unittest
from pathlib import Path

import rhea
from test_formats import OURS, Image, crc32c

CASES = int(os.environ.get('RHEA_HOSTILE_IMAGES', '24'))
SECONDS = int(5 * rhea.SCALE)
EXTRA_KIB = 64 * 1024
VALUES = (0, 1, 2, 7, 511, 512, 0xffff, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff)


def mend_vpc(image):
    """Checksums of the footers and of the dynamic header."""
    for at, size, field in ((0, 512, 64), (len(image) - 512, 512, 64), (512, 1024, 36)):
        block = bytearray(image[at:at + size])
        if len(block) == size:
            block[field:field + 4] = bytes(4)
            image[at + field:at + field + 4] = struct.pack('>I', ~sum(block) & 0xffffffff)


def mend_vhdx(image):
    """CRCs of both headers and region tables."""
    for at, size in ((64 << 10, 4096), (128 << 10, 4096), (192 << 10, 65536), (256 << 10, 65536)):
        block = bytearray(image[at:at + size])
        block[4:8] = bytes(4)
        image[at + 4:at + 8] = struct.pack('<I', crc32c(block))


# Format, options, size of the disk, where its tables are, what makes a change plausible.
TARGETS = [
    ('luks', (), '1M', ((0, 592),), None),
    ('vpc', (), '8M', ((0, 2048), (-512, 512)), mend_vpc),
    ('vpc', ('subformat=fixed',), '1M', ((-512, 512),), mend_vpc),
    ('vdi', (), '8M', ((0, 1024),), None),
    ('vmdk', (), '8M', ((0, 80), (512, 400), (0x2a00, 32), (0x2c00, 64), (0x3400, 32), (0x3600, 64)), None),
    ('vmdk', ('subformat=monolithicFlat',), '1M', ((0, 400),), None),
    ('vhdx', ('block_size=1M',), '8M', ((0, 8), (65536, 80), (131072, 80), (196608, 80), (262144, 80),
                                        (2 << 20, 64), (3 << 20, 192), ((3 << 20) + 65536, 64)), mend_vhdx),
    ('qcow2', (), '8M', ((0, 112), (65536, 16), (131072, 32), (196608, 16), (262144, 64)), None),
    ('qcow2', ('extended_l2=on',), '8M', ((0, 112), (65536, 16), (131072, 32), (196608, 16), (262144, 64)), None),
    ('qcow2', ('data_file=DATA',), '8M', ((0, 160), (65536, 16), (131072, 32), (196608, 16), (262144, 64)), None),
]


def qcow2_tables(image):
    """Where each kind of table is, of an image that has all of them."""
    def be(at, size=8):
        return int.from_bytes(image[at:at + size], 'big')
    found = [(0, 112), (be(48), 16), (be(be(48)), 32)]
    level1 = [be(40)]
    at = be(64)
    for _ in range(be(60, 4)):
        found.append((at, 64))
        level1.append(be(at))
        at += -(-(40 + be(at + 36, 4) + be(at + 12, 2) + be(at + 14, 2)) // 8) * 8
    for table in level1:
        found += [(table, 16), (be(table) & 0xfffffffffffe00, 128)]
    at = be(100, 4)
    while be(at, 4):
        found.append((at, 8 + min(be(at + 4, 4), 32)))
        if be(at, 4) == 0x23852875:
            directory = be(at + 24)
            found += [(directory, 48), (be(directory), 8)]
        at += 8 + -(-be(at + 4, 4) // 8) * 8
    # Compressed data.
    entries = be(level1[0]) & 0xfffffffffffe00
    found += [(be(e) & 0xffffffffffff, 64) for e in range(entries, entries + 1024, 8) if be(e) >> 62 == 1]
    return found


class Hostile(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix='rhea-')
        self.addCleanup(folder.cleanup)
        self.folder = folder.name + '/'
        signal.signal(signal.SIGALRM, self.too_long)

    @staticmethod
    def too_long(number, frame):
        raise TimeoutError

    def tool(self, *command):
        """The exit status and the peak of memory in KiB."""
        with open(self.folder + 'output', 'wb') as out:
            child = subprocess.Popen(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL)
        signal.alarm(SECONDS)
        try:
            _, status, usage = os.wait4(child.pid, 0)
        except TimeoutError:
            child.kill()
            child.wait()
            self.fail(f'{command} takes more than {SECONDS} s')
        finally:
            signal.alarm(0)
        child.returncode = os.waitstatus_to_exitcode(status)
        return child.returncode, usage.ru_maxrss

    def change(self, good, places, mend, number):
        rand = random.Random(number)
        bad = bytearray(good)
        for _ in range(rand.choice((1, 1, 2, 4))):
            start, size = rand.choice(places)
            at = start % len(bad) + rand.randrange(size)
            at = min(at, len(bad) - 1)
            kind = rand.random()
            if kind < 0.3:
                bad[at] = rand.randrange(256)
            elif kind < 0.6:
                at -= at % 4
                bad[at:at + 4] = struct.pack(rand.choice('<>') + 'I', rand.choice(VALUES))
            elif kind < 0.9:
                at -= at % 8
                bad[at:at + 8] = struct.pack(rand.choice('<>') + 'Q',
                                             rand.choice(VALUES) << rand.randrange(33))
            else:
                del bad[rand.randrange(len(bad)):]
                bad.extend(bytes(max(0, 16 - len(bad))))
        if mend and rand.random() < 0.8:
            mend(bad)
        return bad

    def hit(self, image, places, mend, commands, skip=lambda bad: False):
        """Each command in turn, on images that differ from @image in @places."""
        fmt, options = image.fmt, image.options
        good = Path(image.path).read_bytes()
        usual = [self.tool(*command)[1] for command in commands]
        for number in range(CASES):
            bad = self.change(good, places, mend, number)
            if skip(bad):
                continue
            Path(image.path).write_bytes(bad)
            for command, before in zip(commands, usual):
                status, memory = self.tool(*command)
                said = Path(self.folder + 'output').read_text(errors='replace')
                case = (fmt, options, number, command, said[-2000:])
                self.assertIn(status, (0, 1, 2, 3, 63), case)
                self.assertTrue(status == 0 or said, case)
                self.assertLess(memory - before, EXTRA_KIB, case)

    def attack(self, fmt, options, size, places, mend):
        options = tuple(o.replace('DATA', self.folder + 'data') for o in options)
        image = Image(f'{self.folder}image.{fmt}', fmt, options, size)
        image.create(OURS)
        image.io(OURS, 'write -P 1 64k 64k', 'write -P 2 700k 64k')
        commands = ((OURS + 'qemu-io', *image.secret(), '-c', 'read 0 1M', '--image-opts', image.spec()),
                    (OURS + 'qemu-img', 'info', '-f', fmt, image.path),
                    (OURS + 'qemu-img', 'check', '-f', fmt, image.path),
                    (OURS + 'qemu-io', *image.secret(), '-c', 'write 64k 256k', '-c', 'write -z 1M 1k',
                     '--image-opts', image.spec()))
        # So many iterations are slow by intention.
        self.hit(image, places, mend, commands, lambda bad: fmt == 'luks' and any(
            1 << 18 < int.from_bytes(bad[f:f + 4], 'big') <= 1 << 26 for f in (164, 212)))

    def test_formats(self):
        for target in TARGETS:
            with self.subTest(target[:2]):
                self.attack(*target)

    def test_qcow2_tables(self):
        """Snapshots, bitmaps and compressed clusters, looked at, repaired, changed."""
        for options in ((), ('compression_type=zstd', 'cluster_size=4k')):
            image = Image(f'{self.folder}image.qcow2', 'qcow2', options, '8M')
            img = (OURS + 'qemu-img',)
            image.create(OURS)
            image.io(OURS, 'write -P 1 64k 64k', 'write -P 2 700k 64k', 'write -c -P 3 2M 128k')
            for command in (('snapshot', '-c', 'one', image.path), ('bitmap', '--add', image.path, 'b')):
                self.assertEqual(self.tool(*img, *command)[0], 0)
            image.io(OURS, 'write -P 4 64k 64k', 'write -P 5 1M 64k')
            self.assertEqual(self.tool(*img, 'snapshot', '-c', 'two', image.path)[0], 0)
            io = (OURS + 'qemu-io', '-f', 'qcow2')
            self.hit(image, qcow2_tables(Path(image.path).read_bytes()), None, (
                (*img, 'snapshot', '-l', image.path),
                (*img, 'convert', '-f', 'qcow2', '-O', 'raw', '-l', 'one', image.path, self.folder + 'out'),
                (*io, '-c', 'read 0 8M', '-c', 'map', image.path),
                (*img, 'bitmap', '--clear', image.path, 'b'),
                (*img, 'snapshot', '-d', 'two', image.path),
                (*io, '-c', 'write 60k 80k', '-c', 'write -c 2M 64k', '-c', 'discard 1M 64k', image.path),
                (*img, 'check', '-r', 'all', image.path),
                (*img, 'snapshot', '-a', 'one', image.path),
                (*img, 'resize', '-f', 'qcow2', '--shrink', image.path, '1M'),
                (*img, 'check', '-r', 'all', image.path)))


if __name__ == '__main__':
    rhea.main()
