"""The chip's module without the assembler for its PIO: 2 KB of flash and heap that nobody needs.

MicroPython's own start-up code (`_boot.py`) and the clockwork take Flash and DMA from it.
"""

from _rp2 import *  # noqa: F403
