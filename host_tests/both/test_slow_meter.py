"""Sensors that answer at once and renew their values every few seconds. mA, ms."""

import unittest
from time import ticks_add

from balance_bench import START, Site
from pilotlight.core import trust


def polled(renewed_ms, period_ms=500, ma=(5000, 6000, 7000), for_ms=60000, source=None):
    """A source whose values move by 1 mA each `renewed_ms`."""
    made = trust.Source("meter", period_ms) if source is None else source
    first = 0 if made.sequence is None else made.sequence + 1
    for n in range(first, first + for_ms // period_ms):
        more = n * period_ms // renewed_ms % 7
        now_ms = ticks_add(START, n * period_ms)
        made.offer(ma[0] + more, ma[1] + more, ma[2], now_ms, n)
    return made


class TestLag(unittest.TestCase):
    def test_how_much_older_than_its_sample_a_value_may_be(self):
        for renewed_ms, period_ms, lag_ms in (
            (10000, 500, 9500),
            (2000, 500, 1500),
            (1000, 250, 0),  # so little is within other times
            (500, 500, 0),
            (100, 100, 0),
            (30000, 500, 12000),  # no more than that is believed
        ):
            self.assertEqual(polled(renewed_ms, period_ms).lag_ms, lag_ms, renewed_ms)

    def test_it_ends_with_quick_changes(self):
        """A night without any, then a car that begins: the meter is quick. Two changes in a row
        may be one renewal that a sample has fallen into, three are not.
        """
        made = polled(10000)
        raw = list(made.raw_ma)
        for n, lag_ms in ((1, 9500), (2, 9500), (3, 0), (4, 0), (5, 0)):
            made.offer(raw[0] + n, raw[1], raw[2], ticks_add(made.taken_ms, 500), 1000 + n)
            self.assertEqual(made.lag_ms, lag_ms, n)

    def test_a_steady_load_behind_a_quick_meter(self):
        """Each sample of a ramp was new: what stands still afterwards is the load. Not for ever,
        nor by what was seen before it was lost.
        """
        for still_ms, is_lost, lag_ms in (
            (10000, False, 0),
            (3500000, False, 0),
            (3700000, False, 12000),
            (10000, True, 9500),
        ):
            made = polled(500, for_ms=3000)
            raw, taken_ms, n = list(made.raw_ma), made.taken_ms, made.sequence
            if is_lost:
                made.offer(None, None, None, ticks_add(taken_ms, 1), n + 1)
                made.offer(raw[0], raw[1], raw[2], ticks_add(taken_ms, 2), n + 2)
            for k in range(1, still_ms // 500):
                now_ms = ticks_add(taken_ms, k * 500)
                made.offer(raw[0], raw[1], raw[2], now_ms, n + 3 + k)
            made.offer(raw[0] + 500, raw[1], raw[2], ticks_add(now_ms, 500), n)
            self.assertEqual(made.lag_ms, lag_ms, (still_ms, is_lost))

    def test_what_a_quick_meter_stands_for_is_known_all_the_same(self):
        """Whether it is frozen is judged by how long it has stood before."""
        made = polled(500, for_ms=3000)
        raw, n = list(made.raw_ma), made.sequence
        for _ in range(4):
            raw[0] += 500
            for _ in range(16):
                n += 1
                made.offer(raw[0], raw[1], raw[2], ticks_add(made.taken_ms, 500), n)
        self.assertEqual((made.lag_ms, made.renewal_ms), (0, 7500))

    def test_renewals_that_samples_fall_into(self):
        made = polled(10000)
        ma = list(made.raw_ma)
        for n in range(1, 100):
            ma[0] += n % 20 == 1
            ma[1] += n % 20 == 2
            made.offer(ma[0], ma[1], ma[2], ticks_add(made.taken_ms, 500), 1000 + n)
            self.assertTrue(9000 <= made.renewal_ms <= made.lag_ms <= 9500, n)

    def test_where_nothing_flows_nothing_has_to_move(self):
        self.assertEqual(polled(30000, ma=(0, 400, 200)).lag_ms, 0)

    def test_settled_only_while_nothing_of_it_can_be_missed(self):
        made = polled(500)
        self.assertFalse(polled(10000).is_settled())
        raw = list(made.raw_ma)
        for n in range(1, 30):
            made.offer(raw[0], raw[1], raw[2], ticks_add(made.taken_ms, 500), 1000 + n)
            if made.is_calm():  # what moved before is over
                self.assertEqual(made.is_settled(), n == 1 or n >= 24, n)


class SlowSite(Site):
    """With a meter that is polled twice a second and renews its values every 10 s."""

    poll_ms = 500

    def __init__(self, limit_ma, house_ma):
        Site.__init__(self, limit_ma, house_ma)
        self.renewed_ms = 10000


class TestBalance(unittest.TestCase):
    def site(self):
        site = SlowSite(32000, 4000).coarse()
        site.unplug(1)
        site.run(70000)
        return site

    def test_a_car_that_follows_late_in_the_picture_is_not_taken_for_modest(self):
        site = self.site().run(120000)
        self.assertIsNone(site.places[0].habit.want_ma)
        self.assertTrue(site.places[0].offered_ma > 27000, site.offers())

    def test_what_cars_were_told_less_is_not_the_house_s(self):
        """An oven of 12 A: cars are told less, which the meter shows up to 10 s later. Meanwhile
        nobody is told still less, no contactor opens, and the house is taken for what it is.
        """
        site = self.site()
        site.plug(1).run(600000)
        for _ in range(4):
            site.house_ma = 16000
            site.run(20000)
            least_ma = min(site.offers())
            site.run(130000)
            self.assertTrue(7000 < least_ma <= min(site.offers()), (least_ma, site.offers()))
            self.assertTrue(abs(site.feeder.base.estimate_ma[0] - 16000) < 1000)
            site.house_ma = 4000
            site.run(250000)
            self.assertTrue(min(site.offers()) > 12500, site.offers())

    def test_a_car_that_does_not_follow_warms_the_breaker(self):
        """It is believed to have followed for as long as the meter cannot show it, no longer."""
        site = self.site()
        site.plug(1).run(600000)
        for car in site.cars:
            car.live = lambda ms: None  # draws what it drew
        site.house_ma = 16000
        is_opened = False
        for _ in range(600):
            site.run(100)
            is_opened = is_opened or site.places[0].must_open or site.places[1].must_open
        self.assertTrue(is_opened)
