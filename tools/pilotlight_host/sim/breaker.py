"""A breaker at the lower edge of its band: the earliest trip the standard allows. ms, mA.

Each phase has one or two bodies that heat towards (I / (k In))^2 with time constant tau; at 1.0
the breaker trips. A magnetic (or melting) release acts when its current has lasted for its time.

type | body 1 (k, tau) | body 2 (k, tau) | instant       | basis
B    | 1.13, 40 s      | 2.0, 1.05 s     | 3 In, 20 ms   | IEC 60898-1: 1.13 In never trips,
C    | 1.13, 40 s      | 2.0, 1.05 s     | 5 In, 20 ms   | 2.55 In trips in 1 s at the earliest,
D    | 1.13, 40 s      | 2.0, 1.05 s     | 10 In, 20 ms  | magnetic bands 3-5, 5-10, 10-20 In
gG   | 1.25, 35 s      |                 | 7 In, 100 ms  | IEC 60269: 1.25 In never melts
"""

import math
from collections.abc import Callable
from typing import NamedTuple


class Body(NamedTuple):
    """One bimetal or wire: trips in the long run above k * In, time constant in seconds."""

    k: float
    tau_s: float


class Curve(NamedTuple):
    """Lower edge of a breaker type."""

    bodies: tuple[Body, ...]
    instant_times_in: float
    instant_ms: int


_THERMAL = (Body(1.13, 40.0), Body(2.0, 1.05))
CURVES = {
    "B": Curve(_THERMAL, 3.0, 20),
    "C": Curve(_THERMAL, 5.0, 20),
    "D": Curve(_THERMAL, 10.0, 20),
    "gG": Curve((Body(1.25, 35.0),), 7.0, 100),
}


class _Phase:
    """Heat of one phase's bodies at `since_ms` and the current that flows since."""

    def __init__(self, curve: Curve, rating_ma: int, current_ma: int):
        self._curve = curve
        self._rating_ma = rating_ma
        self._heats: list[float] = []
        self._targets: list[float] = []
        self._since_ms = 0
        self._current_ma = current_ma
        self._instant_since_ms: int | None = None
        # Hot start: the building has had this load for a long time, but it has not tripped.
        self._set_targets(current_ma)
        self._heats = [min(target, 0.999) for target in self._targets]

    def _set_targets(self, current_ma: int) -> None:
        ratio = current_ma / self._rating_ma
        self._targets = [(ratio / body.k) ** 2 for body in self._curve.bodies]

    def heats_at(self, t_ms: int) -> list[float]:
        """Heat of each body at t_ms, 1.0 trips; the closed form of the first-order response."""
        past_s = (t_ms - self._since_ms) / 1000
        return [
            target + (heat - target) * math.exp(-past_s / body.tau_s)
            for heat, target, body in zip(
                self._heats, self._targets, self._curve.bodies, strict=True
            )
        ]

    def change(self, t_ms: int, current_ma: int) -> None:
        """From t_ms on another current flows, in whatever direction."""
        current_ma = abs(current_ma)
        if current_ma == self._current_ma:
            return
        self._heats = self.heats_at(t_ms)
        self._since_ms = t_ms
        self._current_ma = current_ma
        self._set_targets(current_ma)
        if current_ma < self._curve.instant_times_in * self._rating_ma:
            self._instant_since_ms = None
        elif self._instant_since_ms is None:
            self._instant_since_ms = t_ms

    def trip_ms(self) -> int | None:
        """The instant of the trip if the current stays, or None."""
        found = []
        if self._instant_since_ms is not None:
            found.append(self._instant_since_ms + self._curve.instant_ms)
        for heat, target, body in zip(self._heats, self._targets, self._curve.bodies, strict=True):
            if target > 1.0:
                wait_s = body.tau_s * math.log((target - heat) / (target - 1.0))
                found.append(self._since_ms + max(0, math.ceil(wait_s * 1000)))
        return min(found, default=None)


class Breaker:
    """Three phases of one type and rating. `heat` 1.0 trips; tripped stays tripped."""

    def __init__(
        self, kind: str, rating_a: float, initial_ma: list[int], now_ms: Callable[[], int]
    ):
        self.kind = kind
        self.rating_ma = round(rating_a * 1000)
        self.tripped = False
        self.tripped_ms: int | None = None
        self._now_ms = now_ms
        self._phases = [_Phase(CURVES[kind], self.rating_ma, ma) for ma in initial_ma]
        self._peak = self.heat_at(0)

    def heat_at(self, t_ms: int) -> float:
        """Heat of the hottest body of any phase at t_ms."""
        return max(max(phase.heats_at(t_ms)) for phase in self._phases)

    def change(self, t_ms: int, currents_ma: list[int]) -> int | None:
        """Take new currents; the trip instant if they stay, or None."""
        # Heat moves one way between two changes, so its peaks lie at the changes.
        self._peak = max(self._peak, self.heat_at(t_ms))
        for phase, current in zip(self._phases, currents_ma, strict=True):
            phase.change(t_ms, current)
        found = [trip for trip in (phase.trip_ms() for phase in self._phases) if trip is not None]
        return min(found, default=None)

    def trip(self, t_ms: int) -> None:
        """Contacts open."""
        self.tripped = True
        self.tripped_ms = t_ms

    @property
    def heat(self) -> float:
        """Present fraction of the trip, 1.0 trips."""
        return self.heat_at(self._now_ms())

    @property
    def peak_heat(self) -> float:
        """Highest fraction of the trip so far."""
        return max(self._peak, self.heat)
