"""core.commission: what pulses at one outlet prove about wires. mA, W."""

import unittest

from pilotlight.core import commission, trust
from pilotlight.core.commission import (
    ACROSS, STRAIGHT, TURNED, Eye, Found, Orders, hangs_on, proven, rise, seen,
    terminals
)  # fmt: skip
from pilotlight.core.place import Place

STEP = 3900
TOLD = 9900


class Sight:
    """A sensor of so many phases, and what pulses at one outlet make of it."""

    def __init__(self, phases, volts=None):
        self.eye = Eye(0, trust.Source("clamps", 100, phases=phases))
        if volts is not None:
            self.eye.source.power["voltage_mv"] = 1000 * volts
        self.moves = [[0, 0] for _ in range(phases)]
        self.ways = self.eye.ways

    def pulse(self, *levels):
        """One pulse; three of (mA) or (mA, W)."""
        told = [level if isinstance(level, tuple) else (level, None) for level in levels]
        self.eye.levels = told
        self.eye.take(self.moves, STEP, TOLD)

    def seen(self):
        return seen(self.moves)


class TestProven(unittest.TestCase):
    def test_what_leads_all_others_by_three(self):
        rows = (
            ((0, 0), None),
            ((0, 2), None),  # two in a row may be the house
            ((0, 3), 1),
            ((3, 0), 0),
            ((1, 3), None),
            ((1, 4), 1),
            ((5, 2), 0),
            ((1, 1, 4, 1), None),
            ((0, 1, 4, 0), 2),
        )
        for counts, found in rows:
            self.assertEqual(proven(counts), found, counts)


class TestPulses(unittest.TestCase):
    def test_one_phase_after_three_pulses(self):
        sight = Sight(3)
        for n in range(3):
            self.assertEqual(sight.seen(), [None] * 3, n)
            sight.pulse([3000, 2000, 1000], [3000, 5900, 1000], [3000, 2000, 1000])
        self.assertEqual(sight.seen(), [False, True, False])

    def test_three_phases(self):
        sight = Sight(3)
        for _ in range(3):
            sight.pulse([9000, 8000, 7000], [12800, 11900, 10900], [9050, 7950, 7000])
        self.assertEqual(sight.seen(), [True] * 3)

    def test_what_one_pulse_counts_for(self):
        rows = (
            (0, 3900, 0, (0, 1)),  # as much as it was told
            (0, 1950, 0, (0, 1)),  # half
            (0, 1949, 0, (0, 0)),  # less: nothing is said
            (0, 975, 0, (0, 0)),
            (0, 974, 0, (1, 0)),  # less than a quarter: it did not move
            (0, 9900, 0, (0, 1)),  # a car that draws nothing at the least
            (0, 10900, 0, (0, 1)),
            (0, 10901, 0, (0, 0)),  # more than any car may draw
            (0, 3900, 975, (0, 1)),  # the house may change by a quarter
            (0, 3900, 976, (0, 0)),  # but no more: something was switched on
            (0, 3900, 3900, (0, 0)),
            (5000, 1100, 5000, (0, 1)),  # the site feeds in: a car makes the current smaller
            (5000, 5000, 5000, (1, 0)),
        )
        for low, high, after, counts in rows:
            sight = Sight(1)
            sight.pulse([low], [high], [after])
            self.assertEqual(tuple(sight.moves[0]), counts, (low, high, after))

    def test_a_house_that_switches_is_outvoted(self):
        """A kettle goes on in one pulse, is on in all of another by chance, and a third time off."""
        sight = Sight(2)
        sight.pulse([0, 0], [3900, 9500], [0, 9500])
        sight.pulse([0, 0], [3900, 9500], [0, 0])
        self.assertEqual(sight.moves[1], [0, 1])
        for _ in range(3):
            sight.pulse([0, 0], [3900, 0], [0, 0])
        self.assertEqual(sight.seen(), [True, None, False])
        sight.pulse([0, 0], [3900, 0], [0, 0])
        self.assertEqual(sight.seen(), [True, False, False])

    def test_a_phase_without_a_sensor_does_not_move(self):
        sight = Sight(1)
        for _ in range(3):
            sight.pulse([0], [3900], [0])
        self.assertEqual(sight.seen(), [True, False, False])

    def test_rise(self):
        rows = (
            ((1, 5, 1), 0, 4),
            ((1, 5, 2), 0, None),
            ((0, 5, 2), 2, 4),
            ((None, 5, 2), 9, None),
            ((1, None, 2), 9, None),
        )
        for values, most, found in rows:
            self.assertEqual(rise(values, most), found, values)


