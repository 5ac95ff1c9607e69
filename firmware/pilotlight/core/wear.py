"""How often a contactor has closed within the last hour, whatever for.

What lack of room stops has its own rests (core/balance.py), which are reached long before. This is
for a network that pauses and resumes, and for a car that changes its mind. Times in ticks (ms).
"""

from array import array

from micropython import const
from time import ticks_add, ticks_diff

MOST = const(12)
_HOUR_MS = const(3600000)


class Wear:
    """Of one contactor. `cycles`: of its closings those that have been counted."""

    def __init__(self):
        self.cycles = 0
        self._count = 0  # of the last hour, at most MOST
        self._oldest = 0
        self._at_ms = array("i", [0] * MOST)  # a ring

    def look(self, now_ms, cycles):
        """Count on to `cycles`, and leave out what was more than an hour ago."""
        while self._count and ticks_diff(now_ms, self._at_ms[self._oldest]) >= _HOUR_MS:
            self._oldest = (self._oldest + 1) % MOST
            self._count -= 1
        for _ in range(min(cycles - self.cycles, MOST)):
            self._at_ms[(self._oldest + self._count) % MOST] = now_ms
            if self.is_enough():
                self._oldest = (self._oldest + 1) % MOST
            else:
                self._count += 1
        self.cycles = cycles

    def is_enough(self):
        """It has closed MOST times within an hour."""
        return self._count == MOST

    def until_ms(self, now_ms):
        """When that is over (ticks)."""
        return ticks_add(now_ms, _HOUR_MS - ticks_diff(now_ms, self._at_ms[self._oldest]))

    def forget(self):
        """A person has looked at it."""
        self._count = 0
