"""What will happen, in order. Clock: ms since the start of the run.

Of two entries for the same ms the one that was made first runs first.
"""

import heapq
from collections.abc import Callable


class Agenda:
    """A heap of (time, call). `now_ms`: time of the running call, else of the last `advance`."""

    def __init__(self) -> None:
        self.now_ms = 0
        self._heap: list[list] = []
        self._count = 0

    def at(self, t_ms: int, call: Callable, *args) -> list:
        """Run call(*args) at t_ms; returns an entry for `cancel`."""
        self._count += 1
        entry = [t_ms, self._count, call, args]
        heapq.heappush(self._heap, entry)
        return entry

    def after(self, delay_ms: int, call: Callable, *args) -> list:
        """Run call(*args) after delay_ms, at least 1: no effect in the same ms as its cause."""
        return self.at(self.now_ms + max(1, delay_ms), call, *args)

    @staticmethod
    def cancel(entry: list | None) -> None:
        """Forget an entry; None or one that has run is ignored."""
        if entry is not None:
            entry[2] = None

    def advance(self, t_ms: int) -> None:
        """Run everything up to t_ms, inclusive."""
        heap = self._heap
        while heap and heap[0][0] <= t_ms:
            entry = heapq.heappop(heap)
            call = entry[2]
            if call is not None:
                self.now_ms = entry[0]
                entry[2] = None
                call(*entry[3])
        self.now_ms = t_ms

    def next_ms(self) -> int | None:
        """Time of the next call, or None."""
        heap = self._heap
        while heap and heap[0][2] is None:
            heapq.heappop(heap)
        return heap[0][0] if heap else None
