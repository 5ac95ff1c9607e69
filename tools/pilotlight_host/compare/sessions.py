"""Who comes when, for how long, and for how much: charging sessions drawn from published figures.

Hours are local wall clock. What stands on which source:

office  Gaussian mixture of the workday sessions of ACN-Data (Lee, Li, Low: "ACN-Data: Analysis and
        Applications of an Open EV Charging Dataset", ACM e-Energy 2019), as fitted by evprof
        (Canigueral, Melendez) and printed as `get_evmodel_parameters(california_ev_model)` in the
        article "Custom evmodel" of evsim. Starts, durations and mean energies are those figures.
        The fit is on a logarithmic scale; its spreads are taken as factors, exp(sigma). Not sure:
        whether its spread of energies (1.14, 1.18) is one of sessions or of the fitted mean; it is
        far smaller than that of single sessions, so SPREAD is used instead.
home    Department for Transport (UK), "Electric Chargepoint Analysis 2017: Domestics"
        (experimental statistics): most charges begin from 17:00 to 19:00; median energy 7.5 kWh.
        Both were read in a summary by Cornwall Insight, not in the release. That a plug stays in
        for about 12 h is from memory of that release. 2017 was a fleet of plug-in hybrids and
        small batteries: the median here is 18 kWh, an assumption, as are every spread and the
        third of short stays, which stand for guests and for evenings after which one leaves again.
hotel   no published figures were found. Guests of the night arrive in the late afternoon and come
        from far, those of the restaurant stay for two or three hours: all of it is an assumption.

The mix of cars is an assumption too: European cars of 2020 to 2026 by their on-board chargers.
Draw, ramp and reaction are spread around the usual car of the simulator: assumptions.
"""

import random
from typing import NamedTuple

SPREAD = 1.5  # factor of one sigma of a session's energy


class Profile(NamedTuple):
    """A cluster of sessions: `share` of all; hours; one sigma as a factor (`is_log`) or in h."""

    share: float
    start_h: float
    start_sigma: float
    stay_h: float
    stay_sigma: float
    energy_kwh: float
    is_log: bool


PROFILES = {
    "office": (
        Profile(0.4603 * 0.235, 12.2, 1.01, 4.73, 1.09, 11.8, True),
        Profile(0.4603 * 0.446, 7.44, 1.04, 4.66, 1.23, 11.8, True),
        Profile(0.4603 * 0.319, 15.3, 1.01, 2.45, 1.25, 11.8, True),
        Profile(0.5397 * 0.305, 7.31, 1.00, 9.75, 1.01, 16.1, True),
        Profile(0.5397 * 0.428, 7.31, 1.03, 8.90, 1.03, 16.1, True),
        Profile(0.5397 * 0.267, 6.55, 1.01, 9.64, 1.00, 16.1, True),
    ),
    "home": (
        Profile(0.65, 18.0, 1.5, 12.0, 2.0, 18.0, False),
        Profile(0.35, 18.0, 1.5, 3.0, 1.0, 18.0, False),
    ),
    "hotel": (
        Profile(0.65, 17.5, 2.0, 14.5, 1.5, 30.0, False),
        Profile(0.35, 18.5, 1.0, 2.5, 0.7, 20.0, False),
    ),
}
# sessions per outlet in a day, at most; the later ones only where the outlet is free again
VISITS = {"office": 3, "home": 2, "hotel": 2}

# share, phases, A: hybrids, one-phase cars, 2 x 16 A, 11 kW, 22 kW
CARS = (
    (0.15, 1, 16),
    (0.20, 1, 32),
    (0.10, 2, 16),
    (0.45, 3, 16),
    (0.10, 3, 32),
)
_BETWEEN_H = 0.2  # from one car to the next at an outlet
_SHORTEST_H = 0.5
_LEAST_KWH, _MOST_KWH = 1.5, 75.0


def _pick(rng: random.Random, rows: tuple) -> tuple:
    place = rng.random() * sum(row[0] for row in rows)
    for row in rows:
        place -= row[0]
        if place < 0:
            return row
    return rows[-1]


def _around(rng: random.Random, middle: float, sigma: float, is_log: bool) -> float:
    return middle * sigma ** rng.gauss(0, 1) if is_log else rng.gauss(middle, sigma)


def _stay(rng: random.Random, kind: str) -> tuple[float, float, float]:
    """(arrival, departure, energy): hours since midnight, kWh."""
    profile = _pick(rng, PROFILES[kind])
    start_h = _around(rng, profile.start_h, profile.start_sigma, profile.is_log)
    stay_h = _around(rng, profile.stay_h, profile.stay_sigma, profile.is_log)
    energy_kwh = profile.energy_kwh * SPREAD ** rng.gauss(0, 1)
    energy_kwh = min(_MOST_KWH, max(_LEAST_KWH, energy_kwh))
    return start_h, start_h + max(_SHORTEST_H, stay_h), energy_kwh


def _car(rng: random.Random) -> dict:
    _, phases, amps = _pick(rng, CARS)
    return {
        "phases": phases,
        "max_a": amps,
        "draw": round(rng.uniform(0.94, 1.0), 3),
        "ramp_a_per_s": round(0.5 * 12 ** rng.random(), 2),  # 0.5...6: 16 A in 3 to 32 s
        "react": round(rng.uniform(0.2, 3.0), 1),
        "ready": round(rng.uniform(1.0, 4.0), 1),
        "start": round(rng.uniform(1.0, 6.0), 1),
    }


def draw(rng: random.Random, kind: str, outlets: int, span_h: tuple[float, float]) -> list[dict]:
    """[[car]] tables for one day at a site; `span_h`: from and to in hours since midnight."""
    found = []
    begin_h, end_h = span_h
    for outlet in range(1, outlets + 1):
        stays = sorted(_stay(rng, kind) for _ in range(VISITS[kind]))
        free_h = begin_h + 0.05
        for start_h, leave_h, energy_kwh in stays:
            car = _car(rng)
            if start_h < free_h or start_h > end_h - 1:
                continue
            free_h = leave_h + _BETWEEN_H
            times = {"arrive": round(3600 * (start_h - begin_h))}
            if leave_h < end_h:
                times["leave"] = round(3600 * (leave_h - begin_h))
            found.append({"outlet": outlet, "energy_kwh": round(energy_kwh, 2), **times, **car})
    return found
