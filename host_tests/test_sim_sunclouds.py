"""One phase or three by the sun, on days with broken clouds, through the whole firmware.

What users of others complain about: with a surplus between the most that one phase takes (3.7 kW)
and the least that three take (4.1 kW) a change every few minutes for ever (snaptec/openWB issue
1623), or one at 4.1 kW although three phases are just right (2274); under clouds 2 to 6 changes
an hour, until cars do not charge any more (evcc-io/evcc issue 3543).

Everything is judged by what the plant knows. Powers in W, times in ms, energies in Wh; shares in
percent of what a car had got without the grid that knows the sky and changes its phases at once.
"""

from collections import deque
from dataclasses import dataclass, field

import pytest
from pilotlight_host.sim.simulate import EVENT, simulate
from sim_helpers import SMALL, small

HOUR_MS = 3_600_000
ONE_W = (6 * 230, 16 * 230)  # the least and the most on one phase
THREE_W = (3 * 6 * 230, 3 * 16 * 230)
HOUSE_A = (0.5, 0.6, 0.4)
ARRIVE_MS = 60_000
# core/phases.py
APART_MS = 600_000  # between two changes
IN_A_ROW, AGAIN_MS = 4, 2 * HOUR_MS  # then one each
# docs/limits.md: behind a cloud the minimum is kept for 5 minutes
KEPT_MS = 300_000
# a meter's refresh and a poll, 0.5 s each, the 6 s a car has to follow, one to stop
LATE_MS = 8_000
NOISE_W = 150  # smaller changes are taken for noise: 105 W and a 128th of what flows

# A of the plant on each phase at noon, from cloud to cloud, length of a cloud, left under it
SKIES = {
    "cumulus": (11, "90s", "60s", 0.25),  # 7.2 kW, or 1.6
    "fronts": (11, "40m", "20m", 0.2),  # 7.2 kW, or 1.2
    "banks": (11, "30m", "12m", 0.45),  # 7.2 kW, or 3.1
    "edge": (7.46, "15m", "6m", 0.78),  # 4.8 kW, or 3.7: a change to one is due, and one back
    "gap": (6.44, "6m", "4m", 0.95),  # 4.1 kW, or 3.9: never enough for three
}


