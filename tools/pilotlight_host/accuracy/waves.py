"""Currents as functions of the phase in turns, each with an rms of 1."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Wave = Callable[[np.ndarray], np.ndarray]

_POINTS = 7200
# (order, share of the fundamental, phase in turns of the order)
_EV = ((1, 1.0, 0.0), (3, 0.04, 0.1), (5, 0.035, 0.4), (7, 0.025, 0.2), (9, 0.015, 0.6))
# power supplies and lamps without a correction, mixed: a distortion of 105 % up to the 25th
_SWITCHED = (
    *((1, 1.0, 0.0), (3, 0.77, 0.5), (5, 0.57, 0.02), (7, 0.36, 0.54), (9, 0.18, 0.06)),
    *((11, 0.1, 0.6), (13, 0.08, 0.1), (15, 0.07, 0.6), (17, 0.05, 0.2), (19, 0.04, 0.7)),
    *((21, 0.03, 0.3), (23, 0.02, 0.8), (25, 0.02, 0.4)),
)
_PULSE = 2 / 9  # of each half cycle: half a sine this long has a crest factor of 3


def _sum(harmonics: tuple[tuple[int, float, float], ...]) -> Wave:
    rms = np.sqrt(sum(share * share for _, share, _ in harmonics) / 2)

    def wave(turns: np.ndarray) -> np.ndarray:
        parts = [a * np.sin(2 * np.pi * (n * turns + at)) for n, a, at in harmonics]
        return np.sum(parts, axis=0) / rms

    return wave


def _pulses(turns: np.ndarray) -> np.ndarray:
    """A rectifier with a capacitor: current around the voltage's peaks only."""
    half = (2 * turns) % 1 - 0.5
    pulse = np.where(np.abs(half) < _PULSE / 2, np.cos(np.pi * half / _PULSE), 0)
    return 3 * pulse * np.where(turns % 1 < 0.5, 1, -1)


WAVES: dict[str, Wave] = {
    "sine": _sum(((1, 1.0, 0.0),)),
    "charger": _sum(_EV),
    "switched": _sum(_SWITCHED),
    "crest 3": _pulses,
}
JUDGED_WAVES = ("sine", "charger")


def crest(name: str) -> float:
    """Peak against rms."""
    return float(np.max(np.abs(WAVES[name](np.arange(_POINTS) / _POINTS))))
