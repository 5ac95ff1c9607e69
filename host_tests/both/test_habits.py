"""core.balance: what cars have been seen to do (balance_bench.py). mA per phase, ms."""

import unittest
from time import ticks_add

from balance_bench import ALL, Site
from pilotlight.core.habit import Habit
from pilotlight.core.place import DORMANT, RISING


class TestHabits(unittest.TestCase):
    """What cars have been seen to do."""

    def test_the_phases_a_car_has_not_are_for_others(self):
        """A car of one phase at an outlet of three, and one of three phases."""
        site = Site(35000, 5000, (ALL, ALL)).coarse()
        site.cars[0].on = (True, False, False)
        site.run(100000).unplug(1).run(30000).plug(1).run(400000)
        self.assertEqual(site.places[0].habit.uses, [True, False, False])
        self.assertEqual(site.places[1].habit.uses, [True] * 3)
        # L1 is halved, and nothing else binds either of them
        self.assertEqual(site.offers(), [14800, 14800])
        site.unplug(0).run(1000)
        self.assertEqual(site.places[0].habit.uses, [True] * 3)

    def test_its_phases_are_seen_although_it_is_told_more_before_it_stands_still(self):
        site = Site(35000, 5000, (ALL,)).coarse()
        site.cars[0].on = (True, False, False)
        site.cars[0].rise_ma_per_s = 450
        while site.offers() < [20000]:
            site.run(100)
        self.assertEqual(site.places[0].habit.uses, [True, False, False])

    def test_in_a_full_site_a_newcomer_is_seen_before_others_give_way_to_it(self):
        site = Site(35000, 5000, (ALL, ALL)).coarse()
        site.cars[1].on = (True, False, False)
        site.unplug(1).run(300000)
        self.assertEqual(site.offers(), [29600, 0])
        site.cars[1].wakes_ms = 3400
        site.plug(1).places[1].is_ready = False
        while not site.places[1].habit.is_starting():
            site.run(100)
        self.assertEqual(site.run(1000).offers(), [23600, 6000])
        self.assertEqual(site.places[1].why, RISING)
        while site.offers()[1] <= 6000:
            site.run(100)
        self.assertEqual(site.places[1].habit.uses, [True, False, False])

    def test_a_small_ramp_on_one_phase_tells_too(self):
        for step_ma, uses in ((1400, [True, False, False]), (900, [True] * 3)):
            habit = Habit([True] * 3, [True] * 3)
            habit.begin(0, [9000, 8000, 7000], 0, 6000, 6000 + step_ma)
            for look in range(60):
                rise_ma = min(step_ma, 200 * look)
                habit.look(100 * look, [9000 + rise_ma, 8100, 6900], 0)
            self.assertEqual(habit.uses, [True] * 3)
            for look in range(60, 80):
                habit.look(100 * look, [9000 + step_ma, 8100, 6900], 0)
            self.assertEqual(habit.uses, uses)

    def test_a_car_that_takes_the_place_of_another(self):
        """The sensor still shows the one that has left: that the next one brings no rise on its
        phase proves nothing.
        """
        site = Site(20000, 2000, ((0,), ALL)).unplug(1).run(30000)
        site.unplug(0).run(100).plug(1).run(30000)
        self.assertEqual(site.places[1].habit.uses, [True] * 3)

    def test_three_cars_of_one_phase_each(self):
        site = Site(20000, 2000, (ALL, (1, 2, 0), (2, 0, 1))).coarse()
        for i in range(3):
            site.unplug(i).cars[i].on = tuple([p == i for p in range(3)])
        for i in range(3):
            site.plug(i).run(60000)
        site.run(600000)
        self.assertEqual(site.offers(), [17800] * 3)
        self.assertTrue(site.most_ma <= 20200, site.most_ma)

    def test_what_a_car_does_not_want_is_for_others(self):
        site = Site(35000, 5000, (ALL, ALL)).coarse()
        site.cars[0].most_ma = 8000
        site.run(400000)
        mine, other = site.offers()
        self.assertTrue(9500 <= mine <= 10500 and other >= 19100, site.offers())
        site.cars[0].most_ma = 32000  # it is asked again after 2, 4, 8, 16 minutes
        site.run(960000)
        self.assertTrue(min(site.offers()) >= 14200, site.offers())

    def test_a_car_that_ramps_slowly_gets_all(self):
        site = Site(35000, 5000, (ALL,)).coarse()
        site.cars[0].rise_ma_per_s = 300
        self.assertTrue(site.run(300000).offers()[0] >= 29200, site.offers())

    def test_a_full_car_holds_nothing_that_others_need(self):
        site = Site(20000, 2000, (ALL, ALL)).coarse().run(300000)
        self.assertEqual(site.offers(), [8900, 8900])
        site.places[0].is_ready = False  # it has ended its charge
        site.run(60000)
        self.assertEqual(site.offers()[0], 6000)
        site.run(300000)
        self.assertEqual(site.offers(), [0, 17800])
        self.assertEqual(site.places[0].why, DORMANT)
        site.cars[1].most_ma = 8000
        site.plug(1, 8000).run(20000)
        self.assertEqual(site.offers(), [6000, 8000])  # there is room for it to call

    def test_a_house_that_rises_instead_of_the_car(self):
        """An oven on L1 takes just what the car is told more, and does not take. Were it believed
        to use L1 alone, what it draws on the others would count as the house's.
        """
        site = Site(40000, 2000, (ALL,)).coarse()
        site.cars[0].most_ma = 6000
        while site.offers() == [0] or site.offers() == [6000]:
            site.run(100)
        site.run(1000)
        site.house_ma += site.offers()[0] - 6000
        site.less_ma = (0, site.house_ma - 2000, site.house_ma - 2000)
        site.run(8000)
        self.assertEqual(site.places[0].uses, [True, True, True])

    def test_a_start_that_fits_by_less_than_noise_is_none(self):
        site = Site(20000, 7600, (ALL, ALL)).coarse().run(60000)  # 19.8 A: two minima and 0.2 A
        self.assertEqual([ma > 0 for ma in site.offers()], [True, False])
        site.house_ma = 7200
        site.run(200000)
        self.assertEqual([ma > 0 for ma in site.offers()], [True, True])

    def test_a_house_that_moves_teaches_nothing_wrong_for_long(self):
        """Just as it starts, the house takes 6 A less on one of its phases."""
        site = Site(35000, 9000, (ALL,)).coarse().unplug(0).run(1000).plug(0).run(1000)
        site.less_ma = (0, 6000, 0)
        site.run(10000)
        site.run(400000)
        self.assertEqual(site.places[0].habit.uses, [True] * 3)
        self.assertTrue(site.most_ma <= 35000, site.most_ma)
        self.assertTrue(site.offers()[0] >= 25000, site.offers())


