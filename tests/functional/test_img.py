#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""qemu-img: measure, amend, dd, bench, encryption and what convert can do."""

import errno
import json
import os
import re
import shutil
import signal
import struct
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

import rhea
from test_blockdev import IMG, img
from test_snapshot import io


class ImgCase(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix='rhea-')
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.path = self.name('a.qcow2')
        self.raw = self.name('a.raw')

    def name(self, name):
        return str(self.folder / name)

    def fails(self, *args):
        done = subprocess.run([IMG, *args], capture_output=True, text=True,
                              timeout=60 * rhea.SCALE)
        self.assertNotEqual(done.returncode, 0, args)
        return done.stderr

    def make(self):
        img('create', '-q', '-f', 'qcow2', self.path, '64M')
        io(self.path, 'write -P 1 1M 3M', 'write -P 2 60M 1k')
        img('snapshot', '-c', 'before', self.path)
        img('bitmap', '--add', self.path, 'b')


class Create(ImgCase):
    """What scripts read of it, and what its errors say."""

    QCOW2 = 'cluster_size=65536 extended_l2=off compression_type=zlib size={} {}lazy_refcounts=off refcount_bits=16'

    def line(self, name, *args):
        return img('create', *args[:-1], name, *args[-1:]).removeprefix(f"Formatting '{name}', fmt=").rstrip('\n')

    def test_formatting(self):
        base = self.name('a,b')
        self.assertEqual(self.line(base, '-f', 'qcow2', '1G'), 'qcow2 ' + self.QCOW2.format(1 << 30, ''))
        shown = img('create', '-f', 'qcow2', '-b', base, '-F', 'qcow2', self.path)
        backing = 'backing_file=%s backing_fmt=qcow2 ' % base.replace(',', ',,')
        self.assertEqual(shown, f"Formatting '{self.path}', fmt=qcow2 " + self.QCOW2.format(1 << 30, backing) + '\n')
        for args, expected in (
                (('-f', 'qcow2', '-o', 'compat=0.10,cluster_size=4k,preallocation=metadata,nocow=no', '1M'),
                 'qcow2 cluster_size=4096 extended_l2=off preallocation=metadata compression_type=zlib size=1048576 '
                 'compat=0.10 lazy_refcounts=off refcount_bits=16 nocow=off'),
                (('-f', 'raw', '-o', 'preallocation=falloc', '1M'), 'raw size=1048576 preallocation=falloc'),
                (('-f', 'vdi', '1M'), 'vdi size=1048576 static=off'),
                (('-f', 'vhdx', '-o', 'block_size=1M', '4M'), 'vhdx size=4194304 log_size=1048576 block_size=1048576'),
                (('-f', 'vpc', '-o', 'subformat=fixed', '5M'), 'vpc size=5242880 subformat=fixed'),
                (('-f', 'vmdk', '1M'), 'vmdk size=1048576 compat6=off hwversion=undefined')):
            self.assertEqual(self.line(self.path, *args), expected)

    def test_bad_options(self):
        """The line is not there unless all is understood, and before the error if the image cannot be made."""
        for option in ('foo=1', 'cluster_size=abc', 'lazy_refcounts=maybe'):
            done = subprocess.run([IMG, 'create', '-f', 'qcow2', '-o', option, self.path, '1M'], text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60 * rhea.SCALE)
            self.assertEqual(done.returncode, 1)
            self.assertNotIn('Formatting', done.stdout)
            self.assertIn(self.path + ': ', done.stdout)
        done = subprocess.run([IMG, 'create', '-f', 'qcow2', '-o', 'cluster_size=3', self.path, '1M'], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60 * rhea.SCALE)
        self.assertEqual(done.stdout.splitlines(), [
            f"Formatting '{self.path}', fmt=qcow2 cluster_size=3 extended_l2=off compression_type=zlib size=1048576 "
            'lazy_refcounts=off refcount_bits=16',
            f'qemu-img: {self.path}: Cluster size must be a power of two between 512 and 2048k, not 3'])

    def test_sizes(self):
        for size in ('9E', '99E'):
            self.assertIn(f"Invalid image size specified: '{size}'. Must be between 0 and {(1 << 63) - 1}.",
                          self.fails('create', self.path, size))
        self.assertIn('suffixes', self.fails('create', self.path, '9x'))

    def test_mistakes(self):
        """Nothing is made."""
        base = self.name('base')
        img('create', '-q', '-f', 'qcow2', base, '1M')
        for line, words in (('create -f qcow2 -o size=2M {} 1M', 'size must be specified only once'),
                            ('create -f qcow2 {} 64P', 'too large'),
                            ('create -f vdi {} 512T', '0x2000000000000, max supported is 0x1fffff8000000'),
                            ('create -f qcow2 -u -b none {} 1M', 'without backing format'),
                            ('convert -O qcow2 -B ' + base + ' ' + base + ' {}', 'explicit backing format'),
                            ('convert -c -O raw ' + base + ' {}', 'Compression not supported')):
            self.assertIn(words, self.fails(*line.format(self.path).split()))
            self.assertFalse(Path(self.path).exists())
        self.assertIn('empty string', self.fails('create', '-f', 'qcow2', '-b', '', '-F', 'qcow2', self.path, '1M'))

    def test_nothing_stays(self):
        """Of an image that could not be made; but what was there before anything was made does."""
        secret = '--object', 'secret,id=s,data=abc'
        for args in (('qcow2', '-o', 'preallocation=full', '10M'), ('vdi', '1T'), ('vhdx', '1T'),
                     ('vpc', '1T'), ('vmdk', '1T'),
                     ('vmdk', '-o', 'subformat=twoGbMaxExtentSparse', '1T'),
                     ('luks', *secret, '-o', 'preallocation=full,key-secret=s,iter-time=10', '10M')):
            for old in (False, True):
                if old:
                    Path(self.path).write_text('old')
                done = subprocess.run(['prlimit', '--fsize=32768', IMG, 'create', '-f', *args[:-1], self.path, args[-1]],
                                      restore_signals=False, capture_output=True, text=True, timeout=60 * rhea.SCALE)
                self.assertEqual(done.returncode, 1, args)
                left = [path.read_bytes() for path in self.folder.iterdir()]
                self.assertIn(left, ([], [b'old'] if old else []), args)
        Path(self.path).write_text('old')
        self.fails('create', '-f', 'qcow2', '-o', 'cluster_size=3', self.path, '1M')
        self.fails('create', '-f', 'qcow2', self.path, '-o', 'foo=1', '1M')
        self.assertEqual(Path(self.path).read_text(), 'old')

    def test_empty(self):
        """Nothing is a disk, too."""
        img('create', '-q', '-f', 'raw', self.raw, '0')
        for fmt in ('qcow2', 'vdi', 'vhdx', 'vpc'):
            img('convert', '-f', 'raw', '-O', fmt, self.raw, self.path)
            self.assertEqual(json.loads(img('info', '-f', fmt, '--output=json', self.path))['virtual-size'], 0)
            img('compare', '-f', fmt, '-F', 'raw', self.path, self.raw)

    def test_encrypted_backing(self):
        """Its size is known without its key."""
        secret = '--object', 'secret,id=s,data=abc'
        img('create', '-q', '-f', 'luks', *secret, '-o', 'key-secret=s,iter-time=10', self.raw, '3M')
        img('create', '-q', '-f', 'qcow2', *secret, '-o', 'encrypt.format=luks,encrypt.key-secret=s,encrypt.iter-time=10',
            self.path, '5M')
        over = self.name('over')
        for base, fmt, size in (self.raw, 'luks', 3), (self.path, 'qcow2', 5):
            img('create', '-q', '-f', 'qcow2', '-b', base, '-F', fmt, over)
            self.assertEqual(json.loads(img('info', '--output=json', over))['virtual-size'], size << 20)

    def test_preallocated_vdi(self):
        for mode in 'falloc', 'full':
            img('create', '-q', '-f', 'vdi', '-o', f'preallocation={mode}', self.path, '4M')
            self.assertGreaterEqual(os.stat(self.path).st_blocks * 512, 4 << 20)
            img('check', '-q', self.path)

    def test_vhdx_sizes(self):
        """Rounded to what the format has."""
        for options, words in (('log_size=500k,block_size=300M', 'log_size=512000 block_size=314572800'),
                               ('block_size=1500k', 'block_size=1536000')):
            self.assertIn(words, img('create', '-f', 'vhdx', '-o', options, self.path, '4M'))
            img('check', '-q', self.path)

    def test_errors_name_the_image(self):
        none = self.name('none')
        self.assertIn(f"{self.path}: Unknown file format 'foo'", self.fails('create', '-f', 'foo', self.path, '1M'))
        self.assertIn(f"{self.path}: Could not open '{none}'",
                      self.fails('create', '-f', 'qcow2', '-b', none, '-F', 'qcow2', self.path))
        self.assertIn(f"{self.path}: Backing file not supported for file format 'raw'",
                      self.fails('create', '-b', none, '-F', 'qcow2', self.path))
        self.assertIn(f"Could not create '{none}/a': ", self.fails('create', '-f', 'raw', none + '/a', '1M'))
        img('create', '-q', '-f', 'qcow2', self.path, '1M')
        self.assertIn(f"Could not open new backing file '{none}': ",
                      self.fails('rebase', '-b', none, '-F', 'raw', self.path))
        img('create', '-q', '-f', 'raw', self.raw, '1M')
        self.assertIn(f"'{self.raw}'", self.fails('snapshot', '-c', 's', '-f', 'raw', self.raw))

    def test_unknown_names(self):
        """Those that there are, or the one that may be meant."""
        img('create', '-q', '-f', 'qcow2', self.path, '1M')
        out = self.name('out')
        for line in (f'create -f foo {out} 1M', f'create -f foo -o help', f'convert -O foo {self.path} {out}',
                     f'convert -O foo -o help {self.path}', f'dd -O foo if={self.path} of={out}',
                     f'measure -O foo {self.path}', 'amend -f foo -o help'):
            message = self.fails(*line.split())
            self.assertIn("Unknown file format 'foo'\n", message)
            self.assertRegex(message, 'Accepted: .*qcow2')
            self.assertIn("did you mean 'qcow2'?", self.fails(*line.replace('foo', 'qcow3').split()))
            self.assertIn('qed: there is no such image format', self.fails(*line.replace('foo', 'qed').split()))
        for line in (f'create -f qcow2 -o foo=1 {out} 1M', f'convert -O qcow2 -o foo=1 {self.path} {out}',
                     'measure -O qcow2 -o foo=1 --size 1M'):
            self.assertIn("Invalid parameter 'foo': format 'qcow2' has no such option", self.fails(*line.split()))
        for line in (f'info -f foo {self.path}', f'map -f foo {self.path}', f'convert -f foo {self.path} {out}'):
            self.assertIn(f"Could not open '{self.path}': Unknown driver 'foo'\n", self.fails(*line.split()))
        self.assertIn(f"bitmap 'b' persistent in '{self.path}'", self.fails('bitmap', '--add', '-g', '3', self.path, 'b'))

    def test_command_line(self):
        for line in ('info', 'create', 'info --foo x', 'resize x', 'check a b', 'convert a', 'compare a', 'amend a',
                     'dd if=a', 'dd of=a bogus=1', 'measure', 'measure --size 1 a', 'rebase a b', 'rebase a', 'bitmap a',
                     'bitmap a b', 'snapshot -l -d x a', 'create a 1 2', 'commit', 'map', 'bench a b', 'convert -C -c a b'):
            message = self.fails(*line.split())
            self.assertTrue(message.startswith('qemu-img: '), message)
            self.assertTrue(message.endswith(f"Try 'qemu-img {line.split()[0]} --help' for more information\n"), message)
            self.assertTrue(img(line.split()[0], '--help').startswith(f'Usage: qemu-img {line.split()[0]} '))

    def test_standard_options(self):
        """What stands before the command."""
        self.assertTrue(img('-V').startswith('qemu-img version '))
        events = img('-T', 'help').split()
        self.assertIn('qemu_aio_coroutine_enter', events)
        img('create', '-q', self.path, '1M')
        log = self.name('log')
        self.assertIn('file format: raw', img('--trace', f'qemu_aio_*,file={log}', 'info', '-f', 'raw', self.path))
        self.assertIn('qemu_aio_coroutine_enter', Path(log).read_text())
        self.assertIn("'--trace' requires an argument", self.fails('--trace'))
        self.assertIn("unrecognized option '-Z'", self.fails('-Z', 'info', self.path))
        self.assertIn('Accepted: [enable=]', self.fails('--trace=x,y=z', 'info', self.path))

    def test_help_of_commands(self):
        """A line for each option, of at most 80 columns; a wrong one gets the nearest that there is."""
        commands = re.findall(r'^  (\w+) +\w', img('--help').split('Recognized commands:')[1], re.M)
        self.assertIn('convert', commands)
        for command in commands:
            text = img(command, '--help')
            self.assertEqual([line for line in text.splitlines() if len(line) > 80], [])
            lines = re.findall(r'^ +((?:-.+?, )*-[^ ,]+(?: [A-Z]+)?)(?=  |$)', text, re.M)
            names = [name for line in lines for name in re.findall(r'-[-\w]+', line)]
            self.assertLessEqual({'-h', '--help', '--object'}, set(names), text)
            name = next(name for name in names if name.startswith('--'))
            self.assertIn(f"Did you mean '{name}'?\n", self.fails(command, name + 'z', '/none'))
        self.assertIn('(--add | --remove | --remove-all | --clear |', img('bitmap', '--help'))
        self.assertIn(' -o OPTIONS ', img('amend', '--help').splitlines()[0])
        self.assertIn('[-l | -c NAME | -a SNAPSHOT | -d SNAPSHOT]', img('snapshot', '--help'))


