"""The firmware's meter driver at a bad line, and who watches what it accepts.

Every value taken must be what the meter answered to this very request, and a frame that pymodbus
would not take must not have been taken. The meter shows other numbers each time it is asked.
"""

from __future__ import annotations

import random
from collections import Counter, deque
from dataclasses import dataclass, field
from struct import pack, unpack
from types import SimpleNamespace
from typing import Any

from pymodbus.framer import FramerRTU
from pymodbus.pdu import DecodePDU
from pymodbus.pdu.register_message import ReadInputRegistersResponse

from pilotlight_host.shims.install import install
from pilotlight_host.sim.badline import BadLine, Faults
from pilotlight_host.sim.badparties import BadMeter, Habits, SecondMaster, decoded
from pilotlight_host.sim.lineshim import Wire
from pilotlight_host.sim.meterslave import FIELDS
from pilotlight_host.sim.stepped import SteppedClock

install()

from pilotlight.drivers.meter import Line, SerialMeter  # noqa: E402
from pilotlight.wire import meters  # noqa: E402

_CLIENT = FramerRTU(DecodePDU(False))
_SERVER = FramerRTU(DecodePDU(True))
ADDRESS = 1


@dataclass(frozen=True)
class Told:
    """What the meter has answered: when it had the request, to what, and the values."""

    at_us: int
    start: int
    values: tuple[Any, ...]


@dataclass
class Outcome:
    """Of a run. `wrong`: in words, what was accepted and should not have been."""

    polls: int = 0
    good: int = 0
    virtual_s: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    @property
    def well(self) -> int:
        """Frames answered well; some only tell that nothing late can come any more."""
        return self.counts["ok"]

    def add(self, other: Outcome) -> None:
        """Count another run, too."""
        self.polls += other.polls
        self.good += other.good
        self.virtual_s += other.virtual_s
        self.counts += other.counts
        self.faults += other.faults
        self.wrong += other.wrong

    def line(self) -> str:
        """The totals in one line."""
        said = ", ".join(f"{name} {n:,}" for name, n in sorted(self.counts.items()) if n)
        done = ", ".join(f"{name} {n:,}" for name, n in sorted(self.faults.items()))
        return (
            f"{self.polls:,} frames, {self.good:,} readings taken, {len(self.wrong)} wrong; "
            f"{self.good / self.virtual_s:.2f} a second; {said}; on the line: {done}"
        )


def most_per_s(faults: Faults, wire: Wire, habits: Habits) -> tuple[float, str]:
    """Balancing reads of an SDM630 that can arrive well in a second, and the arithmetic in words.

    An answer costs both frames, the meter's turn-around and its gap. Where the request was hit or
    a byte of the reply lost, the master has to wait as long as a meter may think.
    """
    model = meters.model("sdm630")
    request, reply = 8, 5 + 2 * model.blocks[0].count
    well = (1 - faults.byte_errors) ** (request + reply)
    silent = 1 - (1 - faults.byte_errors) ** request * (1 - faults.lost) ** reply
    frames_ms = wire.time_us(request + reply) / 1000
    turn_ms = sum(habits.turn_ms) / 2
    answer_ms = frames_ms + turn_ms + model.gap_ms
    silence_ms = frames_ms + model.turn_ms + model.gap_ms
    per_s = 1000 * well / ((1 - silent) * answer_ms + silent * silence_ms)
    words = f"{well:.1%} of the exchanges stay whole; an answer takes {answer_ms:.0f} ms; "
    words += f"{silent:.1%} end in silence, {silence_ms:.0f} ms"
    return per_s, words


