"""On the board's prompt: Board and App built as main.py does, from /bench/site.json.

Leaves `board`, `app` and `control`. `run_app(ms)` lets it run so long and makes all safe. The
console stays with whoever measures.
"""

import asyncio
import gc
from time import sleep_ms, ticks_diff, ticks_ms, ticks_us

from board import Board
from machine import mem32
from pilotlight.app import App

gc.threshold(16384)  # as main.py
mem32[0x4005800C] = 0  # as after a loss of power: nothing rests
board = Board()
board.storage = "/bench"
board.console = None
app = App(board)
control = app.control


async def _run(ms, beside):
    tasks = [asyncio.create_task(coro) for coro in (app.run(),) + beside]
    await asyncio.sleep_ms(ms)
    control.is_stopped = True
    await tasks[0]
    for task in tasks[1:]:
        task.cancel()


def run_app(ms, *beside):
    """Run the App, and coroutines beside it, for so many ms; the watchdog is kept quiet after."""
    try:
        asyncio.run(_run(ms, beside))
    finally:
        board.safe()
        board.ended(0)
