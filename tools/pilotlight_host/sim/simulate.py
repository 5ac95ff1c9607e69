"""Runs a scenario through the whole firmware on virtual time, and makes the report."""

import asyncio
import contextlib
import functools
import importlib
import importlib.util
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pilotlight_host import paths
from pilotlight_host.shims import clock as shim_clock
from pilotlight_host.shims.install import install
from pilotlight_host.umqtt_fetch import ensure_umqtt

from . import virtual, world
from .clampwave import WINDOW_MS
from .inside import Inside, InsideMonitor
from .lineshim import Wire
from .meterslave import MemoryMeter
from .monitor import Monitor
from .plant import Plant
from .report import make_report
from .scenario import Scenario
from .simbroker import SimBroker
from .simnames import GATEWAY, Datagrams
from .telegramline import SharedLine, Stream, TelegramLine
from .trace import Trace

SEED_MASK = (1 << 24) - 1
EXACT, EVENT = "exact", "event"
PLUG_SEEN_MS = 1000  # by then every outlet has been looked at twice
FRESH, LOST = 0, 2  # levels of pilotlight.core.trust, which is importable only after install()


@dataclass
class Outcome(Inside):
    """What came out of a run."""

    report: dict[str, Any]
    monitor: Monitor
    trace: Trace
    plant: Plant
    app: Any
    broker: SimBroker | None

    @property
    def is_good(self) -> bool:
        """No trip, no timing and no invariant violation."""
        report = self.report
        return not (
            report["trips"] or report["timing_violations"] or report["invariant_violations"]
        )


class MeterOf:
    """The meter of one feeder, or of an outlet, as the Modbus slave reads it (numbers: Plant)."""

    def __init__(self, plant: Plant, number: int) -> None:
        self._plant = plant
        self._number = number

    @property
    def meter_fault(self) -> str | None:
        """What is wrong with the meter, or None."""
        return self._plant.meter_fault

    def meter_image(self):
        """What it shows."""
        return self._plant.meter_image(self._number)


class SimNetwork:
    """The network port in front of the broker in memory, which is at every address."""

    name_servers = (GATEWAY,)

    def __init__(self, broker: SimBroker, plant: Plant) -> None:
        self._broker = broker
        self._plant = plant

    @property
    def is_up(self) -> bool:
        """There is a network."""
        return self._plant.network_up

    def connect(self, address: str, port: int):
        """A stream to the broker."""
        return self._broker.connect()

    def datagrams(self, address: str, port: int) -> Datagrams:
        """To the name server or the time server."""
        return Datagrams(self._plant, port)


def simulate(
    scenario: Scenario,
    seed: int | None = None,
    clock_kind: str = EXACT,
    exact_ms: tuple[int, int] | None = None,
    progress: Callable[[int], None] | None = None,
    on_start: Callable[["_Run"], None] | None = None,
    storage: Path | None = None,
) -> Outcome:
    """Run `scenario` to its end. `exact_ms`: on the event clock, the span in which nothing is left
    out; `progress(t_ms)` is called after every step, `on_start(run)` before the first. `storage`:
    the board's, as another run has left it; else an empty one."""
    install()
    sys.path.append(str(ensure_umqtt()))
    started = time.perf_counter()
    clock = virtual.VirtualClock(scenario.start_ticks_ms, clock_kind == EVENT)
    if exact_ms is not None:
        clock.exact_ms = exact_ms
    former = shim_clock.set_source(clock)
    try:
        with tempfile.TemporaryDirectory(prefix="pilotlight-") as folder:
            run = _Run(scenario, seed, clock, storage or Path(folder), progress)
            if on_start is not None:
                on_start(run)
            virtual.run(clock, run.main())
    finally:
        shim_clock.set_source(former)
        world.bind(None)
    wall_s = time.perf_counter() - started
    report = make_report(run.plant, run.monitor, wall_s, clock_kind)
    return Outcome(report, run.monitor, run.trace, run.plant, run.app, run.broker)