def read_terminal(screen):
    """All that was written to the other end, which is closed: it comes in pieces, then there is EIO."""
    shown = b''
    while True:
        try:
            piece = screen.read(4096)
        except OSError:
            piece = b''
        if not piece:
            return shown
        shown += piece


class Progress(ImgCase):
    def test_json(self):
        """For other programs: lines of JSON that end with all of it."""
        self.make()
        copy, base, old = self.name('copy.qcow2'), self.name('base.qcow2'), self.name('old.qcow2')
        for path in (base, old):
            img('create', '-q', '-f', 'qcow2', path, '64M')
        io(old, 'write -z 8M 1M')
        for line in (f'convert -O qcow2 {self.path} {copy}', f'compare {self.path} {copy}',
                     f'amend -f qcow2 -o refcount_bits=32 {copy}', f'rebase -f qcow2 -b {base} -F qcow2 {copy}',
                     f'commit -f qcow2 {copy}', f'amend -f qcow2 -o compat=0.10 {old}'):
            command, *more = line.split()
            lines = [json.loads(text) for text in img(command, '--progress=json', *more).splitlines() if text[0] == '{']
            self.assertEqual((lines[-1]['percent'], lines[-1]['done']), (100, lines[-1]['total']), line)
            self.assertEqual(sorted(lines, key=lambda l: l['percent']), lines)
            self.assertEqual(len({l['total'] for l in lines}), 1, line)
            self.assertNotIn('{', img(command, '--progress=json', '-q', *more))
        for form, args in ((b'100.00/100%', ('-p',)), (b'100.00/100%', ('--progress',)), (b'', ())):
            self.assertIn(form, img('convert', *args, '-O', 'raw', self.path, copy).encode())
        self.assertIn("'xml'", self.fails('convert', '--progress=xml', self.path, copy))


    def test_short_on_a_terminal(self):
        """However little there is to do, what remains says that it is done."""
        img('create', '-q', '-f', 'raw', self.raw, '0')
        small = self.name('small')
        Path(small).write_bytes(b'\1' * 512)
        for args in (('convert', '-f', 'raw', '-O', 'qcow2', self.raw, self.path), ('compare', self.raw, self.raw),
                     ('convert', '-f', 'raw', '-O', 'qcow2', small, self.path),
                     ('amend', '-f', 'qcow2', '-o', 'lazy_refcounts=on', self.path)):
            ours, theirs = os.openpty()
            with open(ours, 'rb', buffering=0) as screen:
                done = subprocess.run([IMG, *args], stdout=theirs, timeout=60 * rhea.SCALE, check=True)
                os.close(theirs)
                shown = read_terminal(screen).decode()
            self.assertIn('(100.00/100%)\r\r\n', shown, args)

    def test_asked_by_signal(self):
        """A command that cannot tell how far it is goes on."""
        img('create', '-q', '-f', 'raw', self.raw, '1M')
        with subprocess.Popen([IMG, 'bench', '-f', 'raw', '-c', '100000', self.raw],
                              stdout=subprocess.PIPE, text=True) as bench:
            self.assertIn('Sending', bench.stdout.readline())
            bench.send_signal(signal.SIGUSR1)
            self.assertIn('Run completed', bench.stdout.read())
            self.assertEqual(bench.wait(60 * rhea.SCALE), 0)
        img('create', '-q', '-f', 'qcow2', self.path, '1M')
        self.assertIn('1 MiB', io(self.path, f'sigraise {int(signal.SIGUSR1)}', 'length'))


