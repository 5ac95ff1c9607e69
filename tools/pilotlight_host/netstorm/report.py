"""The figures of a storm of the network as a table."""

from collections.abc import Iterator
from typing import Any


def lines(figures: dict[str, Any]) -> Iterator[str]:
    """For people."""
    yield f"{'trick':<34}{'times':>6}{'s':>8}{'felt':>7}{'back s':>8}{'late ms':>9}"
    for name, row in figures["tricks"].items():
        times, seconds, done = row["times"], row["seconds"], row["done"]
        back_s, worst_ms = row["back_s"], row["worst_ms"]
        yield f"{name:<34}{times:>6}{seconds:>8.1f}{done:>7}{back_s:>8.1f}{worst_ms!s:>9}"
    yield ""
    late, opened, over = figures["lateness"], figures["openings"], figures["overloads"]
    yield f"control step: {late['steps']} steps, " + _lateness(late)
    yield (
        f"car leaves C: {opened['judged']} times, contacts open after {opened['worst_ms']} ms at"
        f" most, {opened['not_judged']} not judged"
    )
    yield (
        f"overload: {over['judged']} times, a lower duty after {over['worst_ms']} ms at most,"
        f" {over['not_judged']} not judged"
    )
    offers, refused = figures["highest_offer_a"], figures["commands_refused"]
    yield f"highest offers: {offers} A; commands refused: {refused}"
    yield "events: " + _told(figures["events"])
    yield "heap: " + _told(figures.get("heap", {}))
    yield "sockets: " + _told(figures["sockets"])
    if "time_server" in figures:
        yield "time server: " + _told(figures["time_server"])
    if "board" in figures:
        yield "board: " + _told(figures["board"])
    for text in figures["troubles"]:
        yield "WRONG: " + text
    board = f" --board {figures['board']['name']}" if "board" in figures else ""
    again = f"pilotlight storm --net{board} --seed {figures['seed']}"
    yield f"again: {again}" if figures["troubles"] else "nothing was felt at the outlets"


def _lateness(late: dict[str, Any]) -> str:
    worst_ms = late["worst_ms"]
    if "witness_ms" in late:
        over = f"{late['over_budget']} of them more than 20 ms"
        return f"at most {worst_ms} ms late, {over}; {late['witness_ms']} ms before any trick"
    not_judged = late["not_judged"]
    return f"at most {worst_ms} ms later than the witness, {not_judged} not judged"


def _told(table: dict[str, Any]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in table.items())
