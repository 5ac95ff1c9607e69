"""The site in the storm: two outlets behind 35 A, cars that come, go and leave C all the time, and
a house that takes more now and then. Times in s.
"""

from random import Random
from typing import Any

ID = "home"
HOST_NAME, TIME_NAME = "broker.storm", "time.storm"
GATEWAY = "10.0.5.1"  # the other end of the emulated modem line
KEEPALIVE_S = 20
RATING_A, HOUSE_L2_A, STEP_A = 35, 4, 17
MAX_A = (9, 11)  # less than the fuse leaves: what is lifted would be seen
FIRST_S = 14.0  # by then both cars charge
_ROUND_S, _LEAVING_S = 60.0, 28.0
_WIRES = (["L1", "L2", "L3"], ["L2", "L3", "L1"])


def site(port: int) -> dict[str, Any]:
    """site.json; the broker is at that port."""
    clamps = [{"channel": channel, "gain": 4834} for channel in (1, 2, 3)]
    feeder = {"id": "main", "rating_a": RATING_A, "breaker": "B"}
    return {
        "site": {"id": ID},
        "feeders": [feeder | {"meter": "grid", "clamps": clamps}],
        "outlets": [
            {"name": name, "feeder": "main", "max_a": amps, "phases": wires}
            for name, amps, wires in zip(("left", "right"), MAX_A, _WIRES, strict=True)
        ],
        "meters": [{"id": "grid", "port": "meter", "model": "sdm630"}],
        "mqtt": {"host": HOST_NAME, "port": port, "keepalive_s": KEEPALIVE_S},
        "clock": {"server": TIME_NAME},
    }


def board_site(port: int) -> dict[str, Any]:
    """The same for the emulated board, which reaches this machine through its modem line."""
    found = site(port)
    del found["clock"]  # there is no name and no time server beyond that line
    found["mqtt"]["host"] = GATEWAY
    return found


def story(draw: Random, for_s: float) -> dict[str, Any]:
    """What happens at the outlets, for so long."""
    car = {"energy_kwh": 150, "max_a": 32, "ramp_a_per_s": 8}
    return {
        "duration": f"{round(for_s)}s",
        "seed": draw.randrange(1 << 30),
        "load": [{"kind": "constant", "amps": [5.0, float(HOUSE_L2_A), 3.0]}],
        "car": [
            car | {"outlet": 1, "arrive": 1},
            car | {"outlet": 2, "arrive": 1.4, "phases": 1},
        ],
        "event": [*_leavings(draw, 1, for_s), *_leavings(draw, 2, for_s), *_steps(draw, for_s)],
    }


def _leavings(draw: Random, outlet: int, for_s: float) -> list[dict[str, Any]]:
    """In the first 30 s of each minute, when it charges again."""
    found, at = [], FIRST_S + draw.uniform(0, 4)
    while at < for_s - 10:
        away_s = round(draw.uniform(1.5, 4), 3)
        kind = draw.choice(("unplug", "leave-c"))
        found.append({"at": round(at, 3), "kind": kind, "outlet": outlet, "for": away_s})
        at += away_s + draw.uniform(8, 12)
        if (at - FIRST_S) % _ROUND_S > _LEAVING_S:
            at += _ROUND_S - (at - FIRST_S) % _ROUND_S
    return found


def _steps(draw: Random, for_s: float) -> list[dict[str, Any]]:
    """Late in each minute, when more than the least is offered again."""
    found, at = [], FIRST_S + _ROUND_S - 8.0
    while at < for_s - 16:
        begin = round(at + draw.uniform(0, 2), 3)
        row = {"at": begin, "kind": "step", "phases": ["L2"], "amps": STEP_A, "for": 5}
        found.append(row)
        at += _ROUND_S
    return found
