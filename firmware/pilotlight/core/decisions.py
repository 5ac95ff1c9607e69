"""The last changes of what outlets are offered: when, from what, to what, why. A ring.

`note` allocates nothing: reasons are texts that others hold anyway. Currents in mA, times in ticks
(ms).
"""

from array import array

from micropython import const

_SIZE = const(100)


class Decisions:
    """Holds the last 100; `count` is how many there have ever been. `units`: anything with a
    `place` and the `claims` of that outlet.
    """

    def __init__(self, units):
        self.count = 0
        self._units = units
        self._last_ma = array("i", [0] * len(units))
        self._at_ms = array("i", [0] * _SIZE)
        self._outlet = bytearray(_SIZE)
        self._from_ma = array("i", self._at_ms)
        self._to_ma = array("i", self._at_ms)
        self._why = [""] * _SIZE

    def note(self, now_ms):
        """Keep what has changed. After each decision, and when claims have been decided."""
        n = 0
        for unit in self._units:
            offered_ma = unit.place.offered_ma
            if offered_ma != self._last_ma[n]:
                i = self.count % _SIZE
                self._at_ms[i] = now_ms
                self._outlet[i] = n + 1
                self._from_ma[i] = self._last_ma[n]
                self._to_ma[i] = self._last_ma[n] = offered_ma
                self._why[i] = unit.claims.reason
                self.count += 1
            n += 1

    def last(self, most, outlet=None):
        """The newest `most`, of one outlet (1...) or of all, oldest first: [ticks, outlet, from,
        to, why] of each.
        """
        found = []
        number = self.count
        while number > max(0, self.count - _SIZE) and len(found) < most:
            number -= 1
            i = number % _SIZE
            if outlet in (None, self._outlet[i]):
                row = (self._at_ms, self._outlet, self._from_ma, self._to_ma, self._why)
                found.append([values[i] for values in row])
        found.reverse()
        return found
