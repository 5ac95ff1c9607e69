"""services.control with a second contactor at all four outlets (phases_bench.py). Times in ms."""

import random
import unittest

from pilotlight.core import duty, faults
from phases_bench import Site


class TestSwitching(unittest.TestCase):
    def test_one_of_four(self):
        site = Site().charging()
        self.assertEqual((site.coils(), site.phases()), ([True] * 4, [3] * 4))
        site.wish(1, 1).run(40)
        duties = site.run(40).duties()
        self.assertEqual([one == duty.X1 for one in duties], [False, True, False, False])
        site.cars("CBCC").run(25000).cars("CCCC").run(2000)
        self.assertEqual((site.coils(), site.phases()), ([True] * 4, [3, 1, 3, 3]))
        self.assertEqual(site.faults, [faults.NO_FAULT] * 4)
        self.assertEqual(site.told("outlet 2: now on one"), ["outlet 2: now on one phase"])

    def test_it_is_not_sent_to_rest(self):
        site = Site().charging()
        place = site.places[1]
        site.wish(1, 1).run(200).cars("CBCC").run(22000)
        self.assertEqual((place.rest_ms, place.doublings), (None, 0))
        self.assertTrue(place.offered_ma > 0)

    def test_a_car_that_ignores_x1_and_a_welded_main_contactor(self):
        site = Site().charging()
        site.board.outlets[2].is_welded = True
        site.wish(1, 1).wish(2, 1).run(40).cars("CCBC").run(5800)
        self.assertEqual((site.coils()[1], site.faults[2]), (True, faults.WELDED))
        site.run(400)
        self.assertEqual(site.coils(), [True, False, False, True])
        site.run(70000)  # neither was moved, and that car charges on
        self.assertEqual((site.coils(), site.phases()), ([True, True, False, True], [3] * 4))
        self.assertEqual([port.moves for port in site.board.outlets], [1] * 4)

    def test_a_welded_second_contactor(self):
        site = Site().charging()
        port = site.board.outlets[1]
        port.is_stuck = True
        site.wish(1, 1).run(40).cars("CBCC").run(13000)
        self.assertEqual((site.faults[1], site.phases()[1]), (faults.SECOND, None))
        self.assertEqual(site.places[1].on, (True, True, True))
        site.cars("CCCC").run(60000)
        self.assertEqual(site.coils(), [True, False, True, True])
        port.is_stuck = False
        unit = site.control.units[1]
        unit.outlet.acknowledge()
        unit.around.acknowledge()
        site.cars("CBCC").run(11000).cars("CCCC").run(30000)
        self.assertEqual((site.coils(), site.phases()), ([True] * 4, [3, 1, 3, 3]))

    def test_it_drops_out_under_load(self):
        site = Site().charging()
        port = site.board.outlets[2]
        port.is_stuck, port.three_is_closed = True, False
        site.run(200)
        self.assertEqual((site.coils()[2], site.faults[2]), (False, faults.SECOND))
        self.assertEqual(site.control.units[2].outlet.lasting(), faults.SECOND)  # and no reset

    def test_nothing_is_allocated(self):
        site = Site().charging().locked_heap(2000)
        site.wish(1, 1).run(200).cars("CBCC").run(1000).locked_heap(6000)
        site.run(8000).locked_heap(2000)


class TestReset(unittest.TestCase):
    def reset(self, site):
        """Every coil drops; a new program finds what is there."""
        for port in site.board.outlets:
            port.is_judged = False
            port.set_contactor(False)
            port.set_phases(False)
            port.set_duty(duty.X1)
            port.is_judged = True
        made = Site(site.board.outlets)
        for unit in made.control.units:
            unit.outlet.begin(made.now_ms, faults.NO_FAULT)
        return made

    def test_at_every_second_of_a_switch(self):
        site = Site().charging()
        for second in (0, 8, 16):
            site.wish(1, 1).run(200).cars("CBCC").run(second * 1000)
            site = self.reset(site).cars("BBBB")
            self.assertEqual(site.run(200).phases(), [None] * 4)
            self.assertEqual([place.on for place in site.places], [(True,) * 3] * 4)
            site.run(22000).cars("CCCC").run(10000)
            self.assertEqual((site.coils(), site.phases()), ([True] * 4, [3] * 4))


class TestStorm(unittest.TestCase):
    """Random cars, wishes, faults and acknowledgements; the ports judge every move."""

    def storm(self, seed, ms):
        draw = random.Random(seed) if hasattr(random, "Random") else random
        if draw is random:
            random.seed(seed)
        site = Site().run(200)
        for second in range(ms // 1000):
            i = int(draw.random() * 4)
            self.happen(int(draw.random() * 60), site.control.units[i], site.board.outlets[i])
            if second % 2:  # most cars obey
                for port in site.board.outlets:
                    if port.car in "BC" and port.is_good:
                        port.car = "B" if port.duty == duty.X1 else "C"
            for _ in range(50):
                site.run(20)
                self.judge(site)
        return site

    def happen(self, kind, unit, port):
        if kind < 8:
            port.car = "AAABBBCD"[kind]
            port.is_good = kind < 6
        elif kind < 20:
            unit.around.phases.wish("person", (1, 3, None)[kind % 3])
        elif kind == 20:
            port.is_stuck = True
        elif kind == 21:
            port.is_welded = port.coil
        elif kind == 22:
            port.residual_tripped = True
        elif kind == 23 and port.coil:
            port.guard_opens()
        elif kind < 34:
            port.is_stuck = port.is_welded = port.residual_tripped = False
            unit.outlet.acknowledge()
            unit.around.acknowledge()

    def judge(self, site):
        for unit, port in zip(site.control.units, site.board.outlets):
            if port.coil and port.second is not port.three_is_closed and not port.is_stuck:
                raise AssertionError("closed before the second contactor had moved")
            if unit.place.phases == 1 and port.three_is_closed and port.coil:
                if port.second or not port.is_stuck:
                    raise AssertionError("three phases counted as one")
            if unit.place.phases is None and unit.place.on != (True, True, True):
                raise AssertionError("not known, and not counted as all")

    def test_storm(self):
        moves = closings = 0
        for seed in range(2):
            site = self.storm(seed, 150000)
            moves += sum([port.moves for port in site.board.outlets])
            closings += sum([unit.contactor.cycles for unit in site.control.units])
        self.assertTrue(moves >= 8 and closings >= 6, (moves, closings))


if __name__ == "__main__":
    unittest.main()
