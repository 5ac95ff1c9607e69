"""What time it is, by whom, and how sure that is. Unknown is None.

Ticks (ms) go on by themselves; now and then somebody tells the time. A small error is slewed away,
a large one is a step that is told. Sureness is a bound, `within_ms`: it is what the source says,
and grows by 50 ppm (a crystal's 30, and its temperature) until the next time.
"""

from micropython import const
from time import ticks_add, ticks_diff

_DRIFT_S = const(20)  # 1 ms in so many seconds: 50 ppm
_SLEW_MS = const(5)  # of a second
_STEP_MS = const(60000)  # more would take hours to slew
_MOST_WITHIN_MS = const(86400000)


class Clock:
    """`source`: who told it last, None: nobody has. Seconds are counted since 1970, UTC."""

    def __init__(self):
        self.source = None
        self.steps = 0  # how often it had to be set anew
        self._utc_s = 0
        self._at_ms = 0  # ticks at which that second began
        self._within_ms = 0
        self._age_s = 0  # since then
        self._slew_ms = 0  # still to be added

    def advance(self, now_ms):
        """Once a second, at least once a day: ticks wrap."""
        if self.source is None:
            return
        past_s = ticks_diff(now_ms, self._at_ms) // 1000
        if past_s > 0:
            self._utc_s += past_s
            self._age_s += past_s
            most_ms = _SLEW_MS * past_s
            step_ms = max(-most_ms, min(most_ms, self._slew_ms))
            self._slew_ms -= step_ms
            gone_ms = past_s * 1000 - step_ms
            self._at_ms = ticks_add(self._at_ms, gone_ms)  # pyright: ignore

    def utc_s(self, now_ms):
        """Whole seconds since 1970, or None."""
        if self.source is None:
            return None
        return self._utc_s + ticks_diff(now_ms, self._at_ms) // 1000

    def within_ms(self):
        """The time is right by so many ms, or None."""
        if self.source is None:
            return None
        open_ms = abs(self._slew_ms) + self._age_s // _DRIFT_S
        return min(self._within_ms + open_ms, _MOST_WITHIN_MS)

    def offer(self, now_ms, utc_s, beyond_ms, within_ms, source):
        """`source` says that it is `utc_s` and `beyond_ms` (0...999) now, right by `within_ms`.

        Who is less sure than this clock is not heard, unless it was the last to tell. Returns by
        how many s the clock was stepped; 0: it was not.
        """
        if self.source is None:
            self._set(now_ms, utc_s, beyond_ms)
            self._trust(within_ms, source)
            return 0
        if within_ms > self.within_ms() and source != self.source:
            return 0
        self.advance(now_ms)
        whole_s = utc_s - self._utc_s
        if abs(whole_s) > _STEP_MS // 1000:
            self._set(now_ms, utc_s, beyond_ms)
            self._trust(within_ms, source)
            self.steps += 1
            return whole_s
        self._slew_ms = whole_s * 1000 + beyond_ms - ticks_diff(now_ms, self._at_ms)
        self._trust(within_ms, source)
        return 0

    def _set(self, now_ms, utc_s, beyond_ms):
        self._utc_s = utc_s
        self._at_ms = ticks_add(now_ms, -beyond_ms)
        self._slew_ms = 0

    def _trust(self, within_ms, source):
        self._within_ms = within_ms
        self._age_s = 0
        self.source = source
