"""`pilotlight serve` as a process in real time, its pins on the plant behind a pty, its meter on
another one, a person at its terminal; and what it says where it cannot run. Times in ms.
"""

import asyncio
import contextlib
import fcntl
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tty
from collections.abc import Iterator
from pathlib import Path
from time import ticks_ms  # pyright: ignore - of the shims
from typing import Any

import pytest
from cli_helpers import pilotlight
from pilotlight_host import cli
from pilotlight_host.commands.serve import STORAGE
from pilotlight_host.hand.prompt import Prompt
from pilotlight_host.netstorm.processes import plant_of, surroundings
from pilotlight_host.paths import BOARDS
from pilotlight_host.sim.remoteplant import RemotePlant
from real_app import SITE
from waiting import soon, until


FACTS = (
    "board outlets=2 clamps=0 samples=0 window_ms=100 max_ma=32000 readback=1 proximity=1 "
    "residual=1 watchdog_ms=2000 hold_ms=60 guard=1 plug=1 dimming=1"
)
ONE_CAR = [{"outlet": 1, "arrive": 0.5, "energy_kwh": 20, "ramp_a_per_s": 8}]


class Pico:
    """A pty at whose other end somebody is to answer."""

    def __init__(self) -> None:
        self.end, self._held = os.openpty()
        tty.setraw(self._held)
        os.set_blocking(self.end, False)
        self.path = os.ttyname(self._held)
        self.heard = b""

    def hear(self) -> bytes:
        """What has come since."""
        with contextlib.suppress(BlockingIOError):
            return os.read(self.end, 4096)
        return b""

    def say(self, *lines: str) -> None:
        os.write(self.end, "".join(line + "\n" for line in lines).encode())

    def close(self) -> None:
        os.close(self.end)
        os.close(self._held)


@pytest.fixture
def pico() -> Iterator[Pico]:
    made = Pico()
    yield made
    made.close()


async def carry(pico: Pico, remote: RemotePlant) -> None:
    """Between the serial line and the plant, which takes a connection for each greeting."""
    unsent, unseen, ends = b"", b"", None
    while True:
        heard = unsent + pico.hear()
        *lines, unsent = heard.split(b"\n")
        for line in lines:
            if line == b"hello 1":
                ends = await asyncio.open_connection("127.0.0.1", remote.port)
            if ends is not None:
                ends[1].write(line + b"\n")
        if ends is not None:
            with contextlib.suppress(TimeoutError):
                unseen += await asyncio.wait_for(ends[0].read(4096), 0.002)
        with contextlib.suppress(BlockingIOError):
            unseen = unseen[os.write(pico.end, unseen) :]
        await asyncio.sleep(0.001)


def serve(folder: Path, pico: Pico, *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "pilotlight_host.cli", "serve", "--io", pico.path]
    return subprocess.Popen(
        [*command, "--storage", str(folder), *words], stderr=subprocess.PIPE, text=True
    )


def settled(console: str) -> dict[str, Any]:
    """What the site says of itself as soon as it charges and has heard its meter, or after 10 s."""

    def is_so(told: dict[str, Any]) -> bool:
        [feeder] = told["site"]["feeders"]
        fresh = set(feeder["sensors"].values()) == {"fresh"}
        return fresh and told["outlets"][0]["contactor_is_closed"] is True

    with Prompt(console) as prompt:
        return until(lambda: json.loads(prompt.ask("snapshot()")), is_so)


async def live(folder: Path, pico: Pico) -> dict[str, Any]:
    """A car comes, charges, and somebody stops the program."""
    remote = RemotePlant(plant_of(SITE, car=ONE_CAR))
    (folder / "mine.json").write_text(json.dumps(SITE))
    async with surroundings(remote) as meter:
        carrying = asyncio.create_task(carry(pico, remote))
        words = ("--site", str(folder / "mine.json"), "--console", str(folder / "console"))
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # as in a shell's background
        process = serve(folder, pico, *words, "--meter", f"meter={meter.path}")
        signal.signal(signal.SIGINT, before)
        try:
            await soon(lambda: remote.plant.contacts_closed(0))
            told = await asyncio.to_thread(settled, str(folder / "console"))
            await soon(lambda: remote.plant.contacts_closed(0))
            process.send_signal(signal.SIGTERM)
            said = (await asyncio.to_thread(process.communicate, timeout=10))[1]
            await soon(lambda: not remote.plant.coil(0))
        finally:
            process.kill()
            carrying.cancel()
            await asyncio.gather(carrying, return_exceptions=True)
    return {
        "code": process.returncode,
        "said": said,
        "told": told,
        "changes": remote.changes,
        "malformed": remote.malformed,
    }


