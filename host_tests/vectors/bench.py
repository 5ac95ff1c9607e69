"""The real `App` on a board in memory, with virtual time, and a hand at its terminals.

Times in ms since power-on. `stimulus()` waits for the wanted phase of the 20 ms step and starts
the stopwatch; whatever a step of a vector measures, it measures from there.
"""

import asyncio
import json
import tempfile
from pathlib import Path

from pilotlight.app import App
from pilotlight.core import faults
from pilotlight.core.outlet import STATES
from pilotlight_host.shims.clock import set_source
from pilotlight_host.sim.virtual import VirtualClock, _JumpSelector

from .board import GUARD_LOOK_MS, WATCHDOG_MS, Board
from .wire import Line

STEP_MS = 20
START_TICKS = (1 << 30) - 3000  # they wrap on the way


class Missed(AssertionError):
    """What the row requires has not been seen."""


class Looking:
    """What a bench tells of one outlet, from its events, the board's own picture and its outputs."""

    events: list[tuple[float, str, int, object]]  # (t_ms, kind, outlet, value)
    outlet: int  # which one the steps are about
    measured: dict[str, float]  # the worst of each name

    def of(self, kind: str, first: int = 0) -> list[tuple[float, object]]:
        """(t_ms, value) of this outlet's events of one kind, from number `first` on."""
        return [
            (t_ms, value)
            for t_ms, what, outlet, value in self.events[first:]
            if what == kind and outlet in (0, self.outlet)
        ]

    def latest(self, kind: str, default: object = None) -> object:
        """What the newest event of this kind tells."""
        found = self.of(kind)
        return found[-1][1] if found else default

    def picture(self) -> str:
        """One line on how things stand."""
        told = self.told()
        closed = "closed" if self.is_closed else "open"
        return f"{told['state']}, {closed}, duty {self.duty}, {told['why']}"

    def note(self, name: str, ms: float) -> None:
        """Measured: keep the worst."""
        self.measured[name] = max(ms, self.measured.get(name, 0))


