"""core.shares: who gets what of a feeder. Currents in mA per phase."""

import unittest

from pilotlight.core.shares import NO_ROOM, UNLIMITED, Seat, Table

ALL = (0, 1, 2)


def seat(phases=ALL, cap_ma=32000, rank=1, min_ma=6000, wants=True):
    """A seat with its wishes."""
    made = Seat(phases, min_ma)
    made.cap_ma, made.rank, made.wants = cap_ma, rank, wants
    return made


def shared(left_ma, *seats):
    """Share out and return (shares, what bound each, what is left)."""
    table = Table(seats)
    for p in range(3):
        table.left_ma[p] = left_ma[p]
    table.share_out()
    return [s.share_ma for s in seats], [s.bound_by for s in seats], table.left_ma


class TestShares(unittest.TestCase):
    def check(self, left_ma, seats, shares, bound, why):
        found = shared(left_ma, *seats)
        self.assertEqual(found[0], shares, why)
        self.assertEqual(found[1], bound, why)

    def test_one(self):
        self.check((20000,) * 3, [seat()], [20000], [0], "all there is")
        self.check((40000,) * 3, [seat()], [32000], [UNLIMITED], "its own cap")
        self.check((20000, 9000, 15000), [seat()], [9000], [1], "the fullest phase binds")
        self.check((20000, 9000, 15000), [seat((2,))], [15000], [2], "only its phase counts")

    def test_minimum(self):
        self.check((5999,) * 3, [seat()], [0], [NO_ROOM], "0 or the minimum, nothing between")
        self.check((6000,) * 3, [seat()], [6000], [0], "just the minimum")
        self.check((9000,) * 3, [seat(min_ma=10000)], [0], [NO_ROOM], "its own minimum")
        self.check((40000,) * 3, [seat(cap_ma=5000)], [0], [NO_ROOM], "capped below the minimum")
        self.check((40000,) * 3, [seat(cap_ma=6000)], [6000], [UNLIMITED], "cap is the minimum")
        self.check((0,) * 3, [seat()], [0], [NO_ROOM], "nothing")

    def test_equal(self):
        two = [seat(rank=1), seat(rank=2)]
        self.check((20000,) * 3, two, [10000, 10000], [0, 0], "halves")
        three = [seat(rank=1), seat(rank=2), seat(rank=3)]
        self.check((25000,) * 3, three, [8333, 8333, 8333], [0, 0, 0], "1 mA cannot be divided")

    def test_what_one_cannot_use_goes_on(self):
        two = [seat(rank=1, cap_ma=7000), seat(rank=2)]
        self.check((20000,) * 3, two, [7000, 13000], [UNLIMITED, 0], "cap of the first")

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
        self.check((13000,) * 3, late_first, [0, 6500, 6500], [NO_ROOM, 0, 0], "rank, not place")
        self.check((6000,) * 3, late_first, [0, 6000, 0], [NO_ROOM, 0, NO_ROOM], "first come")

    def test_a_smaller_one_may_pass_a_larger_one(self):
        two = [seat(rank=1, min_ma=10000), seat(rank=2)]
        self.check((8000,) * 3, two, [0, 8000], [NO_ROOM, 0], "the first does not fit anyway")

    def test_who_wants_nothing_gets_nothing(self):
        two = [seat(rank=1, wants=False), seat(rank=2)]
        self.check((20000,) * 3, two, [0, 20000], [NO_ROOM, 0], "idle seat")
        self.check((20000,) * 3, [], [], [], "empty table")

    def test_results_of_the_last_time_are_gone(self):
        table = Table((seat(),))
        for left_ma, expected in ((20000, 20000), (0, 0), (8000, 8000)):
            for p in range(3):
                table.left_ma[p] = left_ma
            table.share_out()
            self.assertEqual(table.seats[0].share_ma, expected)

    def test_left_over_is_told(self):
        self.assertEqual(shared((20000, 30000, 40000), seat((0,)))[2], [0, 30000, 40000])


if __name__ == "__main__":
    unittest.main()
