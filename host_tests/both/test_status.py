"""core.status: the snapshot and the words. A with one decimal, s."""

import json
import unittest
from time import ticks_add

from pilotlight.core import breaker, faults, outlet, pilot, status, trust
from pilotlight.core.claims import Claims
from pilotlight.core.feeder import Feeder
from pilotlight.core.place import Place

START = (1 << 30) - 3000


class Contacts:
    """What a contactor driver tells."""

    is_closed = None
    cycles = 3


def claimed(person_ma=None, until_ms=None, reason="L1 is shared out"):
    claims = Claims(("supply",), ("person",))
    claims.of("supply").put(16000, None, reason)
    if person_ma is not None:
        claims.of("person").put(person_ma, until_ms, "limited")
    claims.decide(START)
    return claims


def plugged(letter, state):
    unit = outlet.Outlet()
    unit.letter, unit.state, unit.fault = letter, state, faults.NO_FAULT
    return unit


class TestNumbers(unittest.TestCase):
    def test_amps(self):
        rows = ((None, None), (0, 0), (49, 0), (50, 0.1), (15996, 16.0), (16050, 16.1))
        for ma, expected in rows:
            self.assertEqual(status.amps(ma), expected, ma)

    def test_seconds(self):
        self.assertIsNone(status.seconds_since(START, None))
        self.assertIsNone(status.seconds_until(START, None))
        later_ms = ticks_add(START, 5999)
        self.assertEqual(status.seconds_since(later_ms, START), 5)
        self.assertEqual(status.seconds_until(START, later_ms), 5)
        self.assertEqual(status.seconds_since(START, later_ms), 0)
        self.assertEqual(status.seconds_until(later_ms, START), 0)


class TestOutlet(unittest.TestCase):
    def snapshot(self, unit, claims):
        place = Place((0,), 6000)
        place.offered_ma, place.metered_ma = 15950, 9800
        now_ms = ticks_add(START, 4000)
        return status.of_outlet(now_ms, 2, "left", unit, claims, place, Contacts())

    def test_charging(self):
        unit = plugged(pilot.C, outlet.C2)
        unit.duty, unit.close = 1666, True
        found = self.snapshot(unit, claimed(10000, ticks_add(START, 9000)))
        expected = {
            "outlet": 2,
            "name": "left",
            "state": "C2",
            "car": "C",
            "offered_a": 10.0,
            "limit_a": 10.0,
            "share_a": 16.0,
            "metered_a": 9.8,
            "phases": 1,
            "cable_a": None,
            "plug_c": None,
            "contactor": True,
            "contactor_is_closed": None,
            "cycles": 3,
            "forced_open": 0,
            "fault": None,
            "why": "limited",
            "source": "person",
            "since_s": 4,
            "until_s": 5,
            "paused": None,
            "mode": "fast",
            "need": None,
        }
        self.assertEqual(found, expected)
        self.assertEqual(json.loads(json.dumps(found)), expected)

    def test_who_has_paused_it(self):
        found = self.snapshot(plugged(pilot.C, outlet.C2), claimed(0))
        self.assertEqual((found["paused"], found["limit_a"]), ("person", 0.0))

    def test_cable_and_plug(self):
        claims = Claims(("cable", "temperature"), ())
        claims.of("cable").measured, claims.of("temperature").measured = 20000, 41
        claims.decide(START)
        found = self.snapshot(plugged(pilot.B, outlet.B2), claims)
        self.assertEqual((found["cable_a"], found["plug_c"]), (20.0, 41))

    def test_a_fault_is_the_reason(self):
        found = self.snapshot(outlet.Outlet(), claimed())
        self.assertEqual(found["fault"], "no pilot reading")
        self.assertEqual((found["why"], found["source"]), ("no pilot reading", "fault"))
        self.assertEqual((found["car"], found["offered_a"]), ("?", 0))


