"""drivers.acpower: real power against the waveforms' own mathematics; no allocation."""

import math
import random
import unittest

import micropython
from pilotlight.drivers.acpower import follow, product
from pilotlight.drivers.clamps import Clamps, weights
from test_clamps import MA_PER_COUNT, Converter

GAIN = 4834  # mA per 100 counts, of `Converter`
VOLT_GAIN = 2000  # 1/100 V per 100 counts: 230 V are 1150 counts RMS
VOLTS = 230
TURN = 2 * math.pi
CHARGER = ((1, 1, 0), (3, 0.04, 0.6), (5, 0.035, 2.5), (7, 0.025, 1.3))
SWITCHED = ((1, 1, 0), (3, 0.7, math.pi), (5, 0.5, 0.1), (7, 0.3, 3.2), (9, 0.15, 0.4))


class Mains:
    """Clamps on `phases` and a reference on the channel after them, which is `early_us`."""

    def __init__(self, phases=3, hertz=50, samples=200, skew_us=0, early_us=0, told_us=0):
        self.converter = Converter(phases + 1, samples)
        if skew_us:
            self.converter.skew_us = skew_us
        self.hertz = hertz
        self.skew_us = skew_us
        self.early_us = early_us
        self.phases = phases
        self.turns = 0.0  # of L1 where the window begins
        self.volts = VOLTS
        gains = [GAIN] * phases + [VOLT_GAIN]
        self.clamps = Clamps(self.converter, gains)
        table = [{"channel": phase + 1} for phase in range(phases)]
        voltage = {"channel": phases + 1}
        self.clamps.shift_us[phases] = told_us
        self.told = {}
        feeder = {"clamps": table, "voltage": voltage}
        self.power = follow(self.converter, self.clamps, feeder, self.told)
        self.clamps.powers = (self.power,)

    def window(self, amps, behind, harmonics=((1, 1, 0),)):
        """A window of so many amperes, the first harmonic `behind` the voltage by degrees."""
        whole = math.sqrt(sum([share * share for _, share, _ in harmonics]))
        for phase in range(self.phases):
            at = self.turns - phase / 3 + self.hertz * phase * self.skew_us / 1000000
            lines = []
            for order, share, angle in harmonics:
                begin = angle + order * (TURN * at - math.radians(behind))
                lines.append((self.hertz * order, amps * 1000 * share / whole, begin))
            self.converter.sample(phase, lines)
        late_us = self.phases * self.skew_us + self.early_us
        at = TURN * (self.turns + self.hertz * late_us / 1000000)
        # the converter takes a voltage for a current by its gain
        ma = self.volts * 100 / VOLT_GAIN * 100 * MA_PER_COUNT
        self.converter.sample(self.phases, [(self.hertz, ma, at)])
        self.clamps.poll()


