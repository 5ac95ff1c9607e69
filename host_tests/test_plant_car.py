"""The simulated car: when S2 moves, what it draws, how it leaves. Times in ms, currents in mA."""

import pytest
from pilotlight_host.sim.plant import Plant
from plant_helpers import bench, car, charging


def test_wakes_and_draws_on_its_times():
    plant = Plant(bench(car=[car()]))
    plant.advance(1000)
    assert plant.car_state(0) == "B"
    plant.advance(2000)
    plant.set_duty(0, 2667)
    plant.advance(3499)
    assert plant.car_state(0) == "B"
    plant.advance(3500)
    assert plant.car_state(0) == "C"
    plant.set_contactor(0, True)
    plant.advance(3519)
    assert not plant.contacts_closed(0)
    plant.advance(3520)
    assert plant.contacts_closed(0)
    plant.advance(5019)
    assert plant.outlet_ma(0) == [0, 0, 0]
    plant.advance(5020)  # 1.5 s after power: first step of 3 A/s
    assert plant.outlet_ma(0) == [300, 300, 300]
    plant.advance(5120)
    assert plant.outlet_ma(0) == [600, 600, 600]
    plant.advance(20_000)
    assert plant.outlet_ma(0) == [15682] * 3  # 98 % of 16.002 A
    assert plant.feeder_ma(0) == [15682] * 3


def test_digital_duty_wakes_nobody():
    plant = Plant(bench(car=[car()]))
    plant.advance(1100)
    plant.set_duty(0, 500)
    plant.advance(60_000)
    assert plant.car_state(0) == "B"


def test_own_maximum_and_one_phase_on_the_outlets_wiring():
    plant = Plant(bench(car=[car(outlet=2, phases=1, max_a=10)]))
    plant.advance(1000)
    plant.set_duty(1, 5333)
    plant.advance(2600)
    plant.set_contactor(1, True)
    plant.advance(20_000)
    assert plant.outlet_ma(1) == [0, 10_000, 0]


def test_rotation_overrides_the_wiring():
    plant = charging(phases=2, rotation=["L3", "L1"])
    assert plant.outlet_ma(0) == [15682, 0, 15682]


def test_follows_a_lower_duty_within_five_seconds():
    plant = charging(duty=5333, max_a=32, until_ms=30_000)
    before = plant.outlet_ma(0)[0]
    assert before == 31358
    plant.set_duty(0, 1000)
    plant.advance(30_499)
    assert plant.outlet_ma(0)[0] == before
    plant.advance(35_000)
    assert plant.outlet_ma(0)[0] == 5880


def test_x1_ramps_down_then_opens_s2():
    plant = charging()
    plant.set_duty(0, 10000)
    plant.advance(20_999)
    assert plant.car_state(0) == "C"
    assert plant.outlet_ma(0)[0] < 4000
    plant.advance(21_000)
    assert plant.car_state(0) == "B"
    assert plant.outlet_ma(0) == [0, 0, 0]
    assert plant.car_left_c_ms(0) == 21_000


def test_pwm_again_while_stopping_goes_on():
    plant = charging()
    plant.set_duty(0, 10000)
    plant.advance(20_700)
    plant.set_duty(0, 2667)
    plant.advance(40_000)
    assert plant.car_state(0) == "C"
    assert plant.outlet_ma(0)[0] == 15682
    assert plant.car_left_c_ms(0) is None


def test_stuck_s2_and_ignored_limit():
    plant = charging(s2_stuck=True, ignores_limit=True, max_a=20)
    plant.set_duty(0, 10000)
    plant.advance(60_000)
    assert plant.car_state(0) == "C"
    assert plant.outlet_ma(0)[0] == 20_000
    plant.set_contactor(0, False)
    plant.advance(60_039)
    assert plant.outlet_ma(0)[0] == 20_000
    plant.advance(60_040)
    assert plant.outlet_ma(0)[0] == 0


@pytest.mark.parametrize(("kind", "state"), [("unplug", "A"), ("leave-c", "B")])
def test_leaving_under_load_draws_until_the_contacts_open(kind, state):
    event = [{"at": "20.005s", "kind": kind, "outlet": 1}]
    plant = Plant(bench(car=[car()], event=event))
    plant.advance(1100)
    plant.set_duty(0, 2667)
    plant.advance(2700)
    plant.set_contactor(0, True)
    plant.advance(20_005)
    assert plant.car_state(0) == state
    assert plant.car_left_c_ms(0) == 20_005
    plant.advance(20_060)
    assert plant.outlet_ma(0)[0] == 15682
    plant.set_contactor(0, False)
    plant.advance(20_100)
    assert plant.outlet_ma(0)[0] == 0


def test_unplugged_for_a_while_comes_back_and_charges_the_rest():
    event = [{"at": "20s", "kind": "unplug", "outlet": 1, "for": "10s"}]
    plant = Plant(bench(car=[car(energy_kwh=0.2)], event=event))
    plant.advance(1100)
    plant.set_duty(0, 2667)
    plant.advance(2700)
    plant.set_contactor(0, True)
    plant.advance(20_020)
    plant.set_contactor(0, False)
    plant.advance(31_500)
    plant.set_contactor(0, True)
    plant.advance(120_000)
    assert plant.requested_wh(0) == 200
    assert plant.energy_wh(0) == pytest.approx(200, abs=10)
    assert plant.car_state(0) == "B"


def test_full_car_ramps_to_zero_and_opens_s2():
    plant = charging(energy_kwh=0.1, until_ms=120_000)
    assert plant.car_state(0) == "B"
    assert plant.outlet_ma(0) == [0, 0, 0]
    # The ramp down of 5 s adds a little.
    assert 100 <= plant.energy_wh(0) <= 110
    plant.set_duty(0, 10000)
    plant.advance(130_000)
    plant.set_duty(0, 2667)
    plant.advance(140_000)
    assert plant.car_state(0) == "B"


def test_energy_is_current_times_time():
    plant = charging(until_ms=60_000)
    start = plant.energy_wh(0)
    plant.advance(3_660_000 - 3_000_000 + 60_000)
    hours = (3_660_000 - 3_000_000) / 3.6e6
    assert plant.energy_wh(0) - start == pytest.approx(3 * 15.682 * 230 * hours, rel=1e-9)


def test_a_driver_who_leaves_ends_the_charge_first():
    plant = charging(leave="30s", until_ms=31_000)
    assert plant.car_state(0) == "B"
    assert plant.outlet_ma(0) == [0, 0, 0]
    plant.advance(33_000)
    assert plant.car_state(0) == "A"


def test_no_power_without_s2_and_state_d():
    plant = Plant(bench(car=[car(r3_ohm=270)]))
    plant.advance(1000)
    plant.set_contactor(0, True)
    plant.advance(10_000)
    assert plant.outlet_ma(0) == [0, 0, 0]
    plant.set_duty(0, 2667)
    plant.advance(12_000)
    assert plant.car_state(0) == "D"
    plant.advance(20_000)
    assert plant.outlet_ma(0)[0] == 15682


def test_a_coil_that_changes_its_mind_moves_no_contact():
    plant = Plant(bench())
    plant.advance(100)
    plant.set_contactor(0, True)
    plant.advance(110)
    plant.set_contactor(0, False)
    seen = set()
    for t_ms in range(110, 300):
        plant.advance(t_ms)
        seen.add(plant.contacts_closed(0))
    assert seen == {False}
