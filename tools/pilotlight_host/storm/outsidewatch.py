"""Judges what outlets are offered and told under limits from outside (docs/limits.md).

Times in ms, currents in mA, powers in W at 230 V.
"""

from collections import deque
from collections.abc import Sequence
from typing import Any

from pilotlight_host.storm.feeders import Feeder
from pilotlight_host.storm.outside import Outside
from pilotlight_host.storm.powerwatch import PowerWatch, watches_of
from pilotlight_host.storm.rules import amps_of, never

_DECIDE_MS = 6500  # a sensor that falls silent lets nobody decide for 5 s
_HANDOVER_MS = 6500  # two may be told the same part for so long
_BAND_MA = 200  # reductions below that are noise, but under an order
_HOUSE_MS = 25000  # the highest house load of so long is what leaves a surplus
_LIE_MS = 40000
_SUN_MA = 4000  # less than the minimum of a car of one phase, and what sensors may be wrong by
_ALL_W = 1 << 30


class OutsideWatch:
    """`places`: place.Place of each outlet, beside its model."""

    def __init__(self, outside: Outside, models: list[Feeder], places: Sequence[Any]):
        self.dimmed = 0  # steps in which an order has bound
        self._outside = outside
        self._models = models
        draws = [draw for model in models for draw in model.draws]
        self._draws = sorted(draws, key=lambda draw: draw.port.number)
        self._places = places
        self._powers: list[PowerWatch] = []
        for model, table in zip(models, outside.tables, strict=True):
            self._powers += watches_of(model, table, places)
        self._orders: deque[tuple[int, int]] = deque()
        self._over_ms: int | None = None
        self._past: dict[str, deque[tuple[int, int]]] = {m.name: deque() for m in models}
        self._offered_ma = [0] * len(places)

    @property
    def answered(self) -> int:
        """How often somebody was told less where more flowed than a limit of power."""
        return sum(power.answered for power in self._powers)

    def look(self, t_ms: int, counted_ms: int) -> None:
        """After a step. Raises Violation."""
        self._judge_order(counted_ms)
        for power in self._powers:
            power.look(t_ms, counted_ms)
        self._judge_unbalance()
        for n, place in enumerate(self._places):
            if t_ms - self._outside.moded_ms[n] > _DECIDE_MS:
                self._judge_mode(place)
        self._judge_starts(t_ms)

    def _judge_order(self, counted_ms: int) -> None:
        limit_w = self._outside.limit_w()
        self._orders.append((counted_ms, _ALL_W if limit_w is None else limit_w))
        while self._orders[0][0] < counted_ms - _DECIDE_MS:
            self._orders.popleft()
        allowed_w = max(order_w for _, order_w in self._orders)
        offered_w = told_w = 0
        for draw, place in zip(self._draws, self._places, strict=True):
            offered_w += place.offered_ma * len(draw.phases) * 230 // 1000
            told_w += amps_of(draw.port.duty) * len(draw.phases) * 230 // 1000
        self.dimmed += 0 < offered_w and allowed_w - 4140 < offered_w
        never(offered_w > allowed_w, "offers exceed an order of the grid operator")
        if told_w <= allowed_w:
            self._over_ms = None
        elif self._over_ms is None:
            self._over_ms = counted_ms
        else:
            is_long = counted_ms - self._over_ms > _HANDOVER_MS
            never(is_long, "more than an order of the grid operator signalled for 6 s")

    def _judge_unbalance(self) -> None:
        """What is not on all three phases never adds more to one of them than the limit."""
        for model, table in zip(self._models, self._outside.tables, strict=True):
            if table["unbalance_a"] is None:
                continue
            mine = [(draw, self._places[draw.port.number]) for draw in model.all_draws()]
            for p in range(3):
                odd = [place for draw, place in mine if draw.phases == (p,)]
                most_ma = 1000 * table["unbalance_a"] + _BAND_MA * len(odd)
                added_ma = sum(place.offered_ma for place in odd)
                never(added_ma > most_ma, "offers make the phases differ by more than the limit")

    def _judge_mode(self, place: Any) -> None:
        pool = place.bound_by
        is_dark = pool is not None and pool.is_soft and place.share_ma == 0
        is_kept = place.mode == "min+solar" and is_dark
        never(is_kept, "min+solar has not even its minimum, for lack of sun")

    def _judge_starts(self, t_ms: int) -> None:
        """What takes only the sun does not start without any."""
        for model in self._models:
            past = self._past[model.name]
            sunny_ma = -sum(model.total_ma)
            for draw in model.all_draws():
                if self._places[draw.port.number].mode != "fast":
                    sunny_ma += draw.ma * len(draw.phases)
            past.append((t_ms, sunny_ma))
            while past[0][0] < t_ms - _HOUSE_MS:
                past.popleft()
            most_ma = max(ma for _, ma in past)
            is_true = all(t_ms - sensor.lied_ms > _LIE_MS for sensor in model.sensors)
            if most_ma >= _SUN_MA or not is_true or not model.is_root:
                continue
            for draw in model.all_draws():
                n = draw.port.number
                place = self._places[n]
                is_start = self._offered_ma[n] == 0 < place.offered_ma
                is_old = t_ms - self._outside.moded_ms[n] > _HOUSE_MS
                never(is_start and is_old and place.mode == "solar", "started without sun")
        self._offered_ma = [place.offered_ma for place in self._places]
