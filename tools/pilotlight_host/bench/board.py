"""An emulated board for a row: running its firmware, or at the prompt with code of `device`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pilotlight_host.emulated import Pico, RawRepl, flash_with_files
from pilotlight_host.image.build import ensure_build
from pilotlight_host.paths import BOARDS

ON = "emulated Pico, 125 MHz"
DEVICE = Path(__file__).parent / "device"
_PROMPT = b">>> "
_RAW_PROMPT = b"raw REPL; CTRL-B to exit\r\n>"
_CTRL_D = b"\x04"
_WATCHDOG_CTRL = 0x40058000
_WATCHDOG_RUNS = 1 << 30
_FIRST_STEP_MS = 3000


@contextmanager
def powered(
    board: str = "pico", files: Mapping[str, Any] | None = None, **options: Any
) -> Iterator[Pico]:
    """A board with these JSON files, at the instant of power-on; `options` are those of `Pico`."""
    built = ensure_build(board)
    wiring = json.loads((BOARDS / board / "wiring.json").read_text())
    content = {name: json.dumps(data).encode() for name, data in (files or {}).items()}
    flash = flash_with_files(built.image, content, built.sizes().storage)
    with Pico(built.image, wiring, flash=flash, **options) as pico:
        yield pico


def run_to_first_step(pico: Pico, poll_us: float = 500) -> float:
    """Simulate to the end of the first control step, which starts the watchdog; us since start."""
    end_us = pico.now_us + 1000 * _FIRST_STEP_MS
    while not pico.peek(_WATCHDOG_CTRL)[0] & _WATCHDOG_RUNS:
        if pico.now_us > end_us:
            said = pico.console_read().decode(errors="replace").strip()
            raise RuntimeError(f"no control step in {_FIRST_STEP_MS} ms after power-on: {said!r}")
        pico.run(pico.now_us + poll_us)
    return pico.now_us


class Probe:
    """Code of `device` on a board that has no site file of its own and so stands at the prompt.

    `site` is put where app_on_board.py looks for it.
    """

    FILE = "bench/site.json"

    def __init__(self, pico: Pico) -> None:
        self.pico = pico
        pico.wait_for(_PROMPT)
        self.repl = RawRepl(pico)
        # a heap as main.py finds it: without what is left of the one that found no site file
        pico.console_write(_CTRL_D)
        pico.wait_for(_RAW_PROMPT)

    def exec(self, script: str, timeout_ms: float = 20_000, **numbers: int) -> str:
        """Run a script to its end; what it printed."""
        return self.repl.exec(_code(script, numbers), timeout_ms)

    def call(self, line: str, timeout_ms: float = 20_000) -> str:
        """Run one line."""
        return self.repl.exec(line, timeout_ms)

    def start(self, script: str, **numbers: int) -> None:
        """Start a script that goes on until `stop`, or by itself."""
        self.repl.start(_code(script, numbers))

    def started(self, line: str) -> None:
        """The same with one line."""
        self.repl.start(line)

    def finished(self, timeout_ms: float = 5000) -> str:
        """What it printed, as soon as it has ended. RuntimeError with its traceback."""
        printed = self.pico.wait_for(_CTRL_D, timeout_ms)
        trouble = self.pico.wait_for(_CTRL_D + b">", timeout_ms)
        if trouble:
            raise RuntimeError(trouble.decode(errors="replace").strip())
        return printed.decode().replace("\r\n", "\n")


@contextmanager
def probed(board: str = "pico", site: Any = None, **options: Any) -> Iterator[Probe]:
    """A board at the prompt, with this site file for app_on_board.py."""
    files = {} if site is None else {Probe.FILE: site}
    with powered(board, files, **options) as pico:
        yield Probe(pico)


def _code(script: str, numbers: Mapping[str, int]) -> str:
    """A script of `device` after lines that set its parameters."""
    lines = [f"{name} = {value}\n" for name, value in numbers.items()]
    return "".join(lines) + (DEVICE / script).read_text()
