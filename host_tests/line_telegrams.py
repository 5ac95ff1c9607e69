"""Telegrams over a bad line to the firmware's driver; what it takes is judged by dsmr-parser or
smllib, and must be what the meter has just told. Virtual time.
"""

import logging
import random
import sys
from dataclasses import dataclass, field
from datetime import datetime
from types import SimpleNamespace

from dsmr_parser import telegram_specifications as specifications
from dsmr_parser.exceptions import InvalidChecksumError, ParseError
from dsmr_parser.parsers import TelegramParser
from pilotlight.drivers.telegram import TelegramMeter
from pilotlight.wire import p1, sml
from pilotlight_host.paths import HOST_TESTS
from pilotlight_host.sim.badline import BadLine
from pilotlight_host.sim.lineshim import Wire
from pilotlight_host.sim.stepped import SteppedClock
from pilotlight_host.sim.telegramline import p1_telegram
from smllib import SmlStreamReader
from smllib.errors import SmlLibException

sys.path.append(str(HOST_TESTS / "both"))
import sml_frames as frames

logging.getLogger("dsmr_parser").setLevel(logging.CRITICAL)
_LOOK_MS = 25
_PARSER = TelegramParser(specifications.BELGIUM_FLUVIUS)


def sml_telegram(image):
    """Currents, powers and voltages of each phase, and the energy."""
    entries = [frames.entry(b"\x01\x08\x00", _integer(image.energy_import_wh, 8), 0x1E, 0)]
    for phase in range(3):
        code, plus = 0x1F + 20 * phase, 5
        entries += [
            frames.entry(bytes([code, 7, 0]), _integer(image.current_ma[phase], 4), 0x21, -3),
            frames.entry(bytes([code + plus, 7, 0]), _integer(image.power_w[phase], 4), 0x1B, 0),
            frames.entry(
                bytes([code + 1, 7, 0]), _integer(image.voltage_mv[phase] // 100, 4), 0x23, -1
            ),
        ]
    return frames.telegram(frames.list_message(entries))


def _integer(value, size):
    return bytes([0x50 | size + 1]) + value.to_bytes(size, "big", signed=True)


def p1_read(heard):
    """What dsmr-parser takes out of bytes: the values of the newest telegram, None without one."""
    end = heard.rfind(b"!")
    start = heard.rfind(b"/", 0, end)
    while start >= 0:
        try:
            told = _PARSER.parse(heard[start : end + 7].decode("latin-1"))
            return tuple(
                int(getattr(told, f"INSTANTANEOUS_CURRENT_L{n}").value * 1000) for n in (1, 2, 3)
            )
        except (InvalidChecksumError, ParseError, AttributeError, TypeError, ValueError):
            start = heard.rfind(b"/", 0, start)
    return None


def sml_read(heard):
    """The same by smllib, from start to start: it takes a spoiled end for a part of its frame."""
    for part in reversed(heard.split(frames.START)[1:]):
        reader = SmlStreamReader()
        reader.add(frames.START + part)
        try:
            frame = reader.get_frame()
            if frame is None:
                continue
            told = {str(entry.obis): entry.get_value() for entry in frame.get_obis()}
            return tuple(
                round(1000 * told[f"0100{code:02x}0700ff"]) for code in (0x1F, 0x33, 0x47)
            )
        except (SmlLibException, KeyError, TypeError, ValueError, IndexError):
            continue
    return None


def at_noon(image):
    """Of a day in winter."""
    return p1_telegram(image, datetime(2026, 1, 15, 12))  # noqa: DTZ001 - local time


KINDS = {
    "p1": (p1, p1.Telegram, Wire(115200), at_noon, p1_read),
    "sml": (sml, lambda: sml.Telegram(steps=6), Wire(9600), sml_telegram, sml_read),
}


@dataclass
class Heard:
    """Of a run: telegrams told, those that came whole, those taken; what was taken wrongly."""

    told: int = 0
    whole: int = 0
    taken: int = 0
    counts: dict = field(default_factory=dict)
    wrong: list = field(default_factory=list)

    def line(self):
        """In one line."""
        errors = {name: n for name, n in self.counts.items() if n and name != "ok"}
        return (
            f"{self.told:,} telegrams, {self.whole:,} whole at the port, {self.taken:,} taken, "
            f"{len(self.wrong)} of them wrong; {errors}"
        )


class WatchedTelegrams:
    """A meter that tells once a second; `doubled` of its telegrams are said again at once."""

    def __init__(self, kind, seed, faults, doubled=0.0):
        self.module, telegram, wire, self._make, self._read = KINDS[kind]
        self.clock = SteppedClock(seed)
        self.line = BadLine(self.clock.now_us, wire, faults, seed)
        self.meter = TelegramMeter(self.line, telegram(), self.module.NAMES)
        self._images = random.Random(~seed)
        self._doubled = doubled

    def run(self, telegrams):
        """So many of them."""
        heard = Heard()
        with self.clock.installed():
            for _ in range(telegrams):
                self._second(heard)
        heard.counts = dict(self.meter.counts)
        return heard

    def _second(self, heard):
        line, image = self.line, self._image()
        telegram = self._make(image)
        end_us = line.say("meter", self.clock.us, telegram)
        if line.rng.random() < self._doubled:
            line.say("meter", end_us, telegram)
        heard.told += 1
        seen, until_us = self.meter.sequence, self.clock.us + 1_000_000
        while self.clock.us < until_us:
            self.clock.us += 1000 * _LOOK_MS + line.rng.randrange(1000)
            while self.meter.poll():
                pass
            if self.meter.sequence != seen:
                seen = self.meter.sequence
                heard.taken += 1
                self._judge(image, heard)
        if heard.taken:  # until the first, SML tries both kinds of CRC in turn
            heard.whole += telegram in line.taken
        del line.taken[:-2048]

    def _judge(self, image, heard):
        ours, meter = tuple(self.meter.current_ma), self.meter
        theirs = self._read(bytes(self.line.taken))
        told = [tuple(image.current_ma), tuple(image.power_w), tuple(image.voltage_mv)]
        got = [ours, tuple(meter.power_w), tuple(meter.voltage_mv)]
        if theirs is None:
            heard.wrong.append(f"telegram {heard.told}: only we take it")
        elif got != told or theirs != ours or meter.energy_wh != image.energy_import_wh:
            heard.wrong.append(f"telegram {heard.told}: {told} was told, we {got}, they {theirs}")

    def _image(self):
        """What P1 with its decimals can tell exactly."""
        of = self._images.randrange
        return SimpleNamespace(
            voltage_mv=[100 * of(2000, 2600) for _ in range(3)],
            current_ma=[10 * of(9000) for _ in range(3)],
            power_w=[of(-9000, 9000) for _ in range(3)],
            energy_import_wh=of(1 << 28),
            energy_export_wh=of(1 << 28),
            frequency_hz=50.0,
        )
