"""The world's thread: embedded broker, a listener of its own, and the Modbus meters on ptys.

Its event loop is not the firmware's: what happens here can neither delay nor end the firmware.
"""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from pilotlight_host.sim.broker import EmbeddedBroker, free_port, listen
from pilotlight_host.sim.meterslave import PtyMeter
from pilotlight_host.sim.mqttpacket import Message

_START_S = 20.0  # amqtt and pymodbus are up within 0.5 s; more is a machine in trouble
_LOOK_S = 0.05


class MeterFeed:
    """What one meter shows. The firmware's thread fills it in after each step."""

    def __init__(self, image: Any) -> None:
        self.image = image
        self.meter_fault: str | None = None

    def meter_image(self) -> Any:
        """The newest image."""
        return self.image


class Outside:
    """Broker and meters. From any thread: set `wants_broker` and the feeds, read `messages`.

    `meters`, by serial port, are filled in before `start()`. `on_message` is called in the world's
    thread.
    """

    def __init__(self) -> None:
        self.on_message: Callable[[Message], None] = lambda message: None
        self.wants_broker = True
        self.has_broker = False
        self.messages = 0
        self.broker = EmbeddedBroker(free_port())
        self.meters: dict[str, PtyMeter] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="world", daemon=True)
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Returns when everything listens. OSError or RuntimeError if something cannot."""
        self._thread.start()
        self._call(self._start)

    def close(self) -> None:
        """Take everything away and end the thread."""
        if self._thread.is_alive():
            self._call(self._close)
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(_START_S)

    def _call(self, function: Callable[[], Any]) -> None:
        done: Future[None] = asyncio.run_coroutine_threadsafe(function(), self._loop)
        done.result(_START_S)

    async def _start(self) -> None:
        await self.broker.start()
        self.has_broker = True
        for meter in self.meters.values():
            await meter.start()
        # the filter leaves out the broker's own $SYS topics
        hears = listen(self.broker.port, ["#"], self._heard)
        self._tasks = [asyncio.create_task(task) for task in (hears, self._follow())]

    async def _close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.broker.stop()
        for meter in self.meters.values():
            await meter.close()

    def _heard(self, message: Message) -> None:
        if not message.topic.startswith("$"):
            self.messages += 1
            self.on_message(message)

    async def _follow(self) -> None:
        """Kill and start the broker as the scenario wants it."""
        while True:
            if self.wants_broker != self.has_broker:
                self.has_broker = self.wants_broker
                await (self.broker.start() if self.wants_broker else self.broker.kill())
            await asyncio.sleep(_LOOK_S)
