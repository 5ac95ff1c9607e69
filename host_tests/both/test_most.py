"""core.most: the highest house load ever measured, and how a feeder finds it. mA, ms."""

import unittest
from time import ticks_add

from pilotlight.core.breaker import Breaker
from pilotlight.core.feeder import Feeder
from pilotlight.core.most import ENOUGH_S, Most
from pilotlight.core.trust import FRESH, Source
from balance_bench import ALL, Site

START = (1 << 30) - 3000


def fed(rows, most=None, is_alone=True):
    """One that was given (ms since the start, mA on L1)."""
    most = most or Most()
    for at_ms, ma in rows:
        most.take(ticks_add(START, at_ms), (ma, 2000, 0), is_alone)
    return most


class TestMost(unittest.TestCase):
    def test_what_lasts_counts_in_whole_amps_rounded_up(self):
        for ma, expected_ma in ((0, 0), (63, 0), (64, 1000), (8000, 8000), (8100, 9000)):
            self.assertEqual(fed([(0, ma), (10000, 0)]).ma[0], expected_ma, ma)
        self.assertEqual(fed([(0, 250000), (10000, 0)]).ma, [250000, 2000, 0])
        self.assertEqual(fed([(0, 2500000), (10000, 0)]).ma[0], 2500000)  # 10 times 250 A

    def test_all_that_lasts_20_s_counts_in_full(self):
        for begin_ms in range(0, 10001, 1250):
            rows = [(0, 1000), (begin_ms, 16000), (begin_ms + 20000, 1000), (50000, 1000)]
            self.assertEqual(fed(rows).ma[0], 16000, begin_ms)

    def test_a_start_of_a_motor_hardly_does(self):
        self.assertEqual(fed([(0, 2000), (5000, 60000), (5100, 2000), (10000, 0)]).ma[0], 3000)

    def test_a_load_that_comes_and_goes_counts_as_its_mean(self):
        rows = [(2000 * i, 16000 if i % 2 else 4000) for i in range(100)]
        self.assertEqual(fed(rows).ma[0], 12000)  # 6 of 10 s at most

    def test_it_never_falls(self):
        most = fed([(0, 16000), (10000, 0), (600000, 0)])
        self.assertEqual(most.ma, [16000, 2000, 0])

    def test_a_standing_value_need_not_be_told_again(self):
        for step_ms in (100, 700, 10000, 35000):
            most = Most()
            for ms in range(0, 700001, step_ms):
                fed([(ms, 7000)], most)
            self.assertEqual((most.ma[0], most.seen_s), (7000, 700), step_ms)

    def test_nothing_is_taken_across_a_gap(self):
        most = fed([(0, 3000), (9900, 30000)])
        most.forget()
        fed([(60000, 3000), (69900, 3000)], most)
        self.assertEqual((most.ma, most.seen_s), ([0, 0, 0], 0))
        fed([(70000, 3000)], most)
        self.assertEqual((most.ma, most.seen_s), ([3000, 2000, 0], 10))

    def test_it_counts_after_seven_days_with_a_margin(self):
        most = fed([(0, 10000), (10000, 0)])
        most.seen_s = ENOUGH_S - 10
        self.assertEqual([most.base_ma(p, 35000) for p in ALL], [35000, 35000, 35000])
        fed([(10000, 0), (20000, 0)], most, False)  # beside cars
        self.assertEqual(most.base_ma(0, 35000), 35000)
        fed([(20000, 0), (30000, 0)], most)
        self.assertEqual([most.base_ma(p, 35000) for p in ALL], [12000, 3200, 1000])
        self.assertEqual(most.base_ma(0, 11000), 11000)


class TestFeeder(unittest.TestCase):
    def seen(self, s, base_max_ma=None):
        """A site whose house is measured, alone for `s` seconds more than is needed; then cars."""
        site = Site(35000, 5000, (ALL, ALL), base_max_ma).coarse().unplug(0).unplug(1)
        site.less_ma = (0, 2000, 0)
        site.feeder.measure_most()
        site.feeder.most.seen_s = ENOUGH_S - 60 + s
        return site.run(70000).plug(0).plug(1).run(300000)

    def lose(self, site):
        site.is_measured = False
        return site.run(11300)

    def test_the_full_rating_counts_before(self):
        site = self.seen(-30)
        self.assertTrue(min(site.offers()) > 14000)
        self.assertEqual(site.feeder.most.ma, [5000, 3000, 5000])
        self.lose(site)
        self.assertEqual(site.offers(), [0, 0])
        said = "feeder main: sensors lost, house not measured for 7 days yet"
        self.assertEqual(site.places[0].why, said)

    def test_what_was_measured_counts_then(self):
        site = self.seen(0)
        site.house_ma = 9000  # beside cars
        site.run(30000)
        site.house_ma = 5000
        self.lose(site.run(300000))
        feeder = site.feeder
        self.assertEqual(feeder.most.ma, [9000, 7000, 9000])
        self.assertEqual([feeder.base_ma(p) for p in ALL], [10900, 8700, 10900])
        self.assertEqual(site.offers(), [10100, 10100])  # (34.65 - 3.5 - 10.9) / 2
        self.assertEqual(site.places[0].why, feeder.blind)

    def test_a_number_goes_before_it(self):
        site = self.lose(self.seen(-30, 8000))
        self.assertEqual(site.feeder.base_ma(0), 8000)
        self.assertEqual(site.places[0].why, site.feeder.blind)

    def test_only_fresh_sensors_count(self):
        site = self.seen(-30).unplug(0).unplug(1).run(10000)
        most = site.feeder.most
        seen_s = most.seen_s
        for _ in range(30):
            site.is_measured = False
            site.run(3000)  # held
            site.is_measured = True
            site.run(9000)
        site.is_measured = False
        site.run(60000)  # lost
        self.assertEqual((most.seen_s, most.ma), (seen_s, [5000, 3000, 5000]))
        site.is_measured = True
        site.run(31000)
        self.assertEqual(most.seen_s, seen_s + 30)

    def test_one_of_two_sensors_is_not_enough(self):
        sources = (Source("clamps", 100), Source("meter grid", 500))
        feeder = Feeder("main", 35000, None, Breaker("B", 35000), sources, ())
        feeder.measure_most()
        for ms in range(0, 60000, 100):
            now_ms = ticks_add(START, ms)
            sources[0].offer(20000, 5000, 5000, now_ms, ms)
            if ms < 20000:
                sources[1].offer(5000, 5000, 5000, now_ms, ms)
            feeder.look(now_ms)
            feeder.follow(now_ms)
        self.assertEqual(feeder.level, FRESH)
        self.assertEqual((feeder.most.seen_s, feeder.most.ma), (20, [20000, 5000, 5000]))

    def test_a_sensor_that_tells_too_much_makes_it_safer(self):
        site = self.seen(0)
        site.house_ma = 300000
        site.run(30000)
        site.house_ma = 5000
        self.lose(site.run(300000))
        self.assertEqual(site.feeder.base_ma(0), 35000)
        self.assertEqual(site.offers(), [0, 0])

    def test_what_was_given_back_may_still_be_the_house(self):
        """Beside a car that takes less than it is offered."""
        site = self.seen(0).unplug(1)
        site.cars[0].most_ma = 10000
        site.run(200000)
        self.assertEqual(site.feeder.base.estimate_ma[0], 0)
        site.feeder.most.ma[0] = 0
        site.run(20000)
        self.assertEqual(site.feeder.most.ma[0], 5000)


if __name__ == "__main__":
    unittest.main()
