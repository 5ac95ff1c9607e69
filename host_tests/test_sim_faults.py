"""What must not stop a site: bad serial lines, dead sensors, nonsense from the network.

And what must.
"""

import json

import pytest
from pilotlight_host.sim.simulate import EVENT, EXACT, simulate
from sim_helpers import confirms_nothing, journal, small


def fault(kind, at="40s", span="15s"):
    """One timed fault."""
    return [{"at": at, "kind": kind, "for": span}]


def meter_only(raw):
    """A feeder that only its meter measures."""
    del raw["site"]["feeders"][0]["clamps"]


def last(outcome):
    """Duty and coil after the last decision of the run."""
    return outcome.monitor.changes[-1][2:4]


def is_closed(duty):
    """A car that is asked to stop does so within the run."""
    return duty < 10000


METER_FAULTS = ("silent", "exception", "garbage", "half", "wrong-slave")


@pytest.mark.parametrize("kind", METER_FAULTS)
def test_a_bad_meter_is_named_counted_and_otherwise_ignored(kind):
    """The clamps carry on: the car never stops, the feeder is derated while the meter is missing."""
    outcome = simulate(small(event=fault("meter-" + kind)))
    assert outcome.is_good
    told = [text for text in journal(outcome) if text.startswith("meter grid: ")]
    assert len(told) == 2 and told[1] == "meter grid: back"
    counts = outcome.app.meters[0].meter.counts
    assert sum(count for name, count in counts.items() if name != "ok") >= 10
    assert outcome.report["contactor_cycles"] == {"1": 1}
    assert outcome.report["energy_wh"]["1"] > 150


def test_a_lost_only_meter_falls_back_step_by_step_and_recovers():
    """fresh -> hold (derated) -> pause (no base load configured: the rating) -> fresh, 30 s,
    charging.
    """
    scenario = small(change=meter_only, event=fault("meter-silent", span="30s"), duration="3m")
    outcome = simulate(scenario)
    assert outcome.is_good
    changes = [
        (t, duty, coil, why) for t, i, duty, coil, why in outcome.monitor.changes if t > 40000
    ]
    paused = next(t for t, duty, coil, why in changes if duty == 10000)
    assert 44_500 <= paused <= 51_000, "pause by 11 s after the last sample"
    resumed = next(t for t, duty, coil, why in changes if t > 71_000 and duty < 10000)
    assert 160_000 <= resumed <= 170_000, "a paused outlet rests for 2 minutes"


def test_a_lost_only_meter_leaves_the_safe_share():
    """32 A less the largest base load (20 A) and the margins: 8.1 A, offered while nothing is
    measured.
    """

    def change(raw):
        meter_only(raw)
        raw["site"]["feeders"][0]["base_max_a"] = 20

    scenario = small(change=change, event=fault("meter-silent", span="40s"), duration="2m")
    outcome = simulate(scenario)
    assert outcome.is_good and outcome.report["contactor_cycles"] == {"1": 1}
    lost = [c for c in outcome.monitor.changes if 42_000 < c[0] < 79_000]
    assert lost and lost[-1][2] == 8400 // 6 and "safe share" in lost[-1][4]


def test_silent_clamps_are_covered_by_the_meter():
    outcome = simulate(small(event=fault("clamps-silent")))
    assert outcome.is_good and outcome.report["contactor_cycles"] == {"1": 1}


@pytest.mark.parametrize("kind", ["broker-gone", "network-gone"])
def test_a_lost_network_changes_no_decision(kind):
    calm, lost = simulate(small()), simulate(small(event=fault(kind)))
    assert lost.monitor.found.decisions == calm.monitor.found.decisions
    assert any(text.startswith("mqtt: ") for text in journal(lost))


def test_unplugging_under_load_opens_in_time():
    outcome = simulate(small(event=[{"at": "40s", "kind": "unplug", "outlet": 1}]))
    assert outcome.is_good and outcome.report["open_ms_max"] <= 100


def test_residual_current_opens_and_stays_open():
    outcome = simulate(small(event=[{"at": "40s", "kind": "residual-trip", "outlet": 1}]))
    assert outcome.is_good
    assert any("residual current" in text for text in journal(outcome))
    assert last(outcome) == (10000, False)


