"""The figures of one site-day under one policy, from the plant's truth. Wh, A s, %."""

from dataclasses import asdict, dataclass
from typing import Any

from pilotlight_host.sim.plant import Plant

from .bound import Bound

MET = 0.99  # of what it came for, or of what it could have had at all: the rest is rounding
_HOUR_MS = 3_600_000


@dataclass
class Visit:
    """One session."""

    outlet: int
    arrive_ms: int
    leave_ms: int
    wanted_wh: float
    possible_wh: float  # alone on the supply, beside the house
    got_wh: float


@dataclass
class Figures:
    """One policy on one site-day."""

    trips: int
    heat_peak_pct: float
    overload_s: float
    overload_as: float
    energy_wh: float
    bound_wh: float
    equal_wh: float
    fairness: float | None
    met: int
    sessions: int
    cycles: int
    violations: int
    visits: list[Visit]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def measure(plant: Plant, bound: Bound, violations: int = 0) -> Figures:
    """After the run."""
    visits = _visits(plant, bound)
    breaker = plant.breaker(0)
    met = sum(visit.got_wh >= MET * visit.possible_wh for visit in visits)
    return Figures(
        trips=int(breaker.tripped),
        heat_peak_pct=round(100 * breaker.peak_heat, 1),
        overload_s=round(plant.overload_s(0), 1),
        overload_as=round(plant.overload_as(0), 1),
        energy_wh=round(sum(visit.got_wh for visit in visits), 1),
        bound_wh=round(bound.energy_wh, 1),
        equal_wh=round(bound.equal_wh, 1),
        fairness=jain(visits),
        met=met,
        sessions=len(visits),
        cycles=sum(plant.closings(n) for n in range(len(plant.scenario.outlets))),
        violations=violations,
        visits=visits,
    )


def _visits(plant: Plant, bound: Bound) -> list[Visit]:
    volts, end_ms = plant.scenario.knobs.voltage_v, plant.scenario.duration_ms
    found = []
    for spec, car in plant.visits:
        # what flows while a full car ramps down is not counted
        got_wh = min(spec.energy_wh, car.taken_ma_ms(plant.t_ms) * volts / 3.6e9)
        leave_ms = end_ms if spec.leave_ms is None else min(end_ms, spec.leave_ms)
        possible_wh = bound.possible_wh[(spec.outlet, spec.arrive_ms)]
        found.append(
            Visit(
                spec.outlet,
                spec.arrive_ms,
                leave_ms,
                round(spec.energy_wh, 1),
                round(possible_wh, 1),
                round(got_wh, 1),
            )
        )
    return found


def jain(visits: list[Visit]) -> float | None:
    """Jain's index over got/possible of those there together; None for fewer than two."""
    shares = [
        visit.got_wh / visit.possible_wh
        for visit in visits
        if visit.possible_wh > 0 and any(_together(visit, other) for other in visits)
    ]
    squares = sum(share * share for share in shares)
    if len(shares) < 2 or not squares:
        return None
    return round(sum(shares) ** 2 / (len(shares) * squares), 4)


def _together(visit: Visit, other: Visit) -> bool:
    both_ms = min(visit.leave_ms, other.leave_ms) - max(visit.arrive_ms, other.arrive_ms)
    return other is not visit and both_ms > _HOUR_MS // 4
