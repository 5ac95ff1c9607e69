"""core.proximity: the windows, and what a cable may do while a car is there. ohm, mA."""

import unittest

from pilotlight.core import pilot
from pilotlight.core import proximity as pp
from pilotlight.core.proximity import Cable

A, B, C, D, E, F, X, UNKNOWN = range(8)

# ohm, rating, why
WINDOWS = (
    (None, pp.NONE, "nothing connected"),
    (100000, pp.NONE, "nothing connected, as a number"),
    (5000, pp.NONE, "vector 66"),
    (4501, pp.NONE, "EVerest calls this none"),
    (2461, pp.NONE, "2460...4500 is undefined: no cable"),
    (2460, pp.A13, "upper end of 1500 ohm"),
    (1500, pp.A13, "nominal 13 A"),
    (1100, pp.A13, "lower end of 1500 ohm"),
    (1000, pp.A13, "vector 64: between 13 and 20 A, the lower"),
    (937, pp.A13, "just above the 20 A band"),
    (936, pp.A20, "upper end of 680 ohm"),
    (680, pp.A20, "nominal 20 A, vector 63"),
    (400, pp.A20, "lower end of 680 ohm"),
    (350, pp.A20, "vector 64: between 20 and 32 A"),
    (309, pp.A20, "just above the 32 A band"),
    (308, pp.A32, "upper end of 220 ohm"),
    (220, pp.A32, "nominal 32 A"),
    (164, pp.A32, "lower end of 220 ohm"),
    (150, pp.A32, "vector 64: between 32 and 63 A; also J1772's 150 ohm, in a socket never"),
    (141, pp.A32, "just above the 63 A band"),
    (140, pp.A63, "upper end of 100 ohm"),
    (100, pp.A63, "nominal 63 A"),
    (80, pp.A63, "lower end of 100 ohm"),
    (79, pp.SHORTED, "60...80 ohm would be 63 A for EVerest: not here"),
    (50, pp.SHORTED, "vector 66"),
    (0, pp.SHORTED, "a dead short"),
)

# rating, on three phases, on one
LIMITS = (
    (pp.UNREAD, 0, 0),
    (pp.NONE, 0, 0),
    (pp.SHORTED, 0, 0),
    (pp.A13, 13000, 13000),
    (pp.A20, 20000, 20000),
    (pp.A32, 32000, 32000),
    (pp.A63, 63000, 70000),
    (pp.BROKEN, 0, 0),
)

