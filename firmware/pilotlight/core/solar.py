"""Charging with what the sun leaves over. Powers in W, currents in mA, times in ticks (ms).

The surplus of a supply is what it would export if no outlet in a solar mode drew anything: it is
a pool of those outlets (core/quota.py), filled by the least there has been within 15 to 20 s.

    fast        takes what the other limits leave, and no notice of the sun
    min+solar   its minimum always, more from the surplus
    solar       from the surplus only. It starts when its minimum has been there for a minute;
                behind a cloud it keeps its minimum for 5 minutes before it is paused
"""

from micropython import const
from time import ticks_add, ticks_diff

from pilotlight.core.deadline import earlier
from pilotlight.core.quota import Import, ma_of

FAST, MIN_SOLAR, SOLAR = "fast", "min+solar", "solar"

_CLOUD_MS = const(300000)


class Solar(Import):
    """The surplus of one supply, whose `house` (quota.House) tells signed power."""

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
        for place in self.places:
            if place.mode != FAST:
                surplus_ma = self._floor(now_ms, place, surplus_ma)
        self.left_ma = self._without_floors()

    def _others_ma(self):
        """What outlets may draw that take no notice of the sun."""
        others_ma = 0
        for place in self.places:
            if place.mode == FAST and place.is_closed:
                others_ma += place.may_draw_ma * _phases(place)
        return others_ma

    def _floor(self, now_ms, place, surplus_ma):
        """Whether its minimum needs surplus now; what is left of that for the next one."""
        least_ma = place.min_ma * _phases(place)
        if place.mode == MIN_SOLAR:
            place.is_floored = place.wants
        elif place.offered_ma == 0 or surplus_ma >= least_ma:
            place.cloud_ms = None
            place.is_floored = False
        else:
            if place.cloud_ms is None:
                place.cloud_ms = ticks_add(now_ms, _CLOUD_MS)
            place.is_floored = ticks_diff(now_ms, place.cloud_ms) < 0
        takes = place.is_floored or place.offered_ma > 0
        return max(0, surplus_ma - least_ma) if takes else surplus_ma

    def _without_floors(self):
        """The surplus less the minima that do not come out of the pool."""
        left_ma = self.surplus_ma
        for place in self.places:
            if place.mode != FAST and place.is_floored:
                left_ma -= place.min_ma * _phases(place)
        return max(0, left_ma)

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


def _phases(place):
    uses = place.uses
    return uses[0] + uses[1] + uses[2]
