"""One phase or three by the sun, through the whole firmware; the simulator's monitor looks after
every step. Times in ms.
"""

import json

import pytest
from pilotlight_host.sim.simulate import EVENT, simulate
from sim_helpers import SMALL, journal, shipped, small
from test_sim_phases import at

CAR = dict(SMALL["car"][0], arrive="1m", energy_kwh=60)
PLANT_A = 11


def plant(*rows):
    """(minute, A): from then on so much is left on each phase, of a plant at noon."""
    points = [[f"{minute}m", [PLANT_A - amps] * 3] for minute, amps in rows]
    return [{"kind": "solar", "peak_a": PLANT_A}, {"kind": "profile", "points": points}]


def sunny(loads, **more):
    """A second contactor and the mode solar; a meter alone tells what flows."""

    def change(raw):
        raw["site"]["feeders"][0]["clamps"] = None
        outlet = {"switching": True, "mode": "solar", **more.pop("outlet", {})}
        raw["site"]["outlets"][0].update(outlet)
        raw["load"] = loads
        raw["start"] = "2026-06-15T12:30"
        raw["duration"] = "30m"
        raw["car"] = [CAR]
        raw.update(more)

    return small(change=change)


def run(loads, *rows, **parts):
    """(outcome, answers to lines typed at (ms, line), phases it was switched to)."""
    start, answers = at(*rows)
    outcome = simulate(sunny(loads, **parts), clock_kind=EVENT, on_start=start)
    assert outcome.is_good, outcome.report["violations"]
    texts = [text for text in journal(outcome) if "outlet 1: now on " in text]
    return outcome, answers, [1 if text.endswith("one phase") else 3 for text in texts]


def wh(outcome):
    return outcome.report["energy_wh"]["1"]


def test_3_kw_charge_on_one_phase_at_once():
    """11.7 A in all: nothing on three phases, but something on one."""
    outcome, answers, switched = run(plant((0, 3.9)), (100_000, "why(1)"), (1_000_000, "why(1)"))
    assert switched == [3, 1]
    assert 1150 < wh(outcome) < 1300
    assert answers[1].endswith("; one phase, wished by the sun")
    assert "solar surplus is shared out" in answers[1]
    assert "outlet 1: switching to one phase, wished by the sun" in journal(outcome)
    begun_ms = next(t_ms for t_ms, text in outcome.trace.events if text == "outlet 1: C2")
    assert begun_ms < 60_000 + 25_000
    assert wh(simulate(sunny(plant((0, 3.9)), outlet={"switching": False}), clock_kind=EVENT)) == 0


def test_up_with_the_sun_once_and_back():
    """The short cloud changes nothing: behind it the car keeps its minimum."""
    start, answers = at((700_000, "why(1)"), (1_500_000, "snapshot()"))
    outcome = simulate(shipped("sun_phases"), clock_kind=EVENT, on_start=start)
    assert outcome.is_good, outcome.report["violations"]
    asked = [
        (t_ms // 60_000, text) for t_ms, text in outcome.trace.events if "witching to" in text
    ]
    by_sun = "outlet 1: switching to {}, wished by the sun"
    assert asked == [
        (1, by_sun.format("one phase")),
        (19, by_sun.format("three phases")),
        (35, by_sun.format("one phase")),
    ]
    assert "; one phase, wished by the sun, and three phases in " in answers[0]
    shown = json.loads(answers[1])
    assert shown["outlets"][0]["phases"] == 3
    assert -500 < shown["site"]["limits"][0]["power_w"] < 100
    assert outcome.report["contactor_cycles"]["1"] == 3


def test_min_and_solar_takes_its_minimum_from_one_phase():
    outcome, _, switched = run(plant((0, 0.5)), outlet={"mode": "min+solar"})
    assert switched == [3, 1]
    assert 620 < wh(outcome) < 720  # 1.4 kW


@pytest.mark.storm
def test_a_person_comes_first():
    outcome, answers, switched = run(
        plant((0, 3.9)),
        (30_000, "phases(1, 3)"),
        (600_000, "why(1)"),
        (900_000, "phases(1, None)"),
    )
    assert switched == [3, 1] and wh(outcome) > 500
    assert answers[1].endswith("; three phases, wished by the person")


@pytest.mark.storm
def test_fast_is_three_again():
    outcome, _, switched = run(plant((0, 3.9)), (800_000, 'mode(1, "fast")'))
    assert switched == [3, 1, 3]
    assert min(outcome.plant.outlet_ma(0)) > 15_000


@pytest.mark.storm
def test_without_a_sensor_that_tells_the_sign_it_stays_as_it_was():
    scenario = small(
        change=lambda raw: (
            raw["site"]["feeders"][0].update(meter=None),
            raw["site"]["outlets"][0].update(switching=True, mode="min+solar"),
            raw.update(duration="12m"),
        )
    )
    outcome = simulate(scenario, clock_kind=EVENT)
    assert outcome.is_good
    assert [text for text in journal(outcome) if "now on" in text] == [
        "outlet 1: now on three phases"
    ]


@pytest.mark.storm
def test_an_order_below_the_minimum_on_three_phases():
    """4000 W are nothing on three phases, and 17.3 A on one."""
    outcome, _, switched = run(plant((0, 9)), (120_000, "dim(4000)"), duration="12m")
    assert switched == [3, 1]
    assert outcome.plant.outlet_ma(0)[0] > 15_000