def load_board(name: str) -> Any:
    """The module boards/<name>/board.py."""
    spec = importlib.util.spec_from_file_location(
        f"pilotlight_board_{name}", paths.BOARDS / name / "board.py"
    )
    if spec is None or spec.loader is None:
        raise FileNotFoundError(f"boards/{name}/board.py is not there")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class _Run:
    """One run: world, firmware, monitor."""

    def __init__(self, scenario: Scenario, seed, clock, folder: Path, progress) -> None:
        self.plant = Plant(scenario, seed)
        self.clock = clock
        self.scenario = scenario
        self.progress = progress
        self.broker = SimBroker(lambda: clock.t_ms)
        self.world = world.World(
            self.plant,
            clock,
            folder,
            self._uart,
            SimNetwork(self.broker, self.plant),
            functools.partial(virtual.VirtualPace, clock),
        )
        world.bind(self.world)
        clock.is_quiet = self._is_quiet
        clock.next_change_ms = self._next_change_ms
        app_module = importlib.import_module("pilotlight.app")
        self.app = app_module.App(load_board("sim").Board(), self.plant.seed & SEED_MASK)
        self.monitor = InsideMonitor(self.plant, self.app)
        self.trace = Trace(self.plant, self.app.journal)
        self.world.after_step = self._after_step

    def _uart(self, name: str, baud: int, parity: str, stop: int) -> Stream:
        site = self.scenario.site
        wire = Wire(baud, parity, stop)
        found: list[Stream] = []
        for number, table in enumerate([*site["feeders"], *site["outlets"]]):
            for meter in site.get("meters", ()):
                if meter["port"] == name and table.get("meter") == meter["id"]:
                    found.append(self._meter(MeterOf(self.plant, number), meter, wire))
        if not found:
            raise OSError(f"serial port {name} is not there")
        return found[0] if len(found) == 1 else SharedLine(found)

    def _meter(self, source: MeterOf, table: dict[str, Any], wire: Wire) -> Stream:
        now_ms = lambda: self.clock.t_ms  # noqa: E731
        if table["model"] == "p1":
            return TelegramLine(source, self.scenario.start, now_ms, wire)
        address, seed = table.get("address", 1), self.plant.seed
        return MemoryMeter(source, now_ms, address=address, wire=wire, seed=seed)

    def _after_step(self, t_ms: int) -> None:
        self.broker.up = self.plant.broker_up
        self.broker.reachable = self.plant.network_up
        self.monitor.step(t_ms)
        self.trace.step(t_ms)
        if self.progress is not None:
            self.progress(t_ms)

    def _is_quiet(self) -> bool:
        """The firmware has seen the world as it is, and the world is far from every edge."""
        if self.clock.t_ms - self.plant.moved_ms < PLUG_SEEN_MS or not self.plant.quiet():
            return False
        sources = [source for feeder in self.app.control.feeders for source in feeder.sources]
        return all(self._has_seen_all(source) for source in sources)

    def _has_seen_all(self, source: Any) -> bool:
        """Its newest sample shows nothing of what was before the last change, or it is lost for
        good.
        """
        plant = self.plant
        is_clamps = source.name == "clamps"
        fault = plant.clamps_fault if is_clamps else plant.meter_fault
        lie = plant.clamps_lie if is_clamps else plant.meter_lie
        if lie is not None:
            return False  # what follows from it depends on every sample
        if source.level == LOST:
            return fault is not None
        shows_past_ms = WINDOW_MS if is_clamps else self.scenario.knobs.meter_refresh_ms
        taken_ms = self.clock.t_ms - time.ticks_diff(time.ticks_ms(), source.taken_ms)
        seen = taken_ms >= plant.last_change_ms + shows_past_ms
        return fault is None and source.level == FRESH and seen

    def _next_change_ms(self) -> int:
        change_ms = self.plant.next_change_ms()
        end_ms = self.scenario.duration_ms
        return end_ms if change_ms is None else min(change_ms, end_ms)

    async def main(self) -> None:
        """The firmware runs until the scenario is over."""
        task = asyncio.ensure_future(self.app.run())
        timer = asyncio.ensure_future(self._end())
        await asyncio.wait({task, timer}, return_when=asyncio.FIRST_COMPLETED)
        timer.cancel()
        if task.done():
            task.result()
            raise RuntimeError("the firmware ended by itself")
        self.plant.advance(self.scenario.duration_ms)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    async def _end(self) -> None:
        pace = virtual.VirtualPace(self.clock, self.scenario.duration_ms)
        await pace.next(None)
