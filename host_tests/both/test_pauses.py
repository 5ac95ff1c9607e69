"""core.balance: who pauses, rests, and has its turn (balance_bench.py). mA per phase, ms."""

import unittest
from time import ticks_diff

from balance_bench import ALL, Site
from pilotlight.core import policy
from pilotlight.core.place import CAPPED, WAITING

RESTS = "rests after a pause: feeder main: L1 had no room for the minimum"


class TestPausing(unittest.TestCase):
    def full(self):
        """One car charges, then the house takes so much that it must stop."""
        site = Site(20000, 2000, (ALL,)).run(60000)
        site.step_ms = 100
        site.house_ma = 16000
        return site.run(200)

    def back_after(self, site, most_ms):
        """The house is quiet again: after how long the car is offered something."""
        site.house_ma = 2000
        start = site.now_ms
        while site.offers() == [0] and ticks_diff(site.now_ms, start) < most_ms:
            site.run(100)
        return ticks_diff(site.now_ms, start)

    def test_paused_for_lack_of_room_rests_for_2_minutes(self):
        site = self.full()
        self.assertEqual((site.offers(), site.places[0].why), ([0], RESTS))
        took_ms = self.back_after(site, 900000)
        self.assertTrue(120000 - 200 <= took_ms <= 126000, took_ms)
        self.assertEqual(site.offers(), [6000])

    def test_another_car_and_a_person_end_the_rest(self):
        for end in (lambda site: site.unplug(0).run(200).plug(0), lambda s: s.places[0].stir()):
            site = self.full()
            site.house_ma = 2000
            site.run(100000)
            self.assertEqual((site.offers(), site.places[0].why), ([0], RESTS))
            end(site)
            site.run(1000)
            self.assertEqual(site.offers(), [6000])

    def test_after_short_charges_it_rests_longer(self):
        """Nine starts an hour at most, whatever the house does."""
        site = self.full()
        rests = []
        for _ in range(4):
            rests.append(self.back_after(site, 3000000) // 60000)
            site.run(30000).house_ma = 16000
            site.run(100)
        self.assertEqual(rests, [1, 4, 8, 8])  # the first began 0.1 s before
        site.house_ma = 2000
        site.run(480000 + 660000).house_ma = 16000  # it charges for 11 minutes
        site.run(100)
        self.assertTrue(self.back_after(site, 3000000) <= 126000)

    def test_a_start_needs_room_beside_the_highest_of_the_last_minutes(self):
        site = Site(20000, 2000, (ALL,)).unplug(0).run(60000)
        for _ in range(5):
            site.house_ma = 16000
            site.run(1000)
            site.house_ma = 2000
            site.run(15000)
        site.plug(0).run(1000)
        self.assertEqual((site.offers(), site.places[0].why), ([0], WAITING))
        took_ms = self.back_after(site, 900000)
        self.assertTrue(40000 <= took_ms <= 70000, took_ms)

    def test_paused_by_a_person_returns_at_once(self):
        """Vector 12: resume within 1 s."""
        site = Site().run(60000)
        site.plug(0, 0).run(3000)
        self.assertEqual((site.offers()[0], site.places[0].why), (0, CAPPED))
        site.plug(0).run(1000)
        self.assertEqual(site.offers()[0], 6000)

    def test_capped_below_its_minimum_gets_nothing(self):
        site = Site()
        site.places[0].min_ma = 10000
        site.plug(0, 8000).run(60000)
        self.assertEqual((site.offers()[0], site.places[0].why), (0, CAPPED))

    def test_no_deadline_survives_a_week(self):
        site = Site(20000, 2000, (ALL,)).run(60000)
        site.run(1900000)
        place = site.places[0]
        self.assertEqual((place.short_ms, place.turn_ms, place.hold_ms), (None, None, None))
        site.house_ma = 16000
        site.run(1000).house_ma = 2000
        site.run(126000)
        self.assertEqual((place.rest_ms, site.offers()), (None, [6000]))


class TestTurns(unittest.TestCase):
    """Where not all minima fit, each has its turn."""

    def on_minutes(self, site, minutes):
        """For how many of the coming minutes each car is offered something."""
        on = [0] * len(site.places)
        site.step_ms = 1000
        for _ in range(minutes):
            site.run(60000)
            for i in range(len(on)):
                on[i] += site.offers()[i] > 0
        return on

    def test_three_cars_where_two_fit(self):
        site = Site(20000, 2000, (ALL, ALL, ALL)).coarse().run(60000)
        self.assertEqual([ma > 0 for ma in site.offers()], [True, True, False])
        self.assertEqual(site.places[2].why, "feeder main: L1 has no room for the minimum")
        on = self.on_minutes(site, 180)
        self.assertTrue(
            min(on) >= 100 and max(on) <= 130, on
        )  # 120 each, if changing cost nothing
        self.assertTrue(site.most_ma <= 20000, site.most_ma)

    def test_the_fewer_wait_the_longer_turns_are(self):
        """Seven cars where six fit: one waits for half an hour, the others charge for three."""
        site = Site(40000, 2000, (ALL,) * 7).coarse().run(60000)
        starts, was_on = 0, [ma > 0 for ma in site.offers()]
        on = [0] * 7
        site.step_ms = 1000
        for _ in range(420):
            site.run(30000)
            is_on = [ma > 0 for ma in site.offers()]
            for i in range(7):
                starts += is_on[i] and not was_on[i]
                on[i] += is_on[i]
            was_on = is_on
        self.assertTrue(6 <= starts <= 8, starts)  # in 3.5 hours
        self.assertTrue(340 <= min(on) and max(on) <= 420, on)

    def test_a_full_car_plugged_first_does_not_stop_the_turns(self):
        site = Site(16000, 4000, (ALL, ALL, ALL)).coarse()
        site.places[0].is_ready = False
        on = self.on_minutes(site.run(200000), 120)
        self.assertEqual(on[0], 0)
        self.assertTrue(min(on[1:]) >= 50, on)

    def test_who_waits_for_nothing_hides_nobody(self):
        """L2 is full of house load: the car there waits first, and two take turns on L1."""
        site = Site(16000, 14000, ((1,), (0,), (0,))).coarse()
        site.less_ma = (10000, 0, 10000)
        on = self.on_minutes(site.run(60000), 120)
        self.assertEqual(on[0], 0)
        self.assertTrue(min(on[1:]) >= 50, on)

    def test_nobody_gives_way_for_nothing(self):
        """Its minimum would not fit in place of the others either."""
        site = Site(16000, 2000, (ALL, ALL)).coarse()
        site.places[1].min_ma = 14000
        on = self.on_minutes(site.run(60000), 60)
        self.assertEqual(on, [60, 0])

    def test_who_comes_first_by_its_key_gives_no_way(self):
        site = Site(16000, 4000, (ALL, ALL)).coarse()
        site.balancer.policy = policy.priority
        site.places[0].priority = 3
        self.assertEqual(self.on_minutes(site.run(60000), 60), [60, 0])


if __name__ == "__main__":
    unittest.main()
