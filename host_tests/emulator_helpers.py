"""What the emulator's tests share: the real image, booted to its prompt. Simulated times.

Without a site file the firmware refuses to run and leaves the board to whoever types.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pilotlight_host.emulated import Pico, RawRepl
from pilotlight_host.emulated.node import emulator_command
from pilotlight_host.image import ensure_image
from pilotlight_host.paths import BOARDS
from tools_needed import needed

READY_US = 400_000  # the first boot makes a file system: two erases


def wiring(board: str = "pico") -> dict[str, Any]:
    """The board's wiring.json."""
    return json.loads((BOARDS / board / "wiring.json").read_text())


def image(board: str = "pico") -> Path:
    """The board's image, where it can be built and emulated."""
    needed(emulator_command)
    return needed(lambda: ensure_image(board))


@contextmanager
def booted(board: str = "pico", **options: Any) -> Iterator[tuple[Pico, RawRepl]]:
    """A board at its prompt, with the raw REPL open."""
    with Pico(image(board), wiring(board), **options) as pico:
        pico.run(READY_US)
        repl = RawRepl(pico)
        repl.exec(QUIET)
        yield pico, repl


def dc(mv: float) -> Mapping[str, Any]:
    """A clamp's wave that is no wave: `mv` at the pin."""
    return {"table_ma": [0.0], "bias_mv": mv}


# --- code for the board

# The firmware has set up the chip before it refused: back to nothing.
QUIET = """
from machine import Pin, mem32
mem32[0x4004c000] = 0
mem32[0x50000444] = 0xfff
mem32[0x400500a0] = 0
while mem32[0x4004c008] >> 16 & 15: mem32[0x4004c00c]
for number in range(2, 29):
    Pin(number, Pin.IN, Pin.PULL_DOWN).irq(None)
"""

# Every slice as the firmware sets it: pilots 1 kHz, S0...S5 4 kHz...125 Hz, one store starts all.
START_SLICES = """
from machine import ADC, Pin, mem32
import rp2, time, uctypes
PWM = 0x40050000
def slice_(n, period, a, b, div, csr):
    base = PWM + 20 * n
    mem32[base] = 0
    mem32[base + 4] = div << 4
    mem32[base + 8] = 0
    mem32[base + 12] = b << 16 | a
    mem32[base + 16] = period - 1
    mem32[base] = csr
def pads(*pins):
    for pin in pins:
        mem32[0x40014004 + 8 * pin] = 4
        mem32[0x4001c004 + 4 * pin] = 0x56
def start_slices():
    mem32[PWM + 0xa0] = 0
    slice_(1, 62500, 6250, 31250, 2, 0)
    slice_(2, 62500, 65535, 0, 2, 0)
    for n, period, div in ((3, 31250, 1), (4, 62500, 1), (5, 62500, 2), (6, 62500, 4),
                           (7, 62500, 8), (0, 62500, 16)):
        slice_(n, period, period // 2, 0, div, 4)
    pads(2, 3, 4, 5, 6, 8, 10, 12, 14, 16)
    mem32[PWM + 0xa0] = 0xff
start_slices()
"""

# The converter free running over inputs 0, 1, 2, 4 into a ring of 16 KiB at `ring`.
START_RING = """
for source in (26, 27, 28, ADC.CORE_TEMP):
    ADC(source)
room = bytearray(2 * 16384)
ring = (uctypes.addressof(room) + 16383) & ~16383
dma = rp2.DMA()
dma.config(read=0x4004c00c, write=ring, count=0x0fffffff, trigger=True, ctrl=dma.pack_ctrl(
    size=1, inc_read=False, inc_write=True, ring_sel=True, ring_size=14, treq_sel=36))
mem32[0x4004c008] = 1 << 24 | 1 << 11 | 1 << 10 | 8 | 1
mem32[0x4004c010] = 186 << 8 | 128
mem32[0x4004c000] = 0b10111 << 16 | 8 | 2 | 1
print(ring)
"""
RING_SAMPLES = 8192
INPUTS = 4  # in the order 0, 1, 2, 4


def start_ring(pico: Pico, repl: RawRepl, *, fill_ms: float = 40) -> int:
    """Start slices and ring, wait until it has been filled; its address."""
    repl.exec(START_SLICES)
    address = int(repl.exec(START_RING))
    pico.run(pico.now_us + 1000 * fill_ms)
    return address


def ring(pico: Pico, address: int) -> list[list[int]]:
    """The samples of each input, oldest first."""
    words = pico.peek(address, RING_SAMPLES // 2)
    samples = [half for word in words for half in (word & 0xFFFF, word >> 16)]
    write = (ring_position(pico) - address) // 2
    ordered = samples[write:] + samples[:write]
    # the ring holds whole rounds, so an input keeps its places in it
    return [
        [ordered[at] for at in range(len(ordered)) if (at + write) % INPUTS == number]
        for number in range(INPUTS)
    ]


def ring_position(pico: Pico) -> int:
    """Where the DMA writes next."""
    busy, paced_by_adc = 1 << 24, 36
    return next(
        pico.peek(0x50000004 + 0x40 * channel)[0]
        for channel in range(12)
        if (control := pico.peek(0x5000000C + 0x40 * channel)[0]) & busy
        and (control >> 15) & 0x3F == paced_by_adc
    )
