"""What an episode has beside bare outlets, chosen by a draw of its own, so that an episode without
these parts is what it always was.
"""

from random import Random
from typing import NamedTuple


class Parts(NamedTuple):
    """`locks`: some outlets hold their plug. `tests`: monitors are tested. `feeders`: supply comes
    from the balancer, not from a draw. `seconds`: some outlets have a second contactor. `outside`,
    beside feeders: sun, and limits from outside the fuse. `power`, beside outside: most of what
    binds is power from the grid, and the house leaves some of it. `meters`, beside feeders:
    outlets have meters of their own.
    """

    locks: bool = False
    tests: bool = False
    feeders: bool = False
    seconds: bool = False
    outside: bool = False
    power: bool = False
    meters: bool = False


PLAIN = Parts()


def drawn(seed: int) -> Parts:
    """Three fifths of the episodes have none of them, an eighth has feeders."""
    draw = Random(f"parts/{seed}")
    if draw.random() < 0.6:
        return PLAIN
    locks, tests, feeders = draw.random() < 0.5, draw.random() < 0.5, draw.random() < 0.3
    seconds, outside = draw.random() < 0.5, feeders and draw.random() < 0.6
    power = outside and draw.random() < 0.5
    meters = feeders and draw.random() < 0.5
    return Parts(locks, tests, feeders, seconds, outside, power, meters)
