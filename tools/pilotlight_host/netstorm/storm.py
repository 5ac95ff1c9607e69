"""The storm itself: everything started, tricks in random order with good spells between, and what
was seen. Times in ms of the plant.
"""

import asyncio
import contextlib
import json
import os
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

from pilotlight_host.paths import HOST_TESTS
from pilotlight_host.sim.broker import Mosquitto
from pilotlight_host.sim.remoteplant import RemotePlant

from . import site as sites
from .lateness import TICKS_PERIOD
from .parties import Names, Times
from .processes import Tools, plant_of, surroundings
from .proxy import OPEN, Proxy, Wire
from .seen import Played, Seen
from .trick import CUT, LEAVES, STAYS, Trick
from .tricks import TRICKS
from .watch import Watch, within

_BACK_S = 60.0  # the longest pause of the app between two tries is 37.5 s
_MARGIN_S = 150.0  # plant time beyond the storm: the last trick and its good spell


def endless(draw: Random) -> Iterator[type[Trick]]:
    """Deck after deck."""
    while True:
        deck = list(TRICKS)
        draw.shuffle(deck)
        yield from deck


class Storm:
    """`for_s`: how long tricks go on; None: each of `tricks` once, and short."""

    def __init__(
        self,
        tools: Tools,
        seed: int,
        for_s: float | None,
        tricks: Sequence[type[Trick]] = TRICKS,
        tell: Any = None,
    ) -> None:
        self.tools = tools
        self.draw = Random(seed)
        self.for_s = for_s
        self.tricks = tricks
        self.tell = tell or (lambda _: None)
        self.seen = Seen(seed)
        self.names = Names(Random(f"{seed}/names"))
        self.times = Times(Random(f"{seed}/times"))
        self._broker = Mosquitto(tools.mosquitto)
        self.proxy = Proxy(self._broker.port, Trick(self.draw))
        length_s = _MARGIN_S + (10.0 * len(tricks) if for_s is None else for_s)
        story = sites.story(Random(f"{seed}/site"), length_s)
        self.plant = plant_of(sites.site(self.proxy.port), **story)
        self.remote = RemotePlant(self.plant)
        up = lambda: self.proxy.wire is not None  # noqa: E731
        self.watch = Watch(self.seen, self.remote, self._broker.port, up)
        self._log_at = 0

    @property
    def now_ms(self) -> float:
        """Time of the plant."""
        return self.remote.now_ms

    def link(self) -> Wire:
        """The connection that stands; RuntimeError without one."""
        wire = self.proxy.wire
        if wire is None:
            raise RuntimeError("the link is down, though this trick does not cut it")
        return wire

    # ------------------------------------------------------------------ running

    async def run(self) -> Seen:
        """From the start of the processes to their end."""
        await asyncio.to_thread(self._broker.start)
        try:
            # in memory where there is such a place: nobody's logs are to wait for a disk
            memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
            with tempfile.TemporaryDirectory(prefix="pilotlight-storm-", dir=memory) as folder:
                await self._run_in(Path(folder))
        finally:
            self._broker.stop()
        return self.seen

    async def _run_in(self, folder: Path) -> None:
        (folder / "site.json").write_text(json.dumps(sites.site(self.proxy.port)))
        async with surroundings(self.remote) as meter:
            zero_s = time.monotonic() - self.now_ms / 1000
            self.seen.ticks_at_0 = round(zero_s * 1000) % TICKS_PERIOD
            await self.names.start()
            await self.times.start()
            await self.proxy.stand(OPEN)
            try:
                async with self._processes(folder, meter.path) as app, self.watch.running(app.pid):
                    await self._play(folder / "app.log")
                    self.seen.end_ms = self.now_ms
                    if app.poll() is not None:
                        self.seen.troubles.append(f"the app ended, code {app.returncode}")
            finally:
                await self.proxy.close()
                self.names.close()
                self.times.close()
        self.seen.told_times = [(at_s - zero_s, what) for at_s, what in self.times.told]
        self.seen.malformed = self.proxy.malformed
        for name in ("app", "heap", "witness"):
            setattr(self.seen, f"{name}_log", (folder / f"{name}.log").read_text())

    @contextlib.asynccontextmanager
    async def _processes(self, folder: Path, meter: str) -> AsyncIterator[subprocess.Popen[str]]:
        with (folder / "heap.log").open("w") as heap:
            app = self.tools.start(
                HOST_TESTS / "mpy/storm_probe.py",
                str(folder / "app.log"),
                str(self.names.port),
                str(self.times.port),
                stdout=heap,
                PILOTLIGHT_REMOTE=f"127.0.0.1:{self.remote.port}",
                PILOTLIGHT_STORAGE=str(folder),
                PILOTLIGHT_UART_METER=meter,
            )
            witness = self.tools.start(HOST_TESTS / "mpy/witness.py", str(folder / "witness.log"))
            try:
                yield app
            finally:
                app.kill()
                witness.kill()
                self.seen.stderr = (await asyncio.to_thread(app.communicate))[1]
                witness.communicate()

    # ------------------------------------------------------------------ playing

    async def _play(self, log: Path) -> None:
        if not await within(_BACK_S, lambda: self.proxy.wire is not None):
            self.seen.troubles.append("the app never came up")
            return
        if self.for_s is None:
            deck = list(self.tricks)
            self.draw.shuffle(deck)
        else:
            deck = endless(self.draw)
        end_ms = self.now_ms + 1000 * (self.for_s or 1e9)
        for kind in deck:
            await self._play_one(kind(self.draw), log)
            if self.now_ms >= end_ms:
                break

    async def _play_one(self, trick: Trick, log: Path) -> None:
        is_short = self.for_s is None
        for_s = trick.short_s if is_short else self.draw.uniform(*trick.for_s)
        played = Played(trick.name, self.now_ms)
        self.seen.played.append(played)
        self.tell(f"{self.now_ms / 1000:6.0f} s  {trick.name}, {for_s:.1f} s")
        before, left = self.proxy.wire, self.proxy.left_by_app
        self._connects(log)
        self.proxy.trick = trick
        try:
            await trick.begin(self)
            await trick.go_on(self, for_s)
        except (OSError, RuntimeError) as error:
            played.troubles.append(str(error))
        played.end_ms = self.now_ms
        played.done = trick.count(self, self._connects(log))
        await self._end(trick)
        await self._come_back(played, trick.settle_s)
        if not played.done:
            played.troubles.append("it was not felt")
        if trick.link == STAYS and self.proxy.wire is not before:
            played.troubles.append("the link was lost, which should have stayed")
        if trick.link == LEAVES and self.proxy.left_by_app == left:
            played.troubles.append("the app did not leave the link")
        await asyncio.sleep(0.6 if is_short else self.draw.uniform(*Trick.for_s))
        for text in played.troubles:
            self.tell(f"  {text}")

    async def _end(self, trick: Trick) -> None:
        self.proxy.trick = Trick(self.draw)
        trick.over.set()
        if trick.link == CUT:
            await self.proxy.cut(lambda wire: not wire.is_up)
            if trick.stands != OPEN:
                await self.proxy.stand(OPEN)

    async def _come_back(self, played: Played, settle_s: float) -> None:
        """The link stands, and what is provoked then is heard with all before it."""
        begin_ms = self.now_ms
        if not await within(_BACK_S, lambda: self.proxy.wire is not None):
            played.troubles.append(f"no link after {_BACK_S:.0f} s")
        if not await self.watch.hears_event(settle_s):
            played.troubles.append(f"no event for {settle_s:.0f} s of a good spell")
        played.back_s = (self.now_ms - begin_ms) / 1000

    def _connects(self, log: Path) -> int:
        """Connections that the app has begun since the last call."""
        with log.open() as file:
            file.seek(self._log_at)
            lines = file.read()
            self._log_at = file.tell()
        return lines.count("connect ")
