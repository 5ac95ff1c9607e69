"""`pilotlight calibrate`: through all pilots and clamps of a site, with a person."""

import argparse
import sys
from typing import Any

ABOUT = """Goes through the pilots of all outlets (nothing plugged in; 4 s each) and all clamps and
voltage references (tell what a meter beside them shows; 4 s each) of a site that runs, and saves
what was found. What goes wrong is said, and asked again. Ctrl-D ends it; what was found stays."""


def add_to(commands: Any) -> None:
    """Its part of the command line."""
    command = commands.add_parser(
        "calibrate", help="go through pilots and clamps of a site", description=ABOUT
    )
    command.add_argument("--port", help="the board's serial port (default: the only Pico)")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry it out; returns the exit code: 1 if nothing was calibrated."""
    from pilotlight_host.hand.guide import Guide
    from pilotlight_host.hand.link import port_of
    from pilotlight_host.hand.talk import Talk

    talk = Talk(port_of(options.port))
    guide = Guide(talk, _read, print)
    try:
        try:
            guide.pilots()
            guide.clamps()
        except EOFError:
            print()
        if guide.done:
            print(talk.ask("save()"))
        print(f"calibrated: {', '.join(guide.done) or 'nothing'}")
    finally:
        talk.close()
    return 0 if guide.done else 1


def _read(question: str) -> str:
    answer = input(question)
    if not sys.stdin.isatty():
        print(answer)
    return answer
