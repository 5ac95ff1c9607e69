"""wire.zone and wire.dates: local time by a rule, and the calendar. Seconds since 1970."""

import unittest

from pilotlight.wire import calendar, dates
from pilotlight.wire.zone import Zone

BERLIN = "CET-1CEST,M3.5.0,M10.5.0/3"
SYDNEY = "AEST-10AEDT,M10.1.0,M4.1.0/3"
LONDON = "GMT0BST,M3.5.0/1,M10.5.0"
NEW_YORK = "EST5EDT,M3.2.0,M11.1.0"


def at(text):
    """Seconds of a time in UTC."""
    return calendar.seconds(text)


class TestDates(unittest.TestCase):
    def test_days_and_dates_are_each_other_s_inverse(self):
        year, month, day = 2000, 3, 1
        for of_days in range(11017, 11017 + 4 * 366):
            self.assertEqual(calendar.days(year, month, day), of_days)
            self.assertEqual(dates.date(of_days), (year, month, day))
            day += 1
            if day > calendar.length(year, month):
                month, day = (month + 1, 1) if month < 12 else (1, 1)
                year += month == 1

    def test_over_centuries(self):
        for of_days in range(11017, 157000, 97):
            self.assertEqual(calendar.days(*dates.date(of_days)), of_days)
        for year, is_leap in ((2000, True), (2026, False), (2028, True), (2100, False)):
            self.assertEqual(calendar.length(year, 2), 29 if is_leap else 28)

    def test_weekdays(self):
        self.assertEqual(calendar.weekday(calendar.days(2026, 11, 29)), 0)  # a Sunday
        self.assertEqual(calendar.weekday(calendar.days(2000, 3, 1)), 3)

    def test_a_time_is_read_as_it_is_written(self):
        for text in ("2026-11-29 12:00", "2026-11-29T12:00:00", "2026-11-29T12:00:00Z"):
            self.assertEqual(dates.iso(calendar.seconds(text)), "2026-11-29T12:00:00Z")
        self.assertEqual(
            dates.iso(calendar.seconds("2028-02-29 23:59:59")), "2028-02-29T23:59:59Z"
        )

    def test_what_is_no_time_is_named(self):
        wrong = ["", "12:00", "2026-11-29", "2026-13-01 12:00", "2026-02-29 12:00"]
        wrong += ["2026-11-29 24:00", "2026-11-29 12:60", "2026-11-29 12:00:00:00", "1999-1-1 0:0"]
        wrong += ["2026-11-29 -1:00", "2026-11-29 12:00 13", 12, None, "2400-01-01 00:00"]
        for text in wrong:
            with self.assertRaises(ValueError) as caught:
                calendar.seconds(text)
            self.assertTrue(repr(text) in str(caught.exception), text)


class TestZone(unittest.TestCase):
    def test_summer_begins_and_ends(self):
        zone = Zone(BERLIN)
        for text, name, hours in (
            ("2026-03-29 00:59:59", "CET", 1),
            ("2026-03-29 01:00:00", "CEST", 2),
            ("2026-10-25 00:59:59", "CEST", 2),
            ("2026-10-25 01:00:00", "CET", 1),
            ("2026-12-31 23:30:00", "CET", 1),
        ):
            self.assertEqual(zone.at(at(text)), (name, hours * 3600), text)

    def test_south_of_the_equator(self):
        zone = Zone(SYDNEY)
        for text, name in (
            ("2026-01-01 00:00:00", "AEDT"),
            ("2026-04-04 15:59:59", "AEDT"),
            ("2026-04-04 16:00:00", "AEST"),
            ("2026-10-03 15:59:59", "AEST"),
            ("2026-10-03 16:00:00", "AEDT"),
            ("2026-12-31 20:00:00", "AEDT"),
        ):
            self.assertEqual(zone.at(at(text))[0], name, text)

    def test_west_without_summer_and_in_brackets(self):
        self.assertEqual(Zone("<-03>3").at(0), ("-03", -10800))
        self.assertEqual(Zone("<+0545>-5:45").at(0), ("+0545", 20700))
        self.assertEqual(Zone("UTC0").iso(at("2026-11-29 12:00")), "2026-11-29T12:00:00+00:00")

    def test_days_of_the_year(self):
        for rule, day in (("J60", "03-01"), ("59", "02-29"), ("60", "03-01")):
            zone = Zone("STD0DST," + rule + "/0,J300/0")
            begin_s = at("2028-" + day + " 00:00")
            self.assertEqual(zone.at(begin_s - 1)[0], "STD", rule)
            self.assertEqual(zone.at(begin_s)[0], "DST", rule)

    def test_local_time_to_utc_and_back(self):
        zone = Zone(BERLIN)
        self.assertEqual(zone.iso(at("2026-11-29 11:00")), "2026-11-29T12:00:00+01:00")
        self.assertEqual(Zone(NEW_YORK).iso(at("2026-07-01 11:00")), "2026-07-01T07:00:00-04:00")
        self.assertEqual(zone.utc_s(at("2026-07-01 12:00")), at("2026-07-01 10:00"))
        # twice: the first one; never: by standard time
        self.assertEqual(zone.utc_s(at("2026-10-25 02:30")), at("2026-10-25 00:30"))
        self.assertEqual(zone.utc_s(at("2026-03-29 02:30")), at("2026-03-29 01:30"))

    def test_the_next_half_past_seven(self):
        zone = Zone(BERLIN)
        for now, then in (
            ("2026-11-29 11:00", "2026-11-30 06:30"),
            ("2026-11-29 06:29", "2026-11-29 06:30"),
            ("2026-11-29 06:30", "2026-11-30 06:30"),
            ("2026-03-28 22:00", "2026-03-29 05:30"),
            ("2026-10-24 22:00", "2026-10-25 06:30"),
        ):
            self.assertEqual(zone.next_s(at(now), "7:30"), at(then), now)
        for text in ("24:00", "7", "7:60", "", "half past", 7, "7:30:00"):
            with self.assertRaises(ValueError) as caught:
                zone.next_s(0, text)
            self.assertTrue(repr(text) in str(caught.exception))

    def test_a_wrong_rule_is_named(self):
        for text, named in (
            ("", "a name of three letters at least, found its end"),
            ("CE-1", "a name of three letters at least, found 'CE-1'"),
            ("CET", "hours 0...24, found its end"),
            ("CET-25", "hours 0...24, found '25'"),
            ("CET-1CEST", '"," and when summer begins and ends, found its end'),
            ("CET-1CEST,M3.5.0", '"," and when summer begins and ends, found its end'),
            ("CET-1CEST,M13.5.0,M10.5.0", "a month 1...12, found '13.5.0,M10.5'"),
            ("CET-1CEST,M3.6.0,M10.5.0", "a week 1...5, found '6.0,M10.5.0'"),
            ("CET-1CEST,M3.5.7,M10.5.0", "a weekday 0...6, found '7,M10.5.0'"),
            ("CET-1CEST,M3.5,M10.5.0", "month.week.weekday, found ',M10.5.0'"),
            ("CET-1CEST,J0,J300", "a day of the year, found '0,J300'"),
            ("CET-1CEST,M3.5.0,M10.5.0/3x", "nothing more, found 'x'"),
            ("Europe/Berlin", "hours 0...24, found '/Berlin'"),
        ):
            with self.assertRaises(ValueError) as caught:
                Zone(text)
            self.assertEqual(
                str(caught.exception), "expected " + named + " in " + repr(text), text
            )


if __name__ == "__main__":
    unittest.main()
