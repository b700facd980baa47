#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest that runs a guest: KVM's SVM module on the emulated processor, and this emulator's `kvm` on it.

So both are tested by operating systems on hosts that offer no virtualization.
"""

import gzip
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

import rhea

INSIDE = '/nested'
ROMS = ('bios-256k.bin', 'bios.bin', 'bios-microvm.bin')
SCRIPT = f'''
export LD_LIBRARY_PATH={INSIDE}/lib
modprobe kvm-amd || exit
ls /dev/kvm || exit
'''
RUN = (f'{INSIDE}/emulator -L {INSIDE} -accel kvm -m 96 -nographic -no-reboot -nodefaults -serial stdio '
       f'-kernel {INSIDE}/vmlinuz -initrd {INSIDE}/initrd.gz '
       '-append "console=ttyS0 panic=-1 quiet rhea.run=nproc" ')


def archive(files):
    """An initramfs (newc, as the kernel's buffer-format.rst has it) of {path: (mode, content)}."""
    out = bytearray()
    for number, (path, (mode, data)) in enumerate([*files.items(), ('TRAILER!!!', (0, b''))]):
        name = path.encode() + b'\0'
        fields = (number + 1, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name), 0)
        out += b'070701' + b''.join(b'%08X' % field for field in fields) + name
        out += bytes(-len(out) % 4) + data
        out += bytes(-len(out) % 4)
    return bytes(out)


def libraries():
    """The loader, under the name that the emulator has for it, and the libraries by their names."""
    lines = subprocess.run(['ldd', rhea.EMULATOR], capture_output=True, text=True, check=True).stdout
    for line in lines.splitlines():
        words = line.split()
        if '=>' in words and words[2].startswith('/'):
            yield f'{INSIDE}/lib/{words[0]}', words[2]
        elif words[0].startswith('/'):
            yield words[0], words[0]


def firmware():
    folders = subprocess.run([rhea.EMULATOR, '-L', 'help'], capture_output=True, text=True,
                             check=True).stdout.split('\n')
    for name in ROMS:
        for folder in folders:
            if folder and (Path(folder) / name).exists():
                yield f'{INSIDE}/{name}', Path(folder) / name
                break


class Nested(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        guest = rhea.guest_folder('amd64')
        files = {path: (0o100755, Path(source).read_bytes())
                 for path, source in [*libraries(), *firmware(),
                                      (f'{INSIDE}/emulator', rhea.EMULATOR),
                                      (f'{INSIDE}/vmlinuz', guest / 'vmlinuz'),
                                      (f'{INSIDE}/initrd.gz', guest / 'initrd.gz')]}
        folders = {}
        for path in files:
            for parent in list(Path(path).parents)[-2::-1]:
                folders[str(parent)] = (0o40755, b'')
        cls.files = {path.lstrip('/'): what for path, what in {**folders, **files}.items()}
        cls.base = (guest / 'initrd.gz').read_bytes()

    def boot(self, cpu, *inner):
        """Boots, and in there each of @inner (options) in turn; what each says, and its status."""
        script = '#!/bin/sh' + SCRIPT
        for number, options in enumerate(inner):
            script += f'echo "begin {number}"; {RUN}{options} </dev/null; echo "end {number} $?"\n'
        files = {**self.files, 'nested/run': (0o100755, script.encode())}
        with tempfile.TemporaryDirectory() as folder:
            image = Path(folder) / 'initrd.gz'
            image.write_bytes(self.base + gzip.compress(archive(files), 1))
            options = rhea.linux(memory=1024, run=f'{INSIDE}/run')
            options[options.index('-initrd') + 1] = str(image)
            with rhea.Machine(*options, '-cpu', cpu, timeout=1200) as vm:
                vm.wait_for('Power down')
                self.assertEqual(vm.wait_exit(), 0)
                return vm.said

    def check(self, said, number, cpus):
        text = said.partition(f'begin {number}')[2].partition(f'end {number} ')
        self.assertEqual(text[2].split()[:1], ['0'], said)
        self.assertIn(str(cpus), text[0].split('\n')[-2:] + text[0].split(), said)

    def test_boards(self):
        inner = [('-machine pc -cpu host', 1), ('-machine pc -cpu host -smp 2', 2),
                 ('-machine pc,kernel-irqchip=split -cpu host', 1),
                 ('-machine pc,kernel-irqchip=off -cpu host', 1),
                 ('-machine q35 -cpu max', 1), ('-machine microvm -cpu qemu64', 1)]
        said = self.boot('max', *[options for options, _ in inner])
        for number, (options, cpus) in enumerate(inner):
            with self.subTest(options=options):
                self.check(said, number, cpus)

    def test_shadow_paging(self):
        self.check(self.boot('max,npt=off', '-machine pc -cpu host'), 0, 1)


if __name__ == '__main__':
    rhea.main()
