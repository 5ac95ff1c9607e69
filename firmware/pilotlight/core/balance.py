"""The balancer of a site: what each outlet may signal, so that no phase of any feeder exceeds its
limit.

Decides once per new measurement. Currents in mA per phase, times in ticks (ms).

- What feeders have left (core/feeder.py) is shared out (core/shares.py): 0 or at least a minimum.
- Down at once; up slowly: half of the way, 10 s after the last change.
- A raise must fit beside what every car may still be drawing, not beside what it was told a moment
  ago. A start must fit beside the highest house load of the last minute.
- What was paused for lack of room rests for 2 minutes, after a short charge for longer. Where not
  all minima fit, each has its turn of half an hour.
- Phases a car has not, and what it does not take, are the others' (core/habit.py). A car that does
  not ask for the current it is offered gets what others leave.
- If a breaker's thermal image would not last until cars have followed, contactors open, last in
  the order first.
"""

from micropython import const
from time import ticks_add, ticks_diff

from pilotlight.core import notice, policy, shares, trust
from pilotlight.core.deadline import earlier, unless_passed
from pilotlight.core.place import RISING, WAITING

_UP_BAND_MA = const(500)  # smaller raises are not worth a duty change
_SLOW_BAND_MA = const(100)  # but once a minute
_GUESS_BAND_MA = const(1000)  # of what others seem to leave: so much shows who takes it
_SLOW_MS = const(60000)
_WHOLE_STEP_MA = const(2000)  # raises up to this are made in one step
_HOLD_MS = const(10000)  # between a change and the next raise
_LOOK_AGAIN_MS = const(390)  # after an emergency opening: release, two windows, one step
_FOLLOW_MS = const(6000)  # cars follow within 5 s (seq 6)
_AGAIN_MS = const(200)
_STEP_MA = const(100)  # offers are whole steps
_REST_MS = const(120000)  # compressors and battery heaters of cars, and contactors, want it
_SHORT_MS = const(600000)  # a charge that lasts less doubles the next rest
_MOST_DOUBLINGS = const(2)
_TURN_MS = const(1800000)
_PATIENCE_MS = const(120000)  # a car that does not take what it is offered for so long is full


