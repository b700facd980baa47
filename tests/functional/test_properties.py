#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Every writable property of every object of machines with many devices is given odd values by QMP:
each is refused, or does no harm. The emulator answers, shows its memory, goes through a reset, and
ends by SIGTERM. RHEA_FUZZ_QOM is how many values more are set in random order; RHEA_FUZZ_SEED
chooses others.
"""

import collections
import os
import random
import signal
import unittest

import rhea

FUZZ = int(os.environ.get('RHEA_FUZZ_QOM', '2000'))
SEED = int(os.environ.get('RHEA_FUZZ_SEED', '1'))

ODD = (False, True, -1, 0, 1, 7, 1 << 31, (1 << 63) - 1, (1 << 64) - 1, -(1 << 63), 0.5, '', 'on',
       '0', '4096', '18446744073709551616', '%s%n', '/', 'n' * 5000, None, [], [1], {}, {'a': 1})
# Refusals that no value changes.
SETTLED = ('not writable', 'after it was realized', 'after the machine was built',
           'of a bus cannot be set')


def null_drive(n):
    return ['-drive', f'if=none,id=d{n},driver=null-co,size=1M']


COMMON = ['-m', '32', '-smp', '2', '-object', 'iothread,id=io',
          '-object', 'rng-random,id=source', '-object', 'memory-backend-ram,id=mem,size=1M',
          '-object', 'secret,id=sec,data=x', '-object', 'authz-simple,id=auth,identity=x',
          '-object', 'throttle-group,id=tg', *null_drive(0), *null_drive(1), *null_drive(2),
          *null_drive(3), *null_drive(4)]
CHARDEVS = [word for n in range(3) for word in ('-chardev', f'null,id=c{n}')]
DEVICES = [word for device in (
    'virtio-rng-pci,rng=source', 'pci-serial,chardev=c0', 'isa-serial,chardev=c1',
    'isa-debugcon,chardev=c2', 'isa-debug-exit', 'pvpanic', 'pvpanic-pci', 'vmgenid,guid=auto',
    'virtio-balloon-pci', 'virtio-blk-pci,drive=d0', 'virtio-scsi-pci,id=vs,iothread=io',
    'scsi-hd,bus=vs.0,drive=d1', 'nvme,drive=d2,serial=s', 'ich9-ahci,id=ahci',
    'ide-hd,bus=ahci.0,drive=d3', 'ide-cd,bus=ahci.1') for word in ('-device', device)]
MACHINES = {
    'pc': ['-machine', 'pc', *CHARDEVS, *DEVICES, '-device', 'pci-bridge,id=br,chassis_nr=1',
           '-device', 'virtio-rng-pci,bus=br,addr=2', '-device', 'ide-hd,drive=d4', '-fda', ''],
    'q35': ['-machine', 'q35', *CHARDEVS, *DEVICES, '-device',
            'pcie-root-port,id=rp,chassis=1', '-device', 'virtio-rng-pci,bus=rp', '-device',
            'i82801b11-bridge,id=db', '-device', 'pci-bridge,id=br,chassis_nr=2,bus=db,addr=1'],
    'microvm': ['-machine', 'microvm', '-device', 'virtio-rng-device'],
}


class Tree:
    """What objects a machine has, by their types, and their properties but for children."""

    def __init__(self, vm):
        self.vm = vm
        self.by_type = collections.defaultdict(list)
        self.properties = []
        paths = ['/']
        for path in paths:
            for prop in vm.qmp('qom-list', path=path):
                if prop['type'].startswith('child<'):
                    child = f'{path.rstrip("/")}/{prop["name"]}'
                    paths.append(child)
                    self.by_type[prop['type'][len('child<'):-1]].append(child)
                else:
                    self.properties.append((path, prop['name'], prop['type']))

    def values(self, path, kind):
        """What property @kind of the object at @path is given."""
        if not kind.startswith('link<'):
            return ODD
        own = [p for p in self.by_type['irq'] if p.startswith(path + '/')]
        return ('', *own, *(paths[-1] for paths in self.by_type.values()), 7)

    def set(self, path, name, value):
        """What the error says; None: the property took it."""
        try:
            reply = self.vm.qmp_raw('qom-set', path=path, property=name, value=value)
        except rhea.Failure as error:
            raise AssertionError(f'{path}.{name} = {value!r}') from error
        return reply['error']['desc'] if 'error' in reply else None


class Properties(unittest.TestCase):
    def machine(self, name, *more):
        return rhea.Machine(*COMMON, *MACHINES[name], *more, qmp=True, serial=False, timeout=250)

    def check_ends(self, vm):
        vm.qmp('human-monitor-command', **{'command-line': 'info mtree -f'})
        vm.qmp('system_reset')
        vm.wait_event('RESET')
        self.assertEqual(vm.qmp('query-status')['status'], 'running')
        vm.signal(signal.SIGTERM)
        self.assertEqual(vm.wait_exit(), 0)

    def check(self, name):
        with self.machine(name) as vm:
            tree = Tree(vm)
            self.assertGreater(len(tree.properties), 200)
            for path, prop, kind in tree.properties:
                for value in tree.values(path, kind):
                    error = tree.set(path, prop, value)
                    if error and any(words in error for words in SETTLED):
                        break
                    if prop == 'realized':
                        self.assertIsNotNone(error, path)
            self.check_ends(vm)

    def test_pc(self):
        self.check('pc')

    def test_q35(self):
        self.check('q35')

    def test_microvm(self):
        self.check('microvm')

    def test_random_order(self):
        rng = random.Random(SEED)
        with self.machine('pc') as vm:
            tree = Tree(vm)
            settled = set()
            for _ in range(FUZZ):
                path, prop, kind = rng.choice(tree.properties)
                if (path, prop) in settled:
                    continue
                error = tree.set(path, prop, rng.choice(tree.values(path, kind)))
                if error and any(words in error for words in SETTLED):
                    settled.add((path, prop))
            self.check_ends(vm)

    def test_processors_stay(self):
        """What a guest has seen of its processor does not change."""
        with self.machine('pc', '-cpu', 'max') as vm:
            path = vm.qmp('query-cpus-fast')[0]['qom-path']
            for prop, value in (('family', 15), ('model', 3), ('stepping', 3), ('tsc-frequency', 10**9),
                                ('vendor', 'GenuineIntel'), ('model-id', 'x'), ('sse3', False),
                                ('level', 1), ('host-cache-info', True), ('migratable', False)):
                before = vm.qmp('qom-get', path=path, property=prop)
                error = vm.qmp_raw('qom-set', path=path, property=prop, value=value)['error']
                self.assertIn('after it was realized', error['desc'])
                self.assertEqual(vm.qmp('qom-get', path=path, property=prop), before)

    def test_machine_stays(self):
        """Tables that are made again tell of the parts that it has."""
        with self.machine('pc') as vm:
            for prop, value in (('nvdimm', True), ('hmat', True), ('acpi', 'off'), ('usb', True),
                                ('memory', {'size': 1 << 30}), ('append', 'x')):
                error = vm.qmp_raw('qom-set', path='/machine', property=prop, value=value)['error']
                self.assertIn('after the machine was built', error['desc'])
            vm.qmp('qom-set', path='/machine', property='mem-merge', value=False)
            self.check_ends(vm)

    def test_lines_stay(self):
        """A line that leads back to its own device would never end."""
        with self.machine('pc') as vm:
            tree = Tree(vm)
            links = [(path, prop) for path, prop, kind in tree.properties if kind == 'link<irq>']
            self.assertGreater(len(links), 20)
            for path, prop in links:
                self.assertIn('realized', tree.set(path, prop, ''), f'{path}.{prop}')
            self.check_ends(vm)


if __name__ == '__main__':
    rhea.main()
