"""Noise as a function of seed, channel and index, never of call order. No clock; unit-free tables.

Every table is drawn once from the seed; a multiplicative hash of (channel, index) picks the place
in it. Asking twice, or not asking at all, changes nothing.
"""

import random

TABLE_SIZE = 4096
_MASK = TABLE_SIZE - 1


def place(channel: int, index: int, size_mask: int = _MASK) -> int:
    """Pseudo-random place 0...size_mask (a power of two minus 1) for a channel and an index."""
    mixed = (index * 2654435761 + channel * 2246822519 + 374761393) & 0xFFFFFFFF
    mixed = ((mixed ^ (mixed >> 15)) * 2246822519) & 0xFFFFFFFF
    return (mixed ^ (mixed >> 13)) & size_mask


def bell_table(seed: int, name: str, size: int = TABLE_SIZE) -> list[float]:
    """`size` bounded, bell-shaped numbers: sigma 1, within +-3.47 (sum of four uniforms)."""
    source = random.Random(f"{seed}/{name}")
    # Four uniforms of width 1 have variance 4/12; the factor makes it 1.
    factor = 3**0.5
    draw = source.random
    return [(draw() + draw() + draw() + draw() - 2.0) * factor for _ in range(size)]


def constant_error(seed: int, name: str, channel: int, bound: float) -> float:
    """A part's fixed error, uniform within +-bound, the same for the whole run."""
    return random.Random(f"{seed}/{name}/{channel}").uniform(-bound, bound)
