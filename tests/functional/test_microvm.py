#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Machine microvm starts a stock kernel without firmware."""

import struct
import tempfile
import unittest
from pathlib import Path

import rhea


def parse_tree(data):
    """A flattened tree (Devicetree Specification 0.4, chapter 5)."""
    magic, total, at, strings, _, version, oldest, _, _, _ = struct.unpack_from('>10I', data)
    assert (magic, total, version, oldest) == (0xd00dfeed, len(data), 17, 16)
    nodes, path = {}, []
    while True:
        token, = struct.unpack_from('>I', data, at)
        at += 4
        if token == 1:
            end = data.index(0, at)
            path.append(data[at:end].decode())
            at = (end + 4) & ~3
            nodes['/'.join(path) or '/'] = {}
        elif token == 2:
            path.pop()
        elif token == 3:
            size, name = struct.unpack_from('>II', data, at)
            end = data.index(0, strings + name)
            nodes['/'.join(path) or '/'][data[strings + name:end].decode()] = data[at + 8:at + 8 + size]
            at = (at + 8 + size + 3) & ~3
        else:
            assert token == 9 and not path
            return nodes


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

    def test_disks(self):
        """By the legacy interface, and by the modern one."""
        with tempfile.TemporaryDirectory(prefix='rhea-') as folder:
            disk = Path(folder) / 'disk'
            for legacy in ('on', 'off'):
                with self.subTest(legacy):
                    disk.write_bytes(b'from the host' + bytes((1 << 20) - 13))
                    run = ('head -c 13 /dev/vda; echo; '
                           'printf "from the guest" | dd of=/dev/vda bs=512 seek=1 conv=fsync')
                    self.check_disk(disk, legacy, run)
                    self.assertEqual(disk.read_bytes()[512:526], b'from the guest')

    def check_disk(self, disk, legacy, run):
        with rhea.Machine(*linux(run=run), '-global', f'virtio-mmio.force-legacy={legacy}',
                          '-drive', f'file={disk},format=raw,if=none,id=d',
                          '-device', 'virtio-blk-device,drive=d') as vm:
            vm.wait_for('from the host')
            vm.wait_for('init: exit status 0')
            self.assertEqual(vm.wait_exit(), 0)

    def test_command_line(self):
        """Without ACPI they are on the kernel's command line."""
        with rhea.Machine(*linux('microvm,acpi=off', run='cat /proc/cmdline'), '-device',
                          'virtio-rng-device', qmp=True) as vm:
            vm.wait_for('virtio_mmio.device=512@0xfeb00e00:12')
            vm.wait_for('init: exit status 0')
            vm.qmp('quit')
            self.assertEqual(vm.wait_exit(), 0)

    def dump(self, options, machine='microvm'):
        """The tree as nodes by path, each with its properties; and the file."""
        with tempfile.TemporaryDirectory(prefix='rhea-') as folder:
            file = Path(folder) / 'dtb'
            end = rhea.run('-machine', f'{machine},dumpdtb={file}', '-display', 'none', '-accel',
                           'tcg', *options)
            self.assertEqual((end.returncode, end.stdout), (0, ''), end.stderr)
            return parse_tree(file.read_bytes()), file.read_bytes()

    def test_device_tree(self):
        nodes, _ = self.dump(['-smp', '2', '-m', '4G', '-device', 'virtio-rng-device',
                              '-append', 'a=b', '-kernel', '/dev/null', '-bios',
                              'bios-microvm.bin'])
        self.assertEqual(nodes['/']['compatible'], b'linux,microvm\0')
        self.assertEqual(nodes['/chosen']['bootargs'], b'a=b\0')
        self.assertEqual(nodes['/chosen']['stdout-path'], b'/isa/serial@3f8\0')
        self.assertEqual(len(nodes['/chosen']['rng-seed']), 32)
        self.assertEqual(nodes['/memory@0']['reg'], struct.pack('>QQ', 0, 3 << 30))
        self.assertEqual(nodes['/memory@100000000']['reg'], struct.pack('>QQ', 1 << 32, 1 << 30))
        self.assertEqual(nodes['/cpus/cpu@1']['reg'], struct.pack('>I', 1))
        second = nodes['/interrupt-controller@fec10000']['phandle']
        slot = nodes['/virtio_mmio@feb02e00']
        self.assertEqual(slot['interrupt-parent'], second)
        self.assertEqual(slot['interrupts'], struct.pack('>II', 23, 2))
        self.assertEqual(nodes['/isa/serial@3f8']['reg'], struct.pack('>III', 1, 0x3f8, 8))

    def test_device_tree_options(self):
        nodes, _ = self.dump(['-smp', '1'], 'microvm,acpi=off,isa-serial=off,rtc=off,'
                             'dt-compatible=mine,phandle-start=40')
        self.assertEqual(nodes['/']['compatible'], b'mine\0')
        self.assertEqual(nodes['/']['interrupt-parent'], struct.pack('>I', 40))
        self.assertEqual(nodes['/interrupt-controller@fec00000']['phandle'],
                         struct.pack('>I', 40))
        self.assertEqual([n for n in nodes if n.startswith('/isa/')], [])

    def test_given_device_tree(self):
        """A kernel finds it in its list of setup_data."""
        _, tree = self.dump([])
        with tempfile.TemporaryDirectory(prefix='rhea-') as folder:
            file = Path(folder) / 'dtb'
            file.write_bytes(tree)
            with rhea.Machine(*linux(), '-dtb', str(file)) as vm:
                vm.wait_for_shell()
                place = '/sys/kernel/boot_params/setup_data/0'
                self.assertEqual(vm.shell(f'cat {place}/type'), '0x2')
                text = vm.shell(f'od -An -tx1 -v {place}/data')
                self.assertEqual(bytes.fromhex(''.join(text.split())), tree)
            file.write_bytes(bytes(1 << 20))
            end = rhea.run(*linux(), '-display', 'none', '-dtb', str(file))
            self.assertEqual(end.returncode, 1)
            self.assertIn('there is room for', end.stderr)

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
