"""Listens to meters that send telegrams by themselves. Times in ms.

Telegrams come when the meter likes; what was good stands in the driver.
"""

from micropython import const
from time import ticks_diff, ticks_ms

from asyncio import sleep_ms

_LOOK_MS = const(25)
_MOST_CHUNKS = const(16)  # in one look: 1 KiB, more than 50 ms of a line at 115200 baud
_MISSED = const(5)  # telegrams in a row that did not come: that is worth an event
_LEAST_MS = const(5000)


class TelegramReader:
    """One meter. `poll_ms`: how often it should send."""

    def __init__(self, board, name, meter, poll_ms, journal):
        self.name = name
        self.meter = meter
        self.poll_ms = poll_ms
        self._board = board
        self._journal = journal
        self._silent_ms = max(_MISSED * poll_ms, _LEAST_MS)
        self._heard_ms = ticks_ms()
        self._sequence = 0
        self._was_ok = True

    async def run(self):
        """Listen, for ever."""
        pace = self._board.pace(_LOOK_MS)
        while True:
            await pace.next(None)
            for _ in range(_MOST_CHUNKS):
                if not self.meter.poll():
                    break
                await sleep_ms(0)
            self._judge(ticks_ms())

    def _judge(self, now_ms):
        if self.meter.sequence != self._sequence:
            self._sequence = self.meter.sequence
            self._heard_ms = now_ms
            self._tell(now_ms, True)
        elif ticks_diff(now_ms, self._heard_ms) >= self._silent_ms:
            self._heard_ms = now_ms
            self.meter.give_up()
            self._tell(now_ms, False)

    def _tell(self, now_ms, is_ok):
        """One event when it falls silent, one when it is back."""
        if is_ok != self._was_ok:
            self._was_ok = is_ok
            text = "back" if is_ok else self.meter.last_error
            self._journal.note(now_ms, "meter " + self.name + ": " + text)
