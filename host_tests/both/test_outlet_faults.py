"""core.outlet: every fault, what it does at once and who clears it. Times in ms."""

import unittest

from pilot_bench import Bench
from pilotlight.core import duty, faults, outlet
from pilotlight.core.faults import (
    DIODE,
    GENERATOR,
    NO_FAULT,
    NOT_CLOSED,
    RESIDUAL,
    SELF_TEST,
    VENTILATION,
    WEAK_LOW,
    WELDED,
)

X1 = duty.X1

# what happens to a charging outlet, attribute, value, fault, coil open within, why
AT_ONCE = (
    ("level_mv", 870, faults.PILOT_SHORT, "E", 60, "seq 12, vector 24: within 3 s, aim 100 ms"),
    ("level_mv", 1470, faults.PILOT_SHORT, "E", 60, "vector 25: short behind the diode"),
    ("level_mv", 0, faults.PILOT_SHORT, "E", 60, "vector 27: comparator dead"),
    ("level_mv", -12000, faults.PILOT_LOW, "F", 60, "-12 V that nobody asked for"),
    ("level_mv", 13400, faults.PILOT_LEVEL, "E", 80, "above every window: held for 60 ms"),
    ("level_mv", -5000, faults.PILOT_LEVEL, "E", 80, "between the windows: held for 60 ms"),
    ("is_sampled", False, faults.NO_READING, "E", 60, "vector 76: no sample for 60 ms"),
    ("car", "D", VENTILATION, "D1", 60, "vector 36: no ventilation here"),
    ("is_tripped", True, RESIDUAL, "C1", 20, "vector 58"),
    ("is_shorted", True, DIODE, "C1", 100, "vector 18: shorted diode"),
    ("low_mv", -9800, WEAK_LOW, "C1", 120, "weak low part for 100 ms"),
    ("low_mv", 5990, GENERATOR, "C1", 80, "vector 28: generator stuck high while PWM is on"),
    ("trouble", SELF_TEST, SELF_TEST, "C1", 20, "the monitor failed its test"),
)


class TestAtOnce(unittest.TestCase):
    def test_opens_and_goes_x1(self):
        for name, value, fault, state, within_ms, why in AT_ONCE:
            bench = Bench().charging()
            start = bench.t
            setattr(bench, name, value)
            bench.run(200)
            self.assertEqual(bench.unit.close, False, why)
            self.assertEqual(bench.unit.duty, duty.F if faults.is_latched(fault) else X1, why)
            bench.run(1000)
            self.assertEqual((bench.unit.close, bench.unit.duty), (False, X1), why)
            self.assertTrue(bench.last("close", False) - start <= within_ms, why)
            self.assertEqual((bench.unit.fault, bench.state), (fault, state), why)
            self.assertEqual(bench.unit.forced_open, 1, why)
            self.assertFalse(bench.unit.wants_current(), why)

    def test_before_closing_it_never_closes(self):
        for name, value, fault, _, __, why in AT_ONCE:
            if name == "low_mv":
                continue  # vector 20: no fault before closing, see test_outlet
            bench = Bench().plugged()
            setattr(bench, name, value)
            bench.run(100)
            if name in ("is_shorted", "is_tripped"):
                bench.car = "C"
            bench.run(5000)
            self.assertEqual((bench.count("close", True), bench.unit.fault), (0, fault), why)

    def test_starts_without_a_reading(self):
        unit = outlet.Outlet()
        self.assertEqual((unit.fault, unit.duty, unit.close), (faults.NO_READING, X1, False))
        self.assertFalse(unit.is_plugged())


