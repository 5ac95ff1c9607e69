"""Limits from outside the fuse through the whole firmware: contact, command, console, and the sun."""

import json

import pytest

from pilotlight_host.sim.simulate import EVENT, simulate
from sim_helpers import journal, shipped, small
from test_app import typed


def contact(for_s="60s", limit_w=4200):
    def change(raw):
        raw["site"]["site"]["dimming_w"] = limit_w
        raw["event"] = [{"at": "40s", "kind": "dimming", "for": for_s}]
        raw["duration"] = "150s"

    return small(change=change)


def test_a_contact_dims_and_lets_go():
    outcome, shown = typed((60_000, "snapshot()"), (61_000, "why(1)"), scenario=contact())
    assert outcome.is_good
    site = json.loads(shown[0].split("\r\n")[0])
    dimming = site["site"]["dimming"]
    assert (dimming["limit_w"], dimming["by"], dimming["until_s"]) == (4200, "contact", None)
    assert 18 <= dimming["since_s"] <= 20
    assert site["outlets"][0]["limit_a"] == 6.0  # 4140 W on three phases
    assert "dimming to 4200 W by the contact is shared out" in shown[1]
    texts = journal(outcome)
    assert "dimmed to 4200 W by the contact" in texts
    assert "dimming to 4200 W by the contact ends after 60 s" in texts


def test_a_contact_that_cannot_be_read_counts_as_closed():
    def lose(run):
        run.plant._agenda.at(40_000, lambda: setattr(run.plant, "is_dimmed", None))

    scenario = small(change=lambda raw: raw["site"]["site"].update(dimming_w=4200))
    outcome = simulate(scenario, on_start=lose)
    assert outcome.is_good
    assert "dimmed to 4200 W by the contact" in journal(outcome)
    assert outcome.trace.rows[-1][2] == [6000]


def test_less_than_the_minimum_is_nothing():
    outcome, shown = typed((60_000, "why(1)"), scenario=contact(limit_w=4000))
    assert "dimming to 4000 W by the contact had no room for the minimum" in shown[0]
    assert outcome.is_good


def test_commands_at_the_console():
    outcome, shown = typed(
        (30_000, "dim(0)"),
        (40_000, "why(1)"),
        (41_000, 'dim("off")'),
        (42_000, "dim(5000, 3)"),
        (43_000, "dim(-1)"),
        (44_000, 'dim("x")'),
        (45_000, 'mode(1, "slow")'),
        (46_000, "need(1, 10, 2)"),
        (47_000, 'need(1, "much")'),
        (48_000, "need(2, 1)"),
        (49_000, "need(1, 300)"),
        scenario=small(),
    )
    assert shown[0].startswith("0 W for all outlets")
    assert "dimming to 0 W by the person had no room for the minimum" in shown[1]
    assert shown[2].startswith("lifted")
    assert "ValueError: dim: -1 is no whole number of W (0...250000)" in shown[4]
    assert "ValueError: dim: 'x' is no whole number of W" in shown[5]
    assert "mode: 'slow' is none of fast, min+solar, solar" in shown[6]
    assert "outlet 1: needs 10 kWh within 2.0 h" in shown[7]
    assert "need: 'much' is not a number of kWh or hours" in shown[8]
    assert "outlet 2: no such outlet (1...1)" in shown[9]
    assert "need: 300000 Wh is out of range (0...200000)" in shown[10]
    texts = journal(outcome)
    assert "dimming to 0 W by the person ends after 11 s" in texts
    assert "dimmed to 5000 W by the person for 3 s" in texts
    assert "dimming to 5000 W by the person ends after 3 s" in texts


def test_the_sun_only():
    """A plant feeds 12 A on each phase; the house takes some of it, the car the rest."""

    def change(raw):
        raw["load"].append({"kind": "profile", "points": [["0s", [0, 0, 0]]]})
        raw["load"].append({"kind": "solar", "peak_a": 12})
        raw["start"] = "2026-06-15T13:00"
        raw["duration"] = "10m"
        raw["site"]["outlets"][0]["mode"] = "solar"
        raw["site"]["feeders"][0]["clamps"] = None

    outcome, shown = typed((580_000, "snapshot()"), scenario=small(change=change))
    assert outcome.is_good, outcome.report["violations"]
    site = json.loads(shown[0].split("\r\n")[0])
    (sun,) = site["site"]["limits"]
    assert sun["name"] == "feeder main: solar surplus"
    # 3 * 12 A less 6 A of the house: 10 A for each phase of the car, which takes a little less
    assert 9.5 <= site["outlets"][0]["offered_a"] <= 10.2
    assert -400 < sun["power_w"] < 100
    assert 6600 < sun["surplus_w"] < 7100


def test_a_day_of_clouds():
    outcome = simulate(shipped("solar_home"), clock_kind=EVENT)
    assert outcome.is_good, outcome.report["violations"]
    assert outcome.report["energy_wh"]["1"] > 3000
    assert outcome.report["contactor_cycles"]["1"] <= 4


@pytest.mark.parametrize("peak_a", [20, 10])
@pytest.mark.parametrize("sensors", ["meter", "clamps and meter", "clamps with a reference"])
def test_behind_a_plant_nobody_is_called_a_liar(sensors, peak_a):
    """It feeds 20 A into each phase, more than house and car take: the car draws, and less comes
    back. With 10 A what came back is drawn then. The room is that of the fuse, and the car gets all
    it can take.
    """

    def change(raw):
        feeder = raw["site"]["feeders"][0]
        if sensors == "meter":
            feeder["clamps"] = None
        if sensors == "clamps with a reference":
            feeder["meter"] = None
            feeder["voltage"] = {"channel": 4, "gain": 2000}
        raw["load"].append({"kind": "solar", "peak_a": peak_a})
        raw["start"] = "2026-06-15T13:00"
        raw["duration"] = "8m"
        raw["event"] = [
            {"at": f"{second}s", "kind": "leave-c", "outlet": 1, "for": "20s"}
            for second in (100, 180, 260, 340, 420)
        ]

    outcome = simulate(small(change=change))
    assert outcome.is_good, outcome.report["violations"]
    assert [text for text in journal(outcome) if text.startswith("main, ")] == []
    rows = outcome.trace.rows
    last = max(row for row in rows if row[0] < 95_000)
    assert last[2][0] >= 15_900
    assert min(row[1][0][0] for row in rows[10:]) < -6000
