"""`pilotlight firmware`: builds a board's image to flash, tells where it is and what it takes."""

import argparse
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pilotlight_host.paths import OUT

if TYPE_CHECKING:
    from pilotlight_host.image.build import Build

ABOUT = """Builds the image of a board: MicroPython from source with the firmware frozen in. Built
again only if something it is made of has changed. MPY_DIR=/path in the environment names your own
source tree of MicroPython instead of the one that is fetched."""


def add_to(commands: Any) -> None:
    """Its part of the command line."""
    command = commands.add_parser("firmware", help="build the image to flash", description=ABOUT)
    command.add_argument("board", nargs="?", metavar="BOARD", help="a folder of boards/")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry it out; returns the exit code."""
    from pilotlight_host.image import build

    build.check_board(options.board)
    built = build.ensure_build(options.board)
    image = _publish(built.image, OUT / "firmware" / f"{options.board}.uf2")
    for line in table(built):
        print(line)
    print(f"image: {os.path.relpath(image)}")
    return 0


def _publish(image: Path, target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copyfile(image, target))


def table(built: "Build") -> list[str]:
    """What the image takes of flash and RAM."""
    part = built.sizes()
    rows = (
        ("flash: program", part.program),
        ("  of it frozen Python", built.frozen().total),
        ("flash: free to grow", part.free),
        ("flash: file system", part.storage),
        ("RAM: static", part.static),
        ("RAM: heap", part.heap),
        ("RAM: stack", part.stack),
    )
    title = f"{built.board}, MicroPython {built.version}"
    return [f"{title:<32}bytes"] + [f"{name:<28}{size:>9,}" for name, size in rows]
