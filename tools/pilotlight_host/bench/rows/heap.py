"""What of the heap is used, and what is left after a while."""

from __future__ import annotations

from ..figure import Figure, Options, Row
from ..soak import WHERE, soak

BUDGET_BYTES = 90 * 1024


def measure(options: Options) -> list[Figure]:
    """In use when built and when running; free at least and at the end."""
    told = soak(options.hour)
    own = told["own"][0]
    span = "hour" if options.hour else "2min"
    return [
        Figure("heap.built", told["built"][0] - own, "bytes in use"),
        Figure(
            "heap.running",
            told["running"][0] - own,
            "bytes in use",
            most=BUDGET_BYTES,
            note=f"without the {own} bytes of the script that looks at it",
        ),
        _free(f"heap.floor.{span}", told["floor"][0], "least seen, garbage counted as used"),
        _free(f"heap.free.{span}", told["free"][0], "after a collection"),
        _free(f"heap.largest.{span}", told["largest"][0], "largest piece that can be had"),
    ]


def _free(name: str, value: int, note: str) -> Figure:
    return Figure(name, value, "bytes free", more_is_better=True, note=note)


ROW = Row(
    "heap",
    "heap with MQTT up and 4 outlets, and what is left of it",
    WHERE,
    "gc.mem_alloc, gc.mem_free, bytearray by bisection: device/soak.py",
    measure,
)
