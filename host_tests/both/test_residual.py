"""core.residual: sensors with a test winding, stepped every 20 ms as a board would. Times in ms."""

import unittest
from time import ticks_add

import micropython
from pilotlight.core import faults, pilot
from pilotlight.core.residual import Monitor, SelfTest

START = (1 << 30) - 3000
HOUR_MS = 3600000
MINUTE_MS = 60000


class Sensor:
    """Trips `trip_ms` after the test current or a fault current begins, clears `clear_ms` after."""

    def __init__(self, trip_ms=30, clear_ms=30):
        self.trip_ms, self.clear_ms = trip_ms, clear_ms
        self.is_broken_wire = False
        self.is_leaking = False
        self.is_tripped = False
        self._driven_ms = 0
        self._idle_ms = 0

    def run(self, ms, test_is_on):
        if test_is_on or self.is_leaking:
            self._driven_ms += ms
            self._idle_ms = 0
        else:
            self._driven_ms = 0
            self._idle_ms += ms
        if self._driven_ms >= self.trip_ms:
            self.is_tripped = True
        elif self._driven_ms == 0 and self._idle_ms >= self.clear_ms:
            self.is_tripped = False

    @property
    def reads_tripped(self):
        return self.is_tripped or self.is_broken_wire


class Bench:
    """A board of sensors; `cars` and `closed` are what its outlets do."""

    def __init__(self, sensors=1, retries=0, has_test=True):
        self.sensors = [Sensor() for _ in range(sensors)]
        self.monitors = [Monitor(retries, has_test) for _ in range(sensors)]
        self.test = SelfTest(self.monitors if has_test else ())
        self.cars = [pilot.A] * sensors
        self.closed = [False] * sensors
        self.now_ms, self.t = START, 0
        self.switched = []  # (t, is_on) of the test current
        self.retried = []  # t of each retry of outlet 1

    def step(self, ms=20):
        self.t += ms
        self.now_ms = ticks_add(self.now_ms, ms)
        was_on = self.test.is_on
        for i in range(len(self.sensors)):
            self.sensors[i].run(20, was_on)
            reads = self.sensors[i].reads_tripped
            self.monitors[i].step(self.now_ms, reads, self.cars[i], self.closed[i])
        self.test.step(self.now_ms)
        if self.test.is_on != was_on:
            self.switched.append((self.t, self.test.is_on))
        if self.monitors[0].retry_now:
            self.retried.append(self.t)

    def run(self, ms):
        for _ in range(ms // 20):
            self.step()
        return self

    def wait(self, ms):
        """Long times in steps of a minute, as long as nothing is going on."""
        end_ms = self.t + ms
        while self.t < end_ms:
            self.step(MINUTE_MS if self.test.is_settled() else 20)
        return self

    @property
    def tests(self):
        return len([1 for _, is_on in self.switched if is_on])

    @property
    def faults(self):
        return [monitor.fault for monitor in self.monitors]

    @property
    def may_close(self):
        return [monitor.may_close() for monitor in self.monitors]

    def charge(self, i=0, ms=10000):
        """A car comes, charges, and leaves."""
        self.cars[i], self.closed[i] = pilot.C, True
        self.run(ms)
        self.closed[i] = False
        self.cars[i] = pilot.A


class TestWhen(unittest.TestCase):
    def test_at_boot_before_anything_may_close(self):
        bench = Bench(4)
        self.assertEqual(bench.run(40).may_close, [False] * 4)
        self.assertTrue(bench.test.is_on)
        bench.run(200)
        self.assertEqual((bench.may_close, bench.faults), ([True] * 4, [faults.NO_FAULT] * 4))
        self.assertEqual((bench.tests, bench.test.is_on), (1, False))

    def test_at_boot_a_car_in_c_does_not_hinder_it(self):
        """After a power cut cars stand in C."""
        bench = Bench(2)
        bench.cars = [pilot.C, pilot.B]
        self.assertEqual(bench.run(300).may_close, [True, True])

    def test_not_before_the_inputs_are_sampled(self):
        bench = Bench()
        bench.cars = [pilot.UNKNOWN]
        self.assertEqual(bench.run(2000).tests, 0)
        bench.cars = [pilot.A]
        self.assertEqual(bench.run(300).tests, 1)

    def test_after_each_charge_that_ended_with_unplugging(self):
        bench = Bench().run(300)
        bench.charge()
        bench.run(960)
        self.assertEqual(bench.tests, 1)  # contactors switch within the second before
        bench.run(300)
        self.assertEqual((bench.tests, bench.may_close), (2, [True]))

    def test_a_pause_of_the_car_is_no_end(self):
        bench = Bench().run(300)
        bench.cars, bench.closed = [pilot.C], [True]
        bench.run(5000).cars, bench.closed = [pilot.B], [False]
        self.assertEqual(bench.run(60000).tests, 1)

    def test_waits_until_every_contactor_is_open_and_lets_the_others_close(self):
        """It is wanted, but all are still good for 24 h."""
        bench = Bench(3).run(300)
        bench.cars[1], bench.closed[1] = pilot.C, True
        bench.charge(0)
        bench.run(60000)
        self.assertEqual((bench.tests, bench.may_close), (1, [True] * 3))
        bench.closed[1], bench.cars[1] = False, pilot.B
        self.assertEqual(bench.run(1500).tests, 2)

    def test_a_contactor_that_closed_at_the_last_moment_is_left_alone(self):
        """Its monitor had its turn before: the test is put off until it is open again."""
        bench = Bench(2)
        bench.sensors[1].is_broken_wire = True
        bench.run(300).sensors[1].is_broken_wire = False  # so a test is needed
        bench.cars[0] = pilot.C
        while not bench.monitors[0].is_reserved:
            bench.step()
        self.assertEqual((bench.may_close, bench.test.is_on), ([False, False], False))
        bench.closed[0] = True
        bench.run(5000)
        self.assertEqual((bench.tests, bench.may_close), (1, [True, False]))
        bench.closed[0] = False
        self.assertEqual((bench.run(1500).tests, bench.may_close), (2, [True, True]))

    def test_waits_for_a_car_about_to_be_closed_on(self):
        bench = Bench(2).run(300)
        bench.charge(0)
        bench.cars[1] = pilot.C
        self.assertEqual(bench.run(5000).tests, 1)
        bench.cars[1] = pilot.B
        self.assertEqual(bench.run(300).tests, 2)

    def test_once_a_day_an_hour_early(self):
        bench = Bench().run(300).wait(22 * HOUR_MS)
        self.assertEqual(bench.tests, 1)
        bench.wait(HOUR_MS + MINUTE_MS).run(300)
        self.assertEqual((bench.tests, bench.may_close), (2, [True]))

    def test_overdue_during_a_charge_nothing_new_closes_until_it_is_made(self):
        bench = Bench(2).run(300)
        bench.cars, bench.closed = [pilot.C, pilot.C], [True, False]
        bench.wait(24 * HOUR_MS - MINUTE_MS)
        self.assertEqual(bench.may_close, [True, True])
        bench.wait(2 * MINUTE_MS)
        self.assertEqual((bench.may_close, bench.tests), ([False, False], 1))
        self.assertEqual(bench.faults, [faults.NO_FAULT] * 2)
        bench.closed[0] = False
        bench.run(1500)
        self.assertEqual((bench.may_close, bench.tests), ([True, True], 2))

    def test_thirteen_idle_days_across_the_wrap_of_ticks(self):
        """At boot, and each 23 h: 312 h hold 13 of them."""
        bench = Bench().run(300).wait(13 * 24 * HOUR_MS)
        self.assertEqual(bench.tests, 14)
        self.assertEqual(bench.faults, [faults.NO_FAULT])

    def test_a_board_without_test_current_never_tests(self):
        bench = Bench(2, has_test=False).run(300)
        bench.charge()
        bench.run(3000).wait(25 * HOUR_MS)
        self.assertEqual((bench.tests, bench.may_close), (0, [True, True]))


# trip_ms, clear_ms, passes, why
ANSWERS = (
    (30, 30, True, "a fast sensor"),
    (740, 2260, True, "a sensor whose outputs rise 740 ms after, and are low 2.26 s later"),
    (980, 2980, True, "just in time"),
    (1100, 30, False, "trips too late"),
    (30, 3100, False, "clears too late"),
    (10**6, 30, False, "does not trip"),
    (30, 10**6, False, "does not clear"),
)


class TestAnswers(unittest.TestCase):
    def test_in_time_or_a_fault(self):
        for trip_ms, clear_ms, passes, why in ANSWERS:
            bench = Bench()
            bench.sensors[0] = Sensor(trip_ms, clear_ms)
            bench.run(6000)
            expected = faults.NO_FAULT if passes else faults.SELF_TEST
            self.assertEqual(bench.monitors[0].fault, expected, why)
            self.assertEqual(bench.monitors[0].may_close(), passes, why)
            self.assertFalse(bench.test.is_on, why)

    def test_the_test_current_flows_for_a_second_at_most(self):
        bench = Bench()
        bench.sensors[0] = Sensor(10**6)
        bench.run(3000)
        on, off = bench.switched
        self.assertEqual(off[0] - on[0], 1000)

    def test_one_bad_monitor_does_not_stop_its_neighbours(self):
        bench = Bench(3)
        bench.sensors[1] = Sensor(10**6)
        bench.run(6000)
        self.assertEqual(bench.may_close, [True, False, True])
        none = faults.NO_FAULT
        self.assertEqual(bench.faults, [none, faults.SELF_TEST, none])

    def test_a_failed_one_is_tested_again_only_when_a_person_says_so(self):
        bench = Bench(2)
        bench.sensors[0] = Sensor(10**6)
        bench.run(6000)
        bench.sensors[0] = Sensor()
        bench.charge(1)
        bench.run(6000)
        self.assertEqual((bench.tests, bench.faults[0]), (2, faults.SELF_TEST))
        bench.monitors[0].acknowledge()
        bench.run(300)
        self.assertEqual((bench.tests, bench.may_close), (3, [True, True]))

    def test_one_that_is_still_bad_fails_again(self):
        bench = Bench()
        bench.sensors[0] = Sensor(10**6)
        bench.run(6000).monitors[0].acknowledge()
        self.assertEqual(bench.run(6000).faults, [faults.SELF_TEST])

    def test_one_that_had_tripped_before_is_left_out_and_tested_when_it_clears(self):
        bench = Bench(2)
        bench.sensors[0].is_broken_wire = True
        bench.run(300)
        self.assertEqual((bench.may_close, bench.tests), ([False, True], 1))
        self.assertEqual(bench.faults, [faults.RESIDUAL, faults.NO_FAULT])
        bench.sensors[0].is_broken_wire = False
        self.assertEqual((bench.run(300).may_close, bench.tests), ([True, True], 2))

    def test_the_expected_trip_is_no_fault_at_any_moment(self):
        bench = Bench(2)
        bench.sensors[1] = Sensor(740, 2260)
        for _ in range(300):
            bench.step()
            self.assertEqual(bench.faults, [faults.NO_FAULT] * 2, bench.t)

    def test_a_trip_right_after_the_test_is_one(self):
        bench = Bench(2)
        bench.sensors[1] = Sensor(30, 2000)  # keeps the test going
        bench.run(600).sensors[0].is_leaking = True
        bench.run(100)
        self.assertTrue(bench.monitors[1].is_tested)
        self.assertEqual(bench.faults, [faults.RESIDUAL, faults.NO_FAULT])


class TestTrips(unittest.TestCase):
    def test_acts_at_once_open_or_closed(self):
        for is_closed in (True, False):
            bench = Bench().run(300)
            bench.cars, bench.closed = [pilot.C], [is_closed]
            bench.run(100).sensors[0].is_broken_wire = True
            self.assertEqual(bench.run(20).faults, [faults.RESIDUAL], is_closed)

    def test_without_retries_it_is_a_persons(self):
        bench = Bench().run(300)
        bench.sensors[0].is_leaking = True
        bench.run(100).sensors[0].is_leaking = False
        bench.run(300).wait(HOUR_MS)
        self.assertEqual((bench.retried, bench.monitors[0].retry_now), ([], False))

    def trip(self, bench):
        """The contactor closes, the monitor trips and opens it; returns when."""
        bench.cars, bench.closed = [pilot.C], [True]
        bench.run(1000).sensors[0].is_leaking = True
        bench.run(40)
        tripped = bench.t
        bench.sensors[0].is_leaking, bench.closed = False, [False]
        return tripped

    def quarter(self, bench):
        """15 minutes, the last one step by step."""
        bench.wait(14 * MINUTE_MS).run(MINUTE_MS)

    def test_vector_59_four_retries_15_minutes_apart(self):
        bench = Bench(retries=4).run(300)
        for count in range(1, 7):
            tripped = self.trip(bench)
            self.quarter(bench)
            self.assertEqual(len(bench.retried), min(count, 4))
            if count <= 4:
                self.assertEqual(bench.retried[-1] - tripped, 15 * MINUTE_MS)

    def test_one_that_stays_tripped_uses_its_retries_up(self):
        bench = Bench(retries=2).run(300)
        bench.sensors[0].is_broken_wire = True
        bench.run(20).wait(2 * HOUR_MS)
        bench.sensors[0].is_broken_wire = False
        self.assertEqual(bench.wait(2 * HOUR_MS).retried, [])

    def test_a_person_or_a_good_charge_gives_them_back(self):
        for how in ("a person", "a good charge"):
            bench = Bench(retries=1).run(300)
            self.trip(bench)
            self.quarter(bench)
            self.trip(bench)
            self.quarter(bench)
            self.assertEqual(len(bench.retried), 1, how)
            if how == "a person":
                bench.monitors[0].acknowledge()
            else:
                bench.cars = [pilot.A]
                bench.run(3000)
                bench.charge()
                bench.run(3000)
            self.trip(bench)
            self.quarter(bench)
            self.assertEqual(len(bench.retried), 2, how)


class TestSettled(unittest.TestCase):
    def test_while_something_is_going_on(self):
        bench = Bench()
        self.assertFalse(bench.run(60).test.is_settled())
        self.assertTrue(bench.run(600).test.is_settled())
        bench.charge()
        self.assertFalse(bench.run(20).test.is_settled())
        self.assertTrue(bench.run(2000).test.is_settled())

    def test_due_is_when_the_next_one_is_wanted(self):
        bench = Bench(2).run(300)
        due_ms = bench.test.due_ms(bench.now_ms)
        first = ticks_add(START, bench.switched[1][0] + 23 * HOUR_MS)
        self.assertTrue(0 <= (due_ms - first) % (1 << 30) <= 100)

    def test_nothing_is_allocated(self):
        bench = Bench(8).run(300)
        for rounds in range(2):
            bench.closed[0] = rounds == 0
            bench.cars[0] = pilot.C if rounds == 0 else pilot.A
            for _ in range(100):
                bench.step()
                now_ms = ticks_add(bench.now_ms, 0)
                micropython.heap_lock()
                try:
                    for i in range(8):
                        reads = bench.sensors[i].is_tripped
                        bench.monitors[i].step(now_ms, reads, bench.cars[i], bench.closed[i])
                    bench.test.step(now_ms)
                finally:
                    micropython.heap_unlock()
        self.assertTrue(bench.may_close[0])


if __name__ == "__main__":
    unittest.main()
