"""Stands between the app and its broker, and lets a trick decide what happens there. Real time.

Sockets are read and written by hand: a black hole must not read, and a reset must be one.
"""

import asyncio
import contextlib
import errno
import socket
import struct
from collections.abc import Callable
from typing import TYPE_CHECKING

from pilotlight_host.sim import mqttpacket as mqtt
from pilotlight_host.sim.broker import HOST, free_port

if TYPE_CHECKING:
    from .trick import Trick

OPEN, SHUT, FULL = "open", "shut", "full"  # what a SYN meets
_LINGER_0 = struct.pack("ii", 1, 0)
_RECEIVE_BYTES = 4096  # the app's bytes are not to vanish into large buffers
_FILLERS = 4


def reset(end: socket.socket) -> None:
    """Close with RST instead of FIN."""
    if end.fileno() >= 0:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_0)
        end.close()


class Wire:
    """One connection of the app; `broker` is the one behind it, as soon as it is wanted."""

    def __init__(self, proxy: "Proxy", app: socket.socket) -> None:
        self.proxy = proxy
        self.app = app
        self.broker: socket.socket | None = None
        self.is_up = False  # the app has been told that it is connected
        self.is_cut = False  # it is to end with RST
        self.writing = asyncio.Lock()

    async def relay(self) -> None:
        """Pass packets both ways until one side ends."""
        await self.dial()
        pumps = [asyncio.create_task(self._up()), asyncio.create_task(self._down())]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            for found in await asyncio.gather(*pumps, return_exceptions=True):
                if isinstance(found, mqtt.Malformed):
                    self.proxy.malformed.append(str(found))
            self.proxy.left_by_app += not self.is_cut and self._has_left()

    async def dial(self) -> None:
        """Connect to the broker."""
        self.broker = socket.socket()
        self.broker.setblocking(False)
        self.broker.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        where = (HOST, self.proxy.broker_port)
        await asyncio.get_running_loop().sock_connect(self.broker, where)

    async def hear(self) -> bytes:
        """Bytes from the app; none: it has closed."""
        with contextlib.suppress(OSError):
            return await self.proxy.trick.receive(self.app)
        return b""

    async def say(self, data: bytes) -> None:
        """Bytes to the app, none of another's in between."""
        async with self.writing:
            await self.proxy.trick.send(self.app, data)

    async def _up(self) -> None:
        loop, buffer = asyncio.get_running_loop(), bytearray()
        while data := await self.hear():
            buffer += data
            while (taken := mqtt.take_packet(buffer)) is not None:
                packet = self.proxy.patient(mqtt.packet(*taken))
                for out in await self.proxy.trick.up(self, taken[0], packet):
                    if self.broker is not None:
                        await loop.sock_sendall(self.broker, out)

    def _has_left(self) -> bool:
        """The app has closed its end."""
        try:
            while self.app.recv(4096):
                pass
        except BlockingIOError:
            return False
        except OSError:
            pass
        return True

    async def _down(self) -> None:
        loop, buffer = asyncio.get_running_loop(), bytearray()
        while self.broker is not None and (data := await loop.sock_recv(self.broker, 4096)):
            buffer += data
            while (taken := mqtt.take_packet(buffer)) is not None:
                for out in await self.proxy.trick.down(self, taken[0], mqtt.packet(*taken)):
                    await self.say(out)
                if taken[0] == mqtt.CONNACK:
                    self.is_up = taken[2][1:] == b"\0"
                    self.proxy.ups += self.is_up

    def close(self) -> None:
        """End both; nobody waits at them any more."""
        self.is_up = False
        if self.is_cut:
            reset(self.app)
        for end in (self.app, self.broker):
            if end is not None:
                end.close()


class Proxy:
    """At `port`. `trick` decides; the counts are of the whole storm."""

    def __init__(self, broker_port: int, trick: "Trick") -> None:
        self.broker_port = broker_port
        self.patience = 1  # the broker's keep-alive is so many times the app's
        self.port = free_port()
        self.trick = trick
        self.accepted = self.ups = self.left_by_app = 0
        self.malformed: list[str] = []
        self._listener: socket.socket | None = None
        self._accepting: asyncio.Task[None] | None = None
        self._serving: dict[Wire, asyncio.Task[None]] = {}
        self._fillers: list[socket.socket] = []

    def patient(self, packet: bytes) -> bytes:
        """A packet of the app as the broker is to have it."""
        if self.patience == 1 or packet[0] >> 4 != mqtt.CONNECT:
            return packet
        at = packet.index(b"MQTT") + 6  # behind level and flags: MQTT 3.1.1, 3.1.2
        keepalive_s = int.from_bytes(packet[at : at + 2], "big") * self.patience
        return packet[:at] + keepalive_s.to_bytes(2, "big") + packet[at + 2 :]

    @property
    def wire(self) -> Wire | None:
        """The connection that is up, if one is."""
        return next((wire for wire in self._serving if wire.is_up), None)

    async def stand(self, how: str) -> None:
        """What a SYN meets from now on."""
        await self._give_up()
        listener = socket.socket()
        listener.setblocking(False)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BYTES)
        listener.bind((HOST, self.port))
        self._listener = listener
        if how == OPEN:
            listener.listen(16)
            self._accepting = asyncio.create_task(self._accept(listener))
        elif how == FULL:
            listener.listen(0)
            await self._fill()

    async def _fill(self) -> None:
        """Nobody accepts: when the queue is full, the machine drops what comes."""
        for _ in range(_FILLERS):
            filler = socket.socket()
            filler.setblocking(False)
            if filler.connect_ex((HOST, self.port)) not in (0, errno.EINPROGRESS):
                raise RuntimeError("a listener's queue cannot be filled")
            self._fillers.append(filler)
        await asyncio.sleep(0.05)

    async def _give_up(self) -> None:
        if self._accepting is not None:
            self._accepting.cancel()
            await asyncio.gather(self._accepting, return_exceptions=True)
            self._accepting = None
        for end in (*self._fillers, self._listener):
            if end is not None:
                reset(end)
        self._fillers, self._listener = [], None

    async def _accept(self, listener: socket.socket) -> None:
        while True:
            app, _ = await asyncio.get_running_loop().sock_accept(listener)
            app.setblocking(False)
            app.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.accepted += 1
            wire = Wire(self, app)
            self._serving[wire] = asyncio.create_task(self._serve(wire))

    async def _serve(self, wire: Wire) -> None:
        try:
            with contextlib.suppress(OSError):
                await self.trick.serve(wire)
        finally:
            wire.close()
            self._serving.pop(wire, None)

    async def cut(self, which: Callable[[Wire], bool] = lambda _: True) -> None:
        """Reset what stands."""
        chosen = [(wire, task) for wire, task in self._serving.items() if which(wire)]
        for wire, task in chosen:
            wire.is_cut = True
            task.cancel()
        await asyncio.gather(*(task for _, task in chosen), return_exceptions=True)

    async def close(self) -> None:
        """End everything."""
        await self._give_up()
        await self.cut()
