"""Many site-days through every policy, on all processors, the same for the same seed."""

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from typing import Any

from pilotlight_host.sim.scenario import Scenario

from . import bench, bound, complaints, measure, pilotlight, sites
from .evcc import Evcc
from .everest import Everest
from .openevse import OpenEvse
from .openwb import OpenWb
from .smartevse import SmartEvse
from .static import Static
from .warp import Warp

PILOTLIGHT = "pilotlight"
COMPLAINT = "complaint"
KINDS = (*sites.KINDS, COMPLAINT)
POLICIES: dict[str, Callable[[], bench.Policy]] = {
    "smartevse": SmartEvse,
    "warp": Warp,
    "openwb": OpenWb,
    "evcc": Evcc,
    "everest": Everest,
    "everest-idle-0": lambda: Everest(idle_is_zero=True),
    "openevse": OpenEvse,
    "openevse-early": lambda: OpenEvse(ends_early=True),
    "static": Static,
}
NAMES = (PILOTLIGHT, *POLICIES)
Job = tuple[int, str, int, str]  # seed, kind, number, policy


def jobs(seed: int, kinds: tuple[str, ...], days: int) -> list[Job]:
    """All of them. `days` are shared out among the kinds; the complaints are always all."""
    drawn = [kind for kind in kinds if kind != COMPLAINT]
    places = [(drawn[n % len(drawn)], n // len(drawn)) for n in range(days if drawn else 0)]
    if COMPLAINT in kinds:
        places += [(COMPLAINT, number) for number in range(len(complaints.CASES))]
    # the firmware takes longest: what is left for the end is short
    return [(seed, *place, name) for name in NAMES for place in places]


def scenario_of(seed: int, kind: str, number: int) -> Scenario:
    """The site-day of a job."""
    return complaints.make(number) if kind == COMPLAINT else sites.make(seed, number, kind)


def work(job: Job) -> dict[str, Any]:
    """One policy on one site-day, as a flat dict."""
    seed, kind, number, name = job
    scenario = scenario_of(seed, kind, number)
    best = bound.solve(scenario)
    site = scenario.name if kind == COMPLAINT else f"{kind}-{number}"
    found: dict[str, Any] = {
        "site": site,
        "kind": kind,
        "number": number,
        "policy": name,
        "rating_a": scenario.feeders[0].rating_a,
        "outlets": len(scenario.outlets),
        "wanted_wh": round(sum(car.energy_wh for car in scenario.cars), 1),
    }
    if name != PILOTLIGHT:
        plant = bench.run(scenario, POLICIES[name]())
        return found | measure.measure(plant, best).as_dict()
    outcome, left_as, pauses = pilotlight.run(scenario)
    report = outcome.report
    violations = report["timing_violations"] + report["invariant_violations"]
    figures = measure.measure(outcome.plant, best, violations)
    told = {"left_as": left_as, "pauses": pauses, "violated": report["violations"]}
    return found | figures.as_dict() | told


def _work(job: Job) -> tuple[Job, dict[str, Any]]:
    return job, work(job)


def run(todo: list[Job], processes: int | None = None) -> Iterator[tuple[Job, dict[str, Any]]]:
    """Jobs and their results as they come, in no order."""
    context = multiprocessing.get_context("spawn")
    ignore = (signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends this process, which ends them
    with context.Pool(processes or os.cpu_count() or 1, signal.signal, ignore) as pool:
        yield from pool.imap_unordered(_work, todo)


def in_order(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """By kind, number and policy: the same whoever was quicker."""
    key = lambda row: (  # noqa: E731
        KINDS.index(row["kind"]),
        row["number"],
        NAMES.index(row["policy"]),
    )
    return sorted(rows, key=key)
