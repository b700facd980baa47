# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs the emulator for a test: its serial line, its monitor, its end.

    with Machine('-machine', 'pc', ..., qmp=True) as vm:
        vm.wait_for('/ # ')
        vm.type('echo $((6*7))')
        vm.wait_for('42')
        vm.qmp('quit')
        assert vm.wait_exit() == 0

Nothing here sleeps and hopes: one loop reads whatever the emulator says, and
what a test waits for has a deadline. A failure shows the end of all that was
said. The process and its files are gone when the "with" ends.
"""

import json
import os
import select
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

import tap

ROOT = Path(__file__).resolve().parents[2]
EMULATOR = os.environ.get('RHEA_EMULATOR', str(ROOT / 'build/qemu-system-x86_64'))
# A machine that is slower (or sanitized) multiplies all deadlines.
SCALE = float(os.environ.get('RHEA_TIMEOUT_SCALE', '1'))
SHOWN = 3000
PROMPT = '/ # '


class Failure(AssertionError):
    """The emulator did not do what the test waits for."""


def guest_folder(arch):
    """Where vmlinuz and initrd.gz of @arch are; skips the test where they are not."""
    base = os.environ.get('RHEA_GUESTS') or str(Path(EMULATOR).parent / 'guest')
    folder = Path(base) / arch
    if not (folder / 'vmlinuz').exists() or not (folder / 'initrd.gz').exists():
        raise unittest.SkipTest(f'no guest kernel in {folder}: scripts/guest/fetch {arch} {folder}')
    return folder


def linux(arch='amd64', memory=256, append='', run=None, cpus=1, machine='pc'):
    """Options that boot the guest kernel with its console on the first serial port."""
    folder = guest_folder(arch)
    words = ['console=ttyS0', 'panic=-1', 'quiet'] + append.split()
    if run:
        words.append('rhea.run=' + run.replace(' ', '%20'))
    return ['-machine', machine, '-m', str(memory), '-smp', str(cpus), '-no-reboot',
            '-kernel', str(folder / 'vmlinuz'), '-initrd', str(folder / 'initrd.gz'),
            '-append', ' '.join(words)]


class Machine:
    """One running emulator. Its standard output and input are the first serial port."""

    def __init__(self, *options, qmp=False, serial=True, timeout=60, pass_fds=(), accel='tcg'):
        self.folder = tempfile.mkdtemp(prefix='rhea-')
        self.deadline = time.monotonic() + timeout * SCALE
        self.said = ''  # serial line
        self.complained = ''  # standard error
        self.events = []
        self._position = 0
        self._replies = []
        self._qmp_rest = b''
        self._selector = selectors.DefaultSelector()
        command = [EMULATOR, '-display', 'none', '-nodefaults', *options]
        if accel:
            command += ['-accel', accel]
        if serial:
            command += ['-serial', 'stdio']
        self._qmp_in = self._qmp_out = None
        if qmp:
            command += ['-qmp', 'pipe:' + self._make_pipes()]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, pass_fds=pass_fds)
        for stream, sink in ((self.process.stdout, self._on_serial),
                             (self.process.stderr, self._on_complaint)):
            os.set_blocking(stream.fileno(), False)
            self._selector.register(stream.fileno(), selectors.EVENT_READ, sink)
        if qmp:
            self._selector.register(self._qmp_out, selectors.EVENT_READ, self._on_qmp)
            try:
                self.qmp('qmp_capabilities')
            except BaseException:
                self.close()
                raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Ends the process, if it has not, and takes away all traces."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._selector.close()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            try:
                stream.close()
            except BrokenPipeError:
                pass
        for fd in (self._qmp_in, self._qmp_out):
            if fd is not None:
                os.close(fd)
        shutil.rmtree(self.folder, ignore_errors=True)

    def path(self, name):
        """A file of this machine's own."""
        return os.path.join(self.folder, name)

    # ---- reading ----

    def _on_serial(self, data):
        self.said += data.decode(errors='replace').replace('\r', '')

    def _on_complaint(self, data):
        self.complained += data.decode(errors='replace')

    def _on_qmp(self, data):
        *lines, self._qmp_rest = (self._qmp_rest + data).split(b'\n')
        for line in filter(None, (l.strip() for l in lines)):
            message = json.loads(line)
            if 'event' in message:
                self.events.append(message)
            elif 'QMP' not in message:
                self._replies.append(message)

    def fail(self, what):
        raise Failure(f'{what}\n--- serial line:\n{self.said[-SHOWN:]}\n'
                      f'--- standard error:\n{self.complained[-SHOWN:]}')

    def _wait(self, done, what):
        """Reads until done() is not None, and returns that."""
        while True:
            result = done()
            if result is not None:
                return result
            left = self.deadline - time.monotonic()
            if left <= 0:
                self.fail(f'timed out waiting for {what}')
            if not self._read_some(left):
                # What it said last may lie in the pipe still.
                self._read_some(0)
                result = done()
                if result is not None:
                    return result
                self.fail(f'the emulator ended (status {self.process.wait()}) '
                          f'while waiting for {what}')

    def _read_some(self, timeout):
        """False when the emulator has closed its streams: then there is nothing to wait for."""
        # The pipe of QMP has no end, as we hold both sides of it open.
        for key, _ in self._selector.select(timeout if self._streams_open() else 0):
            try:
                data = os.read(key.fd, 65536)
            except BlockingIOError:
                continue
            if data:
                key.data(data)
            else:
                self._selector.unregister(key.fd)
        return self._streams_open()

    def _streams_open(self):
        open_fds = self._selector.get_map()
        return self.process.stdout.fileno() in open_fds or self.process.stderr.fileno() in open_fds

    # ---- the serial line ----

    def wait_for(self, text):
        """Waits until the guest has printed @text after what was waited for before."""
        def found():
            at = self.said.find(text, self._position)
            if at < 0:
                return None
            self._position = at + len(text)
            return True
        self._wait(found, repr(text))

    def wait_complaint(self, text):
        """Waits until standard error has @text."""
        self._wait(lambda: text in self.complained or None, f'{text!r} on standard error')

    def type(self, line):
        self.send(line + '\n')

    def send(self, text):
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    def wait_for_shell(self):
        """Waits for the guest's shell, and tells it not to wrap lines."""
        self.wait_for(PROMPT)
        self.type('stty cols 1000')
        self.wait_for(PROMPT)

    def shell(self, command):
        """What @command prints in the guest's shell, which waits for one."""
        separator = ' ' if command.endswith('&') else '; '
        self.type(f'{command}{separator}echo "<"$?">"')
        self.wait_for('echo "<"$?">"\n')
        start = self._position
        self.wait_for('<')
        end = self._position - 1
        self.wait_for(PROMPT)
        return self.said[start:end].strip()

    # ---- the monitor ----

    def _make_pipes(self):
        path = self.path('qmp')
        for end in ('.in', '.out'):
            os.mkfifo(path + end)
        # For both directions, so that opening does not wait for the other side.
        self._qmp_in = os.open(path + '.in', os.O_RDWR)
        self._qmp_out = os.open(path + '.out', os.O_RDWR | os.O_NONBLOCK)
        return path

    def qmp_raw(self, command, exact=False, **arguments):
        """The whole reply. Names of arguments have - for _ unless @exact."""
        request = {'execute': command}
        if arguments:
            request['arguments'] = {k if exact else k.replace('_', '-'): v
                                    for k, v in arguments.items()}
        os.write(self._qmp_in, json.dumps(request).encode() + b'\n')
        return self._wait(lambda: self._replies.pop(0) if self._replies else None,
                          f'an answer to {command}')

    def qmp(self, command, **arguments):
        """What a QMP command returns; it must not fail."""
        reply = self.qmp_raw(command, **arguments)
        if 'error' in reply:
            self.fail(f'{command} {arguments}: {reply["error"]["desc"]}')
        return reply['return']

    def wait_event(self, name):
        """The next event called @name, taken from the list."""
        def found():
            for i, event in enumerate(self.events):
                if event['event'] == name:
                    return self.events.pop(i)
            return None
        return self._wait(found, f'event {name}')

    def wait_qmp(self, command, done):
        """Repeats a query until done(result) is true; its result."""
        while True:
            result = self.qmp(command)
            if done(result):
                return result
            if time.monotonic() > self.deadline:
                self.fail(f'timed out waiting for {command}: {result}')
            self._read_some(0.05)

    # ---- the end ----

    def wait_exit(self):
        """Status of the process, negative for a signal. All that it said has been read."""
        while self._read_some(max(self.deadline - time.monotonic(), 0)):
            if time.monotonic() > self.deadline:
                self.fail('timed out waiting for the end of the process')
        try:
            return self.process.wait(max(self.deadline - time.monotonic(), 0.1))
        except subprocess.TimeoutExpired:
            self.fail('timed out waiting for the end of the process')

    def signal(self, number):
        os.kill(self.process.pid, number)


def run(*options, timeout=30, **more):
    """Runs the emulator to its end; a CompletedProcess with text."""
    if 'input' not in more:
        more['stdin'] = subprocess.DEVNULL
    return subprocess.run([EMULATOR, *options], capture_output=True, text=True,
                          timeout=timeout * SCALE, check=False, **more)


def readable(fd, timeout):
    """Waits until @fd (of a process: until that has ended) is; False after @timeout seconds."""
    return bool(select.select([fd], [], [], timeout * SCALE)[0])


def main():
    """The main() of a test file: unittest's, with the words of TAP."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    unittest.main(module='__main__', testRunner=tap.Runner)
