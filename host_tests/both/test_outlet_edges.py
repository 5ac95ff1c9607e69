"""core.outlet and core.pilot at their edges: exact borders, exact counts, which of two faults counts.

Each row or test is here because a small change of the source went unnoticed without it. Times in
ms, levels in mV.
"""

import unittest

from pilot_bench import Bench
from pilotlight.core import faults, outlet, pilot
from pilotlight.core.pilot import UNKNOWN, A, B, C, D, E, F, X

# lowest and highest mV of a band, its letter, the accepted letters that hold on there, and what
# they hold (table A.4 with its hysteresis)
BANDS = (
    (13000, 15000, X, (), X),
    (11000, 12999, A, (), A),
    (10000, 10999, B, (A,), A),
    (8000, 9999, B, (), B),
    (7000, 7999, C, (A, B), B),
    (5000, 6999, C, (), C),
    (4000, 4999, D, (A, B, C), C),
    (2000, 3999, D, (), D),
    (-1000, 1999, E, (), E),
    (-2000, -1001, X, (E,), E),
    (-10000, -2001, X, (), X),
    (-11000, -10001, X, (F,), F),
    (-13000, -11001, F, (), F),
    (-15000, -13001, X, (), X),
)
GOOD, WEAK = (9000, -12000), (9000, -9999)
MIRRORED, FLAT = (8800, -8800), (9000, 9000)


class TestBands(unittest.TestCase):
    def test_both_borders_of_every_band_from_every_letter(self):
        for low_mv, high_mv, letter, holders, held in BANDS:
            for accepted in (A, B, C, D, E, F, X, UNKNOWN):
                expected = held if accepted in holders else letter
                for mv in (low_mv, high_mv):
                    found = pilot.classify(mv, accepted)
                    self.assertEqual(found, expected, (mv, pilot.NAMES[accepted]))


class TestCounts(unittest.TestCase):
    """Exactly so many readings in a row, from the start and after one of another kind."""

    def feed(self, readings, ask):
        """None: a reading without PWM."""
        level = pilot.Level()
        found = [ask(level)]
        now_ms = 1000
        for reading in readings:
            now_ms += 20
            high_mv, low_mv = reading or FLAT
            level.feed(now_ms, high_mv, low_mv, now_ms, reading is not None)
            found.append(ask(level))
        return found

    def test_from_the_beginning_of_pwm(self):
        found = self.feed((GOOD, GOOD, None, GOOD, GOOD), lambda level: level.diode_is_ok)
        self.assertEqual(found, [False, False, True, False, False, True])
        found = self.feed((None, FLAT, FLAT, FLAT), lambda level: level.is_flat)
        self.assertEqual(found, [False, False, False, False, True])

    def test_out_of_c_and_into_a_short_in_two_unequal_readings(self):
        readings = [(high_mv, -12000) for high_mv in (6000, 6000, 12000, 870)]
        self.assertEqual(self.feed(readings, lambda level: level.letter)[-2:], [C, E])

    def test_two_good_low_parts(self):
        found = self.feed((GOOD, GOOD, WEAK, GOOD, GOOD), lambda level: level.diode_is_ok)
        self.assertEqual(found, [False, False, True, False, False, True])

    def test_two_mirrored(self):
        readings = (MIRRORED, MIRRORED, GOOD, MIRRORED, MIRRORED, MIRRORED)
        found = self.feed(readings, lambda level: level.diode_is_shorted)
        self.assertEqual(found, [False, False, True, False, False, True, True])

    def test_three_flat(self):
        readings = (FLAT, FLAT, FLAT, GOOD, FLAT, FLAT, FLAT, FLAT)
        found = self.feed(readings, lambda level: level.is_flat)
        self.assertEqual(found, [False, False, False, True, False, False, False, True, True])

    def test_out_of_c_with_no_two_alike_is_over_at_the_next_illegal_one(self):
        readings = [(high_mv, -12000) for high_mv in (6000, 6000, 3000, -5000, 3000, -5000)]
        found = self.feed(readings, lambda level: level.letter)
        self.assertEqual(found[-4:], [C, C, C, X])

    def test_out_of_c_into_d_by_the_first_pair(self):
        readings = [(high_mv, -12000) for high_mv in (6000, 6000, 3000, -1500, 3000, 3000)]
        self.assertEqual(self.feed(readings, lambda level: level.letter)[-2:], [C, D])

    def test_a_repeated_reading_is_no_gap(self):
        level = pilot.Level()
        level.feed(1000, 6000, 6000, 1000, False)
        level.feed(1020, 6000, 6000, 1000, False)
        self.assertIs(level.is_broken, False)

    def test_a_reading_that_comes_100_ms_late_is_stale(self):
        level = pilot.Level()
        level.feed(1000, 6000, 6000, 1000, False)
        level.feed(1120, 6000, 6000, 1020, False)
        self.assertEqual(level.letter, UNKNOWN)

    def test_weak_ones_are_counted_from_one(self):
        found = self.feed((WEAK, WEAK, GOOD, WEAK), lambda level: level.weak_low_readings)
        self.assertEqual(found, [0, 1, 2, 0, 1])

    def test_the_first_reading_is_not_settled(self):
        found = self.feed((GOOD, GOOD), lambda level: level.is_steady)
        self.assertEqual(found, [True, False, True])


