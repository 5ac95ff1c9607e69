"""Plays rows and tells what was measured.

`NOT_MET` are rows that cannot be met, with the reason; docs/safety.md lists the same.
"""

import itertools
from dataclasses import dataclass, field

from . import (
    rows_cars,
    rows_currents,
    rows_equipment,
    rows_plugging,
    rows_shorts,
    rows_stopping,
    rows_time,
    rows_windows,
)
from .bench import Bench, Missed
from .row import Row

NOT_MET: dict[str, str] = {
    "56": "no board can open the pilot wire, so a car that F would confuse is not woken",
    "67a": "levels are sampled at fixed instants, the width of the pulse is not: factory test",
    "74": "pilot, samples and time come from one crystal: there is no second clock to compare",
}

_PARTS = (
    rows_plugging,
    rows_stopping,
    rows_shorts,
    rows_windows,
    rows_cars,
    rows_currents,
    rows_equipment,
    rows_time,
)
ROWS: dict[str, Row] = {row.id: row for part in _PARTS for row in part.ROWS}


@dataclass
class Result:
    """`measured`: the worst of every name, ms. `missed`: what was not seen, or None."""

    measured: dict[str, float] = field(default_factory=dict)
    missed: str | None = None
    plays: int = 0


def play(row: Row) -> Result:
    """Every script from every phase, on boards without and with a guard as the row says."""
    result = Result()
    for has_guard, script, phase_ms in itertools.product(row.guards, row.scripts, row.phases):
        result.plays += 1
        try:
            with Bench(row.site, phase_ms, has_guard) as bench:
                for step in script:
                    step(bench)
        except Exception as error:  # noqa: BLE001 - a row that fails is told, whatever it is
            where = f"phase {phase_ms} ms" + (", guard" if has_guard else "")
            told = str(error) if isinstance(error, Missed) else repr(error)
            result.missed = f"{told} ({where})"
            return result
        for name, ms in bench.measured.items():
            result.measured[name] = max(ms, result.measured.get(name, 0))
    return result
