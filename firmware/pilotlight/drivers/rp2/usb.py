"""The console on USB: what a person types, with an echo. A stream of the board contract."""

import select
import sys

from micropython import const

_MOST = const(128)  # bytes written a call: 4 ms
_CR = const(13)
_ERASE = b"\b \b"


class UsbConsole:
    """Bytes of the USB serial line. Nothing is written that the other side cannot take now."""

    def __init__(self):
        self._readable = select.poll()
        self._readable.register(sys.stdin, select.POLLIN)
        self._writable = select.poll()
        self._writable.register(sys.stdout, select.POLLOUT)
        self._one = bytearray(1)

    def readinto(self, buf):
        """Bytes put into `buf`, None if there are none now."""
        count = 0
        while count < len(buf) and next(self._readable.ipoll(0), None):
            sys.stdin.buffer.readinto(self._one)
            buf[count] = self._one[0]
            count += 1
            self._echo(self._one[0])
        return count or None

    def _echo(self, byte):
        if byte == _CR:
            self.write(b"\r\n")
        elif byte in (8, 127):
            self.write(_ERASE)
        else:
            self.write(self._one)

    def write(self, data):
        """Bytes taken, None if none can be taken now."""
        count = 0
        most = min(len(data), _MOST)
        while count < most and next(self._writable.ipoll(0), None):
            self._one[0] = data[count]
            sys.stdout.buffer.write(self._one)
            count += 1
        return count or None

    def close(self):
        """It stays open."""
