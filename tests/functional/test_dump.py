#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Dumps of a guest's memory: all formats hold the same bytes, and tools can read them."""

import os
import pathlib
import re
import shutil
import socket
import struct
import subprocess
import tempfile
import unittest
import zlib

import rhea

PAGE = 4096
NT_PRSTATUS = 1


class Elf:
    """The parts of a core file."""

    def __init__(self, path):
        self.data = pathlib.Path(path).read_bytes()
        (self.ident, self.type, self.machine, _, _, phoff, _, _, _, phentsize,
         phnum) = struct.unpack_from('<16sHHIQQQIHHH', self.data)
        self.loads, self.notes = [], []
        for i in range(phnum):
            kind, _, offset, virt, phys, size, memsize, _ = struct.unpack_from(
                '<IIQQQQQQ', self.data, phoff + i * phentsize)
            assert size == memsize and offset + size <= len(self.data)
            if kind == 4:
                self.notes = list(notes(self.data[offset:offset + size]))
            else:
                assert kind == 1
                self.loads.append((phys, virt, offset, size))

    def memory(self, phys, size):
        for start, _, offset, length in self.loads:
            if start <= phys and phys + size <= start + length:
                return self.data[offset + phys - start:offset + phys - start + size]
        raise AssertionError(f'{phys:#x} is not in the dump')


def notes(data):
    at = 0
    while at < len(data):
        namesize, size, kind = struct.unpack_from('<III', data, at)
        name = data[at + 12:at + 12 + namesize - 1].decode()
        at += 12 + (namesize + 3) // 4 * 4
        yield name, kind, data[at:at + size]
        at += (size + 3) // 4 * 4
    assert at == len(data)


def unflatten(data):
    """The file that a stream of makedumpfile becomes."""
    assert struct.unpack_from('>16sqq', data) == (b'makedumpfile'.ljust(16, b'\0'), 1, 1)
    out, at = bytearray(), 4096
    while True:
        offset, size = struct.unpack_from('>qq', data, at)
        at += 16
        if offset == -1:
            assert size == -1 and at == len(data)
            return bytes(out)
        out.extend(bytes(max(0, offset + size - len(out))))
        out[offset:offset + size] = data[at:at + size]
        at += size


class Kdump:
    """A compressed dump; pages by number."""

    def __init__(self, data, unpack):
        self.data, self.unpack = data, unpack
        assert data[:8] == b'KDUMP   '
        block, subsize, bitmaps = struct.unpack_from('<iiI', data, 428)
        assert block == PAGE
        sub = struct.unpack_from('<QiiQQQQQQQQQQQ', data, PAGE)
        self.phys_base = sub[0]
        self.vmcoreinfo = data[sub[5]:sub[5] + sub[6]]
        self.notes = list(notes(data[sub[7]:sub[7] + sub[8]]))
        start = (1 + subsize) * PAGE
        half = bitmaps * PAGE // 2
        bits = data[start + half:start + 2 * half]
        assert bits == data[start:start + half]
        self.pfns = [pfn for pfn in range(8 * half) if bits[pfn >> 3] >> (pfn & 7) & 1]
        assert self.pfns[-1] < sub[13]
        self.index = {pfn: i for i, pfn in enumerate(self.pfns)}
        self.descs = start + 2 * half

    def page(self, pfn):
        offset, size, flags, _ = struct.unpack_from('<qIIQ', self.data,
                                                    self.descs + 24 * self.index[pfn])
        data = self.data[offset:offset + size]
        return self.unpack(data) if flags else data


def unpack_snappy(data):
    """The raw format of Snappy: its length, then literals and copies."""
    at = shift = length = 0
    while True:
        length |= (data[at] & 0x7f) << shift
        shift += 7
        at += 1
        if data[at - 1] < 0x80:
            break
    out = bytearray()
    while at < len(data):
        tag = data[at]
        kind, n = tag & 3, tag >> 2
        at += 1
        if kind == 0:
            if n >= 60:
                extra = n - 59
                n = int.from_bytes(data[at:at + extra], 'little')
                at += extra
            out += data[at:at + n + 1]
            at += n + 1
            continue
        if kind == 1:
            n, back = (n & 7) + 4, (tag >> 5 << 8) | data[at]
            at += 1
        else:
            size = 2 * (kind - 1)
            n, back = n + 1, int.from_bytes(data[at:at + size], 'little')
            at += size
        for _ in range(n):
            out.append(out[-back])
    assert len(out) == length
    return bytes(out)


