"""Sensors of feeders that do not tell the truth: what they say instead. mA, ms."""

import dataclasses
from array import array

from .metervalues import MeterImage
from .noise import TABLE_SIZE, bell_table, place
from .specs import EventSpec

NOISE_COUNTS = 1.4
BACK_WH = 500_000.0
Window = tuple[int, list[array]]


class MeterLiar:
    """Spoils the images of the feeders' meters."""

    def __init__(self) -> None:
        self._frozen: dict[int, MeterImage] = {}

    def image(self, lie: EventSpec | None, number: int, true: MeterImage) -> MeterImage:
        """What meter `number` shows instead of `true`."""
        if lie is None or lie.kind != "meter-frozen":
            self._frozen.clear()
        if lie is None:
            return true
        if lie.kind == "meter-frozen":
            return self._frozen.setdefault(number, true)
        if lie.kind == "energy-back":
            energy_wh = true.energy_import_wh - BACK_WH
            return dataclasses.replace(true, energy_import_wh=energy_wh)
        current_ma: list[float] = list(true.current_ma)
        for phase in lie.phases:
            if lie.kind == "meter-misses":
                current_ma[phase] = float("nan")
            elif lie.kind == "meter-times":
                current_ma[phase] = round(current_ma[phase] * lie.factor)
            elif lie.amps_ma is not None:
                current_ma[phase] = lie.amps_ma and lie.amps_ma + _jitter_ma(true.taken_ms)
        first, second, third = current_ma
        return dataclasses.replace(true, current_ma=(first, second, third))


def _jitter_ma(t_ms: int) -> int:
    """A few mA, so that the value does not stand still."""
    return t_ms // 100 * 7 % 23


class ClampLiar:
    """Spoils the windows of the clamps; of three channels each, those of `phases`."""

    def __init__(self) -> None:
        self._frozen: list[array] | None = None
        self._noise = bell_table(0, "clamps without a current")

    def window(self, lie: EventSpec | None, true: Window) -> Window:
        """What the converter sees instead of `true`."""
        if lie is None or lie.kind != "clamps-frozen":
            self._frozen = None
        if lie is None:
            return true
        end_ms, counts = true
        if lie.kind == "clamps-frozen":
            self._frozen = self._frozen or [row[:] for row in counts]
            return end_ms, self._frozen
        rows = list(counts)
        for first in range(0, len(rows) - 2, 3):
            channels = [first + phase for phase in lie.phases]
            if lie.kind == "clamps-swapped":
                rows[channels[0]], rows[channels[1]] = rows[channels[1]], rows[channels[0]]
            else:
                for channel in channels:
                    rows[channel] = self._spoilt(lie, end_ms, channel, counts[channel])
        return end_ms, rows

    def _spoilt(self, lie: EventSpec, end_ms: int, channel: int, counts: array) -> array:
        if lie.kind == "clamps-shorted":  # its input, to ground
            return array("H", bytes(2 * len(counts)))
        if lie.kind == "clamps-astray":  # the bias and noise are left
            at = place(channel, end_ms)
            noise = [self._noise[(at + i) % TABLE_SIZE] for i in range(len(counts))]
            mean = sum(counts) / len(counts)
            return array("H", [round(mean + NOISE_COUNTS * x) for x in noise])
        return _scaled(counts, -1.0 if lie.kind == "clamps-turned" else lie.factor)


def _scaled(counts: array, factor: float) -> array:
    """The wave around its mean, times `factor`, within the converter's range."""
    mean = sum(counts) / len(counts)
    return array("H", [min(4095, max(0, round(mean + (x - mean) * factor))) for x in counts])
