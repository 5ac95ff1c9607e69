"""core.outlet: state F that we show ourselves, and what else may keep it from closing. Times in ms."""

import unittest

from pilot_bench import WEEK_MS, Bench
from pilotlight.core import duty, faults

LATCHING = (
    ("is_tripped", True, faults.RESIDUAL),
    ("is_shorted", True, faults.DIODE),
    ("low_mv", -9800, faults.WEAK_LOW),
    ("low_mv", 5990, faults.GENERATOR),
    ("trouble", faults.SELF_TEST, faults.SELF_TEST),
    ("trouble", faults.LOCK, faults.LOCK),
)
PASSING = (("level_mv", 870), ("level_mv", 13400), ("level_mv", -12000), ("car", "D"))


def spells(bench, since=0):
    """(begin, end) of each time that F was shown."""
    events = [e for e in bench.events if e[1] == "duty" and e[0] > since]
    found = []
    for i in range(len(events) - 1):
        if events[i][2] == duty.F:
            found.append((events[i][0], events[i + 1][0]))
    return found


class TestAfterAFault(unittest.TestCase):
    def test_a_latched_fault_while_charging_shows_f_for_300_ms(self):
        """Vector 58, then x1 for at least 2 s: vector 57."""
        for name, value, fault in LATCHING:
            bench = Bench().charging()
            setattr(bench, name, value)
            bench.run(3000)
            [(begin, end)] = spells(bench)
            self.assertEqual(begin, bench.last("close", False), fault)
            self.assertTrue(300 <= end - begin <= 340, (fault, end - begin))
            self.assertEqual((bench.unit.duty, bench.unit.fault), (duty.X1, fault))
            self.assertEqual(bench.unit.letter, 2, fault)  # still C: our F is no letter

    def test_faults_that_pass_show_none(self):
        for name, value in PASSING:
            bench = Bench().charging()
            setattr(bench, name, value)
            bench.run(3000)
            self.assertEqual((spells(bench), bench.unit.close), ([], False), (name, value))

    def test_nothing_is_shown_where_no_current_could_flow(self):
        bench = Bench().plugged()
        bench.is_tripped = True
        bench.run(3000)
        self.assertEqual((spells(bench), bench.unit.fault), ([], faults.RESIDUAL))

    def test_acknowledged_at_once_it_still_waits_for_f_and_x1(self):
        bench = Bench().charging()
        bench.is_tripped = True
        bench.run(20).is_tripped = False
        bench.unit.acknowledge()
        bench.run(8000)
        [(_, end)] = spells(bench)
        self.assertTrue(bench.unit.close)
        self.assertTrue(bench.last("close", True) - end >= 4000)  # 5 s of rest

    def test_f_opens(self):
        bench = Bench().charging()
        bench.unit.show_f(bench.now_ms, 1000, 500)
        bench.run(500)
        self.assertEqual((bench.unit.close, bench.state, bench.unit.fault), (False, "F", 0))
        bench.run(10000)
        self.assertEqual((bench.unit.close, bench.state), (True, "C2"))

    def test_a_fault_that_comes_while_f_is_shown(self):
        bench = Bench().plugged()
        bench.unit.show_f(bench.now_ms, 1000, 500)
        bench.run(100).is_tripped = True
        bench.run(3000)
        self.assertEqual((bench.unit.fault, bench.unit.duty), (faults.RESIDUAL, duty.X1))


