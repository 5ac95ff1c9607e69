"""Scenario files: what is refused and how; the shipped ones hold together. Times in ms."""

from pathlib import Path

import pytest
from pilotlight_host.sim.plant import Plant
from pilotlight_host.sim.scenario import ScenarioError, load, parse
from pilotlight_host.sim.toml_read import clock_ms, duration_ms
from plant_helpers import SITE, bench, car

FOLDER = Path(__file__).parent.parent / "boards/sim/scenarios"
SHIPPED = sorted(FOLDER.glob("*.toml"))


@pytest.mark.parametrize(
    ("text", "expected_ms"),
    [
        ("90s", 90_000),
        ("1h30m", 5_400_000),
        ("13d", 1_123_200_000),
        ("250ms", 250),
        ("1.5s", 1500),
        (12, 12_000),
        ("4 h", None),
        ("h", None),
        ("-3s", None),
        (-1, None),
        (True, None),
        ([], None),
    ],
)
def test_durations(text, expected_ms):
    assert duration_ms(text) == expected_ms


def test_times_of_day():
    assert clock_ms("06:30") == 23_400_000
    assert clock_ms("24:00") is None
    assert clock_ms(6) is None


def hung(**above):
    """The site with these feeders, each on the one it is given."""
    feeders = [
        {"id": name, "rating_a": 35, "breaker": "B"} | ({} if on is None else {"feeder": on})
        for name, on in above.items()
    ]
    return {"site": {**SITE, "feeders": feeders}}


BAD = [
    ({"car": [car(max_a=100)]}, "car[1].max_a is 100, expected a number 6...80"),
    ({"car": [car(), car(outlet=2, colour="red")]}, "car[2].colour is 'red', expected no such"),
    ({"car": [car(outlet=3)]}, "car[1].outlet is 3, expected a number 1...2"),
    ({"car": [car(outlet="1")]}, "car[1].outlet is '1', expected a number 1...2"),
    ({"car": [{"outlet": 1, "arrive": "1s"}]}, "car[1].energy_kwh is missing, expected a number"),
    ({"car": [car(leave="0.5s")]}, "car[1].leave is 0.5, expected after arrive"),
    ({"car": [car(), car(arrive="9s")]}, "one arrives at outlet 1 at 9 s, expected"),
    ({"car": [car(rotation=["L1", "L1", "L2"])]}, "car[1].rotation is ['L1', 'L1', 'L2'],"),
    ({"car": [car(s2_stuck=1)]}, "car[1].s2_stuck is 1, expected true or false"),
    ({"car": [car(phases=True)]}, "car[1].phases is True, expected a number 1...3"),
    ({"event": [{"at": "1s", "kind": "flood"}]}, "event[1].kind is 'flood', expected one of"),
    ({"event": [{"at": "soon", "kind": "oven"}]}, "event[1].at is 'soon', expected a duration"),
    ({"event": [{"at": 1, "kind": "step"}]}, "event[1].amps is missing, expected a number"),
    ({"event": [{"at": 1, "kind": "oven", "outlet": 1}]}, "event[1].outlet is 1, expected no"),
    ({"load": [{"kind": "constant", "amps": [1, 2]}]}, "load[1].amps is [1, 2], expected amps"),
    ({"load": [{"kind": "constant", "amps": -1}]}, "load[1].amps is -1, expected amps 0...1000"),
    (
        {"load": [{"kind": "profile", "points": [["5s", 1], ["2s", 2]]}]},
        "expected a list of [time",
    ),
    ({"load": [{"kind": "profile", "daily": True, "points": [["5s", 1]]}]}, "[time of day, amps]"),
    (
        {"load": [{"kind": "constant", "amps": 1, "feeder": "x"}]},
        "load[1].feeder is 'x', expected",
    ),
    ({"duration": "long"}, "duration is 'long', expected a duration"),
    (
        {"start_ticks_ms": 1 << 30},
        "start_ticks_ms is 1073741824, expected a number 0...1073741823",
    ),
    ({"start": "tomorrow"}, "start is 'tomorrow', expected a local time"),
    ({"plant": {"clamp_samples": 20}}, "plant.clamp_samples is 20, expected a number 100...250"),
    ({"plant": []}, "plant is [], expected a table"),
    ({"wheels": 4}, "wheels is 4, expected no such key"),
    ({"site": {"outlets": SITE["outlets"]}}, "site.feeders is [], expected at least one feeder"),
    (
        hung(main="barn", barn="moon"),
        "site.feeders[2].feeder is 'moon', expected one of main, barn",
    ),
    (hung(main=None, barn=7), "site.feeders[2].feeder is 7, expected one of main, barn"),
    (hung(main="main"), "site.feeders[1].feeder is 'main', expected one that does not hang on"),
    (
        hung(main=None, barn="shed", shed="barn"),
        "site.feeders[2].feeder is 'shed', expected one that does not hang on itself",
    ),
    ({"car": {"outlet": 1}}, "car is {'outlet': 1}, expected [[car]] tables"),
]


