"""The site's meter as an independent Modbus implementation: pymodbus, Eastron SDM630 register map.

Two faces of one slave: `PtyMeter` on a real pty, in the event loop of whoever runs it, and
`MemoryMeter`, a stream for virtual time. Both answer with the same bytes at the same pace.
Values are taken from the source when the slave has the request. Clock: `now_ms`, milliseconds that
only grow (they do not wrap).
"""

from __future__ import annotations

import errno
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from struct import pack, unpack
from typing import Any, Protocol

from pymodbus.constants import ExcCodes
from pymodbus.exceptions import ModbusIOException
from pymodbus.framer import FramerRTU
from pymodbus.pdu import DecodePDU, ExceptionResponse
from pymodbus.server import ModbusSerialServer
from pymodbus.simulator import DataType, SimData, SimDevice
from pymodbus.simulator.simcore import SimCore

from .lineshim import TURNAROUND_MS, LineShim, Wire, spoil

MODEL_CODE = 0x0070  # SDM630, holding register 0xFC02
SERIAL_NUMBER = 20260115
LONGEST_REQUEST = FramerRTU.MAX_SIZE

# a frame that pymodbus cannot decode is news for the master, not for this process' terminal
logging.getLogger("pymodbus.logging").setLevel(logging.CRITICAL)


class MeterImage(Protocol):
    """What the meter shows now: integers, phases L1-L3; power is negative when exporting."""

    voltage_mv: Any
    current_ma: Any
    power_w: Any
    energy_import_wh: float
    energy_export_wh: float
    frequency_hz: float


class MeterSource(Protocol):
    """The physics behind the meter. `meter_fault` is one of `lineshim.FAULTS`."""

    meter_fault: str | None

    def meter_image(self) -> MeterImage: ...


def _phase(name: str, phase: int, scale: float) -> Callable[[Any], float]:
    return lambda image: getattr(image, name)[phase] * scale


def _current(phase: int) -> Callable[[Any], float]:
    # an SDM630 gives current as a magnitude, the sign stands in the power only
    return lambda image: abs(image.current_ma[phase]) / 1000


def _fields() -> dict[int, Callable[[Any], float]]:
    """First register of each float32 (most significant word first) -> its value; others read 0.

    Input registers, function 4: Eastron SDM630-Modbus v2 as in volkszaehler/mbmd and Tinkerforge.
    """
    fields: dict[int, Callable[[Any], float]] = {
        0x0030: lambda image: sum(abs(ma) for ma in image.current_ma) / 1000,
        0x0034: lambda image: sum(image.power_w),
        0x0046: lambda image: image.frequency_hz,
        0x0048: lambda image: image.energy_import_wh / 1000,
        0x004A: lambda image: image.energy_export_wh / 1000,
        0x0156: lambda image: (image.energy_import_wh + image.energy_export_wh) / 1000,
    }
    for phase in range(3):
        fields[0x0000 + 2 * phase] = _phase("voltage_mv", phase, 0.001)
        fields[0x0006 + 2 * phase] = _current(phase)
        fields[0x000C + 2 * phase] = _phase("power_w", phase, 1)
    return fields


FIELDS = _fields()


def sdm630(source: MeterSource, address: int) -> SimDevice:
    """The pymodbus device: float registers filled from the source when they are asked for."""

    async def refresh(
        function: int, first: int, start: int, count: int, registers: list[int], values: Any
    ) -> ExcCodes | None:
        if function not in (3, 4):
            return ExcCodes.ILLEGAL_FUNCTION
        if source.meter_fault == "exception":
            return ExcCodes.DEVICE_FAILURE
        if function == 4:
            image = source.meter_image()
            for register in range(start & ~1, start + count, 2):
                field = FIELDS.get(register)
                if field:
                    at = register - first
                    registers[at : at + 2] = unpack(">HH", pack(">f", field(image)))
        return None

    inputs = [_zeros(0x0000, 0x4C), _zeros(0x0156, 2)]
    serial = [SERIAL_NUMBER >> 16, SERIAL_NUMBER & 0xFFFF, MODEL_CODE]
    holding = SimData(0xFC00, values=serial, datatype=DataType.REGISTERS, readonly=True)
    # pymodbus wants at least one coil and one discrete input; `refresh` refuses to read them
    bits = SimData(0, count=16, values=False, datatype=DataType.BITS)
    return SimDevice(address, ([bits], [bits], [holding], inputs), action=refresh)


def _zeros(address: int, count: int) -> SimData:
    return SimData(address, values=[0] * count, datatype=DataType.REGISTERS, readonly=True)


