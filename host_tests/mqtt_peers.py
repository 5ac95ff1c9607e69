"""For test_mqtt_peers.py: brokers and clients that others have written, and the board between them.

Brokers: Mosquitto and a NATS server. Clients: paho-mqtt in its own thread, aiomqtt in the event
loop. Both clients connect again by themselves and ask for everything with QoS 1.
"""

import asyncio
import contextlib
import json
import os
import subprocess
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiomqtt
import real_app
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion
from pilotlight_host.netstorm.processes import Tools, plant_of, surroundings
from pilotlight_host.paths import FIRMWARE
from pilotlight_host.sim.broker import HOST, Daemon, Mosquitto, free_port
from pilotlight_host.sim.remoteplant import RemotePlant
from waiting import soon

ROOT = "pilotlight/home"
ACCOUNT = ("ada", "open sesame")
CARS = [
    {"outlet": 1, "arrive": 0, "energy_kwh": 20, "max_a": 32},
    {"outlet": 2, "arrive": 0, "energy_kwh": 20, "max_a": 32},
]


class Nats(Daemon):
    """A NATS server: MQTT topics are its subjects, what is retained is in streams on disk. Nobody
    may subscribe to what is `denied`.
    """

    def __init__(self, program: Path, denied: str = "nothing") -> None:
        def words(folder: Path, port: int) -> list[str]:
            user, password = ACCOUNT
            (folder / "nats.conf").write_text(
                f'server_name: peers\nlisten: "{HOST}:{free_port()}"\n'
                f'jetstream {{ store_dir: "{folder}" }}\nmqtt {{ listen: "{HOST}:{port}" }}\n'
                f'authorization {{ users: [ {{ user: "{user}", password: "{password}", '
                f'permissions: {{ publish: ">", subscribe: {{ deny: "{denied}" }} }} }} ] }}\n'
            )
            return [str(program), "-c", str(folder / "nats.conf")]

        super().__init__(0, words)


@dataclass(frozen=True)
class Heard:
    """A message as the client gives it."""

    topic: str
    payload: bytes
    retain: bool
    qos: int


class Peer:
    """A client; `heard` has what came, `connections` how often it was let in."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.heard: list[Heard] = []
        self.connections = 0

    def latest(self, topic: str) -> Heard | None:
        """The last message on a topic of the site, if any came."""
        return next((h for h in reversed(self.heard) if h.topic == f"{ROOT}/{topic}"), None)

    def told(self, topic: str) -> list[Any]:
        """Every payload on a topic of the site, as JSON."""
        return [json.loads(h.payload) for h in self.heard if h.topic == f"{ROOT}/{topic}"]


class Paho(Peer):
    """paho-mqtt."""

    async def start(self) -> None:
        """Connect."""
        self._client = client = Client(CallbackAPIVersion.VERSION2)
        client.username_pw_set(*ACCOUNT)
        client.on_connect = self._connected
        client.on_message = self._came
        client.reconnect_delay_set(1, 1)
        client.connect(HOST, self.port)
        client.loop_start()
        await soon(lambda: self.connections)

    def _connected(self, client: Client, *_: Any) -> None:
        client.subscribe("#", 1)
        self.connections += 1

    def _came(self, _client: Client, _data: Any, message: Any) -> None:
        self.heard.append(Heard(message.topic, message.payload, message.retain, message.qos))

    async def say(self, topic: str, payload: str, retain: bool = False) -> None:
        """Publish with QoS 1, below the site; returns once it is confirmed."""
        told = self._client.publish(f"{ROOT}/{topic}", payload, 1, retain)
        await asyncio.to_thread(told.wait_for_publish, 10)

    async def close(self) -> None:
        """Say goodbye."""
        self._client.disconnect()
        self._client.loop_stop()


class Aio(Peer):
    """aiomqtt."""

    async def start(self) -> None:
        """Connect."""
        self._listening = asyncio.create_task(self._listen())
        await soon(lambda: self.connections)

    async def _listen(self) -> None:
        user, password = ACCOUNT
        while True:
            with contextlib.suppress(aiomqtt.MqttError):
                async with aiomqtt.Client(
                    HOST, self.port, username=user, password=password
                ) as client:
                    self._client = client
                    await client.subscribe("#", qos=1)
                    self.connections += 1
                    async for message in client.messages:
                        self._came(message)
            await asyncio.sleep(1)

    def _came(self, message: aiomqtt.Message) -> None:
        assert isinstance(message.payload, bytes)
        topic = message.topic.value
        self.heard.append(Heard(topic, message.payload, message.retain, message.qos))

    async def say(self, topic: str, payload: str, retain: bool = False) -> None:
        """Publish with QoS 1, below the site; returns once it is confirmed."""
        await self._client.publish(f"{ROOT}/{topic}", payload, qos=1, retain=retain)

    async def close(self) -> None:
        """Say goodbye."""
        self._listening.cancel()
        await asyncio.gather(self._listening, return_exceptions=True)


CLIENTS: dict[str, Callable[[int], Paho | Aio]] = {"paho": Paho, "aiomqtt": Aio}


def broker_of(name: str, mosquitto: Path, nats: Path) -> Daemon:
    """One of the two, not started, that lets nobody in but ACCOUNT."""
    return Mosquitto(mosquitto, account=ACCOUNT) if name == "mosquitto" else Nats(nats)


class Board:
    """The firmware as a process, with a console on a pty."""

    def __init__(self, process: subprocess.Popen[str], console: int) -> None:
        self.process = process
        self._console = console
        self._printed = b""

    async def status(self) -> list[str]:
        """The lines that `status()` says about MQTT."""
        self._printed = b""
        os.write(self._console, b"status()\r")
        await soon(self._has_all)
        return [line for line in self._printed.decode().splitlines() if line.startswith("mqtt: ")]

    def _has_all(self) -> bool:
        with contextlib.suppress(BlockingIOError):
            self._printed += os.read(self._console, 4096)
        return b"worst lateness" in self._printed


@contextlib.asynccontextmanager
async def board(tools: Tools, folder: Path, port: int, password: str) -> AsyncIterator[Board]:
    """The real firmware on the real MicroPython, with two cars at it, that knows that broker."""
    mqtt = {"host": HOST, "port": port, "user": ACCOUNT[0], "password": password}
    site = real_app.SITE | {"mqtt": mqtt}
    (folder / "site.json").write_text(json.dumps(site))
    here, there = os.openpty()
    os.set_blocking(here, False)
    remote = RemotePlant(plant_of(site, car=CARS))
    async with surroundings(remote) as meter:
        process = tools.start(
            FIRMWARE / "main.py",
            PILOTLIGHT_REMOTE=f"{HOST}:{remote.port}",
            PILOTLIGHT_STORAGE=str(folder),
            PILOTLIGHT_UART_METER=meter.path,
            PILOTLIGHT_CONSOLE=os.ttyname(there),
        )
        try:
            await soon(lambda: remote.changes)  # the control runs, and so does the console
            yield Board(process, here)
        finally:
            process.kill()
            await asyncio.to_thread(process.communicate)
            os.close(here)
            os.close(there)
