"""The clock of everything around an emulated board is the board's own: who waits 10 s waits until
it has lived for 10 s, however long this machine takes for that. Processes of their own (Mosquitto)
live in real time.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any

from pilotlight_host.emulated import Bench

_STRETCH_MS = 10
_PACE = 2.0  # at most so many times real time: a broker that lives in it is not to seem slow


class BoardLoop(asyncio.SelectorEventLoop):
    """Timers are of the board's time. It looks at them after each stretch of `BoardTime`."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        super().__init__()

    def time(self) -> float:
        """Seconds since power was first applied."""
        return self._bench.now_ms / 1000


class BoardTime:
    """Lets it pass, in a thread of its own."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self._orders: deque[tuple[Callable[[], Any], asyncio.Future[Any]]] = deque()

    async def pass_for_ever(self) -> None:
        """EmulatorError if it cannot."""
        while True:
            while self._orders:
                order, done = self._orders.popleft()
                found = await asyncio.to_thread(order)
                if not done.cancelled():  # who asked may have ended meanwhile
                    done.set_result(found)
            await asyncio.to_thread(self._stretch)

    def _stretch(self) -> None:
        self.bench.run(self.bench.now_ms + _STRETCH_MS, _PACE)

    async def between(self, order: Callable[[], Any]) -> Any:
        """What `order` returns, carried out between two stretches: nobody else is at the board."""
        done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._orders.append((order, done))
        return await done
