"""A serial line between two ptys: the pace of the wire, the meter's turn-around, its faults.

A pty delivers at once, whatever baud rate was set; a real line needs one character time per byte
and a meter thinks before it answers. Clock: the `now_ms` handed in, milliseconds that only grow
(they do not wrap); inside, integer microseconds. With a scaled clock the line is scaled too.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import tty
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from pymodbus.framer import FramerRTU

FAULTS = (None, "silent", "exception", "garbage", "half", "wrong-slave")
TURNAROUND_MS = 45  # SDM230 at 9600: 43-51 ms of silence before the first byte


@dataclass(frozen=True)
class Wire:
    """What both ends of a serial line have agreed on: baud, parity N, E or O, stop bits 1 or 2."""

    baud: int = 9600
    parity: str = "N"
    stop: int = 1

    def __post_init__(self) -> None:
        if not 300 <= self.baud <= 1_000_000:
            raise ValueError(f"baud: {self.baud} is not within 300...1000000")
        if self.parity not in ("N", "E", "O"):
            raise ValueError(f"parity: {self.parity!r} is not one of N, E, O")
        if self.stop not in (1, 2):
            raise ValueError(f"stop: {self.stop!r} is not 1 or 2")

    @property
    def bits(self) -> int:
        """Bits of one character: start, 8 data, parity if any, stop."""
        return 9 + (self.parity != "N") + self.stop

    def time_us(self, characters: int) -> int:
        """Microseconds that so many characters take, rounded up."""
        return -(-characters * self.bits * 1_000_000 // self.baud)

    def arrived(self, since_us: int) -> int:
        """Characters that are complete after so many microseconds."""
        return max(0, since_us * self.baud // (self.bits * 1_000_000))


def spoil(reply: bytes, address: int, fault: str | None, seed: int, at_ms: int) -> bytes:
    """What stands on the wire when the slave at `address` meant to say `reply`.

    Another slave's reply is not on this wire at all. "exception" is not made here: the meter
    itself says it. Garbage depends on seed and time only, not on what was asked before.
    """
    if fault not in FAULTS:
        raise ValueError(f"meter_fault: {fault!r} is not one of {FAULTS}")
    if not reply or reply[0] != address or fault == "silent":
        return b""
    if fault == "half":
        return reply[: len(reply) // 2]
    if fault == "garbage":
        return random.Random((seed << 48) ^ at_ms).randbytes(len(reply))
    if fault == "wrong-slave":
        body = bytes((address % 247 + 1,)) + reply[1:-2]
        return body + FramerRTU.compute_CRC(body).to_bytes(2, "big")
    return reply


class LineShim:
    """Two ptys with a paced line in between: `path` for the master, `slave_path` for the slave.

    `fault()` is asked when a request has arrived in full. `sleep_ms` must go by the same clock as
    `now_ms`. A byte that the master's full receive buffer cannot take is lost, as on a UART.
    """

    def __init__(
        self,
        wire: Wire,
        address: int,
        now_ms: Callable[[], float],
        sleep_ms: Callable[[float], Awaitable[None]],
        fault: Callable[[], str | None],
        turnaround_ms: int = TURNAROUND_MS,
        seed: int = 0,
    ) -> None:
        self._wire = wire
        self._address = address
        self._now_ms = now_ms
        self._sleep_ms = sleep_ms
        self._fault = fault
        self._turnaround_us = turnaround_ms * 1000
        self._seed = seed
        self._master_fd, self._master_end, self.path = _raw_pty()
        self._slave_fd, self._slave_end, self.slave_path = _raw_pty()
        self._requests: asyncio.Queue[tuple[int, bytes]] = asyncio.Queue()
        self._reply = bytearray()
        self._replied = asyncio.Event()
        self._request_end_us = 0
        self._spoken: str | None = None
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Start moving bytes; needs a running event loop."""
        loop = asyncio.get_running_loop()
        loop.add_reader(self._master_fd, self._from_master)
        loop.add_reader(self._slave_fd, self._from_slave)
        self._tasks = [loop.create_task(self._carry_requests())]
        self._tasks.append(loop.create_task(self._carry_replies()))

    async def close(self) -> None:
        """Stop, and take both ptys away: whoever still holds one gets an OSError."""
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._master_fd)
        loop.remove_reader(self._slave_fd)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for fd in (self._master_fd, self._master_end, self._slave_fd, self._slave_end):
            os.close(fd)

    def _now_us(self) -> int:
        return int(self._now_ms() * 1000)

    def _from_master(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._requests.put_nowait((self._now_us(), os.read(self._master_fd, 4096)))

    def _from_slave(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._reply += os.read(self._slave_fd, 4096)
            self._replied.set()

    async def _until_us(self, due_us: int) -> None:
        while (left_us := due_us - self._now_us()) > 0:
            await self._sleep_ms(max(1, left_us / 1000))

    async def _carry_requests(self) -> None:
        while True:
            at_us, data = await self._requests.get()
            end_us = max(self._request_end_us, at_us) + self._wire.time_us(len(data))
            self._request_end_us = end_us
            await self._until_us(end_us)
            self._spoken = self._fault()
            _put(self._slave_fd, data)

    async def _carry_replies(self) -> None:
        while True:
            await self._replied.wait()
            start_us = max(self._request_end_us + self._turnaround_us, self._now_us())
            await self._until_us(start_us)
            # whatever the slave wrote during its turn-around is one reply
            reply, self._reply = bytes(self._reply), bytearray()
            self._replied.clear()
            at_ms = self._request_end_us // 1000
            said = spoil(reply, self._address, self._spoken, self._seed, at_ms)
            await self._pace(said, start_us)

    async def _pace(self, data: bytes, start_us: int) -> None:
        sent = 0
        while sent < len(data):
            await self._until_us(start_us + self._wire.time_us(sent + 1))
            due = min(len(data), self._wire.arrived(self._now_us() - start_us))
            _put(self._master_fd, data[sent:due])
            sent = max(sent, due)


def _raw_pty() -> tuple[int, int, str]:
    """(controlling end, our own hold on the other end, path of the other end)."""
    control, end = os.openpty()
    tty.setraw(end)
    os.set_blocking(control, False)
    return control, end, os.ttyname(end)


def _put(fd: int, data: bytes) -> None:
    with contextlib.suppress(BlockingIOError):
        os.write(fd, data)
