"""Python on the board, typed by a program: MicroPython's raw REPL over the board's console.

All times are simulated.
"""

from .pico import Pico

_CTRL_A, _CTRL_B, _CTRL_C, _CTRL_D = b"\x01", b"\x02", b"\x03", b"\x04"
_BANNER = b"raw REPL; CTRL-B to exit\r\n>"


class RawRepl:
    """Interrupts what runs on the board, then executes pieces of code on it."""

    def __init__(self, pico: Pico, timeout_ms: float = 5000) -> None:
        self._pico = pico
        self._timeout_ms = timeout_ms
        pico.console_write(b"\r" + _CTRL_C + _CTRL_C + _CTRL_A)
        pico.wait_for(_BANNER, timeout_ms)

    def exec(self, code: str, timeout_ms: float | None = None) -> str:
        """What the code has printed. RuntimeError with the board's traceback if it fails."""
        self.start(code)
        printed = self._pico.wait_for(_CTRL_D, timeout_ms or self._timeout_ms)
        error = self._pico.wait_for(_CTRL_D + b">", self._timeout_ms)
        if error:
            raise RuntimeError(error.decode().strip())
        return printed.decode().replace("\r\n", "\n")

    def start(self, code: str) -> None:
        """Let the code run and come back at once; its output arrives on the console."""
        self._pico.console_write(code.encode() + _CTRL_D)
        self._pico.wait_for(b"OK", self._timeout_ms)

    def leave(self) -> None:
        """Back to the friendly prompt."""
        self._pico.console_write(b"\r" + _CTRL_B)
