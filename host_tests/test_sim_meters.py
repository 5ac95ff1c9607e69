"""The whole firmware with other meters than an SDM630 alone: a shared line, and P1. s, A, ms."""

import copy

import pytest
from pilotlight_host.sim.simulate import EVENT, EXACT, simulate
from sim_helpers import journal, small

P1 = {"id": "grid", "port": "p1", "model": "p1", "baud": 115200}


def on_p1(raw):
    """The feeder is measured by P1 alone."""
    raw["site"]["meters"] = [P1]
    raw["site"]["feeders"][0]["clamps"] = None


def shared(raw):
    """Two outlets with meters of their own, at the line of the feeder's."""
    site = raw["site"]
    site["outlets"] = [
        {**copy.deepcopy(site["outlets"][0]), "name": name, "meter": name}
        for name in ("left", "right")
    ]
    for address, name in ((2, "left"), (3, "right")):
        site["meters"].append({"id": name, "port": "meter", "model": "sdm630", "address": address})
    raw["car"].append({**raw["car"][0], "outlet": 2})
    site["feeders"][0]["rating_a"] = 40


def test_a_feeder_is_balanced_on_p1_alone():
    loads = [{"at": "50s", "kind": "step", "amps": 20, "for": "20s"}]
    outcome = simulate(small(change=on_p1, event=loads))
    assert outcome.is_good, outcome.report["violations"]
    assert outcome.report["trips"] == 0
    counts = outcome.app.meters[0].meter.counts
    assert counts["ok"] >= 85 and counts["bad crc"] == 0
    assert outcome.app.snapshot()["feeders"][0]["sensors"] == {"meter grid": "fresh"}
    duties = [c[2] for c in outcome.monitor.changes if c[0] > 50_000 and c[2] < 10_000]
    assert min(duties) < max(duties), "the load has lowered what is offered"


@pytest.mark.parametrize(
    ("fault", "why"), [("meter-silent", "no telegram"), ("meter-garbage", "bad crc")]
)
def test_p1_that_falls_silent_or_is_spoiled_stops_its_feeder_and_is_told(fault, why):
    events = [{"at": "30s", "kind": fault, "for": "20s"}]
    outcome = simulate(small(change=on_p1, event=events))
    assert outcome.is_good
    said = [text for text in journal(outcome) if text.startswith("meter grid: ")]
    assert [text.removeprefix("meter grid: ") for text in said] == [why, "back"]
    stopped = [c[0] for c in outcome.monitor.changes if c[0] > 30_000 and c[2] == 10_000]
    assert 30_000 < stopped[0] < 37_000
    if fault == "meter-garbage":
        assert outcome.app.meters[0].meter.counts["bad crc"] >= 19


def test_the_time_that_p1_tells_is_in_the_snapshot_until_it_is_silent():
    runs, told = [], {}

    def look(t_ms):
        if t_ms in (2_000, 30_000, 50_000):
            told[t_ms] = runs[0].app.snapshot().get("clock")

    scenario = small(change=on_p1, event=[{"at": "40s", "kind": "meter-silent", "for": "20s"}])
    simulate(scenario, progress=look, on_start=runs.append)
    # 15 January 2026, 17:00, from the beginning of 2000
    for t_ms in (2_000, 30_000):
        age_ms, winter_s = (told[t_ms].pop(key) for key in ("age_ms", "winter_s"))
        assert told[t_ms] == {"meter": "grid", "within_s": 2}
        assert 0 < age_ms < 1200
        assert 0 <= 821811600 + (t_ms - age_ms) / 1000 - winter_s < 1
    assert told[50_000] is None


def test_where_the_zone_is_known_p1_sets_the_clock_of_the_site():
    runs, told = [], {}

    def change(raw):
        on_p1(raw)
        raw["site"]["clock"] = {"zone": "CET-1CEST,M3.5.0,M10.5.0/3"}

    def look(t_ms):
        if t_ms in (20_000, 80_000):
            app = runs[0].app
            told[t_ms] = app.snapshot()["time"], repr(app.console.answer('need(1, 10, "7:30")'))

    outcome = simulate(small(change=change), progress=look, on_start=runs.append)
    assert outcome.is_good
    time, answer = told[20_000]
    assert time is None
    assert "the time is not known, clock() tells it" in answer
    time, answer = told[80_000]
    assert abs(time.pop("utc_s") - (821811600 + 946684800 - 3600 + 80)) <= 2
    assert time["local"].startswith("2026-01-15T17:01:") and time["local"].endswith("+01:00")
    assert (time["source"], time["within_ms"]) == ("meter grid", 2000)
    assert "outlet 1: needs 10 kWh within 14.5 h" in answer
    need = outcome.app.control.units[0].snapshot(outcome.plant.t_ms)["need"]
    assert abs(need["in_s"] - (14.5 * 3600 - 90)) <= 5
    assert "clock: set by meter grid" in journal(outcome)


