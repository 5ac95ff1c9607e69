"""One look at a run: taken in its own thread, shown by dashboard or plain lines.

Times in ms of the run, currents in A; unknown is None.
"""

from dataclasses import dataclass
from typing import Any, Protocol

from pilotlight_host.sim.plant import Plant
from pilotlight_host.sim.trace import Trace


class Run(Protocol):
    """What can be looked at. `speed`: times real time; `where`: on which board, in words."""

    plant: Plant
    trace: Trace
    where: str

    @property
    def speed(self) -> float: ...
    @property
    def late_ms(self) -> int | None: ...
    @property
    def console_hint(self) -> str: ...
    def feeders(self) -> list[dict[str, Any]]: ...
    def outlets(self) -> list[dict[str, Any]]: ...
    def links(self) -> list[str]: ...


@dataclass(frozen=True)
class View:
    """`feeders` and `outlets`: the firmware's own snapshots, with the plant's truth beside."""

    t_ms: int
    end_ms: int
    speed: float
    feeders: list[dict[str, Any]]
    outlets: list[dict[str, Any]]
    links: list[str]
    late_ms: int | None
    console: str  # how to type at it
    events: list[tuple[int, str]]  # all so far: the world's and the firmware's, by time
    where: str = ""


def take(run: Run) -> View:
    """Look now; costs about 0.2 ms for two outlets."""
    return View(
        t_ms=run.plant.t_ms,
        end_ms=run.plant.scenario.duration_ms,
        speed=run.speed,
        feeders=[_feeder(run.plant, f, told) for f, told in enumerate(run.feeders())],
        outlets=[_outlet(run.plant, i, told) for i, told in enumerate(run.outlets())],
        links=run.links(),
        late_ms=run.late_ms,
        console=run.console_hint,
        events=sorted(run.plant.log + run.trace.events, key=lambda event: event[0])[-200:],
        where=run.where,
    )


def assumed_heat(feeder: dict[str, Any]) -> int | str:
    """How warm the firmware believes the warmest phase of the breaker to be, %, or "?"."""
    return max((pct for pct in feeder["breaker_heat_pct"] if pct is not None), default="?")


def _feeder(plant: Plant, f: int, told: dict[str, Any]) -> dict[str, Any]:
    breaker = plant.breaker(f)
    return told | {
        "true_a": [ma / 1000 for ma in plant.feeder_ma(f)],
        "rating_a": breaker.rating_ma / 1000,
        "has_tripped": breaker.tripped,
        "true_heat_pct": 100 * breaker.heat,
    }


def _outlet(plant: Plant, i: int, told: dict[str, Any]) -> dict[str, Any]:
    return told | {
        "drawn_a": max(plant.outlet_ma(i)) / 1000,
        "energy_wh": plant.energy_wh(i),
    }
