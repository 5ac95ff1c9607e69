"""Reads the sensors, leaves their values in the drivers, tells the journal of what went wrong.

Times in ms. The control step takes the values from the drivers; nobody is called back.
"""

from micropython import const
from time import ticks_add, ticks_diff, ticks_ms

_CLAMP_LOOK_MS = const(50)  # windows are 100 ms: half of that keeps the delay small
# an optional block that the meter refused is asked for again after this
_REFUSED_MS = const(600000)


async def read_clamps(board, clamps):
    """Work on every clamp window as it comes."""
    pace = board.pace(_CLAMP_LOOK_MS)
    while True:
        await pace.next(None)
        clamps.poll()


class MeterReader:
    """Polls one meter: the balancing read in every round, the slow ones in between when they are
    due.
    """

    def __init__(self, board, name, meter, poll_ms, journal):
        self.name = name
        self.meter = meter
        self._board = board
        self.poll_ms = poll_ms
        self._journal = journal
        self._due_ms = [ticks_ms()] * len(meter.model.blocks)  # of the slow blocks
        self._was_ok = True

    async def run(self):
        """Poll for ever. A silent meter costs its own time only."""
        pace = self._board.pace(self.poll_ms)
        while True:
            await pace.next(None)
            is_ok = await self.meter.poll(0)
            self._tell(is_ok)
            if is_ok:
                await self._read_one_slow()
            else:  # a deadline that waits for days would turn into the future
                self._due_ms = [ticks_ms()] * len(self._due_ms)

    async def _read_one_slow(self):
        """At most one optional block a round: its failure or slowness costs no more than that."""
        blocks = self.meter.model.blocks
        for i in range(1, len(blocks)):
            if ticks_diff(ticks_ms(), self._due_ms[i]) >= 0:
                await self.meter.poll(i)
                again_ms = _REFUSED_MS if self.meter.is_refused[i] else blocks[i].every_ms
                self._due_ms[i] = ticks_add(ticks_ms(), again_ms)
                return

    def _tell(self, is_ok):
        """One event when it fails, one when it is back: a dead meter does not fill the journal."""
        if is_ok != self._was_ok:
            self._was_ok = is_ok
            text = "back" if is_ok else self.meter.last_error
            self._journal.note(ticks_ms(), "meter " + self.name + ": " + text)