class TestWake(unittest.TestCase):
    """Vector 55: 30 s without an answer, F 4 s, x1 0.75 s, PWM; once."""

    def asleep(self, ms):
        bench = Bench()
        bench.car, bench.limit_ma = "B", 16000
        return bench.run(ms)

    def test_once(self):
        bench = self.asleep(300000)
        offered = [e[0] for e in bench.events if e[1:] == ("duty", 2666)]
        [(begin, end)] = spells(bench)
        self.assertTrue(30000 <= begin - offered[0] <= 30100, begin - offered[0])
        self.assertTrue(4000 <= end - begin <= 4040, end - begin)
        self.assertTrue(750 <= offered[1] - end <= 800, offered[1] - end)
        self.assertEqual((len(offered), bench.unit.fault, bench.state), (2, 0, "B2"))

    def test_the_car_wakes(self):
        bench = self.asleep(36000)
        self.assertEqual(len(spells(bench)), 1)
        bench.car = "C"
        self.assertTrue(bench.run(1000).unit.close)

    def test_it_stays_a_plugged_car_all_the_while(self):
        bench = self.asleep(28000)
        for _ in range(500):
            bench.run(20)
            self.assertTrue(bench.unit.is_plugged() and bench.unit.wants_current())
        self.assertEqual(len(spells(bench)), 1)

    def test_not_a_car_that_has_charged(self):
        bench = Bench().charging()
        bench.car = "B"
        bench.run(120000)
        self.assertEqual(spells(bench), [])

    def test_not_where_f_is_not_allowed(self):
        """Vector 56: some older hybrids fault on F."""
        bench = Bench()
        bench.unit.wake.is_allowed = False
        bench.car, bench.limit_ma = "B", 16000
        bench.run(120000)
        self.assertEqual((spells(bench), bench.state), ([], "B2"))

    def test_not_while_nothing_is_offered(self):
        bench = self.asleep(20000)
        bench.limit_ma = 0
        bench.run(120000).limit_ma = 16000
        bench.run(20000)
        self.assertEqual(spells(bench), [])
        self.assertEqual(len(spells(bench.run(16000))), 1)

    def test_the_next_car_too(self):
        bench = self.asleep(60000)
        bench.car = "A"
        bench.run(1000).car = "B"
        self.assertEqual(len(spells(bench.run(60000))), 2)

    def test_unplugged_meanwhile(self):
        bench = self.asleep(32000)
        self.assertEqual(bench.state, "F")
        bench.car = "A"
        bench.run(5000)
        self.assertEqual((bench.state, bench.unit.fault, bench.unit.duty), ("A1", 0, duty.X1))

    def test_ready_meanwhile_closes_after_the_guard(self):
        bench = self.asleep(32000)
        bench.car = "C"
        bench.run(6000)
        [(_, end)] = spells(bench)
        self.assertTrue(bench.unit.close)
        self.assertTrue(bench.last("close", True) - end >= 750)

    def test_a_week_later_nothing_comes_alive(self):
        bench = self.asleep(60000)
        bench.jump(WEEK_MS)
        bench.run(60000)
        self.assertEqual(len(spells(bench)), 1)

    def test_a_stall_over_the_end_of_f(self):
        bench = self.asleep(32000)
        bench.jump(4000)
        bench.run(20)
        end = bench.t
        self.assertEqual((bench.state, bench.unit.duty), ("B1", duty.X1))
        bench.run(5000)
        self.assertEqual(bench.unit.fault, 0)
        self.assertEqual(bench.count("fault", faults.PILOT_LOW), 0)
        self.assertTrue(bench.last("duty", 2666) - end >= 740)


class TestVentilated(unittest.TestCase):
    def ventilated(self):
        bench = Bench()
        bench.unit.allows_ventilation = True
        return bench.plugged()

    def test_d_charges_like_c_and_asks_for_the_fan(self):
        bench = self.ventilated()
        start, bench.car = bench.t, "D"
        bench.run(2000)
        self.assertEqual((bench.state, bench.unit.close, bench.unit.fault), ("D2", True, 0))
        self.assertTrue(bench.unit.wants_ventilation() and bench.unit.is_ready())
        self.assertTrue(bench.last("close", True) - start >= 500)
        bench.limit_ma = 0
        bench.run(1000)
        self.assertEqual((bench.state, bench.unit.close), ("D1", True))
        bench.run(6000)
        self.assertEqual((bench.state, bench.unit.close), ("D1", False))
        self.assertFalse(bench.unit.wants_ventilation())

    def test_c_to_d_and_back_stays_closed(self):
        bench = self.ventilated()
        for car in "CDCDCD":
            bench.car = car
            bench.run(3000)
            self.assertEqual((bench.unit.close, bench.state), (True, car + "2"))
        self.assertEqual(bench.count("close", True), 1)

    def test_leaving_d_opens(self):
        for car in "AB":
            bench = self.ventilated()
            bench.car = "D"
            start = bench.run(3000).t
            bench.car = car
            bench.run(100)
            self.assertTrue(bench.last("close", False) - start <= 60, car)

    def test_vector_19_shorted_diode_in_d(self):
        bench = self.ventilated()
        bench.car = "D"
        bench.run(3000).is_shorted = True
        bench.run(100)
        self.assertEqual((bench.unit.close, bench.unit.fault), (False, faults.DIODE))


