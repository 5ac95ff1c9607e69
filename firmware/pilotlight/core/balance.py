"""The balancer of one feeder: what each of its outlets may signal, so that no phase exceeds the
limit.

Decides once per new measurement (`decide`). Currents in mA per phase, times in ticks (ms).

- The house load ("base") is what the sensors say minus what the outlets draw (core/base.py).
- What is left is shared equally (core/shares.py): 0 or at least the minimum.
- Down at once; up slowly: half of the way, 10 s after the last change.
- A raise must fit beside what every car may still be drawing, not beside what it was told a moment
  ago.
- If the breaker's thermal image would not last until cars have followed, contactors open, last
  plugged first.
"""

from micropython import const
from time import ticks_add, ticks_diff

from pilotlight.core import shares, trust
from pilotlight.core.base import Base
from pilotlight.core.deadline import earlier, unless_passed

_AIM_MARGIN = const(50)  # aim a 50th below the limit: 2 % for sensors that read low
_DERATE = const(10)  # a tenth less while a sensor is missing
_DOWN_BAND_MA = const(200)  # smaller reductions are noise
_UP_BAND_MA = const(500)  # smaller raises are not worth a duty change
_WHOLE_STEP_MA = const(2000)  # raises up to this are made in one step
_HOLD_MS = const(10000)  # between a change and the next raise
_RESTART_MS = const(30000)  # a paused outlet's minimum must fit for this long
_LOOK_AGAIN_MS = const(400)  # after an emergency opening: release, two windows, one step
_FOLLOW_MS = const(6000)  # cars follow within 5 s (seq 6)
_STEP_MA = const(100)  # offers are whole steps

# Place.why: shares.UNLIMITED and the others, then these; an index into `reasons(name)`
RISING = 5
WAITING = 6
BLIND = 7
TOO_WARM = 8
IDLE = 9
CAPPED = 10


class Place(shares.Seat):
    """One outlet as its feeder sees it: inputs, and the offer that comes out."""

    def __init__(self, phases, min_ma):
        shares.Seat.__init__(self, phases, min_ma)
        # inputs, set before `decide`
        self.is_ready = False  # the car is in C
        self.is_closed = False  # current can flow
        self.can_open = False  # and would stop if its contactor were told to open
        self.signalled_ma = 0
        self.metered_ma = (
            None  # what its own meter shows on the phase with the most, if it has one
        )
        # outputs
        self.offered_ma = 0
        self.must_open = False
        self.why = shares.NO_ROOM  # index into Feeder.reasons
        # memory
        self.may_draw_ma = 0  # what the car may be drawing at most
        self.told_ma = 0  # signalled at the last decision
        self.follow_ms = None  # until then it may still draw what it was told before
        self.restart_ms = None  # paused for lack of room: may return at
        self.was_paused = False