class Spellings(ImgCase):
    """Options that have a long name, or two."""

    def test_create(self):
        base = self.name('base')
        img('create', '--quiet', '--format', 'qcow2', '--options', 'cluster_size=4k', base, '1M')
        for args in (('--backing', base, '--backing-format', 'qcow2'), ('-b', base, '-B', 'qcow2'),
                     (f'--backing={base}', '-F', 'qcow2')):
            img('create', '-q', '-f', 'qcow2', *args, self.path)
            found = json.loads(img('info', '--output=json', self.path))
            self.assertEqual((found['backing-filename'], found['backing-filename-format']), (base, 'qcow2'))
        img('create', '-q', '-f', 'qcow2', '--backing-unsafe', '-b', 'nowhere', '-B', 'raw', self.path, '1M')

    def test_short_booleans(self):
        """Without a word in -o, with one in options of images."""
        for word, value in (('lazy_refcounts', True), ('nolazy_refcounts', False)):
            self.assertIn(f'lazy_refcounts={"on" if value else "off"}',
                          img('create', '-f', 'qcow2', '-o', word, self.path, '1M'))
            self.assertEqual(json.loads(img('info', '--output=json', self.path))['format-specific']['data']
                             ['lazy-refcounts'], value)
        done = subprocess.run([IMG, 'info', '--image-opts', f'driver=qcow2,read-only,file.filename={self.path}'],
                              capture_output=True, text=True, timeout=60 * rhea.SCALE)
        self.assertEqual((done.returncode, done.stderr),
                         (0, "qemu-img: warning: short-form boolean option 'read-only' deprecated\n"
                             'Please use read-only=on instead\n'))

    def test_info_limits(self):
        img('create', '-q', '-f', 'qcow2', self.path, '1M')
        self.assertNotIn('limits', json.loads(img('info', '--output=json', self.path)))
        found = json.loads(img('info', '--output=json', '--limits', '--cache', 'none', self.path))['limits']
        self.assertEqual((found['write-zeroes-alignment'], found['discard-alignment']), (65536, 65536))
        self.assertIn('write zeroes alignment: 65536', img('info', '--limits', self.path))
        self.assertIn('cache', self.fails('info', '-t', 'sometimes', self.path))

    def test_check_and_resize(self):
        img('create', '-q', '-f', 'qcow2', self.path, '1M')
        self.assertEqual(img('check', '--quiet', '--cache', 'unsafe', self.path), '')
        img('resize', '--quiet', '--format', 'qcow2', self.path, '2M')

    def test_what_is_repaired(self):
        """What is wrong is said whether it is mended or not."""
        img('create', '-q', '-f', 'qcow2', self.path, '1M')
        with open(self.path, 'r+b') as file:
            file.seek(0x20000)
            file.write(struct.pack('>H', 2))
        for mode, last in (((), ''), (('-r', 'leaks'), 'Repairing')):
            done = subprocess.run([IMG, 'check', *mode, self.path], capture_output=True, text=True,
                                  timeout=60 * rhea.SCALE)
            lines = done.stderr.splitlines()
            self.assertEqual(lines[0], 'Leaked cluster 0 refcount=2 reference=1')
            self.assertEqual(lines[1:], [last + ' cluster 0 refcount=2 reference=1'] if last else [])

    def test_cut_header(self):
        img('create', '-q', '-f', 'qcow2', self.path, '1M')
        os.truncate(self.path, 100)
        self.assertIn('qcow2 header too short', self.fails('info', '-f', 'qcow2', self.path))

    def test_status_of_compare(self):
        for args, status in (((), 1), ((self.raw,), 1), (('--foo', self.raw, self.raw), 1), ((self.raw, self.raw), 2)):
            done = subprocess.run([IMG, 'compare', *args], capture_output=True, timeout=60 * rhea.SCALE)
            self.assertEqual(done.returncode, status, args)

    def test_options_behind_operands(self):
        for args, size in (('{} 512k --shrink', 512 << 10), ('{} +1k', 513 << 10), ('{} -1k --shrink -q', 512 << 10),
                           ('{} --shrink -- -1k', 511 << 10), ('--shrink {} -1k', 510 << 10)):
            if args.startswith('{} 512k'):
                img('create', '-q', '-f', 'qcow2', self.path, '1M')
            img('resize', *args.format(self.path).split())
            self.assertEqual(json.loads(img('info', self.path, '--output=json'))['virtual-size'], size)
        for args in ('{} -1k', '{} -- -1k', '-- {} -1k'):
            self.assertIn('--shrink', self.fails('resize', *args.format(self.path).split()))
        self.assertIn("'x'", self.fails('resize', self.path, '-1k', '-x'))
        img('create', self.name('b'), '-q', '1M', '-f', 'qcow2')
        self.assertEqual(img('check', self.path, '-q'), '')
        self.assertEqual(img('snapshot', self.path), '')

    def test_image_opts(self):
        """The format is among the options."""
        img('create', '-q', '-f', 'qcow2', self.path, '1M')
        spec = f'driver=qcow2,file.filename={self.path}'
        out = self.name('out')
        img('create', '-q', out, '1M')
        for args in (('info', spec), ('map', spec), ('check', spec), ('compare', spec, spec), ('convert', spec, out),
                     ('snapshot', '-l', spec), ('resize', spec, '2M'), ('dd', 'if=' + spec, 'of=' + out)):
            self.assertIn('mutually exclusive', self.fails(args[0], '--image-opts', '-f', 'qcow2', *args[1:]))
        self.assertIn('mutually exclusive', self.fails('convert', '-n', '--target-image-opts', '-O', 'raw', self.path,
                                                       'driver=raw,file.filename=' + out))

    def test_help_among_options(self):
        img('create', '-q', '-f', 'qcow2', self.path, '1M')
        for line in (f'create -f qcow2 -o cluster_size=4k,help {self.path} 1M', 'convert -O qcow2 -o help,cluster_size=4k',
                     'measure -O qcow2 -o ?', f'amend -o help {self.path}', 'amend -f qcow2 -o help'):
            self.assertRegex(img(*line.split()), r'(?m)^  compat=<str> ')
        self.assertIn('-f', self.fails('amend', '-o', 'help'))

    def test_output(self):
        img('create', '-q', '-f', 'qcow2', self.path, '1M')
        self.assertEqual(img('check', '-q', '--output=json', self.path), '')
        self.assertNotIn('compressed-clusters', json.loads(img('check', '--output=json', self.path)))
        for command in ('check', 'info', 'map', 'measure'):
            json.loads(img(command, self.path, '--output', 'json'))
            self.assertEqual(img(command, '--output=human', self.path), img(command, self.path))
            self.assertIn("human or json as argument, not 'xml'", self.fails(command, '--output=xml', self.path))

    def test_compressed_odd_size(self):
        """The disk is rounded up to whole sectors, its last cluster is compressed, too."""
        for size in (1, 511, 65536, 65537, 100001, 200000 - 200000 % 512):
            raw = self.name('odd')
            Path(raw).write_bytes(b'\7' * size)
            for fmt in ('qcow2', 'vmdk'):
                more = ('-o', 'subformat=streamOptimized') if fmt == 'vmdk' else ()
                img('convert', '-c', '-f', 'raw', '-O', fmt, *more, raw, self.path)
                img('compare', '-q', '-f', 'raw', '-F', fmt, raw, self.path)

    def test_odd_size(self):
        """A file that ends within a sector is a disk of whole sectors, zero behind the file's end."""
        raw, other = self.name('odd'), self.name('other')
        data = bytes(range(1, 251)) * 4
        for fmt in ('raw', 'qcow2'):
            Path(raw).write_bytes(data)
            self.assertEqual(json.loads(img('info', '--output=json', '-f', 'raw', raw))['virtual-size'], 1024)
            img('convert', '-f', 'raw', '-O', fmt, raw, other)
            self.assertEqual(img('compare', '-f', 'raw', '-F', fmt, raw, other), 'Images are identical.\n')
            self.assertEqual(json.loads(img('info', '--output=json', '-f', fmt, other))['virtual-size'], 1024)
            self.assertEqual(Path(raw).stat().st_size, 1000)
        self.assertEqual([(e['start'], e['length'], e['zero'])
                          for e in json.loads(img('map', '--output=json', '-f', 'raw', raw))],
                         [(0, 1000, False), (1000, 24, True)])
        img('create', '-q', '-f', 'raw', other, '1000')
        self.assertEqual(Path(other).stat().st_size, 1024)
        io(raw, 'read -P 0 1000 24', 'write -P 7 512 512', 'read -P 7 512 512', fmt='raw')
        self.assertEqual(Path(raw).read_bytes(), data[:512] + b'\7' * 512)
        self.assertIn('size', self.fails('info', '--image-opts', f'driver=raw,size=700,file.filename={raw}'))

    def test_odd_backing(self):
        """Under an overlay, and committed into."""
        raw = self.name('odd')
        Path(raw).write_bytes(b'\7' * 1000)
        img('create', '-q', '-f', 'qcow2', '-b', raw, '-F', 'raw', self.path)
        io(self.path, 'read -P 7 990 10', 'read -P 0 1000 24', 'write -P 3 1010 14')
        img('commit', '-q', self.path)
        self.assertEqual(Path(raw).read_bytes(), b'\7' * 1000 + bytes(10) + b'\3' * 14)

    def test_commit_rate(self):
        base = self.name('base')
        img('create', '-q', '-f', 'qcow2', base, '8M')
        img('create', '-q', '-f', 'qcow2', '-b', base, '-F', 'qcow2', self.path)
        io(self.path, 'write -P 1 0 8M')
        begin = time.monotonic()
        img('commit', '-q', '-r', '16M', self.path)
        # The last piece waits for nothing.
        self.assertGreater(time.monotonic() - begin, 0.2)
        io(base, 'read -P 1 0 8M')
        self.assertIn('fast', self.fails('commit', '--rate-limit', 'fast', self.path))
        img('commit', '-q', '-r', '0', self.path)  # As fast as it goes.

    def test_object_without_value(self):
        self.assertIn("'--object' requires an argument", self.fails('info', self.path, '--object'))


