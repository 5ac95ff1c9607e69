"""What survives a power cut beside the site file, through the whole firmware: orders of the grid
operator, the record of them, and the house loads that were measured. Times in ms.
"""

import json
import re

import pytest
from pilotlight.wire.sealed import seal, unseal
from pilotlight_host.sim.simulate import EVENT, EXACT, simulate
from sim_helpers import journal, small
from test_app import Typist

X1 = 10000
LEAST = 1000  # duty of 6 A


def play(storage, *lines, on_start=None, **how):
    """One start of the small site on this storage, until its power is cut: (outcome, answers to
    the typed lines).
    """
    typists = []

    def start(run):
        typists.append(Typist(run, list(lines)))
        run.app.board.console = typists[0]
        if on_start is not None:
            on_start(run)

    clock_kind = how.pop("clock_kind", EXACT)
    outcome = simulate(small(**how), on_start=start, storage=storage, clock_kind=clock_kind)
    assert outcome.is_good, outcome.report["violations"]
    return outcome, [text.removesuffix("\r\n> ") for text in typists[0].shown]


def site_of(shown):
    """Of `snapshot()`."""
    return json.loads(shown)["site"]


def duties(outcome):
    """All that were told to the car."""
    return {row[2] for row in outcome.monitor.changes if row[2] != X1}


def records(storage):
    found = [unseal(line) for line in (storage / "orders.log").read_bytes().split(b"\n")[1:]]
    assert None not in found
    return found


def newest(storage):
    """The file that counts, and what is in it."""
    found = {path: unseal(path.read_bytes()) for path in storage.glob("kept.*")}
    found = {path: value for path, value in found.items() if value and value[0] != "x"}
    path = max(found, key=lambda path: found[path][0])
    return path, found[path][1]


# ------------------------------------------------------------------ orders


@pytest.mark.parametrize("clock_kind", [EXACT, EVENT])
def test_orders_are_in_force_before_anything_charges(tmp_path, clock_kind):
    def order(run):
        topic, payload = "pilotlight/home/site/set/dim", b'{"limit_w": 4200, "for_s": 3600}'
        run.plant._agenda.at(30_000, lambda: run.broker.publish(topic, payload, qos=1))

    lines = [(40_000, "dim(9000)")]
    play(tmp_path, *lines, on_start=order, clock_kind=clock_kind)
    told = [(20, "snapshot()"), (60_000, "snapshot()"), (61_000, 'dim("off")'), (62_000, "log()")]
    outcome, shown = play(tmp_path, *told, clock_kind=clock_kind)
    assert duties(outcome) == {LEAST}
    first = site_of(shown[0])["dimming"]
    assert (first["limit_w"], first["by"], first["since_s"]) == (4200, "network", 0)
    # 3540 s were left, the file is written every 300 s
    assert first["until_s"] in (3599, 3600)
    assert 3538 <= site_of(shown[1])["dimming"]["until_s"] <= 3540
    assert "dimmed to 4200 W by the network for 3600 s, as before the start" in shown[3]
    assert "dimmed to 9000 W by the person, as before the start" in shown[3]
    assert "dimming to 9000 W by the person ends after 61 s" in shown[3]
    # what was lifted does not come back
    _, shown = play(tmp_path, (1_000, "log()"), duration="10s")
    assert "by the network" in shown[0] and "by the person" not in shown[0]


def test_what_is_left_of_an_order_counts_on_from_the_last_writing(tmp_path):
    """1000 s: in the file 1200, then 900, after each 100 s of which the board is off at once."""
    play(tmp_path, (1_000, "dim(0, 1000)"), duration="120s")
    assert newest(tmp_path)[1][0] == [["person", 0, 900]]
    for left_s in (900, 900, 900):
        outcome, shown = play(tmp_path, (1_000, "snapshot()"), duration="100s")
        assert site_of(shown[0])["dimming"]["until_s"] == left_s - 1
        assert not duties(outcome)
    outcome, _ = play(tmp_path, duration="20m", clock_kind=EVENT)
    assert "dimming to 0 W by the person ends after 900 s" in journal(outcome)
    assert newest(tmp_path)[1][0] == []


