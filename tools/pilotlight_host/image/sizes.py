"""Where flash and RAM of a built image go, in bytes, read from the linked program's symbols."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from pilotlight_host.errors import UserError
from pilotlight_host.image.toolchain import ARM_NM

FLASH_BYTES = 2 * 1024 * 1024  # of a Pico
_FLASH_START = 0x10000000
_RAM_START = 0x20000000
_STORAGE = re.compile(r"MICROPY_HW_FLASH_STORAGE_BYTES \((\d+) \* 1024\)")


@dataclass(frozen=True)
class Sizes:
    """Flash is program (code and constants), what is free for it to grow, file system; RAM is what
    the C program has taken for good, MicroPython's heap with its tables, and the stack.
    """

    program: int
    storage: int
    static: int
    heap: int
    stack: int

    @property
    def free(self) -> int:
        """Flash between program and file system; negative if they overlap."""
        return FLASH_BYTES - self.storage - self.program


def measure(elf: Path, board: Path) -> Sizes:
    """Of a linked program for the board of this folder."""
    values = _symbols(elf)
    program = values["__flash_binary_end"] - _FLASH_START
    heap_start = values["__GcHeapStart"]
    heap = values["__GcHeapEnd"] - heap_start
    found = _STORAGE.search((board / "mpconfigboard.h").read_text())
    if found is None:
        raise UserError(f"{board.name}/mpconfigboard.h: expected {_STORAGE.pattern}", 1)
    stack = values["__StackTop"] - values["__StackBottom"]
    return Sizes(program, int(found[1]) * 1024, heap_start - _RAM_START, heap, stack)


def check_fit(sizes: Sizes, board: str) -> None:
    """UserError if the program reaches into the file system: the linker does not know of that."""
    if sizes.free < 0:
        raise UserError(
            f"{board}: the program has {sizes.program} bytes, {-sizes.free} more than the file "
            f"system leaves it: lower MICROPY_HW_FLASH_STORAGE_BYTES in boards/{board}",
            1,
        )


def _symbols(elf: Path) -> dict[str, int]:
    listed = subprocess.run([ARM_NM, elf], capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in listed.splitlines()]
    return {row[2]: int(row[0], 16) for row in rows if len(row) == 3}
