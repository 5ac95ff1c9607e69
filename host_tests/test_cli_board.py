"""`pilotlight run --board`: the flashed image on an emulated Pico, through the command line."""

import dataclasses
import io
import json
import os
import re
import select
import signal
import subprocess
import time

import pytest
from cli_helpers import SITE, command, environment, pilotlight, scenario
from pilotlight import config
from pilotlight_host import scenarios
from pilotlight_host.dashboard import picture
from pilotlight_host.emulated import Pico, UsbPty
from pilotlight_host.errors import UserError
from pilotlight_host.live import fit
from pilotlight_host.live.boardtalk import SNAPSHOT, BoardTalk
from pilotlight_host.live.told import MQTT_MS, SnapshotMonitor, Told
from pilotlight_host.live.view import View
from pilotlight_host.paths import BOARDS
from pilotlight_host.sim.mqttpacket import Message
from pilotlight_host.sim.plant import Plant
from rich.console import Console

WIRING = json.loads((BOARDS / "pico" / "wiring.json").read_text())
SECONDS = "11"  # the car comes at 5 s and draws from 9 s on


def check(report, board):
    """What a short run of the default scenario must come to."""
    assert report["clock"] == "emulated"
    assert (report["trips"], report["violations"]) == (0, [])
    assert report["contactor_cycles"]["1"] == 1
    assert report["energy_wh"]["1"] > 0
    assert report["decisions"] >= 2
    live = report["live"]
    assert (live["board"], live["resets"], live["rs485_bytes_lost"]) == (board, [], 0)
    assert live["meters"]["grid"]["ok"] > 10
    assert live["meters"]["grid"]["failed"] == 0
    assert live["snapshots"] > 5


@pytest.mark.usefixtures("emulator", "micropython", "pico_image")
def test_the_image_charges_on_an_emulated_pico(tmp_path):
    words = ("--board", "pico", "--duration", SECONDS, "--json", "figures.json")
    done = pilotlight("run", *words, cwd=tmp_path, within_s=400)  # 15 s if nothing else runs
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((tmp_path / "figures.json").read_text())
    check(report, "pico")
    assert report["simulated_s"] == pytest.approx(float(SECONDS), abs=0.002)
    assert report["live"]["mqtt_messages"] is None
    assert done.stdout.count("no MQTT: the board pico has no network") == 1
    assert re.search(r"1 C2 offers 6 A, draws [1-9]\S* A, closed", done.stdout)
    assert "- outlet 1: C2" in done.stdout
    assert "0.0 s  main ? ? ? of 35 A, ?, heat ? % | 1 ? offers 0 A" in done.stdout
    (picture,) = (tmp_path / "runs").glob("first_light-*.png")
    assert picture.read_bytes().startswith(b"\x89PNG")


def answer_to(path, typed, wanted):
    """Type at a terminal; all it has said until `wanted` came, or within 60 s."""
    terminal = os.open(path, os.O_RDWR | os.O_NOCTTY)
    try:
        os.write(terminal, typed)
        said, end_s = b"", time.monotonic() + 60
        while wanted not in said and time.monotonic() < end_s:
            if select.select([terminal], [], [], 0.1)[0]:
                said += os.read(terminal, 1000)
    finally:
        os.close(terminal)
    return said


@pytest.mark.usefixtures("emulator", "micropython", "pico_ppp_image")
def test_over_a_modem_line_it_publishes_and_a_person_has_the_console_to_himself(tmp_path):
    """He comes when it charges, pauses an outlet, and Ctrl-C ends the run."""
    words = ("run", "--board", "pico_ppp", "--duration", "40")
    files = ("--json", "figures.json", "--plot", "a.png")
    process = subprocess.Popen(
        command(*words, *files), stdout=subprocess.PIPE, text=True, cwd=tmp_path, env=environment()
    )
    lines = []
    try:
        for line in process.stdout:
            lines.append(line)
            if re.search(r"1 C2 offers 6 A, draws [1-9]", line):
                break
        path = re.search(r"pilotlight console --port (\S+),", "".join(lines))[1]
        said = answer_to(path, b"pause(1)\r", b"\r\n> ")
        assert said.endswith(b"pause(1)\r\noutlet 1: paused\r\n> ")
        assert b"snapshot" not in said
        for line in process.stdout:
            lines.append(line)
            if re.search(r"1 [BC]1 offers 0 A", line):  # known by MQTT alone now
                break
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=120)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0, "".join(lines) + rest
    report = json.loads((tmp_path / "figures.json").read_text())
    check(report, "pico_ppp")
    assert report["live"]["ended"] == "stopped by hand"
    assert report["live"]["mqtt_messages"] > 8
    told = "".join(lines)
    assert "- mqtt: connected" in told
    assert "no MQTT" not in told
    assert "somebody has typed" in lines[-1]


