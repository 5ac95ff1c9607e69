"""services.gain: the gain of a clamp out of real windows, and every reason not to take one."""

import math
import random
import unittest

from pilotlight.drivers.clamps import Clamps
from pilotlight.services.gain import Gain
from test_clamps import Converter

TRUE_GAIN = 4834  # of what Converter makes of a current


def site(*feeders):
    """Feeders of these names with clamps on the channels from 1 on; all gains are too small."""
    tables, channel = [], 0
    for name in feeders:
        clamps = []
        for _ in range(3):
            channel += 1
            clamps.append({"channel": channel, "gain": 4400})
        tables.append({"id": name, "clamps": clamps, "voltage": None})
    tables.append({"id": "metered", "clamps": None, "voltage": None})
    return {"feeders": tables}


class Bench:
    """Currents of sines, clamp by clamp, window by window."""

    def __init__(self, *feeders):
        random.seed(7)
        self.site = site(*feeders)
        self.converter = Converter(3 * len(feeders))
        self.converter.noise = 2.4
        self.clamps = Clamps(self.converter, [4400] * (3 * len(feeders)))

    def window(self, ma):
        for channel in range(self.converter.channels):
            self.converter.sample(channel, [(50, ma[channel], 0.3 * channel)])
        self.clamps.poll()

    def run(self, name, amps, windows):
        """What comes of it: the result, or the error's text; None if it goes on."""
        try:
            gain = Gain(name, amps, self.clamps, lambda: self.site)
            for ma in windows:
                self.window(ma)
                text = gain.look()
                if text is not None:
                    return text
        except ValueError as error:
            return str(error)
        return None