class Feeder:
    """One fused three-phase supply with its outlets.

    `limit_ma`, `base_max_ma` (largest house load, None: the full rating) may be tuned while
    running. `sources`: trust.Source of each sensor. `breaker`: breaker.Breaker.
    """

    def __init__(self, name, limit_ma, base_max_ma, breaker, sources, places):
        self.name = name
        self.limit_ma = limit_ma
        self.base_max_ma: "int | None" = base_max_ma
        self.breaker = breaker
        self.sources = sources
        self.places = places
        self.table = shares.Table(places)
        self.base = Base(places)
        self.level = trust.LOST
        self.is_derated = False
        self.measured_ma = [None, None, None]
        self.measured_by = [None, None, None]  # the source it stands on
        self.taken_ms = None
        self._hold_ms = None  # no raise before
        self._open_ms = None  # one emergency opening at a time
        self.reasons = reasons(name)

    # ------------------------------------------------------------------ measurement

    def look(self, now_ms):
        """Judge the sources and fuse them; True if there is something new to decide on."""
        level = trust.LOST
        is_new = False
        is_whole = True
        for source in self.sources:
            source.judge(now_ms)
            if source.stands_alone:
                level = min(level, source.level)
            is_whole = is_whole and source.stands_alone and source.level == trust.FRESH
            is_new = is_new or source.is_new
            source.is_new = False
        is_new = is_new or level != self.level or level == trust.LOST
        is_new = is_new or self.is_derated == is_whole
        self.level = level
        self.is_derated = not is_whole
        if is_new:
            self._fuse()
        return is_new

    def _fuse(self):
        """Per phase the highest of the most trusted sources, and of those that may only add: two
        sensors hide no overload.
        """
        for p in range(3):
            self.measured_ma[p] = None
            self.measured_by[p] = None
        for source in self.sources:
            if self.level != trust.LOST and source.level <= self.level:
                if self.taken_ms is None or ticks_diff(source.taken_ms, self.taken_ms) > 0:
                    self.taken_ms = source.taken_ms
                self._fuse_one(source)

    def _fuse_one(self, source):
        for p in range(3):
            value_ma = source.current_ma[p]
            if self.measured_ma[p] is None or value_ma > self.measured_ma[p]:
                self.measured_ma[p] = value_ma
                self.measured_by[p] = source

    # ------------------------------------------------------------------ decision

    def decide(self, now_ms):
        """New offers for all places. Call when `look` says so."""
        self._pass_deadlines(now_ms)
        for place in self.places:
            self._watch(now_ms, place)
        if self.level == trust.LOST:
            self.base.forget()
            self.taken_ms = None
        else:
            self.base.update(now_ms, self.measured_ma, self.taken_ms)
        self._warm_breaker(now_ms)
        self._divide()
        self.table.share_out()
        for place in self.places:
            self._lower(now_ms, place)
        for place in self.places:
            self._raise(now_ms, place)
        self._spare_breaker(now_ms)

    def _watch(self, now_ms, place):
        """Bound what the car may be drawing: for 6 s after a reduction it is still the old
        current.
        """
        if place.signalled_ma >= place.may_draw_ma:
            place.may_draw_ma = place.signalled_ma
            place.follow_ms = None
        elif place.follow_ms is None or place.signalled_ma < place.told_ma:
            place.follow_ms = ticks_add(now_ms, _FOLLOW_MS)
        elif ticks_diff(now_ms, place.follow_ms) >= 0:
            place.may_draw_ma = place.signalled_ma
            place.follow_ms = None
        if not place.is_closed and place.signalled_ma == 0:
            place.may_draw_ma = 0
            place.follow_ms = None
        place.told_ma = place.signalled_ma

    def aim_ma(self):
        """What each phase is to carry at most, mA: the limit less the margins in force."""
        aim_ma = self.limit_ma - self.limit_ma // _AIM_MARGIN
        return aim_ma - self.limit_ma // _DERATE if self.is_derated else aim_ma

    def base_ma(self, phase):
        """House load assumed on a phase, mA: estimated, or without a sensor the largest there can
        be.
        """
        if self.level != trust.LOST:
            return self.base.estimate_ma[phase]
        return self.breaker.rating_ma if self.base_max_ma is None else self.base_max_ma

    def _divide(self):
        aim_ma = self.aim_ma()
        for p in range(3):
            self.table.left_ma[p] = max(0, aim_ma - self.base_ma(p))

    def _room_ma(self, place):
        """What can be added to a place now, beside all that may flow already."""
        aim_ma = self.aim_ma()
        least_ma = 1 << 29
        for p in range(3):
            if place.on[p]:
                flows_ma = self.base_ma(p)
                for other in self.places:
                    if other.on[p]:
                        flows_ma += max(other.may_draw_ma, other.offered_ma)
                least_ma = min(least_ma, aim_ma - flows_ma)
        return least_ma

    def _lower(self, now_ms, place):
        share_ma = place.share_ma // _STEP_MA * _STEP_MA
        place.why = place.bound_by
        if not place.wants:
            place.why = IDLE
        elif self.level == trust.LOST:
            place.why = BLIND
        if place.wants and place.cap_ma < place.min_ma:
            place.why = CAPPED
        if share_ma < place.min_ma:
            self._pause(place)
        elif share_ma < place.offered_ma - _DOWN_BAND_MA:
            place.offered_ma = share_ma
            self._hold_ms = ticks_add(now_ms, _HOLD_MS)

    def _pause(self, place):
        # only lack of room must have passed for a while: what a person paused returns at once
        place.was_paused = place.wants and place.cap_ma >= place.min_ma
        place.offered_ma = 0
        place.restart_ms = None

    def _raise(self, now_ms, place):
        wish_ma = place.share_ma // _STEP_MA * _STEP_MA - place.offered_ma
        if wish_ma < _UP_BAND_MA or place.share_ma < place.min_ma:
            return
        if place.offered_ma > 0:
            self._climb(now_ms, place, wish_ma)
        elif self.level != trust.HOLD and self._has_waited(now_ms, place):
            if self._room_ma(place) >= place.min_ma:
                place.offered_ma = place.min_ma
                self._hold_ms = ticks_add(now_ms, _HOLD_MS)
        if place.offered_ma < place.share_ma - _UP_BAND_MA:
            place.why = RISING if place.offered_ma else WAITING

    def _climb(self, now_ms, place, wish_ma):
        if self._hold_ms is not None or self.level == trust.HOLD or not place.is_ready:
            return
        step_ma = wish_ma if wish_ma <= _WHOLE_STEP_MA else max(_WHOLE_STEP_MA, wish_ma // 2)
        step_ma = min(step_ma, self._room_ma(place)) // _STEP_MA * _STEP_MA
        if step_ma >= _UP_BAND_MA:
            place.offered_ma += step_ma
            self._hold_ms = ticks_add(now_ms, _HOLD_MS)

    def _has_waited(self, now_ms, place):
        """A place paused for lack of room returns only after its minimum has fitted for 30 s."""
        if not place.was_paused:
            return True
        if place.restart_ms is None:
            place.restart_ms = ticks_add(now_ms, _RESTART_MS)
        elif ticks_diff(now_ms, place.restart_ms) >= 0:
            place.restart_ms = None
            place.was_paused = False
        return not place.was_paused

    # ------------------------------------------------------------------ breaker

    def _warm_breaker(self, now_ms):
        self.breaker.advance(now_ms)
        for p in range(3):
            self.breaker.flow(p, self.measured_ma[p])

    def _spare_breaker(self, now_ms):
        """Open the last plugged outlet on a phase whose breaker would not last; look again 400 ms
        later.
        """
        for place in self.places:
            place.must_open = False
        if self._open_ms is not None:
            return
        for p in range(3):
            if self.measured_ma[p] is not None and not self.breaker.lasts(p, _FOLLOW_MS):
                place = self._last_plugged_on(p)
                if place is not None:
                    self._pause(place)
                    place.must_open = True
                    place.why = TOO_WARM
                    self._open_ms = ticks_add(now_ms, _LOOK_AGAIN_MS)
                    return

    def _last_plugged_on(self, phase):
        last = None
        for place in self.places:
            if place.on[phase] and place.can_open and (last is None or place.rank > last.rank):
                last = place
        return last

    def _pass_deadlines(self, now_ms):
        self._hold_ms = unless_passed(now_ms, self._hold_ms)
        self._open_ms = unless_passed(now_ms, self._open_ms)

    def due_ms(self, now_ms):
        """The first running deadline (ticks), or None: with the same measurements nothing changes
        before.
        """
        for p in range(3):
            measured_ma = self.measured_ma[p]
            if measured_ma is not None and measured_ma > self.breaker.rating_ma:
                return now_ms
        due = earlier(now_ms, self._hold_ms, self._open_ms)
        for place in self.places:
            due = earlier(now_ms, due, place.follow_ms)
            due = earlier(now_ms, due, place.restart_ms)
        return earlier(now_ms, due, self.base.due_ms(now_ms))


def reasons(name):
    """Texts for `Place.why`, made once so that deciding allocates nothing."""
    texts = (
        "L1 is shared out",
        "L2 is shared out",
        "L3 is shared out",
        "all it can use",
        "no room for the minimum",
        "rising step by step",
        "waiting until the room lasts",
        "sensors lost, safe share",
        "breaker too warm, opened",
        "no car to supply",
        "limited below the minimum",
    )
    return tuple(["feeder " + name + ": " + text for text in texts])
