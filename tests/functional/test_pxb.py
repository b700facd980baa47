#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Root buses of expander bridges, as firmware and a Linux guest find them."""

import os
import subprocess
import tempfile
import unittest

import rhea

PCI = '/sys/bus/pci/devices'
NODES = ['-smp', '2', '-object', 'memory-backend-ram,id=m0,size=128M', '-object',
         'memory-backend-ram,id=m1,size=128M', '-numa', 'node,memdev=m0,cpus=0', '-numa',
         'node,memdev=m1,cpus=1']
DISK = ['-blockdev', 'null-co,node-name=d,read-zeroes=on,size=1048576']


class ExpanderBridge(unittest.TestCase):
    def check_linux(self, machine, options, place, node):
        """The function at @place has registers, an interrupt that comes by its pin, and a node."""
        with rhea.Machine(*rhea.linux(machine=machine, memory=256), *NODES, *DISK, *options,
                          qmp=True) as vm:
            vm.wait_for_shell()
            self.assertEqual(vm.shell(f'cat {PCI}/{place}/numa_node'), str(node))
            self.assertEqual(vm.shell('dd if=/dev/vda of=/dev/null bs=1M 2>&1 | grep -c 1+0'),
                             '2')
            self.assertEqual(vm.shell("grep -c 'IO-APIC.*virtio' /proc/interrupts"), '1')
            self.assertEqual(vm.shell('dmesg | grep -i "ACPI.*error:\\|conflict"'), '')

    def test_linux(self):
        self.check_linux('pc', ['-device', 'pxb,id=p,bus_nr=32,numa_node=1', '-device',
                                'virtio-blk-pci,bus=p,addr=3,drive=d,vectors=0'], '0000:21:03.0', 1)

    def test_linux_express(self):
        self.check_linux('q35', ['-device', 'pxb-pcie,id=other,bus_nr=32', '-device',
                                 'pxb-pcie,id=p,bus_nr=64,numa_node=1', '-device',
                                 'pcie-pci-bridge,bus=p,id=b', '-device',
                                 'virtio-blk-pci,bus=b,addr=3,drive=d,vectors=0'], '0000:41:03.0', 1)

    def test_hotplug(self):
        """Behind a root port, by the port's own registers."""
        with rhea.Machine(*rhea.linux(machine='q35'), '-device', 'pxb-pcie,id=p,bus_nr=32',
                          '-device', 'pcie-root-port,id=r,bus=p,chassis=1,slot=1', qmp=True) as vm:
            vm.wait_for_shell()
            vm.qmp('device_add', driver='virtio-rng-pci', id='d', bus='r')
            vm.shell(f'until [ -e {PCI}/0000:21:00.0/config ]; do usleep 50000; done')
            vm.qmp('device_del', id='d')
            while vm.wait_event('DEVICE_DELETED')['data'].get('device') != 'd':
                pass
            self.assertEqual(vm.shell(f'ls {PCI} | grep -c 0000:21'), '0')

    def check_boot(self, machine, *options):
        base = rhea.guest_folder('amd64') / 'disk.img'
        if not base.exists():
            self.skipTest(f'no {base}: scripts/guest/fetch makes it where mke2fs is')
        with tempfile.TemporaryDirectory(prefix='rhea-pxb-') as folder:
            disk = os.path.join(folder, 'disk.qcow2')
            tool = os.path.join(os.path.dirname(rhea.EMULATOR), 'qemu-img')
            subprocess.run([tool, 'create', '-q', '-f', 'qcow2', '-b', str(base), '-F', 'raw', disk],
                           check=True)
            with rhea.Machine('-machine', machine, '-m', '256', '-drive',
                              'driver=null-co,read-zeroes=on,size=1048576', '-blockdev',
                              f'qcow2,node-name=s,file.driver=file,file.filename={disk}',
                              *options, timeout=200) as vm:
                vm.wait_for_shell()

    def test_boot(self):
        """bootindex names the disk behind the second root bus, before one on the first."""
        self.check_boot('pc', '-device', 'pxb,id=p,bus_nr=32', '-device',
                        'virtio-blk-pci,bus=p,addr=3,drive=s,bootindex=0')

    def test_boot_express(self):
        self.check_boot('q35', '-device', 'pxb-pcie,id=p,bus_nr=32', '-device',
                        'pcie-root-port,id=r,bus=p,chassis=1,slot=1', '-device',
                        'virtio-blk-pci,bus=r,drive=s,bootindex=0')


if __name__ == '__main__':
    rhea.main()
