"""core.walltime: told, slewed, stepped; how sure it is. s, ms, across the wrap of ticks."""

import unittest
from time import ticks_add

from pilotlight.wire.dates import iso
from pilotlight.core.walltime import Clock

START = (1 << 30) - 3000
NOON_S = 1_795_000_000


class TestClock(unittest.TestCase):
    def setUp(self):
        self.clock = Clock()
        self.now_ms = START

    def wait(self, seconds):
        for _ in range(seconds):
            self.now_ms = ticks_add(self.now_ms, 1000)
            self.clock.advance(self.now_ms)

    def offer(self, utc_s, beyond_ms=0, within_ms=20, source="sntp"):
        return self.clock.offer(self.now_ms, utc_s, beyond_ms, within_ms, source)

    def shown(self):
        return self.clock.utc_s(self.now_ms)

    def test_unknown(self):
        self.wait(5)
        self.assertEqual((self.shown(), self.clock.within_ms(), self.clock.source), (None,) * 3)

    def test_told_once_it_goes_on(self):
        self.assertEqual(self.offer(NOON_S, 400), 0)
        self.assertEqual(self.shown(), NOON_S)
        self.now_ms = ticks_add(self.now_ms, 599)
        self.assertEqual(self.shown(), NOON_S)
        self.now_ms = ticks_add(self.now_ms, 1)
        self.assertEqual(self.shown(), NOON_S + 1)
        self.wait(20 * 3600)
        self.assertEqual(self.shown(), NOON_S + 1 + 20 * 3600)

    def test_it_is_less_and_less_sure(self):
        self.offer(NOON_S)
        self.wait(200)
        self.assertEqual(self.clock.within_ms(), 30)
        self.wait(3400)
        self.assertEqual(self.clock.within_ms(), 20 + 180)

    def test_a_small_error_is_slewed(self):
        for late_s in (2, -2):
            self.clock = Clock()
            self.offer(NOON_S, 500)
            self.wait(100)
            self.assertEqual(self.offer(NOON_S + 100 + late_s, 500), 0)
            self.assertEqual(self.shown(), NOON_S + 100)
            self.assertEqual(self.clock.within_ms(), 2020)
            before_s = self.shown()
            for _ in range(420):
                self.wait(1)
                step_s, before_s = self.shown() - before_s, self.shown()
                self.assertTrue(0 <= step_s <= 2)
            self.assertEqual(self.shown(), NOON_S + 520 + late_s)
            self.assertTrue(self.clock.within_ms() in (20 + 20, 20 + 21))

    def test_a_large_error_is_a_step(self):
        self.offer(NOON_S)
        self.wait(10)
        self.assertEqual(self.offer(NOON_S + 3610), 3600)
        self.assertEqual((self.shown(), self.clock.steps), (NOON_S + 3610, 1))

    def test_who_is_less_sure_is_not_heard(self):
        self.offer(NOON_S)
        self.wait(10)
        self.offer(NOON_S + 500, within_ms=2000, source="meter")
        self.assertEqual((self.shown(), self.clock.source), (NOON_S + 10, "sntp"))
        self.wait(20 * 2000)
        self.offer(NOON_S + 500, within_ms=2000, source="meter")
        self.assertEqual(self.clock.source, "meter")

    def test_the_same_may_become_less_sure(self):
        self.offer(NOON_S)
        self.wait(10)
        self.offer(NOON_S + 10, within_ms=900)
        self.assertEqual(self.clock.within_ms(), 900)


class TestIso(unittest.TestCase):
    def test_days(self):
        for utc_s, text in (
            (0, "1970-01-01T00:00:00Z"),
            (951782399, "2000-02-28T23:59:59Z"),
            (951782400, "2000-02-29T00:00:00Z"),
            (951868800, "2000-03-01T00:00:00Z"),
            (1709164800, "2024-02-29T00:00:00Z"),
            (1795000000, "2026-11-18T11:06:40Z"),
            (1798761599, "2026-12-31T23:59:59Z"),
            (4107542400, "2100-03-01T00:00:00Z"),
            (4107542399, "2100-02-28T23:59:59Z"),
        ):
            self.assertEqual(iso(utc_s), text)


if __name__ == "__main__":
    unittest.main()
