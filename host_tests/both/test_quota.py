"""core.quota and core.solar: limits of sums. W, mA, ms."""

import unittest
from time import ticks_add

from pilotlight.core import trust
from pilotlight.core.balance import Balancer
from pilotlight.core.breaker import Breaker
from pilotlight.core.feeder import Feeder
from pilotlight.core.place import Place
from pilotlight.core.quota import Allowed, House, Import, Quarter, Unbalance
from pilotlight.core.solar import FAST, MIN_SOLAR, SOLAR, Solar

START = (1 << 30) - 3000
ALL = (0, 1, 2)


class Home:
    """A supply of 63 A with a signed meter each second, sun on all phases, and cars that follow
    within a second.
    """

    def __init__(self, phases=(ALL, ALL), sun_w=0, house_w=600):
        self.now_ms = START
        self.sun_w, self.house_w = sun_w, house_w
        self.house_ma = None  # of each phase, instead of the power
        self.places = [Place(p, 6000) for p in phases]
        self.draws_ma = [0] * len(phases)
        self.most_ma = [32000] * len(phases)
        self.source = trust.Source("meter", 1000)
        self.power_w = [0, 0, 0]
        self.source.power = {"power_w": self.power_w}
        sources = (self.source,)
        self.feeder = Feeder("main", 63000, None, Breaker("B", 63000), sources, self.places)
        self.house = House(self.feeder)
        self.balancer = Balancer((self.feeder,), self.places)
        self.sequence = 0
        self.is_heard = True
        self.wrong = 1  # -1: its powers have the wrong sign
        self.highest_w = -(1 << 29)
        self.pauses = 0
        for place in self.places:
            place.is_plugged = place.is_asking = place.is_ready = True
            place.allowed_ma = 32000

    def bind(self, *quotas):
        self.balancer.bind(quotas)
        return self

    def flow_ma(self, phase):
        if self.house_ma is None:
            ma = (self.house_w - self.sun_w) * 1000 // 690
        else:
            ma = self.house_ma[phase]
        for place, draws_ma in zip(self.places, self.draws_ma):
            if place.on[phase]:
                ma += draws_ma
        return ma

    def net_w(self):
        return sum([self.flow_ma(p) for p in ALL]) * 230 // 1000

    def run(self, seconds):
        for _ in range(seconds):
            self.now_ms = ticks_add(self.now_ms, 1000)
            self._second()
        return self

    def _second(self):
        for i, place in enumerate(self.places):
            told_ma = place.signalled_ma if place.is_closed else 0
            self.draws_ma[i] = min(told_ma, self.most_ma[i])
        flows = [self.flow_ma(p) for p in ALL]
        self.highest_w = max(self.highest_w, self.net_w())
        if self.is_heard:
            self.sequence += 1
            for p in ALL:
                self.power_w[p] = self.wrong * flows[p] * 230 // 1000
            self.source.offer(flows[0], flows[1], flows[2], self.now_ms, self.sequence)
        if self.balancer.look(self.now_ms):
            before = [place.offered_ma for place in self.places]
            self.balancer.decide(self.now_ms)
            for place, offered_ma in zip(self.places, before):
                self.pauses += offered_ma > 0 and place.offered_ma == 0
        for place in self.places:
            place.signalled_ma = place.offered_ma
            place.is_closed = place.can_open = place.offered_ma > 0

    def offers(self):
        return [place.offered_ma for place in self.places]


class TestAllowed(unittest.TestCase):
    """What the grid operator allows all outlets together."""

    def home(self, limit_w, phases=(ALL, ALL)):
        home = Home(phases)
        return home.bind(Allowed("operator", home.places, limit_w)).run(600)

    def test_every_watt_value_is_honoured(self):
        for limit_w, offers in (
            (0, [0, 0]),  # 0 is nothing, not no limit
            (4100, [0, 0]),  # less than 6 A on three phases
            (4200, [6000, 0]),  # 6 A at 230 V: 4140 W
            (8280, [6000, 6000]),
            (11040, [8000, 8000]),
        ):
            self.assertEqual(self.home(limit_w).offers(), offers, limit_w)

    def test_one_phase_takes_a_third(self):
        self.assertEqual(self.home(4200, ((0,),)).offers(), [18200])

    def test_it_comes_at_once_and_goes(self):
        home = Home().run(300)
        self.assertEqual(home.offers(), [30700, 30700])
        home.bind(Allowed("operator", home.places, 8400)).run(1)
        self.assertEqual(home.offers(), [6000, 6000])
        self.assertEqual(home.places[0].why, "dimming to 8400 W by the operator is shared out")
        self.assertEqual(home.bind().run(300).offers(), [30700, 30700])

    def test_a_small_excess_is_too_much(self):
        home = self.home(11040)
        home.balancer.quotas[0].limit_w = 10970
        self.assertEqual(home.run(1).offers(), [7900, 7900])


