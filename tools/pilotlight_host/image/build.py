"""Builds a board's image in `.deps/image/<board>`, again only if what it is made of has changed.

MicroPython itself is compiled once per board (about a minute); a change of the firmware freezes
and links again (seconds). The same sources and compiler give the same image to the last bit, in
any folder, at any time.
"""

import hashlib
import json
import os
import shutil
import sys
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pilotlight_host.errors import UserError
from pilotlight_host.fetch import locked, say
from pilotlight_host.image import native, steps, toolchain, uf2
from pilotlight_host.image.frozen import Frozen, read_frozen
from pilotlight_host.image.sizes import Sizes, check_fit, measure
from pilotlight_host.image.sources import Source, ensure_source
from pilotlight_host.paths import BOARDS, DEPS, FIRMWARE
from pilotlight_host.umqtt_fetch import ensure_umqtt

# The port has 8 KiB. The check of a whole site, by tune(), takes 7.9; the guard's interrupt comes
# on top, and where there is no room, it is switched off. So 4 KiB of the heap are stack, too.
_STACK = "-Wl,--defsym=__GcHeapEnd=0x2003f000 -Wl,--defsym=__StackBottom=0x2003f000"
_UMQTT = "$(UMQTT_DIR)"  # how a manifest names the folder that umqtt was fetched into


@dataclass(frozen=True)
class Build:
    """A built image with its parts."""

    board: str
    folder: Path
    version: str  # of MicroPython

    @property
    def image(self) -> Path:
        """What is flashed."""
        return self.folder / f"pilotlight-{self.board}.uf2"

    @property
    def out(self) -> Path:
        """Where the compiler works."""
        return self.folder / "out"

    @property
    def figures(self) -> Path:
        """Sizes of the image, written by the build for those who ask while it runs again."""
        return self.folder / "figures.json"

    def sizes(self) -> Sizes:
        """Where flash and RAM go."""
        return Sizes(**json.loads(self.figures.read_text())["sizes"])

    def frozen(self) -> Frozen:
        """What is frozen in."""
        return Frozen(**json.loads(self.figures.read_text())["frozen"])


def boards() -> list[str]:
    """The boards an image can be built for."""
    return sorted(file.parent.name for file in BOARDS.glob("*/mpconfigboard.cmake"))


def check_board(board: str | None) -> None:
    """UserError if there is no such board."""
    if board not in boards():
        said = "is missing" if board is None else f"{board!r} is wrong"
        raise UserError(f"BOARD: {said}, expected one of: {', '.join(boards())}")


def has_own_program(board: str) -> bool:
    """It is no site by itself: its program is not the firmware's."""
    return (BOARDS / board / "main.py").exists()


def ensure_image(board: str) -> Path:
    """The board's image (.uf2); ToolMissing says what to install, UserError what is wrong."""
    return ensure_build(board).image


def ensure_build(board: str) -> Build:
    """The same with its parts."""
    check_board(board)
    compiler = toolchain.check()
    source = ensure_source()
    folder = DEPS / "image" / (board if source.is_pinned else f"{board}-own")
    build = Build(board, folder, source.version)
    with locked(f"image-{folder.name}"):
        words = _configure(build, source)
        flags = steps.flags(source, build.out)
        recipe = digest([compiler, source.key, words, flags], _config_files(board))
        content = digest([recipe], inputs())
        made_of = folder / "made-of"
        if not (source.is_pinned and made_of.exists() and made_of.read_text() == content):
            made_of.unlink(missing_ok=True)
            _make(build, source, recipe, words)
            made_of.write_text(content)
    return build


