"""The pilot of the simulated car against the levels and filters of the pilot facts. mV, ms."""

import pytest
from pilotlight_host.sim.car import offered_ma
from pilotlight_host.sim.pilotline import levels_mv, net_ohm, trimmed_mean_mv
from pilotlight_host.sim.plant import Plant
from plant_helpers import bench, car, charging

# Node voltages of the resistor network, from the table of derived values for a nominal generator.
NODE = [
    (1870, None, 8060),
    (2740, None, 8980),
    (4610, None, 9990),
    (1870, 909, 4990),
    (1870, 1300, 5600),
    (2740, 1300, 5990),
    (4610, 1723, 6990),
    (2740, 270, 2930),
]


@pytest.mark.parametrize(("r2", "r3", "expected_mv"), NODE)
def test_node_voltages(r2, r3, expected_mv):
    high, low = levels_mv(2667, net_ohm(r2, r3, r3 is not None))
    assert abs(high - expected_mv) <= 6
    assert low == -12000


# Negative peak with a shorted diode: B -8.79 V, C -5.62 V, D -2.37 V, positive the mirror image.
@pytest.mark.parametrize(("r3", "expected_mv"), [(None, 8790), (1300, 5620), (270, 2370)])
def test_shorted_diode_mirrors(r3, expected_mv):
    high, low = levels_mv(1000, net_ohm(2740, r3, r3 is not None), "shorted")
    assert abs(high - expected_mv) <= 6
    assert low == -high


def test_constant_levels_show_in_both_parts():
    net = net_ohm(2740, 1300, False)
    assert levels_mv(10000, None) == (12000, 12000)
    assert levels_mv(10000, net)[0] == levels_mv(10000, net)[1] == levels_mv(5000, net)[0]
    assert levels_mv(0, net) == (-12000, -12000)
    assert levels_mv(5000, net, "open") == (12000, -12000)


# Table A.8: duty in 1/100 % -> mA, 0 = not permitted.
@pytest.mark.parametrize(
    ("duty", "expected_ma"),
    [
        (0, 0),
        (299, 0),
        (500, 0),
        (799, 0),
        (800, 6000),
        (1000, 6000),
        (2667, 16002),
        (8500, 51000),
        (8920, 63000),
        (9600, 80000),
        (9700, 80000),
        (9701, 0),
        (10000, 0),
    ],
)
def test_what_the_car_understands(duty, expected_ma):
    assert offered_ma(duty) == expected_ma


def test_trimmed_mean_drops_two_at_each_end():
    assert trimmed_mean_mv([0, 0] + [5] * 16 + [900, 900]) == 5
    assert trimmed_mean_mv([0] * 10 + [1000] * 10) == 500


def test_a_block_mixes_old_and_new_level():
    plant = Plant(bench(car=[car(arrive="0.110s")]))
    plant.advance(100)
    assert plant.pilot_reading(0) == (12000, 12000, 100)
    plant.advance(119)
    assert plant.pilot_reading(0)[2] == 100
    plant.advance(120)
    # 10 periods at 12 V and 10 at 8.98 V: after trimming 8 of each.
    assert plant.pilot_reading(0) == (round((12000 + 8979) / 2), round((12000 + 8979) / 2), 120)
    plant.advance(140)
    assert plant.pilot_reading(0)[0] == 8979


def test_two_periods_at_the_end_of_a_block_are_trimmed_away():
    plant = Plant(bench(car=[car(arrive="0.118s")]))
    plant.advance(120)
    assert plant.pilot_reading(0)[0] == 12000


def test_quiet_only_away_from_the_edges():
    plant = Plant(bench(car=[car(arrive="1s", r2_ohm=1870)]))
    plant.advance(999)
    assert plant.quiet()
    plant.advance(1000)  # B at 8.06 V, 60 mV above an edge
    assert not plant.quiet()
    assert charging().quiet()


def test_noise_is_bounded_and_depends_on_seed_channel_and_block_only():
    scenario = bench(plant={"pilot_noise_mv": 7.5})
    one, other, third = Plant(scenario, 1), Plant(scenario, 1), Plant(scenario, 2)
    seen = []
    for t_ms in range(20, 20_000, 20):
        one.advance(t_ms)
        seen.append(one.pilot_reading(0)[0] - 12000)
        if t_ms % 700 == 0:
            other.advance(t_ms)
            assert other.pilot_reading(0) == one.pilot_reading(0)
    third.advance(19_980)
    mean = sum(seen) / len(seen)
    sigma = (sum((value - mean) ** 2 for value in seen) / len(seen)) ** 0.5
    assert abs(mean) < 1 and 6.5 < sigma < 8.5
    assert max(abs(value) for value in seen) <= 4 * 7.5
    readings = {plant.pilot_reading(1)[:2] for plant in (one, third)} | {one.pilot_reading(0)[:2]}
    assert len(readings) == 3


def test_proximity_and_residual_current():
    plant = Plant(
        bench(
            car=[car(cable_ohm=220), car(outlet=2)],
            event=[{"at": "5s", "kind": "residual-trip", "outlet": 2, "for": "2s"}],
        )
    )
    assert plant.proximity_ohm(0) is None
    plant.advance(5000)
    assert plant.proximity_ohm(0) == 220
    assert plant.proximity_ohm(1) is None
    assert [plant.residual_tripped(n) for n in (0, 1)] == [False, True]
    plant.advance(7000)
    assert not plant.residual_tripped(1)
