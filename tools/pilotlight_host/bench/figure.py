"""What a bench measures: figures with budgets, grouped in rows. No clock, no measuring."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

WORSE_PERCENT = 10.0  # more than this is said to be worse than the baseline


@dataclass(frozen=True)
class Figure:
    """One number. `name` is its key in the baseline, so it stays.

    `most` and `least` are budgets, both included. `compared`: the number is the same on every
    machine (a count, simulated time, a size), so it may be held against a baseline; wall-clock
    times are not. `note` is for people.
    """

    name: str
    value: float
    unit: str
    most: float | None = None
    least: float | None = None
    compared: bool = True
    more_is_better: bool = False
    note: str = ""

    @property
    def is_met(self) -> bool | None:
        """The budget is kept; None without one."""
        if self.most is None and self.least is None:
            return None
        over = self.most is not None and self.value > self.most
        return not over and (self.least is None or self.value >= self.least)

    @property
    def budget(self) -> str:
        """The budget in words, "" without one."""
        if self.most is not None:
            return f"<= {self.most:g}"
        return "" if self.least is None else f">= {self.least:g}"


@dataclass(frozen=True)
class Options:
    """What the command line can change of a run."""

    hour: bool = False


@dataclass(frozen=True)
class Row:
    """One thing to measure. `command` is what stands behind it, `on` what it is measured on."""

    name: str
    about: str
    on: str
    command: str
    measure: Callable[[Options], list[Figure]]


@dataclass(frozen=True)
class Result:
    """What became of a row: figures, or why there are none. `missing`: a tool is not there."""

    row: Row
    figures: list[Figure]
    trouble: str = ""
    missing: bool = False

    @property
    def is_good(self) -> bool:
        """Nothing failed and no budget is missed; a missing tool is no failure."""
        failed = bool(self.trouble) and not self.missing
        return not failed and all(figure.is_met is not False for figure in self.figures)


def compare(figure: Figure, before: float | None) -> str:
    """The figure against the baseline, in words; "" if it is never compared."""
    if not figure.compared:
        return ""
    if before is None:
        return "new"
    if before == figure.value:
        return "same"
    if before == 0:
        return "worse: was 0" if (figure.value > 0) != figure.more_is_better else "better: was 0"
    percent = 100 * (figure.value - before) / abs(before)
    if abs(percent) <= WORSE_PERCENT:
        return f"{percent:+.1f} %"
    is_better = (percent > 0) == figure.more_is_better
    return f"{'better' if is_better else 'worse'}: {percent:+.0f} %"


def as_json(figure: Figure, row: Row, before: float | None) -> dict[str, Any]:
    """One figure for the JSON report."""
    return {
        "value": figure.value,
        "unit": figure.unit,
        "budget": figure.budget or None,
        "met": figure.is_met,
        "compared": figure.compared,
        "against_baseline": compare(figure, before) or None,
        "on": row.on,
        "command": row.command,
        "note": figure.note or None,
    }
