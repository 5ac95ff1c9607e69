"""From results to one report (JSON) and its tables. Shares are of the bound, 1 is all of it."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, TextIO

from rich.console import Console
from rich.table import Table

from pilotlight_host.errors import UserError

from . import study

GOAL_SHARE = 0.97
Rows = list[dict[str, Any]]
_WIDTH = 140
_NEAR = 0.001  # shares nearer than this are the same


def make(rows: Rows, seed: int) -> dict[str, Any]:
    """Everything that `--json` writes; docs/compare.md explains each key."""
    rows = study.in_order(rows)
    drawn = [row for row in rows if row["kind"] != study.COMPLAINT]
    complained = [row for row in rows if row["kind"] == study.COMPLAINT]
    return {
        "seed": seed,
        "site_days": len({row["site"] for row in drawn}),
        "policies": {name: total(_of(drawn, name)) for name in study.NAMES if _of(drawn, name)},
        "complaints": {
            name: total(_of(complained, name)) for name in study.NAMES if _of(complained, name)
        },
        "shortfalls": shortfalls(rows),
        "results": rows,
    }


def _of(rows: Rows, name: str) -> Rows:
    return [row for row in rows if row["policy"] == name]


def share(row: dict[str, Any]) -> float:
    """Energy as a share of the bound's."""
    return row["energy_wh"] / row["bound_wh"] if row["bound_wh"] else 1.0


def _mean(values: Iterable[float]) -> float | None:
    found = list(values)
    return round(sum(found) / len(found), 4) if found else None


def total(rows: Rows) -> dict[str, Any]:
    """One policy over many site-days."""
    shares = [share(row) for row in rows]
    sessions = sum(row["sessions"] for row in rows)
    energy_wh, bound_wh = (sum(row[key] for row in rows) for key in ("energy_wh", "bound_wh"))
    equals = [row["energy_wh"] / row["equal_wh"] for row in rows if row["equal_wh"]]
    return {
        "runs": len(rows),
        "trips": sum(row["trips"] for row in rows),
        "violations": sum(row["violations"] for row in rows),
        "heat_peak_pct": max(row["heat_peak_pct"] for row in rows),
        "overload_as": round(sum(row["overload_as"] for row in rows), 1),
        "energy_share_mean": _mean(shares),
        "energy_share_worst": round(min(shares), 4),
        "energy_of_equal_mean": _mean(equals),
        "energy_share_of_all": round(energy_wh / bound_wh, 4) if bound_wh else None,
        "fairness_mean": _mean(row["fairness"] for row in rows if row["fairness"] is not None),
        "departures_met": round(sum(row["met"] for row in rows) / max(1, sessions), 4),
        "contactor_cycles": sum(row["cycles"] for row in rows),
        "sessions": sessions,
    }


def shortfalls(rows: Rows) -> list[dict[str, Any]]:
    """Where Pilotlight had less than 97 % of the bound, or than the best that did not trip."""
    found = []
    for row in _of(rows, study.PILOTLIGHT):
        rivals = [
            other
            for other in rows
            if other["site"] == row["site"]
            and other["policy"] != study.PILOTLIGHT
            and not other["trips"]
        ]
        best = max(rivals, key=share, default=row)
        if share(row) >= GOAL_SHARE and share(row) >= share(best) - _NEAR:
            continue
        missing_as = sum(left for left in row["left_as"].values() if left > 0) or 1.0
        causes = sorted(row["left_as"].items(), key=lambda item: -item[1])
        found.append(
            {
                "site": row["site"],
                "rating_a": row["rating_a"],
                "outlets": row["outlets"],
                "share": round(share(row), 4),
                "of_equal": round(row["energy_wh"] / row["equal_wh"], 4)
                if row["equal_wh"]
                else None,
                "best": best["policy"],
                "best_share": round(share(best), 4),
                "best_heat_peak_pct": best["heat_peak_pct"],
                "causes": {name: round(left / missing_as, 2) for name, left in causes[:4]},
            }
        )
    return found


# ------------------------------------------------------------------ for people


def show(report: dict[str, Any], stream: TextIO) -> None:
    """Tables."""
    console = Console(file=stream, width=None if stream.isatty() else _WIDTH)
    if report["policies"]:
        title = f"{report['site_days']} site-days, seed {report['seed']}"
        console.print(_totals(title, report["policies"]))
    if report["complaints"]:
        console.print(_totals("what users complained about, an hour each", report["complaints"]))
    if report["shortfalls"]:
        console.print(_shortfalls(report["shortfalls"]))


