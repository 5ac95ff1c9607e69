"""`pilotlight storm`: random cars, faults and stalls against the outlets, every step judged; or
every state of the network against the whole app.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

from pilotlight_host.errors import UserError
from pilotlight_host.paths import OUT

ABOUT = """Runs episodes of two minutes with one to eight outlets, each from one seed: random cars,
noise at the edges of the windows, faults, stalls, claims that come and go. An independent oracle
judges every step. Says seed, step and what was violated; the same seed gives the same steps. With
--minutes it goes on from seed to seed on all processors. Exits 1 after a violation.

With --net it is a storm of the network: the whole app on a real MicroPython, with a real broker,
behind a proxy, name servers and a time server that do what they should not, in real time. With
--board pico_ppp the app is the board's image on an emulated Pico, whose line is disturbed, too;
the minutes are the board's own, and take this machine two or three times as long. Exits 1 if any
of that was felt at an outlet."""

_NET_MINUTES, _BOARD_MINUTES = 30.0, 5.0
_BOARDS = ("pico_ppp",)


def add_to(commands: Any) -> None:
    """Its part of the command line."""
    command = commands.add_parser(
        "storm", help="random cars and faults against the outlets", description=ABOUT
    )
    command.add_argument("--minutes", type=_minutes, metavar="N", help="go on for so long")
    command.add_argument("--seed", type=_seed, metavar="N", help="this one, or the first [0]")
    command.add_argument(
        "--outlets",
        type=int,
        choices=range(1, 9),
        metavar="1...8",
        help="so many outlets in every episode [the seed decides]",
    )
    command.add_argument(
        "--net",
        action="store_true",
        help=f"the network instead, for {_NET_MINUTES:.0f} minutes without --minutes",
    )
    command.add_argument(
        "--board",
        choices=_BOARDS,
        help=f"with --net: the emulated board, for {_BOARD_MINUTES:.0f} minutes without --minutes",
    )
    command.add_argument(
        "--json", type=Path, metavar="FILE", help="with --net: its figures [out/storm_net.json]"
    )
    command.set_defaults(run=run)


def _minutes(word: str) -> float:
    try:
        minutes = float(word)
    except ValueError:
        minutes = 0.0
    if not 0 < minutes < 100_000:
        raise argparse.ArgumentTypeError(f"{word} is not a number of minutes above 0")
    return minutes


def _seed(word: str) -> int:
    if not word.isdecimal():
        raise argparse.ArgumentTypeError(f"{word} is not a whole number from 0 on")
    return int(word)


def run(options: argparse.Namespace) -> int:
    """Carry it out; returns the exit code."""
    if options.net:
        return _run_net(options)
    if options.board or options.json:
        raise UserError(f"{'--board' if options.board else '--json'}: goes with --net")
    from pilotlight_host.storm import endless

    seed = options.seed or 0
    if options.minutes is None:
        total = endless.Total()
        total.add(endless.episode(seed, options.outlets))
    else:
        total = endless.go_on(seed, options.outlets, options.minutes * 60, sys.stderr)
    for line in total.report(options.outlets):
        print(line)
    return 1 if total.violated else 0


def _run_net(options: argparse.Namespace) -> int:
    if options.outlets is not None:
        raise UserError("--outlets: the storm of the network has two")
    from pilotlight_host.netstorm import report, whole
    from pilotlight_host.shims.install import install

    install()
    tell = lambda text: print(text, file=sys.stderr, flush=True)  # noqa: E731
    minutes = options.minutes or (_BOARD_MINUTES if options.board else _NET_MINUTES)
    if options.board:
        figures = whole.play_board(whole.board_tools(), options.seed or 0, minutes * 60, tell=tell)
    else:
        figures = whole.play(whole.tools(), options.seed or 0, minutes * 60, tell=tell)
    file = options.json or OUT / ("storm_net_board.json" if options.board else "storm_net.json")
    whole.write(figures, file)
    for line in report.lines(figures):
        print(line)
    print(f"figures: {file}")
    return 1 if figures["troubles"] else 0
