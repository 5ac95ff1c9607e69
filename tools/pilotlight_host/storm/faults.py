"""Random faults of one outlet's equipment, a generator of ms until the next one begins or ends."""

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from pilotlight_host.storm.cars import some_ms

LOW_MV = -12000
_UNSURE_MS = 200  # readings after a fault of the sampling are trusted again after


class Broken:
    """What does not work at present."""

    def __init__(self) -> None:
        self.tripped = False
        self.welded = self.stuck_open = False
        self.flat = False  # the generator stands still
        self.low_mv = LOW_MV
        self.sampling = "good"  # or lost, none, stuck
        self.must_open = False  # the breaker would not last


def _trips(draw: Random, port: Any) -> Iterator[int]:
    port.broken.tripped = True
    yield some_ms(draw, 20, 3000)
    port.broken.tripped = False


def _welds(draw: Random, port: Any) -> Iterator[int]:
    port.broken.welded = True
    yield some_ms(draw, 100, 15000)
    port.broken.welded = False


def _does_not_close(draw: Random, port: Any) -> Iterator[int]:
    port.broken.stuck_open = True
    yield some_ms(draw, 100, 15000)
    port.broken.stuck_open = False


def _samples_badly(draw: Random, port: Any) -> Iterator[int]:
    port.broken.sampling = draw.choice(("lost", "lost", "none", "stuck"))
    for_ms = some_ms(draw, 20, 1500)
    port.unsure_ms = port.board.t_ms + for_ms + _UNSURE_MS
    yield for_ms
    port.unsure_ms = port.board.t_ms + _UNSURE_MS
    port.broken.sampling = "good"


def _low_is_weak(draw: Random, port: Any) -> Iterator[int]:
    port.broken.low_mv = draw.choice((-10400, -10050, -9950, -9800, -9000, -5000))
    yield some_ms(draw, 20, 5000)
    port.broken.low_mv = LOW_MV


def _does_not_swing(draw: Random, port: Any) -> Iterator[int]:
    port.broken.flat = True
    yield some_ms(draw, 20, 3000)
    port.broken.flat = False


def _guard_opens(draw: Random, port: Any) -> Iterator[int]:
    if port.board.has_guard:
        port.guard_opens(port.board.t_ms)
    yield draw.randint(20, 100)


def _breaker_is_hot(draw: Random, port: Any) -> Iterator[int]:
    port.broken.must_open = True
    yield some_ms(draw, 20, 1000)
    port.broken.must_open = False


KINDS: tuple[Callable[[Random, Any], Iterator[int]], ...] = (
    _trips,
    _welds,
    _does_not_close,
    _samples_badly,
    _low_is_weak,
    _does_not_swing,
    _guard_opens,
    _breaker_is_hot,
)


def happen(draw: Random, port: Any) -> Iterator[int]:
    """Faults for ever; some outlets have many, some hardly any."""
    apart_ms = draw.choice((5000, 30000, 200000))
    while True:
        yield some_ms(draw, 500, apart_ms)
        kind = draw.choice(KINDS)
        port.note("fault begins", kind.__name__.strip("_"))
        yield from kind(draw, port)
        port.note("fault ends", kind.__name__.strip("_"))
