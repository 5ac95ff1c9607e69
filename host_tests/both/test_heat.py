"""core.heat: the ladder, its hysteresis, one wrong reading, a lost sensor. Degrees C, mA."""

import unittest

from pilotlight.core import heat
from pilotlight.core.heat import COOL, HOT, OFF, UNKNOWN, WARM, Heat

# readings, step at the end, why
STORIES = (
    ((), COOL, "nothing known, nothing limited"),
    ((None, None, None), COOL, "no sensor fitted"),
    ((25, 25), COOL, "a spring day"),
    ((64, 64), COOL, "just below"),
    ((65, 65), WARM, "vector 62: derate at 65"),
    ((67, 67), WARM, "just below 6 A"),
    ((68, 68), HOT, "vector 62: 6 A at 68"),
    ((70, 70), HOT, "just below off"),
    ((71, 71), OFF, "vector 62: off at 71"),
    ((84, 84), OFF, "the hottest a board can tell"),
    ((62, 65, 68, 71, 75), OFF, "vector 62: the whole ramp"),
    ((62, 65, 68, 71), HOT, "the last of them is not yet sure"),
    ((25, 90), COOL, "one wrong reading"),
    ((25, 90, 25), COOL, "one wrong reading between good ones"),
    ((90, 25, 90, 25), COOL, "a loose contact: no two agree"),
    ((65, 65, 63, 63), WARM, "hysteresis: until 62"),
    ((65, 65, 62), WARM, "once at 62 is not sure"),
    ((65, 65, 62, 62), COOL, "resume at 62"),
    ((68, 68, 65, 63), HOT, "a step does not go down by halves"),
    ((71, 71, 65, 63), OFF, "off until 62"),
    ((71, 71, 62, 62), COOL, "and then everything"),
    ((65, 65, 66, 68, 68, 71, 71, 62, 62, 65, 65), WARM, "up, off, cold and up again"),
    ((-17, -17), COOL, "a winter day"),
    ((25, 25, None), COOL, "one lost reading"),
    ((25, 25, None, None), UNKNOWN, "the sensor is lost"),
    ((25, None, None), COOL, "seen once only: not sure that there is one"),
    ((66, 66, None, None), UNKNOWN, "lost while warm: the least there is"),
    ((71, 71, None, None), OFF, "lost while off: off"),
    ((25, 25, None, None, 25), UNKNOWN, "back once is not back"),
    ((25, 25, None, None, 25, 25), COOL, "back"),
    ((25, 25, None, None, 64, 64), WARM, "back, but not below 62"),
    ((25, 25, None, None, 71, 71), OFF, "back, and burning"),
)

# step, full current, permitted, why
LIMITS = (
    (COOL, 32000, 80000, "no say"),
    (WARM, 32000, 16000, "half"),
    (WARM, 13000, 6500, "half of a cable's"),
    (WARM, 10000, 6000, "half would be below the least"),
    (WARM, 0, 6000, "another claim says 0"),
    (HOT, 80000, 6000, "the least"),
    (OFF, 32000, 0, "off"),
    (UNKNOWN, 32000, 6000, "the least"),
)


class TestHeat(unittest.TestCase):
    def test_stories(self):
        for readings, step, why in STORIES:
            plug = Heat(heat.OF_PLUG)
            for celsius in readings:
                plug.look(celsius)
            self.assertEqual(plug.step, step, (readings, why))
            self.assertEqual(plug.celsius, readings[-1] if readings else None)

    def test_limits(self):
        for step, full_ma, expected_ma, why in LIMITS:
            plug = Heat(heat.OF_PLUG)
            plug.step = step
            self.assertEqual(plug.limit_ma(full_ma), expected_ma, (step, full_ma, why))

    def test_it_is_steady_after_two_equal_readings(self):
        plug = Heat(heat.OF_PLUG)
        self.assertTrue(plug.is_steady)
        rows = ((20, False), (20, True), (21, False), (None, False), (None, True))
        for celsius, expected in rows:
            plug.look(celsius)
            self.assertEqual(plug.is_steady, expected, celsius)

    def test_every_step_has_words(self):
        self.assertEqual(len(set(heat.OF_PLUG + heat.OF_BOARD)), 2 * (UNKNOWN + 1))

    def test_a_slow_week_goes_through_the_ladder_once(self):
        """Up from 20 to 75 and down again, a degree an hour, two readings each."""
        plug = Heat(heat.OF_PLUG)
        seen = []
        for celsius in list(range(20, 76)) + list(range(75, 19, -1)):
            plug.look(celsius)
            plug.look(celsius)
            if not seen or seen[-1] != (plug.step,):
                seen.append((plug.step,))
        self.assertEqual(seen, [(COOL,), (WARM,), (HOT,), (OFF,), (COOL,)])


if __name__ == "__main__":
    unittest.main()
