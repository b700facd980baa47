#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Zoned devices of the host, by qemu-io's commands for them.

Few hosts have one: zoned-device.c is preloaded and makes one of a file, which answers as Linux
does. That a real device and the kernel's driver agree with it is not seen here.
"""

import os
import struct
import subprocess
import tempfile
import unittest

import rhea

TOOLS = os.path.dirname(rhea.EMULATOR)
IO = os.path.join(TOOLS, 'qemu-io')
MIB = 1 << 20


class Zoned(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix='rhea-')
        self.addCleanup(folder.cleanup)
        self.disk = os.path.join(folder.name, 'disk')
        with open(self.disk, 'wb') as f:
            f.truncate(16 * MIB)

    def run_program(self, *argv, zones=True, **more):
        env = {**os.environ, **more}
        if zones:
            library = os.environ.get('RHEA_ZONED_DEVICE')
            if not library:
                self.skipTest('RHEA_ZONED_DEVICE names no library')
            env.update(LD_PRELOAD=library, ZONED_DEVICE=self.disk)
        return subprocess.run(argv, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False, timeout=60 * rhea.SCALE)

    def io(self, *commands, options=('-n', '-f', 'raw'), zones=True, **more):
        """What it says, and its status."""
        result = self.run_program(IO, *options, *(word for c in commands for word in ('-c', c)), self.disk,
                                  zones=zones, **more)
        return result.stdout, result.returncode

    def zone(self, number):
        """(capacity, write pointer in the zone, condition, type), in sectors."""
        said, status = self.io(f'zone_report {number}M 1')
        self.assertEqual(status, 0, said)
        words = said.replace(',', '').replace(']', '').replace('zcond:', 'zcond ').split()
        self.assertEqual(words[::2], ['start:', 'len', 'cap', 'wptr', 'zcond', '[type:'])
        start, length, capacity, pointer, condition, kind = (int(w, 0) for w in words[1::2])
        self.assertEqual((start, length), (number * 2048, 2048))
        return capacity, pointer - start, condition, kind

    def test_not_zoned(self):
        for command, name in (('zone_report 0 1', 'report'), ('zrp 0 1', 'report'), ('zone_open 0 1M', 'open'),
                              ('zone_close 0 1M', 'close'), ('zone_finish 0 1M', 'finish'),
                              ('zone_reset 0 1M', 'reset'), ('zone_append 0 4k', 'append')):
            said, status = self.io(command, zones=False)
            self.assertEqual((said, status), (f'zone {name} failed: the image is not on a zoned device\n', 1))

    def test_report(self):
        said, status = self.io('zone_report 0 2')
        self.assertEqual(status, 0)
        self.assertEqual(said, 'start: 0x0, len 0x800, cap 0x800, wptr 0x800, zcond:0, [type: 1]\n'
                               'start: 0x800, len 0x800, cap 0x600, wptr 0x800, zcond:1, [type: 2]\n')
        # From the one that contains the byte; no more than there are.
        self.assertEqual(len(self.io('zrp 0 1G')[0].splitlines()), 16)
        self.assertEqual(self.io(f'zrp {14 * MIB + 5} 9')[0].splitlines(), self.io('zrp 14M 2')[0].splitlines())
        for bad in ('zrp 16M 1', 'zrp 0 0'):
            self.assertEqual(self.io(bad), ('zone report failed: Invalid argument\n', 1))

    def test_manage(self):
        self.assertEqual(self.io('zo 1M 2M', 'write -q 1M 64k', 'zc 1M 2M'), ('', 0))
        self.assertEqual([self.zone(1), self.zone(2)], [(1536, 128, 4, 2), (1536, 0, 1, 2)])
        self.assertEqual(self.io('zone_open 1M 1M', 'zf 2M 1M'), ('', 0))
        self.assertEqual([self.zone(1)[2], self.zone(2)[2]], [3, 14])
        self.assertEqual(self.io('zrs 1M 15M'), ('', 0))
        self.assertEqual([self.zone(1), self.zone(2)], [(1536, 0, 1, 2)] * 2)
        for bad in ('zone_reset 1M 64k', 'zone_reset 4k 1M', 'zone_reset 16M 1M', 'zone_reset 1M 0',
                    'zone_reset 9223372036854774784 9223372036854774784'):
            self.assertEqual(self.io(bad), ('zone reset failed: Invalid argument\n', 1))
        self.assertEqual(self.io('zone_finish 0 1M'), ('zone finish failed: Input/output error\n', 1))

    def test_write_in_order(self):
        said, status = self.io('write -q 1M 64k', 'write -q -P 1 1088k 64k', 'read -q -P 1 1088k 64k', 'write -q -z 1152k 4k')
        self.assertEqual((said, status), ('', 0))
        self.assertEqual(self.zone(1)[1], 264)
        said, status = self.io('write 1M 4k')
        self.assertIn('write failed: Input/output error', said)
        # The conventional zone takes anything; nothing is discarded behind the device's back.
        self.assertEqual(self.io('write -q 512k 64k', 'write -q 0 4k', 'discard -q 1M 64k')[1], 0)
        self.assertEqual(self.zone(1)[1], 264)

    def test_append(self):
        said, status = self.io('zone_append 1M 4k 8k', 'zap 1M 4k', 'write -q 1040k 4k', 'zap 1M 4k', 'zrs 1M 1M',
                               'zap 1M 4k', 'read -q -P 0xcd 1M 4k')
        self.assertEqual((said, status), (''.join(f'appended at sector {n:#x}\n' for n in
                                                  (2048, 2072, 2088, 2048)), 0))
        # Somebody else has written: what was known is wrong once, and asked for again.
        self.assertEqual(self.io('zap 1M 760k')[0], 'appended at sector 0x808\n')
        for bad, why in (('zap 1M 8k', 'Input/output error'), ('zap 1M 512k', 'No space left on device'),
                         ('zap 1032k 4k', 'Invalid argument'), ('zap 2M 1000', 'Invalid argument'),
                         ('zap 0 4k', 'Invalid argument'), ('zap 1M 2M', 'Invalid argument')):
            self.assertEqual(self.io(bad), (f'zone append failed: {why}\n', 1), bad)

    def test_dead_zones(self):
        """Nothing goes to a zone that is read-only or offline, whatever the device says of where."""
        for zone, condition, why in ((5, 13, 'Read-only file system'), (6, 15, 'Input/output error')):
            self.io('zrp 0 1')  # makes the file
            with open(self.disk + '.zones', 'r+b') as f:
                f.seek(zone * 16)
                f.write(struct.pack('<QB7x', 0, condition))
            self.assertEqual(self.zone(zone), (1536, 2048, condition, 2))
            self.assertEqual(self.io(f'zap {zone}M 4k'), (f'zone append failed: {why}\n', 1))

    def test_zones_do_not_wait(self):
        """A write to one zone goes on while one to another takes its time."""
        said, status = self.io('aio_write -q 1M 4k', 'aio_write -q 2M 4k', 'aio_flush', ZONED_MEETING='1')
        self.assertEqual((said, status), ('', 0))
        self.assertEqual([self.zone(n)[1] for n in (1, 2)], [8, 8])
        # One that touches both comes after either.
        said, status = self.io('aio_write -q 1028k 4k', 'aio_write -q 2052k 4k', 'aio_flush', 'zrs 1M 2M')
        self.assertEqual((said, status), ('', 0))

    def test_below_an_image(self):
        """It can be read below one that is written; nothing is committed to it."""
        overlay = self.disk + '.qcow2'
        img = os.path.join(TOOLS, 'qemu-img')
        self.io('write -q -P 1 1M 64k')
        file = f'json:{{"driver":"raw","file":{{"driver":"host_device","filename":"{self.disk}"}}}}'
        result = self.run_program(img, 'create', '-q', '-f', 'qcow2', '-F', 'raw', '-b', file, overlay)
        self.assertEqual((result.returncode, result.stdout), (0, ''))
        result = self.run_program(IO, '-c', 'read -q -P 1 1M 64k', '-c', 'write -q -P 2 3M 64k', overlay)
        self.assertEqual((result.returncode, result.stdout), (0, ''))
        for cache in ('writeback', 'none'):
            result = self.run_program(img, 'commit', '-t', cache, overlay)
            self.assertEqual(result.returncode, 1)
            self.assertIn('written in order', result.stdout)
        self.assertEqual(self.zone(3)[1], 0)

    def test_cache(self):
        """What the host has in memory it would write in any order."""
        said, status = self.io('length', options=('-f', 'raw'))
        self.assertEqual(status, 1)
        self.assertIn('cache.direct=on', said)
        self.assertEqual(self.io('zrp 1M 1', 'read -q 0 1M', options=('-r', '-f', 'raw'))[1], 0)
        said, status = self.io('reopen', 'zrp 15M 1')
        self.assertEqual(status, 0, said)

    def test_refused(self):
        """What would not write in order."""
        file = f'driver=host_device,filename={self.disk},cache.direct=on'
        nested = ','.join('file.' + option for option in file.split(','))
        for spec, word in ((f'driver=qcow2,{nested}', "driver 'qcow2' cannot write to it"),
                           (f'driver=throttle,throttle-group=t,{nested}', "driver 'throttle' cannot write to it"),
                           (f'driver=raw,offset=1M,{nested}', 'as a whole only')):
            result = self.run_program(IO, '--object', 'throttle-group,id=t', '--image-opts', spec, '-c', 'length')
            self.assertEqual(result.returncode, 1)
            self.assertIn(word, result.stdout)
        for device in ('virtio-blk-pci', 'ide-hd', 'nvme,serial=1', 'floppy'):
            result = self.run_program(rhea.EMULATOR, '-display', 'none', '-blockdev', f'{file},node-name=d',
                                      '-device', f'{device},drive=d')
            self.assertEqual(result.returncode, 1)
            self.assertIn('host-managed zoned device', result.stdout)


if __name__ == '__main__':
    rhea.main()
