"""A short storm of the network over the whole app, each trick once; and the storm finds an app that
waits for the network. In real time, beside a witness (netstorm/lateness.py).
"""

import argparse
import dataclasses
import re
import shutil

import pytest
from pilotlight_host.commands import storm
from pilotlight_host.errors import UserError
from pilotlight_host.netstorm import whole
from pilotlight_host.netstorm.events import Event, delivered
from pilotlight_host.netstorm.processes import Tools
from pilotlight_host.netstorm.cuts import NoAnswer, Refused, ResetInPublish
from pilotlight_host.netstorm.site import MAX_A
from pilotlight_host.netstorm.stream import Garbage, Oversize
from pilotlight_host.netstorm.tricks import SHORT
from pilotlight_host.paths import FIRMWARE

SEED = 1


@pytest.fixture(scope="session")
def tools(micropython, mosquitto, umqtt):
    return Tools(micropython, mosquitto, umqtt)


@pytest.fixture(scope="session")
def figures(tools):
    return whole.play(tools, SEED, None, SHORT, print)


def kinds(figures):
    """Of troubles, during which trick each; but for what a busy machine leaves unjudged."""
    told = [text for text in figures["troubles"] if not text.startswith("the machine is too busy")]
    return {re.sub(r"[\d.]+", "#", text): text for text in told}


@pytest.mark.realtime
def test_nothing_is_felt_at_the_outlets(figures, tools):
    """What the network does to the app it does again; what the machine did, it does not."""
    found = kinds(figures)
    if found:
        again = kinds(whole.play(tools, SEED, None, SHORT, print))
        found = {kind: [text, again[kind]] for kind, text in found.items() if kind in again}
    assert found == {}


@pytest.mark.realtime
def test_all_that_can_be_judged_has_happened(figures):
    assert set(figures["tricks"]) == {trick.name for trick in SHORT}
    assert all(row["done"] > 0 for row in figures["tricks"].values())
    opened = figures["openings"]
    assert opened["judged"] + opened["not_judged"] >= 4  # those too that the machine disturbed
    assert figures["events"]["heard"] > 100
    assert figures["events"]["overwritten"] == 0
    for offer_a, most_a in zip(figures["highest_offer_a"], MAX_A, strict=True):
        assert 6 < offer_a <= most_a
    assert figures["commands_refused"] > 50


BROKEN = {
    "sleeps": (
        "services/link.py",
        ("        try:\n", "        __import__('time').sleep_ms(60)\n        try:\n"),
        (Garbage,),
        "garbage, .*later than the witness",
    ),
    "waits for the connection": (
        "drivers/tcp.py",
        ("setblocking(False)", "settimeout(3)"),
        (NoAnswer,),
        "SYN without answer, .*(later than the witness|outputs went safe)",
    ),
    "never closes": (
        "drivers/tcp.py",
        (
            "        self._socket.close()\n\n\n",
            "        globals().setdefault('kept', []).append(self._socket)\n\n\n",
        ),
        (Garbage, Refused, Garbage, Refused),
        "(garbage|connection refused), .*sockets at rest",
    ),
    "tells no event again": (
        "services/mqtt.py",
        ("self._next_event = min(self._in_flight.values())", "pass"),
        (ResetInPublish,),
        "reset in the middle of an event, .*was lost",
    ),
    "takes a broken packet": (
        "wire/mqttframe.py",
        ("if size > _LONGEST:", "if size > 99999:"),
        (Oversize,),
        "packet of 1.5 KB, .*did not leave the link",
    ),
    "believes any time": (
        "services/timekeeper.py",
        ("if not self._agrees(", "if False and not self._agrees("),
        (Refused,),
        "a time that was told once was believed",
    ),
}


@pytest.mark.realtime
@pytest.mark.parametrize("name", BROKEN)
def test_the_storm_finds_an_app_that(name, tools, tmp_path):
    file, (right, wrong), tricks, found = BROKEN[name]
    shutil.copytree(FIRMWARE, tmp_path / "firmware")
    source = tmp_path / "firmware/pilotlight" / file
    text = source.read_text()
    assert text.count(right) == 1
    source.write_text(text.replace(right, wrong))
    broken = dataclasses.replace(tools, firmware=tmp_path / "firmware")
    troubles = whole.play(broken, SEED, None, tricks, print)["troubles"]
    assert any(re.search(found, trouble) for trouble in troubles), troubles


def heard(*rows):
    return [Event(at_ms, seq, age_s, None, f"{seq}") for at_ms, seq, age_s in rows]


def test_events_of_an_overwritten_ring_are_told_from_lost_ones():
    gone = [(0, 0, 0), (70_000, 3, 60), *((70_000, seq, 50) for seq in range(4, 68))]
    found = delivered(heard(*gone))
    assert (found.lost, found.ringed, found.heard) == ([], [1, 2], 66)
    found = delivered(heard((0, 0, 0), (70_000, 3, 60), (70_000, 3, 60)))
    assert (found.lost, found.ringed, found.doubled) == ([1, 2], [], 1)


def test_it_has_two_outlets():
    with pytest.raises(UserError, match="--outlets"):
        storm.run(argparse.Namespace(net=True, outlets=3))
