"""What the firmware takes: as .mpy, frozen, and the whole image."""

from __future__ import annotations

from pilotlight_host.fetch import ToolMissing
from pilotlight_host.image import build, mpy

from ..figure import Figure, Options, Row


def measure(_: Options) -> list[Figure]:
    """.mpy always; the images where they can be built."""
    total = sum(mpy.modules(None).values())
    figures = [Figure("sizes.mpy", total, "bytes", most=mpy.BUDGET_BYTES)]
    for board in build.boards():
        try:
            figures += _of_image(board)
        except ToolMissing as error:
            figures[0] = Figure(
                "sizes.mpy", total, "bytes", most=mpy.BUDGET_BYTES, note=f"no image: {error}"
            )
    return figures


def _of_image(board: str) -> list[Figure]:
    built = build.ensure_build(board)
    part = built.sizes()
    values = {"frozen": built.frozen().total, "program": part.program, "static_ram": part.static}
    figures = [
        Figure(f"sizes.{board}.{name}", value, "bytes", most=_most(name))
        for name, value in values.items()
    ]
    heap = Figure(f"sizes.{board}.heap", part.heap, "bytes", more_is_better=True)
    return [*figures, heap]


def _most(name: str) -> int | None:
    return mpy.BUDGET_BYTES if name == "frozen" else None


ROW = Row(
    "sizes",
    "what the firmware takes of flash and RAM",
    "the images",
    "pilotlight size BOARD, pilotlight firmware BOARD",
    measure,
)
