"""One visit of a car at one outlet, from plug to unplug. Times in ms (ticks), currents in mA.

Energy is what the outlet's own meter says. Without one it is inferred: what flows at the feeder
and is not the house's belongs to the cars there, to each by what it was told, at 230 V.
"""

from micropython import const
from time import ticks_diff

_VOLTS = const(230)


class Session:
    """Counts while a car is plugged in; `is_open`: one is."""

    def __init__(self):
        self.is_open = False
        self.power_w = 0  # what the car draws at 230 V; None: not known
        self.begun_utc_s = None
        self.has_begun = False  # once, since the start

    def begin(self, now_ms, utc_s, register_wh):
        """A car has been plugged in. `register_wh`: of the outlet's meter, or None."""
        self.is_open = self.has_begun = True
        self.begun_utc_s = utc_s
        self.plugged_s = self.charged_s = self.most_ma = 0
        self._at_ms = now_ms
        self._part_ms = 0
        self._first_wh = self._last_wh = register_wh
        self._wh = self._part_ws = self.power_w = 0  # inferred
        self.unknown_s = 0  # of charged_s: nothing told what the car drew

    def follow(self, now_ms, is_closed, sum_ma, told_ma, register_wh):
        """Since the last time: the contactor was closed or not, the car drew `sum_ma` (all phases
        together, None: not known) and was told `told_ma`; its meter shows `register_wh` now.
        """
        self._last_wh = register_wh
        self.power_w = 0
        self._part_ms += ticks_diff(now_ms, self._at_ms)
        self._at_ms = now_ms
        gone_s = self._part_ms // 1000
        self._part_ms -= gone_s * 1000
        self.plugged_s += gone_s
        if is_closed:
            self.charged_s += gone_s
            self.most_ma = max(self.most_ma, told_ma)
            self._add(gone_s, sum_ma)

    def _add(self, gone_s, sum_ma):
        if sum_ma is None:
            self.power_w = None
            self.unknown_s += gone_s
            return
        self.power_w = power_w = sum_ma * _VOLTS // 1000
        while gone_s > 0:  # an hour of 55 kW is a small number
            part_s = min(gone_s, 3600)
            self._part_ws += power_w * part_s
            self._wh += self._part_ws // 3600
            self._part_ws %= 3600
            gone_s -= part_s

    def energy(self):
        """(Wh, "meter" or "inferred": without what was drawn in `unknown_s`), or (None, None):
        not known at all.
        """
        first_wh, last_wh = self._first_wh, self._last_wh
        if first_wh is not None and last_wh is not None and last_wh >= first_wh:
            return last_wh - first_wh, "meter"
        if self.unknown_s and self.unknown_s == self.charged_s:
            return None, None
        return self._wh, "inferred"
