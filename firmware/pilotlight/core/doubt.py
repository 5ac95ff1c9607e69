"""Which sensor is not to be believed, and why: judged on what it says, on the other sensor of its
feeder, and on what the outlets do.

A false alarm pauses people's charging, a missed one can cost the fuse. So only what a sensor says
of itself, or repeated proof, takes it out (as lost as a silent one); where two sensors disagree,
nobody knows which one lies: both count, the higher one per phase, and the clamps no longer stand
alone. In words:

    a phase is missing   one of three values is unknown: lost
    implausible          more than 10 times the rating: that sample is none, so it goes stale
    frozen               all three values to the last digit as they were, at a current at which
                         they cannot be: the smallest change ever seen is at most a 2000th of the
                         largest phase, for 10 s (held after 5 s); a 500th, for 30 s (held after
                         15 s). Whole amperes may stand still all night: they do not count. Of
                         a meter that renews its values more slowly 2.5 times its time.
    does not follow      an outlet that drew at least 4 A was told 4 A less, or opened, and no
                         phase of it shows half of that within 8 s (and the time it takes to
                         renew its values), three times in a row. Known
                         only if the outlet's own meter says so, or if its contactor was opened
                         under load (the car still in C), 4 A being allowed for what the balancer
                         may ascribe to it wrongly. A car that ignores its pilot looks the same,
                         but not through an open contactor.
    jumps                a lone sample, off by half the rating from those around it, again and
                         again. Only named: appliances do that too, and trust.py uses the higher
                         of two samples.
    sign flips           again and again within seconds, as near zero. Only named: magnitudes count
    phases swapped       clamps that fit the meter in another order, and not in theirs; or cars
                         that begin to draw in another phase than their outlet's (only named)
    shows no current     clamps at which nothing flows where the meter shows some, and all others
                         fit; or what does not follow, and shows 0. Plug out, wire cut, winding
                         shorted, jaws open: nothing tells these apart
    gain is off          clamps beyond 10 % + 1 A of the meter, but within a half and twice of it
    differs              clamps that have little to do with the meter
    turned round         a clamp that shows the opposite direction of the meter, or of cars that
                         begin to draw; known only beside a voltage reference. Only named

Against the meter: 40 readings of the meter more than fitted, taken while both had stood still for
3 s; and until a person has looked at it, as wiring does not mend itself. Within 10 % the clamps'
gain is corrected to 1 %, by 1/1024 for each 20 readings in a row that are off to the same side.
What cars that begin to draw tell: wiring.py.

Currents in mA, times in ticks (ms).
"""

from micropython import const
from time import ticks_diff

from pilotlight.core import trust, wiring
from pilotlight.core.pair import Pair
from pilotlight.core.verdict import (
    BARE, BEYOND, DEAF, FLIPS, FROZEN, JUMPS, MISSING, NONE, SWAPPED, TURNED
)  # fmt: skip

LOOK_MS = 100  # `Watch.look` comes so often
_SURE = const(2000)  # of how many grains the largest phase stands still
_LIKELY = const(500)
_SURE_MS = const(10000)
_LIKELY_MS = const(30000)
_SAMPLES = const(10)
_LONGEST_MS = const(5000)  # what a gap between two samples counts at most
_LEAST_MA = const(1000)  # below that a current may stand still
_TOLD_LOOKS = const(40)  # an implausible sample stays named for so long
_JUMP_LOOKS = const(100)  # what a jump counts for, and
_JUMPS = const(300)  # beyond which it is named, until so many looks
_MOST_JUMPS = const(600)  # less these have passed
_FLIP_LOOKS = const(300)
_FLIPS = const(1200)
_MOST_FLIPS = const(7200)
_STEP_MA = const(4000)
_UNSURE_MA = const(4000)  # the balancer's idea of what a car draws is so much too high at most
_FOLLOW_LOOKS = const(80)
_MISSES = const(3)


