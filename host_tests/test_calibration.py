"""Calibrating the pilot of an outlet: measured on the spot, kept in the site file. Times in ms."""

import json

import pytest
from pilotlight_host.sim.simulate import _Run, simulate
from sim_helpers import SMALL, journal, small
from test_app import Typist, typed

# reads +12 V as 11852 mV and -12 V as -11932 mV
LOW = {"pilot_gain_error": -0.009, "pilot_offset_mv": -40, "pilot_noise_mv": 7.5}
LATE = [dict(SMALL["car"][0], arrive="20s", r2_ohm=1870)]


def with_points(points):
    """A change of the small site: its outlet is calibrated."""

    def change(raw):
        raw["site"]["outlets"][0]["pilot_cal"] = points

    return change


def ended(outcome):
    """The one line the journal holds on a calibration."""
    (line,) = [text for text in journal(outcome) if "calibrated" in text or "measures" in text]
    return line


def test_it_starts_goes_on_by_itself_and_tells():
    outcome, shown = typed(
        (4_000, "calibrate()"),
        (5_000, "calibrate(1)"),
        (6_000, "calibrate()"),
        (7_000, "calibrate(1)"),
        (12_000, "calibrate()"),
        scenario=small(car=LATE, plant=LOW),
    )
    before, started, between, twice, told = shown
    assert "nothing has been calibrated" in before
    assert "takes 4 s" in started and "being calibrated" in between
    assert "ValueError: outlet 1 is being calibrated" in twice
    assert "before: not calibrated; saved to " in told
    high_mv, low_mv = outcome.app.site["outlets"][0]["pilot_cal"]
    assert abs(high_mv - 11852) <= 12 and abs(low_mv + 11932) <= 12
    assert outcome.report["contactor_cycles"] == {"1": 1}


def test_it_acts_at_once_and_is_kept():
    seen = []

    def start(run: _Run):
        run.app.board.console = Typist(run, [(5_000, "calibrate(1)")])
        run.plant._agenda.at(15_000, lambda: look(run))

    def look(run):
        seen.append(run.app.control.units[0].pilot.high_mv)
        seen.append(json.loads((run.world.storage / "site.json").read_text()))

    outcome = simulate(small(car=LATE, plant=LOW), on_start=start)
    high_mv, saved = seen
    assert abs(high_mv - 12000) <= 40
    points = saved["outlets"][0]["pilot_cal"]
    assert points == outcome.app.site["outlets"][0]["pilot_cal"] and len(points) == 2


def left_open_ms(outcome):
    """From the car's leaving C to the coil off, or None if it stayed on."""
    left_ms = outcome.plant.car_left_c_ms(0)
    off = [t for t, _, _, coil, _ in outcome.monitor.changes if t >= left_ms and not coil]
    return off[0] - left_ms if off else None


@pytest.mark.parametrize("is_calibrated", [False, True])
def test_a_car_at_the_edge_of_b_is_seen_to_leave_c_only_when_calibrated(is_calibrated):
    """R2 = 1870 ohm leaves C to 8.06 V; measured 112 mV low it lies in the band that holds C."""
    scenario = small(
        car=LATE,
        plant=LOW,
        event=[{"at": "60s", "kind": "leave-c", "outlet": 1}],
        change=with_points([11852, -11932] if is_calibrated else None),
    )
    took_ms = left_open_ms(simulate(scenario))
    if is_calibrated:
        assert took_ms is not None and took_ms <= 60
    else:
        assert took_ms is None or took_ms > 60


NOT_NOW = [
    (30_000, "unplug the car first; the outlet is in B"),
    (50_000, "unplug the car first; the outlet is in C2"),
]


@pytest.mark.parametrize(("at_ms", "answer"), NOT_NOW)
def test_never_with_a_car(at_ms, answer):
    car = [dict(SMALL["car"][0], arrive="20s", ready="15s")]
    outcome, shown = typed((at_ms, "calibrate(1)"), scenario=small(car=car))
    assert answer in shown[0]
    assert outcome.app.site["outlets"][0]["pilot_cal"] is None and outcome.is_good


@pytest.mark.parametrize("arrives_ms", [5_500, 6_500, 8_000])
def test_a_car_that_comes_meanwhile_ends_it_and_charges(arrives_ms):
    """While x1 is measured, during F, and after it."""
    car = [dict(SMALL["car"][0], arrive=f"{arrives_ms}ms")]
    outcome, _ = typed((5_000, "calibrate(1)"), scenario=small(car=car, plant=LOW))
    assert "not calibrated: unplug the car first" in ended(outcome)
    assert outcome.app.site["outlets"][0]["pilot_cal"] is None
    assert outcome.report["energy_wh"]["1"] > 100


WRONG = [
    ({"pilot_gain_error": -0.06, "pilot_offset_mv": 300}, "expected two whole numbers of mV"),
    ({"pilot_noise_mv": 300}, "the level is not steady"),
]


@pytest.mark.parametrize(("plant", "answer"), WRONG)
def test_what_no_tolerance_explains_is_refused(plant, answer):
    outcome, _ = typed((5_000, "calibrate(1)"), scenario=small(car=LATE, plant=plant))
    assert answer in ended(outcome)
    assert outcome.app.site["outlets"][0]["pilot_cal"] is None
