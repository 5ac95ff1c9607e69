"""Records the decisions of a bench site on MicroPython: `record_probe.py FOLDER`; prints how many.

Times in ms, currents in mA. The story is random, but always the same.
"""

import asyncio
import gc
import sys

gc.threshold(16384)  # what is compiled from source lies together

import control_bench
from pilotlight import config
from pilotlight.services.recorder import Recorder

CLAMPS = [{"channel": n, "gain": 4834} for n in (4, 5, 6)]
SITE = {
    "site": {"id": "bench"},
    "feeders": [
        {"id": "main", "rating_a": 63, "breaker": "gG", "clamps": CLAMPS, "meter": "grid"}
    ],
    "outlets": [{"feeder": "main", "phases": ["L1", "L2", "L3"], "max_a": 32} for _ in range(4)],
    "meters": [{"id": "grid", "port": "meter", "model": "sdm630"}],
}
_LEGS = 30


class Board:
    """What a recorder needs of one."""

    storage = sys.argv[1]
    capabilities = {"storage_stall_ms": 0}


class Draw:
    """Numbers that are the same everywhere."""

    def __init__(self):
        self._state = 1

    def below(self, n):
        self._state = (self._state * 1103 + 12345) % 65521
        return self._state % n


def main():
    draw = Draw()
    site = control_bench.Site()
    control = site.control
    recorder = Recorder(Board, control.balancer, config.check(SITE), lambda: True)
    asyncio.run(recorder.prepare())
    control.recorder = recorder
    for _ in range(_LEGS):
        site.cars(["ABCCCC"[draw.below(6)] for _ in range(4)])
        site.house_ma = draw.below(50000)
        if draw.below(6) == 0:
            site.places[draw.below(4)].stir()
        if draw.below(6) == 0:
            site.feeder.limit_ma = 30000 + draw.below(33000)
        for _ in range(1 + draw.below(300)):
            site.run(60)
            list(recorder.look())
    recorder.end()
    while not recorder.is_over:
        list(recorder.look())
    if recorder.error is not None:
        raise recorder.error
    print(recorder.decisions)


main()
