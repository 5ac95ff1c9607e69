"""Cars by name and what they do on the pilot, without a board: the duty is set by hand. Times in
ms.
"""

import pytest
from pilotlight_host.sim.models import MODELS
from pilotlight_host.sim.plant import Plant
from pilotlight_host.sim.quirks import QUIRKS
from pilotlight_host.sim.scenario import ScenarioError
from plant_helpers import bench, car

PWM_16_A = 2667


def plugged(model, **parts):
    """A plant with one such car, plugged in at 1 s, PWM for 16 A since 2 s."""
    plant = Plant(bench(car=[car(model=model, **parts)]))
    plant.advance(2000)
    plant.set_duty(0, PWM_16_A)
    return plant


def charging(model, **parts):
    """The same with its contacts closed; at 10 s."""
    plant = plugged(model, **parts)
    plant.advance(4000)
    plant.set_contactor(0, True)
    plant.advance(10_000)
    assert plant.car_state(0) == "C"
    return plant


def moves(plant, until_ms):
    """(ms, letter) of every change up to then."""
    found, letter = [], plant.car_state(0)
    for t_ms in range(plant.t_ms, until_ms + 1):
        plant.advance(t_ms)
        if plant.car_state(0) != letter:
            letter = plant.car_state(0)
            found.append((t_ms, letter))
    return found


def test_every_model_has_a_known_habit_and_every_habit_a_model():
    assert {model.get("quirk", "none") for model in MODELS.values()} == set(QUIRKS)


def test_what_a_table_says_outweighs_the_model():
    scenario = bench(car=[car(model="zoe", max_a=10, quirk="none"), car(outlet=2, model="e-up")])
    zoe, e_up = scenario.cars
    assert (zoe.min_ma, zoe.max_ma, zoe.quirk) == (8000, 10_000, "none")
    assert (e_up.leak_ohm, e_up.phases) == (6500, 2)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"model": "trabant"}, "car[1].model is 'trabant', expected one of usual, zoe,"),
        ({"quirk": "flies"}, "car[1].quirk is 'flies', expected one of none, pauses,"),
        ({"leak_ohm": 0}, "car[1].leak_ohm is 0, expected a number 100...1000000"),
        ({"model": "zoe", "max_a": 7}, "car[1].min_a is 8.0, expected at most max_a, 7.0"),
    ],
)
def test_what_is_refused(table, said):
    with pytest.raises(ScenarioError) as caught:
        bench(car=[car(**table)])
    assert said in str(caught.value)


def test_zoe_draws_nothing_below_8_a_and_stays_in_c():
    plant = charging("zoe")
    plant.set_duty(0, 1250)  # 7.5 A
    plant.advance(20_000)
    assert (plant.car_state(0), plant.outlet_ma(0)) == ("C", [0, 0, 0])
    plant.set_duty(0, 1400)
    plant.advance(30_000)
    assert plant.outlet_ma(0)[0] == 8232


def test_zoe_pauses_for_10_25_and_60_s_without_load():
    plant = charging("zoe")
    found = moves(plant, 300_000)
    assert [letter for _, letter in found] == ["B", "C"] * 3
    times = [t_ms for t_ms, _ in found]
    # S2 opens 1 s after it wants to, the pause begins 2 s later, S2 closes 1.5 s after its end
    assert [times[n + 1] - times[n] for n in (0, 2, 4)] == [13_500, 28_500, 63_500]
    assert times[0] == 3500 + 60_000 + 1000
    assert plant.outlet_ma(0)[0] > 0


def test_tesla_toggles_five_times_within_16_s_then_charges():
    plant = plugged("tesla")
    found = moves(plant, 30_000)
    assert [letter for _, letter in found] == ["C", "D", "C", "B"] * 5 + ["C"]
    assert found[-2][0] < 2000 + 16_000
    assert found[-1][0] == 2000 + 17_000
    plant.set_duty(0, 10_000)
    plant.advance(40_000)
    plant.set_duty(0, PWM_16_A)
    assert moves(plant, 70_000) == [(57_000, "C")]  # once per plug-in