class Dump(unittest.TestCase):
    def setUp(self):
        self.vm = rhea.Machine('-machine', 'pc,graphics=off', '-m', '16', '-smp', '2', '-device',
                               'vmcoreinfo', qmp=True)
        self.addCleanup(self.vm.close)
        self.path = self.vm.path('dump')

    def dump(self, **arguments):
        self.assertEqual(self.vm.qmp('dump-guest-memory', protocol=f'file:{self.path}',
                                     paging=arguments.pop('paging', False), **arguments), {})
        return self.path

    def pause(self):
        self.vm.wait_for('No bootable device')
        self.vm.qmp('stop')

    def guest_memory(self, start, size):
        path = self.vm.path('memory')
        self.vm.qmp('pmemsave', val=start, size=size, filename=path)
        return pathlib.Path(path).read_bytes()

    def test_elf(self):
        self.vm.wait_for('No bootable device')
        elf = Elf(self.dump())
        result = self.vm.wait_event('DUMP_COMPLETED')['data']['result']
        self.vm.wait_event('RESUME')
        self.assertEqual(result, self.vm.qmp('query-dump'))
        self.assertEqual(result['status'], 'completed')
        self.assertEqual(result['completed'], result['total'])
        self.assertEqual(sum(load[3] for load in elf.loads), result['total'])
        self.assertEqual((elf.ident[4], elf.type, elf.machine), (2, 4, 3))
        self.vm.qmp('stop')
        elf = Elf(self.dump())
        for start, _, _, size in elf.loads:
            self.assertEqual(elf.memory(start, size), self.guest_memory(start, size))
        kinds = [(name, kind, len(desc)) for name, kind, desc in elf.notes]
        self.assertEqual(kinds, [('CORE', NT_PRSTATUS, 144)] * 2 + [('QEMU', 0, 440)] * 2)
        state = elf.notes[2][2]
        registers = self.vm.qmp('human-monitor-command', **{'command-line': 'info registers'})
        for name, offset in (('EAX', 8), ('EBX', 16), ('ESP', 56), ('EBP', 64), ('EIP', 136)):
            value = int(re.search(name + r'\s*=([0-9a-f]+)', registers).group(1), 16)
            self.assertEqual(struct.unpack_from('<Q', state, offset)[0], value, name)
        self.assertEqual(elf.memory(0xffff0, 1), b'\xea')
        self.assertEqual(self.vm.qmp('query-status')['status'], 'paused')

    def test_range(self):
        self.pause()
        elf = Elf(self.dump(begin=0x1234, length=0x5000))
        self.assertEqual([(load[0], load[3]) for load in elf.loads], [(0x1234, 0x5000)])
        self.assertEqual(elf.memory(0x1234, 0x5000), self.guest_memory(0x1234, 0x5000))

    def check_kdump(self, format, raw):
        whole = Elf(self.dump())
        data = pathlib.Path(self.dump(format=format)).read_bytes()
        unpack = {'zlib': zlib.decompress, 'snappy': unpack_snappy}[format.rsplit('-', 1)[1]]
        kdump = Kdump(data if raw else unflatten(data), unpack)
        self.assertEqual(len(kdump.pfns) * PAGE, sum(load[3] for load in whole.loads))
        self.assertEqual(kdump.notes, whole.notes)
        for pfn in kdump.pfns:
            self.assertEqual(kdump.page(pfn), whole.memory(pfn * PAGE, PAGE), hex(pfn))

    def test_kdump(self):
        self.pause()
        formats = self.vm.qmp('query-dump-guest-memory-capability')['formats']
        self.assertIn('kdump-raw-zlib', formats)
        for format in formats:
            if format.endswith(('zlib', 'snappy')):
                self.check_kdump(format, 'raw' in format)
            elif format not in ('elf', 'win-dmp'):
                self.dump(format=format)

    def test_detached(self):
        self.vm.wait_for('No bootable device')
        self.dump(detach=True)
        self.assertNotIn('error', self.vm.wait_event('DUMP_COMPLETED')['data'])
        self.vm.wait_event('RESUME')
        self.assertEqual(self.vm.qmp('human-monitor-command', **{'command-line': 'info dump'}),
                         'Status: completed\r\n')
        Elf(self.path)

    def test_given_up(self):
        """A reader that does not read holds the dump up, but not the end of the machine."""
        for leave in (True, False):
            read_end, write_end = os.pipe()
            with rhea.Machine('-m', '16', '-S', '-add-fd', f'set=1,fd={write_end}', qmp=True,
                              pass_fds=(write_end,)) as vm:
                os.close(write_end)
                vm.qmp('dump-guest-memory', paging=False, detach=True,
                       protocol='file:/dev/fdset/1')
                self.assertEqual(vm.qmp('query-dump')['status'], 'active')
                self.assertIn('already', vm.qmp_raw('dump-guest-memory', paging=False,
                                                    protocol='file:/x')['error']['desc'])
                self.assertIn('dump', vm.qmp_raw('migrate', uri='file:/x')['error']['desc'])
                if leave:
                    os.close(read_end)
                    self.assertIn('error', vm.wait_event('DUMP_COMPLETED')['data'])
                    self.assertEqual(vm.qmp('query-dump')['status'], 'failed')
                vm.qmp('quit')
                self.assertEqual(vm.wait_exit(), 0)
                if not leave:
                    os.close(read_end)

    def test_refused(self):
        for arguments, words in (
                ({'protocol': 'x'}, 'file:PATH'),
                ({'protocol': 'file:/no/such/folder/x'}, '/no/such/folder/x'),
                ({'protocol': 'fd:nothing'}, 'nothing'),
                ({'begin': 0}, 'length'),
                ({'length': 1}, 'begin'),
                ({'begin': -1, 'length': 1}, 'begin=-1'),
                ({'begin': 1 << 40, 'length': 4096}, 'no memory'),
                ({'paging': True, 'format': 'kdump-zlib'}, 'elf only'),
                ({'begin': 0, 'length': 4096, 'format': 'kdump-zlib'}, 'elf only')):
            arguments = {'paging': False, 'protocol': f'file:{self.path}', **arguments}
            reply = self.vm.qmp_raw('dump-guest-memory', **arguments)
            self.assertIn(words, reply['error']['desc'])
        self.assertTrue(self.vm.qmp('query-status')['running'])
        for line, words in (('dump-guest-memory -z -l /x', 'only one'),
                            ('dump-guest-memory -R /x', '-R goes with'),
                            ('dump-guest-memory -w /x', 'vmcoreinfo'),
                            ('dump-guest-memory -w -R /x', '-R goes with'),
                            ('dump-guest-memory -w -p /x', 'elf only'),
                            ('dump-guest-memory -z -p /x', 'elf only'),
                            (f'dump-guest-memory -p {self.path} 0 4096', '')):
            said = self.vm.qmp('human-monitor-command', **{'command-line': line})
            self.assertIn(words, said)
        Elf(self.path)


