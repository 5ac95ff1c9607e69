"""The drive as which a board in its boot loader shows itself; a UF2 image is copied onto it.

An image is written so that a copy that is cut short leaves a board without a program, never with
a part of one: the first page, without which the boot loader of an RP2040 starts nothing (data
sheet, 2.8.1), is erased with the first block and written with the last. The loader takes blocks in
any order, by their numbers (its source).
"""

import os
import sys
import time
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from struct import unpack_from

from pilotlight_host.errors import UserError

APPEARS_S = 60.0
_BLOCK = 512
_CHUNK = 64 * _BLOCK
_FIRST_PAGE = 0x10000000
_SIGN = "INFO_UF2.TXT"
_PLACES = ("media/*", "media/*/*", "run/media/*/*", "Volumes/*", "mnt/*")
_AGAIN_S = 0.2


def find() -> Path | None:
    """The first that is mounted here."""
    if sys.platform == "win32":
        roots = [Path(f"{letter}:/") for letter in "DEFGHIJKLMNOPQRSTUVWXYZ"]
    else:
        roots = list(chain.from_iterable(Path("/").glob(place) for place in _PLACES))
    return next((root for root in roots if _is_drive(root)), None)


def _is_drive(folder: Path) -> bool:
    try:
        return (folder / _SIGN).is_file()
    except OSError:
        return False


def wait(named: Path | None, within_s: float = APPEARS_S) -> Path:
    """The drive, once it is there; UserError says what to do if it does not come."""
    end_s = time.monotonic() + within_s
    while time.monotonic() < end_s:
        found = find() if named is None else named if _is_drive(named) else None
        if found is not None:
            return found
        time.sleep(_AGAIN_S)
    where = "no drive RPI-RP2 has come" if named is None else f"{named}: has no {_SIGN}"
    raise UserError(
        [
            f"--drive: {where} within {within_s:.0f} s",
            "hold BOOTSEL while plugging in, mount the drive, and begin again (--drive names it)",
        ],
        1,
    )


def in_safe_order(image: bytes) -> bytes:
    """Its blocks, that of the first page last."""
    blocks = [image[at : at + _BLOCK] for at in range(0, len(image), _BLOCK)]
    blocks.sort(key=lambda block: unpack_from("<I", block, 12)[0] == _FIRST_PAGE)
    return b"".join(blocks)


def copy(image: bytes, drive: Path, progress: Callable[[int, int], None]) -> None:
    """Write it. The drive vanishes with the last block: what fails after that is no error."""
    content = in_safe_order(image)
    last_at, done = len(content) - _BLOCK, 0
    try:
        with (drive / "pilotlight.uf2").open("wb", buffering=0) as file:
            while done < last_at:
                done += file.write(content[done : min(done + _CHUNK, last_at)])
                progress(done, len(content))
            os.fsync(file.fileno())  # all that comes before it is there
            done += file.write(content[last_at:])
            progress(done, len(content))
            os.fsync(file.fileno())
    except OSError as error:
        if done < len(content):
            said = f"{drive}: cut short after {done} of {len(content)} bytes ({error.strerror})"
            raise UserError([said, "the board has no program now: begin again"], 1) from None
