# SPDX-License-Identifier: GPL-2.0-or-later
"""How many requests a second a virtio-blk device does when its disk costs nothing.

There is no guest: its memory is a file that is mapped here, with a ring of requests in it (virtio
1.2, chapter 2.7, by the legacy interface of 4.1.4.10), and qtest writes the device's registers.
"""

import mmap
import socket
import struct
import subprocess
import time

from common import Failed, processor_seconds

MEMORY = 64 << 20
QUEUE = 1024  # descriptors: three for a request
RING = 1 << 20
AVAIL = RING + QUEUE * 16
USED = (AVAIL + 6 + QUEUE * 2 + 4095) & ~4095
BUFFERS = 2 << 20
PORT = 0xc000
SLOT = 4
ROM, RESET = 64 << 10, 0xfff0
CLI_HLT = b'\xfa\xf4'

# Name: request type, length, requests at a time, IOThread.
PATTERNS = {
    'read 4k, 64 at a time': (0, 4096, 64, False),
    'write 4k, 64 at a time': (1, 4096, 64, False),
    'read 64k, 64 at a time': (0, 65536, 64, False),
    'read 4k, 256 at a time': (0, 4096, 256, False),
    'read 4k, 1 at a time': (0, 4096, 1, False),
    'read 4k, 64, iothread': (0, 4096, 64, True),
    'read 4k, 256, iothread': (0, 4096, 256, True),
}


class Wire:
    """Commands of qtest, each answered by a line."""

    def __init__(self, listener):
        listener.settimeout(30)
        self.socket, _ = listener.accept()
        self.left = b''

    def ask(self, text):
        self.socket.sendall(text.encode() + b'\n')
        while b'\n' not in self.left:
            more = self.socket.recv(4096)
            if not more:
                raise Failed(f'qtest ended at "{text}"')
            self.left += more
        line, self.left = self.left.split(b'\n', 1)
        if not line.startswith(b'OK'):
            raise Failed(f'{text}: {line.decode()}')


def lay_out(memory, kind, length, count):
    """The same requests again and again: only the index of what is available will change."""
    for i in range(count):
        at, head = BUFFERS + i * (length + 4096), 3 * i
        struct.pack_into('<IIQ', memory, at, kind, 0, i * length // 512)
        flags = 2 if kind == 0 else 0
        for k, (part, size, bits, after) in enumerate([(at, 16, 1, head + 1),
                                                       (at + 4096, length, 1 | flags, head + 2),
                                                       (at + 16, 1, 2, 0)]):
            struct.pack_into('<QIHH', memory, RING + (head + k) * 16, part, size, bits, after)
        memory[at + 16] = 0xff
    for i in range(QUEUE):
        struct.pack_into('<H', memory, AVAIL + 4 + i * 2, i % count * 3)
    struct.pack_into('<HH', memory, AVAIL, 1, 0)  # no interrupts
    struct.pack_into('<HH', memory, USED, 0, 0)


def start_device(wire):
    for register, value in ((0x10, PORT), (0x04, 7)):
        wire.ask(f'outl 0xcf8 {0x80000000 | SLOT << 11 | register:#x}')
        wire.ask(f'outl 0xcfc {value:#x}')
    for status in (0, 1, 3):
        wire.ask(f'outb {PORT + 18:#x} {status}')
    wire.ask(f'outl {PORT + 4:#x} 0')
    wire.ask(f'outw {PORT + 14:#x} 0')
    wire.ask(f'outl {PORT + 8:#x} {RING >> 12:#x}')
    wire.ask(f'outb {PORT + 18:#x} 7')


def keep_busy(wire, memory, count, seconds):
    done, start = 0, time.monotonic()
    end = start
    while end - start < seconds:
        done += count
        want = struct.pack('<H', done & 0xffff)
        memory[AVAIL + 2:AVAIL + 4] = want
        wire.ask(f'outw {PORT + 16:#x} 0')
        while memory[USED + 2:USED + 4] != want:
            end = time.monotonic()
            if end - start > seconds + 30:
                raise Failed('requests are not answered')
        end = time.monotonic()
    return done, done / (end - start)


def measure(emulator, pattern, work, seconds):
    """Requests a second, and the processor's microseconds for one."""
    kind, length, count, iothread = PATTERNS[pattern]
    ram, path = f'{work}/ram', f'{work}/qtest'
    thread = ['-object', 'iothread,id=t'] if iothread else []
    # The accelerator for qtest is not in every distribution's build; and in a machine that is
    # stopped IOThreads have no queues. So one that runs, and halts with its first instruction.
    argv = [emulator, '-machine', 'pc,memory-backend=m,accel=tcg', '-bios', f'{work}/halt', '-m',
            '64', '-display', 'none', '-nodefaults',
            '-object', f'memory-backend-file,id=m,size=64M,mem-path={ram},share=on',
            '-qtest', f'unix:{path}', '-qtest-log', 'none',
            '-blockdev', 'null-co,node-name=d,size=1099511627776,read-zeroes=off', *thread,
            '-device', f'virtio-blk-pci,drive=d,addr={SLOT},disable-modern=on,queue-size={QUEUE}' +
            (',iothread=t' if iothread else '')]
    with open(f'{work}/halt', 'wb') as f:
        f.write((CLI_HLT.rjust(RESET + len(CLI_HLT), b'\0')).ljust(ROM, b'\0'))
    with open(ram, 'wb') as f:
        f.truncate(MEMORY)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen()
    with listener, open(ram, 'r+b') as f, mmap.mmap(f.fileno(), MEMORY) as memory, \
            subprocess.Popen(argv, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            wire = Wire(listener)
            lay_out(memory, kind, length, count)
            start_device(wire)
            before = processor_seconds(process.pid)
            done, rate = keep_busy(wire, memory, count, seconds)
            cost = (processor_seconds(process.pid) - before) / done * 1e6
            if any(memory[BUFFERS + i * (length + 4096) + 16] for i in range(count)):
                raise Failed('requests fail')
        finally:
            process.kill()
    return rate, cost