def digest(words: list[object], files: Iterable[Path]) -> str:
    """Tells whether anything of these, or in these files, has changed."""
    key = hashlib.sha256(repr(words).encode())
    for file in sorted(files):
        key.update(f"{file} {hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return key.hexdigest()


def _config_files(board: str) -> list[Path]:
    return [*(BOARDS / board).glob("mpconfigboard.*")]


def inputs() -> list[Path]:
    """All that may be frozen and is not pinned, with the manifests, and this package. A board may
    share files with other boards.
    """
    shared = [file for name in boards() for file in (BOARDS / name).glob("*.py")]
    return [*FIRMWARE.rglob("*.py"), *shared, *Path(__file__).parent.glob("*.py")]


def _configure(build: Build, source: Source) -> list[str]:
    """The command that lays out the build."""
    folder = BOARDS / build.board
    options = {
        "MICROPY_BOARD": f"PILOTLIGHT_{build.board.upper()}",
        "MICROPY_BOARD_DIR": folder,
        "MICROPY_FROZEN_MANIFEST": folder / "manifest.py",
        # micropython-lib: asked for, not used; Debian has none
        "MICROPY_LIB_DIR": build.folder / "empty",
        "Python3_EXECUTABLE": sys.executable,
        # the port's own default is -Os: this is 15 % faster and 64 KB larger
        "CMAKE_BUILD_TYPE": "Release",
        "CMAKE_C_FLAGS_RELEASE": "-O2 -DNDEBUG -Wno-maybe-uninitialized",
        "PICO_NO_PICOTOOL": 1,  # it would be fetched; uf2.py does what is needed of it
        "CMAKE_EXE_LINKER_FLAGS": f"-L{build.folder / 'empty'} {_STACK}",
    }
    if _UMQTT in (folder / "manifest.py").read_text():
        options["MICROPY_MANIFEST_UMQTT_DIR"] = ensure_umqtt()
    words = ["cmake", "-S", str(source.tree / "ports/rp2"), "-B", str(build.out)]
    return words + [f"-D{name}={value}" for name, value in options.items()]


def _make(build: Build, source: Source, recipe: str, words: list[str]) -> None:
    """Configure and compile if that is needed; freeze, link, check, write the image."""
    started = time.monotonic()
    say(f"building the image of {build.board} ...")
    compiler = build.folder / "mpy-cross"
    environment = steps.environment(source) | {"MICROPY_MPYCROSS": str(compiler)}
    mpy_cross = steps.mpy_cross(source)
    if steps.is_new(build.folder, recipe):
        _prepare(build.folder / "empty", environment)
        steps.run(words, environment | steps.flags(source, build.out), build.folder)
        steps.begun(build.folder, recipe)
    native.write_compiler(compiler, mpy_cross)
    # The build compares times, which tell nothing of a file that was moved here: freeze anew.
    shutil.rmtree(build.out / "frozen_mpy", ignore_errors=True)
    (build.out / "frozen_content.c").unlink(missing_ok=True)
    make = ["make", "-C", str(build.out), steps.JOBS]
    steps.run([*make, "BUILD_FROZEN_CONTENT"], environment, build.folder)
    native.align(build.out / "frozen_content.c")
    steps.run(make, environment, build.folder)
    native.check(build.out / "firmware.elf", read_frozen(build.out).modules)
    _write(build.figures, json.dumps(_figures(build)).encode())
    _write(build.image, uf2.pack((build.out / "firmware.bin").read_bytes()))
    say(f"the image of {build.board} is built ({time.monotonic() - started:.0f} s)")


def _figures(build: Build) -> dict[str, Any]:
    sizes = measure(build.out / "firmware.elf", BOARDS / build.board)
    check_fit(sizes, build.board)
    return {"sizes": asdict(sizes), "frozen": asdict(read_frozen(build.out))}


def _prepare(empty: Path, environment: dict[str, str]) -> None:
    """A folder that satisfies who looks for micropython-lib or for the C++ library."""
    empty.mkdir()
    (empty / "README.md").touch()
    steps.run([toolchain.ARM_AR, "rcD", str(empty / "libstdc++.a")], environment, empty.parent)


def _write(file: Path, content: bytes) -> None:
    """At once, for those who read it meanwhile."""
    scratch = file.with_suffix(".new")
    scratch.write_bytes(content)
    os.replace(scratch, file)
