"""core.claims: the lowest valid claim wins; required ones fail to 0 A, optional ones lapse.

mA, ms.
"""

import unittest
from time import ticks_add

from pilotlight.core.claims import MAX_AHEAD_MS, Claims

START = (1 << 30) - 3000  # crosses the tick wrap on the way
RING = 1 << 30
WEEK_MS = 7 * 86400 * 1000


def made(now_ms=START):
    """Claims as a site has them; board and supply permit 32 A."""
    claims = Claims(("board", "supply"), ("person", "network"))
    claims.of("board").put(32000, None, "wiring")
    claims.of("supply").put(32000, ticks_add(now_ms, 11000), "shared out")
    return claims


class TestLowest(unittest.TestCase):
    def check(self, puts, limit_ma, source):
        claims = made()
        for name, value in puts:
            claims.of(name).put(value, None, name + " says")
        claims.decide(START)
        self.assertEqual((claims.limit_ma, claims.source), (limit_ma, source), puts)

    def test_rows(self):
        rows = (
            ((("supply", 16000),), 16000, "supply"),
            ((("person", 10000),), 10000, "person"),
            ((("person", 10000), ("network", 8000)), 8000, "network"),
            ((("person", 40000), ("network", 80000)), 32000, "board"),
            ((("person", 0),), 0, "person"),
            ((("supply", 0), ("person", 0)), 0, "person"),
            ((("supply", 10000), ("network", 10000)), 10000, "network"),
            ((("board", 16000), ("supply", 16000)), 16000, "board"),
        )
        for puts, limit_ma, source in rows:
            self.check(puts, limit_ma, source)

    def test_no_priority_outvotes_a_lower_claim(self):
        claims = made()
        claims.of("network").put(80000, None, "wish")
        claims.of("supply").put(0, None, "no room")
        claims.decide(START)
        self.assertEqual((claims.limit_ma, claims.reason), (0, "no room"))

    def test_unknown_source(self):
        with self.assertRaises(KeyError):
            made().of("moon")


class TestEnds(unittest.TestCase):
    def test_missing_required_is_zero(self):
        for name in ("board", "supply"):
            claims = made()
            claims.of(name).clear()
            claims.decide(START)
            self.assertEqual((claims.limit_ma, claims.source), (0, name))
            self.assertEqual(claims.reason, "no valid claim from " + name)

    def test_nothing_said_at_all_is_zero(self):
        claims = Claims(("board", "supply"), ("person",))
        claims.decide(START)
        self.assertEqual(claims.limit_ma, 0)

    def test_required_expires_to_zero(self):
        """A balancer that dies frees nobody; 11 s reach across the wrap."""
        claims = made()
        claims.decide(ticks_add(START, 10999))
        self.assertEqual(claims.limit_ma, 32000)
        claims.decide(ticks_add(START, 11000))
        self.assertEqual((claims.limit_ma, claims.source), (0, "supply"))

    def test_optional_expires_to_no_limit(self):
        claims = made()
        claims.of("person").put(10000, ticks_add(START, 5000), "ten")
        claims.decide(ticks_add(START, 4999))
        self.assertEqual((claims.limit_ma, claims.until_ms), (10000, ticks_add(START, 5000)))
        claims.decide(ticks_add(START, 5000))
        self.assertEqual((claims.limit_ma, claims.source), (32000, "board"))
        self.assertIsNone(claims.until_ms)

    def test_expired_is_deleted_and_does_not_return(self):
        claims = made()
        claims.of("supply").put(32000, None, "stays")
        claims.of("person").put(10000, ticks_add(START, 5000), "ten")
        claims.decide(ticks_add(START, 5000))
        self.assertFalse(claims.of("person").is_set)
        claims.decide((START + WEEK_MS) % RING)
        self.assertEqual(claims.limit_ma, 32000)

    def test_expired_required_does_not_return_either(self):
        claims = made()
        claims.decide(ticks_add(START, 11000))
        claims.decide((START + WEEK_MS) % RING)
        self.assertEqual(claims.limit_ma, 0)

    def test_five_days_are_the_longest(self):
        claims = made()
        claims.of("supply").put(32000, None, "stays")
        claims.of("person").put(10000, ticks_add(START, MAX_AHEAD_MS), "ten")
        claims.decide(START)
        self.assertEqual(claims.limit_ma, 10000)
        claims.decide(ticks_add(START, MAX_AHEAD_MS - 1))
        self.assertEqual(claims.limit_ma, 10000)
        claims.decide(ticks_add(START, MAX_AHEAD_MS))
        self.assertEqual(claims.limit_ma, 32000)


class TestSince(unittest.TestCase):
    def test_moves_with_source_and_reason_only(self):
        claims = made()
        claims.decide(START)
        claims.of("board").put(20000, None, "wiring")
        claims.decide(ticks_add(START, 20))
        self.assertEqual(claims.since_ms, START)
        claims.of("board").put(20000, None, "cable")
        claims.decide(ticks_add(START, 40))
        self.assertEqual(claims.since_ms, ticks_add(START, 40))
        claims.of("person").put(6000, None, "cable")
        claims.decide(ticks_add(START, 60))
        self.assertEqual(claims.since_ms, ticks_add(START, 60))

    def test_stands_still_at_five_days(self):
        """Left alone it would look young again after 6.2 days."""
        claims = Claims(("board",), ())
        claims.of("board").put(16000, None, "wiring")
        now_ms = START
        for _ in range(10):  # ten days, looked at daily
            claims.decide(now_ms)
            now_ms = ticks_add(now_ms, 86400000)
        claims.decide(now_ms)
        self.assertEqual(claims.since_ms, ticks_add(now_ms, -MAX_AHEAD_MS))


class TestQuestions(unittest.TestCase):
    def test_due_is_the_first_end_of_an_optional_claim(self):
        claims = made()
        self.assertIsNone(claims.due_ms(START))
        claims.of("person").put(0, ticks_add(START, 4000), "")
        claims.of("network").put(0, ticks_add(START, 2000), "")
        self.assertEqual(claims.due_ms(START), ticks_add(START, 2000))

    def test_others(self):
        claims = made()
        claims.of("supply").put(6000, None, "")
        self.assertEqual(claims.others_ma("supply"), 32000)
        claims.of("person").put(10000, None, "")
        self.assertEqual(claims.others_ma("supply"), 10000)
        self.assertEqual(claims.others_ma("person"), 6000)
        claims.of("board").clear()
        self.assertEqual(claims.others_ma("supply"), 0)
        self.assertEqual(Claims((), ("person",)).others_ma("supply"), 80000)


if __name__ == "__main__":
    unittest.main()
