"""Runs one coroutine of the firmware on virtual time by hand: whoever sleeps moves the clock.

Nothing beside it, no event loop: a sleep costs a microsecond of this machine.
"""

from __future__ import annotations

import random
from collections.abc import Coroutine, Generator, Iterator
from contextlib import contextmanager
from typing import Any

from pilotlight_host.shims import clock

_START_MS = clock.TICKS_PERIOD - 60_000  # no run without the wrap of ticks


class _Sleep:
    def __init__(self, ms: int) -> None:
        self._ms = ms

    def __await__(self) -> Generator[int, None, None]:
        yield self._ms


class SteppedClock:
    """The firmware's clock while `installed`. A sleep ends up to `late_us` late, as any task of a
    cooperative program does.
    """

    def __init__(self, seed: int = 0, late_us: int = 1000) -> None:
        self.us = _START_MS * 1000
        self._late_us = late_us
        self._rng = random.Random(seed)

    def now_us(self) -> int:
        """Microseconds that only grow."""
        return self.us

    def now_ms(self) -> int:
        """The same in ms, for the firmware."""
        return self.us // 1000

    def sleep_ms(self, ms: int) -> _Sleep:
        """To be awaited at once."""
        return _Sleep(ms)

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run it to its end; returns what it returned."""
        try:
            while True:
                ms = work.send(None)
                self.us += 1000 * ms + int(self._late_us * self._rng.random())
        except StopIteration as done:
            return done.value

    @contextmanager
    def installed(self) -> Iterator[SteppedClock]:
        """The firmware sees this clock within."""
        former = clock.set_source(self)  # type: ignore[arg-type]
        try:
            yield self
        finally:
            clock.set_source(former)
