"""Streams of the board contract over sockets and device files; non-blocking, without asyncio.

For CPython and MicroPython's unix port. On both, `readinto` and `write` give a number, or None if
nothing can be moved now, or raise OSError. Nothing here waits.
"""

import errno
import select
import socket

_IPPROTO_TCP = 6  # neither constant exists on MicroPython
_TCP_NODELAY = 1
_WOULD_BLOCK = (errno.EAGAIN, errno.EINPROGRESS)


class SocketStream:
    """A TCP connection to a numeric IPv4 address, just begun. OSError if it cannot begin."""

    def __init__(self, address, port):
        self._socket = socket.socket()
        self._socket.setblocking(False)
        self._socket.setsockopt(_IPPROTO_TCP, _TCP_NODELAY, 1)
        # MicroPython's `readinto` and `write` give None where CPython's calls raise
        self._read = getattr(self._socket, "readinto", None) or self._socket.recv_into
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


class DeviceStream:
    """A pty or another terminal device, in raw mode. OSError if it is not there."""

    def __init__(self, path):
        self._file = open(path, "r+b", buffering=0)
        _set_raw(self._file.fileno())
        self._readable = select.poll()
        self._readable.register(self._file, select.POLLIN)
        self._writable = select.poll()
        self._writable.register(self._file, select.POLLOUT)
        self._one = bytearray(1)
        self._is_open = True

    # A device file cannot be made non-blocking on MicroPython, whose calls go on until the whole
    # buffer is through: so byte by byte, and asked before each. At 115200 baud this is 12 a ms.

    def readinto(self, buf):
        """Bytes put into `buf`, None if there are none now, 0 if the other side has closed."""
        count = 0
        while count < len(buf) and self._is_ready(self._readable):
            if self._file.readinto(self._one) == 0:
                return count
            buf[count] = self._one[0]
            count += 1
        return count or None

    def write(self, data):
        """Bytes taken, None if none can be taken now."""
        count = 0
        while count < len(data) and self._is_ready(self._writable):
            self._one[0] = data[count]
            self._file.write(self._one)
            count += 1
        return count or None

    def close(self):
        """Give the device up."""
        if self._is_open:
            self._is_open = False
            self._file.close()

    def _is_ready(self, poll):
        if not self._is_open:
            raise OSError(errno.EBADF)
        return bool(poll.poll(0))


class Network:
    """The network port: the PC's own network, which counts as up."""

    is_up = True

    def connect(self, address, port):
        """Begin a TCP connection and return its stream. OSError if it cannot begin."""
        return SocketStream(address, port)


def is_numeric(address):
    """Four decimal bytes with dots."""
    parts = address.split(".")
    return len(parts) == 4 and all([part.isdigit() and int(part) <= 255 for part in parts])


def _unless_blocked(call, buf):
    try:
        return call(buf)
    except OSError as error:
        if error.errno in _WOULD_BLOCK:
            return None
        raise


def _set_raw(descriptor):
    try:
        from termios import setraw  # MicroPython
    except ImportError:
        from tty import setraw  # CPython
    setraw(descriptor)
