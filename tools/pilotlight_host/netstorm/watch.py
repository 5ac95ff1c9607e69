"""Watches a storm from outside: what the broker's listener hears, the plant's overloads, the app's
sockets, and how late this process is itself. And provokes an event each second.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any, Protocol

from pilotlight_host.sim import mqttpacket as mqtt
from pilotlight_host.sim.broker import HOST, listen
from pilotlight_host.sim.plant import Plant

from . import site as sites
from .events import Event
from .seen import Seen

_LOOK_S = 0.5
_TOPIC = f"pilotlight/{sites.ID}"


class Stage(Protocol):
    """What is watched: the plant, and its time in ms."""

    plant: Plant

    @property
    def now_ms(self) -> float: ...


class Watch:
    """Writes into `seen`. `port`: of the broker itself; `is_up()`: the app is connected to it."""

    def __init__(self, seen: Seen, stage: Stage, port: int, is_up: Callable[[], bool]) -> None:
        self._seen = seen
        self._stage = stage
        self._port = port
        self._is_up = is_up
        self._publisher: asyncio.StreamWriter | None = None
        self._provoked = 0
        self._is_asking = False

    @contextlib.asynccontextmanager
    async def running(self, *more: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
        """Beside the app; `more` goes on as long."""
        _, self._publisher = await asyncio.open_connection(HOST, self._port)
        self._publisher.write(mqtt.encode_connect("storm", 0))
        hears = listen(self._port, [_TOPIC + "/#"], self._hear)
        works = (hears, self._look_at_plant(), self._provoke_for_ever(), *more)
        tasks = [asyncio.create_task(work) for work in works]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            for found in await asyncio.gather(*tasks, return_exceptions=True):
                if isinstance(found, Exception):
                    self._seen.troubles.append(f"the storm itself has failed: {found!r}")
            self._publisher.close()

    def _hear(self, message: mqtt.Message) -> None:
        what = message.topic.rpartition("/")[2]
        if what not in ("event", "answer", "site"):
            return
        told = json.loads(message.payload)
        if what == "event":
            self._seen.events.append(Event(self._stage.now_ms, **told))
        elif what == "answer" and told["ok"]:
            self._seen.answers.add(told["id"])
        elif what == "site":
            self._seen.refused = told["commands"]["refused"]

    async def _look_at_plant(self) -> None:
        last = None
        while True:
            began = self._stage.plant.overload_since_ms(0)
            if began is not None and began != last:
                self._seen.overloads.append(began)
            last = began
            await asyncio.sleep(0.004)

    async def _provoke_for_ever(self) -> None:
        while True:
            await asyncio.sleep(1)
            if self._is_up() and not self._is_asking:
                self.provoke()

    def provoke(self) -> str:
        """A wrong command is an event: the word that stands in it."""
        self._provoked += 1
        word = f"storm-{self._provoked}."
        if self._publisher is not None:
            message = mqtt.Message(f"{_TOPIC}/outlet/1/set/limit", word.encode())
            self._publisher.write(mqtt.encode_publish(message, 0, False))
        return word

    async def hears_event(self, for_s: float) -> bool:
        """What is provoked now is heard, and so all before it has been sent."""
        self._is_asking, end_s = True, now_s() + for_s
        try:
            while now_s() < end_s:
                word = self.provoke()
                if await within(1, self._has_heard, word):
                    return True
        finally:
            self._is_asking = False
        return False

    def _has_heard(self, word: str) -> bool:
        return any(word in event.text for event in self._seen.events[-20:])

    async def hears_answer(self, number: str) -> bool:
        """The command of that id has been answered within 5 s."""
        return await within(5, self._seen.answers.__contains__, number)


async def look_at_sockets(seen: Seen, now_ms: Callable[[], float], pid: int) -> None:
    """Of the app, which is the process `pid`."""
    while True:
        seen.sockets.append((now_ms(), _sockets(Path(f"/proc/{pid}/fd"))))
        await asyncio.sleep(_LOOK_S)


def _sockets(folder: Path) -> int:
    count = 0
    for each in folder.iterdir():
        with contextlib.suppress(OSError):  # closed in the meantime
            count += str(each.readlink()).startswith("socket:")
    return count


def now_s() -> float:
    """Time of the event loop."""
    return asyncio.get_running_loop().time()


async def within(for_s: float, is_so: Callable[..., bool], *words: str) -> bool:
    """Wait for it, but not longer."""
    end_s = now_s() + for_s
    while not is_so(*words):
        if now_s() > end_s:
            return False
        await asyncio.sleep(0.01)
    return True
