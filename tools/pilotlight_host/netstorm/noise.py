"""What the machine did to the app, so that it is not taken for the app's own doing. Times in ms.

Beside the witness, which is another process on perhaps another processor: how long the app was
ready to run and did not (/proc/<pid>/schedstat), how long the machine below took the processors
away (`steal` in /proc/stat), and how late the process of the storm was.
"""

import asyncio
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from .lateness import LATE_MS, Step

_LOOK_S = 0.004
_BELOW_LOOKS = 5
_STALL_MS = 10
_SLIGHTLY_MS = 5  # no need to look further
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

    async def watch(self, now_ms: Callable[[], float], pid: int) -> None:
        """Beside the app, which is the process `pid`, for ever."""
        looks = 0
        while True:
            due_ms = now_ms() + 1000 * _LOOK_S
            await asyncio.sleep(_LOOK_S)
            at_ms = now_ms()
            if at_ms - due_ms > _STALL_MS:
                self.stalls.append((at_ms, at_ms - due_ms))
            self.look(at_ms, pid)
            looks += 1
            if looks % _BELOW_LOOKS == 0:
                self.look_below(at_ms)

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

    def without_waiting(self, step: Step, at_ms: float) -> Step | None:
        """The app's own part of a step at that time. None: the witness was too late, or the app
        was kept from running for too long.
        """
        if step.is_witness_late or step.beyond_ms <= _SLIGHTLY_MS:
            return None if step.is_witness_late else step
        waited_ms = round(self.waited_ms(at_ms - step.late_ms, at_ms))
        if waited_ms > LATE_MS and waited_ms >= step.late_ms - LATE_MS:
            return None
        beyond_ms = min(step.beyond_ms, step.late_ms - waited_ms)
        return Step(step.ticks, step.late_ms, beyond_ms, False)

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
