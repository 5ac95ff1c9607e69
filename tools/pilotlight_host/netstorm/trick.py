"""A trick, which is what is done to the link between app and broker for some seconds. It counts in
`done` how often it did its deed: one that did nothing is an error of the storm.
"""

import asyncio
import socket
from random import Random
from typing import TYPE_CHECKING

from .proxy import OPEN, Wire

if TYPE_CHECKING:
    from .play import Play

STAYS, LEAVES, CUT = "stays", "leaves", "is cut"  # the app's connection


class Trick:
    """The good spell: nothing is done. Times in s: `for_s` from...to, `short_s` in a short run."""

    name = "good"
    for_s = (4.0, 10.0)
    short_s = 2.0
    settle_s = 12.0  # from when the link stands to the first event
    link = CUT  # what becomes of it
    stands = OPEN

    def __init__(self, draw: Random) -> None:
        self.draw = draw
        self.done = 0
        self.over = asyncio.Event()

    async def begin(self, storm: "Play") -> None:
        """Prepare the stage."""
        if self.link == CUT:
            await storm.proxy.stand(self.stands)
            await storm.proxy.cut()

    async def go_on(self, storm: "Play", for_s: float) -> None:
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

    def count(self, storm: "Play", connects: int) -> int:
        """How often it was met; `connects`: of the app in the meantime."""
        return self.done