class TestClearing(unittest.TestCase):
    def test_levels_clear_with_legal_readings(self):
        for level_mv in (870, -12000, 13400):
            bench = Bench().charging()
            bench.level_mv = level_mv
            bench.run(1000).level_mv = None
            bench.run(10000)
            self.assertEqual((bench.unit.fault, bench.state), (NO_FAULT, "C2"), level_mv)
            rest = bench.last("close", True) - bench.last("close", False)
            self.assertTrue(rest >= 5000, (level_mv, rest))

    def test_vector_22_one_weak_block_is_a_glitch(self):
        bench = Bench().charging()
        bench.low_mv = -9800
        bench.run(80).low_mv = None
        bench.run(1000)
        self.assertTrue(bench.unit.close)

    def test_diode_is_latched_until_unplugged(self):
        """Vectors 17, 18."""
        bench = Bench().charging()
        bench.is_shorted = True
        bench.run(1000).is_shorted = False
        for car in ("B", "C", "D", "B"):
            bench.car = car
            bench.run(5000)
            self.assertEqual((bench.unit.fault, bench.unit.duty), (DIODE, X1), car)
        bench.car = "A"
        bench.run(100)
        self.assertEqual(bench.unit.fault, NO_FAULT)
        bench.car = "C"
        self.assertTrue(bench.run(5000).unit.close)

    def test_residual_is_latched_until_acknowledged(self):
        """Vector 59: no reclosing by itself, also not after unplugging."""
        bench = Bench().charging()
        bench.is_tripped = True
        bench.run(1000).is_tripped = False
        for car in ("C", "A", "B"):
            bench.car = car
            bench.run(60000)
            self.assertEqual(bench.unit.fault, RESIDUAL, car)
        bench.unit.acknowledge()
        bench.run(20)
        self.assertEqual((bench.unit.fault, bench.state), (NO_FAULT, "B2"))

    def test_acknowledging_what_lasts_latches_again(self):
        bench = Bench().charging()
        bench.is_tripped = True
        bench.run(1000).unit.acknowledge()
        bench.run(6000)
        self.assertEqual((bench.unit.fault, bench.count("close", True)), (RESIDUAL, 1))

    def test_acknowledged_diode_never_closes_while_it_lasts(self):
        bench = Bench().charging()
        bench.is_shorted = True
        bench.run(10000).unit.acknowledge()
        bench.run(10000)
        self.assertEqual((bench.unit.fault, bench.count("close", True)), (DIODE, 1))


class TestVentilation(unittest.TestCase):
    """Vectors 36, 37: D is refused; C is welcome again after B or 30 s."""

    def test_c_at_once_is_refused(self):
        bench = Bench().charging()
        start, bench.car = bench.t, "D"
        bench.run(200).car = "C"
        bench.run(20000)
        self.assertEqual((bench.unit.fault, bench.unit.duty), (VENTILATION, X1))
        bench.run(20000)
        took = bench.last("close", True) - start
        self.assertTrue(30000 <= took <= 31000, took)

    def test_c_after_b_is_welcome(self):
        bench = Bench().charging()
        bench.car = "D"
        bench.run(200).car = "B"
        bench.run(100)
        self.assertEqual(bench.unit.fault, NO_FAULT)
        bench.car = "C"
        self.assertTrue(bench.run(6000).unit.close)

    def test_a_disturbed_pilot_is_no_b(self):
        for name, value in (("level_mv", 13400), ("level_mv", 870), ("is_sampled", False)):
            bench = Bench().charging()
            bench.car = "D"
            bench.run(200)
            before = getattr(bench, name)
            setattr(bench, name, value)
            bench.run(200).car = "C"
            setattr(bench, name, before)
            bench.run(20000)
            self.assertEqual((bench.unit.fault, bench.unit.close), (VENTILATION, False), name)

    def test_b_to_d_directly(self):
        bench = Bench().plugged()
        bench.car = "D"
        bench.run(60000)
        self.assertEqual((bench.count("close", True), bench.state), (0, "D1"))

    def test_vector_44_short_d_among_b_and_c(self):
        bench = Bench().plugged()
        for car in ("C", "B", "C", "D", "C", "B", "C", "B"):
            bench.car = car
            bench.run(1500)
        bench.car = "C"
        bench.run(6000)
        self.assertEqual((bench.unit.fault, bench.unit.close), (NO_FAULT, True))


