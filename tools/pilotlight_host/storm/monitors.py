"""The residual-current monitor of one outlet: how it answers its test, and what is wrong with it.

Times in ms since the start of the episode.
"""

from random import Random

from pilotlight_host.storm.cars import some_ms

_NEVER = 1 << 60


class Monitor:
    """`trips`: it reports the test current. Real trips are faults of the port."""

    def __init__(self, draw: Random):
        self.trips = False
        self._draw = draw
        self._trip_ms = draw.choice((5, 40, 300, 740, 800))  # from test current to trip
        self._clear_ms = draw.choice((20, 200, 1300, 2300, 2600))  # and back
        self._turn_ms = _NEVER  # it changes at

    def set_test(self, t_ms: int, is_on: bool) -> None:
        """Test current on or off; now and then it answers late, not at all, or stays tripped."""
        draw = self._draw
        if is_on:
            self._turn_ms = t_ms + self._trip_ms
            if draw.random() < 0.06:
                self._turn_ms = draw.choice((_NEVER, t_ms + some_ms(draw, 1000, 3000)))
        elif self.trips:
            self._turn_ms = t_ms + self._clear_ms
            if draw.random() < 0.06:
                self._turn_ms = t_ms + some_ms(draw, 2500, 20000)
        else:
            self._turn_ms = _NEVER

    def latch(self, t_ms: int) -> None:
        """Answer, if it is time to."""
        if self._turn_ms <= t_ms:
            self._turn_ms = _NEVER
            self.trips = not self.trips