def test_the_longest_order_survives(tmp_path):
    play(tmp_path, (1_000, "dim(4200, 432000)"), duration="10s")
    outcome, _ = play(tmp_path, duration="10s")
    text = "dimmed to 4200 W by the person for 432000 s, as before the start"
    assert text in journal(outcome)


def test_a_renewed_order_is_not_written_again(tmp_path):
    """As a controller does that renews it every minute: the storage would wear out."""
    lines = [(1_000 + 60_000 * i, "dim(4200, 900)") for i in range(10)]
    play(tmp_path, *lines, duration="610s")
    path, value = newest(tmp_path)
    assert value[0] == [["person", 4200, 900]]
    assert unseal(path.read_bytes())[0] == 1
    assert [row[4] for row in records(tmp_path)] == ["begin"]
    # but one that lasts longer is
    play(tmp_path, (1_000, "dim(4200)"), duration="10s")
    assert newest(tmp_path)[1][0] == [["person", 4200, None]]


def test_a_contact_needs_no_storage(tmp_path):
    def closed(raw):
        raw["site"]["site"]["dimming_w"] = 4200
        raw["event"] = [{"at": "0s", "kind": "dimming", "for": "60s"}]
        raw["duration"] = "50s"

    for start in range(2):
        outcome, _ = play(tmp_path, change=closed)
        assert duties(outcome) == {LEAST}
        assert not list(tmp_path.glob("kept.*"))
        assert [row[1:2] + row[4:] for row in records(tmp_path)] == [
            [n, "begin", 4200, "contact", None] for n in range(start + 1)
        ]


# ------------------------------------------------------------------ damage


def test_a_torn_file_is_named_and_the_one_before_counts(tmp_path):
    play(tmp_path, (30_000, "dim(4200)"), (60_000, "dim(0)"))
    path, value = newest(tmp_path)
    assert value[0] == [["person", 0, None]]
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    outcome, shown = play(tmp_path, (60_000, "dim()"))
    assert str(path) + " is damaged: the other one counts" in journal(outcome)
    assert duties(outcome) == {LEAST}
    assert shown[0].splitlines()[-1] == "3: start 1, 0 s: back, 4200 W by the person"


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff" * 500, seal([9, [[["person", -5, None]], {}]]), seal(["x", []]), seal({})],
)
def test_what_nobody_understands_is_named_and_the_site_charges(tmp_path, content):
    for name in ("kept.a", "kept.b"):
        (tmp_path / name).write_bytes(content)
    outcome, _ = play(tmp_path, (60_000, "dim(9000)"))
    said = [text for text in journal(outcome) if "is damaged" in text or "not understood" in text]
    assert said and outcome.report["contactor_cycles"] == {"1": 1}
    assert newest(tmp_path)[1][0] == [["person", 9000, None]]


@pytest.mark.parametrize("name", ["kept.a", "kept.b", "orders.log"])
def test_a_storage_that_fails_is_told_once_and_the_order_holds(tmp_path, name):
    """It is full for 40 s; then all is written."""

    def fill(run):
        (tmp_path / name).symlink_to("/dev/full")
        run.plant._agenda.at(75_000, (tmp_path / name).unlink)

    lines = [(30_000, "dim(9000)"), (35_000, "dim(4200)"), (60_000, "dim()")]
    outcome, shown = play(tmp_path, *lines, on_start=fill, duration="120s")
    texts = journal(outcome)
    assert len([text for text in texts if text.startswith("orders cannot be written: ")]) == 1
    assert not [text for text in texts if text.startswith("kept failed")]
    assert {row[2] for row in outcome.monitor.changes if row[0] > 50_000} <= {LEAST}
    assert shown[2].endswith("are not written yet")
    assert [row[4] for row in records(tmp_path)] == ["begin", "end", "begin"]
    assert newest(tmp_path)[1][0] == [["person", 4200, None]]


# ------------------------------------------------------------------ where writing stops the processor


