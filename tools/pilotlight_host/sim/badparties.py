"""Who is at a bad line beside the master: a meter with faults of its own, a second master.

The meter's frames are pymodbus'; what it says is `answer`'s. Times in us of the line's clock.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pymodbus.exceptions import ModbusException
from pymodbus.framer import FramerRTU
from pymodbus.pdu import DecodePDU

from .badline import BadLine
from .lineshim import TURNAROUND_MS

_FRAMER = FramerRTU(DecodePDU(True))


@dataclass(frozen=True)
class Habits:
    """Of a meter. Shares are of its replies, 0...1; times are from...to, ms."""

    turn_ms: tuple[int, int] = (TURNAROUND_MS - 2, TURNAROUND_MS + 6)
    late: float = 0.0  # it thinks longer by `late_ms`
    late_ms: tuple[int, int] = (100, 1500)
    doubled: float = 0.0  # it says it twice, the second time after `doubled_ms`
    doubled_ms: tuple[int, int] = (0, 400)
    is_queueing: bool = (
        False  # what comes while it is busy is answered later; else it is not heard
    )
    resets_per_s: float = 0.0
    boot_ms: tuple[int, int] = (500, 3000)


def decoded(framer: FramerRTU, data: bytes) -> Any:
    """What pymodbus makes of bytes: its request or reply, None if there is none."""
    try:
        return framer.handleFrame(data, 0, 0)[1]
    except (ModbusException, ValueError, IndexError):
        return None


class BadMeter:
    """A slave: `answer(request, at_us)` gives its frame, None for what it does not answer."""

    def __init__(
        self, line: BadLine, habits: Habits, answer: Callable[[Any, int], bytes | None]
    ) -> None:
        self._line = line
        self._habits = habits
        self._answer = answer
        self._silence_us = max(1750, line.wire.time_us(7) // 2)  # t3.5
        self._frame = bytearray()
        self._last_us = 0
        self._free_us = 0  # until then it is busy
        self._life = 0  # of which reset
        self._asleep_until_us = 0
        line.parties.append(self)
        if habits.resets_per_s:
            line.at(line.after_us(habits.resets_per_s), self._reset)

    def hear(self, chars: list[list[int]], end_us: int) -> None:
        """Collect until the line is silent for 3.5 characters."""
        if not chars:
            return
        if chars[0][0] - self._last_us > self._silence_us + self._line.wire.time_us(1):
            self._frame.clear()
        self._frame += bytes(char[1] for char in chars)
        self._last_us = chars[-1][0]
        self._line.at(self._last_us + self._silence_us, self._judge)

    def _judge(self, at_us: int) -> None:
        if at_us < self._last_us + self._silence_us:
            return
        frame, self._frame = bytes(self._frame), bytearray()
        is_busy = self._free_us > at_us and not self._habits.is_queueing
        if is_busy or at_us < self._asleep_until_us:
            return
        request = decoded(_FRAMER, frame)
        reply = None if request is None else self._answer(request, self._last_us)
        if reply is not None:
            self._reply(reply)

    def _reply(self, reply: bytes) -> None:
        rng, habits = self._line.rng, self._habits
        start_us = max(self._free_us, self._last_us) + self._line.within_us(habits.turn_ms)
        if rng.random() < habits.late:
            self._line.count("late")
            start_us += self._line.within_us(habits.late_ms)
        self._free_us = self._say(start_us, reply)
        if rng.random() < habits.doubled:
            self._line.count("doubled")
            self._say(self._free_us + self._line.within_us(habits.doubled_ms), reply)

    def _say(self, start_us: int, reply: bytes) -> int:
        """Returns when it ends. What a reset forgets is not said."""
        line, life = self._line, self._life

        def begin(at_us: int) -> None:
            if life == self._life:
                line.say(self, at_us, reply)

        line.at(start_us, begin)
        return start_us + line.wire.time_us(len(reply))

    def _reset(self, at_us: int) -> None:
        """It falls silent in the middle of a word, stays so, and begins with a click."""
        self._line.count("reset")
        self._life += 1
        self._line.stop(self, at_us)
        self._frame.clear()
        self._asleep_until_us = self._free_us = at_us + self._line.within_us(self._habits.boot_ms)
        self._line.say(self, self._asleep_until_us, b"\x00")
        awake_us = self._asleep_until_us
        self._line.at(self._line.after_us(self._habits.resets_per_s, awake_us), self._reset)


class SecondMaster:
    """Asks by a clock of its own, and looks at nobody: `frames` in turn, `every_ms` from...to."""

    def __init__(self, line: BadLine, frames: Sequence[bytes], every_ms: tuple[int, int]) -> None:
        self._line = line
        self._frames = frames
        self._every_ms = every_ms
        self._turn = 0
        line.parties.append(self)
        line.at(line.after_us(1.0), self._ask)

    def hear(self, chars: list[list[int]], end_us: int) -> None:
        """It cares for no reply here."""

    def _ask(self, at_us: int) -> None:
        self._line.count("second master")
        end_us = self._line.say(self, at_us, self._frames[self._turn % len(self._frames)])
        self._turn += 1
        self._line.at(end_us + self._line.within_us(self._every_ms), self._ask)
