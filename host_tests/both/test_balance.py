"""core.balance: one feeder over simulated minutes. mA per phase, ms.

The cars here follow what they are told at 2 A/s, and the control step is reduced to what the
balancer sees of it: told is offered, closed is offered at least the minimum.
"""

import unittest
from time import ticks_add, ticks_diff

from pilotlight.core import balance, shares, trust
from pilotlight.core.balance import Feeder, Place
from pilotlight.core.breaker import Breaker

START = (1 << 30) - 3000
RING = 1 << 30
ALL = (0, 1, 2)


class Car:
    """Draws on the phases of its place what it is told, at most `most_ma`, 2 A/s upwards."""

    def __init__(self, place, most_ma=32000):
        self.place = place
        self.most_ma = most_ma
        self.draws_ma = 0
        self._told_at = 0

    def obey(self, t):
        """Take the offer; told nothing, it takes 2 s to stop, unless the outlet opens at once."""
        place = self.place
        place.signalled_ma = place.offered_ma
        if place.offered_ma:
            self._told_at = t
        may_flow = place.is_closed or place.offered_ma >= 6000
        is_asked = t - self._told_at < 2000
        place.is_closed = place.can_open = may_flow and is_asked and not place.must_open

    def live(self, ms):
        told_ma = self.place.signalled_ma if self.place.is_closed else 0
        self.draws_ma = min(told_ma, self.most_ma, self.draws_ma + 2 * ms)


