"""One run of a board's real image on an emulated Pico. Times in ms of the run, which are the
board's own: it is as far as the emulator has come.
"""

import contextlib
import json
import queue
import signal
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from pilotlight_host.emulated import Bench, EmulatorError, Event, Pico, UsbPty, flash_with_files
from pilotlight_host.emulated.node import emulator_command
from pilotlight_host.image.build import ensure_build
from pilotlight_host.live import fit
from pilotlight_host.live.boardtalk import SNAPSHOT, WITH_LOG, BoardTalk
from pilotlight_host.live.outside import Outside
from pilotlight_host.live.run import VIEW_S, polls, with_broker
from pilotlight_host.live.told import SnapshotMonitor, Told
from pilotlight_host.paths import BOARDS
from pilotlight_host.shims.install import install
from pilotlight_host.sim.lineshim import Wire
from pilotlight_host.sim.mqttpacket import Message
from pilotlight_host.sim.plant import Plant
from pilotlight_host.sim.report import make_report
from pilotlight_host.sim.scenario import Scenario
from pilotlight_host.sim.trace import Trace

GATEWAY = "10.0.5.1"  # the other end of the modem's line: this machine's loopback
_STRETCH_MS = 1000  # what was lost within it is caught up with, but nothing beyond
_NO_QUESTIONS_MS = 1000  # from the beginning of an overload on
_SPEED_VIEWS = 12  # over which the speed is told: 3 s
_SEEDS = 1 << 31  # that the emulator's noise has
_STOPPING = (signal.SIGINT, signal.SIGTERM)


