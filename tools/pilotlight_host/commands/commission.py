"""`pilotlight commission`: finds with a person and a car what is wired where."""

import argparse
from typing import Any

from pilotlight_host.commands.port import add_port, read_line

ABOUT = """Goes through the outlets of a site that runs: plug a car in, and its current is pulsed
until it is known which clamps and which meter phases see it (commission() on the console). What
the site file should say instead is proposed line by line, and typed only if you answer y. Ctrl-D
ends it, Ctrl-C ends a pulse, too. Nothing is saved unless you answer y in the end."""


def add_to(commands: Any) -> None:
    """Its part of the command line."""
    command = commands.add_parser(
        "commission", help="find what is wired where, with a car", description=ABOUT
    )
    add_port(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry it out; returns the exit code: 1 if no outlet was gone through."""
    from pilotlight_host.hand.link import port_of
    from pilotlight_host.hand.talk import Talk
    from pilotlight_host.hand.wiring import Wiring

    with Talk(port_of(options.port)) as talk:
        wiring = Wiring(talk, read_line, print)
        try:
            wiring.outlets()
            if wiring.put and read_line("y saves what was typed: ").strip() == "y":
                print(talk.ask("save()"))
        except EOFError:
            print()
        except KeyboardInterrupt:
            print("\nended, on the board, too")
        print(f"gone through: {', '.join(wiring.done) or 'nothing'}; typed: {len(wiring.put)}")
    return 0 if wiring.done else 1
