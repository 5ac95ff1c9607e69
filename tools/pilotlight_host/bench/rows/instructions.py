"""Machine instructions of a control step, and that each further outlet costs the same."""

from __future__ import annotations

from ..figure import Figure, Options, Row
from ..unix import instructions

OUTLETS = (1, 2, 4, 6, 8)
# quiet steps, deciding steps. Always two texts of the same length, and never the same one twice:
# MicroPython interns them, and another heap means other counts
_BASE, _QUIET, _DECIDING = ("05", "06"), ("45", "06"), ("05", "46")
_STEPS = 40


def measure(_: Options) -> list[Figure]:
    """Steps without a decision and steps with one; slopes, and the worst deviation from them."""
    counts = [_count(outlets) for outlets in OUTLETS]
    figures = []
    for kind, values in zip(("quiet", "deciding"), zip(*counts, strict=True), strict=True):
        figures += [
            Figure(f"instructions.{kind}.{outlets}", round(value), "instructions")
            for outlets, value in zip(OUTLETS, values, strict=True)
        ]
        figures += _line(kind, values)
    return figures


def _count(outlets: int) -> tuple[float, float]:
    """Of a step without a new sample, and of one that decides."""
    base, quiet, deciding = (
        instructions("step_unix.py", "count", outlets, *numbers)
        for numbers in (_BASE, _QUIET, _DECIDING)
    )
    return (quiet - base) / _STEPS, (deciding - base) / _STEPS


def _line(kind: str, values: tuple[float, ...]) -> list[Figure]:
    """The straight line through the values, by least squares."""
    mean_x, mean_y = sum(OUTLETS) / len(OUTLETS), sum(values) / len(values)
    pairs = list(zip(OUTLETS, values, strict=True))
    slope = sum((x - mean_x) * (y - mean_y) for x, y in pairs)
    slope /= sum((x - mean_x) ** 2 for x in OUTLETS)
    off = max(abs(mean_y + slope * (x - mean_x) - y) / y for x, y in pairs)
    return [
        Figure(f"instructions.{kind}.per_outlet", round(slope), "instr./outlet"),
        Figure(
            f"instructions.{kind}.off_line",
            round(100 * off, 2),
            "%",
            most=5,
            compared=False,
            note="largest deviation from a straight line",
        ),
    ]


ROW = Row(
    "instructions",
    "instructions of a control step, with and without a balancing decision",
    "32-bit MicroPython on this PC",
    "valgrind --tool=callgrind, difference of 40 steps: device/step_unix.py count",
    measure,
)
