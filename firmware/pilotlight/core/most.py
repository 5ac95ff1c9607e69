"""The highest house load ever measured: what is to be reckoned with while no sensor tells.

Per phase the highest mean of 10 s, in whole A, rounded up: so it is seldom news. It counts, with
a margin, when the house alone has been seen for 7 days: beside cars its load is inferred, and what
grows slowly may be taken for theirs. Currents in mA, times in ticks (ms).
"""

from micropython import const
from time import ticks_diff

_MEAN_MS = const(10000)
ENOUGH_S = const(604800)
_MARGIN = const(10)  # a tenth more,
_MARGIN_MA = const(1000)  # and so much


class Most:
    """`ma`: of each phase. `seen_s`: so long the house was seen alone. Both may be set, as they
    were before a start.
    """

    def __init__(self):
        self.ma = [0, 0, 0]
        self.seen_s = 0
        self._sum = [0, 0, 0]  # of the mean that is being made: 64 mA for a ms
        self._span_ms = 0
        self._is_alone = True
        self._last_ma = [0, 0, 0]
        self._last_ms = None

    def forget(self):
        """What flows from now on is not known for certain."""
        self._last_ms = None

    def take(self, now_ms, current_ma, is_alone):
        """Take the three currents of now. They have stood still since the last ones. `is_alone`:
        no car has drawn since then.
        """
        if self._last_ms is None:
            self._begin()
        else:
            stood_ms = ticks_diff(now_ms, self._last_ms)
            self._is_alone = self._is_alone and is_alone
            while stood_ms > 0:
                part_ms = min(stood_ms, _MEAN_MS - self._span_ms)
                stood_ms -= part_ms
                self._add(part_ms)
        self._last_ms = now_ms
        for p in range(3):
            self._last_ma[p] = current_ma[p]

    def _begin(self):
        self._sum[0] = self._sum[1] = self._sum[2] = self._span_ms = 0
        self._is_alone = True

    def _add(self, part_ms):
        self._span_ms += part_ms
        for p in range(3):
            self._sum[p] += (self._last_ma[p] >> 6) * part_ms
        if self._span_ms == _MEAN_MS:
            if self._is_alone:
                self.seen_s += _MEAN_MS // 1000
            for p in range(3):
                mean_ma = self._sum[p] // _MEAN_MS << 6
                self.ma[p] = max(self.ma[p], (mean_ma + 999) // 1000 * 1000)
            self._begin()

    def is_known(self):
        """It has been looked for long enough to count."""
        return self.seen_s >= ENOUGH_S

    def base_ma(self, phase, rating_ma):
        """What the house may take at most: never more than the rating, which counts before."""
        ma = self.ma[phase]
        return min(rating_ma, ma + ma // _MARGIN + _MARGIN_MA) if self.is_known() else rating_ma
