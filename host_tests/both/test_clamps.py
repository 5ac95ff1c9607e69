"""drivers.clamps: integer RMS against the waveform's own mathematics; no allocation."""

import math
import random
import unittest
from array import array

import micropython
from pilotlight.drivers.clamps import Clamps, reduce, weights

GAIN = 4834  # mA per 100 counts: 70 A RMS is 1448 counts RMS, an amplitude of 2048
MA_PER_COUNT = GAIN / 100


class Converter:
    """A clamp port: currents as sums of sines, a bias, noise, 12-bit rounding and clipping."""

    def __init__(self, channels=1, samples=200, bias=2048.0):
        self.channels = channels
        self.samples = samples
        self.window_ms = 100
        self.bias = bias
        self.noise = 0.0
        self._windows = [array("H", bytes(2 * samples)) for _ in range(channels)]
        self._end_ms = None

    def sample(self, channel, lines, end_ms=100, length_ms=100):
        """Take a window of `lines`: (frequency in Hz, mA RMS, phase in rad)."""
        for at in range(self.samples):
            t = at * length_ms / 1000 / self.samples
            x = self.bias + random.uniform(-1, 1) * self.noise
            for hertz, rms_ma, phase in lines:
                amplitude = rms_ma * math.sqrt(2) / MA_PER_COUNT
                x += amplitude * math.sin(2 * math.pi * hertz * t + phase)
            self._windows[channel][at] = max(0, min(4095, int(x + 0.5) if x > 0 else 0))
        self._end_ms = end_ms

    def fill(self, channel, counts, end_ms=100):
        for at in range(self.samples):
            self._windows[channel][at] = counts[at % len(counts)]
        self._end_ms = end_ms

    def read(self, buffers):
        if self._end_ms is None:
            return None
        for channel in range(self.channels):
            window = self._windows[channel]
            into = buffers[channel]
            for at in range(self.samples):
                into[at] = window[at]
        end_ms, self._end_ms = self._end_ms, None
        return end_ms


def true_ma(lines):
    return math.sqrt(sum([line[1] ** 2 for line in lines]))


