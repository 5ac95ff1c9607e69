"""A bare 20 ms loop in a process of its own: `witness.py LOG` writes `step TICKS LATE_MS` lines.

Ticks are those of the machine's monotonic clock, the same in every process.
"""

import asyncio
import sys
from time import ticks_ms

from pilotlight.drivers.pace import Pace


async def run():
    """Beat for ever."""
    log = open(sys.argv[1], "w")
    pace = Pace(20)
    while True:
        late_ms = await pace.next(None)
        log.write("step %d %d\n" % (ticks_ms(), late_ms))


asyncio.run(run())
