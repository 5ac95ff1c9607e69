"""`pilotlight size`: what each module of the firmware costs, in bytes."""

import argparse
import sys
from typing import Any

from pilotlight_host.commands import output
from pilotlight_host.fetch import ToolMissing

ABOUT = """Lists what each module of the firmware costs as .mpy; with a BOARD also what it takes
in that board's image, and whether the goal for all of the firmware is met."""


def add_to(commands: Any) -> None:
    """Its part of the command line."""
    command = commands.add_parser(
        "size", help="what each module of the firmware costs", description=ABOUT
    )
    command.add_argument("board", nargs="?", metavar="BOARD", help="a folder of boards/")
    command.add_argument("--json", metavar="FILE", help="write the figures as JSON; - is stdout")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry it out; returns the exit code."""
    from pilotlight_host.image import build

    output.check_file("--json", options.json)
    if options.board is not None:
        build.check_board(options.board)
    report = _report(options.board)
    if options.json is not None:
        output.write_json(report, options.json)
    if options.json != "-":
        for line in table(report):
            print(line)
    return 0


def _report(board: str | None) -> dict[str, Any]:
    from pilotlight_host.image import mpy

    compiled = mpy.modules(board)
    frozen = None if board is None else _frozen(board)
    in_image = {} if frozen is None else frozen.modules
    names = {*compiled, *in_image}
    return {
        "board": board,
        "budget_bytes": mpy.BUDGET_BYTES,
        "mpy_bytes": sum(compiled.values()),
        "frozen_bytes": frozen and frozen.total,
        "shared_bytes": frozen and frozen.shared,
        "modules": {n: {"mpy": compiled.get(n), "frozen": in_image.get(n)} for n in sorted(names)},
    }


def _frozen(board: str) -> Any:
    """What the image has, or None where it cannot be built: the rest is told all the same."""
    from pilotlight_host.image import build

    try:
        return build.ensure_build(board).frozen()
    except ToolMissing as error:
        print(f"pilotlight: {error}", file=sys.stderr)
        return None


def table(report: dict[str, Any]) -> list[str]:
    """The report for people, the largest first."""
    rows = [(name, cost["mpy"], cost["frozen"]) for name, cost in report["modules"].items()]
    rows.sort(key=lambda row: (-(row[1] or 0), -(row[2] or 0), row[0]))
    rows.append(("names and texts of all", None, report["shared_bytes"]))
    rows.append(("total", report["mpy_bytes"], report["frozen_bytes"]))
    if report["frozen_bytes"] is None:
        del rows[-2]
        heads = f"{'module':<36}{'.mpy':>9}"
    else:
        heads = f"{'module':<36}{'.mpy':>9}{report['board'] + ' image':>16}"
    lines = [heads] + [_line(*row, report["frozen_bytes"] is not None) for row in rows]
    share = report["mpy_bytes"] / report["budget_bytes"]
    missed = ", missed" if share > 1 else ""
    return [*lines, f"goal for .mpy {report['budget_bytes']:,} bytes, used {share:.0%}{missed}"]


def _line(name: str, mpy: int | None, frozen: int | None, has_image: bool) -> str:
    line = f"{name:<36}{_number(mpy):>9}"
    return line + f"{_number(frozen):>16}" if has_image else line


def _number(size: int | None) -> str:
    return "" if size is None else f"{size:,}"
