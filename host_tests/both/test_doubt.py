"""core.doubt: which sensor is not believed, and why. mA, ms.

A feeder of 35 A with clamps, a meter, or both. The sensors are offered samples, the watch looks
every 100 ms, and nothing else of the firmware runs.
"""

import unittest
from time import ticks_add

import micropython
from pilotlight.core import balance, breaker, doubt, trust, verdict
from pilotlight.core.verdict import (
    BARE, BEYOND, DEAF, DIFFERS, FLIPS, FROZEN, GAIN, JUMPS, MISSING, NONE, SWAPPED, TURNED
)  # fmt: skip
from pilotlight.core.feeder import Feeder
from pilotlight.core.place import Place

START = (1 << 30) - 3000
RING = 1 << 30
ALL = (0, 1, 2)


class Site:
    """`kinds`: of "clamps" and "meter", in this order. Truth in `true_ma`; `clamps_see` and
    `meter_sees` make of it what the sensor says; each sample jitters by up to `jitter_ma`.
    """

    def __init__(self, kinds=("clamps", "meter"), phases=(ALL,), jitter_ma=20):
        self.now_ms = START
        self.t = 0
        self.true_ma = [5000, 5000, 5000]
        self.jitter_ma = jitter_ma
        self.clamps_see = self.meter_sees = list
        self.places = [Place(p, 6000) for p in phases]
        self.sources = [trust.Source(k, 100 if k == "clamps" else 500, 350000) for k in kinds]
        image = breaker.Breaker("B", 35000)
        self.feeder = Feeder("main", 35000, None, image, self.sources, self.places)
        self.balancer = balance.Balancer((self.feeder,), self.places)
        self.watch = doubt.Watch(self.feeder)

    def run(self, ms):
        for _ in range(ms // 100):
            self.prepare()
            for _ in self.watch.look(self.now_ms):
                pass
        return self

    def prepare(self):
        """100 ms pass, and the balancer decides."""
        self.t += 100
        self.now_ms = ticks_add(self.now_ms, 100)
        for source in self.sources:
            if source.name == "clamps":
                self._offer(source, self.clamps_see)
            elif self.t % 500 == 0:
                self._offer(source, self.meter_sees)
        if self.balancer.look(self.now_ms):
            self.balancer.decide(self.now_ms)

    def _offer(self, source, see):
        n = self.t // (100 if source.name == "clamps" else 500)
        jitter = self.jitter_ma and (n * n + 3 * n) % (self.jitter_ma + 1)
        ma = see([value + jitter for value in self.true_ma])
        if ma is not None:
            source.offer(ma[0], ma[1], ma[2], self.now_ms, self.t)

    def doubts(self):
        return [source.doubt for source in self.sources]

    def charge(self, i, ma):
        """A car at outlet `i` draws from now on what it is told."""
        place = self.places[i]
        draws_ma = place.signalled_ma if place.is_closed else 0
        place.signalled_ma, place.is_closed = ma, ma > 0
        place.may_draw_ma = place.told_ma = ma
        place.is_ready = True  # it stays in C, whatever it is told
        for p in range(3):
            if place.on[p]:
                self.true_ma[p] += ma - draws_ma
        return self


def stuck(sees_ma):
    """A sensor that says the same for ever."""
    return lambda _: sees_ma


class TestFrozen(unittest.TestCase):
    def story(self, last_ma, jitter_ma, rows):
        """The meter alone lives for 20 s and freezes at `last_ma`; rows of (age, level, doubt)."""
        site = Site(("meter",), jitter_ma=jitter_ma).run(20000)
        self.assertEqual(site.doubts(), [NONE])
        site.meter_sees = stuck(last_ma)
        site.run(500)
        before = 0
        for age_ms, level, named in rows:
            site.run(age_ms - before)
            before = age_ms
            found = (site.sources[0].level, site.sources[0].doubt)
            self.assertEqual(found, (level, named), (last_ma, jitter_ma, age_ms))
        return site

    def test_held_after_5_s_lost_after_10(self):
        """The jitter of 0...20 mA comes in steps of 1 mA: 5 A are 5000 grains."""
        self.story(
            [5003, 4000, 400],
            20,
            (
                (4500, trust.FRESH, NONE),
                (5200, trust.HOLD, FROZEN),
                (9500, trust.HOLD, FROZEN),
                (10200, trust.LOST, FROZEN),
                (120000, trust.LOST, FROZEN),
            ),
        )

    def test_a_coarser_one_takes_longer(self):
        """Grains of 5 mA at most: 3 A are 600 of them, held after 15 s and lost after 30."""

        def coarse(true_ma):
            return [value // 5 * 5 for value in true_ma]

        site = Site(("meter",), jitter_ma=30)
        site.meter_sees = coarse
        site.run(20000)
        site.meter_sees = stuck([3005, 3005, 3005])
        levels = []
        for _ in range(35):
            site.run(1000)
            levels.append(site.sources[0].level)
        first_hold, first_lost = levels.index(trust.HOLD), levels.index(trust.LOST)
        self.assertTrue(14 <= first_hold <= 16, levels)
        self.assertTrue(29 <= first_lost <= 31, levels)

    def test_what_may_stand_still_is_never_called_frozen(self):
        hour = ((300000, trust.FRESH, NONE),)
        self.story([5000, 3000, 1000], 0, hour)  # it has never moved: how fine it is, is not known
        self.story([999, 0, 400], 20, hour)  # a house at night, 1 A and less
        site = Site(("meter",), jitter_ma=900)
        site.meter_sees = lambda true_ma: [value // 1000 * 1000 for value in true_ma]
        site.run(60000)
        site.meter_sees = stuck([34000, 20000, 5000])  # whole amperes, all night
        site.run(300000)
        self.assertEqual(site.doubts(), [NONE])
        site = Site(("meter",), jitter_ma=300)
        site.meter_sees = lambda true_ma: [value // 100 * 100 for value in true_ma]
        site.run(60000)
        site.meter_sees = stuck([34500, 20000, 5000])  # tenths
        site.run(300000)
        self.assertEqual(site.doubts(), [NONE])

    def test_whole_amperes_do_not_count(self):
        """A P1 meter that tells 16 A where power / voltage is 15.8 A: no finer value is used then,
        although there were some before.
        """
        site = Site(("meter",)).run(60000)
        for sees in ([16000, 16000, 16000], [16000, 0, 820]):
            site.meter_sees = stuck(sees)
            site.run(120000)
            self.assertEqual(site.doubts(), [NONE])
        site.meter_sees = stuck([16000, 16000, 15990])
        site.run(12000)
        self.assertEqual(site.doubts(), [FROZEN])

    def test_one_value_that_moves_is_enough(self):
        site = Site(("meter",)).run(20000)
        site.meter_sees = lambda true_ma: [16000, 5000, true_ma[2]]
        site.run(600000)
        self.assertEqual(site.doubts(), [NONE])

    def test_it_is_believed_again_when_it_moves(self):
        site = self.story([5003, 4000, 400], 20, ((12000, trust.LOST, FROZEN),))
        site.meter_sees = list
        site.run(1000)
        self.assertEqual((site.sources[0].level, site.doubts()), (trust.FRESH, [NONE]))

    def test_silence_is_not_standing_still(self):
        """An hour of silence, and the same values once more."""
        site = Site(("meter",)).run(20000)
        last_ma = list(site.sources[0].raw_ma)
        site.meter_sees = stuck(None)
        site.run(6000)
        self.assertEqual((site.sources[0].level, site.doubts()), (trust.LOST, [NONE]))
        site.now_ms = (site.now_ms + 7 * 86400000) % RING
        site.meter_sees = stuck(last_ma)
        site.run(2000)
        self.assertEqual(site.doubts(), [NONE])

    def test_the_clamps_carry_on_alone(self):
        site = Site().run(20000)
        site.meter_sees = stuck(list(site.sources[1].raw_ma))
        site.true_ma = [9000, 9000, 9000]
        site.run(12000)
        self.assertEqual(site.doubts(), [NONE, FROZEN])
        self.assertEqual((site.feeder.level, site.feeder.is_derated), (trust.FRESH, True))
        self.assertTrue(8900 < min(site.feeder.measured_ma) <= max(site.feeder.measured_ma) < 9100)


class TestSamples(unittest.TestCase):
    def test_a_missing_phase_is_named(self):
        for phase in range(3):
            site = Site(("meter",)).run(5000)
            hole = [5000, 5000, 5000]
            hole[phase] = None
            site.meter_sees = stuck(hole)
            site.run(600)
            named = MISSING | 16 << phase
            self.assertEqual((site.sources[0].level, site.doubts()), (trust.LOST, [named]))
            site.meter_sees = list
            site.run(1000)
            self.assertEqual((site.sources[0].level, site.doubts()), (trust.FRESH, [NONE]))

    def test_an_implausible_one_is_named_for_a_while(self):
        site = Site(("meter",)).run(5000)
        site.meter_sees = stuck([5000, 400000, 5000])
        site.run(500)
        site.meter_sees = list
        self.assertEqual((site.sources[0].level, site.doubts()), (trust.FRESH, [BEYOND]))
        self.assertTrue(max(site.feeder.measured_ma) < 5100)
        self.assertFalse(site.watch.is_settled())
        site.run(5000)
        self.assertEqual((site.doubts(), site.watch.is_settled()), ([NONE], True))

    def test_if_they_go_on_it_is_held_and_lost(self):
        site = Site(("meter",)).run(5000)
        site.meter_sees = stuck([5000, 400000, 5000])
        levels = []
        for _ in range(8):
            site.run(1000)
            levels.append(site.sources[0].level)
            self.assertEqual(site.doubts(), [BEYOND])
        expected = [trust.FRESH] + [trust.HOLD] * 4 + [trust.LOST] * 3
        self.assertEqual(levels, expected)

    def test_signs_that_flip_near_zero_are_named_and_change_nothing(self):
        site = Site()
        site.true_ma = [200, 5000, 300]
        site.meter_sees = lambda true_ma: [
            value if site.t // 500 % 2 and value < 1000 else -value for value in true_ma
        ]
        site.run(600000)
        self.assertEqual((site.doubts(), site.sources[0].trim), ([NONE, FLIPS], [0, 0, 0]))
        self.assertTrue(4900 < site.feeder.measured_ma[1] < 5200)
        self.assertEqual((site.feeder.level, site.feeder.is_derated), (trust.FRESH, False))

    def test_a_sign_that_changes_now_and_then_is_a_load_that_comes_and_goes(self):
        """Export that begins and ends every half minute."""
        site = Site()
        site.meter_sees = lambda true_ma: [
            value if site.t // 30000 % 2 else -value for value in true_ma
        ]
        site.run(600000)
        self.assertEqual(site.doubts(), [NONE, NONE])

    def jumping(self, every_ms, to_ma, samples=1):
        """A meter whose sample on L2 is off once in a while."""
        site = Site(("meter",)).run(5000)

        def sees(true_ma):
            is_off = site.t % every_ms < 500 * samples
            return [true_ma[0], to_ma if is_off else true_ma[1], true_ma[2]]

        site.meter_sees = sees
        return site

    def test_a_lone_sample_again_and_again_is_named_and_changes_nothing_else(self):
        for true_ma, to_ma in ((5000, 30000), (30000, 2000)):
            site = self.jumping(2500, to_ma)
            site.true_ma[1] = true_ma
            site.run(20000)
            self.assertEqual((site.doubts(), site.sources[0].level), ([JUMPS], trust.FRESH))
            site.meter_sees = list
            site.run(31000)
            self.assertEqual(site.doubts(), [NONE])

    def test_what_is_no_jump(self):
        for every_ms, to_ma, samples, why in (
            (30000, 30000, 1, "a motor that starts twice a minute"),
            (2500, 20000, 1, "less than half the rating"),
            (5000, 30000, 2, "two samples that agree: an oven that switches"),
        ):
            site = self.jumping(every_ms, to_ma, samples).run(120000)
            self.assertEqual(site.doubts(), [NONE], why)


class TestPair(unittest.TestCase):
    def named(self, expected, clamps_see, true_ma, ms=60000):
        site = Site().run(10000)
        site.clamps_see = clamps_see
        site.true_ma = list(true_ma)
        site.run(ms)
        self.assertEqual(site.doubts(), [expected, NONE], (true_ma, site.sources[0].trim))
        self.assertEqual(site.sources[0].stands_alone, expected == NONE)
        return site

    def test_swapped(self):
        for order in ((1, 0, 2), (2, 1, 0), (0, 2, 1), (1, 2, 0), (2, 0, 1)):
            self.named(
                SWAPPED, lambda ma, o=order: [ma[o[0]], ma[o[1]], ma[o[2]]], (20000, 9000, 2000)
            )

    def test_the_higher_one_counts_then(self):
        site = self.named(SWAPPED, lambda ma: [ma[1], ma[0], ma[2]], (20000, 9000, 2000))
        self.assertTrue(min(site.feeder.measured_ma[:2]) >= 20000, site.feeder.measured_ma)
        self.assertEqual((site.feeder.level, site.feeder.is_derated), (trust.FRESH, True))

    def test_if_the_meter_is_lost_then_all_is_lost(self):
        site = self.named(SWAPPED, lambda ma: [ma[1], ma[0], ma[2]], (20000, 9000, 2000))
        site.meter_sees = stuck(None)
        levels = []
        for _ in range(6):
            site.run(1000)
            levels.append(site.feeder.level)
        self.assertEqual(levels, [trust.FRESH] + [trust.HOLD] * 4 + [trust.LOST])

    def test_equal_loads_show_nothing(self):
        self.named(NONE, lambda ma: [ma[1], ma[0], ma[2]], (9000, 9500, 9000), 600000)

    def test_gain(self):
        self.named(GAIN, lambda ma: [value * 8 // 10 for value in ma], (20000, 9000, 5000))
        self.named(GAIN, lambda ma: [value * 15 // 10 for value in ma], (20000, 9000, 5000))
        self.named(GAIN, lambda ma: [ma[0], ma[1] * 7 // 10, ma[2]], (20000, 19000, 5000))

    def test_at_another_cable(self):
        self.named(DIFFERS, lambda ma: [700, ma[1], ma[2]], (20000, 9000, 5000))
        self.named(DIFFERS, lambda ma: [700, 0, 1200 + ma[2] % 50], (20000, 9000, 5000))
        self.named(DIFFERS, lambda ma: [value * 3 for value in ma], (20000, 9000, 5000))

    def test_at_no_current(self):
        """Plug out, wire cut, jaws open, winding shorted: all the same."""
        for see, phases in (
            (lambda ma: [0, ma[1], ma[2]], 1),
            (lambda ma: [ma[0], ma[1], 0], 4),
            (lambda ma: [0, 0, 0], 7),
        ):
            self.named(BARE | phases << 4, see, (20000, 9000, 5000))
        self.named(DIFFERS, lambda ma: [0, ma[1] * 7 // 10, ma[2]], (20000, 15000, 5000))

    def test_where_nothing_flows_an_open_clamp_is_not_known(self):
        self.named(NONE, lambda ma: [ma[0], ma[1], 0], (20000, 9000, 900))

    def directed(self, clamps_w, meter_w, percent):
        """A meter and a reference tell of power; its factor as the clamps see it."""
        site = Site().run(10000)
        site.sources[0].power = {"power_w": clamps_w, "power_factor_pct": percent}
        site.sources[1].power = {"power_w": meter_w}
        return site.run(60000)

    def test_the_other_way_round(self):
        """Two of three; L2 carries next to nothing."""
        site = self.directed([-2000, -300, -1000], [2000, 300, 1000], [-99, -95, -98])
        self.assertEqual(site.doubts(), [TURNED | 5 << 4, NONE])
        self.assertEqual(verdict.name(site.doubts()[0]), "turned round at L1, L3")
        # only named
        self.assertTrue(site.sources[0].stands_alone and not site.feeder.is_derated)
        site.sources[0].power = {"power_w": [2000, 300, 1000], "power_factor_pct": [99, 95, 98]}
        site.run(60000)
        self.assertEqual(site.doubts(), [NONE, NONE])

    def test_directions_that_agree_or_tell_nothing(self):
        for clamps_w, meter_w, percent in (
            ([-2000] * 3, [-2000] * 3, [-99] * 3),  # both show export
            ([-700] * 3, [1000] * 3, [-50] * 3),  # phases exchanged, or a motor
            ([-1000] * 3, [1000] * 3, [None] * 3),
            ([-1000] * 3, [None] * 3, [-99] * 3),
            ([-1000] * 3, [400] * 3, [-99] * 3),  # near zero either may be right
        ):
            site = self.directed(clamps_w, meter_w, percent)
            self.assertEqual(site.doubts(), [NONE, NONE], (clamps_w, meter_w, percent))

    def test_within_10_percent_the_gain_is_corrected(self):
        """1/1024 each 10 s: 6 % are some 60 steps."""
        for per_cent in (94, 106):
            site = self.named(
                NONE,
                lambda ma, c=per_cent: [value * c // 100 for value in ma],
                (20000, 9000, 3000),
            )
            self.assertTrue(3 <= abs(site.sources[0].trim[0]) <= 8, site.sources[0].trim)
            self.assertFalse(site.watch.is_settled())
            site.run(900000)
            expected = 1024 * 100 // per_cent - 1024
            for p in range(2):
                error = site.sources[0].trim[p] - expected
                self.assertTrue(abs(error) <= 15, (p, expected, site.sources[0].trim))
            self.assertEqual(site.sources[0].trim[2], 0, "3 A tell too little")

    def test_never_by_more_than_10_percent(self):
        """A load that grows with the error: 1 A + 10 % is the bound of what fits."""
        site = Site()
        site.clamps_see = lambda ma: [value * 85 // 100 for value in ma]
        site.true_ma = [15000, 9000, 5000]
        site.run(3000000)
        self.assertEqual((site.doubts(), site.sources[0].trim[0]), ([NONE, NONE], 102))

    def test_one_percent_is_left_alone(self):
        site = self.named(
            NONE, lambda ma: [value * 992 // 1000 for value in ma], (20000, 9000, 6000), 600000
        )
        self.assertEqual(site.sources[0].trim, [0, 0, 0])

    def test_a_slow_meter_is_no_disagreement(self):
        """A load of 10 A comes and goes each 2.5 s; the meter shows what was 2 s ago."""
        site = Site()
        past = [[5000, 5000, 5000]] * 20
        site.meter_sees = lambda _: past[0]
        for i in range(3000):
            site.true_ma[0] = 15000 if i // 25 % 2 else 5000
            past.append(list(site.true_ma))
            past.pop(0)
            site.run(100)
        self.assertEqual(site.doubts(), [NONE, NONE])

    def test_a_few_bad_readings_a_day_never_add_up(self):
        site = Site()
        site.true_ma = [12000, 9000, 5000]
        for _ in range(30):
            site.clamps_see = stuck([0, 0, 0])
            site.run(10000)
            site.clamps_see = list
            site.run(30000)
        self.assertEqual(site.doubts(), [NONE, NONE])

    def test_a_person_ends_it(self):
        site = self.named(SWAPPED, lambda ma: [ma[1], ma[0], ma[2]], (20000, 9000, 2000))
        site.clamps_see = list
        site.run(120000)
        self.assertEqual(site.doubts(), [SWAPPED, NONE])  # wiring does not mend itself
        site.watch.acknowledge()
        site.run(120000)
        self.assertEqual((site.doubts(), site.sources[0].stands_alone), ([NONE, NONE], True))


class TestSteps(unittest.TestCase):
    def charged(self, kinds=("meter",), phases=(ALL,)):
        """20 s of charging with 16 A; the house takes 5 A."""
        site = Site(kinds, phases).run(30000).charge(0, 16000)
        return site.run(20000)

    def stop_and_go(self, site, times):
        for _ in range(times):
            site.charge(0, 0).run(30000).charge(0, 16000).run(30000)
        return site

    def test_an_honest_one_follows(self):
        for kinds in (("meter",), ("clamps",), ("clamps", "meter")):
            site = self.stop_and_go(self.charged(kinds), 10)
            self.assertEqual(site.doubts(), [NONE] * len(kinds))

    def test_an_opening_that_shows_nothing_three_times(self):
        """It goes on telling of 21 A, with a jitter."""
        site = self.charged()
        for count, named in ((1, NONE), (2, NONE), (3, DEAF)):
            site.meter_sees = lambda _: [21000 + site.t % 700 // 20, 21100, 21000]
            site.charge(0, 0).run(12000)
            self.assertEqual(site.doubts(), [named], count)
            site.meter_sees = list
            if named == NONE:
                # the balancer has to see a house of 5 A again, and the car on top of it
                site.run(60000).charge(0, 16000).run(20000)
        self.assertEqual((site.sources[0].level, site.feeder.level), (trust.LOST, trust.LOST))
        site.run(60000)
        self.assertEqual(site.doubts(), [DEAF])
        site.watch.acknowledge()
        site.run(1000)
        self.assertEqual((site.sources[0].level, site.doubts()), (trust.FRESH, [NONE]))

    def test_clamps_at_another_cable_are_found_by_the_outlet_too(self):
        site = self.charged(("clamps", "meter"), ((1,),))
        site.true_ma[0] = site.true_ma[2] = 20000  # as much as the car and the house on L2
        site.clamps_see = lambda ma: [ma[0], ma[0], ma[2]]
        for _ in range(3):
            site.places[0].metered_ma = 16000
            site.run(1000).charge(0, 0).run(1000)
            site.places[0].metered_ma = 0
            site.run(9000).charge(0, 16000).run(20000)
        self.assertEqual(site.doubts(), [DEAF, NONE])
        self.assertEqual((site.sources[0].level, site.feeder.level), (trust.LOST, trust.FRESH))

    def test_a_car_that_has_left_c_had_stopped_before(self):
        """What the balancer still ascribes to it is of the house, which has grown slowly."""
        site = self.charged()
        site.meter_sees = lambda _: [21000 + site.t % 700 // 20, 21100, 21000]
        for _ in range(5):
            site.charge(0, 0).places[0].is_ready = False
            site.run(12000).charge(0, 16000).run(20000)
        self.assertEqual(site.doubts(), [NONE])

    def test_a_car_that_ignores_its_pilot_is_not_the_sensors_fault(self):
        """Told less ten times, it draws on; no contactor opens. Its own meter may show it."""
        for metered_ma in (None, 16000):
            site = self.charged()
            site.places[0].metered_ma = metered_ma
            for told_ma in (8000, 16000) * 10:
                site.places[0].signalled_ma = told_ma
                site.run(20000)
            self.assertEqual(site.doubts(), [NONE], metered_ma)

    def test_with_a_meter_of_its_own_a_reduction_tells(self):
        """The car goes down and up by 8 A, by its meter; of the feeder's sensor it is not seen."""
        for is_seen, named in ((True, NONE), (False, DEAF)):
            site = self.charged()
            site.places[0].metered_ma = 16000
            if not is_seen:
                site.meter_sees = lambda _, s=site: [21000 + s.t % 700, 21000, 21000]
            for _ in range(3):
                for told_ma in (8000, 16000):
                    site.charge(0, told_ma).run(2000)
                    site.places[0].metered_ma = told_ma
                    site.run(20000)
            self.assertEqual(site.doubts(), [named])

    def test_the_house_that_made_it_necessary_does_not_hide_it(self):
        """The house takes 10 A more, the car is told 10 A less: in all nothing has changed."""
        site = self.charged(("clamps", "meter"))
        site.places[0].metered_ma = 16000
        for _ in range(10):
            for p in range(3):
                site.true_ma[p] += 10000
            site.run(500).charge(0, 6000).run(2000)
            site.places[0].metered_ma = 6000
            site.run(20000)
            for p in range(3):
                site.true_ma[p] -= 10000
            site.run(10000).charge(0, 16000).run(2000)
            site.places[0].metered_ma = 16000
            site.run(20000)
        self.assertEqual(site.doubts(), [NONE, NONE])

    def test_one_good_answer_wipes_out_the_bad_ones(self):
        site = self.charged()
        for i in range(9):
            if i % 3:
                site.meter_sees = lambda _: [21000 + site.t % 700 // 20, 21100, 21000]
            site.charge(0, 0).run(12000)
            site.meter_sees = list
            site.run(60000).charge(0, 16000).run(20000)
        self.assertEqual(site.doubts(), [NONE])

    def test_a_silent_sensor_does_not_answer_and_is_not_asked(self):
        site = self.charged()
        site.meter_sees = stuck(None)
        site.charge(0, 0).run(20000)
        site.meter_sees = list
        self.stop_and_go(site.run(5000), 2)
        self.assertEqual(site.doubts(), [NONE])

    def test_two_closed_outlets_on_a_phase_tell_nothing(self):
        site = Site(("meter",), (ALL, ALL)).run(30000)
        site.charge(0, 16000).charge(1, 10000).run(20000)
        site.meter_sees = lambda _: [31000 + site.t % 700, 31000, 31000]
        self.stop_and_go(site, 5)
        self.assertEqual(site.doubts(), [NONE])

    def test_steps_are_being_followed_for_8_s(self):
        site = self.charged()
        self.assertFalse(site.watch.is_settled())  # the start has been followed for 20 s
        site.run(200)
        self.assertTrue(site.watch.is_settled())
        site.charge(0, 0).run(300)
        self.assertFalse(site.watch.is_settled())
        site.run(8000)
        self.assertTrue(site.watch.is_settled())


class TestMemory(unittest.TestCase):
    def test_looking_takes_none(self):
        """All that is judged, with two outlets and both sensors: frozen, implausible, swapped, a
        reduction that is not followed, and all of it over again.
        """
        site = Site(phases=(ALL, (1,))).run(20000)
        power = {"power_w": [-900] * 3, "power_factor_pct": [-99] * 3, "voltage_mv": 230000}
        site.sources[0].power = power
        site.sources[1].power = {"power_w": [900] * 3}
        site.charge(0, 16000).run(20000)
        swapped = lambda ma: [ma[2], ma[1], ma[0]]  # noqa: E731
        site.true_ma[0] += 9000
        for clamps_see, meter_sees in (
            (swapped, list),
            (stuck([5000, 5000, 400000]), list),
            (list, stuck([5003, None, 5000])),
            (list, lambda ma: [ma[0] + site.t // 500 % 2 * 30000, -ma[1], ma[2]]),
            (list, stuck([25003, 5000, 5000])),
        ):
            site.clamps_see, site.meter_sees = clamps_see, meter_sees
            for told_ma in (0, 16000):
                site.charge(0, told_ma)
                for _ in range(220):
                    site.prepare()
                    look = site.watch.look(site.now_ms)
                    micropython.heap_lock()
                    try:
                        for _ in look:
                            pass
                    finally:
                        micropython.heap_unlock()
        self.assertEqual(site.doubts(), [SWAPPED, FROZEN])


class TestNames(unittest.TestCase):
    def test_each_has_one(self):
        self.assertEqual(len(verdict.NAMES), FLIPS + 1)
        self.assertEqual(verdict.name(MISSING | 2 << 4), "a phase is missing at L2")
        self.assertTrue(all(verdict.NAMES[1:]))
        self.assertEqual(verdict.NAMES[NONE], "")


if __name__ == "__main__":
    unittest.main()
