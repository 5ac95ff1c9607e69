"""Residual-current monitors: their trips, and the test of the monitors themselves.

A trip opens at once and latches (the outlet's fault RESIDUAL), whatever the contactor does: the
monitor has dropped the coil in hardware by then. Only a person clears it, unless the site allows
retries: then up to four, 15 minutes apart (section 1.2, item 13).

The test current is one for all monitors of a board, so one `SelfTest` runs it and looks at all:

    wanted     at boot, after each charge that ended with unplugging, 23 h after the last one
    made       once every contactor has been open for 1 s; for a monitor that is still good
               not while a car is in C or D either. After a power cut cars stand in C: a monitor
               that is not good yet does not wait for them
    passed     trip seen within 1 s of test current, gone within 3 s without: good for 24 h.
               Public firmware quotes 740 ms to the trip of one sensor and 2.3 s until all its
               outputs are low again (section 7); 0.5 s and 2 s would fail that one
    failed     the fault SELF_TEST, until a person clears it; then it is tested again

Nothing closes on a monitor that is not good or is being tested. While it is tested its trip is
expected; a monitor that had tripped before the test is left out of it. Times in ticks (ms).
"""

from micropython import const
from time import ticks_add

from pilotlight.core import faults, pilot
from pilotlight.core.deadline import earlier, unless_passed

_RETRY_MS = const(900000)
_WANTED_MS = const(82800000)  # 23 h: an hour to find all contactors open
_GOOD_MS = const(86400000)  # 24 h
_REST_MS = const(1000)  # contactors make monitors twitch when they switch
_TRIP_MS = const(1000)
_CLEAR_MS = const(3000)

_IDLE, _ABOUT, _ON, _OFF = range(4)


class Monitor:
    """The monitor of one outlet. `retries` 0...4; `has_test`: the board has a test current.

    `fault`: faults.RESIDUAL while it reports a trip, SELF_TEST until acknowledged, or NO_FAULT.
    `retry_now`: for one step, the fault RESIDUAL may be taken back.
    """

    def __init__(self, retries=0, has_test=False):
        self.fault = faults.NO_FAULT
        self.retry_now = False
        self.reads_tripped = False
        self.wants_test = has_test
        self.is_good = not has_test
        self.is_reserved = False  # for a test: its contactor is not to close
        self.is_tested = False  # that test is under way
        self.is_in_use = False  # its contactor is closed, or was a moment ago
        self.is_ready = False  # its car is in C or D
        self._is_known = False  # the inputs are sampled
        self._has_test = has_test
        self._has_failed = False
        self._is_judged = False
        self._has_seen = False  # a trip since the test began
        self._retries = retries
        self._left = retries
        self._has_charged = False
        self._was_closed = False
        self._rest_ms = None
        self._retry_ms = None
        self._wanted_ms = None  # the next test is wanted at
        self._good_ms = None  # good until

    def may_close(self):
        """It has shown within 24 h that it trips, and is not busy showing it."""
        return self.is_good and not self.is_reserved

    def is_settled(self):
        """Nothing is going on: with the same inputs nothing happens before `due_ms`."""
        return self._rest_ms is None and not self.is_tested and not self.retry_now

    def due_ms(self, now_ms):
        """The first deadline (ticks), or None."""
        return earlier(now_ms, self._retry_ms, earlier(now_ms, self._wanted_ms, self._good_ms))

    def acknowledge(self):
        """A person has looked at it: forget a failed test, and test again."""
        self._left = self._retries
        self._retry_ms = None
        if self._has_failed:
            self._has_failed = False
            self.wants_test = True

    def step(self, now_ms, reads_tripped, letter, is_closed):
        """Take this tick's inputs.

        `reads_tripped`: the monitor's output. `letter`: of core/pilot.py. `is_closed`: the
        contactor is commanded closed. One that is only welded hinders no test: its outlet is off
        for good, its neighbours must go on.
        """
        self.reads_tripped = reads_tripped
        self.is_ready = letter == pilot.C or letter == pilot.D
        self._is_known = letter != pilot.UNKNOWN
        self.retry_now = False
        self._pass_deadlines(now_ms)
        self._follow_use(now_ms, letter, is_closed)
        if self._has_failed:
            self.fault = faults.SELF_TEST
        elif self.is_tested or not reads_tripped:
            self.fault = faults.NO_FAULT
        elif self.fault != faults.RESIDUAL:
            self.fault = faults.RESIDUAL
            self._plan_retry(now_ms)

    def _follow_use(self, now_ms, letter, is_closed):
        if self._was_closed and not is_closed:
            self._rest_ms = ticks_add(now_ms, _REST_MS)
        self._was_closed = is_closed
        self.is_in_use = is_closed or self._rest_ms is not None
        if is_closed:
            self._has_charged = True
        elif letter == pilot.A and self._has_charged:
            self._has_charged = False
            self.wants_test = self._has_test
            if self.fault == faults.NO_FAULT and self._retry_ms is None:
                self._left = self._retries  # a charge without a trip

    def _plan_retry(self, now_ms):
        if self._left and self._retry_ms is None:
            self._left -= 1
            self._retry_ms = ticks_add(now_ms, _RETRY_MS)

    def _pass_deadlines(self, now_ms):
        if self._rest_ms is not None:
            self._rest_ms = unless_passed(now_ms, self._rest_ms)
        if self._retry_ms is not None:
            self._retry_ms = unless_passed(now_ms, self._retry_ms)
            if self._retry_ms is None:
                if self.reads_tripped:
                    self._plan_retry(now_ms)
                else:
                    self.retry_now = True
        if self._wanted_ms is not None:
            self._wanted_ms = unless_passed(now_ms, self._wanted_ms)
            self.wants_test = self.wants_test or self._wanted_ms is None
        if self._good_ms is not None:
            self._good_ms = unless_passed(now_ms, self._good_ms)
            self.is_good = self._good_ms is not None

    # ------------------------------------------------------------------ for SelfTest

    def asks_for_test(self):
        """A test is wanted, and this monitor could take part."""
        return self.wants_test and self._is_known and not self.reads_tripped

    def begin(self):
        """The test current comes on."""
        self.is_tested = not self.reads_tripped
        self._is_judged = self.is_tested and self._is_known and not self._has_failed
        self._has_seen = False

    def has_answered(self):
        """It has tripped since, or nobody waits for it."""
        self._has_seen = self._has_seen or self.reads_tripped
        return self._has_seen or not self._is_judged

    def has_cleared(self):
        """It reports no trip of the test any more."""
        return not (self.is_tested and self.reads_tripped)

    def end(self, now_ms):
        """The test is over for this one: passed if it has answered and cleared."""
        if self._is_judged:
            self.wants_test = False
            self.is_good = self._has_seen and not self.reads_tripped
            self._has_failed = not self.is_good
            self._wanted_ms = ticks_add(now_ms, _WANTED_MS) if self.is_good else None
            self._good_ms = ticks_add(now_ms, _GOOD_MS) if self.is_good else None
        self.is_reserved = self.is_tested = self._is_judged = False