class TestGain(unittest.TestCase):
    def test_the_gain_is_found_and_acts(self):
        bench = Bench("main")
        text = bench.run("L2", 16.2, [(3000, 16200, 8000)] * 60)
        gain = bench.site["feeders"][0]["clamps"][1]["gain"]
        self.assertTrue(abs(gain - TRUE_GAIN) <= 10, gain)
        self.assertEqual(text, "gain %d, before 4400: acts now; save() keeps it" % gain)
        self.assertEqual(bench.clamps.gains, [4400, gain, 4400])
        bench.window((3000, 16200, 8000))
        self.assertTrue(abs(bench.clamps.current_ma[1] - 16200) <= 40)
        self.assertEqual(bench.site["feeders"][0]["clamps"][0]["gain"], 4400)

    def test_it_takes_40_windows_however_often_one_looks(self):
        bench = Bench("main")
        gain = Gain("L1", 10, bench.clamps, lambda: bench.site)
        for _ in range(39):
            bench.window((10000, 0, 0))
            self.assertIsNone(gain.look())
            self.assertIsNone(gain.look())
        bench.window((10000, 0, 0))
        self.assertTrue(gain.look().startswith("gain 48"))

    def test_the_site_may_be_replaced_meanwhile(self):
        bench = Bench("main")
        gain = Gain("L1", 10, bench.clamps, lambda: bench.site)
        for _ in range(39):
            bench.window((10000, 0, 0))
            gain.look()
        bench.site = site("main")
        bench.window((10000, 0, 0))
        gain.look()
        self.assertTrue(bench.site["feeders"][0]["clamps"][0]["gain"] > 4800)

    def test_of_several_feeders_one_is_named(self):
        bench = Bench("main", "annex")
        steady = [(9000, 9000, 9000, 9000, 9000, 20000)] * 60
        self.assertEqual(
            bench.run("L3", 20, steady),
            "L3: expected one clamp, like L1 or main L1, or voltage",
        )
        self.assertTrue(bench.run("annex L3", 20, steady).startswith("gain 48"))
        gains = [clamp["gain"] for clamp in bench.site["feeders"][0]["clamps"]]
        self.assertEqual(gains, [4400] * 3)
        self.assertTrue(bench.site["feeders"][1]["clamps"][2]["gain"] > 4800)

    def test_what_is_no_clamp_or_no_current_is_said(self):
        bench = Bench("main")
        for name in ("L4", "metered L1", "main", 1, None):
            said = bench.run(name, 16, [])
            self.assertTrue(said.startswith("%s: expected one" % (name,)), said)
        for amps in (4.9, 0, -16, 251, None, "16"):
            said = bench.run("L1", amps, [])
            self.assertEqual(said, "%r is no current of 5...250 A" % (amps,))

    def test_a_current_that_is_not_steady_is_refused(self):
        bench = Bench("main")
        windows = [(16000, 0, 0)] * 20 + [(16700, 0, 0)] * 40
        said = bench.run("L1", 16, windows)
        self.assertTrue(said.startswith("not steady: 15"), said)
        self.assertTrue(said.endswith(" mA"))
        self.assertEqual(bench.clamps.gains[0], 4400)

    def test_a_current_that_wanders_a_little_is_averaged(self):
        bench = Bench("main")
        windows = [(16000 + 150 * math.sin(i / 3), 0, 0) for i in range(60)]
        self.assertTrue(bench.run("L1", 16, windows).startswith("gain 48"))

    def test_a_clamp_that_is_not_there_is_told(self):
        """Plug out, winding shorted, jaws open: the bias and noise."""
        bench = Bench("main")
        said = bench.run("L1", 16, [(0, 9000, 9000)] * 60)
        self.assertEqual(said, "next to nothing: plugged in, closed, at this wire?")

    def test_a_gain_that_no_number_holds_is_refused(self):
        bench = Bench("main")
        said = bench.run("L1", 250, [(36000, 0, 0)] * 60)
        self.assertTrue(said.startswith("next to nothing"), said)
        said = bench.run("L1", 250, [(37500, 0, 0)] * 60)
        self.assertTrue(said.startswith("gain 32"), said)

    def test_an_input_at_its_end_is_told(self):
        bench = Bench("main")
        said = bench.run("L1", 80, [(80000, 0, 0)] * 60)
        self.assertTrue(said.startswith("clipped"), said)
        bench.converter.bias = 300
        said = bench.run("L1", 16, [(0, 0, 0)] * 60)
        self.assertTrue(said.startswith("the input hangs at "), said)

    def test_a_voltage_reference(self):
        """Of 1150 counts rms: the converter takes it for a current."""
        bench = Bench("main", "annex")
        volts = [(9000, 1150 * 48.34, 0, 9000, 9000, 9000)] * 60
        self.assertTrue(bench.run("voltage", 230, volts).startswith("voltage: expected one"))
        for feeder in bench.site["feeders"][:2]:
            feeder["voltage"] = {"channel": 2, "gain": 1900}
        del bench.site["feeders"][0]["clamps"][1], bench.site["feeders"][1]["clamps"][1]
        for name in ("voltage", "annex voltage"):
            text = bench.run(name, 230, volts)
            gain = bench.clamps.gains[1]
            self.assertTrue(1996 <= gain <= 2004, gain)
            self.assertTrue(text.startswith("gain %d, before " % gain), text)
            for feeder in bench.site["feeders"][:2]:
                self.assertEqual(feeder["voltage"]["gain"], gain)
        for value in (49, 301, None, "230"):
            said = bench.run("voltage", value, volts)
            self.assertEqual(said, "%r is no voltage of 50...300 V" % (value,))
        volts[20] = (9000, 1110 * 48.34, 0, 9000, 9000, 9000)
        said = bench.run("voltage", 230, volts)
        self.assertTrue(said.startswith("not steady: 22") and said.endswith("0 mV"), said)
        bench.site["feeders"][1]["voltage"] = {"channel": 5, "gain": 1900}
        self.assertTrue(bench.run("voltage", 230, volts).startswith("voltage: expected one"))

    def test_clamps_that_fall_silent_end_it(self):
        bench = Bench("main")
        gain = Gain("L1", 16, bench.clamps, lambda: bench.site)
        bench.window((16000, 0, 0))
        self.assertIsNone(gain.look())
        with self.assertRaises(ValueError) as caught:
            for _ in range(12):
                self.assertIsNone(gain.look())
        self.assertEqual(str(caught.exception), "no samples come from the clamps")


if __name__ == "__main__":
    unittest.main()
