"""`pilotlight calibrate`: through all pilots and clamps of a site, with a person."""

import argparse
from typing import Any

from pilotlight_host.commands.port import add_port, read_line

ABOUT = """Goes through the pilots of all outlets (nothing plugged in; 4 s each) and all clamps and
voltage references (tell what a meter beside them shows; 4 s each) of a site that runs, and saves
what was found. What goes wrong is said, and asked again. Ctrl-D ends it; what was found stays."""


def add_to(commands: Any) -> None:
    """Its part of the command line."""
    command = commands.add_parser(
        "calibrate", help="go through pilots and clamps of a site", description=ABOUT
    )
    add_port(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry it out; returns the exit code: 1 if nothing was calibrated."""
    from pilotlight_host.hand.guide import Calibrating
    from pilotlight_host.hand.link import port_of
    from pilotlight_host.hand.talk import Talk

    with Talk(port_of(options.port)) as talk:
        guide = Calibrating(talk, read_line, print)
        try:
            guide.pilots()
            guide.clamps()
        except EOFError:
            print()
        if guide.done:
            print(talk.ask("save()"))
        print(f"calibrated: {', '.join(guide.done) or 'nothing'}")
    return 0 if guide.done else 1
