"""Runs a baseline policy on the simulated site: the same plant as under the firmware. Times in ms.

A policy has `cycle_ms` and `decide(view)`, which sets the offers of `view.chargers`. What it
reads of the supply is the simulated meter's newest image: as old as its refresh, with its errors.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from pilotlight_host.sim.plant import Plant
from pilotlight_host.sim.scenario import Scenario

from . import house
from .charger import Charger, Three

STEP_MS = 100  # chargers look so often while anything moves
_VOLTS = 230


@dataclass
class View:
    """What a policy knows. mA, ms."""

    rating_ma: int
    house_peak_ma: (
        Three  # of this very day: what an installer would have to know for a static limit
    )
    chargers: list[Charger]
    now_ms: int = 0
    grid_ma: Three = (0, 0, 0)
    taken_ms: int = -1  # of the measurement; the same again: nothing new

    @property
    def grid_w(self) -> float:
        """Power at the supply."""
        return sum(self.grid_ma) * _VOLTS / 1000


class Policy(Protocol):
    """The rules of one system."""

    cycle_ms: int

    def decide(self, view: View) -> None:
        """Set `offer_ma` of every charger."""


def run(
    scenario: Scenario, policy: Policy, progress: Callable[[int], None] | None = None
) -> Plant:
    """The whole scenario; returns the plant as it is at the end."""
    plant = Plant(scenario)
    chargers = [
        Charger(plant, n, round(table["max_a"] * 1000))
        for n, table in enumerate(scenario.site["outlets"])
    ]
    rating_ma = round(scenario.feeders[0].rating_a * 1000)
    view = View(rating_ma, house.peak_ma(house.trace(scenario)), chargers)
    due_ms = policy.cycle_ms
    while plant.t_ms < scenario.duration_ms:
        t_ms = _next_ms(plant, chargers, due_ms)
        plant.advance(min(t_ms, scenario.duration_ms))
        for charger in chargers:
            charger.step(t_ms)
        if t_ms >= due_ms:
            due_ms = t_ms - t_ms % policy.cycle_ms + policy.cycle_ms
            if any(charger.is_plugged for charger in chargers):
                _decide(plant, view, policy)
        if progress is not None:
            progress(t_ms)
    return plant


def _next_ms(plant: Plant, chargers: list[Charger], due_ms: int) -> int:
    """The next step of 100 ms that can matter: every one while a charger is in the middle of
    something, else the next change of the world or the next cycle.
    """
    later_ms = plant.t_ms - plant.t_ms % STEP_MS + STEP_MS
    if not all(charger.is_idle(plant.t_ms) for charger in chargers):
        return later_ms
    change_ms = plant.next_change_ms()
    wait_ms = due_ms if change_ms is None else change_ms
    if any(charger.is_plugged for charger in chargers):
        wait_ms = min(due_ms, wait_ms)
    return max(later_ms, -(-wait_ms // STEP_MS) * STEP_MS)


def _decide(plant: Plant, view: View, policy: Policy) -> None:
    image = plant.meter_image(0)
    view.now_ms = plant.t_ms
    view.grid_ma, view.taken_ms = image.current_ma, image.taken_ms
    policy.decide(view)
    for charger in view.chargers:
        charger.step(plant.t_ms)
