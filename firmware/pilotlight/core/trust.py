"""How far a measurement can be trusted now: fresh, held, or lost.

A reading is values, the instant they were taken, and a sequence number. Unknown is None, never 0.
Currents in mA, times in ticks (ms).

Graded fallback of one source, by the age of its newest sample:

    FRESH  up to 3 periods, at least 1 s   decisions as usual
    HOLD   up to 5 s                       nothing is raised, everything is derated by a tenth
    LOST   after that                      safe share: fuse minus the largest base load, or pause

A source that is not believed (core/doubt.py) is at that step whatever its age. A rise is used at
once, a fall when the next sample agrees: one bad sample may cost room, it never makes any.

A load is switched on at any instant of a window of the board's own: the first shows only a part of
it (`is_part`). Whoever decides waits for the one after that, once: a duty that is too high stays
for 5 s.

How much older than its sample a value may be tells core/renewal.py.
"""

from micropython import const
from time import ticks_add, ticks_diff

from pilotlight.core import verdict
from pilotlight.core.renewal import Renewal

FRESH, HOLD, LOST = range(3)
LEVELS = ("fresh", "hold", "lost")

_STALE_PERIODS = const(3)
_STALE_LEAST_MS = const(1000)
_LOST_MS = const(5000)
_BAND_MA = const(150)  # smaller changes are noise: the value used stands still
# and so is this part of the value: a window is not quite whole mains cycles
_BAND_PART = const(128)
_FAINT_MA = const(500)  # and all changes below this, where clamps switch between 0 and their floor
_FINE_MA = const(30)  # but above the edge a rise of more than this is news
_OWN_MS = const(100)  # the period of what the board itself samples: it never stands still
_CENTRE_MS = const(1000)  # a movement is over so long after its last change
_HARMLESS = (verdict.NONE, verdict.GAIN, verdict.JUMPS, verdict.FLIPS)
_ALIKE_MA = const(2000)
_NO_BOUND_MA = const(0x3FFFFFFF)


