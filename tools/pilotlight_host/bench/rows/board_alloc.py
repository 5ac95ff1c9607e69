"""Heap that a control step takes on the board, where the ports are real drivers."""

from __future__ import annotations

from ..board import ON, probed
from ..figure import Figure, Options, Row
from ..site import site
from ..world import World

_OUTLETS = 4
_STEPS = 60
_STEP_MS = 45  # with the collection before it


def measure(_: Options) -> list[Figure]:
    """The most of a silent step, from no car to four that charge."""
    most = 0
    with probed(site=site(_OUTLETS)) as probe:
        world = World(probe.pico)
        probe.exec("app_on_board.py")
        for letter in "ABC":
            world.cars(letter)
            probe.start("step_alloc.py", STEPS=_STEPS)
            world.run(_STEPS * _STEP_MS)
            rows = dict(line.split() for line in probe.finished().splitlines())
            if int(rows["steps"]) < _STEPS // 2:
                raise RuntimeError(f"only {rows['steps']} of {_STEPS} steps were silent")
            most = max(most, int(rows["bytes"]))
    return [Figure("board_alloc.step", most, "bytes", most=0)]


ROW = Row(
    "board-alloc",
    "heap that a control step takes on the board, 4 outlets, no event",
    ON,
    "gc.mem_alloc around Control.step: device/step_alloc.py",
    measure,
)