class TestMeter(unittest.TestCase):
    """What the outlet's own meter shows of what the car is told."""

    def setUp(self):
        self.habit = Habit((True,) * 3, [True] * 3)
        self.now_ms = (1 << 30) - 20_000

    def see(self, metered_ma, told_ma, seconds):
        for _ in range(seconds):
            self.now_ms = ticks_add(self.now_ms, 1000)
            self.habit.see_meter(self.now_ms, metered_ma, told_ma)
        return self.habit.want_ma

    def test_what_it_leaves_for_a_minute_it_does_not_want(self):
        self.assertIsNone(self.see(4000, 16000, 60))
        self.assertEqual(self.see(4000, 16000, 2), 6000)

    def test_a_ramp_or_a_pause_of_less_is_nothing(self):
        for _ in range(5):
            self.assertIsNone(self.see(4000, 16000, 40))
            self.assertIsNone(self.see(14000, 16000, 1))

    def test_cars_that_draw_a_little_less_want_all(self):
        for told_ma in (6000, 16000, 32000):
            self.assertIsNone(self.see(told_ma - told_ma // 16 - 2900, told_ma, 200))

    def test_who_takes_all_that_it_is_told_wants_more(self):
        self.assertEqual(self.see(100, 16000, 65), 2100)
        self.assertEqual(self.see(2000, 6000, 30), 2100)
        self.assertIsNone(self.see(5800, 6000, 1))
        self.assertIsNone(self.habit.again_ms)

    def test_without_a_reading_nothing_is_concluded(self):
        site = Site(35000, 5000, (ALL,)).coarse().run(60000)
        place = site.places[0]
        place.metered_ma = 100
        site.run(30000)
        self.assertIsNotNone(place.habit.left_ms)
        place.metered_ma = None  # lost: no deadline is left that nobody watches
        site.run(1000)
        self.assertIsNone(place.habit.left_ms)
        self.assertIsNone(site.run(100000).places[0].habit.want_ma)
        place.metered_ma = 100
        self.assertEqual(site.run(62000).places[0].habit.want_ma, 2100)
        self.assertEqual(site.run(60000).offers(), [6000])


if __name__ == "__main__":
    unittest.main()
