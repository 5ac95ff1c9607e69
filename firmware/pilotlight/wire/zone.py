"""Local time by a rule of POSIX (IEEE 1003.1, 8.3, TZ), like CET-1CEST,M3.5.0,M10.5.0/3.

Standard name and offset, the name in summer (its offset is an hour more to the east, if it is not
given), and when summer begins and ends: M3.5.0 is the last Sunday of March, J60 the 60th day
(29 February not counted), 59 the 60th (counted), /3 at three in the morning of the time until
then, two if it is not said. Offsets are west of Greenwich, as POSIX has them; seconds here are
east.
"""

from pilotlight.wire import calendar, dates


class Zone:
    """`text`: the rule. ValueError that names what is wrong with it."""

    def __init__(self, text):
        reader = _Reader(text)
        self.name = reader.name()
        self.standard_s = -reader.offset(24, True)
        self._summer = None  # (name, offset in s, begin, end)
        if reader.rest:
            name = reader.name()
            offset_s = self.standard_s + 3600
            if reader.rest[:1] not in ",":
                offset_s = -reader.offset(24, True)
            self._summer = name, offset_s, reader.rule(), reader.rule()
        if reader.rest:
            raise reader.error("nothing more")

    def at(self, utc_s):
        """(Name, seconds east of Greenwich) that are in force then."""
        if self._summer is None:
            return self.name, self.standard_s
        name, summer_s, begin, end = self._summer
        year = dates.date((utc_s + self.standard_s) // dates.DAY_S)[0]
        begin_s = _second(begin, year) - self.standard_s
        end_s = _second(end, year) - summer_s
        if begin_s < end_s:
            is_summer = begin_s <= utc_s < end_s
        else:  # south of the equator
            is_summer = not end_s <= utc_s < begin_s
        return (name, summer_s) if is_summer else (self.name, self.standard_s)

    def utc_s(self, local_s):
        """When clocks show it: of two such moments the first, of none the one by standard time."""
        utc_s = local_s - self.standard_s
        if self._summer is not None:
            early_s = local_s - self._summer[1]
            if self.at(early_s)[1] == self._summer[1]:
                return early_s
        return utc_s

    def iso(self, utc_s):
        """Local time as ISO 8601, like 2026-11-27T13:00:00+01:00."""
        east_s = self.at(utc_s)[1]
        sign, east_min = "-" if east_s < 0 else "+", abs(east_s) // 60
        return dates.iso(utc_s + east_s, "%s%02d:%02d" % (sign, east_min // 60, east_min % 60))

    def next_s(self, utc_s, text):
        """When clocks show "7:30" next, after `utc_s`. ValueError that names it."""
        try:
            hour, minute = [int(part) for part in text.split(":")]
        except (ValueError, AttributeError):
            hour = minute = -1
        if not (0 <= hour < 24 and 0 <= minute < 60):
            raise ValueError("expected a time of day like 7:30, found " + repr(text))
        today = (utc_s + self.at(utc_s)[1]) // dates.DAY_S
        for day in (today, today + 1):
            found_s = self.utc_s(day * dates.DAY_S + hour * 3600 + minute * 60)
            if found_s > utc_s:
                return found_s
        return found_s


def _second(rule, year):
    """Seconds since 1970, in local time, at which `rule` applies in `year`."""
    kind, parts, of_s = rule
    if kind == "M":
        month, week, weekday = parts
        first = calendar.days(year, month, 1)
        day = (weekday - calendar.weekday(first)) % 7 + 7 * (week - 1)
        if day >= calendar.length(year, month):
            day -= 7
        day += first
    else:
        day = calendar.days(year, 1, 1) + parts[0]
        if kind == "J":
            day -= 0 if parts[0] > 59 and calendar.length(year, 2) == 29 else 1
    return day * dates.DAY_S + of_s


class _Reader:
    """What is left of the text."""

    def __init__(self, text):
        self._text = self.rest = text

    def error(self, expected):
        """ValueError for what stands here."""
        found = repr(self.rest[:12]) if self.rest else "its end"
        return ValueError("expected " + expected + ", found " + found + " in " + repr(self._text))

    def name(self):
        """Letters, or anything in <>."""
        rest = self.rest
        if rest[:1] == "<" and ">" in rest:
            name, _, self.rest = rest[1:].partition(">")
        else:
            count = 0
            while rest[count : count + 1].isalpha():
                count += 1
            name, self.rest = rest[:count], rest[count:]
        if len(name) < 3:
            self.rest = rest
            raise self.error("a name of three letters at least")
        return name

    def number(self, low, high, expected):
        """Digits."""
        rest, count = self.rest, 0
        while rest[count : count + 1].isdigit():
            count += 1
        if not 0 < count < 4 or not low <= int(rest[:count]) <= high:
            raise self.error(expected)
        self.rest = rest[count:]
        return int(rest[:count])

    def offset(self, most_h, is_signed):
        """[+-]hh[:mm[:ss]] as seconds."""
        sign = -1 if is_signed and self.rest[:1] == "-" else 1
        if is_signed and self.rest[:1] in ("+", "-"):
            self.rest = self.rest[1:]
        of_s = self.number(0, most_h, "hours 0..." + str(most_h)) * 3600
        for unit_s in (60, 1):
            if self.take(":"):
                of_s += self.number(0, 59, "00...59") * unit_s
        return sign * of_s

    def take(self, mark):
        """True if it stands here; it is passed."""
        is_here = self.rest[: len(mark)] == mark
        if is_here:
            self.rest = self.rest[len(mark) :]
        return is_here

    def rule(self):
        """One of the two rules, with its comma: (kind, parts, seconds of the day)."""
        if not self.take(","):
            raise self.error('"," and when summer begins and ends')
        kind = "M" if self.take("M") else "J" if self.take("J") else ""
        if kind == "M":
            month = self.number(1, 12, "a month 1...12")
            week = self.number(1, 5, "a week 1...5") if self.take(".") else 0
            weekday = self.number(0, 6, "a weekday 0...6") if self.take(".") else 7
            if not week or weekday > 6:
                raise self.error("month.week.weekday")
            parts = month, week, weekday
        else:
            parts = (self.number(1 if kind else 0, 365, "a day of the year"),)
        return kind, parts, self.offset(167, True) if self.take("/") else 7200
