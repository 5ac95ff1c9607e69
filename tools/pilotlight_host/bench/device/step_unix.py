"""The control step on a 32-bit MicroPython: the whole App on a board in memory, virtual time.

    step_unix.py alloc OUTLETS                   bytes that are held before the first step, that a
                                                 silent step takes, and an event
    step_unix.py count OUTLETS QUIET DECIDING    so many steps without a new sample (at most 45),
                                                 then with a new one, and so a decision, in each

The present folder holds a site.json of 8 outlets whose feeder has clamps and a meter; the first
OUTLETS of them are built. Whoever counts instructions runs `count` with different numbers and
takes the difference. It is one file for all, because what an attribute costs on MicroPython
depends on how many names have been seen.
"""

import gc
import sys
from time import ticks_add

import micropython
from pilotlight import config
from pilotlight.app import App

START = (1 << 30) - 3000  # ticks wrap on the way
STEP_MS = 20
HIGH_MV = {"A": 12000, "B": 8980, "C": 5990}
HOUSE_MA = 5000


class Port:
    """One outlet of the board contract: a car's level, a contactor that follows its coil."""

    proximity_ohm = None
    residual_tripped = False
    opened_by_guard = False

    def __init__(self):
        self.car = "A"
        self.high_mv = self.low_mv = self.taken_ms = None
        self.contactor_is_closed = False
        self.duty = 10000

    def set_duty(self, duty):
        self.duty = duty

    def set_contactor(self, closed):
        self.contactor_is_closed = closed

    def latch(self, now_ms):
        self.taken_ms = now_ms
        self.high_mv = HIGH_MV[self.car]
        self.low_mv = self.high_mv if self.duty == 10000 else -12000


class ClampPort:
    """Present; its values are put into the driver directly."""

    channels = 3
    samples = 200
    window_ms = 100

    def read(self, _):
        return None


class Board:
    """Levels in memory."""

    console = network = pages = panel = resets = wall_clock = None
    storage = "."

    def __init__(self, count):
        self.outlets = [Port() for _ in range(count)]
        self.clamps = ClampPort()
        self.capabilities = {
            "outlets": count,
            "clamps": 3,
            "max_ma": 32000,
            "guard": False,
            "contactor_readback": True,
            "modem": False,
            "storage_stall_ms": 0,
        }

    def latch(self, now_ms):
        for port in self.outlets:
            port.latch(now_ms)

    def commit(self, now_ms):
        pass


class Site:
    """The App, its clock, and sensors that tell what house and cars draw."""

    def __init__(self, count):
        self.app = App(Board(count))
        self.control = self.app.control
        self.ports = self.app.board.outlets
        self.sensors = (self.app.clamps, self.app.meters[0].meter)
        self.now_ms = START
        self.house_ma = HOUSE_MA

    def cars(self, letter):
        for port in self.ports:
            port.car = letter

    def measure(self):
        """A new sample of both sensors."""
        ma = self.house_ma
        for unit in self.control.units:
            if unit.contactor.is_commanded:
                ma += unit.outlet.signalled_ma()
        for sensor in self.sensors:
            sensor.current_ma[0] = sensor.current_ma[1] = sensor.current_ma[2] = ma
            sensor.taken_ms = self.now_ms
            sensor.sequence += 1

    def steps(self, count, ms=STEP_MS, sample_every=1):
        for i in range(count):
            self.now_ms = ticks_add(self.now_ms, ms)
            if i % sample_every == 0:
                self.measure()
            self.control.step(self.now_ms)

    def charge(self):
        """Bring every car to the most it can get: 3.6 s in steps, then 10 s at once."""
        self.steps(10)
        self.cars("B")
        self.steps(20)
        self.cars("C")
        self.steps(150)
        self.steps(6 * len(self.ports), 10500)
        self.steps(5)
        return self

    def measured(self, count, sample_every):
        """Most bytes a silent step takes, and a step that tells something per event."""
        silent = telling = 0
        for i in range(count):
            self.now_ms = ticks_add(self.now_ms, STEP_MS)
            if i % sample_every == 0:
                self.measure()
            noted = self.app.journal.count
            gc.collect()  # so that none happens within the step
            before = gc.mem_alloc()
            self.control.step(self.now_ms)
            used = gc.mem_alloc() - before
            events = self.app.journal.count - noted
            if events:
                telling = max(telling, used // events)
            else:
                silent = max(silent, used)
        return silent, telling

    def locked(self, count, sample_every):
        """Steps under heap_lock: MemoryError if one wants memory.

        Also for counting: unlocked, MicroPython borrows the frames of large functions from the
        heap, and looking for a free place costs what the heap happens to look like.
        """
        gc.collect()
        micropython.heap_lock()
        try:
            self.steps(count, STEP_MS, sample_every)
        finally:
            micropython.heap_unlock()


def alloc(site):
    """A whole story: nothing, plugged, charging, overload, back; then charging under heap_lock."""
    gc.collect()
    print("held", gc.mem_alloc())
    silent = telling = 0
    for letter, house_ma, count in (
        ("A", HOUSE_MA, 50),
        ("B", HOUSE_MA, 50),
        ("C", HOUSE_MA, 600),
        ("C", 200000, 200),
        ("B", HOUSE_MA, 50),
        ("A", HOUSE_MA, 50),
    ):
        site.cars(letter)
        site.house_ma = house_ma
        quiet, told = site.measured(count, 5)
        silent, telling = max(silent, quiet), max(telling, told)
    site.charge().locked(500, 5)
    print("silent", silent)
    print("telling", telling)


def first_outlets(count):
    """Let the App see so many outlets of the site file."""
    load = config.load

    def load_some(path):
        site = load(path)
        site["outlets"] = site["outlets"][:count]
        return site

    config.load = load_some


def main():
    mode, count = sys.argv[1], int(sys.argv[2])
    first_outlets(count)
    site = Site(count)
    if mode == "alloc":
        alloc(site)
        return
    site.charge()
    noted = site.app.journal.count
    site.locked(int(sys.argv[3]), 1000)
    site.locked(int(sys.argv[4]), 1)
    charging = sum([port.contactor_is_closed for port in site.ports])
    if charging != count or site.app.journal.count != noted:
        raise RuntimeError("these were not steps of %d cars that charge" % count)


main()
