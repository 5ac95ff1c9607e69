"""The pause before the first charge after a power cut, so that a street does not return at once.

Each outlet of a site draws its own, evenly from 0 to the longest (UK SI 2021/1467: 600 s, up to
1800 s; default 0). After a loss of power only, never after one of the network. Pure arithmetic in
small integers: the same seed gives the same pauses, on every machine.
"""

from micropython import const

_BITS = const(15)
_MASK = const(0x7FFF)
_ROUNDS = const(8)


def delays_ms(seed, count, longest_s):
    """Pauses of outlets 1...`count`, ms. `seed`: 0...2^24-1, new after each power cut;
    `longest_s`: 0...1800.
    """
    return [_pause_ms(seed, number + 1, longest_s) for number in range(count)]


def _pause_ms(seed, number, longest_s):
    """0, or evenly from 0 to just below `longest_s`: whole seconds, and milliseconds in one."""
    if longest_s == 0:
        return 0
    high, low = _mixed(seed, number)
    return (high * longest_s >> _BITS) * 1000 + (low * 1000 >> _BITS)


def _mixed(seed, number):
    """Two numbers of 15 bits: rounds of a Feistel network over the seed, keyed by the outlet."""
    high, low = seed >> _BITS & _MASK, seed & _MASK
    for i in range(_ROUNDS):
        high, low = low, (high ^ low * (6007 + 2 * number) ^ low >> 7 ^ (i + 1) * 911) & _MASK
    return high, low