class TestWhatIsShown(unittest.TestCase):
    def test_each_deadline_unsettles(self):
        for what in ("guard", "pwm", "dwell", "force", "rest", "refuse", "f", "quiet"):
            unit = outlet.Outlet()
            self.assertTrue(unit.is_settled())
            setattr(unit, "_" + what + "_ms", 1000)
            self.assertFalse(unit.is_settled(), what)
        for part in ("wake", "mirror"):
            unit = outlet.Outlet()
            getattr(unit, part)._until_ms = 1000
            self.assertFalse(unit.is_settled(), part)

    def test_a_car_that_is_refused_is_plugged_all_the_same(self):
        bench = Bench().plugged()
        bench.car = "D"
        self.assertTrue(bench.run(200).unit.is_plugged())

    def test_the_fan_is_for_d_only(self):
        bench = Bench()
        bench.unit.allows_ventilation = True
        self.assertIs(bench.charging().unit.wants_ventilation(), False)
        bench.car = "D"
        self.assertIs(bench.run(1000).unit.wants_ventilation(), True)

    def test_in_b_it_is_not_ready(self):
        bench = Bench().plugged()
        self.assertIs(bench.unit.is_ready(), False)
        bench.car = "C"
        self.assertIs(bench.run(1000).unit.is_ready(), True)

    def test_settled_in_a_b_and_e_but_not_while_c_is_young(self):
        bench = Bench().run(200)
        self.assertIs(bench.unit.is_settled(), True)
        for car, level_mv, is_settled in (("B", None, True), ("C", None, False), ("A", 0, True)):
            bench.car, bench.level_mv = car, level_mv
            self.assertIs(bench.run(200).unit.is_settled(), is_settled, (car, level_mv))

    def test_a_guard_has_to_say_that_it_opened(self):
        bench = Bench().charging()
        bench.unit.step(bench.now_ms, bench.level, 16000, False, True, True, faults.NO_FAULT)
        self.assertTrue(bench.unit.close)


class TestTimes(unittest.TestCase):
    def test_closed_500_ms_after_c_was_accepted(self):
        bench = Bench().plugged()
        start, bench.car = bench.t, "C"
        bench.run(1000)
        self.assertEqual(bench.last("close", True) - start, 40 + 500)

    def test_f_for_300_ms_and_what_the_car_does_100_ms_later(self):
        bench = Bench().charging()
        bench.is_tripped = True
        bench.run(100)
        bench.is_tripped, bench.car = False, "B"
        bench.run(1000)
        end = bench.last("duty", 10000)
        self.assertEqual(end - bench.last("duty", 0), 320)  # 300 at the pin, in steps of 20
        self.assertEqual(bench.last("state", "B1") - end, 100)

    def test_forced_open_6_s_after_x1(self):
        bench = Bench().charging()
        bench.limit_ma = 0
        bench.run(7000)
        self.assertEqual(bench.last("close", False) - bench.last("duty"), 6000)

    def test_closed_again_5_s_after_it_opened(self):
        bench = Bench().charging()
        bench.car = "B"
        bench.run(200).car = "C"
        bench.run(6000)
        self.assertEqual(bench.last("close", True) - bench.last("close", False), 5000)

    def test_x1_for_3_s_after_the_f_of_a_fault(self):
        bench = Bench().charging()
        bench.is_tripped = True
        bench.run(100).is_tripped = False
        bench.run(400).unit.acknowledge()
        bench.run(8000)
        self.assertEqual(bench.last("duty", 2666) - bench.last("duty", 10000), 3000)

    def test_c_is_refused_for_30_s_after_d(self):
        bench = Bench().plugged()
        bench.car = "D"
        bench.run(200).car = "C"
        bench.run(31000)
        since = bench.last("fault", faults.VENTILATION)
        self.assertEqual(bench.last("fault", faults.NO_FAULT) - since, 30000)

    def test_a_low_part_that_is_never_good_is_a_fault_after_150_readings(self):
        bench = Bench()
        bench.low_mv = -7000
        bench.car, bench.limit_ma = "B", 16000
        bench.run(5000)
        # the first reading is not wholly of PWM, the 151st is the 150th that counts
        self.assertEqual(bench.last("fault", faults.WEAK_LOW) - bench.last("duty", 2666), 3020)

    def test_a_low_part_that_becomes_weak_while_closed_opens_after_5_readings(self):
        bench = Bench().charging()
        bench.low_mv = -8500
        start = bench.t
        bench.run(1000)
        self.assertEqual(bench.last("close", False) - start, 100)

    def test_a_sleeper_is_woken_beside_a_fan_and_after_a_short_too(self):
        bench = Bench()
        bench.unit.allows_ventilation = True
        bench.plugged().level_mv = 0
        bench.run(200).level_mv = None
        bench.run(36000)
        self.assertEqual(bench.count("state", "F"), 1)


