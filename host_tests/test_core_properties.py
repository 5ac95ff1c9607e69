"""What must hold for any numbers: duty, shares, balance and breaker, by hypothesis. mA, ms."""

import math
from time import ticks_add

from hypothesis import given, settings
from hypothesis import strategies as st
from pilotlight.core import claims, duty, trust
from pilotlight.core.balance import Balancer
from pilotlight.core.breaker import TYPES, Breaker
from pilotlight.core.feeder import Feeder
from pilotlight.core.place import FAST, MODES, Place
from pilotlight.core.quota import Allowed, House, Import, Quarter, Unbalance
from pilotlight.core.shares import Pool, Seat, Table
from pilotlight.core.solar import Solar

START = (1 << 30) - 3000
ALL = (0, 1, 2)
PHASES = st.sampled_from([(0,), (1,), (2,), ALL])


@given(st.integers(-1000, 200_000))
def test_duty_never_tells_more(limit_ma):
    assert duty.to_ma(duty.from_ma(limit_ma)) <= max(0, limit_ma)


@given(st.integers(6000, 80_000), st.integers(0, 5000))
def test_duty_is_monotonic(limit_ma, more_ma):
    higher_ma = min(80_000, limit_ma + more_ma)
    assert duty.to_ma(duty.from_ma(limit_ma)) <= duty.to_ma(duty.from_ma(higher_ma))


@given(st.integers(-100, 10_100))
def test_duty_and_back_is_the_same_or_x1(value):
    told_ma = duty.to_ma(value)
    again = duty.from_ma(told_ma)
    assert again <= max(value, 1000) or told_ma == 0


REQUIRED, OPTIONAL = ("board", "supply"), ("person", "network")
SAID = st.tuples(
    st.integers(1, 500_000),  # ms that pass before it
    st.sampled_from(REQUIRED + OPTIONAL),
    st.one_of(st.none(), st.integers(0, 80_000)),  # mA; None: it is taken back
    st.one_of(st.none(), st.integers(1, 2_000_000)),  # for so many ms, or until changed
)


