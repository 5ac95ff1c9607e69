"""core.balance: one feeder over simulated minutes (balance_bench.py). mA per phase, ms."""

import unittest
from time import ticks_diff

from balance_bench import ALL, START, Site
from pilotlight.core.balance import Balancer
from pilotlight.core.breaker import Breaker
from pilotlight.core.feeder import Feeder
from pilotlight.core.place import UNLIMITED


class TestSharing(unittest.TestCase):
    def test_equal_shares_of_what_is_left(self):
        """35 A less 1 % less 5 A of house, halved; the last tenths come once a minute."""
        site = Site().run(300000)
        site.run(200000)
        self.assertTrue(14700 < min(site.offers()) <= max(site.offers()) <= 15025, site.offers())
        self.assertTrue(sum(site.offers()) <= 29850, site.offers())
        self.assertTrue(site.most_ma <= 35000, site.most_ma)

    def test_phases_are_shared_apart(self):
        site = Site(20000, 2000, ((0,), (1,), ALL)).run(400000)
        # 17.8 A a phase: L1 and L2 are halved
        self.assertEqual(site.offers(), [8900, 8900, 8900])
        site.unplug(0).run(200000)
        self.assertEqual(site.offers(), [0, 8900, 8900])

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
        self.assertEqual(site.offers(), [10000, 19600])
        self.assertEqual(site.places[0].why, UNLIMITED)

    def test_a_car_that_is_not_ready_gets_no_raise(self):
        site = Site()
        site.places[0].is_ready = False
        site.run(60000)
        self.assertEqual(site.offers()[0], 6000)


class TestDownAndUp(unittest.TestCase):
    def test_down_in_the_window_that_holds_all_of_a_rise(self):
        site = Site(35000, 5000, (ALL,)).run(300000)
        site.step_ms = 100
        site.house_ma = 7500  # a quarter of a window
        self.assertEqual(site.run(100).offers(), [29600])
        site.house_ma = 15000
        self.assertEqual(site.run(100).offers(), [19600])

    def test_down_at_once_where_a_quarter_more_than_the_limit_flows(self):
        for house_ma, offered_ma in ((14100, 29600), (14200, 20400)):  # 43.7 A and 43.8 A
            site = Site(35000, 5000, (ALL,)).run(300000)
            site.feeder.breaker = Breaker("B", 63000)  # not warm
            site.step_ms = 100
            site.house_ma = house_ma
            self.assertEqual(site.run(100).offers(), [offered_ma])

    def test_nothing_can_be_added_where_more_flows_than_may(self):
        """Whoever draws it: what an outlet has been told less may not be what flows."""
        site = Site(35000, 5000).run(300000)
        feeder = site.feeder
        for place in site.places:
            place.may_draw_ma = place.offered_ma = 6000  # and 29 A are taken for other cars'
        feeder.base.estimate_ma[:] = [5000] * 3
        rooms = []
        for flows_ma in (34000, feeder.aim_ma(), feeder.aim_ma() + 1):
            feeder.measured_ma[0] = flows_ma
            feeder.count()
            rooms.append(feeder.room_ma[0])
        self.assertEqual(rooms, [17650, 17650, 0])
        feeder.base.estimate_ma[0] = 30000
        feeder.count()
        self.assertEqual(feeder.room_ma[0], 34650 - 42000)

    def test_a_small_excess_is_noise(self):
        site = Site(35000, 5000, (ALL,)).run(300000)
        site.feeder.limit_ma = 34850
        site.run(200)
        self.assertEqual(site.offers(), [29600])
        site.feeder.limit_ma = 34500
        site.run(200)
        self.assertEqual(site.offers(), [29100])

    def test_what_creeps_above_the_limit_is_no_noise(self):
        """16 A: 1 % below it is aimed at, and 200 mA would be noise."""
        site = Site(16000, 5000).unplug(1).run(300000)
        for _ in range(60):
            site.house_ma += 20
            site.run(1000)
            self.assertTrue(site.flows_ma(0) <= 16040, site.flows_ma(0))
        self.assertTrue(site.flows_ma(0) >= 15500, site.flows_ma(0))

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
            self.assertTrue(site.offers()[1] <= 14825, site.offers())
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