class TestImport(unittest.TestCase):
    """Power from the grid."""

    def home(self, limit_w, phases=(ALL, ALL), **more):
        home = Home(phases, **more)
        limit = Import("import", home.house)
        limit.limit_w = limit_w
        return home.bind(limit)

    def test_cars_take_what_the_house_leaves(self):
        home = self.home(12000, house_w=2000).run(600)
        self.assertLess(home.highest_w, 12000)
        self.assertGreater(home.net_w(), 11700)
        home.house_w = 5000
        home.run(3)
        self.assertLess(home.net_w(), 12000)

    def test_the_sun_makes_room(self):
        home = self.home(5000, sun_w=6000).run(900)
        self.assertGreater(home.net_w(), 4500)
        self.assertLess(home.highest_w, 5000)

    def test_what_a_car_does_not_take_others_get(self):
        home = self.home(12000, house_w=0)
        home.most_ma[0] = 3000
        home.run(900)
        self.assertLess(home.highest_w, 12000)
        self.assertGreater(home.net_w(), 11000)

    def test_a_sensor_without_power_counts_all_as_drawn(self):
        home = self.home(5000, sun_w=3000, house_w=0)
        home.source.power = {}
        home.run(600)
        self.assertEqual(home.offers(), [0, 0])
        self.assertFalse(home.house.is_signed)

    def test_a_doubted_sensor_tells_no_power(self):
        home = self.home(5000, (), sun_w=3000, house_w=0).run(5)
        self.assertLess(home.house.net_w, -2990)
        home.source.doubt = 3
        self.assertGreater(home.run(1).house.net_w, 2990)

    def test_without_sensors_the_rating_is_taken(self):
        home = self.home(12000, house_w=2000).run(600)
        home.is_heard = False
        home.run(15)
        self.assertEqual(home.offers(), [0, 0])


