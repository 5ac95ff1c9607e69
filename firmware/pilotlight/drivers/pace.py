"""The beat of periodic work. A period is a deadline, not a sleep."""

from asyncio import sleep_ms
from time import ticks_add, ticks_diff, ticks_ms


class Pace:
    """Multiples of `period_ms` (ms), counted from its making."""

    def __init__(self, period_ms):
        self.period_ms = period_ms
        self._next_ms = ticks_ms()

    async def next(self, sleeper):
        """Wait for the next beat; returns how late it came, ms. Missed beats are skipped, the
        phase is kept.

        `sleeper` (boards/README.md) is not asked: this pace never sleeps longer.
        """
        self._next_ms = ticks_add(self._next_ms, self.period_ms)
        await sleep_ms(max(0, ticks_diff(self._next_ms, ticks_ms())))
        late_ms = ticks_diff(ticks_ms(), self._next_ms)
        if late_ms >= self.period_ms:
            missed_ms = late_ms // self.period_ms * self.period_ms
            self._next_ms = ticks_add(self._next_ms, missed_ms)
        return late_ms
