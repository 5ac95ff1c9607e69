"""core.outlet through its Annex A sequences and test vectors. Times in ms, duty in 1/100 %.

Every test drives pilot levels through core.pilot, so debouncing is part of the times.
"""

import unittest

from pilot_bench import WEEK_MS, Bench
from pilotlight.core import duty, faults, pilot

X1 = duty.X1
A16 = 2666  # duty of 16 A


class TestPlugging(unittest.TestCase):
    def test_seq_1_1_plug_in_without_permission(self):
        bench = Bench().run(1000)
        self.assertEqual((bench.state, bench.unit.is_plugged()), ("A1", False))
        bench.car = "B"
        bench.run(100)  # vector 2
        self.assertEqual((bench.state, bench.unit.duty), ("B1", X1))
        self.assertEqual(bench.count("state", "B1"), 1)
        self.assertTrue(bench.unit.is_plugged() and bench.unit.wants_current())

    def test_seq_3_1_power_becomes_available(self):
        bench = Bench()
        bench.car = "B"
        bench.run(1000).limit_ma = 16000
        bench.run(20)
        self.assertEqual((bench.state, bench.unit.duty), ("B2", A16))
        self.assertEqual(bench.unit.signalled_ma(), 15996)

    def test_below_six_amps_nothing_is_offered(self):
        bench = Bench().plugged(5999)
        self.assertEqual((bench.state, bench.unit.duty), ("B1", X1))

    def test_seq_4_car_ready(self):
        """Close guard 500 ms, at most 3 s; vector 5."""
        bench = Bench().plugged()
        start, bench.car = bench.t, "C"
        bench.run(3000)
        took = bench.last("close", True) - start
        self.assertTrue(500 <= took <= 700, took)
        self.assertEqual((bench.state, bench.unit.fault), ("C2", faults.NO_FAULT))

    def test_c_that_chatters_closes_nothing(self):
        """A reading of something else begins the 500 ms anew, also one too few to leave C."""
        for leave_readings, away in ((2, 1), (3, 2)):
            bench = Bench().plugged()
            bench.level = pilot.Level(leave_readings)
            for _ in range(40):
                bench.car = "C"
                bench.run(400)
                bench.car = "B"
                bench.run(20 * away)
            self.assertEqual(bench.count("close", True), 0)
            bench.car = "C"
            self.assertTrue(bench.run(600).unit.close)

    def test_seq_1_2_simplified_car(self):
        """Vector 16: A to C directly; PWM first, then the contactor within 3 s."""
        bench = Bench().run(1000)
        bench.car, bench.limit_ma = "C", 16000
        bench.run(4000)
        self.assertTrue(0 < bench.last("close", True) - bench.last("duty", A16) <= 3000)

    def test_seq_3_2_boot_with_a_ready_car(self):
        """Vector 14: C at power-up is x1 and open until permitted, no fault."""
        bench = Bench()
        bench.car = "C"
        bench.run(20000)
        self.assertEqual((bench.state, bench.unit.close, bench.unit.fault), ("C1", False, 0))
        start, bench.limit_ma = bench.t, 10000
        bench.run(3000)
        self.assertTrue(40 <= bench.last("close", True) - start <= 3000)

    def test_without_permission_never_closed(self):
        bench = Bench()
        bench.car = "C"
        bench.run(60000)
        self.assertEqual(bench.count("close", True), 0)