class TestPower(unittest.TestCase):
    def setUp(self):
        random.seed(31)

    def check(self, mains, amps, behind, harmonics=((1, 1, 0),)):
        """Within 1 % of the apparent power and 0.1 A."""
        mains.window(amps, behind, harmonics)
        whole = math.sqrt(sum([share * share for _, share, _ in harmonics]))
        factor = math.cos(math.radians(behind)) / whole
        wanted = VOLTS * amps * factor
        allowed = VOLTS * (amps * 0.01 + 0.1)
        for phase in range(mains.phases):
            found = mains.told["power_w"][phase]
            self.assertTrue(abs(found - wanted) <= allowed, (found, wanted, mains.hertz))
            part = mains.told["power_factor_pct"][phase]
            self.assertTrue(abs(part - 100 * factor) <= 2 + 10 / amps, (part, factor, amps))
        self.assertTrue(abs(mains.told["voltage_mv"] - 1000 * VOLTS) <= 1000)

    def test_every_factor_and_frequency(self):
        """Import, export, behind and before, at 2 % and at all of the range."""
        for hertz in (45, 47.5, 49.9, 50, 52.5, 55, 60, 62, 65):
            mains = Mains(hertz=hertz)
            for behind in (0, 60, -60, 180, 90, 120):
                for amps in (1.4, 16, 69):
                    mains.turns = random.random()
                    self.check(mains, amps, behind)

    def test_chargers_and_switched_supplies(self):
        for hertz in (47, 50, 60):
            mains = Mains(hertz=hertz)
            for harmonics in (CHARGER, SWITCHED):
                for behind in (0, 30, 180):
                    mains.turns = random.random()
                    self.check(mains, 16, behind, harmonics)

    def test_channels_are_sampled_one_after_the_other(self):
        """125 us are 2.25 degrees at 50 Hz: 5 % of the power behind by 53."""
        for skew_us in (0, 125, 150):
            for hertz in (45, 50, 65):
                self.check(Mains(hertz=hertz, skew_us=skew_us), 32, 53)

    def test_what_the_reference_is_early_is_taken_off(self):
        for early_us in (-1000, -300, 280, 1000):
            for hertz in (45, 50, 65):
                self.check(Mains(3, hertz, 200, 125, early_us, early_us), 32, -53)
        mains = Mains(early_us=280)
        mains.window(32, 60)
        self.assertEqual(mains.told["power_factor_pct"], [42, 42, 42])  # of 65 degrees
        mains.clamps.shift_us[3] = 280  # acts on the next window
        mains.clamps.shift_us[1] = 280
        mains.window(32, 60)
        self.assertEqual(mains.told["power_factor_pct"], [50, 42, 50])

    def test_one_and_two_phases_and_other_windows(self):
        for samples in (100, 101, 150, 250):
            for phases in (1, 2, 3):
                for hertz in (45, 50, 60, 65):
                    mains = Mains(phases, hertz, samples, 125, 200, 200)
                    mains.turns = random.random()
                    self.check(mains, 20, 40)

    def test_nothing_flows(self):
        mains = Mains()
        mains.window(0.2, 0)
        self.assertEqual(mains.told["power_w"], [0, 0, 0])
        self.assertEqual(mains.told["power_factor_pct"], [None, None, None])

    def test_never_more_than_all_of_it(self):
        mains = Mains()
        mains.converter.noise = 3.0
        for _ in range(20):
            mains.turns = random.random()
            mains.window(1.4, 0)
            self.assertTrue(max(mains.told["power_factor_pct"]) <= 100)

    def unknown(self, mains):
        self.assertEqual(mains.told["power_w"], [None, None, None])
        self.assertEqual(mains.told["power_factor_pct"], [None, None, None])

    def test_without_mains_at_the_reference_nothing_is_known(self):
        mains = Mains()
        for volts in (230, 0, 230, 48, 230):
            mains.volts = volts
            mains.window(10, 0)
            if volts == 230:
                self.assertTrue(abs(mains.told["power_w"][2] - 2300) <= 30)
            else:
                self.unknown(mains)
                self.assertTrue(abs(mains.told["voltage_mv"] - 1000 * volts) <= 300)

    def test_frequencies_that_are_none_of_the_mains(self):
        for hertz in (5, 20, 40, 75, 90, 110):
            mains = Mains(hertz=hertz)
            mains.window(10, 0)
            self.unknown(mains)

    def test_a_reference_that_clips_or_hangs(self):
        mains = Mains()
        mains.volts = 420
        mains.window(10, 0)
        self.unknown(mains)
        mains.volts = 0
        mains.converter.bias = 100
        mains.window(10, 0)
        self.unknown(mains)
        self.assertIsNone(mains.told["voltage_mv"])

    def test_a_clamp_that_hangs_is_the_only_one_unknown(self):
        mains = Mains()
        mains.window(10, 0)
        mains.converter.fill(1, (10,))
        mains.clamps.poll()
        self.assertIsNone(mains.told["power_w"][1])
        self.assertTrue(abs(mains.told["power_w"][2] - 2300) <= 30)

    def test_a_clamp_turned_round_and_two_exchanged(self):
        """How it shows while cars draw: -1, and half of it the wrong way."""
        mains = Mains()
        mains.window(10, 180)
        self.assertEqual(mains.told["power_factor_pct"], [-100, -100, -100])
        mains.window(10, 120)
        self.assertEqual(mains.told["power_factor_pct"], [-50, -50, -50])


class TestProduct(unittest.TestCase):
    def test_nothing_grows_beyond_small_ints(self):
        """Made to be bad: the ends at one rail, the middle at the other, means at the rails."""
        for samples in (100, 101, 200, 250):
            margin = 2 * samples // 25
            weigh = weights(samples - 2 * margin)
            for volts in (0, 4095):
                for amps in (0, 4095):
                    for mean_v, mean_i in ((0, 0), (0, 4095), (4095, 0), (4095, 4095)):
                        found = [2 * margin - 1, mean_v, mean_i, margin, len(weigh)]
                        total = product([volts] * samples, [amps] * samples, weigh, found)
                        self.assertTrue(-(1 << 30) < total < 1 << 30)

    def test_against_plain_mathematics(self):
        random.seed(32)
        weigh = weights(168)
        for _ in range(20):
            volts = [random.randint(0, 4095) for _ in range(200)]
            amps = [random.randint(0, 4095) for _ in range(200)]
            at = random.randint(0, 31)
            total = product(volts, amps, weigh, [at, 2000, 2100, 16, 168])
            wanted = 0
            for i in range(168):
                wanted += weigh[i] * (volts[at + i] - 2000) * (amps[16 + i] - 2100) / 128
            self.assertTrue(abs(total - wanted) <= 84, (total, wanted))


class TestWork(unittest.TestCase):
    def test_it_allocates_nothing(self):
        mains = Mains(3, 50, 250)
        mains.window(69, 40)
        mains.converter._end_ms = 1
        micropython.heap_lock()
        try:
            mains.clamps.poll()
        finally:
            micropython.heap_unlock()
        self.assertEqual(mains.clamps.sequence, 2)

    def test_a_port_may_have_its_own_product(self):
        converter = Converter(2)
        asked = []

        def own(volts, amps, weights_, found):
            asked.append((len(volts), len(amps), len(weights_)))
            return product(volts, amps, weights_, found)

        converter.product = own
        clamps = Clamps(converter, [GAIN, VOLT_GAIN])
        feeder = {"clamps": [{"channel": 1}], "voltage": {"channel": 2}}
        told = {}
        clamps.powers = (follow(converter, clamps, feeder, told),)
        for channel in (0, 1):
            converter.sample(channel, [(50, 30000, 0.0)])
        clamps.poll()
        self.assertEqual(asked, [(200, 200, 168)] * 4)
        self.assertEqual(told["power_factor_pct"], [100])


if __name__ == "__main__":
    unittest.main()
