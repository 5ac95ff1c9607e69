"""Runs firmware/main.py as it is, and logs how late each control step is: `app_probe.py LOG`.

Lines: `step TICKS LATE_MS`; `code BYTES`, the heap with everything imported and nothing built;
`heap USED FREE` every 1000 steps, after a collection. Only the board's beat is listened to.
"""

import gc
import sys
from time import ticks_ms

gc.threshold(16384)

import board
import main
from pilotlight.drivers.pace import Pace

_CONTROL_MS = 20
_HEAP_STEPS = 1000


class LoggedPace(Pace):
    """The ordinary pace; every beat is told."""

    def __init__(self, log):
        Pace.__init__(self, _CONTROL_MS)
        self._log = log
        self._steps = 0

    async def next(self, sleeper):
        late_ms = await Pace.next(self, sleeper)
        self._log.write("step %d %d\n" % (ticks_ms(), late_ms))
        self._steps += 1
        if self._steps % _HEAP_STEPS == 0:
            gc.collect()
            self._log.write("heap %d %d\n" % (gc.mem_alloc(), gc.mem_free()))
        return late_ms


class LoggedBoard(board.Board):
    """The board, with that pace for the control step."""

    def pace(self, period_ms):
        return LoggedPace(_log) if period_ms == _CONTROL_MS else Pace(period_ms)


# what building a site brings along and does not let go is code as well
for module in """app services.mqtt core.balance drivers.contactor drivers.pilot drivers.clamps
    drivers.meter services.control services.equipment services.limits services.metering""".split():
    __import__("pilotlight." + module)
_log = open(sys.argv[1], "w")
gc.collect()
_log.write("code %d\n" % gc.mem_alloc())
main.Board = LoggedBoard
main.main()
