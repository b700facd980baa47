#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""QMP's description of itself, passed file descriptors, delayed machines, mutated input."""

import array
import json
import os
import random
import re
import socket
import subprocess
import tempfile
import unittest

import rhea
from test_monitor import Client

# More of both by hand: RHEA_FUZZ_QMP=10000 RHEA_FUZZ_ARGV=5000
FUZZ_QMP = int(os.environ.get('RHEA_FUZZ_QMP', 300))
FUZZ_ARGV = int(os.environ.get('RHEA_FUZZ_ARGV', 40))


class WithMonitor(unittest.TestCase):
    options = ('-machine', 'pc', '-S')

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix='rhea-')
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.path = folder.name + '/monitor.sock'
        self.vm = rhea.Machine(*self.options, '-qmp', f'unix:{self.path},server=on,wait=off',
                               serial=False, timeout=600)
        self.addCleanup(self.vm.close)


def send_with_fd(client, fd, command, **arguments):
    text = json.dumps({'execute': command, 'arguments': arguments}).encode()
    client.sock.sendmsg([text], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [fd]))])
    return client.read()


class Schema(WithMonitor):
    def test_names_lead_somewhere(self):
        with Client(self.path) as client:
            infos = {info['name']: info for info in client.run('query-qmp-schema')}
            commands = {info['name'] for info in client.run('query-commands')}
        self.assertEqual(commands, {n for n, i in infos.items() if i['meta-type'] == 'command'})
        for info in infos.values():
            names = [info[key] for key in ('arg-type', 'ret-type', 'element-type') if key in info]
            for key in ('members', 'variants'):
                names += [item['type'] for item in info.get(key, []) if 'type' in item]
            for name in names:
                self.assertIn(name, infos)

    def test_every_command_checks_its_arguments(self):
        with Client(self.path) as client:
            for info in client.run('query-commands'):
                if info['name'] in ('quit', 'device_add', 'object-add'):
                    continue
                reply = client.ask(info['name'], no_such_argument=1)
                self.assertIn('Parameter', reply['error']['desc'], info['name'])

    def test_options_have_parameters(self):
        with Client(self.path) as client:
            options = {o['option']: {p['name']: p['type'] for p in o['parameters']}
                       for o in client.run('query-command-line-options')}
            self.assertEqual(options['smp-opts']['cpus'], 'number')
            self.assertEqual(options['machine']['type'], 'string')
            self.assertEqual(options['chardev']['wait'], 'boolean')
            one = client.run('query-command-line-options', option='name')
            self.assertEqual([o['option'] for o in one], ['name'])
            self.assertIn('error', client.ask('query-command-line-options', option='nothing'))


class Models(WithMonitor):
    """What is said about two CPU models."""

    def compare(self, client, a, b):
        return client.run('query-cpu-model-comparison', modela=a, modelb=b)

    def test_expansion(self):
        """Everything that can be said about a CPU, and what clients look for in that."""
        with Client(self.path) as client:
            model = client.run('query-cpu-model-expansion', type='full',
                               model={'name': 'Nehalem'})['model']
            self.assertEqual(model['name'], 'Nehalem')
            props = model['props']
            self.assertEqual((props['realized'], props['memory'], props['aes'], props['vendor']),
                             (False, '/machine/unattached/system[0]', False, 'GenuineIntel'))
            self.assertNotIn('unavailable-features', props)

    def test_comparison(self):
        nehalem, more = {'name': 'Nehalem'}, {'name': 'Nehalem', 'props': {'aes': True}}
        with Client(self.path) as client:
            self.assertEqual(self.compare(client, nehalem, nehalem),
                             {'result': 'identical', 'responsible-properties': []})
            self.assertEqual(self.compare(client, more, nehalem),
                             {'result': 'superset', 'responsible-properties': ['aes']})
            self.assertEqual(self.compare(client, nehalem, more)['result'], 'subset')
            reply = self.compare(client, more, {'name': 'Nehalem', 'props': {'movbe': True}})
            self.assertEqual(reply['result'], 'incompatible')
            self.assertEqual(set(reply['responsible-properties']), {'aes', 'movbe'})
            reply = self.compare(client, nehalem, {'name': 'EPYC'})
            self.assertEqual(reply['result'], 'incompatible')
            self.assertIn('vendor', reply['responsible-properties'])
            self.assertIn('nothing', client.ask('query-cpu-model-comparison', modela=nehalem,
                                                modelb={'name': 'nothing'})['error']['desc'])

    def test_baseline(self):
        a = {'name': 'Nehalem', 'props': {'aes': True, 'movbe': True}}
        b = {'name': 'Westmere', 'props': {'pclmulqdq': False}}
        with Client(self.path) as client:
            model = client.run('query-cpu-model-baseline', modela=a, modelb=b)['model']
            self.assertEqual(model['name'], 'base')
            self.assertTrue(model['props']['aes'])
            self.assertFalse(model['props']['movbe'])
            self.assertEqual(self.compare(client, model, a)['result'], 'subset')
            self.assertIn('vendors', client.ask('query-cpu-model-baseline', modela=a,
                                                modelb={'name': 'EPYC'})['error']['desc'])


