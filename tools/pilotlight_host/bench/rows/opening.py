"""A car leaves C under load: how long until the coil is off, running and stalled."""

from __future__ import annotations

from collections.abc import Callable

from ..board import ON, probed
from ..figure import Figure, Options, Row
from ..site import site
from ..world import World

BUDGET_MS = 60  # and 40 ms for the contactor make the 100 ms of seq 8.1
OUTLETS = 4
PHASES = 32
_ROUNDS = PHASES // OUTLETS
_RUNNING_GRID_US = 40_000  # control steps (20 ms) and cycles of the select lines (8 ms)
_STALLED_GRID_US = 8_000  # the guard (4 ms) and those cycles
_STALL_MS = 250
_REST_MS = 6500  # a contactor rests 5 s before it closes again
_FOLLOW_MS = 200
_RUN_MS = 2 * _ROUNDS * (_REST_MS + 2500) + 5000


def measure(_: Options) -> list[Figure]:
    """32 phases each; half of the cars go to B, half are unplugged."""
    with probed(site=site(OUTLETS)) as probe:
        world = World(probe.pico)
        probe.exec("app_on_board.py")
        probe.start("stall.py", RUN_MS=_RUN_MS, STALL_MS=_STALL_MS)
        running = _rounds(world, _leave_running)
        stalled = _rounds(world, _leave_stalled)
    return [*_figures("running", running), *_figures("stalled", stalled)]


def _rounds(world: World, leave: Callable[[World, int], list[float]]) -> list[float]:
    taken: list[float] = []
    for turn in range(_ROUNDS):
        world.run(300)
        world.cars("B")
        world.run(500)
        world.cars("C")
        world.run(_REST_MS)
        if not all(world.is_closed.values()):
            raise RuntimeError("four cars are ready, but not all contactors have closed")
        taken += leave(world, turn)
        world.cars("A")
    return taken


def _leave_running(world: World, turn: int) -> list[float]:
    """One car after the other, each at another phase."""
    taken = []
    for outlet in world.outlets:
        phase_us = _phase_us(turn, outlet, _RUNNING_GRID_US)
        world.run_to(_on_grid(world.now_us, _RUNNING_GRID_US) + phase_us)
        left_us = world.now_us
        world.cars(_letter(outlet), outlet)
        world.run(_FOLLOW_MS)
        taken.append(_opened_us(world, outlet, left_us) - left_us)
    return taken


def _leave_stalled(world: World, turn: int) -> list[float]:
    """All of them within the first 16 ms of a stall."""
    world.pico.press_button()
    world.run(10)
    begin_us = _on_grid(world.now_us, _STALLED_GRID_US)
    left_us = {n: begin_us + _phase_us(turn, n, _STALLED_GRID_US) for n in world.outlets}
    for outlet in sorted(left_us, key=lambda n: left_us[n]):
        world.run_to(left_us[outlet])
        world.cars(_letter(outlet), outlet)
    world.run(_FOLLOW_MS)
    world.pico.press_button(False)
    return [_opened_us(world, n, left_us[n]) - left_us[n] for n in world.outlets]


def _phase_us(turn: int, outlet: int, grid_us: int) -> float:
    return (turn * OUTLETS + outlet - 1) * grid_us / PHASES


def _on_grid(now_us: float, grid_us: int) -> float:
    return (now_us // grid_us + 1) * grid_us


def _letter(outlet: int) -> str:
    return "B" if outlet % 2 else "A"


def _opened_us(world: World, outlet: int, left_us: float) -> float:
    """When its coil went off; RuntimeError if it did not."""
    for event in world.events:
        is_coil = event.kind == "contactor" and event.outlet == outlet
        if is_coil and not event.on and event.t_us >= left_us:
            return event.t_us
    raise RuntimeError(f"outlet {outlet}: still closed {_FOLLOW_MS} ms after the car left C")


def _figures(name: str, taken_us: list[float]) -> list[Figure]:
    ranked = sorted(us / 1000 for us in taken_us)
    picks = {"min": ranked[0], "median": ranked[len(ranked) // 2], "max": ranked[-1]}
    return [
        Figure(
            f"opening.{name}.{pick}",
            round(ms, 2),
            "ms",
            most=BUDGET_MS,
            note=f"of {len(ranked)} phases" if pick == "max" else "",
        )
        for pick, ms in picks.items()
    ]


ROW = Row(
    "opening",
    "car leaves C until its coil is off, 4 outlets; and with the program stalled",
    ON,
    "events of the emulator at exact times; App and stall by device/stall.py",
    measure,
)
