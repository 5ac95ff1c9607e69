"""services.timesources: a meter, the computer, a person. s, ms, across the wrap of ticks."""

import unittest

from pilotlight.wire import calendar
from pilotlight.core.walltime import Clock
from pilotlight.wire.zone import Zone
from pilotlight.services import timesources, timetyped

BERLIN = "CET-1CEST,M3.5.0,M10.5.0/3"
NOON_S = calendar.seconds("2026-07-01 12:00")
TO_2000_S = 946684800
RING = 1 << 30


class Time:
    """Replaces the ticks of the service."""

    now_ms = RING - 100_000


class Meter:
    """Tells standard time in Berlin, by a clock of its own."""

    def __init__(self, off_s=0):
        self.off_s = off_s
        self.clock_s = self.taken_ms = None

    def send(self, utc_s):
        self.clock_s = utc_s + 3600 - TO_2000_S + self.off_s
        self.taken_ms = Time.now_ms


class Reader:
    name = "grid"

    def __init__(self):
        self.meter = Meter()


class Computer:
    told = None

    def utc(self):
        return self.told


class Journal:
    def __init__(self):
        self.texts = []

    def note(self, now_ms, text):
        self.texts.append(text)


class TestSources(unittest.TestCase):
    def setUp(self):
        self.ticks_ms = timesources.ticks_ms
        timesources.ticks_ms = lambda: Time.now_ms
        Time.now_ms = RING - 100_000
        self.utc_s = NOON_S

    def tearDown(self):
        timesources.ticks_ms = self.ticks_ms

    def make(self, zone=BERLIN, meters=(), computer=None):
        self.journal = Journal()
        self.clock = Clock()
        where = Zone(zone) if zone else None
        parts = (meters, computer, self.journal)
        self.sources = timesources.TimeSources(self.clock, where, *parts)

    def run_s(self, seconds, readers=()):
        """Meters send each second."""
        for _ in range(seconds):
            self.utc_s += 1
            Time.now_ms = (Time.now_ms + 1000) % RING
            for reader in readers:
                reader.meter.send(self.utc_s)
            self.sources.look()

    def shown(self):
        return self.clock.utc_s(Time.now_ms)

    def test_nobody_tells_it(self):
        self.make(meters=[Reader()])
        self.run_s(100)
        self.assertIsNone(self.shown())
        self.assertEqual(self.sources.tell(), "clock: not known")

    def test_a_meter_is_believed_when_it_goes_on(self):
        reader = Reader()
        self.make(meters=[reader])
        self.run_s(2, [reader])
        self.assertIsNone(self.shown(), "said once")
        self.run_s(200, [reader])
        self.assertEqual(self.shown(), self.utc_s)
        self.assertEqual(self.clock.source, "meter grid")
        self.assertEqual(self.clock.within_ms() // 1000, 2)
        self.assertEqual(self.journal.texts, ["clock: set by meter grid"])
        self.assertEqual(self.sources.shown(Time.now_ms)["local"][-6:], "+02:00")

    def test_without_a_zone_its_time_is_nobody_s(self):
        reader = Reader()
        self.make(zone=None, meters=[reader])
        self.run_s(200, [reader])
        self.assertIsNone(self.shown())

    def test_a_meter_whose_clock_jumps_must_go_on_there(self):
        reader = Reader()
        self.make(meters=[reader])
        self.run_s(100, [reader])
        reader.meter.off_s = 5000
        self.run_s(30, [reader])
        self.assertEqual(self.shown(), self.utc_s, "not at once")
        reader.meter.off_s = 0
        self.run_s(100, [reader])
        self.assertEqual(self.shown(), self.utc_s)
        reader.meter.off_s = 5000
        self.run_s(100, [reader])
        self.assertEqual(self.shown(), self.utc_s + 5000)
        self.assertEqual(self.journal.texts[1:], ["clock: stepped by 5000 s, as meter grid says"])

    def test_a_frozen_meter_s_clock_is_not_followed(self):
        reader = Reader()
        self.make(meters=[reader])
        self.run_s(100, [reader])
        stood_s = reader.meter.clock_s
        for _ in range(300):
            self.run_s(1, [reader])
            reader.meter.clock_s = stood_s
        self.assertEqual(self.shown(), self.utc_s)

    def test_a_person(self):
        self.make()
        told = self.sources.tell("2026-07-01 14:00")
        self.assertEqual(told, "clock: 2026-07-01T14:00:00+02:00, within 2000 ms, by person")
        self.assertEqual(self.shown(), NOON_S)
        self.sources.tell("2026-07-01 12:30Z")
        self.assertEqual(self.shown(), NOON_S + 1800)
        self.sources.tell(NOON_S)
        self.assertEqual(self.shown(), NOON_S)
        self.make(zone=None)
        self.sources.tell("2026-07-01T12:00:00")
        self.assertEqual(self.shown(), NOON_S)

    def test_what_a_person_mistypes_changes_nothing(self):
        self.make()
        self.sources.tell(NOON_S)
        for wrong in ("14:00", "2026-02-30 12:00", True, -5, 99_999_999_999, [1], 1.5):
            with self.assertRaises(ValueError):
                self.sources.tell(wrong)
        self.assertEqual(self.shown(), NOON_S)

    def test_who_is_surer_is_not_overruled(self):
        self.make()
        self.clock.offer(Time.now_ms, NOON_S, 0, 20, "sntp")
        told = self.sources.tell("2026-07-01 15:00")
        self.assertTrue(told.endswith("that is surer, nothing is changed"), told)
        self.assertEqual(self.shown(), NOON_S)

    def test_a_person_overrules_a_meter_that_is_as_sure(self):
        reader = Reader()
        self.make(meters=[reader])
        self.run_s(100, [reader])
        self.sources.tell(self.utc_s + 600)
        self.assertEqual(self.clock.source, "person")

    def test_the_computer(self):
        computer = Computer()
        self.make(zone=None, computer=computer)
        self.run_s(60)
        self.assertIsNone(self.shown())
        computer.told = (self.utc_s, 1000)
        self.run_s(31)
        self.assertEqual(
            (self.clock.source, self.journal.texts), ("computer", ["clock: set by computer"])
        )

    def test_until_half_past_seven(self):
        self.make()
        with self.assertRaises(ValueError) as caught:
            timetyped.seconds_until(self.sources, "7:30", Time.now_ms)
        self.assertTrue("clock()" in str(caught.exception))
        self.sources.tell("2026-07-01 22:00")
        self.assertEqual(
            timetyped.seconds_until(self.sources, "7:30", Time.now_ms), 9 * 3600 + 1800
        )
        self.make(zone=None)
        with self.assertRaises(ValueError) as caught:
            timetyped.seconds_until(self.sources, "7:30", Time.now_ms)
        self.assertTrue("clock.zone" in str(caught.exception))


if __name__ == "__main__":
    unittest.main()
