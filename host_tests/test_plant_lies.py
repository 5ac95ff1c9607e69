"""Sensors of the simulated site that lie: what they show against what flows. mA, ms."""

import math

import pytest
from pilotlight_host.sim.plant import Plant
from pilotlight_host.sim.scenario import ScenarioError
from sim_helpers import small


def plant(kind, t_ms=30_000, **more):
    """The small site without a car, 20 s into a lie that began at 10 s; it carries 3, 2, 1 A."""
    event = {"at": "10s", "kind": kind, "for": "30s", **more}
    step = {"at": "20s", "kind": "step", "amps": 5}
    made = Plant(small(event=[event, step], car=[]))
    made.advance(9_999)
    made.meter_image(), made.clamp_window()
    made.advance(10_100)
    made.meter_image(), made.clamp_window()
    made.advance(t_ms)
    return made


def rms(counts):
    mean = sum(counts) / len(counts)
    return math.sqrt(sum((x - mean) ** 2 for x in counts) / len(counts)) * 48.34


def shown(made):
    """(meter, clamps), rounded to 0.1 A."""
    meter = [ma if math.isnan(ma) else round(ma, -2) for ma in made.meter_image().current_ma]
    return meter, [round(rms(row), -2) for row in made.clamp_window()[1]]


TRUE = [8000, 7000, 6000]


@pytest.mark.parametrize(
    ("kind", "more", "meter", "clamps"),
    [
        ("meter-frozen", {}, [3000, 2000, 1000], TRUE),
        ("meter-shows", {"amps": 30, "phases": ["L2"]}, [8000, 30000, 6000], TRUE),
        ("meter-shows", {"amps": 0}, [0, 0, 0], TRUE),
        ("meter-times", {"factor": 0.5}, [4000, 3500, 3000], TRUE),
        ("energy-back", {}, TRUE, TRUE),
        ("clamps-frozen", {}, TRUE, [3000, 2000, 1000]),
        ("clamps-swapped", {}, TRUE, [7000, 8000, 6000]),
        ("clamps-swapped", {"phases": ["L3", "L1"]}, TRUE, [6000, 7000, 8000]),
        ("clamps-times", {"factor": 2, "phases": ["L1"]}, TRUE, [16000, 7000, 6000]),
        ("clamps-astray", {"phases": ["L3"]}, TRUE, [8000, 7000, 0]),
        ("clamps-turned", {"phases": ["L1", "L3"]}, TRUE, TRUE),
        ("clamps-shorted", {"phases": ["L2"]}, TRUE, [8000, 0, 6000]),
    ],
)
def test_what_is_shown_instead_of_the_truth(kind, more, meter, clamps):
    made = plant(kind, **more)
    assert shown(made) == (pytest.approx(meter, abs=100), pytest.approx(clamps, abs=100))
    assert made.feeder_ma(0) == TRUE
    made.advance(41_000)
    assert shown(made) == (pytest.approx(TRUE, abs=100), pytest.approx(TRUE, abs=100))


def test_a_phase_that_is_not_known():
    meter, _ = shown(plant("meter-misses", phases=["L2"]))
    assert math.isnan(meter[1]) and [meter[0], meter[2]] == pytest.approx([8000, 6000], abs=100)


def test_energy_goes_back_by_500_kwh():
    lying, honest = plant("energy-back"), plant("energy-back", 41_000)
    assert lying.meter_image().energy_import_wh < -499_000
    assert honest.meter_image().energy_import_wh > 0


def test_a_frozen_meter_freezes_anew():
    made = plant("meter-frozen", 41_000)
    before = made.meter_image()
    made.advance(43_000)
    assert made.meter_image() != before


@pytest.mark.parametrize(
    ("event", "key"),
    [
        ({"kind": "clamps-swapped", "phases": ["L1"]}, "phases"),
        ({"kind": "clamps-swapped", "phases": ["L1", "L2", "L3"]}, "phases"),
        ({"kind": "meter-shows"}, "amps"),
        ({"kind": "clamps-times"}, "factor"),
        ({"kind": "meter-times", "factor": -1}, "factor"),
        ({"kind": "meter-frozen", "amps": 3}, "amps"),
    ],
)
def test_a_wrong_lie_is_named(event, key):
    with pytest.raises(ScenarioError, match=key):
        small(event=[{"at": "10s", **event}])
