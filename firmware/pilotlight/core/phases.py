"""One phase or three, where a second contactor carries an outlet's L2 and L3: when that one moves.

Cars have been destroyed by phases that came under them while they had joined their own for one. So
it never moves under a car, and every change goes the same way:

    REST    as it is; the outlet's own contactor may close
    ASKED   nothing is permitted: x1 ends the charge, the outlet's own contactor opens. Then 10 s
            of calm without a break: it is commanded open and reads open, the pilot is at x1, and
            the car is in B or gone. A car that stays in C has not let go inside: after a minute
            nothing is changed, nor tried again before a wish changes or the car is gone
    MOVED   the second contactor was told; another 10 s, and it must read as told
    FAILED  it reads otherwise for two looks in a row: a fault, and unknown until a person has
            looked. A coil that is not followed is let go, in calm as ever
    BEGIN   after a start or a person's look: its position is unknown, the way is as from ASKED

10 s of x1 are what EVerest takes. Tinkerforge found 5 s without pilot too short for one make of
car and took 15: here it is 20 s in all. Between two changes a car has 10 minutes (EVerest; others
60 to 210 s), and after 4 in a row one each 2 hours: some cars end for good after 5 interruptions.
A change that was begun and not made counts; one with no car there does not. Times in ticks (ms).
"""

from micropython import const
from time import ticks_add, ticks_diff

from pilotlight.core import faults, pilot
from pilotlight.core.deadline import earlier, unless_passed

BEGIN, REST, ASKED, MOVED, FAILED = range(5)
SOURCES = ("person", "network", "policy")  # whose wish comes first
WORDS = ("one phase", "three phases")
REASONS = ("switching to one phase", "switching to three phases")

_CALM_MS = const(10200)  # 10 s, and a look: at eight outlets each has its turn every 160 ms
_GONE_MS = const(9000)  # of state A: less than the calm before a change
_TRAVEL_MS = const(500)  # as the outlet's own contactor has
_PATIENCE_MS = const(60000)
_LEAST_MS = const(600000)
_MOST = const(4)
_AGAIN_MS = const(7200000)