class TestWhy(unittest.TestCase):
    def check(self, unit, claims, expected):
        self.assertEqual(status.why(ticks_add(START, 4000), 1, unit, claims), expected)

    def test_words(self):
        until_ms = ticks_add(START, 9000)
        self.check(
            plugged(pilot.C, outlet.C2),
            claimed(10000, until_ms),
            "outlet 1 (C2): 10.0 A, person: limited, for 4 s, for another 5 s at most",
        )
        self.check(
            plugged(pilot.B, outlet.B2),
            claimed(),
            "outlet 1 (B2): 16.0 A, supply: L1 is shared out, for 4 s; "
            "the car has not asked for current",
        )
        self.check(
            plugged(pilot.A, outlet.A1),
            claimed(),
            "outlet 1 (A1): 16.0 A, supply: L1 is shared out, for 4 s; no car is plugged in",
        )
        self.check(
            outlet.Outlet(),
            claimed(),
            "outlet 1 (E): fault: no pilot reading",
        )

    def test_the_sensor_of_the_phase_that_binds(self):
        sources = [trust.Source("clamps", 100), trust.Source("meter grid", 500)]
        place = Place((0, 1, 2), 6000)
        image = breaker.Breaker("B", 35000)
        feeder = Feeder("main", 35000, None, image, sources, [place])
        for source, l2_ma in zip(sources, (20000, 9000)):
            source.offer(1000, l2_ma, 1000, START, 1)
        sources[1].offer(1000, 9000, 30000, START, 2)
        feeder.look(START)
        for phase, name in ((1, "clamps"), (2, "meter grid")):
            place.bound_by = feeder.pools[phase]
            said = claimed(reason=place.bound_by.reason)
            sensor = status.sensor_behind(said, place)
            text = status.why(START, 1, plugged(pilot.C, outlet.C2), said, sensor)
            expected = "outlet 1 (C2): 16.0 A, supply: feeder main: L" + str(phase + 1)
            expected += " is shared out, measured by "
            self.assertEqual(text, expected + name + ", for 0 s")
        self.assertEqual(status.sensor_behind(claimed(), place), None)  # bound, and yet not by it
        self.assertEqual(status.sensor_behind(claimed(10000, None, said.reason), place), None)
        place.bound_by = None
        self.assertEqual(status.sensor_behind(said, place), None)

    def test_every_fault_and_state_has_words(self):
        self.assertEqual(len(faults.NAMES), faults.SECOND + 1)
        self.assertEqual(len(outlet.STATES), outlet.F + 1)
        self.assertTrue(all(faults.NAMES[1:]))


class TestFeeder(unittest.TestCase):
    def test_of_feeder(self):
        source = trust.Source("clamps", 100)
        image = breaker.Breaker("B", 35000)
        feeder = Feeder("main", 35000, None, image, (source,), ())
        found = status.of_feeder(START, feeder)
        self.assertEqual(found["measured_a"], [None, None, None])
        self.assertEqual(found["house_a"], [None, None, None])
        self.assertEqual(found["house_within_a"], [None, None, None])
        self.assertEqual((found["trust"], found["sensors"]), ("lost", {"clamps": "lost"}))
        self.assertEqual(found["breaker_heat_pct"], [78, 78, 78])
        source.offer(5000, 6000, 7000, START, 1)
        feeder.look(START)
        feeder.follow(START)
        found = status.of_feeder(START, feeder)
        self.assertEqual(found["measured_a"], [5.0, 6.0, 7.0])
        self.assertEqual(found["house_a"], [5.0, 6.0, 7.0])
        self.assertEqual(found["house_within_a"], [[5.0, 5.0], [6.0, 6.0], [7.0, 7.0]])
        self.assertEqual((found["limit_a"], found["aim_a"]), (35.0, 34.7))
        self.assertEqual((found["trust"], found["feeder"]), ("fresh", "main"))

    def test_what_the_house_takes_at_most_is_told_where_it_is_measured(self):
        image = breaker.Breaker("B", 35000)
        feeder = Feeder("main", 35000, None, image, (trust.Source("clamps", 100),), ())
        self.assertFalse("house_most_a" in status.of_feeder(START, feeder))
        feeder.measure_most()
        feeder.most.ma, feeder.most.seen_s = [10000, 7000, 0], 604799
        found = status.of_feeder(START, feeder)
        self.assertEqual((found["house_most_a"], found["house_seen_h"]), ([10.0, 7.0, 0.0], 167))
        self.assertEqual(found["base_max_a"], [35.0, 35.0, 35.0])
        feeder.most.seen_s = 604800
        found = status.of_feeder(START, feeder)
        self.assertEqual((found["base_max_a"], found["house_seen_h"]), ([12.0, 8.7, 1.0], 168))

    def test_a_phase_that_no_sensor_is_at_is_unknown(self):
        source = trust.Source("clamps", 100, phases=2)
        image = breaker.Breaker("B", 35000)
        feeder = Feeder("main", 35000, None, image, (source,), ())
        source.offer(5000, 0, 5000, START, 1)
        feeder.look(START)
        feeder.follow(START)
        found = status.of_feeder(START, feeder)
        self.assertEqual(found["measured_a"], [5.0, 0.0, None])
        self.assertEqual(found["measured_by"], ["clamps", "clamps", None])
        self.assertEqual(found["age_ms"], [0, 0, None])
        self.assertEqual(found["house_a"], [5.0, 0.0, None])
        self.assertEqual(found["house_within_a"], [[5.0, 5.0], [0.0, 0.0], None])
        self.assertEqual(found["trust"], "fresh")


if __name__ == "__main__":
    unittest.main()