class Protection(WithMonitor):
    """libvirt refuses a program that does not know these commands; an error means "no"."""

    def test_capabilities(self):
        with Client(self.path) as client:
            for name in ('query-sev-capabilities', 'query-sgx-capabilities'):
                self.assertEqual(client.ask(name)['error']['class'], 'GenericError')


class Statistics(unittest.TestCase):
    def test_none(self):
        vm = rhea.Machine('-S', qmp=True, serial=False)
        self.addCleanup(vm.close)
        self.assertEqual(vm.qmp('query-stats', target='vm'), [])
        self.assertNotIn('kvm', [schema['provider'] for schema in vm.qmp('query-stats-schemas')])

    @unittest.skipUnless(os.access('/dev/kvm', os.R_OK | os.W_OK), 'no KVM')
    def test_kvm(self):
        vm = rhea.Machine('-S', '-smp', '2', qmp=True, serial=False, accel='kvm')
        self.addCleanup(vm.close)
        schemas = vm.qmp('query-stats-schemas', provider='kvm')
        if not schemas:
            self.skipTest('the kernel has no statistics of KVM in files')
        self.assertEqual([s['target'] for s in schemas], ['vm', 'vcpu'])
        names = [s['name'] for s in schemas[1]['stats']]
        self.assertIn('halt_poll_success_ns', names)
        results = vm.qmp('query-stats', target='vcpu')
        self.assertEqual(len(results), 2)
        for result in results:
            self.assertEqual([s['name'] for s in result['stats']], names)
        wanted = {'provider': 'kvm', 'names': ['exits']}
        results = vm.qmp('query-stats', target='vcpu', vcpus=[results[1]['qom-path']],
                         providers=[wanted])
        self.assertEqual([[s['name'] for s in r['stats']] for r in results], [['exits']])
        text = vm.qmp('human-monitor-command', **{'command-line': 'info stats vcpu exits'})
        self.assertRegex(text, r'^provider: kvm\r\n    exits \(cumulative\): \d+\r\n$')
        self.assertEqual(len(vm.qmp('query-stats', target='vm')), 1)


