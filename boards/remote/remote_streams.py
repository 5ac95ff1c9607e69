"""Streams of the board contract over device files, and the PC's network.

For CPython and MicroPython's unix port. On both, `readinto` and `write` give a number, or None if
nothing can be moved now, or raise OSError. Nothing here waits.
"""

import errno
import select

from pilotlight.drivers.tcp import TcpStream
from pilotlight.drivers.udp import Datagrams
from pilotlight.wire.address import is_numeric

_RESOLVERS = "/etc/resolv.conf"


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

    def __init__(self):
        self.name_servers = _name_servers()

    def datagrams(self, address, port):
        """Datagrams to and from one peer. OSError if that cannot be."""
        return Datagrams(address, port)

    def connect(self, address, port):
        """Begin a TCP connection and return its stream. OSError if it cannot begin."""
        return TcpStream(address, port)


def _name_servers():
    """Those of the PC, IPv4."""
    try:
        with open(_RESOLVERS) as file:
            lines = [line.split() for line in file]
    except OSError:
        lines = []
    found = [line[1] for line in lines if len(line) > 1 and line[0] == "nameserver"]
    return [address for address in found if is_numeric(address)]


def _set_raw(descriptor):
    try:
        from termios import setraw  # MicroPython
    except ImportError:
        from tty import setraw  # CPython
    setraw(descriptor)
