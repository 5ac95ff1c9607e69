"""One control pilot over an outlet port of the board: levels in, duty out. No policy.

Levels in mV at the pilot, duty in 1/100 %, times in ticks (ms). They are corrected by two points:
what is measured at x1 and at F, with nothing plugged in, is called +12 V and -12 V, and so the
windows fit this outlet's generator, divider and converter. A board's guard does not know them.
"""

from micropython import const
from time import ticks_diff

_X1 = const(10000)  # constant +12 V
_F = const(0)  # constant -12 V
_TOP_MV = const(12000)
_SPAN_MV = const(24000)
_BLOCK_MS = const(40)  # a reading that began after the oscillator ends at most this much later


class Pilot:
    """`port`: outlet port (boards/README.md). Not calibrated on construction."""

    def __init__(self, port):
        self._port = port
        self._zero_mv = None  # what is measured at -12 V
        self._span_mv = 0  # and how much further up +12 V is
        self.duty = _X1
        self._pwm_since_ms = None
        self._is_oscillating = False
        port.set_duty(_X1)

    def calibrate(self, points):
        """Take what is measured at +12 V (11000...13000 mV) and at -12 V, or None: as it is."""
        self._zero_mv = None if points is None else points[1]
        self._span_mv = 0 if points is None else points[0] - points[1]

    @property
    def high_mv(self):
        """Level of the high part, mV, or None before the first reading."""
        return self._corrected(self._port.high_mv)

    @property
    def low_mv(self):
        """Level of the low part, mV, or None before the first reading."""
        return self._corrected(self._port.low_mv)

    @property
    def raw_high_mv(self):
        """The high part as it is measured, for calibrating."""
        return self._port.high_mv

    @property
    def raw_low_mv(self):
        """The low part as it is measured, for calibrating."""
        return self._port.low_mv

    def _corrected(self, mv):
        """At most 28000 * 24000 = 672 million on the way, a small int."""
        if mv is None or self._zero_mv is None:
            return mv
        half = self._span_mv // 2
        return ((mv - self._zero_mv) * _SPAN_MV + half) // self._span_mv - _TOP_MV

    @property
    def taken_ms(self):
        """When the reading ended (ticks)."""
        return self._port.taken_ms

    @property
    def is_tripped(self):
        """The residual-current monitor of this outlet reports a trip."""
        return self._port.residual_tripped

    def was_oscillating(self, now_ms):
        """True if the oscillator has been on during the whole present reading."""
        if self._pwm_since_ms is not None:
            if ticks_diff(now_ms, self._pwm_since_ms) < _BLOCK_MS:
                return False
            self._pwm_since_ms = None
            self._is_oscillating = True
        return self._is_oscillating

    def set_duty(self, now_ms, duty):
        """Signal `duty`; nothing is written if it is already there."""
        if duty == self.duty:
            return
        if not _F < duty < _X1:
            self._pwm_since_ms = None
            self._is_oscillating = False
        elif not _F < self.duty < _X1:
            self._pwm_since_ms = now_ms
        self.duty = duty
        self._port.set_duty(duty)