# ---------------------------------------------------------------------- what is refused

OUTLET = '[[site.outlets]]\nfeeder = "main"\nmax_a = 16\nphases = ["L1"]\n'
FEEDER = '[[site.feeders]]\nid = "barn"\nrating_a = 16\nbreaker = "B"\nmeter = "grid"\n'
MODEM = '[site.modem]\napn = "internet"\n'
WARM = '[[event]]\nat = "5s"\nkind = "board-heat"\ndegrees = 70\n'
SILENT = '[[event]]\nat = "5s"\nkind = "clamps-silent"\n'
ASTRAY = '[[event]]\nat = "5s"\nkind = "clamps-astray"\n'


@pytest.mark.parametrize(
    ("site", "told"),
    [
        (SITE + 4 * OUTLET, "outlets: 5, but the board has 4"),
        (SITE + FEEDER, "feeders: 2, but the board measures 1"),
        (SITE.replace("{channel = 3,", "{channel = 7,"), "channel 7, the board has 3"),
        (SITE.replace('"meter"\n', '"grid2"\n'), "meters[0].port: grid2, but the board has meter"),
        (SITE + MODEM, "modem: there is none to dial here"),
        (SITE + WARM, "event board-heat: this board does not measure its own temperature"),
        (
            SITE + SILENT,
            "event clamps-silent: the clamps of this board cannot fall silent, or lie",
        ),
        (
            SITE + ASTRAY,
            "event clamps-astray: the clamps of this board cannot fall silent, or lie",
        ),
    ],
)
def test_what_the_board_has_not_is_one_line(tmp_path, site, told):
    wanted = scenarios.read(str(scenario(tmp_path, "20s", site=site)))
    with pytest.raises(UserError) as caught:
        fit.check(wanted, config.check(wanted.site), WIRING)
    (line,) = caught.value.lines
    assert line.startswith("small: ")
    assert told in line
    assert line.endswith("(board pico)")


def test_four_outlets_of_80_a_are_no_error(tmp_path):
    file = scenario(tmp_path, "20s", site=SITE.replace("max_a = 32", "max_a = 80") + 3 * OUTLET)
    wanted = scenarios.read(str(file))
    fit.check(wanted, config.check(wanted.site), WIRING)


