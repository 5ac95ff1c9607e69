"""One fused supply of the site: what flows, what of it the house takes, what may flow at most.

Feeders form a tree: what an outlet draws flows through its feeder and through all above that.
Currents in mA per phase, times in ticks (ms).

- The house load ("base") is what the sensors say minus what the outlets draw (core/base.py);
  without sensors it is the largest there can be. In which direction it flows makes no difference
  here: what is fed back warms the breaker, too, may end at any moment, and a sensor may be wrong
  about it.
- Each phase is a pool (core/shares.py) of which the outlets behind the feeder take their shares.
"""

from micropython import const
from time import ticks_add, ticks_diff

from pilotlight.core import trust
from pilotlight.core.base import Base
from pilotlight.core.deadline import earlier, unless_passed
from pilotlight.core.peak import Peak
from pilotlight.core.shares import NOISE_MA, Pool

_AIM_MARGIN = const(100)  # aim a 100th below the limit, for sensors that read low
_EDGE_PART = const(512)  # so near to the limit sensors that read low may already be at it
_OPEN_MS = const(2000)  # what several contactors need to open, one after the other
_SIGHT_MS = const(30000)  # sensors that were lost must have been back for so long
_START_MA = const(500)  # what fits by less than noise would be paused by noise
_DERATE = const(10)  # a tenth less while a sensor is missing


