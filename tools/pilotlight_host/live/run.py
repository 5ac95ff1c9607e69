"""One run of the real firmware on boards/sim in real time. Times in ms of the run's clock."""

import asyncio
import copy
import dataclasses
import gc
import importlib
import selectors
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pilotlight_host.live.clock import LiveClock
from pilotlight_host.live.outside import MeterFeed, Outside
from pilotlight_host.live.ports import ConsolePty, SerialStream, TcpNetwork
from pilotlight_host.shims import clock as shim_clock
from pilotlight_host.shims.install import install
from pilotlight_host.sim import world
from pilotlight_host.sim.broker import HOST
from pilotlight_host.sim.inside import Inside, InsideMonitor
from pilotlight_host.sim.lineshim import Wire
from pilotlight_host.sim.meterslave import PtyMeter
from pilotlight_host.sim.plant import Plant
from pilotlight_host.sim.report import make_report
from pilotlight_host.sim.scenario import Scenario
from pilotlight_host.sim.simulate import load_board
from pilotlight_host.sim.trace import Trace
from pilotlight_host.umqtt_fetch import ensure_umqtt

# With every step on time, a contactor opens 83 of 100 ms after the car has left C. A step later
# than this is the PC's doing, and so may be what is found within the time after it.
LATE_MS = 5
EXCUSE_MS = 1000
LINKS = ("down", "connecting", "connected")
VIEW_S = 0.25  # how often somebody may look, real time
_SWITCH_S = 0.0005  # how long another thread may keep the interpreter from the firmware


