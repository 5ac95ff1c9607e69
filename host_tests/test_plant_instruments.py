"""Clamps and meter of the simulated site against its truth. Counts, mA, ms."""

import copy
import math

import pytest
from pilotlight_host.sim.plant import Plant
from plant_helpers import SITE, bench, charging

GAIN_MA = 70_000 / (2048 / math.sqrt(2))  # mA per count rms


def rms_ma(samples) -> float:
    """Plain floating-point rms around the mean, in mA."""
    mean = sum(samples) / len(samples)
    return math.sqrt(sum((x - mean) ** 2 for x in samples) / len(samples)) * GAIN_MA


def big(**parts):
    """The bench site behind 125 A, for currents at the end of the clamps' range."""
    site = copy.deepcopy(SITE)
    site["feeders"][0]["rating_a"] = 125
    return bench(site=site, **parts)


@pytest.mark.parametrize("amps", [0.5, 1, 6, 16, 35, 60])
def test_a_clamp_reads_its_current(amps):
    plant = Plant(big(load=[{"kind": "constant", "amps": amps}]))
    plant.advance(12_345)
    end_ms, channels = plant.clamp_window()
    assert end_ms == 12_300
    assert [len(channel) for channel in channels] == [200] * 3
    for channel in channels:
        assert abs(rms_ma(channel) - amps * 1000) <= amps * 5 + 20  # quantisation of 48 mA


def test_house_and_car_add_arithmetically():
    plant = charging(until_ms=30_000)
    feeder = plant._feeders[0]
    feeder.set_load(feeder.add_load((0, 0, 0)), (10_000, 0, 0))
    plant.advance(30_300)
    assert plant.feeder_ma(0)[0] == 25_682
    assert abs(rms_ma(plant.clamp_window()[1][0]) - 25_682) < 60


def test_a_window_that_is_partly_overloaded_reads_partly():
    load = [{"kind": "profile", "points": [["0s", 10], ["1.05s", 50]]}]
    plant = Plant(bench(load=load))
    plant.advance(1100)
    counts = plant.clamp_window()[1][0]
    assert rms_ma(counts[20:100]) == pytest.approx(10_000, rel=0.02)
    assert rms_ma(counts[120:200]) == pytest.approx(50_000, rel=0.02)
    plant.advance(1200)
    assert rms_ma(plant.clamp_window()[1][0]) == pytest.approx(50_000, rel=0.005)


def test_a_jump_over_a_change_shows_the_same_window_as_small_steps():
    load = [{"kind": "profile", "points": [["0s", 10], ["1.05s", 50], ["1.32s", 20]]}]
    fine, coarse = Plant(bench(load=load), 3), Plant(bench(load=load), 3)
    for t_ms in range(0, 1420, 20):
        fine.advance(t_ms)
        fine.clamp_window()
    coarse.advance(1400)
    assert coarse.clamp_window() == fine.clamp_window()


def test_beyond_full_scale_it_clips():
    plant = Plant(big(load=[{"kind": "constant", "amps": [0, 0, 90]}]))
    plant.advance(200)
    counts = plant.clamp_window()[1][2]
    assert min(counts) == 0 and max(counts) == 4095


def test_offset_and_noise_without_current():
    plant = Plant(bench(plant={"clamp_noise_counts": 1.4}))
    plant.advance(1000)
    counts = plant.clamp_window()[1][0]
    mean = sum(counts) / len(counts)
    assert 2020 < mean < 2076
    assert 40 < rms_ma(counts) < 110


@pytest.mark.parametrize("hertz", [49.7, 60])
def test_other_frequencies(hertz):
    settings = {"frequency_hz": hertz, "clamp_noise_counts": 0, "clamp_gain_error": 0}
    plant = Plant(bench(plant=settings, load=[{"kind": "constant", "amps": 20}]))
    for t_ms in (1000, 1100, 1200, 5000):
        plant.advance(t_ms)
        assert rms_ma(plant.clamp_window()[1][1]) == pytest.approx(20_000, rel=0.012)


def test_the_meter_refreshes_on_its_beat():
    load = [{"kind": "profile", "points": [["0s", [1, 2, 3]], ["1.3s", [10, 20, 30]]]}]
    plant = Plant(bench(load=load))
    plant.advance(1499)
    assert plant.meter_image().current_ma == (1000, 2000, 3000)
    assert plant.meter_image().taken_ms == 1000
    plant.advance(1500)
    image = plant.meter_image()
    assert image.current_ma == (10_000, 20_000, 30_000)
    assert image.power_w[1] == pytest.approx(20 * 230, rel=0.006)
    wanted = (6 * 1.3 + 60 * 0.2) * 230 / 3600
    assert image.energy_import_wh == pytest.approx(wanted, rel=1e-9)


def test_meter_errors_are_bounded_and_fixed_by_seed():
    settings = {"meter_gain_error": 0.005, "meter_noise_ma": 10}
    scenario = bench(plant=settings, load=[{"kind": "constant", "amps": 30}])
    one, other = Plant(scenario, 1), Plant(scenario, 2)
    seen = set()
    for t_ms in range(0, 60_000, 500):
        one.advance(t_ms)
        seen.add(one.meter_image().current_ma)
    assert len(seen) > 50
    assert all(abs(ma - 30_000) <= 150 + 35 for image in seen for ma in image)
    other.advance(59_500)
    assert other.meter_image().current_ma != one.meter_image().current_ma


def test_faults_come_and_go():
    events = [
        {"at": "1s", "kind": "meter-silent", "for": "5s"},
        {"at": "4s", "kind": "meter-half", "for": "4s"},
        {"at": "2s", "kind": "broker-gone", "for": "1s"},
        {"at": "2s", "kind": "network-gone"},
        {"at": "3s", "kind": "clamps-silent", "for": "1s"},
    ]
    plant = Plant(bench(event=events))
    seen = []
    for t_ms in (500, 1500, 2500, 3500, 5000, 6500, 8000):
        plant.advance(t_ms)
        flags = (plant.meter_fault, plant.broker_up, plant.network_up, plant.clamps_fault)
        seen.append(flags)
    assert seen == [
        (None, True, True, None),
        ("silent", True, True, None),
        ("silent", False, False, None),
        ("silent", True, False, "silent"),
        ("half", True, False, None),
        ("half", True, False, None),
        (None, True, False, None),
    ]