def test_a_meter_of_mode_d_tells_energy_beside_the_one_of_the_feeder():
    """The simulated port speaks P1: what is no mode D is refused, and the energy not known."""

    def change(raw):
        raw["site"]["meters"].append({"id": "heat", "port": "p1", "model": "iec-d"})

    outcome = simulate(small(change=change))
    assert outcome.is_good, outcome.report["violations"]
    grid_wh, heat_wh = [outcome.app.snapshot()["energy_wh"][name] for name in ("grid", "heat")]
    assert grid_wh > 0 and heat_wh is None
    counts = outcome.app.meters[1].meter.counts
    assert counts["ok"] == 0 and sum(counts.values()) > 10


def test_p1_on_both_clocks():
    exact, event = [
        simulate(small(change=on_p1, duration="60s"), clock_kind=kind) for kind in (EXACT, EVENT)
    ]
    assert event.monitor.found.decisions == exact.monitor.found.decisions


def test_three_meters_share_a_line():
    outcome = simulate(small(change=shared))
    assert outcome.is_good, outcome.report["violations"]
    grid, left, right = outcome.app.meters
    assert grid.meter.counts["ok"] > left.meter.counts["ok"] > 30
    assert (
        sum(sum(r.meter.counts.values()) - r.meter.counts["ok"] for r in (grid, left, right)) == 0
    )
    for unit in outcome.app.control.units:
        shown = unit.snapshot(outcome.plant.t_ms)
        assert shown["metered_a"] == pytest.approx(shown["offered_a"], abs=0.6)


@pytest.mark.parametrize("phases", [3, 1])
def test_what_their_meters_show_for_certain_is_not_the_house_s(phases):
    """A car of one phase tells nothing of three, until it is known that it has one."""
    shows = []

    def change(raw):
        shared(raw)
        for car in raw["car"]:
            car |= {"phases": phases, "max_a": 10}

    def look(t_ms):
        if t_ms % 200 == 0 and t_ms > 10_000:
            for place in runs[0].app.control.balancer.places:
                shows.append((place.least_ma, place.metered_ma, sum(place.uses)))

    runs = []
    outcome = simulate(small(change=change), progress=look, on_start=runs.append)
    assert outcome.is_good, outcome.report["violations"]
    for least_ma, metered_ma, uses in shows:
        assert 0 <= least_ma <= (metered_ma or 0)
        assert least_ma == 0 or uses == phases
    for place in outcome.app.control.balancer.places:
        assert place.least_ma == pytest.approx(10_000 * 31 / 32 - 200, abs=200)
    feeder = outcome.app.control.balancer.feeders[0]
    for phase, house_a in enumerate((3, 2, 1)):
        if phase < phases:
            assert feeder.base.estimate_ma[phase] <= 1000 * house_a + 2 * 550 + 300


def test_both_clocks_decide_alike_where_outlets_have_meters():
    def change(raw):
        shared(raw)
        raw["car"][0] |= {"max_a": 10}
        raw["duration"] = "20m"

    loads = [{"at": "3m", "kind": "step", "amps": 15, "for": "200s"}]
    decisions = []
    for clock_kind in (EXACT, EVENT):
        outcome = simulate(small(change=change, event=loads), clock_kind=clock_kind)
        assert outcome.is_good, outcome.report["violations"]
        decisions.append(outcome.monitor.found.decisions)
    assert len(decisions[0]) > 20
    assert decisions[0] == decisions[1]


def test_outlets_go_on_without_their_own_meters():
    """The line is quiet: the feeder has its clamps, the cars charge."""
    events = [{"at": "40s", "kind": "meter-silent"}]
    outcome = simulate(small(change=shared, event=events))
    assert outcome.is_good
    for unit in outcome.app.control.units:
        shown = unit.snapshot(outcome.plant.t_ms)
        assert shown["metered_a"] is None and shown["offered_a"] >= 6
        assert unit.place.least_ma == 0
