"""Models of converters: a current as a function of time to the counts of a window.

A position is where a voltage lies in the converter's range, 0...4096. Full scale, 100 A at their
peak, reaches both ends; the bias lies in the middle.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

CODES = 4096
PEAK_MA = 100_000
SAMPLES, WINDOW_S = 200, 0.1
_STEP_S = WINDOW_S / SAMPLES
# RP2040: codes 511, 1535, 2559 and 3583 are some 9 LSB wide (erratum E11), 1.36 LSB of noise
_FIRST_WIDE, _DISTANCE, _EXTRA = 511, 1024, 8
_RP2040_NOISE = 1.36
_BURST, _BURST_S = 6, 15.625e-6  # a count is the mean of so many conversions (boards/pico)
# ESP32 with its widest range, raw: nothing below 0.14 V, its end at 3.15 V, bent from 2.5 V on
_ESP32_V = (0.0, 0.14, 2.5, 2.8, 3.0, 3.15, 3.3)
_ESP32_CODES = (0, 0, 3080, 3520, 3840, 4095, 4095)
_ESP32_NOISE = 4.0
_DRIFT = 60.0  # counts by which the bias moves to either side, a count and a half each window

Signal = Callable[[np.ndarray], np.ndarray]  # s to positions


def _floor(position: np.ndarray) -> np.ndarray:
    return np.clip(np.floor(position), 0, CODES - 1)


def uneven(position: np.ndarray) -> np.ndarray:
    """Codes of the RP2040; no code is missing, all narrow ones together make up for the wide."""
    stretched = np.maximum(position, 0) * ((CODES + 4 * _EXTRA) / CODES)
    step = np.floor((stretched - _FIRST_WIDE) / (_DISTANCE + _EXTRA))
    within = stretched - _FIRST_WIDE - step * (_DISTANCE + _EXTRA)
    code = _FIRST_WIDE + step * _DISTANCE + np.maximum(0, np.floor(within - _EXTRA))
    return np.clip(np.where(step < 0, np.floor(stretched), code), 0, CODES - 1)


def _ideal(signal: Signal, start_s: float, _: np.random.Generator) -> np.ndarray:
    return _floor(signal(start_s + np.arange(SAMPLES) * _STEP_S))


def _rp2040(signal: Signal, start_s: float, random: np.random.Generator) -> np.ndarray:
    times = np.add.outer(np.arange(SAMPLES) * _STEP_S, np.arange(_BURST) * _BURST_S)
    position = signal(start_s + times)
    codes = uneven(position + random.normal(0, _RP2040_NOISE, position.shape))
    return (codes.sum(axis=-1) + _BURST // 2) // _BURST


def _drifting(signal: Signal, start_s: float, random: np.random.Generator) -> np.ndarray:
    """The same behind a bias that wanders, within the window, too."""

    def moved(t: np.ndarray) -> np.ndarray:
        return signal(t) + _DRIFT * (2 * np.abs((t / 16) % 1 * 2 - 1) - 1)

    return _rp2040(moved, start_s, random)


def _esp32(signal: Signal, start_s: float, random: np.random.Generator) -> np.ndarray:
    volts = signal(start_s + np.arange(SAMPLES) * _STEP_S) * (3.3 / CODES)
    code = np.interp(volts, _ESP32_V, _ESP32_CODES)
    return _floor(code + random.normal(0, _ESP32_NOISE, code.shape))


@dataclass(frozen=True)
class Converter:
    """`most`: share of the range it is judged up to; None: it is only shown. `calibrated`: its
    gain is what `calibrate` finds at 16 A, not the carrier's.
    """

    about: str
    window: Callable[[Signal, float, np.random.Generator], np.ndarray]
    most: float | None = 1.0
    calibrated: bool = False


CONVERTERS = {
    "ideal": Converter("12 bit, no noise", _ideal),
    "rp2040": Converter("E11 and noise as published, six conversions a count", _rp2040),
    "drifting": Converter("the same, its bias wanders by 120 counts in 8 s", _drifting, 0.9),
    "esp32": Converter("raw codes, bent and dead at the ends (a model)", _esp32, None, True),
}
