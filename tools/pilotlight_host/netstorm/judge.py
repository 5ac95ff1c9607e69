"""Was anything of the network felt? Of the outlets outletjudge.py tells; here is what the app did
beside: its events, heap, sockets, clock, and whether each trick was felt by it. Times in ms.
"""

import itertools
import re

from pilotlight_host.sim.remoteplant import RemotePlant

from .appjudge import AppJudge
from .parties import FAILS, JUMPS, SET

_BLOCK_BYTES = 16
_TWIN_S, _AGAIN_S, _TOLD_S = 7.5, 59.0, 900.0


class Judge(AppJudge):
    """Of one storm."""

    remote: RemotePlant
    at_rest = 3  # board, broker, and now and then a question about the time

    # ------------------------------------------------------------------ the app

    def board(self) -> None:
        """The other side of the pins has seen nothing but `out` lines, all in time."""
        for change in self.remote.changes:
            if change.cause != "out" and change.t_ms < self.seen.end_ms:
                if not self.noise.is_there(change.t_ms - 100, change.t_ms):
                    self.blame(change.t_ms, f"outputs went safe: {change.cause}")
        counts = (self.remote.connections, self.remote.watchdog_bites)
        if counts != (1, 0) or self.remote.malformed:
            self.troubles.append(f"(connections, watchdog bites) of the board: {counts}")
        if self.seen.stderr:
            self.troubles.append(f"the app said {self.seen.stderr!r}")

    def heap(self) -> None:
        """In the last third as in the one before: what is kept on the way is there by then."""
        rows = [line.split() for line in self.seen.app_log.splitlines()]
        used = [int(row[1]) for row in rows if row[0] == "heap" and len(row) == 3]
        code = next((int(row[1]) for row in rows if row[0] == "code"), 0)
        blocks = [
            int(n) * _BLOCK_BYTES for n in re.findall(r"max free sz: (\d+)", self.seen.heap_log)
        ]
        if len(used) < 3 or not blocks:
            self.troubles.append("the heap was hardly looked at")
            return
        growth = self.growth(used)
        self.figures["heap"] = {
            "looked": len(used),
            "code": code,
            "in_use": [min(used) - code, max(used) - code],
            "growth": growth,
            "largest_free_block": [min(blocks), max(blocks), blocks[-1]],
        }

    def beside(self) -> None:
        """A jump is asked again after 8 s, a failure after 60 s; what is told once is no time."""
        told = self.seen.told_times
        counts = {what: sum(w == what for _, w in told) for what in (JUMPS, *FAILS, SET)}
        for (at, what), (then, _) in itertools.pairwise(told):
            least_s = {JUMPS: _TWIN_S, SET: _TOLD_S}.get(what, _AGAIN_S)
            if then - at < least_s:
                self.blame(at * 1000, f"time server {what}: asked again after {then - at:.1f} s")
        set_ms = next((at * 1000 for at, what in told if what == SET), 1e18)
        for event in self.seen.events:
            if event.utc_s is not None and event.at_ms < set_ms:
                self.blame(event.at_ms, f"a time that was told once was believed: {event.utc_s}")
        if not counts[JUMPS]:
            self.troubles.append("the time server was not asked")
        self.figures["time_server"] = counts
