"""Short sites made from what users of others complained about, each with its threads.

Public threads as listed in their projects; a case shows the situation, not that code's fault. Bare
names: dingo35/SmartEVSE-3.5, serkri/SmartEVSE-3, SmartEVSE/SmartEVSE-2, OpenEVSE/
openevse_esp32_firmware, evcc-io/evcc.
"""

from typing import Any, NamedTuple

from pilotlight_host.sim.scenario import parse
from pilotlight_host.sim.specs import Scenario

from .sites import full_scale_a, table

_WIRES = ["L1", "L2", "L3"]
_HOUR_S = 3600


class Case(NamedTuple):
    """`threads` is where it comes from; the rest is the scenario."""

    name: str
    threads: str
    about: str
    rating_a: int
    loads: list[dict]
    cars: list[dict]
    events: list[dict]
    meter_ms: int | None = None  # a slow meter instead of clamps


def _house(*amps: float) -> list[dict]:
    return [{"kind": "constant", "amps": list(amps)}]


def _car(outlet: int, arrive: int = 60, **more: Any) -> dict:
    return {"outlet": outlet, "arrive": arrive, "energy_kwh": 60, **more}


def _steps(every_s: int, for_s: int, amps: float, phases: list[str]) -> list[dict]:
    step = {"kind": "step", "amps": amps, "phases": phases, "for": for_s}
    return [{"at": at, **step} for at in range(300, _HOUR_S, every_s)]


CASES = (
    Case(
        "slow-meter",
        "SmartEVSE-2#35, serkri#105, SmartEVSE-3#121",
        "the meter shows what was 10 s ago; an oven comes and goes",
        32,
        _house(4, 3, 2),
        [_car(1), _car(2, 600, max_a=32)],
        _steps(400, 150, 12, ["L1"]),
        10_000,
    ),
    Case(
        "slow-ramp",
        "dingo35#306",
        "two cars that take half a minute from 6 to 20 A",
        32,
        _house(4, 3, 2),
        [
            _car(1, max_a=32, ramp_a_per_s=0.5, react=3),
            _car(2, 600, ramp_a_per_s=0.5, react=3),
        ],
        _steps(500, 200, 10, _WIRES),
    ),
    Case(
        "one-phase-cars",
        "evcc#14261",
        "a one-phase car on each phase, and a fourth one on the first",
        35,
        _house(5, 5, 5),
        [_car(n, 60 * n, phases=1, max_a=32) for n in (1, 2, 3, 4)],
        [],
    ),
    Case(
        "two-phase-car",
        "dingo35#327",
        "a car on two phases beside one on three",
        32,
        _house(6, 2, 9),
        [_car(1, phases=2), _car(2, 300, max_a=32)],
        _steps(700, 300, 6, ["L2"]),
    ),
    Case(
        "takes-less",
        "dingo35#306, evcc#15217",
        "a car that takes 7 A of whatever it is offered, beside a hungry one",
        32,
        _house(4, 3, 2),
        [_car(1, max_a=7), _car(2, 120, max_a=32)],
        [],
    ),
    Case(
        "chatter",
        "OpenEVSE#684, #711",
        "a thermostat moves the house about the point where the minimum fits",
        25,
        _house(10, 10, 10),
        [_car(1)],
        _steps(150, 60, 10.5, ["L1"]),
    ),
    Case(
        "all-stop",
        "serkri#236",
        "room for one minimum, then for two, then for one",
        25,
        _house(6, 6, 6),
        [_car(1), _car(2)],
        _steps(1200, 600, 8, _WIRES),
    ),
    Case(
        "fair-start",
        "evcc#20113, #30340",
        "a second and a third car come to a supply that the first one fills",
        32,
        _house(8, 8, 8),
        [_car(1, max_a=32), _car(2, 900), _car(3, 1800)],
        [],
    ),
)


def make(number: int) -> Scenario:
    """Case `number` as a scenario of an hour."""
    case = CASES[number]
    count = max(car["outlet"] for car in case.cars)
    turned = case.name == "one-phase-cars"
    outlets = []
    for n in range(count):
        wires = [_WIRES[(p + (n if turned else 0)) % 3] for p in range(3)]
        outlets.append({"feeder": "main", "phases": wires, "max_a": 32})
    site = table("case", number, case.rating_a, outlets, "C")
    plant: dict[str, Any] = {"clamp_full_scale_a": full_scale_a(case.rating_a)}
    if case.meter_ms is not None:
        del site["feeders"][0]["clamps"]
        site["feeders"][0]["meter"] = "grid"
        site["meters"] = [{"id": "grid", "port": "meter", "model": "sdm630"}]
        plant["meter_refresh_ms"] = case.meter_ms
    raw = {
        "duration": _HOUR_S,
        "seed": number + 1,
        "site": site,
        "load": case.loads,
        "car": case.cars,
        "event": case.events,
        "plant": plant,
    }
    return parse(raw, case.name, case.name)