class Phases:
    """Decides on `three`: the coil of the second contactor. `is_fitted`: it is read back.

    `count`: phases that the outlet can load, 1 or 3, or None: not known. `may_close`: the outlet's
    own contactor may close; otherwise nothing is to be offered. `fault`: faults.SECOND or
    NO_FAULT. `news`: what has happened, for whoever tells it and empties this.
    """

    def __init__(self, is_fitted):
        self.three = False
        self.count = None
        self.may_close = False
        self.fault = faults.NO_FAULT
        self.news = ""
        self.state = BEGIN
        self._is_fitted = is_fitted
        self._wishes = [None, None, None]
        self._is_known = False  # where it stood before anything was asked
        self._odd = 0  # looks in a row at which it read otherwise
        self._left = _MOST  # changes that may follow without a break
        self._is_refused = False  # by a car that does not let go
        self._is_gone = False  # no car for so long that the next change disturbs none
        self._gone_ms = None
        self._calm_ms = 0  # calm for long enough, or MOVED for long enough, at
        self._travel_ms = None  # it may still be moving
        self._patience_ms = 0  # it is up to the car, and has been for long enough, at
        self._least_ms = None  # no change under a car before
        self._again_ms = None  # one more change may be made at

    # ------------------------------------------------------------------ who wishes

    def wish(self, source, count):
        """One of SOURCES wishes for 1 or 3 phases, or takes its wish back (None). To say it again
        changes nothing.
        """
        i = SOURCES.index(source)
        if self._wishes[i] != count:
            self._wishes[i] = count
            self._is_refused = False

    def wants_three(self):
        """What is wished for by who comes first; three if nobody wishes."""
        for count in self._wishes:
            if count is not None:
                return count == 3
        return True

    def source(self):
        """Whose wish that is, or None."""
        for source, count in zip(SOURCES, self._wishes):
            if count is not None:
                return source
        return None

    def may_return(self):
        """One more change than the next is left."""
        return self._left > 1

    def reason(self):
        """Why nothing is offered now."""
        return REASONS[self.wants_three()]

    def wait_ms(self, now_ms):
        """So long at least a wish that differs has to wait now, ms."""
        wait_ms = 0
        if self._is_gone:
            return wait_ms
        if self._least_ms is not None:
            wait_ms = ticks_diff(self._least_ms, now_ms)
        if self._left == 0 and self._again_ms is not None:
            wait_ms = max(wait_ms, ticks_diff(self._again_ms, now_ms))
        return max(0, wait_ms)

    def acknowledge(self):
        """A person has looked at it: see anew where it stands."""
        if self.state == FAILED:
            self.fault = faults.NO_FAULT
            self.state = BEGIN

    # ------------------------------------------------------------------ the way

    def step(self, now_ms, is_open, is_x1, letter, is_closed):
        """Decide for this tick.

        `is_open`: the outlet's own contactor is commanded open and, where it is read back, reads
        open. `is_x1`: its pilot is constant +12 V. `letter`: of core/pilot.py. `is_closed`: what
        the second contactor reads, or None.
        """
        self._pass_deadlines(now_ms)
        self._look_for_car(now_ms, letter)
        if self.state == BEGIN:
            self._travel_ms = ticks_add(now_ms, _TRAVEL_MS)
            self._ask(now_ms)
        self._compare(now_ms, is_closed)
        is_off = is_open and is_x1
        is_calm = is_off and (letter == pilot.A or letter == pilot.B)
        if self.state == REST:
            if self._is_due():
                self.news = REASONS[not self.three]
                self._ask(now_ms)
        elif self.state == ASKED:
            self._wait(now_ms, is_calm, is_off and letter <= pilot.D)
        elif self.state == FAILED:
            self.three = self.three and not self._has_been_calm(now_ms, is_calm)
        elif ticks_diff(now_ms, self._calm_ms) >= 0 and self._odd == 0:
            self._rest("now on ")
        is_certain = self._is_known and self._odd == 0
        self.may_close = is_certain and self.state == REST
        self.count = (3 if self.three else 1) if is_certain else None

    def _ask(self, now_ms):
        self.state = ASKED
        self._calm_ms = ticks_add(now_ms, _CALM_MS)
        self._patience_ms = ticks_add(now_ms, _PATIENCE_MS)

    def _wait(self, now_ms, is_calm, is_up_to_car):
        if not is_up_to_car:
            self._patience_ms = ticks_add(now_ms, _PATIENCE_MS)
        differs = self.wants_three() is not self.three
        if self._is_known and not differs:
            self._spend(now_ms)
            self._rest("taken back, still on ")
        elif self._has_been_calm(now_ms, is_calm) and self._odd == 0:
            if differs and self._may_move():
                self._move(now_ms)
            else:
                self._rest("on ")
        elif ticks_diff(now_ms, self._patience_ms) >= 0 and self._odd == 0:
            self._spend(now_ms)
            self._is_refused = True
            self._rest("the car does not let go, still on ")

    def _has_been_calm(self, now_ms, is_calm):
        if not is_calm:
            self._calm_ms = ticks_add(now_ms, _CALM_MS)
        return ticks_diff(now_ms, self._calm_ms) >= 0

    def _move(self, now_ms):
        self._spend(now_ms)
        self.state = MOVED
        self.three = not self.three
        self._is_known = False
        self._travel_ms = ticks_add(now_ms, _TRAVEL_MS)
        self._calm_ms = ticks_add(now_ms, _CALM_MS)

    def _rest(self, text):
        self.state = REST
        self._is_known = True
        self.news = text + WORDS[self.three]

    def _spend(self, now_ms):
        """A car was interrupted, if there is one."""
        if self._is_gone:
            return
        self._least_ms = ticks_add(now_ms, _LEAST_MS)
        self._left = max(0, self._left - 1)
        if self._again_ms is None:
            self._again_ms = ticks_add(now_ms, _AGAIN_MS)

    def _compare(self, now_ms, is_closed):
        """Wanted against read; what moves has its time, what rests has not."""
        if is_closed is self.three or (is_closed is None and not self._is_fitted):
            self._odd = 0
        elif self._odd < 2:
            self._odd += 1
        if self._odd == 2 and self._travel_ms is None and self.state != FAILED:
            self.state = FAILED
            self.fault = faults.SECOND
            self._is_known = False
            self._calm_ms = ticks_add(now_ms, _CALM_MS)

    # ------------------------------------------------------------------ when

    def _may_move(self):
        return self._is_gone or (self._left > 0 and self._least_ms is None)

    def _is_due(self):
        """A change is to begin."""
        differs = self.wants_three() is not self.three
        return differs and self._odd == 0 and self._may_move() and not self._is_refused

    def _look_for_car(self, now_ms, letter):
        if letter != pilot.A:
            self._gone_ms = None
            self._is_gone = False
        elif self._is_gone:
            self._is_refused = False
        elif self._gone_ms is None:
            self._gone_ms = ticks_add(now_ms, _GONE_MS)
        elif ticks_diff(now_ms, self._gone_ms) >= 0:
            self._gone_ms = None
            self._is_gone = True

    def _pass_deadlines(self, now_ms):
        self._travel_ms = unless_passed(now_ms, self._travel_ms)
        self._least_ms = unless_passed(now_ms, self._least_ms)
        if self._again_ms is not None and ticks_diff(now_ms, self._again_ms) >= 0:
            self._left += 1
            self._again_ms = ticks_add(now_ms, _AGAIN_MS) if self._left < _MOST else None

    def is_settled(self):
        """With the same inputs nothing happens before `due_ms`."""
        if self.state == FAILED:
            return not self.three
        return self.state == REST and self._odd == 0 and not self._is_due()

    def due_ms(self, now_ms):
        """The first deadline (ticks), or None."""
        if self.state == MOVED:
            return self._calm_ms
        due = earlier(now_ms, self._least_ms, self._again_ms)
        return earlier(now_ms, due, self._gone_ms)
