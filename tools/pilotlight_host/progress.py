"""How far long work is: one updating line on a terminal, else a line every 10 s."""

import time
from typing import TextIO

_LINE_S = 10.0  # where there is no terminal


class Line:
    """On `stream`. A terminal sees nothing for `quiet_s`, then a change each `every_s`; other
    streams see their first line at once, or with `quiet_s` after 10 s.
    """

    def __init__(self, stream: TextIO, every_s: float = 1.0, quiet_s: float = 0.0) -> None:
        self._stream = stream
        self._is_terminal = stream.isatty()
        self._every_s = every_s if self._is_terminal else _LINE_S
        self._started_s = time.monotonic()
        self._due_s = self._started_s
        if quiet_s:
            self._due_s += quiet_s if self._is_terminal else _LINE_S
        self._has_line = False

    def past_s(self) -> float:
        """Since it was made."""
        return time.monotonic() - self._started_s

    def is_due(self) -> bool:
        """Time to tell something; True once for each time."""
        now_s = time.monotonic()
        if now_s < self._due_s:
            return False
        self._due_s = now_s + self._every_s
        return True

    def tell(self, text: str) -> None:
        """Replace the line, or write one."""
        self._has_line = self._is_terminal
        self._stream.write(f"\r{text}\x1b[K" if self._is_terminal else text + "\n")
        self._stream.flush()

    def close(self) -> None:
        """Take the updating line away."""
        if self._has_line:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