class Descriptors(WithMonitor):
    def test_by_name(self):
        with Client(self.path) as client, open(self.folder + '/state', 'wb') as file:
            self.assertIn('error', client.ask('getfd', fdname='f'))
            self.assertIn('return', send_with_fd(client, file.fileno(), 'getfd', fdname='f'))
            client.run('closefd', fdname='f')
            self.assertIn('error', client.ask('closefd', fdname='f'))
            self.assertIn('error', send_with_fd(client, file.fileno(), 'getfd', fdname='5'))

    def test_sets(self):
        name = self.folder + '/memory'
        with Client(self.path) as client, open(name, 'wb') as file:
            reply = send_with_fd(client, file.fileno(), 'add-fd', **{'fdset-id': 3, 'opaque': 'x'})
            self.assertEqual(reply['return']['fdset-id'], 3)
            fds = client.run('query-fdsets')
            self.assertEqual((fds[0]['fdset-id'], fds[0]['fds'][0]['opaque']), (3, 'x'))
            client.run('pmemsave', val=0, size=4096, filename='/dev/fdset/3')
            self.assertIn('error', client.ask('pmemsave', val=0, size=1, filename='/dev/fdset/4'))
            client.run('remove-fd', fdset_id=3)
            self.assertEqual(client.run('query-fdsets'), [])
            self.assertIn('error', client.ask('remove-fd', fdset_id=3))
        self.assertEqual(os.path.getsize(name), 4096)

    def test_client_is_handed_over(self):
        ours, theirs = socket.socketpair()
        with Client(self.path) as client, ours, theirs:
            backend = {'type': 'socket', 'data': {'server': True, 'wait': False, 'addr': {
                'type': 'unix', 'data': {'path': self.folder + '/s'}}}}
            client.run('chardev-add', id='s', backend=backend)
            send_with_fd(client, theirs.fileno(), 'getfd', fdname='c')
            client.run('add_client', protocol='s', fdname='c')
            self.assertIn('error', client.ask('add_client', protocol='nothing', fdname='c'))


class SocketAddresses(WithMonitor):
    """What the schema says of addresses, a character device does."""

    @staticmethod
    def backend(kind, data, **more):
        return {'type': 'socket',
                'data': {'server': True, 'wait': False, 'addr': {'type': kind, 'data': data}, **more}}

    def inet(self, host='127.0.0.1', **more):
        return self.backend('inet', {'host': host, 'port': '0', **more})

    def test_listening_socket_by_name(self):
        path = self.folder + '/passed'
        with Client(self.path) as client, socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path)
            listener.listen()
            send_with_fd(client, listener.fileno(), 'getfd', fdname='passed')
            client.run('chardev-add', id='s', backend=self.backend('fd', {'str': 'passed'}))
            with socket.socket(socket.AF_UNIX) as ours:
                ours.connect(path)
            # It was taken: there is none of that name any more.
            reply = client.ask('chardev-add', id='t', backend=self.backend('fd', {'str': 'passed'}))
            self.assertIn("'passed'", reply['error']['desc'])

    def test_keep_alive(self):
        with Client(self.path) as client, socket.create_server(('127.0.0.1', 0)) as server, \
                socket.create_connection(server.getsockname()) as ours, server.accept()[0]:
            client.run('chardev-add', id='s', backend=self.inet(**{
                'keep-alive': True, 'keep-alive-count': 3, 'keep-alive-idle': 70, 'keep-alive-interval': 7}))
            send_with_fd(client, ours.fileno(), 'getfd', fdname='c')
            client.run('add_client', protocol='s', fdname='c')
            # It is one and the same socket.
            self.assertEqual(ours.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE), 1)
            for option, value in ((socket.TCP_KEEPCNT, 3), (socket.TCP_KEEPIDLE, 70), (socket.TCP_KEEPINTVL, 7)):
                self.assertEqual(ours.getsockopt(socket.IPPROTO_TCP, option), value)

    def test_numeric(self):
        with Client(self.path) as client:
            client.run('chardev-add', id='s', backend=self.inet(numeric=True))
            error = client.ask('chardev-add', id='t', backend=self.inet('localhost', numeric=True))['error']
            self.assertIn("'localhost:0'", error['desc'])
            client.run('chardev-add', id='u', backend={'type': 'udp', 'data': {
                'remote': {'type': 'inet', 'data': {'host': '127.0.0.1', 'port': '9', 'numeric': True}},
                'local': {'type': 'inet', 'data': {'host': '127.0.0.1', 'port': '0', 'numeric': True}}}})

    def test_other_protocols(self):
        """Where the host has them; otherwise its reason is given."""
        with Client(self.path) as client:
            reply = client.ask('chardev-add', id='m', backend=self.inet(mptcp=True))
            self.assertIn('127.0.0.1:0', reply.get('error', {'desc': '127.0.0.1:0'})['desc'])
            address = {'cid': '4294967295', 'port': '4294967295'}
            reply = client.ask('chardev-add', id='v', backend=self.backend('vsock', address))
            if 'error' in reply:
                self.assertIn('vsock:4294967295:4294967295', reply['error']['desc'])
            else:
                names = {c['label']: c['filename'] for c in client.run('query-chardev')}
                self.assertIn('vsock:4294967295:', names['v'])

    def test_refused(self):
        vsock = {'cid': 'host', 'port': '1'}
        for backend, words in ((self.inet(**{'keep-alive': True, 'keep-alive-count': 128}), 'keep-alive-count=128'),
                               (self.inet(**{'keep-alive': True, 'keep-alive-idle': -1}), 'keep-alive-idle=-1'),
                               (self.backend('vsock', vsock), "vsock cid 'host'")):
            with self.subTest(words=words), Client(self.path) as client:
                self.assertIn(words, client.ask('chardev-add', id='r', backend=backend)['error']['desc'])


