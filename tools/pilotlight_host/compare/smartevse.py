"""SmartEVSE 3.5, mode Smart, one master with up to 8 units (dingo35/SmartEVSE-3.5 @2d95cf08,
SmartEVSE-3/src/main.cpp 787-1234).

One scalar, the highest phase, every 2 s; the base load is that minus what was last *set*. Down by
the whole difference, up by a quarter of it. Too little for all minima for more than two cycles:
all stop, and 60 s pause. Integer deci-ampere there, mA here. Left out: solar modes, sum limits,
capacity tariff, circuit meter (none is fitted, so MaxCircuit is the outlets' own fuse: the
supply's).

Test of its figures: host_tests/test_compare_smartevse.py.
"""

from .bench import View
from .charger import MIN_MA, Charger

CYCLE_MS = 2000
RISE_PART = 4  # a quarter of what is free
MOST_SET_MA = 80_000
SHORTAGES = 2  # cycles; the third stops all
DELAY_MS = 60_000  # charge delay after an error has cleared


class SmartEvse:
    """The master's memory."""

    cycle_ms = CYCLE_MS

    def __init__(self) -> None:
        self.set_ma = 0  # "Iset", for all together
        self._shortages = 0
        self._is_error = False
        self._free_ms = 0  # no start before
        self._taken_ms = -1

    def decide(self, view: View) -> None:
        """One Modbus sweep."""
        if view.taken_ms == self._taken_ms:
            return
        self._taken_ms = view.taken_ms
        active = [c for c in view.chargers if c.asks and c.offer_ma > 0]
        for charger in view.chargers:
            if charger not in active:
                charger.offer_ma = 0
        most_ma = max(view.grid_ma)
        base_ma = most_ma - sum(charger.offer_ma for charger in active)
        if active:
            self._balance(view, active, most_ma, base_ma)
        self._admit(view, active, base_ma)

    def _balance(self, view: View, active: list[Charger], most_ma: int, base_ma: int) -> None:
        free_ma = view.rating_ma - most_ma
        self.set_ma += free_ma // RISE_PART if free_ma > 0 else free_ma
        self.set_ma = max(0, min(self.set_ma, MOST_SET_MA))
        self.set_ma = min(self.set_ma, view.rating_ma - base_ma, view.rating_ma)
        least_ma = MIN_MA * len(active)
        if self.set_ma < least_ma:
            self.set_ma = least_ma
            is_short = least_ma > view.rating_ma - base_ma or least_ma > view.rating_ma
            self._shortages = self._shortages + 1 if is_short else 0
        else:
            self._shortages = 0
        if self._shortages > SHORTAGES or most_ma > 2 * view.rating_ma:
            self._stop(active)
            return
        for charger, part_ma in zip(active, share(self.set_ma, active), strict=True):
            charger.offer_ma = part_ma

    def _stop(self, active: list[Charger]) -> None:
        """All stop."""
        for charger in active:
            charger.offer_ma = 0
        active.clear()
        self._is_error = True
        self._shortages = 0

    def _admit(self, view: View, active: list[Charger], base_ma: int) -> None:
        """One more, if another minimum fits."""
        needed_ma = MIN_MA * (len(active) + 1)
        if needed_ma + base_ma > view.rating_ma or needed_ma > view.rating_ma:
            return
        if self._is_error:
            self._is_error = False
            self._free_ms = view.now_ms + DELAY_MS
        if view.now_ms < self._free_ms:
            return
        for charger in view.chargers:
            if charger.asks and charger not in active:
                self.set_ma = min(view.rating_ma - base_ma, view.rating_ma)
                active.append(charger)
                for one, part_ma in zip(active, share(self.set_ma, active), strict=True):
                    one.offer_ma = max(MIN_MA, part_ma)
                return


def share(total_ma: int, active: list[Charger]) -> list[int]:
    """Units at or below the average get their maximum, the rest is split equally."""
    average_ma = total_ma // len(active)
    fixed = [c for c in active if c.max_ma <= average_ma]
    left_ma = total_ma - sum(c.max_ma for c in fixed)
    others = len(active) - len(fixed)
    return [c.max_ma if c in fixed else left_ma // others for c in active]
