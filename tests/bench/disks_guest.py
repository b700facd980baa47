# SPDX-License-Identifier: GPL-2.0-or-later
"""Requests a second that a guest gets from its disk (guest-disk.c), per device and image."""

import mmap
import os
import subprocess

from common import Failed, child_of, processor_seconds

# Name: the guest's node, what is beside the drive "d".
DEVICES = {
    'virtio-blk': ('vda', ['-device', 'virtio-blk-pci,drive=d']),
    'virtio-blk iothread': ('vda', ['-object', 'iothread,id=t', '-device',
                                    'virtio-blk-pci,drive=d,iothread=t']),
    'nvme': ('nvme0n1', ['-device', 'nvme,drive=d,serial=1']),
}

# Folder's kind, name: format of the image and how the host opens it.
BACKINGS = [
    ('memory', 'raw', 'raw', 'cache=writeback'),
    ('disk', 'qcow2', 'qcow2', 'cache=writeback'),
    ('disk', 'direct', 'qcow2', 'cache=none,aio=native'),
]

# Of a boot and all patterns.
TIMEOUT = 120


def settle(image, direct):
    """Who is first shall not pay for the making of the image: all of it is on the disk, and was
    read from there once, as it will be read."""
    fd = os.open(image, os.O_RDWR)
    os.fsync(fd)
    os.close(fd)
    if direct:
        with open(os.open(image, os.O_RDONLY | os.O_DIRECT), 'rb', buffering=0) as f, \
                mmap.mmap(-1, 1 << 20) as buf:
            os.posix_fadvise(f.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            while f.readinto(buf):
                pass


def measure(emulator, kernel, initrd, image, form, how, device, accel, seconds):
    """{pattern: (requests a second, the host processor's microseconds for one)} of one boot."""
    node, options = DEVICES[device]
    argv = ['timeout', str(TIMEOUT), emulator, '-machine', 'pc', '-accel', accel, '-cpu', 'max',
            '-smp', '2', '-m', '512', '-nographic', '-no-reboot', '-kernel', kernel,
            '-initrd', initrd, '-append', 'console=ttyS0 panic=-1 quiet mitigations=off '
            'cryptomgr.notests '
            f'rhea.run=/guest-disk%20/dev/{node}%20{seconds}',
            '-drive', f'file={image},if=none,id=d,format={form},{how}', *options]
    found, said, before = {}, [], 0
    with subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors='replace') as process:
        pid = child_of(process.pid)
        for line in process.stdout:
            said.append(line)
            words = line.split()
            if words[:1] == ['disk']:
                now = processor_seconds(pid)
                if len(words) == 4:
                    rate, count = float(words[2]), int(words[3])
                    found[words[1]] = rate, (now - before) / count * 1e6
                before = now
    if process.returncode or len(found) != 8:
        raise Failed(f'{" ".join(argv)}:\n{"".join(said)[-1000:]}')
    return found
