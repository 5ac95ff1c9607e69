"""Orders, limits, modes, needs and phases that come and go while the whole firmware records: every
decision is made again, and with another setting. ms, mA.
"""

import json

import pytest
import replay_helpers
from cli_helpers import pilotlight
from pilotlight_host.replay.decider import Decider
from pilotlight_host.replay.replay import Replay
from pilotlight_host.sim.simulate import simulate
from sim_helpers import SMALL, small

CAR = SMALL["car"][0]
# an order, another value, a need, one phase, and as it was
LINES = (
    (10_000, "record(True)"),
    (40_000, "dim(9000)"),
    (55_000, "dim(4500)"),
    (70_000, "need(1, 8, 5)"),
    (85_000, 'dim("off")'),
    (100_000, "phases(1, 1)"),
    (150_000, 'mode(1, "min+solar")'),
    (155_000, "boost(1, 8)"),
    (165_000, "dim(3000, 20)"),
    (200_000, 'mode(1, "fast")'),
    (214_000, "record()"),
)
SUNNY_LINES = (
    (10_000, "record(True)"),
    (300_000, 'tune("feeders[0].import_w", 7000)'),
    (400_000, 'mode(1, "solar")'),
    (450_000, 'mode(1, "solar")'),
    (500_000, 'tune("feeders[0].unbalance_a", None)'),
    (560_000, "dim(4200)"),
    (590_000, "record()"),
)


def recorded(folder, scenario, lines, kept_ms):
    """(File, answers) of a run in which somebody types."""
    kept, said = [], []

    def start(run):
        for t_ms, line in lines:
            run.plant._agenda.at(
                t_ms, lambda line=line: said.append(repr(run.app.console.answer(line)))
            )
        path = run.world.storage / "record.bin"
        run.plant._agenda.at(kept_ms, lambda: kept.append(path.read_bytes()))

    outcome = simulate(scenario, on_start=start)
    assert outcome.report["invariant_violations"] == 0
    file = folder / "record.bin"
    file.write_bytes(kept[0])
    return file, said


@pytest.fixture(scope="module")
def switched(tmp_path_factory):
    """Two cars, one of them on one phase in the end."""

    def site(raw):
        table = raw["site"]["outlets"][0]
        raw["site"]["outlets"] = [dict(table, switching=True), table]

    cars = [dict(CAR, arrive="15s"), dict(CAR, outlet=2, arrive="20s")]
    scenario = small(change=site, car=cars, duration="220s")
    return recorded(tmp_path_factory.mktemp("switched"), scenario, LINES, 219_000)


@pytest.fixture(scope="module")
def sunny(tmp_path_factory):
    """Power from the grid, its mean, unbalance, surplus."""

    def site(raw):
        raw["site"]["feeders"][0] |= {"import_w": 9000, "quarter_w": 8000, "unbalance_a": 10}
        raw["site"]["outlets"][0]["mode"] = "min+solar"
        raw["event"] = [{"at": "390s", "kind": "kettle"}]
        raw["load"].append({"kind": "solar", "peak_a": 8, "clouds": True})

    scenario = small(change=site, start="2026-06-15T13:00", duration="10m")
    return recorded(tmp_path_factory.mktemp("sunny"), scenario, SUNNY_LINES, 595_000)


def test_every_decision_is_made_again(switched):
    file, said = switched
    assert said[-1].startswith("recording: ") and "missed" not in said[-1], said
    result = replay_helpers.replayed(replay_helpers.only(file))
    assert (result.disagreement, result.missed, result.gaps) == (None, 0, 0)
    assert result.decisions > 1900 and result.rearranged >= 8
    whys = {row.why for row in result.changes}
    assert "dimming to 9000 W by the person is shared out" in whys
    assert "dimming to 4500 W by the person has no room for the minimum" in whys
    assert "decided again: all the same" in pilotlight("replay", file).stdout


def test_limits_of_the_site_file_and_the_sun_are_decided_again(sunny):
    file, said = sunny
    assert said[-1].startswith("recording: ") and "missed" not in said[-1], said
    result = replay_helpers.replayed(replay_helpers.only(file))
    assert (result.disagreement, result.missed, result.gaps) == (None, 0, 0)
    assert result.decisions > 4000 and result.rearranged == 5
    assert any("solar surplus" in row.why for row in result.changes)


