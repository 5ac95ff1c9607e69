"""The table of a bench on a terminal or in a file."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from .figure import Figure, Result, compare

_PLAIN_WIDTH = 132  # where there is no terminal that has a width


def show(results: Sequence[Result], before: dict[str, float], stream: TextIO = sys.stdout) -> None:
    """Every row with its figures, budgets and changes."""
    is_terminal = stream.isatty()
    console = Console(file=stream, width=None if is_terminal else _PLAIN_WIDTH, highlight=False)
    table = Table(box=None, pad_edge=False)
    for head, justify in (("figure", "left"), ("measured", "right"), ("unit", "left")):
        table.add_column(head, justify="right" if justify == "right" else "left", no_wrap=True)
    for head in ("budget", "", "baseline"):
        table.add_column(head, no_wrap=True)
    table.add_column("note", style="dim", overflow="fold")
    for result in results:
        _add(table, result, before)
    console.print(table)
    console.print(summary(results, before), style="bold")


def _add(table: Table, result: Result, before: dict[str, float]) -> None:
    row = result.row
    title = Text(f"{row.name}: {row.about}", style="bold")
    table.add_row(title, "", "", "", "", "", f"{row.on}; {row.command}")
    for figure in result.figures:
        change = compare(figure, before.get(figure.name))
        table.add_row(
            f"  {figure.name}",
            number(figure.value),
            figure.unit,
            figure.budget,
            _verdict(figure),
            Text(change, style="red" if change.startswith("worse") else ""),
            figure.note,
        )
    if result.trouble:
        table.add_row(Text(f"  not measured: {result.trouble}", style="yellow"))


def _verdict(figure: Figure) -> Text:
    if figure.is_met is None:
        return Text("")
    return Text("ok", style="green") if figure.is_met else Text("MISSED", style="bold red")


def number(value: float) -> str:
    """Four digits at least, thousands apart."""
    if value == int(value):
        return f"{int(value):,}"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.4g}" if abs(value) >= 1 else f"{value:.3g}"


def summary(results: Sequence[Result], before: dict[str, float]) -> str:
    """One line: how many figures, missed, worse, not measured."""
    figures = [figure for result in results for figure in result.figures]
    missed = sum(figure.is_met is False for figure in figures)
    worse = sum(compare(f, before.get(f.name)).startswith("worse") for f in figures)
    untold = sum(bool(result.trouble) for result in results)
    return (
        f"{len(figures)} figures, budgets missed: {missed}, worse than the baseline: {worse}, "
        f"rows not measured: {untold}"
    )