# (letter, ohm) of each look, rating at the end, why
STORIES = (
    (((A, 680),), pp.UNREAD, "one reading is none"),
    (((A, 680), (A, 690)), pp.A20, "two in the same window are enough"),
    (((A, 680), (A, 220), (A, 680)), pp.UNREAD, "a contact that bounces: no two are equal"),
    (((A, None), (A, None), (B, 680), (B, 680)), pp.A20, "cable and car come together"),
    (((B, 220), (B, 220)), pp.A32, "boot with a car in B: read (vector 15)"),
    (((C, 220), (C, 220)), pp.A32, "boot with a car in C: read (vector 14)"),
    (((A, None), (A, None), (C, 220), (C, 220)), pp.A32, "a car without S2 (seq 1.2)"),
    (((D, 220), (D, 220)), pp.A32, "boot with a car in D"),
    (((A, 680), (A, 680), (B, 220), (B, 220)), pp.A32, "in B no current flows: it may rise"),
    (((B, 680), (B, 680), (C, 220), (C, 220)), pp.A20, "it never rises in C"),
    (((B, 680), (B, 680), (D, 220), (D, 220)), pp.A20, "nor in D"),
    (((B, 680), (B, 680), (C, 220), (C, 220), (B, 220)), pp.A32, "but in B again"),
    (((B, 220), (B, 220), (C, 680)), pp.A32, "one lower reading is a disturbance"),
    (((B, 220), (B, 220), (C, 680), (C, 680)), pp.A20, "two are a cable that carries less"),
    (((C, 220), (C, 220), (C, 50), (C, 50)), pp.SHORTED, "a short in C stops"),
    (((C, 220), (C, 220), (C, 50), (C, 50), (C, 220), (C, 220)), pp.SHORTED, "and stays in C"),
    (((C, 220), (C, 220), (C, 50), (C, 50), (B, 220), (B, 220)), pp.A32, "but not in B"),
    (((C, 220), (C, 220), (C, None)), pp.A32, "one lost reading is a disturbance"),
    (((C, 220), (C, 220), (C, None), (C, None)), pp.BROKEN, "vector 65"),
    (((B, 220), (B, 220), (B, 9000), (B, 9000)), pp.BROKEN, "in B as well"),
    (((C, 220), (C, 220), (C, 50), (C, 50), (C, None), (C, None)), pp.BROKEN, "short, then open"),
    (
        ((C, 220), (C, 220), (C, None), (C, None), (C, 220), (C, 220), (B, 220), (B, 220)),
        pp.BROKEN,
        "a reading that returns lifts nothing",
    ),
    (((C, 220), (C, 220), (C, None), (C, None), (A, None)), pp.NONE, "unplugged: over at once"),
    (((C, 220), (C, 220), (C, None), (C, None), (A, 220)), pp.UNREAD, "whatever is read then"),
    (
        ((C, 220), (C, 220), (C, None), (C, None), (A, 220), (A, 220), (B, 220)),
        pp.A32,
        "plugged in anew: read anew",
    ),
    (((B, None), (B, None)), pp.NONE, "a car but no cable: nothing has broken, nothing is given"),
    (((B, None), (B, None), (C, 220), (C, 220)), pp.A32, "it was only late"),
    (((C, 220), (C, 220), (E, None), (E, None), (E, None)), pp.A32, "the pilot is disturbed"),
    (((C, 220), (C, 220), (UNKNOWN, None), (UNKNOWN, None)), pp.A32, "nothing is sampled"),
    (((C, 220), (C, 220), (F, 50), (X, 50)), pp.A32, "nor here"),
    (((C, 220), (C, None), (A, None), (A, None)), pp.NONE, "pulled: the pilot goes as well"),
    (((A, 220), (A, 220), (A, None), (A, None)), pp.NONE, "the cable is taken home"),
)


class TestWindows(unittest.TestCase):
    def test_every_edge(self):
        for ohm, rating, why in WINDOWS:
            self.assertEqual(pp.rating_of(ohm), rating, (ohm, why))

    def test_less_ohm_is_never_a_weaker_cable_down_to_the_short(self):
        last = pp.NONE
        for ohm in range(3000, 79, -1):
            rating = pp.rating_of(ohm)
            self.assertTrue(rating == last or rating > last, ohm)
            last = rating

    def test_limits(self):
        for rating, three_ma, one_ma in LIMITS:
            for phases, expected_ma in ((3, three_ma), (1, one_ma)):
                cable = Cable(phases)
                cable.rating = rating
                self.assertEqual(cable.limit_ma, expected_ma, (rating, phases))

    def test_every_rating_has_words(self):
        self.assertEqual(len(pp.REASONS), pp.BROKEN + 1)
        self.assertEqual(len(set(pp.REASONS)), pp.BROKEN + 1)


class TestStories(unittest.TestCase):
    def test_rows(self):
        for looks, rating, why in STORIES:
            cable = Cable(3)
            for letter, ohm in looks:
                cable.look(letter, ohm)
            self.assertEqual(cable.rating, rating, (looks, why))
            self.assertEqual(cable.reason, pp.REASONS[rating])

    def test_it_is_steady_after_two_equal_readings(self):
        cable = Cable(3)
        self.assertFalse(cable.is_steady)
        for ohm, expected in ((220, False), (230, True), (680, False), (220, False), (220, True)):
            cable.look(B, ohm)
            self.assertEqual(cable.is_steady, expected, ohm)

    def test_the_letters_are_those_of_the_pilot(self):
        names = (pilot.A, pilot.B, pilot.C, pilot.D, pilot.E, pilot.F, pilot.X, pilot.UNKNOWN)
        self.assertEqual(names, (A, B, C, D, E, F, X, UNKNOWN))

    def test_a_week_of_charging_with_a_jittering_reading(self):
        """220 ohm that jitters within its band: 32 A throughout, two looks an hour for a week."""
        cable = Cable(3)
        for i in range(7 * 48):
            cable.look(C, 200 + i * 37 % 60)
            self.assertEqual(cable.rating, pp.A32 if i else pp.UNREAD)


if __name__ == "__main__":
    unittest.main()
