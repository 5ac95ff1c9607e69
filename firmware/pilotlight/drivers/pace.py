"""The beat of periodic work. A period is a deadline, not a sleep."""

import gc
from asyncio import sleep_ms
from time import ticks_add, ticks_diff, ticks_ms

from micropython import const

_COLLECT_MS = const(240)  # between two collections, or longer if no step leaves time for one
# None in between: functions borrow their frames from the heap, also in a control step, and whoever
# passes the threshold collects
_ROOM_BYTES = const(65536)
_COLLECTION_MS = const(14)  # of one of them, at 125 MHz: 9.7 with 100 KB in use, 15.5 with 115
_PIECE_MS = const(5)  # most work that a helper does at once is shorter
_MOST_WAYS = const(3)  # given to the control step by one beat


class Pace:
    """Multiples of `period_ms` (ms), counted from its making. `step`: pace of the control step, to
    which it gives way when little time is left until that, once, and when that is late; or None.
    """

    def __init__(self, period_ms, step=None):
        self.period_ms = period_ms
        self._step = step
        self._next_ms = ticks_ms()

    async def next(self, sleeper):
        """Wait for the next beat; returns how late it came, ms. Missed beats are skipped, the
        phase is kept.

        `sleeper` (boards/README.md) is not asked: this pace never sleeps longer.
        """
        self._next_ms = ticks_add(self._next_ms, self.period_ms)
        await sleep_ms(max(0, ticks_diff(self._next_ms, ticks_ms())))
        ways, step = 0, self._step
        while step is not None and ways < _MOST_WAYS:
            left_ms = step.left_ms()
            if left_ms >= _PIECE_MS or (ways and left_ms > 0):
                break
            await sleep_ms(max(0, left_ms) + 1)
            ways += 1
        late_ms = ticks_diff(ticks_ms(), self._next_ms)
        if late_ms >= self.period_ms:
            missed_ms = late_ms // self.period_ms * self.period_ms
            self._next_ms = ticks_add(self._next_ms, missed_ms)
        return late_ms

    def left_ms(self):
        """Until its next beat."""
        return ticks_diff(self._next_ms, ticks_ms())


class TidyPace(Pace):
    """Also collects garbage, several times a second, as soon as a beat's work is done, after one
    that leaves time for it if there is such a one: for the control step, which a collection
    anywhere else might delay.
    """

    def __init__(self, period_ms):
        Pace.__init__(self, period_ms)
        self._collected_ms = ticks_ms()
        gc.threshold(_ROOM_BYTES)

    async def next(self, sleeper):
        """As in `Pace`."""
        now_ms = ticks_ms()
        over_ms = ticks_diff(now_ms, self._collected_ms) - _COLLECT_MS
        left_ms = self.left_ms() + self.period_ms
        # with each step that leaves too little, less is enough
        if over_ms >= 0 and left_ms > _COLLECTION_MS - over_ms // self.period_ms:
            gc.collect()
            self._collected_ms = now_ms
        return await Pace.next(self, sleeper)
