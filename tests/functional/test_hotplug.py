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

    def test_behind_bridges(self):
        """A bridge, one behind it, and one that is not the first function of its slot."""
        # Firmware gives windows no more room than it is told of.
        room = ',io-reserve={0}k,mem-reserve={0}M,pref64-reserve={0}M'
        with rhea.Machine(*rhea.linux(), '-device',
                          'pci-bridge,id=outer,chassis_nr=1,addr=5' + room.format(16),
                          '-device',
                          'pci-bridge,id=inner,chassis_nr=2,bus=outer,addr=1' + room.format(4),
                          '-device', 'pvpanic-pci,addr=6.0,multifunction=on', '-device',
                          'pci-bridge,id=second,chassis_nr=3,addr=6.1' + room.format(4),
                          '-device', 'virtio-rng-pci,id=cold,bus=inner,addr=7,acpi-index=5',
                          qmp=True) as vm:
            vm.wait_for_shell()
            self.assertEqual(vm.shell(f'cat {PCI}/0000:02:07.0/acpi_index'), '5')
            for name, bus, number in ('a', 'outer', 1), ('b', 'inner', 2), ('c', 'second', 3):
                place = f'{PCI}/0000:0{number}:03.0'
                vm.qmp('device_add', driver='virtio-rng-pci', id=name, bus=bus, addr='3',
                       vectors=0, **{'acpi-index': 10 + number})
                until(vm, f'[ -e {place}/config ]')
                self.assertEqual(vm.shell(f'cat {place}/acpi_index'), str(10 + number))
                # Its registers are where the driver looks for them.
                until(vm, f'[ -e {place}/driver/0000:0{number}:03.0 ]')
            for name, place in (('a', '1:03'), ('b', '2:03'), ('c', '3:03'), ('cold', '2:07')):
                vm.qmp('device_del', id=name)
                while vm.wait_event('DEVICE_DELETED')['data'].get('device') != name:
                    pass
                until(vm, f'[ ! -e {PCI}/0000:0{place}.0 ]')
            # No AML was refused.
            self.assertEqual(vm.shell('dmesg | grep -i "ACPI.*error"'), '')

    def test_bridges_without_hotplug(self):
        """Neither ACPI nor the bridge's own controller."""
        with rhea.Machine('-machine', 'pc', '-S', '-device', 'pci-bridge,id=b,chassis_nr=1,shpc=off',
                          '-global', 'PIIX4_PM.acpi-pci-hotplug-with-bridge-support=off',
                          qmp=True, serial=False) as vm:
            error = vm.qmp_raw('device_add', driver='virtio-rng-pci', bus='b', addr='1')['error']
            self.assertIn("'b'", error['desc'])

    def test_root_without_hotplug(self):
        """The root bus of a PC keeps what it has, buses behind bridges do not."""
        with rhea.Machine('-machine', 'pc', '-S', '-device', 'pci-bridge,id=b,chassis_nr=1',
                          '-global', 'PIIX4_PM.acpi-root-pci-hotplug=off',
                          qmp=True, serial=False) as vm:
            error = vm.qmp_raw('device_add', driver='virtio-rng-pci', bus='pci.0')['error']
            self.assertIn('pci.0', error['desc'])
            vm.qmp('device_add', driver='virtio-rng-pci', bus='b', addr='1')

    def check_express_slot(self, hotplug):
        with rhea.Machine(*rhea.linux(machine='q35'), *hotplug,
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
            # Its registers are where the driver looks for them.
            until(vm, f'[ -e {PCI}/0000:01:00.0/driver/0000:01:00.0 ]')
            return vm.shell('dmesg | grep -c "pciehp: Slot #. AttnBtn"')

    def test_express_slot(self):
        self.assertEqual(self.check_express_slot([]), '0')

    def test_express_slot_native(self):
        off = ['-global', 'ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off']
        self.assertEqual(self.check_express_slot(off), '2')

    def test_behind_express_ports(self):
        """Bridges behind ports, a port that takes nothing, and one with labels."""
        room = ',io-reserve={0}k,mem-reserve={0}M,pref64-reserve={0}M'
        with rhea.Machine(*rhea.linux(machine='q35'),
                          '-device', 'pcie-root-port,id=first,chassis=1,slot=1,addr=3',
                          '-device', 'pcie-pci-bridge,id=outer,bus=first',
                          '-device', 'pci-bridge,id=inner,chassis_nr=9,bus=outer,addr=1'
                          + room.format(4),
                          '-device', 'pcie-root-port,id=fixed,chassis=2,slot=2,addr=4,hotplug=off',
                          '-device', 'virtio-rng-pci,bus=fixed,acpi-index=7',
                          '-device', 'virtio-rng-pci,addr=5,acpi-index=8',
                          qmp=True) as vm:
            vm.wait_for_shell()
            self.assertEqual(vm.shell(f'cat {PCI}/0000:04:00.0/acpi_index'), '7')
            self.assertEqual(vm.shell(f'cat {PCI}/0000:00:05.0/acpi_index'), '8')
            error = vm.qmp_raw('device_add', driver='virtio-rng-pci', bus='inner', addr='1',
                               **{'acpi-index': 8})['error']
            self.assertIn('acpi-index=8', error['desc'])
            place = f'{PCI}/0000:03:04.0'
            vm.qmp('device_add', driver='virtio-rng-pci', id='a', bus='inner', addr='4',
                   vectors=0, **{'acpi-index': 9})
            until(vm, f'[ -e {place}/driver/0000:03:04.0 ]')
            self.assertEqual(vm.shell(f'cat {place}/acpi_index'), '9')
            vm.qmp('device_del', id='a')
            vm.wait_event('DEVICE_DELETED')
            until(vm, f'[ ! -e {place} ]')
            self.assertEqual(vm.shell('dmesg | grep -i "ACPI.*error"'), '')

    def check_standard_controller(self, msi):
        """The hot-plug controller of a conventional bridge; the guest waits five seconds for a
        second thought after each press of a button."""
        with rhea.Machine(*rhea.linux(machine='q35', arch='i386'),
                          '-global', 'ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off',
                          '-device', f'pci-bridge,id=b,chassis_nr=1,addr=4,msi={msi}',
                          '-device', 'virtio-rng-pci,bus=b,addr=5,id=cold', qmp=True,
                          timeout=120) as vm:
            vm.wait_for_shell()
            place = f'{PCI}/0000:01:01.0'
            vm.qmp('device_add', driver='virtio-rng-pci', bus='b', id='warm', vectors=0)
            until(vm, f'[ -e {place}/config ]')
            self.assertEqual(vm.shell(f'cat {place}/vendor'), '0x1af4')
            for name, slot in ('warm', 1), ('cold', 5):
                vm.qmp('device_del', id=name)
                while vm.wait_event('DEVICE_DELETED')['data'].get('device') != name:
                    pass
                until(vm, f'[ ! -e {PCI}/0000:01:0{slot}.0 ]')
            self.assertRegex(vm.shell('grep shpchp /proc/interrupts'),
                             r'MSI.*edge' if msi == 'on' else r'IO-APIC.*fasteoi')

    def test_standard_controller(self):
        self.check_standard_controller('on')

    def test_standard_controller_pin(self):
        self.check_standard_controller('off')

    def test_express_slot_without_acpi(self):
        """Ports serve their slots themselves where nobody reads registers of ACPI."""
        with rhea.Machine(*rhea.linux(machine='q35,acpi=off', append='pcie_ports=native'),
                          '-device', 'pcie-root-port,id=free,chassis=2,slot=2,addr=4',
                          qmp=True) as vm:
            vm.wait_for_shell()
            vm.qmp('device_add', driver='virtio-rng-pci', id='warm', bus='free')
            until(vm, f'[ -e {PCI}/0000:01:00.0/config ]')

    def test_old_version(self):
        """Before 6.1, ports served their slots themselves."""
        for version, acpi in ('pc-q35-6.0', False), ('pc-q35-6.1', True):
            with rhea.Machine('-machine', version, '-S', qmp=True, serial=False) as vm:
                tree = vm.qmp('human-monitor-command', command_line='info qtree')
                self.assertIn('acpi-pci-hotplug-with-bridge-support = ' + str(acpi).lower(), tree)
                ports = vm.qmp('human-monitor-command', command_line='info mtree')
                self.assertEqual(acpi, '0000000000000cc0-0000000000000cd7' in ports)

    def test_bus_named_as_property(self):
        """The bus behind a bridge has the bridge's id as its name."""
        end = rhea.run('-machine', 'q35', '-display', 'none', '-device', 'pcie-root-port,id=slot')
        self.assertEqual(end.returncode, 1)
        self.assertIn('id=slot names a property', end.stderr)

    def test_numbers_of_express_slots(self):
        """Two slots with the same number in one chassis cannot be told apart."""
        with rhea.Machine('-machine', 'q35', '-S', '-device', 'pcie-root-port,id=p,chassis=1,slot=2',
                          '-device', 'pcie-root-port,id=o,chassis=2,slot=2', '-device',
                          'x3130-upstream,id=u,bus=o', qmp=True, serial=False) as vm:
            twin = {'driver': 'xio3130-downstream', 'bus': 'u', 'chassis': 1}
            error = vm.qmp_raw('device_add', slot=2, **twin)['error']
            self.assertIn("chassis=1 has a slot=2 already: device 'p'", error['desc'])
            vm.qmp('device_add', slot=3, **twin)

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


CPUS = '/sys/devices/system/cpu'


class CpuHotplug(unittest.TestCase):
    def linux(self, *options):
        return rhea.Machine(*rhea.linux(), '-smp', '1,maxcpus=4', *options, qmp=True)

    def add(self, vm, core, name, number):
        """Plugs in a CPU; Linux numbers them by itself, as they come."""
        place = next(p for p in vm.qmp('query-hotpluggable-cpus') if p['props']['core-id'] == core)
        self.assertNotIn('qom-path', place)
        vm.qmp('device_add', driver=place['type'], id=name, **place['props'])
        until(vm, f'[ -e {CPUS}/cpu{number}/online ]')
        vm.shell(f'echo 1 > {CPUS}/cpu{number}/online')
        self.assertEqual(vm.shell(f'taskset -c {number} echo here'), 'here')

    def remove(self, vm, name):
        vm.qmp('device_del', id=name)
        while vm.wait_event('DEVICE_DELETED')['data'].get('device') != name:
            pass

    def check_plug_and_unplug(self, *options):
        with self.linux(*options) as vm:
            vm.wait_for_shell()
            self.assertEqual(vm.shell('nproc'), '1')
            self.add(vm, 2, 'a', 1)
            self.add(vm, 1, 'b', 2)
            self.assertEqual(vm.shell('nproc'), '3')
            self.assertEqual(len(vm.qmp('query-cpus-fast')), 3)

            self.remove(vm, 'a')
            self.assertEqual(vm.shell('nproc'), '2')
            self.assertEqual(len(vm.qmp('query-cpus-fast')), 2)
            self.add(vm, 2, 'again', 1)
            self.assertEqual(vm.shell('nproc'), '3')

    def test_plug_and_unplug(self):
        self.check_plug_and_unplug()

    def test_q35(self):
        self.check_plug_and_unplug('-machine', 'q35')

    def test_at_start(self):
        with self.linux('-device', 'qemu64-x86_64-cpu,socket-id=0,core-id=3,thread-id=0') as vm:
            vm.wait_for_shell()
            self.assertEqual(vm.shell('nproc'), '2')

    def test_refused(self):
        with rhea.Machine('-machine', 'pc', '-smp', '1,maxcpus=4', '-S', qmp=True,
                          serial=False) as vm:
            for arguments, words in (
                    ({'driver': 'max-x86_64-cpu', 'socket-id': 0}, 'of type'),
                    ({'driver': 'qemu64-x86_64-cpu'}, 'socket-id is not set'),
                    ({'driver': 'qemu64-x86_64-cpu', 'socket-id': 1}, 'range 0:0'),
                    ({'driver': 'qemu64-x86_64-cpu', 'apic-id': 77}, 'no place with apic-id=77'),
                    ({'driver': 'qemu64-x86_64-cpu', 'apic-id': 0}, 'has a CPU already'),
                    ({'driver': 'qemu64-x86_64-cpu', 'apic-id': 3, 'core-id': 1}, 'core-id=1')):
                self.assertIn(words, vm.qmp_raw('device_add', id='x', **arguments)['error']['desc'])
            first = next(p['qom-path'] for p in vm.qmp('query-hotpluggable-cpus')
                         if 'qom-path' in p)
            self.assertIn('first CPU', vm.qmp_raw('device_del', id=first)['error']['desc'])


MEMORY = '/sys/devices/system/memory'


def mem_total(vm):
    """KiB"""
    return int(vm.shell("awk '/MemTotal/ { print $2 }' /proc/meminfo"))


class MemoryHotplug(unittest.TestCase):
    def check_plug_and_unplug(self, *options):
        with rhea.Machine(*rhea.linux(memory='512,slots=4,maxmem=2G'), *options, qmp=True) as vm:
            vm.wait_for_shell()
            before = mem_total(vm)
            vm.qmp('object-add', qom_type='memory-backend-ram', id='m', size=256 << 20)
            vm.qmp('device_add', driver='pc-dimm', id='d', memdev='m')
            module, = vm.qmp('query-memory-devices')
            self.assertEqual(module['data']['slot'], 0)
            self.assertEqual(module['data']['size'], 256 << 20)
            self.assertTrue(module['data']['hotplugged'])
            first = module['data']['addr'] >> 27
            until(vm, f'[ -e {MEMORY}/memory{first + 1}/state ]')
            for block in first, first + 1:
                vm.shell(f'grep -q online {MEMORY}/memory{block}/state || '
                         f'echo online_movable > {MEMORY}/memory{block}/state')
            self.assertGreater(mem_total(vm), before + 200 * 1024)
            self.assertEqual(vm.qmp('query-memory-size-summary')['plugged-memory'], 256 << 20)
            vm.shell('dd if=/dev/urandom of=/tmp/x bs=1M count=100 2>&- && md5sum /tmp/x && rm /tmp/x')

            vm.qmp('device_del', id='d')
            while vm.wait_event('DEVICE_DELETED')['data'].get('device') != 'd':
                pass
            self.assertEqual(vm.qmp('query-memory-devices'), [])
            vm.qmp('object-del', id='m')
            self.assertLess(mem_total(vm), before + 1024)

    def test_plug_and_unplug(self):
        self.check_plug_and_unplug()

    def test_q35(self):
        self.check_plug_and_unplug('-machine', 'q35')

    def test_refused(self):
        with rhea.Machine('-machine', 'pc', '-m', '64,slots=2,maxmem=128M', '-S',
                          '-object', 'memory-backend-ram,id=a,size=32M',
                          '-object', 'memory-backend-ram,id=b,size=64M',
                          '-object', 'memory-backend-ram,id=c,size=1M',
                          '-device', 'pc-dimm,id=first,memdev=a', qmp=True, serial=False) as vm:
            for arguments, words in (
                    ({}, 'memdev= is missing'),
                    ({'memdev': 'a'}, 'in use already'),
                    ({'memdev': 'b'}, 'not enough space'),
                    ({'memdev': 'c'}, 'multiple of 0x200000'),
                    ({'memdev': 'c', 'slot': 0}, 'slot=0 has a memory module already'),
                    ({'memdev': 'c', 'slot': 2}, 'range 0:1'),
                    ({'memdev': 'c', 'node': 1}, 'node=1')):
                error = vm.qmp_raw('device_add', driver='pc-dimm', id='x', **arguments)['error']
                self.assertIn(words, error['desc'])
        end = rhea.run('-machine', 'pc', '-display', 'none', '-object',
                       'memory-backend-ram,id=a,size=32M', '-device', 'pc-dimm,memdev=a')
        self.assertEqual(end.returncode, 1)
        self.assertIn('-m takes slots=', end.stderr)


if __name__ == '__main__':
    rhea.main()
