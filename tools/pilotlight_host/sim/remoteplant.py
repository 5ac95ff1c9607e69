"""The other side of boards/remote on top of the plant: a TCP server, in real time.

Protocol: boards/remote/README.md. Times are ms since `start`; the plant lives on the PC's
monotonic clock. One board at a time is served; a second connection is closed at once.
"""

import asyncio
import time
from dataclasses import dataclass

from .clampwave import WINDOW_MS
from .pilotline import CONSTANT_HIGH
from .plant import Plant

HOLD_MS = 60
WATCHDOG_MS = 2000
TICK_MS = 5  # newest 20 periods of every pilot, so often
VERSION = b"1"
_TURNS_TO_READ = 4  # of the event loop: from the socket to the reader, and to whoever waits for it
_MOST_UNSENT = 1 << 18  # bytes; a board that takes nothing for so long is dropped
_HIGHEST_DUTY = 10000
_DRIVES = {b"1": True, b"0": False, b"-": None}
_SWITCHES = {b"1": True, b"0": False}


@dataclass(frozen=True)
class Change:
    """An output of outlet `outlet` (from 0) that changed.

    `cause`: out, safe, hold, lost, watchdog.
    """

    t_ms: int
    outlet: int
    duty: int
    coil: bool
    cause: str


class RemotePlant:
    """Serves `plant`. `changes` are outputs on change, `out_ms` when each `out` line came."""

    def __init__(
        self, plant: Plant, hold_ms: int = HOLD_MS, watchdog_ms: int = WATCHDOG_MS
    ) -> None:
        self.plant = plant
        self.hold_ms = hold_ms
        self.watchdog_ms = watchdog_ms
        self.port = 0
        self.changes: list[Change] = []
        self.out_ms: list[float] = []
        self.feeds = 0
        self.connections = 0
        self.refused = 0
        self.malformed: list[bytes] = []
        self.watchdog_bites = 0
        self._outlets = range(len(plant.scenario.outlets))
        self._zero_s = time.monotonic()
        self._writer: asyncio.StreamWriter | None = None
        self._is_ready = False
        self._refreshed_ms: float | None = None
        self._fed_ms: float | None = None
        self._window = 0
        self._server: asyncio.Server | None = None
        self._ticking: asyncio.Task[None] | None = None

    @property
    def now_ms(self) -> float:
        """Present time, ms since `start`."""
        return (time.monotonic() - self._zero_s) * 1000

    async def start(self, port: int = 0) -> None:
        """Listen on 127.0.0.1, and let the plant's time begin."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        self.port = self._server.sockets[0].getsockname()[1]
        self._zero_s = time.monotonic() - self.plant.t_ms / 1000
        self._ticking = asyncio.create_task(self._tick_for_ever())

    async def close(self) -> None:
        """Stop; whoever is connected sees the end of the connection."""
        if self._ticking is not None:
            self._ticking.cancel()
            await asyncio.gather(self._ticking, return_exceptions=True)
        if self._server is not None:
            self._server.close()
        self.hang_up()

    def hang_up(self) -> None:
        """End the connection there is."""
        if self._writer is not None:
            self._writer.close()

    # Time

    async def _tick_for_ever(self) -> None:
        tick = int(self.now_ms) // TICK_MS
        while True:
            tick = max(tick + 1, int(self.now_ms) // TICK_MS)  # missed ticks are left out
            await asyncio.sleep(max(0.0, (tick * TICK_MS - self.now_ms) / 1000))
            if self.now_ms >= (tick + 1) * TICK_MS:
                await self._read_what_came()
            self._look_at_deadlines()
            self._catch_up()
            if self._is_ready and self._writer is not None:
                self._send_inputs(self._writer)

    async def _read_what_came(self) -> None:
        """This process was late: lines that came meanwhile were in time."""
        for _ in range(_TURNS_TO_READ):
            await asyncio.sleep(0)

    def _catch_up(self) -> None:
        self.plant.advance(max(self.plant.t_ms, int(self.now_ms)))

    def _look_at_deadlines(self) -> None:
        """Open at the moment the hold ends, although it is looked at only every tick."""
        since_ms = self._refreshed_ms
        if since_ms is not None and self.now_ms - since_ms >= self.hold_ms:
            self._refreshed_ms = None
            self._open_all("hold", since_ms + self.hold_ms)
        if self._fed_ms is not None and self.now_ms - self._fed_ms >= self.watchdog_ms:
            self._fed_ms = None
            self.watchdog_bites += 1
            self._open_all("watchdog", self.now_ms)
            self.hang_up()  # a reset board has no connection

    def _open_all(self, cause: str, at_ms: float | None = None) -> None:
        self.plant.advance(max(self.plant.t_ms, int(self.now_ms if at_ms is None else at_ms)))
        for outlet in self._outlets:
            self._put(outlet, CONSTANT_HIGH, False, cause)
        self._put_gear(False, [(None, False)] * len(self._outlets))

    def _put(self, outlet: int, duty: int, coil: bool, cause: str) -> None:
        plant = self.plant
        if (plant.duty(outlet), plant.coil(outlet)) != (duty, coil):
            plant.set_duty(outlet, duty)
            plant.set_contactor(outlet, coil)
            self.changes.append(Change(plant.t_ms, outlet, duty, coil, cause))

    def _put_gear(self, is_testing: bool, wanted: list[tuple[bool | None, bool]]) -> None:
        """(drive of the bolt, ventilation) per outlet."""
        plant = self.plant
        plant.set_residual_test(is_testing)
        for outlet, (drive, fan) in enumerate(wanted):
            plant.set_ventilation(outlet, fan)
            if plant.bolt(outlet).drive is not drive:
                plant.bolt(outlet).set_drive(drive)

    # Lines out

    def _send_inputs(self, writer: asyncio.StreamWriter) -> None:
        if writer.transport.get_write_buffer_size() > _MOST_UNSENT:
            writer.transport.abort()
            return
        lines = [self._input(outlet) for outlet in self._outlets]
        window = self.plant.t_ms // WINDOW_MS
        if window > self._window and self.plant.clamps_fault is None:
            self._window = window
            lines += self._clamps(window)
        writer.write("".join(lines).encode())

    def _input(self, outlet: int) -> str:
        plant, t_ms = self.plant, self.plant.t_ms
        # the newest 20 periods, not the newest aligned block: what a ring of samples gives
        high_mv, low_mv, _ = plant.pilot_newest(outlet)
        proximity = plant.proximity_ohm(outlet)
        closed, tripped = plant.contacts_closed(outlet), plant.residual_tripped(outlet)
        told = "-" if proximity is None else str(proximity)
        age_ms = max(0, int(self.now_ms) - t_ms)
        levels = f"{high_mv} {low_mv} {age_ms} {told}"
        locked = plant.bolt(outlet).is_locked
        return f"in {outlet + 1} {levels} {int(closed)} {int(tripped)} {int(locked)}\n"

    def _clamps(self, window: int) -> list[str]:
        end_ms, channels = self.plant.clamp_window()
        age_ms = max(0, int(self.now_ms) - end_ms)
        return [
            f"clamps {number} {window} {age_ms} {''.join(f'{count:03x}' for count in counts)}\n"
            for number, counts in enumerate(channels, 1)
        ]

    def _greeting(self) -> bytes:
        scenario = self.plant.scenario
        facts = {
            "outlets": len(scenario.outlets),
            "clamps": self.plant.clamp_channels,
            "samples": scenario.knobs.clamp_samples,
            "window_ms": WINDOW_MS,
            "max_ma": 80000,
            "readback": 1,
            "proximity": 1,
            "residual": 1,
            "lock": 1,
            "ventilation": 1,
            "test": 1,
            "watchdog_ms": self.watchdog_ms,
            "hold_ms": self.hold_ms,
        }
        board = " ".join(f"{key}={value}" for key, value in facts.items())
        return b"hello " + VERSION + b"\nboard " + board.encode() + b"\n"

    # Lines in

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._writer is not None:
            self.refused += 1
            writer.close()
            return
        self._writer = writer
        self.connections += 1
        try:
            await self._listen(reader, writer)
        except (OSError, ValueError):  # gone, or a line longer than any
            pass
        finally:
            self._writer = None
            self._is_ready = False
            self._refreshed_ms = self._fed_ms = None
            self._open_all("lost")
            writer.close()

    async def _listen(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if (await reader.readline()).split() != [b"hello", VERSION]:
            return
        writer.write(self._greeting())
        self._is_ready = True
        while line := await reader.readline():
            if not line.endswith(b"\n"):
                return  # cut off in the middle
            self._obey(line)

    def _obey(self, line: bytes) -> None:
        words = line.split()
        if words[:1] == [b"out"] and (wanted := self._wanted(words[1:])) is not None:
            self._refreshed_ms = self.now_ms
            self.out_ms.append(self._refreshed_ms)
            self._catch_up()
            for outlet, (duty, coil) in enumerate(wanted):
                self._put(outlet, duty, coil, "out")
        elif words[:1] == [b"gear"] and (gear := self._gear(words[1:])) is not None:
            self._catch_up()
            self._put_gear(*gear)
        elif words == [b"safe"]:
            self._open_all("safe")
        elif words == [b"feed"]:
            self.feeds += 1
            self._fed_ms = self.now_ms
        else:
            self.malformed.append(line)

    def _wanted(self, words: list[bytes]) -> list[tuple[int, bool]] | None:
        """(duty, coil) per outlet, or None if the fields are not what they must be."""
        if len(words) != 2 * len(self._outlets) or not all(word.isdigit() for word in words):
            return None
        numbers = [int(word) for word in words]
        duties, coils = numbers[::2], numbers[1::2]
        if max(duties) > _HIGHEST_DUTY or max(coils) > 1:
            return None
        return [(duty, coil == 1) for duty, coil in zip(duties, coils, strict=True)]

    def _gear(self, words: list[bytes]) -> tuple[bool, list[tuple[bool | None, bool]]] | None:
        """(test current, (drive, ventilation) per outlet), or None if a field is wrong."""
        drives, fans = words[1::2], words[2::2]
        if len(words) != 1 + 2 * len(self._outlets) or words[0] not in _SWITCHES:
            return None
        if not all(word in _DRIVES for word in drives) or not set(fans) <= set(_SWITCHES):
            return None
        wanted = [(_DRIVES[d], _SWITCHES[f]) for d, f in zip(drives, fans, strict=True)]
        return _SWITCHES[words[0]], wanted
