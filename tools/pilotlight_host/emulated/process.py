"""The emulator's child process: one question, one answer, both a line of JSON.

A process that has served a board well is kept for the next one: its code has been compiled by
then, which is most of the second that a new one takes to boot a board. Nothing else survives.
"""

from __future__ import annotations

import atexit
import json
import subprocess
from typing import Any

from .node import emulator_command

_KEPT = 2
_END_S = 5.0
_idle: list[EmulatorProcess] = []


class EmulatorError(RuntimeError):
    """The emulator's process has failed; the text is what it said."""


class EmulatorProcess:
    """Not for several threads."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            emulator_command(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            process_group=0,  # Ctrl-C on the terminal is for whoever runs the board
        )
        self._is_sound = True

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Its answer. EmulatorError if it reports one, or is gone."""
        try:
            return self._ask(request)
        except EmulatorError:
            self._is_sound = False
            raise

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        asking, answering = self._process.stdin, self._process.stdout
        if not asking or not answering or asking.closed:
            raise EmulatorError("the emulator has been closed")
        try:
            asking.write(json.dumps(request) + "\n")
            asking.flush()
        except OSError:
            raise EmulatorError(f"the emulator is gone ({self._process.poll()})") from None
        line = answering.readline()
        if not line:
            raise EmulatorError(f"the emulator has died ({self._process.wait()})")
        answer = json.loads(line)
        if "error" in answer:
            raise EmulatorError(answer["error"])
        return answer

    @property
    def is_alive(self) -> bool:
        """It has not ended."""
        return self._process.poll() is None

    def release(self) -> None:
        """Done with: keep it for the next board, if it is sound."""
        if self._is_sound and self.is_alive and len(_idle) < _KEPT:
            _idle.append(self)
        else:
            self.end()

    def end(self) -> None:
        """End the process."""
        if self._process.stdin:
            self._process.stdin.close()
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()


def acquire() -> EmulatorProcess:
    """One that is idle, or a new one."""
    while _idle:
        process = _idle.pop()
        if process.is_alive:
            return process
        process.end()
    return EmulatorProcess()


@atexit.register
def _end_all() -> None:
    while _idle:
        _idle.pop().end()
