"""Keeps the helpers running; they may fail, control may not.

Control is not supervised here: if it ends or raises, the program ends with its outputs safe
(app.py).
"""

from asyncio import sleep_ms
from time import ticks_ms

from micropython import const

_LOOK_MS = const(100)
_FIRST_MS = const(1000)
_MOST_MS = const(60000)


async def keep_running(name, make, journal):
    """Run `make()` (a function that returns a coroutine) for ever; after a failure wait 1, 2, 4
    ... 60 s.
    """
    wait_ms = _FIRST_MS
    while True:
        try:
            await make()
            text = "ended"
        except Exception as error:  # noqa: BLE001 - the boundary where a helper's failure is kept from control
            text = "failed, " + type(error).__name__ + ": " + str(error)
        journal.note(ticks_ms(), name + " " + text)
        await sleep_ms(wait_ms)
        wait_ms = min(2 * wait_ms, _MOST_MS)


async def look_often(board, *things):
    """Call `look()` of one of `things` every 100 ms, in turn, for ever."""
    pace = board.pace(_LOOK_MS)
    while True:
        for thing in things:
            await pace.next(None)
            thing.look()
