"""A short storm of the network around the emulated `pico_ppp`, and the storm finds a board that waits
for the network. In the board's own time, so nothing here is realtime.
"""

import argparse
import dataclasses
import re
from random import Random
from typing import Any

import pytest
from pilotlight_host.commands import storm
from pilotlight_host.errors import UserError
from pilotlight_host.image.build import ensure_build
from pilotlight_host.netstorm import whole
from pilotlight_host.netstorm.boardstorm import BoardTools
from pilotlight_host.netstorm.cuts import Refused, ResetInPublish
from pilotlight_host.netstorm.line import HungUp, LineFlaps, Noise
from pilotlight_host.netstorm.proxy import Proxy
from pilotlight_host.netstorm.site import MAX_A
from pilotlight_host.netstorm.stepprobe import FILES
from pilotlight_host.netstorm.stream import Flood, Garbage, HalfPacket
from pilotlight_host.netstorm.trick import Trick
from pilotlight_host.sim import mqttpacket as mqtt

SEED = 1
TRICKS = (Refused, ResetInPublish, HalfPacket, Garbage, Flood, LineFlaps, HungUp, Noise)


@pytest.fixture(scope="module")
def tools(emulator, mosquitto, pico_ppp_image, micropython) -> BoardTools:
    return BoardTools(mosquitto, pico_ppp_image, ensure_build("pico_ppp").sizes())


def test_nothing_is_felt_at_the_outlets(tools: BoardTools) -> None:
    figures = whole.play_board(tools, SEED, None, TRICKS, print)
    assert figures["troubles"] == []
    assert set(figures["tricks"]) == {trick.name for trick in TRICKS}
    assert figures["openings"]["judged"] >= 2
    assert figures["events"]["heard"] > 30
    assert figures["commands_refused"] > 20
    for offer_a, most_a in zip(figures["highest_offer_a"], MAX_A, strict=True):
        assert 6 <= offer_a <= most_a
    assert figures["heap"]["floor"] > 40_000


SLEEPS = """
from time import sleep_ms
from pilotlight.services.link import Link
_drop = Link.drop
def drop(self, now_ms, trouble):
    sleep_ms(60)
    _drop(self, now_ms, trouble)
Link.drop = drop
"""
KEEPS = """
from pilotlight.drivers.tcp import TcpStream
kept = []
TcpStream.close = lambda self: kept.append(self)
"""
BROKEN = {
    "sleeps": (SLEEPS, (Garbage,), "garbage, .*control step"),
    "never closes": (KEEPS, (Garbage,), "garbage, .*(sockets at rest|did not leave the link)"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_the_storm_finds_a_board_that(name: str, tools: BoardTools) -> None:
    code, tricks, found = BROKEN[name]
    broken = dataclasses.replace(
        tools, files={"stepprobe.py": FILES["stepprobe.py"] + code.encode()}
    )
    troubles = whole.play_board(broken, SEED, None, tricks, print)["troubles"]
    assert any(re.search(found, trouble) for trouble in troubles), troubles


def test_the_broker_is_told_more_patience() -> None:
    proxy = Proxy(1883, Trick(Random(SEED)))
    said = mqtt.encode_connect("home", 20)
    assert proxy.patient(said) == said
    proxy.patience = 10
    assert proxy.patient(said) == mqtt.encode_connect("home", 200)


@pytest.mark.parametrize("options", [{"board": "pico_ppp"}, {"json": "x"}])
def test_board_and_json_go_with_net(options: dict[str, Any]) -> None:
    given = {"net": False, "board": None, "json": None} | options
    with pytest.raises(UserError, match="goes with --net"):
        storm.run(argparse.Namespace(**given))
