"""Long answers on the console of the real firmware on the emulated Pico, while four cars charge."""

import json
import re

import pytest
from pico_helpers import OUTLETS, charging, site
from pilotlight.services.helptext import HELP

LATE_MS = 20
MADE = site()
WORDS = (
    "status()",
    "log()",
    "decisions()",
    "help()",
    "ledger()",
    "diary()",
    "tune()",
    "dim()",
    "why(1)",
)


@pytest.fixture(scope="module")
def told():
    """What was answered, by the words; the last is what the control step made of it."""
    with charging(MADE, *OUTLETS) as board:
        found = {words: board.ask(words) for words in WORDS}
        found["snapshot()"] = board.ask("snapshot()")
        board.go(100)
        found["after"] = board.ask("snapshot()")
        yield found


def test_they_do_not_delay_the_control_step(told):
    latest_ms = json.loads(told["after"])["site"]["latest_ms"]
    print(f"control step {latest_ms} ms late at most")
    assert latest_ms <= LATE_MS


def test_they_are_whole(told):
    status = told["status()"].split("\n")
    assert status[0].startswith("feeder main: ")
    assert [line[:9] for line in status[1:5]] == [f"outlet {n} " for n in OUTLETS]
    assert status[-1].startswith("control: worst lateness")
    assert len(told["help()"].split("\n")) == len(HELP.split("\n"))
    log = told["log()"].split("\n")
    assert all(re.match(r"\d+ s ago: ", line) for line in log) and len(log) > 8
    rows = told["tune()"].split("\n")
    assert (
        rows[0] == "clock = null" and f"outlets[3].max_a = {MADE['outlets'][3]['max_a']}" in rows
    )
    seen = json.loads(told["snapshot()"])
    assert list(seen) == ["site", "outlets", "events", "decisions"]
    assert [outlet["outlet"] for outlet in seen["outlets"]] == list(OUTLETS)
