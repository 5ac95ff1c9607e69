"""Calibrates the pilot of an outlet: what it measures at x1 and at F with nothing plugged in.

Takes about 4 s, a look each 100 ms: 1 s of x1, 1.5 s of F, and then x1 again, which shows whether
a car has come in the meantime. Nothing is kept of one that goes wrong. Levels in mV.
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
        self._sum_mv = self._count = 0
        self._least_mv, self._most_mv = 15000, -15000
        self._taken_ms = None

    def add(self, mv, taken_ms):
        """Raises ValueError with what is wrong."""
        if mv is None or taken_ms == self._taken_ms:
            raise ValueError("the pilot is not sampled")
        self._taken_ms = taken_ms
        self._least_mv = min(self._least_mv, mv)
        self._most_mv = max(self._most_mv, mv)
        if self._most_mv - self._least_mv > _NOISE_MV:
            spread = str(self._least_mv) + "..." + str(self._most_mv)
            raise ValueError("the level is not steady: " + spread + " mV")
        self._sum_mv += mv
        self._count += 1

    @property
    def mv(self):
        """The mean, rounded to the nearest."""
        return (2 * self._sum_mv + self._count) // (2 * self._count)


class Calibration:
    """`keep(number, points)` makes two points last and returns (old points or None, words on when
    they are saved); it raises ValueError if they are implausible. `journal` takes the result.
    """

    def __init__(self, keep, journal):
        self.result = "nothing has been calibrated since the start"
        self._keep = keep
        self._journal = journal
        self._unit = None
        self._looks = 0
        self._high = self._low = _Mean()

    def start(self, unit):
        """Begin with this unit. Raises ValueError if that is not possible now."""
        if self._unit is not None:
            raise ValueError("outlet " + str(self._unit.number) + " is being calibrated")
        _check_idle(unit)
        self._unit = unit
        self._looks = 0
        self._high, self._low = _Mean(), _Mean()
        self.result = "outlet " + str(unit.number) + ": being calibrated"

    def look(self):
        """Go on with what was started."""
        if self._unit is not None:
            self._looks += 1
            try:
                self._go_on(self._unit)
            except ValueError as error:
                self._end(self._unit, "not calibrated: " + str(error))

    def _go_on(self, unit):
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
            self._finish(unit)

    def _finish(self, unit):
        points = [self._high.mv, self._low.mv]
        before, when = self._keep(unit.number, points)
        text = "measures %d mV at +12 V and %d mV at -12 V, before: " % (points[0], points[1])
        text += "not calibrated" if before is None else "%d and %d" % (before[0], before[1])
        self._end(unit, text + "; " + when)

    def _end(self, unit, text):
        self.result = "outlet " + str(unit.number) + ": " + text
        self._journal.note(ticks_ms(), self.result)
        self._unit = None


def _check_idle(unit):
    """Raises ValueError unless nothing is plugged in, at x1, and the contactor open."""
    if unit.level.letter != pilot.A or unit.outlet.state != outlet.A1:
        state = outlet.STATES[unit.outlet.state]
        raise ValueError("unplug the car first; the outlet is in " + state)
    if unit.contactor.is_commanded or unit.contactor.is_closed is True:
        raise ValueError("the contactor is closed")
