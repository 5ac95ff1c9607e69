"""core.base: the house behind a feeder, inferred from what flows. mA, ms."""

import unittest
from time import ticks_add

from pilotlight.core.base import Base
from pilotlight.core.place import Place

START = (1 << 30) - 3000
RING = 1 << 30


class Feed:
    """A feeder with one three-phase outlet, measured every 100 ms."""

    def __init__(self, house_ma=5000, span_ms=100):
        self.place = Place((0, 1, 2), 6000)
        self.base = Base((self.place,))
        self.now_ms = START
        self.span_ms = span_ms
        self.lag_ms = 0
        self.house_ma = house_ma
        self.car_ma = 0

    def run(self, ms):
        """Measure for so long; returns the estimate of L1."""
        for _ in range(ms // self.span_ms):
            self.now_ms = ticks_add(self.now_ms, self.span_ms)
            total_ma = self.house_ma + self.car_ma
            totals_ma = (total_ma, total_ma, total_ma)
            self.base.update(self.now_ms, totals_ma, self.now_ms, self.lag_ms)
        return self.base.estimate_ma[0]

    def tell(self, ma, is_closed=True):
        """The outlet signals `ma`; what the car may draw follows at once."""
        self.place.signalled_ma = self.place.may_draw_ma = ma
        self.place.is_closed = is_closed
        return self

    def settled(self, told_ma=16000, car_ma=16000):
        """A car that has been charging for a minute."""
        self.run(1000)
        self.tell(told_ma)
        self.run(3000)
        for _ in range(16):  # 1 A a second
            self.car_ma = min(car_ma, self.car_ma + 1000)
            self.run(1000)
        self.run(45000)  # well between two moves of the estimate
        return self


class TestBounds(unittest.TestCase):
    def test_with_no_outlet_closed_it_is_what_is_measured(self):
        feed = Feed()
        for house_ma in (5000, 12000, 300, 0, 40000):
            feed.house_ma = house_ma
            self.assertEqual(feed.run(200), house_ma)

    def test_a_full_car_is_taken_off(self):
        self.assertEqual(Feed().settled().base.estimate_ma, [5000, 5000, 5000])

    def test_a_signal_without_a_closed_contactor_takes_nothing_off(self):
        feed = Feed()
        feed.tell(16000, False)
        self.assertEqual(feed.run(1000), 5000)

    def test_a_modest_car_does_not_make_the_house_look_smaller(self):
        """Told 16 A, draws 8: never 'minus what was offered'."""
        feed = Feed(10000).settled(16000, 8000)
        self.assertTrue(feed.base.estimate_ma[0] >= 7000, feed.base.estimate_ma)

    def test_a_fall_larger_than_a_car_was_told_less_is_the_house_s(self):
        """Told 0.3 A less just as the house takes 10 A less; and the same upwards."""
        feed = Feed(14000).settled()
        feed.tell(15700)
        feed.house_ma = 4000
        self.assertTrue(4000 <= feed.run(200) <= 4400, feed.base.estimate_ma)
        feed.car_ma = 15700
        self.assertTrue(4000 <= feed.run(200) <= 4400, feed.base.estimate_ma)
        feed.tell(16000)
        feed.house_ma = 14000
        self.assertTrue(13600 <= feed.run(200) <= 14000, feed.base.estimate_ma)

    def test_never_above_what_flows_and_never_below_what_cars_leave(self):
        feed = Feed().settled()
        for house_ma, car_ma in ((2000, 16000), (30000, 0), (100, 9000), (20000, 16000)):
            feed.house_ma, feed.car_ma = house_ma, car_ma
            estimate_ma = feed.run(300)
            total_ma = house_ma + car_ma
            self.assertTrue(max(0, total_ma - 16000) <= estimate_ma <= total_ma)


class TestMeters(unittest.TestCase):
    """The outlet has a meter of its own, which shows 8 A of the 16 that the car was told."""

    SHOWN_MA = 7550  # for certain

    def feed(self, least_ma=SHOWN_MA):
        """A house of 15 A that becomes one of 5 A, too slowly for an edge."""
        feed = Feed(15000).settled(16000, 8000)
        feed.place.least_ma = least_ma
        for _ in range(50):
            feed.house_ma -= 200
            feed.run(100)
        return feed

    def test_what_it_shows_is_not_the_house_s(self):
        feed = self.feed()
        self.assertTrue(feed.run(8000) >= 12000, "it may show what was before")
        feed.run(1000)
        self.assertEqual(feed.base.estimate_ma, [13200 + 1000 - self.SHOWN_MA] * 3)
        self.assertEqual(feed.base.within_ma, [[0, 6650]] * 3)
        # without it most stays with the house: an amp is given back each half minute
        feed = self.feed(0)
        self.assertTrue(feed.run(90000) >= 10000)
        self.assertEqual(feed.base.within_ma, [[0, 13000]] * 3)

    def test_only_on_phases_that_the_car_uses(self):
        feed = self.feed()
        feed.place.uses[1] = feed.place.uses[2] = False
        before_ma = list(feed.base.estimate_ma)
        feed.run(9000)
        self.assertEqual(feed.base.estimate_ma, [6650, 13000, 13000], before_ma)

    def test_what_flows_has_to_stand_still(self):
        """The meter shows for some seconds what was before. What comes on meanwhile is the house's,
        also if the car pauses at that very moment, and takes up again what it drew.
        """
        feed = self.feed()
        feed.run(9000)
        feed.house_ma += 20000
        feed.car_ma = 0
        self.assertTrue(feed.run(5000) >= 6650 + 12000, feed.base.estimate_ma)
        feed.place.least_ma = 0  # now the meter shows it
        feed.run(20000)
        before_ma = feed.base.estimate_ma[0]
        feed.place.least_ma = self.SHOWN_MA
        for _ in range(8):
            feed.car_ma += 1000
            feed.run(1000)
        self.assertTrue(before_ma <= feed.run(200) <= 25000 + 8000, feed.base.estimate_ma)

    def test_less_than_an_ampere_is_no_move(self):
        feed = self.feed()
        for _ in range(90):
            feed.house_ma = 10400 - feed.house_ma  # 5 A, 5.4 A
            feed.run(100)
        self.assertTrue(6400 <= feed.base.estimate_ma[0] <= 6650, feed.base.estimate_ma)

    def test_nothing_is_known_of_what_flowed_while_the_sensor_was_lost(self):
        feed = self.feed()
        feed.base.forget()
        feed.base.estimate_ma[0] = 13000
        self.assertTrue(feed.run(8900) >= 12000)
        self.assertEqual(feed.run(200), 13000 + 1000 - self.SHOWN_MA)

    def test_a_meter_that_lies_does_not_hide_what_cars_cannot_draw(self):
        feed = self.feed(60000)
        for house_ma, car_ma in ((9000, 8000), (30000, 0), (12000, 16000), (20000, 3000)):
            feed.house_ma, feed.car_ma = house_ma, car_ma
            self.assertTrue(feed.run(20000) >= house_ma + car_ma - 16000)
            self.assertTrue(feed.base.within_ma[0][0] <= feed.base.within_ma[0][1])

    def test_an_open_contactor_draws_nothing(self):
        feed = self.feed()
        feed.car_ma = 0
        feed.tell(0, False)
        self.assertEqual(feed.run(10000), 5000)

    def test_sensors_that_are_seconds_late_show_another_time(self):
        feed = Feed(5000)
        feed.run(1000)
        feed.tell(16000)
        feed.place.least_ma = 16000
        for _ in range(200):
            feed.now_ms = ticks_add(feed.now_ms, 100)
            feed.base.update(feed.now_ms, (5000, 5000, 5000), feed.now_ms, 4000)
        self.assertTrue(feed.base.estimate_ma[0] > 1000, feed.base.estimate_ma)

    def test_it_moves_by_itself_when_all_has_stood_still(self):
        feed = self.feed()
        due_ms = feed.base.due_ms(feed.now_ms)
        self.assertTrue(8500 <= (due_ms - feed.now_ms) % RING <= 9000)


class TestEdges(unittest.TestCase):
    def test_an_edge_that_no_car_makes_is_the_house(self):
        feed = Feed().settled(16000, 10000)
        before_ma = feed.base.estimate_ma[0]
        feed.house_ma += 9000
        self.assertEqual(feed.run(100), before_ma + 9000)
        feed.house_ma -= 9000
        self.assertEqual(feed.run(100), before_ma)

    def test_an_edge_cut_by_a_window_counts_whole(self):
        feed = Feed().settled(16000, 10000)
        before_ma = feed.base.estimate_ma[0]
        feed.house_ma += 8200
        feed.run(100)
        feed.house_ma += 800  # less than an edge by itself
        self.assertEqual(feed.run(100), before_ma + 9000)

    def test_a_ramp_is_the_car(self):
        feed = Feed().settled(16000, 6000)
        before_ma = feed.base.estimate_ma[0]
        for _ in range(20):
            feed.car_ma += 300  # 3 A/s
            feed.run(100)
        self.assertEqual(feed.base.estimate_ma[0], before_ma)

    def test_an_edge_while_a_car_answers_is_not_judged(self):
        feed = Feed().settled(16000, 10000)
        before_ma = feed.base.estimate_ma[0]
        feed.tell(20000)
        feed.run(100)
        feed.car_ma += 4000
        self.assertEqual(feed.run(1000), before_ma)

    def test_a_fall_has_no_reason_in_a_raise(self):
        """The kettle switches off just after the car was told more: the car cannot have caused
        that.
        """
        feed = Feed().settled(16000, 10000)
        before_ma = feed.base.estimate_ma[0]
        feed.tell(20000)
        feed.run(100)
        feed.house_ma -= 2000
        self.assertEqual(feed.run(1000), before_ma - 2000)

    def test_a_rise_has_no_reason_in_a_reduction(self):
        feed = Feed().settled(16000, 10000)
        before_ma = feed.base.estimate_ma[0]
        feed.tell(12000)
        feed.run(100)
        feed.house_ma += 2000
        self.assertEqual(feed.run(1000), before_ma + 2000)

    def test_slow_sensors_need_a_larger_edge(self):
        """6 A/s over 500 ms: below 3 A it may be a car."""
        for step_ma, is_house in ((2900, False), (3100, True)):
            feed = Feed(5000, 500).settled(16000, 10000)
            before_ma = feed.base.estimate_ma[0]
            feed.house_ma += step_ma
            expected_ma = before_ma + step_ma if is_house else before_ma
            self.assertEqual(feed.run(500), expected_ma, step_ma)

    def test_no_edge_across_a_gap(self):
        feed = Feed().settled(16000, 10000)
        before_ma = feed.base.estimate_ma[0]
        feed.base.forget()
        feed.house_ma += 4000
        self.assertEqual(feed.run(100), before_ma)


class TestOpening(unittest.TestCase):
    def test_the_sensor_may_lag_for_two_seconds(self):
        feed = Feed().settled()
        feed.tell(0, False)
        self.assertEqual(feed.run(1900), 5000)  # still shows the car
        feed.car_ma = 0
        self.assertEqual(feed.run(3000), 5000)

    def test_after_that_all_is_house(self):
        feed = Feed().settled()
        feed.tell(0, False)
        self.assertEqual(feed.run(3000), 21000)


class TestRelaxing(unittest.TestCase):
    def test_an_amp_each_half_minute_and_half_of_what_the_car_may_draw_at_most(self):
        feed = Feed(9000)
        feed.run(1000)
        feed.tell(16000)
        feed.run(21000)  # closed, the car does not draw: the house may be anything up to 9 A
        estimates = [feed.run(30000) for _ in range(12)]
        self.assertEqual(estimates[-1], 9000 - 16000 // 2, estimates)
        for i in range(1, 12):
            self.assertTrue(0 <= estimates[i - 1] - estimates[i] <= 1000, estimates)

    def ramp(self, feed, name, to_ma):
        """Change house or car by 0.1 A a second, which is no edge."""
        while getattr(feed, name) != to_ma:
            step_ma = 100 if getattr(feed, name) < to_ma else -100
            setattr(feed, name, getattr(feed, name) + step_ma)
            feed.run(1000)
        return feed.run(300000)

    def test_touching_the_lower_bound_proves_what_was_given_back(self):
        feed = Feed(15000).settled(16000, 16000)
        self.assertEqual(feed.base.estimate_ma[0], 15000)
        # 8 A are given back, 5 not
        self.assertEqual(self.ramp(feed, "house_ma", 2000), 7000)
        self.assertEqual(self.ramp(feed, "house_ma", 12000), 12000)  # the car draws all it may
        self.assertEqual(self.ramp(feed, "house_ma", 8000), 8000)

    def test_what_a_fading_car_leaves_is_given_back_beyond_the_house(self):
        feed = Feed(1000).settled(16000, 16000)
        self.ramp(feed, "car_ma", 2000)
        given_ma = 1000 + feed.base.unused_ma[0]
        self.assertEqual((feed.base.estimate_ma[0], given_ma), (0, 16000 // 3))
        # the house is between these, whoever draws the rest
        self.assertEqual(feed.base.within_ma[0], [0, 3000])
        # and comes at once to nothing where it draws all
        feed.car_ma = 16000
        feed.run(300)
        net_ma = feed.base.estimate_ma[0] - feed.base.unused_ma[0]
        self.assertTrue(net_ma >= 1000, (feed.base.estimate_ma, feed.base.unused_ma))

    def test_a_house_that_takes_more_takes_it_from_what_was_given_back(self):
        feed = Feed(1000).settled(16000, 16000)
        self.ramp(feed, "car_ma", 2000)
        unused_ma = feed.base.unused_ma[0]
        feed.house_ma += 9000  # a kettle, a heater: at once
        feed.run(300)
        self.assertEqual(feed.base.estimate_ma[0], 9000)
        self.assertEqual(feed.base.unused_ma[0], unused_ma)

    def test_behind_a_slow_sensor_it_is_three_amps_of_the_house_alone(self):
        feed = Feed(9000)
        feed.lag_ms = 4000
        feed.run(1000)
        feed.tell(16000)
        feed.run(400000)
        self.assertEqual((feed.base.estimate_ma[0], feed.base.unused_ma), (6000, [0, 0, 0]))

    def test_due_tells_of_the_next_move(self):
        feed = Feed(9000)
        feed.run(1000)
        self.assertIsNone(feed.base.due_ms(feed.now_ms))
        feed.tell(16000)
        feed.run(100)
        self.assertEqual(feed.base.due_ms(feed.now_ms), ticks_add(feed.now_ms, 30000))
        feed.run(1000)
        feed.tell(0, False)
        feed.run(100)
        self.assertEqual(feed.base.due_ms(feed.now_ms), ticks_add(feed.now_ms, 2000))

    def test_a_week_without_a_sensor_leaves_no_deadline(self):
        feed = Feed(9000)
        feed.run(1000)
        feed.tell(16000)
        feed.run(1000)
        feed.base.forget()
        self.assertIsNone(feed.base.due_ms(feed.now_ms))
        feed.now_ms = (feed.now_ms + 7 * 86400000) % RING
        before_ma = feed.run(200)
        feed.house_ma += 5000  # judged at once: no old "the car may be answering" is alive
        self.assertEqual(feed.run(100), before_ma + 5000)


if __name__ == "__main__":
    unittest.main()
