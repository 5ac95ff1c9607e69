"""core.decisions: a ring of the last 100 changes of offers. mA, ms."""

import unittest

import micropython
from pilotlight.core.claims import Claims
from pilotlight.core.decisions import Decisions
from pilotlight.core.place import IDLE, RISING, Place

START = (1 << 30) - 3000


class Unit:
    """A place and its claims; nothing but the supply limits it."""

    def __init__(self, phases):
        self.place = Place(phases, 6000)
        self.claims = Claims(("supply",), ("person",))

    def offer(self, now_ms, offered_ma, why):
        self.place.offered_ma = offered_ma
        self.claims.of("supply").put(offered_ma, None, why)
        self.claims.decide(now_ms)


class Decided:
    """Decisions over two outlets; offers as given."""

    def __init__(self):
        self.units = [Unit((0, 1, 2)), Unit((1,))]
        self.decisions = Decisions(self.units)

    def offer(self, now_ms, one_ma, other_ma, why=RISING):
        self.units[0].offer(now_ms, one_ma, why)
        self.units[1].offer(now_ms, other_ma, why)
        micropython.heap_lock()
        try:
            self.decisions.note(now_ms)
        finally:
            micropython.heap_unlock()


class TestDecisions(unittest.TestCase):
    def test_only_changes_are_kept(self):
        site = Decided()
        site.offer(START, 0, 0)
        self.assertEqual(site.decisions.count, 0)
        site.offer(START, 6000, 0)
        site.offer(5, 6000, 0, IDLE)
        site.offer(7, 8000, 32000)
        rows = [[START, 1, 0, 6000, RISING], [7, 1, 6000, 8000, RISING], [7, 2, 0, 32000, RISING]]
        self.assertEqual(site.decisions.last(20), rows)
        self.assertEqual(site.decisions.last(1), rows[2:])
        self.assertEqual(site.decisions.last(20, 2), rows[2:])
        self.assertEqual(site.decisions.last(1, 1), rows[1:2])

    def test_the_reason_is_the_text_itself(self):
        site = Decided()
        why = "".join(["feeder main", ": L2 is shared out"])
        site.offer(START, 6000, 0, why)
        self.assertTrue(site.decisions.last(1)[0][4] is why)

    def test_whoever_limits_it_is_the_reason(self):
        site = Decided()
        site.units[0].claims.of("person").put(6000, None, "limited to 6 A by the person")
        site.offer(START, 6000, 6000)
        reasons = [row[4] for row in site.decisions.last(20)]
        self.assertEqual(reasons, ["limited to 6 A by the person", RISING])

    def test_the_oldest_are_overwritten(self):
        site = Decided()
        for i in range(130):
            site.offer(i, 6000 + 100 * i, 0)
        self.assertEqual(site.decisions.count, 130)
        rows = site.decisions.last(1000)
        self.assertEqual(len(rows), 100)
        self.assertEqual(rows[0], [30, 1, 8900, 9000, RISING])
        self.assertEqual(rows[-1], [129, 1, 18800, 18900, RISING])
        self.assertEqual(site.decisions.last(20, 2), [])


if __name__ == "__main__":
    unittest.main()
