"""What a person at the terminal is told while a board is worked on."""

import sys


def tell(text: str) -> None:
    """A line."""
    print(f"pilotlight: {text}", file=sys.stderr)


def progress(what: str, done: int, of: int) -> None:
    """An updating line, on a terminal."""
    end = "\n" if done == of else ""
    if sys.stderr.isatty():
        print(f"\rpilotlight: {what} {100 * done // of:3} %", end=end, file=sys.stderr, flush=True)
