"""From power-on to the first control step."""

from __future__ import annotations

from pilotlight_host.image import build

from ..board import ON, powered, run_to_first_step
from ..figure import Figure, Options, Row
from ..site import site


def measure(_: Options) -> list[Figure]:
    """Of every board with an image, with 4 outlets and a meter in its site file."""
    return [_of(board) for board in build.boards()]


def _of(board: str) -> Figure:
    with powered(board, {"site.json": site(4, meter=True)}) as pico:
        return Figure(f"boot.{board}", round(run_to_first_step(pico) / 1000, 1), "ms")


ROW = Row(
    "boot",
    "power-on to the end of the first control step, 4 outlets, file system there",
    ON,
    "the watchdog's enable bit, which the first step sets, looked at every 0.5 ms",
    measure,
)
