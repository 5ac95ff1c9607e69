"""A site behind a Linux computer: `pilotlight serve` as a process of its own, the image `pico_io`
on an emulated Pico, the plant at its terminals, and a USB cable that can be pulled.

The emulator is slower than real time, so the process lives in the board's (sbc_app.py): its
computing takes no time, and everything else all the time it takes. Times in ms since power-on.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from emulator_helpers import image, wiring
from pilotlight_host.emulated import Bench, Pico, UsbPty
from pilotlight_host.paths import HOST_TESTS
from pilotlight_host.sim.plant import Plant

BOARD = "pico_io"
_STRETCH_MS = 1  # between two looks at the cable


class Cable:
    """USB between the board and this computer, where the board is `path`."""

    def __init__(self, pico: Pico, path: Path) -> None:
        self._pico = pico
        self.path = path
        self._pty: UsbPty | None = None
        self.plug()

    def plug(self) -> None:
        """Put it in."""
        self._pty = UsbPty()
        self.path.symlink_to(self._pty.path)

    def pull(self) -> None:
        """The port is gone, and what the board says is lost."""
        assert self._pty is not None
        self.path.unlink()
        self._pty.close()
        self._pty = None

    def pump(self) -> None:
        """Carry what there is."""
        if self._pty is None:
            self._pico.console_read()
        else:
            self._pty.pump(self._pico)

    def close(self) -> None:
        if self._pty is not None:
            self.pull()


class App:
    """The process, asleep until some time of the board."""

    def __init__(self, folder: Path, site: dict[str, Any], cable: Cable) -> None:
        (folder / "site.json").write_text(json.dumps(site))
        self._said = (folder / "stderr").open("w+")
        ours, its = socket.socketpair()
        words = ["serve", "--io", str(cable.path), "--storage", str(folder)]
        self.process = subprocess.Popen(
            [sys.executable, str(HOST_TESTS / "sbc_app.py"), str(its.fileno()), *words],
            pass_fds=[its.fileno()],
            stderr=self._said,
        )
        its.close()
        self._lines = ours.makefile("rw")
        self.due_ms = int(self._lines.readline())

    def wake(self, now_ms: int) -> None:
        """Let it live at this time, until it sleeps again or has ended."""
        self._lines.write(f"{now_ms}\n")
        self._lines.flush()
        self.due_ms = int(self._lines.readline() or 1 << 60)

    def kill(self) -> None:
        """At once, as the machine's trouble would."""
        self.process.kill()
        self.process.wait()

    def said(self) -> str:
        """All it said on stderr so far."""
        return os.pread(self._said.fileno(), 1 << 16, 0).decode()


class Site:
    """All of it. `now_ms` is the board's time, the plant's and the process'."""

    def __init__(self, plant: Plant, site: dict[str, Any], folder: Path) -> None:
        self.pico = Pico(image(BOARD), wiring(BOARD))
        self.bench = Bench(self.pico, plant)
        self.cable = Cable(self.pico, folder / "pico")
        self.bench.run(500)  # the computer starts later than the board
        self.app: App | None = App(folder, site, self.cable)
        self.is_stalled = False  # the process gets no time, whatever it waits for

    @property
    def now_ms(self) -> float:
        return self.bench.now_ms

    def run(self, until_ms: float, look: Callable[[], None]) -> None:
        """`look` is called after every ms."""
        while not self.bench.has_reached(until_ms):
            is_due = self.app is not None and self.now_ms >= self.app.due_ms
            if self.app is not None and is_due and not self.is_stalled:
                self.app.wake(int(self.now_ms))
            self.bench.run(self.now_ms + _STRETCH_MS)
            self.cable.pump()
            look()

    def kill(self) -> None:
        """The process, by SIGKILL."""
        assert self.app is not None
        self.app.kill()
        self.app = None

    def close(self) -> None:
        if self.app is not None:
            self.app.kill()
        self.cable.close()
        self.pico.close()
