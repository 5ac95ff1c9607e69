"""Breaker curves and the feeder against arithmetic from the standards' corners. mA, ms."""

import copy
import math

import pytest
from pilotlight_host.sim.breaker import Breaker
from pilotlight_host.sim.plant import Plant
from plant_helpers import SITE, bench, charging


def cold_trip_ms(kind: str, times_in: float) -> int | None:
    """Instant of the trip of a cold 10 A breaker that carries times_in from t = 0."""
    breaker = Breaker(kind, 10, [0, 0, 0], lambda: 0)
    return breaker.change(0, [0, round(times_in * 10_000), 0])


@pytest.mark.parametrize("kind", ["B", "C", "D"])
def test_corners_of_iec_60898(kind):
    assert cold_trip_ms(kind, 1.13) is None
    assert cold_trip_ms(kind, 1.14) > 60_000
    assert cold_trip_ms(kind, 1.45) == pytest.approx(37_400, abs=200)
    assert cold_trip_ms(kind, 2.55) == pytest.approx(1003, abs=2)


@pytest.mark.parametrize(("kind", "times_in"), [("B", 3), ("C", 5), ("D", 10)])
def test_magnetic_release(kind, times_in):
    assert cold_trip_ms(kind, times_in) == 20
    assert cold_trip_ms(kind, times_in - 0.01) > 20


def test_fuse_gg():
    assert cold_trip_ms("gG", 1.25) is None
    assert cold_trip_ms("gG", 1.6) == math.ceil(35_000 * math.log(1.6384 / 0.6384))
    assert cold_trip_ms("gG", 7) == 100


def test_hot_start_trips_earlier():
    hot = Breaker("B", 10, [10_000, 0, 0], lambda: 0)
    assert hot.heat == pytest.approx(1 / 1.13**2)
    assert hot.change(0, [14_500, 0, 0]) < cold_trip_ms("B", 1.45) / 2


def test_a_trip_comes_at_its_exact_ms_and_kills_the_feeder():
    load = [{"kind": "profile", "points": [["0s", 0], ["10s", [0, 50.75, 0]]]}]
    plant = Plant(bench(load=load))
    due_ms = 10_000 + cold_trip_ms("B", 1.45)
    plant.advance(due_ms - 1)
    assert plant.next_change_ms() == due_ms
    assert not plant.breaker(0).tripped
    assert plant.breaker(0).heat == pytest.approx(1.0, abs=1e-4)
    assert plant.overload_since_ms(0) == 10_000
    plant.advance(due_ms)
    assert plant.breaker(0).tripped
    assert plant.breaker(0).tripped_ms == due_ms
    assert plant.feeder_ma(0) == [0, 0, 0]
    assert plant.overload_s(0) == (due_ms - 10_000) / 1000
    assert plant.breaker(0).peak_heat >= 1.0 - 1e-9
    plant.advance(due_ms + 1000)
    assert plant.meter_image().voltage_mv == (0, 0, 0)
    assert any("tripped" in text for _, text in plant.log)


def test_an_overload_that_ends_in_time_does_not_trip():
    load = [{"kind": "profile", "points": [["0s", 0], ["10s", [60, 0, 0]], ["14s", [10, 0, 0]]]}]
    plant = Plant(bench(load=load))
    plant.advance(3_000_000)
    assert not plant.breaker(0).tripped
    assert plant.overload_s(0) == 4.0
    assert plant.overload_since_ms(0) is None
    assert 0.5 < plant.breaker(0).peak_heat < 1.0


def test_heat_carries_over_from_one_current_to_the_next():
    points = [["0s", 0], ["10s", [35, 0, 0]], ["30s", [45, 0, 0]]]
    plant = Plant(bench(load=[{"kind": "profile", "points": points}]))
    plant.advance(30_000)
    # Body 1 after 20 s at the rating, from cold.
    warm = (1 / 1.13**2) * (1 - math.exp(-20 / 40))
    assert plant.breaker(0).heat == pytest.approx(warm, rel=1e-9)
    target = (45 / 35 / 1.13) ** 2
    wait_s = 40 * math.log((target - warm) / (target - 1))
    assert plant.next_change_ms() == 30_000 + math.ceil(wait_s * 1000)


def test_cars_stop_when_the_supply_dies():
    plant = charging()
    plant.advance(20_100)
    feeder = plant._feeders[0]
    feeder.set_load(feeder.add_load((0, 0, 0)), (200_000, 0, 0))
    plant.advance(20_120)
    assert plant.breaker(0).tripped
    assert plant.outlet_ma(0) == [0, 0, 0]
    assert plant.contacts_closed(0)
    assert plant.car_state(0) == "C"


def test_two_feeders_are_apart():
    site = copy.deepcopy(SITE)
    site["feeders"].append({"id": "barn", "rating_a": 63, "breaker": "gG"})
    load = [{"kind": "constant", "feeder": "barn", "amps": [1, 2, 3]}]
    plant = Plant(bench(site=site, load=load))
    plant.advance(1000)
    assert plant.feeder_ma(0) == [0, 0, 0]
    assert plant.feeder_ma(1) == [1000, 2000, 3000]
    assert len(plant.clamp_window()[1]) == 6
