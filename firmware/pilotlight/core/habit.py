"""What a car has been seen to do when it was told more: which phases it uses, and how much.

Watched is what flows through the nearest measured feeder, from the moment an outlet closes or is
told more until nothing has risen for 6 s (cars react within 5 s, seq 6, and some ramp for half a
minute after that) or it is told something else: of phases that tells enough. Only one outlet is
watched on a phase at a time; if something else changes there, nothing is learned. So with R the
largest rise on any phase and S the step it was told:

- where R is about S, a phase that rose by less than a quarter of R is not used: seen once if the
  outlet has just closed or the rise was a ramp, as of cars; an edge twice in a row: it may have
  been something in the house;
- less than three quarters of S: the car takes no more than it was told before, plus R. That is
  what it wants, with 2 A to spare if it has moved at all. After 2 minutes, then after 4, 8 and
  each 16, it may have 2 A more, and shows again whether it takes them.

Where the outlet has a meter: what it leaves for a minute it does not want, but for 2 A.

All this only decides who is offered what. A wrong guess cannot overload a phase for long: what
flows is measured, and counted as the house's where no outlet is believed to draw it. On a phase
that rises, or that is full, nothing is believed unused. Currents in mA, times in ticks (ms).
"""

from micropython import const
from time import ticks_add

from pilotlight.core.deadline import unless_passed

_QUIET_MS = const(6000)
_LONGEST_MS = const(60000)
_AGAIN_MS = const(120000)
_MOST_DOUBLINGS = const(3)
_SPARE_MA = const(2000)
_TOP_MA = const(300)  # a smaller rise is noise
_LEAST_MA = const(1000)  # a smaller rise tells nothing of phases
_LEFT_MS = const(60000)
_LEFT_MA = const(3000)  # and a 16th: no car draws all that it is told
_DOUBT_MA = const(1000)  # so much more on a phase believed unused: it may be used


