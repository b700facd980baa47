#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Monitors of a running machine: commands, hostile clients, clients that go away or don't read."""

import json
import socket
import tempfile
import time
import unittest

import rhea


class Client:
    """A QMP connection that may misbehave."""

    def __init__(self, path, negotiate=True):
        self.sock = socket.socket(socket.AF_UNIX)
        deadline = time.monotonic() + 20 * rhea.SCALE
        while True:
            try:
                self.sock.connect(path)
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
        self.sock.settimeout(20 * rhea.SCALE)
        self.file = self.sock.makefile('rb')
        self.greeting = self.read()
        if negotiate:
            self.run('qmp_capabilities')

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.sock.close()

    def read(self):
        """The next message; None at the end."""
        line = self.file.readline()
        return json.loads(line) if line else None

    def send(self, data):
        self.sock.sendall(data)

    def ask(self, command, **arguments):
        arguments = {k.replace('_', '-'): v for k, v in arguments.items()}
        self.send(json.dumps({'execute': command, 'arguments': arguments}).encode())
        while True:
            message = self.read()
            if message is None or 'event' not in message:
                return message

    def run(self, command, **arguments):
        reply = self.ask(command, **arguments)
        if not reply or 'return' not in reply:
            raise AssertionError(f'{command}: {reply}')
        return reply['return']

    def hmp(self, line):
        return self.run('human-monitor-command', command_line=line)