class PtyMeter:
    """The slave on a real pty: `path` is the serial port. `start()` and `close()` are awaited."""

    def __init__(
        self,
        source: MeterSource,
        now_ms: Callable[[], float],
        sleep_ms: Callable[[float], Awaitable[None]],
        *,
        address: int = 1,
        wire: Wire | None = None,
        turnaround_ms: int = TURNAROUND_MS,
        seed: int = 0,
    ) -> None:
        self._device = sdm630(source, address)
        fault = lambda: source.meter_fault  # noqa: E731 - read anew for every request
        wire = wire or Wire()
        self._line = LineShim(wire, address, now_ms, sleep_ms, fault, turnaround_ms, seed)
        self._server: ModbusSerialServer | None = None
        self.path = self._line.path

    async def start(self) -> None:
        """Serve from now on. RuntimeError if pymodbus cannot open its end of the line."""
        # the pty behind the shim has no pace, its baud rate is of no consequence
        self._server = ModbusSerialServer(
            self._device, port=self._line.slave_path, baudrate=115200
        )
        await self._server.serve_forever(background=True)
        self._line.start()

    async def close(self) -> None:
        """Take the meter and its pty away."""
        if self._server:
            await self._server.shutdown()
        await self._line.close()


class MemoryMeter:
    """The slave behind a stream of the board contract, in virtual time and without an event loop.

    The request goes through pymodbus' framer, decoder and device in the moment it is written; the
    reply's bytes can be read one by one as they would arrive on the line. `device`: another meter
    than an SDM630 (then only the faults of the line come from `source`).
    """

    def __init__(
        self,
        source: MeterSource,
        now_ms: Callable[[], float],
        *,
        address: int = 1,
        wire: Wire | None = None,
        turnaround_ms: int = TURNAROUND_MS,
        seed: int = 0,
        device: SimDevice | None = None,
    ) -> None:
        self._source = source
        self._now_ms = now_ms
        self._address = address
        self._wire = wire or Wire()
        self._turnaround_us = turnaround_ms * 1000
        self._seed = seed
        self._core = SimCore(device or sdm630(source, address))
        self._framer = FramerRTU(DecodePDU(True))
        self._request = b""
        self._request_end_us = 0
        self._reply_end_us = 0
        self._replies: deque[tuple[int, bytes]] = deque()
        self._taken = 0
        self._open = True

    def readinto(self, buf: Any) -> int | None:
        """Bytes that have arrived by now and fit into `buf`, or None."""
        self._check_open()
        if not self._replies:
            return None
        start_us, reply = self._replies[0]
        arrived = min(len(reply), self._wire.arrived(self._now_us() - start_us))
        count = min(arrived - self._taken, len(buf))
        if count <= 0:
            return None
        buf[:count] = reply[self._taken : self._taken + count]
        self._taken += count
        if self._taken == len(reply):
            self._replies.popleft()
            self._taken = 0
        return count

    def write(self, data: Any) -> int:
        """Put bytes on the line; all are taken, they leave one character time after another."""
        self._check_open()
        now_us = self._now_us()
        self._request_end_us = max(self._request_end_us, now_us) + self._wire.time_us(len(data))
        reply = self._answer(bytes(data))
        at_ms = self._request_end_us // 1000
        fault = self._source.meter_fault
        said = spoil(reply, self._address, fault, self._seed, at_ms) if reply else b""
        if said:
            start_us = max(self._request_end_us + self._turnaround_us, self._reply_end_us)
            self._reply_end_us = start_us + self._wire.time_us(len(said))
            self._replies.append((start_us, said))
        return len(data)

    def close(self) -> None:
        """Give the port up; further calls raise OSError."""
        self._open = False

    def _check_open(self) -> None:
        if not self._open:
            raise OSError(errno.EBADF, "the meter's port is closed")

    def _now_us(self) -> int:
        return int(self._now_ms() * 1000)

    def _answer(self, data: bytes) -> bytes:
        """What pymodbus' serial server does with arriving bytes; b"" while there is no reply."""
        self._request += data
        if len(self._request) > LONGEST_REQUEST:
            self._request = b""
            return b""
        try:
            used, request = self._framer.handleFrame(self._request, 0, 0)
        except ModbusIOException as error:
            self._request = b""
            return self._frame(ExceptionResponse(error.fcode or 0, 1), error.dev_id)
        self._request = self._request[used:]
        if request is None or request.dev_id != self._address:
            return b""
        self._request = b""
        return self._frame(_finish(request.datastore_update(self._core, self._address)))

    def _frame(self, response: Any, address: int | None = None) -> bytes:
        response.dev_id = self._address if address is None else address
        return self._framer.buildFrame(response)


def _finish(coroutine: Any) -> Any:
    """Run a coroutine that never waits to its end."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value
    coroutine.close()
    raise RuntimeError("pymodbus' device waited for something; expected an answer at once")