@pytest.mark.realtime
def test_a_car_charges_and_a_stop_leaves_everything_off(tmp_path: Path, pico: Pico) -> None:
    story = asyncio.run(live(tmp_path, pico))
    assert (story["code"], story["said"]) == (0, "")
    assert story["malformed"] == []
    last = [change for change in story["changes"] if change.outlet == 0][-1]
    assert (last.duty, last.coil, last.cause) == (10000, False, "safe")
    told = story["told"]
    assert told["outlets"][0]["contactor_is_closed"] is True
    [feeder] = told["site"]["feeders"]
    assert feeder["sensors"] == {"clamps": "fresh", "meter grid": "fresh"}
    assert told["site"]["meters"]["grid"]["ok"] > 0


def test_a_port_is_for_one_program(tmp_path: Path, pico: Pico) -> None:
    (tmp_path / "site.json").write_text(json.dumps(SITE | {"meters": [], "feeders": [FEEDER]}))
    with open(pico.path) as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        done = pilotlight("serve", "--storage", str(tmp_path), "--io", pico.path)
    assert done.returncode == 1
    assert done.stderr == f"board: {pico.path}: is used by another program\n"


def refused(folder: Path, pico: Pico, *answer: str) -> str:
    """What it says when it is greeted so."""
    (folder / "site.json").write_text(json.dumps(SITE | {"meters": [], "feeders": [FEEDER]}))
    process = serve(folder, pico)
    try:
        heard = bytearray()
        until(lambda: heard.extend(pico.hear()) or b"hello 1\n" in heard)
        pico.say(*answer)
        said = process.communicate(timeout=20)[1]
    finally:
        process.kill()
    assert process.returncode == 1
    return said


FEEDER = {"id": "main", "rating_a": 35, "breaker": "B", "base_max_a": 20}


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (("in 1 12000 12000 0 - 0 0", "hello 2"), "does not say 'hello 1' but b'hello 2'"),
        (("hello 1\r", ">>> "), "no greeting within 1 s; is the image pico_io on it"),
        (("hello 1", FACTS.replace("outlets=2", "outlets=9")), "outlets must be 1...8"),
    ],
)
def test_who_is_not_understood_is_told_in_one_line(
    tmp_path: Path, pico: Pico, answer: tuple[str, ...], said: str
) -> None:
    line = refused(tmp_path, pico, *answer)
    assert line.startswith(f"board: {pico.path}: ")
    assert said in line
    assert line.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--io", "/dev/none"), 1, "board: /dev/none: is not there; is it plugged in?"),
        (("--io", "/dev/null"), 1, "board: /dev/null: is no serial port"),
        (("--io", "x", "--storage", "none"), 1, "--storage none: there is no such folder"),
        (("--io", "x", "--meter", "grid"), 2, "--meter grid: is wrong, expected like grid="),
        (("--io", "x", "--site", "none.json"), 1, "none.json: cannot be read"),
    ],
)
def test_what_is_missing_is_named(
    tmp_path: Path, words: tuple[str, ...], code: int, said: str
) -> None:
    (tmp_path / "site.json").write_text(json.dumps(SITE | {"meters": [], "feeders": [FEEDER]}))
    done = pilotlight("serve", "--storage", ".", *words, cwd=tmp_path)
    assert done.returncode == code
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


def words_of_the_unit() -> list[str]:
    """What the service starts, with its two variables filled in."""
    text = (BOARDS / "linux_sbc" / "pilotlight.service").read_text()
    (line,) = re.findall(r"^ExecStart=\S+/pilotlight (.+)$", text, re.MULTILINE)
    meters = "--meter grid=/dev/ttyUSB0 --meter house=/dev/ttyUSB1"
    return line.replace("${IO}", "/dev/ttyACM0").replace("$OPTIONS", meters).split()


def test_the_service_starts_what_there_is() -> None:
    options = cli.parser().parse_args(words_of_the_unit())
    assert (options.command, options.io) == ("serve", "/dev/ttyACM0")
    assert options.storage == STORAGE
    assert len(options.meter) == 2


def test_systemd_hears_of_every_second_in_which_control_lives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moved_clock: Any
) -> None:
    monkeypatch.syspath_prepend(str(BOARDS / "linux_sbc"))
    from sbc_notify import Service

    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "socket"))
        systemd.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "socket"))
        service = Service()
        said = []
        for _ in range(150):  # 3 s of control steps
            service.alive(ticks_ms())
            moved_clock.t_ms += 20
            with contextlib.suppress(BlockingIOError):
                said.append((moved_clock.t_ms, systemd.recv(100)))
    assert said == [(20, b"READY=1"), (1020, b"WATCHDOG=1"), (2020, b"WATCHDOG=1")]
    service.alive(ticks_ms())  # nobody listens any more


def test_without_systemd_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BOARDS / "linux_sbc"))
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    from sbc_notify import Service

    Service().alive(1000)