class TestAccuracy(unittest.TestCase):
    def setUp(self):
        random.seed(30)

    def check(self, lines, part, floor_ma, bias=2048.0, noise=0.0, samples=200, length_ms=100):
        converter = Converter(samples=samples, bias=bias)
        converter.noise = noise
        clamps = Clamps(converter, [GAIN])
        converter.sample(0, lines, length_ms=length_ms)
        self.assertTrue(clamps.poll())
        wanted = true_ma(lines)
        error = abs(clamps.current_ma[0] - wanted)
        self.assertTrue(error <= wanted * part + floor_ma, (clamps.current_ma[0], wanted, bias))

    def test_whole_cycles_from_2_to_97_percent(self):
        """0.1 % and 30 mA, well inside the budget of 0.5 % and 100 mA."""
        for hertz in (50, 60):
            for milli in (1400, 2000, 6000, 16000, 32000, 50000, 68000):
                for phase in (0.0, 0.4, 1.0, 2.2):
                    self.check([(hertz, milli, phase)], 0.001, 30)

    def test_small_currents_do_not_drown_in_rounding(self):
        """310 mA is an amplitude of 9 counts; half a count of rounding hides in 200 samples."""
        for milli in (310, 400, 600, 1000):
            self.check([(50, milli, 0.3)], 0.001, 20)

    def test_an_input_that_hangs_is_unknown_not_zero(self):
        """A burden or bias that has come off: at either end, or far from the middle."""
        for bias in (0, 300, 1024, 1347, 2749, 2978, 4095):
            converter = Converter(bias=bias)
            clamps = Clamps(converter, [4884])
            converter.sample(0, [])
            self.assertTrue(clamps.poll())
            self.assertEqual(clamps.current_ma, [None], bias)
        converter.bias = 2048
        converter.sample(0, [])
        self.assertTrue(clamps.poll())
        self.assertEqual(clamps.current_ma, [0])

    def test_bias_anywhere(self):
        for bias in (1500.0, 2047.5, 2048.3, 2600.7):
            self.check([(50, 16000, 0.7)], 0.001, 30, bias)

    def test_harmonics_of_a_charger_and_of_switched_supplies(self):
        charger = [(50, 16000, 0.0), (150, 640, 0.5), (250, 480, 1.0), (350, 320, 2.0)]
        self.check(charger, 0.001, 30)
        supplies = [(50, 5000, 0.0)]
        for order in range(3, 20, 2):
            supplies.append((50 * order, 4000 - 200 * order, 0.2 * order))
        self.check(supplies, 0.002, 30)

    def test_no_whole_number_of_cycles(self):
        """45-65 Hz at any phase: half of the budget of 0.5 % and 100 mA. Evenly weighed, windows at
        47.5 Hz are wrong by 1.9 %.
        """
        for hertz in (45, 46.2, 47.5, 48.7, 49.8, 50.2, 52.5, 55, 57.5, 60, 62, 65):
            for eighth in range(8):
                for milli in (1400, 16000, 68000):
                    self.check([(hertz, milli, 0.1 + eighth * math.pi / 8)], 0.0025, 50)

    def test_bursts_of_80_ms(self):
        """What a board takes that cannot sample all the time: within the budget."""
        for samples in (100, 160, 250):
            for hertz in (45, 47.5, 50, 52.5, 55, 57.5, 60, 62, 65):
                for eighth in range(8):
                    lines = [(hertz, 16000, 0.1 + eighth * math.pi / 8)]
                    self.check(lines, 0.005, 50, samples=samples, length_ms=80)
                    self.check([(hertz, 1400, 0.1)], 0.005, 50, samples=samples, length_ms=80)

    def test_a_charger_off_nominal(self):
        for hertz in (45, 47.5, 52.5, 62, 65):
            for eighth in range(8):
                lines = [(hertz, 16000, eighth * math.pi / 8)]
                for order, part in ((3, 0.04), (5, 0.035), (7, 0.025)):
                    lines.append((hertz * order, 16000 * part, order * eighth))
                self.check(lines, 0.0025, 50)

    def test_noise_adds_in_quadrature_only(self):
        """+-3 counts evenly: 1.7 counts RMS are 84 mA alone, 2 mA on top of 1.4 A."""
        self.check([(50, 1400, 0.0)], 0.005, 30, noise=3.0)
        self.check([(50, 16000, 0.0)], 0.002, 30, noise=3.0)

    def test_other_window_sizes(self):
        for samples in (100, 101, 250):
            converter = Converter(samples=samples)
            clamps = Clamps(converter, [GAIN])
            converter.sample(0, [(50, 20000, 0.1)])
            clamps.poll()
            self.assertTrue(abs(clamps.current_ma[0] - 20000) <= 50, samples)

    def test_the_ends_of_a_window_weigh_less_and_both_alike(self):
        for samples in (100, 101, 200, 250):
            found = list(weights(samples))
            self.assertEqual(found, found[::-1])
            self.assertEqual(max(found), 32)
            self.assertTrue(
                found[0] <= 1 and sorted(found[: samples // 2]) == found[: samples // 2]
            )
            self.assertTrue(abs(sum(found) - 32 * 0.8 * samples) <= 32, samples)

    def test_a_load_that_begins_is_seen_no_later_than_with_even_weights(self):
        """What begins in the first half of a window counts more in it than it would evenly."""
        for start_ms in (5, 10, 20, 30, 40):
            converter = Converter()
            clamps = Clamps(converter, [GAIN])
            converter.sample(0, [(50, 20000, 0.0)])
            for at in range(2 * start_ms):
                converter._windows[0][at] = 2048
            clamps.poll()
            evenly_ma = 20000 * math.sqrt(1 - start_ms / 100)
            self.assertTrue(clamps.current_ma[0] >= evenly_ma - 100, start_ms)


class TestLimits(unittest.TestCase):
    def measured(self, counts, samples=250, gain=32767):
        converter = Converter(samples=samples)
        converter.fill(0, counts)
        clamps = Clamps(converter, [gain])
        clamps.poll()
        return clamps

    def test_largest_possible_window(self):
        """A square wave from rail to rail: 2047.5 counts RMS, the most there can be."""
        clamps = self.measured((0, 4095))
        self.assertEqual(clamps.rms16[0], 32760)
        self.assertEqual(clamps.current_ma[0], 32760 * 32767 // 1600)
        self.assertEqual(clamps.offset[0], 2048)
        self.assertTrue(clamps.is_clipped[0])

    def test_lopsided_windows_against_plain_mathematics(self):
        random.seed(31)
        for _ in range(60):
            samples = random.randint(100, 250)
            low, high = random.randint(0, 4095), random.randint(0, 4095)
            counts = [low if random.random() < 0.2 else high for _ in range(samples)]
            pairs = list(zip(weights(samples), counts))
            whole = sum([w for w, _ in pairs])
            mean = sum([w * x for w, x in pairs]) / whole
            rms16 = 16 * math.sqrt(sum([w * (x - mean) ** 2 for w, x in pairs]) / whole)
            found = self.measured(counts, samples)
            off = abs(found.rms16[0] - rms16)
            self.assertTrue(off <= 0.6 + 5 / max(rms16, 1), (found.rms16[0], rms16))
            self.assertTrue(abs(found.offset[0] - mean) <= 0.5001)

    def test_nothing_grows_beyond_small_ints(self):
        """Windows made to be bad: the ends at one rail, the middle at the other, and the like."""
        for samples in (100, 101, 199, 200, 250):
            for part in (10, 20, 25, 40, 50):
                edge = samples * part // 100
                for low, high in ((0, 4095), (4095, 0)):
                    middle = [high] * (samples - 2 * edge)
                    found = self.measured([low] * edge + middle + [low] * edge, samples)
                    self.assertTrue(0 <= found.rms16[0] <= 32760)
                    self.assertTrue(found._found[3] < 1 << 30)

    def test_noise_floor(self):
        self.assertEqual(self.measured((2048,)).current_ma[0], 0)
        clamps = self.measured((2045, 2051), gain=GAIN)  # 3 counts RMS are 145 mA
        self.assertEqual(clamps.current_ma[0], 0)
        self.assertEqual(clamps.rms16[0], 48)
        clamps = self.measured((2041, 2055), gain=GAIN)  # 7 counts RMS are 338 mA
        self.assertEqual(clamps.current_ma[0], 338)

    def test_clipping_at_either_end(self):
        self.assertFalse(self.measured((1, 4094)).is_clipped[0])
        self.assertTrue(self.measured((1, 4095)).is_clipped[0])
        self.assertTrue(self.measured((0, 2000)).is_clipped[0])

    def test_clipping_goes_away(self):
        converter = Converter()
        clamps = Clamps(converter, [GAIN])
        converter.sample(0, [(50, 75000, 0.0)])
        clamps.poll()
        self.assertTrue(clamps.is_clipped[0])
        converter.sample(0, [(50, 60000, 0.0)])
        clamps.poll()
        self.assertFalse(clamps.is_clipped[0])


class TestPoll(unittest.TestCase):
    def test_unknown_before_the_first_window(self):
        clamps = Clamps(Converter(2), [GAIN, GAIN])
        self.assertFalse(clamps.poll())
        self.assertEqual(clamps.current_ma, [None, None])
        self.assertIsNone(clamps.taken_ms)
        self.assertEqual(clamps.sequence, 0)

    def test_every_window_once(self):
        converter = Converter()
        clamps = Clamps(converter, [GAIN])
        converter.sample(0, [(50, 10000, 0.0)], 0)  # ticks 0, just behind the wrap, are a time
        self.assertTrue(clamps.poll())
        self.assertEqual((clamps.taken_ms, clamps.sequence), (0, 1))
        self.assertFalse(clamps.poll())
        self.assertEqual((clamps.taken_ms, clamps.sequence), (0, 1))

    def test_channels_have_their_own_gain_and_may_be_empty(self):
        converter = Converter(3)
        for channel in range(3):
            converter.sample(channel, [(50, 10000, 0.0)])
        clamps = Clamps(converter, [GAIN, None, 2 * GAIN])
        clamps.poll()
        self.assertTrue(abs(clamps.current_ma[0] - 10000) <= 20)
        self.assertIsNone(clamps.current_ma[1])
        self.assertTrue(abs(clamps.current_ma[2] - 20000) <= 40)

    def test_one_to_twelve_channels(self):
        """Each keeps its own current, offset and clipping."""
        for count in range(1, 13):
            converter = Converter(count)
            clamps = Clamps(converter, [GAIN] * count)
            for channel in range(count):
                converter.bias = 2000 + 8 * channel
                converter.sample(channel, [(50, 3000 + 5000 * channel, 0.5 * channel)])
            converter.fill(count - 1, (0, 4095))
            self.assertTrue(clamps.poll())
            for channel in range(count - 1):
                wanted = 3000 + 5000 * channel
                self.assertTrue(abs(clamps.current_ma[channel] - wanted) <= 0.001 * wanted + 30)
                self.assertTrue(abs(clamps.offset[channel] - 2000 - 8 * channel) <= 1)
            self.assertEqual(clamps.is_clipped, [False] * (count - 1) + [True])

    def test_a_gain_that_changes_acts_on_the_next_window(self):
        converter = Converter(2)
        clamps = Clamps(converter, [GAIN, None])
        for gain in (GAIN, GAIN * 11 // 10):
            for channel in (0, 1):
                converter.sample(channel, [(50, 10000, 0.0)])
            clamps.gains[0] = gain
            clamps.poll()
            wanted = 10000 * gain / GAIN
            self.assertTrue(abs(clamps.current_ma[0] - wanted) <= 20)
        self.assertIsNone(clamps.current_ma[1])
        clamps.gains[1] = GAIN
        converter.sample(1, [(50, 10000, 0.0)])
        clamps.poll()
        self.assertTrue(abs(clamps.current_ma[1] - 10000) <= 20)

    def test_a_port_may_reduce_by_itself(self):
        converter = Converter(2)
        asked = []

        def own(counts, weights_, found):
            asked.append((len(counts), len(weights_)))
            reduce(counts, weights_, found)

        converter.reduce = own
        clamps = Clamps(converter, [GAIN, GAIN])
        converter.sample(1, [(50, 10000, 0.0)])
        clamps.poll()
        self.assertEqual(asked, [(200, 200)] * 2)
        self.assertTrue(abs(clamps.current_ma[1] - 10000) <= 20)

    def test_a_window_that_does_not_fit_is_named(self):
        for samples in (0, 99, 251):
            with self.assertRaises(ValueError) as caught:
                Clamps(Converter(1, samples), [GAIN])
            self.assertEqual(
                str(caught.exception), "clamps: a window of %d, expected 100...250" % samples
            )

    def test_poll_allocates_nothing(self):
        converter = Converter(3, 250)
        clamps = Clamps(converter, [GAIN, 32767, GAIN])
        converter.sample(0, [(50, 16000, 0.0)])
        converter.fill(1, (0, 4095))  # the largest numbers there are
        converter.fill(2, (2048,))
        clamps.poll()
        converter.fill(2, (2047,), 123456)
        micropython.heap_lock()
        try:
            is_new = clamps.poll()
            is_new_again = clamps.poll()
        finally:
            micropython.heap_unlock()
        self.assertTrue(is_new)
        self.assertFalse(is_new_again)
        self.assertEqual(clamps.taken_ms, 123456)


if __name__ == "__main__":
    unittest.main()