COLUMNS = (
    "policy",
    "trips",
    "heat peak %",
    "overload A s",
    "energy of the bound, mean",
    "worst",
    "of equal shares",
    "fairness",
    "departures met",
    "cycles",
    "per session",
)


def cells(name: str, row: dict[str, Any]) -> list[str]:
    """One policy's line, for a table on the terminal and in a document."""
    fairness = row["fairness_mean"]
    return [
        name,
        str(row["trips"]),
        f"{row['heat_peak_pct']:.0f}",
        f"{row['overload_as']:.0f}",
        f"{100 * row['energy_share_mean']:.1f} %",
        f"{100 * row['energy_share_worst']:.1f} %",
        f"{100 * (row['energy_of_equal_mean'] or 0):.1f} %",
        "-" if fairness is None else f"{fairness:.3f}",
        f"{100 * row['departures_met']:.0f} %",
        str(row["contactor_cycles"]),
        f"{row['contactor_cycles'] / max(1, row['sessions']):.2f}",
    ]


def _totals(title: str, policies: dict[str, Any]) -> Table:
    table = Table(title=title, title_justify="left")
    for column in COLUMNS:
        is_name = column == "policy"
        table.add_column(column, justify="left" if is_name else "right", no_wrap=is_name)
    for name, row in policies.items():
        table.add_row(*cells(name, row))
    return table


SHORT_COLUMNS = (
    "site-day",
    "A",
    "outlets",
    "Pilotlight",
    "of equal shares",
    "best that did not trip",
    "where current was left",
)


def short_cells(row: dict[str, Any]) -> list[str]:
    """One shortfall's line."""
    return [
        row["site"],
        f"{row['rating_a']:g}",
        str(row["outlets"]),
        f"{100 * row['share']:.1f} %",
        "-" if row["of_equal"] is None else f"{100 * row['of_equal']:.1f} %",
        f"{row['best']} {100 * row['best_share']:.1f} %",
        ", ".join(f"{name} {100 * part:.0f} %" for name, part in row["causes"].items()),
    ]


def _short_title() -> str:
    goal = f"{100 * GOAL_SHARE:.0f} %"
    return f"Where Pilotlight is below {goal} of the bound or below the best that did not trip"


def _shortfalls(found: list[dict[str, Any]]) -> Table:
    table = Table(title=_short_title(), title_justify="left")
    for column in SHORT_COLUMNS:
        table.add_column(column, justify="left" if column[0] in "sbw" else "right")
    for row in found:
        table.add_row(*short_cells(row))
    return table


# ------------------------------------------------------------------ for the document

_BEGIN, _END = "<!-- figures: begin -->", "<!-- figures: end -->"


def put_into(report: dict[str, Any], file: str) -> None:
    """Replace what stands between the two marks of a Markdown file."""
    before, after = around_marks(file)
    text = f"{before}{_BEGIN}\n{markdown(report)}{_END}{after}"
    Path(file).write_text(text, encoding="utf-8")


def around_marks(file: str) -> tuple[str, str]:
    """What stands before and after them. UserError if they are not there."""
    try:
        before, rest = Path(file).read_text(encoding="utf-8").split(_BEGIN)
        _, after = rest.split(_END)
    except OSError as error:
        raise UserError(f"--doc {file}: cannot be read ({error.strerror})") from None
    except ValueError:
        raise UserError(f"--doc {file}: expected one {_BEGIN} and one {_END}") from None
    return before, after


def markdown(report: dict[str, Any]) -> str:
    """The tables."""
    parts = []
    head = f"{report['site_days']} site-days, seed {report['seed']}"
    for title, key in ((head, "policies"), ("The complaints, an hour each", "complaints")):
        if report[key]:
            lines = [cells(name, row) for name, row in report[key].items()]
            parts.append(f"{title}:\n\n{_pipes(list(COLUMNS), lines)}")
    if report["shortfalls"]:
        lines = [short_cells(row) for row in report["shortfalls"]]
        parts.append(f"{_short_title()}:\n\n{_pipes(list(SHORT_COLUMNS), lines)}")
    return "\n" + "\n".join(parts) + "\n"


def _pipes(columns: list[str], lines: list[list[str]]) -> str:
    rows = [columns, ["---"] * len(columns), *lines]
    return "".join("| " + " | ".join(row) + " |\n" for row in rows)
