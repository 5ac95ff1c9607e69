"""evcc's circuits (evcc-io/evcc @b29b49e30, core/circuit/circuit.go, core/loadpoint.go 56-62,
930-1030, core/site.go 1329-1371), every loadpoint in mode "now".

One loadpoint has its turn every 30 s. potential = limit - measured, of the highest phase and of
power; a loadpoint that wants more than that gets what it draws plus the potential, in whole
amperes, below 6 A nothing. No averaging, no ramp, no fairness. A charger is switched 60 s after
the last time at the earliest. Left out: PV modes with their delays, priorities.

Test of its figures: host_tests/test_compare_evcc.py.
"""

from .bench import View
from .charger import MIN_MA, Charger

INTERVAL_MS = 30_000
GUARD_MS = 60_000
_VOLTS = 230


class Evcc:
    """Whose turn it is."""

    cycle_ms = INTERVAL_MS

    def __init__(self) -> None:
        self._turn = 0
        self._switched_ms: dict[int, int] = {}

    def decide(self, view: View) -> None:
        """One loadpoint's turn."""
        charger = view.chargers[self._turn]
        self._turn = (self._turn + 1) % len(view.chargers)
        if not charger.asks:
            charger.offer_ma = 0
            return
        offer_ma = granted_ma(view, charger)
        if bool(offer_ma) != bool(charger.offer_ma):
            last_ms = self._switched_ms.get(charger.number)
            if last_ms is not None and view.now_ms - last_ms < GUARD_MS:
                return
            self._switched_ms[charger.number] = view.now_ms
        charger.offer_ma = offer_ma


def granted_ma(view: View, charger: Charger) -> int:
    """What the circuit lets a loadpoint have that wants its maximum."""
    drawn = charger.drawn_ma
    old_ma = max(drawn)
    wanted_ma = charger.max_ma
    potential_ma = view.rating_ma - max(view.grid_ma)
    if max(0, wanted_ma - old_ma) > potential_ma:
        wanted_ma = min(wanted_ma, max(0, old_ma + potential_ma))
    phases = sum(ma > 1000 for ma in drawn) or len(charger.wires)
    old_w = sum(drawn) * _VOLTS / 1000
    potential_w = 3 * _VOLTS * view.rating_ma / 1000 - view.grid_w
    wanted_w = wanted_ma * phases * _VOLTS / 1000
    if max(0.0, wanted_w - old_w) > potential_w:
        wanted_w = min(wanted_w, max(0.0, old_w + potential_w))
        wanted_ma = min(wanted_ma, int(wanted_w * 1000 / (phases * _VOLTS)))
    whole_ma = wanted_ma // 1000 * 1000
    return whole_ma if whole_ma >= MIN_MA else 0
