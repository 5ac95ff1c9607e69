"""What the machine did to the app, so that it is not taken for the app's own doing. Times in ms.

Beside the witness, which is another process on perhaps another processor: how long the app was
ready to run and did not (/proc/<pid>/schedstat), how long the machine below took the processors
away (`steal` in /proc/stat), and how late the process of the storm was.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from pathlib import Path

_AROUND_MS = 60
_WAITED_MS = 10
_JIFFY_MS = 10  # what `steal` counts in
_STOLEN_AROUND_MS = 30


@dataclass
class Noise:
    """By time, as far as it was looked at."""

    waits: list[tuple[float, float]] = field(default_factory=list)  # (at, waited so far)
    stolen: list[tuple[float, int]] = field(default_factory=list)  # (at, jiffies so far)
    stalls: list[tuple[float, float]] = field(default_factory=list)  # the storm was late by
    witness: list[float] = field(default_factory=list)  # the witness was

    def look(self, at_ms: float, pid: int) -> None:
        """At the app."""
        waited_ns = int(Path(f"/proc/{pid}/schedstat").read_text().split()[1])
        self.waits.append((at_ms, waited_ns / 1e6))

    def look_below(self, at_ms: float) -> None:
        """At the machine below."""
        with Path("/proc/stat").open() as file:
            self.stolen.append((at_ms, int(file.readline().split()[8])))

    def waited_ms(self, begin_ms: float, end_ms: float) -> float:
        """For how long the app could not run then, at most."""
        waited_ms = _grown(self.waits, begin_ms, end_ms)
        around = begin_ms - _STOLEN_AROUND_MS, end_ms + _STOLEN_AROUND_MS
        waited_ms += _grown(self.stolen, *around) * _JIFFY_MS
        return max(waited_ms, sum(ms for at, ms in self.stalls if begin_ms <= at <= end_ms + ms))

    def is_there(self, begin_ms: float, end_ms: float) -> bool:
        """What happened then cannot be judged."""
        begin_ms, end_ms = begin_ms - _AROUND_MS, end_ms + _AROUND_MS
        stalls = (at for at, _ in self.stalls)
        if any(begin_ms <= at <= end_ms for at in (*stalls, *self.witness)):
            return True
        return self.waited_ms(begin_ms, end_ms) >= _WAITED_MS


def _grown(counts: list[tuple[float, float]] | list[tuple[float, int]], begin, end) -> float:
    """By how much a count grew, from the look before to the look after."""
    if not counts:
        return 0
    first = max(0, bisect_left(counts, (begin,)) - 1)
    last = min(len(counts) - 1, bisect_right(counts, (end,)))
    return counts[last][1] - counts[first][1]
