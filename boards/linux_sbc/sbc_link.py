"""The line protocol over a serial line, which has no beginning and no end of a connection.

Clock: ticks (ms), handed in. What the other side still says to whoever was there before is passed
over until it answers the greeting.
"""

from time import ticks_diff

from remote_link import HELLO, Link

_GREETING_MS = 1000


class SerialLink(Link):
    """As `Link`."""

    hello = b"\n" + HELLO  # a line may have been cut short

    def __init__(self, begin, takers):
        super().__init__(begin, takers)
        self._opened_ms = None

    def _open(self, now_ms):
        super()._open(now_ms)
        self._opened_ms = now_ms

    def _read(self, now_ms):
        super()._read(now_ms)
        if not self.is_up and ticks_diff(now_ms, self._opened_ms) >= _GREETING_MS:
            raise OSError(
                "no greeting within 1 s; is the image pico_io on it, and not at its prompt?"
            )

    def _handshake(self, line):
        if self._has_greeted or (line.startswith(b"hello ") and line[-1:] != b"\r"):
            super()._handshake(line)