class TestQuarter(unittest.TestCase):
    """The mean of any quarter of an hour."""

    def worst_w(self, home, minutes):
        """The highest mean over 15 minutes, beginning anywhere."""
        seconds = []
        for _ in range(minutes * 60):
            home.run(1)
            seconds.append(max(0, home.net_w()))
        total = sum(seconds[:900])
        worst = total
        for i in range(900, len(seconds)):
            total += seconds[i] - seconds[i - 900]
            worst = max(worst, total)
        return worst // 900

    def home(self, mean_w, house_w):
        home = Home((ALL,), house_w=house_w)
        quarter = Quarter("quarter", home.house)
        quarter.limit_w = mean_w
        return home.bind(quarter)

    def test_steady(self):
        worst_w = self.worst_w(self.home(8000, 1000), 40)
        self.assertLessEqual(worst_w, 8000)
        self.assertGreater(worst_w, 7600)

    def test_a_peak_of_the_house_is_made_up_for(self):
        home = self.home(8000, 1000)
        home.run(1000)
        home.house_w = 12000
        home.run(240)
        self.assertEqual(home.offers(), [0])
        home.house_w = 1000
        self.assertLessEqual(self.worst_w(home, 40), 8000)
        self.assertGreater(home.net_w(), 7000)

    def test_the_whole_mean_with_the_peak(self):
        home = self.home(8000, 1000)
        home.run(1000)
        seen = []
        for i in range(2400):
            home.house_w = 12000 if 300 <= i < 500 else 1000
            home.run(1)
            seen.append(max(0, home.net_w()))
        worst = max([sum(seen[i : i + 900]) for i in range(0, 1500, 20)])
        self.assertLessEqual(worst // 900, 8000)


class TestUnbalance(unittest.TestCase):
    """How far phases may differ."""

    def home(self, phases, limit_ma=20000):
        home = Home(phases)
        quotas = []
        for p in ALL:
            quota = Unbalance("unbalance of L" + str(p + 1), home.feeder, p)
            quota.limit_ma = limit_ma
            quotas.append(quota)
        home.house_ma = [2000, 2000, 2000]
        return home.bind(*quotas)

    def test_one_phase_cars(self):
        self.assertEqual(self.home(((0,),)).run(600).offers(), [20000])
        self.assertEqual(self.home(((0,), (0,))).run(600).offers(), [10000, 10000])
        self.assertEqual(self.home(((0,), (1,))).run(600).offers(), [20000, 20000])

    def test_three_phases_differ_by_nothing(self):
        self.assertEqual(self.home((ALL,)).run(600).offers(), [32000])

    def test_the_house_counts(self):
        home = self.home(((0,),))
        home.house_ma = [9000, 2000, 4000]
        self.assertEqual(home.run(600).offers(), [13000])
        home = self.home(((1,),))
        home.house_ma = [9000, 2000, 4000]
        self.assertEqual(home.run(600).offers(), [20000])


class TestSolar(unittest.TestCase):
    """Modes of the sun."""

    def home(self, *modes, phases=None, **more):
        home = Home(phases or [ALL] * len(modes), **more)
        home.bind(Solar("main: solar surplus", home.house))
        for place, mode in zip(home.places, modes):
            place.set_mode(mode)
        return home

    def test_only_the_surplus(self):
        home = self.home(SOLAR, sun_w=9000).run(900)
        self.assertLess(home.highest_w, 0)
        self.assertGreater(home.net_w(), -500)

    def test_no_sun_no_charge(self):
        home = self.home(SOLAR, sun_w=4000).run(900)  # 3400 W are left, 4140 wanted
        self.assertEqual(home.offers(), [0])
        self.assertEqual(home.places[0].why, "main: solar surplus has no room for the minimum")

    def test_it_starts_when_the_minimum_has_lasted_a_minute(self):
        home = self.home(SOLAR).run(300)
        home.sun_w = 6000
        self.assertEqual(home.run(50).offers(), [0])
        self.assertGreater(home.run(40).offers()[0], 5999)

    def test_minimum_and_surplus(self):
        home = self.home(MIN_SOLAR).run(600)
        self.assertEqual(home.offers(), [6000])
        home.sun_w = 8000
        home.run(300)
        self.assertGreater(home.offers()[0], 10000)
        self.assertLess(home.net_w(), 1)
        home.sun_w = 0
        self.assertEqual(home.run(10).offers(), [6000])

    def test_behind_a_cloud_it_keeps_the_minimum(self):
        home = self.home(SOLAR, sun_w=9000).run(600)
        home.sun_w = 1000
        self.assertEqual(home.run(200).offers(), [6000])
        home.sun_w = 9000
        self.assertGreater(home.run(200).offers()[0], 11000)
        self.assertEqual(home.pauses, 0)
        home.sun_w = 1000
        self.assertEqual(home.run(290).offers(), [6000])
        self.assertEqual(home.run(15).offers(), [0])

    def test_the_fast_one_comes_first(self):
        home = self.home(FAST, SOLAR, sun_w=9000)
        home.most_ma[0] = 8000
        home.run(900)
        self.assertEqual(home.offers()[1], 0)
        home = self.home(FAST, SOLAR, sun_w=12000)
        home.most_ma[0] = 8000
        home.run(1200)
        self.assertGreater(home.offers()[1], 7000)
        self.assertLess(home.net_w(), 1)

    def test_two_share_it(self):
        home = self.home(SOLAR, SOLAR, sun_w=12000).run(1500)
        first_ma, second_ma = home.offers()
        self.assertLess(abs(first_ma - second_ma), 600)
        self.assertLess(home.highest_w, 0)
        self.assertGreater(home.net_w(), -1000)

    def test_a_minimum_without_sun_takes_from_nobody(self):
        home = self.home(MIN_SOLAR, SOLAR, sun_w=5500).run(900)
        self.assertEqual(home.offers(), [7100, 0])

    def test_a_car_that_takes_less(self):
        home = self.home(SOLAR, SOLAR, sun_w=12000)
        home.most_ma[0] = 6000
        home.run(1500)
        self.assertLess(home.highest_w, 0)
        self.assertGreater(home.net_w(), -1000)

    def test_unsigned_power_is_no_surplus(self):
        home = self.home(SOLAR, sun_w=9000)
        home.source.power = {}
        home.run(200)
        self.assertEqual(home.offers(), [0])
        self.assertIn("not known", home.places[0].why)

    def test_lost_sensors_mean_no_sun(self):
        home = self.home(SOLAR, sun_w=9000).run(600)
        home.feeder.base_max_ma = 2000
        home.is_heard = False
        home.run(330)
        self.assertEqual(home.offers(), [0])

    def test_a_high_export_is_not_waited_for(self):
        home = self.home(SOLAR).run(300)
        home.balancer.quotas[0].export_w = 4500
        home.sun_w = 8000
        self.assertEqual(home.run(25).offers(), [6000])


class TestDirection(unittest.TestCase):
    """A sensor may be wrong about it."""

    def test_a_meter_the_wrong_way_round_makes_no_room(self):
        home = Home(phases=(ALL,), house_w=10350)
        home.feeder.limit_ma = 25000
        home.wrong = -1
        home.run(300)
        self.assertEqual(home.house.net_w, None)  # nobody asks
        self.assertTrue(home.flow_ma(0) <= 25000, home.flow_ma(0))
        self.assertTrue(8000 <= home.offers()[0] <= 9700, home.offers())

    def test_it_does_not_make_a_liar_of_itself_by_it(self):
        home = Home(phases=(ALL,), house_w=3450)
        home.wrong = -1
        home.run(120)
        self.assertEqual(home.feeder.signed_ma[0] < 0, True)
        self.assertEqual(home.feeder.measured_ma[0] > 0, True)

    def test_one_clamp_with_a_reference(self):
        made = trust.Source("clamps", 100, phases=1)
        made.power = {"power_w": [-2300]}
        made.offer(10000, 0, 0, START, 1)
        self.assertEqual([made.signed_ma(p) for p in ALL], [-10000, 0, 0])
        self.assertEqual(made.power_w(), -2300)

    def test_a_sensor_doubted_for_its_direction_tells_none(self):
        made = trust.Source("meter", 500)
        made.power = {"power_w": [-2300, -2300, -2300]}
        made.offer(-10000, 10000, 10000, START, 1)
        for doubt, is_back in ((0, True), (9, False), (5, False), (10, True), (11, True)):
            made.doubt = doubt
            self.assertEqual([made.is_export(p) for p in ALL], [is_back] * 3, doubt)
            self.assertEqual(made.power_w() is not None, is_back, doubt)


class TestMore(unittest.TestCase):
    def test_an_order_counts_phases_that_a_car_has_not_been_seen_to_use(self):
        home = Home((ALL,))
        home.places[0].uses[1] = home.places[0].uses[2] = False
        home.places[0].habit.is_partial = True
        home.bind(Allowed("operator", home.places, 4200)).run(60)
        self.assertEqual(home.offers(), [6000])

    def test_a_pool_taken_up_again_days_later_begins_anew(self):
        home = Home((ALL,), house_w=6000)
        limit = Import("import", home.house)
        quarter = Quarter("quarter", home.house)
        limit.limit_w = quarter.limit_w = 9000
        home.bind(limit, quarter).run(1200)
        self.assertEqual(home.offers(), [0])
        for days in (2, 7):
            home.bind()
            for _ in range(days):
                home.now_ms = ticks_add(home.now_ms, 86400000)
                home.run(1)
            home.house_w = 1000
            home.bind(limit, quarter).run(400)
            self.assertTrue(home.offers()[0] > 9000, (days, home.offers()))
            home.house_w = 6000
            home.run(300)

    def test_one_that_takes_nothing_leaves_the_sun_to_others(self):
        for idle in ("last", "capped"):
            home = Home((ALL, ALL), sun_w=6600)
            home.bind(Solar("sun", home.house))
            home.places[0].set_mode(MIN_SOLAR)
            home.places[1].set_mode(SOLAR)
            if idle == "last":
                home.places[0].is_ready = False  # full
            else:
                home.places[0].allowed_ma = 0
            home.run(900)
            self.assertTrue(home.offers()[1] >= 6000, (idle, home.offers()))

    def test_unbalance_by_what_is_fed_back(self):
        home = Home(((1,),))
        home.house_ma = [-15000, 0, 0]
        quotas = [Unbalance("unbalance", home.feeder, p) for p in ALL]
        for quota in quotas:
            quota.limit_ma = 20000
        home.bind(*quotas).run(300)
        self.assertEqual(home.offers(), [0])  # 5 A are left


if __name__ == "__main__":
    unittest.main()
