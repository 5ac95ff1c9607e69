"""The table of a bench on a terminal or in a file."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from .figure import Figure, Result, compare

_PLAIN_WIDTH = 110  # where there is no terminal that has a width
_WIDTHS = {"figure": 36, "measured": 12, "unit": 14, "budget": 8, "": 6, "baseline": 15}


def show(results: Sequence[Result], before: dict[str, float], stream: TextIO = sys.stdout) -> None:
    """Every row with its figures, budgets and changes."""
    width = None if stream.isatty() else _PLAIN_WIDTH
    console = Console(file=stream, width=width, highlight=False, soft_wrap=True)
    for result in results:
        row = result.row
        console.print(Text(f"{row.name}: {row.about}", style="bold"))
        console.print(Text(f"  {row.on}; {row.command}", style="dim"))
        if result.figures:
            console.print(_table(result.figures, before))
        for figure in result.figures:
            if figure.note:
                console.print(Text(f"  {figure.name}: {figure.note}", style="dim"))
        if result.trouble:
            console.print(Text(f"  not measured: {result.trouble}", style="yellow"))
        console.print()
    console.print(Text(summary(results, before), style="bold"))


def _table(figures: Sequence[Figure], before: dict[str, float]) -> Table:
    table = Table(box=None, pad_edge=False)
    for head, width in _WIDTHS.items():
        justify = "right" if head == "measured" else "left"
        table.add_column(head, min_width=width, justify=justify, no_wrap=True, style="")
    for figure in figures:
        change = compare(figure, before.get(figure.name))
        table.add_row(
            f"  {figure.name}",
            number(figure.value),
            figure.unit,
            figure.budget,
            _verdict(figure),
            Text(change, style="red" if change.startswith("worse") else ""),
        )
    return table


def _verdict(figure: Figure) -> Text:
    if figure.is_met is None:
        return Text("")
    return Text("ok", style="green") if figure.is_met else Text("MISSED", style="bold red")


def number(value: float) -> str:
    """Four digits that count, thousands apart."""
    if value == int(value) or abs(value) >= 10_000:
        return f"{value:,.0f}"
    return f"{value:.4g}" if abs(value) >= 1 else f"{value:.3g}"


def summary(results: Sequence[Result], before: dict[str, float]) -> str:
    """One line: how many figures, missed, worse, not measured."""
    figures = [figure for result in results for figure in result.figures]
    missed = sum(figure.is_met is False for figure in figures)
    worse = sum(compare(f, before.get(f.name)).startswith("worse") for f in figures)
    untold = sum(bool(result.trouble) for result in results)
    return (
        f"{len(figures)} figures; budgets missed: {missed}, worse than the baseline: {worse}, "
        f"rows not measured: {untold}"
    )