class Bench(Looking):
    """One site under one row. To be used in `with`: the clock of the process is borrowed."""

    sees_states = True  # as they change, without asking
    settled_ms = 6000  # from a duty until the next one may come
    patience_ms = 1 << 40  # so long is watched, at most, that something stays as it is

    def __init__(self, site: dict, phase_ms: int = 0, has_guard: bool = False) -> None:
        self.site = site
        self.phase_ms = phase_ms
        self.has_guard = has_guard
        self.measured: dict[str, float] = {}  # the worst of each name
        self.t0 = 0.0
        self._first = 0  # events from here on came after the stimulus
        self._boots = 0
        self.outlet = 1  # which one the steps are about
        self._folder = tempfile.TemporaryDirectory()

    def __enter__(self) -> "Bench":
        self.clock = VirtualClock(START_TICKS)
        self._former = set_source(self.clock)
        self._loop = asyncio.SelectorEventLoop(_JumpSelector(self.clock.wake))
        outlets = self.site["outlets"]
        has_fans = any(outlet.get("ventilation") for outlet in outlets)
        self.board = Board(self.clock, self._folder.name, len(outlets), self.has_guard, has_fans)
        self.events = self.board.events
        self._tasks: list[asyncio.Task] = []
        return self

    def __exit__(self, *_) -> None:
        self.power_off()
        self._loop.close()
        set_source(self._former)
        self._folder.cleanup()

    # ------------------------------------------------------------------ power and time

    def boot(self) -> None:
        """The firmware starts."""
        (Path(self._folder.name) / "site.json").write_text(json.dumps(self.site))
        self._boots += 1
        self.app = App(self.board, seed=1000 * self._boots + self.phase_ms)
        self._told = [(-1, -1)] * len(self.board.outlets)
        self.board.after_step = self._look
        self._tasks = [self._loop.create_task(self.app.run())]
        self._tasks.append(self._loop.create_task(self._watchdog()))
        if self.has_guard:
            self._tasks.append(self._loop.create_task(self._guard()))

    def power_off(self) -> None:
        """The firmware is gone, and every coil with it."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            self._loop.run_until_complete(asyncio.gather(*self._tasks, return_exceptions=True))
        self._tasks = []
        self.board.safe()
        self.board.fed_ms = None

    @property
    def now_ms(self) -> float:
        return self.clock.t_ms

    def run(self, ms: float) -> None:
        """Let time pass."""
        self._loop.run_until_complete(self.clock.sleep_ms(round(ms)))
        for port in self.board.outlets:
            port.settle(self.clock.t_ms)
        if self._tasks and self._tasks[0].done():
            self._tasks[0].result()

    def stimulus(self) -> None:
        """To the wanted phase of the control step; now the stopwatch starts."""
        self.run((self.phase_ms - self.clock.t_ms) % STEP_MS)
        self.start()

    def start(self) -> None:
        """The stopwatch starts."""
        self.t0 = self.now_ms
        self._first = len(self.events)

    def stall(self, ms: int) -> None:
        """The interpreter stands still for so long."""
        self.board.stalled_ms = self.clock.t_ms + ms

    async def _watchdog(self) -> None:
        """In hardware: not fed for its period, it resets the board."""
        while True:
            fed_ms = self.board.fed_ms
            dead_ms = WATCHDOG_MS + (self.now_ms if fed_ms is None else fed_ms)
            await self.clock.sleep_ms(dead_ms - self.now_ms)
            if fed_ms is not None and fed_ms == self.board.fed_ms:
                self.board.tell("reset", 0, True)
                self.board.safe()
                self.board.fed_ms = None

    async def _guard(self) -> None:
        while True:
            await self.clock.sleep_ms(GUARD_LOOK_MS)
            for port in self.board.outlets:
                port.guard_looks()

    # ------------------------------------------------------------------ the world

    @property
    def port(self):
        return self.board.outlets[self.outlet - 1]

    @property
    def line(self) -> Line:
        return self.port.terminal.line

    def show(self, line: Line) -> None:
        self.port.show(line)

    def cable(self, ohm: int | None) -> None:
        self.port.cable_ohm = ohm

    def contactor_fails(self, *, welded: bool = False, stuck_open: bool = False) -> None:
        self.port.is_welded, self.port.is_stuck_open = welded, stuck_open

    def trip(self, is_tripped: bool) -> None:
        self.port.trip(is_tripped)

    def plug_c(self, celsius: int) -> None:
        self.port.plug = celsius

    def draws(self, ma: int | None) -> None:
        self.port.draws_ma = ma

    def person(self, line: str) -> str:
        """Somebody types this at the console."""
        answer = repr(self.app.console.answer(line))
        if "Error" in answer:
            raise Missed(f"{line}: {answer}")
        return answer

    # ------------------------------------------------------------------ what is seen

    def _look(self) -> None:
        """A control step has ended."""
        for i, unit in enumerate(self.app.control.units):
            state, fault = unit.outlet.state, unit.outlet.fault
            if state != self._told[i][0]:
                self.board.tell("state", i + 1, STATES[state])
            if fault != self._told[i][1]:
                self.board.tell("fault", i + 1, faults.NAMES[fault])
            self._told[i] = (state, fault)

    def told(self) -> dict:
        """The board's own picture of the outlet."""
        return self.app.control.units[self.outlet - 1].snapshot(self.board.ticks(self.clock.t_ms))

    def since(self) -> list[tuple[float, str, int, object]]:
        """All that has happened since the latest stimulus, at any outlet."""
        return self.events[self._first :]

    @property
    def is_closed(self) -> bool:
        return self.port.contacts

    @property
    def duty(self) -> int:
        return self.port.duty

    def first(self, kind: str, is_it, within_ms: float) -> float | None:
        """When, after the latest stimulus, such an event came first; None if not in time."""
        new = self._first  # events from here on have not been looked at
        while True:
            found, new = self.of(kind, new), len(self.events)
            for t_ms, value in found:
                if is_it(value) and t_ms - self.t0 <= within_ms:
                    return t_ms - self.t0
            left_ms = self.t0 + within_ms - self.now_ms
            if left_ms <= 0:
                return None
            self.run(min(left_ms, STEP_MS))
