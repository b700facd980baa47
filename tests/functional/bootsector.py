# SPDX-License-Identifier: GPL-2.0-or-later
"""A boot sector that says something on the first serial port and ends the emulator with status 1
through isa-debug-exit (EXIT)."""

EXIT = ['-device', 'isa-debug-exit,iobase=0x501,iosize=2']


def boot_sector(message):
    """512 bytes for the start of a disk; firmware jumps to them at 0:7c00 in real mode."""
    code = bytes([
        0x31, 0xc0,              # xor ax, ax
        0x8e, 0xd8,              # mov ds, ax
        0xba, 0xf8, 0x03,        # mov dx, 0x3f8
        0xbe, 0x1b, 0x7c,        # mov si, message
        0xac,                    # next: lodsb
        0x84, 0xc0,              # test al, al
        0x74, 0x03,              # jz end
        0xee,                    # out dx, al
        0xeb, 0xf8,              # jmp next
        0xba, 0x01, 0x05,        # end: mov dx, 0x501
        0x31, 0xc0,              # xor ax, ax
        0xee,                    # out dx, al
        0xf4, 0xeb, 0xfd,        # hlt for ever
    ]) + message.encode() + b'\n\0'
    return code.ljust(510, b'\0') + b'\x55\xaa'