class TestRaising(unittest.TestCase):
    def test_a_limit_a_little_lower_stops_nobody_else(self):
        site = Site(35000, 5000, (ALL, ALL)).coarse().plug(0, 10000).run(60000)
        site.plug(0, 9900).run(200000)
        self.assertEqual(site.offers()[0], 9900)
        self.assertTrue(site.offers()[1] >= 19200, site.offers())

    def test_what_the_pilot_cannot_tell_stops_nobody_else(self):
        """Between 51.0 and 52.5 A there is no duty: told stays below offered."""
        site = Site(63000, 0, (ALL, ALL)).coarse()
        site.cars[0].told_less_ma = 1000
        site.plug(0, 25000).run(300000)
        self.assertTrue(site.offers()[1] >= 29000, site.offers())

    def test_a_minimum_between_two_steps(self):
        site = Site(16000, 3190, (ALL, ALL)).coarse()
        for place in site.places:
            place.min_ma = 6050
        site.run(60000)
        self.assertEqual(site.offers(), [6050, 6050])
        site.house_ma = 3690
        site.run(60000)
        self.assertEqual(site.offers(), [6050, 6050])


class TestTree(unittest.TestCase):
    """A sub-feeder of 20 A with two outlets, and one outlet right at the supply of 35 A."""

    def site(self, base_max_ma=0):
        site = Site(35000, 5000, (ALL, ALL, ALL)).coarse()
        behind = site.places[:2]
        self.sub = Feeder("sub", 20000, base_max_ma, Breaker("B", 20000), (), behind)
        self.sub.depth = 1
        site.balancer = Balancer((site.feeder, self.sub), site.places)
        return site

    def test_each_is_held(self):
        site = self.site().run(400000)
        # 29.6 A in thirds; the two have 19.8 A behind the sub-feeder
        self.assertTrue(9600 < min(site.offers()) <= max(site.offers()) <= 9900, site.offers())
        site.unplug(2).run(400000)
        self.assertEqual(site.offers(), [9900, 9900, 0])
        self.assertEqual(site.places[0].why, "feeder sub: L1 is shared out")
        site.house_ma = 19000
        site.run(200)
        self.assertEqual(site.offers(), [7800, 7800, 0])
        self.assertEqual(site.places[0].why, "feeder main: L1 is shared out")

    def test_what_is_not_measured_is_reckoned_with(self):
        site = self.site(5000).unplug(1).unplug(2).run(400000)
        self.assertTrue(14700 <= site.offers()[0] <= 14800, site.offers())
        self.assertEqual(self.sub.base_ma(0), 5000)

    def test_an_unknown_load_leaves_nothing(self):
        site = self.site(None).run(60000)
        self.assertEqual([ma > 0 for ma in site.offers()], [False, False, True])
        self.assertEqual(site.places[0].why, "feeder sub: L1 has no room for the minimum")

    def test_a_reserve_is_kept(self):
        site = self.site()
        self.sub.reserve_ma = 4000
        site.unplug(1).unplug(2).run(400000)
        self.assertTrue(15700 <= site.offers()[0] <= 15800, site.offers())


class TestDue(unittest.TestCase):
    def test_first_running_deadline(self):
        site = Site(35000, 5000, ()).run(1000)
        self.assertIsNone(site.feeder.due_ms(site.now_ms))
        site = Site(35000, 5000, (ALL,)).run(100)
        due_ms = site.balancer.due_ms(site.now_ms)
        self.assertTrue(0 < ticks_diff(due_ms, site.now_ms) <= 10000)
        site.run(31000)
        due_ms = site.balancer.due_ms(site.now_ms)
        self.assertTrue(0 < ticks_diff(due_ms, site.now_ms) <= 10000)

    def test_now_while_overloaded(self):
        site = Site(35000, 36000, ()).run(1000)
        self.assertEqual(site.feeder.due_ms(site.now_ms), site.now_ms)


if __name__ == "__main__":
    unittest.main()
