"""`pilotlight storm`: random cars, faults and stalls against the outlets, every step judged; or
every state of the network against the whole app.
"""

import argparse
import sys
from typing import Any

from pilotlight_host.errors import UserError
from pilotlight_host.paths import OUT

ABOUT = """Runs episodes of two minutes with one to eight outlets, each from one seed: random cars,
noise at the edges of the windows, faults, stalls, claims that come and go. An independent oracle
judges every step. Says seed, step and what was violated; the same seed gives the same steps. With
--minutes it goes on from seed to seed on all processors. Exits 1 after a violation.

With --net it is a storm of the network: the whole app on a real MicroPython, with a real broker,
behind a proxy, name servers and a time server that do what they should not, in real time. Exits 1
if any of it was felt at an outlet."""

_NET_MINUTES = 30.0


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
    minutes = options.minutes or _NET_MINUTES
    tell = lambda text: print(text, file=sys.stderr, flush=True)  # noqa: E731
    figures = whole.play(whole.tools(), options.seed or 0, minutes * 60, tell=tell)
    file = OUT / "storm_net.json"
    whole.write(figures, file)
    for line in report.lines(figures):
        print(line)
    print(f"figures: {file}")
    return 1 if figures["troubles"] else 0
