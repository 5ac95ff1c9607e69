"""Wakes a car that sleeps with its plug in: state F for a while, then x1, then the duty again.

A.5.3 as public firmware has it: 30 s of a duty without an answer, then F for 4 s (T_step_EF of
ISO 15118-3), x1 for 0.75 s (500...1000 ms until the car is ready again). Once per plug-in, and not
to a car that has asked for current already.
"""

from micropython import const
from time import ticks_add

from pilotlight.core.deadline import unless_passed

F_MS = 4000
X1_MS = 750
_PATIENCE_MS = const(30000)


class Wake:
    """`is_allowed`: some older hybrids take F for a fault that only unplugging ends."""

    def __init__(self):
        self.is_allowed = True
        self._until_ms = None
        self._is_over = False  # woken, or it has shown that it does not sleep

    def is_settled(self):
        """It waits for nothing."""
        return self._until_ms is None

    def forget(self):
        """The car has gone."""
        self._is_over = False
        self._until_ms = None

    def is_awake(self):
        """The car has asked for current."""
        self._is_over = True
        self._until_ms = None

    def is_due(self, now_ms, is_offered):
        """True once, if the car has left a duty without an answer for too long. Each step in B."""
        if self._is_over or not is_offered or not self.is_allowed:
            self._until_ms = None
            return False
        if self._until_ms is None:
            self._until_ms = ticks_add(now_ms, _PATIENCE_MS)
        elif unless_passed(now_ms, self._until_ms) is None:
            self.is_awake()
            return True
        return False
