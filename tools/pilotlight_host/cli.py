"""The command `pilotlight`: reads the command line, runs one command, ends with its exit code.

0: as it should be; 1: the run or the checked file is not good; 2: wrong usage or input;
130: Ctrl-C where nothing was running yet, or in `sim`.
"""

import argparse
import os
import sys
from typing import NoReturn

from pilotlight_host.commands import COMMANDS
from pilotlight_host.errors import UserError
from pilotlight_host.fetch import ToolMissing

EXIT_INTERRUPTED = 130


class _Parser(argparse.ArgumentParser):
    """Says a wrong command line in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = _Parser(
        prog="pilotlight", description="Pilotlight on a PC: EV charging firmware, simulated."
    )
    top.add_argument("--version", action="version", version=f"pilotlight {_version()}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.add_to(commands)
    return top


def _version() -> str:
    """Of the firmware in this checkout, which is what the tool runs."""
    from pilotlight_host.shims.install import install

    install()
    from pilotlight import VERSION

    return VERSION


def main(words: list[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    options = parser().parse_args(words)
    try:
        return options.run(options)
    except UserError as error:
        for line in error.lines:
            print(f"pilotlight: {line}", file=sys.stderr)
        return error.code
    except ToolMissing as error:
        print(f"pilotlight: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("pilotlight: stopped", file=sys.stderr)
        return EXIT_INTERRUPTED
    except BrokenPipeError:  # whoever read our output has closed it, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


if __name__ == "__main__":
    sys.exit(main())
