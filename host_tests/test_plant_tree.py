"""Feeders that hang on each other: what flows, what dies, who is judged. Times in ms, mA."""

import math

import pytest
from pilotlight_host.sim.monitor import FOLLOW_MS, REACTION_MS, Monitor
from pilotlight_host.sim.plant import Plant
from plant_helpers import bench, car

SHED, MAIN, BARN = 0, 1, 2
# The shed hangs on the barn, the barn on the supply; the file names the deepest first.
FEEDERS = [
    {"id": "shed", "feeder": "barn", "rating_a": 16, "breaker": "B"},
    {"id": "main", "rating_a": 35, "breaker": "B"},
    {"id": "barn", "feeder": "main", "rating_a": 25, "breaker": "B"},
]
OUTLETS = [
    {"feeder": "shed", "phases": ["L1", "L2", "L3"]},
    {"feeder": "main", "phases": ["L2", "L3", "L1"]},
]
LOADS = [
    {"kind": "constant", "feeder": "shed", "amps": [1, 2, 3]},
    {"kind": "constant", "feeder": "barn", "amps": [4, 0, 0]},
    {"kind": "constant", "feeder": "main", "amps": [0, 0.5, 0]},
]


def tree(*loads, cars=()):
    """A plant of three feeders in a row, nobody at its terminals."""
    site = {"site": {"id": "bench"}, "feeders": FEEDERS, "outlets": OUTLETS}
    return Plant(bench(site=site, load=[*LOADS, *loads], car=list(cars)))


def jump(feeder, at, amps, until="50m"):
    """A load that comes on `at` and goes `until`."""
    return {
        "kind": "profile",
        "feeder": feeder,
        "points": [["0s", 0], [at, amps], [until, 0]],
    }


def flows(plant):
    """L1, L2, L3 of each feeder."""
    return [plant.feeder_ma(number) for number in (SHED, BARN, MAIN)]


def charge(plant, outlet, duty, t_ms=20_000):
    """The car at `outlet` charges at `duty` from 2.7 s on."""
    plant.advance(max(plant.t_ms, 1100))
    plant.set_duty(outlet, duty)
    plant.advance(max(plant.t_ms, 2700))
    plant.set_contactor(outlet, True)
    plant.advance(t_ms)


def volts(plant, number):
    """What the meter there shows on L1, whole V."""
    return round(plant.meter_image(number).voltage_mv[0], -4) // 1000


def test_through_a_feeder_flows_what_flows_behind_it():
    plant = tree()
    plant.advance(1000)
    assert flows(plant) == [[1000, 2000, 3000], [5000, 2000, 3000], [5000, 2500, 3000]]
    for number, highest_a, rating_a in ((SHED, 3, 16), (BARN, 5, 25), (MAIN, 5, 35)):
        # as hot as what flowed at the start keeps it, the feeders behind included
        assert plant.breaker(number).heat == pytest.approx((highest_a / rating_a / 1.13) ** 2)


def test_cars_and_house_are_summed_apart_through_both_levels():
    plant = tree(cars=[car(draw=1.0, max_a=10), car(outlet=2, draw=1.0, max_a=8, phases=1)])
    charge(plant, 0, 1667)
    charge(plant, 1, 1667, 40_000)
    house = [(1000, 2000, 3000), (5000, 2000, 3000), (5000, 2500, 3000)]
    cars = [(10_000, 10_000, 10_000)] * 2 + [(10_000, 18_000, 10_000)]
    found = [plant.feeder_parts_ma(number) for number in (SHED, BARN, MAIN)]
    assert found == list(zip(house, cars, strict=True))
    assert plant.outlet_ma(0) == [10_000] * 3


def test_a_change_behind_is_seen_above_at_its_own_instant():
    plant = tree(jump("shed", "10s", [6, 0, 0]))
    plant.advance(9999)
    assert flows(plant) == [[1000, 2000, 3000], [5000, 2000, 3000], [5000, 2500, 3000]]
    plant.advance(10_000)
    assert flows(plant) == [[7000, 2000, 3000], [11_000, 2000, 3000], [11_000, 2500, 3000]]
    plant.advance(10_500)
    shown = [plant.meter_image(number).current_ma[0] for number in (SHED, BARN, MAIN)]
    assert shown == [7000, 11_000, 11_000]
    counts = plant.clamp_window()[1]
    mean = sum(counts[3 * MAIN]) / 200
    rms = math.sqrt(sum((count - mean) ** 2 for count in counts[3 * MAIN]) / 200)
    assert rms * 48.34 == pytest.approx(11_000, rel=0.01)


