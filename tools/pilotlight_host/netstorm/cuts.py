"""Tricks that begin with a cut: what the app meets when it comes again."""

import asyncio
from typing import TYPE_CHECKING

from pilotlight_host.sim import mqttpacket as mqtt

from .proxy import FULL, OPEN, SHUT, Wire
from .trick import Trick

if TYPE_CHECKING:
    from .play import Play


class Refused(Trick):
    name = "connection refused"
    for_s, short_s = (3.0, 25.0), 2.5
    stands = SHUT

    def count(self, storm: "Play", connects: int) -> int:
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

    async def go_on(self, storm: "Play", for_s: float) -> None:
        for _ in range(round(for_s)):
            await asyncio.sleep(1)
            self.done += storm.proxy.wire is not None
            await storm.proxy.cut()


class SilentNames(Trick):
    """The link is down when it begins, so that the name is asked for again; the address that was
    good leads back.
    """

    name = "name server: silent"
    for_s, short_s = (10.0, 25.0), 9.5
    names = "silent"

    async def begin(self, storm: "Play") -> None:
        storm.names.mode = self.names
        await storm.proxy.stand(SHUT)
        await storm.proxy.cut()

    async def go_on(self, storm: "Play", for_s: float) -> None:
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
