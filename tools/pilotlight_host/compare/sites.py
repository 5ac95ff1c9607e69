"""Site-days: a supply, a building, outlets and a day of cars, all from one seed.

Homes are dwellings of the Richardson model (sim/household.py) with an oven, kettles and a heat
pump. Offices and hotels have a daily curve and what is switched on in them; no published model is
behind these two. Every building stays below its supply without cars, so a trip is never its own.
"""

import random
from typing import Any

from pilotlight_host.sim.scenario import parse
from pilotlight_host.sim.specs import PHASE_NAMES, Scenario

from . import house, sessions

KINDS = ("home", "office", "hotel")
SPANS_H = {"home": (15.0, 33.0), "office": (5.5, 20.0), "hotel": (14.0, 35.0)}
_RATINGS_A = {
    "home": (25, 32, 35, 40, 50, 63),
    "office": (40, 50, 63, 80, 100, 125),
    "hotel": (40, 50, 63, 80, 100, 125),
}
# share of the supply that the building takes, by hour of the day
_CURVES = {
    "office": ((0, 0.08), (6, 0.15), (8, 0.34), (12, 0.38), (17, 0.25), (19, 0.12)),
    "hotel": ((0, 0.14), (6, 0.30), (10, 0.20), (17, 0.30), (19, 0.38), (22, 0.20)),
}
_BELOW = 0.95  # the building's own peak is below this share of the supply
_FULL_SCALE_A = 70.0
_GAIN_AT_70_A = 4834


def make(seed: int, number: int, kind: str) -> Scenario:
    """Site-day `number` of a study; the same arguments give the same one."""
    for attempt in range(1000):
        rng = random.Random(f"{seed}/{kind}/{number}/{attempt}")
        scenario = parse(_raw(rng, kind, number), f"{kind}-{number}", f"{kind} {number}")
        limit_ma = _BELOW * scenario.feeders[0].rating_a * 1000
        if len(scenario.cars) > 1 and max(house.peak_ma(house.trace(scenario))) < limit_ma:
            return scenario
    raise RuntimeError(f"{kind} {number}: no building that fits its supply")


def table(kind: str, number: int, rating_a: float, outlets: list[dict], breaker: str) -> dict:
    """The site file of one feeder that has clamps."""
    scale = full_scale_a(rating_a)
    gain = round(_GAIN_AT_70_A * scale / _FULL_SCALE_A)
    clamps = [{"channel": n, "gain": gain} for n in (1, 2, 3)]
    return {
        "site": {"id": f"{kind}-{number}"},
        "feeders": [
            {"id": "main", "rating_a": rating_a, "breaker": breaker, "clamps": clamps},
        ],
        "outlets": outlets,
    }


def full_scale_a(rating_a: float) -> float:
    """Clamps that see 1.5 times the supply at least."""
    return max(_FULL_SCALE_A, 1.5 * rating_a)


def _raw(rng: random.Random, kind: str, number: int) -> dict[str, Any]:
    begin_h, end_h = SPANS_H[kind]
    rating_a = rng.choice(_RATINGS_A[kind])
    most = 4 if rating_a <= 35 else 8
    count = rng.randint(2, most) if kind == "home" else rng.randint(4, 8)
    turned = rng.random() < 0.5  # the electrician has turned the phases from outlet to outlet
    outlets = []
    for n in range(count):
        wires = [PHASE_NAMES[(p + (n if turned else 0)) % 3] for p in range(3)]
        outlets.append({"feeder": "main", "phases": wires, "max_a": 16 if rating_a <= 25 else 32})
    day = rng.randint(1, 28)
    start = f"2026-{rng.randint(1, 12):02}-{day:02}T{int(begin_h):02}:{round(begin_h % 1 * 60):02}"
    build = _home if kind == "home" else _business
    loads, events = build(rng, kind, rating_a, end_h - begin_h)
    return {
        "duration": 3600 * (end_h - begin_h),
        "seed": rng.randrange(1 << 31),
        "start": start,
        "site": table(kind, number, rating_a, outlets, rng.choice(("B", "C", "gG"))),
        "load": loads,
        "car": sessions.draw(rng, kind, count, SPANS_H[kind]),
        "event": sorted(events, key=lambda event: event["at"]),
        "plant": {"clamp_full_scale_a": full_scale_a(rating_a)},
    }


def _phase(rng: random.Random) -> list[str]:
    return [rng.choice(PHASE_NAMES)]


def _times(rng: random.Random, count: int, span_h: float) -> list[float]:
    """Instants, s: at any of a clamp's window, not only where one begins."""
    return [_at(rng.uniform(0, span_h)) for _ in range(count)]


def _at(hours: float) -> float:
    return round(3600 * hours, 3)


def _home(rng: random.Random, kind: str, rating_a: float, span_h: float) -> tuple[list, list]:
    dwellings = 1 if rating_a <= 35 else rng.randint(2, 5)
    loads = [
        {"kind": "household", "dwellings": dwellings, "people": rng.randint(2, 5)},
        {"kind": "constant", "amps": [round(rng.uniform(0.3, 2), 1) for _ in range(3)]},
    ]
    events = [{"at": at, "kind": "kettle", "phases": _phase(rng)} for at in _times(rng, 4, span_h)]
    for _ in range(dwellings):
        at = _at(rng.uniform(2, 5))
        events.append({"at": at, "kind": "oven", "phases": _phase(rng), "for": 2400})
    if rng.random() < 0.5:
        at = rng.uniform(0, 1)
        while at < span_h:
            events.append({"at": _at(at), "kind": "heat-pump", "for": 1500})
            at += rng.uniform(1.0, 2.0)
    return loads, events


def _business(rng: random.Random, kind: str, rating_a: float, span_h: float) -> tuple[list, list]:
    size = rng.uniform(0.8, 1.7) * rating_a
    tilt = [rng.uniform(0.85, 1.15) for _ in range(3)]
    points = [
        [f"{hour:02}:{rng.randrange(60):02}", [round(size * share * t, 1) for t in tilt]]
        for hour, share in _CURVES[kind]
    ]
    events = []
    for at in _times(rng, 30, span_h):  # lifts, pumps, kitchen machines
        amps = round(rng.uniform(2, 10), 1)
        phases = _phase(rng) if rng.random() < 0.6 else list(PHASE_NAMES)
        lasts_s = round(10 * 60 ** rng.random())
        step = {"at": at, "kind": "step", "amps": amps, "phases": phases, "for": lasts_s}
        events.append(step)
    for at in _times(rng, 10, span_h):  # ventilation, cooling, heating
        amps = round(rng.uniform(0.05, 0.15) * rating_a, 1)
        events.append({"at": at, "kind": "step", "amps": amps, "for": rng.randint(300, 2400)})
    events += [
        {"at": at, "kind": "kettle", "phases": _phase(rng)} for at in _times(rng, 6, span_h)
    ]
    if kind == "hotel":
        for at in _times(rng, 2, span_h):
            events.append({"at": at, "kind": "oven", "phases": _phase(rng), "for": 3600})
    return [{"kind": "profile", "daily": True, "points": points}], events
