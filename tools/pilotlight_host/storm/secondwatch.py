"""Judges the second contactor of one outlet: it never moves under a car (docs/architecture.md).

Times in ms; a calm is held against the real clock, what must have happened against `counted`.
"""

from collections.abc import Callable

from pilotlight_host.storm.board import X1, Port
from pilotlight_host.storm.rules import STEP_MS, never
from pilotlight_host.storm.seconds import Second

_CALM_MS = 10000
_TRAVEL_MS = 500
_C_MV = (2500, 6500)  # nobody takes it for anything but C or D
_SEEN_MS = 500


class SecondWatch:
    """`is_free`: what the firmware says of it: nothing is being switched, nothing in doubt."""

    def __init__(self, port: Port, second: Second, outlets: int, is_free: Callable[[], bool]):
        self._port = port
        self._second = second
        self._is_free = is_free
        self._look_ms = 3 * outlets * STEP_MS  # two turns, and a step
        self._busy_ms = 0  # something was not at rest
        self._away_ms = 0  # out of C
        self._coil = self._main = False
        self._odd_ms = 0  # it has stood as told until

    @property
    def hinders(self) -> bool:
        """It may have something against charging."""
        return not self._is_free()

    def look(self, t_ms: int, counted_ms: int) -> None:
        """After a step. Raises Violation."""
        port, second = self._port, self._second
        is_live = port.coil or port.contactor_is_closed is True
        if second.coil != self._coil:
            never(is_live or self._main, "the second contactor moves under a closed one")
            never(t_ms - self._busy_ms < _CALM_MS, "the second contactor moves without calm")
        if not _C_MV[0] <= port.level_mv <= _C_MV[1] or port.unsure_ms >= t_ms:
            self._away_ms = counted_ms
        if is_live or port.duty != X1 or counted_ms - self._away_ms > _SEEN_MS:
            self._busy_ms = t_ms
        if second.contact == second.coil or not second.is_fitted:
            self._odd_ms = counted_ms
        odd_ms = counted_ms - self._odd_ms
        if port.coil:
            if not self._main:
                is_soon = t_ms - second.coil_ms < _CALM_MS
                never(is_soon, "closed less than 10 s after the second contactor moved")
            is_odd = odd_ms > _TRAVEL_MS + self._look_ms
            never(is_odd, "closed although the second contactor is not as told")
        self._coil, self._main = second.coil, port.coil
