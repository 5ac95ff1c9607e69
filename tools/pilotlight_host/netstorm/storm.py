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
from collections.abc import AsyncIterator, Coroutine, Iterator, Sequence
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
from .play import Play
from .proxy import OPEN
from .seen import Seen
from .trick import Trick
from .tricks import TRICKS
from .watch import Watch, look_at_sockets


class Storm(Play):
    """`for_s`, `tricks`: Play."""

    def __init__(
        self,
        tools: Tools,
        seed: int,
        for_s: float | None,
        tricks: Sequence[type[Trick]] = TRICKS,
        tell: Any = None,
    ) -> None:
        super().__init__(Seen(seed), Mosquitto(tools.mosquitto), for_s, tricks, tell)
        self.tools = tools
        self.names = Names(Random(f"{seed}/names"))
        self.times = Times(Random(f"{seed}/times"))
        story = sites.story(Random(f"{seed}/site"), self.length_s)
        self.plant = plant_of(sites.site(self.proxy.port), **story)
        self.remote = RemotePlant(self.plant)
        up = lambda: self.proxy.wire is not None  # noqa: E731
        self.watch = Watch(self.seen, self.remote, self.broker.port, up)
        self._log = Path()
        self._log_at = 0

    @property
    def now_ms(self) -> float:
        """Time of the plant."""
        return self.remote.now_ms

    async def connects(self) -> int:
        """Connections that the app has begun since the last call."""
        with self._log.open() as file:
            file.seek(self._log_at)
            lines = file.read()
            self._log_at = file.tell()
        return lines.count("connect ")

    # ------------------------------------------------------------------ running

    async def run(self) -> Seen:
        """From the start of the processes to their end."""
        await asyncio.to_thread(self.broker.start)
        try:
            # in memory where there is such a place: nobody's logs are to wait for a disk
            memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
            with tempfile.TemporaryDirectory(prefix="pilotlight-storm-", dir=memory) as folder:
                await self._run_in(Path(folder))
        finally:
            self.broker.stop()
        return self.seen

    async def _run_in(self, folder: Path) -> None:
        self._log = folder / "app.log"
        (folder / "site.json").write_text(json.dumps(sites.site(self.proxy.port)))
        async with surroundings(self.remote) as meter:
            zero_s = time.monotonic() - self.now_ms / 1000
            self.seen.ticks_at_0 = round(zero_s * 1000) % TICKS_PERIOD
            await self.names.start()
            await self.times.start()
            await self.proxy.stand(OPEN)
            try:
                async with self._processes(folder, meter.path) as app:
                    async with self.watch.running(*self._looks(app.pid)):
                        await self.play()
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

    def _looks(self, pid: int) -> Iterator[Coroutine[Any, Any, None]]:
        """At the app, which is that process, and at the machine below."""
        now_ms = lambda: self.remote.now_ms  # noqa: E731
        yield self.seen.noise.watch(now_ms, pid)
        yield look_at_sockets(self.seen, now_ms, pid)

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
