"""Somebody at `pilotlight console` in a terminal, on the port of an emulated Pico."""

import os
import pty
import subprocess
import termios
import time
from collections.abc import Callable
from pathlib import Path

import pyte
from cli_helpers import command, environment
from pico_person import REAL_S, Person


class Screen(pyte.Screen):
    """What a terminal shows; it answers where its cursor is."""

    def __init__(self, lines: int, answer: Callable[[bytes], object]) -> None:
        super().__init__(120, lines)
        self._answer = answer

    def write_process_input(self, data: str) -> None:
        self._answer(data.encode())


class Terminal:
    """`home` holds the history."""

    def __init__(self, person: Person, home: Path, lines: int = 50) -> None:
        self.person = person
        self._master, slave = pty.openpty()
        os.set_blocking(self._master, False)
        self.screen = Screen(lines, lambda data: os.write(self._master, data))
        termios.tcsetwinsize(slave, (self.screen.lines, self.screen.columns))
        self._stream = pyte.ByteStream(self.screen)
        words = command("console", "--port", person.path)
        env = environment() | {"HOME": str(home), "TERM": "xterm"}
        self.process = subprocess.Popen(words, stdin=slave, stdout=slave, stderr=slave, env=env)
        os.close(slave)

    def type(self, text: str) -> None:
        """Press these keys."""
        os.write(self._master, text.encode())

    def text(self) -> str:
        """What stands on the screen."""
        try:
            self._stream.feed(os.read(self._master, 1 << 16))
        except OSError:  # nothing new, or it has gone
            pass
        return "\n".join(line.rstrip() for line in self.screen.display)

    def until(self, what: Callable[[], bool]) -> None:
        """Time passes on the board until something is so."""
        end_s = time.monotonic() + REAL_S
        while not what():
            assert self.process.poll() is None, self.text()
            assert time.monotonic() < end_s, self.text()
            self.person.go(10)

    def shows(self, *words: str) -> None:
        """Until all of these stand on the screen."""
        self.until(lambda: all(word in self.text() for word in words))

    def leave(self) -> int:
        """Ctrl-D; the exit code."""
        self.type("\x04")
        while self.process.poll() is None:
            self.person.go(10)
        return self.process.returncode

    def close(self) -> None:
        """It is gone, whatever it was doing."""
        self.process.kill()
        self.process.wait()
        os.close(self._master)
