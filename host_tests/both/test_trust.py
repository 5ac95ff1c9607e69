"""core.trust: fresh, hold, lost, by the age of the newest sample. mA, ticks in ms."""

import unittest
from time import ticks_add

from pilotlight.core import trust
from pilotlight.core.trust import FRESH, HOLD, LOST

START = (1 << 30) - 3000
RING = 1 << 30


def source(period_ms=500):
    made = trust.Source("meter", period_ms)
    made.offer(5000, 6000, 7000, START, 1)
    return made


class TestLevels(unittest.TestCase):
    def check(self, period_ms, rows):
        for age_ms, expected in rows:
            made = source(period_ms)
            made.judge(ticks_add(START, age_ms))
            self.assertEqual(made.level, expected, (period_ms, age_ms))

    def test_age(self):
        """Stale after 3 periods, at least 1 s; held for up to 5 s; across the wrap."""
        self.check(500, ((0, FRESH), (1500, FRESH), (1501, HOLD), (5000, HOLD), (5001, LOST)))
        self.check(100, ((1000, FRESH), (1001, HOLD), (5000, HOLD), (5001, LOST)))
        self.check(2000, ((5000, FRESH), (5001, LOST)))

    def test_a_sample_from_the_future_is_no_sample(self):
        self.check(500, ((-20, FRESH), (-5001, LOST)))

    def test_never_a_sample(self):
        made = trust.Source("meter", 500)
        made.judge(START)
        self.assertEqual(made.level, LOST)
        made.offer(None, None, None, None, 0)
        made.judge(START)
        self.assertEqual((made.level, made.is_new), (LOST, False))

    def test_a_missing_phase_is_lost(self):
        for currents in ((None, 6000, 7000), (5000, None, 7000), (5000, 6000, None)):
            made = source()
            made.judge(START)
            self.assertEqual(made.level, FRESH)
            made.offer(currents[0], currents[1], currents[2], ticks_add(START, 500), 2)
            self.assertEqual(made.level, LOST, "also for who looks before it is judged")
            made.judge(ticks_add(START, 500))
            self.assertEqual(made.level, LOST, currents)
            self.assertEqual(made.current_ma, [None, None, None], currents)

    def test_it_comes_back_with_the_next_whole_sample(self):
        made = source()
        made.judge(ticks_add(START, 6000))
        made.offer(5000, 6000, 7000, ticks_add(START, 6000), 2)
        made.judge(ticks_add(START, 6000))
        self.assertEqual((made.level, made.is_new), (FRESH, True))

    def test_a_rise_may_be_a_part_of_one_in_the_first_of_two_windows(self):
        """Not noise, not a fall, and not where a meter has measured."""
        rises = (5000, 5080, 8000, 9000, 9050, 9400, 4000, 4000, 4300, None, 9000, 9300)
        parts = (0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1)
        for period_ms in (100, 500):
            made = trust.Source("clamps", period_ms)
            seen = []
            for n, ma in enumerate(rises):
                made.offer(5000, ma, 7000, ticks_add(START, n * period_ms), n)
                seen.append(int(made.is_part))
            self.assertEqual(seen, list(parts) if period_ms == 100 else [0] * 12)

    def test_a_frozen_sensor_is_lost(self):
        """The same sequence number again and again is no news."""
        made = source()
        for age_ms in range(0, 5040, 20):
            made.offer(5000, 6000, 7000, START, 1)
            self.assertIs(made.is_new, age_ms == 0, age_ms)
            made.is_new = False
            made.judge(ticks_add(START, age_ms))
        self.assertEqual(made.level, LOST)

    def test_a_week_later_it_is_still_lost(self):
        made = source()
        made.judge(ticks_add(START, 6000))
        made.offer(5000, 6000, 7000, START, 1)
        made.judge((START + 7 * 86400000) % RING)
        self.assertEqual(made.level, LOST)
        made.judge(START)  # one whole turn of the ticks
        self.assertEqual(made.level, LOST)

    def test_names(self):
        self.assertEqual([trust.LEVELS[i] for i in (FRESH, HOLD, LOST)], ["fresh", "hold", "lost"])


