"""core.balance: one feeder over simulated minutes (balance_bench.py). mA per phase, ms."""

import unittest
from time import ticks_add, ticks_diff

from balance_bench import ALL, START, Site
from pilotlight.core import policy, trust
from pilotlight.core.balance import Balancer
from pilotlight.core.breaker import Breaker
from pilotlight.core.feeder import Feeder
from pilotlight.core.place import CAPPED, DORMANT, UNLIMITED, WAITING, Place

RESTS = "rests after a pause: feeder main: L1 had no room for the minimum"


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


class TestDownAndUp(unittest.TestCase):
    def test_down_in_the_decision_that_sees_it(self):
        site = Site(35000, 5000, (ALL,)).run(300000)
        self.assertEqual(site.offers(), [29600])
        site.house_ma = 15000
        site.run(100)  # one window
        self.assertEqual(site.offers(), [19600])

    def test_a_small_excess_is_noise(self):
        site = Site(35000, 5000, (ALL,)).run(300000)
        site.feeder.limit_ma = 34850
        site.run(200)
        self.assertEqual(site.offers(), [29600])
        site.feeder.limit_ma = 34500
        site.run(200)
        self.assertEqual(site.offers(), [29100])

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
        """Eight starts an hour at most, whatever the house does."""
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
