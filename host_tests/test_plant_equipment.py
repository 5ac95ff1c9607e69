"""What stands around the outlets of the plant: bolt, monitor, ventilation, second contactor.

Times in ms.
"""

import copy

import pytest
from pilotlight_host.sim.plant import Plant
from plant_helpers import SITE, bench, car, charging


def locked(**parts) -> Plant:
    """A plant whose first bolt is driven home."""
    plant = Plant(bench(**parts))
    plant.bolt(0).set_drive(True)
    plant.advance(250)
    plant.bolt(0).set_drive(None)
    return plant


def test_a_bolt_takes_its_travel_time_and_stays_where_it_is():
    plant = Plant(bench())
    bolt = plant.bolt(0)
    bolt.set_drive(True)
    plant.advance(249)
    assert not bolt.is_locked
    plant.advance(250)
    assert bolt.is_locked
    bolt.set_drive(None)
    plant.advance(60_000)
    assert (bolt.is_locked, bolt.driven_ms) == (True, 250)
    assert not plant.bolt(1).is_locked


def test_its_contact_opens_long_before_it_is_free():
    plant = locked()
    bolt = plant.bolt(0)
    bolt.set_drive(False)
    plant.advance(260)
    bolt.set_drive(None)
    assert (bolt.is_locked, bolt.at_ms) == (False, 240)
    bolt.set_drive(False)
    plant.advance(1000)
    assert bolt.at_ms == 0


def test_half_way_and_back_is_no_lock():
    plant = Plant(bench())
    bolt = plant.bolt(0)
    bolt.set_drive(True)
    plant.advance(200)
    bolt.set_drive(False)
    plant.advance(1000)
    assert (bolt.is_locked, bolt.at_ms) == (False, 0)


def test_a_jam_holds_it_whatever_drives_it():
    plant = locked(event=[{"at": "1s", "kind": "lock-jam", "outlet": 1, "for": "5s"}])
    plant.advance(1000)
    bolt = plant.bolt(0)
    bolt.set_drive(False)
    plant.advance(5999)
    assert (bolt.is_locked, bolt.at_ms) == (True, 250)
    plant.advance(6300)
    assert (bolt.is_locked, bolt.at_ms) == (False, 0)


def test_the_test_current_trips_every_monitor_after_30_ms():
    plant = Plant(bench())
    plant.set_residual_test(True)
    plant.advance(29)
    assert not plant.residual_tripped(0)
    plant.advance(30)
    assert [plant.residual_tripped(n) for n in (0, 1)] == [True, True]
    plant.set_residual_test(False)
    plant.advance(60)
    assert [plant.residual_tripped(n) for n in (0, 1)] == [False, False]


def test_a_dead_monitor_does_not_answer_its_test():
    plant = Plant(bench(event=[{"at": 0, "kind": "residual-dead", "outlet": 2}]))
    plant.advance(0)
    plant.set_residual_test(True)
    plant.advance(5000)
    assert [plant.residual_tripped(n) for n in (0, 1)] == [True, False]


@pytest.mark.parametrize("cause", ["leak", "test"])
def test_a_trip_drops_the_contactor_without_any_software(cause):
    plant = charging()
    monitor = plant._outlets[0].monitor
    if cause == "leak":
        monitor.leak(True)
    else:
        plant.set_residual_test(True)
    plant.advance(20_000 + 30 + 40)
    assert (plant.coil(0), plant.contacts_closed(0)) == (True, False)
    assert plant.outlet_ma(0) == [0, 0, 0]


def test_ventilation_is_per_outlet():
    plant = Plant(bench())
    plant.set_ventilation(1, True)
    assert [plant.ventilation(n) for n in (0, 1)] == [False, True]


def test_a_pilot_that_measures_wrong():
    plant = Plant(
        bench(plant={"pilot_noise_mv": 0, "pilot_gain_error": -0.01, "pilot_offset_mv": 50})
    )
    plant.set_duty(0, 2667)
    plant.advance(100)
    assert plant.pilot_reading(0)[:2] == (11930, -11830)


def switching() -> dict:
    """The two outlets, with a second contactor at the one whose terminals begin with L2."""
    site = copy.deepcopy(SITE)
    site["outlets"][1]["switching"] = True
    return site


def on_the_right(three: bool) -> Plant:
    """A car charges there with 16 A, on so many phases."""
    plant = Plant(bench(site=switching(), car=[car(outlet=2)]))
    plant.set_phases(1, three)
    plant.advance(1100)
    plant.set_duty(1, 2667)
    plant.advance(2700)
    plant.set_contactor(1, True)
    plant.advance(20_000)
    return plant


@pytest.mark.parametrize("three", [True, False])
def test_a_second_contactor_carries_all_but_the_first_phase(three):
    plant = on_the_right(three)
    first, second, third = plant.outlet_ma(1)
    assert second > 15_000 and (first, third) == ((second, second) if three else (0, 0))
    before_wh = plant.energy_wh(1)
    plant.advance(3_620_000)
    assert plant.energy_wh(1) - before_wh == pytest.approx((3 if three else 1) * second * 0.23)
    assert plant.moved_live(1) == []


def test_a_move_under_load_is_seen_and_has_its_effect():
    plant = on_the_right(False)
    plant.set_phases(1, True)
    plant.advance(20_020)
    assert plant.outlet_ma(1)[0] == plant.outlet_ma(1)[1]
    told, moved = plant.moved_live(1)
    assert told == (20_000, "second contactor told to move with the main one closed")
    assert moved == (20_020, "second contactor moved with the main one closed")


def test_a_stuck_one_follows_when_it_is_free():
    plant = Plant(bench(site=switching()))
    plant.second(1).stick(True)
    plant.set_phases(1, True)
    plant.advance(1000)
    assert (plant.second(1).coil, plant.second(1).is_closed) == (True, False)
    plant.second(1).stick(False)
    plant.advance(1020)
    assert plant.second(1).is_closed


def test_a_reset_drops_both_and_breaks_nothing_under_load():
    plant = on_the_right(True)
    plant.lose_control()
    plant.advance(20_040)
    assert (plant.contacts_closed(1), plant.second(1).is_closed) == (False, False)
    assert plant.moved_live(1) == [] and plant.outlet_ma(1) == [0, 0, 0]