@given(st.lists(SAID, min_size=1, max_size=40))
def test_claims_end_when_they_are_to_and_the_lowest_valid_one_counts(said):
    """Beside a dictionary of ends. What is required and over is 0 A; what is optional lifts."""
    all_, now_ms, t_ms, valid = claims.Claims(REQUIRED, OPTIONAL), START, 0, {}
    for wait_ms, source, limit_ma, for_ms in said:
        for step_ms in (wait_ms // 2, wait_ms - wait_ms // 2):
            now_ms, t_ms = ticks_add(now_ms, step_ms), t_ms + step_ms
            all_.decide(now_ms)
            left = [ma for ma, end_ms in valid.values() if end_ms is None or t_ms < end_ms]
            over = [key for key, (_, end_ms) in valid.items() if end_ms and t_ms >= end_ms]
            missing = [key for key in REQUIRED if key not in valid or key in over]
            assert all_.limit_ma == (0 if missing else min(left))
        if limit_ma is None:
            all_.of(source).clear()
            valid.pop(source, None)
        else:
            until_ms = None if for_ms is None else ticks_add(now_ms, for_ms)
            all_.of(source).put(limit_ma, until_ms, "said")
            valid[source] = (limit_ma, None if for_ms is None else t_ms + for_ms)


class Site:
    """A tree of feeders with pools of their phases, and pools of the sum of all phases; seats that
    hang somewhere in it. The pool of feeder f and phase p is `pools[3 * f + p]`.
    """

    def __init__(self, parents, sums, seats, left_ma):
        self.pools = [Pool(str(i)) for i in range(3 * len(parents) + sums)]
        self.left_ma = left_ma[: len(self.pools)]
        self.seats = [self._seat(parents, sums, i, *seat) for i, seat in enumerate(seats)]

    def _seat(self, parents, sums, number, feeder, phases, wishes):
        min_ma, cap_ma, wants, key, starts = wishes
        seat = Seat(phases, min_ma)
        seat.cap_ma, seat.wants, seat.key, seat.starts = cap_ma, wants, key, starts
        seat.rank = 1 + number * 7 % 8  # in another order than their places
        feeder %= len(parents)
        while feeder is not None:
            seat.pools += tuple(self.pools[3 * feeder + p] for p in phases)
            feeder = parents[feeder]
        seat.weights = [1] * len(seat.pools)
        seat.pools += tuple(self.pools[-n] for n in range(1, sums + 1))
        seat.weights += [len(phases)] * sums
        return seat

    def share_out(self, more_ma=0):
        """Shares of all, with `more_ma` more in each pool."""
        for pool, ma in zip(self.pools, self.left_ma, strict=True):
            pool.left_ma = ma + more_ma
        Table(self.seats, self.pools).share_out()
        return [seat.share_ma for seat in self.seats]

    def power_ma(self):
        """What all get, summed over their phases."""
        return sum(seat.share_ma * sum(seat.on) for seat in self.seats)


WISHES = st.tuples(
    st.integers(6000, 16_000),
    st.one_of(st.just(0), st.integers(5000, 40_000)),
    st.booleans(),
    st.integers(0, 3),
    st.booleans(),
)


@st.composite
def sites(draw, equal=False):
    count = draw(st.integers(1, 4))
    parents = [None] + [draw(st.integers(0, i - 1)) for i in range(1, count)]
    sums = draw(st.integers(0, 2))
    seats = [
        (draw(st.integers(0, 3)), draw(PHASES), draw(WISHES))
        for _ in range(draw(st.integers(1, 8)))
    ]
    if equal:
        seats = [(feeder, phases, (*w[:3], 0, False)) for feeder, phases, w in seats]
    left = st.lists(st.integers(0, 120_000), min_size=14, max_size=14)
    return Site(parents, sums, seats, draw(left))


def taken_ma(site, pool):
    """What all seats take from a pool."""
    return sum(
        seat.share_ma * weight
        for seat in site.seats
        for one, weight in zip(seat.pools, seat.weights, strict=True)
        if one is pool
    )


@given(sites())
def test_no_node_of_any_tree_is_over_its_limit(site):
    site.share_out()
    for pool, left_ma in zip(site.pools, site.left_ma, strict=True):
        assert taken_ma(site, pool) + pool.left_ma == left_ma
        assert pool.left_ma >= 0
    for seat in site.seats:
        assert seat.share_ma == 0 or seat.min_ma <= seat.share_ma <= seat.cap_ma
        assert seat.wants or seat.share_ma == 0


@given(sites())
def test_nothing_usable_is_left_over(site):
    """A seat that got less than it can use is stopped by a pool with less than 1 mA for each."""
    site.share_out()
    for seat in site.seats:
        if seat.share_ma == seat.cap_ma or not seat.wants or seat.cap_ma < seat.min_ma:
            assert seat.bound_by is None
            continue
        assert seat.bound_by in seat.pools
        if seat.share_ma:
            assert seat.bound_by.left_ma < 3 * len(site.seats)
        else:
            weight = seat.weights[seat.pools.index(seat.bound_by)]
            assert seat.bound_by.left_ma < seat.min_ma * weight


@given(sites())
def test_equals_get_the_same(site):
    """Of seats of the same key and pools nobody gets more beyond its minimum, unless the other is
    full."""
    site.share_out()
    served = [seat for seat in site.seats if seat.share_ma]
    for one in served:
        for other in served:
            if one.pools == other.pools and one.key == other.key and one.share_ma < one.cap_ma:
                assert other.share_ma - other.min_ma <= one.share_ma - one.min_ma


@given(sites())
def test_who_comes_first_is_served_first(site):
    site.share_out()
    able = [s for s in site.seats if s.wants and s.cap_ma >= s.min_ma]
    for seat in able:
        before = [s for s in able if seat.comes_after(s) and s.pools == seat.pools]
        if seat.share_ma:
            assert all(s.share_ma or s.min_ma > seat.min_ma for s in before)
        for other in before:
            if seat.key > other.key and seat.share_ma > seat.min_ma:
                assert other.share_ma in (0, other.cap_ma)


@given(sites(), st.integers(0, 5000))
def test_shares_are_the_same_each_time(site, more_ma):
    shares = site.share_out()
    site.share_out(more_ma)
    assert site.share_out() == shares


@given(sites(equal=True), st.integers(0, 20_000))
def test_more_room_never_gives_less_in_total(site, more_ma):
    """With the same seats served: one more that is served has its minimum before all others."""
    shares = site.share_out()
    before_ma = site.power_ma()
    more = site.share_out(more_ma)
    if [ma > 0 for ma in shares] == [ma > 0 for ma in more]:
        assert site.power_ma() >= before_ma - 3 * len(site.seats) * len(site.pools)


@given(sites(), st.lists(st.booleans(), min_size=8, max_size=8), st.integers(0, 60_000))
def test_a_soft_pool_keeps_no_minimum_back_and_no_limit_is_over(site, floored, surplus_ma):
    """The sun: floored seats have their minimum without it, and all that is more comes out of it."""
    sun = Pool("sun")
    sun.is_soft = True
    site.pools.append(sun)
    site.left_ma.append(surplus_ma)
    for seat, is_floored in zip(site.seats, floored, strict=False):
        seat.pools += (sun,)
        seat.weights.append(sum(seat.on))
        seat.is_floored = is_floored
    site.share_out()
    for pool, left_ma in zip(site.pools[:-1], site.left_ma[:-1], strict=True):
        assert taken_ma(site, pool) + pool.left_ma == left_ma
        assert pool.left_ma >= 0
    from_sun_ma = sum(
        (seat.share_ma - (seat.min_ma if seat.is_floored and seat.share_ma else 0)) * sum(seat.on)
        for seat in site.seats
    )
    assert from_sun_ma + sun.left_ma == surplus_ma and sun.left_ma >= 0
    for seat in site.seats:
        assert not (seat.is_floored and seat.share_ma == 0 and seat.bound_by is sun)


CAR = st.tuples(
    st.integers(0, 3),
    PHASES,
    st.lists(st.booleans(), min_size=3, max_size=3),
    st.sampled_from((1, 3)),
    WISHES,
    st.sampled_from(MODES),
    st.booleans(),
)


class LimitedSite:
    """A tree of feeders with every kind of limit from outside, all full by chance; cars that are on
    one phase or three and have been seen to use some of theirs.
    """

    def __init__(self, parents, kinds, cars, left_ma, spare_ma):
        self.places = [self._place(i, *car[1:]) for i, car in enumerate(cars)]
        homes = [car[0] % len(parents) for car in cars]
        self.feeders = []
        for i in range(len(parents)):
            mine = [
                p
                for p, home in zip(self.places, homes, strict=True)
                if self._is_in(parents, home, i)
            ]
            image = Breaker("B", 63000)
            self.feeders.append(
                Feeder(str(i), 63000, None, image, (trust.Source("m", 100),), mine)
            )
        self.balancer = Balancer(self.feeders, self.places)
        quotas = []
        for feeder, kind in zip(self.feeders, kinds, strict=False):
            house = House(feeder)
            quotas += [build(build.__name__, house) for build in (Import, Quarter)[:kind]]
            quotas += [Unbalance(str(p), feeder, p) for p in ALL[:kind]]
        quotas.append(Solar("sun", House(self.feeders[0])))
        quotas.append(Allowed("order", self.places, 0))
        self.balancer.bind(quotas)
        self.pools = self.balancer.table.pools
        self.left_ma = [left_ma[i % len(left_ma)] for i in range(len(self.pools))]
        self.spare_ma = [spare_ma[i % len(spare_ma)] for i in range(len(self.pools))]

    def _is_in(self, parents, home, feeder):
        while home is not None and home != feeder:
            home = parents[home]
        return home == feeder

    def _place(self, number, phases, uses, connected, wishes, mode, is_floored):
        place = Place(phases, wishes[0])
        _, place.cap_ma, place.wants, place.key, place.starts = wishes
        place.rank = 1 + number * 7 % 8
        if len(phases) == 3:
            place.connect(connected)
        place.set_mode(mode)
        place.is_floored = is_floored and mode != FAST
        if any(u and o for u, o in zip(uses, place.on, strict=True)):
            for p in ALL:
                place.uses[p] = uses[p] and place.on[p]
        return place

    def share_out(self, more_ma=0, kind=Pool):
        for pool, left_ma, spare_ma in zip(self.pools, self.left_ma, self.spare_ma, strict=True):
            pool.left_ma = left_ma + (more_ma if isinstance(pool, kind) else 0)
            pool.spare_ma = spare_ma
        self.balancer.table.share_out()
        return [place.share_ma for place in self.places]

    def taken_ma(self, pool):
        """What all take from a pool, by what its class says they count there."""
        taken_ma = 0
        for place in self.places:
            if pool in place.pools:
                free = place.is_floored and pool.is_soft and place.share_ma > 0
                taken_ma += (place.share_ma - place.min_ma * free) * pool.weight_of(place)
        return taken_ma


@st.composite
def limited_sites(draw):
    count = draw(st.integers(1, 4))
    parents = [None] + [draw(st.integers(0, i - 1)) for i in range(1, count)]
    kinds = draw(st.lists(st.integers(0, 3), min_size=count, max_size=count))
    cars = draw(st.lists(CAR, min_size=1, max_size=8))
    left = draw(st.lists(st.integers(0, 150_000), min_size=5, max_size=30))
    spare = draw(st.lists(st.sampled_from((0, 0, 5000)), min_size=5, max_size=9))
    return LimitedSite(parents, kinds, cars, left, spare)


@given(limited_sites())
def test_no_limit_from_outside_is_exceeded(site):
    """Nor any feeder: every pool gives what is taken from it and no more; the sun its own only."""
    shares = site.share_out()
    for pool, left_ma in zip(site.pools, site.left_ma, strict=True):
        assert site.taken_ma(pool) + pool.left_ma == left_ma and pool.left_ma >= 0
    for place, share_ma in zip(site.places, shares, strict=True):
        assert share_ma == 0 or place.min_ma <= share_ma <= place.cap_ma
        if share_ma and place.starts:
            for pool, spare_ma in zip(site.pools, site.spare_ma, strict=True):
                if pool in place.pools and pool.weight_of(place) and not place.is_floored:
                    least_ma = place.min_ma * pool.weight_of(place)
                    assert site.left_ma[site.pools.index(pool)] >= least_ma + spare_ma


@given(limited_sites(), st.integers(0, 50_000))
def test_shares_under_limits_are_the_same_each_time(site, more_ma):
    """Also after others, and in whatever order the limits stand."""
    shares = site.share_out()
    site.share_out(more_ma)
    assert site.share_out() == shares
    kept = dict(
        zip(map(id, site.pools), zip(site.left_ma, site.spare_ma, strict=True), strict=True)
    )
    site.balancer.bind(site.balancer.quotas[::-1])
    site.pools = site.balancer.table.pools
    site.left_ma, site.spare_ma = ([kept[id(pool)][i] for pool in site.pools] for i in (0, 1))
    assert site.share_out() == shares


@given(
    limited_sites(), st.integers(0, 50_000), st.sampled_from((Import, Unbalance, Solar, Allowed))
)
def test_a_wider_limit_never_gives_less_to_who_has_least(site, more_ma, kind):
    """With the same cars served, and one key: of what they have beyond their minima the least does
    not become less, then the second least... The total may: one phase more takes from three.
    """
    for place in site.places:
        place.key = 0
    shares = site.share_out()
    more = site.share_out(more_ma, kind)
    if [ma > 0 for ma in shares] != [ma > 0 for ma in more]:
        return
    least_ma = [place.min_ma for place in site.places]
    before = sorted(a - b for a, b in zip(shares, least_ma, strict=True))
    after = sorted(a - b for a, b in zip(more, least_ma, strict=True))
    rounding_ma = 3 * len(site.places)
    for was_ma, is_ma in zip(before, after, strict=True):
        assert is_ma >= was_ma - rounding_ma
        if is_ma > was_ma + rounding_ma:
            return


CURRENTS = st.lists(
    st.tuples(st.integers(0, 300), st.integers(1, 400)), min_size=1, max_size=30
)  # percent of the rating, for how many steps of 100 ms


@given(st.sampled_from(sorted(TYPES)), st.integers(6000, 250_000), CURRENTS)
def test_breaker_follows_the_physics(kind, rating_ma, currents):
    """First-order heating, solved exactly; integers may be 1.5 % off at the heat that matters."""
    holds, tau_ms, _ = TYPES[kind]
    image, now_ms = Breaker(kind, rating_ma), START
    image.advance(now_ms)
    heat = 1000 * (1000 / holds) ** 2
    for percent, steps in currents:
        current_ma = rating_ma * percent // 100
        image.flow(1, current_ma)
        now_ms = ticks_add(now_ms, 100 * steps)
        image.advance(now_ms)
        end = 1000 * (current_ma / (rating_ma * holds / 1000)) ** 2
        heat = end + (heat - end) * math.exp(-100 * steps / tau_ms)
        assert abs(image.heat(1) - heat) <= 12 + 0.015 * max(heat, end)


@given(
    st.sampled_from(sorted(TYPES)),
    st.integers(6000, 250_000),
    st.integers(0, 110),
    st.integers(0, 400),
)
def test_breaker_lasts_as_long_as_it_says(kind, rating_ma, before, percent):
    holds, tau_ms, _ = TYPES[kind]
    image = Breaker(kind, rating_ma)
    image.advance(START)
    image.flow(0, rating_ma * before // 100)
    image.advance(ticks_add(START, 600_000))
    image.flow(0, rating_ma * percent // 100)
    if image.lasts(0, 6000):
        start = 1000 * (before * 10 / holds) ** 2
        end = 1000 * (percent * 10 / holds) ** 2
        assert end + (start - end) * math.exp(-6000 / tau_ms) < 1000


HOUSE = st.lists(
    st.tuples(st.integers(0, 30_000), st.integers(1, 200), st.sampled_from(["", "0", "1", "cap"])),
    min_size=1,
    max_size=12,
)  # house load, for how many windows of 100 ms, which car is plugged or unplugged


@settings(max_examples=60, deadline=None)
@given(HOUSE, st.integers(10_000, 63_000), st.tuples(PHASES, PHASES))
def test_balance_offers_what_fits(house, limit_ma, phases):
    """After each decision: offers are 0 or enough, and beside the house that is assumed they fit.

    Reductions below 0.2 A are noise, so each place may stand that much too high.
    """
    places = [Place(p, 6000) for p in phases]
    source = trust.Source("clamps", 100)
    feeder = Feeder("main", limit_ma, None, Breaker("B", limit_ma), (source,), places)
    balancer = Balancer((feeder,), places)
    now_ms, sequence, is_seen = START, 0, True
    for house_ma, windows, event in house:
        _happen(places, event)
        for _ in range(windows):
            now_ms, sequence = ticks_add(now_ms, 100), sequence + 1
            flows = [house_ma + _drawn(places, p) for p in ALL]
            source.offer(*flows, now_ms, sequence)
            was_seen, is_seen = is_seen, balancer.look(now_ms)
            if not is_seen:  # once, after a rise that is not too high
                assert was_seen
                assert source.is_part
                assert max(flows) <= limit_ma + limit_ma // 4
                continue
            balancer.decide(now_ms)
            _check(feeder, places)
            for place in places:
                place.signalled_ma = 0 if place.must_open else place.offered_ma
                place.is_closed = place.can_open = place.signalled_ma > 0


def _happen(places, event):
    if event == "cap":
        places[0].allowed_ma = 8000
    elif event:
        place = places[int(event)]
        place.is_plugged = place.is_asking = place.is_ready = not place.is_plugged
        place.allowed_ma = 32_000


def _drawn(places, phase):
    return sum(place.signalled_ma for place in places if place.on[phase] and place.is_closed)


def _check(feeder, places):
    for place in places:
        assert place.offered_ma == 0 or 6000 <= place.offered_ma <= place.allowed_ma + 200
        assert place.is_asking or place.offered_ma == 0
    for p in ALL:
        # what flows on a phase that a car is believed not to use is counted as the house's
        offered_ma = sum(place.offered_ma for place in places if place.habit.uses[p])
        room_ma = max(0, feeder.aim_ma() - feeder.base_ma(p))
        assert offered_ma <= room_ma + 200 * len(places)
