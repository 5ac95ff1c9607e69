"""The report of a run as JSON, and the stored one that later runs are held against."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pilotlight_host.errors import UserError
from pilotlight_host.paths import ROOT

from .figure import Result, as_json

BASELINE = ROOT / "docs" / "bench.json"


def read(file: Path = BASELINE) -> dict[str, float]:
    """Values by the figures' names; none without a baseline. UserError if it is none."""
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise UserError(f"{file}: cannot be read ({error.strerror})") from None
    try:
        figures = json.loads(text)["figures"]
        return {name: float(figure["value"]) for name, figure in figures.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{file}: is no report of the bench ({error!r})") from None


def report(results: Sequence[Result], before: dict[str, float], version: str) -> dict[str, Any]:
    """All that a run has found."""
    figures = {
        figure.name: as_json(figure, result.row, before.get(figure.name))
        for result in results
        for figure in result.figures
    }
    return {
        "version": version,
        "python": platform.python_version(),
        "machine": platform.machine(),
        "figures": figures,
        "not_measured": {r.row.name: r.trouble for r in results if r.trouble},
        "good": all(result.is_good for result in results),
    }


def save(found: dict[str, Any], file: Path = BASELINE) -> None:
    """Make this run the baseline. Of rows that were not run the former figures stay."""
    former = _former(file)
    kept = {name: _bare(figure) for name, figure in former.items()}
    kept |= {name: _bare(figure) for name, figure in found["figures"].items()}
    content = {"version": found["version"], "figures": kept}
    try:
        file.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise UserError(f"{file}: cannot be written ({error.strerror})") from None


def _former(file: Path) -> dict[str, Any]:
    read(file)  # says what is wrong with it
    return json.loads(file.read_text(encoding="utf-8"))["figures"] if file.exists() else {}


def _bare(figure: dict[str, Any]) -> dict[str, Any]:
    """Without what is true of one run only."""
    return {key: figure[key] for key in figure if key != "against_baseline"}
