"""`pilotlight compare`: a few site-hours through all of it, and what it says of itself."""

import dataclasses
import json

import pytest
from cli_helpers import pilotlight
from sim_helpers import small

from pilotlight_host.compare import (
    bench,
    complaints,
    kept,
    measure,
    picture,
    report,
    sites,
    study,
    tables,
)
from pilotlight_host.compare import pilotlight as pilotlight_run
from pilotlight_host.compare.measure import Visit
from pilotlight_host.sim.simulate import simulate


def names(case):
    return next(n for n, found in enumerate(complaints.CASES) if found.name == case)


def test_the_real_firmware_beside_others_on_one_site():
    job = (1, study.COMPLAINT, names("all-stop"))
    rows = [study.work((*job, name)) for name in ("pilotlight", "openwb", "static")]
    own, other, static = rows
    assert own["trips"] == own["violations"] == 0
    assert own["bound_wh"] == other["bound_wh"] == static["bound_wh"]
    assert 0.8 < report.share(own) <= 1.01
    assert report.share(static) < report.share(own)
    found = report.make(rows, 1)
    assert json.loads(json.dumps(found)) == found
    # what was left over at the fullest phase is at most all that the phases had
    assert 0 < sum(own["left_as"].values()) < 3 * 3600 * own["rating_a"]


def test_the_same_seed_gives_the_same_day_and_the_same_figures():
    first, again = (sites.make(7, 2, "office") for _ in range(2))
    assert first == again
    assert first != sites.make(8, 2, "office")
    job = (7, study.COMPLAINT, names("fair-start"), "openwb")
    found = [study.work(job) for _ in range(2)]
    assert found[0] == found[1]


@pytest.mark.parametrize("kind", sites.KINDS)
def test_a_building_alone_never_overloads_its_supply(kind):
    for number in range(3):
        scenario = dataclasses.replace(sites.make(5, number, kind), cars=())
        plant = bench.run(scenario, study.POLICIES["static"]())
        assert not plant.breaker(0).tripped
        assert plant.overload_s(0) < 60  # the inrush of heat pumps


def test_cars_of_a_day_are_one_at_a_time_and_within_it():
    for kind in sites.KINDS:
        scenario = sites.make(2, 1, kind)
        assert 2 <= len(scenario.outlets) <= 8
        for outlet in range(len(scenario.outlets)):
            stays = [car for car in scenario.cars if car.outlet == outlet]
            for car, later in zip(stays, stays[1:]):
                assert car.leave_ms is not None
                assert car.leave_ms < later.arrive_ms < scenario.duration_ms


def visit(got, possible=10.0, arrive_ms=0, leave_ms=3_600_000):
    return Visit(0, arrive_ms, leave_ms, possible, possible, got)


def test_fairness_counts_those_who_were_there_together():
    assert measure.jain([visit(10), visit(10)]) == 1
    assert measure.jain([visit(10), visit(0)]) == 0.5
    assert measure.jain([visit(10), visit(5, possible=5)]) == 1
    assert measure.jain([visit(10), visit(0, arrive_ms=7_000_000, leave_ms=9_000_000)]) is None


def test_a_kind_that_is_not_there_is_named():
    done = pilotlight("compare", "--sites", "castle")
    assert done.returncode == 2
    assert "castle" in done.stderr and "home,office,hotel,complaint" in done.stderr


def test_a_comparison_goes_on_where_it_was(tmp_path, monkeypatch):
    file = tmp_path / "runs.jsonl"
    todo = study.jobs(1, ("home",), 2)
    own, other, late = todo[0], todo[5], todo[7]
    assert own[3] == study.PILOTLIGHT != other[3]
    first = kept.Kept(str(file))
    assert first.missing(todo) == todo
    for job in (own, other, late):
        first.add(job, {"energy_wh": 12.5})
    file.write_text(file.read_text()[:-9])  # the last one was being written
    again = kept.Kept(str(file))
    assert set(again.rows) == {own, other}
    assert again.missing(todo) == [job for job in todo if job not in (own, other)]
    again.add(late, {"energy_wh": 2.0})
    assert kept.Kept(str(file)).rows[late] == {"energy_wh": 2.0}
    state = kept.state_of_sources()
    monkeypatch.setattr(kept, "state_of_sources", lambda: state | {"firmware": "another"})
    assert set(kept.Kept(str(file)).rows) == {other, late}
    monkeypatch.setattr(kept, "state_of_sources", lambda: state | {"all": "another"})
    assert kept.Kept(str(file)).rows == {}


def test_a_file_of_runs_that_cannot_be_is_named(tmp_path):
    done = pilotlight("compare", "--keep", str(tmp_path / "no" / "a.jsonl"), within_s=60)
    assert done.returncode == 2
    assert "--keep" in done.stderr and "No such file" in done.stderr


