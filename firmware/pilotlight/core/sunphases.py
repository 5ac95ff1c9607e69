"""One phase or three as the sun has it: what the policy wishes for an outlet with a second
contactor (core/phases.py) in a solar mode.

    to one     for 3 minutes the sun has left less than the minimum on three phases, but enough for
               one; with min+solar however little, because less is drawn from the grid so. After
               one minute if nothing is offered; at once for a car that has just been plugged in.
               In the mode solar after 30 minutes if no change would be left for the way back:
               few clouds last so long, and one phase may have to do for hours then
    to three   for 10 minutes it has left a tenth more than the minimum on three phases, and more
               than one phase takes. One more change must be left then, for the way back

Others: evcc 3 minutes to one and 1 minute to three, EVerest at once and 10 minutes. 3 minutes are
less than a charge lasts behind a cloud (core/solar.py); 10 are between any two changes anyway, and
a day of clouds is one of short charges on three phases otherwise. A car that was seen to use one
phase of three needs no change. Currents in mA, sums of phases; times in ticks (ms).
"""

from micropython import const
from time import ticks_add, ticks_diff

from pilotlight.core.phases import BEGIN, REST
from pilotlight.core.place import FAST, MIN_SOLAR

_TO_ONE_MS = const(180000)
_IDLE_MS = const(60000)  # nothing is offered
_TO_THREE_MS = const(600000)
_LAST_MS = const(1800000)  # by the last change that is left
_MARGIN_PART = const(10)
_NEARLY_MA = const(1000)  # so little more is not worth a wait
_STAY, _UNKNOWN = const(0), const(2)  # beside 1 and 3


class SunPhases:
    """Of one outlet. `wish`: 1, 3, or None: there is no sun to wish by. `due_ms` (ticks): then it
    wishes for `rather` (1 or 3), if all stays so; or None.
    """

    def __init__(self):
        self.wish: "int | None" = None
        self.due_ms = None
        self.rather = _STAY
        self._is_new = True  # nothing has been decided for this car

    def look(self, now_ms, place, phases):
        """Wish anew. `phases`: core.phases.Phases of the outlet of `place`."""
        rather = self._prefers(place, phases)
        if place.mode == FAST:
            self.wish = None
        elif phases.state == REST and rather != _UNKNOWN:
            if rather == _STAY or self.due_ms is not None:
                self.wish = 3 if phases.three else 1
        if not place.is_plugged:
            self._is_new = True
        if rather != self.rather:
            self.rather = rather
            self.due_ms = None
            if rather != _STAY:
                self.due_ms = ticks_add(now_ms, self._patience_ms(place, rather, phases))
        if self.due_ms is not None and ticks_diff(now_ms, self.due_ms) >= 0:
            self.due_ms = None
            self.wish = None if rather == _UNKNOWN else rather
        if place.is_asking and rather != _UNKNOWN:
            if phases.state == BEGIN or phases.state == REST:
                self._is_new = False

    def is_settled(self, place, phases):
        """It has seen how things stand."""
        return self._prefers(place, phases) == self.rather

    def _patience_ms(self, place, rather, phases):
        if rather == _UNKNOWN:
            return _TO_THREE_MS
        if self._is_new:
            return 0
        if rather == 3:
            return _TO_THREE_MS
        if place.mode != MIN_SOLAR and not phases.may_return():
            return _LAST_MS
        return _IDLE_MS if place.offered_ma == 0 else _TO_ONE_MS

    def _prefers(self, place, phases):
        """What would be better than how it stands."""
        if place.mode == FAST:
            return _STAY
        sun = None
        for pool in place.pools:
            if pool.is_soft:
                sun = pool
        if sun is None or not sun.house.is_signed:
            return _UNKNOWN
        is_begin = phases.state == BEGIN
        is_idle = place.is_last or place.allowed_ma < place.min_ma or phases.state != REST
        if not place.is_asking or (is_idle and not is_begin):
            return _STAY
        has_ma = _could_have_ma(place, sun)
        if is_begin or phases.three:
            uses = place.uses
            is_enough = has_ma >= place.min_ma * (uses[0] + uses[1] + uses[2])
            is_dark = has_ma < place.min_ma and place.mode != MIN_SOLAR and not self._is_new
            return _STAY if is_enough or is_dark else 1
        least_ma = 3 * place.min_ma
        if has_ma < least_ma + least_ma // _MARGIN_PART or not _is_exhausted(place, sun, has_ma):
            return _STAY
        is_free = self._is_new or phases.may_return()
        return 3 if is_free and _has_room(place) else _STAY


def _could_have_ma(place, sun):
    """What it could have of the surplus beside the others, and of what is limited for all."""
    has_ma = sun.surplus_ma
    for other in sun.places:
        if other is not place and other.mode != FAST and other.share_ma > 0:
            uses = other.uses
            count = uses[0] + uses[1] + uses[2]
            # those on one phase may be about to do the same
            is_kept = other.key < place.key or count == 1
            has_ma -= (other.share_ma if is_kept else other.min_ma) * count
    i = 0
    for pool in place.pools:
        if pool.is_strict:
            has_ma = min(has_ma, pool.left_ma + place.share_ma * place.weights[i])
        i += 1
    return has_ma


def _is_exhausted(place, sun, has_ma):
    """Of one phase it gets all there is."""
    if place.bound_by is not None and place.bound_by is not sun:
        return True
    if place.share_ma == 0:
        return has_ma > place.allowed_ma
    return place.share_ma >= place.cap_ma - _NEARLY_MA


def _has_room(place):
    """On the phases that would come."""
    for feeder in place.feeders:
        for pool in feeder.pools:
            if not place.on[pool.phase] and pool.left_ma < place.min_ma:
                return False
    return True
