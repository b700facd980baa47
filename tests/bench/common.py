# SPDX-License-Identifier: GPL-2.0-or-later
"""What the measurements have in common."""

import gzip
import os
import resource
import subprocess
import time


def archive(path, data):
    """A cpio archive (newc) of one executable file; the kernel unpacks it over the first one."""
    def entry(name, mode, body):
        header = (0, mode, 0, 0, 1, 0, len(body), 0, 0, 0, 0, len(name) + 1, 0)
        text = b'070701' + b''.join(b'%08x' % field for field in header) + name + b'\0'
        text += b'\0' * (-len(text) % 4)
        return text + body + b'\0' * (-len(body) % 4)
    return gzip.compress(entry(path, 0o100755, data) + entry(b'TRAILER!!!', 0, b''), 1)


def initrd_with(initrd, source, work, name, *flags):
    """The initramfs, in WORK, with a program of ours as /NAME; the program's own path, too."""
    program, out = f'{work}/{name}', f'{work}/initrd-{name}'
    subprocess.run(['gcc', '-O2', '-static', '-pthread', source, '-o', program, *flags], check=True)
    with open(initrd, 'rb') as f:
        first = f.read()
    with open(program, 'rb') as f, open(out, 'wb') as to:
        to.write(first + b'\0' * (-len(first) % 4) + archive(name.encode(), f.read()))
    return program, out


class Failed(Exception):
    """A program that was measured did not do its work."""


def timed(argv, timeout=300):
    """Wall clock and processor seconds of a program that must succeed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    # Its end is waited for by the kernel, not looked for from time to time.
    done = subprocess.run(['timeout', str(timeout), *argv], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise Failed(f'{" ".join(argv)}:\n{done.stdout.decode(errors="replace")[-500:]}')
    # It and what it waited for: nothing else of ours ends meanwhile.
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def processor_seconds(pid):
    """What a process has had of the processors up to now."""
    with open(f'/proc/{pid}/stat', encoding='ascii') as f:
        words = f.read().rsplit(')', 1)[1].split()
    return (int(words[11]) + int(words[12])) / os.sysconf('SC_CLK_TCK')


def child_of(pid):
    """The process that a process has started; it does so first of all."""
    while True:
        with open(f'/proc/{pid}/task/{pid}/children', encoding='ascii') as f:
            if words := f.read().split():
                return int(words[0])
        time.sleep(0.01)
