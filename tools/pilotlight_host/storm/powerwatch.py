"""Judges what outlets do under a limit of the power that one feeder takes from the grid,
`import_w` or `quarter_w` (docs/limits.md), by what flows in truth. Powers in W at 230 V,
currents in mA.

What cars do not take of what they are offered others get: so after a change it may be more than
the limit for as long as cars and sensors need to follow. Until then

- nobody is told more than fits beside what flows, less what outlets may be drawing already;
- where it is more, somebody is told less or opens, again and again, until it is not;
- without any sensor the house counts as drawing what `base_max_a` says.

Times in ms. `counted` leaves out the time the program stood still.
"""

from collections import deque
from collections.abc import Sequence
from typing import Any

from pilotlight_host.storm.feeders import Draw, Feeder
from pilotlight_host.storm.quarters import Quarters
from pilotlight_host.storm.rules import amps_of, never

_FOLLOW_MS = 7200  # cars within 5 s; 6 s are counted, and the mean of windows tells late
_PWM_MS = 5000
_LINGER_MS = 3200  # a sensor may show so long what an outlet drew that has opened
_LOST_MS = 11000
_LIE_MS = 40000  # after a lie a sensor may not be believed
_WELL_MS = 8000
_FIRST_MS = 3000  # the model's first sample begins with nothing
_PAST_MS = 2300  # a sample of a meter of 1 s tells of both ends of the second before it
_CLAMPS_MS = 300  # to decide and say so
_BAND_MA = 210  # trust's band 150 mA, clamps' noise 60 mA
_PART = 78  # 1/128, and clamps that read 0.5 % low
_FAINT_MA = 500  # what stays below that changes nothing
_BAND_W, _BAND_PART = 105, 128  # smaller changes of power are noise
_NOISE_MA = 200  # and smaller reductions


def watts(ma: int) -> int:
    """Of a current, at 230 V."""
    return ma * 230 // 1000


class _Outlet:
    """What one outlet was told and offered."""

    def __init__(self, draw: Draw, place: Any):
        self.draw = draw
        self.place = place
        self.offered_ma = self.told_ma = 0
        self.most_ma = 0  # told since the last time that cars had followed
        self.lowered_ms = -_FOLLOW_MS
        self.closed_ms = -_LINGER_MS
        self.changed_ms = 0  # PWM was set
        self.was_on = False

    def follow(self, counted_ms: int) -> bool:
        """True if it is offered more than before."""
        offered_ma, told_ma = self.place.offered_ma, amps_of(self.draw.port.duty)
        is_on = self.draw.port.coil
        if is_on:
            self.closed_ms = counted_ms
        if told_ma < self.told_ma or (self.was_on and not is_on):
            self.lowered_ms = counted_ms
        if told_ma != self.told_ma and told_ma:
            self.changed_ms = counted_ms
        if told_ma >= self.most_ma or counted_ms - self.lowered_ms > _FOLLOW_MS:
            self.most_ma = told_ma
        is_raised = offered_ma > self.offered_ma
        self.offered_ma, self.told_ma, self.was_on = offered_ma, told_ma, is_on
        return is_raised

    def most_w(self, counted_ms: int) -> int:
        """It may be drawing so much of what is measured."""
        if counted_ms - self.closed_ms > _LINGER_MS:
            return 0
        return watts(self.most_ma * len(self.draw.phases))

    def offered_w(self) -> int:
        """On all its phases."""
        return watts(self.offered_ma * len(self.draw.phases))