class TestContactor(unittest.TestCase):
    def test_vector_60_welded(self):
        bench = Bench().charging()
        bench.is_welded = True
        start, bench.car = bench.t, "A"
        bench.run(2000)
        self.assertEqual(bench.unit.fault, WELDED)
        self.assertTrue(bench.last("fault", WELDED) - start <= 1000)
        bench.car = "C"
        bench.run(10000)
        self.assertEqual((bench.count("close", True), bench.unit.duty), (1, X1))

    def test_acknowledged_and_still_welded_never_closes(self):
        """A car that is ready must not make command and mirror agree again."""
        bench = Bench().charging()
        bench.is_welded = True
        bench.car = "B"
        bench.run(1000).car = "C"
        bench.run(10000).unit.acknowledge()
        bench.run(2000)
        self.assertEqual((bench.unit.fault, bench.count("close", True)), (WELDED, 1))

    def test_acknowledged_and_mended(self):
        bench = Bench().charging()
        bench.is_welded = True
        bench.car = "B"
        bench.run(2000).is_welded = False
        bench.run(2000)
        self.assertEqual(bench.unit.fault, WELDED)
        bench.unit.acknowledge()
        bench.car = "C"
        self.assertTrue(bench.run(6000).unit.close)

    def test_vector_61_does_not_close(self):
        bench = Bench().plugged()
        bench.car, bench.is_stuck_open = "C", True
        bench.run(2000)
        self.assertEqual((bench.unit.fault, bench.unit.close), (NOT_CLOSED, False))
        took = bench.last("close", False) - bench.last("close", True)
        self.assertTrue(took <= 1000, took)
        bench.run(20000)
        self.assertEqual(bench.count("close", True), 1)  # never a retry

    def test_without_a_mirror_nothing_is_judged(self):
        bench = Bench()
        bench.has_mirror, bench.is_welded = False, True
        bench.charging()
        self.assertEqual((bench.unit.fault, bench.unit.close), (NO_FAULT, True))

    def test_a_fitted_mirror_that_cannot_be_read_is_a_fault(self):
        for is_charging in (True, False):
            bench = Bench()
            bench.unit.mirror.is_fitted = True
            bench = bench.charging() if is_charging else bench.plugged()
            bench.is_unknown, bench.car = True, "C"
            bench.run(1000)
            self.assertEqual((bench.unit.fault, bench.unit.close), (faults.MIRROR, False))
            self.assertEqual(bench.count("close", True), int(is_charging))
            bench.is_unknown = False
            bench.run(10000)
            self.assertEqual(bench.unit.fault, faults.MIRROR)
            bench.unit.acknowledge()
            self.assertTrue(bench.run(10000).unit.close)

    def test_without_readings_nothing_is_said_of_the_mirror(self):
        bench = Bench()
        bench.unit.mirror.is_fitted = True
        bench.charging()
        bench.is_sampled, bench.is_unknown = False, True
        bench.run(5000)
        self.assertEqual(bench.unit.fault, faults.NO_READING)
        bench.is_sampled, bench.is_unknown = True, False
        self.assertEqual(bench.run(1000).unit.fault, NO_FAULT)

    def test_a_residual_retry_takes_back_nothing_else(self):
        bench = Bench().charging()
        bench.is_welded = True
        bench.car = "B"
        bench.run(2000).unit.retry_after_trip()
        self.assertEqual(bench.run(20).unit.fault, WELDED)

    def test_a_slow_contact_is_no_fault(self):
        bench = Bench().charging()
        bench.is_welded = True
        bench.car = "B"
        bench.run(400).is_welded = False
        bench.run(2000)
        self.assertEqual(bench.unit.fault, NO_FAULT)


class TestGap(unittest.TestCase):
    def test_c_must_last_anew_after_a_gap_whatever_kept_the_outlet_open_then(self):
        """A car may have been away and back while nobody looked, under a latched fault, too."""
        for is_tripped in (False, True):
            bench = Bench().charging()
            bench.is_tripped = is_tripped
            if not is_tripped:
                bench.may_close = False
                bench.limit_ma = 0
            bench.run(20000)
            self.assertIs(bench.unit.close, False)
            bench.is_tripped = False
            bench.run(1000).jump(300)
            began_ms = bench.t
            bench.may_close, bench.limit_ma = True, 16000
            bench.run(20)
            bench.unit.acknowledge()
            bench.run(3000)
            self.assertIs(bench.unit.close, True)
            self.assertTrue(bench.last("close") - began_ms >= 500, bench.last("close") - began_ms)


if __name__ == "__main__":
    unittest.main()
