"""What a car needs until it leaves, for the policy "departure". Times in ticks (ms)."""

from micropython import const
from time import ticks_diff

_VOLTS = const(230)
_LONGEST_MS = const(4000)  # of one addition: mA * ms stays a small int
_LEAST_MA = const(6000)


class Need:
    """`need_wh` (1...200000) until `leaves_ms` (ticks, at most 5 days ahead)."""

    def __init__(self, now_ms, need_wh, leaves_ms):
        self.leaves_ms = leaves_ms
        self.need_as = need_wh * 3600 // _VOLTS  # sum of the phases
        self.slack_s = 0  # how long it could wait and still get it all at full current
        self._part = 0  # of 1 As, in mA ms
        self._last_ms = now_ms

    def follow(self, now_ms, draws_ma, full_ma):
        """It has drawn `draws_ma` (sum of the phases) since the last time, and could `full_ma`."""
        left_ms = max(0, ticks_diff(now_ms, self._last_ms))
        self._last_ms = now_ms
        while left_ms > 0 and draws_ma > 0:
            part_ms = min(left_ms, _LONGEST_MS)
            left_ms -= part_ms
            self._part += draws_ma * part_ms
            self.need_as -= self._part // 1000000
            self._part %= 1000000
        least_s = self.need_as * 10 // (max(full_ma, _LEAST_MA) // 100)
        self.slack_s = ticks_diff(self.leaves_ms, now_ms) // 1000 - least_s

    def is_over(self, now_ms):
        """It has what it needs, or should have left."""
        return self.need_as <= 0 or ticks_diff(now_ms, self.leaves_ms) >= 0

    def need_wh(self):
        """Wh that it still needs."""
        return max(0, self.need_as) * _VOLTS // 3600
