"""What binds an outlet, and what would change it: the long form of why. Made on request.

Currents in A with one decimal, times in whole seconds. Unknown is None.
"""

from pilotlight.core import faults, place as places
from pilotlight.core.status import amps, seconds_since, seconds_until

# of the sources of claims (core/claims.py) what ends each
_BY_SOURCE = {
    "person": "resume()",
    "network": "the command resume",
    "cable": "a cable that carries more",
    "temperature": "a cooler plug: below 62 C",
    "board temperature": "a cooler board: below 62 C",
    "restart": "its pause ends, or resume()",
    "overcurrent": "its pause ends, another car, or resume()",
    "contactor": "its rest ends, or resume()",
    "equipment": "the plug being held",
    "phases": "its second contactor having moved",
    "commission": "its end, or commission(stop=True)",
    "board": "nothing: it is what hardware and wiring carry; after resets resume()",
}
_BY_WHY = {
    places.UNLIMITED: "nothing here",
    places.RISING: "time: it rises each 10 s",
    places.WAITING: "its minimum having room for a minute",
    places.RESTING: "the end of its rest, or resume()",
    places.IDLE: "the car asking for current",
    places.DORMANT: "the car asking for current, or others leaving it",
}


def of(now_ms, unit, claims, place):
    """What binds (a dict). `unit`: outlet.Outlet, `claims`: claims.Claims, `place`: place.Place.

    "what" is "fault" or the source of a claim; "pool" what is shared out there, with "feeder" and
    "phase" if it is one; "limit_a" what is offered at most; "missing_a" how much more of the pool
    the minimum needs; "change" what would change it.
    """
    told = {
        "what": "fault" if unit.fault else claims.source,
        "why": faults.NAMES[unit.fault] or claims.reason,
        "limit_a": 0 if unit.fault else amps(claims.limit_ma),
        "pool": None,
        "feeder": None,
        "phase": None,
        "missing_a": None,
        "since_s": seconds_since(now_ms, claims.since_ms),
        "until_s": seconds_until(now_ms, claims.until_ms),
    }
    if unit.fault:
        told["change"] = faults.TABLE[unit.fault][2]
        told["since_s"] = told["until_s"] = None
    elif claims.source != "supply":
        told["change"] = _BY_SOURCE.get(claims.source, "it being said again")
    else:
        _of_supply(now_ms, told, place)
    return told


def _of_supply(now_ms, told, place):
    pool = place.bound_by
    why = told["why"]
    if pool is None and place.rest_ms is not None:
        pool = place.rested_by
    told["change"] = _BY_WHY.get(why)
    if place.rest_ms is not None:
        told["until_s"] = seconds_until(now_ms, place.rest_ms)
        told["change"] = _BY_WHY[places.RESTING]
    if pool is not None and why in (pool.reason, pool.no_room, pool.rests, places.WAITING):
        told["pool"] = pool.name
        told["feeder"], told["phase"] = pool.where()
        if place.rest_ms is None:
            _of_pool(told, place, pool)
    if told["change"] is None:
        told["change"] = "sensors that are heard again"
        if why == places.CAPPED:
            told["change"] = "a limit of at least " + str(amps(place.min_ma)) + " A"


def _of_pool(told, place, pool):
    """By how much it lacks the minimum, or what would give it more."""
    if place.share_ma > 0:
        told["change"] = "more room on " + pool.name
    elif told["why"] == places.WAITING:
        told["change"] = "its minimum having room for a minute"
    else:
        told["missing_a"] = amps(place.lacks_ma)
        told["change"] = str(told["missing_a"]) + " A more on " + pool.name
