"""Runs rows one after the other. One that fails says why, the rest goes on."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from pilotlight_host.errors import UserError
from pilotlight_host.fetch import ToolMissing

from .figure import Options, Result, Row


def choose(rows: Sequence[Row], names: Sequence[str] | None) -> list[Row]:
    """The rows of these names, in their own order; all of them without names.

    UserError that lists the names there are if one is unknown.
    """
    known = [row.name for row in rows]
    unknown = [name for name in names or () if name not in known]
    if unknown:
        raise UserError(f"--only {unknown[0]}: no such row, there are: {', '.join(known)}")
    return [row for row in rows if not names or row.name in names]


def run(rows: Sequence[Row], options: Options, tell: Callable[[str], None]) -> list[Result]:
    """Measure them all; `tell` gets a line of progress for each."""
    return [_run_one(row, options, tell) for row in rows]


def _run_one(row: Row, options: Options, tell: Callable[[str], None]) -> Result:
    started = time.monotonic()
    try:
        result = Result(row, row.measure(options))
    except ToolMissing as error:
        result = Result(row, [], str(error), missing=True)
    except Exception as error:  # noqa: BLE001 - whatever a row meets, the other rows are measured
        lines = str(error).strip().splitlines()
        told = lines[-1] if lines else ""
        result = Result(row, [], f"{type(error).__name__}: {told}")
    said = f": {result.trouble}" if result.trouble else ""
    tell(f"{row.name} ({time.monotonic() - started:.0f} s){said}")
    return result