class TestValues(unittest.TestCase):
    def test_used_values_move_by_more_than_the_band(self):
        rows = (
            (5189, 5000, "150 mA and a 128th are noise"),
            (5190, 5190, "more is not"),
            (4811, 5000, "also downwards"),
            (4810, 4810, "also downwards"),
            (0, 0, "switched off"),
        )
        for value, expected, why in rows:
            made = source()
            made.offer(value, 6000, 7000, ticks_add(START, 500), 2)
            used = expected if value > 5000 else 5000
            self.assertEqual((made.current_ma[0], made.raw_ma[0]), (used, value), why)
            made.offer(value, 6000, 7000, ticks_add(START, 900), 3)
            self.assertEqual((made.current_ma[0], made.raw_ma[0]), (expected, value), why)

    def test_a_rise_counts_at_once_a_fall_when_the_next_sample_agrees(self):
        rows = (
            ((20000, 5000, 5000), (20000, 20000, 5000), "a fall"),
            ((20000, 5000, 20000), (20000, 20000, 20000), "one sample is no fall"),
            ((20000, 5000, 7000, 7000), (20000, 20000, 7000, 7000), "the higher of two"),
            ((5000, 20000, 5000, 5000), (5000, 20000, 20000, 5000), "a rise, and down again"),
            ((20000, 0, 30000, 0, 0), (20000, 20000, 30000, 30000, 0), "from bad to worse"),
        )
        for values, expected, why in rows:
            made = trust.Source("meter", 500)
            used = []
            for i in range(len(values)):
                made.offer(values[i], 0, 0, ticks_add(START, 500 * i), i)
                used.append(made.current_ma[0])
            self.assertEqual(tuple(used), expected, why)

    def test_a_single_fall_is_not_used_either_when_a_movement_is_over(self):
        made = source()
        made.offer(9000, 6000, 7000, ticks_add(START, 500), 2)
        made.offer(100, 6000, 7000, ticks_add(START, 1500), 3)
        self.assertEqual(made.current_ma[0], 9000)

    def test_beyond_all_that_can_be_is_no_sample(self):
        """10 times the rating: the breaker would have been open for long."""
        for value in (350001, -350001, 1 << 29):
            for phase in range(3):
                made = trust.Source("meter", 500, 350000)
                made.offer(5000, 6000, 7000, START, 1)
                values = [5000, 6000, 7000]
                values[phase] = value
                made.is_new = False
                for age_ms in (500, 1000):
                    made.offer(values[0], values[1], values[2], ticks_add(START, age_ms), age_ms)
                    made.judge(ticks_add(START, age_ms))
                    self.assertEqual((made.is_beyond, made.is_new), (True, False))
                    self.assertEqual((made.level, made.current_ma), (FRESH, [5000, 6000, 7000]))
                for age_ms, level in ((1501, HOLD), (5001, LOST)):  # it goes stale
                    made.judge(ticks_add(START, age_ms))
                    self.assertEqual(made.level, level)
        made.offer(350000, 0, 0, ticks_add(START, 6000), 6000)
        self.assertEqual((made.is_beyond, made.current_ma[0]), (False, 350000))

    def test_a_verdict_is_a_level_however_fresh_it_is(self):
        for least, level in ((FRESH, FRESH), (HOLD, HOLD), (LOST, LOST)):
            made = source()
            made.least = least
            made.judge(START)
            self.assertEqual(made.level, level)
            self.assertEqual(made.current_ma[0], None if least == LOST else 5000)
        made.offer(6000, 6000, 7000, ticks_add(START, 500), 2)
        made.least = FRESH
        made.judge(ticks_add(START, 500))
        self.assertEqual((made.level, made.current_ma[0]), (FRESH, 6000))

    def test_a_drill_is_silence(self):
        made = source()
        made.is_muted = True
        for age_ms, level in ((1000, FRESH), (2000, HOLD), (4900, HOLD), (5100, LOST)):
            made.offer(5000, 6000, 7000, ticks_add(START, age_ms), age_ms)
            made.judge(ticks_add(START, age_ms))
            self.assertEqual(made.level, level, age_ms)
        made.is_muted = False
        made.offer(5000, 6000, 7000, ticks_add(START, 5200), 5200)
        made.judge(ticks_add(START, 5200))
        self.assertEqual(made.level, FRESH)

    def test_the_gain_is_corrected_in_what_is_used(self):
        rows = ((0, 20000), (102, 21989), (-102, 18011), (1, 20019))
        for trim, used in rows:
            made = trust.Source("clamps", 100)
            made.trim[0] = trim
            made.offer(20000, 6000, 0, START, 1)
            self.assertEqual((made.raw_ma[0], made.current_ma), (20000, [used, 6000, 0]))
        made.trim[0] = 102
        made.offer(2500000, 0, 0, START, 2)  # the most there can be stays a small int
        self.assertEqual(made.current_ma[0], 2500000 + 2500000 // 64 * 102 // 16)

    def test_the_band_is_centred_once_a_movement_is_over(self):
        """A value that stopped near the edge of the band would else be left by noise alone."""
        made = source()
        made.offer(6000, 6000, 7000, ticks_add(START, 500), 2)
        made.offer(6130, 6010, 6980, ticks_add(START, 1400), 3)
        self.assertEqual((made.current_ma[0], made.is_settled()), (6000, False))
        made.offer(6140, 6000, 6990, ticks_add(START, 1500), 4)
        self.assertEqual((made.current_ma, made.is_settled()), ([6140, 6010, 6990], True))
        made.offer(6060, 6010, 6990, ticks_add(START, 9000), 5)
        self.assertEqual((made.current_ma[0], made.is_settled()), (6140, True))

    def test_a_step_within_the_band_is_used_a_second_later(self):
        made = source()
        made.offer(6000, 6000, 7000, ticks_add(START, 2000), 2)
        made.offer(6000, 6000, 7000, ticks_add(START, 4000), 3)
        made.offer(6000, 6000, 7130, ticks_add(START, 5000), 4)
        self.assertEqual((made.current_ma[2], made.is_settled()), (7000, False))
        made.offer(6000, 6000, 7120, ticks_add(START, 6000), 5)
        self.assertEqual((made.current_ma[2], made.is_settled()), (7130, True))

    def test_faint_currents_stand_still(self):
        made = trust.Source("clamps", 100)
        used = []
        for sequence, value in enumerate((0, 480, 300, 500, 501, 0, 0)):
            made.offer(value, 0, 0, START, sequence)
            used.append(made.current_ma[0])
        self.assertEqual(used, [0, 0, 0, 0, 501, 501, 0])

    def test_slow_drift_is_followed(self):
        made = source()
        for sequence in range(2, 102):
            made.offer(5000 + 10 * sequence, 6000, 7000, START, sequence)
        self.assertTrue(abs(made.current_ma[0] - 6010) <= 150)

    def test_direction_does_not_matter(self):
        """A conductor is warmed by export as well; a signed sensor must not make room."""
        made = trust.Source("meter", 500)
        made.offer(-20000, 100, -1, START, 1)
        self.assertEqual(made.current_ma, [20000, 100, 1])


class TestEdge(unittest.TestCase):
    """What leads above the limit is news at once, however little it is."""

    def used_after(self, *values_ma):
        made = trust.Source("clamps", 100)
        made.edge_ma = 15970
        for i in range(len(values_ma)):
            made.offer(values_ma[i], 0, 0, ticks_add(START, 100 * i), i)
        return made.current_ma[0]

    def test_below_it_a_little_is_noise(self):
        self.assertEqual(self.used_after(15800, 15960), 15800)
        self.assertEqual(self.used_after(15800, 15970), 15800)

    def test_above_it_a_little_is_news(self):
        self.assertEqual(self.used_after(15800, 15971), 15971)
        self.assertEqual(self.used_after(15800, 15971, 16001), 15971)
        self.assertEqual(self.used_after(15800, 15971, 16002), 16002)

    def test_what_falls_there_is_no_news(self):
        self.assertEqual(self.used_after(16100, 16000, 16000), 16100)


if __name__ == "__main__":
    unittest.main()
