"""wire.zone beside the C library's own reading of the same rules: any zone, any moment."""

import random
import time

import pytest
from pilotlight.wire.zone import Zone

KNOWN = (
    "CET-1CEST,M3.5.0,M10.5.0/3",
    "GMT0BST,M3.5.0/1,M10.5.0",
    "IST-1GMT0,M10.5.0,M3.5.0/1",
    "EST5EDT,M3.2.0,M11.1.0",
    "NST3:30NDT,M3.2.0,M11.1.0",
    "<-02>2<-01>,M3.5.0/-1,M10.5.0/0",
    "AEST-10AEDT,M10.1.0,M4.1.0/3",
    "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0",
    "NZST-12NZDT,M9.5.0,M4.1.0/3",
    "<+0545>-5:45",
    "EET-2EEST,M3.4.4/50,M10.4.4/50",
    "UTC0",
)


@pytest.fixture(autouse=True)
def _own_zone(monkeypatch):
    yield
    monkeypatch.undo()
    time.tzset()


def drawn(rng):
    """Any zone with a summer of half a year or so; rules that touch are nobody's."""
    hours = rng.randint(-12, 11)
    minutes = rng.choice((0, 0, 0, 30, 45))
    begin = rng.randint(32, 150)
    end = begin + rng.randint(30, 180)
    days = [(begin, end), (end, begin)][rng.random() < 0.5]
    rules = [f"J{day}" + rng.choice(("", "/3", "/1:30")) for day in days]
    if rng.random() < 0.7:
        months = [max(1, day // 31) for day in days]
        rules = [
            f"M{month}.{rng.randint(1, 5)}.{rng.randint(0, 6)}" + rng.choice(("", "/0", "/3"))
            for month in months
        ]
    return f"ABC{hours}:{minutes:02}DEF," + ",".join(rules)


def moments(rng):
    """Any time from 2001 to 2037, and the seconds around each change of the C library's."""
    found = [rng.randint(980_000_000, 2_140_000_000) for _ in range(400)]
    for year in range(2024, 2030):
        start = int(time.mktime((year, 1, 1, 0, 0, 0, 0, 0, 0)))
        hours = [start + 3600 * n for n in range(0, 366 * 24, 6)]
        for before, after in zip(hours, hours[1:], strict=False):
            if time.localtime(before).tm_gmtoff != time.localtime(after).tm_gmtoff:
                low, high = before, after
                while high - low > 1:
                    mid = (low + high) // 2
                    same = time.localtime(mid).tm_gmtoff == time.localtime(before).tm_gmtoff
                    low, high = (mid, high) if same else (low, mid)
                found += [high - 1, high]
    return found


def check(text, rng, monkeypatch):
    """Name and offset of all moments; returns how many offsets there were."""
    monkeypatch.setenv("TZ", text)
    time.tzset()
    zone = Zone(text)
    seen = set()
    for utc_s in moments(rng):
        local = time.localtime(utc_s)
        assert zone.at(utc_s) == (local.tm_zone, local.tm_gmtoff), (text, utc_s)
        seen.add(local.tm_gmtoff)
        assert zone.iso(utc_s)[:19] == time.strftime("%Y-%m-%dT%H:%M:%S", local)
    return len(seen)


@pytest.mark.parametrize("text", KNOWN)
def test_known_zones(text, monkeypatch):
    assert check(text, random.Random(text), monkeypatch) == 1 + ("," in text)


def test_drawn_zones(monkeypatch):
    rng = random.Random(7)
    for _ in range(25):
        text = drawn(rng)
        assert check(text, rng, monkeypatch) == 2, text
