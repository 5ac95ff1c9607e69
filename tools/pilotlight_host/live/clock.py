"""Real time, up to ten times as fast, as the firmware's clock. Unit: ms of the firmware."""

import asyncio
import time


class LiveClock:
    """A source of ticks for the shims. It stands at the start until `start()`.

    `latched` is the World's clock: it gives the time that the firmware read last. So the plant
    acts at the very ms that the control step took for its decisions, as the pins of a board do
    within less than a ms.
    """

    def __init__(self, start_ticks_ms: int, speed: float) -> None:
        self.start_ticks_ms = start_ticks_ms
        self.speed = speed
        self.latched = _Latched(self)
        self.last_ms = start_ticks_ms
        self._zero_s: float | None = None

    def start(self) -> None:
        """From here on time flows."""
        self._zero_s = time.monotonic()

    def flowed_ms(self) -> float:
        """Since the start. May be asked from any thread."""
        return (
            0.0 if self._zero_s is None else (time.monotonic() - self._zero_s) * 1000 * self.speed
        )

    def now_ms(self) -> int:
        """Ticks, not wrapped. For the firmware's thread only."""
        self.last_ms = self.start_ticks_ms + int(self.flowed_ms())
        return self.last_ms

    async def sleep_ms(self, ms: float) -> None:
        """Sleep so many ms of this clock."""
        await asyncio.sleep(ms / 1000 / self.speed)


class _Latched:
    def __init__(self, clock: LiveClock) -> None:
        self._clock = clock

    def now_ms(self) -> int:
        return self._clock.last_ms
