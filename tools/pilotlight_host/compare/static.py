"""Static split: what is left of the fuse beside the largest house load, in equal fixed parts.

What most chargers without a meter at the supply are set to (peers' "static" modes). The house is
taken to be the largest load of this very day, which no installer knows: a favour to the baseline.
Where the parts would be below 6 A, only as many outlets as fit are enabled, the first ones.

Test of its figures: host_tests/test_compare_static.py.
"""

from .bench import View
from .charger import MIN_MA


def limit_ma(view: View) -> int:
    """What may always be drawn beside the house, mA per phase."""
    return max(0, view.rating_ma - max(view.house_peak_ma))


class Static:
    """No feedback at all."""

    cycle_ms = 1000

    def decide(self, view: View) -> None:
        """The same parts for ever."""
        room_ma = limit_ma(view)
        enabled = min(len(view.chargers), room_ma // MIN_MA)
        for charger in view.chargers:
            is_enabled = charger.number < enabled
            part_ma = min(charger.max_ma, room_ma // enabled) if is_enabled else 0
            charger.offer_ma = part_ma if charger.asks else 0
