"""Dates and times of the Gregorian calendar as days and seconds since 1970, 2000 to 2399."""

from pilotlight.wire.dates import DAY_S, TO_2000_DAYS


def days(year, month, day):
    """Days since 1970."""
    if month < 3:
        year, month = year - 1, month + 12
    year -= 2000
    leaps = year // 4 - year // 100 + year // 400
    return TO_2000_DAYS + 365 * year + leaps + (153 * (month - 3) + 2) // 5 + day - 1


def weekday(of_days):
    """0: Sunday."""
    return (of_days + 4) % 7


def length(year, month):
    """Days of a month."""
    after = (year, month + 1) if month < 12 else (year + 1, 1)
    return days(after[0], after[1], 1) - days(year, month, 1)


def seconds(text):
    """Seconds since 1970 of "2026-11-27 12:00", with or without seconds, a T in between, and a Z.

    ValueError that names it.
    """
    try:
        day, time = text.rstrip("Z").replace("T", " ").split()
        year, month, day = [int(part) for part in day.split("-")]
        parts = [int(part) for part in time.split(":")]
        of_s = parts[0] * 3600 + parts[1] * 60 + sum(parts[2:])
        is_date = 2000 <= year < 2400 and 1 <= month <= 12 and 1 <= day <= length(year, month)
        if is_date and min(parts) >= 0 and max(parts[1:]) < 60 and of_s < DAY_S and len(parts) < 4:
            return days(year, month, day) * DAY_S + of_s
    except (ValueError, IndexError, AttributeError):
        pass
    raise ValueError("expected a time like 2026-11-27 12:00, found " + repr(text))
