"""A voltage reference in the running site: what snapshot and status tell of the power."""

import json

from pilotlight_host.sim.simulate import simulate
from sim_helpers import small
from test_app import typed


def referenced(**more):
    def change(raw):
        raw["site"]["feeders"][0]["voltage"] = {"channel": 4, "gain": 2000, **more}

    return small(change=change)


def test_power_is_told_beside_the_currents():
    outcome, shown = typed((50_000, "snapshot()"), (51_000, "status()"), scenario=referenced())
    site = json.loads(shown[0].split("\r\n")[0])["site"]
    power = site["power"]["main"]
    assert abs(power["voltage_mv"] - 230_000) <= 1000
    for amps, watts, percent in zip(
        site["feeders"][0]["measured_a"],
        power["power_w"],
        power["power_factor_pct"],
        strict=True,
    ):
        assert amps > 2
        # harmonics of house and car are no power with a sine
        assert abs(watts - 230 * amps) <= 0.02 * 230 * amps + 23
        assert 97 <= percent <= 100
    assert "power main: " in shown[1] and "power_w" in shown[1]
    assert outcome.is_good


def test_a_gain_of_the_reference_acts_at_once():
    _, shown = typed(
        (50_000, 'tune("feeders[0].voltage.gain", 1000)'),
        (51_000, "snapshot()"),
        scenario=referenced(),
    )
    assert "acts now" in shown[0]
    power = json.loads(shown[1].split("\r\n")[0])["site"]["power"]["main"]
    assert abs(power["voltage_mv"] - 115_000) <= 500


def test_the_reference_is_calibrated_and_its_shift_acts_at_once():
    """1 ms is 18 degrees at 50 Hz: 95 % of the power."""
    outcome, shown = typed(
        (40_000, 'tune("feeders[0].voltage.gain", 1500)'),
        (41_000, 'calibrate("voltage", 230)'),
        (46_000, "calibrate()"),
        (50_000, "snapshot()"),
        (51_000, 'tune("feeders[0].voltage.shift_us", 1000)'),
        (52_000, "snapshot()"),
        scenario=referenced(),
    )
    gain = outcome.app.site["feeders"][0]["voltage"]["gain"]
    assert 1990 <= gain <= 2010
    assert f"voltage: gain {gain}, before 1500: acts now" in shown[2]
    assert "acts now" in shown[4]
    before, after = (json.loads(s.split("\r\n")[0])["site"]["power"]["main"] for s in shown[3::2])
    assert abs(before["voltage_mv"] - 230_000) <= 1000
    for one, other in zip(before["power_factor_pct"], after["power_factor_pct"], strict=True):
        assert one >= 97 and 92 <= other <= 96


def test_without_a_reference_nothing_is_told_and_nothing_loaded():
    outcome = simulate(small())
    assert "power" not in outcome.app.snapshot()
    assert outcome.app.clamps.powers == ()


def test_one_phase_with_its_clamp_and_a_reference():
    """As on a board of three inputs: the other two phases carry nothing."""

    def change(raw):
        feeder = raw["site"]["feeders"][0]
        feeder["clamps"] = feeder["clamps"][:1]
        feeder["meter"] = None
        feeder["voltage"] = {"channel": 4, "gain": 2000}
        raw["site"]["meters"] = []
        for outlet in raw["site"]["outlets"]:
            outlet["phases"] = ["L1"]

    _, shown = typed((50_000, "snapshot()"), scenario=small(change=change))
    site = json.loads(shown[0].split("\r\n")[0])["site"]
    measured = site["feeders"][0]["measured_a"]
    assert measured[0] > 2 and measured[1:] == [None, None]
    assert site["feeders"][0]["house_a"][1:] == [None, None]
    assert site["feeders"][0]["measured_by"] == ["clamps", None, None]
    assert site["feeders"][0]["trust"] == "fresh"
    assert len(site["power"]["main"]["power_w"]) == 1
