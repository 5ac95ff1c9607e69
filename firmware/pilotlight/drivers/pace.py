"""The beat of periodic work. A period is a deadline, not a sleep."""

import gc
from asyncio import sleep_ms
from time import ticks_add, ticks_diff, ticks_ms

from micropython import const

_COLLECT_MS = const(240)  # between two collections
# None in between: functions borrow their frames from the heap, also in a control step, and whoever
# passes the threshold collects
_ROOM_BYTES = const(49152)
_COLLECTION_MS = const(12)  # one of them, at most: 9.7 measured with 100 KB in use, at 125 MHz


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


class TidyPace(Pace):
    """Also collects garbage, several times a second, as soon as a beat's work is done and if there
    is time until the next: for the control step, which a collection anywhere else might delay.
    """

    def __init__(self, period_ms):
        Pace.__init__(self, period_ms)
        self._collected_ms = ticks_ms()
        gc.threshold(_ROOM_BYTES)

    async def next(self, sleeper):
        """As in `Pace`."""
        now_ms = ticks_ms()
        left_ms = ticks_diff(ticks_add(self._next_ms, self.period_ms), now_ms)
        if left_ms > _COLLECTION_MS and ticks_diff(now_ms, self._collected_ms) >= _COLLECT_MS:
            gc.collect()
            self._collected_ms = now_ms
        return await Pace.next(self, sleeper)
