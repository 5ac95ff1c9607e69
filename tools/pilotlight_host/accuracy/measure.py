"""Feeds windows to drivers.clamps as it is in the firmware, and finds the worst errors."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from pilotlight.drivers.clamps import Clamps

from .converters import CODES, CONVERTERS, PEAK_MA, SAMPLES, WINDOW_S, Converter
from .waves import JUDGED_WAVES, WAVES, Wave, crest

SHARE, FIXED_MA = 0.005, 100  # the budget: 0.5 % of the value and 0.1 A
LEVELS = (0.02, 0.03, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.85, 1.0)
HERTZ = (45.0, 47.5, 49.8, 50.0, 52.5, 55.0, 60.0, 62.5, 65.0)
CARRIER_GAIN = 4884
_PHASES = 12  # one on each channel
_CALIBRATED_MA = 16_000


@dataclass(frozen=True)
class Point:
    """The worst of one level over frequencies and phases, mA."""

    level: float
    true_ma: float
    error_ma: float
    hertz: float
    is_judged: bool

    @property
    def allowed_ma(self) -> float:
        return SHARE * self.true_ma + FIXED_MA

    @property
    def of_allowed(self) -> float:
        return abs(self.error_ma) / self.allowed_ma


class Port:
    """A clamp port that is told its windows."""

    samples, window_ms = SAMPLES, 100

    def __init__(self, channels: int) -> None:
        self.channels = channels
        self.windows: list[np.ndarray] = []

    def read(self, buffers: list[array]) -> int:
        for buffer, counts in zip(buffers, self.windows, strict=True):
            buffer[:] = array("H", counts.astype(np.uint16).tobytes())
        return 0


class Case:
    """One wave on one converter."""

    def __init__(self, wave: str, converter: str) -> None:
        self.wave, self.name = wave, converter
        self.full_ma = PEAK_MA / crest(wave)
        self._wave: Wave = WAVES[wave]
        self._converter: Converter = CONVERTERS[converter]
        self._random = np.random.default_rng(11)
        self._port = Port(_PHASES)
        self._clamps = Clamps(self._port, [CARRIER_GAIN] * _PHASES)
        self._windows = 0
        if self._converter.calibrated:
            self._calibrate()

    def _calibrate(self) -> None:
        self._feed(_CALIBRATED_MA, 50.0)
        gain = round(_CALIBRATED_MA * 1600 / np.mean(self._clamps.rms16))
        self._clamps.gains[:] = [gain] * _PHASES

    def points(
        self, levels: Sequence[float] = LEVELS, hertz: Sequence[float] = HERTZ
    ) -> list[Point]:
        """The worst of each level."""
        return [self._worst(level, hertz) for level in levels]

    def _worst(self, level: float, hertz: Iterable[float]) -> Point:
        true_ma = level * self.full_ma
        most = self._converter.most
        is_judged = self.wave in JUDGED_WAVES and most is not None and level <= most
        found = []
        for hz in hertz:
            self._feed(true_ma, hz)
            found += [(ma - true_ma, hz) for ma in self._clamps.current_ma if ma is not None]
        error_ma, hz = max(found, key=lambda each: abs(each[0]))
        return Point(level, true_ma, error_ma, hz, is_judged)

    def _feed(self, true_ma: float, hz: float) -> None:
        amplitude = true_ma / PEAK_MA * (CODES / 2)
        self._port.windows = []
        for phase in range(_PHASES):

            def signal(t: np.ndarray, turns: float = phase / _PHASES) -> np.ndarray:
                return CODES / 2 + amplitude * self._wave(hz * t + turns)

            start_s = self._windows * WINDOW_S
            self._port.windows.append(self._converter.window(signal, start_s, self._random))
        self._windows += 1
        self._clamps.poll()


Found = dict[tuple[str, str], list[Point]]  # by wave and converter


def measure() -> Found:
    """Every wave on every converter."""
    return {
        (wave, converter): Case(wave, converter).points()
        for wave in WAVES
        for converter in CONVERTERS
    }


def is_good(found: Found) -> bool:
    """Nothing that is judged misses the budget."""
    return all(p.of_allowed <= 1 for points in found.values() for p in points if p.is_judged)
