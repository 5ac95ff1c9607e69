"""Clamps against the meter of the same feeder (doubt.py says what follows). Currents in mA."""

from micropython import const

from pilotlight.core import trust
from pilotlight.core.verdict import BARE, DIFFERS, GAIN, NONE, SWAPPED

_CALM_LOOKS = const(30)
_READINGS = const(40)
_MOST_TRIM = const(102)  # 10 %
_TRIM_READINGS = const(20)
_OTHER_ORDERS = ((0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0))


class Pair:
    """Clamps against the meter of the same feeder."""

    def __init__(self, clamps, meter, lies):
        self.doubt = NONE
        self._lies = lies  # wiring.Wiring of the clamps
        self._off = [0, 0, 0]  # readings in a row
        self._clamps = clamps
        self._meter = meter
        self._calm = 0
        self._bad = 0

    def look(self, is_new):
        """Compare, if both are calm and the meter's sample `is_new`."""
        clamps, meter = self._clamps, self._meter
        if not (clamps.is_calm() and meter.is_calm()):
            self._calm = 0
        elif clamps.level == meter.level == trust.FRESH:
            self._calm += 1
            if is_new and self._calm > _CALM_LOOKS:
                self._calm = _CALM_LOOKS
                self._compare(meter.raw_ma, clamps.raw_ma)

    def _compare(self, meter_ma, clamps_ma):
        if _fits(meter_ma, clamps_ma, (0, 1, 2)):
            self._bad = max(self._bad - 1, 0)
            if self._bad == 0:
                self._trim(meter_ma, clamps_ma)
            self._lies.compare(self._clamps, self._meter)
        elif self._bad < _READINGS:
            self._bad += 1
            if self._bad == _READINGS:
                self.doubt = _name(meter_ma, clamps_ma)

    def _trim(self, meter_ma, clamps_ma):
        """A step after so many readings in a row that are off to the same side."""
        trim, off = self._clamps.trim, self._off
        for p in range(3):
            error_ma = meter_ma[p] - clamps_ma[p] - clamps_ma[p] // 64 * trim[p] // 16
            sign = 1 if error_ma > 0 else -1
            if meter_ma[p] < 5000 or abs(error_ma) <= meter_ma[p] // 100 + 30:
                off[p] = 0
            else:
                off[p] = off[p] + sign if off[p] * sign > 0 else sign
            if abs(off[p]) >= _TRIM_READINGS:
                off[p] = 0
                trim[p] = min(max(trim[p] + sign, -_MOST_TRIM), _MOST_TRIM)

    def say(self):
        """Leave the verdict at the clamps, which may have one of their own."""
        clamps = self._clamps
        clamps.stands_alone = self.doubt == NONE
        if self.doubt and not NONE < clamps.doubt & 15 < SWAPPED:
            clamps.doubt = self.doubt

    def is_settled(self):
        """No gain is being corrected."""
        return not any(self._off)

    def forget(self):
        """Begin anew; the gain stays corrected."""
        self.doubt = self._bad = NONE


def _fits(meter_ma, clamps_ma, order):
    """The clamps in this order show what the meter shows."""
    for p in range(3):
        if not _is_near(meter_ma[p], clamps_ma[order[p]]):
            return False
    return True


def _is_near(meter_ma, clamp_ma):
    return abs(meter_ma - clamp_ma) <= 1000 + meter_ma // 10


def _name(meter_ma, clamps_ma):
    for order in _OTHER_ORDERS:
        if _fits(meter_ma, clamps_ma, order):
            return SWAPPED
    bare = others = NONE
    for p in range(3):
        low_ma, high_ma = min(meter_ma[p], clamps_ma[p]), max(meter_ma[p], clamps_ma[p])
        if not _is_near(meter_ma[p], clamps_ma[p]):
            if clamps_ma[p] == 0:
                bare |= 16 << p
            elif low_ma < 2000 or low_ma * 2 < high_ma:
                return DIFFERS
            else:
                others = GAIN
    if bare and others:
        return DIFFERS
    return BARE | bare if bare else GAIN
