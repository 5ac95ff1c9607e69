"""core.pilot: table A.4 windows, debouncing, age, diode. Levels in mV, one reading each 20 ms."""

import unittest
from time import ticks_add

from pilotlight.core import pilot
from pilotlight.core.pilot import A, B, C, D, E, F, UNKNOWN, X

START = (1 << 30) - 3000  # crosses the tick wrap on the way

# level, letter before, letter it means, why (table A.4; numbers of the test vectors)
WINDOWS = (
    (13001, A, X, "vector 30: above 13 V"),
    (13400, A, X, "vector 30"),
    (12999, B, A, "A: 11...13 V"),
    (12000, C, A, "vectors 9, 23"),
    (11000, C, A, "lower edge of A"),
    (10999, A, A, "hold band 10...11 V from A"),
    (10500, A, A, "vector 31: stays A"),
    (10000, A, A, "lower edge of the hold band"),
    (10500, B, B, "vector 32: stays B"),
    (10500, C, B, "hold band from anything but A is B"),
    (10500, UNKNOWN, B, "nothing to hold"),
    (9999, A, B, "B: 8...10 V"),
    (9990, A, B, "vector 3: R2 4610 ohm"),
    (8980, A, B, "vector 2: nominal"),
    (8060, A, B, "vector 4: R2 1870 ohm"),
    (8060, C, B, "the same car leaving C"),
    (8000, C, B, "lower edge of B"),
    (7999, C, C, "hold band 7...8 V from C"),
    (7500, A, B, "hold band from A is B"),
    (7500, B, B, "vector 33: stays B"),
    (7480, B, B, "vector 7a"),
    (7500, C, C, "vector 34: stays C"),
    (7500, D, C, "hold band from D is C"),
    (7000, B, B, "lower edge of the hold band"),
    (6999, B, C, "C: 5...7 V"),
    (6990, B, C, "vector 7: R2 4610, R3 1723 ohm"),
    (6510, B, C, "vector 6"),
    (6000, B, C, "vector 5: nominal"),
    (5280, B, C, "vector 6"),
    (5000, D, C, "lower edge of C"),
    (4999, C, C, "hold band 4...5 V from C"),
    (4990, B, C, "vector 7: hold band from B is C, not D"),
    (4500, C, C, "vector 35: stays C"),
    (4500, A, C, "hold band from A is C"),
    (4500, D, D, "hold band from D is D"),
    (4500, E, D, "hold band from E is D"),
    (3999, C, D, "D: 2...4 V"),
    (3000, C, D, "vector 36"),
    (2000, E, D, "lower edge of D"),
    (1999, C, E, "E: -1...2 V"),
    (1470, C, E, "vector 25: short behind the diode"),
    (1290, C, E, "vector 26"),
    (870, C, E, "vector 24"),
    (0, C, E, "vector 27"),
    (-1000, A, E, "lower edge of E"),
    (-1500, E, E, "hold band -2...-1 V from E"),
    (-1500, A, X, "and a fault from anything else"),
    (-2001, E, X, "-10...-2 V: fault"),
    (-9999, F, X, "-10...-2 V: fault"),
    (-10500, F, F, "hold band -11...-10 V from F"),
    (-10500, A, X, "and a fault from anything else"),
    (-11001, A, F, "F: -13...-11 V"),
    (-12000, UNKNOWN, F, "F nominal"),
    (-13000, A, F, "lower edge of F"),
    (-13001, F, X, "below -13 V"),
    (-15000, F, X, "end of the scale"),
)


