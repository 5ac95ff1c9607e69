"""A comparison's report as tables, for people on a terminal and in a document."""

from pathlib import Path
from typing import Any, TextIO

from rich.console import Console
from rich.table import Table

from pilotlight_host.errors import UserError

from . import study
from .report import GOAL_SHARE

_WIDTH = 140


def show(report: dict[str, Any], stream: TextIO) -> None:
    """Tables."""
    console = Console(file=stream, width=None if stream.isatty() else _WIDTH)
    if report["policies"]:
        title = f"{report['site_days']} site-days, seed {report['seed']}"
        console.print(_totals(title, report["policies"]))
    if report["complaints"]:
        console.print(_totals("what users complained about, an hour each", report["complaints"]))
    if report["beside"]:
        console.print(_table(BESIDE_TITLE, BESIDE_COLUMNS, beside_lines(report["beside"])))
    if report["pauses"]:
        console.print(_table(PAUSES_TITLE, PAUSES_COLUMNS, pauses_lines(report["pauses"])))
    if report["shortfalls"]:
        console.print(_shortfalls(report["shortfalls"]))


COLUMNS = (
    "policy",
    "trips",
    "violations",
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
        str(row["violations"]) if name == study.PILOTLIGHT else "-",
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


BESIDE_TITLE = "Day by day, where the other did not trip"
BESIDE_COLUMNS = (
    "policy",
    "site-days",
    "delivered more than Pilotlight",
    "less",
    "most above",
    "most below",
)
PAUSES_TITLE = "Pilotlight's openings while the car wanted more"
PAUSES_COLUMNS = ("reason", "times")


def beside_lines(found: dict[str, dict[str, Any]]) -> list[list[str]]:
    """For both kinds of table."""
    return [
        [
            name,
            str(row["days"]),
            str(row["more"]),
            str(row["less"]),
            f"{100 * row['most']:.1f} points",
            f"{-100 * row['least']:.1f} points",
        ]
        for name, row in found.items()
    ]


def pauses_lines(found: dict[str, int]) -> list[list[str]]:
    """For both kinds of table."""
    return [[why, str(count)] for why, count in found.items()]


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


def _table(title: str, columns: tuple[str, ...], lines: list[list[str]]) -> Table:
    table = Table(title=title, title_justify="left")
    for n, column in enumerate(columns):
        table.add_column(column, justify="right" if n else "left", no_wrap=n == 0)
    for line in lines:
        table.add_row(*line)
    return table


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
    if report["beside"]:
        lines = beside_lines(report["beside"])
        parts.append(f"{BESIDE_TITLE}:\n\n{_pipes(list(BESIDE_COLUMNS), lines)}")
    if report["pauses"]:
        lines = pauses_lines(report["pauses"])
        parts.append(f"{PAUSES_TITLE}:\n\n{_pipes(list(PAUSES_COLUMNS), lines)}")
    if report["shortfalls"]:
        lines = [short_cells(row) for row in report["shortfalls"]]
        parts.append(f"{_short_title()}:\n\n{_pipes(list(SHORT_COLUMNS), lines)}")
    return "\n" + "\n".join(parts) + "\n"


def _pipes(columns: list[str], lines: list[list[str]]) -> str:
    rows = [columns, ["---"] * len(columns), *lines]
    return "".join("| " + " | ".join(row) + " |\n" for row in rows)