class Feeder:
    """`limit_ma`, `base_max_ma` (largest house load, None: as measured, or the full rating) and
    `reserve_ma` (always kept free) may be tuned while running. `sources`: trust.Source of each
    sensor, none if it is not measured. `breaker`: breaker.Breaker. `places`: place.Place of all
    outlets behind.
    """

    def __init__(self, name, limit_ma, base_max_ma, breaker, sources, places):
        self.name = name
        self.limit_ma = limit_ma
        self.base_max_ma: "int | None" = base_max_ma
        self.reserve_ma = 0
        self.depth = 0  # feeders above it
        self.breaker = breaker
        self.sources = sources
        self.period_ms = max([0] + [source.period_ms for source in sources])
        self.places = places
        self.pools = tuple([_Phase(self, phase) for phase in range(3)])
        self.blind = "feeder " + name + ": sensors lost, safe share"
        self.too_warm = "feeder " + name + ": breaker too warm, opened"
        self.base = Base(places)
        self.level = trust.LOST
        self.is_derated = False
        self.signed_ma: "list" = [None, None, None]  # what flows, fed back negative
        self.measured_by = [None, None, None]  # the source it stands on
        self.measured_ma: "list" = [None, None, None]  # the same in any direction
        self.power_w = None  # of all phases, as the best sensor that is believed tells it
        self.before_ma = [None, None, None]  # signed_ma at the latest decision
        self.taken_ms = None
        self.lag_ms = 0  # what flows may be so much older than that
        self.room_ma = [0, 0, 0]
        self.sight_ms = None  # nothing starts before: the sensors have been lost
        self.open_ms = None  # one emergency opening at a time
        self._peak = Peak()
        self.most = None  # most.Most, if that is to be measured

    def measure_most(self):
        """Find the highest house load: it counts where `base_max_ma` is None."""
        from pilotlight.core.most import Most

        self.most = Most()
        self._most_ma = [0, 0, 0]  # what the house may be taking
        self.unproved = "feeder " + self.name + ": sensors lost, house not measured for 7 days yet"

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
            is_new = is_new or (source.is_new and not (source.is_part and self._may_wait(source)))
            source.is_new = False
        is_new = is_new or level != self.level
        is_new = is_new or self.is_derated == is_whole
        self.level = level
        self.is_derated = not is_whole
        if is_new:
            self._fuse()
        return is_new

    def _may_wait(self, source):
        """For the next window: a breaker that is warm carries a quarter more for seconds."""
        return not source.exceeds(self.limit_ma + self.limit_ma // 4)

    def _fuse(self):
        """Per phase the highest of the most trusted sources, and of those that may only add: two
        sensors hide no overload.
        """
        for p in range(3):
            self.signed_ma[p] = self.measured_by[p] = None
        self.power_w = None
        self.lag_ms = 0
        if len(self.sources) == 2:
            first, second = self.sources
            first.borrow(second, second.level <= self.level)
            second.borrow(first, first.level <= self.level)
        for source in self.sources:
            if self.level != trust.LOST and source.level <= self.level:
                if self.taken_ms is None or ticks_diff(source.taken_ms, self.taken_ms) > 0:
                    self.taken_ms = source.taken_ms
                self.lag_ms = max(self.lag_ms, source.lag_ms)
                self._fuse_one(source)
        self.take_magnitudes()

    def late_ms(self):
        """What is done now shows after so long, ms."""
        return 2 * self.period_ms + self.lag_ms

    def take_magnitudes(self):
        """Of the signed currents."""
        for p in range(3):
            signed_ma = self.signed_ma[p]
            self.measured_ma[p] = None if signed_ma is None else abs(signed_ma)

    def _fuse_one(self, source):
        if self.power_w is None:
            self.power_w = source.power_w()
        for p in range(3):
            value_ma = source.current_ma[p]
            is_back = source.is_export(p)
            found_ma = self.signed_ma[p]
            if found_ma is not None:
                is_back = is_back and found_ma < 0  # in doubt it is drawn
            if found_ma is None or value_ma > abs(found_ma):
                self.measured_by[p] = source
            else:
                value_ma = abs(found_ma)
            self.signed_ma[p] = -value_ma if is_back else value_ma

    # ------------------------------------------------------------------ house load

    def follow(self, now_ms):
        """Estimate the house load, warm the breaker, fill the pools. For each decision."""
        for p in range(3):
            self.before_ma[p] = self.signed_ma[p]
        if self.level == trust.LOST:
            self.base.forget()
            self._peak.forget()
            if self.taken_ms is not None or self.sight_ms is not None:
                self.sight_ms = ticks_add(now_ms, _SIGHT_MS)
            self.taken_ms = None
        else:
            self.sight_ms = unless_passed(now_ms, self.sight_ms)
            self.base.update(now_ms, self.measured_ma, self.taken_ms, self.lag_ms)
            self._peak.take(now_ms, self.base.estimate_ma)
        if self.most is not None:
            self._measure_most(now_ms, self.most)
        self._warm_breaker(now_ms)
        for source in self.sources:
            source.edge_ma = self.limit_ma - self.limit_ma // _EDGE_PART
        aim_ma = self.aim_ma()
        band_ma = min(NOISE_MA, self.limit_ma // _AIM_MARGIN)
        for p in range(3):
            base_ma = self.base_ma(p)
            self.pools[p].left_ma = max(0, aim_ma - base_ma + self.base.unused_ma[p])
            self.pools[p].band_ma = band_ma
            more_ma = 0 if self.level == trust.LOST else _START_MA
            self.pools[p].spare_ma = max(0, self._peak.ma[p] - base_ma) + more_ma

    def _measure_most(self, now_ms, most):
        """With all its sensors. What cars draw is inferred: the house is not taken for less."""
        if self.level != trust.FRESH or self.is_derated:
            most.forget()
            return
        base = self.base
        for p in range(3):
            house_ma = base.estimate_ma[p] + base.relaxed_ma[p]
            self._most_ma[p] = min(self.measured_ma[p], house_ma)
        most.take(now_ms, self._most_ma, max(base.most_ma) == 0)

    def _warm_breaker(self, now_ms):
        self.breaker.advance(now_ms)
        for p in range(3):
            flows_ma = self.measured_ma[p]
            if self.lag_ms and flows_ma is not None:
                flows_ma = min(flows_ma, self.base_ma(p) + self._followed_ma(now_ms, p))
            self.breaker.flow(p, flows_ma)

    def _followed_ma(self, now_ms, phase):
        """What outlets may be drawing, if those have followed that have had the time: a slow meter
        will show it later.
        """
        most_ma = 0
        for place in self.places:
            if place.uses[phase]:
                is_old = place.follow_ms is not None
                if is_old and ticks_diff(place.follow_ms, now_ms) <= self.lag_ms:
                    most_ma += place.signalled_ma
                else:
                    most_ma += place.may_draw_ma
        return most_ma

    def following_ms(self, now_ms, phase):
        """So long outlets that were told less still have until they must have followed, ms, at
        least 2000; 0 if none has.
        """
        longest_ms = 0
        for place in self.places:
            if place.uses[phase] and place.follow_ms is not None:
                left_ms = ticks_diff(place.follow_ms, now_ms) - self.lag_ms
                if left_ms > 0:
                    longest_ms = max(longest_ms, left_ms, _OPEN_MS)
        return longest_ms

    def aim_ma(self):
        """What each phase is to carry at most, mA: the limit less the margins in force."""
        aim_ma = self.limit_ma - self.limit_ma // _AIM_MARGIN - self.reserve_ma
        return aim_ma - self.limit_ma // _DERATE if self.is_derated else aim_ma

    def base_ma(self, phase):
        """House load assumed on a phase, mA: estimated, or without a sensor the largest there can
        be.
        """
        if self.level != trust.LOST:
            return self.base.estimate_ma[phase]
        return self.blind_ma(phase)

    def blind_ma(self, phase):
        """The largest house load that there can be on a phase, mA."""
        if self.base_max_ma is not None:
            return self.base_max_ma
        rating_ma = self.breaker.rating_ma
        return rating_ma if self.most is None else self.most.base_ma(phase, rating_ma)

    def why_blind(self):
        """Why an outlet has its safe share, in words."""
        is_proved = self.most is None or self.base_max_ma is not None or self.most.is_known()
        return self.blind if is_proved else self.unproved

    def count(self):
        """What can be added to each phase now, beside all that may flow already: `room_ma`.
        Nothing where more flows than may, whoever draws it.
        """
        room_ma = self.room_ma
        aim_ma = self.aim_ma()
        for p in range(3):
            room_ma[p] = aim_ma - self.base_ma(p) + self.base.unused_ma[p]
        for place in self.places:
            flows_ma = max(place.may_draw_ma, place.offered_ma)
            if flows_ma:
                uses = place.uses
                for p in range(3):
                    if uses[p]:
                        room_ma[p] -= flows_ma
        for p in range(3):
            if (self.measured_ma[p] or 0) > aim_ma:
                room_ma[p] = min(room_ma[p], 0)

    def due_ms(self, now_ms):
        """The first running deadline (ticks), or None: with the same measurements nothing changes
        before.
        """
        for p in range(3):
            measured_ma = self.measured_ma[p]
            if measured_ma is not None and measured_ma > self.breaker.rating_ma:
                return now_ms
        due = earlier(now_ms, self.sight_ms, self.base.due_ms(now_ms))
        due = earlier(now_ms, due, self.open_ms)
        for pool in self.pools:
            if pool.spare_ma > _START_MA:
                due = earlier(now_ms, due, self._peak.due_ms())
        return due


class _Phase(Pool):
    """One phase of a feeder."""

    def __init__(self, feeder, phase):
        Pool.__init__(self, "feeder " + feeder.name + ": L" + str(phase + 1))
        self.feeder = feeder
        self.phase = phase

    def weight_of(self, seat):
        """1 for a seat that uses this phase."""
        return 1 if seat.uses[self.phase] else 0

    def is_lent(self):
        """What cars leave is in it."""
        return self.feeder.base.unused_ma[self.phase] > 0

    def where(self) -> "tuple":
        """(Name of the feeder, "L1")."""
        return self.feeder.name, "L" + str(self.phase + 1)

    def sensor(self):
        """The trust.Source that the phase's current stands on, or None."""
        return self.feeder.measured_by[self.phase]
