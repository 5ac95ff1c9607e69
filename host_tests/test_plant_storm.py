"""Random boards against random cars: what must hold whatever a board does to the plant. ms, mA."""

import random

import pytest
from pilotlight_host.sim.plant import Plant
from plant_helpers import bench, car

RUN_MS = 240_000
DUTIES = (0, 500, 1000, 1600, 2667, 5333, 9000, 10000)


def random_car(draw: random.Random, outlet: int) -> dict:
    """A car with properties anywhere in their ranges."""
    return car(
        outlet=outlet,
        arrive=draw.uniform(0, 20),
        energy_kwh=draw.choice((0, 0.05, 0.3, 20)),
        phases=draw.randint(1, 3),
        max_a=draw.choice((6, 13, 16, 32)),
        draw=draw.choice((0.95, 0.98, 1.0)),
        react=draw.choice((0, 0.5, 2.3, 5)),
        stop=draw.choice((0, 0.3, 1, 3)),
        ready=draw.uniform(0, 3),
        start=draw.uniform(0, 3),
        ramp_a_per_s=draw.choice((0.5, 3, 30)),
        ignores_limit=draw.random() < 0.2,
        s2_stuck=draw.random() < 0.2,
        diode=draw.choice(("ok", "ok", "shorted", "open")),
        leave=draw.uniform(100, 200),
    )


def random_event(draw: random.Random) -> dict:
    """An event that a site has to live with."""
    kind = draw.choice(("unplug", "leave-c", "residual-trip", "kettle", "oven", "heat-pump"))
    event = {"at": draw.uniform(0, 200), "kind": kind, "for": draw.uniform(1, 30)}
    if kind in ("unplug", "leave-c", "residual-trip"):
        event["outlet"] = draw.randint(1, 2)
    return event


def storm(seed: int) -> tuple[Plant, random.Random]:
    draw = random.Random(seed)
    cars = [random_car(draw, 1), random_car(draw, 2)]
    events = [random_event(draw) for _ in range(6)]
    load = [{"kind": "constant", "amps": [draw.uniform(0, 20) for _ in range(3)]}]
    return Plant(bench(duration=RUN_MS / 1000, car=cars, event=events, load=load), seed), draw


@pytest.mark.parametrize("seed", range(40))
def test_what_always_holds(seed):
    plant, draw = storm(seed)
    energy = [0.0, 0.0]
    t_ms = 0
    while t_ms < RUN_MS:
        t_ms += draw.choice((1, 7, 20, 20, 500, 3000))
        plant.advance(t_ms)
        for outlet in (0, 1):
            check_outlet(plant, outlet)
            assert plant.energy_wh(outlet) >= energy[outlet]
            energy[outlet] = plant.energy_wh(outlet)
        check_feeder(plant)
        outlet = draw.randint(0, 1)
        if draw.random() < 0.15:
            plant.set_duty(outlet, draw.choice(DUTIES))
        if draw.random() < 0.1:
            plant.set_contactor(outlet, draw.random() < 0.7)


def check_outlet(plant: Plant, outlet: int) -> None:
    """No current without contacts, none above the car's own limit, pilot and letter agree."""
    currents = plant.outlet_ma(outlet)
    spec = plant.scenario.cars[outlet]
    assert all(0 <= current <= spec.max_ma for current in currents)
    if not plant.contacts_closed(outlet) or plant.breaker(0).tripped:
        assert currents == [0, 0, 0]
    assert sum(current > 0 for current in currents) in (0, spec.phases)
    letter = plant.car_state(outlet)
    high_mv = plant._outlets[outlet].line._history[-1][1]
    if plant.duty(outlet) > 0 and spec.diode == "ok":
        assert high_mv == {"A": 12000, "B": 8979, "C": 5995}[letter]


def check_feeder(plant: Plant) -> None:
    """The feeder carries its loads and its outlets; the breaker's heat keeps its scale."""
    carried = plant.feeder_ma(0)
    for phase in range(3):
        from_outlets = plant.outlet_ma(0)[phase] + plant.outlet_ma(1)[phase]
        assert carried[phase] >= from_outlets
    over = max(carried) > 35_000
    assert over == (plant.overload_since_ms(0) is not None)
    breaker = plant.breaker(0)
    assert breaker.heat <= breaker.peak_heat
    assert breaker.tripped or breaker.peak_heat < 1.0
    due_ms = plant.next_change_ms()
    assert due_ms is None or due_ms > plant.t_ms


def test_storms_are_not_all_alike():
    """Some trip, some end with a full car: the checks above have something to bite on."""
    tripped, delivered = 0, 0
    for seed in range(40):
        plant, draw = storm(seed)
        for outlet in (0, 1):
            plant.set_duty(outlet, draw.choice((2667, 5333)))
            plant.set_contactor(outlet, True)
        plant.advance(RUN_MS)
        tripped += plant.breaker(0).tripped
        delivered += plant.energy_wh(0) > 0
    assert 0 < tripped < 40
    assert delivered > 20
