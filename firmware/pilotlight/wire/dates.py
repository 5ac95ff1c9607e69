"""Seconds since 1970 as dates of the Gregorian calendar, for the years 2000 to 2399."""

from micropython import const

DAY_S = const(86400)
TO_2000_DAYS = const(11017)  # to 1 March 2000: years that begin in March end with their leap day


def date(days):
    """(year, month 1...12, day 1...31) of so many days since 1970."""
    years, day = _divided(days - TO_2000_DAYS, 146097, 400, 36524, 100)
    four, day = min(day // 1461, 24), day - min(day // 1461, 24) * 1461
    one = min(day // 365, 3)
    day -= one * 365
    month = (5 * day + 2) // 153
    day -= (153 * month + 2) // 5
    year = 2000 + years + four * 4 + one + (month >= 10)
    return year, month + 3 if month < 10 else month - 9, day + 1


def iso(of_s, suffix="Z"):
    """Seconds since 1970 as ISO 8601, like 2026-11-27T12:00:00Z."""
    rest_s = of_s % DAY_S
    text = "%04d-%02d-%02dT" % date(of_s // DAY_S)
    return text + "%02d:%02d:%02d" % (rest_s // 3600, rest_s // 60 % 60, rest_s % 60) + suffix


def _divided(days, era_days, era_years, part_days, part_years):
    """(years, days left) of whole eras and parts of these."""
    eras, days = days // era_days, days % era_days
    parts = min(days // part_days, 3)
    return eras * era_years + parts * part_years, days - parts * part_days
