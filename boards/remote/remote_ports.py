"""Ports of the board contract behind the line protocol of README.md: outlets and clamps.

Levels in mV, times in ticks (ms).
"""

from time import ticks_add

from micropython import const
from remote_link import BAD

_X1 = const(10000)
_MOST_MV = const(15000)
_MOST_OHM = const(100000)
_MOST_AGE_MS = const(1000)
_MOST_WINDOW = const(999999999)
_ZERO = const(48)
_MINUS = const(45)
_NO_DIGIT = const(99)
_DIGITS = bytes(
    [int(chr(c), 16) if chr(c) in "0123456789abcdefABCDEF" else _NO_DIGIT for c in range(128)]
)


class OutletPort:
    """One outlet of the other side. Outputs stand in the `out` line, those of lock and ventilation
    in the `gear` line behind it (`gear_at` is None without one), at fixed places. `edges` is the
    line that tells the guard of levels, None before there are any.
    """

    def __init__(self, out, at, gear_at, facts):
        self._out = out
        self._at = at
        self._gear_at = gear_at
        self._number = at // 8 + 1
        self._has_lock = facts["lock"] == 1
        self._has_guard = facts["guard"] == 1
        self.opened_by_guard = False
        self.edges = None
        self.has_told_edges = False
        self.is_locked = None
        self.high_mv = None
        self.low_mv = None
        self.taken_ms = None
        self.proximity_ohm = None
        self.contactor_is_closed = None
        self.residual_tripped = False
        self._plug_c = None

    def take(self, line, now_ms):
        """Take the fields of an `in` line; False, with nothing taken, if one is wrong."""
        high_mv = line.number(-_MOST_MV, _MOST_MV)
        low_mv = line.number(-_MOST_MV, _MOST_MV)
        age_ms = line.number(0, _MOST_AGE_MS)
        proximity_ohm = line.number(0, _MOST_OHM)
        closed = line.number(0, 1)
        tripped = line.number(0, 1)
        locked = line.number(0, 1) if self._has_lock else None
        opened = line.number(0, 1) if self._has_guard else 0
        if high_mv is None or low_mv is None or age_ms is None or tripped is None:
            return False
        if not line.is_at_end or BAD in (high_mv, low_mv, age_ms, proximity_ohm, closed, tripped):
            return False
        if locked == BAD or opened not in (0, 1):
            return False
        self.high_mv = high_mv
        self.low_mv = low_mv
        self.taken_ms = ticks_add(now_ms, -age_ms)
        self.proximity_ohm = proximity_ohm
        self.contactor_is_closed = None if closed is None else closed == 1
        self.residual_tripped = tripped == 1
        self.is_locked = None if locked is None else locked == 1
        self.opened_by_guard = opened == 1
        return True

    def plug_c(self):
        """Temperature at the plug, degrees C, or None."""
        return self._plug_c

    def take_plug(self, plug_c):
        """It is this, or None: not known."""
        self._plug_c = plug_c

    def lose(self):
        """The other side is gone: what its contacts say is not known."""
        self.contactor_is_closed = self.is_locked = self._plug_c = None
        self.has_told_edges = False

    def set_duty(self, duty):
        """Pilot duty in 1/100 %, 0...10000, with the next `commit`."""
        at = self._at + 4
        for _ in range(5):
            self._out[at] = _ZERO + duty % 10
            duty //= 10
            at -= 1

    def set_contactor(self, closed):
        """Coil on or off, with the next `commit`."""
        self._out[self._at + 6] = _ZERO + 1 if closed else _ZERO

    def set_edges(self, from_mv, below_mv):
        """Levels between which the guard leaves a closed contactor closed."""
        self.edges = ("edges %d %d %d\n" % (self._number, from_mv, below_mv)).encode()
        self.has_told_edges = False

    def set_lock(self, drive):
        """Lock driven towards locked, unlocked, or resting (None), with the next `commit`."""
        self._out[self._gear_at] = _MINUS if drive is None else _ZERO + 1 if drive else _ZERO

    def set_ventilation(self, is_on):
        """Ventilation on or off, with the next `commit`."""
        self._out[self._gear_at + 2] = _ZERO + 1 if is_on else _ZERO

    def rest(self):
        """Coil off, x1, and whatever else there is off."""
        self.set_duty(_X1)
        self.set_contactor(False)
        if self._gear_at is not None:
            self.set_lock(None)
            self.set_ventilation(False)


class ClampPort:
    """The clamp windows of the other side, kept as they came until somebody reads them."""

    def __init__(self, link):
        facts = link.facts
        self.channels = facts["clamps"]
        self.samples = facts["samples"]
        self.window_ms = facts["window_ms"]
        self.skew_us = facts["skew_us"]
        self._link = link
        self._raw = [bytearray(3 * self.samples) for _ in range(self.channels)]
        self._window = None
        self._missing = 0  # channels of this window, a bit each
        self._taken_ms = None  # of a whole window that has not been read

    def take(self, line, now_ms):
        """Take the fields of a `clamps` line; False if one of them is wrong."""
        channel = line.number(1, self.channels)
        window = line.number(0, _MOST_WINDOW)
        age_ms = line.number(0, _MOST_AGE_MS)
        if None in (channel, window, age_ms) or BAD in (channel, window, age_ms):
            return False
        if window != self._window:
            self._window = window
            self._missing = (1 << self.channels) - 1
            self._taken_ms = None
        if not line.copy_rest(self._raw[channel - 1]):
            return False
        self._missing &= ~(1 << channel - 1)
        if self._missing == 0:
            self._taken_ms = ticks_add(now_ms, -age_ms)
        return True

    def read(self, buffers):
        """The newest whole window not yet read, into `buffers`; its end as ticks, or None."""
        taken_ms = self._taken_ms
        self._taken_ms = None
        if taken_ms is None:
            return None
        for channel in range(self.channels):
            if not _decode(self._raw[channel], buffers[channel]):
                self._link.malformed += 1
                return None
        return taken_ms


def _decode(raw, buffer):
    """Three hexadecimal digits a sample, from `raw` into `buffer`; False if one is none."""
    at = 0
    for i in range(len(buffer)):
        high, middle, low = _digit(raw[at]), _digit(raw[at + 1]), _digit(raw[at + 2])
        if high + middle + low >= _NO_DIGIT:
            return False
        buffer[i] = high << 8 | middle << 4 | low
        at += 3
    return True


def _digit(byte):
    return _DIGITS[byte] if byte < 128 else _NO_DIGIT
