"""The whole app as a process of its own on a real 32-bit MicroPython with a heap of 224 KB.

Pins over boards/remote to the plant in real time, the meter on a real pty against pymodbus, MQTT
over TCP to a real Mosquitto that dies in the middle. One story of 46 s is lived through once; each
test judges a part of it. Times in ms; deadlines are those of DESIGN and IEC 61851-1 as
core/outlet.py quotes them.
"""

import asyncio
import json

import pytest
import real_app
from pilotlight_host.netstorm.lateness import LATE_MS
from pilotlight_host.netstorm.processes import Tools, plant_of, surroundings
from pilotlight_host.sim.monitor import is_pwm
from pilotlight_host.sim.remoteplant import HOLD_MS, RemotePlant

pytestmark = pytest.mark.realtime

CLOSE_MS, GUARD_MS, OPEN_MS, PWM_MS = 3000, 500, 100, 5000
REACTION_MS = 300
TRANSPORT_MS = 20  # socket and the other side's beat, twice


@pytest.fixture(scope="session")
def tools(micropython, mosquitto, umqtt):
    return Tools(micropython, mosquitto, umqtt)


@pytest.fixture(scope="session")
def story(tools, tmp_path_factory):
    found = asyncio.run(real_app.live_through(tools, tmp_path_factory.mktemp("real_app")))
    for line in (*found.remote.changes, *found.letters, *found.noise.stalls):
        print(line)  # shown where a test fails
    for t_ms, topic, data in found.heard:
        if topic.endswith(("/event", "/site")):
            print(round(t_ms), topic, data.decode())
    return found


def changes(story, outlet):
    return [change for change in story.remote.changes if change.outlet == outlet]


def coil_moves(story, outlet):
    """(t_ms, coil) where the coil command changed."""
    moves, was = [], False
    for change in changes(story, outlet):
        if change.coil != was:
            was = change.coil
            moves.append((change.t_ms, was))
    return moves


def retained(story, *levels):
    return json.loads(story.retained["/".join(("pilotlight/home", *levels))])


def test_it_runs_to_the_end_without_a_word(story):
    assert story.stderr == ""
    assert story.remote.malformed == []
    assert (story.remote.connections, story.remote.watchdog_bites) == (1, 0)
    causes = {change.cause for change in story.remote.changes}
    assert causes == {"out", "lost"}


@pytest.mark.parametrize("outlet", [0, 1])
def test_a_plugged_car_charges_within_the_times_of_the_standard(story, outlet):
    letters = [(t_ms, letter) for t_ms, number, letter in story.letters if number == outlet]
    assert [letter for _, letter in letters][:2] == ["B", "C"]
    plugged_ms, ready_ms = letters[0][0], letters[1][0]
    first = changes(story, outlet)[0]
    assert is_pwm(first.duty)
    assert not first.coil
    assert 0 < first.t_ms - plugged_ms < 1000
    closed_ms, coil = coil_moves(story, outlet)[0]
    assert coil
    assert GUARD_MS <= closed_ms - ready_ms <= CLOSE_MS


def test_pwm_duties_are_5_s_apart(story):
    for outlet in range(2):
        moved = [change for change in changes(story, outlet) if is_pwm(change.duty)]
        times = []
        for change in moved:
            if not times or change.duty != times[-1][1]:
                times.append((change.t_ms, change.duty))
        assert len(times) > 2
        gaps = [later[0] - earlier[0] for earlier, later in zip(times, times[1:], strict=False)]
        # both ends of a gap carry the transport's jitter
        assert min(gaps) >= PWM_MS - TRANSPORT_MS


def test_the_duty_falls_in_time_when_the_house_takes_more(story):
    step_ms = real_app.STEP_AT_MS
    assert story.overload_ms is not None
    assert step_ms <= story.overload_ms < step_ms + 50
    raised = [number for number in range(2) if story.duties_before[number] > 1000]
    assert raised
    for outlet in raised:
        before = [change for change in changes(story, outlet) if change.t_ms < step_ms][-1]
        after = [change for change in changes(story, outlet) if change.t_ms >= step_ms][0]
        assert after.duty < before.duty < 10000
        assert after.coil
        allowed_ms = max(story.overload_ms + REACTION_MS, before.t_ms + PWM_MS)
        print(f"lower duty {after.t_ms - story.overload_ms} ms after the overload began")
        assert after.t_ms <= allowed_ms + TRANSPORT_MS


def test_unplugged_under_load_the_contacts_open_in_time(story):
    release_ms = story.remote.plant.scenario.knobs.contactor_release_ms
    for outlet, left_ms in ((0, real_app.UNPLUG_MS), (1, real_app.LEAVE_MS)):
        opened_ms = next(
            t_ms for t_ms, coil in coil_moves(story, outlet) if t_ms >= left_ms and not coil
        )
        assert opened_ms + release_ms - left_ms <= OPEN_MS


