"""One emulated Pico as a child process, in lock-step: time passes only in `run` and `wait_for`.

Deterministic: the same calls give the same run, to the nanosecond (`ppp` is the exception: sockets
live in real time). Simulated time is in us since power was first applied, through all resets.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .analog import Analog
from .process import EmulatorError, EmulatorProcess, acquire
from .uf2 import FLASH_SIZE, flash_of

TYPICAL_FLASH_MS = {"sector_ms": 45.0, "block_ms": 150.0, "page_ms": 0.4}
WORST_FLASH_MS = {"sector_ms": 400.0, "block_ms": 2000.0, "page_ms": 3.0}  # W25Q16JV
_POLL_US = 1000


@dataclass(frozen=True)
class Event:
    """Something the board has done. Fields that do not belong to its kind are None.

    | kind | fields |
    |---|---|
    | contactor | outlet (from 1), on: the coil |
    | pilot | outlet, duty_ppm (1000000 or 0 with hz 0: constant +12 V or -12 V), hz |
    | led, residual_test | on |
    | reset | cause: "watchdog" (its time ran out), "force" (machine.reset()), "power" |
    | flash | op: "erase" or "program", at (offset), size, ms, number (from 1) |
    """

    t_us: float
    kind: str
    outlet: int | None = None
    on: bool | None = None
    duty_ppm: int | None = None
    hz: float | None = None
    cause: str | None = None
    op: str | None = None
    at: int | None = None
    size: int | None = None
    ms: float | None = None
    number: int | None = None


class Pico:
    """`image` is a .uf2. `flash`, if given, is the whole flash (2 MiB) instead: see `flash_image`.

    `noise_lsb` is the converter's noise, sigma. `flash_times` is TYPICAL_FLASH_MS or
    WORST_FLASH_MS. `ppp` puts a PPP peer at the modem's UART: TCP of the board to 10.0.5.1 reaches
    this machine's loopback. `forward` maps ports of this machine's loopback to ports of the board.
    Without `translate` every instruction is carried out by itself: slower, else the same.
    """

    def __init__(
        self,
        image: Path,
        wiring: Mapping[str, Any],
        *,
        flash: bytes | None = None,
        noise_seed: int = 1,
        noise_lsb: float = 1.0,
        flash_times: Mapping[str, float] | None = None,
        ppp: bool = False,
        forward: Mapping[int, int] | None = None,
        translate: bool = True,
    ) -> None:
        content = bytes(flash_of(image)) if flash is None else flash
        if len(content) != FLASH_SIZE:
            raise ValueError(f"flash: {len(content)} bytes, expected {FLASH_SIZE}")
        self.now_us = 0.0
        self.log: list[str] = []  # what the emulator had to complain of
        self._wiring = wiring
        self._events: list[Event] = []
        self._console = bytearray()
        self._uart = [bytearray(), bytearray()]
        self._rs485 = wiring["rs485"]["uart"]
        self._process: EmulatorProcess | None = acquire()
        self.analog = Analog(wiring, lambda state: self._ask("world", **state))
        self._ask(
            "start",
            image=base64.b64encode(content).decode(),
            wiring=wiring,
            seed=noise_seed,
            noise_lsb=noise_lsb,
            flash_times=dict(flash_times or TYPICAL_FLASH_MS),
            ppp=ppp,
            forward=dict(forward or {}),
            translate=translate,
        )
        self.analog.rest()

    def __enter__(self) -> Pico:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """The board is gone. May be called twice."""
        if self._process is not None:
            self._process.release()
        self._process = None

    # Time

    def run(self, until_us: float, *, stop_on_event: bool = False) -> list[Event]:
        """Simulate up to `until_us` and return what has happened since the latest call of `run`.

        With `stop_on_event` it comes back at the instant something has happened.
        """
        self._ask("run", until_us=until_us, stop_on_event=stop_on_event)
        events, self._events = self._events, []
        return events

    def wait_for(self, text: bytes, timeout_ms: float = 5000) -> bytes:
        """Simulate until the console has said `text`; what came before it. Both are taken away.

        Events meanwhile are kept for the next `run`. TimeoutError with the console's latest words.
        """
        end_us = self.now_us + 1000 * timeout_ms
        while text not in self._console:
            if self.now_us >= end_us:
                latest = bytes(self._console[-300:])
                raise TimeoutError(f"no {text!r} on the console in {timeout_ms} ms: {latest!r}")
            self._ask("run", until_us=self.now_us + _POLL_US, stop_on_event=False)
        before, _, rest = bytes(self._console).partition(text)
        self._console[:] = rest
        return before

    # Console (USB) and serial line

    def console_write(self, data: bytes) -> None:
        """Type on the board's console."""
        self._ask("console", data=data.decode("latin-1"))

    def console_read(self) -> bytes:
        """What the board has written since the latest call."""
        return _taken(self._console)

    def uart_write(self, data: bytes, uart: int | None = None) -> None:
        """Send bytes to the board over RS-485, from now on, one character time after another.

        Bytes that arrive while the board drives the line are lost. `uart` names another one.
        """
        number = self._rs485 if uart is None else uart
        self._ask("uart", uart=number, data=data.decode("latin-1"))

    def uart_read(self, uart: int | None = None) -> bytes:
        """What the board has sent over RS-485; not what it sent with its driver off."""
        return _taken(self._uart[self._rs485 if uart is None else uart])

    # Pins and the like

    def pins(self) -> list[dict[str, Any]]:
        """Per GPIO: level, output (does the chip drive it), function, pull."""
        return self._ask("pins")["pins"]

    def press_button(self, down: bool = True) -> None:
        """Hold the button down, or let it go."""
        self._ask("press", down=down)

    def dim(self, closed: bool = True) -> None:
        """Close the contact of the grid operator, or open it."""
        self._ask("dim", closed=closed)

    def cut_loop(self, cut: bool = True) -> None:
        """Break the guard loop's wire, or mend it."""
        self._ask("cut_loop", cut=cut)

    def plug_modem(self, plugged: bool = True) -> None:
        """Put the modem's cable in, or pull it: nothing gets through any more."""
        self._ask("plug_modem", plugged=plugged)

    def trouble_modem(self, *, answers_echo: bool = True, spoils: int = 0) -> None:
        """What the modem does from now on: it leaves echo requests of PPP unanswered; one byte in
        `spoils` (0: none), either way, gets a wrong bit.
        """
        self._ask("trouble_modem", answers_echo=answers_echo, spoils=spoils)

    def hang_up(self) -> None:
        """The modem ends PPP, in good order."""
        self._ask("hang_up")

    def counters(self) -> dict[str, Any]:
        """lost_out, lost_in: bytes spoiled on RS-485. overruns: per UART. flash_steps: so far.

        With `ppp`: echoes_unanswered, spoiled (bytes), tcp_opened (by the board, so far),
        tcp_standing (now).
        """
        return self._ask("counters")["counters"]

    # Power and flash

    def power_cycle(self) -> None:
        """Off and on again at once. A flash operation that is running stays half done."""
        self._ask("power_cycle")

    def cut_power_in_flash(self, n: int = 1, fraction: float = 0.5) -> None:
        """Lose power inside the n-th erase or program from now, after that part of its time."""
        self._ask("cut_power_in_flash", n=n, fraction=fraction)

    def flash_image(self) -> bytes:
        """The whole flash, 2 MiB, as it is now."""
        return base64.b64decode(self._ask("flash")["flash"])

    def peek(self, address: int, words: int = 1) -> list[int]:
        """32-bit words of memory or registers; registers may change by being read."""
        return self._ask("peek", address=address, words=words)["words"]

    def poke(self, address: int, value: int) -> None:
        """Write a 32-bit word to memory or a register."""
        self._ask("poke", address=address, value=value)

    # The process

    def _ask(self, op: str, **details: Any) -> dict[str, Any]:
        if self._process is None:
            raise EmulatorError("this board has been closed")
        answer = self._process.ask({"op": op, **details})
        self._take(answer)
        return answer

    def _take(self, answer: dict[str, Any]) -> None:
        self.now_us = answer["now_us"]
        self._events.extend(Event(**event) for event in answer["events"])
        self._console.extend(answer["console"].encode("latin-1"))
        for kept, new in zip(self._uart, answer["uart"], strict=True):
            kept.extend(new.encode("latin-1"))
        self.log.extend(answer["log"])


def _taken(buffer: bytearray) -> bytes:
    data = bytes(buffer)
    buffer.clear()
    return data


def events_of(events: Sequence[Event], kind: str) -> list[Event]:
    """Only those of one kind."""
    return [event for event in events if event.kind == kind]