class EmulatedRun:
    """As `LiveRun`, but `speed` is what the machine makes of the one asked for."""

    def __init__(self, board: str, scenario: Scenario, seed: int | None, speed: float) -> None:
        install()
        from pilotlight import config

        self.board = board
        self.where = f" on an emulated {board},"
        self.wiring = json.loads((BOARDS / board / "wiring.json").read_text())
        self.site = config.check(scenario.site)
        fit.check(scenario, self.site, self.wiring)
        self.outside = Outside() if "modem" in self.wiring else None
        if self.outside is not None:
            scenario = with_broker(scenario, GATEWAY, self.outside.broker.port)
        self.scenario = scenario
        self.seed = seed
        self.console = UsbPty()
        self.ended: str | None = None
        self.failure: str | None = None
        self.report: dict[str, Any] = {}
        self.resets: list[tuple[float, str]] = []  # s, cause
        self._asked_speed = speed
        self._has_network = True
        self._lost_bytes: int | None = None
        self._shown_s = 0.0
        self._heard: queue.SimpleQueue[tuple[float, Message]] = queue.SimpleQueue()
        self._marks: deque[tuple[float, float]] = deque(maxlen=_SPEED_VIEWS)  # wall s, run ms
        self._seen = 0  # events of the bench
        emulator_command()  # what is missing is told before the image is built
        build = ensure_build(board)
        files = {"site.json": json.dumps(scenario.site).encode()}
        self._image = build.image
        self._flash = flash_with_files(build.image, files, build.sizes().storage)

    # ------------------------------------------------------------------ the parts

    @contextlib.contextmanager
    def _built(self) -> Iterator[None]:
        self.plant = Plant(self.scenario, self.seed)
        self.monitor = SnapshotMonitor(self.plant, self.site)
        self.trace = Trace(self.plant)
        self.told = Told(self.site, self.monitor)
        self.trace.events = self.told.events
        with Pico(
            self._image,
            self.wiring,
            flash=self._flash,
            noise_seed=self.plant.seed % _SEEDS,
            ppp=self.outside is not None,
        ) as self.pico:
            self.bench = Bench(self.pico, self.plant)
            self._connect_meter()
            self.talk = BoardTalk(self.pico, self.console)
            if self.outside is not None:
                self.outside.on_message = lambda said: self._heard.put((self.bench.now_ms, said))
                self.outside.start()
            yield

    def _connect_meter(self) -> None:
        """The feeder's meter answers in the board's time, however busy this machine is."""
        for table in self.site["meters"]:
            if table["id"] == self.site["feeders"][0]["meter"]:
                wire = Wire(table["baud"], table["parity"], table["stop"])
                self.bench.connect_memory_meter(address=table["address"], wire=wire)

    # ------------------------------------------------------------------ running

    def run(self, view: Callable[["EmulatedRun"], None]) -> None:
        """To the scenario's end, Ctrl-C, or the firmware's end. Then the board is switched off."""
        self._view = view
        former = {number: signal.signal(number, self._stop) for number in _STOPPING}
        try:
            with self._built():
                started_s = time.monotonic()
                try:
                    self._play()
                    self._lost_bytes = self._count_lost()
                except EmulatorError as error:
                    self.failure = self.ended = f"the emulator failed: {_first_line(error)}"
                wall_s = time.monotonic() - started_s
        finally:
            if self.outside is not None:
                self.outside.close()
            self.console.close()
            for number, handler in former.items():
                signal.signal(number, handler)
        self._conclude(wall_s)

    def _stop(self, *_: object) -> None:
        self.ended = "stopped by hand"

    def _play(self) -> None:
        end_ms = self.scenario.duration_ms
        while not self.bench.has_reached(end_ms) and not self.ended:
            until_ms = min(end_ms, self.bench.now_ms + _STRETCH_MS)
            self.bench.run(until_ms, self._asked_speed, self._look)
        self._look()

    def _count_lost(self) -> int:
        """Bytes spoiled on RS-485, either way: sent or come while the driver was set wrongly."""
        counters = self.pico.counters()
        return counters["lost_in"] + counters["lost_out"]

    def _look(self) -> bool:
        """After every stretch of time; True if the run is to end."""
        t_ms = self.plant.t_ms
        self._look_outside()
        for event in self.bench.events[self._seen :]:
            self._note(event)
        self._seen = len(self.bench.events)
        self._listen(t_ms)
        self.monitor.step(t_ms)
        self.trace.step(t_ms)
        if time.monotonic() - self._shown_s >= VIEW_S:
            self._marks.append((time.monotonic(), self.bench.now_ms))
            self._view(self)
            self._shown_s = time.monotonic()
        return self.ended is not None

    def _look_outside(self) -> None:
        if self.outside is None:
            return
        self.outside.wants_broker = self.plant.broker_up
        if self.plant.network_up != self._has_network:
            self._has_network = self.plant.network_up
            self.pico.plug_modem(self._has_network)

    def _note(self, event: Event) -> None:
        if event.kind != "reset":
            return
        self.resets.append((round(event.t_us / 1e6, 3), str(event.cause)))
        self.told.starts_again()
        self.talk.starts_again()
        if self.talk.typed_ms is None:
            self.failure = f"the board was reset at {event.t_us / 1e6:.1f} s ({event.cause})"

    def _listen(self, t_ms: int) -> None:
        """To the board's own words."""
        while not self._heard.empty():
            at_ms, message = self._heard.get()
            self.told.heard(int(at_ms), message)
        answer = self.talk.step(self.bench.now_ms, self._question())
        if answer is not None:
            self.told.answered(*answer)
        last_words = self.talk.last_words
        if last_words is not None:
            self.failure = self.ended = f"the firmware ended by itself: {last_words}"

    def _question(self) -> str | None:
        """An answer makes a control step late: nothing is asked while quickness is measured."""
        since_ms = self.plant.overload_since_ms(0)
        if since_ms is not None and self.plant.t_ms - since_ms < _NO_QUESTIONS_MS:
            return None
        return WITH_LOG if self.told.misses_events else SNAPSHOT

    # ------------------------------------------------------------------ for view and summary

    @property
    def pace(self) -> str:
        """How fast it goes, in words."""
        return f"on the emulated board {self.board}, at most {self._asked_speed:g} x real time"

    @property
    def notes(self) -> list[str]:
        """To be said at the start."""
        if self.outside is not None or self.site["mqtt"] is None:
            return []
        return [f"no MQTT: the board {self.board} has no network, it ignores the table mqtt"]

    @property
    def speed(self) -> float:
        """Times real time, in the latest 3 s."""
        if len(self._marks) < 2:
            return self._asked_speed
        (first_s, first_ms), (last_s, last_ms) = self._marks[0], self._marks[-1]
        return round((last_ms - first_ms) / 1000 / (last_s - first_s), 1)

    @property
    def late_ms(self) -> int | None:
        """The latest control step so far, as the firmware says."""
        return self.told.helpers(self.plant.t_ms)["latest_ms"]

    @property
    def console_hint(self) -> str:
        """How a person gets to the console."""
        return f"pilotlight console --port {self.console.path}, or mpremote"

    def feeders(self) -> list[dict[str, Any]]:
        """A snapshot of each feeder."""
        return self.told.feeders(self.plant.t_ms)

    def outlets(self) -> list[dict[str, Any]]:
        """A snapshot of each outlet; what stands on its terminals is the truth."""
        from pilotlight.core.duty import to_ma

        plant = self.plant
        return [
            said
            | {
                "offered_a": round(to_ma(plant.duty(i)) / 1000, 1),
                "contactor_is_closed": plant.contacts_closed(i),
            }
            for i, said in enumerate(self.told.outlets(plant.t_ms))
        ]

    def links(self) -> list[str]:
        """A line on each link to the outside."""
        lines = []
        if self.outside is not None:
            lines.append(f"mqtt {self.outside.messages} heard")
        for name, counts in _polls(self.told.helpers(self.plant.t_ms)).items():
            lines.append(f"meter {name} {counts['ok']} good, {counts['failed']} failed")
        if self.talk.typed_ms is not None:
            lines.append("the board is not asked any more, somebody has typed")
        return lines

    # ------------------------------------------------------------------ the end

    def _conclude(self, wall_s: float) -> None:
        for t_us, outlet, hz in self.bench.wrong_hz:
            self.monitor.found.invariants.append(
                (round(t_us / 1000), f"outlet {outlet}: pilot at {hz:g} Hz")
            )
        told = self.told.helpers()
        self.report = make_report(self.plant, self.monitor, wall_s, "emulated")
        self.report["live"] = {
            "board": self.board,
            "speed": self._asked_speed,
            "ended": self.ended or "at its time",
            "late_ms_max": told["latest_ms"],
            "mqtt_messages": self.outside.messages if self.outside else None,
            "meters": _polls(told),
            "resets": self.resets,
            "snapshots": self.told.snapshots,
            "rs485_bytes_lost": self._lost_bytes,
            "not_judged": self._not_judged(),
        }

    def _not_judged(self) -> list[str]:
        lines = ["faults and permits between two snapshots, about one a second"]
        if self.talk.typed_ms is not None and self.outside is None:
            lines.append(
                f"faults and permits since {self.talk.typed_ms / 1000:.1f} s: somebody typed"
            )
        return lines

    @property
    def is_good(self) -> bool:
        """It ran to its end or was stopped by hand, no trip, no violation, no reset."""
        report = self.report
        bad = report["trips"] or report["timing_violations"] or report["invariant_violations"]
        return not (self.failure or bad)


def _polls(told: dict[str, Any]) -> dict[str, dict[str, int]]:
    return {name: polls(counts) for name, counts in told["meters"].items()}


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