@dataclass
class Day:
    """What the plant has seen, from the arrival of the car on."""

    name: str
    sun_wh: float = 0  # went into the car
    grid_wh: float = 0  # went into it beside that
    best_wh: float = 0  # the car that knows the sky
    late_wh: float = 0  # what may come from the grid
    changes_ms: list[int] = field(default_factory=list)
    charges: int = 0
    faults: list[str] = field(default_factory=list)

    def sun(self):
        return 100 * self.sun_wh / self.best_wh

    def net(self):
        """What came from the grid is no sun."""
        return 100 * (self.sun_wh - self.grid_wh) / self.best_wh

    def told(self):
        minutes = [t_ms // 60_000 for t_ms in self.changes_ms]
        return (
            f"{self.name}: {self.sun():.1f} % of {self.best_wh:.0f} Wh, {self.grid_wh:.0f} Wh "
            f"of the grid (at most {self.late_wh:.0f}), {self.charges} charges, changes {minutes}"
        )


def best_w(surplus_w):
    """The most a car can take of it."""
    for least_w, most_w in (THREE_W, ONE_W):
        if surplus_w >= least_w:
            return min(surplus_w, most_w)
    return 0


class Watch:
    """Looks at the plant after every step, between two of its changes, and adds up a `Day`."""

    def __init__(self, seen):
        self.plant = None
        self._seen = seen
        self._last = (0, 0.0, 0.0, True)  # since when, surplus, the car, three phases
        self._before = deque()  # (until, surplus): not longer ago than LATE_MS
        self._dark_ms = 0

    def look(self, t_ms):
        since_ms, surplus_w, car_w, was_three = self._last
        is_three = self.plant.second(0).coil
        if t_ms > ARRIVE_MS:
            self._add(t_ms, t_ms - since_ms, surplus_w, car_w, was_three)
            if is_three is not was_three:
                self._seen.changes_ms.append(t_ms)
                self._dark_ms = 0
        house_ma, car_ma = self.plant.feeder_parts_ma(0)
        surplus_w = max(0, -sum(house_ma) * 0.23)
        self._last = (t_ms, surplus_w, sum(car_ma) * 0.23, is_three)

    def _add(self, t_ms, span_ms, surplus_w, car_w, is_three):
        seen, span_h = self._seen, span_ms / HOUR_MS
        seen.sun_wh += min(car_w, surplus_w) * span_h
        seen.grid_wh += max(0, car_w - surplus_w) * span_h
        seen.best_wh += best_w(surplus_w) * span_h
        if car_w:
            seen.late_wh += NOISE_W * span_h
            seen.late_wh += max(0, self._most_w(surplus_w, is_three) - surplus_w) * span_h
        least_w = (THREE_W if is_three else ONE_W)[0]
        self._dark_ms = self._dark_ms + span_ms if surplus_w < least_w else 0
        self._before.append((t_ms, surplus_w))
        while self._before[0][0] < t_ms - LATE_MS:
            self._before.popleft()

    def _most_w(self, surplus_w, is_three):
        """What the car may still have: the surplus of just before, or its minimum for a while."""
        least_w = (THREE_W if is_three else ONE_W)[0]
        is_kept = self._dark_ms < KEPT_MS + LATE_MS
        return max([least_w if is_kept else 0, surplus_w] + [w for _, w in self._before])


def day(kind, seed, phases, start, hours):
    """A `Day` with `phases` fixed by a person, or by the sun (None)."""
    peak_a, clear, cloud, under = SKIES[kind]

    def change(raw):
        raw["site"]["feeders"][0]["clamps"] = None
        raw["site"]["outlets"][0].update(switching=True, mode="solar")
        del raw["site"]["mqtt"]
        sky = {"clouds": True, "clear": clear, "cloud": cloud, "under_cloud": under}
        plant = {"kind": "solar", "peak_a": peak_a, **sky}
        raw["load"] = [plant, {"kind": "constant", "amps": list(HOUSE_A)}]
        raw["start"] = "2026-06-15T" + start
        raw["duration"] = f"{hours}h"
        raw["seed"] = seed
        raw["car"] = [dict(SMALL["car"][0], arrive="1m", energy_kwh=100)]

    seen = Day(f"{kind} {seed}, {phases or 'automatic'}, {hours} h")
    watch = Watch(seen)

    def begin(run):
        watch.plant = run.plant
        if phases is not None:
            run.plant._agenda.at(1000, run.app.console.answer, f"phases(1, {phases})")

    outcome = simulate(small(change=change), None, EVENT, None, watch.look, begin)
    seen.charges = outcome.monitor.cycles[0]
    seen.faults = outcome.report["violations"]
    print(seen.told())
    return seen


def judged(kind, seed, phases, start, hours):
    """A day on which nothing was unsafe (the monitor of test_sim_phases.py), no car was
    interrupted more often than it may be, and what came from the grid is what clouds excuse.
    """
    seen = day(kind, seed, phases, start, hours)
    assert seen.faults == []
    changes_ms = seen.changes_ms
    assert all(after - before >= APART_MS for before, after in zip(changes_ms, changes_ms[1:]))
    for i, first_ms in enumerate(changes_ms):
        for count, last_ms in enumerate(changes_ms[i:], 1):
            assert count <= IN_A_ROW + 1 + (last_ms - first_ms) // AGAIN_MS
    assert seen.grid_wh <= seen.late_wh
    return seen


def compared(kind, seed, start, hours, less):
    """The automatic `Day`, by at most `less` percent behind the better fixed one that takes from
    the grid as little as the mode solar promises.
    """
    seen = judged(kind, seed, None, start, hours)
    fixed = [judged(kind, seed, count, start, hours) for count in (1, 3)]
    assert is_little(seen)
    assert seen.net() >= max(one.net() for one in fixed if is_little(one)) - less
    return seen


def is_little(seen):
    """A tenth came from the grid at most."""
    return seen.grid_wh <= 0.1 * seen.sun_wh


def test_between_one_phase_and_three_it_stays_on_one():
    seen = judged("gap", 1, None, "12:30", 1)
    assert len(seen.changes_ms) == 1  # when the car came
    assert seen.sun() > 95 and seen.grid_wh < 10


def test_at_the_edge_of_three_phases():
    seen = judged("edge", 1, None, "11:00", 2)
    assert seen.sun() > 90 and is_little(seen)


@pytest.mark.storm
@pytest.mark.parametrize(
    "kind, start, hours, less",
    [
        ("cumulus", "10:00", 6, 1),
        ("fronts", "10:00", 6, 3),
        ("banks", "10:00", 6, 8),
        ("edge", "11:00", 4, 0),
        ("gap", "11:00", 4, 1),
    ],
)
def test_days(kind, start, hours, less):
    """Under fast clouds 10 minutes without one are rare: on one phase much is left, but little
    is taken from the grid. Three phases keep their minimum behind each cloud instead.
    """
    compared(kind, 1, start, hours, less)
