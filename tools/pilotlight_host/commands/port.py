"""What commands that talk to a board share: the option `--port`, and a person who answers."""

import argparse
import sys


def add_port(command: argparse.ArgumentParser) -> None:
    """`pilotlight_host.hand.link.find_port` finds what it names."""
    command.add_argument("--port", help="the board's serial port (default: the only Pico)")


def read_line(question: str) -> str:
    """What a person answers; it is shown where nobody has typed it at a terminal. EOFError."""
    answer = input(question)
    if not sys.stdin.isatty():
        print(answer)
    return answer
