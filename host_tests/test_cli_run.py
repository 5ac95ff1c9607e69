"""`pilotlight run`: the real firmware in real time through the command line."""

import contextlib
import json
import os
import re
import select
import signal
import subprocess
import time

import pytest
from cli_helpers import command, environment, pilotlight, scenario

pytestmark = pytest.mark.realtime

EPISODES = """
[[event]]
at = "20s"
kind = "broker-gone"
for = "10s"
[[event]]
at = "35s"
kind = "meter-silent"
for = "8s"
[[event]]
at = "50s"
kind = "unplug"
outlet = 1
"""


@pytest.fixture
def started(tmp_path):
    """A run of up to 2 min as a process, killed at the end of the test whatever happens."""
    process = subprocess.Popen(
        command("run", "--scenario", scenario(tmp_path, "2m"), "--duration", "60"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env=environment(),
    )
    yield process
    process.kill()
    process.wait()


def lines_until(process, pattern):
    """The match of the first line that has `pattern`; AssertionError with all lines if none."""
    seen = []
    for line in process.stdout:
        seen.append(line)
        if found := re.search(pattern, line):
            return found
    raise AssertionError("".join(seen) + process.stderr.read())


def test_a_short_run_charges_publishes_and_draws(tmp_path):
    done = pilotlight("run", "--duration", "8", "--json", "figures.json", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    report = json.loads((tmp_path / "figures.json").read_text())
    assert report["clock"] == "real"
    assert 7.9 < report["simulated_s"] < 8.1
    assert report["contactor_cycles"]["1"] == 1
    live = report["live"]
    assert live["mqtt_messages"] > 8
    assert live["meters"]["grid"]["ok"] > 10
    assert live["meters"]["grid"]["failed"] == 0
    (picture,) = (tmp_path / "runs").glob("first_light-*.png")
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert f"plot: runs/{picture.name}" in done.stdout
    assert "1 C2 offers 6 A" in done.stdout
    assert "\x1b" not in done.stdout


def test_broker_and_meter_are_lost_and_found_and_charging_goes_on(tmp_path):
    words = ("--speed", "5", "--json", "-", "--plot", "a.png")
    file = scenario(tmp_path, "1m", EPISODES)
    done = pilotlight("run", "--scenario", file, *words, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["energy_wh"]["1"] > 50
    assert report["open_ms_max"] is not None
    assert 10 <= report["live"]["meters"]["grid"]["failed"] <= 30
    told = [line.split(" s  - ")[1] for line in done.stderr.splitlines() if " s  - " in line]
    assert [re.sub(r" \(.*", "", line) for line in told if line.startswith("mqtt")] == [
        "mqtt: connected",
        "mqtt: broker: connection lost",
        "mqtt: connected",
    ]
    assert [line for line in told if line.startswith("meter grid")] == [
        "meter grid: no reply",
        "meter grid: back",
    ]
    assert (tmp_path / "a.png").exists()


def test_on_a_terminal_it_draws_a_dashboard_and_ends_with_a_summary(tmp_path):
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        command("run", "--duration", "7", "--plot", "a.png"),
        stdout=theirs,
        stderr=theirs,
        cwd=tmp_path,
        env=environment() | {"TERM": "xterm-256color", "LINES": "40"},
    )
    os.close(theirs)
    said = b""
    with contextlib.suppress(OSError):  # how a pty says that nobody holds the other end any more
        while data := os.read(ours, 65536):
            said += data
    os.close(ours)
    assert process.wait(10) == 0, said.decode()
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", said.decode())
    assert text.count("feeder main, fuse 35 A, limit 35 A") > 15  # about 4 a second
    assert "C2 (car C)" in text
    assert "car arrives at outlet 1" in text
    assert "mqtt connected" in text
    assert "trips 0" in text


def test_ctrl_c_ends_it_with_a_summary_and_no_traceback(started, tmp_path):
    lines_until(started, "C2 offers .* closed")
    started.send_signal(signal.SIGINT)
    said, trouble = started.communicate(timeout=30)
    assert (started.returncode, trouble) == (0, "")
    assert "stopped by hand" in said
    assert "trips 0" in said
    assert len(list((tmp_path / "runs").glob("small-*.png"))) == 1


def test_a_person_at_the_terminal_limits_an_outlet(started):
    path = lines_until(started, r"pilotlight console --port (\S+)")[1]
    lines_until(started, "1 C2 ")
    terminal = os.open(path, os.O_RDWR | os.O_NOCTTY)
    try:
        os.write(terminal, b"pause(1)\r\nwhy(1)\r\n")
        answer, end_s = b"", time.monotonic() + 5
        while b"person" not in answer and time.monotonic() < end_s:
            if select.select([terminal], [], [], 0.1)[0]:
                answer += os.read(terminal, 1000)
    finally:
        os.close(terminal)
    assert b"outlet 1: paused\r\n> " in answer
    lines_until(started, "1 [BC]1 offers 0 A")
