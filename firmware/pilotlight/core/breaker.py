"""How warm the supply's breaker or fuse is, and how long it would stand a current.

A first-order thermal image per phase, at the fast edge of the device's band: heat follows the
square of the current with a time constant, 1000 = trips. Integers only; steps of 100 ms on the
sample's own clock.

| type    | holds for ever | time constant | fast corner  | source                              |
|---------|----------------|---------------|--------------|-------------------------------------|
| B, C, D | 1.13 x rating  | 40 s          | 2.0 x rating | IEC 60898-1 table 7: 1.13 In for    |
|         |                |               |              | 1 h; 2.55 In not below 1 s          |
| gG      | 1.25 x rating  | 35 s          | 2.5 x rating | IEC 60269-1: Inf 1.25 In; 10 s gate |

From the fast corner on it may trip within seconds: no current there lasts.

After a boot the device is assumed as hot as its rating makes it.
"""

from micropython import const
from time import ticks_add, ticks_diff

TRIP = 1000  # heat at which it may trip

_STEP_MS = const(100)
# heat is kept in 1/64 of a permille, so that small steps are not lost to rounding
_FINE = const(64)

# type: (holds for ever, permille of rating; time constant, ms; fast corner, permille)
TYPES = {
    "B": (1130, 40000, 2000),
    "C": (1130, 40000, 2000),
    "D": (1130, 40000, 2000),
    "gG": (1250, 35000, 2500),
}


class Breaker:
    """Thermal image of one device with three poles. `rating_ma`: 6000...250000."""

    def __init__(self, kind, rating_ma):
        holds, tau_ms, corner = TYPES[kind]
        self.rating_ma = rating_ma
        self._holds_ma = rating_ma * holds // 1000  # at most 625 000 000: a small int
        self._corner_ma = rating_ma * corner // 1000
        self._tau_steps = tau_ms // _STEP_MS
        hot = self._settled(rating_ma) * _FINE
        self._heat = [hot, hot, hot]
        self._flow_ma = [rating_ma, rating_ma, rating_ma]
        self._at_ms = None

    def _settled(self, current_ma):
        """Heat that this current leads to in the end, permille of tripping (capped at 16 x)."""
        # permille of the holding current
        ratio = min(current_ma * 100 // (self._holds_ma // 10), 4000)
        return ratio * ratio // 1000

    def heat(self, phase):
        """Heat of one phase (0...2), 1000 = may trip."""
        return self._heat[phase] // _FINE

    def advance(self, now_ms):
        """Let the present currents flow until `now_ms` (whole steps of 100 ms)."""
        if self._at_ms is None:
            self._at_ms = now_ms
        steps = ticks_diff(now_ms, self._at_ms) // _STEP_MS
        if steps <= 0:
            return
        self._at_ms = ticks_add(self._at_ms, steps * _STEP_MS)
        for phase in range(3):
            self._warm(phase, steps)

    def flow(self, phase, current_ma):
        """From the instant of the last `advance` on, `current_ma` (None: unknown, taken as the
        rating) flows.
        """
        self._flow_ma[phase] = self.rating_ma if current_ma is None else current_ma

    def _warm(self, phase, steps):
        end = self._settled(self._flow_ma[phase]) * _FINE
        heat = self._heat[phase]
        tau = self._tau_steps
        while steps > 0:
            change = (end - heat) // tau
            if change == 0:
                break
            heat += change
            steps -= 1
        self._heat[phase] = heat

    def lasts(self, phase, span_ms):
        """True if the present current may go on for `span_ms` with a tenth of heat to spare."""
        current_ma = self._flow_ma[phase]
        if current_ma <= self.rating_ma:
            return True
        if current_ma >= self._corner_ma:
            return False
        end = self._settled(current_ma)
        heat = self._heat[phase] // _FINE
        if end <= heat:
            return heat < 900
        # the tangent at the present heat is steeper than the curve: on the safe side
        gain = (end - heat) * (span_ms // _STEP_MS) // self._tau_steps
        return heat + gain < 900
