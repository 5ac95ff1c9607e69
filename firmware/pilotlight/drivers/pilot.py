"""One control pilot over an outlet port of the board: levels in, duty out. No policy.

Levels in mV at the pilot, duty in 1/100 %, times in ticks (ms). They are corrected by two points:
what is measured at x1 and at F, with nothing plugged in, is called +12 V and -12 V, and so the
windows fit this outlet's generator, divider and converter.
"""

from micropython import const
from time import ticks_diff

_X1 = const(10000)  # constant +12 V
_F = const(0)  # constant -12 V
_TOP_MV = const(12000)
_SPAN_MV = const(24000)
_BLOCK_MS = const(40)  # a reading that began after the oscillator ends at most this much later


class Pilot:
    """`port`: outlet port (boards/README.md). Not calibrated on construction.

    high_mv, low_mv          levels of the two parts, mV, or None: not known
    raw_high_mv, raw_low_mv  the same as measured, for calibrating
    taken_ms                 when the reading ended (ticks)
    is_oscillating           the oscillator has been on during the whole reading
    is_tripped               the residual-current monitor of this outlet reports a trip
    """

    def __init__(self, port):
        self._port = port
        self._zero_mv = None  # what is measured at -12 V
        self._span_mv = 0  # and how much further up +12 V is
        self.duty = _X1
        self.high_mv = self.low_mv = None
        self.raw_high_mv = self.raw_low_mv = None
        self.taken_ms = None
        self.is_oscillating = False
        self.is_tripped = False
        self._pwm_since_ms = None  # on, but not for a whole reading yet
        port.set_duty(_X1)

    def calibrate(self, points):
        """Take what is measured at +12 V (11000...13000 mV) and at -12 V, or None: as it is."""
        self._zero_mv = None if points is None else points[1]
        self._span_mv = 0 if points is None else points[0] - points[1]

    def as_measured(self, mv):
        """What is measured where the pilot has `mv` (-12000...12000)."""
        if self._zero_mv is None:
            return mv
        return self._zero_mv + (mv + _TOP_MV) * self._span_mv // _SPAN_MV

    def latch(self, now_ms):
        """Take the port's newest reading."""
        port = self._port
        self.raw_high_mv = port.high_mv
        self.raw_low_mv = port.low_mv
        self.taken_ms = port.taken_ms
        self.is_tripped = port.residual_tripped
        if self._zero_mv is None:
            self.high_mv = self.raw_high_mv
            self.low_mv = self.raw_low_mv
        else:
            self.high_mv = self._corrected(self.raw_high_mv)
            self.low_mv = self._corrected(self.raw_low_mv)
        if self._pwm_since_ms is not None:
            if ticks_diff(now_ms, self._pwm_since_ms) >= _BLOCK_MS:
                self._pwm_since_ms = None
                self.is_oscillating = True

    def _corrected(self, mv):
        """At most 28000 * 24000 = 672 million on the way, a small int."""
        if mv is None:
            return None
        half = self._span_mv // 2
        return ((mv - self._zero_mv) * _SPAN_MV + half) // self._span_mv - _TOP_MV

    def set_duty(self, now_ms, duty):
        """Signal `duty`; nothing is written if it is already there."""
        if duty == self.duty:
            return
        if not _F < duty < _X1:
            self._pwm_since_ms = None
            self.is_oscillating = False
        elif not _F < self.duty < _X1:
            self._pwm_since_ms = now_ms
        self.duty = duty
        self._port.set_duty(duty)
