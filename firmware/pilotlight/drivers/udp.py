"""Datagrams to and from one peer, as the board contract has them. Nothing here waits."""

import errno
import socket

from pilotlight.wire.address import is_numeric

_WOULD_BLOCK = (errno.EAGAIN, errno.EINPROGRESS)


class Datagrams:
    """To `port` at a numeric IPv4 address; only what comes from there is heard. OSError if that
    cannot be.
    """

    def __init__(self, address, port):
        if not is_numeric(address):
            raise OSError(str(address) + " is not a numeric IPv4 address")
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        try:
            self._socket.connect(socket.getaddrinfo(address, port)[0][-1])
        except OSError:
            self._socket.close()
            raise

    def send(self, data):
        """One datagram; it may get lost. OSError if it cannot even leave."""
        try:
            self._socket.send(data)
        except OSError as error:
            if error.errno not in _WOULD_BLOCK:
                raise

    def receive(self, most):
        """The next datagram, of at most `most` bytes, or None. OSError if nobody listens there."""
        try:
            return self._socket.recv(most)
        except OSError as error:
            if error.errno in _WOULD_BLOCK:
                return None
            raise

    def close(self):
        """Hear nothing more."""
        self._socket.close()
