"""The steps of a build: how programs are run, what they see of their surroundings, mpy-cross."""

import os
import re
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

from pilotlight_host.errors import UserError
from pilotlight_host.fetch import locked
from pilotlight_host.image.sources import Source
from pilotlight_host.paths import DEPS

JOBS = f"-j{os.cpu_count() or 1}"
_TELLING = re.compile(r"\b[Ee]rror\b|[a-z]Error: ")
_REASON_LINES = 3


def environment(source: Source) -> dict[str, str]:
    """All that a build may see: no flags, no settings of an outer make, no locale."""
    return {
        "PATH": os.environ["PATH"],
        "LC_ALL": "C",
        "SOURCE_DATE_EPOCH": str(source.day_s),
        "MICROPY_GIT_TAG": source.version,
        "MICROPY_GIT_HASH": "",
        "PYTHONDONTWRITEBYTECODE": "1",  # the user's tree stays as it is
    }


def flags(source: Source, out: Path) -> dict[str, str]:
    """Flags for the compilers, as environment: given as options they would replace the SDK's."""
    # Paths get into debug information and messages; they must not make another image.
    maps = {source.tree: "micropython", out: "build"}
    common = " ".join(f"-ffile-prefix-map={path}={name}" for path, name in maps.items())
    # The C++ library (1.5 GB) would serve operator new and delete alone, which nothing here uses:
    # the SDK's are left out, and an empty library satisfies the linker.
    plus = f"{common} -DPICO_CXX_DISABLE_ALLOCATION_OVERRIDES=1"
    return {"CFLAGS": common, "ASMFLAGS": common, "CXXFLAGS": plus}


def is_new(folder: Path, recipe: str) -> bool:
    """Whether nothing was begun from this recipe, as `begun` noted; then `folder` is emptied."""
    stamp = folder / "recipe"
    if stamp.exists() and stamp.read_text() == recipe:
        return False
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return True


def begun(folder: Path, recipe: str) -> None:
    """From here on make can go on by itself, whatever interrupts it."""
    (folder / "recipe").write_text(recipe)


def mpy_cross(source: Source) -> Path:
    """The tree's own compiler, built outside of it: bytecode must fit its MicroPython."""
    folder = DEPS / "image" / ("mpy-cross" if source.is_pinned else "mpy-cross-own")
    words = ["make", "-C", str(source.tree / "mpy-cross"), JOBS]
    words += [f"BUILD={folder / 'out'}", f"PYTHON={sys.executable}", "USER_C_MODULES="]
    with locked(f"image-{folder.name}"):
        if is_new(folder, f"{words} {source.key}"):
            begun(folder, f"{words} {source.key}")
        run(words, environment(source), folder)
    return folder / "out/mpy-cross"


def run(words: list[str], surroundings: dict[str, str], folder: Path) -> None:
    """Run a program of a build; UserError with its own reason if it fails."""
    log = folder / f"{Path(words[0]).name}.log"
    with log.open("w") as said:
        done = subprocess.run(
            words,
            env=surroundings,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode != 0:
        reason = _reason(log.read_text(errors="replace"))
        raise UserError(f"{folder.name}: {words[0]} failed: {reason} (all it said: {log})", 1)


def _reason(said: str) -> str:
    """The first lines that speak of an error, each after the line of Python it happened in."""
    lines = [line.strip(" :") for line in said.splitlines() if not line.startswith("make")]
    found = []
    for before, line in pairwise(["", *lines]):
        if _TELLING.search(line):
            found.append(f"{before}: {line}" if before.startswith("File ") else line)
    return "; ".join(found[:_REASON_LINES]) or "it does not say why"
