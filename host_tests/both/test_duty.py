"""core.duty against the exact values of tables A.7 and A.8. Duty in 1/100 %, currents in mA."""

import unittest

from pilotlight.core import duty

# mA, exact duty in 1/100 % rounded down, why
OFFERS = (
    (0, duty.X1, "nothing permitted"),
    (5000, duty.X1, "vector 67: 5 A cannot be signalled"),
    (5999, duty.X1, "the last value below the minimum"),
    (6000, 1000, "6 A is 10.000 %, never less: some cars disconnect below 10 %"),
    (6005, 1000, "5 mA are less than one step"),
    (6006, 1001, "first whole step above"),
    (7000, 1166, "11.667 rounded down"),
    (8000, 1333, "13.333 rounded down"),
    (10000, 1666, "16.667 rounded down"),
    (13000, 2166, "21.667 rounded down"),
    (16000, 2666, "26.667 rounded down"),
    (20000, 3333, "33.333 rounded down"),
    (25000, 4166, "41.667 rounded down"),
    (32000, 5333, "53.333 rounded down"),
    (40000, 6666, "66.667 rounded down"),
    (48000, 8000, "80 % exactly"),
    (51000, 8500, "end of the low branch"),
    (51001, 8500, "gap between the branches: 51 A"),
    (51500, 8500, "vector 67: in the gap"),
    (52499, 8500, "end of the gap"),
    (52500, 8500, "vector 67: start of the high branch"),
    (53000, 8520, "vector 67: 85.2 %"),
    (63000, 8920, "89.2 %"),
    (63024, 8920, "24 mA are less than one step of the high branch"),
    (70000, 9200, "92 %"),
    (80000, 9600, "vector 67: 96 %, the most there is"),
    (80001, duty.X1, "vector 67: no duty says more than 80 A"),
    (81000, duty.X1, "vector 67"),
    (-1, duty.X1, "nonsense permits nothing"),
)

# duty, mA the car understands, why
UNDERSTOOD = (
    (duty.F, 0, "state F"),
    (299, 0, "below 3 %: not permitted"),
    (500, 0, "digital communication: no current agreed"),
    (700, 0, "7 %: still digital"),
    (799, 0, "7...8 %: not permitted"),
    (800, 6000, "8...10 %: 6 A"),
    (999, 6000, "8...10 %: 6 A"),
    (1000, 6000, "10 %"),
    (1666, 9996, "10 A rounded down"),
    (2667, 16002, "a hair above 16 A"),
    (5333, 31998, "32 A rounded down"),
    (8500, 51000, "end of D x 0.6"),
    (8501, 52525, "(D - 64) x 2.5 begins with a jump"),
    (8520, 53000, "high branch"),
    (8920, 63000, "high branch"),
    (9600, 80000, "96 %"),
    (9601, 80000, "96...97 %: 80 A"),
    (9700, 80000, "97 %"),
    (9701, 0, "above 97 %: not permitted"),
    (9999, 0, "above 97 %: not permitted"),
    (duty.X1, 0, "x1"),
)


class TestOffers(unittest.TestCase):
    def test_exact_values(self):
        for limit_ma, expected, why in OFFERS:
            self.assertEqual(duty.from_ma(limit_ma), expected, (limit_ma, why))

    def test_never_more_than_permitted_and_at_most_a_step_less(self):
        """Every 7 mA of the range: floor, also when the car decodes it again."""
        for limit_ma in range(6000, 80001, 7):
            told_ma = duty.to_ma(duty.from_ma(limit_ma))
            step_ma = 1525 if 51000 < limit_ma < 52525 else 25
            self.assertTrue(limit_ma - step_ma < told_ma <= limit_ma, (limit_ma, told_ma))

    def test_a_legal_duty_or_x1(self):
        """7-8 % and more than 96 % are never made."""
        for limit_ma in range(0, 100000, 13):
            found = duty.from_ma(limit_ma)
            self.assertTrue(1000 <= found <= 9600 or found == duty.X1, limit_ma)


class TestUnderstood(unittest.TestCase):
    def test_exact_values(self):
        for value, expected, why in UNDERSTOOD:
            self.assertEqual(duty.to_ma(value), expected, (value, why))

    def test_pwm(self):
        rows = ((0, False), (1, True), (1000, True), (9999, True), (10000, False))
        for value, expected in rows:
            self.assertEqual(duty.is_pwm(value), expected, value)


if __name__ == "__main__":
    unittest.main()
