"""For the tests of the whole app on a real MicroPython: its surroundings, and the story it lives
through.

Everything is real but the physics: processes, pty, TCP, Mosquitto, and time. Plant times are ms
since the start, currents A, duties 1/100 %.
"""

import asyncio
import json
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pilotlight_host.netstorm.lateness import TICKS_PERIOD, Step, against_witness, ahead
from pilotlight_host.netstorm.noise import Noise
from pilotlight_host.netstorm.processes import Tools, plant_of, surroundings, until
from pilotlight_host.paths import FIRMWARE, HOST_TESTS
from pilotlight_host.sim.broker import Mosquitto, listen
from pilotlight_host.sim.remoteplant import RemotePlant
from waiting import soon

STEP_AT_MS = 26000
BROKER_DIES_MS = 29000
BROKER_BACK_MS = 31000
LOOK_MS = 35000
UNPLUG_MS = 36500
LEAVE_MS = 38000
END_MS = 45500
RETAINED = ("status", "site", "outlet/1", "outlet/2")

CLAMPS = [{"channel": channel, "gain": 4834} for channel in (1, 2, 3)]
OUTLET = {"feeder": "main", "max_a": 32}
SITE = {
    "site": {"id": "home"},
    "feeders": [{"id": "main", "rating_a": 35, "breaker": "B", "meter": "grid", "clamps": CLAMPS}],
    "outlets": [
        OUTLET | {"name": "left", "phases": ["L1", "L2", "L3"]},
        OUTLET | {"name": "right", "phases": ["L2", "L3", "L1"]},
    ],
    "meters": [{"id": "grid", "port": "meter", "model": "sdm630"}],
}
STORY = {
    "duration": "60s",
    "seed": 3,
    "load": [{"kind": "constant", "amps": [5.0, 4.0, 3.0]}],
    "car": [
        {"outlet": 1, "arrive": 1, "energy_kwh": 20, "max_a": 32, "ramp_a_per_s": 8},
        {
            "outlet": 2,
            "arrive": 1.4,
            "energy_kwh": 20,
            "phases": 1,
            "max_a": 32,
            "ramp_a_per_s": 8,
        },
    ],
    "event": [
        {"at": STEP_AT_MS / 1000, "kind": "step", "phases": ["L2"], "amps": 17},
        {"at": UNPLUG_MS / 1000, "kind": "unplug", "outlet": 1},
        {"at": LEAVE_MS / 1000, "kind": "leave-c", "outlet": 2, "for": 0.2},
    ],
}


@dataclass
class Story:
    """What was seen."""

    remote: RemotePlant
    letters: list[tuple[int, int, str]] = field(default_factory=list)  # t_ms, outlet, letter
    overload_ms: int | None = None
    duties_before: list[int] = field(default_factory=list)  # at the step of the load
    heard: list[tuple[float, str, bytes]] = field(default_factory=list)  # at t_ms, topic, payload
    retained: dict[str, bytes] = field(default_factory=dict)  # what a newcomer is told at LOOK_MS
    truth: dict[str, Any] = field(default_factory=dict)  # of the plant at LOOK_MS
    kill_ms: float = 0
    was_closed_at_kill: list[bool] = field(default_factory=list)
    closed_after_kill: list[bool] = field(default_factory=list)
    noise: Noise = field(default_factory=Noise)
    ticks_at_0: int = 0  # of the app, at 0 ms of the plant
    app_log: str = ""
    witness_log: str = ""
    stderr: str = ""

    def steps(self) -> list[Step | None]:
        """Every control step with the app's own part of its lateness; None: the machine's."""
        steps = against_witness(self.app_log, self.witness_log)
        return [self.noise.without_waiting(s, ahead(s.ticks, self.ticks_at_0)) for s in steps]


