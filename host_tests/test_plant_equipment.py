"""What stands around the outlets of the plant: bolt, monitor, ventilation. Times in ms."""

import pytest
from pilotlight_host.sim.plant import Plant
from plant_helpers import bench, charging


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
