"""OpenEVSE's current shaper (OpenEVSE/openevse_esp32_firmware @1797b7a3, src/current_shaper.cpp,
src/input_filter.cpp; defaults src/app_config.cpp 286-302).

Each station shapes itself, every 2 s on a new value of the site's power: maximum = (limit -
live)/3 V (three phases are taken as balanced) + its own measured current, whole amperes, no ramp
either way. Below 6 A it is disabled; while it is, live power rises at once and falls with a time
constant of 60 s. Several stations do not know of each other. `ends_early`: as the source reads, a
sample with 6 A inside the pause ends it; else the rule as intended: 300 s and 6.5 A. The load
sharing that was merged later (preview) is not here.

Test of its figures: host_tests/test_compare_openevse.py.
"""

import math

from .bench import View
from .charger import MIN_MA, Charger

CYCLE_MS = 2000
PAUSE_MS = 300_000
RESUME_MA = 6500
TAU_S = 60.0
_VOLTS = 230
_TURN_MS = 500  # the stations' loops are not in step


class _Station:
    def __init__(self) -> None:
        self.taken_ms = -1
        self.paused_ms: int | None = None
        self.live_w: float | None = None  # smoothed while it is paused
        self.seen_ms = 0


class OpenEvse:
    """One shaper per outlet."""

    cycle_ms = _TURN_MS

    def __init__(self, ends_early: bool = False) -> None:
        self._ends_early = ends_early
        self._stations: dict[int, _Station] = {}

    def decide(self, view: View) -> None:
        """Those whose loop is due."""
        turns = CYCLE_MS // _TURN_MS
        for charger in view.chargers:
            station = self._stations.setdefault(charger.number, _Station())
            is_due = view.now_ms // _TURN_MS % turns == charger.number % turns
            if is_due and view.taken_ms != station.taken_ms:
                station.taken_ms = view.taken_ms
                self._shape(view, charger, station)

    def _shape(self, view: View, charger: Charger, station: _Station) -> None:
        live_w = self._smooth(view, station)
        limit_w = 3 * _VOLTS * view.rating_ma / 1000
        own_a = max(charger.drawn_ma) / 1000
        most_ma = math.floor((limit_w - live_w) / (3 * _VOLTS) * 1000) + round(own_a * 1000)
        if station.paused_ms is None and most_ma < MIN_MA:
            station.paused_ms = view.now_ms
            station.live_w = view.grid_w
        elif station.paused_ms is not None and self._may_resume(view, station, most_ma):
            station.paused_ms = None
            station.live_w = None
        if station.paused_ms is not None or not charger.asks:
            charger.offer_ma = 0
        else:
            charger.offer_ma = min(charger.max_ma, most_ma // 1000 * 1000)

    def _may_resume(self, view: View, station: _Station, most_ma: int) -> bool:
        if self._ends_early and most_ma >= MIN_MA:
            return True
        past_ms = view.now_ms - (station.paused_ms or 0)
        return past_ms >= PAUSE_MS and most_ma >= RESUME_MA

    def _smooth(self, view: View, station: _Station) -> float:
        """Live power, W."""
        past_s = (view.now_ms - station.seen_ms) / 1000
        station.seen_ms = view.now_ms
        if station.live_w is None:
            return view.grid_w
        if view.grid_w >= station.live_w:
            station.live_w = view.grid_w
        else:
            station.live_w += (view.grid_w - station.live_w) * (1 - math.exp(-past_s / TAU_S))
        return station.live_w
