# SPDX-License-Identifier: GPL-2.0-or-later
"""gdb's remote protocol from the client's side, byte by byte, for test_gdb.py."""

import select
import socket
import time


def frame(body):
    body = body.encode() if isinstance(body, str) else body
    return b'$' + body + b'#%02x' % (sum(body) & 0xff)


def escape(data):
    out = bytearray()
    for c in data:
        if c in b'#$}*':
            out += bytes((0x7d, c ^ 0x20))
        else:
            out.append(c)
    return bytes(out)


def unescape(data):
    out, escaped = bytearray(), False
    for c in data:
        if escaped:
            out.append(c ^ 0x20)
        elif c != 0x7d:
            out.append(c)
        escaped = not escaped and c == 0x7d
    return bytes(out)


class Client:
    def __init__(self, path, timeout):
        self.deadline = time.monotonic() + timeout
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.input = b''
        self.acks = True

    def close(self):
        self.socket.close()

    def send_raw(self, data):
        self.socket.sendall(data)

    def send(self, body):
        self.send_raw(frame(body))

    def _more(self):
        left = self.deadline - time.monotonic()
        if left <= 0 or not select.select([self.socket], [], [], left)[0]:
            raise TimeoutError(f'no answer; so far {self.input!r}')
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionError('the emulator closed the connection')
        self.input += data

    def receive(self):
        """The next packet's body, escapes resolved."""
        while True:
            start = self.input.find(b'$')
            end = self.input.find(b'#', start)
            if 0 <= start < end and len(self.input) >= end + 3:
                body, total = self.input[start + 1:end], self.input[end + 1:end + 3]
                self.input = self.input[end + 3:]
                assert int(total, 16) == sum(body) & 0xff
                if self.acks:
                    self.send_raw(b'+')
                return unescape(body)
            self._more()

    def ask(self, body):
        self.send(body)
        return self.receive().decode('latin1')

    def no_acks(self):
        assert self.ask('QStartNoAckMode') == 'OK'
        self.acks = False

    def interrupt(self):
        self.send_raw(b'\x03')
