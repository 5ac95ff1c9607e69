"""How long the values of a sensor stand still, though it answers at once.

A meter may renew its values only every few seconds: for so long samples do not differ in a single
digit. `lag_ms`, the longest of its last three such stretches, is how much older than its sample a
value may be, for those who ask what a change has done. The shortest of them, `shortest_ms`, is a
time for which it has been seen to stand still again and again.

A steady load stands still as well. But a phase that moves in three samples in a row proves that
they are renewed with each, or nearly: what stands still within an hour after that is the load.
Currents in mA, times in ticks (ms).
"""

from micropython import const
from time import ticks_add

from pilotlight.core.deadline import unless_passed

_MOST_MS = const(12000)  # meters renew their values at least every 10 s
_QUICK_MS = const(1000)  # so much is within what cars and sensors may take anyway
_FAINT_MA = const(500)  # where nothing flows nothing has to move
_ROW = const(3)  # moves in a row; a renewal that a sample falls into may show in two
_PROVED_MS = const(3600000)


class Renewal:
    """Of a sensor that should bring a sample each `period_ms`."""

    def __init__(self, period_ms):
        self.lag_ms = self.shortest_ms = 0
        self._period_ms = period_ms
        self._most = max(1, _MOST_MS // max(period_ms, 1))
        self._still = 0  # samples in a row that were the same
        self._stood = [0, 0, 0]  # so many in the last three rows
        self._moves = [0, 0, 0]  # so many samples in a row have moved a phase
        self._is_split = False  # the latest renewal showed in two samples
        self._quick_ms = None  # each sample is new: proved until then

    def forget(self):
        """The sensor is lost: who knows what is there when it comes back."""
        self._quick_ms = None
        self._moves[0] = self._moves[1] = self._moves[2] = 0

    def take(self, taken_ms, current_ma, before_ma):
        """Compare a sample with the one before: three mA each, or None."""
        self._quick_ms = unless_passed(taken_ms, self._quick_ms)
        is_same = is_faint = True
        for p in range(3):
            value_ma, last_ma = current_ma[p], before_ma[p]
            if value_ma == last_ma or value_ma is None or last_ma is None:
                self._moves[p] = 0
            else:
                self._move(p, taken_ms)
            is_same = is_same and value_ma == last_ma
            is_faint = is_faint and (value_ma is None or value_ma <= _FAINT_MA)
        if not is_same:
            self._renew()
        elif not is_faint:
            self._still = min(self._still + 1, self._most)

    def is_known(self):
        """How long values stand still need not be watched: not at all, or for very long."""
        lag_ms = max(self._still * self._period_ms, self.lag_ms)
        return lag_ms < _QUICK_MS or self._still == self._most

    def _move(self, phase, taken_ms):
        moves = self._moves
        moves[phase] = min(moves[phase] + 1, _ROW)
        if moves[phase] == _ROW:
            self._quick_ms = ticks_add(taken_ms, _PROVED_MS)

    def _renew(self):
        stood = self._stood
        # a sample may fall into a renewal: the next one shows the rest of it
        self._is_split = self._still == 0 and stood[2] > 1 and not self._is_split
        if not self._is_split:
            stood[0], stood[1], stood[2] = stood[1], stood[2], self._still
            lag_ms = max(stood[0], stood[1], stood[2]) * self._period_ms
            is_lag = lag_ms >= _QUICK_MS and self._quick_ms is None
            self.lag_ms = lag_ms if is_lag else 0
            self.shortest_ms = min(stood[0], stood[1], stood[2]) * self._period_ms
        self._still = 0