class Balancer:
    """All `feeders` and `places` of a site."""

    def __init__(self, feeders, places):
        self.feeders = feeders
        self.places = places
        self.table = shares.Table(places, [])
        self.quotas = ()  # of core/quota.py
        for place in places:
            place.hang([feeder for feeder in feeders if place in feeder.places])
        self.bind(())
        self.policy = policy.equal  # of core/policy.py; may be changed while running
        self.is_due = False  # the first half of a decision has been made
        self._ranks = 0
        self._first = 0  # the first that may be told more
        self._is_awaited = False  # what is shared out to somebody that has nothing yet
        self._again_ms = None  # no decision without a new measurement before
        self._hold_ms = None  # no raise before: something was lowered

    def bind(self, quotas):
        """From now on `quotas` (core/quota.py) count, too, and no others."""
        is_same = self.table.pools and tuple(quotas) == self.quotas
        self.quotas = tuple(quotas)  # always another one: whoever records sees that somebody came
        if is_same:
            return
        pools = []
        for feeder in self.feeders:
            pools += feeder.pools
        self.table.pools = pools + list(quotas)
        for place in self.places:
            place.join(quotas)

    # ------------------------------------------------------------------ decision

    def look(self, now_ms):
        """True if some feeder has something new to decide on; without sensors every 200 ms."""
        self._again_ms = unless_passed(now_ms, self._again_ms)
        is_new = False
        for feeder in self.feeders:
            is_new = feeder.look(now_ms) or is_new
            is_new = is_new or (self._again_ms is None and feeder.level == trust.LOST)
        return is_new

    def decide(self, now_ms):
        """New offers for all places. Call when `look` says so."""
        self.follow(now_ms)
        self.share(now_ms)

    def follow(self, now_ms):
        """The first half of a decision: what flows, and what that tells of cars and house."""
        self.is_due = True
        self._again_ms = ticks_add(now_ms, _AGAIN_MS)
        self._hold_ms = unless_passed(now_ms, self._hold_ms)
        for place in self.places:
            self._watch(now_ms, place)
        for feeder in self.feeders:
            feeder.follow(now_ms)
        for place in self.places:
            notice.learn(now_ms, place)
            if place.need is not None:
                place.follow_need(now_ms)
            place.key = self.policy(place, self.places)

    def share(self, now_ms):
        """The second half: who gets what. In the step after the first: together they are long."""
        self.is_due = False
        for feeder in self.feeders:
            feeder.count()
        for quota in self.quotas:
            quota.follow(now_ms)
        self.table.share_out()
        self._rotate(now_ms)
        self._is_awaited = _is_awaited(self.places)
        for place in self.places:
            self._lower(now_ms, place)
        first = self._first  # who is told more moves it
        for i in range(len(self.places)):
            self._raise(now_ms, self.places[(first + i) % len(self.places)])
        self._spare_breakers(now_ms)

    def _watch(self, now_ms, place):
        """Bound what the car may be drawing by what is measured: for 6 s after a reduction, and as
        long as a sensor may show what was before, it is still the old current. Let deadlines pass.
        """
        if place.signalled_ma >= place.may_draw_ma:
            place.may_draw_ma = place.signalled_ma
            place.follow_ms = None
        elif place.follow_ms is None or place.signalled_ma < place.told_ma:
            place.follow_ms = ticks_add(now_ms, _FOLLOW_MS + place.lag_ms())
        elif ticks_diff(now_ms, place.follow_ms) >= 0:
            place.may_draw_ma = place.signalled_ma
            place.follow_ms = None
        if not place.is_closed and place.signalled_ma == 0:
            place.may_draw_ma = 0
            place.follow_ms = None
        if place.signalled_ma != place.told_ma or place.is_closed is not place.was_closed:
            notice.begin(now_ms, place, self.places)
        place.told_ma = place.signalled_ma
        place.was_closed = place.is_closed
        place.pass_deadlines(now_ms)
        self._queue(now_ms, place)

    def _queue(self, now_ms, place):
        """Its rank: in the order in which they came."""
        if not place.is_plugged:
            place.rank = 0
            place.stir()
        elif place.rank == 0:
            self._ranks += 1
            place.rank = self._ranks
        place.wants = place.is_asking and place.rest_ms is None
        place.starts = place.offered_ma == 0
        if place.is_ready or not place.is_plugged:
            place.is_last = False
            place.patience_ms = None
        elif place.offered_ma == 0:
            place.patience_ms = None
        elif not place.is_last:
            if place.patience_ms is None:
                place.patience_ms = ticks_add(now_ms, _PATIENCE_MS)
            place.patience_ms = unless_passed(now_ms, place.patience_ms)
            place.is_last = place.patience_ms is None

    # ------------------------------------------------------------------ down

    def _lower(self, now_ms, place):
        share_ma = max(place.share_ma // _STEP_MA * _STEP_MA, place.min_ma)
        place.why = place.reason()
        if place.share_ma < place.min_ma:
            self._pause(now_ms, place)
        elif share_ma < place.offered_ma and self._is_worth_it(place, share_ma):
            self._offer(now_ms, place, share_ma)
            if place.bound_by is not None:
                self._hold_ms = place.hold_ms

    def _is_worth_it(self, place, share_ma):
        """Not noise, alone or with what the others have too much, which is no noise where it leads
        above the limit; and somebody is to start.
        """
        if self._is_awaited or place.offered_ma > place.allowed_ma:
            return True
        if share_ma < place.offered_ma - shares.NOISE_MA:
            return True
        pool = place.bound_by
        return pool is not None and (pool.is_strict or place.room_ma() < -pool.band_ma)

    def _offer(self, now_ms, place, offered_ma):
        place.offer(offered_ma)
        place.hold_ms = ticks_add(now_ms, _HOLD_MS)
        place.slow_ms = ticks_add(now_ms, _SLOW_MS)

    def _pause(self, now_ms, place):
        """What lack of room or of sensors has stopped rests; not so what a person has."""
        is_stopped = place.is_asking and place.allowed_ma >= place.min_ma
        if is_stopped and place.is_ready and place.offered_ma > 0:
            self._send_to_rest(now_ms, place)
        if place.offered_ma:
            place.offer(0)

    def _send_to_rest(self, now_ms, place):
        place.rested_by = place.bound_by
        if place.short_ms is None:
            place.doublings = 0
        place.rest_ms = ticks_add(now_ms, _REST_MS << place.doublings)
        place.doublings = min(place.doublings + 1, _MOST_DOUBLINGS)

    # ------------------------------------------------------------------ up

    def _raise(self, now_ms, place):
        wish_ma = place.share_ma // _STEP_MA * _STEP_MA - place.offered_ma
        band_ma = _UP_BAND_MA if place.slow_ms is not None else _SLOW_BAND_MA
        if place.bound_by is not None and place.bound_by.is_lent():
            band_ma = _GUESS_BAND_MA
        if wish_ma < band_ma or place.share_ma < place.min_ma:
            return
        if place.offered_ma > 0:
            self._climb(now_ms, place, wish_ma, band_ma)
        elif place.is_in_sight() and place.room_ma() >= place.min_ma:
            self._offer(now_ms, place, place.min_ma)
            place.short_ms = ticks_add(now_ms, _SHORT_MS)
            place.turn_ms = ticks_add(now_ms, _TURN_MS)
        if place.offered_ma < place.share_ma - _UP_BAND_MA:
            place.why = RISING if place.offered_ma else WAITING

    def _climb(self, now_ms, place, wish_ma, band_ma):
        if place.hold_ms is not None or self._hold_ms is not None or not place.is_ready:
            return
        if place.is_held() or notice.is_watching(place, self.places):
            return
        step_ma = wish_ma if wish_ma <= _WHOLE_STEP_MA else max(_WHOLE_STEP_MA, wish_ma // 2)
        step_ma = min(step_ma, place.room_ma()) // _STEP_MA * _STEP_MA
        if step_ma >= band_ma:
            self._offer(now_ms, place, place.offered_ma + step_ma)
            self._first = (self.places.index(place) + 1) % len(self.places)  # the next is next

    # ------------------------------------------------------------------ turns

    def _rotate(self, now_ms):
        """Where somebody waits for a minimum, the turn that has lasted longest ends. Who has given
        way waits as long as a turn before somebody else gives way to it: the fewer wait, the
        longer turns are.
        """
        waiting = self.table.next_after(-1)
        while waiting is not None:
            if waiting.is_waiting() and waiting.turn_ms is None:
                longest = self._longest_before(waiting)
                if longest is not None:
                    self._ranks += 1
                    longest.rank = self._ranks
                    longest.turn_ms = ticks_add(now_ms, _TURN_MS)
                    return
            waiting = self.table.next_after(waiting.turn)

    def _longest_before(self, waiting):
        """Who is served before it, takes from the pool it lacks, and has had its turn."""
        longest = None
        for place in self.places:
            is_over = place.offered_ma > 0 and place.turn_ms is None and place.key >= waiting.key
            if is_over and place.rank < waiting.rank and shares.uses(place, waiting.bound_by):
                if longest is None or place.rank < longest.rank:
                    longest = place
        return longest

    # ------------------------------------------------------------------ breakers

    def _spare_breakers(self, now_ms):
        """Open the last in the order on a phase whose breaker would not last; look again 400 ms
        later. Each feeder for itself.
        """
        for place in self.places:
            place.must_open = False
        for feeder in self.feeders:
            feeder.open_ms = unless_passed(now_ms, feeder.open_ms)
            if feeder.open_ms is None:
                self._spare_breaker(now_ms, feeder)

    def _spare_breaker(self, now_ms, feeder):
        for p in range(3):
            span_ms = feeder.following_ms(now_ms, p) or _FOLLOW_MS
            if feeder.measured_ma[p] is not None and not feeder.breaker.lasts(p, span_ms):
                place = _last_on(feeder, p)
                if place is not None:
                    self._pause(now_ms, place)
                    place.must_open = True
                    place.rested_by = None
                    place.why = feeder.too_warm
                    feeder.open_ms = ticks_add(now_ms, _LOOK_AGAIN_MS)
                    return

    def due_ms(self, now_ms):
        """The first running deadline (ticks), or None: with the same measurements nothing changes
        before.
        """
        due = self._hold_ms
        for feeder in self.feeders:
            due = earlier(now_ms, due, feeder.due_ms(now_ms))
        for quota in self.quotas:
            due = earlier(now_ms, due, quota.due_ms(now_ms))
        for place in self.places:
            due = earlier(now_ms, due, place.due_ms(now_ms))
        return due


def _is_awaited(places):
    for place in places:
        if place.share_ma > 0 and place.starts:
            return True
    return False


def _last_on(feeder, phase):
    last = None
    for place in feeder.places:
        if place.on[phase] and place.can_open and (last is None or place.comes_after(last)):
            last = place
    return last
