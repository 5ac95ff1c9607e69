"""When what flows tells something of a car, and what follows for its place (core/habit.py has the
evidence itself).

A car is seen by the nearest feeder whose sensors are heard. What it does tells something only if
it was told noticeably more while nothing else on its phases was changing. So it is to have no more
than its minimum until it is seen what follows the closing of its contactor: others do not give way
to it at that moment. Currents in mA, times in ticks (ms).
"""

from micropython import const
from time import ticks_add

_LULL_MS = const(2000)  # and two samples: what is shown then may be from before a change
_TELLING_MA = const(1000)  # what it makes of a smaller raise tells nothing
_STEP_MA = const(100)  # offers are whole steps


def begin(now_ms, place, places):
    """It was told something else, or has opened or closed: what flows now may be its doing."""
    place.habit.end()
    is_calm = True
    for other in places:
        if other is not place and other.meets(place):
            other.habit.give_up()
            is_calm = is_calm and other.lull_ms is None
    feeder = place.seen_at()
    if feeder is None:
        return
    place.lull_ms = ticks_add(now_ms, _LULL_MS + feeder.late_ms())
    told_ma = place.told_ma if place.was_closed else 0
    is_telling = place.is_closed and place.signalled_ma - told_ma >= _TELLING_MA
    if is_telling and is_calm and feeder.before_ma[0] is not None:
        place.seen_by = feeder
        more_ma = place.signalled_ma
        place.habit.begin(now_ms, feeder.before_ma, feeder.late_ms(), told_ma, more_ma)


def is_watching(place, places):
    """Another outlet on one of its phases is watched, or will be: one at a time."""
    for other in places:
        if other is not place and other.meets(place):
            # duties are rounded down, by less than the smallest raise
            is_being_told = 0 < other.told_ma <= other.offered_ma - _STEP_MA
            if (is_being_told and other.hold_ms is not None) or other.habit.is_watched():
                return True
    return False


def learn(now_ms, place):
    """Which phases it uses, and how much it wants: sets its weights and its cap."""
    habit = place.habit
    measured = place.seen_at()
    if measured is None or not place.is_plugged or place.is_tried:
        habit.forget()
    else:
        if measured is not place.seen_by:
            habit.give_up()
        habit.look(now_ms, measured.signed_ma, measured.late_ms())
        if place.metered_ma is None or not place.is_closed:
            habit.left_ms = None
        else:
            habit.see_meter(now_ms, place.metered_ma, place.signalled_ma)
        if habit.is_partial:
            _doubt(place)
    if habit.has_changed:
        habit.has_changed = False
        place.weigh()
    place.cap_ma = place.allowed_ma
    if habit.want_ma is not None and place.cap_ma > habit.want_ma:
        place.cap_ma = max(habit.want_ma, place.min_ma)
    if not place.is_ready or not place.is_closed or habit.is_starting():
        place.cap_ma = min(place.cap_ma, place.min_ma)


def _doubt(place):
    """What it draws may be why a phase is full."""
    for feeder in place.feeders:
        for pool in feeder.pools:
            if pool.left_ma == 0 and place.on[pool.phase]:
                place.habit.distrust(pool.phase)
