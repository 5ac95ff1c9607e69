"""More flows than the fuse may carry: how long until the car is told to draw less."""

from __future__ import annotations

from ..board import ON, powered, run_to_first_step
from ..figure import Figure, Options, Row
from ..site import site
from ..world import World

BUDGET_MS = 300
PHASES = 8
_RATING_A, _MOST_A = 38, 32
_HOUSE_MA, _MORE_MA = 5000, 3000
_STILL_MS = 7500  # a pilot may change every 5 s, and what a car was told counts for 6 s
_PHASE_MS = 100 / PHASES  # of the clamps' window
_RAMP_MS = 75_000


def measure(_: Options) -> list[Figure]:
    """One car at 32 A; the house takes 3 A more, eight times, at other phases of the window."""
    file = site(4, rating_a=_RATING_A, max_a=_MOST_A)
    file["feeders"][0]["base_max_a"] = _RATING_A  # else the house's share is taken for the car's
    with powered(files={"site.json": file}) as pico:
        world = World(pico, _HOUSE_MA)
        run_to_first_step(pico)
        world.run(300)
        world.cars("B", 1)
        world.run(1000)
        world.cars("C", 1)
        _raise(world)
        taken = [_reaction_ms(world, turn) for turn in range(PHASES)]
    ranked = sorted(taken)
    picks = {"min": ranked[0], "median": ranked[len(ranked) // 2], "max": ranked[-1]}
    return [
        Figure(f"overload.{name}", round(ms, 1), "ms", most=BUDGET_MS)
        for name, ms in picks.items()
    ]


def _raise(world: World) -> None:
    """Wait until the car is told all it can get."""
    end_us = world.now_us + 1000 * _RAMP_MS
    while world.signalled_ma[1] < 1000 * _MOST_A - 500:
        if world.now_us > end_us:
            raise RuntimeError(f"only {world.signalled_ma[1]:.0f} mA after {_RAMP_MS} ms")
        world.run(1000)
    _settle(world)


def _settle(world: World) -> None:
    """Wait until the pilot has not changed for a while: it may change again then."""
    while True:
        pilots = [event.t_us for event in world.events if event.kind == "pilot"]
        due_us = pilots[-1] + 1000 * _STILL_MS
        if world.now_us >= due_us:
            return
        world.run_to(due_us)


def _reaction_ms(world: World, turn: int) -> float:
    before_ma = world.signalled_ma[1]
    world.run(turn * _PHASE_MS)
    begin_us = world.now_us
    world.house(_HOUSE_MA + (turn + 1) * _MORE_MA)
    if world.total_ma <= 1000 * _RATING_A:
        raise RuntimeError(f"{world.total_ma:.0f} mA are no overload")
    events = world.run(2000, until=("pilot", 1))
    if not events or events[-1].kind != "pilot" or world.signalled_ma[1] >= before_ma:
        raise RuntimeError("no lower duty within 2 s")
    reacted_us = events[-1].t_us
    _settle(world)
    return (reacted_us - begin_us) / 1000


ROW = Row(
    "overload",
    "overload until the pilot says less, clamps alone, 4 outlets of which one charges",
    ON,
    "events of the emulator at exact times, firmware as flashed",
    measure,
)
