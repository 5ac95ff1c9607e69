"""The one snapshot that everything shows: MQTT, console, page, records.

Plain dicts of numbers and text, made on request (this allocates; the control step does not come
here). Currents in A with one decimal, energy and times in their named units. Unknown is None.
"""

from time import ticks_diff

from pilotlight.core import faults, outlet, pilot, trust, verdict


def amps(ma):
    """mA as A with one decimal; None stays None."""
    return None if ma is None else (ma + 50) // 100 / 10


def of_outlet(now_ms, number, name, unit, claims, place, contactor):
    """One outlet: its state, what it offers, and why.

    `unit`: outlet.Outlet, `claims`: claims.Claims, `place`: place.Place, `contactor`: anything
    with `is_closed` (None if not read back) and `cycles`.
    """
    return {
        "outlet": number,
        "name": name,
        "state": outlet.STATES[unit.state],
        "car": pilot.NAMES[unit.letter],
        "offered_a": amps(unit.signalled_ma()),
        "limit_a": amps(claims.limit_ma),
        "share_a": amps(place.offered_ma),
        "metered_a": amps(place.metered_ma),
        "phases": place.phases,
        "cable_a": amps(claims.measured("cable")),
        "plug_c": claims.measured("temperature"),
        "contactor": unit.close,
        "contactor_is_closed": contactor.is_closed,
        "cycles": contactor.cycles,
        "forced_open": unit.forced_open,
        "fault": faults.NAMES[unit.fault],
        "why": faults.NAMES[unit.fault] or claims.reason,
        "source": "fault" if unit.fault else claims.source,
        "since_s": seconds_since(now_ms, claims.since_ms),
        "until_s": seconds_until(now_ms, claims.until_ms),
        "paused": _paused_by(claims),
        "mode": place.mode,
        "need": _need(now_ms, place.need),
    }


def _paused_by(claims):
    """Who has paused it, "person" or "network", or None."""
    for claim in claims.all:
        if claim.is_set and claim.limit_ma == 0 and claim.source in ("person", "network"):
            return claim.source
    return None


def of_session(session):
    """The visit of the car that is there, or the last one; None: nobody counts."""
    if session is None:
        return None
    is_known = session.has_begun
    energy_wh, by = session.energy() if is_known else (None, None)
    return {
        "is_open": session.is_open,
        "plugged_s": session.plugged_s if is_known else None,
        "charged_s": session.charged_s if is_known else None,
        "power_w": session.power_w if session.is_open else 0,
        "energy_wh": energy_wh,
        "by": by,
    }


def _need(now_ms, need):
    if need is None:
        return None
    return {"need_wh": need.need_wh(), "in_s": seconds_until(now_ms, need.leaves_ms)}


def of_feeder(now_ms, feeder):
    """One feeder: what flows, by which sensor on each phase and how old that is, what the house
    takes of it and between what bounds the truth is, how warm its breaker is. Of a phase that no
    sensor is at nothing is known.
    """
    by = feeder.measured_by
    is_lost = feeder.level == trust.LOST
    phases = max([0] + [source.phases for source in feeder.sources])
    told: "dict" = {
        "feeder": feeder.name,
        "limit_a": amps(feeder.limit_ma),
        "aim_a": amps(feeder.aim_ma()),
        "measured_a": _first(phases, [amps(value) for value in feeder.measured_ma]),
        "measured_by": _first(phases, [source and source.name for source in by]),
        "age_ms": _first(phases, [source and _age_ms(now_ms, source) for source in by]),
        "house_a": _first(
            phases, [None if is_lost else amps(feeder.base_ma(p)) for p in range(3)]
        ),
        "house_within_a": _first(
            phases,
            [None if is_lost else [amps(ma) for ma in feeder.base.within_ma[p]] for p in range(3)],
        ),
        "breaker_heat_pct": [feeder.breaker.heat(p) // 10 for p in range(3)],
        "trust": trust.LEVELS[feeder.level] if feeder.sources else "not measured",
        "sensors": {source.name: _believed(source) for source in feeder.sources},
    }
    most = feeder.most
    if most is not None:
        told["base_max_a"] = [amps(feeder.blind_ma(p)) for p in range(3)]
        told["house_most_a"] = [amps(ma) for ma in most.ma]
        told["house_seen_h"] = most.seen_s // 3600
    return told


def _first(phases, values):
    """The values of the phases that are measured, None for the others."""
    return values[:phases] + [None] * (3 - phases)


def _age_ms(now_ms, source):
    return None if source.taken_ms is None else ticks_diff(now_ms, source.taken_ms)


def _believed(source):
    text = trust.LEVELS[source.level]
    if source.is_muted:
        text += ", drill"
    return text + ", " + verdict.name(source.doubt) if source.doubt else text


def sensor_behind(claims, place):
    """The sensor on the phase that is shared out (trust.Source); None if that does not bind."""
    pool = place.bound_by
    if pool is None or claims.source != "supply" or claims.reason is not pool.reason:
        return None
    return pool.sensor()


def why(now_ms, number, unit, claims, sensor=None):
    """One line of words: what binds an outlet, by which sensor, since when, until when."""
    if unit.fault:
        text = "fault: " + faults.NAMES[unit.fault]
    else:
        text = str(amps(claims.limit_ma)) + " A, " + claims.source + ": " + claims.reason
        since_s = seconds_since(now_ms, claims.since_ms)
        until_s = seconds_until(now_ms, claims.until_ms)
        text += "" if sensor is None else ", measured by " + sensor.name
        text += "" if since_s is None else ", for " + str(since_s) + " s"
        text += "" if until_s is None else ", for another " + str(until_s) + " s at most"
    if unit.letter == pilot.A:
        text += "; no car is plugged in"
    elif unit.fault == faults.NO_FAULT and unit.letter == pilot.B:
        text += "; the car has not asked for current"
    return "outlet " + str(number) + " (" + outlet.STATES[unit.state] + "): " + text


def seconds_since(now_ms, at_ms):
    """Whole seconds since `at_ms`, or None."""
    return None if at_ms is None else max(0, ticks_diff(now_ms, at_ms) // 1000)


def seconds_until(now_ms, at_ms):
    """Whole seconds until `at_ms`, or None."""
    return None if at_ms is None else max(0, ticks_diff(at_ms, now_ms) // 1000)
