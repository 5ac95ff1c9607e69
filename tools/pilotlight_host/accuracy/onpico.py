"""A few cases through the converter and the DMA ring of the emulated Pico, into its own image."""

from __future__ import annotations

import ast

import numpy as np
from pilotlight_host.bench.board import Probe, probed
from pilotlight_host.bench.site import site
from pilotlight_host.emulated.analog import POINTS

from .converters import PEAK_MA
from .measure import Found, Point
from .waves import JUDGED_WAVES, WAVES, crest

NAME = "pico"
LEVELS = (0.02, 0.1, 0.3, 1.0)
HERTZ = (45.0, 50.0, 60.0, 65.0)
_CLAMPS = (1, 2, 3)
_WINDOWS = 2


def measure() -> Found:
    """Every wave; the three clamps are a third of a period apart."""
    found: Found = {}
    with probed(site=site(4)) as probe:
        probe.exec("app_on_board.py")
        probe.exec("clamp_read.py")
        for wave in WAVES:
            found[wave, NAME] = [_worst(probe, wave, level) for level in LEVELS]
    return found


def _worst(probe: Probe, wave: str, level: float) -> Point:
    true_ma = level * PEAK_MA / crest(wave)
    table = true_ma * WAVES[wave](np.arange(POINTS) / POINTS)
    errors = []
    for hz in HERTZ:
        for clamp in _CLAMPS:
            probe.pico.analog.clamp_wave(clamp, table, hz=hz, turns=clamp / 3 + level)
        windows = ast.literal_eval(probe.call(f"read({_WINDOWS})"))
        errors += [(ma - true_ma, hz) for window in windows for ma in window]
    error_ma, hz = max(errors, key=lambda each: abs(each[0]))
    return Point(level, true_ma, error_ma, hz, wave in JUDGED_WAVES)
