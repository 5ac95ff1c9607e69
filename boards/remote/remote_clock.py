"""The clock of the computer that the site's program runs on. Seconds since 1970."""

import os
import time

_SYNCHRONIZED = "/run/systemd/timesync/synchronized"  # systemd-timesyncd makes it: a server agrees
_SURE_MS = 1000
_UNSURE_MS = 600_000  # by a battery, or as it was when the computer was switched off
_RELEASED_S = 1_790_000_000  # in 2026; what shows less has no clock


class WallClock:
    """The `wall_clock` of boards/README.md. `now_s`: the clock; `synchronized`: a file."""

    def __init__(self, now_s=time.time, synchronized=_SYNCHRONIZED):
        self._now_s = now_s
        self._synchronized = synchronized

    def utc(self):
        """(Seconds, right by so many ms), or None: it shows a time before there was this."""
        now_s = int(self._now_s())
        if now_s < _RELEASED_S:
            return None
        try:
            os.stat(self._synchronized)
        except OSError:
            return now_s, _UNSURE_MS
        return now_s, _SURE_MS
