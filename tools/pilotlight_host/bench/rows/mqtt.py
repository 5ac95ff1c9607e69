"""MQTT clients for MicroPython side by side: how much they publish, and who waits meanwhile."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

from pilotlight_host.debian import ensure_micropython
from pilotlight_host.paths import FIRMWARE
from pilotlight_host.umqtt_fetch import MQTT_ASYNC, SIMPLE2, UMQTT, Release, ensure_release

from ..figure import Figure, Options, Row
from ..network import broker
from ..unix import DEVICE, HEAP

CLIENTS = {"pilotlight": UMQTT, "simple": UMQTT, "simple2": SIMPLE2, "mqtt_async": MQTT_ASYNC}
NOBODY = "none"  # the loop alone: what the machine itself does to it
HOLD_S = 2
_HEALTHY_S = 3
_TIMEOUT_S = 60

Told = dict[str, list[int]]  # by phase: published, worst lateness in ms, connections broken


def measure(_: Options) -> list[Figure]:
    """Every client with QoS 0 and 1, one after the other, and the loop alone."""
    figures = [_late(NOBODY, published(NOBODY, UMQTT, 0))]
    for client, release in CLIENTS.items():
        for qos in (0, 1):
            name = f"{client}.qos{qos}"
            told = published(client, release, qos)
            rate = told["healthy"][0] / _HEALTHY_S
            figures.append(
                Figure(f"mqtt.{name}", rate, "messages/s", compared=False, more_is_better=True)
            )
            figures.append(_late(name, told))
    return figures


def published(client: str, release: Release, qos: int) -> Told:
    """Run it against a Mosquitto of its own that stands still for 2 s in the second phase."""
    path = f"{FIRMWARE}:{ensure_release(release)}:.frozen"
    with broker() as mosquitto:
        process = subprocess.Popen(
            _command(client, qos, mosquitto.port),
            env=os.environ | {"MICROPYPATH": path},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            first = process.stdout.readline() if process.stdout else ""
            mosquitto.hold()
            time.sleep(HOLD_S)
            mosquitto.go_on()
            rest, trouble = process.communicate(timeout=_TIMEOUT_S)
        finally:
            process.kill()
    if trouble or process.returncode:
        raise RuntimeError(f"{client}: {trouble.strip().splitlines()[-1:]}")
    rows = [line.split() for line in (first + rest).splitlines()]
    return {row[0]: [int(word) for word in row[1:]] for row in rows}


def _command(client: str, qos: int, port: int) -> list[str | Path]:
    script = DEVICE / "mqtt_rate.py"
    return [ensure_micropython(), "-X", HEAP, script, client, str(qos), str(port)]


def _late(name: str, told: Told) -> Figure:
    """The worst while the broker stood still; the note has the rest."""
    note = f"{told['healthy'][1]} ms with a healthy broker"
    if name != NOBODY:
        note += f"; {told['stalled'][2]} connections broken by a stall of {HOLD_S} s"
    return Figure(f"mqtt.{name}.late", told["stalled"][1], "ms", compared=False, note=note)


ROW = Row(
    "mqtt",
    "MQTT clients beside a loop of 20 ms: messages/s, and its worst lateness, broker held for 2 s",
    "32-bit MicroPython on this PC, Mosquitto on this PC, 400 bytes each, send buffer 11 KB",
    "all that a client can publish, beside asyncio.sleep_ms: device/mqtt_rate.py",
    measure,
)
