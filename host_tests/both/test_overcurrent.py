"""core.overcurrent: what is too much, for how long, whose it is, how often it is tried again.

mA per phase, ms. Looks come every 200 ms, ticks start 3 s before their wrap.
"""

import unittest
from time import ticks_add, ticks_diff

from pilotlight.core import overcurrent
from pilotlight.core.overcurrent import INFERRED, MEASURED, Watch, inferred_ma, most_ma
from pilotlight.core.place import Place

START = (1 << 30) - 3000
LOOK_MS = 200
ALL = (0, 1, 2)


class Run:
    """A watch and a clock."""

    def __init__(self):
        self.watch = Watch()
        self.now_ms = START

    def hold(self, ms, signalled_ma, drawn_ma, confidence=MEASURED):
        """Let it go on for `ms`; returns after how many ms it was stopped, or None."""
        begin_ms = self.now_ms
        stopped_ms = None
        for _ in range(ms // LOOK_MS):
            self.watch.look(self.now_ms, signalled_ma, drawn_ma, confidence)
            if stopped_ms is None and self.watch.limit_ma == 0:
                stopped_ms = ticks_diff(self.now_ms, begin_ms)
            self.now_ms = ticks_add(self.now_ms, LOOK_MS)
        return stopped_ms


# signalled, the most that is not too much
MOST = ((6000, 7150), (10000, 11550), (16000, 18150), (32000, 35750), (80000, 88550))

# (ms, signalled, drawn) one after the other, ms in the last of them when stopped, why
STORIES = (
    (((60000, 10000, 11550),), None, "the very edge is not too much"),
    (((8000, 10000, 11551),), 7000, "1 mA more is"),
    (((8000, 10000, 16000),), 7000, "vector 49: 7.0...7.5 s"),
    (((6800, 10000, 16000), (60000, 10000, 10000)), None, "6.8 s and back"),
    (((5000, 16000, 20000), (60000, 16000, 15000)), None, "vector 50: 20 A for 5 s"),
    (
        ((5000, 10000, 20000), (200, 10000, 10000), (6800, 10000, 20000)),
        None,
        "one good look begins anew",
    ),
    (
        ((5000, 10000, 20000), (400, 10000, None), (6800, 10000, 20000)),
        None,
        "so does a blind one",
    ),
    (((60000, 10000, None),), None, "nothing known, nobody stopped"),
    (((60000, 16000, 0),), None, "vector 52: the car takes its time"),
    (((60000, 6000, 300),), None, "vector 53: a Zoe at 6 A"),
    (((60000, 0, 16000),), None, "x1 has its own deadline"),
    (((20000, 16000, 15700), (8000, 10000, 15700)), 7000, "it ignores a reduction"),
    (
        ((20000, 16000, 15700), (4800, 6000, 15700), (60000, 6000, 6000)),
        None,
        "vector 51: it follows within 5 s",
    ),
    (
        ((9000, 16000, 15700), (4800, 10000, 15700), (5000, 6000, 10000), (9000, 6000, 6000)),
        None,
        "two reductions, each followed in 5 s",
    ),
    (
        ((9000, 16000, 16000), (5000, 14000, 16000), (5000, 12000, 16000), (9000, 10000, 16000)),
        6000,
        "a chain of reductions ignored: 6 s after the last",
    ),
    (
        ((9000, 16000, 16000), (5000, 14000, 18150), (9000, 12000, 18150)),
        6000,
        "just what it was told before, while it follows",
    ),
    (
        ((9000, 16000, 15700), (4800, 6000, 15700), (9000, 16000, 15700)),
        None,
        "reduced and raised again",
    ),
)


class TestTooMuch(unittest.TestCase):
    def test_most(self):
        for signalled_ma, expected_ma in MOST:
            self.assertEqual(most_ma(signalled_ma), expected_ma, signalled_ma)

    def test_stories(self):
        for parts, expected_ms, why in STORIES:
            run = Run()
            found = [run.hold(*part) for part in parts]
            self.assertEqual(found, [None] * (len(parts) - 1) + [expected_ms], why)

    def test_it_is_settled_unless_it_times_something(self):
        rows = (
            (((1000, 16000, 15000),), True, "all is well"),
            (((1000, 16000, 18150),), True, "the very edge"),
            (((1000, 16000, 18151),), False, "too much, stopped before long"),
            (((1000, 16000, 9000), (200, 10000, 9000)), False, "following, nothing too much"),
            (((1000, 16000, 9000), (6200, 10000, 9000)), True, "it has followed"),
            (((7200, 10000, 16000), (10000, 0, 0)), True, "paused"),
        )
        for parts, expected, why in rows:
            run = Run()
            for part in parts:
                run.hold(*part)
            self.assertEqual(run.watch.is_settled(), expected, why)

    def test_a_week_between_two_short_excesses(self):
        run = Run()
        run.hold(6000, 10000, 20000)
        run.hold(LOOK_MS, 10000, 10000)
        for _ in range(7 * 24):
            run.now_ms = ticks_add(run.now_ms, 3600000)
            run.hold(LOOK_MS, 10000, 10000)
        self.assertIsNone(run.hold(6800, 10000, 20000))
        self.assertEqual(run.hold(400, 10000, 20000), 200)


class TestAgain(unittest.TestCase):
    def stop(self, run):
        self.assertEqual(run.hold(7200, 10000, 16000), 7000)

    def wait(self, run, ms=300000):
        """The claim holds the outlet at x1."""
        run.hold(ms, 0, 0)

    def test_after_five_minutes(self):
        run = Run()
        self.stop(run)
        self.assertEqual(run.watch.reason, overcurrent.PAUSED[MEASURED])
        self.wait(run, 299800)
        self.assertEqual(run.watch.limit_ma, 0)
        self.wait(run, LOOK_MS)
        self.assertEqual((run.watch.limit_ma, run.watch.reason), (80000, overcurrent.FINE))

    def test_three_times_then_no_more(self):
        run = Run()
        for _ in range(3):
            self.stop(run)
            self.assertIsNotNone(run.watch.until_ms)
            self.wait(run)
        self.stop(run)
        self.assertEqual((run.watch.until_ms, run.watch.stops), (None, 4))
        for _ in range(7 * 24):  # a week of waiting, over the wrap
            run.now_ms = ticks_add(run.now_ms, 3600000)
            run.hold(LOOK_MS, 0, 0)
            self.assertEqual(run.watch.limit_ma, 0)
        self.assertEqual(run.watch.reason, overcurrent.STOPPED[MEASURED])

    def test_one_excess_counts_once(self):
        """Even if the pilot has not followed the claim by the next look."""
        run = Run()
        self.assertEqual(run.watch.reason, overcurrent.FINE)
        run.hold(7600, 10000, 16000)
        self.assertEqual(run.watch.stops, 1)

    def test_what_was_timed_is_forgotten_with_the_car(self):
        run = Run()
        run.hold(6800, 10000, 16000)
        run.watch.forget()
        self.assertEqual(run.hold(7200, 10000, 16000), 7000)

    def test_unplugging_or_a_person_ends_it(self):
        run = Run()
        for _ in range(3):
            self.stop(run)
            self.wait(run)
        self.stop(run)
        run.watch.forget()
        self.assertEqual((run.watch.limit_ma, run.watch.stops), (80000, 0))
        self.assertEqual(run.watch.reason, overcurrent.FINE)
        self.stop(run)
        self.assertIsNotNone(run.watch.until_ms, "counted anew")

    def test_the_confidence_is_told(self):
        run = Run()
        run.hold(7200, 10000, 16000, INFERRED)
        self.assertTrue("inferred" in run.watch.reason, run.watch.reason)


def places(*rows):
    """(phases, is_closed, metered_ma) of each outlet."""
    made = []
    for phases, is_closed, metered_ma in rows:
        place = Place(phases, 6000)
        place.is_closed = is_closed
        place.metered_ma = metered_ma
        made.append(place)
    return made


CAR, OPEN = (ALL, True, None), (ALL, False, None)
# measured, largest house load, outlets (the first is the one in question), at least, why
INFERENCES = (
    ((30000, 30000, 30000), None, (CAR,), None, "the house may be as large as the fuse"),
    ((30000, 30000, 30000), 20000, (CAR,), 10000, "what the house cannot be"),
    ((15000, 15000, 15000), 20000, (CAR,), 0, "the house may be all of it"),
    ((12000, 31000, 14000), 20000, (CAR,), 11000, "on the phase that shows the most"),
    ((30000, 30000, 30000), 20000, (CAR, OPEN, OPEN), 10000, "open ones draw nothing"),
    ((30000, 30000, 30000), 20000, (CAR, CAR), None, "either of two may be it"),
    ((30000, 30000, 30000), 20000, (CAR, ((1, 2, 0), True, None), OPEN), None, "or of three"),
    ((40000, 40000, 40000), 20000, (CAR, (ALL, True, 8000)), 12000, "the other one is measured"),
    ((30000, 50000, 26000), 20000, (CAR, ((1,), True, None)), 10000, "alone on two phases"),
    ((9000, 26000, 9000), 20000, (((1,), True, None), ((0,), True, None)), 6000, "alone on L2"),
    ((99000, 26000, 99000), 20000, (((1,), True, None),), 6000, "only its own phases count"),
    ((None, 26000, None), 20000, (CAR,), 6000, "a phase that is not known"),
    ((None, None, None), 20000, (CAR,), None, "sensors lost"),
)


class TestInference(unittest.TestCase):
    def test_rows(self):
        for measured_ma, base_ma, rows, expected_ma, why in INFERENCES:
            made = places(*rows)
            found_ma = inferred_ma(measured_ma, base_ma, made, made[0])
            self.assertEqual(found_ma, expected_ma, why)

    def test_of_two_suspects_neither_is_named(self):
        """Whatever flows: with two unmeasured outlets closed on all phases nobody is stopped."""
        made = places(CAR, CAR)
        for total_ma in range(0, 120000, 7000):
            for mine in made:
                self.assertIsNone(inferred_ma((total_ma,) * 3, 0, made, mine))


if __name__ == "__main__":
    unittest.main()
