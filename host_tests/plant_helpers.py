"""Small sites for the plant tests and a car that already charges. Times in ms."""

import copy

from pilotlight_host.sim.plant import Plant
from pilotlight_host.sim.scenario import Scenario, parse

SITE = {
    "site": {"id": "bench"},
    "feeders": [{"id": "main", "rating_a": 35, "breaker": "B", "meter": "grid"}],
    "outlets": [
        {"name": "left", "feeder": "main", "phases": ["L1", "L2", "L3"]},
        {"name": "right", "feeder": "main", "phases": ["L2", "L3", "L1"]},
    ],
}


def bench(**parts) -> Scenario:
    """A scenario of one hour with exact instruments; keyword arguments are TOML keys."""
    raw = {
        "duration": "1h",
        "site": copy.deepcopy(SITE),
        "plant": {
            "pilot_noise_mv": 0,
            "clamp_noise_counts": 0,
            "clamp_gain_error": 0,
            "meter_gain_error": 0,
            "meter_noise_ma": 0,
        },
    }
    raw.update(parts)
    return parse(raw, "bench.toml")


def car(**parts) -> dict:
    """A [[car]] table: outlet 1 at once, 20 kWh, unless told otherwise."""
    table = {"outlet": 1, "arrive": "1s", "energy_kwh": 20}
    table.update(parts)
    return table


def charging(duty: int = 2667, until_ms: int = 20_000, **parts) -> Plant:
    """A plant whose first car charges at `duty` (16 A) since PWM at 1.1 s, contacts at 2.7 s."""
    plant = Plant(bench(car=[car(**parts)]))
    plant.advance(1100)
    plant.set_duty(0, duty)
    plant.advance(2700)
    plant.set_contactor(0, True)
    plant.advance(until_ms)
    return plant
