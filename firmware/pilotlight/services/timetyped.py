"""What a person types about the time. Imported only where somebody does."""

from micropython import const

from pilotlight.wire import calendar, dates

_WITHIN_MS = const(2000)  # from the moment that is meant to the end of the line


def tell(times, when, now_ms):
    """`when` it is now, for timesources.TimeSources; returns in words what time it is then."""
    utc_s = _read(when, times.zone)
    clock = times.clock
    clock.advance(now_ms)
    if clock.source not in (None, "person") and clock.within_ms() < _WITHIN_MS:
        return times.words(now_ms) + "; that is surer, nothing is changed"
    times.offer(now_ms, utc_s, 0, _WITHIN_MS, "person")
    return times.words(now_ms)


def seconds_until(times, text, now_ms):
    """So long until it is "7:30" at the site. ValueError if that is no time of day, or nobody
    knows what time it is there.
    """
    utc_s = times.clock.utc_s(now_ms)
    if times.zone is None:
        raise ValueError("clock.zone is not in the site file: say in how many hours")
    if utc_s is None:
        raise ValueError("the time is not known, clock() tells it: say in how many hours")
    return times.zone.next_s(utc_s, text) - utc_s


def _read(when, zone):
    """Seconds since 1970. ValueError that names what it cannot be."""
    if isinstance(when, str):
        of_s = calendar.seconds(when)
        return of_s if zone is None or when.endswith("Z") else zone.utc_s(of_s)
    if isinstance(when, int) and not isinstance(when, bool):
        if calendar.days(2000, 3, 1) <= when // dates.DAY_S < calendar.days(2400, 1, 1):
            return when
    raise ValueError(
        "clock: expected 2026-11-27 12:00, or seconds since 1970, found " + repr(when)
    )
