"""core.restart: pauses after a power cut. ms, s."""

import unittest

from pilotlight.core.restart import delays_ms


class TestDelays(unittest.TestCase):
    def test_none_wanted_none_drawn(self):
        for seed in (0, 1, 0xFFFFFF):
            self.assertEqual(delays_ms(seed, 8, 0), [0] * 8)

    def test_within_the_span(self):
        for longest_s in (1, 2, 59, 600, 1800):
            for seed in range(0, 1 << 24, 131071):
                for delay_ms in delays_ms(seed, 8, longest_s):
                    self.assertTrue(0 <= delay_ms < longest_s * 1000, (seed, longest_s))

    def test_the_same_seed_gives_the_same(self):
        """Pinned: both interpreters, and a replayed run, draw these."""
        self.assertEqual(delays_ms(0, 4, 600), [275718, 79414, 330316, 271854])
        self.assertEqual(delays_ms(0xABCDEF, 4, 600), [506799, 478065, 39650, 545245])

    def test_spread_evenly(self):
        """Tenths of the span, 8 outlets of 500 power cuts: each holds a tenth, within a quarter."""
        counts = [0] * 10
        for seed in range(500):
            for delay_ms in delays_ms(seed * 33001 & 0xFFFFFF, 8, 600):
                counts[delay_ms // 60000] += 1
        for count in counts:
            self.assertTrue(300 <= count <= 500, counts)

    def test_outlets_of_one_site_differ(self):
        """Two within the same second: no more often than chance makes it (28 pairs of 600)."""
        twins = 0
        for seed in range(500):
            seconds = [ms // 1000 for ms in delays_ms(seed * 7001 & 0xFFFFFF, 8, 600)]
            twins += len(seconds) - len(set(seconds))
        self.assertTrue(twins < 50, twins)


if __name__ == "__main__":
    unittest.main()
