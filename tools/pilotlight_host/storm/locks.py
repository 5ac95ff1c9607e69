"""The lock of one socket: a motor that needs its time, a contact, and what can be wrong with them.

Times in ms since the start of the episode; the way of the bolt in permille, 1000 is locked.
"""

from collections.abc import Iterator
from random import Random
from typing import Any

from pilotlight_host.storm.cars import some_ms

_WAY = 1000
_SLOW = 5  # times as long
_READS: dict[str, bool | None] = {"reads open": False, "reads locked": True, "unknown": None}
_KINDS = ("jams", "jams", "slow", *_READS)


class Lock:
    """`drive`: True moves it towards locked, False towards unlocked, None lets it rest."""

    def __init__(self, draw: Random, port: Any):
        self.drive: bool | None = None
        self.is_locked: bool | None = False  # what the contact reads
        self.bad_ms = -1  # something was wrong last at
        self._port = port
        self._way_ms = draw.choice((60, 150, 300, 450))  # to its end
        self._way = draw.choice((0, _WAY))
        self._moved_ms = 0
        self._fault: str | None = None
        self._faults = self._happen(draw)
        self._faults_ms = 0

    @property
    def holds(self) -> bool:
        """The plug cannot be pulled."""
        return self._way > _WAY // 2

    def set_drive(self, t_ms: int, drive: bool | None) -> None:
        """Motor on or off."""
        self._move(t_ms)
        self.drive = drive
        self._port.note("lock driven", drive)

    def latch(self, t_ms: int) -> None:
        """Move, break or mend, and read the contact."""
        if self._faults_ms <= t_ms:
            self._faults_ms = t_ms + next(self._faults)
        self._move(t_ms)
        if self._fault is not None:
            self.bad_ms = t_ms
        contact = _READS.get(self._fault or "", self._way == _WAY)
        if contact is not self.is_locked:
            self.is_locked = contact
            self._port.note("lock reads", contact)

    def skip(self, for_ms: int) -> None:
        """Time passes, and nothing happens."""
        self._faults_ms += for_ms

    def _move(self, t_ms: int) -> None:
        past_ms, self._moved_ms = t_ms - self._moved_ms, t_ms
        if self.drive is None or self._fault == "jams":
            return
        way_ms = self._way_ms * (_SLOW if self._fault == "slow" else 1)
        step = past_ms * _WAY // way_ms
        self._way = min(_WAY, self._way + step) if self.drive else max(0, self._way - step)

    def _happen(self, draw: Random) -> Iterator[int]:
        apart_ms = draw.choice((10000, 60000, 60000, 400000))
        while True:
            yield some_ms(draw, 500, apart_ms)
            self._fault = draw.choice(_KINDS)
            self._port.note("lock", self._fault)
            yield some_ms(draw, 100, 20000)
            self._fault = None
            self._port.note("lock", "good again")
