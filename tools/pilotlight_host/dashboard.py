"""The live dashboard on a terminal, drawn in a thread of its own from views. A, s of the run."""

import contextlib
import queue
import threading
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from pilotlight_host.live.view import View, assumed_heat

_EVENTS = 8
_BAR_CELLS = 40


class Dashboard:
    """`show(view)` returns at once; what comes faster than the terminal draws is left out."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._views: queue.Queue[View | None] = queue.Queue(maxsize=2)
        self._thread = threading.Thread(target=self._draw, name="dashboard", daemon=True)
        self._thread.start()

    def show(self, view: View) -> None:
        """Draw this soon."""
        with contextlib.suppress(queue.Full):
            self._views.put_nowait(view)

    def close(self) -> None:
        """Draw what is left and leave the last picture standing."""
        with contextlib.suppress(queue.Full):  # the terminal takes nothing any more
            self._views.put(None, timeout=5)
            self._thread.join(5)

    def _draw(self) -> None:
        with Live(console=self._console, auto_refresh=False) as live:
            while (view := self._views.get()) is not None:
                live.update(picture(view), refresh=True)


def picture(view: View) -> Group:
    """The whole dashboard."""
    head = Text(
        f"Pilotlight{view.where} {view.t_ms / 1000:.0f} of {view.end_ms / 1000:.0f} s", "bold"
    )
    head.append(f"  {view.speed:g} x real time, Ctrl-C ends it", "dim")
    parts: list[Any] = [head]
    parts += [_feeder(feeder) for feeder in view.feeders]
    parts += [_outlets(view.outlets), _links(view), _events(view)]
    return Group(*parts)


def _feeder(feeder: dict[str, Any]) -> Panel:
    rows = Table.grid(padding=(0, 1))
    for phase, amps in enumerate(feeder["true_a"]):
        measured = feeder["measured_a"][phase]
        told = "unknown" if measured is None else f"measured {measured:.1f} A"
        rows.add_row(
            f"L{phase + 1}", _bar(amps, feeder["rating_a"]), f"{amps:5.1f} A", Text(told, "dim")
        )
    rows.add_row("", _facts(feeder))
    title = (
        f"feeder {feeder['feeder']}, fuse {feeder['rating_a']:g} A, limit {feeder['limit_a']:g} A"
    )
    return Panel(
        rows,
        title=title,
        title_align="left",
        border_style="red" if feeder["has_tripped"] else "dim",
    )


def _bar(amps: float, rating_a: float) -> Text:
    """The fuse's rating stands at three quarters of the bar."""
    at_rating = _BAR_CELLS * 3 // 4
    cells = min(_BAR_CELLS, round(amps / rating_a * at_rating))
    colour = "red" if amps > rating_a else "yellow" if amps > 0.9 * rating_a else "green"
    text = Text()
    for cell in range(_BAR_CELLS):
        if cell == at_rating:
            text.append("|", "bold red")
        text.append("█" if cell < cells else "·", colour if cell < cells else "dim")
    return text


def _facts(feeder: dict[str, Any]) -> Text:
    if feeder["has_tripped"]:
        return Text("BREAKER TRIPPED", "bold red")
    heat = f"truly {feeder['true_heat_pct']:.0f} %, assumed {assumed_heat(feeder)} %"
    text = Text(f"breaker heat: {heat}  ")
    if not feeder["sensors"]:
        text.append(feeder["trust"], "dim")
    for name, level in feeder["sensors"].items():
        text.append(
            f"{name} {level}  ", {"fresh": "green", "hold": "yellow"}.get(level, "bold red")
        )
    return text


def _outlets(outlets: list[dict[str, Any]]) -> Table:
    table = Table(expand=True)
    for title in ("outlet", "state", "offered A", "drawn A", "contactor", "kWh", "why"):
        is_number = title.endswith(" A") or title == "kWh"
        table.add_column(title, justify="right" if is_number else "left", no_wrap=title != "why")
    for outlet in outlets:
        closed = outlet["contactor_is_closed"]
        table.add_row(
            f"{outlet['outlet']} {outlet['name']}",
            f"{outlet['state']} (car {outlet['car']})",
            f"{outlet['offered_a']:.1f}" if outlet["offered_a"] else "-",
            f"{outlet['drawn_a']:.1f}",
            Text("closed", "bold green") if closed else Text("open", "dim"),
            f"{outlet['energy_wh'] / 1000:.3f}",
            Text(outlet["why"], "bold red" if outlet["fault"] else ""),
        )
    return table


def _links(view: View) -> Text:
    late = [] if view.late_ms is None else [f"control late at most {view.late_ms} ms"]
    text = Text("  ".join([*view.links, *late]) + "\n")
    text.append(f"type at the site: {view.console}", "dim")
    return text


def _events(view: View) -> Panel:
    latest = view.events[-_EVENTS:]
    lines = [f"{t_ms / 1000:7.1f} s  {text}" for t_ms, text in latest]
    lines += [""] * (_EVENTS - len(lines))
    return Panel(
        Text("\n".join(lines), no_wrap=True),
        title="events",
        title_align="left",
        border_style="dim",
    )
