"""What the firmware finds on CPython: a clock that can be exchanged, sleeps that follow it."""

import asyncio
import time
from collections.abc import Iterator
from time import ticks_ms  # bound once, as firmware does

import pytest
from pilotlight_host.shims import clock


class StandingClock:
    """A clock that only a sleep moves on."""

    def __init__(self, ms: int) -> None:
        self.ms = ms

    def now_ms(self) -> int:
        return self.ms

    async def sleep_ms(self, ms: int) -> None:
        self.ms += ms
        await asyncio.sleep(0)


@pytest.fixture
def standing() -> Iterator[StandingClock]:
    source = StandingClock((1 << 30) - 10)
    former = clock.set_source(source)
    yield source
    clock.set_source(former)


def test_sleep_moves_the_clock_across_the_wrap(standing: StandingClock) -> None:
    asyncio.run(_sleep(25))
    assert ticks_ms() == 15
    assert standing.ms == (1 << 30) + 15


def test_a_negative_sleep_takes_no_time(standing: StandingClock) -> None:
    before = standing.ms
    asyncio.run(_sleep(-5))
    assert standing.ms == before


def test_sleep_ms_is_no_coroutine() -> None:
    async def wrap() -> None:
        await asyncio.create_task(asyncio.sleep_ms(1))

    with pytest.raises(TypeError, match="coroutine"):
        asyncio.run(wrap())


def test_wait_for_ms_cancels_what_is_late(standing: StandingClock) -> None:
    ended = []

    async def never() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    with pytest.raises(asyncio.TimeoutError):
        asyncio.run(asyncio.wait_for_ms(never(), 40))
    assert ended == [True]


def test_wait_for_ms_gives_the_result(standing: StandingClock) -> None:
    async def quick() -> int:
        return 7

    assert asyncio.run(asyncio.wait_for_ms(quick(), 1000)) == 7


def test_umqtt_imports(umqtt) -> None:
    from umqtt.simple import MQTTClient

    assert callable(MQTTClient)


@pytest.mark.realtime
def test_the_default_clock_is_real_time() -> None:
    before, started = ticks_ms(), time.monotonic()
    asyncio.run(_sleep(50))
    really_ms = (time.monotonic() - started) * 1000
    assert 49 <= time.ticks_diff(ticks_ms(), before) <= really_ms + 1


async def _sleep(ms: int) -> None:
    await asyncio.sleep_ms(ms)