class Measure(ImgCase):
    KNOWN = ((('--size', '1G', '-O', 'qcow2'), 393216, 1074135040),
             (('--size', '0', '-O', 'qcow2'), 196608, 196608),
             (('--size', '1000', '-O', 'raw'), 1024, 1024),
             (('--size', '1G', '-O', 'qcow2', '-o', 'preallocation=full'), 1074135040, 1074135040))

    def test_known(self):
        for args, required, allocated in self.KNOWN:
            found = json.loads(img('measure', '--output=json', *args))
            self.assertEqual((found['required'], found['fully-allocated']), (required, allocated))

    def test_as_others(self):
        theirs = shutil.which('qemu-img')
        if not theirs:
            self.skipTest('no other qemu-img')
        self.make()
        Path(self.raw).write_bytes(b'')
        img('resize', '-q', '-f', 'raw', self.raw, '100M')
        io(self.raw, 'write 50M 512', fmt='raw')
        for args in (('--size', '10T', '-O', 'qcow2', '-o', 'cluster_size=2M,refcount_bits=64'),
                     ('--size', '10T', '-O', 'qcow2', '-o', 'refcount_bits=1'),
                     ('--size', '3G', '-O', 'qcow2', '-o', 'cluster_size=512'),
                     ('-O', 'qcow2', self.path), ('-O', 'qcow2', '-l', 'before', self.path),
                     ('-O', 'qcow2', '-o', 'compat=0.10', self.path), ('-O', 'raw', self.path),
                     ('-O', 'qcow2', '-f', 'raw', self.raw)):
            said = subprocess.run([theirs, 'measure', *args], capture_output=True, text=True,
                                  check=True, timeout=60 * rhea.SCALE).stdout
            self.assertEqual(img('measure', *args), said, args)

    def test_is_enough(self):
        self.make()
        for options in ('cluster_size=4k', 'cluster_size=64k', 'cluster_size=1M'):
            size = json.loads(img('measure', '--output=json', '-O', 'qcow2', '-o', options,
                                  self.path))['required']
            copy = self.name('copy')
            img('convert', '-O', 'qcow2', '-o', options, self.path, copy)
            self.assertLessEqual(Path(copy).stat().st_size, size)

    def test_mistakes(self):
        self.make()
        for args, word in (((), 'filename'), (('--size', '1G', self.path), '--size'),
                           (('--size', '1G', '-l', 'x'), '-l'),
                           (('--size', '10T', '-O', 'qcow2', '-o', 'cluster_size=512'), 'cluster'),
                           (('-O', 'nothing', '--size', '1'), 'nothing'),
                           (('-O', 'qcow2', '-l', 'x', self.path), f"snapshot 'x' of '{self.path}'")):
            self.assertIn(word, self.fails('measure', *args))


