"""core.deadline: deadlines on the tick ring. Times in ticks (ms)."""

import unittest
from time import ticks_add

from pilotlight.core.deadline import earlier, unless_passed

START = (1 << 30) - 3000  # 3 s before the wrap
WEEK_MS = 7 * 86400 * 1000


def later(now_ms, span_ms):
    """`now_ms` after a span longer than half the ring."""
    return (now_ms + span_ms) & ((1 << 30) - 1)


class TestUnlessPassed(unittest.TestCase):
    def test_before_at_and_after_across_the_wrap(self):
        deadline = ticks_add(START, 5000)  # 2 s after the wrap
        rows = ((0, deadline), (4999, deadline), (5000, None), (5020, None))
        for after_ms, expected in rows:
            now = ticks_add(START, after_ms)
            self.assertEqual(unless_passed(now, deadline), expected, after_ms)

    def test_none_stays_none(self):
        self.assertIsNone(unless_passed(START, None))

    def test_cleared_in_time_it_does_not_come_back(self):
        deadline = unless_passed(ticks_add(START, 5000), ticks_add(START, 5000))
        self.assertIsNone(unless_passed(later(START, WEEK_MS), deadline))

    def test_left_standing_it_would_come_back(self):
        """Why everybody who holds one must clear it."""
        deadline = ticks_add(START, 5000)
        self.assertEqual(unless_passed(later(START, WEEK_MS), deadline), deadline)


class TestEarlier(unittest.TestCase):
    def test_order_across_the_wrap(self):
        soon, late = ticks_add(START, 2990), ticks_add(START, 3010)
        rows = ((soon, late, soon), (late, soon, soon), (soon, None, soon), (None, late, late))
        for one, other, expected in rows:
            self.assertEqual(earlier(START, one, other), expected, (one, other))
        self.assertIsNone(earlier(START, None, None))

    def test_a_passed_one_is_the_first(self):
        past, ahead = ticks_add(START, -10), ticks_add(START, 3010)
        self.assertEqual(earlier(START, ahead, past), past)


if __name__ == "__main__":
    unittest.main()
