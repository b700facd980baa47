#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Machine microvm starts a stock kernel without firmware."""

import unittest

import rhea


def linux(machine='microvm', **more):
    """The command line of a boot on another machine."""
    return [f'{machine}' if o == 'pc' else o for o in rhea.linux(**more)]


class Microvm(unittest.TestCase):
    def check(self, *options, machine='microvm', cpus=1, run='nproc'):
        with rhea.Machine(*linux(machine, cpus=cpus, run=run), *options) as vm:
            vm.wait_for(f'{cpus}\n')
            vm.wait_for('init: exit status 0')
            self.assertEqual(vm.wait_exit(), 0)
            self.assertEqual(vm.complained, '')

    def test_one_cpu(self):
        self.check()

    def test_two_cpus(self):
        self.check(cpus=2)

    def test_one_ioapic(self):
        self.check(machine='microvm,ioapic2=off')

    def test_devices(self):
        """Slots with a device are in the ACPI tables."""
        with rhea.Machine(*linux(run='ls -1 /sys/bus/acpi/devices'), '-device', 'virtio-rng-device',
                          '-device', 'virtio-rng-device') as vm:
            vm.wait_for('LNRO0005:00')
            vm.wait_for('LNRO0005:01')
            self.assertEqual(vm.wait_exit(), 0)

    def test_command_line(self):
        """Without ACPI they are on the kernel's command line."""
        with rhea.Machine(*linux('microvm,acpi=off', run='cat /proc/cmdline'), '-device',
                          'virtio-rng-device', qmp=True) as vm:
            vm.wait_for('virtio_mmio.device=512@0xfeb00e00:12')
            vm.wait_for('init: exit status 0')
            vm.qmp('quit')
            self.assertEqual(vm.wait_exit(), 0)

    def test_firmware(self):
        """-bios goes through firmware, as on other machines."""
        self.check('-bios', 'bios-microvm.bin')

    def test_reset(self):
        """A reset starts the kernel again."""
        options = [o for o in linux() if o != '-no-reboot']
        with rhea.Machine(*options, qmp=True) as vm:
            vm.wait_for_shell()
            vm.qmp('system_reset')
            vm.wait_event('RESET')
            vm.wait_for_shell()


if __name__ == '__main__':
    rhea.main()
