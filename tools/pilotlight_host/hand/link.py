"""A board at a serial port, through MicroPython's own tool. No clock but for waiting.

Whoever talks to the prompt has stopped the site: every outlet is off until the reset.
"""

import ast
import contextlib
import hashlib
import io
import time
from collections.abc import Callable
from typing import Any

import serial
from mpremote.transport import TransportError
from mpremote.transport_serial import SerialTransport
from serial.tools import list_ports

from pilotlight_host.errors import UserError

BOOT_S = 30.0  # from a reset until the site answers; USB has to come back before
_ANSWER_S = 3.0
_AGAIN_S = 0.2
_SETTLE_S = 2.0
_CHUNK = 1024
_FOLDER = 0x4000
_RASPBERRY_PI = 0x2E8A  # USB vendor
_IMAGE_AT = 0x10000000
_IMAGE_DIGEST = """
import hashlib, uctypes
h = hashlib.sha256()
for a in range(0, {size}, 4096):
    h.update(uctypes.bytearray_at({at} + a, min(4096, {size} - a)))
print(h.digest())
"""
_STORAGE_BYTES = "import os\ns = os.statvfs('/')\nprint(s[1] * s[2])"
_IN_ITS_PLACE = "import os\nos.rename({beside!r}, {name!r})\nif hasattr(os, 'sync'): os.sync()"

Progress = Callable[[int, int], None]


def find_port(named: str | None) -> str | None:
    """The port that was named, else that of the only board there is; None without one. UserError
    if there are several.
    """
    if named is not None:
        return named
    found = sorted(port.device for port in list_ports.comports() if port.vid == _RASPBERRY_PI)
    if len(found) > 1:
        raise UserError(f"--port: say which of {', '.join(found)}")
    return found[0] if found else None


def port_of(named: str | None) -> str:
    """The same, and UserError without one."""
    port = find_port(named)
    if port is None:
        raise UserError("--port: no Pico is there, name one")
    return port


