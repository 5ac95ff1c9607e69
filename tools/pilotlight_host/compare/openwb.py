"""openWB 2 (openWB/core @3039a2101, packages/control/counter.py, control/loadmanagement.py,
control/algorithm/), every vehicle in mode "instant".

Every 10 s, per phase: left = limit - (meter - what its chargers draw), mapped by `phase_1`. First
the minimum for each in order of plugging in, nothing if it does not fit; then the rest: each in
turn gets per phase at most left / outlets still waiting there. Power at the supply likewise. A
car that 60 s after its start draws clearly less than it was set counts with what it draws. The
cycle of 10 s was not found in the source read. Left out: PV modes, ripple control, unbalanced-
load limit.

Test of its figures: host_tests/test_compare_openwb.py.
"""

from .bench import View
from .charger import MIN_MA, Charger

CYCLE_MS = 10_000
SETTLED_MS = 60_000
CLEARLY = 0.9  # draws less than this share of what it was set: ours, the source has a tolerance
_VOLTS = 230
_NOTHING_MA = 1000


class OpenWb:
    """Has no memory."""

    cycle_ms = CYCLE_MS

    def decide(self, view: View) -> None:
        """One cycle of the algorithm."""
        asking = sorted((c for c in view.chargers if c.asks), key=lambda c: c.plugged_ms)
        left_ma = self._left(view)
        limit_w = 3 * _VOLTS * view.rating_ma / 1000
        cars_w = sum(sum(c.drawn_ma) for c in view.chargers) * _VOLTS / 1000
        left_w = max(0.0, limit_w - (view.grid_w - cars_w))
        granted: dict[Charger, int] = {}
        for charger in asking:
            wires = phases_of(charger)
            watts = MIN_MA * len(wires) * _VOLTS / 1000
            if all(left_ma[p] >= MIN_MA for p in wires) and left_w >= watts:
                granted[charger] = MIN_MA
                left_w -= self._take(view, charger, MIN_MA, left_ma)
        self._additional(view, granted, left_ma, left_w)
        for charger in view.chargers:
            charger.offer_ma = granted.get(charger, 0)

    def _left(self, view: View) -> list[int]:
        left_ma = []
        for p in range(3):
            cars_ma = sum(charger.drawn_ma[p] for charger in view.chargers)
            left_ma.append(max(0, view.rating_ma - (view.grid_ma[p] - cars_ma)))
        return left_ma

    def _additional(
        self, view: View, granted: dict[Charger, int], left_ma: list[int], left_w: float
    ) -> None:
        waiting = list(granted)
        while waiting:
            charger = waiting[0]
            wires = phases_of(charger)
            all_phases = sum(len(phases_of(c)) for c in waiting)
            more_ma = charger.max_ma - granted[charger]
            for p in wires:
                more_ma = min(more_ma, left_ma[p] // sum(p in phases_of(c) for c in waiting))
            more_ma = min(more_ma, int(left_w * 1000 / _VOLTS / all_phases))
            granted[charger] += max(0, more_ma)
            left_w -= self._take(view, charger, max(0, more_ma), left_ma)
            waiting.pop(0)

    def _take(self, view: View, charger: Charger, ma: int, left_ma: list[int]) -> float:
        """Use up what a grant takes, W; a car that is content counts with what it draws."""
        since_ms = charger.charging_ms
        if since_ms is not None and view.now_ms - since_ms > SETTLED_MS:
            drawn_ma = max(charger.drawn_ma)
            if _NOTHING_MA < drawn_ma < CLEARLY * charger.offer_ma:
                ma = min(ma, max(0, drawn_ma - MIN_MA)) if ma != MIN_MA else ma
        for p in phases_of(charger):
            left_ma[p] -= ma
        return ma * len(phases_of(charger)) * _VOLTS / 1000


def phases_of(charger: Charger) -> tuple[int, ...]:
    """The phases in use: as measured once it charges, else all it is wired to."""
    used = tuple(p for p in charger.wires if charger.drawn_ma[p] > _NOTHING_MA)
    return used or charger.wires
