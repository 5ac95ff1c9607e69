"""Records the decisions of a bench site on MicroPython: `record_probe.py FOLDER`; prints how many.

Times in ms, currents in mA. The story is random, but always the same.
"""

import asyncio
import gc
import sys
from time import ticks_add

gc.threshold(16384)  # what is compiled from source lies together

import control_bench
from pilotlight import config
from pilotlight.core.need import Need
from pilotlight.core.place import MODES
from pilotlight.services.outside import Outside
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
    spool = None


class Draw:
    """Numbers that are the same everywhere."""

    def __init__(self, seed):
        self._state = seed

    def below(self, n):
        self._state = (self._state * 1103 + 12345) % 65521
        return self._state % n


class Arranger:
    """What people, the grid operator and a second contactor do."""

    def __init__(self, draw, site, outside):
        self._draw = draw
        self._site = site
        self._outside = outside
        self._table = config.check(SITE)
        self._outside.apply(self._table)

    def look(self):
        draw, outside = self._draw, self._outside
        if draw.below(50):
            return
        place = self._site.places[draw.below(4)]
        what = draw.below(7)
        if what == 0:
            outside.lift("person")
        elif what < 3:
            outside.dim("person", 9000 + draw.below(20000))
        elif what == 3:
            outside.set_mode(place, (MODES + MODES[:2] * 2)[draw.below(7)])
        elif what == 4:
            leaves_ms = ticks_add(self._site.now_ms, 10000 + draw.below(60000))
            place.need = Need(self._site.now_ms, 1 + draw.below(20000), leaves_ms)
        elif what == 5:
            place.connect((1, 3, None)[draw.below(3)])
        else:
            key, value = (("import_w", 25000), ("quarter_w", 20000), ("unbalance_a", 20))[
                draw.below(3)
            ]
            self._table["feeders"][0][key] = (None, value)[draw.below(2)]
            outside.apply(self._table)


def main():
    draw = Draw(1)
    site = control_bench.Site()
    control = site.control
    outside = Outside(Board, control.balancer, site.journal)
    arranger = Arranger(Draw(7), site, outside)
    recorder = Recorder(Board, control.balancer, outside, config.check(SITE), lambda: True)
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
            arranger.look()
            site.run(60)
            list(recorder.look())
    recorder.end()
    while not recorder.is_over:
        list(recorder.look())
    if recorder.error is not None:
        raise recorder.error
    print(recorder.decisions)


main()
