# SPDX-License-Identifier: GPL-2.0-or-later
"""Disks with an installed Debian, made once by make-debian-disk beside the guest kernels."""

import os
import shutil
import subprocess
import unittest

import rhea

IMG = os.path.join(os.path.dirname(rhea.EMULATOR), 'qemu-img')
SCRIPT = rhea.ROOT / 'tests/functional/make-debian-disk'


def disk(name, *source):
    """The disk in folder @name; with a source package what make-debian-disk says. Skips the test without it."""
    if os.geteuid() or not shutil.which('debootstrap') or not shutil.which('mke2fs'):
        raise unittest.SkipTest('make-debian-disk wants root, debootstrap and mke2fs')
    base = os.environ.get('RHEA_GUESTS') or os.path.join(os.path.dirname(rhea.EMULATOR), 'guest')
    folder = os.path.join(base, name)
    made = subprocess.run([SCRIPT, IMG, folder, *source], capture_output=True, text=True, check=False)
    if made.returncode:
        raise unittest.SkipTest(f'no disk: {made.stderr[-500:]}')
    return os.path.join(folder, 'debian.qcow2')


def overlay(path, base):
    """A new image at @path that has @base's content."""
    subprocess.run([IMG, 'create', '-q', '-f', 'qcow2', '-b', os.path.abspath(base), '-F', 'qcow2', path],
                   check=True)


def log_in(vm):
    """Waits for the shell, and has it echo nothing but what is waited for: prompt and echo."""
    vm.wait_for_shell()
    vm.type("bind 'set enable-bracketed-paste off'")
    vm.wait_for(rhea.PROMPT)
