"""EVerest's EnergyManager (EVerest/everest-core @23c9dac16,
modules/EnergyManagement/EnergyManager: EnergyManagerImpl.cpp, BrokerFastCharging.cpp,
Market.cpp 418-423).

A market every second: each outlet's broker first buys its minimum or nothing, in fixed tree
order, then slices of 0.5 A go round, at most 100 rounds, until nobody buys. Measured load is not
used: what the house takes has to come as an external limit, here the fuse less the day's largest
house load. One current per node, the same on all phases. By default outlets without a car hold
their budget too (`request_zero_power_in_idle` false); `idle_is_zero` turns that off.

Test of its figures: host_tests/test_compare_everest.py.
"""

from .bench import View
from .charger import MIN_MA
from .static import limit_ma

CYCLE_MS = 1000
SLICE_MA = 500
ROUNDS = 100


class Everest:
    """Has no memory: the market is made anew."""

    cycle_ms = CYCLE_MS

    def __init__(self, idle_is_zero: bool = False) -> None:
        self._idle_is_zero = idle_is_zero

    def decide(self, view: View) -> None:
        """One market."""
        buyers = [c for c in view.chargers if c.asks or not self._idle_is_zero]
        sold = market(limit_ma(view), [charger.max_ma for charger in buyers])
        for charger in view.chargers:
            charger.offer_ma = 0
        for charger, bought_ma in zip(buyers, sold, strict=True):
            charger.offer_ma = bought_ma if charger.asks else 0


def market(left_ma: int, most_ma: list[int]) -> list[int]:
    """What each buyer gets of `left_ma`."""
    bought = [0] * len(most_ma)
    for n in range(len(most_ma)):
        if left_ma >= MIN_MA:
            bought[n] = MIN_MA
            left_ma -= MIN_MA
    for _ in range(ROUNDS):
        is_sold = False
        for n, most in enumerate(most_ma):
            if 0 < bought[n] <= most - SLICE_MA and left_ma >= SLICE_MA:
                bought[n] += SLICE_MA
                left_ma -= SLICE_MA
                is_sold = True
        if not is_sold:
            break
    return bought
