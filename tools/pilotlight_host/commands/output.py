"""Where results of a run go: JSON to a file or stdout, a plot to a picture. No clock."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from pilotlight_host.errors import UserError

PICTURES = (".png", ".svg", ".pdf")


def add_to(command: argparse.ArgumentParser) -> None:
    """Options that `run` and `sim` share."""
    command.add_argument(
        "--seed", type=_seed, metavar="N", help="of all that is random [the scenario's]"
    )
    command.add_argument("--json", metavar="FILE", help="write the figures as JSON; - is stdout")
    command.add_argument("--plot", metavar="FILE", help="draw the run (.png, .svg or .pdf)")


def _seed(text: str) -> int:
    try:
        seed = int(text)
    except ValueError:
        seed = -1
    if not 0 <= seed < 1 << 63:
        raise argparse.ArgumentTypeError(f"{text!r} is wrong, expected a whole number 0...2^63-1")
    return seed


def check(options: argparse.Namespace) -> None:
    """Refuse files that cannot be written before the work is done, not after it."""
    if options.plot is not None and Path(options.plot).suffix not in PICTURES:
        raise UserError(
            f"--plot {options.plot}: expected a name that ends in {', '.join(PICTURES)}"
        )
    for name, file in (("--json", options.json), ("--plot", options.plot)):
        check_file(name, file)


def check_file(option: str, file: str | None) -> None:
    """The same for one file."""
    if file in (None, "-"):
        return
    if Path(file).is_dir():
        raise UserError(f"{option} {file}: is a folder, expected a file")
    if not Path(file).absolute().parent.is_dir():
        raise UserError(f"{option} {file}: there is no folder {Path(file).parent}")


def told(error: OSError | ValueError, name: str) -> Exception:
    """What stopped the scenario `name`, for people; any other error stays as it is."""
    from pilotlight.config import SiteError  # importable since the firmware has been

    if isinstance(error, SiteError):
        return UserError([f"{name}: {line}" for line in error.errors])
    return UserError(f"{name}: {error}") if isinstance(error, OSError) else error


def write_json(report: dict[str, Any], file: str) -> None:
    """The report to `file`, or to stdout if it is `-`."""
    text = json.dumps(report, indent=1) + "\n"
    if file == "-":
        sys.stdout.write(text)
        return
    try:
        Path(file).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(f"--json {file}: cannot be written ({error.strerror})") from None
