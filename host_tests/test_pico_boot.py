"""The real image from power-on to its first control step, and what it says when it cannot run.
Times in ms.
"""

import json
from typing import Any

import pytest
from pico_helpers import AFTER_RESET_MS, COILS, FEEDER, OUTLETS, PILOTS, C, Rig, rig, site
from pilotlight_host.emulated import RawRepl

FIRST_STEP_MS = 600


def watch_pins(board: Rig, ms: float) -> None:
    """Nothing is energised, at any of these instants; the events would tell what is between."""
    end_us = board.now_us + 1000 * ms
    while board.now_us < end_us and not board.runs():
        pins = board.pico.pins()
        assert not any(pins[pin]["level"] for pin in COILS.values())
        assert all(pins[pin]["level"] for pin in PILOTS.values())
        board.go(1)


def is_off(board: Rig, since_us: float) -> bool:
    """No coil was on since then, and every pilot at +12 V all the time."""
    pilots = [e for e in board.events if e.kind == "pilot" and e.t_us > since_us]
    return board.switched(since_us) == [] and pilots == []


def test_from_power_on_to_the_first_step_nothing_is_on() -> None:
    with rig(site()) as board:
        board.show(C)
        pins = board.pico.pins()
        assert not any(pin["output"] for pin in pins)
        watch_pins(board, FIRST_STEP_MS)
        print(f"first control step {board.now_us / 1000:.0f} ms after power-on")
        assert board.runs()
        assert is_off(board, 0)
        assert board.said() == ""
        assert board.pico.log == []


@pytest.mark.parametrize("how", ["machine.reset()", "soft reset", "Ctrl-C"])
def test_nothing_is_on_from_a_reset_to_the_next_step(how: str) -> None:
    with rig(site()) as board:
        board.charge(*OUTLETS)
        board.go(100)
        if how == "machine.reset()":
            board.type("__import__('machine').reset()")
            board.until(200, lambda: bool(board.resets()))
            assert not any(pin["output"] for pin in board.pico.pins())
        else:
            board.pico.console_write(b"\x03")
            board.until(200, lambda: not any(board.coils.values()))
        board.go(5)
        assert not any(board.coils.values())
        off_us = board.now_us
        if how == "Ctrl-C":
            board.go(FIRST_STEP_MS)
            assert is_off(board, off_us)
            return
        if how == "soft reset":  # it does not stop the watchdog, so that does not tell of a step
            board.go(200)
            board.pico.console_write(b"\x04")
        else:
            watch_pins(board, FIRST_STEP_MS)
            assert is_off(board, off_us)
        board.until(AFTER_RESET_MS, lambda: all(board.coils.values()))
        first = {
            e.outlet: e for e in reversed(board.events) if e.kind == "pilot" and e.t_us > off_us
        }
        assert all(event.duty_ppm == 100_000 for event in first.values())


def test_the_first_boot_says_one_line_and_gives_the_prompt() -> None:
    with rig() as board:
        board.show(C)
        board.go(1500)
        said = board.said()
        assert said.splitlines()[0] == "site.json: /site.json: cannot be read ([Errno 2] ENOENT)"
        assert said.count("site.json") == 2
        assert said.endswith(">>> ")
        assert RawRepl(board.pico).exec("import os; print(os.listdir('/'))") == "[]\n"
        board.go(2500)  # and no watchdog disturbs who works there
        assert board.resets() == []
        assert is_off(board, 0)


WRONG = {
    "not JSON": (b"What is it?", ["/site.json: is not JSON"]),
    "broken off": (
        json.dumps(site()).encode()[:-1] + b', "mqtt"',
        ["/site.json: is not JSON (it breaks off)"],
    ),
    "not text": (b"\xff\xfe{}", ["/site.json: is not "]),
    "unknown and missing": (
        {"site": {}, "fuse": 1, "feeders": [FEEDER], "outlets": [{"feeder": "main"}]},
        ["fuse: unknown key", "site.id: missing", "outlets[0].max_a: missing"],
    ),
    "no such feeder": (
        site() | {"outlets": [{"feeder": "cellar", "max_a": 16}]},
        ['outlets[0].feeder: "cellar" is wrong'],
    ),
    "more than the board has": (
        site() | {"outlets": [{"feeder": "main", "max_a": 16}] * 5, "modem": {"apn": "internet"}},
        ["outlets: 5, but the board has 4", "modem: the board has none"],
    ),
}


@pytest.mark.parametrize(("content", "errors"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_site_file_gives_a_line_per_error(
    content: dict[str, Any] | bytes, errors: list[str]
) -> None:
    with rig(content if isinstance(content, bytes) else json.dumps(content).encode()) as board:
        board.show(C)
        board.go(600)
        lines = board.said().splitlines()
        told = [line for line in lines if line.startswith("site.json: ")]
        assert len(told) == len(errors)
        for error in errors:
            assert any(line.startswith(f"site.json: {error}") for line in told), told
        assert lines[len(told)].startswith("MicroPython")
        assert is_off(board, 0)