def test_energy_above_is_all_that_was_taken_behind():
    plant = tree(jump("shed", "10s", [6, 0, 0], "20s"))
    plant.advance(3_600_000)
    once_wh = 6 * 10 / 3600 * 230
    above_wh = [plant.meter_image(number).energy_import_wh for number in (SHED, BARN, MAIN)]
    amps = [6, 10, 10.5]
    assert above_wh == pytest.approx([a * 230 + once_wh for a in amps], rel=1e-6)


def test_a_trip_behind_leaves_those_above_alive_and_carrying_less():
    plant = tree(jump("shed", "30s", [48, 0, 0]), cars=[car(draw=1.0, max_a=6)])
    charge(plant, 0, 1000, 29_000)
    assert flows(plant)[2] == [11_000, 8500, 9000]
    plant.advance(30_100)
    assert [plant.breaker(n).tripped for n in (SHED, BARN, MAIN)] == [True, False, False]
    assert flows(plant) == [[0, 0, 0], [4000, 0, 0], [4000, 500, 0]]
    assert plant.outlet_ma(0) == [0, 0, 0]
    plant.advance(40_000)
    assert [volts(plant, number) for number in (SHED, BARN, MAIN)] == [0, 230, 230]
    assert [volts(plant, 3), volts(plant, 4)] == [0, 230]  # in the lines to the outlets
    taken_wh = plant.energy_wh(0)
    plant.advance(60_000)
    assert plant.energy_wh(0) == taken_wh > 0


def test_a_trip_above_kills_everything_behind_and_for_good():
    plant = tree(
        jump("barn", "30s", [76, 0, 0]),
        jump("shed", "40s", [0, 5, 0]),
        cars=[car(draw=1.0, max_a=6), car(outlet=2, draw=1.0, max_a=6)],
    )
    charge(plant, 0, 1000, 4000)
    charge(plant, 1, 1000, 30_100)
    assert [plant.breaker(n).tripped for n in (SHED, BARN, MAIN)] == [False, True, False]
    for t_ms in (30_100, 41_000):
        plant.advance(t_ms)
        assert flows(plant) == [[0, 0, 0], [0, 0, 0], [6000, 6500, 6000]]
        assert (plant.outlet_ma(0), plant.outlet_ma(1)) == ([0, 0, 0], [6000, 6000, 6000])
    assert [volts(plant, n) for n in range(5)] == [0, 230, 0, 0, 230]
    assert [text for _, text in plant.log if "tripped" in text] == [
        "breaker of feeder barn tripped"
    ]


def test_only_the_overloaded_one_counts_an_overload():
    plant = tree(jump("shed", "10s", [16, 0, 0], "14s"))
    plant.advance(20_000)
    assert [plant.overload_s(n) for n in (SHED, BARN, MAIN)] == [4.0, 0.0, 0.0]


# ---------------------------------------------------------------------- the monitor


CLAMPED = [{"clamps": [1], "meter": None}] * 3


def judged(tables, duty_after):
    """The supply is overloaded at 20 s while the car in the shed charges; 100 ms later it is told
    `duty_after`.
    """
    plant = tree(jump("main", "20s", [26, 0, 0], "40s"), cars=[car(draw=1.0, max_a=8)])
    monitor = Monitor(plant, {"feeders": tables, "meters": []})
    charge(plant, 0, 1333, 4000)
    for t_ms in range(4000, 40_000, 20):
        plant.advance(t_ms)
        if t_ms == 20_100:
            plant.set_duty(0, duty_after)
        monitor.step(t_ms)
    assert plant.overload_s(MAIN) > 0
    return monitor.found


def test_less_at_an_outlet_answers_the_overload_of_a_feeder_far_above():
    found = judged(CLAMPED, 1000)
    assert (found.reactions_ms, found.timings) == ([100], [])


def test_an_overload_that_an_outlet_far_below_does_not_answer_is_told():
    found = judged(CLAMPED, 1333)
    assert found.reactions_ms == []
    assert [text for _, text in found.timings] == [
        f"feeder {MAIN}: overloaded since 20000 without reduction"
    ]
    assert 20_000 + REACTION_MS < found.timings[0][0] < 20_000 + REACTION_MS + FOLLOW_MS


@pytest.mark.parametrize("duty_after", [1333, 1000])
def test_nobody_is_to_answer_what_no_sensor_sees(duty_after):
    bare = {"clamps": None, "meter": None}
    found = judged([CLAMPED[0], bare, CLAMPED[2]], duty_after)
    assert (found.reactions_ms, found.timings) == ([], [])
