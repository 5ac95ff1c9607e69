"""For the tests of the real firmware on an emulated Pico: its flash, and a hand at its terminals.

Times are simulated; `_us` since power was first applied. Outlets count from 1, levels are mV at the
pilot terminal while the generator is at +12 and at -12 V.
"""

import functools
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from emulator_helpers import image, wiring
from pilotlight_host.emulated import Event, Pico, flash_with_files
from pilotlight_host.paths import BOARDS

OUTLETS = (1, 2, 3, 4)
NAMES = ("left", "right", "three", "four")
COILS = {1: 18, 2: 19, 3: 22, 4: 17}  # GPIO numbers, and so below
PILOTS = {1: 2, 2: 3, 3: 4, 4: 5}
A, B, C = (12000, -12000), (9000, -12000), (6000, -12000)
SAME_US = 0.001  # `now_us` after an event may be a rounding before it
PROMPT = b"\r\n> "
AFTER_RESET_MS = 7500  # to charging again: boot, 5 s of rest, closings 300 ms apart
WATCHDOG_CTRL = 0x40058000
WATCHDOG_ON = 1 << 30

CLAMPS = [{"channel": number, "gain": 4884} for number in (1, 2, 3)]
FEEDER = {"id": "main", "rating_a": 63, "breaker": "B", "base_max_a": 20, "clamps": CLAMPS}


def site(outlets: int = 4, **more: Any) -> dict[str, Any]:
    """A site file for the carrier."""
    ports = [{"name": name, "feeder": "main", "max_a": 16} for name in NAMES[:outlets]]
    return {"site": {"id": "home"}, "feeders": [FEEDER], "outlets": ports, **more}


def storage_bytes(board: str) -> int:
    """Size of the board's file system, as its image has it."""
    text = (BOARDS / board / "mpconfigboard.h").read_text()
    found = re.search(r"STORAGE_BYTES \((\d+) \* 1024\)", text)
    assert found
    return int(found[1]) * 1024


def flash(content: Mapping[str, Any] | bytes, board: str = "pico") -> bytes:
    """A flash with the image and this site.json."""
    text = content if isinstance(content, bytes) else json.dumps(content).encode()
    return _flash(board, text)


@functools.cache
def _flash(board: str, text: bytes) -> bytes:
    return flash_with_files(image(board), {"site.json": text}, storage_bytes(board))


class Rig:
    """A board and all that has happened. Mirror contacts follow the coils at once, as those of
    sound contactors do.
    """

    def __init__(self, pico: Pico) -> None:
        self.pico = pico
        self.events: list[Event] = []
        self.coils = dict.fromkeys(OUTLETS, False)
        self._said = bytearray()

    # Time

    @property
    def now_us(self) -> float:
        return self.pico.now_us

    def go(self, ms: float, until: Callable[[], bool] | None = None) -> list[Event]:
        """Let time pass, or until something is so (asked after every event, and every 5 ms); what
        has happened meanwhile.
        """
        end_us = self.now_us + 1000 * ms
        first = len(self.events)
        while self.now_us < end_us:
            next_us = end_us if until is None else min(end_us, self.now_us + 5000)
            self._take(self.pico.run(next_us, stop_on_event=True))
            if until is not None and until():
                break
        return self.events[first:]

    def until(self, ms: float, what: Callable[[], bool]) -> None:
        """Let time pass until something is so, at most `ms`."""
        self.go(ms, what)
        assert what(), f"not within {ms} ms; latest: {self.events[-5:]}, {self.said()!r}"

    def to_phase(self, phase_ms: float) -> None:
        """To the next time at which the select lines' cycle of 8 ms is so old."""
        slowest = self.pico.peek(0x40050008)[0]  # the counter of slice 0: 62500 in 8 ms
        self.go((phase_ms - slowest / 7812.5) % 8)

    def _take(self, events: Iterable[Event]) -> None:
        for event in events:
            self.events.append(event)
            if event.kind == "contactor":
                assert event.outlet is not None
                self.coils[event.outlet] = bool(event.on)
                self.pico.analog.mirror(event.outlet, bool(event.on))

    def power_cycle(self) -> None:
        """Off and on; no car is there."""
        self.pico.power_cycle()
        self.pico.analog.rest()
        self.go(0.01)
        self.said()

    # Console

    def said(self) -> str:
        """What the board has said since the latest call or answer."""
        self._said += self.pico.console_read()
        text = self._said.decode("latin-1").replace("\r\n", "\n")
        self._said.clear()
        return text

    def has_said(self, text: str) -> bool:
        """This stands in what the board has said since `said`."""
        self._said += self.pico.console_read()
        return text in self._said.decode("latin-1")

    def type(self, line: str) -> None:
        """Type a line, and do not wait for the answer."""
        self.pico.console_write(line.encode() + b"\r")

    def ask(self, line: str, ms: float = 3000) -> str:
        """Type a line; the answer without the echo."""
        self.said()
        self.type(line)
        end_us = self.now_us + 1000 * ms
        while PROMPT not in self._said:
            assert self.now_us < end_us, f"no answer to {line!r}: {self._said!r}"
            self.go(5)
            self._said += self.pico.console_read()
        text = self.said().removesuffix("\n> ")
        echo, _, answer = text.partition("\n")
        assert echo == line, text
        return answer

    def snapshot(self) -> dict[str, Any]:
        """The board's own picture."""
        return json.loads(self.ask("snapshot()"))

    # Cars

    def show(self, level: tuple[float, float], *outlets: int) -> None:
        """Put a level on pilots, on all without a number."""
        for outlet in outlets or OUTLETS:
            self.pico.analog.pilot(outlet, *level)

    def is_pwm(self, *outlets: int) -> bool:
        """The latest told of every such pilot is PWM."""
        latest = {e.outlet: e.hz for e in self.events if e.kind == "pilot"}
        return all(latest.get(outlet, 0) for outlet in outlets)

    def charge(self, *outlets: int) -> None:
        """Cars arrive, ask, and get their contactors closed."""
        self.show(B, *outlets)
        self.until(3000, lambda: self.is_pwm(*outlets))
        self.show(C, *outlets)
        self.until(3000, lambda: all(self.coils[outlet] for outlet in outlets))

    def switched(self, since_us: float = 0) -> list[tuple[float, int, bool]]:
        """(ms since then, outlet, coil) of every contactor event."""
        return [
            ((event.t_us - since_us) / 1000, event.outlet or 0, bool(event.on))
            for event in self.events
            if event.kind == "contactor" and event.t_us > since_us + SAME_US
        ]

    def resets(self, since_us: float = 0) -> list[Event]:
        """The resets."""
        return [e for e in self.events if e.kind == "reset" and e.t_us >= since_us]

    def runs(self) -> bool:
        """The watchdog is on: a control step has ended in time."""
        return bool(self.pico.peek(WATCHDOG_CTRL)[0] & WATCHDOG_ON)


@contextmanager
def rig(
    content: Mapping[str, Any] | bytes | None = None, board: str = "pico", **options: Any
) -> Iterator[Rig]:
    """A board with this site.json that has just got power; without one, as it comes from the
    factory with the image on it.
    """
    stored = None if content is None else flash(content, board)
    with Pico(image(board), wiring(board), flash=stored, **options) as pico:
        yield Rig(pico)


@contextmanager
def charging(content: Mapping[str, Any], *outlets: int, **options: Any) -> Iterator[Rig]:
    """The same, charging at these outlets for a moment."""
    with rig(content, **options) as made:
        made.charge(*outlets)
        yield made
