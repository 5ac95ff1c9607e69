"""TCP connections as streams of the board contract (boards/README.md). Nothing here waits.

For CPython, MicroPython's unix port and its ports with lwIP.
"""

import errno
import select
import socket

from pilotlight.wire.address import is_numeric

_IPPROTO_TCP = 6  # neither constant exists on MicroPython
_TCP_NODELAY = 1
_WOULD_BLOCK = (errno.EAGAIN, errno.EINPROGRESS)


class TcpStream:
    """A TCP connection to a numeric IPv4 address, just begun. OSError if it cannot begin."""

    def __init__(self, address, port):
        self._socket = socket.socket()
        self._socket.setblocking(False)
        self._socket.setsockopt(_IPPROTO_TCP, _TCP_NODELAY, 1)
        # MicroPython's `readinto` and `write` give None where CPython's calls raise
        self._read = getattr(self._socket, "readinto", None) or self._socket.recv_into  # pyright: ignore
        self._write = getattr(self._socket, "write", None) or self._socket.send
        self._connecting = select.poll()
        self._connecting.register(self._socket, select.POLLOUT)
        try:
            self._begin(address, port)
        except OSError:
            self._socket.close()
            raise

    def _begin(self, address, port):
        if not is_numeric(address):
            raise OSError(str(address) + " is not a numeric IPv4 address")
        where = socket.getaddrinfo(address, port)[0][-1]  # numeric: looks nothing up
        try:
            self._socket.connect(where)
        except OSError as error:
            if error.errno not in _WOULD_BLOCK:
                raise

    @property
    def is_pending(self):
        """The connection neither stands nor has failed."""
        if self._connecting is not None and self._connecting.poll(0):
            self._connecting = None
        return self._connecting is not None

    def readinto(self, buf):
        """Bytes put into `buf`, None if there are none now, 0 if the other side has closed."""
        return None if self.is_pending else _unless_blocked(self._read, buf)

    def write(self, data):
        """Bytes taken, None if none can be taken now."""
        return None if self.is_pending else _unless_blocked(self._write, data)

    def close(self):
        """Give the connection up."""
        self._connecting = None
        self._socket.close()


def _unless_blocked(call, buf):
    try:
        return call(buf)
    except OSError as error:
        if error.errno in _WOULD_BLOCK:
            return None
        raise
