"""core.balance: sensors that fall silent, and a breaker that gets hot (balance_bench.py). mA per phase, ms."""

import unittest
from time import ticks_add, ticks_diff

from balance_bench import ALL, START, Site
from pilotlight.core import trust
from pilotlight.core.balance import Balancer
from pilotlight.core.breaker import Breaker
from pilotlight.core.feeder import Feeder
from pilotlight.core.place import Place


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
        self.assertTrue(min(site.offers()) > 14200)
        site.run(300)
        self.assertEqual(site.feeder.level, trust.HOLD)
        self.assertEqual(site.offers(), [13000, 13000])  # (34.65 - 3.5 - 5) / 2
        site.feeder.limit_ma = 60000
        site.run(3000)
        self.assertEqual(site.offers(), [13000, 13000])

    def test_lost_with_a_known_largest_base(self):
        site = self.silent(10000).run(5300)
        self.assertEqual(site.feeder.level, trust.LOST)
        site.run(6000)  # within 11 s in all
        self.assertEqual(site.offers(), [10500, 10500])  # (34.65 - 3.5 - 10) / 2
        self.assertEqual(site.places[0].why, site.feeder.blind)
        self.assertEqual(site.feeder.base_ma(0), 10000)

    def test_lost_and_yet_room_for_another(self):
        site = Site(20000, 5000, (ALL, ALL), 10000).run(60000)
        site.is_measured = False
        site.run(200000)
        self.assertEqual(site.offers(), [7800, 0])
        site.unplug(0).run(100000)
        self.assertEqual(site.offers(), [0, 7800])

    def test_lost_for_moments_again_and_again_wears_no_contactor(self):
        site = Site(35000, 5000, (ALL,)).run(60000)
        starts, before = 0, site.offers()[0]
        site.step_ms = 100
        for _ in range(60):
            for is_measured, ms in ((False, 6000), (True, 54000)):
                site.is_measured = is_measured
                for _ in range(ms // 1000):
                    site.run(1000)
                    starts += before == 0 and site.offers()[0] > 0
                    before = site.offers()[0]
        self.assertTrue(starts <= 9, starts)

    def test_lost_without_one_pauses(self):
        site = self.silent(None).run(5300)
        self.assertEqual((site.offers(), site.places[1].why), ([0, 0], site.feeder.blind))
        self.assertEqual(site.feeder.measured_ma, [None, None, None])

    def test_it_recovers(self):
        site = self.silent(None).run(60000)
        site.is_measured = True
        site.run(300000)
        self.assertEqual(site.feeder.level, trust.FRESH)
        self.assertTrue(min(site.offers()) > 14200)

    def test_lost_for_a_week_and_back(self):
        site = self.silent(None).run(60000)
        for _ in range(7):
            site.jump(86400000)
            site.run(1000)
        self.assertEqual(site.feeder.level, trust.LOST)
        site.is_measured = True
        site.run(130000)
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
        feeder.follow(START)
        one.is_new = two.is_new = False
        self.assertFalse(feeder.look(ticks_add(START, 20)))
        late_ms = ticks_add(START, 1400)
        two.offer(5500, 5500, 5500, late_ms, 2)
        self.assertTrue(feeder.look(late_ms))
        self.assertEqual((feeder.measured_ma, feeder.is_derated), ([5500] * 3, True))
        self.assertEqual(feeder.aim_ma(), 35000 - 350 - 3500)

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
        """Nothing tells that there is something to decide: the balancer looks every 200 ms."""
        feeder = Feeder("main", 35000, None, Breaker("B", 35000), (), ())
        balancer = Balancer((feeder,), ())
        seen = []
        for ms in range(0, 600, 20):
            now_ms = ticks_add(START, ms)
            if balancer.look(now_ms):
                balancer.decide(now_ms)
                seen.append(ms)
        self.assertEqual((seen, feeder.level), ([0, 200, 400], trust.LOST))


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
        self.assertEqual(site.places[1].why, site.feeder.too_warm)
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

    def late(self, flows_ma, follows_ms):
        """Heats of L1 until one is to open, or for 20 s; cars follow a reduction so much later."""
        site = self.hot(flows_ma)
        before = [car.draws_ma for car in site.cars]
        start, heats = site.now_ms, []
        while ticks_diff(site.now_ms, start) < 20000:
            if ticks_diff(site.now_ms, start) < follows_ms:
                for i in range(len(before)):
                    site.cars[i].draws_ma = before[i]
                    site.cars[i].live = lambda ms: None
            else:
                for car in site.cars:
                    car.draws_ma = car.place.signalled_ma if car.place.is_closed else 0
            site.run(20)
            heats.append(site.feeder.breaker.heat(0))
            if site.places[0].must_open or site.places[1].must_open:
                break
        return heats

    def test_what_cars_end_in_time_opens_nothing(self):
        """A breaker that would not last 6 s, but the 4 that they need."""
        heats = self.late(48000, 4000)
        self.assertEqual(len(heats), 1000)
        self.assertTrue(820 <= max(heats) < 900, max(heats))

    def test_cars_that_do_not_follow_are_opened_in_time(self):
        for flows_ma in range(44000, 70000, 2000):
            heats = self.late(flows_ma, 60000)
            self.assertTrue(len(heats) < 1000, flows_ma)
            self.assertTrue(max(heats) < 900, (flows_ma, max(heats)))

    def test_eight_that_ignore_everything_are_opened_in_time(self):
        for flows_ma in range(70000, 126000, 5000):
            site = Site(63000, 5000, (ALL,) * 8).run(200000)
            draws_ma = [car.draws_ma for car in site.cars]
            site.house_ma += flows_ma - sum(draws_ma) - 5000
            for car in site.cars:
                car.live = lambda ms: None
            heats, ends_ms = [], ticks_add(site.now_ms, 40000)
            while ticks_diff(site.now_ms, ends_ms) < 0:
                for i in range(8):
                    site.cars[i].draws_ma = draws_ma[i] if site.places[i].is_closed else 0
                site.run(20)
                heats.append(site.feeder.breaker.heat(0))
            self.assertTrue(max(heats) < 1000, (flows_ma, max(heats)))

    def test_only_what_can_be_opened(self):
        """A welded contactor is no help, however late it was plugged."""
        places = (Place(ALL, 6000), Place(ALL, 6000))
        source = trust.Source("clamps", 100)
        feeder = Feeder("main", 35000, None, Breaker("B", 35000), (source,), places)
        balancer = Balancer((feeder,), places)
        for i in range(2):
            places[i].is_plugged = places[i].is_closed = True
        places[0].can_open = True
        source.offer(80000, 0, 0, START, 1)
        balancer.look(START)
        balancer.decide(START)
        self.assertEqual([p.must_open for p in places], [True, False])

    def test_other_phases_are_left_alone(self):
        site = Site(35000, 5000, ((0,), (1,))).run(60000)
        source = site.source
        while site.t % 100 != 80:
            site.run(20)
        site.is_measured = False
        source.offer(80000, 12000, 5000, ticks_add(site.now_ms, 20), 10**6)
        site.now_ms = ticks_add(site.now_ms, 20)
        self.assertTrue(site.balancer.look(site.now_ms))
        site.balancer.decide(site.now_ms)
        self.assertEqual([p.must_open for p in site.places], [True, False])


if __name__ == "__main__":
    unittest.main()
