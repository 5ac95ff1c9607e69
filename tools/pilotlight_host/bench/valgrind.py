"""Callgrind for the 32-bit MicroPython, from Debian, unpacked into `.deps`; nothing is installed.

The machine's own valgrind may be too old: 3.19 stops at an instruction in the loader of that
MicroPython's C library. `VALGRIND=/path` names another one.
"""

from __future__ import annotations

import os
import platform
import shutil
from pathlib import Path

from pilotlight_host.apt import Apt, debian_site, debian_source, unpack_pinned
from pilotlight_host.debian import SUITE
from pilotlight_host.fetch import ToolMissing, ensure_folder

_PINNED = (
    (
        "pool/main/v/valgrind/valgrind_3.24.0-3_amd64.deb",
        "0359e30820ccee7ee5c8d4c951ca276e3978b18f157d71bd77981de05b344907",
    ),
)
_OPTIONS = ["--tool=callgrind", "--callgrind-out-file=/dev/null"]
_HELP = "install valgrind 3.24 or newer and set VALGRIND=/path/to/valgrind"


def ensure_callgrind() -> tuple[list[str], dict[str, str]]:
    """Words before the program's own, and what its environment needs; or ToolMissing."""
    named = os.environ.get("VALGRIND")
    if named:
        if shutil.which(named) is None:
            raise ToolMissing(f"VALGRIND={named} is not there")
        return [named, *_OPTIONS], {}
    try:
        folder = ensure_folder("valgrind", "valgrind", _fill)
    except ToolMissing as error:
        raise ToolMissing(f"no valgrind to count instructions with: {error}; {_HELP}") from None
    # its launcher wants that suite's C library, the tool itself wants none
    libexec = folder / "root/usr/libexec/valgrind"
    tool = str(libexec / "callgrind-x86-linux")
    return [tool, *_OPTIONS], {"VALGRIND_LIB": str(libexec), "VALGRIND_LAUNCHER": tool}


def _fill(folder: Path) -> None:
    if platform.machine() != "x86_64":
        raise ToolMissing(f"Debian's amd64 build does not run on {platform.machine()}")
    try:
        root = unpack_pinned(debian_site(), _PINNED, folder / "apt")
    except ToolMissing:  # the mirror has moved on to another version
        shutil.rmtree(folder / "apt", ignore_errors=True)
        apt = Apt(folder / "apt", sources=debian_source(folder / "machine", SUITE), arch="amd64")
        apt.update()
        root = apt.unpack("valgrind")
        shutil.rmtree(folder / "machine", ignore_errors=True)
    root.rename(folder / "root")
    shutil.rmtree(folder / "apt")
