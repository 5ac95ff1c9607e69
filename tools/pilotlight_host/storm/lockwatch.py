"""Judges the lock of one socket from outside (vector 71; facts on locks). Times in ms.

What stands around an outlet has its turn once in `count` steps, so that what the contact read may
be that old when a contactor closes.
"""

from collections.abc import Callable

from pilotlight_host.storm.board import X1, Port
from pilotlight_host.storm.locks import Lock
from pilotlight_host.storm.rules import STEP_MS, never

_PULSE_MS = 600
_PAUSE_MS = 400
_ATTEMPTS = 6  # the first and five retries
_FREE_MS = 5000  # after A
_HELD_MS = 3000  # after plugging
_SOUND_MS = 20000  # what a fault has led to is over
_RELEASE_MS = 40  # of a contactor whose coil is off


class LockWatch:
    """`fault`: tells the name of the outlet's fault, or None."""

    def __init__(self, port: Port, lock: Lock, count: int, fault: Callable[[], str | None]):
        self.is_stuck = False  # it may have given up
        self._port = port
        self._lock = lock
        self._may_hold = False  # something was wrong when it was last driven to unlock
        self._fault = fault
        self._turn_ms = STEP_MS * count
        self._turn = count
        self._steps = self._locked_at = self._open_at = self._held_at = 0
        self._drive: bool | None = None
        self._coil = False
        self._closed_steps = 0  # how long it was closed
        self._pulse_ms = 0
        self.pulses = 0  # towards locked
        self._attempts = self._most_attempts = 0  # in a row; as it may have been counted
        self._away_ms = self._plugged_ms = self._missing_ms = self._counted_ms = 0

    @property
    def hinders(self) -> bool:
        """It may have something against charging."""
        return self.is_stuck or self._steps - self._open_at <= self._turn + 1

    def acknowledged(self) -> None:
        """It may try again."""
        self._attempts = self._most_attempts = 0
        self.is_stuck = False
        self._missing_ms = self._plugged_ms = self._counted_ms

    def look(self, t_ms: int, counted_ms: int, certain_a: int) -> None:
        """After a step; `certain_a`: readings of A in a row. Raises Violation."""
        port = self._port
        self._counted_ms = counted_ms
        self._read(port, counted_ms, certain_a)
        self._judge_drive(port, t_ms, counted_ms)
        self._judge_outputs(port)
        self._judge_waiting(port, t_ms, counted_ms)
        self._coil, self._drive = port.coil, self._lock.drive

    def _read(self, port: Port, counted_ms: int, certain_a: int) -> None:
        self._steps += 1
        if self._lock.is_locked is True:
            self._locked_at = self._steps
            self._attempts = 0
            self._missing_ms = counted_ms
            self._may_hold = False
            if self._steps - self._open_at > self._turn:
                self._most_attempts = 0
        else:
            self._open_at = self._steps
        if port.coil:
            self._closed_steps = self._closed_steps + 1 if self._coil else 1
        if port.coil or self._locked_at == self._steps:
            self._held_at = self._steps
        high_mv = port.high_mv
        is_known = port.unsure_ms < port.board.t_ms and high_mv is not None
        if not (is_known and 2000 <= high_mv < 10000):  # who knows what is there
            self._attempts = 0
            self._plugged_ms = self._missing_ms = counted_ms
        if not is_known or certain_a == 0:
            self._away_ms = counted_ms
        elif certain_a >= 4:
            self.is_stuck = False
            self._most_attempts = 0

    def _judge_drive(self, port: Port, t_ms: int, counted_ms: int) -> None:
        drive = self._lock.drive
        if drive is not None and drive is not self._drive:
            self._pulse_ms = counted_ms
            if drive:
                self.pulses += 1
                self._attempts += 1
                self._most_attempts += 1
                self.is_stuck = self.is_stuck or self._most_attempts >= _ATTEMPTS - 1
                never(self._attempts > _ATTEMPTS, "locked more than six times in a row")
        if drive is not None:
            late_ms = counted_ms - self._pulse_ms - self._turn_ms - STEP_MS
            never(late_ms > _PULSE_MS, "lock driven for more than 600 ms")
        if drive is False or self._drive is False:
            # its contact tells when it is locked, not when it is free: a pulse must be believed
            self._may_hold = self._may_hold or self._lock.bad_ms == t_ms
        if drive is False:
            is_closed = port.coil or port.contactor_is_closed is True
            never(is_closed, "driven to unlock while the contactor is closed")
            if self._closed_steps >= self._turn:  # else it may not have been noticed
                never(
                    t_ms < port.coil_ms + _RELEASE_MS, "driven to unlock while the contactor opens"
                )

    def _judge_outputs(self, port: Port) -> None:
        if port.coil and not self._coil:
            was_locked = self._steps - self._locked_at < self._turn
            never(not was_locked, "closed although the lock does not read locked")
        if 0 < port.duty < X1:
            late = self._steps - self._held_at > self._turn
            never(late, "PWM although the plug is not held")

    def _judge_waiting(self, port: Port, t_ms: int, counted_ms: int) -> None:
        pulse_ms = _PULSE_MS + _PAUSE_MS + 2 * self._turn_ms
        if counted_ms - self._missing_ms > _ATTEMPTS * pulse_ms + self._turn_ms + 1000:
            never(self._lock.drive is True, "locked on after five retries")
            never(self._fault() is None, "no fault although the plug does not lock")
        if t_ms - self._lock.bad_ms < _SOUND_MS:
            return
        is_away = counted_ms - self._away_ms > _FREE_MS and not self._may_hold
        if is_away and port.contactor_is_closed is not True:
            never(self._lock.holds, "the plug is not free 5 s after A")
        if counted_ms - self._plugged_ms > _HELD_MS and not self.is_stuck:
            never(self._lock.is_locked is not True, "the plug is not held 3 s after it is in")
