"""Reads an image as a Pico would, and what firmware asks for by `import`. Knows no build."""

import ast
import re
import struct
from pathlib import Path

from pilotlight_host.paths import BOARDS, FIRMWARE

FLASH = 0x10000000
_BLOCK = struct.Struct("<8I476s I")
_NAMES = re.compile(rb"_boot\.py\0(?:[\w/]+\.py\0)+\0")


def flash(image: bytes) -> bytes:
    """The flash that a UF2 file describes; every block is checked."""
    blocks = [_BLOCK.unpack_from(image, at) for at in range(0, len(image), _BLOCK.size)]
    for number, block in enumerate(blocks):
        magic, again, _, address, size, mine, count, family, _, end = block
        assert (magic, again, end) == (0x0A324655, 0x9E5D5157, 0x0AB16F30)
        assert (address, size) == (FLASH + 256 * number, 256)
        assert (mine, count, family) == (number, len(blocks), 0xE48BFF56)
    return b"".join(block[8][:256] for block in blocks)


def frozen_names(content: bytes) -> list[str]:
    """The modules MicroPython finds frozen, from its own list in flash."""
    (found,) = _NAMES.findall(content)
    return found.decode().strip("\0").split("\0")


def asked_for(board: str, without: set[str]) -> set[str]:
    """All files of ours that boot, main and board import, at once or later, with what these
    import; modules of `without` are not imported.
    """
    roots = (BOARDS / board, FIRMWARE, BOARDS / "pico")  # the others share the pins of pico
    found: set[str] = set()
    waiting = {"boot.py", "main.py", "board.py"}
    while waiting:
        found |= waiting
        files = [next(root / name for root in roots if (root / name).exists()) for name in waiting]
        wanted = set().union(*[_imported(file) for file in files])
        there = {name for name in wanted if any((root / name).exists() for root in roots)}
        waiting = there - found - without
    return found


def _imported(file: Path) -> set[str]:
    """Files that its import statements may mean, those of the packages above them included."""
    modules: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    files: set[str] = set()
    for module in modules:
        parts = module.split(".")
        for end in range(1, len(parts) + 1):
            path = "/".join(parts[:end])
            files |= {f"{path}.py", f"{path}/__init__.py"}
    return files
