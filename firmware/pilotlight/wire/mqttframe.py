"""Cuts a byte stream into whole MQTT 3.1.1 packets (fixed header, section 2.2).

No I/O, no clock.
"""

from micropython import const

_LONGEST = const(1024)


class FrameError(ValueError):
    """The stream cannot be MQTT, or holds a packet longer than we take."""


class Frames:
    """Collects bytes; gives packets out as bytes, fixed header included."""

    def __init__(self):
        self._pending = bytearray()

    def clear(self):
        """Forget a packet begun."""
        self._pending = bytearray()

    def feed(self, buffer, count):
        """Take `count` bytes of `buffer`."""
        self._pending.extend(memoryview(buffer)[:count])

    def next(self):
        """The next whole packet, or None. Raises FrameError if there can be none."""
        pending = self._pending
        length = 0
        for i in range(1, min(len(pending), 5)):
            length |= (pending[i] & 0x7F) << (7 * (i - 1))
            if not pending[i] & 0x80:
                return self._cut(i + 1 + length)
        if len(pending) >= 5:
            raise FrameError("packet length of more than four bytes")
        return None

    def _cut(self, size):
        if size > _LONGEST:
            raise FrameError("packet of " + str(size) + " bytes, 1024 at most")
        if len(self._pending) < size:
            return None
        packet = bytes(self._pending[:size])
        self._pending = self._pending[size:]
        return packet
