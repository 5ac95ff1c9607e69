"""What a run came to, for people: a table of outlets and a few lines. Units are named."""

from typing import Any, TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text


_WIDTH = 110  # where there is no terminal that has one


def show(outcome: Any, stream: TextIO) -> None:
    """Print the summary of anything with `report`, `trace`, `outlets()`, `is_good`."""
    console = Console(file=stream, width=None if stream.isatty() else _WIDTH)
    for part in _parts(outcome):
        console.print(part, soft_wrap=isinstance(part, Text))


def _parts(outcome: Any) -> list[Any]:
    report = outcome.report
    head = f"{report['scenario']}, seed {report['seed']}: {_span(report['simulated_s'])}"
    head += f" in {_span(report['wall_s'])} ({report['clock']} clock)"
    lines = [_supply(report), _times(report), *_live(report), *_violations(report)]
    if outcome.is_good:
        verdict = Text("good: no trip, every deadline kept, every invariant held", "green")
    else:
        verdict = Text("NOT GOOD: see the trips and violations above", "bold red")
    return [Text(head, "bold"), _outlets(outcome), *[Text(line) for line in lines], verdict]


def _span(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.1f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def _outlets(outcome: Any) -> Table:
    report = outcome.report
    table = Table()
    for title in ("outlet", "energy kWh", "wanted kWh", "cycles", "most offered A", "last why"):
        table.add_column(title, justify="left" if title == "last why" else "right")
    for i, outlet in enumerate(outcome.outlets()):
        number = str(i + 1)
        offered_ma = max((row[2][i] for row in outcome.trace.rows), default=0)
        table.add_row(
            f"{number} {outlet['name']}",
            f"{report['energy_wh'][number] / 1000:.3f}",
            f"{report['requested_wh'][number] / 1000:.1f}",
            str(report["contactor_cycles"][number]),
            f"{offered_ma / 1000:.1f}" if offered_ma else "-",
            outlet["why"],
        )
    return table


def _supply(report: dict[str, Any]) -> str:
    heat = report["breaker_heat_peak_pct"]
    return (
        f"supply: trips {report['trips']}, above its rating for {report['overload_s']:.1f} s, "
        f"breaker at most {heat:.0f} % of a trip"
    )


def _times(report: dict[str, Any]) -> str:
    reaction, open_ms = report["reaction_ms"], report["open_ms_max"]
    reacted = "no overload to react to"
    if reaction["max"] is not None:
        reacted = f"overload to lower duty p50 {reaction['p50']} ms, at most {reaction['max']} ms"
    opened = (
        "no car left under load" if open_ms is None else f"car left to open at most {open_ms} ms"
    )
    return f"times: {reacted}; {opened}"


def _live(report: dict[str, Any]) -> list[str]:
    live = report.get("live")
    if live is None:
        return []
    meters = ", ".join(
        f"{name} {counts['ok']} good, {counts['failed']} failed"
        for name, counts in live["meters"].items()
    )
    heard = f"MQTT: {live['mqtt_messages']} messages seen by a listener; "
    if live["mqtt_messages"] is None:
        heard = ""
    lines = [*_steps(report), f"{heard}meter polls: {meters or 'none'}"]
    lines += [f"not judged: {text}" for text in live.get("not_judged", ())]
    if live.get("excused"):
        lines.append(f"not judged, the PC itself was late: {len(live['excused'])} findings")
        lines += ["  " + line for line in live["excused"][:5]]
    return lines


def _steps(report: dict[str, Any]) -> list[str]:
    live = report["live"]
    late_ms = live["late_ms_max"]
    if "board" not in live:
        late = f"worst lateness {late_ms} ms, {live['late_steps']} later than 20 ms"
        return [f"control step: {report['steps']} steps, {late}"]
    told = "unknown how late" if late_ms is None else f"late at most {late_ms} ms"
    lines = [f"board {live['board']}, emulated, at {report['speed']:g} x real time"]
    lines[0] += f"; control step {told}, as the board says"
    return lines + [
        f"the board was reset at {at_s:g} s ({cause})" for at_s, cause in live["resets"]
    ]


def _violations(report: dict[str, Any]) -> list[str]:
    timing, invariant = report["timing_violations"], report["invariant_violations"]
    lines = [f"violations: timing {timing}, invariants {invariant}"]
    lines += ["  " + line for line in report["violations"][:10]]
    return lines if timing + invariant else []
