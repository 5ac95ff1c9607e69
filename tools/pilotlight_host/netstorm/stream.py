"""Tricks with what is sent over a connection that stands."""

import asyncio
import socket
from typing import TYPE_CHECKING

from pilotlight_host.sim import mqttpacket as mqtt

from .proxy import Wire
from .site import ID
from .trick import LEAVES, STAYS, Trick

if TYPE_CHECKING:
    from .play import Play

_COMMANDS = f"pilotlight/{ID}/outlet/1/set/"


def publish(what: str, payload: str) -> bytes:
    """A command for outlet 1."""
    return mqtt.encode_publish(mqtt.Message(_COMMANDS + what, payload.encode()), 0, False)


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


class HalfPacket(Trick):
    name = "half a packet"
    for_s, short_s = (3.0, 15.0), 2.0
    link = STAYS

    async def go_on(self, storm: "Play", for_s: float) -> None:
        wire, number = storm.link(), f"half-{self.draw.randrange(1 << 30)}"
        packet = publish("limit", f'{{"limit_a": 32, "id": "{number}"}}')
        async with wire.writing:
            await self.send(wire.app, packet[: len(packet) // 2])
            await asyncio.sleep(for_s)
            await self.send(wire.app, packet[len(packet) // 2 :])
        self.done = await storm.watch.hears_answer(number)


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
    """None for more than the app's 20 s. The connection after that may have begun without any,
    and is left after 20 s, too.
    """

    name = "no PUBACK"
    for_s, short_s = (26.0, 32.0), 0.0
    settle_s = 35.0
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

    async def go_on(self, storm: "Play", for_s: float) -> None:
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
        packet = mqtt.encode_publish(mqtt.Message(_COMMANDS + "limit", b"32", 1), 7, False)
        return bytes((mqtt.PUBLISH << 4 | 4,)) + packet[1:]


class Flood(Trick):
    """50 commands a second that would raise a current, and others that are none."""

    name = "flood of commands"
    for_s, short_s = (3.0, 15.0), 2.0
    link = STAYS

    async def go_on(self, storm: "Play", for_s: float) -> None:
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
