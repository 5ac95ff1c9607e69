"""drivers.pilot: levels corrected by two points. Levels in mV."""

import unittest

import micropython
from pilotlight.drivers.pilot import Pilot


class Port:
    """An outlet whose divider and converter are off by a gain (per mille) and an offset."""

    def __init__(self, gain=0, offset_mv=0):
        self._gain, self._offset_mv = gain, offset_mv
        self.high_mv = self.low_mv = self.taken_ms = None
        self.residual_tripped = False
        self.duty = None

    def set_duty(self, duty):
        self.duty = duty

    def measured(self, mv):
        return mv + mv * self._gain // 1000 + self._offset_mv

    def put(self, high_mv, low_mv=-12000):
        self.high_mv, self.low_mv = self.measured(high_mv), self.measured(low_mv)


# gain, offset, why
PARTS = (
    (0, 0, "ideal"),
    (8, 40, "1 % parts, a little high"),
    (-8, -96, "converter 96 mV low at +12 V"),
    (70, 100, "nearly implausible"),
    (-70, 100, "nearly implausible"),
)


class TestCalibration(unittest.TestCase):
    def test_the_two_points_are_exact_and_all_between_is_straight(self):
        for gain, offset_mv, why in PARTS:
            port = Port(gain, offset_mv)
            driver = Pilot(port)
            driver.calibrate((port.measured(12000), port.measured(-12000)))
            port.put(12000, -12000)
            driver.latch(0)
            self.assertEqual((driver.high_mv, driver.low_mv), (12000, -12000), why)
            for mv in (10000, 8060, 8000, 7000, 4990, 2370, 1470, 0, -5620, -10000, -15000, 15000):
                port.put(mv, mv)
                driver.latch(0)
                self.assertTrue(abs(driver.high_mv - mv) <= 2, (why, mv, driver.high_mv))
                self.assertEqual(driver.low_mv, driver.high_mv)

    def test_as_measured_is_the_way_back(self):
        for gain, offset_mv, why in PARTS:
            port = Port(gain, offset_mv)
            driver = Pilot(port)
            self.assertEqual(driver.as_measured(8000), 8000, "not calibrated")
            driver.calibrate((port.measured(12000), port.measured(-12000)))
            for mv in (-12000, 0, 4000, 8000, 12000):
                off_mv = driver.as_measured(mv) - port.measured(mv)
                self.assertTrue(abs(off_mv) <= 2, (why, mv, off_mv))

    def test_b_just_above_8_v_is_read_as_such(self):
        """R2 = 1870 ohm: 8.06 V; measured 40 mV low and scaled it would be C's hold band."""
        port = Port(-8, -40)
        driver = Pilot(port)
        port.put(8060)
        driver.latch(0)
        self.assertTrue(driver.high_mv < 8000)
        driver.calibrate([port.measured(12000), port.measured(-12000)])
        driver.latch(0)
        self.assertTrue(8058 <= driver.high_mv <= 8062, driver.high_mv)
        self.assertEqual(driver.raw_high_mv, port.high_mv)

    def test_without_points_levels_are_as_measured(self):
        port = Port(8, 40)
        driver = Pilot(port)
        driver.calibrate((12136, -12056))
        driver.calibrate(None)
        port.put(9000)
        driver.latch(0)
        self.assertEqual((driver.high_mv, driver.low_mv), (port.high_mv, port.low_mv))
        self.assertEqual((driver.raw_high_mv, driver.raw_low_mv), (port.high_mv, port.low_mv))

    def test_unknown_stays_unknown(self):
        driver = Pilot(Port())
        driver.calibrate((12000, -12000))
        driver.latch(0)
        self.assertIsNone(driver.high_mv)
        self.assertIsNone(driver.low_mv)

    def test_the_largest_product_is_a_small_int(self):
        """On MicroPython a larger one would be an object, which a locked heap refuses."""
        port = Port()
        driver = Pilot(port)
        driver.calibrate((11000, -13000))
        port.high_mv, port.low_mv = 15000, -15000
        micropython.heap_lock()
        try:
            driver.latch(0)
        finally:
            micropython.heap_unlock()
        self.assertEqual((driver.high_mv, driver.low_mv), (16000, -14000))


if __name__ == "__main__":
    unittest.main()
