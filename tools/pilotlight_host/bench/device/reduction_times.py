"""Times `level`, `collect` and `reduce` of drivers/rp2/samples.py in any writing. After
app_on_board.py.

A frozen copy of ring and words is reduced, so that all see the same. Every call is timed by itself
and the least counts: the guard's interrupt comes between. Prints NAME US RESULT.
"""

from array import array

from pilotlight.drivers.clamps import weights
from pilotlight.drivers.rp2 import samples

_ring = board._clockwork.ring
_words = board._clockwork.words


def _still():
    """Ring and words as they are now."""
    board._clockwork.locate()
    ring = array("H", bytes(len(_ring)))
    samples.copy(_ring, 0, ring, len(_ring) // 2)
    return ring, array("i", _words)


def least(f, prepare, *args):
    """The shortest of 20 calls, us."""
    found = 1 << 29
    for _ in range(20):
        prepare()
        begin = ticks_us()
        f(*args)
        found = min(found, ticks_diff(ticks_us(), begin))
    return found


def times(level, collect, reduce):
    """What they take on `still`, and what they leave."""
    ring, words = still
    copy = array("i", words)
    windows = array("H", bytes(2 * 2 * 3 * 200))
    print("level", least(level, _nothing, copy, ring, 0, 0, 10), copy[7] * 100003 + copy[8])

    def begin():
        copy[10] = (copy[2] - 40 * 32) & 2047  # 20 ms of frames
        copy[11] = 0

    took = least(collect, begin, copy, ring, windows)
    print("collect", took, sum(windows) * 1000 + copy[11])

    window = array("H", [2048 + (i * 37 % 101 - 50) * (i % 29) for i in range(200)])
    weigh = weights(200)
    found = array("i", (0, 0, 0, 0, sum(weigh), 200))
    took = least(reduce, _nothing, window, weigh, found)
    print("reduce", took, "-".join([str(number) for number in found]))


def _nothing():
    pass


still = _still()