class Amend(ImgCase):
    def amend(self, options):
        img('amend', '-q', '-f', 'qcow2', '-o', options, self.path)
        img('check', '-q', self.path)
        return json.loads(img('info', '--output=json', self.path))

    def specific(self, options):
        return self.amend(options)['format-specific']['data']

    def compare(self):
        img('compare', '-f', 'qcow2', '-F', 'raw', self.path, self.raw)

    def test_life(self):
        theirs = shutil.which('qemu-img')
        for cluster in ('512', '64k'):
            img('create', '-q', '-f', 'qcow2', '-o', 'cluster_size=' + cluster, self.path, '8M')
            io(self.path, 'write -P 1 1M 3M', 'write -z 2M 512k', 'write -P 3 7M 512')
            img('convert', '-O', 'raw', self.path, self.raw)
            img('snapshot', '-c', 'x', self.path)
            for bits in (8, 64, 2, 16, 32, 16):
                self.assertEqual(self.specific(f'refcount_bits={bits}')['refcount-bits'], bits)
                self.compare()
                io(self.path, 'write -P 3 7M 512')
                if theirs:
                    subprocess.run([theirs, 'check', '-q', self.path], check=True,
                                   timeout=60 * rhea.SCALE)
            self.assertIn('refcount of 2', self.fails('amend', '-o', 'refcount_bits=1', self.path))
            self.assertIn('snapshots', self.fails('amend', '-o', 'compat=0.10', self.path))
            img('snapshot', '-d', 'x', self.path)
            self.assertEqual(self.specific('refcount_bits=1')['refcount-bits'], 1)
            self.assertTrue(self.specific('lazy_refcounts=on,refcount_bits=16')['lazy-refcounts'])
            self.assertEqual(self.specific('compat=0.10')['compat'], '0.10')
            self.compare()
            self.assertIn('1.1', self.fails('amend', '-o', 'lazy_refcounts=on', self.path))
            self.assertFalse(self.specific('compat=v3')['lazy-refcounts'])
            self.compare()
            self.assertEqual(self.amend('size=4M')['virtual-size'], 4 << 20)
            self.assertEqual(self.amend('size=16M')['virtual-size'], 16 << 20)
            io(self.path, 'read -P 1 1M 1M', 'read -P 0 4M 12M')

    def test_width_leaves_the_file_short(self):
        """New counts lie behind what is used, not behind what could be counted."""
        img('create', '-q', '-f', 'qcow2', self.path, '64M')
        for bits in (32, 64, 16, 1):
            img('amend', '-o', f'refcount_bits={bits}', self.path)
            self.assertLess(Path(self.path).stat().st_size, 2 << 20)
            img('check', '-q', self.path)

    def test_zeroes_over_a_backing_file(self):
        base = self.name('base')
        img('create', '-q', '-f', 'qcow2', base, '4M')
        io(base, 'write -P 1 0 4M')
        img('create', '-q', '-f', 'qcow2', '-b', base, '-F', 'qcow2', self.path, '4M')
        io(self.path, 'write -z 1M 1M', 'discard 3M 64k')
        img('convert', '-O', 'raw', self.path, self.raw)
        self.assertEqual(self.specific('compat=0.10')['compat'], '0.10')
        self.compare()

    def test_mistakes(self):
        self.make()
        for option, word in (('cluster_size=4k', 'only supported for image creation'),
                             ('compat=7', 'compat'), ('refcount_bits=7', 'power of two'),
                             ('backing_file=x', 'rebase'), ('data_file=x', 'data-file'),
                             ('data_file_raw=on', 'data-file-raw'), ('lazy=on', 'lazy_refcounts'),
                             ('compat=0.10', 'Bitmaps')):
            self.assertIn(word, self.fails('amend', '-f', 'qcow2', '-o', option, self.path))
        self.assertIn('-o', self.fails('amend', self.path))
        img('create', '-q', '-f', 'raw', self.raw, '1M')
        self.assertIn("'raw'", self.fails('amend', '-f', 'raw', '-o', 'size=1', self.raw))