class LiveRun(Inside):
    """`view(run)` is called in the firmware's thread every 0.25 s and has to be quick.

    After `run()`: `report`, and `ended` with the reason if it was not the end of the scenario's
    time.
    """

    def __init__(self, scenario: Scenario, seed: int | None, speed: float) -> None:
        install()
        sys.path.append(str(ensure_umqtt()))
        self.clock = LiveClock(scenario.start_ticks_ms, speed)
        self.outside = Outside()
        self.scenario = with_broker(scenario, HOST, self.outside.broker.port)
        self.seed = seed
        self.console = ConsolePty()
        self.ended: str | None = None
        self.failure: str | None = None
        self.report: dict[str, Any] = {}
        self.excused: list[str] = []
        self._feeds: dict[int, MeterFeed] = {}
        self._late_ms: list[int] = []

    # ------------------------------------------------------------------ the parts

    def _build(self, folder: Path) -> None:
        from pilotlight import config

        self.plant = Plant(self.scenario, self.seed)
        self._build_meters(config.check(self.scenario.site))
        self.outside.start()
        self._build_world(folder)
        self.app = importlib.import_module("pilotlight.app").App(load_board("sim").Board())
        self.monitor = InsideMonitor(self.plant, self.app)
        self.trace = Trace(self.plant, self.app.journal)
        self.world.after_step = self._after_step

    def _build_meters(self, site: dict[str, Any]) -> None:
        for number, line in enumerate([*site["feeders"], *site["outlets"]]):
            for table in site["meters"]:
                if table["id"] == line["meter"] and table["port"] not in self.outside.meters:
                    self._feeds[number] = MeterFeed(self.plant.meter_image(number))
                    self.outside.meters[table["port"]] = self._meter(self._feeds[number], table)

    def _meter(self, feed: MeterFeed, table: dict[str, Any]) -> PtyMeter:
        """As its `table` of the checked site says."""
        return PtyMeter(
            feed,
            self.clock.flowed_ms,
            self.clock.sleep_ms,
            address=table["address"],
            wire=Wire(table["baud"], table["parity"], table["stop"]),
            seed=self.plant.seed,
        )

    def _build_world(self, folder: Path) -> None:
        from pilotlight.drivers.pace import Pace

        self.world = world.World(
            self.plant,
            self.clock.latched,
            folder,
            self._uart,
            TcpNetwork(self.plant),
            lambda period_ms, _is_step=False: Pace(period_ms),
            self.console,
        )
        world.bind(self.world)

    def _uart(self, name: str, baud: int, parity: str, stop: int) -> SerialStream:
        if name not in self.outside.meters:
            raise OSError(f"serial port {name} is not there")
        return SerialStream(self.outside.meters[name].path, baud, parity, stop)

    # ------------------------------------------------------------------ for a view

    notes: tuple[str, ...] = ()  # to be said at the start
    where = ""

    @property
    def pace(self) -> str:
        """How fast it goes, in words."""
        return f"at speed {self.clock.speed:g}"

    @property
    def speed(self) -> float:
        """Times real time."""
        return self.clock.speed

    @property
    def late_ms(self) -> int:
        """The latest control step so far."""
        return self.app.control.latest_ms

    @property
    def console_hint(self) -> str:
        """How a person gets to the console; in another terminal it has no echo."""
        return f"pilotlight console --port {self.console.path}"

    def outlets(self, ticks: int | None = None) -> list[dict[str, Any]]:
        """A snapshot of each outlet, now."""
        now = self.clock.latched.now_ms() & world.TICKS_MASK
        return super().outlets(now if ticks is None else ticks)

    def links(self) -> list[str]:
        """A line on each link to the outside."""
        lines = []
        if self.app.mqtt is not None:
            link = self.app.mqtt.link
            trouble = f" ({link.trouble})" if link.state != 2 and link.trouble else ""
            lines.append(f"mqtt {LINKS[link.state]}{trouble}, {self.outside.messages} heard")
        for reader in self.app.meters:
            counts = polls(reader.meter.counts)
            lines.append(f"meter {reader.name} {counts['ok']} good, {counts['failed']} failed")
        return lines

    # ------------------------------------------------------------------ running

    def run(self, view: Callable[["LiveRun"], None]) -> None:
        """To the scenario's end, Ctrl-C, or an error of the firmware. Then outputs are safe."""
        former_clock = shim_clock.set_source(self.clock)
        former_switch_s = sys.getswitchinterval()
        sys.setswitchinterval(_SWITCH_S)
        try:
            with tempfile.TemporaryDirectory(prefix="pilotlight-") as folder:
                self._build(Path(folder))
                # select() keeps time in us, epoll in whole ms
                loop_of = lambda: asyncio.SelectorEventLoop(selectors.SelectSelector())  # noqa: E731
                with asyncio.Runner(loop_factory=loop_of) as runner:
                    runner.run(self._main(view))
        finally:
            self.outside.close()
            self.console.close()
            sys.setswitchinterval(former_switch_s)
            shim_clock.set_source(former_clock)
            world.bind(None)

    async def _main(self, view: Callable[["LiveRun"], None]) -> None:
        loop = asyncio.get_running_loop()
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        gc.collect()
        gc.freeze()  # what is loaded now need not be walked through again in the middle of a step
        self.clock.start()
        started_s = time.monotonic()
        firmware = asyncio.ensure_future(self.app.run())
        helpers = [
            asyncio.ensure_future(task)
            for task in (
                stop.wait(),
                self.clock.sleep_ms(self.scenario.duration_ms),
                self._show(view),
            )
        ]
        await asyncio.wait({firmware, *helpers}, return_when=asyncio.FIRST_COMPLETED)
        self._note_end(firmware, stop.is_set())
        for task in (firmware, *helpers):
            task.cancel()
        await asyncio.gather(firmware, *helpers, return_exceptions=True)
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
        gc.unfreeze()
        self._conclude(time.monotonic() - started_s)

    def _note_end(self, firmware: "asyncio.Future[None]", is_stopped: bool) -> None:
        if firmware.done():
            error = firmware.exception()
            said = f"{type(error).__name__}: {error}" if error else self._last_words()
            self.failure = self.ended = f"the firmware ended by itself: {said}"
        elif is_stopped:
            self.ended = "stopped by hand"

    def _last_words(self) -> str:
        journal = self.app.journal
        return journal.text(journal.count - 1) if journal.count else "it said nothing"

    async def _show(self, view: Callable[["LiveRun"], None]) -> None:
        while True:
            view(self)
            await asyncio.sleep(VIEW_S)

    def _after_step(self, t_ms: int) -> None:
        plant = self.plant
        self.outside.wants_broker = plant.broker_up
        for number, feed in self._feeds.items():
            feed.meter_fault = plant.meter_fault
            feed.image = plant.meter_image(number)
        if self.app.control.late_ms > LATE_MS:
            self._late_ms.append(t_ms)
        self.monitor.step(t_ms)
        self.trace.step(t_ms)

    # ------------------------------------------------------------------ the end

    def _conclude(self, wall_s: float) -> None:
        found = self.monitor.found
        found.timings = self._judged(found.timings, "")
        found.invariants = self._judged(found.invariants, "coil on, car in")
        self.report = make_report(self.plant, self.monitor, wall_s, "real")
        self.report["live"] = {
            "speed": self.clock.speed,
            "ended": self.ended or "at its time",
            "late_ms_max": self.app.control.latest_ms,
            "late_steps": self.app.control.late_steps,
            "excused": self.excused,
            "mqtt_messages": self.outside.messages,
            "meters": {reader.name: polls(reader.meter.counts) for reader in self.app.meters},
        }

    def _judged(self, findings: list[tuple[int, str]], kind: str) -> list[tuple[int, str]]:
        """The findings without those of a kind that follows from the PC's own lateness."""
        judged = []
        for t_ms, text in findings:
            if kind in text and any(0 <= t_ms - late_ms <= EXCUSE_MS for late_ms in self._late_ms):
                self.excused.append(f"{t_ms} ms: {text}")
            else:
                judged.append((t_ms, text))
        return judged

    @property
    def is_good(self) -> bool:
        """It ran to its end or was stopped by hand, no trip, no violation that counts."""
        report = self.report
        bad = report["trips"] or report["timing_violations"] or report["invariant_violations"]
        return not (self.failure or bad)


def polls(counts: dict[str, int]) -> dict[str, int]:
    """Transactions that went well, and all others."""
    good = counts.get("ok", 0)
    bad = [count for name, count in counts.items() if name not in ("ok", "good_pct")]
    return {"ok": good, "failed": sum(bad)}


def with_broker(scenario: Scenario, host: str, port: int) -> Scenario:
    """The scenario with its site's broker, if it has one, at this address."""
    if scenario.site.get("mqtt") is None:
        return scenario
    site = copy.deepcopy(scenario.site)
    site["mqtt"] |= {"host": host, "port": port}
    return dataclasses.replace(scenario, site=site)
