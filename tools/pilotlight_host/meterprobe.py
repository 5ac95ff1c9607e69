"""Finds out which meter is at a serial port, with the firmware's own drivers. Times in ms.

First it listens for telegrams, then it calls in mode C of IEC 62056-21, then it asks over Modbus:
any answer at all gives line settings and address; which of the known maps shows a mains voltage on
every phase gives the model.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import serial

from pilotlight_host.errors import UserError
from pilotlight_host.shims.install import install

install()

from pilotlight.drivers.meter import Line, SerialMeter  # noqa: E402
from pilotlight.drivers.readout import ReadoutMeter  # noqa: E402
from pilotlight.drivers.telegram import TelegramMeter  # noqa: E402
from pilotlight.wire import iec62056, meters, modbus, p1, sml  # noqa: E402
from pilotlight.wire.parity import with_parity  # noqa: E402

BAUDS = (9600, 300, 19200, 2400, 38400, 115200, 1200)
PARITIES = ("N", "E", "O")
ADDRESSES = (1, 2, 3, 5, 126, 10, 11)
_LISTEN_S = 4.5  # SML comes every 1 to 4 s; of mode D, every 2 s, the second counts
_CALL_BAUD = 300  # of mode C
_MOST_BAUD = 9600
_NAMED_S = 2.5  # request, 1.5 s of thinking, and a name of 30 characters
_TURN_MS = 200
_BEGUN = datetime(2000, 1, 1, tzinfo=UTC)  # of wire.p1's clock_s
_MAINS_MV = ((99_000, 121_000), (200_000, 260_000))
_TELLING = (
    ("p1", 115200, p1, p1.Telegram),
    ("sml", 9600, sml, sml.Telegram),
    ("iec-d", 9600, iec62056, lambda: iec62056.Readout(False, True)),
)
# of those that show the same in the same registers, the more common one is named first
_RARER = ("sdm72", "abb_ev3")


@dataclass(frozen=True)
class Found:
    """A meter, as it would stand in the site file."""

    model: str
    port: str
    baud: int
    parity: str = "N"
    address: int = 1
    others: tuple[str, ...] = ()  # models that show the same

    def lines(self) -> str:
        """What to paste into `meters` of site.json."""
        parts = ['"id": "grid"', '"port": "meter"', f'"model": "{self.model}"']
        if self.model not in meters.TELEGRAMS:
            parts.append(f'"address": {self.address}')
        parts.append(f'"baud": {self.baud}')
        if self.parity != "N":
            parts.append(f'"parity": "{self.parity}"')
        return "{" + ", ".join(parts) + "}"


class Port:
    """A serial port as a stream of the board contract. UserError if it cannot be opened."""

    def __init__(self, path: str, baud: int, parity: str = "N") -> None:
        try:
            self._serial = serial.Serial(path, baud, parity=parity, timeout=0)
        except (OSError, ValueError) as error:
            raise UserError(f"{path}: cannot be opened ({error})") from None

    def readinto(self, buf: Any) -> int | None:
        """Bytes that have come, or None."""
        return self._serial.readinto(buf) or None

    def write(self, data: Any) -> int:
        """Bytes taken."""
        return self._serial.write(data) or 0

    def close(self) -> None:
        """Give it up."""
        self._serial.close()


def line_of(stream: Port, baud: int, parity: str) -> Line:
    """The firmware's line on it."""
    return Line(stream, baud, 10 if parity == "N" else 11)


def probe(
    path: str,
    bauds: Sequence[int] = BAUDS,
    parities: Sequence[str] = PARITIES,
    addresses: Sequence[int] = ADDRESSES,
    say: Callable[[str], None] = lambda text: None,
) -> list[Found]:
    """Every meter found with the first line settings at which anybody answers."""
    for model, baud, kind, telegram in _TELLING:
        if baud in bauds:
            say(f"listening for {model}, {baud} 8N1")
            if _hears(path, baud, TelegramMeter, telegram, kind.NAMES):
                return [Found(model, path, baud)]
    if _CALL_BAUD in bauds:
        say("calling in mode C, 300 7E1")
        if _is_named(path):
            return [Found("iec-c", path, _MOST_BAUD)]
    for baud in bauds:
        if baud == _CALL_BAUD:
            continue
        for parity in parities:
            say(f"asking at {baud} 8{parity}1, addresses {', '.join(map(str, addresses))}")
            found = asyncio.run(_ask_all(path, baud, parity, addresses, say))
            if found:
                return found
    return []


def _hears(path: str, baud: int, driver: Any, telegram: Any, names: Any) -> bool:
    port = Port(path, baud)
    meter = driver(port, telegram(), names)
    end_s = time.monotonic() + _LISTEN_S
    try:
        while time.monotonic() < end_s and meter.sequence == 0:
            if not meter.poll():
                time.sleep(0.01)
    finally:
        port.close()
    return meter.sequence > 0


