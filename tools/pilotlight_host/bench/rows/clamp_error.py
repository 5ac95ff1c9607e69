"""How wrong a clamp's current is: noise and steps of the converter, integers of the driver."""

from __future__ import annotations

import ast
import math

import numpy as np
from pilotlight_host.emulated.analog import POINTS, mains_wave

from ..board import ON, Probe, probed
from ..figure import Figure, Options, Row
from ..site import site

SHARE, FIXED_MA = 0.005, 100  # the budget: 0.5 % of the value and 0.1 A
PEAK_MA = 100_000  # range of the boards' clamps: 1650 mV at 16.5 mV/A
LEVELS = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
_CLAMPS = (1, 2, 3)
_WINDOWS = 4


def waves() -> dict[str, np.ndarray]:
    """One period of each wave with an rms of 1."""
    angle = 2 * np.pi * np.arange(POINTS) / POINTS
    return {"sine": math.sqrt(2) * np.sin(angle), "ev": mains_wave(0, 1000) / 1000}


def measure(_: Options) -> list[Figure]:
    """Every level of both waves, three clamps a third of a period apart, four windows each."""
    figures = []
    with probed(site=site(4)) as probe:
        probe.exec("app_on_board.py")
        probe.exec("clamp_read.py")
        for name, wave in waves().items():
            figures += _figures(name, _errors(probe, wave))
    return figures


def _errors(probe: Probe, wave: np.ndarray) -> list[tuple[float, float]]:
    """(current, worst error) of each level, mA."""
    full_ma = PEAK_MA / float(np.max(np.abs(wave)))
    found = []
    for level in LEVELS:
        true_ma = level * full_ma
        for clamp in _CLAMPS:
            probe.pico.analog.clamp_wave(clamp, wave * true_ma, turns=clamp / 3 + level)
        windows = ast.literal_eval(probe.call(f"read({_WINDOWS})"))
        worst = max((ma - true_ma for window in windows for ma in window), key=abs)
        found.append((true_ma, worst))
    return found


def _figures(name: str, errors: list[tuple[float, float]]) -> list[Figure]:
    told = ", ".join(f"{ma / 1000:.1f} A: {worst:+.0f} mA" for ma, worst in errors)
    share = max(abs(worst) / (SHARE * ma + FIXED_MA) for ma, worst in errors)
    percent = max(abs(worst) / ma for ma, worst in errors if ma >= 0.2 * errors[-1][0])
    return [
        Figure(
            f"clamp.{name}.of_allowed",
            round(100 * share, 1),
            "%",
            most=100,
            note=f"allowed: 0.5 % + 0.1 A. Worst error at {told}",
        ),
        Figure(f"clamp.{name}.error", round(100 * percent, 2), "% at 20...100 %"),
    ]


ROW = Row(
    "clamps",
    "error of a clamp's current at 2...100 % of its range, sine and a car's wave",
    f"{ON}: its converter with noise and uneven steps",
    "driver values against the wave's rms: device/clamp_read.py",
    measure,
)