class PowerWatch:
    """`name`: what the limit is called. `is_mean`: it holds for every quarter of an hour."""

    def __init__(self, model: Feeder, places: Sequence[Any], limit_w: int, name: str):
        self.answered = 0  # how often more than it flowed, and somebody was told less
        self._model = model
        self._name = name
        self._limit_w = limit_w
        self._quarters = Quarters(limit_w) if name == "quarter_w" else None
        draws = model.all_draws()
        self._outlets = [_Outlet(draw, places[draw.port.number]) for draw in draws]
        self._t_ms = self._counted_ms = 0
        self._past: deque[tuple[int, int]] = deque()
        self._over_ms: int | None = None
        self._silent_ms = 0
        self._sequences: list[int] = []
        periods = [sensor.every_ms for sensor in model.sensors]
        self._react_ms = 2 * max(periods) + _CLAMPS_MS

    def look(self, t_ms: int, counted_ms: int) -> None:
        """After a step. Raises Violation."""
        past_ms, counted_past_ms = t_ms - self._t_ms, counted_ms - self._counted_ms
        self._t_ms, self._counted_ms = t_ms, counted_ms
        flows_w = watts(sum(self._model.total_ma))
        self._past.append((t_ms, flows_w))
        while self._past[0][0] < t_ms - _PAST_MS:
            self._past.popleft()
        is_heard = self._is_heard()
        wrong_w = self._wrong_w(flows_w)
        if self._quarters is not None:
            self._quarters.take(past_ms, flows_w - wrong_w if is_heard else 0)
        raised = [outlet for outlet in self._outlets if outlet.follow(counted_ms)]
        if raised and is_heard:
            self._judge_raise(wrong_w)
        self._judge_answer(flows_w - wrong_w, is_heard)
        self._judge_lost(counted_past_ms)

    def _allowed_w(self) -> int:
        return self._limit_w if self._quarters is None else self._quarters.allowed_w

    def _wrong_w(self, flows_w: int) -> int:
        """Sensors and bands may make of it so much less, and small reductions are not made."""
        wrong_ma = sum(max(_FAINT_MA, _BAND_MA + abs(ma) // _PART) for ma in self._model.total_ma)
        for outlet in self._outlets:
            if outlet.offered_ma:
                wrong_ma += _NOISE_MA * len(outlet.draw.phases)
        return watts(wrong_ma) + _BAND_W + abs(flows_w) // _BAND_PART

    def _is_heard(self) -> bool:
        """Every sensor, and each has told the truth for long."""
        t_ms = self._t_ms
        return t_ms > _FIRST_MS and all(
            t_ms - sensor.bad_ms > _WELL_MS and t_ms - sensor.lied_ms > _LIE_MS
            for sensor in self._model.sensors
        )

    def _judge_raise(self, wrong_w: int) -> None:
        more_w = 0
        for outlet in self._outlets:
            more_w += outlet.offered_w() - outlet.most_w(self._counted_ms)
        flows_w = min(flows_w for _, flows_w in self._past)
        is_beyond = flows_w + more_w > self._allowed_w() + wrong_w
        never(is_beyond, f"raised beyond {self._name}")

    def _judge_answer(self, least_w: int, is_heard: bool) -> None:
        """It is due when cars have followed what was told last, and at the duty's 5 s mark."""
        counted_ms = self._counted_ms
        if least_w <= self._allowed_w() or not is_heard:
            self._over_ms = None
            return
        if self._over_ms is None:
            self._over_ms = counted_ms
        lowered_ms = max(outlet.lowered_ms for outlet in self._outlets)
        self.answered += lowered_ms == counted_ms
        told = [outlet for outlet in self._outlets if outlet.told_ma]
        begin_ms = max(self._over_ms, lowered_ms + _FOLLOW_MS) + self._react_ms
        marks_ms = [o.changed_ms + _PWM_MS for o in told if o.offered_ma < o.told_ma]
        due_ms = max([begin_ms, *marks_ms]) + 100
        never(bool(told) and counted_ms > due_ms, f"more than {self._name}, nobody is told less")

    def _judge_lost(self, past_ms: int) -> None:
        sequences = [sensor.sequence for sensor in self._model.sensors]
        self._silent_ms = 0 if sequences != self._sequences else self._silent_ms + past_ms
        self._sequences = sequences
        if self._silent_ms <= _LOST_MS:
            return
        most_ma = self._model.base_max_ma
        house_ma = self._model.rating_ma if most_ma is None else most_ma
        told_w = sum(watts(o.told_ma * len(o.draw.phases)) for o in self._outlets)
        left_w = max(0, self._limit_w - watts(3 * house_ma))
        never(told_w > left_w, f"more than {self._name} leaves without a sensor")


def watches_of(model: Feeder, table: dict[str, Any], places: Sequence[Any]) -> list[PowerWatch]:
    """Of the limits that are set for one feeder."""
    names = [name for name in ("import_w", "quarter_w") if table[name] is not None]
    is_used = bool(model.all_draws())
    return [PowerWatch(model, places, table[name], name) for name in names if is_used]
