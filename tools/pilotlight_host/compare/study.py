"""Many site-days through every policy, on all processors, the same for the same seed."""

import multiprocessing
import os
from collections.abc import Callable, Iterator
from typing import Any

from . import bound, measure, sites

PILOTLIGHT = "pilotlight"


def _policies() -> dict[str, Callable[[], Any]]:
    from .evcc import Evcc
    from .everest import Everest
    from .openevse import OpenEvse
    from .openwb import OpenWb
    from .smartevse import SmartEvse
    from .static import Static
    from .warp import Warp

    return {
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


NAMES = (PILOTLIGHT, *_policies())
Job = tuple[int, str, int, str]  # seed, kind, number, policy


def jobs(seed: int, kinds: tuple[str, ...], days: int) -> list[Job]:
    """All of them; the long ones first of each day."""
    days_of = [(kinds[n % len(kinds)], n // len(kinds)) for n in range(days)]
    return [(seed, kind, number, name) for kind, number in days_of for name in NAMES]


def work(job: Job) -> dict[str, Any]:
    """One policy on one site-day, as a flat dict."""
    from . import bench, pilotlight

    seed, kind, number, name = job
    scenario = sites.make(seed, number, kind)
    best = bound.solve(scenario)
    found: dict[str, Any] = {"site": f"{kind}-{number}", "kind": kind, "policy": name}
    if name == PILOTLIGHT:
        outcome, left_as = pilotlight.run(scenario)
        report = outcome.report
        violations = report["timing_violations"] + report["invariant_violations"]
        figures = measure.measure(outcome.plant, best, violations)
        found["left_as"] = left_as
        found["violated"] = report["violations"]
    else:
        figures = measure.measure(bench.run(scenario, _policies()[name]()), best)
    found["rating_a"] = scenario.feeders[0].rating_a
    found["outlets"] = len(scenario.outlets)
    return found | figures.as_dict()


def run(
    seed: int, kinds: tuple[str, ...], days: int, processes: int | None = None
) -> Iterator[dict[str, Any]]:
    """Results as they come, in no order; sort by site and policy."""
    todo = jobs(seed, kinds, days)
    context = multiprocessing.get_context("spawn")
    with context.Pool(processes or os.cpu_count() or 1) as pool:
        yield from pool.imap_unordered(work, todo)
