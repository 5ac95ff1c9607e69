"""services.control: one step of 4 outlets on an in-memory board allocates 0 bytes. Times in ms.

On MicroPython the step runs under heap_lock, where any allocation raises MemoryError; on CPython
the same steps run and only their decisions are judged. What may allocate is a step in which
something happens that is worth an event in the journal (a state, a fault or a forced opening
changes): it builds one line of text.
"""

import gc
import unittest
from time import ticks_add

import micropython
from pilotlight.core import balance, breaker, claims, journal, outlet, trust
from pilotlight.drivers.contactor import Contactor
from pilotlight.drivers.pilot import Pilot
from pilotlight.services.control import Control, Tap, Unit

START = (1 << 30) - 3000
HIGH_MV = {"A": 12000, "B": 8980, "C": 5990, "D": 2930}
ALL = (0, 1, 2)
MOST_PER_EVENT_BYTES = 320  # its text and the pieces it is put together from; 304 measured


class Port:
    opened_by_guard = False
    """One outlet of the board contract: a car's pilot level, a contactor that follows its coil."""

    proximity_ohm = None
    residual_tripped = False

    def __init__(self):
        self.car = "A"
        self.high_mv = self.low_mv = self.taken_ms = None
        self.contactor_is_closed = False
        self.duty = 10000
        self.coil = False

    def set_duty(self, duty):
        self.duty = duty

    def set_contactor(self, closed):
        self.coil = closed

    def latch(self, now_ms):
        """A new reading each 20 ms."""
        self.taken_ms = now_ms
        self.high_mv = HIGH_MV[self.car]
        self.low_mv = self.high_mv if self.duty == 10000 else -12000
        self.contactor_is_closed = self.coil


