"""The house load behind one feeder: what its sensors say minus what its outlets really draw.

What outlets draw is known by their own meters, or inferred, per phase:

    a closed outlet draws between what its meter has shown for the last seconds (0 without one) and
    what it may (told now, or told less than 6 s ago);
    so   measured - all they may draw   <=   house   <=   measured - all that meters show
    and between these bounds the house is taken to be as it was, except that
    - a sharp edge that no outlet was given a reason for belongs to the house: appliances switch
      within a mains cycle, cars ramp over seconds (charging electronics: a few A/s);
    - an estimate that leaves cars below what they may draw is lowered by 1 A each 30 s until the
      lower bound has been touched, which proves that the cars draw all they may. This gives back
      what slow house loads were counted for.

What cars leave of what they may draw even if the house takes nothing (one that is nearly full
takes less and less) is given to the others in the same steps: `unused_ma`.

Where nothing is proved, what is given back of the house ends at half of what cars may draw, and
where it goes beyond the house at a third of that: if they then all take what they may at once,
half of the limit too much flows until they have followed what they are told next. Behind a sensor
that renews its values slowly it ends at 3 A of the house.

A meter at an outlet and the feeder's sensor do not show the same instant: what a meter has shown
counts where all that flows has stood still, but for 1 A, for as long as it may have been shown. A
kettle that comes on as a car pauses is not taken for that car.

Never "minus what was offered": a car that takes less than its offer does not make the house look
smaller. Currents in mA per phase, times in ticks (ms).
"""

from micropython import const
from time import ticks_add, ticks_diff

from pilotlight.core.deadline import earlier, unless_passed

_EDGE_MA = const(1000)  # between two samples 100 ms apart
_EDGE_MA_PER_MS = const(6)  # with slower sensors: faster than 6 A/s
_FOLLOW_MS = const(6000)  # a car may answer a new duty for so long
_START_MS = const(20000)  # and a closed contactor for so long
_LINGER_MS = const(2000)  # a sensor may still show what an outlet drew before it opened
_RELAX_MS = const(30000)
_RELAX_MA = const(1000)
_RELAX_PART = const(2)  # of what cars may draw is given back at most while nothing is proved
_UNUSED_PART = const(3)  # and where that is beyond the house
_RELAX_LATE_MA = const(3000)  # where sensors show late what comes of it
_STILL_MA = const(1000)  # moves of what flows that are less than this hide no car
_STILL_MS = const(9000)  # place.METER_MS, and as long as what meters show at least is looked for


class _Memory:
    """What is remembered of one place between samples."""

    def __init__(self):
        self.signalled_ma = 0
        self.is_closed = False
        self.rising_ms = None  # rises until then may be the car's: it was told more, or closed
        self.rise_ma = 0  # by so much
        self.falling_ms = None  # falls until then may be the car's: it was told less, or opened
        self.fall_ma = 0  # by so much
        self.linger_ms = None  # just opened: counted until
        self.most_ma = 0  # what it may draw


