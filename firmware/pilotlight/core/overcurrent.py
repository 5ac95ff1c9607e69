"""A car that draws more than it was told: stopped after 7 s, tried again, and in the end not.

Too much is more than (I + 0.5 A) * 1.10 on any phase, I being what the pilot signals (EVerest,
vectors 49-51). It is stopped when

- that has lasted 7 s without a break, and
- it is too much for what was signalled before, too, if that was reduced less than 6 s ago: a car
  has 5 s to follow a reduction (seq 6), and several in a row must not add up against it.

So a car that follows in 5 s is never stopped, one that ignores a reduction is after 7 s.

Stopped means x1 by a claim of 0 A: it ends under load after 6 s if the car ignores that as well.
Again after 5 minutes, three times for one plug-in; then it stays until the plug is pulled or a
person has looked at it. A car may draw too much once, when a second charger of its own wakes up,
and is worth another try; one that does it four times will not learn, and each stop may wear the
contacts. Pulling the plug ends the pause at once: another car is not to blame.

What it draws is known to a confidence:

    MEASURED   a meter at the outlet
    INFERRED   what the feeder carries, less the largest load beside the outlets (`base_max_a`), if
               no other outlet on that phase is closed, or the others have meters of their own

Inferred is a lower bound, not a guess: what is charged to the car, nobody else can draw. Without
`base_max_a`, or with two unmeasured outlets closed on a phase, nothing is known and nobody is
stopped. That a current did not fall with the duty proves nothing here: a car that drew less than
either duty looks the same. The balancer still counts it all as load of the house (core/base.py),
so a car that is not found out cannot overload the feeder either.

Currents in mA per phase, times in ticks (ms).
"""

from micropython import const
from time import ticks_add, ticks_diff

from pilotlight.core.claims import MAX_LIMIT_MA
from pilotlight.core.deadline import unless_passed

MEASURED, INFERRED = range(2)
PAUSED = (
    "drew more than it was told (measured), tried again after 5 minutes",
    "drew more than it was told (inferred), tried again after 5 minutes",
)
STOPPED = (
    "drew more than it was told four times (measured), until unplugged or resume()",
    "drew more than it was told four times (inferred), until unplugged or resume()",
)
FINE = "may draw what it is told again"

_EXCESS_MS = const(7000)  # EVerest's default; cars need 5 s (seq 6), so never below 6 s
_FOLLOW_MS = const(6000)  # a car follows within 5 s (seq 6); its meter shows it a little later
_RETRY_MS = const(300000)
_RETRIES = const(3)


def most_ma(signalled_ma):
    """What a car that was told `signalled_ma` may draw before it counts as too much."""
    return (signalled_ma + 500) * 11 // 10


def inferred_ma(measured_ma, base_max_ma, places, mine):
    """At least so much the outlet of `mine` must be drawing on one of its phases, or None.

    `measured_ma`: the feeder's three phases, None where not known. `base_max_ma`: the largest load
    beside the outlets, or None. `places`: place.Place of all outlets on the feeder.
    """
    if base_max_ma is None:
        return None
    found_ma = None
    for p in range(3):
        others_ma = _others_ma(places, mine, p)
        if mine.on[p] and measured_ma[p] is not None and others_ma is not None:
            least_ma = max(0, measured_ma[p] - base_max_ma - others_ma)
            found_ma = least_ma if found_ma is None else max(found_ma, least_ma)
    return found_ma


def _others_ma(places, mine, phase):
    """What all others draw on a phase, or None if one of them is closed and has no meter."""
    total_ma = 0
    for place in places:
        if place is not mine and place.on[phase] and place.is_closed:
            if place.metered_ma is None:
                return None
            total_ma += place.metered_ma
    return total_ma


class Watch:
    """What one outlet's car draws, against what it was told."""

    def __init__(self):
        self.reason = FINE
        self.until_ms = None  # tried again at
        self.is_stopped = False  # too often: `until_ms` is None then
        self.stops = 0  # in this plug-in
        self._excess_ms = None  # too much until then: stopped
        self._signalled_ma = 0
        self._told_ma = 0  # the most that was signalled before, while the car follows
        self._follow_ms = None  # it may take until

    @property
    def limit_ma(self):
        """What may be offered."""
        return 0 if self.until_ms is not None or self.is_stopped else MAX_LIMIT_MA

    def is_settled(self):
        """Nothing is being timed but the pause."""
        return self._excess_ms is None and self._follow_ms is None

    def forget(self):
        """The car is gone, or a person has looked at it."""
        self._excess_ms = self.until_ms = None
        self.is_stopped = False
        self.stops = 0
        self.reason = FINE

    def look(self, now_ms, signalled_ma, drawn_ma, confidence):
        """Compare. `drawn_ma`: on the phase with the most, None: not known. `signalled_ma`: 0
        while the pilot permits nothing, which is not judged here: x1 has its own deadline.
        """
        if self.until_ms is not None and unless_passed(now_ms, self.until_ms) is None:
            self.until_ms = None
            self.reason = FINE
        self._follow(now_ms, signalled_ma)
        if signalled_ma == 0 or drawn_ma is None or drawn_ma <= most_ma(signalled_ma):
            self._excess_ms = None
        elif self._excess_ms is None:
            self._excess_ms = ticks_add(now_ms, _EXCESS_MS)
        elif ticks_diff(now_ms, self._excess_ms) >= 0 and drawn_ma > most_ma(self._told_ma):
            self._stop(now_ms, confidence)

    def _follow(self, now_ms, signalled_ma):
        """Keep what was signalled before a reduction for as long as the car may take."""
        if signalled_ma < self._signalled_ma:
            self._follow_ms = ticks_add(now_ms, _FOLLOW_MS)
        self._signalled_ma = signalled_ma
        self._follow_ms = unless_passed(now_ms, self._follow_ms)
        if self._follow_ms is None or signalled_ma > self._told_ma:
            self._told_ma = signalled_ma

    def _stop(self, now_ms, confidence):
        self._excess_ms = None
        self.stops += 1
        self.is_stopped = self.stops > _RETRIES
        if self.is_stopped:
            self.reason = STOPPED[confidence]
        else:
            self.until_ms = ticks_add(now_ms, _RETRY_MS)
            self.reason = PAUSED[confidence]
