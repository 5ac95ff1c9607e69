"""Judges the balancer of one feeder by its published promises (docs/safety.md, architecture.md).

Times in ms, currents in mA. `counted` leaves out the time the program stood still.
"""

from collections import deque
from collections.abc import Sequence
from typing import Any

from pilotlight_host.sim.breaker import Breaker
from pilotlight_host.storm.feeders import Draw, Feeder
from pilotlight_host.storm.rules import amps_of, never

_LEAST_MA = 6000
_LOST_MS = 11000
_FOLLOW_MS = 6000
_PWM_MS = 5000
_LINGER_MS = 2000  # a sensor may show so long what an outlet drew that has opened
_HELD_MS = 4800  # after 5 s the safe share counts
_REACT_MS = 300  # with clamps; a meter needs its poll, and 400 ms
_PAST_MS = 1600  # the slowest sensor shows what was, so long ago at most


class _Outlet:
    """What one outlet was told and offered."""

    def __init__(self, draw: Draw, place: Any):
        self.draw = draw
        self.place = place
        self.offered_ma = 0
        self.told_ma = 0
        self.most_ma = 0  # told within the last 6 s
        self.most_ms = 0
        self.changed_ms = 0  # PWM was set
        self.must_open = False
        self.was_on = False


class FeederWatch:
    """`places`: place.Place of each outlet of `feeder`, in the order of its draws."""

    def __init__(self, feeder: Feeder, places: Sequence[Any]):
        self.reductions = self.openings = 0
        self.name = feeder.name
        self._feeder = feeder
        self._outlets = [_Outlet(d, p) for d, p in zip(feeder.all_draws(), places, strict=True)]
        self._t_ms = self._counted_ms = 0
        amps = feeder.rating_ma / 1000
        self._breaker = Breaker(feeder.kind, amps, [feeder.rating_ma] * 3, lambda: self._t_ms)
        self._flowed_ma: list[int] = []
        self._is_warming = False
        self._past: deque[tuple[int, list[int]]] = deque()
        self._over_ms: list[int | None] = [None, None, None]
        self._lowered_ms = [0, 0, 0]
        self._opened_ms = [0, 0, 0]
        self._silent_ms = self._heard_ms = 0
        self._sequences: list[int] = []
        self._held_ms = max(1000, *(3 * s.every_ms for s in feeder.sensors)) + 300
        self._over_aim_ma = feeder.limit_ma * 103 // 100 + 700
        clamps = [s for s in feeder.sensors if s.name == "clamps"]
        self._react_ms = _REACT_MS if clamps else max(s.every_ms for s in feeder.sensors) + 400

    def look(self, t_ms: int, counted_ms: int) -> None:
        """After a step. Raises Violation."""
        past_ms = counted_ms - self._counted_ms
        self._t_ms, self._counted_ms = t_ms, counted_ms
        feeder = self._feeder
        if feeder.total_ma != self._flowed_ma:
            self._flowed_ma = feeder.total_ma
            flows_ma = [abs(ma) for ma in feeder.total_ma]
            self._breaker.change(t_ms, flows_ma)
            self._is_warming = max(flows_ma) > feeder.rating_ma
        if self._is_warming:
            never(self._breaker.heat_at(t_ms) >= 1.0, "the breaker has tripped")
        self._past.append((t_ms, feeder.total_ma))
        while self._past[0][0] < t_ms - _PAST_MS:
            self._past.popleft()
        sequences = [sensor.sequence for sensor in feeder.sensors]
        if sequences != self._sequences:
            self._silent_ms, self._heard_ms = 0, t_ms
        self._silent_ms += past_ms
        self._sequences = sequences
        raised = [outlet for outlet in self._outlets if self._follow(outlet)]
        if raised:
            self._judge_raise(raised)
        self._judge_overload()
        if self._silent_ms > _LOST_MS:
            self._judge_lost()

    def _follow(self, outlet: _Outlet) -> bool:
        """Note what has changed at an outlet; True if it is offered more than before."""
        place, port = outlet.place, outlet.draw.port
        offered_ma, told_ma = place.offered_ma, amps_of(port.duty)
        never(0 < offered_ma < _LEAST_MA or offered_ma < 0, "offered less than the minimum")
        # a duty that has just gone may be drawn for another 6 s
        if told_ma >= outlet.most_ma or self._counted_ms - outlet.most_ms > _FOLLOW_MS + 1200:
            outlet.most_ma, outlet.most_ms = told_ma, self._counted_ms
        opens = place.must_open and not outlet.must_open
        outlet.must_open = place.must_open
        if told_ma < outlet.told_ma or opens:
            for p in outlet.draw.phases:
                self._lowered_ms[p] = self._counted_ms
        if outlet.was_on and not port.coil:
            for p in outlet.draw.phases:
                self._opened_ms[p] = self._counted_ms
        outlet.was_on = port.coil
        if told_ma != outlet.told_ma and told_ma:
            outlet.changed_ms = self._counted_ms
        self.openings += opens
        self.reductions += 0 < offered_ma < outlet.offered_ma
        is_raised = offered_ma > outlet.offered_ma
        outlet.told_ma, outlet.offered_ma = told_ma, offered_ma
        return is_raised

    def _judge_raise(self, raised: list[_Outlet]) -> None:
        """It fits beside what flows, and what others may take of what they were promised."""
        is_late = self._t_ms - self._heard_ms > _HELD_MS
        is_held = self._held_ms < self._silent_ms and not is_late
        is_held = is_held and all(s.is_silent(self._t_ms) for s in self._feeder.sensors)
        never(is_held, "raised although no sensor is heard")
        for p in {phase for outlet in raised for phase in outlet.draw.phases}:
            flows_ma = min(total_ma[p] for _, total_ma in self._past)
            more_ma = sum(
                max(0, outlet.offered_ma - outlet.most_ma)
                for outlet in self._outlets
                if p in outlet.draw.phases
            )
            most_ma = self._feeder.limit_ma + 200 + self._feeder.limit_ma // 200
            if not is_late:
                never(flows_ma + more_ma > most_ma, "raised beyond the limit")

    def _judge_overload(self) -> None:
        for p in range(3):
            is_over = self._feeder.total_ma[p] > self._over_aim_ma and self._is_heard()
            if not is_over:
                self._over_ms[p] = None
                continue
            since_ms = self._over_ms[p]
            if since_ms is None:
                since_ms = self._over_ms[p] = self._counted_ms
            begin_ms = max(since_ms, self._lowered_ms[p] + _FOLLOW_MS)
            begin_ms = max(begin_ms, self._opened_ms[p] + _LINGER_MS) + self._react_ms
            told = [o for o in self._outlets if p in o.draw.phases and o.told_ma]
            marks_ms = [o.changed_ms + _PWM_MS for o in told if o.offered_ma < o.told_ma]
            due_ms = max([begin_ms, *marks_ms]) + 100
            never(bool(told) and self._counted_ms > due_ms, "overload, and nobody is told less")

    def _is_heard(self) -> bool:
        return any(
            sensor.fault is None and self._t_ms - sensor.bad_ms > 2000
            for sensor in self._feeder.sensors[:1]
        )

    def _judge_lost(self) -> None:
        """No more than the safe share, and nothing without one."""
        feeder = self._feeder
        house_ma = feeder.rating_ma if feeder.base_max_ma is None else feeder.base_max_ma
        for p in range(3):
            told_ma = sum(o.told_ma for o in self._outlets if p in o.draw.phases)
            never(
                told_ma > max(0, feeder.limit_ma - house_ma),
                "more than the safe share without a sensor",
            )
