"""What happens does not depend on the steps in which the plant is advanced. Times in ms."""

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pilotlight_host.sim.plant import Plant
from pilotlight_host.sim.scenario import load
from plant_helpers import bench, car

LOADS = [
    {"kind": "profile", "points": [["0s", [5, 6, 7]], ["9.013s", [30, 6, 7]], ["25s", [12, 9, 8]]]}
]
CARS = [car(energy_kwh=0.3), car(outlet=2, arrive="3.007s", phases=1, max_a=32, react="1.333s")]
EVENTS = [
    {"at": "12.345s", "kind": "kettle", "for": "11s"},
    {"at": "31.007s", "kind": "unplug", "outlet": 2, "for": "6s"},
    {"at": "40s", "kind": "heat-pump", "for": "9s"},
]
NOISY = {"pilot_noise_mv": 7.5, "clamp_noise_counts": 1.4}
SCENARIO = bench(load=LOADS, car=CARS, event=EVENTS, plant=NOISY)
# What the board does, and when: (t_ms, method, outlet, value).
ORDERS = [
    (1100, "set_duty", 0, 2667),
    (2700, "set_contactor", 0, True),
    (4000, "set_duty", 1, 5333),
    (5600, "set_contactor", 1, True),
    (13_000, "set_duty", 1, 1000),
    (20_020, "set_duty", 0, 1500),
    (31_080, "set_contactor", 1, False),
    (45_000, "set_duty", 0, 10000),
    (47_000, "set_contactor", 0, False),
]
LOOKS = (500, 2710, 9060, 12_400, 13_900, 20_700, 31_060, 31_120, 40_160, 46_010, 60_000)


def look(plant: Plant) -> tuple:
    """All that a board or a monitor can see at this instant."""
    seen = [plant.t_ms, plant.clamp_window()[0]]
    seen += [channel.tobytes() for channel in plant.clamp_window()[1]]
    seen += [plant.meter_image(), plant.feeder_ma(0), plant.breaker(0).peak_heat]
    seen += [plant.overload_s(0), plant.overload_since_ms(0), plant.quiet()]
    for outlet in (0, 1):
        seen += [plant.pilot_reading(outlet), plant.outlet_ma(outlet), plant.energy_wh(outlet)]
        seen += [plant.car_state(outlet), plant.car_left_c_ms(outlet)]
        seen += [plant.contacts_closed(outlet)]
    return tuple(seen)


def run(extra: list[int], peek: bool = False) -> tuple[list, list]:
    """Advance through orders, looks and the extra stops; what was seen and the log."""
    plant = Plant(SCENARIO, seed=11)
    orders = {order[0]: order for order in ORDERS}
    seen = []
    for t_ms in sorted({*extra, *orders, *LOOKS}):
        plant.advance(t_ms)
        if peek:
            plant.next_change_ms()
            look(plant)
        if t_ms in LOOKS:
            seen.append(look(plant))
        if t_ms in orders:
            _, method, outlet, value = orders[t_ms]
            getattr(plant, method)(outlet, value)
    return seen, plant.log


REFERENCE = run([])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 60_000), max_size=200), st.booleans())
def test_any_partition_gives_the_same(stops, peek):
    assert run(stops, peek) == REFERENCE


def test_every_millisecond_and_every_step_give_the_same():
    assert run(list(range(60_000))) == REFERENCE
    assert run(list(range(0, 60_000, 20)), peek=True) == REFERENCE


def test_the_reference_is_not_dull():
    first, last = REFERENCE[0][0], REFERENCE[0][-1]
    assert first != last
    assert {seen[-3] for seen in REFERENCE[0]} == {"A", "C"}
    assert max(max(seen[6]) for seen in REFERENCE[0]) > 35_000


def test_jumping_from_change_to_change_misses_nothing():
    plant, jumper = Plant(SCENARIO, 5), Plant(SCENARIO, 5)
    for each in (plant, jumper):
        each.advance(1100)
        each.set_duty(0, 2667)
        each.advance(2700)
        each.set_contactor(0, True)
    due_ms = jumper.next_change_ms()
    before = steady(plant)
    while due_ms is not None and due_ms <= 60_000:
        # Nothing moves before the instant that was foretold.
        plant.advance(due_ms - 1)
        assert steady(plant) == before
        plant.advance(due_ms)
        jumper.advance(due_ms)
        before = steady(plant)
        assert steady(jumper) == before
        due_ms = jumper.next_change_ms()


def steady(plant: Plant) -> tuple:
    """The truth that stays constant between two changes."""
    outlets = [(plant.outlet_ma(n), plant.car_state(n), plant.contacts_closed(n)) for n in (0, 1)]
    return plant.feeder_ma(0), outlets, plant.meter_fault, plant.breaker(0).tripped


def test_dwellings_depend_on_the_seed_only():
    path = Path(__file__).parent.parent / "boards/sim/scenarios/two_cars_evening.toml"
    scenario = load(path)
    random.seed(99)
    kept = random.getstate()
    one, same, other = Plant(scenario, 1), Plant(scenario, 1), Plant(scenario, 2)
    assert random.getstate() == kept
    for t_ms in range(0, 7_200_000, 60_000):
        for plant in (one, same, other):
            plant.advance(t_ms)
        assert one.feeder_ma(0) == same.feeder_ma(0)
    assert one.meter_image().energy_import_wh != other.meter_image().energy_import_wh


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_dwellings_take_what_a_house_takes(seed):
    load_table = [{"kind": "household", "phases": ["L2"], "people": 3}]
    plant = Plant(bench(duration="7d", load=load_table), seed)
    plant.advance(7 * 86_400_000)
    per_day_kwh = plant.meter_image().energy_import_wh / 7000
    # 4000 kWh a year are 11 a day; a week scatters.
    assert 3 < per_day_kwh < 25
    assert plant.feeder_ma(0)[0] == 0
