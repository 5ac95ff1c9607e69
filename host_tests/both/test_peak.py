"""core.peak: the highest current of the last minutes. mA, ms."""

import unittest
from time import ticks_add, ticks_diff

from pilotlight.core.peak import Peak

START = (1 << 30) - 3000


def fed(rows):
    """A peak that was given (seconds since the start, mA on L1)."""
    peak = Peak()
    for at_s, ma in rows:
        peak.take(ticks_add(START, at_s * 1000), (ma, 100, 0))
    return peak


class TestPeak(unittest.TestCase):
    def test_it_is_held_for_60_to_80_s(self):
        for at_s in (0, 10, 18):
            peak = fed([(0, 1000), (at_s, 9000), (at_s + 1, 1000), (79, 1000)])
            self.assertEqual((peak.ma, peak.is_settled()), ([9000, 100, 0], False), at_s)
            peak.take(ticks_add(START, 80000), (1000, 100, 0))
            self.assertEqual((peak.ma, peak.is_settled()), ([1000, 100, 0], True), at_s)

    def test_a_standing_value_need_not_be_told_again(self):
        """Whether it is told each second or once in five minutes."""
        for step_s in (1, 10, 290):
            rows = [(0, 3000), (5, 9000)]
            rows += [(s, 9000) for s in range(5 + step_s, 295, step_s)] + [(295, 2000)]
            peak = fed(rows)
            self.assertEqual(peak.ma[0], 9000, step_s)
            peak.take(ticks_add(START, 359000), (2000, 100, 0))
            self.assertEqual(peak.ma[0], 9000, step_s)
            peak.take(ticks_add(START, 360000), (2000, 100, 0))
            self.assertEqual(peak.ma[0], 2000, step_s)

    def test_the_next_turn_is_told(self):
        peak = fed([(0, 1000), (21, 1000)])
        self.assertEqual(ticks_diff(peak.due_ms(), START), 40000)
        peak.forget()
        self.assertEqual((peak.due_ms(), peak.ma), (None, [0, 0, 0]))


if __name__ == "__main__":
    unittest.main()
