"""Meters of single outlets, and cars that take more or less as they like.

Times in ms since the start, currents in mA.
"""

from collections.abc import Iterator
from random import Random
from typing import Any

from pilotlight_host.storm.cars import some_ms
from pilotlight_host.storm.feeders import Draw, Sensor

_LOOK_MS = 200


class OwnMeter:
    """The meter of one outlet, wired in any order, and the firmware's side of it. It falls silent,
    freezes or lies as those of feeders do.
    """

    def __init__(self, draw: Random, car: Draw, unit: Any, journal: Any):
        from pilotlight.core import trust
        from pilotlight.services.limits import Watched

        self._sensor = Sensor(draw, "own", draw.choice((500, 1000, 2000)))
        self._order = draw.sample(range(3), 3)
        self._car = car
        source = trust.Source("meter own", self._sensor.every_ms)
        self._watched = Watched(unit, car.port, None, (), self._sensor, source, journal)
        self._look_ms = 0
        car.moods = moods(draw)

    def latch(self, t_ms: int, now_ms: int) -> None:
        """What the car takes now; the firmware looks at it five times a second."""
        car, flows_ma = self._car, [0, 0, 0]
        for p in car.phases:
            flows_ma[self._order[p]] = car.ma
        self._sensor.latch(t_ms, now_ms, flows_ma)
        if self._look_ms <= t_ms:
            self._look_ms = t_ms + _LOOK_MS
            self._watched.look(now_ms)


def moods(draw: Random) -> Iterator[tuple[int, int]]:
    """(For how long, how much a car takes at most), for ever."""
    while True:
        yield some_ms(draw, 1000, 60000), draw.choice((0, 3000, 8000, 16000, 32000, 32000))