class TestLeaving(unittest.TestCase):
    """Whatever ends C opens within 60 ms of the pilot's move: the contactor has the other 40."""

    def opened_after(self, bench):
        start = bench.t
        bench.run(1000)
        self.assertFalse(bench.unit.close)
        return bench.last("close", False) - start

    def test_seq_8_1_and_2_2(self):
        rows = (("B", "B2", "seq 8.1, vector 8"), ("A", "A1", "seq 2.2, vector 9"))
        for car, state, why in rows:
            bench = Bench().charging()
            bench.car = car
            self.assertTrue(self.opened_after(bench) <= 60, why)
            self.assertEqual(bench.state, state, why)
            self.assertEqual(bench.unit.forced_open, 0, why)

    def test_seq_8_2_opened_in_x1(self):
        """Seq 9.1, 10.1, 8.2, vector 10: x1 at once, closed until the car leaves C."""
        bench = Bench().charging()
        start, bench.limit_ma = bench.t, 0
        bench.run(2000)
        self.assertEqual(bench.last("duty", X1) - start, 20)
        self.assertEqual((bench.state, bench.unit.close), ("C1", True))
        bench.car = "B"
        self.assertTrue(self.opened_after(bench) <= 60)
        self.assertEqual((bench.state, bench.unit.forced_open), ("B1", 0))

    def test_seq_10_2_the_car_does_not_answer(self):
        """Vector 11: forced open at >= 6.0 s, < 7.0 s, and counted."""
        bench = Bench().charging()
        bench.limit_ma = 0
        bench.run(10000)
        took = bench.last("close", False) - bench.last("duty", X1)
        self.assertTrue(6000 <= took < 7000, took)
        self.assertEqual((bench.state, bench.unit.forced_open), ("C1", 1))

    def test_vector_75_unplugged_while_stopping(self):
        bench = Bench().charging()
        bench.limit_ma = 0
        bench.run(2000).car = "A"
        self.assertTrue(self.opened_after(bench) <= 60)
        self.assertEqual(bench.run(10000).unit.forced_open, 0)
        self.assertTrue(bench.unit.is_settled())

    def test_vector_12_resume_in_c1(self):
        """The 6 s end with the resume; the contactor never opens."""
        bench = Bench().charging()
        bench.limit_ma = 0
        bench.run(1000).limit_ma = 16000
        bench.run(1000)
        self.assertEqual((bench.state, bench.unit.duty), ("C2", A16))
        bench.run(20000)
        self.assertEqual((bench.count("close", False), bench.unit.forced_open), (0, 0))

    def test_seq_2_1_and_9_3_oscillator_off_when_unplugged(self):
        bench = Bench().plugged()
        start, bench.car = bench.t, "A"
        bench.run(1000)
        self.assertTrue(bench.last("duty", X1) - start <= 60)
        self.assertEqual(bench.state, "A1")


class TestDuties(unittest.TestCase):
    def test_seq_6_five_seconds_apart_and_the_last_value_wins(self):
        """Vector 47: 16, 10, 6 A within 3 s."""
        bench = Bench().plugged()
        bench.car = "C"
        bench.run(10000).limit_ma = 20000
        bench.run(1000).limit_ma = 10000
        bench.run(1000).limit_ma = 6000
        bench.run(10000)
        times = [(e[0], e[2]) for e in bench.events if e[1] == "duty"]
        self.assertEqual([value for _, value in times], [A16, 3333, 1000])
        self.assertEqual(times[2][0] - times[1][0], 5020)

    def test_old_duty_changes_at_once(self):
        bench = Bench().charging()
        start, bench.limit_ma = bench.t, 6000
        self.assertEqual(bench.run(20).last("duty"), start + 20)

    def test_vector_48_emergency_does_not_wait(self):
        bench = Bench().charging()
        bench.limit_ma = 10000
        bench.run(100).limit_ma = 0
        bench.run(20)
        self.assertEqual((bench.unit.duty, bench.last("duty")), (X1, bench.t))

    def test_seq_9_2_three_seconds_of_x1(self):
        """Vector 13."""
        bench = Bench().plugged()
        bench.limit_ma = 0
        bench.run(100).limit_ma = 16000
        bench.run(10000)
        self.assertEqual(bench.last("duty", A16) - bench.last("duty", X1), 3000)

    def test_pwm_returns_in_c_no_sooner_than_5_s_after_the_last_duty(self):
        bench = Bench().charging()
        bench.limit_ma = 10000
        bench.run(1000).limit_ma = 0
        bench.run(1000).limit_ma = 10000
        bench.run(5020)
        times = [e[0] for e in bench.events if e[1] == "duty" and e[2] == 1666]
        self.assertEqual(times[1] - times[0], 5020)
        self.assertTrue(bench.unit.close)


class TestClosing(unittest.TestCase):
    def test_seq_11_pulses_never_close(self):
        """Vectors 41, 42: B-C-B pulses of 150-450 ms are seen and never close."""
        for pulse_ms in (160, 200, 260, 400, 440):
            bench = Bench().plugged()
            for _ in range(6):
                bench.car = "C"
                bench.run(pulse_ms).car = "B"
                bench.run(pulse_ms)
            self.assertEqual(bench.count("state", "C2"), 6, pulse_ms)
            self.assertEqual(bench.count("close", True), 0, pulse_ms)

    def test_vector_43_toggling_closes_once_in_five_seconds(self):
        bench = Bench().plugged()
        for _ in range(30):
            bench.car = "C"
            bench.run(1000).car = "B"
            bench.run(300)
        closed = [e[0] for e in bench.events if e[1] == "close" and e[2]]
        opened = [e[0] for e in bench.events if e[1] == "close" and not e[2]]
        self.assertTrue(len(closed) >= 4)
        for i in range(1, len(closed)):
            self.assertTrue(closed[i] - opened[i - 1] >= 5000, (opened[i - 1], closed[i]))

    def test_minimum_rest(self):
        """5 s from opening to closing, not more than the guard needs on top."""
        bench = Bench().charging()
        bench.car = "B"
        bench.run(200).car = "C"
        bench.run(10000)
        rest = bench.last("close", True) - bench.last("close", False)
        self.assertTrue(5000 <= rest <= 5100, rest)

    def test_vector_7_hold_bands_close_as_well(self):
        for level_mv in (4990, 5280, 6510, 6990):
            bench = Bench().plugged()
            bench.level_mv = level_mv
            bench.run(3000)
            self.assertTrue(bench.unit.close, level_mv)

    def test_vector_20_weak_low_part_never_closes(self):
        """And is told after 3 s: it will not close."""
        bench = Bench().plugged()
        bench.car, bench.low_mv = "C", -9000
        bench.run(2000)
        self.assertEqual(bench.unit.fault, faults.NO_FAULT)
        bench.run(10000)
        self.assertEqual((bench.count("close", True), bench.unit.fault), (0, faults.WEAK_LOW))

    def test_vector_21_e_up_charges(self):
        bench = Bench().plugged()
        bench.car, bench.low_mv = "C", -10400
        self.assertTrue(bench.run(3000).unit.close)


