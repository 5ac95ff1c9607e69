"""The console of a site that goes on running: a line typed there, and its answer."""

import contextlib
import time

import serial

from pilotlight_host.errors import UserError

_PROMPT = b"\r\n> "
_REPL = b">>> "  # the program has ended, or was stopped
_QUIET_S = 0.15
_WRITE_S = 5.0
_LONGEST = 200  # what services/typist.py takes as one line


class NotRunningError(Exception):
    """MicroPython's own prompt is there, and no site."""


class Prompt:
    """The site at `port`; some consoles echo what is typed. NotRunningError from any call."""

    def __init__(self, port: str) -> None:
        self.port = port
        try:
            self._line = serial.Serial(port, timeout=_QUIET_S, write_timeout=_WRITE_S)
        except OSError as error:
            raise self._trouble(error.strerror or str(error)) from None
        try:
            self._go_to_new_line()
        except NotRunningError:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the port."""
        self._line.close()

    def __enter__(self) -> "Prompt":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ask(self, line: str, within_s: float = 5.0) -> str:
        """The answer to a line. UserError if none comes."""
        if len(line) >= _LONGEST:
            raise ValueError(f"a line has less than {_LONGEST} characters")
        try:
            self._line.write(line.encode() + b"\r")
            said = self._until_prompt(within_s)
        except OSError as error:
            raise self._trouble(str(error)) from None
        text = said.decode("utf-8", "replace").replace("\r\n", "\n")
        first, _, rest = text.partition("\n")
        return rest if first.strip() == line.strip() else text

    def _go_to_new_line(self) -> None:
        """End what somebody has half typed, and do not take what it says for an answer."""
        with contextlib.suppress(OSError):
            self._line.write(b"\r")
            said = b""
            while more := self._line.read(self._line.in_waiting or 1):
                said += more
            if said.endswith(_REPL):
                raise NotRunningError

    def _until_prompt(self, within_s: float) -> bytes:
        said, end_s = b"", time.monotonic() + within_s
        while time.monotonic() < end_s:
            more = self._line.read(self._line.in_waiting or 1)
            said += more
            if more:
                end_s = time.monotonic() + within_s
            elif said.endswith(_PROMPT):
                return said.removesuffix(_PROMPT)
            elif said.endswith(_REPL):
                raise NotRunningError
        raise self._trouble(f"no answer within {within_s:.0f} s")

    def _trouble(self, text: str) -> UserError:
        return UserError(f"--port {self.port}: no site answers there ({text})", 1)