class Habit:
    """Of the car at one outlet on the phases `on`. `want_ma`: it takes no more, or None."""

    def __init__(self, on, uses):
        self.on = on
        self.uses = uses  # a list of the same, kept up to date
        self.is_partial = False  # some phase is believed unused
        self.has_changed = False  # `uses`, since somebody has looked
        self.want_ma: "int | None" = None
        self.again_ms = None  # it may want more at
        self._doublings = 0  # of the time until then
        self.left_ms = None  # it leaves much of what it is told, by its meter, and has until then
        self.quiet_ms = None  # watched until then, if nothing rises
        self._end_ms = None
        self._told_ma = 0  # before
        self._step_ma = 0
        self._from_ma = [0, 0, 0]
        self._rise_ma = [0, 0, 0]
        self._top_ma = 0
        self._last_ma = 0  # the latest rise
        self._edge_ma = 0  # the most it has grown by between two looks
        self._seen = 0  # phases that it seemed to use the last time, bits

    def is_watched(self):
        """The effect of something it was told is not over."""
        return self.quiet_ms is not None

    def is_starting(self):
        """What is watched is what follows the closing of its contactor."""
        return self.quiet_ms is not None and self._told_ma == 0

    def forget(self):
        """Another car, or no sensor to see it by."""
        self.want_ma = self.again_ms = self.left_ms = None
        self._doublings = 0
        self.quiet_ms = self._end_ms = None
        self._seen = 0
        if self.is_partial:
            for p in range(3):
                self.distrust(p)

    def distrust(self, phase):
        """It may use this phase, if it is wired to it."""
        if self.on[phase] and not self.uses[phase]:
            self.uses[phase] = self.has_changed = True
            self.is_partial = self.uses[0] + self.uses[1] + self.uses[2] < sum(self.on)

    def connect(self, on):
        """Other phases are connected: nothing that was seen before holds."""
        self.forget()
        self.on = on
        for p in range(3):
            self.uses[p] = on[p]
        self.is_partial = False
        self.has_changed = True

    def give_up(self):
        """Something else has changed: what is seen proves nothing."""
        self.quiet_ms = self._end_ms = None

    def end(self):
        """It is told something else: more will not be seen of what it did until now."""
        if self.quiet_ms is not None:
            self._conclude_phases()
        self.give_up()

    def begin(self, now_ms, before_ma, late_ms, told_ma, more_ma):
        """It was told `told_ma` (0: its contactor was open) while `before_ma` flowed, and now
        `more_ma`.
        """
        self._told_ma = told_ma
        self._step_ma = more_ma - told_ma
        self._top_ma = self._last_ma = self._edge_ma = 0
        for p in range(3):
            self._from_ma[p] = before_ma[p]
            self._rise_ma[p] = 0
        self.quiet_ms = ticks_add(now_ms, _QUIET_MS + late_ms)
        self._end_ms = ticks_add(now_ms, _LONGEST_MS + late_ms)

    def look(self, now_ms, measured_ma, late_ms):
        """See what has risen. For each decision. `late_ms`: the sensor may be."""
        if self.want_ma is not None and unless_passed(now_ms, self.again_ms) is None:
            self.want_ma += _SPARE_MA
            self._ask_again(now_ms)
        if self.quiet_ms is None:
            return
        self._see(now_ms, measured_ma, late_ms)
        self.quiet_ms = unless_passed(now_ms, self.quiet_ms)
        self._end_ms = unless_passed(now_ms, self._end_ms)
        if self.quiet_ms is None or self._end_ms is None:
            self.give_up()
            self._conclude(now_ms)

    def see_meter(self, now_ms, metered_ma, told_ma):
        """What its own meter shows on the phase with the most, while it is told `told_ma`."""
        usual_ma = told_ma - told_ma // 16
        if metered_ma >= usual_ma - _LEFT_MA:
            self.left_ms = None
            if metered_ma >= usual_ma - _TOP_MA:
                self.want_ma = self.again_ms = None  # it takes all that it is told
            return
        if self.left_ms is None:
            self.left_ms = ticks_add(now_ms, _LEFT_MS)
        self.left_ms = unless_passed(now_ms, self.left_ms)
        if self.left_ms is None:
            self.want_ma = metered_ma + _SPARE_MA
            self._ask_again(now_ms)

    def _see(self, now_ms, measured_ma, late_ms):
        for p in range(3):
            rise_ma = measured_ma[p] - self._from_ma[p]
            self._rise_ma[p] = rise_ma if self.on[p] else 0
            if rise_ma > _DOUBT_MA:
                self.distrust(p)
        top_ma = max(self._rise_ma)
        self._edge_ma = max(self._edge_ma, top_ma - self._last_ma)
        self._last_ma = top_ma
        if top_ma > self._top_ma + _TOP_MA:
            self._top_ma = top_ma
            self.quiet_ms = ticks_add(now_ms, _QUIET_MS + late_ms)

    def _ask_again(self, now_ms):
        self.again_ms = ticks_add(now_ms, _AGAIN_MS << self._doublings)
        self._doublings = min(self._doublings + 1, _MOST_DOUBLINGS)

    def _conclude(self, now_ms):
        rise_ma = max(self._rise_ma)
        if min(self._rise_ma) < -_DOUBT_MA:
            return  # something else has ended, or is fed back and counts without a sign
        step_ma = self._step_ma
        self._conclude_phases()
        if self._told_ma > 0 and rise_ma < step_ma * 3 // 4:
            self.want_ma = self._told_ma
            if rise_ma > _TOP_MA:
                self.want_ma += rise_ma + _SPARE_MA
            self._ask_again(now_ms)
        elif self._told_ma > 0:
            self.want_ma = self.again_ms = None
            self._doublings = 0

    def _conclude_phases(self):
        rise_ma = max(self._rise_ma)
        step_ma = self._step_ma
        is_all = step_ma * 3 // 4 <= rise_ma <= step_ma * 9 // 8 + _TOP_MA
        if rise_ma < _LEAST_MA or not is_all or min(self._rise_ma) < -_DOUBT_MA:
            return
        seen = 0
        for p in range(3):
            if self._rise_ma[p] >= rise_ma // 4:
                seen |= 1 << p
        is_ramp = self._edge_ma <= rise_ma // 2
        if is_ramp or seen == self._seen or self._told_ma == 0:
            for p in range(3):
                if self.on[p] and not seen >> p & 1:
                    self.uses[p] = False
                    self.is_partial = self.has_changed = True
        self._seen = seen
