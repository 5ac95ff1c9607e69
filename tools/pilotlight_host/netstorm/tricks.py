"""What is done to the link between app and broker. Each trick lasts some seconds, and counts in
`done` how often it did its deed: one that did nothing is an error of the storm.
"""

import asyncio
import socket
from random import Random
from typing import TYPE_CHECKING, Any

from pilotlight_host.sim import mqttpacket as mqtt

from .proxy import FULL, OPEN, SHUT, Wire

if TYPE_CHECKING:
    from .storm import Storm

STAYS, LEAVES, CUT = "stays", "leaves", "is cut"  # the app's connection
COMMANDS = "pilotlight/home/outlet/1/set/"


class Trick:
    """The good spell: nothing is done. Times in s: `for_s` from...to, `short_s` in a short run."""

    name = "good"
    for_s = (4.0, 10.0)
    short_s = 2.0
    link = CUT  # what becomes of it
    stands = OPEN

    def __init__(self, draw: Random) -> None:
        self.draw = draw
        self.done = 0
        self.over = asyncio.Event()

    async def begin(self, storm: "Storm") -> None:
        """Prepare the stage."""
        if self.link == CUT:
            await storm.proxy.stand(self.stands)
            await storm.proxy.cut()

    async def go_on(self, storm: "Storm", for_s: float) -> None:
        """For so long."""
        await asyncio.sleep(for_s)

    async def serve(self, wire: Wire) -> None:
        """A connection of the app, from its accept to its end."""
        await wire.relay()

    async def up(self, wire: Wire, kind: int, packet: bytes) -> list[bytes]:
        """What becomes of a packet of the app."""
        return [packet]

    async def down(self, wire: Wire, kind: int, packet: bytes) -> list[bytes]:
        """What becomes of a packet of the broker."""
        return [packet]

    async def receive(self, app: socket.socket) -> bytes:
        """Bytes of the app."""
        return await asyncio.get_running_loop().sock_recv(app, 4096)

    async def send(self, app: socket.socket, data: bytes) -> None:
        """Bytes to the app."""
        await asyncio.get_running_loop().sock_sendall(app, data)

    def count(self, storm: "Storm", connects: int) -> int:
        """How often it was met; `connects`: of the app in the meantime."""
        return self.done


class Refused(Trick):
    name = "connection refused"
    for_s, short_s = (3.0, 25.0), 2.5
    stands = SHUT

    def count(self, storm: "Storm", connects: int) -> int:
        return connects


class NoAnswer(Refused):
    name = "SYN without answer"
    stands = FULL


class BlackHole(Trick):
    name = "accepted, never read"
    for_s, short_s = (4.0, 26.0), 2.5

    async def serve(self, wire: Wire) -> None:
        self.done += 1
        await self.over.wait()


class Silence(Trick):
    name = "accepted, read, never answered"
    for_s, short_s = (4.0, 26.0), 2.5

    async def serve(self, wire: Wire) -> None:
        while await wire.hear():
            self.done += 1


class Frozen(Trick):
    """Both ways; the app's patience is 1.5 x 20 s."""

    name = "link freezes"
    for_s, short_s = (3.0, 25.0), 3.0
    link = STAYS

    async def up(self, wire: Wire, kind: int, packet: bytes) -> list[bytes]:
        self.done += 1
        await self.over.wait()
        return [packet]

    down = up


class Dead(Frozen):
    name = "link freezes for good"
    for_s, short_s = (36.0, 40.0), 0.0
    link = LEAVES


