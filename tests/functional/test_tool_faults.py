#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Each system call on files, and each allocation that may fail, of qemu-img and qemu-io in turn.

failing-calls.c is preloaded and lets one call fail. Whichever it is: no signal, no hang, a message
if the status tells failure, the right result if it does not; an image that is changed in place has
its old or its new content and no corruption, and others are as they were.

A part of the calls is tried; RHEA_FAULTS=all tries all of them.
"""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import unittest

import rhea

TOOLS = os.path.dirname(rhea.EMULATOR)
IMG, IO = os.path.join(TOOLS, 'qemu-img'), os.path.join(TOOLS, 'qemu-io')
STEP = 1 if os.environ.get('RHEA_FAULTS') == 'all' else 23
MIB = 1 << 20


def run(*argv, **more):
    return subprocess.run(argv, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
                          timeout=60 * rhea.SCALE, **more)


def out_of_memory(result):
    """Small allocations do not fail: they end the program, as those of GLib do."""
    return result.returncode == -signal.SIGABRT and 'allocate' in result.stderr


class ToolFaults(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.library = os.environ.get('RHEA_FAILING_CALLS')
        if not cls.library:
            raise unittest.SkipTest('RHEA_FAILING_CALLS names no library')
        cls.folder = tempfile.mkdtemp(prefix='rhea-faults-', dir=os.environ.get('RHEA_FAULTS_DIR'))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.start = os.path.join(cls.folder, 'start')
        cls.now = os.path.join(cls.folder, 'now')
        os.mkdir(cls.start)
        cls.make_images()

    @classmethod
    def make_images(cls):
        """The images that commands find: a raw one, a qcow2 on top of another, with a snapshot."""
        def good(*argv):
            result = run(*argv, cwd=cls.start)
            assert result.returncode == 0, result.stderr
        with open(os.path.join(cls.start, 'raw'), 'wb') as f:
            f.write(bytes(range(256)) * 4096)
            f.truncate(3 * MIB)
        good(IMG, 'convert', '-f', 'raw', '-O', 'qcow2', 'raw', 'base')
        good(IMG, 'create', '-q', '-f', 'qcow2', '-b', 'base', '-F', 'qcow2', 'top')
        good(IO, '-f', 'qcow2', '-c', 'write -P 7 100k 900k', '-c', 'write -z 2M 128k', 'top')
        good(IMG, 'snapshot', '-c', 'old', 'top')
        good(IO, '-f', 'qcow2', '-c', 'write -P 9 300k 200k', 'top')

    # ---- one command, one failing call ----

    def fresh(self):
        shutil.rmtree(self.now, ignore_errors=True)
        shutil.copytree(self.start, self.now)

    def content(self, name, fmt='qcow2'):
        """What a reader sees, as a hash; None if there is no such image."""
        path = os.path.join(self.now, 'content')
        if not os.path.exists(os.path.join(self.now, name)):
            return None
        result = run(IMG, 'convert', '-f', fmt, '-O', 'raw', name, path, cwd=self.now)
        if result.returncode:
            return None
        with open(path, 'rb') as f:
            digest = hashlib.sha1(f.read()).hexdigest()
        os.unlink(path)
        return digest

    def check(self, name):
        """None if the image is free of corruption."""
        result = run(IMG, 'check', '-f', 'qcow2', '--output', 'json', name, cwd=self.now)
        try:
            report = json.loads(result.stdout)
        except json.JSONDecodeError:
            return result.stderr
        if report.get('corruptions') or report.get('check-errors'):
            return str(report) + result.stderr
        return None

    def fail_call(self, command, n):
        """(the result, name of the call that failed or '')."""
        log = os.path.join(self.folder, 'log')
        if os.path.exists(log):
            os.unlink(log)
        result = run(*command, cwd=self.now, env={**os.environ, 'LD_PRELOAD': self.library,
                                                  'FAIL_CALL': str(n), 'FAIL_LOG': log})
        failed = ''
        if os.path.exists(log):
            with open(log, encoding='ascii') as f:
                failed = f.read()
        return result, failed

    def problem(self, result, before, after, expected, changes, loose):
        """What is wrong after one call has failed; None if nothing is."""
        if result.returncode < 0 and not out_of_memory(result):
            return f'signal {-result.returncode}'
        if result.returncode and not (result.stderr + result.stdout).strip():
            return f'status {result.returncode} without a message'
        if not result.returncode and result.stdout != expected.stdout:
            return f'status 0, but it says {result.stdout!r}'
        for name in ('base', 'top'):
            corrupt = self.check(name)
            if corrupt:
                return f'{name}: {corrupt}'
        for name, fmt in changes.items():
            now = self.content(name, fmt)
            if not result.returncode and now != after[name]:
                return f'status 0, but {name} is wrong'
            if name in before and before[name] and now not in (before[name], after[name]):
                return f'{name} is neither old nor new'
        for name, fmt in (('raw', 'raw'), ('base', 'qcow2')):
            if name not in changes and name not in loose and self.content(name, fmt) != before[name]:
                return f'{name} was changed'
        return None

    def check_command(self, *command, changes=None, loose=()):
        """@changes: images, with formats, that it makes or changes; @loose: that may be anything."""
        changes = changes or {}
        watched = {'raw': 'raw', 'base': 'qcow2', 'top': 'qcow2', **changes}
        self.fresh()
        before = {name: self.content(name, fmt) for name, fmt in watched.items()}
        expected = run(*command, cwd=self.now)
        self.assertEqual(expected.returncode, 0, expected.stderr)
        after = {name: self.content(name, fmt) for name, fmt in watched.items()}
        problems, n = [], 0
        while True:
            self.fresh()
            result, failed = self.fail_call(command, n)
            if not failed:
                break
            problem = self.problem(result, before, after, expected, changes, loose)
            if problem:
                problems.append(f'{failed} (call {n}) fails: {problem}\n{result.stderr}')
            n += STEP
        self.assertGreater(n, 0)
        self.assertFalse(problems, '\n'.join(problems))

    # ---- the commands ----

    def test_create(self):
        self.check_command(IMG, 'create', '-q', '-f', 'qcow2', 'new', '1M', changes={'new': 'qcow2'})

    def test_create_raw(self):
        self.check_command(IMG, 'create', '-q', '-f', 'raw', 'new', '1M', changes={'new': 'raw'})

    def test_create_preallocated(self):
        self.check_command(IMG, 'create', '-q', '-f', 'qcow2', '-o', 'preallocation=falloc', 'new', '1M',
                           changes={'new': 'qcow2'})

    def test_create_backing(self):
        self.check_command(IMG, 'create', '-q', '-f', 'qcow2', '-b', 'top', '-F', 'qcow2', 'new',
                           changes={'new': 'qcow2'})

    def test_convert(self):
        self.check_command(IMG, 'convert', '-f', 'raw', '-O', 'qcow2', 'raw', 'new', changes={'new': 'qcow2'})

    def test_convert_to_raw(self):
        self.check_command(IMG, 'convert', '-f', 'qcow2', '-O', 'raw', 'top', 'new', changes={'new': 'raw'})

    def test_convert_compressed(self):
        self.check_command(IMG, 'convert', '-c', '-f', 'qcow2', '-O', 'qcow2', 'top', 'new',
                           changes={'new': 'qcow2'})

    def test_dd(self):
        self.check_command(IMG, 'dd', '-f', 'raw', '-O', 'qcow2', 'if=raw', 'of=new', changes={'new': 'qcow2'})

    def test_info(self):
        self.check_command(IMG, 'info', '-f', 'qcow2', '--output', 'json', 'base')

    def test_map(self):
        self.check_command(IMG, 'map', '-f', 'qcow2', '--output', 'json', 'top')

    def test_compare(self):
        self.check_command(IMG, 'compare', '-f', 'raw', '-F', 'qcow2', 'raw', 'base')

    def test_check(self):
        self.check_command(IMG, 'check', '-f', 'qcow2', 'top')

    def test_check_repair(self):
        self.check_command(IMG, 'check', '-r', 'all', '-f', 'qcow2', 'top', changes={'top': 'qcow2'})

    def test_resize(self):
        self.check_command(IMG, 'resize', '-q', '-f', 'qcow2', 'top', '5M', changes={'top': 'qcow2'})

    def test_shrink(self):
        self.check_command(IMG, 'resize', '-q', '--shrink', '-f', 'qcow2', 'base', '1M',
                           changes={'base': 'qcow2', 'top': 'qcow2'})

    def test_snapshot_create(self):
        self.check_command(IMG, 'snapshot', '-c', 'new', 'top', changes={'top': 'qcow2'})

    def test_snapshot_apply(self):
        self.check_command(IMG, 'snapshot', '-a', 'old', 'top', changes={'top': 'qcow2'})

    def test_snapshot_delete(self):
        self.check_command(IMG, 'snapshot', '-d', 'old', 'top', changes={'top': 'qcow2'})

    def test_snapshot_list(self):
        self.check_command(IMG, 'snapshot', '-l', 'top')

    def test_commit(self):
        """The base may be half written then, but through the top nothing has changed."""
        self.check_command(IMG, 'commit', '-q', '-f', 'qcow2', 'top', changes={'top': 'qcow2'},
                           loose=('base',))

    def test_rebase(self):
        self.check_command(IMG, 'rebase', '-q', '-f', 'qcow2', '-b', '', 'top', changes={'top': 'qcow2'})

    def test_io_write(self):
        self.check_command(IO, '-f', 'qcow2', '-c', 'write -q -P 3 600k 64k', '-c', 'flush', 'top',
                           changes={'top': 'qcow2'})

    def test_full_output(self):
        """What cannot be printed is a failure, too."""
        self.fresh()
        for command in ((IMG, 'info', 'raw', '-f', 'raw'), (IMG, 'map', '-f', 'qcow2', 'top'),
                        (IMG, 'snapshot', '-l', 'top')):
            with open('/dev/full', 'w', encoding='ascii') as full:
                result = subprocess.run(command, cwd=self.now, stdin=subprocess.DEVNULL, stdout=full,
                                        stderr=subprocess.PIPE, check=False, timeout=60 * rhea.SCALE)
            self.assertEqual((command[1], result.returncode), (command[1], 1))
            self.assertIn(b'No space left', result.stderr)


if __name__ == '__main__':
    rhea.main()