class Source:
    """One sensor's three phase currents. `period_ms`: how often it should bring a sample;
    `most_ma`: what no phase can carry: such a sample is none. `phases`: how many of L1, L2, L3 it
    measures; nothing hangs on the others, so they count as 0 here and are shown as unknown.
    """

    def __init__(self, name, period_ms, most_ma=_NO_BOUND_MA, phases=3):
        self.name = name
        self.phases = phases
        self.level = LOST
        self.current_ma = [None, None, None]  # as used: moves only by more than the band
        self.raw_ma = [None, None, None]  # as measured
        self.trim = [0, 0, 0]  # by how many 1024ths more than measured is used
        self.least = FRESH  # no better level than this
        self.doubt = 0  # why it is not believed: of verdict.py
        self.stands_alone = True  # False: it can only add to what others show
        self.power: "dict" = {}  # "power_w" of its phases, if it tells; acpower.follow tells more
        self.is_muted = False  # a drill: nothing it says is heard
        self.is_beyond = False  # the newest sample was beyond `most_ma`
        self.signs = 0  # bits 0, 1, 2: it was negative on L1, L2, L3
        self.lent = 0  # the same, by another sensor: this one tells no direction
        self.taken_ms: "int | None" = None
        self.sequence = None
        self.is_new = False  # a sample has come that nobody has looked at
        self.is_part = False  # but it may show only a part of a rise
        self._before_ma = [None, None, None]  # measured in the sample before
        self.lag_ms = self.renewal_ms = 0
        self._renewal = Renewal(period_ms) if period_ms > _OWN_MS else None
        self.most_ma = most_ma
        self.edge_ma = _NO_BOUND_MA  # what rises above this is news, however little it is
        self._centre_ms = None
        self.period_ms = period_ms
        self._stale_ms = max(_STALE_PERIODS * period_ms, _STALE_LEAST_MS)

    def offer(self, l1_ma, l2_ma, l3_ma, taken_ms, sequence):
        """Take the sensor's newest sample; a sequence number seen before is no news."""
        if taken_ms is not None and sequence != self.sequence and not self.is_muted:
            self.sequence = sequence
            most_ma = self.most_ma
            self.is_beyond = _exceeds(l1_ma, most_ma) or _exceeds(l2_ma, most_ma)
            self.is_beyond = self.is_beyond or _exceeds(l3_ma, most_ma)
            if self.is_beyond:
                return
            if self.phases < 3:
                l3_ma = 0
                if self.phases < 2:
                    l2_ma = 0
            self.is_new = True
            self.signs = 0
            self.taken_ms = taken_ms
            self._take(taken_ms, 0, l1_ma)
            self._take(taken_ms, 1, l2_ma)
            self._take(taken_ms, 2, l3_ma)
            self._centre(taken_ms)
            renewal = self._renewal
            if renewal is None:
                self.is_part = not self.is_part and self._has_risen()
            else:
                renewal.take(taken_ms, self.raw_ma, self._before_ma)
                self.lag_ms, self.renewal_ms = renewal.lag_ms, renewal.shortest_ms
            if not self._is_whole():
                self._lose()  # nobody sees a value that is missing as fresh

    def _take(self, taken_ms, phase, value_ma):
        if value_ma is not None and value_ma < 0:
            value_ma = -value_ma  # a conductor is warmed by export as well
            self.signs |= 1 << phase
        self._before_ma[phase] = self.raw_ma[phase]
        self.raw_ma[phase] = value_ma
        used_ma = self.current_ma[phase]
        if (
            value_ma is None
            or used_ma is None
            or self._is_news(self._trimmed(phase, value_ma), used_ma)
        ):
            self.current_ma[phase] = self._agreed(phase)
            self._centre_ms = ticks_add(taken_ms, _CENTRE_MS)
        elif self._centre_ms is None and self._has_stepped(phase):
            # left near an edge of the band, noise alone would become news
            self._centre_ms = ticks_add(taken_ms, _CENTRE_MS)

    def _is_news(self, value_ma, used_ma):
        """The change is larger than noise; above the edge a rise need not be."""
        band_ma = _BAND_MA + used_ma // _BAND_PART
        if abs(value_ma - used_ma) > band_ma and max(value_ma, used_ma) > _FAINT_MA:
            return True
        return value_ma > self.edge_ma and value_ma > used_ma + _FINE_MA

    def _has_stepped(self, phase):
        """The newest sample is off by half of the band from the one before."""
        value_ma, before_ma = self.raw_ma[phase], self._before_ma[phase]
        if before_ma is None or max(value_ma, before_ma) <= _FAINT_MA:
            return False
        return 2 * abs(value_ma - before_ma) > _BAND_MA + before_ma // _BAND_PART

    def exceeds(self, most_ma):
        """A phase of the newest sample is above that."""
        raw_ma = self.raw_ma
        return (
            _exceeds(raw_ma[0], most_ma)
            or _exceeds(raw_ma[1], most_ma)
            or _exceeds(raw_ma[2], most_ma)
        )

    def _has_risen(self):
        """By more than noise, since the sample before."""
        for phase in range(3):
            value_ma, before_ma = self.raw_ma[phase], self._before_ma[phase]
            if before_ma is not None and value_ma is not None and value_ma > before_ma:
                if self._has_stepped(phase):
                    return True
        return False

    def _agreed(self, phase):
        """The higher of the last two samples: less is used only if both say so."""
        value_ma = self.raw_ma[phase]
        before_ma = self._before_ma[phase]
        if value_ma is not None:
            if before_ma is not None and before_ma > value_ma:
                value_ma = before_ma
            value_ma = self._trimmed(phase, value_ma)
        return value_ma

    def _trimmed(self, phase, value_ma):
        return value_ma + value_ma // 64 * self.trim[phase] // 16  # stays a small int

    def _centre(self, taken_ms):
        """Once a movement is over, use what is measured: the band then lies evenly around it."""
        if self._centre_ms is not None and ticks_diff(taken_ms, self._centre_ms) >= 0:
            self._centre_ms = None
            for phase in range(3):
                self.current_ma[phase] = self._agreed(phase)

    def is_export(self, phase):
        """The phase feeds back: the sensor says so by a sign, or by power that is less than -0.3
        times what the current would be at 230 V. Near zero power signs flip: in doubt it is drawn.
        """
        if phase >= self.phases or self._is_misled():
            return False
        if (self.signs | self.lent) >> phase & 1:
            return True
        watts = self.power.get("power_w")
        value_ma = self.raw_ma[phase]
        if watts is None or value_ma is None or watts[phase] is None:
            return False
        return watts[phase] * 1000 < -69 * value_ma

    def _is_misled(self):
        """What it is doubted for may concern the direction."""
        return self.doubt & 15 not in _HARMLESS

    def borrow(self, other, is_heard):
        """Where this one tells no direction it is that of `other`, if they show about the same."""
        self.lent = 0
        if is_heard and self.power.get("power_w") is None:
            for p in range(3):
                value_ma, other_ma = self.raw_ma[p], other.raw_ma[p]
                if value_ma is not None and other_ma is not None and other.is_export(p):
                    if abs(value_ma - other_ma) <= _ALIKE_MA + value_ma // 8:
                        self.lent |= 1 << p

    def power_w(self):
        """What all its phases draw together, W, given back negative; None if it does not tell."""
        watts = self.power.get("power_w")
        if watts is None or self._is_misled():
            return None
        total_w = 0
        for p in range(self.phases):
            if watts[p] is None:
                return None
            total_w += watts[p]
        return total_w

    def signed_ma(self, phase):
        """As measured, fed back negative; None if it is not known."""
        value_ma = self.raw_ma[phase]
        return -value_ma if value_ma is not None and self.is_export(phase) else value_ma

    def is_calm(self):
        """No movement is being followed."""
        return self._centre_ms is None

    def is_settled(self):
        """Nor need what stands still be watched, and none is so near to the edge that noise could
        be news.
        """
        for used_ma in self.current_ma:
            if used_ma is not None and used_ma > self.edge_ma - _BAND_MA:
                return False
        is_known = self._renewal is None or self._renewal.is_known()
        return self._centre_ms is None and is_known

    def judge(self, now_ms):
        """Set `level` by the age of the newest sample; one without a value was lost as it came."""
        if self.taken_ms is None:
            self.level = LOST
            return
        age_ms = ticks_diff(now_ms, self.taken_ms)
        if age_ms > _LOST_MS or age_ms < -_LOST_MS or self.least == LOST:
            self._lose()
        elif age_ms > self._stale_ms or self.least == HOLD:
            self.level = HOLD
        else:
            self.level = FRESH

    def _lose(self):
        self.level = LOST
        self.taken_ms = None  # a tick older than 6.2 days would look young again
        self._centre_ms = None
        if self._renewal is not None:
            self._renewal.forget()
        self.current_ma[0] = self.current_ma[1] = self.current_ma[2] = None

    def _is_whole(self):
        current_ma = self.current_ma
        return (
            current_ma[0] is not None and current_ma[1] is not None and current_ma[2] is not None
        )


def _exceeds(value_ma, most_ma):
    return value_ma is not None and not -most_ma <= value_ma <= most_ma
