"""core.wear: closings of a contactor within an hour. Times in ms."""

import unittest
from time import ticks_add, ticks_diff

from pilotlight.core.wear import MOST, Wear

START = (1 << 30) - 3000
HOUR = 3600000


def at(ms):
    now_ms = START
    while ms > 0:  # further than ticks can be compared
        now_ms = ticks_add(now_ms, min(ms, 1 << 28))
        ms -= 1 << 28
    return now_ms


class TestWear(unittest.TestCase):
    def closed(self, *at_ms):
        """One that has closed then."""
        wear = Wear()
        for cycles in range(len(at_ms)):
            wear.look(at(at_ms[cycles]), cycles + 1)
        return wear

    def test_so_many_within_an_hour_are_enough(self):
        times = [1000 * i for i in range(MOST)]
        self.assertFalse(self.closed(*times[:-1]).is_enough())
        wear = self.closed(*times)
        self.assertTrue(wear.is_enough())
        self.assertEqual(ticks_diff(wear.until_ms(at(12000)), START), HOUR)

    def test_each_counts_for_an_hour(self):
        wear = self.closed(*[1000 * i for i in range(MOST)])
        wear.look(at(HOUR - 1), MOST)
        self.assertTrue(wear.is_enough())
        wear.look(at(HOUR), MOST)
        self.assertFalse(wear.is_enough())
        wear.look(at(HOUR + 100), MOST + 1)
        self.assertTrue(wear.is_enough())
        self.assertEqual(ticks_diff(wear.until_ms(at(HOUR + 200)), START), HOUR + 1000)

    def test_never_more_than_so_many_in_any_hour(self):
        """One that closes whenever it may, for a week: ticks begin anew, and nothing comes back."""
        wear, closed = Wear(), []
        for now_ms in range(0, 7 * 24 * HOUR, 100000):
            wear.look(at(now_ms), len(closed))
            if not wear.is_enough():
                closed.append(now_ms)
                wear.look(at(now_ms), len(closed))
        self.assertEqual(len(closed), 7 * 24 * MOST)
        for i in range(len(closed) - MOST):
            self.assertTrue(closed[i + MOST] - closed[i] >= HOUR)

    def test_a_pause_of_days_leaves_nothing(self):
        wear = self.closed(*[1000 * i for i in range(MOST)])
        for day in range(1, 8):
            wear.look(at(day * 24 * HOUR), MOST)
            self.assertFalse(wear.is_enough())

    def test_more_than_can_be_kept_at_once_keeps_the_newest(self):
        wear = self.closed(0, 1000)
        wear.look(at(5000), MOST + 30)
        self.assertTrue(wear.is_enough())
        self.assertEqual(ticks_diff(wear.until_ms(at(6000)), START), HOUR + 5000)

    def test_a_person_ends_it(self):
        wear = self.closed(*[1000 * i for i in range(MOST)])
        wear.forget()
        wear.look(at(60000), MOST)
        self.assertFalse(wear.is_enough())


if __name__ == "__main__":
    unittest.main()
