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
    import; not followed into modules of `without`.
    """
    roots = {"boot.py": FIRMWARE, "main.py": FIRMWARE, "board.py": BOARDS / board}
    found: set[str] = set()
    waiting = [root / name for name, root in roots.items()]
    while waiting:
        file = waiting.pop()
        for name in _imported(file) - found - without:
            found.add(name)
            waiting.append(FIRMWARE / name)
    return found | set(roots)


def _imported(file: Path) -> set[str]:
    """Files of firmware, the packages above them included, named by its import statements."""
    wanted: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            wanted |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            wanted |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    files = set()
    for module in wanted:
        parts = module.split(".")
        for end in range(1, len(parts) + 1):
            path = "/".join(parts[:end])
            files |= {f"{path}.py", f"{path}/__init__.py"}
    return {
        name for name in files if name.startswith("pilotlight/") and (FIRMWARE / name).exists()
    }
