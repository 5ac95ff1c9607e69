"""Faults that an outlet must hold until a person or the next car ends them, seen from outside.

A fault that could have been seen, but need not, is `is_possible` only. Times in ms.
"""

from collections import deque

from pilotlight_host.storm.board import Port
from pilotlight_host.storm.readings import Readings
from pilotlight_host.storm.testwatch import EXPECTED, MAYBE, REAL

_MAYBE_DIFFERS_MS = 400
_TRIP_MS = 200  # monitors have their turn, one in a step: a trip may latch again for so long
_RETRY_MS = 15 * 60 * 1000  # not earlier, where a site allows it
_DIFFERS_MS = 1000  # public firmware locks out within a second


class Latches:
    """`fault`: what certainly holds, or None. `retries`: a trip may be taken back in the end."""

    def __init__(self, retries: bool) -> None:
        self._retries = retries
        self._again_ms: deque[int] = deque()  # when each trip may be taken back
        self._was_tripped = False
        self.fault: str | None = None
        self.differs = False  # the contact is not what was last commanded
        self._ends_with_car = False
        self._maybe_by_car = self._maybe_by_person = False
        self._real_ms = self._counted_ms = 0  # it differs since
        self._left_ms = 0  # of a trip that may latch again, counted
        self._seen_ms = self._before_ms = 0

    @property
    def is_possible(self) -> bool:
        """A fault may hold."""
        return self._maybe_by_car or self._maybe_by_person

    def acknowledged(self) -> None:
        """A person has cleared every fault."""
        self.fault = None
        self._maybe_by_car = self._maybe_by_person = False
        self.differs = False

    def take(self, seen: Readings) -> None:
        """After a new reading."""
        if seen.a >= 2 and self._ends_with_car:
            self.fault = None
        if seen.a >= 4:  # beside a guard two are a bounce
            self._maybe_by_car = False
        if seen.weak_low >= 2:
            self._maybe_by_car = True
        if seen.mirrored >= 3 and self.fault is None:
            self.fault = "diode shorted"
            self._ends_with_car = True

    def failed_test(self) -> None:
        """Its monitor has failed a test."""
        self._hold("monitor failed its test")

    def look(self, t_ms: int, counted_ms: int, port: Port, coil: bool, trip: int = REAL) -> None:
        """In every step; `coil`: as it was before this step. `trip`: what one would mean."""
        self._left_ms -= counted_ms - self._seen_ms
        self._seen_ms = counted_ms
        if port.residual_tripped and trip == EXPECTED:
            pass
        elif port.residual_tripped and trip == MAYBE:
            self._left_ms = _TRIP_MS
            self._maybe_by_person = True
        elif port.residual_tripped:
            self._left_ms = _TRIP_MS
            self._hold("residual current")
        elif self._left_ms > 0:
            self._maybe_by_person = True
        if self._retries:
            self._retry(t_ms, port.residual_tripped)
        closed = port.contactor_is_closed
        if closed is None or closed == coil:
            self.differs = False
        elif not self.differs:
            self.differs = True
            # it may have begun right after the step before
            self._real_ms, self._counted_ms = self._before_ms, counted_ms
        elif t_ms - self._real_ms >= _MAYBE_DIFFERS_MS:
            self._maybe_by_person = True
            if counted_ms - self._counted_ms >= _DIFFERS_MS:
                self._hold("contactor differs")
        self._before_ms = t_ms

    def _retry(self, t_ms: int, is_tripped: bool) -> None:
        """Which trip the 15 minutes count from is not known: one may not have been noticed."""
        if is_tripped and not self._was_tripped:
            self._again_ms.append(t_ms + _RETRY_MS)
        self._was_tripped = is_tripped
        while self._again_ms and self._again_ms[0] <= t_ms:
            self._again_ms.popleft()
            if self.fault == "residual current" and not is_tripped:
                self.fault = None

    def _hold(self, fault: str) -> None:
        self.fault = fault
        self._ends_with_car = False
        self._maybe_by_person = True
