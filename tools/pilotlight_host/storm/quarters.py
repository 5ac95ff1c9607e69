"""What a mean of a quarter of an hour leaves, counted from what has flowed in truth.

Powers in W, energy in Ws, times in ms.
"""

from collections import deque

_SECOND_MS = 1000
_WINDOW_S = 900
_LATE_S = 240  # less than 3 minutes of one that began a minute earlier are past helping
_MINUTE_S = 60  # energy is counted by minutes: a window may begin so much earlier


class Quarters:
    """Every window of 15 minutes that is open, one for each second: what is left of its energy
    may be used up evenly in the rest of it (docs/limits.md). `limit_w`: the mean.
    """

    def __init__(self, limit_w: int):
        self.allowed_w = self._limit_w = limit_w
        self._seconds_ws: deque[int] = deque(maxlen=_WINDOW_S - _LATE_S)
        self._ms = 0
        self._used = 0  # W ms of this second

    def take(self, for_ms: int, flows_w: int) -> None:
        """At least so much has been drawn for so long."""
        self._ms += for_ms
        self._used += max(0, flows_w) * for_ms
        if self._ms >= _SECOND_MS:
            self._seconds_ws.append(self._used // 1000)
            self._used = 0
            self._ms -= _SECOND_MS
            self.allowed_w = self._least_w()

    def _least_w(self) -> int:
        """Of the windows that began some seconds ago the one that leaves least counts."""
        least_w = self._limit_w
        whole_ws = self._limit_w * _WINDOW_S
        rest_s = _WINDOW_S - _MINUTE_S
        for second_ws in reversed(self._seconds_ws):
            whole_ws -= second_ws
            rest_s -= 1
            least_w = min(least_w, whole_ws // rest_s)
        return max(0, least_w)
