"""The event-driven clock of the simulator: what is awake when a pause ends. Times in ms."""

import asyncio
import random

import pytest
from pilotlight_host.sim import virtual

STEP_MS = 20


class Settled:
    """Whoever sleeps and waits for nothing."""

    def is_settled(self) -> bool:
        return True

    def due_ms(self, _now_ms: int) -> None:
        return None


@pytest.mark.parametrize("period_ms", [10, 25, 33, 50, 100, 1000])
def test_after_a_pause_sensors_are_read_before_the_control_step(period_ms):
    """Whenever it ends: what was read before it would be too old."""
    draw = random.Random(period_ms)
    changes = sorted({draw.randrange(600_000) for _ in range(20)})
    clock = virtual.VirtualClock(0, is_event_driven=True)
    clock.is_quiet = lambda: True
    clock.next_change_ms = lambda: next((at for at in changes if at > clock.t_ms), 600_000)
    ages_ms: list[int] = []
    read_ms = pauses = 0

    async def sensor() -> None:
        nonlocal read_ms
        pace = virtual.VirtualPace(clock, period_ms)
        while True:
            await pace.next(None)
            read_ms = clock.t_ms

    async def step() -> None:
        nonlocal pauses
        pace = virtual.VirtualPace(clock, STEP_MS, is_step=True)
        last_ms = 0
        while clock.t_ms < 600_000:
            await pace.next(Settled())
            ages_ms.append(clock.t_ms - read_ms)
            pauses += clock.t_ms - last_ms > 2 * STEP_MS
            last_ms = clock.t_ms

    async def both() -> None:
        helper = asyncio.ensure_future(sensor())
        await step()
        helper.cancel()

    virtual.run(clock, both())
    assert pauses >= 10
    assert max(ages_ms) <= period_ms