async def live_through(tools: Tools, folder: Path) -> Story:
    """The whole story, about 38 s."""
    broker = Mosquitto(tools.mosquitto)
    broker.start()
    site = SITE | {"mqtt": {"host": "127.0.0.1", "port": broker.port}}
    (folder / "site.json").write_text(json.dumps(site))
    processes: list[subprocess.Popen[str]] = []
    try:
        remote = RemotePlant(plant_of(site, **STORY))
        async with surroundings(remote) as meter:
            zero_s = time.monotonic() - remote.now_ms / 1000
            story = Story(remote, ticks_at_0=round(zero_s * 1000) % TICKS_PERIOD)
            app = tools.start(
                HOST_TESTS / "mpy/app_probe.py",
                str(folder / "app.log"),
                PILOTLIGHT_REMOTE=f"127.0.0.1:{remote.port}",
                PILOTLIGHT_STORAGE=str(folder),
                PILOTLIGHT_UART_METER=meter.path,
            )
            witness = tools.start(HOST_TESTS / "mpy/witness.py", str(folder / "witness.log"))
            processes += [app, witness]
            works = (
                _watch(story),
                story.noise.watch(lambda: remote.now_ms, app.pid),
                _hear(story, broker.port),
            )
            tasks = [asyncio.create_task(work) for work in works]
            await _happen(story, broker, app)
            # beside the plant, which is to see the end of the connection before its hold ends
            story.stderr = (await asyncio.to_thread(app.communicate, timeout=5))[1]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
    finally:
        for process in processes:
            process.kill()
            process.wait()
        broker.stop()
    story.app_log = (folder / "app.log").read_text()
    story.witness_log = (folder / "witness.log").read_text()
    return story


async def _happen(story: Story, broker: Mosquitto, app: subprocess.Popen[str]) -> None:
    remote = story.remote
    plant = remote.plant
    await until(remote, STEP_AT_MS - 50)
    story.duties_before = [plant.duty(outlet) for outlet in range(2)]
    await until(remote, BROKER_DIES_MS)
    broker.kill()
    await until(remote, BROKER_BACK_MS)
    await asyncio.to_thread(broker.start)
    await until(remote, LOOK_MS)
    story.truth = {
        "closed": [plant.contacts_closed(outlet) for outlet in range(2)],
        "duty": [plant.duty(outlet) for outlet in range(2)],
        "letter": [plant.car_state(outlet) for outlet in range(2)],
        "feeder_ma": plant.feeder_ma(0),
    }
    story.retained = await _ask_retained(broker.port)
    await until(remote, END_MS)
    story.was_closed_at_kill = [plant.contacts_closed(outlet) for outlet in range(2)]
    story.kill_ms = remote.now_ms
    app.kill()
    await asyncio.sleep(0.2)
    story.closed_after_kill = [plant.contacts_closed(outlet) for outlet in range(2)]
    await soon(lambda: story.heard[-1][1:] == ("pilotlight/home/status", b"offline"))


async def _watch(story: Story) -> None:
    plant, last = story.remote.plant, ["A", "A"]
    while True:
        for outlet in range(2):
            letter = plant.car_state(outlet)
            if letter != last[outlet]:
                last[outlet] = letter
                story.letters.append((plant.t_ms, outlet, letter))
        if story.overload_ms is None:
            story.overload_ms = plant.overload_since_ms(0)
        await asyncio.sleep(0.004)


async def _hear(story: Story, port: int) -> None:
    def heard(message: Any) -> None:
        story.heard.append((story.remote.now_ms, message.topic, message.payload))

    await listen(port, ["pilotlight/home/#"], heard)


async def _ask_retained(port: int) -> dict[str, bytes]:
    """What the broker tells somebody who comes now."""
    found: dict[str, bytes] = {}

    def heard(message: Any) -> None:
        if message.retain:
            found[message.topic] = message.payload

    listening = asyncio.create_task(listen(port, ["pilotlight/home/#"], heard))
    await soon(lambda: {f"pilotlight/home/{topic}" for topic in RETAINED} <= found.keys())
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    return found


def run_to_end(tools: Tools, **environment: str) -> tuple[int, str, float]:
    """firmware/main.py until it ends by itself: (exit code, what it said on stderr, seconds)."""
    begin = time.monotonic()
    process = tools.start(FIRMWARE / "main.py", **environment)
    try:
        said = process.communicate(timeout=15)[1]
    finally:
        process.kill()
    return process.returncode, said, time.monotonic() - begin


def closed_port_address() -> str:
    """An address where nobody listens."""
    from pilotlight_host.sim.broker import HOST, free_port

    return f"{HOST}:{free_port()}"
