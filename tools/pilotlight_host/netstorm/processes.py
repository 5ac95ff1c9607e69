"""The whole app on a real MicroPython, and its surroundings. Everything is real but the physics:
processes, pty, TCP and time.
"""

import asyncio
import contextlib
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from pilotlight_host.paths import BOARDS, FIRMWARE
from pilotlight_host.sim import scenario as scenarios
from pilotlight_host.sim.meterslave import PtyMeter
from pilotlight_host.sim.plant import Plant
from pilotlight_host.sim.remoteplant import RemotePlant
from pilotlight_host.sim.simulate import MeterOf

HEAP = "heapsize=392k"  # 214 KB as on a board, and the code, which is in flash there


@dataclass
class Tools:
    """The outside programs. `firmware`: the folder with main.py and pilotlight/."""

    micropython: Path
    mosquitto: Path
    umqtt: Path
    firmware: Path = FIRMWARE

    def environment(self, **more: str) -> dict[str, str]:
        """What a firmware process gets as its environment."""
        folders = (self.firmware, BOARDS / "remote", self.umqtt)
        path = ":".join(str(folder) for folder in folders) + ":.frozen"
        return {"MICROPYPATH": path, **more}

    def start(
        self, script: Path, *words: str, stdout: IO[str] | None = None, **environment: str
    ) -> subprocess.Popen[str]:
        """A MicroPython of its own with a device-sized heap."""
        return subprocess.Popen(
            [self.micropython, "-X", HEAP, script, *words],
            env=self.environment(**environment),
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
        )


def plant_of(site: dict[str, Any], **story: Any) -> Plant:
    """A plant in front of that site."""
    return Plant(scenarios.parse({"duration": "60s", "site": site} | story, "real_app"))


async def until(remote: RemotePlant, t_ms: float) -> None:
    """Wait until that time of the plant."""
    await asyncio.sleep(max(0.0, (t_ms - remote.now_ms) / 1000))


@contextlib.asynccontextmanager
async def surroundings(remote: RemotePlant) -> AsyncIterator[PtyMeter]:
    """The other side of the board's pins and the meter on its pty, running."""
    await remote.start()
    source = MeterOf(remote.plant, 0)
    meter = PtyMeter(source, lambda: remote.now_ms, lambda ms: asyncio.sleep(ms / 1000))
    await meter.start()
    try:
        yield meter
    finally:
        await remote.close()
        await meter.close()