class Bus:
    """Memory and ports of a machine that a test plays the guest of."""

    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(path)
        self.file = self.sock.makefile('r')

    def close(self):
        self.file.close()
        self.sock.close()

    def ask(self, line):
        self.sock.sendall(line.encode() + b'\n')
        while not (answer := self.file.readline()).startswith('OK'):
            assert answer.startswith('IRQ'), answer
        return answer.split()[1:]

    def write(self, address, data):
        self.ask(f'write {address:#x} {len(data):#x} 0x{data.hex()}')

    def read(self, address, size):
        return bytes.fromhex(self.ask(f'read {address:#x} {size:#x}')[0][2:])

    def fw_cfg(self, control, address, size):
        """One transfer between an item and memory."""
        self.write(0x8000, struct.pack('>IIQ', control, size, address))
        self.ask('outl 0x514 0')
        self.ask('outl 0x518 0x00800000')  # 0x8000, big-endian
        assert self.read(0x8000, 4) == bytes(4)

    def write_file(self, name, data):
        self.fw_cfg(0x19 << 16 | 0xa, 0x9000, 4)
        count = struct.unpack('>I', self.read(0x9000, 4))[0]
        self.fw_cfg(0x19 << 16 | 0xa, 0x9000, 4 + 64 * count)
        for i in range(count):
            entry = self.read(0x9004 + 64 * i, 64)
            if entry[8:].rstrip(b'\0').decode() == name:
                self.write(0xb000, data)
                select = struct.unpack('>H', entry[4:6])[0]
                self.fw_cfg(select << 16 | 0x18, 0xb000, len(data))
                return
        raise AssertionError(name)