class TestWhichFaultCounts(unittest.TestCase):
    def welded(self):
        bench = Bench().charging()
        bench.is_welded = True
        bench.car = "B"
        bench.run(1000)
        self.assertEqual(bench.unit.fault, faults.WELDED)
        return bench

    def test_what_ends_with_the_car_does_not_hide_a_welded_contactor(self):
        for trouble in (faults.DIODE, faults.LOCK):  # both end with the car
            bench = self.welded()
            bench.trouble = trouble
            bench.run(100)
            self.assertEqual(bench.unit.fault, faults.WELDED)
            bench.trouble, bench.car = faults.NO_FAULT, "A"
            bench.run(1000)
            self.assertEqual(bench.unit.fault, faults.WELDED)

    def test_the_first_counts_also_before_one_with_a_higher_number(self):
        bench = Bench().plugged()
        bench.is_shorted = True
        bench.run(200)
        bench.is_welded = True
        bench.run(1000)
        self.assertEqual(bench.unit.fault, faults.DIODE)

    def test_a_residual_current_hides_every_other(self):
        bench = self.welded()
        bench.is_tripped = True
        bench.run(20)
        self.assertEqual(bench.unit.fault, faults.RESIDUAL)

    def test_a_retry_takes_back_a_residual_current_but_no_welded_contactor(self):
        bench = self.welded()
        bench.unit.retry_after_trip()
        self.assertEqual(bench.run(20).unit.fault, faults.WELDED)
        bench = Bench().plugged()
        bench.is_tripped = True
        bench.run(100).is_tripped = False
        bench.unit.retry_after_trip()
        self.assertEqual(bench.run(20).unit.fault, faults.NO_FAULT)

    def test_a_retry_takes_back_no_shorted_diode(self):
        bench = Bench().plugged()
        bench.is_shorted = True
        bench.run(200)
        bench.unit.retry_after_trip()
        bench.is_shorted = False
        bench.run(1000)
        self.assertEqual(bench.unit.fault, faults.DIODE)

    def test_ventilation_excuses_d_and_nothing_else(self):
        for level_mv, fault in (
            (0, faults.PILOT_SHORT),
            (-12000, faults.PILOT_LOW),
            (-5000, faults.PILOT_LEVEL),
        ):
            bench = Bench()
            bench.unit.allows_ventilation = True
            bench.charging().level_mv = level_mv
            bench.run(200)
            self.assertEqual((bench.unit.fault, bench.unit.close), (fault, False), level_mv)

    def test_the_next_car_is_not_refused(self):
        bench = Bench().plugged()
        bench.car = "D"
        bench.run(200).car = "A"
        bench.run(200).car = "C"
        self.assertEqual(bench.run(6000).state, "C2")
        self.assertTrue(bench.unit.close)

    def test_refused_ventilation_does_not_hide_a_short(self):
        bench = Bench().plugged()
        bench.car = "D"
        bench.run(200).level_mv = 0
        bench.run(200)
        self.assertEqual(bench.unit.fault, faults.PILOT_SHORT)


if __name__ == "__main__":
    unittest.main()
