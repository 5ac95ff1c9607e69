"""The contactor's mirror contact against what was wanted: a disagreement is a fault with a name.

Welded or stuck, it is never tried again by itself. 500 ms are more than a contactor needs and less
than the second in which public firmware locks out.
"""

from micropython import const
from time import ticks_add, ticks_diff

from pilotlight.core import faults

_READBACK_MS = const(500)


class Mirror:
    """`fault` stays until `forget`: faults.WELDED, NOT_CLOSED, MIRROR or NO_FAULT. `is_fitted`: a
    contact that cannot be read (None) is a fault, too.
    """

    def __init__(self):
        self.is_fitted = False
        self.fault = faults.NO_FAULT
        self._until_ms = None

    def agrees(self):
        """Nothing speaks against closing: a contact that reads closed is not closed once more."""
        return self._until_ms is None and self.fault == faults.NO_FAULT

    def is_settled(self):
        """No time is running."""
        return self._until_ms is None

    def forget(self):
        """A person has looked at it."""
        self.fault = faults.NO_FAULT
        self._until_ms = None

    def step(self, now_ms, is_wanted, is_closed):
        """`is_closed`: the contact, or None if it is not known."""
        if is_closed == is_wanted or (is_closed is None and not self.is_fitted):
            self._until_ms = None
        elif self._until_ms is None:
            if self.fault == faults.NO_FAULT:
                self._until_ms = ticks_add(now_ms, _READBACK_MS)
        elif ticks_diff(now_ms, self._until_ms) >= 0:
            self.fault = faults.NOT_CLOSED if is_wanted else faults.WELDED
            if is_closed is None:
                self.fault = faults.MIRROR
            self._until_ms = None