def stalls(run):
    """As on a board whose processor stands still while it writes; looks at each step. A page of
    the ledger takes no longer than a step.
    """
    run.app.board.capabilities["storage_stall_ms"] = 400
    folder = run.world.storage
    seen = {}

    def look(t_ms):
        files = [path for path in folder.iterdir() if path.name != "ledger.bin"]
        now = {path.name: path.read_bytes() for path in files}
        if run.app.control.units[0].contactor.is_commanded and seen:
            assert now == seen, t_ms
        seen.clear()
        seen.update(now)

    run.progress = look


def test_nothing_is_written_while_a_contactor_is_closed(tmp_path):
    lines = [(40_000, "dim(4200, 3600)"), (59_000, "dim()"), (60_000, "dim(0)"), (80_000, "dim()")]
    _, shown = play(tmp_path, *lines, on_start=stalls)
    assert shown[1].splitlines()[-1] == "the last 1 are not written yet"
    assert "not written yet" not in shown[3]
    assert newest(tmp_path)[1][0] == [["person", 0, None]]
    assert [row[4:6] for row in records(tmp_path)] == [
        ["begin", 4200],
        ["end", 4200],
        ["begin", 0],
    ]


WHILE_IT_CHARGES = [  # what is typed, the highest duty after a cut of the power, and what is kept
    (["dim(4200, 3600)"], LEAST, [["person", 4200, 3600]]),
    (["dim(4200)", "dim(5000, 600)"], 1200, [["person", 5000, 600]]),
    (["dim(4200, 600)", "dim(4200, 7200)"], LEAST, [["person", 4200, 7200]]),
    (["dim(4200)", "dim('off')"], 1833, []),
]


@pytest.mark.parametrize(("typed", "most", "left"), WHILE_IT_CHARGES)
def test_an_order_that_comes_while_a_car_charges_survives(tmp_path, typed, most, left):
    lines = [(40_000 + 2_000 * i, text) for i, text in enumerate(typed)]
    play(tmp_path, *lines, on_start=stalls, duration="60s")
    assert not list(tmp_path.glob("kept.*"))
    outcome, _ = play(tmp_path, on_start=stalls, duration="20s")
    assert max(duties(outcome)) == most
    assert newest(tmp_path)[1][0] == left


def test_a_power_that_comes_back_for_a_moment_changes_nothing(tmp_path):
    """Before the file is written anew there are records of that start, too."""
    play(tmp_path, (1_000, "dim(4200)"), duration="10s")
    play(tmp_path, (40_000, "dim('off')"), on_start=stalls, duration="60s")
    assert newest(tmp_path)[1][0] == [["person", 4200, None]]

    def no_file(run):
        run.app.keeper._may_write = lambda: False

    play(tmp_path, on_start=no_file, duration="5s")
    outcome, _ = play(tmp_path, duration="20s")
    assert not [text for text in journal(outcome) if "as before the start" in text]
    assert max(duties(outcome)) == 1833
    assert newest(tmp_path)[1][0] == []


def test_many_orders_leave_the_erased_pages_to_sessions(tmp_path):
    """Another one each second while a car charges."""
    lines = [(40_000 + 1_100 * i, f"dim({5000 + i})") for i in range(60)]
    _, shown = play(tmp_path, *lines, (599_000, "ledger()"), on_start=stalls, duration="10m")
    assert int(re.search(r"(\d+) more fit", shown[-1])[1]) >= 16
    assert ", 0 lost" in shown[-1] and "5059" in shown[-1]
    outcome, _ = play(tmp_path, duration="5s")
    assert "dimmed to 5059 W by the person, as before the start" in journal(outcome)


def test_the_number_of_a_ledger_that_is_gone_does_not_count(tmp_path):
    play(tmp_path, (1_000, "dim(4200)"), duration="60s")
    (tmp_path / "ledger.bin").unlink()
    play(tmp_path, duration="5s")
    assert newest(tmp_path)[1][2] == 0
    play(tmp_path, (40_000, "dim(5000)"), on_start=stalls, duration="60s")
    outcome, _ = play(tmp_path, duration="5s")
    assert "dimmed to 5000 W by the person, as before the start" in journal(outcome)


