"""core.need and the policy "departure": what a car needs, and who could wait least. Wh, mA, ms."""

import unittest
from time import ticks_add

from balance_bench import ALL, Site

from pilotlight.core import policy
from pilotlight.core.need import Need

START = (1 << 30) - 3000
HOUR_MS = 3600000


class TestNeed(unittest.TestCase):
    def test_it_counts_what_is_drawn(self):
        need = Need(START, 6900, ticks_add(START, 4 * HOUR_MS))
        self.assertTrue(6898 <= need.need_wh() <= 6900, need.need_wh())
        now_ms = START
        for minutes in (1, 9, 50):  # an hour of 10 A on three phases: 6.9 kWh
            self.assertFalse(need.is_over(now_ms))
            now_ms = ticks_add(now_ms, minutes * 60000)
            need.follow(now_ms, 30000, 48000)
        self.assertTrue(need.is_over(now_ms))
        self.assertEqual(need.need_wh(), 0)

    def test_how_long_it_could_wait(self):
        need = Need(START, 11040, ticks_add(START, 4 * HOUR_MS))
        need.follow(START, 0, 48000)  # an hour at 16 A on three phases
        self.assertTrue(abs(need.slack_s - 3 * 3600) <= 2, need.slack_s)
        need.follow(START, 0, 0)  # what could be is at least 6 A
        self.assertTrue(need.slack_s < 0)

    def test_the_time_ends_it(self):
        need = Need(START, 11040, ticks_add(START, HOUR_MS))
        self.assertFalse(need.is_over(ticks_add(START, HOUR_MS - 1)))
        self.assertTrue(need.is_over(ticks_add(START, HOUR_MS)))


class TestDeparture(unittest.TestCase):
    def site(self, *needs):
        """A site of 25 A with so many cars; (Wh, hours) of each, or None."""
        site = Site(limit_ma=25000, house_ma=5000, phases=[ALL] * len(needs)).coarse()
        site.balancer.policy = policy.departure
        for place, need in zip(site.places, needs):
            if need is not None:
                leaves_ms = ticks_add(site.now_ms, int(need[1] * HOUR_MS))
                place.need = Need(site.now_ms, need[0], leaves_ms)
        return site

    def test_who_could_wait_least_comes_first(self):
        site = self.site((10000, 12), (20000, 3)).run(240000)
        first_ma, second_ma = site.offers()
        self.assertTrue(first_ma < 7000 and second_ma > 12000, site.offers())

    def test_those_of_whom_nothing_is_known_share_what_is_left(self):
        site = self.site(None, (20000, 3)).run(240000)
        self.assertTrue(site.offers()[1] > site.offers()[0] + 5000, site.offers())

    def test_a_need_ends_with_the_car(self):
        site = self.site((10000, 12), (20000, 3)).run(5000)
        site.unplug(1).run(1000)
        self.assertEqual([place.need is None for place in site.places], [False, True])

    def test_needs_alike_share(self):
        site = self.site((20000, 8), (20000, 8)).run(300000)
        first_ma, second_ma = site.offers()
        self.assertTrue(abs(first_ma - second_ma) <= 600, site.offers())


if __name__ == "__main__":
    unittest.main()
