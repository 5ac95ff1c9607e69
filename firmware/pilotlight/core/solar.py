"""Charging with what the sun leaves over. Powers in W, currents in mA, times in ticks (ms).

The surplus of a supply is what it would export if no outlet in a solar mode drew anything: it is
a pool of those outlets (core/quota.py), filled by the least there has been within 15 to 20 s.

    fast        takes what the other limits leave, and no notice of the sun
    min+solar   its minimum always, more from the surplus
    solar       from the surplus only. It starts when its minimum has been there for a minute;
                behind a cloud it keeps its minimum for 5 minutes before it is paused
"""

from micropython import const
from time import ticks_add

from pilotlight.core.deadline import earlier, unless_passed
from pilotlight.core.place import FAST, MIN_SOLAR, SOLAR
from pilotlight.core.quota import Import, ma_of

_CLOUD_MS = const(300000)


class Solar(Import):
    """The surplus of one supply, whose `house` (quota.House) tells signed power."""

    setting = "export_w"

    def __init__(self, name, house):
        Import.__init__(self, name, house)
        self.is_soft = True
        self.export_w: "int | None" = None  # above so much export nothing waits for a minute
        self.surplus_ma = 0
        self._known = (self.reason, self.no_room)
        self._unknown = name + " is not known: no sensor tells the sign of power"

    def follow(self, now_ms):
        house = self.house
        house.follow(now_ms)
        surplus_ma = 0
        self.spare_ma = 0
        self.reason, self.no_room = self._known
        if house.is_signed:
            high_w = house.high_w()
            surplus_ma = max(0, -ma_of(high_w) - self._others_ma())
            if self.export_w is None or -house.net_w <= self.export_w:
                self.spare_ma = ma_of(house.lasting_w() - high_w)
        else:
            self.reason = self.no_room = self._unknown
        self.surplus_ma = surplus_ma
        self.left_ma = self._floored(now_ms, surplus_ma)

    def _others_ma(self):
        """What outlets may draw that take no notice of the sun."""
        others_ma = 0
        for place in self.places:
            if place.mode == FAST and place.is_closed:
                others_ma += place.may_draw_ma * _phases(place)
        return others_ma

    def _floored(self, now_ms, surplus_ma):
        """Floor those whose minimum is theirs already; what is left then is for more, and for
        those that start.
        """
        for place in self.places:
            if place.mode == MIN_SOLAR:
                place.is_floored = place.wants
                if _takes(place):
                    surplus_ma -= _least_ma(place)
        left_ma = surplus_ma
        for place in self.places:
            if place.mode == SOLAR:
                is_lit = surplus_ma - self._before_ma(place) >= _least_ma(place)
                self._floor(now_ms, place, is_lit)
                if place.is_floored:
                    left_ma -= _least_ma(place)
        return max(0, left_ma)

    def _before_ma(self, place):
        """Minima of those in that mode that come before it, or would."""
        before_ma = 0
        for other in self.places:
            if other.mode == SOLAR and _takes(other) and place.comes_after(other):
                before_ma += _least_ma(other)
        return before_ma

    def _floor(self, now_ms, place, is_lit):
        """It keeps its minimum as long as the sun is there, and behind a cloud for a while."""
        if place.offered_ma == 0 or is_lit:
            place.cloud_ms = None
            place.is_dark = False
        elif not place.is_dark:
            if place.cloud_ms is None:
                place.cloud_ms = ticks_add(now_ms, _CLOUD_MS)
            place.cloud_ms = unless_passed(now_ms, place.cloud_ms)
            place.is_dark = place.cloud_ms is None
        place.is_floored = place.offered_ma > 0 and not place.is_dark

    def weight_of(self, seat):
        """None for a seat that takes no notice of the sun."""
        return 0 if seat.mode == FAST else _phases(seat)

    def shown(self):
        surplus_w = self.surplus_ma * 230 // 1000 if self.house.is_signed else None
        return {"name": self.name, "power_w": self.house.net_w, "surplus_w": surplus_w}

    def due_ms(self, now_ms):
        due = self.house.due_ms(now_ms)
        for place in self.places:
            due = earlier(now_ms, due, place.cloud_ms)
        return due


def _takes(place):
    """It would take its minimum now."""
    return place.wants and not place.is_last and place.cap_ma >= place.min_ma


def _least_ma(place):
    return place.min_ma * _phases(place)


def _phases(place):
    uses = place.uses
    return uses[0] + uses[1] + uses[2]