def test_the_newest_of_file_and_ledger_counts(tmp_path):
    """In the file: dimmed. Then lifted while a car charges, and dimmed anew when none does."""
    play(tmp_path, (1_000, "dim(4200)"), (2_000, "dim()"), duration="10s")
    play(tmp_path, (40_000, "dim('off')"), on_start=stalls, duration="60s")
    assert newest(tmp_path)[1][0] == [["person", 4200, None]]
    outcome, _ = play(tmp_path, (1_000, "dim(4200)"), on_start=stalls, duration="10s")
    assert not [text for text in journal(outcome) if "as before the start" in text]
    outcome, _ = play(tmp_path, duration="10s")
    assert "dimmed to 4200 W by the person, as before the start" in journal(outcome)


def test_a_long_order_is_one_record(tmp_path):
    lines = [(40_000 + 60_000 * i, "dim(4200, 900)") for i in range(8)]
    _, shown = play(tmp_path, *lines, (599_000, "ledger()"), on_start=stalls, duration="10m")
    rows = [line for line in shown[-1].splitlines() if "orders" in line]
    assert rows == ["1: start 0, orders: [['person', 4200, 900]]"]


def test_what_waits_in_memory_is_bounded_and_said(tmp_path):
    lines = [(40_000 + 200 * i, f"dim({9000 + i})") for i in range(20)]  # 39 records
    outcome, _ = play(tmp_path, *lines, (60_000, "dim(0)"), on_start=stalls)
    lost = [text for text in journal(outcome) if "is lost" in text]
    assert lost == [f"record {n} of orders is lost: too many wait" for n in range(9)]
    assert [row[0] for row in records(tmp_path)] == list(range(9, 41))
    assert records(tmp_path)[-1][4:6] == ["begin", 0]


# ------------------------------------------------------------------ the record


def test_every_order_is_recorded_and_shown(tmp_path):
    _, shown = play(
        tmp_path,
        (5_000, "dim()"),
        (10_000, "dim(4200, 20)"),
        (40_000, "dim(0)"),
        (50_000, "dim(5000)"),
    )
    assert shown[0] == "there has been no order yet"
    _, shown = play(tmp_path, (30_000, 'dim("off")'), (31_000, "dim()"))
    assert records(tmp_path) == [
        [0, 0, 10, None, "begin", 4200, "person", 20],
        [1, 0, 30, None, "end", 4200, "person", None],
        [2, 0, 40, None, "begin", 0, "person", None],
        [3, 0, 50, None, "end", 0, "person", None],
        [4, 0, 50, None, "begin", 5000, "person", None],
        [5, 1, 0, None, "back", 5000, "person", None],
        [6, 1, 30, None, "end", 5000, "person", None],
    ]
    assert shown[1].splitlines() == [
        "0: start 0, 10 s: begin, 4200 W by the person for 20 s",
        "1: start 0, 30 s: end, 4200 W by the person",
        "2: start 0, 40 s: begin, 0 W by the person",
        "3: start 0, 50 s: end, 0 W by the person",
        "4: start 0, 50 s: begin, 5000 W by the person",
        "5: start 1, 0 s: back, 5000 W by the person",
        "6: start 1, 30 s: end, 5000 W by the person",
    ]


def test_a_meter_s_time_stands_beside_them(tmp_path):
    def on_p1(raw):
        raw["site"]["meters"][0].update(model="p1", port="p1", baud=115200)

    _, shown = play(tmp_path, (30_000, "dim(4200)"), (31_000, "dim()"), change=on_p1)
    (row,) = records(tmp_path)
    # 15 January 2026, 17:00:30, from the beginning of 2000
    assert 821811628 <= row[3] <= 821811631
    assert shown[1] == f"0: start 0, 30 s, winter_s {row[3]}: begin, 4200 W by the person"


# ------------------------------------------------------------------ house loads

WEEK_S = 604800


