"""The clock behind the shimmed `time.ticks_ms` and `asyncio.sleep_ms`; its unit is ms.

A source is any object with `now_ms() -> int` and `async sleep_ms(ms: int)`. Firmware binds
`ticks_ms` at import, so the functions stay the same objects and ask the current source each call.
"""

import asyncio
import time
from typing import Protocol

TICKS_PERIOD = 1 << 30  # ms; MicroPython's ticks on a 32-bit port
_START_MS = TICKS_PERIOD - 3000  # the default clock wraps 3 s after the start: no run without one


class Source(Protocol):
    """What gives the time: any growing count of ms (it is wrapped here), and a sleep on it."""

    def now_ms(self) -> int: ...

    async def sleep_ms(self, ms: int) -> None: ...


class RealTime:
    """The PC's monotonic clock, started shortly before the tick wrap."""

    def __init__(self) -> None:
        self._zero_ns = time.monotonic_ns()

    def now_ms(self) -> int:
        return _START_MS + (time.monotonic_ns() - self._zero_ns) // 1_000_000

    async def sleep_ms(self, ms: int) -> None:
        await asyncio.sleep(ms / 1000)


_source: Source = RealTime()


def set_source(source: Source) -> Source:
    """Make `source` the firmware's clock; returns the former one, to be put back afterwards."""
    global _source
    former, _source = _source, source
    return former


def get_source() -> Source:
    """The clock the firmware sees now."""
    return _source


def ticks_ms() -> int:
    """Now, 0 ... 2^30-1 ms, wrapping."""
    return _source.now_ms() & (TICKS_PERIOD - 1)


def ticks_us() -> int:
    """Now in us of the PC's own clock, 0 ... 2^30-1, wrapping; for measuring run times only."""
    return (time.monotonic_ns() // 1000) & (TICKS_PERIOD - 1)


def ticks_add(ticks: int, delta: int) -> int:
    """`ticks` moved by `delta`; OverflowError beyond half a period, as on MicroPython 1.25."""
    if not -(TICKS_PERIOD >> 1) < delta < TICKS_PERIOD >> 1:
        raise OverflowError("ticks interval overflow")
    return (ticks + delta) & (TICKS_PERIOD - 1)


def ticks_diff(end: int, start: int) -> int:
    """`end` - `start` on the ring, -2^29 ... 2^29-1."""
    half = TICKS_PERIOD >> 1
    return ((end - start + half) & (TICKS_PERIOD - 1)) - half


class SleepMs:
    """`asyncio.sleep_ms(ms)`. No coroutine, as on MicroPython: await it at once, never wrap it."""

    __slots__ = ("_ms",)

    def __init__(self, ms: int) -> None:
        self._ms = ms if ms > 0 else 0

    def __await__(self):
        return _source.sleep_ms(self._ms).__await__()


async def wait_for_ms(awaitable, timeout_ms: int):
    """`asyncio.wait_for` with ms of the current source; raises asyncio.TimeoutError."""
    if isinstance(awaitable, SleepMs):
        raise TypeError("coroutine expected")  # what MicroPython says
    work = asyncio.ensure_future(awaitable)
    timer = asyncio.ensure_future(_source.sleep_ms(timeout_ms))
    try:
        await asyncio.wait({work, timer}, return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            return work.result()
        raise asyncio.TimeoutError
    finally:
        timer.cancel()
        if not work.done():
            work.cancel()
            await asyncio.wait({work})
