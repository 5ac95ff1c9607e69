"""The option `--port` of all commands that talk to a board."""

import argparse


def add_port(command: argparse.ArgumentParser) -> None:
    """`pilotlight_host.hand.link.find_port` finds what it names."""
    command.add_argument("--port", help="the board's serial port (default: the only Pico)")
