"""Two wires on which everything goes wrong that does: characters in time, and who hears them.

One byte takes 10 or 11 bit times; whoever talks while another one does spoils both. Nobody hears
himself, but for the master if the line has an echo. Each fault is a property of the wire or of who
is at it (`Faults`, badparties.py), seeded, none knows a decoder. Clock: `now_us`, microseconds
that only grow; time passes when the master looks.
"""

from __future__ import annotations

import errno
import heapq
import math
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from .lineshim import Wire
from .uartbits import heard_as

BUFFER_BYTES = 512  # of the master's port
_NEVER = 1 << 60


@dataclass(frozen=True)
class Faults:
    """Of the wire. Shares are of all bytes, 0...1; rates are per second."""

    wrong: float = 0.0  # one to eight bits differ
    lost: float = 0.0  # a byte is not heard
    added: float = 0.0  # a byte more is heard behind it
    noise_per_s: float = 0.0  # one to three bytes that nobody sent
    cuts_per_s: float = 0.0  # the cable is pulled, for `cut_ms`
    cut_ms: tuple[int, int] = (50, 3000)
    echo: bool = False
    meter_wire: Wire | None = None  # what the meters have set, if it is not what the master has

    @property
    def byte_errors(self) -> float:
        """Share of bytes that something happens to."""
        return self.wrong + self.lost + self.added


def byte_errors(share: float) -> Faults:
    """So many bytes are hit: eight of ten are wrong, one is lost, one has another behind it."""
    return Faults(wrong=0.8 * share, lost=0.1 * share, added=0.1 * share)


class Party(Protocol):
    """Somebody at the line beside the master."""

    def hear(self, chars: list[list[int]], end_us: int) -> None:
        """A talk of another one is over: [end of the byte in us, byte] of what was heard."""
        ...


class Talk:
    """What one of them says: its bytes on the wire, [end in us, byte] each."""

    def __init__(self, who: Any, start_us: int, chars: list[list[int]], end_us: int) -> None:
        self.who = who
        self.start_us = start_us
        self.chars = chars
        self.end_us = end_us


