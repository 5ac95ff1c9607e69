"""A meter that sends P1 telegrams by itself, at the pace of its line; a stream in memory.

Clock: `now_ms`. Written from the format's public description, apart from the firmware's decoder.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from .lineshim import Wire
from .meterslave import MeterSource

EVERY_MS = 1000


class Stream(Protocol):
    """Of the board contract."""

    def readinto(self, buf: Any) -> int | None: ...

    def write(self, data: Any) -> int: ...

    def close(self) -> None: ...


class SharedLine:
    """Several slaves at one pair of wires: all hear, whoever is asked answers."""

    def __init__(self, slaves: Sequence[Stream]) -> None:
        self._slaves = slaves

    def readinto(self, buf: Any) -> int | None:
        """Bytes of whoever talks."""
        for slave in self._slaves:
            count = slave.readinto(buf)
            if count:
                return count
        return None

    def write(self, data: Any) -> int:
        """To all of them."""
        return max(slave.write(data) for slave in self._slaves)

    def close(self) -> None:
        """Give the port up."""
        for slave in self._slaves:
            slave.close()


def crc16_arc(data: bytes) -> int:
    """Bit by bit: polynomial 0x8005, reflected, begun with 0."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0xA001 if crc & 1 else 0)
    return crc


def stamp(local: datetime) -> str:
    """TST of DSMR: from the last Sunday of March to that of October it is summer."""
    ends = [datetime(local.year, month, 31) for month in (3, 10)]  # noqa: DTZ001 - local time
    begin, end = [day - timedelta(days=day.isoweekday() % 7) for day in ends]
    is_summer = begin + timedelta(hours=2) <= local < end + timedelta(hours=3)
    return f"{local:%y%m%d%H%M%S}{'S' if is_summer else 'W'}"


def p1_telegram(image: Any, local: datetime) -> bytes:
    """DSMR 5 as a Belgian meter has it: currents with two decimals."""
    lines = ["/FLU5\\253770234_A", "", "0-0:96.1.4(50217)", f"0-0:1.0.0({stamp(local)})"]
    energies = {"1.8.1": image.energy_import_wh, "2.8.1": image.energy_export_wh}
    for code, wh in energies.items():
        lines += [f"1-0:{code}({wh / 1000:010.3f}*kWh)", f"1-0:{code[:-1]}2(000000.000*kWh)"]
    plus = [max(0.0, watts) for watts in image.power_w]
    minus = [max(0.0, -watts) for watts in image.power_w]
    lines += [
        f"1-0:1.7.0({sum(plus) / 1000:06.3f}*kW)",
        f"1-0:2.7.0({sum(minus) / 1000:06.3f}*kW)",
    ]
    for phase in range(3):
        c = 20 * (phase + 1)
        lines += [
            f"1-0:{c + 1}.7.0({plus[phase] / 1000:06.3f}*kW)",
            f"1-0:{c + 2}.7.0({minus[phase] / 1000:06.3f}*kW)",
            f"1-0:{c + 12}.7.0({image.voltage_mv[phase] / 1000:05.1f}*V)",
            f"1-0:{c + 11}.7.0({abs(image.current_ma[phase]) / 1000:06.2f}*A)",
        ]
    text = "\r\n".join([*lines, "!"]).encode()
    return text + b"%04X\r\n" % crc16_arc(text)


class TelegramLine:
    """Faults of `source`: "silent" and every other one sends nothing, "garbage" spoils a byte."""

    def __init__(
        self, source: MeterSource, start: datetime, now_ms: Callable[[], float], wire: Wire
    ) -> None:
        self._source = source
        self._start = start
        self._now_ms = now_ms
        self._wire = wire
        self._begun_ms = 0
        self._telegram = b""
        self._taken = 0
        self._is_open = True

    def readinto(self, buf: Any) -> int | None:
        """Bytes that have arrived by now and fit into `buf`, or None."""
        if not self._is_open:
            raise OSError(errno.EBADF, "the meter's port is closed")
        now_ms = self._now_ms()
        begun_ms = int(now_ms) // EVERY_MS * EVERY_MS
        if begun_ms != self._begun_ms:
            self._begun_ms, self._taken = begun_ms, 0
            self._telegram = self._next()
        arrived = self._wire.arrived(int((now_ms - self._begun_ms) * 1000))
        count = min(arrived, len(self._telegram), self._taken + len(buf)) - self._taken
        if count <= 0:
            return None
        buf[:count] = self._telegram[self._taken : self._taken + count]
        self._taken += count
        return count

    def write(self, data: Any) -> int:
        """Nobody listens."""
        return len(data)

    def close(self) -> None:
        """Give the port up; further calls raise OSError."""
        self._is_open = False

    def _next(self) -> bytes:
        fault = self._source.meter_fault
        if fault is None:
            return self._telegram_now()
        if fault == "garbage":
            telegram = bytearray(self._telegram_now())
            telegram[len(telegram) // 2] ^= 1
            return bytes(telegram)
        return b""

    def _telegram_now(self) -> bytes:
        local = self._start + timedelta(milliseconds=self._begun_ms)
        return p1_telegram(self._source.meter_image(), local)
