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

# what building a site brings along and does not let go is code as well
for module in """app services.mqtt core.balance drivers.contactor drivers.pilot drivers.clamps
    drivers.meter services.control services.equipment services.limits services.metering
    services.ledger services.sessions services.outbox""".split():
    __import__("pilotlight." + module)
log = open(sys.argv[1], "w")


class LoggedPace(Pace):
    """The ordinary pace; every beat is told, and the heap now and then."""

    heap_steps = 1000

    def __init__(self):
        Pace.__init__(self, _CONTROL_MS)
        self._steps = 0

    async def next(self, sleeper):
        late_ms = await Pace.next(self, sleeper)
        log.write("step %d %d\n" % (ticks_ms(), late_ms))
        self._steps += 1
        if self._steps % self.heap_steps == 0:
            self.tell_heap()
        return late_ms

    def tell_heap(self):
        gc.collect()
        log.write("heap %d %d\n" % (gc.mem_alloc(), gc.mem_free()))


class LoggedBoard(board.Board):
    """The board, with that pace for the control step."""

    control_pace = LoggedPace

    def pace(self, period_ms, is_step=False):
        return self.control_pace() if is_step else Pace(period_ms)


def run(board_class):
    """The site, on that board."""
    gc.collect()
    log.write("code %d\n" % gc.mem_alloc())
    main.Board = board_class
    main.main()


if __name__ == "__main__":
    run(LoggedBoard)
