"""Streams of the board contract over a serial port, TCP and a terminal. Nothing blocks."""

import contextlib
import errno
import os
import select
import socket
import tty
from typing import Any

import serial

from pilotlight_host.sim.plant import Plant


class SerialStream:
    """The serial port at `path`, opened with pyserial. OSError if it is not there."""

    def __init__(self, path: str, baud: int, parity: str, stop: int) -> None:
        self._port = serial.Serial(path, baud, 8, parity, stop, timeout=0, write_timeout=0)

    def readinto(self, buf: Any) -> int | None:
        """Bytes that are there, or None."""
        data = self._port.read(len(buf))
        buf[: len(data)] = data
        return len(data) or None

    def write(self, data: Any) -> int | None:
        """Bytes taken, or None."""
        return self._port.write(bytes(data)) or None

    def close(self) -> None:
        """Give it up."""
        self._port.close()


class TcpNetwork:
    """The network port: real TCP sockets, as long as the plant has a network."""

    def __init__(self, plant: Plant) -> None:
        self._plant = plant

    @property
    def is_up(self) -> bool:
        """There is a network."""
        return self._plant.network_up

    def connect(self, address: str, port: int) -> "TcpStream":
        """Start connecting to a numeric address; returns at once. OSError if it cannot start."""
        if not self.is_up:
            raise OSError(errno.ENETUNREACH, os.strerror(errno.ENETUNREACH))
        return TcpStream(self._plant, address, port)


class TcpStream:
    """One connection. Until it stands, and while the network is away, it gives None."""

    def __init__(self, plant: Plant, address: str, port: int) -> None:
        self._plant = plant
        self._stands = False
        self._socket = socket.socket()
        self._socket.setblocking(False)
        code = self._socket.connect_ex((address, port))
        if code not in (0, errno.EINPROGRESS):
            self._socket.close()
            raise OSError(code, os.strerror(code))

    def _may_move(self) -> bool:
        if self._socket.fileno() < 0:
            raise OSError(errno.EBADF, "the connection is closed")
        if not self._stands and select.select([], [self._socket], [], 0)[1]:
            code = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if code:
                raise OSError(code, os.strerror(code))
            self._stands = True
        return self._stands and self._plant.network_up

    def readinto(self, buf: Any) -> int | None:
        """Bytes that have come, 0 at the end, or None."""
        if not self._may_move():
            return None
        try:
            return self._socket.recv_into(buf)
        except BlockingIOError:
            return None

    def write(self, data: Any) -> int | None:
        """Bytes taken, or None."""
        if not self._may_move():
            return None
        try:
            return self._socket.send(data)
        except BlockingIOError:
            return None

    def close(self) -> None:
        """Give it up."""
        self._socket.close()


class ConsolePty:
    """The board's console: a terminal on this machine at `path`, for any terminal program."""

    def __init__(self) -> None:
        # the other end is held open too: without it, reading fails before and after somebody is
        # there
        self._fd, self._held = os.openpty()
        tty.setraw(self._held)
        os.set_blocking(self._fd, False)
        self.path = os.ttyname(self._held)

    def readinto(self, buf: Any) -> int | None:
        """What was typed, or None."""
        try:
            data = os.read(self._fd, len(buf))
        except BlockingIOError:
            return None
        buf[: len(data)] = data
        return len(data)

    def write(self, data: Any) -> int | None:
        """Bytes taken, or None."""
        try:
            return os.write(self._fd, data)
        except BlockingIOError:
            return None

    def close(self) -> None:
        """Take the terminal away."""
        for fd in (self._fd, self._held):
            with contextlib.suppress(OSError):
                os.close(fd)
