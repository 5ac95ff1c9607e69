"""`pilotlight` as a process that lives in an emulated board's time: sbc_site.py starts it.

Its clock stands while it computes. When all its tasks sleep it asks the other process, over the
socket whose number is the first argument, to run the board up to the first deadline: one line with
ms of the board each way. The other arguments are those of `pilotlight`.
"""

import asyncio
import socket
import sys
import time

from pilotlight_host import cli
from pilotlight_host.shims import clock as shim_clock
from pilotlight_host.shims.install import install
from pilotlight_host.sim.virtual import VirtualClock, _JumpSelector

_START_TICKS = (1 << 30) - 3000  # they wrap soon


class BoardClock(VirtualClock):
    """Moves only as far as the board has come."""

    def __init__(self, asking: socket.socket) -> None:
        super().__init__(_START_TICKS)
        self._lines = asking.makefile("rw")
        self.pause(0)

    def pause(self, ms: int) -> None:
        """Until so much later, whoever else wants to do something meanwhile."""
        self._lines.write(f"{self.t_ms + ms}\n")
        self._lines.flush()
        self.t_ms = int(self._lines.readline())

    def wake(self) -> None:
        if self._sleepers and self._sleepers[0][0] > self.t_ms:
            self.pause(self._sleepers[0][0] - self.t_ms)
        super().wake()


class Policy(asyncio.DefaultEventLoopPolicy):
    """Event loops that jump to the next sleeper."""

    def __init__(self, clock: BoardClock) -> None:
        super().__init__()
        self._clock = clock

    def new_event_loop(self) -> asyncio.AbstractEventLoop:
        return asyncio.SelectorEventLoop(_JumpSelector(self._clock.wake))


def main() -> int:
    install()
    clock = BoardClock(socket.socket(fileno=int(sys.argv[1])))
    shim_clock.set_source(clock)
    time.sleep = lambda s: clock.pause(round(1000 * s))  # time.sleep_ms comes by it
    asyncio.set_event_loop_policy(Policy(clock))
    return cli.main(sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