class TestDirection(unittest.TestCase):
    """A car adds 3.9 A, which at 230 V and a factor of 1 are 897 W."""

    def way(self, more_w, volts, low_ma=3000, high_ma=6900, house_w=500):
        sight = Sight(1, volts)
        low = ([low_ma], [house_w])
        for _ in range(3):
            sight.pulse(low, ([high_ma], [house_w + more_w]), low)
        self.assertEqual(sight.seen()[0], True)
        return proven(sight.ways[0])

    def test_beside_a_voltage_reference(self):
        rows = (
            (897, STRAIGHT),
            (700, STRAIGHT),
            (-897, TURNED),
            (-449, ACROSS),  # another phase: 120 degrees away
            (449, ACROSS),  # and turned round
            (628, STRAIGHT),
            (627, ACROSS),
            (-627, ACROSS),
            (225, ACROSS),
            (224, None),  # that is no car
            (-100, None),
        )
        for more_w, found in rows:
            self.assertEqual(self.way(more_w, 230), found, more_w)

    def test_a_meter_knows_its_phases_and_tells_a_sign(self):
        """Whatever the voltage: there are 120 V, too."""
        for more_w, found in ((897, STRAIGHT), (468, STRAIGHT), (-897, TURNED), (-468, TURNED)):
            self.assertEqual(self.way(more_w, None), found, more_w)

    def test_where_the_site_feeds_in_a_car_makes_the_current_smaller(self):
        self.assertEqual(self.way(897, 230, 12000, 8100, -2760), STRAIGHT)
        self.assertEqual(self.way(-897, 230, 12000, 8100, 2760), TURNED)
        self.assertEqual(self.way(897, None, 12000, 8100, -2760), STRAIGHT)

    def test_without_power_there_is_no_direction(self):
        sight = Sight(1, 230)
        for _ in range(3):
            sight.pulse(([0], [None]), ([3900], [897]), ([0], [0]))
            sight.pulse([0], [3900], [0])
        self.assertEqual((sight.seen()[0], sight.ways[0]), (True, [0, 0, 0]))


class TestOrders(unittest.TestCase):
    def left(self, pairs):
        orders = Orders()
        for _ in range(3):
            for clamps_ma, meter_ma in pairs:
                orders.take(clamps_ma, meter_ma, 500)
        return orders.left()

    def test_nothing_speaks_against_any_before_three(self):
        orders = Orders()
        for _ in range(2):
            orders.take([9000, 2000, 1000], [2000, 9000, 1000], 300)
        self.assertEqual(len(orders.left()), 6)

    def test_all_six(self):
        meter_ma = [13000, 6000, 1000]
        for order in commission.ORDERS:
            clamps_ma = [0, 0, 0]
            for p in range(3):
                clamps_ma[order[p]] = meter_ma[p] + 200
            self.assertEqual(self.left([(clamps_ma, meter_ma)]), [order])

    def test_even_loads_tell_nothing(self):
        self.assertEqual(len(self.left([([9000, 9000, 9200], [9100, 9000, 9000])])), 6)

    def test_a_car_of_one_phase_in_an_even_house(self):
        left = self.left([([1000, 10900, 1000], [10800, 1000, 1000])])
        self.assertEqual(left, [(1, 0, 2), (1, 2, 0)])

    def test_how_near_is_near(self):
        """Within 5 % of the meter, and what is given."""
        for clamps_ma, fits in ((10950, True), (10951, False), (9050, True), (9049, False)):
            orders = Orders()
            for _ in range(3):
                orders.take([clamps_ma, 5000, 0], [10000, 5000, 0], 450)
            self.assertEqual((0, 1, 2) in orders.left(), fits, clamps_ma)

    def test_one_that_fits_takes_back_one_that_did_not(self):
        """But no more than three do."""
        orders = Orders()
        for n_fits, n_misfits, is_left in (
            (9, 5, True),
            (0, 1, False),
            (1, 0, True),
            (0, 1, False),
        ):
            for _ in range(n_fits):
                orders.take([9000, 2000, 0], [9000, 2000, 0], 500)
            for _ in range(n_misfits):
                orders.take([9000, 2000, 0], [2000, 9000, 0], 500)
            self.assertEqual((0, 1, 2) in orders.left(), is_left)

    def test_what_does_not_fit_at_all(self):
        self.assertEqual(self.left([([9000, 2000, 1000], [18000, 4000, 2000])]), [])


