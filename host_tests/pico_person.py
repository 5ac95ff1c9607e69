"""Somebody at a PC to which an emulated Pico's USB line goes: runs programs there, while time passes
on the board.
"""

import subprocess
import sys
import time
from pathlib import Path
from typing import IO

from cli_helpers import command, environment
from pico_helpers import Rig
from pilotlight_host.emulated import UsbPty

REAL_S = 120


class Person:
    """`path` is the board's serial port."""

    def __init__(self, board: Rig) -> None:
        self.board = board
        self._pty = UsbPty()
        self.path = self._pty.path

    def mpremote(self, *words: str | Path) -> str:
        """What MicroPython's own tool says."""
        code, said = self.run(sys.executable, "-m", "mpremote", "connect", self.path, *words)
        assert code == 0, said
        return said

    def pilotlight(
        self, *words: object, cwd: Path | None = None, stdin: IO[str] | None = None
    ) -> tuple[int, str]:
        """Exit code of the command, and what it says."""
        return self.end_of(self.start(*command(*words), cwd=cwd, stdin=stdin))

    def run(self, *words: str | Path) -> tuple[int, str]:
        """A program, to its end."""
        return self.end_of(self.start(*words))

    def end_of(self, process: "subprocess.Popen[bytes]") -> tuple[int, str]:
        """Exit code of a program, once it has ended, and what it has said."""
        end_s = time.monotonic() + REAL_S
        try:
            while process.poll() is None:
                assert time.monotonic() < end_s, f"{process.args} does not end"
                self.go(5)
            said = process.communicate()[0].decode().replace("\r\n", "\n")
        finally:
            process.kill()
        return process.returncode, said

    def start(
        self, *words: str | Path, cwd: Path | None = None, stdin: IO[str] | None = None
    ) -> "subprocess.Popen[bytes]":
        """A program that runs on its own; `go` must be called for it to hear from the board."""
        out = subprocess.PIPE
        return subprocess.Popen(
            words, cwd=cwd, stdin=stdin, stdout=out, stderr=subprocess.STDOUT, env=environment()
        )

    def go(self, ms: float) -> None:
        """Let time pass."""
        self.board.go(ms)
        self._pty.pump(self.board.pico)

    def close(self) -> None:
        """Go away."""
        self._pty.close()
