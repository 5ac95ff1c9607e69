"""core.policy: who is served first. Keys; mA per phase."""

import unittest

from pilotlight.core import policy
from pilotlight.core.place import Place
from pilotlight.core.shares import Pool, Table

ALL = (0, 1, 2)


def places(ranks, priorities=(0, 0, 0)):
    """Three cars that want 32 A, by the order in which they came."""
    made = [Place(ALL, 6000) for _ in range(3)]
    for place, rank, priority in zip(made, ranks, priorities):
        place.rank, place.priority = rank, priority
        place.wants, place.starts, place.cap_ma = rank > 0, False, 32000
    return made


def shares(made, rule, left_ma):
    """What they get of one pool."""
    pool = Pool("main")
    pool.left_ma = left_ma
    for place in made:
        place.key = rule(place, made)
        place.pools, place.weights = (pool,), [1]
    Table(made, (pool,)).share_out()
    return [place.share_ma for place in made]


class TestPolicies(unittest.TestCase):
    def check(self, rule, rows, ranks=(3, 1, 2), priorities=(0, 0, 0)):
        for left_ma, expected in rows:
            self.assertEqual(shares(places(ranks, priorities), rule, left_ma), expected, left_ma)

    def test_equal(self):
        self.check(policy.equal, ((30000, [10000] * 3), (13000, [0, 6500, 6500])))

    def test_priority(self):
        rows = (
            (60000, [22000, 6000, 32000]),  # the lowest keeps its minimum
            (30000, [6000, 6000, 18000]),
            (13000, [6000, 0, 7000]),  # nor do all minima fit
            (6000, [0, 0, 6000]),
        )
        self.check(policy.priority, rows, priorities=(5, 0, 9))
        rows = ((30000, [6000, 6000, 18000]), (50000, [9000, 9000, 32000]))
        self.check(policy.priority, rows, priorities=(1, 1, 2))

    def test_first_come(self):
        rows = (
            (50000, [6000, 32000, 12000]),
            (30000, [6000, 18000, 6000]),
            (13000, [0, 7000, 6000]),
        )
        self.check(policy.first_come, rows)
        self.check(policy.first_come, ((50000, [32000, 18000, 0]),), ranks=(1000, 2000, 0))

    def test_keys_fit(self):
        made = places((1, 2, 3), (0, 9, 5))
        for name in policy.ALL:
            for place in made:
                self.assertTrue(0 <= policy.ALL[name](place, made) <= 511, name)


if __name__ == "__main__":
    unittest.main()