class WatchedMeter:
    """A `SerialMeter` at a line with `faults`, whose meter has `habits`; replays from `seed`."""

    def __init__(
        self,
        seed: int,
        faults: Faults,
        habits: Habits | None = None,
        wire: Wire | None = None,
        model: str = "sdm630",
    ) -> None:
        self.clock = SteppedClock(seed)
        self.line = BadLine(self.clock.now_us, wire or Wire(), faults, seed)
        self.slave = BadMeter(self.line, habits or Habits(), self._answer)
        self._images = random.Random(~seed)
        self._told: deque[Told] = deque(maxlen=50)
        self._model = meters.model(model)
        with self.clock.installed():
            bits = self.line.wire.bits
            line = Line(self.line, self.line.wire.baud, bits)
            self.meter = SerialMeter(line, self._model, ADDRESS)
        self._optional = 0

    def second_master(self, frames: list[bytes], every_ms: tuple[int, int]) -> None:
        """Somebody else asks, too."""
        SecondMaster(self.line, frames, every_ms)

    def run(
        self, polls: int, pause_ms: tuple[int, int] = (0, 0), optional: float = 0.1
    ) -> Outcome:
        """So many transactions, `pause_ms` between them; a share of them are optional reads."""
        outcome, rng = Outcome(), self.line.rng
        begun_us = self.clock.us
        with self.clock.installed():
            while sum(self.meter.counts.values()) < polls:
                number = 0
                if rng.random() < optional:
                    number = 1 + self._optional % (len(self.meter.reads) - 1)
                    self._optional += 1
                self._poll(number, outcome)
                if pause_ms[1]:
                    self.clock.us += self.line.within_us(pause_ms)
        outcome.polls = sum(self.meter.counts.values())
        outcome.virtual_s = (self.clock.us - begun_us) / 1e6
        outcome.counts.update(self.meter.counts)
        outcome.faults.update(self.line.counts)
        return outcome

    def _poll(self, number: int, outcome: Outcome) -> None:
        begun_us = self.clock.us
        if not self.clock.run(self.meter.poll(number)):
            return
        outcome.good += 1
        fault = self._fault(number, begun_us)
        if fault is not None:
            at = sum(self.meter.counts.values())
            outcome.wrong.append(f"transaction {at}, read {number}: {fault}")

    def _fault(self, number: int, begun_us: int) -> str | None:
        """What is wrong with the values just taken, None if nothing is."""
        heard = bytes(self.line.taken)
        block = self.meter.reads[number].block
        request = bytes(self.meter.reads[number].request)
        # an echo, or a second master who asks the very same: then its answer is of now as well
        heard = heard.removeprefix(request)
        reply = decoded(_CLIENT, heard)
        if reply is None or reply.dev_id != ADDRESS or reply.function_code != block.function:
            return f"pymodbus does not take {heard.hex()}"
        taken = self._values(block.start)
        fresh = [t for t in self._told if t.at_us >= begun_us and t.start == block.start]
        if any(t.values == taken for t in fresh):
            return None
        for back, told in enumerate(reversed(self._told)):
            if told.values == taken:
                return (
                    f"an older answer, {back} back, {(self.clock.us - told.at_us) // 1000} ms old"
                )
        return f"never said: {taken}, CRC right: {heard.hex()}"

    def _values(self, start: int) -> tuple[Any, ...]:
        meter = self.meter
        if start == self._model.blocks[0].start:
            return (*meter.current_ma, *meter.power_w)
        if start == self._model.blocks[1].start:
            return tuple(meter.voltage_mv)
        return (meter.energy_wh, meter.export_wh)

    def _answer(self, request: Any, at_us: int) -> bytes | None:
        if request.dev_id != ADDRESS or request.function_code != 4:
            return None
        image = self._image()
        registers = []
        for register in range(request.address, request.address + request.count, 2):
            of_image = FIELDS.get(register)
            registers += unpack(">HH", pack(">f", of_image(image) if of_image else 0.0))
        reply = ReadInputRegistersResponse(registers=registers[: request.count])
        reply.dev_id = ADDRESS
        values = {
            0x0000: image.voltage_mv,
            0x0006: image.current_ma + image.power_w,
            0x0048: (image.energy_import_wh, image.energy_export_wh),
        }.get(request.address, ())
        self._told.append(Told(at_us, request.address, tuple(values)))
        return _SERVER.buildFrame(reply)

    def _image(self) -> Any:
        """Numbers that a float holds exactly, and that hardly ever come twice."""
        of = self._images.randrange
        return SimpleNamespace(
            voltage_mv=[125 * of(4000) for _ in range(3)],
            current_ma=[125 * of(800) for _ in range(3)],
            power_w=[of(-23000, 23000) for _ in range(3)],
            energy_import_wh=125 * of(1 << 20),
            energy_export_wh=125 * of(1 << 20),
            frequency_hz=50.0,
        )
