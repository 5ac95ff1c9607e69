"""`pilotlight bench`: measures the firmware against its budgets and against an earlier run."""

import argparse
import sys
from pathlib import Path
from typing import Any

from pilotlight_host.commands import output

ABOUT = """Measures what the firmware costs and how fast it is: on a 32-bit MicroPython, on an
emulated Raspberry Pi Pico that runs the real image, and in the simulation. Counts, sizes and
simulated times are held against docs/bench.json; wall-clock times are only told. Exits 1 if a
budget is missed or a row fails. A row whose tool is not there says what to install."""

RUNS = Path("runs")


def add_to(commands: Any) -> None:
    """Its part of the command line."""
    command = commands.add_parser("bench", help="measure the firmware", description=ABOUT)
    command.add_argument("--only", nargs="+", metavar="NAME", help="only these rows")
    command.add_argument("--list", action="store_true", help="list the rows and end")
    command.add_argument(
        "--json", metavar="FILE", help="where the figures go; - is stdout [runs/bench.json]"
    )
    command.add_argument(
        "--hour", action="store_true", help="soak for a simulated hour instead of two minutes"
    )
    command.add_argument(
        "--save-baseline", action="store_true", help="keep the figures in docs/bench.json"
    )
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry it out; returns the exit code."""
    output.check_file("--json", options.json)
    from pilotlight_host.bench import rows
    from pilotlight_host.bench.run import choose

    chosen = choose(rows.ROWS, options.only)
    if options.list:
        for row in chosen:
            print(f"{row.name:<14} {row.about}")
        return 0
    return _measure(chosen, options)


def _measure(chosen: Any, options: argparse.Namespace) -> int:
    from pilotlight_host.bench import baseline, run, table
    from pilotlight_host.bench.figure import Options
    from pilotlight_host.fetch import say
    from pilotlight_host.shims.install import install

    install()
    from pilotlight import VERSION

    before = baseline.read()
    results = run.run(chosen, Options(hour=options.hour), say)
    found = baseline.report(results, before, VERSION)
    if options.json is None:
        RUNS.mkdir(exist_ok=True)
    output.write_json(found, options.json or str(RUNS / "bench.json"))
    table.show(results, before, sys.stderr if options.json == "-" else sys.stdout)
    if options.save_baseline:
        baseline.save(found)
        say(f"baseline: {baseline.BASELINE}")
    return 0 if found["good"] else 1
