"""The most energy anybody could have delivered, knowing the whole day: a linear program.

Slots of a minute. In each, every car draws up to its own limit for the part of the slot in which
it is there, and on no phase more than the supply's rating leaves beside the house. Minima, ramps,
reactions, contactors and the rule that a car draws the same on all its phases while it draws at
all are relaxed or met for free (the currents of a car are one variable), so it is an upper bound.
Within a slot the room is the mean of what is free at each instant, never less than 0. A breaker
stands 113 % of its rating for ever: who overloads it can deliver more than the bound.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_array

from pilotlight_host.sim.scenario import Scenario
from pilotlight_host.sim.specs import CarSpec

from .house import Trace, trace

SLOT_MS = 60_000
_NEAR_AS = 1e-6


@dataclass
class Bound:
    """energy_wh: the most there could be; equal_wh: equal shares at every instant, without delay,
    knowing nobody's departure; possible_wh by (outlet, arrive_ms): each alone beside the house.
    """

    energy_wh: float
    equal_wh: float
    possible_wh: dict[tuple[int, int], float]


@dataclass
class _Stay:
    spec: CarSpec
    wires: tuple[int, ...]
    first: int  # slot
    most_as: np.ndarray  # per slot from the first on, on each of its wires


def room_as(found: Trace, rating_ma: float, end_ms: int) -> np.ndarray:
    """What the house leaves, ampere-seconds per slot (columns) and phase (rows)."""
    slots = -(-end_ms // SLOT_MS)
    room = np.zeros((3, slots))
    ends = [t_ms for t_ms, _ in found[1:]] + [end_ms]
    for (t_ms, amps), until_ms in zip(found, ends, strict=True):
        free = np.maximum(0.0, rating_ma - np.array(amps)) / 1000
        for slot in range(t_ms // SLOT_MS, (until_ms - 1) // SLOT_MS + 1):
            begin_ms, stop_ms = max(t_ms, slot * SLOT_MS), min(until_ms, (slot + 1) * SLOT_MS)
            room[:, slot] += free * (stop_ms - begin_ms) / 1000
    return room


def solve(scenario: Scenario) -> Bound:
    """For the first feeder of a scenario and all its cars."""
    volts = scenario.knobs.voltage_v
    room = room_as(trace(scenario), scenario.feeders[0].rating_a * 1000, scenario.duration_ms)
    stays = [_stay(scenario, spec) for spec in scenario.cars]
    alone = {
        (stay.spec.outlet, stay.spec.arrive_ms): _alone_wh(stay, room, volts) for stay in stays
    }
    return Bound(_together_wh(stays, room, volts), _equal_wh(stays, room, volts), alone)


def _stay(scenario: Scenario, spec: CarSpec) -> _Stay:
    outlet = scenario.outlets[spec.outlet]
    wires = (spec.rotation or outlet.wires)[: spec.phases]
    most_ma = min(spec.max_ma, scenario.site["outlets"][spec.outlet]["max_a"] * 1000)
    end_ms = scenario.duration_ms if spec.leave_ms is None else spec.leave_ms
    end_ms = min(end_ms, scenario.duration_ms)
    first, last = spec.arrive_ms // SLOT_MS, (end_ms - 1) // SLOT_MS
    edges = np.arange(first, last + 2) * SLOT_MS
    edges = np.clip(edges, spec.arrive_ms, end_ms)
    return _Stay(spec, wires, first, np.diff(edges) / 1000 * most_ma / 1000)


def _alone_wh(stay: _Stay, room: np.ndarray, volts: float) -> float:
    span = slice(stay.first, stay.first + len(stay.most_as))
    least = np.minimum(room[list(stay.wires), span].min(axis=0), stay.most_as)
    return float(min(stay.spec.energy_wh, least.sum() * len(stay.wires) * volts / 3600))


def _together_wh(stays: list[_Stay], room: np.ndarray, volts: float) -> float:
    slots = room.shape[1]
    rows, columns, gains, most, wanted = [], [], [], [], []
    offset = 0
    for number, stay in enumerate(stays):
        count = len(stay.most_as)
        places = np.arange(offset, offset + count)
        for wire in stay.wires:
            rows.append(wire * slots + stay.first + np.arange(count))
            columns.append(places)
            gains.append(np.ones(count))
        rows.append(np.full(count, 3 * slots + number))
        columns.append(places)
        gains.append(np.full(count, len(stay.wires) * volts / 3600))
        most.append(stay.most_as)
        wanted.append(stay.spec.energy_wh)
        offset += count
    if not stays:
        return 0.0
    worth = np.concatenate(
        [np.full(len(stay.most_as), len(stay.wires) * volts / 3600) for stay in stays]
    )
    shape = (3 * slots + len(stays), offset)
    places = (np.concatenate(rows), np.concatenate(columns))
    matrix = coo_array((np.concatenate(gains), places), shape=shape).tocsr()
    limits = np.concatenate([room.reshape(-1), np.array(wanted)])
    bounds = np.stack([np.zeros(offset), np.concatenate(most)], axis=1)
    found = linprog(-worth, A_ub=matrix, b_ub=limits, bounds=bounds, method="highs")
    if not found.success:
        raise RuntimeError(f"bound: {found.message}")
    return float(-found.fun)


def _equal_wh(stays: list[_Stay], room: np.ndarray, volts: float) -> float:
    """Max-min fair shares, slot by slot, of those who are there and want more."""
    left_as = [stay.spec.energy_wh * 3600 / volts / len(stay.wires) for stay in stays]
    for slot in range(room.shape[1]):
        most = {}
        for n, stay in enumerate(stays):
            if stay.first <= slot < stay.first + len(stay.most_as) and left_as[n] > _NEAR_AS:
                most[n] = min(left_as[n], float(stay.most_as[slot - stay.first]))
        for n, share in _fair(most, stays, room[:, slot].tolist()).items():
            left_as[n] -= share
    return sum(
        stay.spec.energy_wh - left * len(stay.wires) * volts / 3600
        for stay, left in zip(stays, left_as, strict=True)
    )


def _fair(most: dict[int, float], stays: list[_Stay], left: list[float]) -> dict[int, float]:
    """What each gets of what is left on the phases: all rise together until something is full."""
    shares = dict.fromkeys(most, 0.0)
    rising = set(most)
    while rising:
        on = [sum(p in stays[n].wires for n in rising) for p in range(3)]
        step = min(most[n] - shares[n] for n in rising)
        step = min([step, *(left[p] / on[p] for p in range(3) if on[p])])
        for n in rising:
            shares[n] += step
            for p in stays[n].wires:
                left[p] -= step
        rising = {
            n
            for n in rising
            if most[n] - shares[n] > _NEAR_AS and min(left[p] for p in stays[n].wires) > _NEAR_AS
        }
    return shares
