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

    def shown(self, now_ms):
        """As published, or None."""
        if self.source is None:
            return None
        utc_s = self.utc_s(now_ms)
        told = {"utc_s": utc_s, "utc": iso(utc_s)}
        told.update({"within_ms": self.within_ms(), "source": self.source})
        return told

    def _set(self, now_ms, utc_s, beyond_ms):
        self._utc_s = utc_s
        self._at_ms = ticks_add(now_ms, -beyond_ms)
        self._slew_ms = 0

    def _trust(self, within_ms, source):
        self._within_ms = within_ms
        self._age_s = 0
        self.source = source


def iso(utc_s):
    """Seconds since 1970 as ISO 8601, like 2026-11-27T12:00:00Z, for years up to 2399."""
    days, rest_s = utc_s // 86400, utc_s % 86400
    # days since 1 March 2000 in years that begin in March: the leap day is the last one
    days -= 11017
    year, day = _divided(days, 146097, 400, 36524, 100)
    four, day = min(day // 1461, 24), day - min(day // 1461, 24) * 1461
    one = min(day // 365, 3)
    day -= one * 365
    year += four * 4 + one
    month = (5 * day + 2) // 153
    day -= (153 * month + 2) // 5
    year += 2000 + (month >= 10)
    month = month + 3 if month < 10 else month - 9
    date = "%04d-%02d-%02dT" % (year, month, day + 1)
    return date + "%02d:%02d:%02dZ" % (rest_s // 3600, rest_s // 60 % 60, rest_s % 60)


def _divided(days, era_days, era_years, part_days, part_years):
    """(years, days left) of whole eras and parts of these."""
    eras, days = days // era_days, days % era_days
    parts = min(days // part_days, 3)
    return eras * era_years + parts * part_years, days - parts * part_days
