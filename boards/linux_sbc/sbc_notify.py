"""Tells systemd, where it has started the program (`Type=notify`), that control is alive.

Clock: ticks (ms). NOTIFY_SOCKET in the environment names systemd's socket; `@` stands for the
zero byte of an abstract one (sd_notify(3)).
"""

import os
import socket
from time import ticks_diff

_EVERY_MS = 1000


class Service:
    """Does nothing without systemd."""

    def __init__(self):
        path = os.getenv("NOTIFY_SOCKET")
        self._socket = None
        self._told_ms = None
        if path:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self._socket.setblocking(False)
            self._address = "\0" + path[1:] if path[0] == "@" else path

    def alive(self, now_ms):
        """A control step was on time: to be called after each."""
        if self._socket is None:
            return
        is_first = self._told_ms is None
        if is_first or ticks_diff(now_ms, self._told_ms) >= _EVERY_MS:
            self._told_ms = now_ms
            try:
                self._socket.sendto(b"READY=1" if is_first else b"WATCHDOG=1", self._address)
            except OSError:  # it has no room, or is gone: nothing that control should wait for
                pass
