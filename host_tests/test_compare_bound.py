"""The linear program: by hand where that is possible, and an upper bound everywhere."""

import pytest
from sim_helpers import shipped, small

from pilotlight_host.compare import bench, bound, house, measure, sites
from pilotlight_host.compare.smartevse import SmartEvse
from pilotlight_host.compare.static import Static
from pilotlight_host.sim.plant import Plant


def test_one_car_all_the_time_there_is():
    """90 s, 16 A, three phases, 85 s after its arrival."""
    found = bound.solve(small())
    assert found.energy_wh == pytest.approx(16 * 3 * 230 * 85 / 3600)
    assert found.possible_wh == {(0, 5000): pytest.approx(found.energy_wh)}


def test_no_more_than_it_came_for():
    cars = [{"outlet": 1, "arrive": "5s", "energy_kwh": 0.1}]
    assert bound.solve(small(car=cars)).energy_wh == pytest.approx(100)


def test_phases_are_shared_and_the_house_comes_first():
    def two(raw):
        raw["site"]["outlets"] *= 2
        raw["load"] = [{"kind": "constant", "amps": [22, 2, 2]}]

    cars = [
        {"outlet": 1, "arrive": 0, "energy_kwh": 50, "phases": 1, "rotation": ["L1"]},
        {"outlet": 2, "arrive": 0, "energy_kwh": 50, "phases": 1, "rotation": ["L1"]},
    ]
    found = bound.solve(small(site_change=two, duration="60s", car=cars))
    assert found.energy_wh == pytest.approx(10 * 230 / 60)  # 10 A for both
    assert list(found.possible_wh.values()) == pytest.approx([10 * 230 / 60] * 2)


def test_room_within_a_slot_is_the_mean_of_what_is_free():
    steps = [(0, (0, 0, 0)), (30_000, (50_000, 0, 0))]
    room = bound.room_as(steps, 32_000, 90_000)
    assert room.tolist() == [[32 * 30, 0], [32 * 60, 32 * 30], [32 * 60, 32 * 30]]


def test_the_house_is_the_plants():
    """Every step of it, with household, oven, kettle and heat pump."""
    scenario = shipped("two_cars_evening")
    plant = Plant(scenario)
    for t_ms, amps in house.trace(scenario):
        plant.advance(t_ms)
        assert plant.feeder_parts_ma(0)[0] == amps


@pytest.mark.parametrize("kind", sites.KINDS)
def test_nobody_delivers_more_without_overload(kind):
    scenario = sites.make(3, 0, kind)
    found = bound.solve(scenario)
    figures = measure.measure(bench.run(scenario, Static()), found)
    assert figures.overload_as < 50  # the inrush of a heat pump
    assert 0 < figures.energy_wh <= found.energy_wh


def test_overload_delivers_at_most_what_was_above_the_rating():
    scenario = sites.make(3, 0, "office")
    found = bound.solve(scenario)
    figures = measure.measure(bench.run(scenario, SmartEvse()), found)
    assert figures.energy_wh <= found.energy_wh + figures.overload_as * 230 / 3600


def test_equal_shares_know_no_departure():
    """30 A for an hour, two cars of one phase; the one that leaves after half an hour gets 15 A."""

    def two(raw):
        raw["site"]["outlets"] = [{"feeder": "main", "phases": ["L1"], "max_a": 32}] * 2
        raw["load"] = [{"kind": "constant", "amps": [2, 0, 0]}]

    base = {"arrive": 0, "phases": 1, "max_a": 30}
    cars = [
        {**base, "outlet": 1, "leave": "30m", "energy_kwh": 3.45},
        {**base, "outlet": 2, "energy_kwh": 3.45},
    ]
    found = bound.solve(small(site_change=two, duration="1h", car=cars))
    assert found.energy_wh == pytest.approx(30 * 230)  # the first one first
    assert found.equal_wh == pytest.approx(15 * 230 / 2 + 3450)
    assert found.equal_wh <= found.energy_wh
