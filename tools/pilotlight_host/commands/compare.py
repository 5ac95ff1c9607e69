"""`pilotlight compare`: the same site-days through Pilotlight, others' rules and a bound."""

import argparse
import sys
from pathlib import Path
from typing import Any

from pilotlight_host.commands import output
from pilotlight_host.errors import UserError
from pilotlight_host.progress import Line

ABOUT = """Draws site-days (homes, offices, hotels) from a seed and runs each through the real
firmware, through load-balancing rules re-created from other projects, and through a linear program
that knows the whole day. Prints a table, writes figures and a picture. Exits 1 if Pilotlight
tripped a breaker or broke an invariant."""

_DAYS = 12


def add_to(commands: Any) -> None:
    """Its part of the command line."""
    command = commands.add_parser(
        "compare", help="compare with other balancers and a bound", description=ABOUT
    )
    command.add_argument("--days", type=_whole, default=_DAYS, metavar="N", help=f"[{_DAYS}]")
    command.add_argument(
        "--seed", type=_whole, default=1, metavar="N", help="of all site-days [1]"
    )
    command.add_argument(
        "--sites", metavar="KINDS", help="some of home,office,hotel,complaint [all]"
    )
    command.add_argument(
        "--json",
        default="runs/compare.json",
        metavar="FILE",
        help="figures; - is stdout [%(default)s]",
    )
    command.add_argument(
        "--plot", default="runs/compare.png", metavar="FILE", help="picture [%(default)s]"
    )
    command.add_argument("--doc", metavar="FILE", help="put the tables into this document too")
    command.add_argument(
        "--keep", metavar="FILE", help="finished runs; begun again, only what is missing is run"
    )
    command.set_defaults(run=run)


def _whole(word: str) -> int:
    if not word.isdecimal():
        raise argparse.ArgumentTypeError(f"{word} is not a whole number from 0 on")
    return int(word)


def run(options: argparse.Namespace) -> int:
    """Carry it out; returns the exit code."""
    from pilotlight_host.compare import picture, report, study, tables

    kinds = tuple((options.sites or ",".join(study.KINDS)).split(","))
    for kind in kinds:
        if kind not in study.KINDS:
            raise UserError(f"--sites {kind}: expected some of {','.join(study.KINDS)}")
    for file in (options.json, options.plot):
        if file != "-" and Path(file).parent == Path("runs"):
            Path("runs").mkdir(exist_ok=True)
    output.check(options)
    if options.doc is not None:
        tables.around_marks(options.doc)
    todo = study.jobs(options.seed, kinds, options.days)
    rows = _rows(todo, options.keep)
    found = report.make(rows, options.seed)
    output.write_json(found, options.json)
    picture.draw(found, options.plot)
    if options.doc is not None:
        tables.put_into(found, options.doc)
    if options.json != "-":
        tables.show(found, sys.stdout)
        print(f"figures: {options.json}, picture: {options.plot}")
    mine = [row for row in rows if row["policy"] == study.PILOTLIGHT]
    return 1 if any(row["trips"] or row["violations"] for row in mine) else 0


def _rows(todo: list[Any], keep: str | None) -> list[dict[str, Any]]:
    """Their results, with progress."""
    from pilotlight_host.compare import kept, study

    former = None if keep is None else kept.Kept(keep)
    rows = [] if former is None else [former.rows[job] for job in todo if job in former.rows]
    progress = Line(sys.stderr, 0.2)
    for job, row in study.run(todo if former is None else former.missing(todo)):
        rows.append(row)
        if former is not None:
            former.add(job, row)
        if progress.is_due():
            done = f"{len(rows)} of {len(todo)} runs, {progress.past_s():.0f} s"
            progress.tell(f"{done}; {row['site']} {row['policy']}")
    progress.close()
    return rows
