#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes the checksums of an option ROM good, and writes it as a C array.

usage: sign-rom.py INPUT.bin NAME OUTPUT.c
"""

import struct
import sys
from pathlib import Path


def main():
    source, name, output = sys.argv[1:]
    rom = bytearray(Path(source).read_bytes())
    if rom[:2] != b'\x55\xaa' or len(rom) != rom[2] * 512:
        sys.exit(f'{source}: not an option ROM of the length it says')
    header = struct.unpack_from('<H', rom, 0x1a)[0]
    if rom[header:header + 4] == b'$PnP':
        length = rom[header + 5] * 16
        rom[header + 9] = -sum(rom[header:header + length]) & 0xff
    rom[-1] = -sum(rom) & 0xff
    lines = [', '.join(f'0x{byte:02x}' for byte in rom[at:at + 12]) + ','
             for at in range(0, len(rom), 12)]
    Path(output).write_text(
        f'/* Generated from {name}.S. */\n#include "hw/i386/optionrom/optionrom.h"\n\n'
        f'const uint8_t {name}_rom[] = {{\n    ' + '\n    '.join(lines) + '\n};\n'
        f'const size_t {name}_rom_size = sizeof({name}_rom);\n')


if __name__ == '__main__':
    main()
