"""In which order outlets are served: small pure functions of a place among all places.

Each returns a key (0...511). Minima go out in the order of the keys; then the lowest key is filled
first, and those of the same key get equal parts (core/shares.py). Whatever the policy: 0 or at
least the minimum, and nothing beyond any limit.
"""

from micropython import const

_LAST = const(511)
_CLASS_S = const(900)


def equal(place, places):
    """All the same."""
    return 0


def priority(place, places):
    """Who has the higher `priority` (0...9) first; of the same one, in equal parts."""
    return 9 - place.priority


def first_come(place, places):
    """Who was plugged in first has all it can use; the next one has what is left."""
    before = 0
    for other in places:
        if 0 < other.rank < place.rank:
            before += 1
    return before


def departure(place, places):
    """Who could wait least to have what it needs when it leaves (core/need.py) first, in classes
    of a quarter of an hour; those of whom nothing is known last, in equal parts.
    """
    if place.need is None:
        return _LAST
    return max(0, min(place.need.slack_s // _CLASS_S, _LAST - 1))


ALL = {
    "equal": equal,
    "priority": priority,
    "first-come": first_come,
    "departure": departure,
}