class BadLine:
    """The wires, and the master's port at them: a stream of the board contract.

    `taken`: what the master has read since it last wrote. `counts`: how often each fault was.
    """

    def __init__(self, now_us: Callable[[], int], wire: Wire, faults: Faults, seed: int) -> None:
        self.wire = wire
        self.faults = faults
        self.rng = random.Random(seed)
        self.parties: list[Party] = []
        self.taken = bytearray()
        self.counts: dict[str, int] = {}
        self._now_us = now_us
        self._agenda: list[tuple[int, int, Callable[[int], None]]] = []
        self._number = 0
        self._active: list[Talk] = []
        self._ear: deque[list[int]] = deque()
        self._is_open = True
        self._cut_until_us = 0
        self._master_end_us = 0
        self._to_error = self._next_error()
        for rate, event in ((faults.noise_per_s, self._noise), (faults.cuts_per_s, self._pull)):
            if rate:
                self.at(self.after_us(rate), event)

    # ------------------------------------------------------------------ the master's port

    def readinto(self, buf: Any) -> int | None:
        """Bytes that have arrived by now and fit into `buf`, or None."""
        now_us = self._look()
        ear, count = self._ear, 0
        while ear and count < len(buf) and ear[0][0] <= now_us:
            buf[count] = ear.popleft()[1]
            count += 1
        self.taken += buf[:count]
        return count or None

    def write(self, data: Any) -> int:
        """Put bytes on the line; all are taken, they leave one character time after another."""
        now_us = self._look()
        self.taken = bytearray()
        self._master_end_us = self.say(self, max(now_us, self._master_end_us), bytes(data))
        self._advance(now_us)
        return len(data)

    def close(self) -> None:
        """Give the port up; further calls raise OSError."""
        self._is_open = False

    def _look(self) -> int:
        if not self._is_open:
            raise OSError(errno.EBADF, "the line's port is closed")
        now_us = self._now_us()
        self._advance(now_us)
        while len(self._ear) > BUFFER_BYTES and self._ear[BUFFER_BYTES][0] <= now_us:
            del self._ear[BUFFER_BYTES]
        return now_us

    # ------------------------------------------------------------------ for the parties

    def count(self, what: str) -> None:
        """It has happened once more."""
        self.counts[what] = self.counts.get(what, 0) + 1

    def at(self, at_us: int, what: Callable[[int], None]) -> None:
        """Do `what` when it is `at_us`."""
        self._number += 1
        heapq.heappush(self._agenda, (at_us, self._number, what))

    def after_us(self, per_s: float, at_us: int | None = None) -> int:
        """When something that happens so often will happen next, after `at_us` or now."""
        begin_us = self._now_us() if at_us is None else at_us
        return begin_us + int(self.rng.expovariate(per_s) * 1_000_000) + 1

    def within_us(self, ms: tuple[int, int]) -> int:
        """A time from...to, in us."""
        return self.rng.randrange(1000 * ms[0], 1000 * ms[1] + 1)

    def say(self, who: Any, start_us: int, data: bytes) -> int:
        """`who` will talk from `start_us` on; returns when that ends, us."""
        end_us = start_us + self._wire_of(who).time_us(len(data))
        self.at(start_us, lambda at_us: self._begin(who, at_us, data, end_us))
        return end_us

    def stop(self, who: Any, at_us: int) -> None:
        """`who` falls silent in the middle of what he says."""
        for talk in self._active:
            if talk.who is who:
                dropped = [char for char in talk.chars if char[0] > at_us]
                self._drop(talk, dropped)

    # ------------------------------------------------------------------ what happens

    def _advance(self, now_us: int) -> None:
        agenda = self._agenda
        while agenda and agenda[0][0] <= now_us:
            at_us, _, what = heapq.heappop(agenda)
            what(at_us)

    def _begin(self, who: Any, at_us: int, data: bytes, end_us: int) -> None:
        chars = self._on_the_wire(who, at_us, data)
        if at_us < self._cut_until_us:
            chars = [char for char in chars if char[0] > self._cut_until_us]
        talk = Talk(who, at_us, chars, end_us)
        if who is not self or self.faults.echo:
            self._ear += chars
        for other in self._active:
            self._collide(other, talk)
        self._active.append(talk)
        self.at(end_us, lambda at_us: self._end(talk))

    def _end(self, talk: Talk) -> None:
        self._active.remove(talk)
        for party in self.parties:
            if party is not talk.who:
                party.hear(talk.chars, talk.end_us)

    def _wire_of(self, who: Any) -> Wire:
        return self.wire if who is self else self.faults.meter_wire or self.wire

    def _on_the_wire(self, who: Any, at_us: int, data: bytes) -> list[list[int]]:
        wire, faults = self._wire_of(who), self.faults
        if faults.meter_wire is not None:
            hearing = faults.meter_wire if who is self else self.wire
            return [[at_us + us, byte] for us, byte in heard_as(data, wire, hearing)]
        chars = [[at_us + wire.time_us(n + 1), byte] for n, byte in enumerate(data)]
        self._to_error -= len(data)
        while self._to_error < 0:
            self._spoil(chars, len(data) + self._to_error, wire)
            self._to_error += 1 + self._next_error()
        return [char for char in chars if char[1] >= 0]

    def _spoil(self, chars: list[list[int]], at: int, wire: Wire) -> None:
        """Something happens to the byte `at`; one that is lost is -1."""
        faults, rng = self.faults, self.rng
        kind = rng.random() * faults.byte_errors
        if kind < faults.wrong:
            self.count("wrong")
            flips = 1 << rng.randrange(8) if rng.random() < 0.5 else rng.randrange(1, 256)
            chars[at][1] ^= flips
        elif kind < faults.wrong + faults.lost:
            self.count("lost")
            chars[at][1] = -1
        else:
            self.count("added")
            chars.append([chars[at][0] + wire.time_us(1) // 2, rng.randrange(256)])
            chars.sort(key=lambda char: char[0])

    def _next_error(self) -> int:
        """How many bytes go well until something happens to one."""
        share = self.faults.byte_errors
        if not share:
            return _NEVER
        return int(math.log(1 - self.rng.random()) / math.log(1 - share))

    def _collide(self, one: Talk, two: Talk) -> None:
        """Where both talk, one byte is heard and it is neither's; the master hears none of it
        while it talks, but for an echo.
        """
        start_us, end_us = two.start_us, min(one.end_us, two.end_us)
        byte_us = self.wire.time_us(1)
        hit = [char for char in one.chars if start_us < char[0] < end_us + byte_us]
        also_hit = [char for char in two.chars if char[0] < end_us + byte_us]
        if not hit and not also_hit:
            return
        self.count("collision")
        for char in hit:
            char[1] = self.rng.randrange(256)
        self._drop(two, also_hit)
        if self in (one.who, two.who) and not self.faults.echo:
            self._ear = deque(char for char in self._ear if not any(char is h for h in hit))
        self._ear = deque(sorted(self._ear))

    def _drop(self, talk: Talk, chars: list[list[int]]) -> None:
        gone = set(map(id, chars))
        talk.chars = [char for char in talk.chars if id(char) not in gone]
        self._ear = deque(char for char in self._ear if id(char) not in gone)

    def _noise(self, at_us: int) -> None:
        self.count("noise")
        self.say(None, at_us, self.rng.randbytes(self.rng.randrange(1, 4)))
        self.at(self.after_us(self.faults.noise_per_s, at_us), self._noise)

    def _pull(self, at_us: int) -> None:
        self.count("cable pulled")
        until_us = self._cut_until_us = at_us + self.within_us(self.faults.cut_ms)
        for talk in self._active:
            self._drop(talk, [c for c in talk.chars if at_us < c[0] <= until_us])
        self.at(self.after_us(self.faults.cuts_per_s, until_us), self._pull)
