"""MicroPython's heap on an emulated board, read from outside: the board runs as it is flashed.

At its beginning lies the table of its blocks of 16 bytes, 2 bits each, 0 for a free one (py/gc.c);
behind it 1 bit for each block that has a finaliser.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from pilotlight_host.emulated import Pico
from pilotlight_host.image.sizes import Sizes

_RAM_START = 0x20000000
_BLOCK_BYTES = 16
_BLOCKS_A_WORD = 16
_BITS_A_BLOCK = 2 + 1 + 8 * _BLOCK_BYTES


@dataclass(frozen=True)
class Heap:
    """Bytes. What is used includes garbage that is not collected yet."""

    used: int
    free: int
    largest: int  # piece that is free


def look(pico: Pico, sizes: Sizes) -> Heap:
    """The heap now."""
    blocks = sizes.heap * 8 // _BITS_A_BLOCK // _BLOCKS_A_WORD * _BLOCKS_A_WORD
    words = pico.peek(_RAM_START + sizes.static, blocks // _BLOCKS_A_WORD)
    is_free = [word >> shift & 3 == 0 for word in words for shift in range(0, 32, 2)]
    runs = [sum(1 for _ in run) for free, run in groupby(is_free) if free]
    free = sum(runs) * _BLOCK_BYTES
    return Heap(blocks * _BLOCK_BYTES - free, free, max(runs, default=0) * _BLOCK_BYTES)