class TestTerminals(unittest.TestCase):
    def test_what_a_car_uses_tells(self):
        rows = (
            # as it is thought to be, what moves, what it is then
            ((0, 1, 2), (0, 1, 2), (0, 1, 2)),  # nothing of the order
            ((2, 0, 1), (0, 1, 2), (2, 0, 1)),
            ((0, 1, 2), (0,), (0, 1, 2)),
            ((0, 1, 2), (1,), (1, 2, 0)),  # the others follow the field
            ((0, 1, 2), (2,), (2, 0, 1)),
            ((0, 2, 1), (2,), (2, 1, 0)),  # as it is thought to turn
            ((0, 1, 2), (0, 1), (0, 1, 2)),  # the third has the missing one
            ((0, 1, 2), (1, 2), (1, 2, 0)),
            ((0, 1, 2), (0, 2), (2, 0, 1)),
            ((1,), (1,), (1,)),
            ((1,), (0,), (0,)),
            ((1,), (0, 1, 2), (1, 2, 0)),  # it has three phases
            ((1,), (1, 2), (1, 2, 0)),
        )
        for phases, moved, found in rows:
            seen = [p in moved for p in range(3)]
            self.assertEqual(tuple(terminals(phases, seen)), found, (phases, moved))


class TestFeeders(unittest.TestCase):
    """A main feeder with two others behind it, of which the first has one more."""

    ABOVE = (None, 0, 0, 1)

    def test_where_an_outlet_hangs(self):
        rows = (
            # what moves, where it is thought to hang, where it hangs
            ((True, True, False, False), 1, 1),
            ((True, True, False, False), 3, 1),
            ((True, False, True, False), 1, 2),
            ((True, True, False, True), 1, 3),
            ((True, False, False, False), 1, 0),
            ((True, None, False, False), 1, 1),  # not measured
            ((None, None, None, None), 2, 2),
            ((True, None, None, None), 3, 3),
            ((True, True, True, False), 1, None),  # two at once
            ((False, True, False, False), 1, None),
            ((True, False, None, None), 1, None),  # 0 or 2
        )
        for moved, own, found in rows:
            self.assertEqual(hangs_on(moved, self.ABOVE, own), found, (moved, own))


class Outlet:
    """A unit as far as that goes."""

    number = 1

    def __init__(self):
        self.place = Place((0, 1, 2), 6000)