@pytest.mark.parametrize("clock", [EXACT, EVENT])
def test_a_site_without_any_sensor_reading_never_energises(clock):
    scenario = small(change=meter_only, event=fault("meter-silent", at="0s", span="90s"))
    outcome = simulate(scenario, clock_kind=clock)
    assert outcome.report["contactor_cycles"] == {"1": 0}
    assert outcome.report["energy_wh"] == {"1": 0.0}


COMMANDS = [
    ("outlet/1/set/limit", b"8", True, 8000 // 6),
    ("outlet/1/set/limit", b'{"limit_a": 10, "for_s": 600}', True, 10000 // 6),
    ("outlet/1/set/pause", b"", True, 10000),
    ("outlet/1/set/mode", b"solar", True, 1000),  # without sun the minimum, for 5 minutes
    ("outlet/1/set/need", b'{"need_wh": 9000, "for_s": 7200}', True, 16000 // 6),
    ("outlet/1/set/boost", b"", True, 16000 // 6),
    ("outlet/1/set/enable", b"off", True, 10000),
    ("outlet/1/set/enable", b"on", True, 16000 // 6),
    ("outlet/1/set/priority", b"7", True, 16000 // 6),
    ("outlet/1/set/boost", b'{"for_s": 0}', False, None),
    ("outlet/1/set/priority", b"high", False, None),
    ("site/set/dim", b"8400", True, 12100 // 6),
    ("site/set/dim", b'{"limit_w": 0, "for_s": 600}', True, 10000),
    ("site/set/dim", b"off", True, 16000 // 6),
    ("site/set/dim", b"999999", False, None),
    ("outlet/1/set/mode", b"slow", False, None),
    ("outlet/1/set/need", b'{"need_wh": 9000}', False, None),
    ("outlet/1/set/phases", b"1", False, None),  # there is no second contactor
    ("outlet/1/set/limit", b"abc", False, None),
    ("outlet/1/set/limit", b"3", False, None),
    ("outlet/9/set/limit", b"10", False, None),
    ("outlet/1/set/limit", b"\xff\xfe", False, None),
    ("outlet/1/set/volume", b"11", False, None),
    ("site/set/rating", b"250", False, None),
]


@pytest.mark.parametrize(("topic", "payload", "is_taken", "duty"), COMMANDS)
def test_commands_become_claims_and_nonsense_is_named(topic, payload, is_taken, duty):
    outcome = simulate(small(), on_start=at(50_000, f"pilotlight/home/{topic}", payload))
    assert outcome.is_good
    found = outcome.app.mqtt.commands
    assert (found.taken, found.refused) == ((1, 0) if is_taken else (0, 1))
    answer = json.loads(answers(outcome)[0])
    assert (answer["to"], answer["ok"], answer["id"]) == (topic, is_taken, None)
    assert (answer["error"] is None) == is_taken
    if is_taken:
        assert last(outcome) == (duty, is_closed(duty))
    else:
        assert any(text.startswith("mqtt: ") and ":" in text[6:] for text in journal(outcome))
        assert last(outcome) == (16000 // 6, True)


def test_a_retained_command_is_ignored():
    def leave(run):
        run.broker.publish("pilotlight/home/outlet/1/set/limit", b"6", retain=True)

    outcome = simulate(small(), on_start=leave)
    assert outcome.app.mqtt.commands.refused == 1 and last(outcome) == (16000 // 6, True)
    assert any("retained" in text for text in journal(outcome))


def answers(outcome):
    return [m[2] for m in outcome.broker.messages if m[1] == "pilotlight/home/answer"]


def said(*rows):
    """Publish `t_ms, what, payload` to outlet 1 from the broker's side."""

    def start(run):
        for t_ms, what, payload in rows:
            at(t_ms, "pilotlight/home/outlet/1/set/" + what, payload)(run)

    return start


def test_an_answer_tells_what_came_of_it():
    start = said((50_000, "limit", b'{"limit_a": 8, "id": "a1"}'), (60_000, "resume", b""))
    first, second = map(json.loads, answers(simulate(small(), on_start=start)))
    assert (first["id"], first["limit_a"], first["why"]) == (
        "a1",
        8.0,
        "limited to 8.0 A by the network",
    )
    assert (second["to"], second["ok"], second["limit_a"]) == ("outlet/1/set/resume", True, 8.0)
    assert "the network" not in second["why"]  # it rises step by step from there


def test_a_command_that_comes_twice_is_carried_out_once():
    twice = b'{"limit_a": 8, "id": "a1"}'
    rows = [(50_000, "limit", twice), (52_000, "resume", b""), (54_000, "limit", twice)]
    outcome = simulate(
        small(), on_start=said(*rows, (56_000, "limit", b'{"limit_a": 7, "id": "a2"}'))
    )
    told = [json.loads(answer) for answer in answers(outcome)]
    assert [answer["ok"] for answer in told] == [True, True, False, True]
    assert told[2]["error"] == "outlet/1/set/limit: id a1 was carried out already"
    assert "limited" not in told[2]["why"] and "limited to 7.0 A" in told[3]["why"]


def test_a_flood_of_commands_is_one_event_and_stops_nothing():
    flood = [(50_000 + n * 20, "limit", b"%d" % (6 + n % 2)) for n in range(500)]
    outcome = simulate(small(), on_start=said(*flood, (75_000, "limit", b"9")))
    assert outcome.is_good
    found = outcome.app.mqtt.commands
    # 10 s of them: forty at once, five a second
    assert found.refused + found.taken == 501
    assert 80 <= found.taken <= 95
    assert len([text for text in journal(outcome) if "a second are not carried out" in text]) == 1
    assert last(outcome) == (9000 // 6, True)


def solar(raw):
    raw["site"]["outlets"][0]["mode"] = "solar"


def test_a_boost_ends_with_its_time():
    start = said((40_000, "boost", b'{"for_s": 20}'))
    outcome = simulate(small(change=solar), on_start=start)
    assert outcome.is_good and outcome.app.control.balancer.places[0].mode == "solar"
    assert max_duty(outcome) > 1500 and max_duty(simulate(small(change=solar))) == 0
    assert any("boost for 20 s by the network" in text for text in journal(outcome))


def test_a_boost_ends_with_the_car():
    def start(run):
        said((40_000, "boost", b""))(run)

        def leave():
            run.plant._outlets[0].car.unplug()

        run.plant._agenda.at(60_000, leave)

    outcome = simulate(small(change=solar), on_start=start)
    assert max_duty(outcome) > 1500
    assert outcome.app.control.balancer.places[0].mode == "solar"


def max_duty(outcome):
    return max((row[2] for row in outcome.monitor.changes if row[2] != 10000), default=0)


def at(t_ms, topic, payload):
    """Publish from the broker's side at a time of the run."""

    def start(run):
        run.plant._agenda.at(t_ms, lambda: run.broker.publish(topic, payload, qos=1))

    return start


def test_what_is_not_confirmed_is_told_again_over_a_new_connection():
    """A broker that answers pings and confirms nothing for a minute."""

    outcome = simulate(small(), on_start=confirms_nothing)
    assert outcome.is_good and outcome.app.mqtt.link.drops in (2, 3)
    assert any("does not confirm" in text for text in journal(outcome))
    told = [json.loads(m[2])["seq"] for m in outcome.broker.messages if m[1].endswith("/event")]
    assert set(told) == set(range(outcome.app.journal.count))
    assert max(map(told.count, told)) > 1  # a receiver knows them by their number


def test_what_the_network_sees_is_what_the_outlet_does():
    outcome = simulate(small())
    retained = outcome.broker.retained
    assert retained["pilotlight/home/status"] == b"online"
    assert b'"C2"' in retained["pilotlight/home/outlet/1"]
    site = json.loads(retained["pilotlight/home/site"])
    assert site["feeders"][0]["trust"] == "fresh" and site["meters"]["grid"]["ok"] > 10
    assert site["commands"] == {"taken": 0, "refused": 0}
    events = [m for m in outcome.broker.messages if m[1] == "pilotlight/home/event"]
    assert len(events) == outcome.app.journal.count
    assert not outcome.broker.complaints
