#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Firmware boots from floppies: by letter, by boot index, of several sizes, and reads all over them."""

import os
import tempfile
import unittest
from pathlib import Path

import rhea
from bootsector import EXIT, boot_sector

# Reads cylinder 40, head 1, sector 7 to 0:8000 by INT 13h, and goes on there.
LOADER = bytes([
    0x31, 0xc0, 0x8e, 0xd8, 0x8e, 0xc0,  # xor ax, ax; mov ds, ax; mov es, ax
    0xbb, 0x00, 0x80,                    # mov bx, 0x8000
    0xb8, 0x01, 0x02,                    # mov ax, 0x0201
    0xb9, 0x07, 0x28,                    # mov cx, 40 << 8 | 7
    0xba, 0x00, 0x01,                    # mov dx, 1 << 8
    0xcd, 0x13,                          # int 0x13
    0x72, 0xfe,                          # jc itself
    0xea, 0x00, 0x80, 0x00, 0x00,        # jmp 0:0x8000
]).ljust(510, b'\0') + b'\x55\xaa'


class Floppy(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix='rhea-floppy-')
        self.addCleanup(folder.cleanup)
        self.image = os.path.join(folder.name, 'floppy')

    def check(self, *options):
        with rhea.Machine('-machine', 'pc', '-m', '64', *EXIT, *options) as vm:
            vm.wait_for('booted from floppy')
            self.assertEqual(vm.wait_exit(), 1)

    def drive(self):
        return ['-drive', f'if=floppy,file={self.image},format=raw']

    def test_boots(self):
        for size in (1440, 2880, 720, 1200, 360):
            Path(self.image).write_bytes(
                boot_sector('booted from floppy').ljust(size << 10, b'\0'))
            self.check(*self.drive())

    def test_boot_index(self):
        Path(self.image).write_bytes(boot_sector('booted from floppy').ljust(1440 << 10, b'\0'))
        self.check(*self.drive(), '-global', 'isa-fdc.bootindexA=1')

    def test_reads(self):
        """A sector far in is where it should be."""
        at = ((40 * 2 + 1) * 18 + 6) * 512
        second = boot_sector('booted from floppy')
        # Its message is 27 bytes after its start, which is here at 8000h.
        second = second[:8] + bytes([0x1b, 0x80]) + second[10:]
        image = LOADER.ljust(at, b'\0') + second
        Path(self.image).write_bytes(image.ljust(1440 << 10, b'\0'))
        self.check(*self.drive())


if __name__ == '__main__':
    rhea.main()
