"""A second contactor for L2 and L3 of one outlet, and people who wish for phases. Times in ms."""

from collections.abc import Iterator
from random import Random
from typing import Any

from pilotlight_host.storm.cars import some_ms

_EARLY = -1_000_000


class Second:
    """`coil` and `contact`; what is stuck stays where it is until it is free again."""

    def __init__(self, draw: Random, port: Any):
        self.is_fitted = draw.random() < 0.8  # with a contact that tells
        self.coil = self.contact = False
        self.coil_ms = _EARLY  # the coil changed at
        self.moves = 0
        self._port = port
        self._draw = draw
        self._delay_ms = draw.choice((10, 20, 50))
        self._is_stuck = False
        self._faults = self._happen()
        self._faults_ms = 0
        self._wish_ms = 0

    @property
    def is_closed(self) -> bool | None:
        """Board contract: its mirror contact."""
        return self.contact if self.is_fitted else None

    def set_coil(self, t_ms: int, is_on: bool) -> None:
        """Board contract."""
        if is_on != self.coil:
            self.coil = is_on
            self.coil_ms = t_ms
            self.moves += 1
            self._port.note("second", is_on, t_ms)

    def skip(self, for_ms: int) -> None:
        """Time passes, and nothing happens."""
        self._faults_ms += for_ms
        self._wish_ms += for_ms

    def latch(self, t_ms: int) -> None:
        """The contact follows."""
        if self._faults_ms <= t_ms:
            self._faults_ms = t_ms + next(self._faults)
        if t_ms - self.coil_ms >= self._delay_ms and not self._is_stuck:
            self.contact = self.coil

    def wish(self, t_ms: int, phases: Any) -> None:
        """Now and then somebody wants something else."""
        if self._wish_ms <= t_ms:
            self._wish_ms = t_ms + some_ms(self._draw, 300, 40000)
            source = self._draw.choice(("person", "network"))
            count = self._draw.choice((1, 3, None))
            phases.wish(source, count)
            self._port.note("phases by the " + source, count, t_ms)

    def _happen(self) -> Iterator[int]:
        draw = self._draw
        apart_ms = draw.choice((20000, 200000, 600000))
        while True:
            yield some_ms(draw, 4000, apart_ms)
            self._is_stuck = self.is_fitted
            yield some_ms(draw, 200, 60000)
            self._is_stuck = False