class Link:
    """The board at `port`. UserError names what it does not do."""

    def __init__(self, port: str) -> None:
        self.port = port
        self._transport: SerialTransport | None = None
        self._is_stopped = False

    def stop(self, within_s: float = _ANSWER_S) -> None:
        """Stop the site and take its prompt; waits for a port that is not there yet."""
        end_s = time.monotonic() + within_s
        while True:
            try:
                self._take_prompt()
                self._is_stopped = True
                return
            except (OSError, TransportError) as error:  # pyserial's is an OSError
                self._let_go()
                if time.monotonic() >= end_s:
                    raise self._silent(error) from None
                time.sleep(_AGAIN_S)

    def _take_prompt(self) -> None:
        with contextlib.redirect_stdout(io.StringIO()):  # it prints what it did not expect
            self._open().enter_raw_repl(soft_reset=False, timeout_overall=_ANSWER_S)

    def _open(self) -> SerialTransport:
        if self._transport is None:
            self._transport = SerialTransport(self.port, timeout=_AGAIN_S)
        return self._transport

    def _silent(self, error: Exception) -> UserError:
        said = getattr(error, "strerror", None) or str(error)
        return UserError(f"--port {self.port}: no board answers there ({said})", 1)

    def close(self) -> None:
        """Let go of the port; a site that is still stopped starts again. May be called twice."""
        if self._is_stopped:
            with contextlib.suppress(OSError, TransportError):  # whatever was interrupted there
                self._take_prompt()
            self.reset()
        self._let_go()

    def _let_go(self) -> None:
        if self._transport is not None:
            with contextlib.suppress(OSError):
                self._transport.close()
            self._transport = None

    # at the prompt

    def _run(self, code: str) -> str:
        try:
            return self._open().exec(code).decode()
        except (OSError, TransportError) as error:
            raise UserError(f"--port {self.port}: the board says {_last_line(error)}", 1) from None

    def value(self, expression: str) -> Any:
        """Of an expression, by the board. UserError with what it says instead."""
        return ast.literal_eval(self._run(f"print(repr({expression}))"))

    def storage_bytes(self) -> int:
        """Size of its file system."""
        return int(self._run(_STORAGE_BYTES))

    def image_digest(self, size: int) -> bytes:
        """SHA-256 of the first bytes of its flash."""
        return ast.literal_eval(self._run(_IMAGE_DIGEST.format(size=size, at=_IMAGE_AT)))

    def read(self, name: str) -> bytes | None:
        """A file's content, or None if there is none."""
        try:
            return bytes(self._open().fs_readfile(name, _CHUNK))
        except OSError as error:
            if isinstance(error, FileNotFoundError):
                return None
            raise self._silent(error) from None
        except TransportError as error:
            raise self._silent(error) from None

    def write(self, name: str, content: bytes, progress: Progress | None = None) -> None:
        """Put a file beside the old one, compare what the board has got, then let it take the
        place of the old one at once: interrupted before, the old one is still there.
        """
        beside = name + ".new"
        board = self._open()
        try:
            board.fs_writefile(beside, content, _CHUNK, progress)
            digest = board.fs_hashfile(beside, "sha256")
        except (OSError, TransportError) as error:
            raise UserError(
                f"{name}: the board did not take it ({_last_line(error)})", 1
            ) from None
        if digest != hashlib.sha256(content).digest():
            raise UserError(f"{name}: arrived damaged, the old one stays; try again", 1)
        self._run(_IN_ITS_PLACE.format(beside=beside, name=name))

    def names(self) -> list[str]:
        """Its files."""
        try:
            found = self._open().fs_listdir()
        except (OSError, TransportError) as error:
            raise self._silent(error) from None
        return sorted(entry.name for entry in found if not entry.st_mode & _FOLDER)

    def reset(self, into: str = "reset") -> None:
        """Start it anew, or into its `bootloader`; the port goes with it."""
        self._is_stopped = False
        with contextlib.suppress(OSError, TransportError):
            self._open().exec_raw_no_follow(f"import machine\nmachine.{into}()")
            time.sleep(_AGAIN_S)
        self._let_go()

    # while the site runs

    def health(self, within_s: float = BOOT_S) -> list[str]:
        """What `status()` says once the site runs and its sensors have had time to be heard;
        UserError with what the board said instead.
        """
        end_s = time.monotonic() + within_s
        runs = False
        while time.monotonic() < end_s:
            with contextlib.suppress(OSError):
                said = self._say(b"\rstatus()\r")
                lines = [line.strip() for line in said.splitlines()]
                if any(line.startswith("feeder ") for line in lines):
                    if runs:
                        return [line for line in lines if line.startswith(("feeder ", "outlet "))]
                    runs = True
                    time.sleep(_SETTLE_S)
                elif ">>>" in said:
                    raise UserError(self.why_it_ends(), 1)
            time.sleep(_AGAIN_S)
        raise UserError(f"--port {self.port}: the site does not answer within {within_s:.0f} s", 1)

    def _say(self, typed: bytes) -> str:
        with serial.Serial(self.port, timeout=_ANSWER_S / 10) as line:
            line.write(typed)
            return _all_of(line, b"feeder ", b"outlet ", b"\r\n> ", or_until=b">>> ")

    def why_it_ends(self) -> list[str]:
        """Start the program anew with the line open: what it says when it ends."""
        self._let_go()
        self._is_stopped = False
        with serial.Serial(self.port, timeout=_ANSWER_S / 10) as line:
            line.write(b"\r\x02")
            _all_of(line, b">>> ")
            line.write(b"\x04")
            said = _all_of(line, b"soft reboot", b">>> ")
        lines = [line.strip() for line in said.splitlines()]
        return [line for line in lines if line.startswith(("site.json: ", "board: "))] or lines[
            -9:
        ]


def _all_of(line: serial.Serial, *wanted: bytes, or_until: bytes | None = None) -> str:
    """What comes until there is a silence after all that is wanted, or for a while."""
    said, end_s = b"", time.monotonic() + 2 * _ANSWER_S
    while time.monotonic() < end_s:
        more = line.read(line.in_waiting or 1)
        said += more
        is_all = all(word in said for word in wanted) or (
            or_until is not None and or_until in said
        )
        if is_all and not more:
            break
    return said.decode("utf-8", "replace")


def _last_line(error: Exception) -> str:
    told = getattr(error, "error_output", "") or str(error)
    return (told.strip().splitlines() or [type(error).__name__])[-1]
