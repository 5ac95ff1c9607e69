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


Kind = Callable[[Random, Any], Iterator[int]]


def _broken(what: str, least_ms: int, most_ms: int) -> Kind:
    """This does not work for some time."""

    def kind(draw: Random, port: Any) -> Iterator[int]:
        port.trips += what == "tripped"
        setattr(port.broken, what, True)
        yield some_ms(draw, least_ms, most_ms)
        setattr(port.broken, what, False)

    return kind


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


def _guard_opens(draw: Random, port: Any) -> Iterator[int]:
    if port.board.has_guard:
        port.guard_opens(port.board.t_ms)
    yield draw.randint(20, 100)


KINDS: dict[str, Kind] = {
    "trips": _broken("tripped", 20, 3000),
    "welds": _broken("welded", 100, 15000),
    "does not close": _broken("stuck_open", 100, 15000),
    "samples badly": _samples_badly,
    "low is weak": _low_is_weak,
    "does not swing": _broken("flat", 20, 3000),
    "guard opens": _guard_opens,
    "breaker is hot": _broken("must_open", 20, 1000),
}


def happen(draw: Random, port: Any) -> Iterator[int]:
    """Faults for ever; some outlets have many, some hardly any."""
    apart_ms = draw.choice((5000, 30000, 200000))
    least_ms = 500
    if port.board.is_long:
        least_ms, apart_ms = 20000, 400000
    while True:
        yield some_ms(draw, least_ms, apart_ms)
        kind = draw.choice(tuple(KINDS))
        port.note("fault begins", kind)
        yield from KINDS[kind](draw, port)
        port.note("fault ends", kind)