class VMCoreInfo(unittest.TestCase):
    """The guest's note about itself is in the dump, unless it is none."""

    TEXT = b'OSRELEASE=1.2.3\nNUMBER(phys_base)=-16777216\n'

    def setUp(self):
        self.vm = rhea.Machine('-m', '16', '-S', '-device', 'vmcoreinfo', '-qtest',
                               'unix:' + self.path('qtest') + ',server=on,wait=off', '-qtest-log',
                               '/dev/null', qmp=True, accel='qtest')
        self.addCleanup(self.vm.close)
        self.bus = Bus(self.path('qtest'))
        self.addCleanup(self.bus.close)

    def path(self, name):
        if not hasattr(self, 'folder'):
            self.folder = tempfile.TemporaryDirectory(prefix='rhea-')
            self.addCleanup(self.folder.cleanup)
        return f'{self.folder.name}/{name}'

    def dump(self, **arguments):
        path = self.path('dump')
        self.vm.qmp('dump-guest-memory', paging=False, protocol=f'file:{path}', **arguments)
        return path

    def tell(self, address, size, format=1):
        self.bus.write_file('etc/vmcoreinfo', struct.pack('<HHIQ', 1, format, size, address))

    def test_note(self):
        note = struct.pack('<III', 11, len(self.TEXT), 0) + b'VMCOREINFO\0\0' + self.TEXT
        self.bus.write(0x10000, note)
        self.tell(0x10000, len(note))
        elf = Elf(self.dump())
        self.assertEqual(elf.notes[-1], ('VMCOREINFO', 0, self.TEXT))
        kdump = Kdump(pathlib.Path(self.dump(format='kdump-raw-zlib')).read_bytes(),
                      zlib.decompress)
        self.assertEqual(kdump.vmcoreinfo, self.TEXT)
        self.assertEqual(kdump.phys_base, 2**64 - 16777216)
        self.vm.qmp('system_reset')
        self.vm.wait_event('RESET')
        self.assertEqual(len(Elf(self.dump()).notes), 2)

    def windows_header(self, wide, runs, debugger_data):
        """What the driver of a guest would leave."""
        if wide:
            header = bytearray(b'PAGEDU64' + bytes(0x2000 - 8))
            struct.pack_into('<Q', header, 0x80, debugger_data)
            struct.pack_into('<IIQ', header, 0x88, len(runs), 0, sum(n for _, n in runs))
            for i, run in enumerate(runs):
                struct.pack_into('<QQ', header, 0x98 + 16 * i, *run)
        else:
            header = bytearray(b'PAGEDUMP' + bytes(0x1000 - 8))
            struct.pack_into('<I', header, 0x60, debugger_data)
            struct.pack_into('<II', header, 0x64, len(runs), sum(n for _, n in runs))
            for i, run in enumerate(runs):
                struct.pack_into('<II', header, 0x6c + 8 * i, *run)
        return bytes(header)

    def leave_header(self, header):
        note = struct.pack('<III', 11, len(header), 0) + b'VMCOREINFO\0\0' + header
        self.bus.write(0x200000, note)
        self.tell(0x200000, len(note))

    def leave_debugger_data(self, wide, code):
        """Debugger data, the code of the crash, one processor, whose CONTEXT crosses a page."""
        data = bytearray(0x340)
        struct.pack_into('<4sI', data, 0x10, b'KDBG', 0x340)
        struct.pack_into('<Q', data, 0x88, 0x310000)
        struct.pack_into('<Q', data, 0x218, 0x311000)
        struct.pack_into('<H', data, 0x338, 0x40)
        word = '<Q' if wide else '<I'
        self.bus.write(0x300000, bytes(data))
        self.bus.write(0x310000, b''.join(struct.pack(word, n) for n in (code, 1, 2, 3, 4)))
        self.bus.write(0x311000, struct.pack(word, 0x312000))
        self.bus.write(0x312040, struct.pack(word, 0x313f00))

    def windows_dump(self):
        return pathlib.Path(self.dump(format='win-dmp')).read_bytes()

    def check_pages(self, dump, header, runs, patched=()):
        at = header
        for page, count in runs:
            for phys in range(page * PAGE, (page + count) * PAGE, PAGE):
                if phys not in patched:
                    self.assertEqual(dump[at:at + PAGE], self.bus.read(phys, PAGE), hex(phys))
                at += PAGE
        self.assertEqual(at, len(dump))

    def test_windows_without_a_crash(self):
        runs = [(1, 0x9e), (0x100, 0x300)]
        for wide in (True, False):
            size = 0x2000 if wide else 0x1000
            self.leave_header(self.windows_header(wide, runs, 0x300000))
            self.leave_debugger_data(wide, 0)
            dump = self.windows_dump()
            self.check_pages(dump, size, runs, (0x313000, 0x314000))
            code = struct.unpack_from('<I', dump, 0x38 if wide else 0x28)[0]
            self.assertEqual(code, 0x161)
            kind, space = struct.unpack_from('<I', dump, 0xf98 if wide else 0xf88)[0], \
                struct.unpack_from('<Q', dump, 0xfa0)[0]
            self.assertEqual((kind, space), (1, len(dump)))
            # Registers: in the header, and where debuggers look for those of each processor.
            context = dump[0x348:0x348 + 0x4d0] if wide else dump[0x320:0x320 + 0x2cc]
            at = size + (0x9e + 0x213) * PAGE + 0xf00
            self.assertEqual(dump[at:at + len(context)], context)
            rip = struct.unpack_from('<Q', context, 0xf8)[0] if wide else \
                struct.unpack_from('<I', context, 0xb8)[0]
            self.assertEqual(rip, 0xfff0)
            # The guest itself did not change.
            self.assertEqual(self.bus.read(0x313f00, 64), bytes(64))

    def test_windows_after_a_crash(self):
        runs = [(1, 0x9e), (0x100, 0x300)]
        for wide in (True, False):
            self.leave_header(self.windows_header(wide, runs, 0x300000))
            self.leave_debugger_data(wide, 0xd1)
            dump = self.windows_dump()
            self.check_pages(dump, 0x2000 if wide else 0x1000, runs)
            self.assertEqual(struct.unpack_from('<I', dump, 0x38 if wide else 0x28)[0], 0xd1)
            self.assertEqual(struct.unpack_from('<4Q' if wide else '<4I', dump, 0x40 if wide else 0x2c),
                             (1, 2, 3, 4))

    def test_windows_refused(self):
        def error():
            reply = self.vm.qmp_raw('dump-guest-memory', paging=False, format='win-dmp',
                                    protocol='file:' + self.path('dump'))
            return reply['error']['desc']
        self.assertIn('vmcoreinfo', error())
        self.leave_header(self.TEXT)
        self.assertIn('vmcoreinfo', error())
        for runs in ([], [(0, 0)], [(0x1000, 1)], [(2, 4), (1, 1)], [(1 << 52, 1 << 52)],
                     [(0, 1 << 51)], [(1, 1)] * 43):
            self.leave_header(self.windows_header(True, runs, 0))
            self.assertIn('run', error(), runs)
        # Without data for debuggers it is a dump all the same.
        for at in (0x300000, 0xfffffffffffff123, 1 << 45):
            self.leave_header(self.windows_header(True, [(1, 4)], at))
            self.check_pages(self.windows_dump(), 0x2000, [(1, 4)])
        self.assertIn('no registers', self.vm.complained)

    def test_hostile(self):
        self.bus.write(0x10000, b'\xff' * 64)
        for address, size, format in ((0x10000, 64, 1), (0x10000, 0xffffffff, 1), (0, 0, 1),
                                      (1 << 50, 64, 1), (2**64 - 1, 4096, 1), (0x10000, 11, 1),
                                      (0x10000, 64, 7), (0xfffff0, 4096, 1)):
            self.tell(address, size, format)
            self.assertEqual(len(Elf(self.dump()).notes), 2)