class TestWindows(unittest.TestCase):
    def test_every_band(self):
        for high_mv, before, expected, why in WINDOWS:
            found = pilot.classify(high_mv, before)
            self.assertEqual(pilot.NAMES[found], pilot.NAMES[expected], (high_mv, before, why))

    def test_hysteresis_both_ways(self):
        """A slow ramp down and up again: each border is crossed 1 V later than it came."""
        letter, seen = A, []
        for mv in list(range(12000, -12001, -50)) + list(range(-12000, 12001, 50)):
            new = pilot.classify(mv, letter)
            if new not in (letter, X):
                seen.append((pilot.NAMES[new], mv))
                letter = new
        down = [("B", 9950), ("C", 6950), ("D", 3950), ("E", 1950), ("F", -11050)]
        # upwards D begins at 2 V, C at 5 V, B at 8 V, A at 11 V
        up = [("E", -1000), ("D", 2000), ("C", 5000), ("B", 8000), ("A", 11000)]
        self.assertEqual(seen, down + up)


class Line:
    """Feeds a Level with one reading each 20 ms, on a clock near the wrap."""

    def __init__(self, leave_readings=2):
        self.level = pilot.Level(leave_readings)
        self.now_ms = START

    def read(self, high_mv, low_mv=-12000, is_oscillating=True):
        self.now_ms = ticks_add(self.now_ms, 20)
        self.level.feed(self.now_ms, high_mv, low_mv, self.now_ms, is_oscillating)
        return pilot.NAMES[self.level.letter]

    def reads(self, *levels):
        return "".join([self.read(high_mv) for high_mv in levels])

    def idle(self, ms, taken_ms):
        """Steps without a new reading."""
        for _ in range(ms // 20):
            self.now_ms = ticks_add(self.now_ms, 20)
            self.level.feed(self.now_ms, 6000, -12000, taken_ms, True)


# readings, letters accepted after each, why
SERIES = (
    ((12000, 12000, 12000), "?AA", "two equal readings from the start"),
    ((12000, 8980, 12000, 8980), "????", "no two equal in a row: nothing is accepted"),
    ((12000, 12000, 8980, 8980), "?AAB", "vector 2: B after 40 ms"),
    ((12000, 12000, 8980, 12000, 12000), "?AAAA", "one A-B-A glitch is suppressed"),
    ((8980, 8980, 6000, 6000), "?BBC", "vector 5: C after 40 ms"),
    ((8980, 8980, 6000, 8980, 6000, 8980), "?BBBBB", "single readings in C are not reported"),
    ((6000, 6000, 8980, 8980), "?CCB", "seq 8.1: C to B after 40 ms"),
    ((6000, 6000, 8980, 12000), "?CCA", "leaving power: two readings outside C, unequal"),
    ((6000, 6000, 12000, 8980), "?CCB", "the same the other way round"),
    ((6000, 6000, 7500, 7500, 8060, 8060), "?CCCCB", "hold band, then B of a 1870 ohm car"),
    ((6000, 6000, 12000, 6000, 12000, 6000), "?CCCCC", "vector 45: bounces of 20 ms stay C"),
    ((6000, 6000, 3000, 3000), "?CCD", "vector 36: D after two equal readings"),
    ((6000, 6000, 3000, 8980), "?CCB", "D is no power here either: the second reading decides"),
    ((2930, 2930, 8980, 12000), "?DDA", "leaving D, unequal"),
    ((6000, 6000, -5000, 8980), "?CCB", "an illegal reading is one without power"),
    ((6000, 6000, 870, 870), "?CCE", "vector 24"),
    ((6000, 6000, 870, 12000), "?CCA", "short, then gone: no power either way"),
    ((12000, 12000, 13400, 13400, 13400), "?AAAX", "vector 30: illegal for 60 ms"),
    ((12000, 12000, 13400, 13400, 12000, 13400), "?AAAAA", "less than 60 ms is held"),
    (
        (6000, 6000, 8980, -5000, -5000, 6000),
        "?CCCXX",
        "leaving C: one legal reading counts with them",
    ),
    ((6000, 6000, -5000, -5000, -5000, 6000, 6000), "?CCCXXC", "and back after two"),
    ((8980, 8980, -12000, -12000), "?BBF", "-12 V that nobody asked for"),
    ((-5000, -5000, -5000), "??X", "illegal from the start"),
)


# the same on a board whose guard opens first
GUARDED = (
    ((6000, 6000, 9000, 9000, 6000), "?CCCC", "a 20 ms bounce to A, half of it in each reading"),
    ((6000, 6000, 3000, 3000, 6000), "?CCCC", "the same to E: it looks like D"),
    ((6000, 6000, 8980, 8980, 8980), "?CCCB", "C to B after 60 ms"),
    ((6000, 6000, 9000, 12000, 12000), "?CCCA", "three readings outside C, unequal"),
    ((6000, 6000, 3000, 3000, 3000), "?CCCD", "D after three"),
    ((6000, 6000, 12000, 9000, 3000), "?CCCC", "D is not believed from one reading"),
    ((2930, 2930, 870, 870, 870), "?DDDE", "leaving D"),
    ((12000, 12000, 8980, 8980), "?AAB", "coming is as quick as elsewhere"),
    ((8980, 8980, 6000, 6000), "?BBC", "and so is asking for current"),
    ((6000, 6000, -5000, -5000, -5000), "?CCCX", "illegal for 60 ms"),
)


class TestAcceptance(unittest.TestCase):
    def test_series(self):
        for levels, expected, why in SERIES:
            self.assertEqual(Line().reads(*levels), expected[: len(levels)], why)

    def test_series_beside_a_guard(self):
        for levels, expected, why in GUARDED:
            self.assertEqual(Line(3).reads(*levels), expected[: len(levels)], why)

    def test_since_is_when_it_was_accepted(self):
        line = Line()
        line.reads(12000, 12000)
        accepted_ms = line.now_ms
        line.reads(12000, 8980)
        self.assertEqual(line.level.since_ms, accepted_ms)
        line.read(8980)
        self.assertEqual(line.level.since_ms, line.now_ms)

    def test_settled_only_while_readings_agree(self):
        line = Line()
        line.reads(6000, 6000)
        self.assertTrue(line.level.is_steady)
        line.read(8980)
        self.assertFalse(line.level.is_steady)
        line.read(8980)
        self.assertTrue(line.level.is_steady)


class TestGap(unittest.TestCase):
    def test_a_reading_after_a_gap_says_so_once(self):
        line = Line()
        line.reads(6000, 6000)
        self.assertFalse(line.level.is_broken)
        line.now_ms = ticks_add(line.now_ms, 20)
        line.read(6000)  # 40 ms: one step was missed
        self.assertFalse(line.level.is_broken)
        line.now_ms = ticks_add(line.now_ms, 40)
        self.assertEqual(line.read(6000), "C")
        self.assertTrue(line.level.is_broken)
        line.read(6000)
        self.assertFalse(line.level.is_broken)


class TestAge(unittest.TestCase):
    def test_stale_after_60_ms(self):
        """Vector 76: no new sample for 60 ms."""
        line = Line()
        line.reads(6000, 6000)
        taken_ms = line.now_ms
        line.idle(40, taken_ms)
        self.assertEqual(line.level.letter, C)
        line.idle(20, taken_ms)
        self.assertEqual(line.level.letter, UNKNOWN)

    def test_a_reading_that_comes_late_is_stale_too(self):
        line = Line()
        line.reads(6000, 6000)
        line.now_ms = ticks_add(line.now_ms, 20)
        line.level.feed(line.now_ms, 6000, -12000, ticks_add(line.now_ms, -60), True)
        self.assertEqual(line.level.letter, UNKNOWN)

    def test_readings_on_both_sides_of_a_gap_are_no_pair(self):
        line = Line()
        line.reads(6000, 6000)
        line.idle(100, line.now_ms)
        self.assertEqual(line.reads(6000, 6000), "?C")

    def test_no_reading_at_all(self):
        line = Line()
        self.assertEqual(line.read(None), "?")
        line.reads(6000, 6000)
        self.assertEqual(line.read(None), "?")
        line.reads(6000, 6000)
        self.assertEqual(line.read(6000, None), "?")

    def test_a_week_without_a_sample_is_not_fresh_again(self):
        line = Line()
        line.reads(6000, 6000)
        taken_ms = line.now_ms
        line.idle(60, taken_ms)
        line.now_ms = (line.now_ms + 7 * 86400 * 1000) & ((1 << 30) - 1)
        line.idle(100, taken_ms)
        self.assertEqual(line.level.letter, UNKNOWN)


# high, low, how often, diode ok, shorted, why
DIODES = (
    (6000, -12000, 1, False, False, "one reading proves nothing"),
    (6000, -12000, 2, True, False, "good low part"),
    (8980, -10400, 2, True, False, "vector 21: a car whose low part is weak but legal"),
    (9990, -10400, 2, True, False, "R2 of 4610 ohm at a weak generator is no short"),
    (6000, -10000, 2, True, False, "the limit itself"),
    (6000, -9999, 5, False, False, "just above the limit"),
    (8980, -9000, 1, False, False, "vector 20 is also symmetrical, but once"),
    (8790, -8790, 2, False, True, "vector 17: shorted in B"),
    (5620, -5620, 2, False, True, "vector 18: shorted in C"),
    (2370, -2370, 2, False, True, "vector 19: shorted in D"),
    (5620, -6820, 2, False, True, "1.2 V of difference is symmetrical"),
    (5620, -6821, 2, False, False, "1.201 V is not"),
    (2000, -2000, 2, False, False, "2 V and less is a short, not a diode"),
    (870, -890, 2, False, False, "vector 24: short before the diode is E"),
    (12000, -12000, 2, True, False, "an open pilot is symmetrical by nature"),
    (6000, 6000, 2, False, False, "vector 28: generator stuck high"),
)


class TestDiode(unittest.TestCase):
    def test_with_the_oscillator_on(self):
        for high_mv, low_mv, count, is_ok, is_shorted, why in DIODES:
            line = Line()
            for _ in range(count):
                line.read(high_mv, low_mv)
            found = (line.level.diode_is_ok, line.level.diode_is_shorted)
            self.assertEqual(found, (is_ok, is_shorted), why)

    def test_nothing_is_known_without_the_oscillator(self):
        line = Line()
        for _ in range(3):
            line.read(5620, -5620)
        line.read(6000, 6000, False)
        level = line.level
        self.assertEqual((level.diode_is_ok, level.diode_is_shorted), (False, False))
        self.assertEqual(level.weak_low_readings, 0)

    def test_a_generator_that_does_not_swing(self):
        """Vector 28: three readings in a row; a short (E) or the diode is something else."""
        for high_mv, low_mv, is_flat in (
            (6000, 6000, True),
            (12000, 12000, True),
            (6000, 4000, True),
            (6000, 3999, False),
            (2000, 2000, False),
            (870, -890, False),
            (5620, -5620, False),
        ):
            line = Line()
            line.read(high_mv, low_mv)
            line.read(high_mv, low_mv)
            self.assertFalse(line.level.is_flat)
            line.read(high_mv, low_mv)
            self.assertEqual(line.level.is_flat, is_flat, (high_mv, low_mv))
            line.read(6000, -12000)
            self.assertFalse(line.level.is_flat)

    def test_weak_readings_are_counted_in_a_row(self):
        """Vector 22: one weak block between good ones is a glitch."""
        line = Line()
        line.read(6000, -9800)
        self.assertEqual(line.level.weak_low_readings, 1)
        line.read(6000, -12000)
        self.assertEqual(line.level.weak_low_readings, 0)
        for _ in range(5):
            line.read(6000, -9800)
        self.assertEqual(line.level.weak_low_readings, 5)


if __name__ == "__main__":
    unittest.main()
