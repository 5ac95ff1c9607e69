"""`pilotlight flash`: image and site file onto a board, compared there, and its health."""

import argparse
import hashlib
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pilotlight_host.commands.port import add_port
from pilotlight_host.errors import UserError
from pilotlight_host.hand.told import progress, tell

if TYPE_CHECKING:
    from pilotlight_host.hand.link import Link

ABOUT = """Puts the image and the site file on a board, what has not changed left out, compares
both with what the board has then, starts it, and waits until the site answers. The site stops
meanwhile: every outlet is off. A site file that the board does not accept is replaced by the one
before. A copy that is cut short leaves the old site file, or a board without a program, never a
part of either: begin again. A board without MicroPython is held in its boot loader by BOOTSEL;
then no port is needed."""
_BACK_S = 60.0  # a new image makes its file system first


def add_to(commands: Any) -> None:
    """Its part of the command line."""
    command = commands.add_parser("flash", help="put image and site on a board", description=ABOUT)
    command.add_argument("board", nargs="?", metavar="BOARD", help="a folder of boards/")
    add_port(command)
    command.add_argument(
        "--site", metavar="FILE", help="the site file; without it the board's stays"
    )
    command.add_argument("--image", metavar="FILE", help="a .uf2 (default: built, if need be)")
    command.add_argument(
        "--drive", metavar="FOLDER", help="where the boot loader's drive is mounted"
    )
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry it out; returns the exit code."""
    from pilotlight_host import sitefile
    from pilotlight_host.hand.link import Link, find_port
    from pilotlight_host.hand.site import put
    from pilotlight_host.image import build

    build.check_board(options.board)
    site = None
    if options.site is not None and build.has_own_program(options.board):
        raise UserError(f"--site {options.site}: {options.board} has no site, its computer has")
    if options.site is not None:
        sitefile.load(options.site)
        site = Path(options.site).read_bytes()
    image, content = _image(options)
    port = find_port(options.port)
    link = None if port is None else Link(port)
    try:
        if link is not None:
            link.stop()
            tell(f"{port}: the site is stopped, every outlet is off")
        if link is None or not _has(link, content):
            if link is not None:
                _enter_boot_loader(link, site is not None, options)
            link = _copy_image(image, content, options)
        return _start(link) if build.has_own_program(options.board) else put(link, site)
    finally:
        if link is not None:
            link.close()


def _start(link: "Link") -> int:
    """A board that serves a computer: there is nobody to ask."""
    link.reset()
    tell(f"{link.port}: started, for `pilotlight serve`")
    return 0


def _image(options: argparse.Namespace) -> tuple[bytes, bytes]:
    """The file, and what it puts into the flash."""
    from pilotlight_host.emulated import uf2
    from pilotlight_host.image import build

    try:
        if options.image is None:
            image = build.ensure_image(options.board).read_bytes()
        else:
            image = Path(options.image).read_bytes()
        return image, uf2.content_of(image)
    except OSError as error:
        raise UserError(f"--image {options.image}: {error.strerror}") from None
    except ValueError as error:
        raise UserError(f"--image {options.image}: {error}") from None


def _has(link: "Link", content: bytes) -> bool:
    is_there = link.image_digest(len(content)) == hashlib.sha256(content).digest()
    if is_there:
        tell("image: is there, compared byte for byte")
    return is_there


def _copy_image(image: bytes, content: bytes, options: argparse.Namespace) -> "Link":
    """The board with that image, stopped."""
    from pilotlight_host.hand import drive
    from pilotlight_host.hand.link import Link, find_port

    place = drive.wait(None if options.drive is None else Path(options.drive))
    drive.copy(image, place, lambda done, of: progress("image", done, of))
    link = Link(find_port(options.port) or _wait_for_port())
    link.stop(_BACK_S)
    if not _has(link, content):
        raise UserError("image: the board has another one than was copied: begin again", 1)
    return link


def _wait_for_port() -> str:
    from pilotlight_host.hand.link import find_port

    end_s = time.monotonic() + _BACK_S
    while time.monotonic() < end_s:
        port = find_port(None)
        if port is not None:
            return port
        time.sleep(0.2)
    raise UserError("--port: no board has come up", 1)


def _enter_boot_loader(link: "Link", has_site: bool, options: argparse.Namespace) -> None:
    """Boards of another kind have their files at another place."""
    from pilotlight_host.image import build

    if options.image is None and not has_site:
        there, then = link.storage_bytes(), build.ensure_build(options.board).sizes().storage
        if not keeps_files(there, then):
            said = f"{options.board}: has {then} bytes for files, the board has {there} now"
            raise UserError([said, "its site file would be lost: give one with --site"])
    link.reset("bootloader")


def keeps_files(there: int, storage: int) -> bool:
    """A file system of `there` bytes is found by an image with `storage` bytes for them."""
    from pilotlight_host.emulated.filesystem import BEGINNINGS

    return storage - there in BEGINNINGS
