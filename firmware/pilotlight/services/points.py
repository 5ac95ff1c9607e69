"""Calibrates the pilot of an outlet, by what it measures at x1 and at F with nothing plugged in.

Takes about 4 s: 1 s of x1, 1.5 s of F, and then x1 again, which shows whether a car has come in
the meantime. Nothing is kept of one that goes wrong. Levels in mV.
"""

from time import ticks_ms

from micropython import const

from pilotlight.core import outlet, pilot

_HIGH_LOOKS = const(10)
_F_MS = const(1500)
_X1_MS = const(3000)
_LOW_LOOK = const(13)  # the readings are of F alone
_LOW_LOOKS = const(10)
_LAST_LOOK = const(35)  # 1 s after F
_NOISE_MV = const(200)  # of readings that are means of 20 ms each


class _Mean:
    """Mean of readings that must all be new, and close together."""

    def __init__(self):
        self._all_mv = []
        self._taken_ms = None

    def add(self, mv, taken_ms):
        """Raises ValueError with what is wrong."""
        if mv is None or taken_ms == self._taken_ms:
            raise ValueError("the pilot is not sampled")
        self._taken_ms = taken_ms
        self._all_mv.append(mv)
        spread = (min(self._all_mv), max(self._all_mv))
        if spread[1] - spread[0] > _NOISE_MV:
            raise ValueError("the level is not steady: %d...%d mV" % spread)

    @property
    def mv(self):
        """The mean, rounded to the nearest."""
        count = len(self._all_mv)
        return (2 * sum(self._all_mv) + count) // (2 * count)


class Points:
    """Measures the pilot of a unit. `keep(number, points)` makes two points last and returns (old
    points or None, words on when they are saved); it raises ValueError if they are implausible.
    Raises ValueError if it is not possible now.
    """

    def __init__(self, unit, keep):
        _check_idle(unit)
        self.name = "outlet " + str(unit.number)
        self._unit = unit
        self._keep = keep
        self._looks = 0
        self._high, self._low = _Mean(), _Mean()

    def look(self):
        """Go on. Returns the result in words, None before it is there; raises ValueError with what
        is wrong.
        """
        self._looks += 1
        unit = self._unit
        driver = unit.pilot
        if self._looks <= _HIGH_LOOKS:
            _check_idle(unit)
            self._high.add(driver.raw_high_mv, driver.taken_ms)
            if self._looks == _HIGH_LOOKS:
                unit.outlet.show_f(ticks_ms(), _F_MS, _X1_MS)
        elif _LOW_LOOK <= self._looks < _LOW_LOOK + _LOW_LOOKS:
            if unit.outlet.state != outlet.F:
                raise ValueError("the outlet is in " + outlet.STATES[unit.outlet.state])
            self._low.add(driver.raw_low_mv, driver.taken_ms)
        elif self._looks >= _LAST_LOOK:
            _check_idle(unit)
            return self._result()
        return None

    def _result(self):
        points = [self._high.mv, self._low.mv]
        before, when = self._keep(self._unit.number, points)
        text = "measures %d mV at +12 V and %d mV at -12 V, before: " % (points[0], points[1])
        text += "not calibrated" if before is None else "%d and %d" % (before[0], before[1])
        return text + "; " + when


def _check_idle(unit):
    """Raises ValueError unless nothing is plugged in, at x1, and the contactor open."""
    if unit.level.letter != pilot.A or unit.outlet.state != outlet.A1:
        state = outlet.STATES[unit.outlet.state]
        raise ValueError("unplug the car first; the outlet is in " + state)
    if unit.contactor.is_commanded or unit.contactor.is_closed is True:
        raise ValueError("the contactor is closed")
