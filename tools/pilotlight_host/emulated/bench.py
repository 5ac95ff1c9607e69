"""A `Pico` at the simulated site: what the board does moves the plant, and the other way round.

One clock: the board's, in lock-step; the plant follows in whole ms. Outlets, feeders and phases
count from 0 as in the plant, while the board's terminals count from 1.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any, Protocol

from pilotlight_host.sim.lineshim import Wire
from pilotlight_host.sim.meterslave import MemoryMeter
from pilotlight_host.sim.plant import Plant
from pilotlight_host.sim.specs import CLAMP_EVENTS

from .analog import LOADED_EDGES_US, OPEN_EDGES_US
from .pico import Event, Pico

STEP_MS = 10  # nothing on the serial line
BUSY_STEP_MS = 1  # bytes on it
_BUSY_FOR_MS = 300  # after the latest byte
SELF_TEST_MS = 20  # the residual-current monitor trips so long after its test input, and recovers
NOMINAL_HZ = 1000
_HZ_TOLERANCE = 5
_CHUNK = 256
_CYCLE_MS = 1e-5  # the board stops at a whole cycle, 8 ns: a little before what it is asked for


class Line(Protocol):
    """A stream of the board contract: what is at the other end of RS-485."""

    def readinto(self, buf: Any) -> int | None: ...
    def write(self, data: Any) -> int | None: ...


class Bench:
    """`line`, if given, is the other end of RS-485: a `SerialStream` on a pty, a `MemoryMeter`.

    `events` are all events of the board so far. `wrong_hz` are pilots that ran at another
    frequency than 1 kHz: (t_us, outlet, hz).
    """

    def __init__(self, pico: Pico, plant: Plant, line: Line | None = None) -> None:
        _check_fits(pico, plant)
        self.pico = pico
        self.plant = plant
        self.line = line
        self.events: list[Event] = []
        self.wrong_hz: list[tuple[float, int, float]] = []
        self._outlets = range(len(plant.scenario.outlets))
        self._shown: dict[str, Any] = {}  # what the board has been told of the world
        self._line_busy_ms = 0.0
        self._test_on = False
        self._test_moved_ms = -SELF_TEST_MS
        self._wall: tuple[float, float] | None = None
        self._show_world()

    @property
    def now_ms(self) -> float:
        """Simulated time since power was first applied; the plant's own is its next whole ms."""
        return self.pico.now_us / 1000

    def connect_memory_meter(
        self, feeder: int = 0, *, address: int = 1, wire: Wire | None = None
    ) -> MemoryMeter:
        """An SDM630 (pymodbus) at the line that shows a feeder's currents, in simulated time."""
        source = _Meter(self.plant, feeder)
        meter = MemoryMeter(
            source, lambda: self.now_ms, address=address, wire=wire, seed=self.plant.seed
        )
        self.line = meter
        return meter

    def run(
        self,
        until_ms: float,
        pace: float | None = None,
        until: Callable[[], bool] | None = None,
    ) -> None:
        """Simulate to `until_ms`, or until `until()` says so (asked after every step).

        `pace`: simulated time does not run ahead of `pace` times the wall clock; needed with
        brokers and ptys, which live in real time. None: as fast as it goes.
        """
        self._wall = (time.monotonic(), self.now_ms)
        while not self.has_reached(until_ms) and not (until and until()):
            self._step(min(until_ms, self.now_ms + self._step_ms()))
            if pace is not None:
                self._wait(pace)

    def has_reached(self, until_ms: float) -> bool:
        """It is that late, as far as the board can say."""
        return self.now_ms >= until_ms - _CYCLE_MS

    def _step_ms(self) -> float:
        return BUSY_STEP_MS if self.now_ms < self._line_busy_ms else STEP_MS

    def _step(self, until_ms: float) -> None:
        change_ms = self.plant.next_change_ms()
        if change_ms is not None and change_ms > self.now_ms:
            until_ms = min(until_ms, change_ms)
        events = self.pico.run(1000 * until_ms, stop_on_event=True)
        self.plant.advance(max(self.plant.t_ms, math.ceil(self.now_ms)))
        for event in events:
            self._apply(event)
        self.events += events
        self._exchange()
        self._show_world()

    def _wait(self, pace: float) -> None:
        started_s, started_ms = self._wall or (time.monotonic(), self.now_ms)
        due_s = started_s + (self.now_ms - started_ms) / 1000 / pace
        ahead_s = due_s - time.monotonic()
        if ahead_s > 0:
            time.sleep(ahead_s)

    # The board moves the site

    def _apply(self, event: Event) -> None:
        if event.kind == "residual_test":
            self._test_on = bool(event.on)
            self._test_moved_ms = self.now_ms
        if event.outlet is None or event.outlet > len(self._outlets):
            return
        outlet = event.outlet - 1
        if event.kind == "contactor":
            self.plant.set_contactor(outlet, bool(event.on))
        elif event.kind == "pilot":
            self.plant.set_duty(outlet, round((event.duty_ppm or 0) / 100))
            hz = event.hz or 0
            if hz and abs(hz - NOMINAL_HZ) > _HZ_TOLERANCE:
                self.wrong_hz.append((event.t_us, event.outlet, hz))

    def _exchange(self) -> None:
        """Bytes between the board and whatever is at the line."""
        sent = self.pico.uart_read()
        if sent:
            self._line_busy_ms = self.now_ms + _BUSY_FOR_MS
        if self.line is None:
            return
        if sent:
            self.line.write(sent)
        buffer = bytearray(_CHUNK)
        while count := self.line.readinto(buffer):
            self._line_busy_ms = self.now_ms + _BUSY_FOR_MS
            self.pico.uart_write(bytes(buffer[:count]))

    # The site shows itself to the board

    def _show_world(self) -> None:
        for outlet in self._outlets:
            self._show_outlet(outlet)
        self._show_clamps()
        dimmed = self.plant.is_dimmed
        self._show("dimming", dimmed, lambda: self.pico.dim(dimmed))

    def _show(self, what: str, state: Any, tell: Callable[[], None]) -> None:
        """Tell the board only what is new."""
        if what not in self._shown or self._shown[what] != state:
            self._shown[what] = state
            tell()

    def _show_outlet(self, outlet: int) -> None:
        plant, analog, terminal = self.plant, self.pico.analog, outlet + 1
        node = plant.pilot_node_mv(outlet)
        edges = LOADED_EDGES_US if plant.is_plugged(outlet) else OPEN_EDGES_US
        self._show(f"pilot {outlet}", (node, edges), lambda: analog.pilot(terminal, *node, edges))
        ohm = plant.proximity_ohm(outlet)
        self._show(f"proximity {outlet}", ohm, lambda: analog.proximity(terminal, ohm))
        celsius = plant.plug_c(outlet)
        self._show(f"plug {outlet}", celsius, lambda: analog.temperature(terminal, celsius))
        closed = plant.contacts_closed(outlet)
        self._show(f"mirror {outlet}", closed, lambda: analog.mirror(terminal, closed))
        tripped = plant.residual_tripped(outlet) or self._self_test_trips()
        self._show(f"residual {outlet}", tripped, lambda: analog.residual(terminal, tripped))

    def _self_test_trips(self) -> bool:
        """The monitor follows its test input with some delay."""
        settled = self.now_ms - self._test_moved_ms >= SELF_TEST_MS
        return self._test_on == settled

    def _show_clamps(self) -> None:
        plant, knobs = self.plant, self.plant.scenario.knobs
        house, car = plant.feeder_parts_ma(0)
        half_mv = self.pico.analog.reference_mv / 2
        mv_per_a = half_mv / (knobs.clamp_full_scale_a * math.sqrt(2))
        for phase in range(3):
            gain, offset = plant.clamp_errors(phase)
            bias = half_mv + offset * half_mv / 2048
            tell = lambda p=phase, g=gain, b=bias: self.pico.analog.clamp(  # noqa: E731
                p + 1, house[p], car[p], hz=knobs.frequency_hz, mv_per_a=g * mv_per_a, bias_mv=b
            )
            self._show(f"clamp {phase}", (house[phase], car[phase]), tell)


class _Meter:
    """One feeder of the plant as a meter sees it."""

    def __init__(self, plant: Plant, feeder: int) -> None:
        self._plant = plant
        self._feeder = feeder

    @property
    def meter_fault(self) -> str | None:
        return self._plant.meter_fault

    def meter_image(self) -> Any:
        return self._plant.meter_image(self._feeder)


def _check_fits(pico: Pico, plant: Plant) -> None:
    """ValueError if the scenario asks for what this board has not got."""
    scenario = plant.scenario
    if 3 * len(scenario.feeders) > pico.analog.clamps:
        raise ValueError(
            f"{scenario.name}: {len(scenario.feeders)} feeders, but the board has "
            f"{pico.analog.clamps} clamps: one feeder"
        )
    if len(scenario.outlets) > pico.analog.outlets:
        raise ValueError(
            f"{scenario.name}: {len(scenario.outlets)} outlets, but the board has "
            f"{pico.analog.outlets}"
        )
    if any(event.kind == "board-heat" for event in scenario.events):
        raise ValueError(f"{scenario.name}: this board does not measure its own temperature")
    if any(event.kind in CLAMP_EVENTS for event in scenario.events):
        raise ValueError(f"{scenario.name}: this board's clamps cannot fall silent, or lie")
