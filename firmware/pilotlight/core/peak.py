"""The highest current of the last minute, so that what starts finds room that lasts. Negated, the
least that an outlet's meter has shown for seconds (services/limits.py).

Currents in mA, times in ticks (ms).
"""

from micropython import const
from time import ticks_add, ticks_diff

_PARTS = const(4)


class Peak:
    """The highest value on each of three phases within the last 60 to 80 s, or three to four parts
    of `part_ms`.
    """

    def __init__(self, part_ms=20000):
        self._part_ms = part_ms
        self.ma = [0, 0, 0]
        self._parts = [0] * (3 * _PARTS)
        self._part = 0
        self._last_ma = [0, 0, 0]
        self._end_ms = None  # of the part that is being filled

    def forget(self):
        """Nothing is known of the last minutes."""
        for i in range(3 * _PARTS):
            self._parts[i] = 0
        for p in range(3):
            self.ma[p] = self._last_ma[p] = 0
        self._end_ms = None

    def take(self, now_ms, current_ma):
        """Take the three currents of now. They have stood still since the last ones."""
        if self._end_ms is None:
            self._end_ms = ticks_add(now_ms, self._part_ms)
        while ticks_diff(now_ms, self._end_ms) >= 0:
            self._end_ms = ticks_add(self._end_ms, self._part_ms)
            self._turn_over()
        first = self._part * 3
        for p in range(3):
            value_ma = current_ma[p]
            self._last_ma[p] = value_ma
            self._parts[first + p] = max(self._parts[first + p], value_ma)
            self.ma[p] = max(self.ma[p], value_ma)

    def _turn_over(self):
        """The oldest part is forgotten, a new one begins."""
        self._part = (self._part + 1) % _PARTS
        parts = self._parts
        for p in range(3):
            parts[self._part * 3 + p] = self._last_ma[p]
            self.ma[p] = max(parts[p], parts[3 + p], parts[6 + p], parts[9 + p])

    def is_settled(self):
        """It is what flows: it does not become lower by itself."""
        return self.ma == self._last_ma

    def due_ms(self):
        """Ticks at which the peak may become lower by itself, or None."""
        return self._end_ms