class Delayed(WithMonitor):
    options = ('-machine', 'pc', '-S', '-preconfig')

    def test_machine_is_made_on_demand(self):
        with Client(self.path) as client:
            self.assertEqual(client.run('query-status')['status'], 'prelaunch')
            self.assertIn('x-exit-preconfig', client.ask('query-cpus-fast')['error']['desc'])
            client.run('x-exit-preconfig')
            self.assertEqual(len(client.run('query-cpus-fast')), 1)
            self.assertIn('error', client.ask('x-exit-preconfig'))

    def test_end_without_a_machine(self):
        with Client(self.path) as client:
            client.send(b'{"execute": "quit"}')
            self.assertEqual(self.vm.wait_exit(), 0)


class Files(unittest.TestCase):
    def test_options_from_a_file(self):
        with tempfile.NamedTemporaryFile('w', suffix='.cfg') as file:
            file.write('# comment\n[name]\n  guest = "a,b"\n\n[memory]\n  size = "64M"\n'
                       '[object "r"]\n  qom-type = "rng-builtin"\n')
            file.flush()
            with rhea.Machine('-machine', 'pc', '-S', '-readconfig', file.name, qmp=True,
                              serial=False) as vm:
                self.assertEqual(vm.qmp('query-name'), {'name': 'a,b'})
                self.assertEqual(vm.qmp('query-memory-size-summary')['base-memory'], 64 << 20)
                self.assertIn('r', [c['name'] for c in vm.qmp('qom-list', path='/objects')])

    def test_mistake_names_file_and_line(self):
        for text, line in (('[name]\nguest = x\n', 2), ('a = "b"\n', 1), ('\n[nothing]\n', 2)):
            with tempfile.NamedTemporaryFile('w', suffix='.cfg') as file:
                file.write(text)
                file.flush()
                done = rhea.run('-readconfig', file.name)
                self.assertEqual(done.returncode, 1)
                self.assertIn(f'{file.name}:{line}:', done.stderr)


# ---- mutated input ----

def mutated(rng, text):
    """@text with a few bytes, pieces or numbers changed."""
    data = bytearray(text)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(data) + 1)
        kind = rng.randrange(6)
        if kind == 0 and data:
            data[at % len(data)] = rng.randrange(256)
        elif kind == 1:
            data[at:at] = bytes([rng.choice(b'{}[]",:\\\n0x-')])
        elif kind == 2:
            del data[at:at + rng.randint(1, 8)]
        elif kind == 3:
            data[at:at] = data[at:at + 16]
        elif kind == 4:
            value = rng.choice([b'-1', b'0', b'18446744073709551615', b'1e400', b'null', b'{}', b'[]',
                                b'"' + b'x' * 5000 + b'"', b'9' * 400])
            data = bytearray(re.sub(rb'\d+|"[a-z0-9-]+"', lambda _: value, bytes(data), count=1))
        elif len(data) > 4:
            data = data[:at]
    return bytes(data)


SKIP = {'quit', 'migrate', 'system_reset', 'human-monitor-command', 'pmemsave', 'memsave', 'cont'}