def _is_named(path: str) -> bool:
    """A meter tells its name when it is called; then it is left alone."""
    port = Port(path, _CALL_BAUD)
    readout, chunk = iec62056.Readout(True, True), bytearray(64)
    end_s = time.monotonic() + _NAMED_S
    try:
        port.write(with_parity(iec62056.REQUEST))
        while time.monotonic() < end_s:
            count = port.readinto(chunk)
            if count and readout.feed(chunk, count) == iec62056.IDENTIFIED:
                return True
            time.sleep(0.01)
    finally:
        port.close()
    return False


async def _ask_all(
    path: str, baud: int, parity: str, addresses: Sequence[int], say: Callable[[str], None]
) -> list[Found]:
    port = Port(path, baud, parity)
    found = []
    try:
        line = line_of(port, baud, parity)
        for address in addresses:
            if await _is_there(line, address):
                say(f"somebody answers at {baud} 8{parity}1, address {address}")
                names = [name async for name in _models(line, address)]
                if names:
                    first, *others = sorted(names, key=lambda name: name in _RARER)
                    found.append(Found(first, path, baud, parity, address, tuple(others)))
                else:
                    say(f"address {address}: none of the known maps shows a mains voltage there")
    finally:
        port.close()
    return found


async def _is_there(line: Line, address: int) -> bool:
    """Any sound frame of that address is an answer, an exception too."""
    request, reply = bytearray(modbus.REQUEST_BYTES), modbus.Reply()
    for function in (4, 3):
        modbus.read_request(address, function, 0, 2, request)
        if await line.transact(request, reply, 100, _TURN_MS) or reply.error == modbus.EXCEPTION:
            return True
    return False


async def _models(line: Line, address: int) -> Any:
    """Names of the models whose voltages and currents make sense."""
    for name in meters.names():
        meter = SerialMeter(line, meters.model(name), address)
        numbers = [n for n, read in enumerate(meter.reads) if read.block.has("V")]
        if numbers and await meter.poll(numbers[0]) and _is_mains(meter):
            if numbers[0] == 0 or await meter.poll(0):
                yield name


def _is_mains(meter: SerialMeter) -> bool:
    shown = meter.voltage_mv[: meter.model.phases]
    return all(
        mv is not None and any(low <= mv <= high for low, high in _MAINS_MV) for mv in shown
    )


def usual_baud(model: str) -> int:
    """Of meters that tell by themselves their only one."""
    return next((baud for name, baud, _, _ in _TELLING if name == model), 9600)


def watch(found: Found) -> Iterator[str]:
    """A line of values, rates and errors each second, for ever."""
    port = Port(found.port, found.baud, found.parity)
    begun_s = time.monotonic()
    try:
        for meter in _turns(found, port):
            yield _shown(meter, time.monotonic() - begun_s)
    finally:
        port.close()


def _turns(found: Found, port: Port) -> Iterator[Any]:
    """The meter, each second anew: listened to, or asked."""
    for model, _, kind, telegram in _TELLING:
        if model == found.model:
            teller = TelegramMeter(port, telegram(), kind.NAMES)
            while True:
                _listen(teller)
                yield teller
    if found.model == "iec-c":
        port.close()
        asked = ReadoutMeter(lambda baud: Port(found.port, baud), found.baud)
        while True:
            _listen(asked)
            yield asked
    line = line_of(port, found.baud, found.parity)
    meter = SerialMeter(line, meters.model(found.model), found.address)
    turn = 0
    while True:
        asyncio.run(_round(meter, turn))
        turn += 1
        yield meter


def _listen(meter: TelegramMeter | ReadoutMeter) -> None:
    end_s = time.monotonic() + 1
    while time.monotonic() < end_s:
        if not meter.poll():
            time.sleep(0.01)


async def _round(meter: SerialMeter, turn: int) -> None:
    """Balancing reads for a second, and one optional one."""
    end_s = time.monotonic() + 1
    if len(meter.reads) > 1:
        await meter.poll(1 + turn % (len(meter.reads) - 1))
    while time.monotonic() < end_s:
        await meter.poll(0)


def _shown(meter: SerialMeter | TelegramMeter | ReadoutMeter, since_s: float) -> str:
    def three(values: Sequence[int | None], factor: float, digits: int) -> str:
        return " ".join("?" if v is None else f"{v / factor:.{digits}f}" for v in values)

    energy = "?" if meter.energy_wh is None else f"{meter.energy_wh / 1000:.3f}"
    errors = {name: n for name, n in meter.counts.items() if n and name != "ok"}
    told = ", ".join(f"{name} {n}" for name, n in errors.items()) or "no errors"
    clock_s = meter.clock_s
    clock = ""
    if clock_s is not None:
        clock = f"{_BEGUN + timedelta(seconds=clock_s):%Y-%m-%d %H:%M:%S} winter time | "
    asked, lately = sum(meter.counts.values()), meter.lately * 100 >> 16
    return (
        f"{three(meter.current_ma, 1000, 2)} A | {three(meter.power_w, 1, 0)} W | "
        f"{three(meter.voltage_mv, 1000, 1)} V | {energy} kWh | {clock}"
        f"{meter.sequence / since_s:.1f} readings/s, {lately} % good of {asked}: {told}"
    )
