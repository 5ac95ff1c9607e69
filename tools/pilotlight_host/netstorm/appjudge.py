"""What is judged of the app wherever it runs: outlets (outletjudge.py), events, sockets, and
whether each trick was felt by it. Times in ms.
"""

from typing import Any

from .events import delivered
from .outletjudge import OutletJudge

_GROWTH_BYTES = 2048
_SPELL_MS = 1500  # the end of a good spell, in which nothing is left open


class AppJudge(OutletJudge):
    """Of one storm. `at_rest`: sockets, in a good spell."""

    at_rest = 0

    def run(self) -> "AppJudge":
        """All of it."""
        for played in self.seen.played:
            for text in played.troubles:
                self.blame(played.begin_ms, text)
        for text in self.seen.malformed:
            self.troubles.append(f"what app or broker sent is no MQTT: {text}")
        self.lateness()
        self._openings()
        self._duties()
        self._overloads()
        self.board()
        self._events()
        self.heap()
        self._sockets()
        self.beside()
        self._tricks()
        self.figures["troubles"] = self.troubles
        return self

    def board(self) -> None:
        """What the board said and did beside its outputs."""
        raise NotImplementedError

    def heap(self) -> None:
        """Of the app."""
        raise NotImplementedError

    def beside(self) -> None:
        """What else there is."""

    def growth(self, used: list[int]) -> int:
        """In the last third as in the one before: what is kept on the way is there by then."""
        third = len(used) // 3
        middle, last = sorted(used[third : 2 * third]), sorted(used[-third:])
        growth = last[third // 2] - middle[third // 2]
        if growth > _GROWTH_BYTES:
            self.troubles.append(
                f"the heap in use grows: by {growth} bytes in a third of the storm"
            )
        return growth

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

    def _sockets(self) -> None:
        """No more in any good spell than there are things to talk to."""
        counts = []
        for played in self.seen.played:
            ends_ms = self.seen.spell_end(played)
            spell = [n for at, n in self.seen.sockets if ends_ms - _SPELL_MS <= at <= ends_ms]
            counts.append(min(spell, default=0))
            if counts[-1] > self.at_rest:
                self.blame(played.end_ms, f"{counts[-1]} sockets at rest")
        most = max((n for _, n in self.seen.sockets), default=0)
        self.figures["sockets"] = {"at_rest": sorted(set(counts)), "most": most}

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