class HalfPacket(Trick):
    name = "half a packet"
    for_s, short_s = (3.0, 15.0), 2.0
    link = STAYS

    async def go_on(self, storm: "Storm", for_s: float) -> None:
        wire, number = storm.link(), f"half-{self.draw.randrange(1 << 30)}"
        packet = publish("limit", f'{{"limit_a": 32, "id": "{number}"}}')
        async with wire.writing:
            await self.send(wire.app, packet[: len(packet) // 2])
            await asyncio.sleep(for_s)
            await self.send(wire.app, packet[len(packet) // 2 :])
        self.done = await storm.watch.hears_answer(number)


class Dribble(Trick):
    name = "one byte at a time"
    for_s, short_s = (4.0, 25.0), 3.0
    link = STAYS

    async def receive(self, app: socket.socket) -> bytes:
        self.done += 1
        await self._wait()
        return await asyncio.get_running_loop().sock_recv(app, 1)

    async def send(self, app: socket.socket, data: bytes) -> None:
        for at in range(len(data)):
            await self._wait()
            await asyncio.get_running_loop().sock_sendall(app, data[at : at + 1])

    async def _wait(self) -> None:
        if not self.over.is_set():
            await asyncio.sleep(0.02)


class ResetAtOnce(Trick):
    name = "reset before CONNECT"
    for_s, short_s = (2.0, 12.0), 1.8

    async def serve(self, wire: Wire) -> None:
        await self.live(wire)
        self.done += 1
        wire.is_cut = True

    async def live(self, wire: Wire) -> None:
        """Until then."""


class ResetAfterConnect(ResetAtOnce):
    name = "reset after CONNECT"

    async def live(self, wire: Wire) -> None:
        await wire.hear()


class ResetAfterConnack(ResetAfterConnect):
    name = "reset after CONNACK"

    async def live(self, wire: Wire) -> None:
        await wire.hear()
        await wire.say(mqtt.packet(mqtt.CONNACK, 0, b"\0\0"))


class ResetInPublish(ResetAfterConnack):
    name = "reset in the middle of an event"

    async def live(self, wire: Wire) -> None:
        await ResetAfterConnack.live(self, wire)
        data = b"-"
        while data and b"/event" not in data[-70:]:
            data += await asyncio.get_running_loop().sock_recv(wire.app, 7)


class Refusing(Trick):
    name = "CONNACK with a code"
    for_s, short_s = (3.0, 20.0), 1.8

    async def serve(self, wire: Wire) -> None:
        await wire.hear()
        self.done += 1
        await wire.say(mqtt.packet(mqtt.CONNACK, 0, bytes((0, self.draw.randint(1, 5)))))
        await wire.hear()


class Flapping(Trick):
    name = "link flaps at 1 Hz"
    for_s, short_s = (8.0, 20.0), 4.0

    async def go_on(self, storm: "Storm", for_s: float) -> None:
        for _ in range(round(for_s)):
            await asyncio.sleep(1)
            self.done += storm.proxy.wire is not None
            await storm.proxy.cut()


class Puback(Trick):
    """`answers`: what comes instead of one."""

    for_s, short_s = (5.0, 18.0), 3.0
    link = STAYS

    async def down(self, wire: Wire, kind: int, packet: bytes) -> list[bytes]:
        if kind != mqtt.PUBACK or self.over.is_set():
            return [packet]
        self.done += 1
        return await self.answers(packet)

    async def answers(self, packet: bytes) -> list[bytes]:
        """All of them late."""
        await asyncio.sleep(2)
        return [packet]


class LatePuback(Puback):
    name = "PUBACK late"


class TwicePuback(Puback):
    name = "PUBACK twice"

    async def answers(self, packet: bytes) -> list[bytes]:
        return [packet, packet]


class WrongPuback(Puback):
    name = "PUBACK of another id, too"

    async def answers(self, packet: bytes) -> list[bytes]:
        other = int.from_bytes(packet[2:], "big") ^ self.draw.randint(1, 0xFFFF)
        return [packet[:2] + other.to_bytes(2, "big"), packet]


class NoPuback(Puback):
    """None for more than the app's 20 s."""

    name = "no PUBACK"
    for_s, short_s = (26.0, 32.0), 0.0
    link = LEAVES

    async def answers(self, packet: bytes) -> list[bytes]:
        return []


class StrangePuback(NoPuback):
    name = "PUBACK of another id only"

    async def answers(self, packet: bytes) -> list[bytes]:
        return [packet[:2] + (int.from_bytes(packet[2:], "big") ^ 0x4000).to_bytes(2, "big")]


class Thrown(Trick):
    """Bytes that end the connection."""

    for_s, short_s = (2.0, 6.0), 1.0
    link = LEAVES

    async def go_on(self, storm: "Storm", for_s: float) -> None:
        await storm.link().say(self.thrown())
        self.done += 1
        await asyncio.sleep(for_s)

    def thrown(self) -> bytes:
        """What cannot be MQTT."""
        return self.draw.randbytes(2000)


class Garbage(Thrown):
    name = "garbage"


class Oversize(Thrown):
    name = "packet of 1.5 KB"

    def thrown(self) -> bytes:
        return publish("limit", "9" * 1500)


class Qos2(Thrown):
    name = "publish with QoS 2"

    def thrown(self) -> bytes:
        packet = mqtt.encode_publish(mqtt.Message(COMMANDS + "limit", b"32", 1), 7, False)
        return bytes((mqtt.PUBLISH << 4 | 4,)) + packet[1:]


class Flood(Trick):
    """50 commands a second that would raise a current, and others that are none."""

    name = "flood of commands"
    for_s, short_s = (3.0, 15.0), 2.0
    link = STAYS

    async def go_on(self, storm: "Storm", for_s: float) -> None:
        for _ in range(round(for_s * 10)):
            wire = storm.link()
            for _ in range(5):
                await wire.say(publish(*self.draw.choice(_RAISING)))
                self.done += 1
            await asyncio.sleep(0.1)


_RAISING = (
    ("limit", "80"),
    ("limit", '{"limit_a": 80, "for_s": 60}'),
    ("resume", ""),
    ("enable", "on"),
    ("mode", "fast"),
    ("boost", ""),
    ("priority", "9"),
    ("limit", "1000"),
    ("amps", "32"),
)


def publish(what: str, payload: Any) -> bytes:
    """A command for outlet 1."""
    return mqtt.encode_publish(mqtt.Message(COMMANDS + what, payload.encode()), 0, False)


class SilentNames(Trick):
    """The link is down when it begins, so that the name is asked for again; the address that was
    good leads back.
    """

    name = "name server: silent"
    for_s, short_s = (10.0, 25.0), 9.5
    names = "silent"

    async def begin(self, storm: "Storm") -> None:
        storm.names.mode = self.names
        await storm.proxy.stand(SHUT)
        await storm.proxy.cut()

    async def go_on(self, storm: "Storm", for_s: float) -> None:
        before = storm.names.asked
        await asyncio.sleep(2)  # one connection is refused
        await storm.proxy.stand(OPEN)
        await asyncio.sleep(for_s - 2)
        self.done = storm.names.asked - before
        storm.names.mode = "good"


class LyingNames(SilentNames):
    name = "name server: lies"
    names, short_s = "lies", 5.0


class LateNames(SilentNames):
    name = "name server: late"
    names, short_s = "late", 6.0


TRICKS: tuple[type[Trick], ...] = (
    Refused,
    NoAnswer,
    BlackHole,
    Silence,
    Frozen,
    Dead,
    HalfPacket,
    Dribble,
    ResetAtOnce,
    ResetAfterConnect,
    ResetAfterConnack,
    ResetInPublish,
    Refusing,
    Flapping,
    LatePuback,
    TwicePuback,
    WrongPuback,
    NoPuback,
    StrangePuback,
    Garbage,
    Oversize,
    Qos2,
    Flood,
    SilentNames,
    LyingNames,
    LateNames,
)

SHORT = tuple(trick for trick in TRICKS if trick.short_s)  # those that a short run has time for