class TestSensors(unittest.TestCase):
    def setUp(self):
        self.n = 0

    def offer(self, eye, ma, watts=None, level=trust.FRESH):
        self.n += 1
        eye.source.level = level
        if watts is not None:
            eye.source.power["power_w"] = watts
        eye.source.offer(ma[0], ma[1], ma[2], self.n * 100, self.n)
        eye.look()

    def test_a_mean_of_new_samples(self):
        eye = Eye(0, trust.Source("clamps", 100))
        self.offer(eye, [1000, 2000, 3000])
        eye.begin()
        eye.look()
        self.assertIsNone(eye.mean())
        self.offer(eye, [1000, 2000, 3000], [230, 460, 690])
        self.offer(eye, [1100, 2000, -3000], [250, 460, -690])
        eye.look()
        self.assertEqual(eye.mean(), ([1050, 2000, 3000], [240, 460, 0]))

    def test_a_lost_one_says_nothing_and_one_held_does(self):
        eye = Eye(0, trust.Source("meter grid", 500))
        self.offer(eye, [1000, 2000, 3000], None, trust.LOST)
        self.assertIsNone(eye.mean())
        self.offer(eye, [1000, 2000, 3000], None, trust.HOLD)
        self.assertEqual(eye.mean(), ([1000, 2000, 3000], None))

    def test_power_that_is_not_all_known_is_none(self):
        eye = Eye(0, trust.Source("clamps", 100))
        self.offer(eye, [1000, 2000, 3000], [230, None, 690])
        self.offer(eye, [1000, 2000, 3000], [230, 460, 690])
        self.assertEqual(eye.mean(), ([1000, 2000, 3000], None))

    def test_it_is_calm_until_it_moves(self):
        eye = Eye(0, trust.Source("clamps", 100))
        self.offer(eye, [1000, 2000, 3000])
        for ma in ([1400, 2000, 3000], [1500, 2400, 3000]):
            self.offer(eye, ma)
        self.assertEqual(eye.calm, 3)
        self.offer(eye, [1501, 2400, 3000])  # bit by bit: a slow ramp moves, too
        self.assertEqual(eye.calm, 0)

    def test_it_waits_for_what_moves_from_now_on(self):
        eye = Eye(0, trust.Source("clamps", 100))
        self.offer(eye, [600, 0, 0])
        self.offer(eye, [1000, 0, 0])
        eye.watch()
        for ma, calm in ((1100, 1), (1500, 2), (1501, 0), (1502, 1)):
            self.offer(eye, [ma, 0, 0])
            self.assertEqual(eye.calm, calm, ma)

    def test_what_the_house_switches_does_not_keep_it_waiting(self):
        """From one sample to the next; a car that is there at once need not be waited for."""
        for period_ms, most_ma in ((100, 999), (500, 1999)):
            for more_ma in (most_ma, most_ma + 1):
                eye = Eye(0, trust.Source("a sensor", period_ms))
                self.offer(eye, [1000, 2000, 3000])
                self.offer(eye, [1000, 2000, 3000])
                self.offer(eye, [1000, 2000 + more_ma, 3000])
                self.assertEqual(eye.calm == 0, more_ma == most_ma, (period_ms, more_ma))

    def pulses(self, found, orders, see, times=3):
        """The car draws 6 and 9.9 A on L2; `see` makes of what flows what sensors say."""
        for _ in range(times):
            for which, ma in ((0, 6000), (1, 9900), (2, 6000)):
                for eye in found.eyes:
                    eye.begin()
                    self.offer(eye, see(eye.name, [3000, 2000 + ma, 1000]))
                found.unit.place.metered_ma = ma
                found.keep(which)
            found.judge(STEP, TOLD, orders)
            found.move_on()

    def test_clamps_and_a_meter_at_one_feeder(self):
        sources = trust.Source("clamps", 100), trust.Source("meter grid", 500)
        found = Found(Outlet(), [Eye(0, source) for source in sources])
        orders = ((Orders(), Orders()),)

        def swapped(name, ma):
            return [ma[1], ma[0], ma[2]] if name == "clamps" else ma

        self.pulses(found, orders, swapped, 2)
        self.assertFalse(found.is_proven())
        self.pulses(found, orders, swapped, 1)
        self.assertTrue(found.is_proven())
        self.assertEqual([seen(moves).index(True) for moves in found.moves], [0, 1])
        self.assertEqual(orders[0][0].left(), [(1, 0, 2)])
        self.assertEqual(orders[0][1].left(), [(1, 0, 2), (2, 0, 1)])
        self.assertEqual((found.pulses, found.own), (3, [0, 3]))

    def test_two_sensors_of_different_feeders_are_no_pair(self):
        for where, phases, is_used in (((0, 0), 3, True), ((0, 1), 3, False), ((0, 0), 2, False)):
            sources = trust.Source("clamps", 100, phases=phases), trust.Source("meter grid", 500)
            found = Found(Outlet(), [Eye(where[0], sources[0]), Eye(where[1], sources[1])])
            orders = [(Orders(), Orders()) for _ in range(2)]
            self.pulses(found, orders, lambda name, ma: ma, 1)
            self.assertEqual(orders[0][0].is_used, is_used, (where, phases))

    def test_its_own_meter(self):
        """It sees the pulse if more than half of it is there."""
        rows = (
            ((6000, 9900, 6000), (0, 1)),
            ((6000, 7951, 6000), (0, 1)),
            ((6000, 7950, 6000), (1, 0)),
            ((6000, 6000, 6000), (1, 0)),
            ((6000, 9900, 6976), (0, 0)),
            ((None, None, None), (0, 0)),
        )
        for levels_ma, counts in rows:
            found = Found(Outlet(), [])
            for which in range(3):
                found.unit.place.metered_ma = levels_ma[which]
                found.keep(which)
            found.judge(STEP, TOLD, ())
            self.assertEqual(tuple(found.own), counts, levels_ma)

    def test_the_end_of_a_pulse_begins_the_next(self):
        found = Found(Outlet(), [Eye(0, trust.Source("clamps", 100))])
        for which, ma in ((0, 6000), (1, 9900), (2, 6100)):
            found.eyes[0].begin()
            self.offer(found.eyes[0], [ma, 0, 0])
            found.unit.place.metered_ma = ma
            found.keep(which)
        found.move_on()
        for which, ma in ((1, 10000), (2, 6200)):
            found.eyes[0].begin()
            self.offer(found.eyes[0], [ma, 0, 0])
            found.unit.place.metered_ma = ma
            found.keep(which)
        self.assertEqual([level[0][0] for level in found.eyes[0].levels], [6100, 10000, 6200])
        found.judge(STEP, TOLD, ())
        self.assertEqual((found.own, found.moves[0][0]), ([0, 1], [0, 1]))

    def test_a_sensor_that_is_not_heard_does_not_keep_it_waiting(self):
        sources = trust.Source("clamps", 100), trust.Source("meter grid", 500)
        found = Found(Outlet(), [Eye(0, sources[0]), Eye(1, sources[1])])
        for _ in range(3):
            for which, ma in ((0, 0), (1, 3900), (2, 0)):
                for eye in found.eyes:
                    eye.begin()
                self.offer(found.eyes[0], [ma, ma, ma])
                self.assertFalse(found.is_heard())
                found.keep(which)
            found.judge(STEP, TOLD, ((Orders(), Orders()), (Orders(), Orders())))
        self.assertTrue(found.is_proven())
        self.assertEqual(seen(found.moves[1]), [None] * 3)


if __name__ == "__main__":
    unittest.main()