class Site:
    """A feeder with clamps each 100 ms and cars that are ready from the start."""

    def __init__(self, limit_ma=35000, house_ma=5000, phases=(ALL, ALL), base_max_ma=None):
        self.t = 0
        self.now_ms = START
        self.house_ma = house_ma
        self.is_measured = True
        self.places = [Place(p, 6000) for p in phases]
        self.cars = [Car(place) for place in self.places]
        self.source = trust.Source("clamps", 100)
        image = Breaker("B", limit_ma)
        self.feeder = Feeder("main", limit_ma, base_max_ma, image, (self.source,), self.places)
        self.sequence = 0
        self.most_ma = 0  # highest phase current seen
        for i in range(len(self.places)):
            self.plug(i)

    def plug(self, i, cap_ma=32000):
        place = self.places[i]
        place.wants = place.is_ready = True
        place.cap_ma, place.rank = cap_ma, i + 1
        return self

    def unplug(self, i):
        place = self.places[i]
        place.wants = place.is_ready = False
        return self

    def flows_ma(self, phase):
        return self.house_ma + sum([c.draws_ma for c in self.cars if c.place.on[phase]])

    def offers(self):
        return [place.offered_ma for place in self.places]

    def run(self, ms):
        for _ in range(ms // 20):
            self._step()
        return self

    def _step(self):
        self.t += 20
        self.now_ms = ticks_add(self.now_ms, 20)
        for car in self.cars:
            car.live(20)
        flows = [self.flows_ma(p) for p in range(3)]
        self.most_ma = max(self.most_ma, *flows)
        if self.is_measured and self.t % 100 == 0:
            self.sequence += 1
            self.source.offer(flows[0], flows[1], flows[2], self.now_ms, self.sequence)
        else:
            self.source.is_new = False
        if self.feeder.look(self.now_ms):
            self.feeder.decide(self.now_ms)
        for car in self.cars:
            car.obey(self.t)

    def jump(self, ms):
        self.now_ms = (self.now_ms + ms) % RING


class TestSharing(unittest.TestCase):
    def test_equal_shares_of_what_is_left(self):
        """35 A less 2 % less 5 A of house, halved; the last half amp is not worth a duty change."""
        site = Site().run(300000)
        self.assertTrue(14100 < min(site.offers()) <= max(site.offers()) <= 14650, site.offers())
        self.assertTrue(site.most_ma <= 35000, site.most_ma)

    def test_phases_are_shared_apart(self):
        site = Site(20000, 2000, ((0,), (1,), ALL)).run(400000)
        # 17.6 A a phase: L1 and L2 are halved
        self.assertEqual(site.offers(), [8800, 8800, 8800])
        site.unplug(0).run(200000)
        self.assertEqual(site.offers(), [0, 8800, 8800])

    def test_zero_or_at_least_the_minimum(self):
        site = Site(16000, 4000)  # 11.68 A: one, not two
        seen = set()
        for _ in range(600):
            site.run(100)
            seen.update(site.offers())
        self.assertTrue(all([ma == 0 or ma >= 6000 for ma in seen]), seen)
        self.assertEqual(site.offers()[1], 0)
        self.assertTrue(site.offers()[0] > 6000)

    def test_caps(self):
        site = Site().plug(0, 10000).run(400000)
        self.assertEqual(site.offers(), [10000, 19300])
        self.assertEqual(site.places[0].why, shares.UNLIMITED)

    def test_a_car_that_is_not_ready_gets_no_raise(self):
        site = Site()
        site.places[0].is_ready = False
        site.run(60000)
        self.assertEqual(site.offers()[0], 6000)


class TestDownAndUp(unittest.TestCase):
    def test_down_in_the_decision_that_sees_it(self):
        site = Site(35000, 5000, (ALL,)).run(300000)
        self.assertEqual(site.offers(), [29300])
        site.house_ma = 15000
        site.run(100)  # one window
        self.assertEqual(site.offers(), [19300])

    def test_a_small_excess_is_noise(self):
        site = Site(35000, 5000, (ALL,)).run(300000)
        site.feeder.limit_ma = 34850
        site.run(200)
        self.assertEqual(site.offers(), [29300])
        site.feeder.limit_ma = 34500
        site.run(200)
        self.assertEqual(site.offers(), [28800])

    def test_up_slowly_half_the_way_each_ten_seconds(self):
        site = Site(40000, 5000, (ALL,))
        changes, before = [], site.offers()[0]
        for _ in range(3000):
            site.run(20)
            if site.offers()[0] != before:
                changes.append((ticks_diff(site.now_ms, START), site.offers()[0]))
                before = site.offers()[0]
        self.assertEqual(changes[0][1], 6000)
        for i in range(1, len(changes)):
            self.assertTrue(changes[i][0] - changes[i - 1][0] >= 10000, changes)
            way_ma = 32000 - changes[i - 1][1]
            self.assertTrue(changes[i][1] - changes[i - 1][1] <= max(2000, way_ma // 2), changes)
        self.assertTrue(site.offers()[0] > 25000, changes)

    def test_a_raise_waits_for_what_others_may_still_draw(self):
        """Car 1 told less: until 6 s later car 2 must not be told more."""
        site = Site().run(300000)
        site.plug(0, 8000)
        for _ in range(58):
            site.run(100)
            self.assertTrue(site.offers()[1] <= 14650, site.offers())
        site.run(60000)
        self.assertEqual(site.offers()[0], 8000)
        self.assertTrue(site.offers()[1] > 17000, site.offers())

    def test_the_bound_counts_from_the_latest_reduction(self):
        site = Site(40000, 0, (ALL,)).run(400000)
        place = site.places[0]
        told_ma = place.signalled_ma
        site.plug(0, 20000).run(5000)
        site.plug(0, 10000).run(2000)
        self.assertEqual(place.may_draw_ma, told_ma)  # 7 s after the first, 2 s after the second
        site.run(4200)
        self.assertEqual(place.may_draw_ma, 10000)

    def test_limit_is_held_through_a_wild_house(self):
        site = Site()
        for i in range(60):
            site.house_ma = 2000 + i * 7919 % 15000
            site.run(15000)
        # more than the rating only for what a car needs to follow: here one step of 20 ms
        self.assertTrue(max([site.flows_ma(p) for p in range(3)]) <= 35000)


class TestPausing(unittest.TestCase):
    def test_paused_for_lack_of_room_returns_after_30_s(self):
        site = Site(20000, 2000, (ALL,)).run(60000)
        site.house_ma = 16000
        site.run(100)
        self.assertEqual((site.offers(), site.places[0].why), ([0], shares.NO_ROOM))
        site.house_ma = 2000
        start = site.now_ms
        while site.offers() == [0] and ticks_diff(site.now_ms, start) < 60000:
            site.run(20)
        took = ticks_diff(site.now_ms, start)
        self.assertTrue(30000 <= took <= 36000, took)
        self.assertEqual(site.offers(), [6000])

    def test_the_thirty_seconds_are_in_one_piece(self):
        site = Site(20000, 2000, (ALL,)).run(60000)
        for _ in range(5):
            site.house_ma = 16000
            site.run(1000)
            site.house_ma = 2000
            site.run(25000)
            self.assertEqual(site.offers(), [0])
        self.assertEqual(site.places[0].why, balance.WAITING)

    def test_paused_by_a_person_returns_at_once(self):
        """Vector 12: resume within 1 s."""
        site = Site().run(60000)
        site.plug(0, 0).run(3000)
        self.assertEqual((site.offers()[0], site.places[0].why), (0, balance.CAPPED))
        site.plug(0).run(1000)
        self.assertEqual(site.offers()[0], 6000)

    def test_capped_below_its_minimum_gets_nothing(self):
        site = Site()
        site.places[0].min_ma = 10000
        site.plug(0, 8000).run(60000)
        self.assertEqual((site.offers()[0], site.places[0].why), (0, balance.CAPPED))

    def test_no_restart_deadline_survives_a_week(self):
        """It fitted for 30 s but there was no room beside the others: then it has waited enough."""
        site = Site(20000, 2000, (ALL,)).run(60000)
        place = site.places[0]
        site.house_ma = 16000
        site.run(1000).house_ma = 2000
        site.run(36000)
        self.assertIsNone(place.restart_ms)
        self.assertFalse(place.was_paused)


class TestFallback(unittest.TestCase):
    """Without samples: 1 s fresh, 5 s held and derated, then the safe share."""

    def silent(self, base_max_ma):
        site = Site(35000, 5000, (ALL, ALL), base_max_ma).run(300000)
        site.is_measured = False
        return site

    def test_hold_derates_by_a_tenth_and_raises_nothing(self):
        site = self.silent(None)
        site.run(900)
        self.assertEqual(site.feeder.level, trust.FRESH)
        self.assertTrue(min(site.offers()) > 14000)
        site.run(300)
        self.assertEqual(site.feeder.level, trust.HOLD)
        self.assertEqual(site.offers(), [12900, 12900])  # (34.3 - 3.5 - 5) / 2
        site.feeder.limit_ma = 60000
        site.run(3000)
        self.assertEqual(site.offers(), [12900, 12900])

    def test_lost_with_a_known_largest_base(self):
        site = self.silent(10000).run(5300)
        self.assertEqual(site.feeder.level, trust.LOST)
        site.run(6000)  # within 11 s in all
        self.assertEqual(site.offers(), [10400, 10400])  # (34.3 - 3.5 - 10) / 2
        self.assertEqual(site.places[0].why, balance.BLIND)
        self.assertEqual(site.feeder.base_ma(0), 10000)

    def test_lost_without_one_pauses(self):
        site = self.silent(None).run(5300)
        self.assertEqual((site.offers(), site.places[1].why), ([0, 0], balance.BLIND))
        self.assertEqual(site.feeder.measured_ma, [None, None, None])

    def test_it_recovers(self):
        site = self.silent(None).run(60000)
        site.is_measured = True
        site.run(300000)
        self.assertEqual(site.feeder.level, trust.FRESH)
        self.assertTrue(min(site.offers()) > 14000)

    def test_lost_for_a_week_and_back(self):
        site = self.silent(None).run(60000)
        site.jump(7 * 86400000)
        site.run(1000)
        self.assertEqual(site.feeder.level, trust.LOST)
        site.is_measured = True
        site.run(45000)
        self.assertTrue(min(site.offers()) >= 6000, site.offers())

    def test_two_sources(self):
        """The higher of the fresh ones counts; one missing derates."""
        places = (Place(ALL, 6000),)
        one, two = trust.Source("clamps", 100), trust.Source("meter", 500)
        feeder = Feeder("main", 35000, None, Breaker("B", 35000), (one, two), places)
        one.offer(5000, 6000, 7000, START, 1)
        two.offer(5500, 5500, 5500, START, 1)
        self.assertTrue(feeder.look(START))
        self.assertEqual((feeder.measured_ma, feeder.is_derated), ([5500, 6000, 7000], False))
        feeder.decide(START)
        one.is_new = two.is_new = False
        self.assertFalse(feeder.look(ticks_add(START, 20)))
        late_ms = ticks_add(START, 1400)
        two.offer(5500, 5500, 5500, late_ms, 2)
        self.assertTrue(feeder.look(late_ms))
        self.assertEqual((feeder.measured_ma, feeder.is_derated), ([5500] * 3, True))
        self.assertEqual(feeder.aim_ma(), 35000 - 700 - 3500)

    def test_one_that_does_not_stand_alone_adds_and_no_more(self):
        places = (Place(ALL, 6000),)
        clamps, meter = trust.Source("clamps", 100), trust.Source("meter", 500)
        feeder = Feeder("main", 35000, 20000, Breaker("B", 35000), (clamps, meter), places)
        clamps.stands_alone = False
        clamps.offer(9000, 4000, 7000, START, 1)
        meter.offer(5500, 5500, 5500, START, 1)
        feeder.look(START)
        self.assertEqual((feeder.measured_ma, feeder.is_derated), ([9000, 5500, 7000], True))
        self.assertEqual([s.name for s in feeder.measured_by], ["clamps", "meter", "clamps"])
        for age_ms, level, measured in (
            (3000, trust.HOLD, [9000, 5500, 7000]),  # the meter is old, the clamps are not
            (5200, trust.LOST, [None] * 3),  # alone they are as good as none
        ):
            now_ms = ticks_add(START, age_ms)
            clamps.offer(9000, 4000, 7000, now_ms, age_ms)
            feeder.look(now_ms)
            self.assertEqual((feeder.level, feeder.measured_ma), (level, measured), age_ms)
        self.assertEqual(feeder.measured_by, [None] * 3)
        clamps.stands_alone = True
        feeder.look(ticks_add(START, 5200))
        self.assertEqual((feeder.level, feeder.measured_ma), (trust.FRESH, [9000, 4000, 7000]))

    def test_a_single_low_sample_raises_nothing(self):
        """A spoilt frame that passes its check sum, a meter that starts anew: 0 A for once."""
        for ms in (0, 100):
            site = Site(35000, 15000, (ALL,)).run(300000)
            offers = site.offers()
            site.run(60).house_ma = -site.flows_ma(0) + 15000  # the next window shows 0 A
            site.run(40 + ms)
            site.house_ma = 15000
            seen = set()
            for _ in range(600):
                site.run(20)
                seen.add(site.offers()[0])
            self.assertEqual(max(seen) > offers[0], ms == 100, (ms, seen, offers))

    def test_no_source_at_all(self):
        feeder = Feeder("main", 35000, None, Breaker("B", 35000), (), ())
        self.assertTrue(feeder.look(START))
        self.assertEqual(feeder.level, trust.LOST)


class TestBreaker(unittest.TestCase):
    def hot(self, flows_ma):
        """Two cars charge; then the clamps suddenly show `flows_ma` on L1."""
        site = Site().run(300000)
        site.house_ma = flows_ma - site.cars[0].draws_ma - site.cars[1].draws_ma
        while site.t % 100 != 80:
            site.run(20)
        return site

    def test_twice_the_rating_opens_the_last_plugged_at_once(self):
        site = self.hot(75000).run(20)
        self.assertEqual([p.must_open for p in site.places], [False, True])
        self.assertEqual(site.places[1].why, balance.TOO_WARM)
        self.assertEqual(site.offers()[1], 0)

    def test_the_next_one_not_before_400_ms(self):
        """Release, and two windows that show it."""
        site = self.hot(110000).run(20)
        start = site.now_ms
        while not site.places[0].must_open and ticks_diff(site.now_ms, start) < 2000:
            site.run(20)
        self.assertEqual(ticks_diff(site.now_ms, start), 400)

    def test_a_small_overload_opens_nothing(self):
        site = self.hot(40000)
        for _ in range(100):
            site.run(20)
            self.assertFalse(site.places[0].must_open or site.places[1].must_open)

    def test_only_what_can_be_opened(self):
        """A welded contactor is no help, however late it was plugged."""
        places = (Place(ALL, 6000), Place(ALL, 6000))
        source = trust.Source("clamps", 100)
        feeder = Feeder("main", 35000, None, Breaker("B", 35000), (source,), places)
        for i in range(2):
            places[i].is_closed, places[i].rank = True, i + 1
        places[0].can_open = True
        source.offer(80000, 0, 0, START, 1)
        feeder.look(START)
        feeder.decide(START)
        self.assertEqual([p.must_open for p in places], [True, False])

    def test_other_phases_are_left_alone(self):
        site = Site(35000, 5000, ((0,), (1,))).run(60000)
        source = site.source
        while site.t % 100 != 80:
            site.run(20)
        site.is_measured = False
        source.offer(80000, 12000, 5000, ticks_add(site.now_ms, 20), 10**6)
        site.now_ms = ticks_add(site.now_ms, 20)
        self.assertTrue(site.feeder.look(site.now_ms))
        site.feeder.decide(site.now_ms)
        self.assertEqual([p.must_open for p in site.places], [True, False])


class TestDue(unittest.TestCase):
    def test_first_running_deadline(self):
        site = Site(35000, 5000, ()).run(1000)
        self.assertIsNone(site.feeder.due_ms(site.now_ms))
        site = Site(35000, 5000, (ALL,)).run(100)
        due_ms = site.feeder.due_ms(site.now_ms)
        self.assertEqual(due_ms, site.places[0].restart_ms)  # was blind at first
        site.run(31000)
        due_ms = site.feeder.due_ms(site.now_ms)
        self.assertTrue(0 < ticks_diff(due_ms, site.now_ms) <= 10000)

    def test_now_while_overloaded(self):
        site = Site(35000, 36000, ()).run(1000)
        self.assertEqual(site.feeder.due_ms(site.now_ms), site.now_ms)


if __name__ == "__main__":
    unittest.main()
