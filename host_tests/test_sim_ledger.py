"""Sessions in the ledger through the whole firmware: what a visit was, power cuts, delivery."""

import json

import pytest
from pilotlight.core.journal import Journal
from pilotlight.services.ledger import Ledger, Part
from pilotlight.wire import page
from pilotlight_host.sim.flashpages import FlashPages
from pilotlight_host.sim.simulate import EVENT, EXACT
from sim_helpers import confirms_nothing, journal
from test_sim_orders import play

TOPIC = "pilotlight/home/record"
DIARY = "pilotlight/home/diary"
LEAVES = [{"outlet": 1, "arrive": "5s", "leave": "65s", "energy_kwh": 20, "phases": 3}]


def at_broker(outcome, topic=TOPIC):
    return [json.loads(m[2]) for m in outcome.broker.messages if m[1] == topic]


@pytest.mark.parametrize("clock_kind", [EXACT, EVENT])
def test_a_visit(tmp_path, clock_kind):
    outcome, _ = play(tmp_path, car=LEAVES, clock_kind=clock_kind)
    first, last = at_broker(outcome)
    assert (first["seq"], first["boot"], first["end"]) == (0, 0, None)
    assert (last["seq"], last["outlet"], last["end"]) == (1, 1, "unplugged")
    assert 60 <= last["plugged_s"] <= 64  # it stops, and is unplugged 3 s later
    assert 30 <= last["charged_s"] <= 60
    assert (last["by"], last["unknown_s"], last["utc_s"]) == ("inferred", 0, None)
    assert last["most_a"] == 16.0
    assert last["energy_wh"] == pytest.approx(outcome.plant.energy_wh(0), rel=0.1)
    told = json.loads(outcome.broker.retained["pilotlight/home/outlet/1"])["session"]
    assert (told["is_open"], told["power_w"]) == (False, 0)
    assert {told[key] == last[key] for key in ("plugged_s", "charged_s", "energy_wh", "by")} == {
        True
    }


def test_its_power_is_told_while_it_goes_on(tmp_path):
    _, (told,) = play(tmp_path, (60_000, "snapshot()"), car=LEAVES, duration="62s")
    [outlet] = json.loads(told)["outlets"]
    assert outlet["session"]["is_open"] and outlet["session"]["by"] == "inferred"
    assert outlet["session"]["power_w"] == pytest.approx(3 * 16 * 230, rel=0.05)


def test_a_power_cut_ends_it(tmp_path):
    stays = [{"outlet": 1, "arrive": "5s", "energy_kwh": 20, "phases": 3}]
    play(tmp_path, car=stays, duration="60s")
    outcome, (told,) = play(tmp_path, (50_000, "ledger()"), car=stays, duration="60s")
    rows = at_broker(outcome)
    assert [(row["seq"], row["boot"], row["end"]) for row in rows] == [
        (1, 1, "restart"),
        (2, 1, None),
    ]
    assert "start 1, outlet 1: 0 s, charged 0 s, 0 Wh (inferred), restart" in told


def test_nothing_is_lost_without_a_network(tmp_path):
    """Three visits while nobody listens, a power cut after each; then all are delivered, once."""
    gone = [{"at": "0s", "kind": "network-gone"}]
    for _ in range(3):
        outcome, _ = play(tmp_path, car=LEAVES, event=gone)
        assert at_broker(outcome) == []
    outcome, _ = play(tmp_path, car=[], duration="60s")
    assert [row["seq"] for row in at_broker(outcome)] == [0, 1, 2, 3, 4, 5]
    outcome, _ = play(tmp_path, car=[], duration="60s")
    assert at_broker(outcome) == []


def test_a_broker_that_confirms_nothing_gets_them_again(tmp_path):
    """They have the same number."""
    outcome, _ = play(tmp_path, car=LEAVES, on_start=confirms_nothing, duration="150s")
    told = [row["seq"] for row in at_broker(outcome)]
    assert sorted(set(told)) == [0, 1] and told.count(0) > 1 and told.count(1) == 1
    assert outcome.app.ledger.shown()["undelivered"] == 0


def test_what_is_foreign_there_does_not_end_the_start(tmp_path):
    flash = FlashPages(tmp_path / "ledger.bin")
    one = bytearray(256)
    page.pack(one, 5, ["of another program"])
    flash.write(0, one)
    outcome, (told,) = play(tmp_path, (50_000, "ledger()"), car=LEAVES)
    assert told == "this board keeps no records"
    assert [text for text in journal(outcome) if "ledger is not understood" in text]
    assert outcome.plant.energy_wh(0) > 50
    assert json.loads(outcome.broker.retained["pilotlight/home/outlet/1"])["session"] is None


def test_torn_file(tmp_path):
    """A page of rubbish where the next record would be."""
    play(tmp_path, car=LEAVES)
    flash = FlashPages(tmp_path / "ledger.bin")
    flash.write(2, b"\x12" * 256)
    outcome, _ = play(tmp_path, car=LEAVES)
    assert [row["seq"] for row in at_broker(outcome)] == [2, 3]
    assert not [text for text in journal(outcome) if "ledger" in text]