class LinuxDump(unittest.TestCase):
    """gdb finds registers and memory of a kernel."""

    def test_linux(self):
        with rhea.Machine(*rhea.linux(memory=256, append='nokaslr'), qmp=True) as vm:
            vm.wait_for_shell()
            path = vm.path('dump')
            vm.qmp('stop')
            vm.qmp('dump-guest-memory', paging=True, protocol=f'file:{path}')
            self.assertEqual(Elf(path).machine, 62)
            if shutil.which('gdb'):
                self.check_gdb(vm, path)

    def check_gdb(self, vm, path):
        text = 0xffffffff81000000
        said = subprocess.run(['gdb', '-nx', '-batch', '-ex', f'core-file {path}', '-ex',
                               'p/x $rip', '-ex', 'p/x $rsp', '-ex', f'x/2gx {text}'],
                              capture_output=True, text=True, timeout=120).stdout
        registers = vm.qmp('human-monitor-command', **{'command-line': 'info registers'})
        for name in ('RIP', 'RSP'):
            value = int(re.search(name + r'\s*=([0-9a-f]+)', registers).group(1), 16)
            self.assertIn(hex(value), said)
        memory = vm.qmp('human-monitor-command', **{'command-line': f'x /2gx {text}'})
        for word in re.findall(r'0x[0-9a-f]{16}', memory):
            self.assertIn(word, said)


if __name__ == '__main__':
    rhea.main()