class Witness:
    """What one source says of itself, and how often it did not follow."""

    def __init__(self, source):
        self.source = source
        self.is_new = False
        self.misses = 0  # in a row
        self.wiring = wiring.Wiring()
        self.beyond = 0  # looks for which an implausible sample stays named
        self.jumps = 0  # looks that jumps and flips still count for
        self.flips = 0
        self.grain_ma = None  # the smallest change seen
        self._still = trust.FRESH
        self._last_ma = [None, None, None]
        self._before_ma = [None, None, None]
        self._signs = 0
        self._sequence = None
        self._came_ms = None
        self._still_ms = 0
        self._samples = 0

    def look(self, now_ms):
        """Look at its newest sample."""
        source = self.source
        self.jumps = max(self.jumps - 1, 0)
        self.flips = max(self.flips - 1, 0)
        self.is_new = source.sequence != self._sequence
        if self.is_new:
            if source.signs != self._signs:
                self._signs = source.signs
                self.flips = min(self.flips + _FLIP_LOOKS, _MOST_FLIPS)
            self._sequence = source.sequence
            span_ms = 0 if self._came_ms is None else ticks_diff(now_ms, self._came_ms)
            self._came_ms = now_ms
            if self._moves():
                self._still = trust.FRESH
                self._still_ms = self._samples = 0
            else:
                self._stand(min(max(span_ms, 0), _LONGEST_MS))
        self.beyond = _TOLD_LOOKS if source.is_beyond else max(self.beyond - 1, 0)

    def _moves(self):
        """A value differs from the last sample's, or there is none."""
        moves = False
        for p in range(3):
            value_ma, last_ma = self.source.raw_ma[p], self._last_ma[p]
            before_ma = self._before_ma[p]
            self._last_ma[p], self._before_ma[p] = value_ma, last_ma
            if value_ma is None or last_ma is None:
                moves = True
                continue
            if before_ma is not None and self._is_lone(before_ma, last_ma, value_ma):
                self.jumps = min(self.jumps + _JUMP_LOOKS, _MOST_JUMPS)
            if value_ma != last_ma:
                moves = True
                self.grain_ma = min(self.grain_ma or _LEAST_MA, abs(value_ma - last_ma))
        return moves

    def _is_lone(self, before_ma, ma, after_ma):
        """Far above or below both."""
        least_ma = self.source.most_ma // 20
        return (
            min(ma - before_ma, ma - after_ma) > least_ma
            or min(before_ma - ma, after_ma - ma) > least_ma
        )

    def _stand(self, span_ms):
        self._still_ms = min(self._still_ms + span_ms, _LIKELY_MS)
        self._samples = min(self._samples + 1, _SAMPLES)
        largest_ma = 0
        for value_ma in self.source.raw_ma:
            if value_ma % 1000:
                largest_ma = max(largest_ma, value_ma)
        if largest_ma < _LEAST_MA or self.grain_ma is None or self._samples < _SAMPLES:
            return
        grains = largest_ma // self.grain_ma
        most_ms = max(_SURE_MS if grains >= _SURE else _LIKELY_MS, 5 * self.source.renewal_ms // 2)
        if grains >= _LIKELY and self._still_ms >= most_ms // 2:
            self._still = trust.LOST if self._still_ms >= most_ms else trust.HOLD

    def say(self):
        """Leave the verdict at the source."""
        source = self.source
        source.least = self._still
        lies = self.wiring
        doubt = JUMPS if self.jumps > _JUMPS else FLIPS if self.flips > _FLIPS else NONE
        if lies.turned:
            doubt = TURNED | lies.turned << 4
        if lies.elsewhere >= wiring.TIMES:
            doubt = SWAPPED
        if self._still:
            doubt = FROZEN
        if self.misses >= _MISSES:
            source.least = trust.LOST
            if doubt != SWAPPED:
                doubt = BARE if lies.is_bare else DEAF
        if self.beyond:
            doubt = BEYOND
        if source.sequence is not None and None in source.raw_ma:
            doubt = MISSING | _mask(source.raw_ma, None)
        source.doubt = doubt


def _mask(values, value):
    """Bits 4, 5, 6 where it is this value."""
    mask = 0
    for p in range(3):
        if values[p] == value:
            mask |= 16 << p
    return mask


class Step:
    """The latest reduction at one outlet, and how far one source has fallen since."""

    def __init__(self, feeder, place, witness):
        self.looks = 0  # left until it is judged
        self._feeder = feeder
        self._place = place
        self._witness = witness
        self._signalled_ma = 0
        self._was_closed = False
        self._drew_ma = 0
        self._most_ma = [0, 0, 0]  # the highest since, in any direction
        self._most_signed_ma = [0, 0, 0]
        self._fell_ma = 0
        self._is_heard = False

    def look(self):
        """Follow it, judge it, or wait for the next one."""
        place = self._place
        opens = self._was_closed and not place.is_closed
        falls_ma = self._signalled_ma - place.signalled_ma if self._was_closed else 0
        if self.looks or (self._drew_ma >= _STEP_MA and (opens or falls_ma >= _STEP_MA)):
            if opens or not self.looks:
                self.looks = _FOLLOW_LOOKS + self._witness.source.lag_ms // LOOK_MS
            self._follow()
            self.looks -= 1
            if self.looks == 0:
                self._judge()
        if self.looks == 0:
            self._drew_ma = _drawn_ma(self._feeder, place)
            self._fell_ma = 0
            self._is_heard = False
            for p in range(3):
                self._most_ma[p] = self._witness.source.raw_ma[p] or 0
                self._most_signed_ma[p] = self._witness.source.signed_ma(p) or 0
        self._signalled_ma = place.signalled_ma
        self._was_closed = place.is_closed

    def _follow(self):
        """What made the reduction necessary may show in a source only now: the fall counts from
        the highest on.
        """
        self._is_heard = self._is_heard or self._witness.is_new
        for p in range(3):
            value_ma = self._witness.source.raw_ma[p]
            if self._place.on[p] and value_ma is not None:
                self._most_ma[p] = max(self._most_ma[p], value_ma)
                # behind a plant less is drawn where more is fed back; and signs may be wrong
                signed_ma = self._witness.source.signed_ma(p)
                self._most_signed_ma[p] = max(self._most_signed_ma[p], signed_ma)
                fell_ma = self._most_signed_ma[p] - signed_ma
                self._fell_ma = max(self._fell_ma, self._most_ma[p] - value_ma, fell_ma)

    def _judge(self):
        """Without a meter only a car that stands in C with its contactor open tells something: one
        that is closed may not have followed, one that left C had stopped before.
        """
        less_ma = 0
        if self._place.is_ready and not self._place.is_closed:
            less_ma = self._drew_ma - _UNSURE_MA
        if self._place.metered_ma is not None:
            less_ma = self._drew_ma - self._place.metered_ma
        if less_ma >= _STEP_MA and self._fell_ma >= less_ma // 2:
            self._witness.misses = 0
        elif less_ma >= _STEP_MA and self._is_heard:
            self._witness.misses += 1
            self._witness.wiring.is_bare = self._is_bare()

    def _is_bare(self):
        """There was no current at all."""
        for p in range(3):
            if self._place.on[p] and self._most_ma[p]:
                return False
        return True


def _drawn_ma(feeder, place):
    """What an outlet draws, if that is known: by its meter, or as all that is not the house."""
    if not place.is_closed or place.metered_ma is not None:
        return place.metered_ma or 0
    drawn_ma = 0
    for p in range(3):
        if place.on[p]:
            for other in feeder.places:
                if other is not place and other.is_closed and other.on[p]:
                    return 0
            if feeder.level == trust.FRESH:
                drawn_ma = max(drawn_ma, feeder.measured_ma[p] - feeder.base.estimate_ma[p])
    return drawn_ma


class Watch:
    """All that is judged at one feeder. Its sources are clamps, a meter, or both in this order."""

    def __init__(self, feeder):
        self._witnesses = [Witness(source) for source in feeder.sources]
        self._steps = [Step(feeder, p, w) for p in feeder.places for w in self._witnesses]
        first = self._witnesses[0]
        # two sensors judge each other: cars need to judge only one of them
        self._starts = [wiring.Start(feeder, place, first) for place in feeder.places]
        self._pair = None
        if len(feeder.sources) == 2:
            self._pair = Pair(feeder.sources[0], feeder.sources[1], first.wiring)

    def look(self, now_ms):
        """Judge; sets `doubt`, `least` and `stands_alone` of each source. A generator, so that
        others may come in between: 0.3 ms from one to the next on a Pico.
        """
        for witness in self._witnesses:
            witness.look(now_ms)
        for step in self._steps:
            yield
            step.look()
        for start in self._starts:
            yield
            start.look()
        for witness in self._witnesses:
            witness.say()
        if self._pair is not None:
            self._pair.look(self._witnesses[1].is_new)
            self._pair.say()

    def acknowledge(self):
        """A person has looked at it: begin anew."""
        for witness in self._witnesses:
            witness.misses = 0
            witness.wiring.forget()
        if self._pair is not None:
            self._pair.forget()

    def is_settled(self):
        """Nothing is being followed or corrected."""
        for witness in self._witnesses:
            if witness.beyond or witness.jumps or witness.flips:
                return False
        for step in self._steps:
            if step.looks:
                return False
        for start in self._starts:
            if start.looks:
                return False
        return self._pair is None or self._pair.is_settled()