def measured(raw):
    """Clamps only, no car at first, a house that is measured."""
    feeder = raw["site"]["feeders"][0]
    feeder["base_max_a"] = "measured"
    del feeder["meter"], raw["site"]["meters"]


def kettle(raw):
    measured(raw)
    raw["car"] = []
    raw["load"].append({"kind": "constant", "amps": [0.5, 0, 0]})
    raw["event"] = [{"at": "20s", "kind": "step", "phases": ["L1"], "amps": 9, "for": "30s"}]


def test_the_highest_house_load_is_shown_and_survives(tmp_path):
    _, shown = play(tmp_path, (80_000, "snapshot()"), (81_000, "status()"), change=kettle)
    feeder = site_of(shown[0])["feeders"][0]
    assert feeder["house_most_a"] == [13.0, 2.0, 1.0] and feeder["house_seen_h"] == 0
    assert feeder["base_max_a"] == [32.0, 32.0, 32.0]
    assert ", house at most 13.0, 2.0, 1.0 A in 0 h" in shown[1]
    path, value = newest(tmp_path)
    assert value[:2] == [[], {"main": [0, 13000, 2000, 1000]}]
    assert unseal(path.read_bytes())[0] <= 3  # seldom written
    _, shown = play(tmp_path, (1_000, "snapshot()"), change=measured, duration="10s")
    feeder = site_of(shown[0])["feeders"][0]
    assert feeder["house_most_a"] == [13.0, 2.0, 1.0]


@pytest.mark.parametrize("is_known", [True, False])
def test_it_is_the_safe_share_after_seven_days(tmp_path, is_known):
    seen_s = WEEK_S if is_known else WEEK_S - 21600
    row = [seen_s, 13000, 2000, 1000]
    (tmp_path / "kept.b").write_bytes(seal([1, [[], {"main": row, "gone": row}]]))
    event = [{"at": "40s", "kind": "clamps-silent", "for": "40s"}]
    how = {"change": measured, "event": event}
    outcome, shown = play(tmp_path, (60_000, "why(1)"), (61_000, "snapshot()"), **how)
    feeder = site_of(shown[1])["feeders"][0]
    if not is_known:
        assert shown[0].startswith("outlet 1 (B1): 0.0 A, supply: feeder main: sensors lost, ")
        assert "house not measured for 7 days yet" in shown[0]
        assert feeder["base_max_a"] == [32.0] * 3
        return
    assert "sensors lost, safe share" in shown[0]
    assert feeder["base_max_a"] == [15.3, 3.2, 2.1]
    lost = [row for row in outcome.monitor.changes if 47_000 < row[0] < 79_000]
    assert lost == [] or {row[2] for row in lost} == {13100 // 6}
    assert outcome.report["contactor_cycles"] == {"1": 1}


def test_tuned_to_a_number_and_back(tmp_path):
    row = [WEEK_S, 13000, 2000, 1000]
    (tmp_path / "kept.b").write_bytes(seal([1, [[], {"main": row}]]))
    lines = [
        (10_000, 'tune("feeders[0].base_max_a", 8)'),
        (11_000, "snapshot()"),
        (12_000, 'tune("feeders[0].base_max_a", "measured")'),
        (13_000, "snapshot()"),
        (14_000, 'tune("feeders[0].base_max_a", "guess")'),
    ]
    _, shown = play(tmp_path, *lines, change=measured, duration="20s")
    assert site_of(shown[1])["feeders"][0]["base_max_a"] == [8.0, 8.0, 8.0]
    assert site_of(shown[3])["feeders"][0]["base_max_a"] == [15.3, 3.2, 2.1]
    assert (
        'feeders[0].base_max_a: "guess" is wrong, expected a number 0...250, or "measured"'
        in (shown[4])
    )


def test_a_site_that_does_not_ask_for_it_measures_nothing(tmp_path):
    outcome, shown = play(tmp_path, (80_000, "snapshot()"))
    assert "house_most_a" not in site_of(shown[0])["feeders"][0]
    assert outcome.app.control.feeders[0].most is None
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ledger.bin", "site.json"]
