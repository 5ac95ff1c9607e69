"""A name server and a time server that do not mean well. Datagrams at 127.0.0.1, real time."""

import asyncio
import struct
import time
from random import Random
from typing import Any

from pilotlight_host.sim.broker import HOST

_NTP_S = 2_208_988_800  # from 1900 to 1970
_TTL_S = 60
_NOBODY = bytes((127, 0, 0, 9))  # there nobody listens
_POINTER = b"\xc0\x0c"


class Party(asyncio.DatagramProtocol):
    """At `port`."""

    def __init__(self, draw: Random) -> None:
        self.draw = draw
        self.asked = 0
        self.port = 0
        self._transport: Any = None

    async def start(self) -> None:
        """Listen."""
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, (HOST, 0))
        self.port = self._transport.get_extra_info("sockname")[1]

    def close(self) -> None:
        """Hear nothing more."""
        if self._transport is not None:
            self._transport.close()

    def datagram_received(self, data: bytes, addr: Any) -> None:
        """Answer, now or later."""
        self.asked += 1
        for wait_s, answer in self.answers(data):
            asyncio.get_running_loop().call_later(wait_s, self._say, answer, addr)

    def _say(self, answer: bytes, addr: Any) -> None:
        if not self._transport.is_closing():
            self._transport.sendto(answer, addr)

    def answers(self, asked: bytes) -> list[tuple[float, bytes]]:
        """[(after s, datagram)]."""
        raise NotImplementedError


class Names(Party):
    """Knows one address for every name. `mode`: good, silent, lies, late."""

    mode = "good"

    def answers(self, asked: bytes) -> list[tuple[float, bytes]]:
        """RFC 1035."""
        good = _address(asked, bytes((127, 0, 0, 1)))
        if self.mode == "good":
            return [(0.0, good)]
        if self.mode == "silent":
            return []
        if self.mode == "late":
            return [(self.draw.choice((0.8, 1.4, 2.0)), good), (2.5, good)]
        return [(0.0, self.draw.choice(_LIES)(asked, self.draw))]


def _address(asked: bytes, address: bytes) -> bytes:
    found = _POINTER + struct.pack(">HHIH", 1, 1, _TTL_S, 4) + address
    return asked[:2] + b"\x81\x80\0\1\0\1" + asked[8:] + found


def _failing(asked: bytes, draw: Random) -> bytes:
    code = draw.choice((1, 2, 3, 4, 5))
    return asked[:2] + bytes((0x81, 0x80 | code)) + asked[4:]


def _endless(asked: bytes, draw: Random) -> bytes:
    """It promises 65535 records, whose names go round in circles."""
    return asked[:2] + b"\x81\x80\0\1\xff\xff" + asked[8:] + b"\xc0\x0c\xc0" * 150


_LIES = (
    lambda asked, draw: _address(asked, _NOBODY),
    lambda asked, draw: _address(asked, bytes((0, 0, 0, 0))),
    lambda asked, draw: _address(bytes((asked[0] ^ 1, asked[1])) + asked[2:], _NOBODY),
    lambda asked, draw: _address(asked, _NOBODY)[: len(asked) + draw.randrange(16)],
    lambda asked, draw: asked[:2] + draw.randbytes(draw.randrange(510)),
    lambda asked, draw: draw.randbytes(draw.randrange(1, 60)),
    _failing,
    _endless,
)

JUMPS, SET = "jumps", "jumps, says it twice"
FAILS = ("silent", "refuses", "alarm", "another's token", "short", "too late")


class Times(Party):
    """Answers in the order of a deck; `told` is [(s of the machine's clock, what)]. What jumps is
    asked again after 8 s, what fails after 60 s, and what is said twice is believed.
    """

    def __init__(self, draw: Random) -> None:
        super().__init__(draw)
        self.told: list[tuple[float, str]] = []
        self._deck: list[str] = [JUMPS, JUMPS]
        self._off_s = 0

    def answers(self, asked: bytes) -> list[tuple[float, bytes]]:
        """RFC 5905."""
        if not self._deck:
            self._deck = [JUMPS, JUMPS, JUMPS, *FAILS]
            self.draw.shuffle(self._deck)
            self._deck += [JUMPS, SET]
        what = self._deck.pop(0)
        self.told.append((time.monotonic(), what))
        if what == JUMPS:
            self._off_s += self.draw.choice((-1, 1)) * self.draw.randint(4000, 10**9)
            self._off_s %= 10**9
        return _time_answers(what, asked[40:48], time.time() + self._off_s)


def _time_answers(what: str, token: bytes, now_s: float) -> list[tuple[float, bytes]]:
    good = _time(token, now_s, 0x24, 2)
    return {
        "silent": [],
        "refuses": [(0.0, _time(token, now_s, 0x24, 0))],
        "alarm": [(0.0, _time(token, now_s, 0xE4, 2))],
        "another's token": [(0.0, _time(bytes(8), now_s, 0x24, 2))],
        "short": [(0.0, good[:40])],
        "too late": [(3.0, good)],
    }.get(what, [(0.0, good)])


def _time(token: bytes, now_s: float, first: int, stratum: int) -> bytes:
    whole = int(now_s)
    stamp = struct.pack(">II", (whole + _NTP_S) % (1 << 32), int((now_s - whole) * (1 << 32)))
    return struct.pack(">BBbbII4s8x", first, stratum, 6, -20, 0, 0, b"RATE") + token + stamp * 2
