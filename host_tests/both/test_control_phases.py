"""services.control with a second contactor at all four outlets. Times in ms."""

import random
import unittest
from time import ticks_add

import control_bench
from pilotlight.core import claims, duty, faults, pilot, residual
from pilotlight.core.phases import Phases
from pilotlight.core.place import MIN_SOLAR
from pilotlight.core.quota import House
from pilotlight.core.solar import Solar
from pilotlight.drivers.contactor import Contactor
from pilotlight.drivers.pilot import Pilot
from pilotlight.drivers.second import Second
from pilotlight.services.control import Unit
from pilotlight.services.switching import Switching

CALM = 10000


class Port(control_bench.Port):
    """An outlet whose L2 and L3 have a contactor of their own. It judges every move of it."""

    def __init__(self):
        super().__init__()
        self.second = False  # its coil
        self.three_is_closed = False  # its contacts
        self.is_stuck = self.is_welded = False
        self.calm_ms = 0  # nothing has flowed, and nobody has waited for it, for so long
        self.still_ms = 1000000  # it has not been told to move for so long
        self.moves = 0
        self.is_judged = True
        self.is_good = True  # its car obeys x1

    def set_phases(self, three):
        if three is not self.second:
            self.moves += 1
            self.still_ms = 0
            if self.is_judged and (self.coil or self.contactor_is_closed or self.calm_ms < CALM):
                raise AssertionError("moved after " + str(self.calm_ms) + " ms of calm")
        self.second = three

    def set_contactor(self, closed):
        is_odd = self.three_is_closed is not self.second
        if closed and not self.coil and (self.still_ms < CALM or is_odd):
            raise AssertionError("closed on a second contactor in doubt")
        super().set_contactor(closed)

    def latch(self, now_ms):
        """20 ms later: the contacts have followed."""
        super().latch(now_ms)
        self.contactor_is_closed = self.contactor_is_closed or self.is_welded
        if not self.is_stuck:
            self.three_is_closed = self.second
        is_off = self.duty == duty.X1 and not self.contactor_is_closed
        self.calm_ms = self.calm_ms + 20 if is_off and self.car in "AB" else 0
        self.still_ms += 20


class Site(control_bench.Site):
    """The bench, with second contactors. `ports`: those of a board that was reset."""

    def __init__(self, ports=None):
        self._ports = ports or [Port() for _ in range(4)]
        super().__init__()
        self.board.outlets = self._ports

    def _unit(self, i, leave_readings):
        port = self._ports[i]
        said = claims.Claims(("board", "phases", "supply"), ("person", "network", "equipment"))
        said.of("board").put(32000, None, "all that outlet and wiring carry")
        made = (Phases(True), Second(port))
        around = Switching(residual.Monitor(), None, None, None, said, *made, self.journal)
        level = pilot.Level(leave_readings)
        parts = (Pilot(port), Contactor(port), level, said, self.places[i], self.feeder, around)
        unit = Unit(i + 1, "outlet " + str(i + 1), *parts)
        unit.outlet.mirror.is_fitted = True
        return unit

    def prepare(self):
        """The cars draw all they may, on the phases that are connected."""
        self.t += 20
        self.now_ms = ticks_add(self.now_ms, 20)
        flows = [self.house_ma] * 3
        for unit, port in zip(self.control.units, self.board.outlets):
            if port.contactor_is_closed:
                for p in range(3 if port.three_is_closed else 1):
                    flows[p] += unit.outlet.signalled_ma()
        if self.t % 100 == 0:
            self.clamps.current_ma[3:6] = flows
            self.clamps.taken_ms = self.now_ms
            self.clamps.sequence += 1
        if self.t % 500 == 0:
            self.meter.current_ma[:] = flows
            self.meter.taken_ms = self.now_ms
            self.meter.sequence += 1

    def wish(self, i, count):
        self.control.units[i].around.phases.wish("person", count)
        return self

    def phases(self):
        return [unit.place.phases for unit in self.control.units]

    @property
    def faults(self):
        return [unit.outlet.fault for unit in self.control.units]

    def charging(self):
        return self.run(21200).cars("BBBB").run(1000).cars("CCCC").run(10000)

    def told(self, what):
        texts = [self.journal.text(n) for n in range(self.journal.oldest(), self.journal.count)]
        return [text for text in texts if what in text]


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
        site.run(90000)  # neither was moved, and that car charges on
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

    def test_nothing_is_allocated_while_the_sun_wishes(self):
        site = Site().charging()
        house = House(site.feeder)
        site.control.balancer.bind((Solar("sun", house),))
        for place in site.places:
            place.set_mode(MIN_SOLAR)
        for source in site.feeder.sources:
            source.power = {"power_w": [5000] * 3}
        site.run(2000)
        self.assertTrue(house.is_signed)
        site.locked_heap(6000)
        self.assertEqual([unit.around._sun.rather for unit in site.control.units], [1] * 4)


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