def test_a_wrong_board_or_a_site_too_large_is_one_line_and_exit_2(tmp_path):
    large = scenario(tmp_path, "20s", site=SITE + 4 * OUTLET)
    for words, told in (
        (("--board", "arduino"), "'arduino' is wrong, expected one of: sim, pico, pico_ppp"),
        (("--board", "pico", "--scenario", large), "outlets: 5, but the board has 4"),
    ):
        done = pilotlight("run", *words, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (2, "")
        (line,) = done.stderr.splitlines()
        assert told in line


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [("PATH", "/nonexistent", "apt-get install"), ("NODE", "/nonexistent/node", "NODE=")],
)
def test_a_missing_tool_is_one_line_that_says_what_to_install(
    tmp_path, monkeypatch, name, value, told
):
    monkeypatch.setenv(name, value)
    done = pilotlight("run", "--board", "pico", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert told in line


# ---------------------------------------------------------------------- console


def test_a_firmware_that_refuses_its_site_file_is_told_by_its_last_words(emulator, pico_image):
    pty = UsbPty()
    with Pico(pico_image, WIRING) as pico:
        talk = BoardTalk(pico, pty)
        while talk.last_words is None and pico.now_us < 3e6:
            pico.run(pico.now_us + 20_000)
            assert talk.step(pico.now_us / 1000, SNAPSHOT) is None
    pty.close()
    assert talk.last_words.startswith("site.json: ")


@pytest.fixture
def told():
    """What a board with the default scenario's site has said: nothing yet."""
    wanted = dataclasses.replace(scenarios.read("first_light"), duration_ms=20_000)
    site = config.check(wanted.site)
    return Told(site, SnapshotMonitor(Plant(wanted), site))


def outlet(number, **values):
    return {
        "outlet": number,
        "state": "C2",
        "contactor": True,
        "fault": None,
        "limit_a": 6.0,
        "offered_a": 6.0,
    } | values


def answer(events, *log, outlets=None):
    """The console's answer, as BoardTalk gives it."""
    feeder = {"feeder": "main", "trust": "fresh"}
    site = {"feeders": [feeder], "meters": {"grid": {"ok": 7, "silent": 2}}, "latest_ms": 9}
    said = {"site": site, "outlets": outlets or [outlet(1), outlet(2)], "events": events}
    return "\r\n".join([*log, json.dumps(said)])


def test_a_snapshot_is_good_for_some_seconds_and_then_unknown(told):
    assert told.outlets(0)[0]["state"] == "?"
    assert told.answered(1000, answer(0))
    assert told.outlets(2000)[0]["state"] == "C2"
    assert told.feeders(2000)[0]["trust"] == "fresh"
    assert told.helpers(2000)["latest_ms"] == 9
    assert (told.outlets(9000)[0]["state"], told.outlets(9000)[0]["name"]) == ("?", "left")
    assert told.feeders(9000)[0]["measured_a"] == [None] * 3
    assert told.helpers(9000)["latest_ms"] is None
    assert told.helpers()["latest_ms"] == 9


def test_the_dashboard_shows_what_is_unknown_as_such(told):
    truth = {"true_a": [1.0] * 3, "rating_a": 35.0, "has_tripped": False, "true_heat_pct": 4.0}
    stands = {"offered_a": 6.0, "drawn_a": 5.9, "contactor_is_closed": True, "energy_wh": 3.0}
    feeders = [said | truth for said in told.feeders(0)]
    outlets = [said | stands for said in told.outlets(0)]
    where = " on an emulated pico,"
    console = Console(file=io.StringIO(), width=120)
    console.print(picture(View(0, 9000, 0.4, feeders, outlets, [], None, "tty", [], where)))
    text = console.file.getvalue()
    for words in (where, "0.4 x real time", "unknown", "assumed ? %", "? (car ?)", "not told"):
        assert words in text
    assert "control late" not in text


@pytest.mark.parametrize("text", ["", "NameError: snapshot", '{"site": 1}', answer(0)[:-9]])
def test_what_is_no_answer_changes_nothing(told, text):
    assert not told.answered(1000, text)
    assert (told.snapshots, told.outlets(1000)[0]["state"]) == (0, "?")


def test_events_come_by_log_and_by_mqtt_but_once_each(told):
    topic = "pilotlight/home/event"
    told.heard(900, Message(topic, b'{"seq": 1, "age_s": 0, "text": "b"}'))
    told.answered(1000, answer(3))
    assert told.misses_events
    told.answered(5000, answer(4, "4 s ago: a", "4 s ago: b", "1 s ago: c", "0 s ago: d"))
    assert told.events == [(900, "b"), (1000, "a"), (4000, "c"), (5000, "d")]
    assert not told.misses_events
    told.starts_again()
    told.answered(7000, answer(1, "0 s ago: started"))
    assert told.events[-1] == (7000, "started")


def test_mqtt_is_heard_from_this_site_only_and_the_newer_word_counts(told):
    for site in ("home", "elsewhere"):
        payload = json.dumps(outlet(2, state=site)).encode()
        told.heard(3000, Message(f"pilotlight/{site}/outlet/2", payload))
    told.heard(3000, Message("pilotlight/home/outlet/1", b"not JSON"))
    told.answered(2900, answer(0))  # made before, known after
    assert [said["state"] for said in told.outlets(3100)] == ["C2", "home"]
    assert told.outlets(3000 + MQTT_MS)[1]["state"] == "home"


def test_a_snapshot_is_judged(told):
    monitor = told._monitor
    told.answered(1000, answer(0, outlets=[outlet(1, limit_a=0.0, offered_a=0.0), outlet(2)]))
    assert monitor.found.invariants == []
    bad = [outlet(1, limit_a=0.0), outlet(2, fault="residual current")]
    told.answered(2000, answer(0, outlets=bad))
    assert monitor.found.invariants == [
        (2000, "outlet 1: offers without permit"),
        (2000, "outlet 2: coil on with fault residual current"),
    ]
