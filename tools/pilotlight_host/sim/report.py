"""The figures of a run, as one flat dict for JSON."""

from typing import Any

from .monitor import Monitor
from .plant import Plant


def make_report(plant: Plant, monitor: Monitor, wall_s: float, clock: str) -> dict[str, Any]:
    """Everything the JSON of `pilotlight sim` holds; docs/simulator.md explains each key."""
    found = monitor.found
    feeders = range(len(plant.scenario.feeders))
    outlets = range(len(plant.scenario.outlets))
    simulated_s = plant.t_ms / 1000
    return {
        "scenario": plant.scenario.name,
        "seed": plant.seed,
        "clock": clock,
        "simulated_s": simulated_s,
        "wall_s": round(wall_s, 3),
        "speed": round(simulated_s / wall_s, 1) if wall_s else None,
        "steps": monitor.steps,
        "trips": sum(plant.breaker(f).tripped for f in feeders),
        "breaker_heat_peak_pct": round(100 * max(plant.breaker(f).peak_heat for f in feeders), 1),
        "overload_s": round(sum(plant.overload_s(f) for f in feeders), 3),
        "reaction_ms": _spread(found.reactions_ms),
        "open_ms_max": max(found.open_ms, default=None),
        "timing_violations": len(found.timings),
        "invariant_violations": len(found.invariants),
        "violations": [f"{t_ms} ms: {text}" for t_ms, text in found.invariants + found.timings][
            :20
        ],
        "contactor_cycles": {str(i + 1): monitor.cycles[i] for i in outlets},
        "energy_wh": {str(i + 1): round(plant.energy_wh(i), 1) for i in outlets},
        "requested_wh": {str(i + 1): round(plant.requested_wh(i), 1) for i in outlets},
        "fairness_jain": _jain(
            [
                plant.energy_wh(i) / plant.requested_wh(i)
                for i in outlets
                if plant.requested_wh(i) > 0
            ]
        ),
        "decisions": len(found.decisions),
        "decisions_sha256": monitor.decisions_sha256(),
    }


def _spread(values: list[int]) -> dict[str, int | None]:
    """Nearest-rank percentiles; None without any value."""
    ranked = sorted(values)
    if not ranked:
        return {"p50": None, "p99": None, "max": None}
    pick = lambda share: ranked[max(0, -(-len(ranked) * share // 100) - 1)]  # noqa: E731
    return {"p50": pick(50), "p99": pick(99), "max": ranked[-1]}


def _jain(shares: list[float]) -> float | None:
    """Jain's index: 1 if all got the same part of what they asked for, 1/n if one got all."""
    squares = sum(share * share for share in shares)
    return round(sum(shares) ** 2 / (len(shares) * squares), 4) if squares else None
