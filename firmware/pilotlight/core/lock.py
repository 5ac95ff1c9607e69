"""The lock that holds the plug in a socket outlet: when it moves, and what if it does not.

    A, E   unlocked at once         B, C, D   locked, and the contactor waits for it
    F      unlocked after 5 s       X, ?      stays as it is

These rules are those of public firmware (facts section 6; table D.9). It never unlocks while the
contactor is closed, is commanded so or reads so: a plug under a welded contact stays held.

A motor or solenoid is driven for 600 ms; towards locked less, if the contact reads the end. The
other way it does not tell: it only says "no longer locked", so that pulse is always a whole one.
Six attempts, one a second (vector 71: the first and five retries, about 6 s). Then a plug that
does not lock is a fault until it is unplugged, and one that does not come free is told and tried
every 10 s. A contact that reads nothing is never locked. Times in ticks (ms).
"""

from micropython import const
from time import ticks_add

from pilotlight.core import faults, pilot
from pilotlight.core.deadline import unless_passed

_PULSE_MS = const(600)  # public firmware drives 300 (100...1000) or 1000 ms (section 7)
_PAUSE_MS = const(400)  # between two pulses; also before the motor turns round
_RETRIES = const(5)
_AGAIN_MS = const(10000)
_F_MS = const(5000)
_RELEASE_MS = const(200)  # after the contactor was last closed: a coil lets go in 40 ms


class Lock:
    """Decides on `command`: True drives towards locked, False towards unlocked, None rests.

    `is_engaged`: the contactor may close. `fault`: faults.LOCK or NO_FAULT. `is_stuck`: it does
    not unlock.
    """

    def __init__(self):
        self.command = None
        self.is_engaged = False
        self.is_stuck = False
        self.fault = faults.NO_FAULT
        self._wanted = None  # locked, unlocked, or None: nothing seen yet
        self._letter = pilot.UNKNOWN
        self._attempts = 0
        self._is_driven = False  # the latest pulse has had its whole time
        self._wait_ms = None  # the pulse, or the pause after it, ends at
        self._f_ms = None  # F is too young to unlock
        self._was_live = False
        self._live_ms = None  # the contactor has only just opened

    def is_settled(self):
        """No deadline is running: with the same inputs the next step would change nothing."""
        return self._wait_ms is None and self._f_ms is None and self._live_ms is None

    def acknowledge(self):
        """A person has looked at it: try again."""
        self.fault = faults.NO_FAULT
        self._attempts = 0

    def step(self, now_ms, letter, is_live, is_locked):
        """Decide for this tick.

        `letter`: of core/pilot.py. `is_live`: the contactor is commanded closed, or reads so.
        `is_locked`: contact of the lock, None if it is not known.
        """
        self._pass_deadlines(now_ms)
        if is_live or (self._was_live and self._live_ms is None):  # a late step saw it open
            self._live_ms = ticks_add(now_ms, _RELEASE_MS)
        self._was_live = is_live
        self._want(now_ms, letter)
        self.is_engaged = is_locked is True and self._wanted is True
        if letter == pilot.UNKNOWN or self._wanted is None or self._is_there(is_locked):
            self._arrive(now_ms)
        elif self._wanted or self._live_ms is None:
            self._move(now_ms)
        else:
            self.command = None

    def _want(self, now_ms, letter):
        if letter != self._letter:
            self._letter = letter
            self._f_ms = ticks_add(now_ms, _F_MS) if letter == pilot.F else None
        if pilot.B <= letter <= pilot.D:
            wanted = True
        elif letter == pilot.A or letter == pilot.E or self._is_old_f(letter):
            wanted = False
        else:
            return
        if wanted is not self._wanted:
            self._wanted = wanted
            self._attempts = 0
            self.fault = faults.NO_FAULT
            self.is_stuck = False
            self._is_driven = False
            self._rest(now_ms)

    def _is_old_f(self, letter):
        return letter == pilot.F and self._f_ms is None

    def _is_there(self, is_locked):
        return is_locked is self._wanted and (self._wanted or self._is_driven)

    def _arrive(self, now_ms):
        """At its end, or nothing is known: the contact is as dead as the pilot then."""
        self._attempts = 0
        self.is_stuck = False
        if self.command is not None:
            self._rest(now_ms)

    def _rest(self, now_ms):
        """No drive; a motor that was driven gets its pause."""
        self._wait_ms = None if self.command is None else ticks_add(now_ms, _PAUSE_MS)
        self.command = None

    def _move(self, now_ms):
        if self._wait_ms is not None or self.fault != faults.NO_FAULT:
            return
        if self.command is None:
            self.command = self._wanted
            self._is_driven = False
            self._wait_ms = ticks_add(now_ms, _PULSE_MS)
            return
        self._rest(now_ms)
        self._is_driven = True
        self._attempts = min(self._attempts + 1, _RETRIES + 1)
        if self._attempts > _RETRIES:
            self._give_up(now_ms)

    def _give_up(self, now_ms):
        if self._wanted:
            self.fault = faults.LOCK
        else:
            self.is_stuck = True
            self._wait_ms = ticks_add(now_ms, _AGAIN_MS)

    def _pass_deadlines(self, now_ms):
        if self._wait_ms is not None:
            self._wait_ms = unless_passed(now_ms, self._wait_ms)
        if self._f_ms is not None:
            self._f_ms = unless_passed(now_ms, self._f_ms)
        if self._live_ms is not None:
            self._live_ms = unless_passed(now_ms, self._live_ms)
