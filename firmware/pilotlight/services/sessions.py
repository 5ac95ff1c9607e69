"""Follows the sessions of all outlets and puts them into the ledger: when a car is plugged in,
each hour that it charges, and when it has gone. After a start the last of these becomes the end.
"""

from micropython import const
from time import ticks_add, ticks_diff, ticks_ms

from pilotlight.core import status
from pilotlight.core.session import Session

_STEP_MS = const(1000)
_AGAIN_S = const(3600)
_LOOKS = const(64)  # records that are looked at for such sessions


class Sessions:
    """`meters`: readers; `names`: the meter of each outlet, or None; `clock`: walltime.Clock."""

    def __init__(self, ledger, units, meters, names, clock):
        self._ledger = ledger
        self._units = units
        self._meters = [_meter(meters, name) for name in names]
        self._clock = clock
        self._all = [Session() for _ in units]
        self._told_s = [0 for _ in units]  # charged_s at the last record
        self._due_ms = ticks_ms()
        self._turn = 0

    def restore(self):
        """End those that were open when the site stopped; from now on sessions are shown."""
        seen, left, looked_at, count = [], [], 0, len(self._units)
        for value in self._ledger.backwards():
            if value["kind"] == "session" and value["outlet"] not in seen:
                seen.append(value["outlet"])
                if value["end"] is None:
                    left.append(value)
            looked_at += 1
            if looked_at == _LOOKS or len([n for n in seen if n <= count]) == count:
                break
        for value in left[::-1]:
            value["end"] = "restart"
            self._ledger.append(value)
        for unit, session in zip(self._units, self._all):
            unit.session = session

    def look(self):
        """At each outlet once a second, at one of them in a call."""
        now_ms = ticks_ms()
        if self._turn == len(self._all):
            if ticks_diff(now_ms, self._due_ms) < 0:
                return
            self._due_ms = ticks_add(now_ms, _STEP_MS)
            self._turn = 0
        self._follow(now_ms, self._turn)
        self._turn += 1

    def _follow(self, now_ms, i):
        session, unit = self._all[i], self._units[i]
        is_plugged = unit.outlet.is_plugged()
        if session.is_open:
            place = unit.place
            drawn = (drawn_ma(place), place.signalled_ma, self._register_wh(i))
            session.follow(now_ms, place.is_closed, *drawn)
            if not is_plugged:
                session.is_open = False
                self._record(now_ms, i, "unplugged")
            elif session.charged_s - self._told_s[i] >= _AGAIN_S:
                self._record(now_ms, i, None)
        elif is_plugged:
            session.begin(now_ms, self._clock.utc_s(now_ms), self._register_wh(i))
            self._record(now_ms, i, None)

    def _record(self, now_ms, i, end):
        """Where the session stands; `end`: how it has ended, or None."""
        session = self._all[i]
        self._told_s[i] = session.charged_s
        energy_wh, by = session.energy()
        self._ledger.append(
            {
                "kind": "session",
                "outlet": i + 1,
                "begun_utc_s": session.begun_utc_s,
                "utc_s": self._clock.utc_s(now_ms),
                "plugged_s": session.plugged_s,
                "charged_s": session.charged_s,
                "energy_wh": energy_wh,
                "by": by,
                "unknown_s": session.unknown_s,
                "most_a": status.amps(session.most_ma),
                "end": end,
            }
        )

    def _register_wh(self, i):
        meter = self._meters[i]
        return None if meter is None else meter.energy_wh


def drawn_ma(place):
    """What its car draws on all phases together, mA, or None: no sensor tells."""
    feeder = place.seen_at()
    if place.metered_ma is not None:
        return place.metered_ma * sum(place.uses)
    if feeder is None:
        return None
    sum_ma = 0
    for p in range(3):
        measured_ma = feeder.measured_ma[p]
        if place.uses[p]:
            if measured_ma is None:
                return None
            told_ma = sum([o.signalled_ma for o in feeder.places if o.is_closed and o.uses[p]])
            cars_ma = min(max(0, measured_ma - feeder.base_ma(p)), told_ma)
            sum_ma += cars_ma * place.signalled_ma // (told_ma or 1)
    return sum_ma


def _meter(meters, name):
    for reader in meters:
        if reader.name == name:
            return reader.meter
    return None