def test_tables_picture_and_document(tmp_path):
    job = (1, study.COMPLAINT, names("fair-start"))
    rows = [study.work((*job, name)) for name in ("evcc", "static")]
    own = {**rows[1], "policy": study.PILOTLIGHT, "left_as": {"margin": 3.0, "base": -1.0}}
    found = report.make([*rows, own], 1)
    assert found["shortfalls"][0]["best"] == "evcc"
    assert found["shortfalls"][0]["causes"] == {"margin": 1.0, "base": -0.33}
    picture.draw(found, str(tmp_path / "a.png"))
    assert (tmp_path / "a.png").stat().st_size > 10_000
    document = tmp_path / "a.md"
    document.write_text("before\n<!-- figures: begin -->old<!-- figures: end -->\nafter\n")
    tables.put_into(found, str(document))
    text = document.read_text()
    assert "old" not in text and text.startswith("before\n") and text.endswith("\nafter\n")
    assert "| evcc |" in text and "| fair-start |" in text


def day(site, policy, energy_wh, trips=0, pauses=None):
    """As much of a result as the day-by-day figures read."""
    row = {"site": site, "policy": policy, "energy_wh": energy_wh, "bound_wh": 1000.0}
    return row | {"trips": trips, "pauses": pauses or {}}


def test_who_delivered_more_day_by_day():
    rows = [day(f"home-{n}", study.PILOTLIGHT, wh) for n, wh in enumerate((900, 950, 990))]
    rows += [day(f"home-{n}", "openwb", wh) for n, wh in enumerate((930, 950.5, 940))]
    rows += [day("home-0", "evcc", 999, trips=1), day("home-1", "evcc", 900)]
    assert report.beside(rows) == {
        "openwb": {"days": 3, "more": 1, "less": 1, "most": 0.03, "least": -0.05},
        "evcc": {"days": 1, "more": 0, "less": 1, "most": -0.05, "least": -0.05},
    }


def test_openings_by_reason_are_of_all_feeders_and_phases():
    why = "feeder main: L1 has no room for the minimum"
    rows = [
        day("home-0", study.PILOTLIGHT, 1, pauses={why: 2, why.replace("L1", "L3"): 1}),
        day("home-1", study.PILOTLIGHT, 1, pauses={"waiting until the room lasts": 1}),
    ]
    found = report.pauses(rows)
    assert found == {"a phase has no room for the minimum": 3, "waiting until the room lasts": 1}
    assert list(found) == sorted(found, key=lambda name: -found[name])


def test_an_opening_is_counted_with_its_reason_and_only_while_the_car_wants_more():
    """The house takes all there is for a while; later the car is full."""

    def change(raw):
        raw["site"]["feeders"][0]["rating_a"] = 16
        raw["event"] = [{"at": "60s", "kind": "step", "amps": 14, "for": "20s"}]
        raw["car"] = [{"outlet": 1, "arrive": "5s", "energy_kwh": 0.1, "max_a": 10}]
        raw["duration"] = "15m"

    ledger = pilotlight_run.Ledger()
    outcome = simulate(
        small(change=change), clock_kind="event", progress=ledger.step, on_start=ledger.start
    )
    assert outcome.report["contactor_cycles"] == {"1": 2}
    assert sum(ledger.pauses.values()) == 1
    assert all("no room for the minimum" in why for why in ledger.pauses)


def test_a_document_without_marks_is_refused_before_the_work(tmp_path):
    (tmp_path / "a.md").write_text("nothing\n")
    done = pilotlight("compare", "--doc", str(tmp_path / "a.md"), within_s=60)
    assert done.returncode == 2
    assert "figures: begin" in done.stderr


def test_what_is_left_over_adds_up_to_what_is_free():
    """At every step, to the milliampere: a car that would take more than 16 A, one phase full."""

    def full(raw):
        raw["site"]["outlets"][0]["max_a"] = 32
        raw["load"] = [{"kind": "constant", "amps": [3.0, 14.0, 1.0]}]
        raw["car"] = [{"outlet": 1, "arrive": "5s", "energy_kwh": 20, "max_a": 32}]

    seen = []

    def look(t_ms):
        plant = ledger.plant
        parts = ledger.rates
        if parts:
            assert sum(ma for _, ma in parts) == 32_000 - max(plant.feeder_ma(0))
        seen.append(len(parts))

    ledger = pilotlight_run.Ledger(look)
    simulate(small(full=full), clock_kind="event", progress=ledger.step, on_start=ledger.start)
    assert max(seen) >= 4
    assert {"margin", "base"} <= set(ledger.left_as)
