"""core.shares: who gets what of a feeder. Currents in mA per phase."""

import unittest

from pilotlight.core.shares import Pool, Seat, Table, uses

ALL = (0, 1, 2)


PHASES = (Pool("L1"), Pool("L2"), Pool("L3"))
FREE = "all it can use"
NONE = "no room"


def seat(phases=ALL, cap_ma=32000, rank=1, min_ma=6000, wants=True, key=0):
    """A seat with its wishes, and the pools of its phases."""
    made = Seat(phases, min_ma)
    made.cap_ma, made.rank, made.wants, made.key = cap_ma, rank, wants, key
    made.pools = tuple([PHASES[p] for p in phases])
    made.weights = [1] * len(phases)
    return made


def bound(seat):
    """What bound it: FREE, NONE, or the number of a phase."""
    if seat.share_ma == 0:
        return NONE
    return FREE if seat.bound_by is None else PHASES.index(seat.bound_by)


def shared(left_ma, *seats, pools=PHASES):
    """Share out and return (shares, what bound each, what is left)."""
    for pool, left in zip(pools, left_ma):
        pool.left_ma = left
    Table(seats, pools).share_out()
    return [s.share_ma for s in seats], [bound(s) for s in seats], [p.left_ma for p in pools]


class TestShares(unittest.TestCase):
    def check(self, left_ma, seats, shares, bound, why):
        found = shared(left_ma, *seats)
        self.assertEqual(found[0], shares, why)
        self.assertEqual(found[1], bound, why)

    def test_one(self):
        self.check((20000,) * 3, [seat()], [20000], [0], "all there is")
        self.check((40000,) * 3, [seat()], [32000], [FREE], "its own cap")
        self.check((20000, 9000, 15000), [seat()], [9000], [1], "the fullest phase binds")
        self.check((20000, 9000, 15000), [seat((2,))], [15000], [2], "only its phase counts")

    def test_minimum(self):
        self.check((5999,) * 3, [seat()], [0], [NONE], "0 or the minimum, nothing between")
        self.check((6000,) * 3, [seat()], [6000], [0], "just the minimum")
        self.check((9000,) * 3, [seat(min_ma=10000)], [0], [NONE], "its own minimum")
        self.check((40000,) * 3, [seat(cap_ma=5000)], [0], [NONE], "capped below the minimum")
        self.check((40000,) * 3, [seat(cap_ma=6000)], [6000], [FREE], "cap is the minimum")
        self.check((0,) * 3, [seat()], [0], [NONE], "nothing")

    def test_equal(self):
        two = [seat(rank=1), seat(rank=2)]
        self.check((20000,) * 3, two, [10000, 10000], [0, 0], "halves")
        three = [seat(rank=1), seat(rank=2), seat(rank=3)]
        self.check((25000,) * 3, three, [8333, 8333, 8333], [0, 0, 0], "1 mA cannot be divided")

    def test_what_one_cannot_use_goes_on(self):
        two = [seat(rank=1, cap_ma=7000), seat(rank=2)]
        self.check((20000,) * 3, two, [7000, 13000], [FREE, 0], "cap of the first")

    def test_phases(self):
        two = [seat((0,), rank=1), seat(rank=2)]
        self.check((20000, 30000, 30000), two, [10000, 10000], [0, 0], "both on L1")
        two = [seat((0,), rank=1), seat((1,), rank=2)]
        self.check((20000, 7000, 0), two, [20000, 7000], [0, 1], "nothing in common")
        three = [seat((0,), rank=1), seat((1,), rank=2), seat(rank=3)]
        # the three-phase seat is stopped by L1 at 8 A, L2 then has 12 A for the second
        self.check((16000, 20000, 32000), three, [8000, 12000, 8000], [0, 1, 0], "L1, then L2")

    def test_order_of_plugging_in(self):
        late_first = [seat(rank=7), seat(rank=3), seat(rank=5)]
        self.check((13000,) * 3, late_first, [0, 6500, 6500], [NONE, 0, 0], "rank, not place")
        self.check((6000,) * 3, late_first, [0, 6000, 0], [NONE, 0, NONE], "first come")

    def test_a_smaller_one_may_pass_a_larger_one(self):
        two = [seat(rank=1, min_ma=10000), seat(rank=2)]
        self.check((8000,) * 3, two, [0, 8000], [NONE, 0], "the first does not fit anyway")

    def test_who_wants_nothing_gets_nothing(self):
        two = [seat(rank=1, wants=False), seat(rank=2)]
        self.check((20000,) * 3, two, [0, 20000], [NONE, 0], "idle seat")
        self.check((20000,) * 3, [], [], [], "empty table")

    def test_results_of_the_last_time_are_gone(self):
        one = seat()
        for left_ma, expected in ((20000, 20000), (0, 0), (8000, 8000)):
            self.assertEqual(shared((left_ma,) * 3, one)[0], [expected])

    def test_left_over_is_told(self):
        self.assertEqual(shared((20000, 30000, 40000), seat((0,)))[2], [0, 30000, 40000])

    def test_keys(self):
        """The lowest key is filled first, but not before all minima are given."""
        two = [seat(rank=1, key=5), seat(rank=2, key=3)]
        self.check((30000,) * 3, two, [6000, 24000], [0, 0], "the second first")
        self.check((40000,) * 3, two, [8000, 32000], [0, FREE], "its rest goes on")
        self.check((9000,) * 3, two, [0, 9000], [NONE, 0], "the minimum of one: by key, not rank")
        three = [two[0], two[1], seat(rank=3, key=3)]
        self.check((30000,) * 3, three, [6000, 12000, 12000], [0, 0, 0], "equal in a key")
        one_phase = [seat(rank=1, key=5), seat((0,), rank=2, key=3)]
        self.check((30000,) * 3, one_phase, [6000, 24000], [0, 0], "the fuller phase binds")

    def test_a_pool_of_the_sum(self):
        """What the site may import counts all phases: 36 A in sum are 12 A on three phases."""
        power = Pool("import")
        pools = (PHASES[0], PHASES[1], PHASES[2], power)
        three, one = seat(rank=1), seat((1,), rank=2)
        for made, weight in ((three, 3), (one, 1)):
            made.pools += (power,)
            made.weights.append(weight)
        left = (30000, 30000, 30000, 36000)
        for p, ma in zip(pools, left):
            p.left_ma = ma
        Table((three, one), pools).share_out()
        self.assertEqual([three.share_ma, one.share_ma], [9000, 9000])
        self.assertTrue(three.bound_by is power and one.bound_by is power)
        self.assertTrue(uses(three, power) and not uses(one, PHASES[0]))
        power.left_ma = 17000  # less than the minimum of three phases
        for p in PHASES:
            p.left_ma = 30000
        Table((three, one), pools).share_out()
        self.assertEqual([three.share_ma, one.share_ma], [0, 17000])
        self.assertTrue(three.bound_by is power)

    def test_a_weight_of_nothing(self):
        """It has been seen that a car does not use that phase."""
        two = [seat(rank=1), seat((0,), rank=2)]
        two[0].weights[0] = 0
        self.check((10000, 20000, 20000), two, [20000, 10000], [1, 0], "L1 is for the second")

    def test_a_start_leaves_more(self):
        """Beside the minimum of one that starts, what the house has lately taken must fit."""
        PHASES[0].spare_ma = 3000
        one = seat()
        self.check((8999, 9000, 9000), [one], [0], [NONE], "9 A would be enough")
        self.check((9000, 9000, 9000), [one], [9000], [0], "as here")
        one.starts = False
        self.check((6000, 9000, 9000), [one], [6000], [0], "it has started already")
        PHASES[0].spare_ma = 0


if __name__ == "__main__":
    unittest.main()
