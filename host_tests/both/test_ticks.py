"""Ticks on both interpreters: the shim on CPython is MicroPython's 32-bit arithmetic. Unit ms."""

import unittest
from time import ticks_add, ticks_diff, ticks_ms

_PERIOD = 1 << 30
_HALF = 1 << 29


class Ticks(unittest.TestCase):
    def test_add_wraps(self):
        self.assertEqual(ticks_add(0, -1), _PERIOD - 1)
        self.assertEqual(ticks_add(_PERIOD - 3000, 3001), 1)

    def test_add_takes_less_than_half_a_period(self):
        self.assertEqual(ticks_add(5, _HALF - 1), _HALF + 4)
        self.assertEqual(ticks_add(5, 1 - _HALF), _HALF + 6)
        for delta in (_HALF, -_HALF, _PERIOD - 1):
            with self.assertRaises(OverflowError):
                ticks_add(5, delta)

    def test_diff_is_signed_on_the_ring(self):
        rows = (
            (0, _PERIOD - 1, 1),
            (_PERIOD - 1, 0, -1),
            (_HALF - 1, 0, _HALF - 1),
            (_HALF, 0, -_HALF),
            (0, _HALF, -_HALF),
        )
        for end, start, expected in rows:
            self.assertEqual(ticks_diff(end, start), expected, (end, start))

    def test_now_is_in_range_and_does_not_run_backwards(self):
        before = ticks_ms()
        after = ticks_ms()
        self.assertTrue(0 <= before < _PERIOD)
        self.assertTrue(0 <= ticks_diff(after, before) < 1000)
