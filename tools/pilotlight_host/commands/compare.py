"""`pilotlight compare`: the same site-days through Pilotlight, others' rules and a bound."""

import argparse
import sys
import time
from pathlib import Path
from typing import Any, TextIO

from pilotlight_host.commands import output
from pilotlight_host.errors import UserError

ABOUT = """Draws site-days (homes, offices, hotels) from a seed and runs each through the real
firmware, through load-balancing rules re-created from other projects, and through a linear program
that knows the whole day. Prints a table, writes figures and a picture. Exits 1 if Pilotlight
tripped a breaker or broke an invariant."""

_DAYS = 12
_LINE_S = 10.0


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
    command.set_defaults(run=run)


def _whole(word: str) -> int:
    if not word.isdecimal():
        raise argparse.ArgumentTypeError(f"{word} is not a whole number from 0 on")
    return int(word)


def run(options: argparse.Namespace) -> int:
    """Carry it out; returns the exit code."""
    from pilotlight_host.compare import picture, report, study

    kinds = tuple((options.sites or ",".join(study.KINDS)).split(","))
    for kind in kinds:
        if kind not in study.KINDS:
            raise UserError(f"--sites {kind}: expected some of {','.join(study.KINDS)}")
    for file in (options.json, options.plot):
        if file != "-" and Path(file).parent == Path("runs"):
            Path("runs").mkdir(exist_ok=True)
    output.check(options)
    if options.doc is not None:
        report.around_marks(options.doc)
    todo = study.jobs(options.seed, kinds, options.days)
    progress = Progress(len(todo), sys.stderr)
    rows = []
    for row in study.run(todo):
        rows.append(row)
        progress.step(f"{row['site']} {row['policy']}")
    progress.close()
    found = report.make(rows, options.seed)
    output.write_json(found, options.json)
    picture.draw(found, options.plot)
    if options.doc is not None:
        report.put_into(found, options.doc)
    if options.json != "-":
        report.show(found, sys.stdout)
        print(f"figures: {options.json}, picture: {options.plot}")
    mine = [row for row in rows if row["policy"] == study.PILOTLIGHT]
    return 1 if any(row["trips"] or row["violations"] for row in mine) else 0


class Progress:
    """One updating line on a terminal, else a line every 10 s. Runs count by number."""

    def __init__(self, total: int, stream: TextIO) -> None:
        self._total = total
        self._stream = stream
        self._is_terminal = stream.isatty()
        self._started_s = time.monotonic()
        self._due_s = self._started_s + _LINE_S
        self._done = 0

    def step(self, name: str) -> None:
        """One more is done."""
        self._done += 1
        now_s = time.monotonic()
        if not self._is_terminal and now_s < self._due_s:
            return
        self._due_s = now_s + _LINE_S
        past_s = now_s - self._started_s
        text = f"{self._done} of {self._total} runs, {past_s:.0f} s; {name}"
        self._stream.write(f"\r{text}\x1b[K" if self._is_terminal else text + "\n")
        self._stream.flush()

    def close(self) -> None:
        """Take the updating line away."""
        if self._is_terminal:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