def test_no_control_step_is_late_though_the_broker_dies(story):
    steps = story.steps()
    judged = [step.beyond_ms for step in steps if step is not None]
    assert len(judged) > (real_app.END_MS - 3000) / 20
    print(f"{len(judged)} of {len(steps)} steps, worst {max(judged)} ms beyond the witness")
    assert max(judged) <= LATE_MS
    assert len(judged) >= len(steps) * 0.99


def test_the_state_on_mqtt_is_right_again_after_the_broker_died(story):
    before = [topic for t_ms, topic, _ in story.heard if t_ms < real_app.BROKER_DIES_MS]
    assert "pilotlight/home/status" in before
    assert story.retained["pilotlight/home/status"] == b"online"
    truth = story.truth
    for outlet in range(2):
        told = retained(story, "outlet", str(outlet + 1))
        assert told["car"] == truth["letter"][outlet] == "C"
        assert told["contactor"] is told["contactor_is_closed"] is truth["closed"][outlet] is True
        # duty in 1/100 % x 6 is mA (10...85 %)
        assert told["offered_a"] == pytest.approx(truth["duty"][outlet] * 6 / 1000, abs=0.06)
    [feeder] = retained(story, "site")["feeders"]
    assert feeder["trust"] == "fresh"
    assert feeder["sensors"] == {"clamps": "fresh", "meter grid": "fresh"}


def test_the_events_tell_of_the_broker_and_of_both_charges(story):
    events = [
        json.loads(data)["text"] for _, topic, data in story.heard if topic.endswith("event")
    ]
    assert events.count("mqtt: connected") == 2
    assert [text for text in events if text.startswith("mqtt: broker: ")]
    assert "outlet 1: C2" in events
    assert "outlet 2: C2" in events
    assert not [text for text in events if " failed, " in text]


def test_killed_while_charging_the_other_side_opens_and_the_broker_tells(story):
    assert story.was_closed_at_kill == [False, True]
    last = changes(story, 1)[-1]
    assert (last.coil, last.duty) == (False, 10000)
    assert last.cause in ("lost", "hold")
    assert last.t_ms - story.kill_ms <= HOLD_MS
    assert story.closed_after_kill == [False, False]
    said = [(t_ms, data) for t_ms, topic, data in story.heard if topic.endswith("/status")]
    assert said[-1][0] > story.kill_ms
    assert said[-1][1] == b"offline"


def test_heap(story):
    """Frozen code lives in flash; all the running site holds beside it is 90 KB at most."""
    rows = [line.split() for line in story.app_log.splitlines()]
    code = next(int(row[1]) for row in rows if row[0] == "code")
    heaps = [(int(row[1]), int(row[2])) for row in rows if row[0] == "heap"]
    print(f"code {code} bytes, in use {heaps}")
    assert heaps
    assert max(used for used, _ in heaps) - code <= 90 * 1024
    assert min(free for _, free in heaps) >= 112 * 1024


WRONG_SITES = {
    "missing key": ({"site": {}}, ["site.id"]),
    "two errors": (
        {"outlets": [{"feeder": "cellar", "max_a": 99}], "fuse": 1},
        ["fuse", "outlets[0].max_a"],
    ),
    "no such feeder": ({"outlets": [{"feeder": "cellar", "max_a": 16}]}, ["outlets[0].feeder"]),
}


@pytest.mark.parametrize(("wrong", "named"), WRONG_SITES.values(), ids=WRONG_SITES.keys())
def test_a_wrong_site_file_energises_nothing(wrong, named, tools, tmp_path):
    (tmp_path / "site.json").write_text(json.dumps(real_app.SITE | wrong))
    code, said, remote = asyncio.run(end_in_front_of_plant(tools, tmp_path))
    lines = said.splitlines()
    assert code == 1
    assert len(lines) == len(named)
    for name in named:
        assert any(line.startswith(f"site.json: {name}: ") for line in lines), said
    assert remote.connections == 1
    assert remote.changes == []


async def end_in_front_of_plant(tools, folder):
    plant = plant_of(real_app.SITE, car=[{"outlet": 1, "arrive": 0, "energy_kwh": 9}])
    remote = RemotePlant(plant)
    async with surroundings(remote):
        peer = f"127.0.0.1:{remote.port}"
        storage = str(folder)
        code, said, _ = await asyncio.to_thread(
            real_app.run_to_end, tools, PILOTLIGHT_REMOTE=peer, PILOTLIGHT_STORAGE=storage
        )
        return code, said, remote


@pytest.mark.parametrize("peer", ["", "somewhere:1", "127.0.0.1:99999", "nobody"])
def test_without_another_side_it_says_so_in_one_line(peer, tools):
    where = real_app.closed_port_address() if peer == "nobody" else peer
    code, said, took_s = real_app.run_to_end(tools, PILOTLIGHT_REMOTE=where)
    assert code == 1
    assert len(said.splitlines()) == 1
    assert "PILOTLIGHT_REMOTE" in said
    assert took_s < 10
