"""How fast simulation and emulation run on this PC. Wall-clock times: told, never compared."""

from __future__ import annotations

import time
import tomllib

from pilotlight_host.sim.scenario import Scenario, parse
from pilotlight_host.sim.simulate import EVENT, EXACT, simulate

from ..board import powered, run_to_first_step
from ..figure import Figure, Options, Row
from ..site import site
from ..world import World

LEAST = {EXACT: 150, EVENT: 1000}
_MINUTES = {EXACT: 60, EVENT: 240}
_EMULATED_MS = 4000
_OUTLETS = 4
_LOADS = """
[[load]]
kind = "household"
people = 4
"""


def measure(_: Options) -> list[Figure]:
    """A site of four outlets on both clocks, and on the emulated board."""
    simulate(_scenario(1))  # what is imported counts for nobody
    return [_simulated(EXACT), _simulated(EVENT), *_emulated()]


def _simulated(clock: str) -> Figure:
    """By the processor time of this process: what else runs here does not count."""
    started = time.process_time()
    report = simulate(_scenario(_MINUTES[clock]), clock_kind=clock).report
    used_s = time.process_time() - started
    note = f"{report['simulated_s'] / 60:.0f} minutes in {used_s:.1f} s of processor time"
    return _figure(f"speed.{clock}", report["simulated_s"] / used_s, note, LEAST[clock])


def _scenario(minutes: int) -> Scenario:
    cars = "".join(
        f"[[car]]\noutlet = {n}\narrive = '{n}m'\nenergy_kwh = {5 + n}\n"
        for n in range(1, _OUTLETS + 1)
    )
    raw = tomllib.loads(_LOADS + cars)
    return parse(raw | {"duration": f"{minutes}m", "site": site(_OUTLETS, meter=True)}, "speed")


def _emulated() -> list[Figure]:
    with powered(files={"site.json": site(_OUTLETS)}) as pico:
        world = World(pico)
        run_to_first_step(pico)
        idle = _speed(world)
        world.cars("B")
        world.run(300)
        world.cars("C")
        world.run(2500)
        if not all(world.is_closed.values()):
            raise RuntimeError("four cars are ready, but not all contactors have closed")
        charging = _speed(world)
    return [_figure("speed.pico.idle", idle), _figure("speed.pico.charging", charging)]


def _speed(world: World) -> float:
    started = time.monotonic()
    world.run(_EMULATED_MS)
    return _EMULATED_MS / 1000 / (time.monotonic() - started)


def _figure(name: str, speed: float, note: str = "", least: float | None = None) -> Figure:
    return Figure(
        name,
        round(speed, 2),
        "x real time",
        least=least,
        compared=False,
        more_is_better=True,
        note=note,
    )


ROW = Row(
    "speed",
    "simulated against real time, 4 outlets: every step, event-driven, emulated board",
    "this PC, as busy as it is",
    "pilotlight sim, pilotlight sim --clock event, emulated Pico",
    measure,
)
