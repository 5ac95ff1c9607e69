"""The board `pico_io`: the carrier of ../pico as I/O board of a computer (../linux_sbc)."""

from time import ticks_diff, ticks_ms

from io_guard import HoldingGuard
from micropython import const
from pico_pins import Pins

from pilotlight.drivers.rp2 import carrier

_GUARD_MS = const(40)  # as in carrier.py


class Board(carrier.Carrier):
    """Carrier whose outputs expire."""

    guard = HoldingGuard

    def __init__(self):
        super().__init__("pico_io", Pins)

    @property
    def is_guarded(self):
        """The guard, which also lets outputs expire, has its beat."""
        return ticks_diff(ticks_ms(), self._beat_ms) < _GUARD_MS

    @property
    def has_expired(self):
        """Outputs are off, for want of a refresh."""
        return self._guard.has_expired

    def refresh(self):
        """Outputs hold from now on. True if they had expired: then they are off."""
        return self._guard.refresh()


def rest():
    """Every output off, while no program runs."""
    carrier.rest(Pins)
