"""core.breaker against an independent model in floats. Heat in permille of tripping, mA, ms."""

import unittest
from math import exp
from time import ticks_add

from pilotlight.core.breaker import TYPES, Breaker

START = (1 << 30) - 3000
HOLDS = {"B": 1.13, "C": 1.13, "D": 1.13, "gG": 1.25}  # IEC 60898-1 table 7, IEC 60269-1
TAU_S = {"B": 40, "C": 40, "D": 40, "gG": 35}
# current as part of the rating, for how many s
DAY = ((0.3, 100), (1.4, 20), (0.9, 60), (1.2, 35), (0.0, 200), (1.9, 6), (1.0, 300))


def model(kind, rating_ma, parts):
    """Heat after each part, by the closed solution of a first-order system, from hot."""
    heat, seen = 1000 / HOLDS[kind] ** 2, []
    for share, span_s in parts:
        end = 1000 * (share / HOLDS[kind]) ** 2
        heat = end + (heat - end) * exp(-span_s / TAU_S[kind])
        seen.append(heat)
    return seen


def image(kind, rating_ma, parts, step_ms):
    """The same by the firmware, looked at every `step_ms`."""
    breaker, now_ms, seen = Breaker(kind, rating_ma), START, []
    breaker.advance(now_ms)
    for share, span_s in parts:
        for phase in range(3):
            breaker.flow(phase, int(rating_ma * share))
        for _ in range(span_s * 1000 // step_ms):
            now_ms = ticks_add(now_ms, step_ms)
            breaker.advance(now_ms)
        seen.append(breaker.heat(1))
    return seen


class TestHeat(unittest.TestCase):
    def test_follows_the_model(self):
        for kind in TYPES:
            for rating_ma in (6000, 16000, 35000, 250000):
                expected = model(kind, rating_ma, DAY)
                for step_ms in (20, 100, 500, 1000):
                    found = image(kind, rating_ma, DAY, step_ms)
                    for i in range(len(DAY)):
                        self.assertTrue(
                            -12 <= found[i] - expected[i] <= 12,
                            (kind, rating_ma, step_ms, i, found[i], expected[i]),
                        )

    def test_hot_after_a_boot(self):
        """1 / 1.13^2 = 0.783, 1 / 1.25^2 = 0.640; the ratio is rounded to permille first."""
        self.assertTrue(781 <= Breaker("B", 35000).heat(0) <= 784)
        self.assertTrue(638 <= Breaker("gG", 35000).heat(2) <= 641)

    def test_what_it_holds_for_ever_leads_to_tripping_and_no_less(self):
        for kind in TYPES:
            breaker = Breaker(kind, 40000)
            breaker.advance(START)
            breaker.flow(0, int(40000 * HOLDS[kind]))
            breaker.advance(ticks_add(START, 3600000))
            self.assertTrue(990 <= breaker.heat(0) <= 1000, (kind, breaker.heat(0)))

    def test_unknown_current_is_the_rating(self):
        breaker = Breaker("C", 16000)
        breaker.advance(START)
        breaker.flow(0, 0)
        breaker.advance(ticks_add(START, 600000))
        self.assertEqual(breaker.heat(0), 0)
        breaker.flow(0, None)
        breaker.advance(ticks_add(START, 1200000))
        self.assertTrue(770 <= breaker.heat(0) <= 784, breaker.heat(0))

    def test_phases_are_apart(self):
        breaker = Breaker("B", 16000)
        breaker.advance(START)
        breaker.flow(0, 24000)
        breaker.flow(1, 0)
        breaker.advance(ticks_add(START, 10000))
        self.assertTrue(breaker.heat(1) < breaker.heat(2) < breaker.heat(0))

    def test_time_only_counts_in_whole_steps_and_none_is_lost(self):
        one, other = Breaker("B", 16000), Breaker("B", 16000)
        one.advance(START)
        other.advance(START)
        one.flow(0, 24000)
        other.flow(0, 24000)
        for i in range(1, 501):
            one.advance(ticks_add(START, i * 20))
        other.advance(ticks_add(START, 10000))
        self.assertEqual(one.heat(0), other.heat(0))

    def test_time_running_backwards_changes_nothing(self):
        breaker = Breaker("B", 16000)
        breaker.advance(START)
        breaker.flow(0, 0)
        hot = breaker.heat(0)
        breaker.advance(ticks_add(START, -1000))
        self.assertEqual(breaker.heat(0), hot)


class TestLasts(unittest.TestCase):
    # share of the rating, heat of which current before, lasts 6 s, why
    ROWS = (
        (1.0, 1.0, True, "the rating flows for ever"),
        (0.5, 1.12, True, "too hot, but cooling"),
        (1.4, 1.0, True, "40 % over from rated: 888 after 6 s"),
        (1.5, 1.0, False, "50 % over from rated: 919 after 6 s"),
        (1.5, 0.0, True, "the same from cold"),
        (1.99, 0.0, True, "just below the fast corner, from cold: 465 after 6 s"),
        (2.0, 0.0, False, "the fast corner: seconds at most"),
        (1.05, 1.1, False, "cooling from 947, still above 900"),
        (1.05, 1.06, True, "cooling from 880"),
    )

    def test_rows(self):
        for share, before, expected, why in self.ROWS:
            breaker = Breaker("B", 20000)
            breaker.advance(START)
            breaker.flow(0, int(20000 * before))
            breaker.advance(ticks_add(START, 1200000))
            breaker.flow(0, int(20000 * share))
            self.assertEqual(breaker.lasts(0, 6000), expected, why)

    def test_true_is_kept(self):
        """Whenever it says that a current lasts 6 s, the model stays below tripping for them."""
        for kind in TYPES:
            for tenths in range(12):
                for share in range(100, 260, 5):
                    breaker = Breaker(kind, 32000)
                    breaker.advance(START)
                    breaker.flow(0, 3200 * tenths)
                    breaker.advance(ticks_add(START, 600000))
                    breaker.flow(0, 320 * share)
                    if breaker.lasts(0, 6000):
                        parts = ((tenths / 10, 600), (share / 100, 6))
                        self.assertTrue(
                            model(kind, 32000, parts)[-1] < 1000, (kind, tenths, share)
                        )


if __name__ == "__main__":
    unittest.main()