SECRET = ('--object', 'secret,id=s,data=a-passphrase')


class Encrypted(ImgCase):
    FORMAT = ('encrypt.format=luks,encrypt.key-secret=s,encrypt.iter-time=10')

    def opts(self, path=None):
        return f'driver=qcow2,encrypt.key-secret=s,file.filename={path or self.path}'

    def io(self, *commands, tool=None):
        from test_snapshot import IO
        done = subprocess.run([tool or IO, *SECRET, '--image-opts', self.opts(),
                               *(word for c in commands for word in ('-c', c))],
                              capture_output=True, text=True, timeout=60 * rhea.SCALE)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn('failed', done.stdout)

    def life(self, make, one, two):
        for cluster in ('4k', '64k'):
            made = subprocess.run([make, 'create', '-q', *SECRET, '-f', 'qcow2', '-o',
                                   f'cluster_size={cluster},{self.FORMAT}', self.path, '16M'],
                                  capture_output=True, text=True, timeout=60 * rhea.SCALE)
            if make != IMG and 'CPU usage' in made.stderr:
                self.skipTest('the other qemu-img makes no keys on a busy host')
            self.assertEqual(made.returncode, 0, made.stderr)
            self.io('write -P 1 0 1M', 'write -P 2 3M 512', 'write -z 512k 64k', tool=one)
            self.io('read -P 1 0 512k', 'read -P 0 512k 64k', 'read -P 2 3M 512', 'read -P 0 8M 1M',
                    'write -P 7 5M 1k', tool=two)
            self.io('read -P 7 5M 1k', 'read -P 2 3M 512', tool=one)
            img('check', '-q', self.path)
            self.assertNotIn(b'\2' * 512, Path(self.path).read_bytes())

    def test_life(self):
        self.life(IMG, None, None)

    def test_as_others(self):
        theirs, their_io = shutil.which('qemu-img'), shutil.which('qemu-io')
        if not theirs or not their_io:
            self.skipTest('no other tools')
        self.life(IMG, None, their_io)
        self.life(theirs, their_io, None)

    def test_snapshot_and_convert(self):
        img('create', '-q', *SECRET, '-f', 'qcow2', '-o', self.FORMAT, self.path, '8M')
        self.io('write -P 1 0 1M')
        img('snapshot', *SECRET, '-c', 'x', '--image-opts', self.opts())
        self.io('write -P 2 100k 100k', 'read -P 1 0 100k', 'read -P 1 200k 100k')
        img('convert', *SECRET, '-l', 'x', '--image-opts', self.opts(), '-O', 'raw', self.raw)
        io(self.raw, 'read -P 1 0 1M', 'read -P 0 1M 7M', fmt='raw')
        copy = self.name('copy')
        img('convert', *SECRET, '-O', 'qcow2', '-o', self.FORMAT, self.raw, copy)
        img('compare', *SECRET, '--image-opts', self.opts(copy),
            f'driver=raw,file.filename={self.raw}')
        self.assertEqual(json.loads(img('info', '--output=json', copy))
                         ['format-specific']['data']['encrypt']['format'], 'luks')

    def test_mistakes(self):
        for options, word in (('encrypt.format=luks', 'key-secret'), ('encrypt.format=aes', 'key-secret'),
                              ('encrypt.key-secret=s', 'encrypt.format'),
                              ('encrypt.format=luks,encrypt.key-secret=x', 'x')):
            self.assertIn(word, self.fails('create', *SECRET, '-f', 'qcow2', '-o', options, self.path,
                                           '1M'))
        img('create', '-q', *SECRET, '-f', 'qcow2', '-o', self.FORMAT, self.path, '1M')
        self.assertIn('encrypt.key-secret', self.fails('compare', self.path, self.path))
        self.assertIn('assw', self.fails(
            'compare', '--object', 'secret,id=s,data=wrong', '--image-opts', self.opts(), self.opts()))
        img('create', '-q', '-f', 'qcow2', self.path, '1M')
        self.assertIn('No encryption', self.fails('compare', *SECRET, '--image-opts', self.opts(),
                                                  self.opts()))


class Dd(ImgCase):
    def test_parts(self):
        self.make()
        img('convert', '-O', 'raw', self.path, self.raw)
        data = Path(self.raw).read_bytes()
        out = self.name('out')
        for args, start, end in (((), 0, 64 << 20), (('bs=1M', 'count=3', 'skip=1'), 1 << 20, 3 << 20),
                                 (('bs=3M', 'skip=20'), 60 << 20, 64 << 20),
                                 (('bs=1000', 'count=1056', 'skip=1049'), 1049000, 1056000)):
            img('dd', '-f', 'qcow2', *args, 'if=' + self.path, 'of=' + out)
            # The output is a disk: whole sectors.
            self.assertEqual(Path(out).read_bytes(), data[start:end] + bytes(-(end - start) % 512),
                             args)
        img('dd', '-f', 'qcow2', '-O', 'qcow2', 'if=' + self.path, 'of=' + out)
        img('compare', self.path, out)

    def test_nothing_left(self):
        """It says which of the two operands leaves nothing."""
        self.make()
        for operands, end in ((('bs=1M', 'count=2', 'skip=3'), 'blocks of count= end at 2097152'),
                              (('bs=1M', 'skip=65'), 'image has a size of 67108864')):
            done = subprocess.run([IMG, 'dd', *operands, 'if=' + self.path, 'of=' + self.name('out')],
                                  capture_output=True, text=True, timeout=60 * rhea.SCALE)
            self.assertIn(end, done.stderr)
            self.assertEqual(os.path.getsize(self.name('out')), 0)

    def test_mistakes(self):
        for args, word in ((('if=x',), 'both'), (('bs=0', 'if=x', 'of=y'), 'bs'),
                           (('foo=1',), 'foo')):
            self.assertIn(word, self.fails('dd', *args))


class Bench(ImgCase):
    def test_says_what_it_does(self):
        self.make()
        said = img('bench', '-f', 'qcow2', '-c', '100', self.path)
        self.assertIn('Sending 100 read requests, 4096 bytes each, 64 in parallel '
                      '(starting at offset 0, step size 4096)', said)
        self.assertIn('Run completed in', said)
        for more in ((), ('--no-drain',)):
            said = img('bench', '-f', 'qcow2', '-w', '-c', '100', '-d', '4', '-s', '8k', '-S', '64k',
                       '-o', '62M', '--flush-interval', '10', '--pattern', '3', *more, self.path)
            self.assertIn('flush every', said)
        io(self.path, 'read -P 3 62M 8k')
        img('check', '-q', self.path)

    def test_mistakes(self):
        self.make()
        for args, word in ((('--flush-interval', '2'), 'write'),
                           (('-w', '--flush-interval', '2'), 'depth'), (('-o', '64M'), 'offset'),
                           (('-c', '0'), 'count'), (('-i', 'foo'), 'aio option: foo; -i takes')):
            self.assertIn(word, self.fails('bench', '-f', 'qcow2', *args, self.path))