def test_another_setting_meets_the_same_orders(switched):
    """Less where the fuse is less; as recorded where only the order counts."""
    file, _ = switched
    done = pilotlight("replay", file, "--set", "feeders[0].limit_a=14", "--json", "-")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["agrees"] and report["differences"]
    dimmed = [row for row in report["changes"] if "dimming" in row["why"]]
    assert dimmed
    same = pilotlight("replay", file, "--set", "feeders[0].limit_a=32", "--json", "-")
    assert json.loads(same.stdout)["differences"] == []


def set_to(file, word):
    """The report of a replay with that setting."""
    return json.loads(pilotlight("replay", file, "--set", word, "--json", "-").stdout)


@pytest.mark.parametrize(
    ("key", "same", "less"), [("import_w", 9000, 4500), ("quarter_w", 8000, 3000)]
)
def test_another_limit_of_the_site_file(sunny, key, same, less):
    """Binds harder where it is lower; the same one changes nothing; none is taken away."""
    file, _ = sunny
    report = set_to(file, f"feeders[0].{key}={same}")
    assert report["agrees"] and report["differences"] == []
    report = set_to(file, f"feeders[0].{key}={less}")
    was_ma, other_ma = report["mean_ma"][0]
    assert report["agrees"] and report["differences"] and other_ma < was_ma
    done = pilotlight("replay", file, "--set", f"feeders[0].{key}=null")
    assert done.returncode == 2 and "neither added nor taken away" in done.stderr


def test_another_unbalance(tmp_path):
    """A car on one phase beside a house of 3, 2, 1 A."""

    def site(raw):
        raw["site"]["feeders"][0]["unbalance_a"] = 20

    scenario = small(change=site, car=[dict(CAR, arrive="1s", phases=1)])
    file, _ = recorded(tmp_path, scenario, ((2_000, "record(True)"),), 60_000)
    assert set_to(file, "feeders[0].unbalance_a=20")["differences"] == []
    report = set_to(file, "feeders[0].unbalance_a=9")
    offers_ma = [row["other_ma"] for row in report["differences"]]
    assert report["agrees"] and offers_ma and all(6000 <= ma <= 9000 for ma in offers_ma)


def test_what_commission_sends_is_decided_again(tmp_path):
    """Nobody learns a habit from its pulses."""
    lines = ((8_000, "record(True)"), (15_000, "commission()"), (80_000, "record()"))
    scenario = small(car=[dict(CAR, arrive="1s")])
    file, said = recorded(tmp_path, scenario, lines, 85_000)
    assert "missed" not in said[-1], said
    recording = replay_helpers.only(file)
    result = replay_helpers.replayed(recording)
    assert (result.disagreement, result.missed, result.gaps) == (None, 0, 0)
    assert result.decisions > 700
    deaf = Replay(decider := Decider(recording.site, recording.texts))
    decider.own = frozenset(i for i, key in enumerate(decider.slots.keys) if key == "is_tried")
    deaf.add(recording)
    assert deaf.result.disagreement is not None


def without_orders(decider, pools):
    counts = REBIND(decider, pools)
    for pool in decider.balancer.quotas:
        pool.limit_w = 250_000
    return counts


REBIND, REARRANGE = Decider.rebind, Decider.rearrange


def test_an_order_that_is_left_out_is_found(switched, monkeypatch):
    monkeypatch.setattr(Decider, "rebind", without_orders)
    assert replay_helpers.replayed(replay_helpers.only(switched[0])).disagreement is not None


@pytest.mark.parametrize(
    ("name", "where"),
    [("mode", "switched"), ("phases", "switched"), ("need", "switched"), ("cloud_ms", "sunny")],
)
def test_what_is_left_out_of_an_outlet_is_found(name, where, request, monkeypatch):
    def forgets(decider, i, was, told):
        REARRANGE(decider, i, was, told._replace(**{name: getattr(was, name)}))

    monkeypatch.setattr(Decider, "rearrange", forgets)
    file, _ = request.getfixturevalue(where)
    assert replay_helpers.replayed(replay_helpers.only(file)).disagreement is not None
