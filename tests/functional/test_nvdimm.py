#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Memory modules that keep what is in them, as a Linux guest uses them."""

import hashlib
import os
import struct
import tempfile
import unittest
import uuid

import rhea

SIZE = 64 << 20
LABELS = 256 << 10
DEVICES = '/sys/bus/nd/devices'


def fletcher64(data):
    low = high = 0
    for word, in struct.iter_unpack('<I', data):
        low = (low + word) & 0xffffffff
        high = (high + low) & 0xffffffff
    return high << 32 | low


def index_block(number, size, labels):
    """One of the two at the start of the labels (UEFI 2.10, 13.19.4.2); no label is in use."""
    block = bytearray(struct.pack('<16s3sBIQQQQIHHQ', b'NAMESPACE_INDEX', bytes(3), 1, 1 + number,
                                  number * size, size, (1 - number) * size, 2 * size, labels, 1, 2,
                                  0))
    block += b'\xff' * (labels // 8) + bytes([(1 << labels % 8) - 1])
    block += bytes(size - len(block))
    struct.pack_into('<Q', block, 64, fletcher64(block))
    return bytes(block)


class Nvdimm(unittest.TestCase):
    def setUp(self):
        file = tempfile.NamedTemporaryFile(prefix='nvdimm-')
        self.addCleanup(file.close)
        self.image = file.name
        os.truncate(self.image, SIZE)

    def start(self, *options, board='pc', module=',label-size=256K'):
        backend = f'memory-backend-file,id=m,mem-path={self.image},size={SIZE},share=on'
        vm = rhea.Machine(*rhea.linux(machine=f'{board},nvdimm=on', memory='256,slots=3,maxmem=1G'),
                          '-object', backend, '-device', 'nvdimm,memdev=m' + module, *options,
                          qmp=True)
        self.addCleanup(vm.close)
        vm.wait_for_shell()
        if vm.shell('ls -d /sys/bus/nd') != '/sys/bus/nd':
            raise unittest.SkipTest('the guest has no driver: fetch it again')
        return vm

    def disk_size(self, vm, name='pmem0'):
        """Of a disk that is there soon, as the guest's drivers don't wait for one another."""
        vm.shell(f'until [ -e /sys/block/{name}/size ]; do usleep 50000; done')
        return int(vm.shell(f'cat /sys/block/{name}/size')) * 512

    def check_survives(self, board):
        for end in 'first', 'second':
            vm = self.start(board=board)
            self.assertEqual(self.disk_size(vm), SIZE - LABELS)
            if end == 'first':
                self.assertEqual(vm.shell('dd if=/dev/urandom of=/tmp/x bs=1M count=1 2>&-; '
                                          'dd if=/tmp/x of=/dev/pmem0 bs=1M seek=5 conv=fsync 2>&-; '
                                          'md5sum </tmp/x > /tmp/sum; echo $?'), '0')
                self.sum = vm.shell('cat /tmp/sum').split()[0]
            else:
                self.assertEqual(vm.shell('dd if=/dev/pmem0 bs=1M skip=5 count=1 2>&- | md5sum')
                                 .split()[0], self.sum)
            # No method made the guest complain.
            self.assertEqual(vm.shell('dmesg | grep -i "ACPI.*error:"'), '')
            vm.qmp('quit')
            vm.wait_exit()
        with open(self.image, 'rb') as file:
            file.seek(5 << 20)
            self.assertEqual(hashlib.md5(file.read(1 << 20)).hexdigest(), self.sum)

    def test_survives(self):
        self.check_survives('pc')

    def test_survives_q35(self):
        self.check_survives('q35')

    def test_labels(self):
        """The guest makes a namespace, which is there the next time."""
        name = str(uuid.uuid4())
        with open(self.image, 'r+b') as file:
            file.seek(SIZE - LABELS)
            file.write(index_block(0, 256, 1022) + index_block(1, 256, 1022))
        vm = self.start()
        vm.shell(f'until [ -e {DEVICES}/namespace0.0/alt_name ]; do usleep 50000; done')
        self.assertEqual(vm.shell(f'cat {DEVICES}/nmem0/available_slots'), '1021')
        place = f'{DEVICES}/namespace0.0'
        for file, value in ('alt_name', 'rhea'), ('uuid', name), ('size', str(16 << 20)):
            self.assertEqual(vm.shell(f'echo {value} > {place}/{file}'), '')
        vm.shell('echo namespace0.0 > /sys/bus/nd/drivers/nd_pmem/bind')
        self.assertEqual(self.disk_size(vm), 16 << 20)
        vm.qmp('quit')
        vm.wait_exit()
        vm = self.start()
        self.assertEqual(self.disk_size(vm), 16 << 20)
        self.assertEqual(vm.shell(f'cat {place}/uuid {place}/size {place}/alt_name').split(),
                         [name, str(16 << 20), 'rhea'])
        vm.qmp('quit')
        vm.wait_exit()

    def test_unarmed_and_hotplug(self):
        vm = self.start(module=',unarmed=on')
        self.assertEqual(self.disk_size(vm), SIZE)
        self.assertEqual(vm.shell(f'cat {DEVICES}/nmem0/nfit/flags'), 'not_armed')
        self.assertEqual(vm.shell('cat /sys/block/pmem0/ro'), '1')
        vm.qmp('object-add', qom_type='memory-backend-ram', id='h', size=32 << 20)
        vm.qmp('device_add', driver='nvdimm', id='n', memdev='h')
        self.assertEqual(self.disk_size(vm, 'pmem1'), 32 << 20)
        first, second = vm.qmp('query-memory-devices')
        self.assertEqual((first['type'], first['data']['size']), ('nvdimm', SIZE))
        self.assertEqual((second['data']['slot'], second['data']['hotplugged']), (1, True))
        self.assertEqual(vm.shell('dmesg | grep -i "ACPI.*error:"'), '')


if __name__ == '__main__':
    rhea.main()
