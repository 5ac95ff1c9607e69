"""How much current the temperature at a plug, or of the board, allows.

     step   from   until   permits
     COOL            65 C   everything
     WARM    65 C    62 C   half of what outlet and cable carry, 6 A at least
     HOT     68 C    62 C   6 A
     OFF     71 C    62 C   0 A

The ladder is OpenEVSE's (vector 62). Heat goes with the square of the current: half of it makes a
quarter of the rise. Once up, a step stays until 62 C and then everything is permitted again; the
feeder raises slowly by itself.

A sensor that has been seen and tells nothing any more counts as HOT until it tells again: its wire
may have gone with the plug, so the least there is, but a site does not stand still for a broken
wire. OFF stays OFF. Without any sensor ever seen nothing is limited: there is none.

Temperatures in whole degrees C, currents in mA per phase. No clock: a step is taken when two looks
in a row agree on it, so that one wrong reading does nothing.
"""

from micropython import const

from pilotlight.core.claims import MAX_LIMIT_MA
from pilotlight.core.duty import MIN_MA

COOL, WARM, HOT, OFF, UNKNOWN = range(5)
OF_PLUG = (
    "temperature permits everything",
    "the plug reached 65 C: half current until 62 C",
    "the plug reached 68 C: 6 A until 62 C",
    "the plug reached 71 C: off until 62 C",
    "the plug's temperature sensor is lost: 6 A",
)
OF_BOARD = (
    "the board's temperature permits everything",
    "the board reached 65 C: half current until 62 C",
    "the board reached 68 C: 6 A until 62 C",
    "the board reached 71 C: off until 62 C",
    "the board's temperature sensor is lost: 6 A",
)

_WARM_C = const(65)
_HOT_C = const(68)
_OFF_C = const(71)
_RESUME_C = const(62)


class Heat:
    """The temperature at one sensor. `reasons`: OF_PLUG or OF_BOARD, a text per step."""

    def __init__(self, reasons):
        self._reasons = reasons
        self.step = COOL
        self.celsius = None  # the newest reading
        self.is_steady = True  # the last two readings were equal
        self._was_seen = False

    @property
    def reason(self):
        """What binds, in words."""
        return self._reasons[self.step]

    def limit_ma(self, full_ma):
        """What may be offered, where outlet and cable carry `full_ma`."""
        if self.step == COOL:
            return MAX_LIMIT_MA
        if self.step == OFF:
            return 0
        return max(full_ma // 2, MIN_MA) if self.step == WARM else MIN_MA

    def look(self, celsius):
        """Take a reading in degrees C, or None."""
        before, self.celsius = self.celsius, celsius
        self.is_steady = celsius == before
        if celsius is not None and before is not None:
            self._was_seen = True
            self._climb(min(celsius, before), max(celsius, before))
        elif celsius is None and before is None and self._was_seen and self.step != OFF:
            self.step = UNKNOWN

    def _climb(self, sure_c, most_c):
        """Two readings agree that it is at least `sure_c` and at most `most_c`."""
        if most_c <= _RESUME_C:
            self.step = COOL
        elif self.step == UNKNOWN:
            self.step = max(_step_at(sure_c), WARM)
        else:
            self.step = max(_step_at(sure_c), self.step)


def _step_at(celsius):
    if celsius >= _OFF_C:
        return OFF
    if celsius >= _HOT_C:
        return HOT
    return WARM if celsius >= _WARM_C else COOL