def test_tesla_after_an_outage_is_in_c_before_anything_is_offered():
    plant = Plant(bench(car=[car(model="tesla-after-outage")]))
    plant.advance(1000)
    assert plant.car_state(0) == "C"
    plant.set_contactor(0, True)
    plant.advance(10_000)
    assert plant.outlet_ma(0) == [0, 0, 0]
    plant.set_duty(0, PWM_16_A)
    plant.advance(20_000)
    assert plant.outlet_ma(0)[0] > 15_000
    plant.set_duty(0, 10_000)
    plant.advance(60_000)
    assert plant.car_state(0) == "C"


def test_kona_does_not_hear_x1():
    plant = charging("kona")
    plant.set_duty(0, 10_000)
    plant.advance(60_000)
    assert plant.car_state(0) == "C"


def test_ix3_shows_c_for_250_ms_each_time_pwm_begins():
    plant = plugged("ix3")
    assert moves(plant, 4000) == [(2400, "C"), (2650, "B"), (3500, "C")]


def test_phev_shows_r2_for_10_ms_half_a_second_after_a_new_duty():
    plant = charging("bmw-phev")
    plant.set_duty(0, 2000)
    assert moves(plant, 20_000) == [(10_500, "B"), (10_510, "C")]
    high_mv, _, _ = plant.pilot_reading(0)
    assert high_mv == 5995


def test_leaf_breaks_for_10_15_and_20_ms():
    plant = charging("leaf")
    found = moves(plant, 50_000)
    assert [letter for _, letter in found] == ["A", "C"] * 3
    times = [t_ms for t_ms, _ in found]
    assert [times[n + 1] - times[n] for n in (0, 2, 4)] == [10, 15, 20]


def test_a_sleeper_hears_pwm_only_after_f():
    plant = plugged("sleeper")
    plant.advance(40_000)
    assert plant.car_state(0) == "B"
    for t_ms, duty in ((44_000, 0), (44_750, 10_000), (45_000, PWM_16_A)):
        plant.set_duty(0, duty)
        plant.advance(t_ms)
    plant.advance(46_250)
    assert plant.car_state(0) == "C"


def test_e_up_lets_the_low_part_reach_10_4_v_only():
    plant = charging("e-up")
    high_mv, low_mv, _ = plant.pilot_reading(0)
    assert (high_mv, low_mv) == (5995, -10_400)
    assert plant.pilot_node_mv(0) == (5995, -10_400)


def test_e_corsa_never_settles_below_10_a():
    plant = plugged("e-corsa")
    plant.set_duty(0, 1333)
    found = moves(plant, 10_000)
    assert len(found) > 25
    assert {after[0] - before[0] for before, after in zip(found, found[1:])} == {250}
    plant.set_duty(0, PWM_16_A)
    assert len(moves(plant, 30_000)) <= 1
    assert plant.car_state(0) == "C"


def test_chatter_ends_after_20_s():
    plant = plugged("chatter")
    found = moves(plant, 60_000)
    assert len(found) == 2 * 40 + 1
    assert found[-2][0] < 2000 + 21_000
    assert found[-1] == (24_000, "C")


@pytest.mark.parametrize(
    ("model", "levels"),
    [("diode-shorted", (8791, -8791)), ("diode-missing", (12_000, -12_000))],
)
def test_diodes(model, levels):
    plant = plugged(model)
    plant.advance(3000)
    assert plant.pilot_reading(0)[:2] == levels


@pytest.mark.parametrize("model", [name for name in MODELS if not name.startswith("diode")])
def test_unplugged_nothing_goes_on(model):
    event = [{"at": "20.005s", "kind": "unplug", "outlet": 1}]
    plant = Plant(bench(car=[car(model=model)], event=event))
    plant.advance(2000)
    plant.set_duty(0, PWM_16_A)
    plant.advance(20_005)
    assert moves(plant, 120_000) == []
    assert plant.car_state(0) == "A"


def test_greedy_draws_what_it_can():
    plant = charging("greedy")
    plant.set_duty(0, 1000)
    plant.advance(30_000)
    assert plant.outlet_ma(0)[0] == 16_000
