"""The plug in the simulated plant: temperature, proximity, and a meter in the outlet's line.

Degrees C, ohm, ms, mA.
"""

from pilotlight_host.sim.plant import Plant
from sim_helpers import small

CAR = {"outlet": 1, "arrive": "1s", "energy_kwh": 20, "cable_ohm": 220}


def plant(*events, **changes):
    """One outlet; instruments without errors."""
    knobs = {"meter_gain_error": 0, "meter_noise_ma": 0}
    return Plant(small(event=list(events), car=[CAR], plant=knobs, **changes))


def at(site, t_ms, what):
    """What the site shows at `t_ms`."""
    site.advance(t_ms)
    return what(0)


def test_it_warms_evenly_and_stays():
    site = plant({"at": "10s", "kind": "heat", "outlet": 1, "degrees": 30, "for": "20s"})
    rows = [
        (0, 20),
        (11_999, 20),
        (12_000, 21),
        (20_000, 25),
        (29_999, 29),
        (30_000, 30),
        (80_000, 30),
    ]
    for t_ms, celsius in rows:
        assert at(site, t_ms, site.plug_c) == celsius, t_ms


def test_it_cools_at_once_without_a_time_and_the_latest_order_counts():
    site = plant(
        {"at": "10s", "kind": "heat", "outlet": 1, "degrees": 80, "for": "60s"},
        {"at": "20s", "kind": "heat", "outlet": 1, "degrees": -5},
    )
    assert at(site, 19_999, site.plug_c) == 29
    assert at(site, 20_001, site.plug_c) == -5 and at(site, 80_000, site.plug_c) == -5


def test_where_it_starts():
    scenario = small(plant={"plug_c": 63})
    assert Plant(scenario).plug_c(0) == 63


def test_a_lost_sensor_tells_nothing_and_warms_all_the_same():
    site = plant(
        {"at": "10s", "kind": "sensor-lost", "outlet": 1, "for": "20s"},
        {"at": "15s", "kind": "heat", "outlet": 1, "degrees": 40},
    )
    assert at(site, 9_999, site.plug_c) == 20
    assert at(site, 20_000, site.plug_c) is None
    assert at(site, 30_000, site.plug_c) == 40


def test_proximity_parts_and_makes_contact_again():
    site = plant({"at": "10s", "kind": "cable-break", "outlet": 1, "for": "2s"})
    assert at(site, 999, site.proximity_ohm) is None
    assert at(site, 1_000, site.proximity_ohm) == 220 and site.moved_ms == 1_000
    assert at(site, 10_000, site.proximity_ohm) is None and site.moved_ms == 10_000
    assert at(site, 12_000, site.proximity_ohm) == 220 and site.moved_ms == 12_000


def test_a_meter_at_the_outlet_shows_its_car_and_nothing_of_the_house():
    site = plant()
    site.advance(1_000)
    site.set_duty(0, 10_000 // 6)
    site.advance(3_000)
    site.set_contactor(0, True)
    site.advance(20_250)
    drawn_ma = site.outlet_ma(0)
    assert drawn_ma[0] > 9_000 and site.meter_image(1).current_ma == tuple(drawn_ma)
    feeder_ma = site.meter_image(0).current_ma
    assert feeder_ma == tuple(car + house for car, house in zip(drawn_ma, (3000, 2000, 1000)))
    site.set_contactor(0, False)
    site.advance(20_400)
    assert site.outlet_ma(0) == [0, 0, 0]
    assert site.meter_image(1).current_ma == tuple(drawn_ma), "refreshed every 500 ms"
    site.advance(20_500)
    assert site.meter_image(1).current_ma == (0, 0, 0)