class Board:
    """A board that keeps its levels in memory; outputs are counted when they are committed."""

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

    def __init__(self):
        self.board = Board(4)
        self.clamps, self.meter = Sensor(6), Sensor(3)
        self.house_ma = 5000
        self.now_ms, self.t = START, 0
        sources = (trust.Source("clamps", 100), trust.Source("meter grid", 500))
        taps = (Tap(sources[0], self.clamps, (3, 4, 5)), Tap(sources[1], self.meter, (0, 1, 2)))
        self.places = [balance.Place(ALL, 6000) for _ in range(4)]
        image = breaker.Breaker("gG", 63000)
        self.feeder = balance.Feeder("main", 63000, None, image, sources, self.places)
        self.journal = journal.Journal()
        units = [self._unit(i) for i in range(4)]
        self.control = Control(self.board, (self.feeder,), taps, units, self.journal)

    def _unit(self, i):
        port = self.board.outlets[i]
        said = claims.Claims(("board", "supply"), ("person", "network"))
        said.of("board").put(32000, None, "all that outlet and wiring carry")
        pilot, contactor = Pilot(port), Contactor(port)
        return Unit(
            i + 1, "outlet " + str(i + 1), pilot, contactor, said, self.places[i], self.feeder
        )

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
                total_ma += self.control.units[i].outlet.signalled_ma
        if self.t % 100 == 0:
            self.clamps.measure(self.now_ms, total_ma)
        if self.t % 500 == 0:
            self.meter.measure(self.now_ms, total_ma)

    def run(self, ms):
        """Steps with the heap open."""
        for _ in range(ms // 20):
            self.prepare()
            self.control.step(self.now_ms)
        return self

    def run_locked(self, ms, is_new=False):
        """Steps with the heap locked: MemoryError if one of them wants memory."""
        for _ in range(ms // 20):
            self.prepare()
            if is_new:
                self.clamps.measure(self.now_ms, self.clamps.current_ma[3])
            micropython.heap_lock()
            try:
                self.control.step(self.now_ms)
            finally:
                micropython.heap_unlock()
        return self

    def run_measured(self, ms):
        """Steps with the heap open; the most bytes kept by a silent step, and for one event."""
        silent = telling = 0
        for _ in range(ms // 20):
            self.prepare()
            noted = self.journal.count
            if hasattr(gc, "mem_alloc"):
                gc.collect()  # so that none happens within the step
            before = _in_use()
            self.control.step(self.now_ms)
            used = _in_use() - before
            events = self.journal.count - noted
            if events:
                telling = max(telling, used // events)
            else:
                silent = max(silent, used)
        return silent, telling

    def duties(self):
        return [port.duty for port in self.board.outlets]

    def coils(self):
        return [port.coil for port in self.board.outlets]


def _in_use():
    """Bytes in use on MicroPython's heap, garbage included; on CPython nothing is measured."""
    return gc.mem_alloc() if hasattr(gc, "mem_alloc") else 0


class TestNothingAllocated(unittest.TestCase):
    def locked(self, site, ms=2000, is_new=False):
        noted, commits = site.journal.count, site.board.commits
        site.run_locked(ms, is_new)
        self.assertEqual(site.board.commits - commits, ms // 20)
        self.assertEqual(site.journal.count, noted)

    def test_idle(self):
        self.locked(Site().run(5000))

    def test_idle_without_sensors_yet(self):
        site = Site().run(60)
        self.assertEqual(site.feeder.level, trust.LOST)
        self.locked(site, 40)

    def test_plugged(self):
        site = Site().run(1000).cars("BBBB").run(10000)
        self.assertEqual(site.duties(), [1000] * 4)
        self.locked(site)

    def charging(self):
        site = Site().run(1000).cars("BBBB").run(10000).cars("CCCC").run(300000)
        self.assertEqual(site.coils(), [True] * 4)
        return site

    def test_charging_steadily(self):
        site = self.charging()
        # 13 A; (61.7 - 5) / 4 are shared
        self.assertTrue(min(site.duties()) > 2166, site.duties())
        self.locked(site)

    def test_a_new_sample_in_each_step(self):
        self.locked(self.charging(), 2000, True)

    def test_while_raising_step_by_step(self):
        site = Site().run(1000).cars("BBBB").run(10000).cars("CCCC").run(5000)
        before = site.duties()
        self.locked(site, 100000)
        self.assertTrue(sum(site.duties()) > sum(before) + 500)

    def test_overload_lowers_every_duty(self):
        site = self.charging()
        before = site.duties()
        site.house_ma = 30000
        self.locked(site, 200)
        for i in range(4):
            self.assertTrue(site.duties()[i] < before[i], (site.duties(), before))
        self.locked(site, 120000)

    def test_sensors_held(self):
        site = self.charging()
        site.clamps.measure = site.meter.measure = _nothing
        self.locked(site, 4500)
        self.assertEqual(site.feeder.level, trust.HOLD)

    def test_claims_come_and_expire(self):
        site = self.charging()
        said = site.control.units[0].claims
        said.of("person").put(8000, ticks_add(site.now_ms, 30000), "limited")
        self.locked(site, 20000)
        self.assertEqual((site.duties()[0], said.source), (1333, "person"))
        self.locked(site, 60000)
        self.assertEqual(said.of("person").is_set, False)

    def test_a_latched_fault_and_a_welded_contactor(self):
        site = self.charging()
        site.board.outlets[0].residual_tripped = True
        site.board.outlets[1].latch = _welded(site.board.outlets[1])
        site.cars("CBCC").run(10000)
        faults = [unit.outlet.fault for unit in site.control.units]
        self.assertEqual(faults, [outlet.RESIDUAL, outlet.WELDED, 0, 0])
        self.locked(site)

    def test_a_pilot_that_bounces(self):
        site = self.charging()
        port = site.board.outlets[2]
        for _ in range(20):
            port.car = "A"
            self.locked(site, 20)
            port.car = "C"
            self.locked(site, 20)


class TestEvents(unittest.TestCase):
    def test_only_an_event_takes_memory(self):
        """A whole story; a step that notes an event keeps its line of text, no other step keeps a
        byte.
        """
        site = Site()
        story = (
            ("AAAA", 5000, 1000),
            ("BBAA", 5000, 1000),
            ("CBCA", 5000, 8000),
            ("CCCC", 60000, 20000),
            ("CCCC", 5000, 90000),  # overload: the breaker must be spared
            ("CDCB", 5000, 3000),
            ("AABC", 5000, 20000),
        )
        most_silent = most_telling = 0
        for cars, house_ma, ms in story:
            site.house_ma = house_ma
            silent, telling = site.cars(cars).run_measured(ms)
            most_silent = max(most_silent, silent)
            most_telling = max(most_telling, telling)
        self.assertEqual(most_silent, 0)
        self.assertTrue(most_telling <= MOST_PER_EVENT_BYTES, most_telling)
        self.assertTrue(site.journal.count >= 15, site.journal.count)
        self.assertTrue(sum([unit.outlet.forced_open for unit in site.control.units]) >= 1)

    def test_a_fault_at_once(self):
        """Four events in one step."""
        site = Site().run(1000).cars("CCCC").run(60000)
        for port in site.board.outlets:
            port.residual_tripped = True
        _, telling = site.run_measured(20)
        self.assertEqual(site.coils(), [False] * 4)
        self.assertTrue(telling <= MOST_PER_EVENT_BYTES, telling)


def _nothing(_now_ms, _total_ma):
    """A sensor that has died."""


def _welded(port):
    """A latch of a port whose mirror contact reads closed whatever its coil does."""

    def latch(now_ms):
        Port.latch(port, now_ms)
        port.contactor_is_closed = True

    return latch


if __name__ == "__main__":
    unittest.main()
