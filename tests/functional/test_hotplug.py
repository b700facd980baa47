#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Devices that come to a booted guest, and leave it again."""

import unittest

import rhea

PCI = '/sys/bus/pci/devices'


def until(vm, condition):
    """Waits in the guest for a shell condition."""
    vm.shell(f'until {condition}; do usleep 50000; done')


class PciHotplug(unittest.TestCase):
    def test_plug_and_unplug(self):
        with rhea.Machine(*rhea.linux(), '-device', 'virtio-rng-pci,id=cold,addr=5',
                          qmp=True) as vm:
            vm.wait_for_shell()
            self.assertEqual(vm.shell(f'cat {PCI}/0000:00:05.0/vendor'), '0x1af4')

            vm.qmp('device_add', driver='virtio-rng-pci', id='warm', addr='6', **{'acpi-index': 9})
            until(vm, f'[ -e {PCI}/0000:00:06.0/config ]')
            self.assertEqual(vm.shell(f'cat {PCI}/0000:00:06.0/vendor'), '0x1af4')
            self.assertEqual(vm.shell(f'cat {PCI}/0000:00:06.0/acpi_index'), '9')

            for name, slot in ('warm', 6), ('cold', 5):
                vm.qmp('device_del', id=name)
                while vm.wait_event('DEVICE_DELETED')['data'].get('device') != name:
                    pass
                until(vm, f'[ ! -e {PCI}/0000:00:0{slot}.0 ]')

            # The same slot, with another device.
            vm.qmp('device_add', driver='pvpanic-pci', id='next', addr='6')
            until(vm, f'[ -e {PCI}/0000:00:06.0/config ]')
            self.assertEqual(vm.shell(f'cat {PCI}/0000:00:06.0/device'), '0x0011')

    def test_removed_by_reset(self):
        """What the guest was asked to let go of is gone after a reset."""
        with rhea.Machine('-machine', 'pc', '-device', 'virtio-rng-pci,id=cold', '-S', qmp=True) as vm:
            vm.qmp('device_del', id='cold')
            error = vm.qmp_raw('device_del', id='cold')['error']
            self.assertIn('already in the process of unplug', error['desc'])
            vm.qmp('system_reset')
            vm.wait_event('DEVICE_DELETED')

    def test_express_slot(self):
        with rhea.Machine(*rhea.linux(machine='q35'),
                          '-device', 'pcie-root-port,id=used,chassis=1,slot=1,addr=3',
                          '-device', 'virtio-rng-pci,id=cold,bus=used',
                          '-device', 'pcie-root-port,id=free,chassis=2,slot=2,addr=4',
                          qmp=True) as vm:
            vm.wait_for_shell()
            self.assertEqual(vm.shell(f'cat {PCI}/0000:01:00.0/vendor'), '0x1af4')
            vm.qmp('device_add', driver='virtio-rng-pci', id='warm', bus='free')
            until(vm, f'[ -e {PCI}/0000:02:00.0/config ]')
            self.assertEqual(vm.shell(f'cat {PCI}/0000:02:00.0/device'), '0x1044')

            for name, bus in ('warm', 2), ('cold', 1):
                vm.qmp('device_del', id=name)
                while vm.wait_event('DEVICE_DELETED')['data'].get('device') != name:
                    pass
                until(vm, f'[ ! -e {PCI}/0000:0{bus}:00.0 ]')

            vm.qmp('device_add', driver='virtio-rng-pci', id='again', bus='used')
            until(vm, f'[ -e {PCI}/0000:01:00.0/config ]')

    def test_express_slot_refused(self):
        with rhea.Machine('-machine', 'q35', '-S', '-device',
                          'pcie-root-port,id=fixed,hotplug=off', qmp=True, serial=False) as vm:
            error = vm.qmp_raw('device_add', driver='virtio-rng-pci', bus='fixed')['error']
            self.assertIn("'fixed'", error['desc'])
            error = vm.qmp_raw('device_add', driver='virtio-rng-pci')['error']
            self.assertIn('pcie.0', error['desc'])

    def test_refused(self):
        for options, words in (
                (['-global', 'PIIX4_PM.acpi-root-pci-hotplug=off'], 'takes no devices'),
                (['-machine', 'acpi=off'], 'takes no devices')):
            with rhea.Machine('-machine', 'pc', '-S', *options, qmp=True, serial=False) as vm:
                error = vm.qmp_raw('device_add', driver='virtio-rng-pci', id='a')['error']
                self.assertIn(words, error['desc'])


if __name__ == '__main__':
    rhea.main()