@pytest.mark.parametrize(("parts", "text"), BAD, ids=[str(n) for n in range(len(BAD))])
def test_what_is_refused(parts, text):
    with pytest.raises(ScenarioError) as caught:
        bench(**parts)
    assert str(caught.value).startswith("bench.toml: ")
    assert text in str(caught.value)


def test_what_a_feeder_hangs_on():
    scenario = bench(**hung(main="cellar", barn="main", cellar=None))
    assert [feeder.parent for feeder in scenario.feeders] == [2, 0, None]
    assert [scenario.line(number) for number in range(3)] == [(0, 2), (1, 0, 2), (2,)]


@pytest.mark.parametrize("missing", ["site", "duration"])
def test_what_must_be_there(missing):
    raw = {"site": SITE, "duration": 60}
    parse(dict(raw), "x.toml")
    del raw[missing]
    with pytest.raises(ScenarioError, match=f"x.toml: {missing} is missing"):
        parse(raw, "x.toml")


def test_a_file_that_is_not_toml(tmp_path):
    path = tmp_path / "broken.toml"
    path.write_text("name = \n")
    with pytest.raises(ScenarioError, match=r"broken\.toml: not TOML"):
        load(path)


def test_daily_cars_and_daily_loads():
    load_table = [{"kind": "profile", "daily": True, "points": [["06:00", 3], ["20:00", 9]]}]
    cars = [car(arrive="1h", leave="2h", daily=True)]
    plant = Plant(bench(duration="3d", start="2026-01-15T17:00", car=cars, load=load_table))
    assert [visit.arrive_ms // 3_600_000 for visit in plant.scenario.cars] == [1, 25, 49]
    amps = []
    for hour in (0, 2, 4, 12.9, 13, 27):
        plant.advance(round(hour * 3_600_000))
        amps.append(plant.feeder_ma(0)[0] // 1000)
    assert amps == [3, 3, 9, 9, 3, 9]


def test_the_shipped_ones_are_all_here():
    names = {path.stem for path in SHIPPED}
    assert names >= {
        "two_cars_evening",
        "oven_kettle",
        "network_lost",
        "meter_lost",
        "thirteen_days",
        "first_light",
        "sub_feeder",
    }


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_building_alone_never_overloads_its_fuse(path):
    scenario = load(path)
    plant = Plant(scenario)
    due_ms = plant.next_change_ms()
    while due_ms is not None and due_ms <= scenario.duration_ms:
        plant.advance(due_ms)
        due_ms = plant.next_change_ms()
    # No car charges here, for nobody answers the pilot.
    assert all(plant.overload_s(n) == 0 for n in range(len(scenario.feeders)))
    assert scenario.about and scenario.cars


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_unlimited_cars_would_overload_it(path):
    """The fuse is contested: a station that only ever offers 32 A overloads every scenario."""
    scenario = load(path)
    plant = Plant(scenario)
    for outlet in range(len(scenario.outlets)):
        plant.set_duty(outlet, 5333)
        plant.set_contactor(outlet, True)
    plant.advance(min(scenario.duration_ms, 86_400_000))
    assert plant.overload_s(0) > 0
