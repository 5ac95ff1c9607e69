"""Time of the control step on the board, by outlets that charge."""

from __future__ import annotations

from ..board import ON, probed
from ..figure import Figure, Options, Row
from ..site import site
from ..world import World

BUDGET_MS = 5
_PLUGGED_MS, _CHARGING_MS, _RECORDED_MS = 1000, 2000, 6000
_MOST_OUTLETS = 4


def measure(_: Options) -> list[Figure]:
    """1...4 cars charge while the house wavers and clamps and meter are read."""
    return [figure for n in range(1, _MOST_OUTLETS + 1) for figure in _figures(n, times(n))]


def times(outlets: int) -> dict[str, list[int]]:
    """Times of steps in us, "quiet" and "deciding"."""
    with probed(site=site(outlets, meter=True)) as probe:
        world = World(probe.pico)
        world.connect_meter()
        probe.exec("app_on_board.py")
        begin_ms = _PLUGGED_MS + _CHARGING_MS
        probe.start("step_time.py", RUN_MS=begin_ms + _RECORDED_MS, FROM_MS=begin_ms)
        chosen = range(1, outlets + 1)
        world.run(300)
        world.cars("B", *chosen)
        world.run(_PLUGGED_MS - 300)
        world.cars("C", *chosen)
        world.run(_CHARGING_MS)
        if not all(world.is_closed[n] for n in chosen):
            raise RuntimeError(f"{outlets} cars are ready, but not all contactors have closed")
        for turn in range(_RECORDED_MS // 500):
            world.house(5000 + 3000 * (turn % 3))
            world.run(500)
        printed = probe.finished()
    rows = [line.split() for line in printed.splitlines()]
    return {row[0]: [int(word) for word in row[1:]] for row in rows}


def _figures(outlets: int, found: dict[str, list[int]]) -> list[Figure]:
    figures = []
    for kind, values_us in found.items():
        if not values_us:
            raise RuntimeError(f"no {kind} step was seen")
        ranked = sorted(values_us)
        picks = {
            "median": ranked[len(ranked) // 2],
            "95%": ranked[len(ranked) * 95 // 100],
            "max": ranked[-1],
        }
        figures += [
            Figure(
                f"step.{outlets}.{kind}.{name}",
                us / 1000,
                "ms",
                most=BUDGET_MS if outlets == _MOST_OUTLETS else None,
                note=f"of {len(ranked)} steps" if name == "max" else "",
            )
            for name, us in picks.items()
        ]
    return figures


ROW = Row(
    "step",
    "time of a control step with 1...4 cars that charge, without and with a decision",
    ON,
    "time.ticks_us around Control.step: device/step_time.py",
    measure,
)