class TestMayClose(unittest.TestCase):
    def test_it_waits_and_closes_as_soon_as_it_may(self):
        bench = Bench().plugged()
        bench.may_close = False
        bench.car = "C"
        bench.run(5000)
        self.assertEqual((bench.unit.close, bench.state, bench.unit.fault), (False, "C2", 0))
        bench.may_close = True
        self.assertTrue(bench.run(20).unit.close)

    def test_it_does_not_open(self):
        bench = Bench().charging()
        bench.may_close = False
        self.assertTrue(bench.run(5000).unit.close)


class TestAfterReset(unittest.TestCase):
    def test_a_car_in_c_sees_x1_for_3_s_and_the_contactor_rests_for_5_s(self):
        bench = Bench()
        bench.car, bench.limit_ma = "C", 16000
        bench.unit.begin(bench.now_ms, faults.NO_FAULT)
        bench.run(10000)
        pwm_ms = next(t for t, what, value in bench.events if what == "duty" and value < 10000)
        self.assertTrue(3000 <= pwm_ms <= 3100, pwm_ms)
        closed_ms = bench.last("close", True)
        self.assertTrue(5000 <= closed_ms <= 5100, closed_ms)
        self.assertEqual(bench.count("close", True), 1)

    def test_what_only_a_person_ends_goes_on(self):
        for fault in range(len(faults.TABLE)):
            bench = Bench()
            bench.car, bench.limit_ma = "C", 16000
            bench.unit.begin(bench.now_ms, fault if faults.ends_with_person(fault) else 0)
            bench.run(8000)
            kept = bench.unit.lasting()
            if not faults.ends_with_person(fault):
                self.assertEqual((kept, bench.unit.close), (faults.NO_FAULT, True), fault)
                continue
            self.assertEqual((kept, bench.unit.fault, bench.unit.close), (fault, fault, False))
            bench.car = "A"
            bench.run(1000)
            self.assertEqual(bench.unit.lasting(), fault)  # unplugging does not end it
            bench.unit.acknowledge()
            self.assertEqual(bench.run(20).unit.lasting(), faults.NO_FAULT)

    def test_what_a_car_ends_is_not_kept(self):
        bench = Bench().charging()
        bench.is_shorted = True
        bench.run(1000)
        self.assertEqual((bench.unit.fault, bench.unit.lasting()), (faults.DIODE, 0))


class TestTable(unittest.TestCase):
    def test_every_fault_has_a_row(self):
        self.assertEqual(len(faults.TABLE), faults.SECOND + 1)
        for name, cause, ends in faults.TABLE[1:]:
            self.assertTrue(name and cause and ends, name)

    def test_who_ends_it(self):
        for fault, is_latched, with_car in (
            (faults.NO_FAULT, False, False),
            (faults.PILOT_SHORT, False, False),
            (faults.VENTILATION, False, False),
            (faults.DIODE, True, True),
            (faults.LOCK, True, True),
            (faults.RESIDUAL, True, False),
            (faults.WELDED, True, False),
        ):
            found = (faults.is_latched(fault), faults.ends_with_car(fault))
            self.assertEqual(found, (is_latched, with_car), fault)


if __name__ == "__main__":
    unittest.main()
