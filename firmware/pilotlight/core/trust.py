"""How far a measurement can be trusted now: fresh, held, or lost.

A reading is values, the instant they were taken, and a sequence number. Unknown is None, never 0.
Currents in mA, times in ticks (ms).

Graded fallback of one source, by the age of its newest sample:

    FRESH  up to 3 periods, at least 1 s   decisions as usual
    HOLD   up to 5 s                       nothing is raised, everything is derated by a tenth
    LOST   after that                      safe share: fuse minus the largest base load, or pause
"""

from micropython import const
from time import ticks_add, ticks_diff

FRESH, HOLD, LOST = range(3)
LEVELS = ("fresh", "hold", "lost")

_STALE_PERIODS = const(3)
_STALE_LEAST_MS = const(1000)
_LOST_MS = const(5000)
_BAND_MA = const(150)  # smaller changes are noise: the value used stands still
# and so is this part of the value: a window is not quite whole mains cycles
_BAND_PART = const(128)
_FAINT_MA = const(500)  # and all changes below this, where clamps switch between 0 and their floor
_CENTRE_MS = const(1000)  # a movement is over so long after its last change


class Source:
    """One sensor's three phase currents. `period_ms`: how often it should bring a sample."""

    def __init__(self, name, period_ms):
        self.name = name
        self.level = LOST
        self.current_ma = [None, None, None]  # as used: moves only by more than the band
        self.raw_ma = [None, None, None]  # as measured
        self.taken_ms: "int | None" = None
        self.sequence = None
        self.is_new = False  # a sample has come that nobody has looked at
        self._centre_ms = None
        self._stale_ms = max(_STALE_PERIODS * period_ms, _STALE_LEAST_MS)

    def offer(self, l1_ma, l2_ma, l3_ma, taken_ms, sequence):
        """Take the sensor's newest sample; a sequence number seen before is no news."""
        if taken_ms is not None and sequence != self.sequence:
            self.is_new = True
            self.sequence = sequence
            self.taken_ms = taken_ms
            self._take(taken_ms, 0, l1_ma)
            self._take(taken_ms, 1, l2_ma)
            self._take(taken_ms, 2, l3_ma)
            self._centre(taken_ms)

    def _take(self, taken_ms, phase, value_ma):
        if value_ma is not None:
            value_ma = abs(value_ma)  # a conductor is warmed by export as well
        self.raw_ma[phase] = value_ma
        used_ma = self.current_ma[phase]
        if value_ma is None or used_ma is None or _is_news(value_ma, used_ma):
            self.current_ma[phase] = value_ma
            self._centre_ms = ticks_add(taken_ms, _CENTRE_MS)

    def _centre(self, taken_ms):
        """Once a movement is over, use what is measured: the band then lies evenly around it."""
        if self._centre_ms is not None and ticks_diff(taken_ms, self._centre_ms) >= 0:
            self._centre_ms = None
            for phase in range(3):
                self.current_ma[phase] = self.raw_ma[phase]

    def is_settled(self):
        """No movement is being followed."""
        return self._centre_ms is None

    def judge(self, now_ms):
        """Set `level` by the age of the newest sample and by whether it has all three values."""
        if self.taken_ms is None:
            self.level = LOST
            return
        age_ms = ticks_diff(now_ms, self.taken_ms)
        if age_ms > _LOST_MS or age_ms < -_LOST_MS or not self._is_whole():
            self._lose()
        elif age_ms > self._stale_ms:
            self.level = HOLD
        else:
            self.level = FRESH

    def _lose(self):
        self.level = LOST
        self.taken_ms = None  # a tick older than 6.2 days would look young again
        self._centre_ms = None
        self.current_ma[0] = self.current_ma[1] = self.current_ma[2] = None

    def _is_whole(self):
        current_ma = self.current_ma
        return (
            current_ma[0] is not None and current_ma[1] is not None and current_ma[2] is not None
        )


def _is_news(value_ma, used_ma):
    """The change is larger than noise."""
    band_ma = _BAND_MA + used_ma // _BAND_PART
    return abs(value_ma - used_ma) > band_ma and max(value_ma, used_ma) > _FAINT_MA