class TestMustOpen(unittest.TestCase):
    def test_opens_in_this_step_with_x1(self):
        bench = Bench().charging()
        bench.must_open = True
        bench.run(20)
        self.assertEqual((bench.unit.close, bench.unit.duty), (False, X1))
        self.assertEqual((bench.state, bench.unit.forced_open), ("C1", 1))

    def test_it_keeps_from_closing(self):
        bench = Bench().plugged()
        bench.car, bench.must_open = "C", True
        bench.run(5000)
        self.assertEqual(bench.count("close", True), 0)

    def test_returns_after_the_rest(self):
        bench = Bench().charging()
        bench.must_open = True
        bench.run(20).must_open = False
        bench.run(10000)
        self.assertTrue(bench.last("close", True) - bench.last("close", False) >= 5000)
        self.assertEqual(bench.unit.forced_open, 1)


class TestAfterAStall(unittest.TestCase):
    def test_c_begins_anew(self):
        """Where the car was meanwhile nobody has seen: a pulse after a stall closes nothing."""
        bench = Bench().plugged()
        bench.car = "C"
        bench.run(200)
        bench.jump(4000)
        start = bench.t
        bench.run(5000)
        took = bench.last("close", True) - start
        self.assertTrue(500 <= took <= 560, took)

    def test_a_closed_contactor_stays_closed(self):
        bench = Bench().charging()
        bench.jump(4000)
        bench.run(1000)
        self.assertTrue(bench.unit.close)
        self.assertEqual(bench.count("close", False), 0)


class TestOpenedByTheGuard(unittest.TestCase):
    """The guard is quicker than the letter by a step or two; after a stall the car may be in C
    again."""

    def test_open_without_x1_and_without_a_fault(self):
        bench = Bench().charging()
        was = bench.unit.duty
        bench.is_opened = True
        bench.run(20)
        self.assertEqual((bench.unit.close, bench.unit.duty), (False, was))
        self.assertEqual((bench.state, bench.unit.fault, bench.unit.forced_open), ("C2", 0, 0))

    def test_closes_again_only_after_the_rest(self):
        bench = Bench().charging()
        bench.is_opened = True
        bench.run(20)
        bench.run(10000)
        self.assertTrue(bench.last("close", True) - bench.last("close", False) >= 5000)
        self.assertEqual(bench.unit.fault, 0)

    def test_nothing_to_open(self):
        bench = Bench().plugged()
        bench.is_opened = True
        bench.run(20)
        self.assertEqual((bench.state, bench.unit.close), ("B2", False))


class TestIdleTicks(unittest.TestCase):
    def test_no_deadline_comes_alive_again(self):
        """After more than 6.2 days an old tick lies in the future: nothing may have been left."""
        bench = Bench().charging()
        bench.limit_ma = 0
        bench.run(8000)  # forced open, rest running
        bench.run(8000)
        self.assertTrue(bench.unit.is_settled())
        bench.jump(WEEK_MS)
        start, bench.limit_ma = bench.t, 16000
        bench.run(1000)
        self.assertTrue(bench.last("close", True) - start <= 200)

    def test_duty_changes_at_once_after_a_week_in_c2(self):
        bench = Bench().charging()
        self.assertTrue(bench.unit.is_settled())
        bench.jump(WEEK_MS)
        start, bench.limit_ma = bench.t, 10000
        self.assertEqual(bench.run(100).last("duty"), start + 20)

    def test_ventilation_is_forgotten_after_a_week_in_d(self):
        bench = Bench().charging()
        bench.car = "D"
        bench.run(31000).jump(WEEK_MS)
        bench.car = "C"
        self.assertTrue(bench.run(1000).unit.close)


if __name__ == "__main__":
    unittest.main()
