"""A car on a control pilot and a contactor, for the tests of core.outlet. Times in ms, levels in
mV.

The pilot is a divider: 1 kohm in the outlet, 0.7 V in the car's diode. The contactor follows its
coil one step later. The outlet is stepped every 20 ms on ticks that start 3 s before their wrap.
"""

from time import ticks_add

from pilotlight.core import duty, faults, outlet, pilot

START = (1 << 30) - 3000
RING = 1 << 30
WEEK_MS = 7 * 86400 * 1000

# ohm behind the diode: 2740 plugged in, with 1300 ready, with 270 ready and asking for ventilation
LOADS = {"A": None, "B": 2740, "C": 882, "D": 246}


def high_mv(ohm, is_shorted=False):
    """Level of the high part with a load of `ohm` (None: open)."""
    if ohm is None:
        return 12000
    drop = 0 if is_shorted else 700
    return drop + (12000 - drop) * ohm // (ohm + 1000)


class Bench:
    """One outlet; set `car` ("A"..."D"), `limit_ma` and the faults, then `run(ms)`."""

    def __init__(self):
        self.car = "A"
        self.level_mv = None  # a level that no car makes; None: the car's
        self.low_mv = None  # of the low part; None: -12 V
        self.is_shorted = False  # the car's diode
        self.is_sampled = True
        self.is_welded = False
        self.is_stuck_open = False
        self.has_mirror = True
        self.is_unknown = False  # the mirror contact reads neither
        self.is_tripped = False
        self.trouble = faults.NO_FAULT  # what other equipment reports
        self.must_open = False
        self.may_close = True
        self.is_opened = False  # by the board's guard, told once
        self.limit_ma = 0
        self.t = 0
        self.now_ms = START
        self.unit = outlet.Outlet()
        self.level = pilot.Level()
        self.events = []  # (t, what, value) on every change of duty, coil, state and fault
        self._pwm_steps = 0
        self._last_duty = duty.X1  # on the wire during the step before
        self._is_closed = False
        self._taken_ms = START

    @property
    def state(self):
        return outlet.STATES[self.unit.state]

    def run(self, ms):
        """Let time pass; returns self."""
        for _ in range(ms // 20):
            self._step()
        return self

    def jump(self, ms):
        """A pause longer than ticks can compare, with readings that are fresh after it."""
        self.now_ms = (self.now_ms + ms) % RING
        self._taken_ms = self.now_ms

    def plugged(self, limit_ma=16000):
        """In B2 for 10 s."""
        self.car, self.limit_ma = "B", limit_ma
        return self.run(10000)

    def charging(self, limit_ma=16000):
        """In C2, closed, for 10 s."""
        self.plugged(limit_ma).car = "C"
        return self.run(10000)

    def last(self, what, value=None):
        """Time of the last event `what` (with this value); None if there was none."""
        times = [e[0] for e in self.events if e[1] == what and value in (None, e[2])]
        return times[-1] if times else None

    def count(self, what, value):
        """How often `what` became `value`."""
        return len([e for e in self.events if e[1] == what and e[2] == value])

    def _levels(self):
        high = (
            high_mv(LOADS[self.car], self.is_shorted) if self.level_mv is None else self.level_mv
        )
        if duty.F in (self.unit.duty, self._last_duty):  # a reading sees half of what changed
            high = -12000 if self.unit.duty == self._last_duty else (high - 12000) // 2
            return high, high
        if self._pwm_steps < 2:  # x1, or the oscillator came on within this reading
            return high, high
        if self.is_shorted:
            return high, -high
        return high, -12000 if self.low_mv is None else self.low_mv

    def _step(self):
        self.t += 20
        self.now_ms = ticks_add(self.now_ms, 20)
        self._pwm_steps = self._pwm_steps + 1 if duty.is_pwm(self.unit.duty) else 0
        self._is_closed = (self.unit.close or self.is_welded) and not self.is_stuck_open
        if self.is_sampled:
            self._taken_ms = self.now_ms
        before = self._outputs()
        high, low = self._levels()
        self._last_duty = self.unit.duty
        self.level.feed(self.now_ms, high, low, self._taken_ms, self._pwm_steps >= 2)
        self.unit.step(
            self.now_ms,
            self.level,
            self.limit_ma,
            self.must_open,
            self.may_close,
            self._is_closed if self.has_mirror and not self.is_unknown else None,
            faults.RESIDUAL if self.is_tripped else self.trouble,
            self.is_opened,
        )
        self.is_opened = False
        for was, now, what in zip(before, self._outputs(), ("duty", "close", "state", "fault")):
            if was != now:
                self.events.append((self.t, what, now))

    def _outputs(self):
        return self.unit.duty, self.unit.close, self.state, self.unit.fault
