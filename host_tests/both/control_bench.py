"""A feeder of 63 A with four outlets on a board in memory, for the tests of services.control.

Times in ms, levels in mV, currents in mA. Ticks start 3 s before their wrap.
"""

from time import ticks_add

import micropython
from pilotlight.core import balance, breaker, claims, journal, pilot, residual, trust
from pilotlight.core.feeder import Feeder
from pilotlight.core.place import Place
from pilotlight.drivers.contactor import Contactor
from pilotlight.drivers.pilot import Pilot
from pilotlight.services.control import Control, Tap, Unit
from pilotlight.services.equipment import Equipment

START = (1 << 30) - 3000
HIGH_MV = {"A": 12000, "B": 8980, "C": 5990, "D": 2930}
ALL = (0, 1, 2)


class Port:
    """One outlet of the board contract: a car's pilot level, a contactor that follows its coil."""

    proximity_ohm = None
    residual_tripped = False

    def __init__(self):
        self.car = "A"
        self.high_mv = self.low_mv = self.taken_ms = None
        self.contactor_is_closed = False
        self.duty = 10000
        self.coil = False
        self.opened_by_guard = False

    def guard_opens(self):
        """A guard opens the contactor by itself."""
        self.coil = False
        self.opened_by_guard = True

    def set_duty(self, duty):
        self.duty = duty

    def set_contactor(self, closed):
        if not closed:
            self.opened_by_guard = False
        self.coil = closed and not self.opened_by_guard

    def latch(self, now_ms):
        """A new reading each 20 ms."""
        self.taken_ms = now_ms
        self.high_mv = HIGH_MV[self.car]
        self.low_mv = self.high_mv if self.duty == 10000 else -12000
        self.contactor_is_closed = self.coil


class Board:
    """A board that keeps its levels in memory; outputs are counted when they are committed."""

    resets = None

    def __init__(self, count):
        self.outlets = [Port() for _ in range(count)]
        self.commits = 0

    def latch(self, now_ms):
        for port in self.outlets:
            port.latch(now_ms)

    def commit(self, now_ms):
        self.commits += 1

    def safe(self):
        for port in self.outlets:
            port.set_contactor(False)
            port.set_duty(10000)


class Sensor:
    """What a clamp or meter driver leaves: house and cars, equal on all phases."""

    def __init__(self, count):
        self.current_ma = [0] * count
        self.taken_ms = None
        self.sequence = 0

    def measure(self, now_ms, total_ma):
        for i in range(len(self.current_ma)):
            self.current_ma[i] = total_ma
        self.taken_ms = now_ms
        self.sequence += 1


class Site:
    """4 outlets on one feeder of 63 A with clamps (100 ms) and a meter (500 ms)."""

    def __init__(self, leave_readings=2):
        self.board = Board(4)
        self.clamps, self.meter = Sensor(6), Sensor(3)
        self.house_ma = 5000
        self.now_ms, self.t = START, 0
        sources = (trust.Source("clamps", 100), trust.Source("meter grid", 500))
        taps = (Tap(sources[0], self.clamps, (3, 4, 5)), Tap(sources[1], self.meter, (0, 1, 2)))
        self.places = [Place(ALL, 6000) for _ in range(4)]
        image = breaker.Breaker("gG", 63000)
        self.feeder = Feeder("main", 63000, None, image, sources, self.places)
        self.journal = journal.Journal()
        units = [self._unit(i, leave_readings) for i in range(4)]
        tests = residual.SelfTest([unit.around.monitor for unit in units])
        balancer = balance.Balancer((self.feeder,), self.places)
        self.control = Control(self.board, balancer, taps, units, tests, self.journal)

    def _unit(self, i, leave_readings):
        port = self.board.outlets[i]
        said = claims.Claims(("board", "supply"), ("person", "network", "equipment"))
        said.of("board").put(32000, None, "all that outlet and wiring carry")
        level = pilot.Level(leave_readings)
        around = Equipment(residual.Monitor())
        parts = (Pilot(port), Contactor(port), level, said, self.places[i], self.feeder, around)
        return Unit(i + 1, "outlet " + str(i + 1), *parts)

    def cars(self, cars):
        for i in range(4):
            self.board.outlets[i].car = cars[i]
        return self

    def prepare(self):
        """Move the clock and the sensors, as other tasks do between two steps."""
        self.t += 20
        self.now_ms = ticks_add(self.now_ms, 20)
        total_ma = self.house_ma
        for i in range(4):
            if self.board.outlets[i].coil:
                total_ma += self.control.units[i].outlet.signalled_ma()
        if self.t % 100 == 0:
            self.clamps.measure(self.now_ms, total_ma)
        if self.t % 500 == 0:
            self.meter.measure(self.now_ms, total_ma)

    def locked_heap(self, ms):
        """Steps that may take no memory, and in which nothing happens; returns self."""
        for _ in range(ms // 20):
            self.prepare()
            noted = self.journal.count
            micropython.heap_lock()
            try:
                self.control.step(self.now_ms)
            finally:
                micropython.heap_unlock()
            if self.journal.count != noted:
                raise AssertionError(self.journal.text(noted))
        return self

    def run(self, ms):
        """Let time pass; returns self."""
        for _ in range(ms // 20):
            self.prepare()
            self.control.step(self.now_ms)
        return self

    def duties(self):
        return [port.duty for port in self.board.outlets]

    def coils(self):
        return [port.coil for port in self.board.outlets]
