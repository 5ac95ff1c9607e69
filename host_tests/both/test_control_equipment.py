"""services.control with locks, ventilation and monitors at all four outlets. Times in ms."""

import unittest
from time import ticks_add

import control_bench
from pilotlight.core import faults, residual
from pilotlight.core.lock import Lock
from pilotlight.drivers.bolt import Bolt
from pilotlight.drivers.fan import Fan
from pilotlight.services.equipment import Equipment, NoLock

TRAVEL_MS = 240


class Port(control_bench.Port):
    """An outlet with a motor for its bolt, a monitor and an output for ventilation."""

    def __init__(self):
        super().__init__()
        self.is_locked = False
        self.is_jammed = False
        self.drive = None
        self.fan = False
        self.is_leaking = self.is_dead = False
        self.test_is_on = False
        self._at_ms = 0

    def set_lock(self, drive):
        self.drive = drive

    def set_ventilation(self, is_on):
        self.fan = is_on

    def latch(self, now_ms):
        """20 ms later: bolt and monitor have followed, and the monitor drops the coil."""
        if self.drive is not None and not self.is_jammed:
            self._at_ms = max(0, min(TRAVEL_MS, self._at_ms + (20 if self.drive else -20)))
        self.is_locked = self._at_ms == TRAVEL_MS
        self.residual_tripped = (self.is_leaking or self.test_is_on) and not self.is_dead
        super().latch(now_ms)
        if self.residual_tripped:
            self.contactor_is_closed = False


class Board(control_bench.Board):
    """A board with a test current for all its monitors."""

    def __init__(self, count):
        super().__init__(count)
        self.outlets = [Port() for _ in range(count)]

    def set_residual_test(self, is_on):
        for port in self.outlets:
            port.test_is_on = is_on


class Site(control_bench.Site):
    """The bench, with equipment; `faults` of its outlets."""

    def __init__(self):
        make, control_bench.Board = control_bench.Board, Board
        try:
            super().__init__()
        finally:
            control_bench.Board = make

    def _unit(self, i, leave_readings):
        unit = super()._unit(i, leave_readings)
        port = self.board.outlets[i]
        lock = (Lock(), Bolt(port))
        claim = unit.claims.of("equipment")
        unit.around = Equipment(residual.Monitor(1, True), *lock, Fan(port), claim)
        unit.outlet.allows_ventilation = True
        return unit

    @property
    def faults(self):
        return [unit.outlet.fault for unit in self.control.units]

    def locks(self):
        return [port.is_locked for port in self.board.outlets]

    def fans(self):
        return [port.fan for port in self.board.outlets]

    def checked(self, ms):
        """Time passes; no coil is ever on without its plug held, or with test current."""
        for _ in range(ms // 20):
            self.run(20)
            for port in self.board.outlets:
                if port.coil and not (port.is_locked and not port.test_is_on):
                    raise AssertionError("coil on at " + str(self.t))
        return self

    def waited(self, ms):
        """A long time in which nothing happens, a step with every other window of the clamps."""
        while self.t % 100:
            self.checked(20)
        for _ in range(ms // 200):
            self.t += 180
            self.now_ms = ticks_add(self.now_ms, 180)
            self.checked(20)
        return self


def charging():
    return Site().checked(1000).cars("BBBB").checked(10000).cars("CCCC").checked(60000)


class TestEquipment(unittest.TestCase):
    def test_a_whole_visit(self):
        site = charging()
        self.assertEqual((site.coils(), site.locks()), ([True] * 4, [True] * 4))
        site.cars("AACC").checked(2000)
        self.assertEqual(site.coils(), [False, False, True, True])
        self.assertEqual(site.locks(), [False, False, True, True])
        self.assertEqual(site.faults, [faults.NO_FAULT] * 4)

    def test_without_a_lock_nothing_waits(self):
        lock = NoLock()
        lock.acknowledge()
        self.assertEqual((lock.is_engaged, lock.fault), (True, faults.NO_FAULT))

    def test_ventilation_while_d_has_current(self):
        site = charging().cars("CDCC").checked(1000)
        self.assertEqual((site.fans(), site.coils()), ([False, True, False, False], [True] * 4))
        site.cars("CBCC").checked(1000)
        self.assertEqual(site.fans(), [False] * 4)

    def test_one_jammed_lock_stops_nobody_else(self):
        site = Site().checked(1000)
        site.board.outlets[2].is_jammed = True
        site.cars("BBBB").checked(10000).cars("CCCC").checked(60000)
        self.assertEqual(site.coils(), [True, True, False, True])
        self.assertEqual(site.faults[2], faults.LOCK)
        site.board.outlets[2].is_jammed = False
        site.cars("CCAC").checked(3000).cars("CCCC").checked(60000)
        self.assertEqual((site.coils(), site.faults), ([True] * 4, [faults.NO_FAULT] * 4))

    def test_nothing_is_offered_before_the_plug_is_held_not_even_for_a_step(self):
        site = Site().checked(10000)  # past the test at boot
        for port in site.board.outlets:
            port.is_jammed = True
        site.cars("BBBB")
        for _ in range(100):
            self.assertEqual([port.duty for port in site.checked(20).board.outlets], [10000] * 4)

    def test_a_lock_is_tried_again_when_a_person_has_looked_at_it(self):
        for phase in range(4):  # whoever's turn it is
            self.looks_at_a_lock(phase)

    def looks_at_a_lock(self, phase):
        site = Site().checked(1000)
        port = site.board.outlets[2]
        port.is_jammed = True
        site.cars("CCCC").checked(20000 + 20 * phase)
        self.assertEqual(site.faults[2], faults.LOCK)
        port.is_jammed = False
        unit = site.control.units[2]
        unit.outlet.acknowledge()
        unit.around.acknowledge()
        for _ in range(15):  # and offers nothing before it is
            self.assertTrue(site.checked(20).faults[2] == faults.NO_FAULT)
            self.assertTrue(port.is_locked or port.duty == 10000)
        self.assertEqual(site.checked(30000).coils(), [True] * 4)

    def test_one_dead_monitor_stops_nobody_else(self):
        site = Site()
        site.board.outlets[1].is_dead = True
        site.checked(6000).cars("CCCC").checked(60000)
        self.assertEqual(site.coils(), [True, False, True, True])
        self.assertEqual(site.faults[1], faults.SELF_TEST)

    def test_a_trip_is_retried_after_15_minutes_once(self):
        site = charging()
        for coil in (True, False):
            port = site.board.outlets[0]
            port.is_leaking = True
            site.checked(40)
            self.assertEqual((site.coils()[0], site.faults[0]), (False, faults.RESIDUAL))
            port.is_leaking = False
            site.checked(10000).waited(879000).checked(10000)
            self.assertEqual(site.coils(), [False, True, True, True])
            site.checked(20000)
            self.assertEqual(site.coils(), [coil, True, True, True])
        site.control.units[0].around.acknowledge()
        site.control.units[0].outlet.acknowledge()
        self.assertEqual(site.checked(20000).coils(), [True] * 4)

    def test_nothing_is_allocated(self):
        site = Site().run(40).locked_heap(2000)  # the test at boot among it
        site.cars("BBBB").run(60).locked_heap(200)  # bolts move
        site.run(10000).cars("CCCC").run(60000).locked_heap(2000)
        self.assertEqual(site.coils(), [True] * 4)


if __name__ == "__main__":
    unittest.main()
