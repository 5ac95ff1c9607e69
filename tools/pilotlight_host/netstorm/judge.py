"""Was anything of the network felt? Of the outlets outletjudge.py tells; here is what the app did
beside: its events, heap, sockets, clock, and whether each trick was felt by it. Times in ms.
"""

import itertools
import re
from typing import Any

from .events import delivered
from .outletjudge import OutletJudge
from .parties import FAILS, JUMPS, SET

_AT_REST = 3  # sockets: board, broker, and now and then a question about the time
_GROWTH_BYTES = 2048
_BLOCK_BYTES = 16
_TWIN_S, _AGAIN_S, _TOLD_S = 7.5, 59.0, 900.0


class Judge(OutletJudge):
    """Of one storm."""

    def run(self) -> "Judge":
        """All of it."""
        for played in self.seen.played:
            for text in played.troubles:
                self.blame(played.begin_ms, text)
        self._lateness()
        self._openings()
        self._duties()
        self._overloads()
        self._board()
        self._events()
        self._heap()
        self._sockets()
        self._times()
        self._tricks()
        self.figures["troubles"] = self.troubles
        return self

    # ------------------------------------------------------------------ the app

    def _events(self) -> None:
        found = delivered(self.seen.events)
        for seq in found.lost:
            at_ms = next(event.noted_ms for event in self.seen.events if event.seq > seq)
            self.blame(at_ms, f"event {seq} was lost")
        for seq in found.changed:
            self.troubles.append(f"event {seq} came twice with different texts")
        self.figures["events"] = {
            "heard": found.heard,
            "lost": len(found.lost),
            "overwritten": len(found.ringed),
            "twice": found.doubled,
            "most_per_gap": self._most_away(),
        }

    def _most_away(self) -> int:
        """Most events that waited while nobody was there: the ring holds 64."""
        waiting = [event for event in self.seen.events if event.age_s >= 2]
        return max(
            (sum(abs(o.at_ms - e.at_ms) < 1000 for o in waiting) for e in waiting), default=0
        )

    def _heap(self) -> None:
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
        third = len(used) // 3
        middle, last = sorted(used[third : 2 * third]), sorted(used[-third:])
        growth = last[third // 2] - middle[third // 2]
        if growth > _GROWTH_BYTES:
            self.troubles.append(
                f"the heap in use grows: by {growth} bytes in a third of the storm"
            )
        self.figures["heap"] = {
            "looked": len(used),
            "code": code,
            "in_use": [min(used) - code, max(used) - code],
            "growth": growth,
            "largest_free_block": [min(blocks), max(blocks), blocks[-1]],
        }

    def _sockets(self) -> None:
        """No more in any good spell than there are things to talk to."""
        counts = []
        for played in self.seen.played:
            ends_ms = self.seen.spell_end(played)
            spell = [n for at, n in self.seen.sockets if ends_ms - 1500 <= at <= ends_ms]
            counts.append(min(spell, default=0))
            if counts[-1] > _AT_REST:
                self.blame(played.end_ms, f"{counts[-1]} sockets at rest")
        most = max((n for _, n in self.seen.sockets), default=0)
        self.figures["sockets"] = {"at_rest": sorted(set(counts)), "most": most}

    def _times(self) -> None:
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

    # ------------------------------------------------------------------ tricks

    def _tricks(self) -> None:
        table: dict[str, dict[str, Any]] = {}
        by_trick = self.figures["lateness"]["by_trick"]
        for played in self.seen.played:
            row = table.setdefault(
                played.name, {"times": 0, "seconds": 0.0, "done": 0, "back_s": 0.0}
            )
            row["times"] += 1
            row["seconds"] = round(row["seconds"] + (played.end_ms - played.begin_ms) / 1000, 1)
            row["done"] += played.done
            row["back_s"] = max(row["back_s"], round(played.back_s, 1))
            row["worst_ms"] = by_trick.get(played.name)
        self.figures["tricks"] = table
