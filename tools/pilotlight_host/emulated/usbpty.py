"""The board's USB serial line as a terminal of this machine, for a person or any program."""

from __future__ import annotations

import contextlib
import os
import tty

from .pico import Pico

_CHUNK = 4096
_KEPT = 65536  # bytes the other side has not taken yet; older ones are lost


class UsbPty:
    """`path` is what `mpremote connect` and terminal programs are given. Nothing blocks."""

    def __init__(self) -> None:
        # The other end is held open too: without it, reading fails before and after somebody is
        # there.
        self._fd, self._held = os.openpty()
        tty.setraw(self._held)
        os.set_blocking(self._fd, False)
        self.path = os.ttyname(self._held)
        self._unseen = bytearray()

    def pump(self, pico: Pico) -> None:
        """Carry what there is in both directions, to be called after every stretch of time."""
        self.show(pico.console_read())
        typed = self.typed()
        if typed:
            pico.console_write(typed)

    def typed(self) -> bytes:
        """What has been typed since the latest call."""
        with contextlib.suppress(BlockingIOError):
            return os.read(self._fd, _CHUNK)
        return b""

    def show(self, data: bytes) -> None:
        """Let the other side read this, as fast as it likes."""
        self._unseen += data
        del self._unseen[:-_KEPT]
        with contextlib.suppress(BlockingIOError):
            while self._unseen:
                del self._unseen[: os.write(self._fd, self._unseen)]

    def close(self) -> None:
        """Take the terminal away. May be called twice."""
        for fd in (self._fd, self._held):
            with contextlib.suppress(OSError):
                os.close(fd)
        self._fd = self._held = -1