class SelfTest:
    """Tests the `monitors` of a board. `is_on` is what the board's test current is to be.

    The current comes on one step after all contactors have been told to stay open: one may have
    been closed since its monitor had its turn.
    """

    def __init__(self, monitors):
        self.is_on = False
        self._monitors = monitors
        self._phase = _IDLE
        self._until_ms = None

    def is_settled(self):
        """Nothing is going on: with the same inputs nothing happens before `due_ms`."""
        if self._phase != _IDLE:
            return False
        for monitor in self._monitors:
            if not monitor.is_settled():
                return False
        return not self._may_begin()

    def due_ms(self, now_ms):
        """The first deadline (ticks), or None."""
        due = None
        for monitor in self._monitors:
            due = earlier(now_ms, due, monitor.due_ms(now_ms))
        return due

    def step(self, now_ms):
        """Decide; between two of these each monitor has had its `step`."""
        self._until_ms = unless_passed(now_ms, self._until_ms)
        if self._phase == _ON:
            self._wait_for_trips(now_ms)
        elif self._phase == _OFF:
            self._wait_for_clearing(now_ms)
        elif not self._may_begin():
            self._reserve(_IDLE)
        elif self._phase == _IDLE:
            self._reserve(_ABOUT)
        else:
            for monitor in self._monitors:
                monitor.begin()
            self._go(_ON, ticks_add(now_ms, _TRIP_MS))

    def _reserve(self, phase):
        if phase != self._phase:
            self._phase = phase
            for monitor in self._monitors:
                monitor.is_reserved = phase == _ABOUT

    def _go(self, phase, until_ms):
        self._phase = phase
        self._until_ms = until_ms
        self.is_on = phase == _ON

    def _may_begin(self):
        is_wanted = is_needed = is_ready = False
        for monitor in self._monitors:
            if monitor.is_in_use:
                return False
            is_ready = is_ready or monitor.is_ready
            if monitor.asks_for_test():
                is_wanted = True
                is_needed = is_needed or not monitor.is_good
        return is_needed or (is_wanted and not is_ready)

    def _wait_for_trips(self, now_ms):
        have_all = True
        for monitor in self._monitors:
            if not monitor.has_answered():
                have_all = False
        if have_all or self._until_ms is None:
            self._go(_OFF, ticks_add(now_ms, _CLEAR_MS))

    def _wait_for_clearing(self, now_ms):
        have_all = True
        for monitor in self._monitors:
            if self._until_ms is None or monitor.has_cleared():
                monitor.end(now_ms)
            else:
                have_all = False
        if have_all:
            self._go(_IDLE, None)
