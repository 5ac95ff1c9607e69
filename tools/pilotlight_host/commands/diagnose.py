"""`pilotlight diagnose`: what somebody who is asked for help wants to see of a site, in a .zip."""

import argparse
from typing import Any

from pilotlight_host.commands.port import add_port
from pilotlight_host.hand.told import progress

ABOUT = """Asks a site at its console for its state, reasons, events, decisions and settings, reads
its files (without passwords) and what record(True) has recorded, and puts all of it into one .zip
to attach to a question. Nothing is stopped. `pilotlight replay FILE.zip` reads the recordings. Of
a board whose site does not run, it tells why."""


def add_to(commands: Any) -> None:
    """Its part of the command line."""
    command = commands.add_parser(
        "diagnose", help="all about a site in one file, for a question", description=ABOUT
    )
    command.add_argument("file", metavar="FILE", help="a .zip")
    add_port(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry it out; returns the exit code."""
    from pilotlight_host.hand import bundle
    from pilotlight_host.hand.link import port_of

    files = bundle.save(options.file, port_of(options.port), progress)
    for name, content in files.items():
        print(f"{name}: {len(content)} bytes")
    print(f"{options.file}: {bundle.HINT}")
    return 0
