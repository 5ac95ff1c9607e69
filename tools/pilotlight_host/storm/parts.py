"""What an episode has beside bare outlets, chosen by a draw of its own, so that an episode without
these parts is what it always was.
"""

from random import Random
from typing import NamedTuple


class Parts(NamedTuple):
    """`locks`: some outlets hold their plug. `tests`: monitors are tested. `feeders`: supply comes
    from the balancer, not from a draw.
    """

    locks: bool = False
    tests: bool = False
    feeders: bool = False


PLAIN = Parts()


def drawn(seed: int) -> Parts:
    """Three fifths of the episodes have none of them, an eighth has feeders."""
    draw = Random(f"parts/{seed}")
    if draw.random() < 0.6:
        return PLAIN
    return Parts(draw.random() < 0.5, draw.random() < 0.5, draw.random() < 0.3)
