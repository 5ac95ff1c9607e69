"""The storm around an emulated board: its real image, PPP, and a plant at its pins. Times in ms of
the board, which are the plant's.
"""

import asyncio
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from pilotlight_host.bench.heapmap import Heap, look
from pilotlight_host.emulated import Bench, Event, Pico, flash_with_files
from pilotlight_host.image.sizes import Sizes
from pilotlight_host.paths import BOARDS
from pilotlight_host.sim.broker import Mosquitto
from pilotlight_host.sim.remoteplant import Change

from . import site as sites
from . import stepprobe
from .boardtime import BoardLoop, BoardTime
from .play import Play
from .processes import plant_of
from .proxy import OPEN
from .seen import Seen
from .trick import Trick
from .tricks import BOARD_TRICKS
from .watch import Watch

BOARD = "pico_ppp"
_LOOK_S = 0.25
_PATIENCE = 10  # this machine may be so many times slower than the board
_BOOT_S, _ANSWER_S = 1.5, 0.5
QUIET_S = 6.0  # before the first trick


@dataclass(frozen=True)
class BoardTools:
    """`image` is a .uf2 of the board; `files` stand on its flash beside site.json."""

    mosquitto: Path
    image: Path
    sizes: Sizes
    files: Mapping[str, bytes] = field(default_factory=dict)


@dataclass
class BoardSeen(Seen):
    """`steps`: (when, how late) each control step began. `sockets` are TCP connections that stand
    on the line.
    """

    steps: list[tuple[float, int]] = field(default_factory=list)
    heap: list[tuple[float, Heap]] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    resets: list[Event] = field(default_factory=list)
    console: str = ""
    wall_s: float = 0.0


class BoardStorm(Play):
    """`for_s`, `tricks`: Play."""

    seen: BoardSeen

    def __init__(
        self,
        tools: BoardTools,
        seed: int,
        for_s: float | None,
        tricks: Sequence[type[Trick]] = BOARD_TRICKS,
        tell: Any = None,
    ) -> None:
        super().__init__(BoardSeen(seed), Mosquitto(tools.mosquitto), for_s, tricks, tell)
        self.proxy.patience = _PATIENCE
        self.site = sites.board_site(self.proxy.port)
        self.plant = plant_of(self.site, **sites.story(Random(f"{seed}/site"), self.length_s))
        self.watch = Watch(self.seen, self, self.broker.port, lambda: self.proxy.wire is not None)
        self._tools = tools
        self._opened = 0
        self._steps = stepprobe.Ring(0)

    @property
    def now_ms(self) -> float:
        """Time of the board."""
        return self.time.bench.now_ms

    @property
    def pico(self) -> Pico:
        """The board; to be touched in `time.between` only."""
        return self.time.bench.pico

    async def connects(self) -> int:
        """Connections that the app has begun since the last call."""
        before = self._opened
        self._opened = (await self.time.between(self.pico.counters))["tcp_opened"]
        return self._opened - before

    # ------------------------------------------------------------------ running

    def run(self) -> BoardSeen:
        """From power-on to the last trick's good spell."""
        wiring = json.loads((BOARDS / BOARD / "wiring.json").read_text())
        files = {
            **stepprobe.FILES,
            **self._tools.files,
            "site.json": json.dumps(self.site).encode(),
        }
        flash = flash_with_files(self._tools.image, files, self._tools.sizes.storage)
        with Pico(self._tools.image, wiring, flash=flash, ppp=True) as pico:
            bench = Bench(pico, self.plant)
            bench.connect_memory_meter()
            self.time = BoardTime(bench)
            loop = BoardLoop(bench)
            with asyncio.Runner(loop_factory=lambda: loop) as runner:
                runner.run(self._run())
        self.seen.changes = list(_changes(bench.events))
        self.seen.resets = [event for event in bench.events if event.kind == "reset"]
        self.seen.malformed = self.proxy.malformed
        return self.seen

    async def _run(self) -> None:
        await asyncio.to_thread(self.broker.start)
        begun_s = time.monotonic()
        tasks = [asyncio.create_task(work) for work in (self.time.pass_for_ever(), self._played())]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self.seen.wall_s = time.monotonic() - begun_s
            self.broker.stop()

    async def _played(self) -> None:
        await self.proxy.stand(OPEN)
        try:
            async with self.watch.running(self._look_for_ever()):
                await self.first_connection()
                await asyncio.sleep(QUIET_S)
                await self.play()
                self.seen.end_ms = self.now_ms
        finally:
            await self.proxy.close()

    async def _start_probe(self) -> None:
        """By the console, which says where its ring is."""
        await asyncio.sleep(_BOOT_S)
        await self.time.between(lambda: self.pico.console_write(stepprobe.START + b"\r"))
        await asyncio.sleep(_ANSWER_S)
        said = await self.time.between(self.pico.console_read)
        self._steps = stepprobe.Ring(stepprobe.answered(said))

    async def _look_for_ever(self) -> None:
        await self._start_probe()
        while True:
            await self.time.between(self._look)
            await asyncio.sleep(_LOOK_S)

    def _look(self) -> None:
        seen, pico = self.seen, self.pico
        seen.steps += self._steps.taken(pico, self.now_ms)
        seen.heap.append((self.now_ms, look(pico, self._tools.sizes)))
        seen.sockets.append((self.now_ms, pico.counters()["tcp_standing"]))
        seen.console += pico.console_read().decode("latin-1")


def _changes(events: list[Event]) -> Iterator[Change]:
    """Outputs on change, as RemotePlant tells them."""
    duty, coil = [0, 0, 0, 0], [False] * 4
    for event in events:
        if event.outlet is None:
            continue
        i = event.outlet - 1
        if event.kind == "contactor":
            coil[i] = bool(event.on)
        elif event.kind == "pilot":
            duty[i] = round((event.duty_ppm or 0) / 100)
        yield Change(event.t_us / 1000, i, duty[i], coil[i], "out")
