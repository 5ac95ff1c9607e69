"""Random cars, each a generator of (level at the pilot while the generator stands at +12 V, ms).

A car looks at the duty whenever its next piece begins. Levels in mV, times in ms.
"""

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

AWAY_MV = 12000
EDGES_MV = (2000, 4000, 5000, 7000, 8000, 10000, 11000, 13000)
_POLL_MS = 100
_D_OHM = 270

Pieces = Iterator[tuple[int, int]]


def some_ms(draw: Random, least_ms: int, most_ms: int) -> int:
    """A time between the two; short ones are as likely as long ones."""
    return round(least_ms * (most_ms / least_ms) ** draw.random())


class Car:
    """One visit's car: its resistors, its diode, the port it hangs on."""

    def __init__(self, draw: Random, port: Any):
        self.draw = draw
        self.port = port
        self.b_ohm = draw.choice((1870, 2740, 2740, 2740, 4610))
        r3_ohm = draw.choice((909, 1300, 1300, 1300, 1723))
        self.c_ohm = self.b_ohm * r3_ohm // (self.b_ohm + r3_ohm)
        self.d_ohm = self.b_ohm * _D_OHM // (self.b_ohm + _D_OHM)
        port.diode = draw.choices(("ok", "shorted", "missing"), (40, 1, 1))[0]
        port.noise_mv = draw.choice((0, 20, 60, 60, 300))

    def level(self, ohm: int) -> int:
        """What the car makes of +12 V behind 1 kohm."""
        if self.port.diode == "missing":
            return AWAY_MV
        drop_mv = 0 if self.port.diode == "shorted" else 700
        return drop_mv + (12000 - drop_mv) * ohm // (ohm + 1000)

    @property
    def b_mv(self) -> int:
        """Plugged in."""
        return self.level(self.b_ohm)

    @property
    def c_mv(self) -> int:
        """Ready to charge."""
        return self.level(self.c_ohm)

    @property
    def d_mv(self) -> int:
        """Ready, and asks for ventilation."""
        return self.level(self.d_ohm)


def waits(car: Car) -> Pieces:
    """In B until current is offered, or its patience ends."""
    for _ in range(some_ms(car.draw, 3, 400)):
        yield car.b_mv, _POLL_MS
        if car.port.is_pwm:
            yield car.b_mv, some_ms(car.draw, 20, 3000)
            return


def sleeps(car: Car) -> Pieces:
    """In B, whatever is offered, for long enough to be woken."""
    yield car.b_mv, car.draw.randint(25000, 60000)


def charges(car: Car) -> Pieces:
    """In C for a while; most answer x1 within 3 s, some do not hear it."""
    is_polite = car.draw.random() < 0.7
    for _ in range(some_ms(car.draw, 2, 300)):
        yield car.c_mv, _POLL_MS
        if is_polite and not car.port.is_pwm and car.port.coil:
            yield car.c_mv, some_ms(car.draw, 20, 3000)
            break
    if car.draw.random() < 0.6:
        yield car.b_mv, some_ms(car.draw, 20, 8000)


def stays(car: Car) -> Pieces:
    """In C for long; ends it when it is told to."""
    for _ in range(car.draw.randint(100, 1500)):
        yield car.c_mv, _POLL_MS
        if not car.port.is_pwm and car.port.coil:
            yield car.c_mv, some_ms(car.draw, 20, 3000)
            break


def obeys(car: Car) -> Pieces:
    """In B until current is offered, for as long as a second contactor may take twice."""
    for _ in range(500):
        yield car.b_mv, _POLL_MS
        if car.port.is_pwm:
            return


def ventilates(car: Car) -> Pieces:
    """Asks for ventilation."""
    yield car.d_mv, some_ms(car.draw, 20, 40000)


def pulses(car: Car) -> Pieces:
    """B-C-B toggles (seq 11), and longer ones."""
    for _ in range(car.draw.randint(1, 5)):
        yield car.c_mv, some_ms(car.draw, 40, 600)
        yield car.b_mv, some_ms(car.draw, 100, 600)


def chatters(car: Car) -> Pieces:
    """S2 opens and closes without end."""
    most_ms = car.draw.choice((30, 100, 600))
    for _ in range(car.draw.randint(5, 60)):
        yield (
            car.draw.choice((car.b_mv, car.c_mv, car.c_mv, car.d_mv)),
            some_ms(car.draw, 1, most_ms),
        )


def bounces(car: Car) -> Pieces:
    """Short breaks in C."""
    for _ in range(car.draw.randint(1, 6)):
        yield car.c_mv, some_ms(car.draw, 20, 1500)
        yield car.draw.choice((AWAY_MV, car.b_mv, 0, 14000)), some_ms(car.draw, 1, 60)
    yield car.c_mv, some_ms(car.draw, 20, 5000)


def lingers(car: Car) -> Pieces:
    """At the edges of the windows, with noise."""
    car.port.noise_mv = car.draw.choice((60, 150, 300, 400))
    for _ in range(car.draw.randint(1, 8)):
        level_mv = car.draw.choice(EDGES_MV) + car.draw.randint(-350, 350)
        yield level_mv, some_ms(car.draw, 20, 4000)


def drifts(car: Car) -> Pieces:
    """Slowly through the windows."""
    begin_mv, goal_mv = car.c_mv, car.draw.randint(1000, 12000)
    step_mv = car.draw.choice((20, 60, 200)) * (1 if goal_mv > begin_mv else -1)
    for level_mv in range(begin_mv, goal_mv, step_mv):
        yield level_mv, 20


def shorts(car: Car) -> Pieces:
    """Levels that no car makes: short to earth, too high, between the windows."""
    yield (
        car.draw.choice((0, 870, 1470, 1900, -500, -1500, -5000, 13400, 16000)),
        some_ms(car.draw, 20, 3000),
    )


def breaks(car: Car) -> Pieces:
    """The diode goes while the car is in C."""
    yield car.c_mv, some_ms(car.draw, 500, 8000)
    car.port.diode = car.draw.choice(("shorted", "missing"))
    yield car.c_mv, some_ms(car.draw, 100, 5000)
    if car.draw.random() < 0.5:
        car.port.diode = "ok"


_ACTS: tuple[tuple[Callable[[Car], Pieces], int], ...] = (
    (waits, 30),
    (charges, 40),
    (pulses, 5),
    (chatters, 4),
    (bounces, 6),
    (lingers, 4),
    (drifts, 3),
    (ventilates, 4),
    (shorts, 4),
    (breaks, 2),
    (sleeps, 3),
)


def live(draw: Random, port: Any, is_long: bool = False) -> Pieces:
    """Cars that come and go, for ever. `is_long`: most of them stay."""
    acts, weights = zip(*(_ACTS + ((stays, 600),) * is_long), strict=True)
    while True:
        yield AWAY_MV, some_ms(draw, 100, 3000 if is_long else 15000)
        car = Car(draw, port)
        for _ in range(draw.randint(0, 3)):  # contacts of the plug
            yield draw.choice((AWAY_MV, car.b_mv)), draw.randint(1, 30)
        for act in draw.choices(acts, weights, k=draw.randint(1, 12)):
            if act is stays and port.second is not None:
                yield from obeys(car)
            yield from act(car)
        port.diode = "ok"