def test_a_month_without_a_network_is_delivered_in_a_minute(tmp_path):
    """As many as the ledger holds while it keeps its erased pages: in order, each once."""
    flash = FlashPages(tmp_path / "ledger.bin")
    ledger = Ledger(Part(flash, 0, 768), Journal(), lambda: True)  # the others are for events
    ledger.restore()
    row = {"kind": "session", "outlet": 1, "plugged_s": 30_000, "charged_s": 14_400, "end": None}
    for _ in range(1500):
        ledger.append(dict(row))
        while ledger.waiting:
            ledger.look()
    kept = 1500 - ledger.lost
    assert kept >= 768 - 63
    outcome, _ = play(tmp_path, car=[], duration="120s")
    told = [(m[0], json.loads(m[2])["seq"]) for m in outcome.broker.messages if m[1] == TOPIC]
    # and the one that a power cut has left open
    assert [seq for _, seq in told] == list(range(ledger.lost, 1501))
    took_s = (told[-1][0] - told[0][0]) / 1000
    print(f"{kept} records delivered in {took_s:.0f} s")
    assert took_s < 60
    assert outcome.app.ledger.shown()["undelivered"] == 0


def told_events(pages):
    """(Start, number, text) of each event in pages of events."""
    return [
        (value["boot"], value["first"] + i, text)
        for value in pages
        for i, (_, text) in enumerate(value["events"])
    ]


def test_events_outlive_power_cuts_and_are_delivered_afterwards(tmp_path):
    """Nobody listens during two visits, each ended by a power cut; then all is told, in order."""
    gone = [{"at": "0s", "kind": "network-gone"}]
    happened = []
    for start in range(2):
        outcome, _ = play(tmp_path, car=LEAVES, event=gone)
        rows = list(enumerate(journal(outcome)))
        kept = [
            row for row in rows if outcome.app.journal.at_ms(row[0]) < outcome.plant.t_ms - 11_000
        ]
        happened += [(start, *row) for row in kept]
        assert len(kept) >= 5
    outcome, (told,) = play(tmp_path, (50_000, "diary()"), car=[], duration="60s")
    pages = at_broker(outcome, DIARY)
    events = told_events(pages)
    assert [event for event in events if event in happened] == happened
    assert events == sorted(events) and len(set(events)) == len(events)
    assert [value["seq"] for value in pages] == sorted(value["seq"] for value in pages)
    assert all(value["kind"] == "events" and value["utc_s"] is None for value in pages)
    assert "start 1, 0 s: started, version" in told and "0 pages of events not delivered" in told
    outcome, _ = play(tmp_path, car=[], duration="60s")
    assert told_events(at_broker(outcome, DIARY))[0][0] == 3  # only of that start


def test_with_a_broker_hardly_anything_is_written(tmp_path):
    """The page that counts the start. Events name the start that they are of."""
    for start in range(2):
        outcome, _ = play(tmp_path, car=LEAVES)
        assert [value["first"] for value in at_broker(outcome, DIARY)] == [0]
        events = at_broker(outcome, "pilotlight/home/event")
        assert len(events) > 5 and {event["boot"] for event in events} == {start}


def test_two_power_cuts_at_once_leave_no_session_open(tmp_path):
    """Of two that had begun the end of one only could be written, before the power went again."""
    two = [dict(LEAVES[0], outlet=1, leave=None), dict(LEAVES[0], outlet=2, leave=None)]
    two = [{key: value for key, value in one.items() if value is not None} for one in two]

    def second(raw):
        raw["site"]["outlets"].append(dict(raw["site"]["outlets"][0]))

    play(tmp_path, change=second, car=two, duration="60s")
    flash = FlashPages(tmp_path / "ledger.bin")
    ledger = Ledger(Part(flash, 0, 768), Journal(), lambda: True)
    ledger.restore()
    one = dict(next(ledger.latest(2)), end="restart")
    ledger.append(one)
    ledger.look()
    outcome, _ = play(tmp_path, change=second, car=[], duration="60s")
    ends = [(row["outlet"], row["end"]) for row in at_broker(outcome) if row["end"]]
    assert sorted(ends) == [(1, "restart"), (2, "restart")]


def test_too_few_pages_are_not_used(tmp_path):
    def few(run):
        assert run.app.ledger is None

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FlashPages, "__init__", _with_64(FlashPages.__init__))
        outcome, (told,) = play(tmp_path, (50_000, "diary()"), car=LEAVES, on_start=few)
    assert "ledger: 64 pages are too few, not used" in journal(outcome)
    assert told == "this board keeps no events"


def _with_64(begin):
    def begin_with_64(self, file=None):
        begin(self, file, 64)

    return begin_with_64
