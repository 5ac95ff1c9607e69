"""Deadlines: ticks (ms) at which something is over, or None.

Ticks can be compared only within 6.2 days. A deadline that is left standing would lie in the
future again after that, so whoever holds one clears it in the step that sees it pass.
"""

from time import ticks_diff


def unless_passed(now_ms, deadline_ms):
    """The deadline, or None once it has passed."""
    if deadline_ms is not None and ticks_diff(now_ms, deadline_ms) >= 0:
        return None
    return deadline_ms


def earlier(now_ms, one_ms, other_ms):
    """The deadline that comes first, seen from `now_ms`; None stands for none."""
    if one_ms is None:
        return other_ms
    if other_ms is None:
        return one_ms
    return one_ms if ticks_diff(one_ms, now_ms) <= ticks_diff(other_ms, now_ms) else other_ms