class Compare(ImgCase):
    """What is known to be zero is not read, and still compared."""

    def differ(self, *args):
        done = subprocess.run([IMG, 'compare', *args], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 1, done.stderr)
        return done.stdout.split('\n')[-2]

    def pair(self, *writes):
        for path, size in ((self.path, '64M'), (self.raw, '64M')):
            img('create', '-q', '-f', 'qcow2', path, size)
        io(self.path, *writes[0])
        io(self.raw, *writes[1])
        return '-f', 'qcow2', '-F', 'qcow2', self.path, self.raw

    def test_zeroes_of_all_kinds(self):
        zeroes = 'write -P 0 5M 3M', 'write -z 9M 1M', 'write -P 7 63M 1M'
        args = self.pair(zeroes, ('write -z 6M 1M', 'write -P 7 63M 1M'))
        self.assertIn('identical', img('compare', *args))
        io(self.raw, 'write -P 1 10M 64k')
        self.assertEqual(self.differ(*args), f'Content mismatch at offset {10 << 20}!')
        # In the middle of what is data here and zero there.
        io(self.path, 'write -P 4 6500k 1k')
        self.assertEqual(self.differ(*args), f'Content mismatch at offset {6500 << 10}!')
        self.assertEqual(self.differ(*args[:4], *args[:3:-1]),
                         f'Content mismatch at offset {6500 << 10}!')

    def test_first_of_many(self):
        args = self.pair(('write -P 1 1M 8M', 'write -P 2 3001k 1k'), ('write -P 1 1M 8M',))
        self.assertEqual(self.differ(*args), f'Content mismatch at offset {3001 << 10}!')

    def test_strict(self):
        """Places that one image has and the other has not are a difference, zeroes or not."""
        args = self.pair((), ('write -z 2M 1M',))
        self.assertIn('identical', img('compare', *args))
        self.assertEqual(self.differ('-s', *args), f'Strict mode: Offset {2 << 20} block status mismatch!')
        io(self.path, 'write -z 2M 1M')
        self.assertIn('identical', img('compare', '-s', *args))
        full, sparse = self.name('full'), self.name('sparse')
        img('create', '-q', '-o', 'preallocation=full', full, '16M')
        img('create', '-q', sparse, '16M')
        self.assertIn('identical', img('compare', full, sparse))
        self.assertIn('block status mismatch!', self.differ('-s', full, sparse))

    def test_longer(self):
        args = self.pair(('write -P 1 0 8M',), ('write -P 1 0 8M',))
        img('resize', '-q', self.raw, '8G')
        io(self.raw, 'write -P 0 100M 2M')
        self.assertIn('identical', img('compare', *args))
        io(self.raw, 'write -P 3 7001M 1M')
        self.assertEqual(self.differ(*args), f'Content mismatch at offset {7001 << 20}!')


class Map(ImgCase):
    def test_layers_that_end(self):
        """What is behind the end of a backing file is the zeroes of the layer above, which has nothing there."""
        for i, size in enumerate(('64k', '192k', '320k', '512k')):
            base = ('-b', self.name(str(i - 1)), '-F', 'qcow2') if i else ()
            img('create', '-q', '-f', 'qcow2', *base, self.name(str(i)), size)
        io(self.name('0'), 'write -P 1 0 64k')
        found = json.loads(img('map', '--output=json', self.name('3')))
        self.assertEqual([(e['start'] >> 10, e['length'] >> 10, e['depth'], e['present'], e['zero']) for e in found],
                         [(0, 64, 3, True, False), (64, 128, 2, False, True), (192, 128, 1, False, True),
                          (320, 192, 0, False, True)])

    def test_compressed(self):
        """Not data that is nowhere."""
        img('create', '-q', '-f', 'qcow2', self.path, '1M')
        io(self.path, 'write -P 1 64k 64k', 'write -c -P 2 128k 64k')
        self.assertIn('encrypted or compressed clusters', self.fails('map', self.path))
        self.assertEqual(len(img('map', '-l', '128k', self.path).splitlines()), 2)
        self.assertTrue(json.loads(img('map', '--output=json', self.path))[2]['compressed'])


class Rebase(ImgCase):
    def test_options(self):
        """A format that there is not is not written down; -U is for what is read."""
        base = self.name('base')
        img('create', '-q', '-f', 'qcow2', base, '1M')
        img('create', '-q', '-f', 'qcow2', '-b', base, '-F', 'qcow2', self.path)
        for more in ((), ('-u',)):
            self.assertIn("'foo'", self.fails('rebase', *more, '-b', base, '-F', 'foo', self.path))
        img('rebase', '-U', '-b', base, '-F', 'qcow2', self.path)

    def test_refused(self):
        """Where there cannot be a backing file: at once, and whatever the size of clusters."""
        base = self.name('base')
        img('create', '-q', '-f', 'qcow2', base, '64M')
        for options in (('vhdx',), ('vdi',), ('vpc',), ('qcow2', '-o', f'data_file={self.raw},data_file_raw=on')):
            img('create', '-q', '-f', *options, self.path, '64M')
            for more in ((), ('-u',)):
                self.assertIn('Could not change', self.fails('rebase', *more, '-f', options[0], '-b', base, '-F', 'qcow2',
                                                             self.path))
        img('rebase', '-f', 'qcow2', '-b', '', self.path)

    def test_no_backing_file(self):
        """-u without a name takes it away."""
        base = self.name('base')
        img('create', '-q', '-f', 'qcow2', base, '1M')
        img('create', '-q', '-f', 'qcow2', '-b', base, '-F', 'qcow2', self.path)
        self.assertIn('-b', self.fails('rebase', self.path))
        img('rebase', '-u', self.path)
        self.assertNotIn('backing-filename', json.loads(img('info', '--output=json', self.path)))

    def test_to_another_content(self):
        """What shows through differs in some clusters, next to each other and alone."""
        old, new = self.name('old'), self.name('new')
        for path in (old, new):
            img('create', '-q', '-f', 'qcow2', path, '16M')
            io(path, 'write -P 1 0 16M')
        for mine in (1, 2, 3, 9, 40):
            io(old, f'write -P {mine + 10} {mine * 64}k 64k')
        io(old, 'write -P 5 8190k 3k')
        for more in ((), ('-c',)):
            img('create', '-q', '-f', 'qcow2', '-b', old, '-F', 'qcow2', self.path, '15990k')
            io(self.path, 'write -P 99 128k 16k', 'write -P 98 1M 1M')
            shutil.copy(self.path, self.raw)
            img('rebase', *more, '-b', new, '-F', 'qcow2', self.path)
            img('compare', '-f', 'qcow2', '-F', 'qcow2', self.path, self.raw)
            # Seven clusters differ, one of which was among the 17 that were there before.
            data = [e for e in json.loads(img('map', '--output=json', self.path)) if not e['depth']]
            self.assertEqual(sum(e['length'] for e in data), (7 + 17 - 1) << 16)


