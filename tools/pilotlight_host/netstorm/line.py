"""Tricks with the modem's line of an emulated board, below TCP."""

import asyncio
from typing import TYPE_CHECKING

from .stream import Dribble
from .trick import LEAVES, STAYS, Trick

if TYPE_CHECKING:
    from .boardstorm import BoardStorm

EITHER = "stays or is lost"


class LineTrick(Trick):
    """Nothing is done to the proxy."""

    link = EITHER

    async def begin(self, storm: "BoardStorm") -> None:
        """The line stands."""

    async def plug(self, storm: "BoardStorm", plugged: bool) -> None:
        """The modem's cable."""
        await storm.time.between(lambda: storm.pico.plug_modem(plugged))


class Pulled(LineTrick):
    name = "line pulled"
    for_s, short_s = (1.5, 5.0), 2.0
    link = STAYS

    async def go_on(self, storm: "BoardStorm", for_s: float) -> None:
        await self.plug(storm, False)
        await asyncio.sleep(for_s)
        self.done += 1
        await self.plug(storm, True)


class LineDead(Pulled):
    """PPP gives it up after 40 s."""

    name = "line pulled for long"
    for_s, short_s = (44.0, 60.0), 0.0
    link = LEAVES


class LineFlaps(LineTrick):
    name = "line flaps at 1 Hz"
    for_s, short_s = (8.0, 20.0), 4.0

    async def go_on(self, storm: "BoardStorm", for_s: float) -> None:
        for _ in range(round(for_s)):
            await self.plug(storm, False)
            await asyncio.sleep(0.5)
            await self.plug(storm, True)
            await asyncio.sleep(0.5)
            self.done += 1


class Mute(LineTrick):
    """Packets pass, PPP's own echo requests are not answered: after 40 s PPP gives up."""

    name = "PPP echo unanswered"
    for_s, short_s = (44.0, 50.0), 0.0
    link = LEAVES

    async def go_on(self, storm: "BoardStorm", for_s: float) -> None:
        pico = storm.pico
        before = (await storm.time.between(pico.counters))["echoes_unanswered"]
        await storm.time.between(lambda: pico.trouble_modem(answers_echo=False))
        await asyncio.sleep(for_s)
        await storm.time.between(pico.trouble_modem)
        self.done = (await storm.time.between(pico.counters))["echoes_unanswered"] - before


class HungUp(LineTrick):
    name = "PPP ended by the modem"
    for_s, short_s = (2.0, 8.0), 1.5
    link = LEAVES

    async def go_on(self, storm: "BoardStorm", for_s: float) -> None:
        await storm.time.between(storm.pico.hang_up)
        self.done += 1
        await asyncio.sleep(for_s)


class Noise(LineTrick):
    """A wrong bit in one byte of 700, both ways."""

    name = "noise on the line"
    for_s, short_s = (5.0, 20.0), 4.0
    settle_s = 35.0  # TCP waits longer and longer until it tries again

    async def go_on(self, storm: "BoardStorm", for_s: float) -> None:
        pico = storm.pico
        before = (await storm.time.between(pico.counters))["spoiled"]
        await storm.time.between(lambda: pico.trouble_modem(spoils=700))
        await asyncio.sleep(for_s)
        await storm.time.between(pico.trouble_modem)
        self.done = (await storm.time.between(pico.counters))["spoiled"] - before


class LineDribble(Dribble):
    """The emulator's end of the line takes all that the app says, which then takes minutes to be
    confirmed: the app may lose patience.
    """

    link = EITHER


LINE_TRICKS = (Pulled, LineDead, LineFlaps, Mute, HungUp, Noise, LineDribble)
