"""Tricks in random order, one after the other with good spells between, and what each did to the
link. Times in ms of the plant; `asyncio`'s own clock is that of the app's timeouts.
"""

import asyncio
from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

from pilotlight_host.sim.broker import Mosquitto

from .parties import Names
from .proxy import OPEN, Proxy, Wire
from .seen import Played, Seen
from .trick import CUT, LEAVES, STAYS, Trick
from .watch import Watch, within

_BACK_S = 60.0  # the longest pause of the app between two tries is 37.5 s
_MARGIN_S = 150.0  # plant time beyond the storm: the last trick and its good spell


class Play:
    """`for_s`: how long tricks go on; None: each of `tricks` once, and short. `names` may be used
    where the app asks for its broker by name.
    """

    watch: Watch
    names: Names

    def __init__(
        self,
        seen: Seen,
        broker: Mosquitto,
        for_s: float | None,
        tricks: Sequence[type[Trick]],
        tell: Any = None,
    ) -> None:
        self.seen = seen
        self.draw = Random(seen.seed)
        self.for_s = for_s
        self.tricks = tricks
        self.tell = tell or (lambda _: None)
        self.broker = broker
        self.proxy = Proxy(broker.port, Trick(self.draw))
        self.length_s = _MARGIN_S + (10.0 * len(tricks) if for_s is None else for_s)

    @property
    def now_ms(self) -> float:
        """Time of the plant."""
        raise NotImplementedError

    async def connects(self) -> int:
        """Connections that the app has begun since the last call."""
        raise NotImplementedError

    def link(self) -> Wire:
        """The connection that stands; RuntimeError without one."""
        wire = self.proxy.wire
        if wire is None:
            raise RuntimeError("the link is down, though this trick does not cut it")
        return wire

    def _deck(self) -> Iterator[type[Trick]]:
        """Once through, or deck after deck."""
        while True:
            deck = list(self.tricks)
            self.draw.shuffle(deck)
            yield from deck
            if self.for_s is None:
                return

    async def first_connection(self) -> bool:
        """There is one; else that is a trouble."""
        is_up = await within(_BACK_S, lambda: self.proxy.wire is not None)
        if not is_up:
            self.seen.troubles.append("the app never came up")
        return is_up

    async def play(self) -> None:
        """All of it, from the first connection on."""
        if not await self.first_connection():
            return
        end_ms = self.now_ms + 1000 * (self.for_s or 1e9)
        for kind in self._deck():
            await self._play_one(kind(self.draw))
            if self.now_ms >= end_ms:
                break

    async def _play_one(self, trick: Trick) -> None:
        is_short = self.for_s is None
        for_s = trick.short_s if is_short else self.draw.uniform(*trick.for_s)
        played = Played(trick.name, self.now_ms)
        self.seen.played.append(played)
        self.tell(f"{self.now_ms / 1000:6.0f} s  {trick.name}, {for_s:.1f} s")
        before, left = self.proxy.wire, self.proxy.left_by_app
        await self.connects()
        self.proxy.trick = trick
        try:
            await trick.begin(self)
            await trick.go_on(self, for_s)
        except (OSError, RuntimeError) as error:
            played.troubles.append(str(error))
        played.end_ms = self.now_ms
        played.done = trick.count(self, await self.connects())
        await self._end(trick)
        await self._come_back(played, trick.settle_s)
        if not played.done:
            played.troubles.append("it was not felt")
        if trick.link == STAYS and self.proxy.wire is not before:
            played.troubles.append("the link was lost, which should have stayed")
        if trick.link == LEAVES and self.proxy.left_by_app == left:
            played.troubles.append("the app did not leave the link")
        await asyncio.sleep(0.6 if is_short else self.draw.uniform(*Trick.for_s))
        for text in played.troubles:
            self.tell(f"  {text}")

    async def _end(self, trick: Trick) -> None:
        self.proxy.trick = Trick(self.draw)
        trick.over.set()
        if trick.link == CUT:
            await self.proxy.cut(lambda wire: not wire.is_up)
            if trick.stands != OPEN:
                await self.proxy.stand(OPEN)

    async def _come_back(self, played: Played, settle_s: float) -> None:
        """The link stands, and what is provoked then is heard with all before it."""
        begin_ms = self.now_ms
        if not await within(_BACK_S, lambda: self.proxy.wire is not None):
            played.troubles.append(f"no link after {_BACK_S:.0f} s")
        if not await self.watch.hears_event(settle_s):
            played.troubles.append(f"no event for {settle_s:.0f} s of a good spell")
        played.back_s = (self.now_ms - begin_ms) / 1000