def sample_value(infos, name, depth=0):
    """Some value of the type @name."""
    info = infos[name]
    kind = info['meta-type']
    if kind == 'builtin':
        return {'string': 'a', 'int': 1, 'number': 1.5, 'boolean': True, 'null': None,
                'value': 1}[info['json-type']]
    if kind == 'enum':
        return info['values'][0]
    if kind == 'array':
        return [sample_value(infos, info['element-type'], depth + 1)] if depth < 5 else []
    if kind == 'alternate':
        return sample_value(infos, info['members'][0]['type'], depth + 1)
    value = {m['name']: sample_value(infos, m['type'], depth + 1)
             for m in info['members'] if depth < 5}
    for variant in info.get('variants', []):
        if variant['case'] == value.get(info['tag']):
            value.update(sample_value(infos, variant['type'], depth + 1))
    return value


class MutatedMessages(WithMonitor):
    def test_every_message_is_answered_or_refused(self):
        rng = random.Random(4)
        with Client(self.path) as client:
            infos = {info['name']: info for info in client.run('query-qmp-schema')}
        requests = [json.dumps({'execute': name, 'arguments': sample_value(infos, i['arg-type'])})
                    for name, i in infos.items() if i['meta-type'] == 'command'
                    and name not in SKIP]
        for _ in range((FUZZ_QMP + 49) // 50):
            with Client(self.path) as client:
                for _ in range(50):
                    text = mutated(rng, rng.choice(requests).encode())
                    if not any(name.encode() in text for name in SKIP):
                        client.send(text + b'\n')
                # Whatever state the reader of JSON is in: an end of line does not end a value.
                client.sock.shutdown(socket.SHUT_WR)
                client.file.read()
        with Client(self.path) as client:
            client.run('query-status')


LINES = [
    ['-machine', 'pc,accel=tcg', '-m', '64,slots=2,maxmem=128M', '-smp', 'cpus=2,maxcpus=4,cores=2'],
    ['-cpu', 'qemu64,+sse3,-mmx,level=5', '-device', 'isa-serial,chardev=c,iobase=0x3e8'],
    ['-chardev', 'socket,id=c,host=127.0.0.1,port=1,reconnect-ms=500', '-boot', 'order=dc,menu=on'],
    ['-object', 'memory-backend-ram,id=m0,size=64M,share=on', '-numa', 'node,nodeid=0,memdev=m0'],
    ['-object', '{"qom-type":"iothread","id":"io","poll-max-ns":100}', '-name', 'x,process=y'],
    ['-rtc', 'base=2024-01-01T00:00:00,clock=vm', '-global', 'isa-serial.irq=5', '-seed', '7'],
    ['-device', '{"driver":"isa-debugcon","iobase":1026,"chardev":"n"}', '-chardev', 'null,id=n'],
    ['-action', 'reboot=shutdown,panic=none', '-overcommit', 'mem-lock=off', '-msg', 'timestamp=on'],
    ['-smbios', 'type=1,manufacturer=a,serial=b', '-fw_cfg', 'name=opt/x,string=y', '-uuid',
     '01234567-89ab-cdef-0123-456789abcdef'],
    ['-compat', 'deprecated-input=reject,unstable-output=hide', '-add-fd', 'fd=9,set=1'],
]


class MutatedCommandLines(unittest.TestCase):
    def test_each_runs_or_is_refused_in_three_lines(self):
        rng = random.Random(5)
        quit_now = b'{"execute":"qmp_capabilities"}{"execute":"quit"}'
        for _ in range(FUZZ_ARGV):
            line = list(rng.choice(LINES)) + list(rng.choice(LINES))
            at = rng.randrange(len(line))
            line[at] = mutated(rng, line[at].encode()).replace(b'\0', b'')
            argv = [rhea.EMULATOR, '-nodefaults', '-display', 'none', '-S', '-accel', 'tcg', '-qmp',
                    'stdio', *line]
            done = subprocess.run(argv, input=quit_now, capture_output=True,
                                  timeout=60 * rhea.SCALE, check=False)
            with self.subTest(line):
                self.assertIn(done.returncode, (0, 1), done.stderr)
                if done.returncode:
                    # Each word without a value has two lines, before what is wrong.
                    error = re.sub(rb'.*: warning: short-form boolean option .*\nPlease use .*\n', b'', done.stderr)
                    self.assertLessEqual(error.count(b'\n'), 3, done.stderr)
                    self.assertTrue(error)


if __name__ == '__main__':
    rhea.main()
