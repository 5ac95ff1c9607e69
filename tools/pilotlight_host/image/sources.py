"""The MicroPython source tree an image is built from: Debian's, or the user's own (`MPY_DIR`).

Debian's comes as five packages; together they are one tree as its developers have it, with the
submodules the rp2 port needs in `lib/`. Only the pristine sources are used: Debian's patches to
them concern its own programs and shared libraries.
"""

import hashlib
import os
import re
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

from pilotlight_host.apt import Apt, debian_site, debian_source, download_pinned
from pilotlight_host.debian import SUITE
from pilotlight_host.fetch import ToolMissing, ensure_folder

# By SHA-256: these first, the suite's lists only if one is gone.
PINNED = (
    (
        "pool/main/m/micropython/micropython_1.25.0+ds.orig.tar.xz",
        "7b25be99a502f070b2de81dafc08da7051d992325d6e67daa9045a918fffdbea",
    ),
    (
        "pool/main/m/mbedtls/mbedtls_3.6.6.orig.tar.bz2",
        "8fb65fae8dcae5840f793c0a334860a411f884cc537ea290ce1c52bb64ca007a",
    ),
    (
        "pool/main/l/lwip/lwip_2.2.1+dfsg1.orig.tar.xz",
        "83729c274c499d3348e9fbbe043a3113f3fa8953e7efddc7c21c7fcbb1f2b7b1",
    ),
    (
        "pool/main/p/pico-sdk/pico-sdk-source_2.1.1-1_all.deb",
        "507a3ca37636641bc90239d7c04dc9dc28c5008087a8162102ea94d2273153d3",
    ),
    (
        "pool/main/t/tinyusb/tinyusb-source_0.18.0+dfsg-1_all.deb",
        "01ce2c645df68f14a8a7dcfc8fb355713152543757955820479a87949a61154e",
    ),
)
_SUBMODULES = ("mbedtls", "lwip", "pico-sdk", "tinyusb")
_DAY_S = 1744675200  # 2025-04-15, the day of MicroPython 1.25.0
PARTS = (  # what a tree must have
    "py/mpconfig.h",
    "ports/rp2/CMakeLists.txt",
    "lib/pico-sdk/pico_sdk_init.cmake",
    "lib/tinyusb/src",
    "lib/mbedtls/library",
    "lib/lwip/src",
)
_UNUSED = ("docs", "tests")  # a tenth of the tree
_FOLDER = "micropython-rp2-" + hashlib.sha256(repr(PINNED).encode()).hexdigest()[:8]
_HELP = "set MPY_DIR=/path/to/a MicroPython source tree with its submodules"


@dataclass(frozen=True)
class Source:
    """A source tree. `key` names its content; None if that may change at any time. What would
    say "today" in an image says `day_s` instead, in s since 1970.
    """

    tree: Path
    version: str
    day_s: int
    key: str | None

    @property
    def is_pinned(self) -> bool:
        """Whether it cannot change."""
        return self.key is not None


def ensure_source() -> Source:
    """The tree to build from; ToolMissing if there is none."""
    named = os.environ.get("MPY_DIR")
    if named:
        return _own(Path(named))
    try:
        folder = ensure_folder(_FOLDER, "MicroPython's sources", _fill)
    except ToolMissing as error:
        raise ToolMissing(f"no sources of MicroPython: {error}; {_HELP}") from None
    tree = folder / "micropython"
    return Source(tree, _version(tree), _DAY_S, (folder / "made-of").read_text())


def _own(tree: Path) -> Source:
    tree = tree.resolve()
    for part in PARTS:
        if not (tree / part).exists():
            raise ToolMissing(
                f"MPY_DIR={tree}: there is no {part} in it, expected a source tree of MicroPython "
                "with the submodules of its rp2 port"
            )
    return Source(tree, _version(tree), 0, None)


def _version(tree: Path) -> str:
    """As its header says; never what git says, that would be another image in every checkout."""
    text = (tree / "py/mpconfig.h").read_text()
    part = dict(re.findall(r"#define MICROPY_VERSION_(\w+) \(?(\d+)", text))
    preview = "-preview" if part.get("PRERELEASE", "0") != "0" else ""
    return f"v{part['MAJOR']}.{part['MINOR']}.{part['MICRO']}{preview}"


def _fill(folder: Path) -> None:
    try:
        archives = download_pinned(debian_site(), PINNED, folder / "pool")
    except ToolMissing:  # the mirror has moved on to other versions
        archives = _newest(folder)
    (folder / "made-of").write_text("\n".join(sorted(a.name for a in archives)) + "\n")
    _assemble(folder / "micropython", archives, folder / "unpacked")
    for scratch in ("pool", "unpacked", "apt", "apt-machine"):
        shutil.rmtree(folder / scratch, ignore_errors=True)


def _newest(folder: Path) -> list[Path]:
    binary = debian_source(folder / "apt-machine", SUITE)
    apt = Apt(folder / "apt", sources=binary + binary.replace("deb ", "deb-src ", 1))
    apt.update()
    archives = apt.sources("micropython", "mbedtls", "lwip")
    archives = [archive for archive in archives if ".orig.tar" in archive.name]
    apt.run("download", "pico-sdk-source", "tinyusb-source", cwd=folder / "apt")
    return archives + sorted((folder / "apt").glob("*.deb"))


def _assemble(tree: Path, archives: list[Path], scratch: Path) -> None:
    for archive in archives:
        _unpack(archive, scratch)
    next(scratch.glob("micropython-*")).rename(tree)
    for name in _SUBMODULES:
        shutil.rmtree(tree / "lib" / name, ignore_errors=True)
        found = [*scratch.glob(f"{name}-[0-9]*"), *scratch.glob(f"usr/src/{name}")]
        found[0].rename(tree / "lib" / name)


def _unpack(archive: Path, folder: Path) -> None:
    if archive.suffix == ".deb":
        subprocess.run(["dpkg-deb", "-x", archive, folder], check=True)
        return
    with tarfile.open(archive) as packed:
        wanted = [m for m in packed if m.name.split("/")[1:2] not in ([u] for u in _UNUSED)]
        packed.extraction_filter = getattr(tarfile, "data_filter", None)  # absent before 3.11.4
        packed.extractall(folder, wanted)