class Devices(ImgCase):
    def loop(self, *options):
        Path(self.raw).write_bytes(bytes(1 << 20))
        try:
            done = subprocess.run(['losetup', '-f', '--show', *options, self.raw], capture_output=True, text=True,
                                  timeout=60 * rhea.SCALE)
        except FileNotFoundError:
            self.skipTest('no losetup')
        if done.returncode:
            self.skipTest('losetup: ' + done.stderr)
        device = done.stdout.strip()
        self.addCleanup(subprocess.run, ['losetup', '-d', device], timeout=60 * rhea.SCALE)
        return device

    def test_size_stays(self):
        device = self.loop()
        for size, words in (('2M', 'Cannot grow'), ('512k', 'Cannot resize')):
            self.assertIn(words, self.fails('resize', '-f', 'raw', '--shrink', device, size))
        img('resize', '-q', '-f', 'raw', device, '1M')

    def test_read_only(self):
        """It is not opened for writing; with auto-read-only it is not until somebody writes."""
        device = self.loop('-r')
        for node in f'driver=host_device,filename={device}', f'driver=raw,file.driver=host_device,file.filename={device}':
            done = subprocess.run([IMG.replace('qemu-img', 'qemu-io'), '--image-opts', '-c', 'read 0 512', node],
                                  capture_output=True, text=True, timeout=60 * rhea.SCALE)
            self.assertEqual(done.returncode, 1)
            self.assertIn('not writable', done.stderr)
        self.assertIn('1 MiB', img('info', device))
        self.assertIn('not writable', self.fails('create', '-f', 'qcow2', device, '64k'))
        self.assertIn('not writable', self.fails('convert', '-n', '-O', 'raw', self.raw, device))


class Convert(ImgCase):
    def test_no_size(self):
        """What a file of the host has cannot be told from its size everywhere."""
        self.assertIn('/proc/version', self.fails('convert', '-f', 'raw', '-O', 'raw', '/proc/version', self.raw))

    def test_not_compressed(self):
        """Extents of VMDK that know no compression have the data as it is."""
        self.make()
        out = self.name('out')
        img('convert', '-c', '-O', 'vmdk', self.path, out)
        img('compare', self.path, out)

    def test_errors(self):
        """The first one is told, and whether the source or the target has it."""
        out = self.name('out')
        img('create', '-q', '-f', 'raw', self.raw, '8M')
        io(self.raw, 'write -P 5 0 8M', fmt='raw')
        img('create', '-q', '-f', 'raw', out, '8M')
        bad = 'driver=raw,file.driver=blkdebug,file.inject-error.0.event={},file.inject-error.0.errno=28,' \
              'file.image.driver=file,file.image.filename={}'
        none = os.strerror(errno.ENOSPC)
        for more in (), ('-W',):
            said = self.fails('convert', '-n', *more, '-f', 'raw', '--target-image-opts', self.raw,
                              bad.format('pwritev', out))
            self.assertRegex(said, f'^qemu-img: error while writing at byte [0-9]*: {none}\n$')
            said = self.fails('convert', '-n', *more, '--image-opts', '-O', 'raw', bad.format('read_aio', self.raw), out)
            self.assertRegex(said, f'^qemu-img: error while reading at byte [0-9]*: {none}\n$')

    def test_several_sources(self):
        img('create', '-q', '-f', 'raw', self.raw, '1000000')
        io(self.raw, 'write -P 5 0 1000000', fmt='raw')
        self.make()
        out = self.name('out')
        for options in ((), ('-c',)):
            img('convert', *options, '-O', 'qcow2', self.raw, self.path, out)
            # The second begins where the first one's last sector ends.
            io(out, 'read -P 5 0 1000000', 'read -P 0 1000000 448',
               f'read -P 1 {1000448 + (1 << 20)} 3M')

    def test_snapshot(self):
        self.make()
        io(self.path, 'write -P 9 1M 3M')
        out = self.name('out')
        for param in ('before', '1', 'snapshot.name=before', 'snapshot.id=1'):
            img('convert', '-l', param, '-O', 'qcow2', self.path, out)
            io(out, 'read -P 1 1M 3M')
        self.assertIn('snapshot', self.fails('convert', '-l', 'x', self.path, out))
        for args in ('convert', self.path, out), ('measure', self.path):
            self.assertIn('snapshot.nme', self.fails(*args, '-O', 'raw', '-l', 'snapshot.nme=before'))

    def test_on_backing_file(self):
        """What the source has itself is written, zeroes too; the rest is in the backing file."""
        base, top, out = self.name('base'), self.name('top'), self.name('out')
        img('create', '-q', '-f', 'qcow2', base, '8M')
        io(base, 'write -P 1 0 8M')
        img('create', '-q', '-f', 'qcow2', '-b', base, '-F', 'qcow2', top, '16M')
        io(top, 'write -z 1M 1M', 'write -P 2 2M 1M')
        img('convert', '-O', 'qcow2', '-B', base, '-F', 'qcow2', top, out)
        img('compare', top, out)
        self.assertLess(Path(out).stat().st_size, 4 << 20)

    def test_mistakes(self):
        self.make()
        out = self.name('out')
        for args, word in ((('-C', '-c'), '-c'), (('-C', '-S', '4k'), '-S'), (('-C', '--salvage'), 'salvag'),
                           (('--target-image-opts',), '-n'), (('--skip-broken-bitmaps',), '--bitmaps'),
                           (('--target-is-zero',), '-n'), (('-l', 'x', self.path), 'snapshot'),
                           (('-r', 'fast'), 'rate'), (('-m', '99'), "between 1 and 16, not '99'"),
                           (('-o', 'size=512'), f"'{out}' has 512 bytes of {64 << 20}")):
            self.assertIn(word, self.fails('convert', *args, '-O', 'qcow2', self.path, out))
        img('convert', '-r', '0', '-O', 'qcow2', self.path, out)
        self.assertIn(f"snapshot 'x' of '{self.path}'", self.fails('convert', '-l', 'x', self.path, out))
        message = self.fails('info', '-f', 'raww', self.path)
        self.assertNotIn('-drive', message)
        self.assertIn(' qcow2 ', message.splitlines()[-1])


if __name__ == '__main__':
    rhea.main()