class Monitor(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix='rhea-')
        self.addCleanup(folder.cleanup)
        self.path = folder.name + '/monitor.sock'
        self.vm = rhea.Machine('-machine', 'pc', '-S', '-qmp',
                               f'unix:{self.path},server=on,wait=off', serial=False, timeout=120)
        self.addCleanup(self.vm.close)

    def assert_alive(self):
        with Client(self.path) as client:
            self.assertEqual(client.run('query-status')['status'], 'prelaunch')

    def assert_refused(self, client, text):
        client.send(text)
        self.assertIn('error', client.read())

    def test_run_states(self):
        with Client(self.path) as client:
            self.assertEqual(client.greeting['QMP']['capabilities'], ['oob'])
            client.run('cont')
            self.assertTrue(client.run('query-status')['running'])
            client.run('stop')
            client.run('system_reset')
            self.assertFalse(client.run('query-status')['running'])
            client.send(b'{"execute": "quit"}')
            seen = []
            while (message := client.read()) is not None:
                seen.append(message.get('event'))
            self.assertIn('SHUTDOWN', seen)
        self.assertEqual(self.vm.wait_exit(), 0)

    def test_every_type_has_properties(self):
        with Client(self.path) as client:
            for item in client.run('qom-list-types'):
                client.run('qom-list-properties', typename=item['name'])
            for item in client.run('qom-list-types', implements='device'):
                client.run('device-list-properties', typename=item['name'])

    def test_parents_are_the_known_ones(self):
        parents = {'pc-i440fx-11.1-machine': 'generic-pc-machine', 'pc-q35-11.1-machine': 'generic-pc-machine',
                   'PIIX3': 'pci-piix', 'pci-bridge': 'base-pci-bridge', 'pcie-pci-bridge': 'base-pci-bridge',
                   'pcie-port': 'base-pci-bridge', 'pcie-slot': 'pcie-port', 'pcie-root-port': 'pcie-root-port-base',
                   'ioh3420': 'pcie-root-port-base', 'x3130-upstream': 'pcie-port',
                   'xio3130-downstream': 'pcie-slot'}
        with Client(self.path) as client:
            types = {item['name']: item.get('parent')
                     for item in client.run('qom-list-types', abstract=True)}
            for name, parent in parents.items():
                self.assertEqual(types[name], parent)
            # What has no instances has no properties; abstract types of objects have those of the class.
            client.send(b'{"execute": "qom-list-properties", "arguments": {"typename": "interface"}}')
            self.assertIn("'interface'", client.read()['error']['desc'])
            names = [p['name'] for p in client.run('qom-list-properties', typename='generic-pc-machine')]
            self.assertIn('hpet', names)

    def test_human(self):
        lines = ['info version', 'info status', 'info registers', 'info registers -a',
                 'info qtree', 'info qom-tree', 'info mtree', 'info mtree -f', 'info mtree -f -d -o',
                 'info cpus', 'info chardev', 'info pic', 'info irq', 'info pci', 'info tlb',
                 'info mem', 'info lapic', 'info mice', 'info memdev', 'x /4xw 0', 'xp /8xb 0xffff0',
                 'help', 'i /b 0x71', 'gpa2hva 0x1000', 'sum 0 100', 'qom-list /machine',
                 'device_add help', 'info jit', 'help help', 'help log', 'log help', 'info hotpluggable-cpus',
                 'info migrate_capabilities', '? info', 'info', 'info accel', 'info numa',
                 'info ramblock', 'info roms', 'info migrate -a', 'gpa2hpa 0x1000', 'closefd x',
                 'getfd x', 'exit_preconfig', 'info vm-generation-id']
        with Client(self.path) as client:
            for line in lines:
                text = client.hmp(line)
                self.assertTrue(text, line)
                self.assertNotIn('unknown command', text)
            self.assertIn('unknown command', client.hmp('no-such-command'))
            self.assertTrue(client.hmp('help stop').startswith('stop|s  -- '))
            self.assertEqual(client.hmp('p 6*7'), '0x2a\r\n')
            self.assertIn('format', client.hmp('x /s 0'))
            self.assertRegex(client.hmp('log help'), r'\nin_asm +\w')
            self.assertIn("'/no/such/log'", client.hmp('logfile /no/such/log'))
            self.assertRegex(client.hmp('x /1xL 0'), r': 0x[0-9a-f]{16}\r\n')
            self.assertIn('no disk', client.hmp('info snapshots'))
            for line in ('migrate file:/no/such/state', 'migrate -d file:/no/such/state'):
                self.assertIn("'/no/such/state'", client.hmp(line))
            self.assertIn('VM status: paused (prelaunch)', client.hmp('info status'))

    def test_out_of_band(self):
        """What cuts a connection is heard and carried out beside the main loop."""
        peer = self.path + '.peer'
        with socket.socket(socket.AF_UNIX) as listener, Client(self.path, negotiate=False) as client:
            listener.bind(peer)
            listener.listen()
            client.run('qmp_capabilities', enable=['oob'])
            client.run('chardev-add', id='s', backend={'type': 'socket', 'data': {
                'addr': {'type': 'unix', 'data': {'path': peer}}, 'server': False}})
            connection, _ = listener.accept()
            with connection:
                self.assertIn({'type': 'chardev', 'id': 's'}, client.run('query-yank'))
                client.send(b'{"exec-oob": "yank", "arguments": {"instances": ['
                            b'{"type": "chardev", "id": "s"}]}, "id": 5}')
                self.assertEqual(client.read(), {'return': {}, 'id': 5})
                connection.settimeout(20 * rhea.SCALE)
                self.assertEqual(connection.recv(1), b'')
            for instance in ({'type': 'chardev', 'id': 'x'}, {'type': 'migration'}):
                reply = client.ask('yank', instances=[instance])
                self.assertEqual(reply['error']['class'], 'DeviceNotFound')
            client.send(b'{"exec-oob": "query-version"}')
            self.assertIn('out of band', client.read()['error']['desc'])

    def test_numa(self):
        """Nodes by QMP, before there is a machine, and what is told about them after."""
        vm = rhea.Machine('-preconfig', '-m', '64', '-smp', '2,sockets=2', '-object',
                          'memory-backend-ram,id=a,size=32M', '-object',
                          'memory-backend-ram,id=b,size=32M', '-numa', 'node,memdev=a,cpus=0',
                          qmp=True, serial=False)
        self.addCleanup(vm.close)
        self.assertIn('error', vm.qmp_raw('set-numa-node', type='node', nodeid=0))
        self.assertIn('error', vm.qmp_raw('set-numa-node', type='dist', src=0, dst=5, val=20))
        vm.qmp('set-numa-node', type='node', memdev='b')
        vm.qmp('set-numa-node', **{'type': 'cpu', 'node-id': 1, 'socket-id': 1})
        vm.qmp('set-numa-node', type='dist', src=0, dst=1, val=30)
        vm.qmp('x-exit-preconfig')
        self.assertIn('-preconfig', vm.qmp_raw('set-numa-node', type='node')['error']['desc'])
        places = {c['props']['socket-id']: c['props']['node-id']
                  for c in vm.qmp('query-hotpluggable-cpus')}
        self.assertEqual(places, {0: 0, 1: 1})
        text = vm.qmp('human-monitor-command', **{'command-line': 'info numa'})
        self.assertEqual(text.split('\r\n'), ['2 nodes', 'node 0 cpus: 0', 'node 0 size: 32 MB',
                                            'node 1 cpus: 1', 'node 1 size: 32 MB', ''])
        self.assertEqual(vm.qmp('x-query-numa'), {'human-readable-text': text.replace('\r', '')})

    def test_nmi(self):
        with rhea.Machine(*rhea.linux(cpus=2), qmp=True) as vm:
            vm.wait_for_shell()
            vm.qmp('inject-nmi')
            vm.type('while ! dmesg | grep "NMI received"; do usleep 10000; done')
            vm.wait_for('NMI received for unknown reason')

    def test_generation_id(self):
        guid = '324e6eaf-d1d1-4bf6-bf41-b9bb6c91fb87'
        vm = rhea.Machine('-S', '-device', f'vmgenid,guid={guid}', qmp=True, serial=False)
        self.addCleanup(vm.close)
        self.assertEqual(vm.qmp('query-vm-generation-id'), {'guid': guid})
        with Client(self.path) as client:
            self.assertIn('vmgenid', client.ask('query-vm-generation-id')['error']['desc'])

    def test_accelerators(self):
        with Client(self.path) as client:
            info = client.run('query-accelerators')
            self.assertEqual(info['enabled'], 'tcg')
            self.assertIn('tcg', info['present'])
            for name in ('x-accel-stats', 'x-query-interrupt-controllers', 'x-query-irq',
                         'x-query-jit', 'x-query-ramblock', 'x-query-roms'):
                self.assertTrue(client.run(name)['human-readable-text'], name)

    def test_change_chardev(self):
        vm = rhea.Machine('-S', '-chardev', 'null,id=a', '-serial', 'chardev:a', '-chardev',
                          'null,id=m,mux=on', '-serial', 'chardev:m', '-chardev', 'null,id=h',
                          '-monitor', 'chardev:h', qmp=True, serial=False)
        self.addCleanup(vm.close)
        ring = {'type': 'ringbuf', 'data': {'size': 4096}}
        self.assertEqual(vm.qmp('chardev-change', id='a', backend=ring), {})
        names = {c['label']: c for c in vm.qmp('query-chardev')}
        self.assertEqual(names['a']['filename'], 'ringbuf')
        self.assertTrue(names['a']['frontend-open'])
        self.assertIn('pty', vm.qmp('chardev-change', id='a', backend={'type': 'pty', 'data': {}}))
        for name, backend in (('no', ring), ('m', ring), ('h', ring), ('a', {
                'type': 'file', 'data': {'out': '/no/such/folder/x'}})):
            self.assertIn('error', vm.qmp_raw('chardev-change', id=name, backend=backend))
        self.assertEqual(vm.qmp('human-monitor-command', **{
            'command-line': 'chardev-change a udp,host=127.0.0.1,port=9'}), '')
        names = {c['label']: c['filename'] for c in vm.qmp('query-chardev')}
        self.assertEqual(names['a'], 'udp:127.0.0.1:9')

    def test_objects_and_chardevs(self):
        inet = {'type': 'inet', 'data': {'host': '127.0.0.1', 'port': '0'}}
        with Client(self.path) as client:
            client.run('object-add', qom_type='iothread', id='io0')
            self.assertEqual(client.run('query-iothreads')[0]['id'], 'io0')
            client.run('object-del', id='io0')
            client.run('chardev-add', id='s', backend={'type': 'socket', 'data': {
                'addr': inet, 'server': True}})
            client.run('chardev-remove', id='s')
            self.assertIn('error', client.ask('chardev-remove', id='s'))
            for backend in ({}, {'type': 'nothing'}, {'type': 'serial', 'data': {'device': 5}},
                            {'type': 'socket', 'data': {'addr': 5}},
                            {'type': 'file', 'data': {'out': []}},
                            {'type': 'socket', 'data': {'addr': inet, 'tls-creds': 'x'}}):
                self.assertIn('error', client.ask('chardev-add', id='t', backend=backend))
            self.assertIn('error', client.ask('device_add', driver='no-such-device'))
            self.assertIn('error', client.ask('device_del', id='nobody'))

    def test_properties_of_running_devices(self):
        """Whatever a client sets of what is there already: refused, or no harm."""
        with rhea.Machine('-machine', 'pc', '-m', '32', '-device', 'virtio-rng-pci',
                          '-device', 'pci-serial', '-object', 'iothread,id=io', qmp=True,
                          timeout=150) as vm:
            paths = ['/']
            for path in paths:
                for prop in vm.qmp('qom-list', path=path):
                    if prop['type'].startswith('child<'):
                        paths.append(f'{path.rstrip("/")}/{prop["name"]}')
                        continue
                    for value in (False, -1, ''):
                        reply = vm.qmp_raw('qom-set', path=path, property=prop['name'],
                                           value=value)
                        if prop['name'] == 'realized':
                            self.assertIn('error', reply)
            vm.qmp('system_reset')
            vm.wait_event('RESET')
            self.assertEqual(vm.qmp('query-status')['status'], 'running')

    def test_chardevs_in_use(self):
        """What has a user stays, and who is refused takes nothing away from it."""
        with rhea.Machine('-machine', 'pc', '-S', '-chardev', 'null,id=m,mux=on',
                          '-device', 'isa-serial,chardev=m', qmp=True) as vm:
            for _ in range(2):
                reply = vm.qmp_raw('chardev-add', id='second',
                                     backend={'type': 'stdio', 'data': {}})
                self.assertIn('used by another', reply['error']['desc'])
                reply = vm.qmp_raw('chardev-remove', id='m')
                self.assertIn('in use', reply['error']['desc'])

    def test_what_is_there(self):
        with Client(self.path) as client:
            devices = client.run('query-pci')[0]['devices']
            self.assertEqual(devices[0]['id']['vendor'], 0x8086)
            self.assertEqual(client.run('query-memdev')[0]['id'], 'pc.ram')
            self.assertEqual(len(client.run('query-cpus-fast')), 1)
            self.assertIn('pc', [m.get('alias') for m in client.run('query-machines')])

    def test_devices_behind_bridges(self):
        """Root buses are what query-pci lists; the others stand with their bridges."""
        def port(buses):
            main = next(bus for bus in buses if bus['bus'] == 0)
            return next(d for d in main['devices'] if d['qdev_id'] == 'rp')['pci_bridge']

        with rhea.Machine('-machine', 'q35', '-device', 'pcie-root-port,id=rp', '-device',
                          'virtio-rng-pci,bus=rp,id=rng', '-device', 'pxb-pcie,id=x,bus_nr=64',
                          qmp=True, serial=False) as vm:
            # The firmware gives the buses their numbers.
            buses = vm.wait_qmp('query-pci', lambda buses: port(buses)['bus']['secondary'])
            self.assertEqual(sorted(bus['bus'] for bus in buses), [0, 64])
            self.assertEqual([d['qdev_id'] for d in port(buses)['devices']], ['rng'])
            shown = vm.qmp('human-monitor-command', **{'command-line': 'info pci'})
            self.assertEqual(shown.count('id "rng"'), 1)
            self.assertIn('secondary bus 1.', shown)

    def test_half_a_request(self):
        with Client(self.path) as client:
            client.send(b'{"execute": "query-st')
        self.assert_alive()

    def test_bad_text(self):
        with Client(self.path) as client:
            self.assert_refused(client, b'[' * 10000 + b']' * 10000)
            for text in (b'{"execute": "\xff\xfe"}\n', b'{"execute": "\xed\xa0\x80"}\n', b'}\n',
                         b'"\n', b'{"a": 1,}\n', b'{"execute": "x", "execute": "y"}\n'):
                client.send(text)
                client.send(b'\n{"execute": "query-name", "id": "after"}')
                message = client.read()
                self.assertIn('error', message)
                while message.get('id') != 'after':
                    message = client.read()

    def test_endless_string(self):
        with Client(self.path) as client:
            self.assert_refused(client, b'"' + b'a' * (65 << 20) + b'"\n')
        self.assert_alive()

    def test_client_that_never_reads(self):
        request = b'{"execute": "query-commands"}' * 1000
        with Client(self.path) as client:
            client.sock.settimeout(1)
            with self.assertRaises(TimeoutError):
                for _ in range(1000):
                    client.send(request)
        self.assert_alive()


if __name__ == '__main__':
    rhea.main()