class Base:
    """Estimate of the house load on the three phases."""

    def __init__(self, places):
        self.estimate_ma = [0, 0, 0]
        self.within_ma = [[0, 0], [0, 0], [0, 0]]  # the bounds of the truth, by the last sample
        self._places = places
        self._memory = tuple([_Memory() for _ in places])
        self.most_ma = [0, 0, 0]  # what all may draw
        self._rise_ma = [0, 0, 0]  # so much of a rise outlets there have a reason for
        self._fall_ma = [0, 0, 0]
        self._last_ma = [None, None, None]
        self._was_edge = [False, False, False]
        self.relaxed_ma = [0, 0, 0]  # so much has been given back
        self.unused_ma = [0, 0, 0]  # and so much that the house never took
        self._relax_ms = None
        self._taken_ms = None
        self._lag_ms = 0
        self._still_ma: "list" = [None, None, None]  # what flowed when it last moved, if watched
        self._still_ms = None  # until then that was lately

    def forget(self):
        """The sensor is lost: no edge can be seen across the gap.

        The estimate stays as a start.
        """
        self._last_ma[0] = self._last_ma[1] = self._last_ma[2] = None
        self._taken_ms = None
        # nobody watches these deadlines until the sensor is back: left standing they would come
        # alive
        self._relax_ms = None
        self._still_ms = self._still_ma[0] = None
        self.unused_ma[0] = self.unused_ma[1] = self.unused_ma[2] = 0
        for memory in self._memory:
            memory.rising_ms = memory.falling_ms = memory.linger_ms = None

    def update(self, now_ms, measured_ma, taken_ms, lag_ms=0):
        """Take a new measurement: three mA, taken at `taken_ms` or up to `lag_ms` before."""
        self._lag_ms = lag_ms
        span_ms = 0 if self._taken_ms is None else ticks_diff(taken_ms, self._taken_ms)
        self._taken_ms = taken_ms
        if self._add_up(now_ms):
            self._look_for_moves(now_ms, measured_ma)
        else:
            self._still_ms = self._still_ma[0] = None
        is_relaxing = self._relax_is_due(now_ms)
        for p in range(3):
            most_ma = self.most_ma[p]
            self._follow_edge(p, measured_ma[p], span_ms)
            self._bound(p, measured_ma[p], most_ma)
            if is_relaxing and self._rise_ma[p] == self._fall_ma[p] == 0:
                self._relax(p, measured_ma[p], most_ma)
            self._last_ma[p] = measured_ma[p]
        if self._relax_ms is None and self._has_slack(measured_ma):
            self._relax_ms = ticks_add(now_ms, _RELAX_MS)

    def due_ms(self, now_ms):
        """Ticks at which the estimate may move by itself, or None."""
        due = earlier(now_ms, self._relax_ms, self._still_ms)
        for memory in self._memory:
            due = earlier(now_ms, due, memory.linger_ms)
        return due

    def _remember(self, now_ms, place, memory):
        memory.rising_ms = unless_passed(now_ms, memory.rising_ms)
        memory.falling_ms = unless_passed(now_ms, memory.falling_ms)
        if memory.rising_ms is None:
            memory.rise_ma = 0
        if memory.falling_ms is None:
            memory.fall_ma = 0
        more_ma = place.signalled_ma - memory.signalled_ma
        follow_ms = ticks_add(now_ms, _FOLLOW_MS + self._lag_ms)
        if place.is_closed and not memory.is_closed:
            memory.rising_ms = ticks_add(now_ms, _START_MS + self._lag_ms)
            memory.rise_ma = place.signalled_ma
        elif more_ma > 0:
            memory.rise_ma += more_ma
            if memory.rising_ms is None:
                memory.rising_ms = follow_ms
        if memory.is_closed and not place.is_closed:
            memory.falling_ms = follow_ms
            memory.fall_ma = memory.most_ma
        elif more_ma < 0:
            memory.falling_ms = follow_ms
            memory.fall_ma -= more_ma
        self._remember_most(now_ms, place, memory)
        memory.signalled_ma = place.signalled_ma
        memory.is_closed = place.is_closed

    def _remember_most(self, now_ms, place, memory):
        if place.is_closed:
            memory.most_ma = place.may_draw_ma
            memory.linger_ms = None
        elif memory.is_closed:
            memory.linger_ms = ticks_add(now_ms, _LINGER_MS + self._lag_ms)
        elif memory.linger_ms is None or ticks_diff(now_ms, memory.linger_ms) >= 0:
            memory.linger_ms = None
            memory.most_ma = 0

    def _add_up(self, now_ms):
        """True if a meter shows anything."""
        most_ma, rise_ma, fall_ma = self.most_ma, self._rise_ma, self._fall_ma
        shows = False
        most_ma[0] = most_ma[1] = most_ma[2] = 0
        rise_ma[0] = rise_ma[1] = rise_ma[2] = 0
        fall_ma[0] = fall_ma[1] = fall_ma[2] = 0
        i = 0
        for place in self._places:
            memory = self._memory[i]
            self._remember(now_ms, place, memory)
            shows = shows or place.least_ma > 0
            for p in range(3):
                if place.uses[p]:
                    most_ma[p] += memory.most_ma
                    rise_ma[p] += memory.rise_ma
                    fall_ma[p] += memory.fall_ma
            i += 1
        return shows

    def _shown_ma(self, phase):
        """What cars draw there at least, by the meters of their outlets."""
        shown_ma = 0
        for place in self._places:
            if place.is_closed and place.uses[phase]:
                shown_ma += min(place.least_ma, place.may_draw_ma)
        return shown_ma

    def _look_for_moves(self, now_ms, measured_ma):
        still_ma = self._still_ma
        is_first = still_ma[0] is None
        self._still_ms = unless_passed(now_ms, self._still_ms)
        for p in range(3):
            if is_first or abs(measured_ma[p] - still_ma[p]) > _STILL_MA:
                still_ma[p] = measured_ma[p]
                self._still_ms = ticks_add(now_ms, _STILL_MS)

    def _follow_edge(self, phase, measured_ma, span_ms):
        last_ma = self._last_ma[phase]
        change_ma = 0 if last_ma is None else measured_ma - last_ma
        if change_ma == 0 and span_ms == 0:
            return  # no new sample: another feeder has one
        theirs_ma = self._rise_ma[phase] if change_ma > 0 else self._fall_ma[phase]
        if theirs_ma > 0:
            # what is more than they were told is the house's
            change_ma = max(0, change_ma - theirs_ma) + min(0, change_ma + theirs_ma)
            self._was_edge[phase] = False
        # an edge in the middle of a window shows in two samples: the second part may be small
        is_edge = abs(change_ma) > max(_EDGE_MA, _EDGE_MA_PER_MS * min(span_ms, 10000))
        if is_edge or self._was_edge[phase]:
            self.estimate_ma[phase] += change_ma
        self._was_edge[phase] = is_edge

    def _bound(self, phase, measured_ma, most_ma):
        least_ma = max(0, measured_ma - most_ma)
        left_ma = most_ma - measured_ma
        most_ma = measured_ma
        if self._lag_ms == 0 and self._still_ms is None and self._still_ma[0] is not None:
            without_ma = self._still_ma[phase] + _STILL_MA - self._shown_ma(phase)
            most_ma = max(least_ma, min(most_ma, without_ma))
        within_ma = self.within_ma[phase]
        within_ma[0] = least_ma
        within_ma[1] = most_ma
        if self.estimate_ma[phase] <= least_ma:
            self.estimate_ma[phase] = least_ma
            if left_ma <= 0:
                self.relaxed_ma[phase] = 0
        elif self.estimate_ma[phase] > most_ma:
            self.estimate_ma[phase] = most_ma
        unused_ma = min(self.unused_ma[phase], left_ma + self.estimate_ma[phase])
        self.unused_ma[phase] = max(0, unused_ma) if self._lag_ms == 0 else 0

    # ------------------------------------------------------------------ giving back

    def _relax_is_due(self, now_ms):
        if self._relax_ms is None or ticks_diff(now_ms, self._relax_ms) < 0:
            return False
        self._relax_ms = None
        return True

    def _slack_ma(self, phase, measured_ma, most_ma):
        """So much could still be given back; 0 where the bound for guessing is reached."""
        given_ma = self.unused_ma[phase]
        house_ma = self.estimate_ma[phase]
        slack_ma = house_ma - given_ma - measured_ma + most_ma
        limit_ma = most_ma // _UNUSED_PART
        if self._lag_ms or (given_ma == 0 and house_ma > 0):
            slack_ma = min(slack_ma, house_ma)
            limit_ma = _RELAX_LATE_MA if self._lag_ms else most_ma // _RELAX_PART
        return min(slack_ma, limit_ma - given_ma - self.relaxed_ma[phase])

    def _has_slack(self, measured_ma):
        for p in range(3):
            if self._slack_ma(p, measured_ma[p], self.most_ma[p]) > 0:
                return True
        return False

    def _relax(self, phase, measured_ma, most_ma):
        step_ma = min(_RELAX_MA, self._slack_ma(phase, measured_ma, most_ma))
        if step_ma > 0:
            of_house_ma = min(step_ma, self.estimate_ma[phase])
            self.estimate_ma[phase] -= of_house_ma
            self.relaxed_ma[phase] += of_house_ma
            self.unused_ma[phase] += step_ma - of_house_ma
