"""Feeds currents and a voltage reference to drivers.acpower; finds the worst errors of power."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from pilotlight.drivers.acpower import follow
from pilotlight.drivers.clamps import Clamps

from .converters import CODES, CONVERTERS, PEAK_MA, WINDOW_S, Signal
from .measure import CARRIER_GAIN, Port
from .waves import WAVES, crest

SHARE, FIXED_A = 0.01, 0.1  # the budget: of the apparent power, and this current times the voltage
VOLTS = 230.0
LEVELS = (0.02, 0.1, 0.3, 0.5, 0.9, 1.0)
HERTZ = (45.0, 47.5, 50.0, 55.0, 60.0, 65.0)
NAMES = ("ideal", "rp2040", "drifting")
# the wave of the current, and by how many degrees it is behind the voltage
CASES = (
    *(("sine", degrees) for degrees in (0, 60, -60, 180)),
    *(("charger", degrees) for degrees in (0, 180)),
    ("switched", 0),
)
_EARLY_US = 280
_SKEW_US = 125  # of the Pico's inputs
_REACH = 0.8  # of the converter's range that the reference takes up
_POINTS = 7200


@dataclass(frozen=True)
class PowerPoint:
    """The worst of one level over phases and frequencies, W."""

    level: float
    apparent_w: float
    true_w: float
    error_w: float
    hertz: float
    is_judged: bool

    @property
    def allowed_w(self) -> float:
        return SHARE * self.apparent_w + FIXED_A * VOLTS

    @property
    def of_allowed(self) -> float:
        return abs(self.error_w) / self.allowed_w


Found = dict[tuple[str, int, str], list[PowerPoint]]  # by wave, degrees and converter


class _Port(Port):
    """Three clamps and the reference."""

    skew_us = _SKEW_US


class Case:
    """One current on one converter, beside a reference whose gain and shift are right."""

    def __init__(self, wave: str, degrees: int, converter: str) -> None:
        self._wave, self._degrees = wave, degrees
        self._converter = CONVERTERS[converter]
        self._random = np.random.default_rng(12)
        self._port = _Port(4)
        self._windows = 0
        self._clamps = Clamps(self._port, [CARRIER_GAIN] * 3 + [1])
        self.told: dict[str, Any] = {}
        clamps = [{"channel": number, "shift_us": 0} for number in (1, 2, 3)]
        feeder = {"clamps": clamps, "voltage": {"channel": 4, "shift_us": _EARLY_US}}
        self._clamps.shift_us[3] = _EARLY_US
        self._clamps.powers = (follow(self._port, self._clamps, feeder, self.told),)
        self._feed(0.0, 50.0)
        self._clamps.gains[3] = round(VOLTS * 100 * 1600 / self._clamps.rms16[3])

    def points(self) -> list[PowerPoint]:
        """The worst of each level."""
        return [self._worst(level) for level in LEVELS]

    def _worst(self, level: float) -> PowerPoint:
        turns = np.arange(_POINTS) / _POINTS
        wave = WAVES[self._wave](turns - self._degrees / 360)
        factor = np.mean(wave * np.sqrt(2) * np.sin(2 * np.pi * turns))
        apparent_w = VOLTS * level * PEAK_MA / 1000 / crest(self._wave)
        true_w = float(apparent_w * factor)
        errors = []
        for hz in HERTZ:
            self._feed(level, hz)
            watts = self.told["power_w"]
            # what is not known is as wrong as can be
            errors += [((apparent_w if w is None else w) - true_w, hz) for w in watts]
        error_w, hz = max(errors, key=lambda each: abs(each[0]))
        most = self._converter.most
        is_judged = most is not None and level <= most
        return PowerPoint(level, apparent_w, true_w, error_w, hz, is_judged)

    def _feed(self, level: float, hz: float) -> None:
        begin = self._windows * (0.37 - hz * WINDOW_S) % 1  # another phase for every window
        amplitude = level * CODES / 2 / crest(self._wave)  # of a wave with an rms of 1

        def current(phase: int) -> Signal:
            behind = phase / 3 + self._degrees / 360
            return lambda t: (
                CODES / 2
                + amplitude
                * WAVES[self._wave](hz * (t + phase * _SKEW_US * 1e-6) + begin - behind)
            )

        def voltage(t: np.ndarray) -> np.ndarray:
            at = hz * (t + (3 * _SKEW_US + _EARLY_US) * 1e-6) + begin
            return CODES / 2 * (1 + _REACH * np.sin(2 * np.pi * at))

        start_s = self._windows * WINDOW_S
        self._port.windows = [
            self._converter.window(signal, start_s, self._random)
            for signal in (current(0), current(1), current(2), voltage)
        ]
        self._windows += 1
        self._clamps.poll()


def measure() -> Found:
    """Every case on every converter that is judged."""
    return {
        (wave, of, name): Case(wave, of, name).points() for wave, of in CASES for name in NAMES
    }


def is_good(found: Found) -> bool:
    """Nothing that is judged misses the budget."""
    return all(p.of_allowed <= 1 for points in found.values() for p in points if p.is_judged)


def table(found: Found) -> list[str]:
    """A line for each case: the worst errors by share of the range."""
    heads = "".join(f"{100 * level:>6.0f}%" for level in LEVELS)
    lines = ["power: worst error in W at 45...65 Hz on L1, L2, L3, by share of the clamp's range"]
    lines.append(f"  {'wave, degrees behind':<22}{'converter':<10}{heads}")
    for (wave, degrees, name), points in found.items():
        cells = "".join(f"{p.error_w:>+7.0f}" for p in points)
        worst = max((p for p in points if p.is_judged), key=lambda p: p.of_allowed)
        said = f"{100 * worst.of_allowed:.0f} % of what is allowed, at {worst.hertz:g} Hz"
        said = said if worst.of_allowed <= 1 else f"MISSED: {said}"
        lines.append(f"  {f'{wave}, {degrees}':<22}{name:<10}{cells}   {said}")
    return [
        *lines,
        f"allowed: {100 * SHARE:.0f} % of the apparent power, and {FIXED_A} A x 230 V",
        "",
    ]


def as_json(found: Found) -> dict[str, Any]:
    """The same for programs."""
    cases = [
        {
            "wave": wave,
            "degrees": degrees,
            "converter": name,
            "level": p.level,
            "true_w": round(p.true_w, 1),
            "error_w": round(p.error_w, 1),
            "allowed_w": round(p.allowed_w, 1),
            "hertz": p.hertz,
            "judged": p.is_judged,
        }
        for (wave, degrees, name), points in found.items()
        for p in points
    ]
    return {"good": is_good(found), "share": SHARE, "fixed_a": FIXED_A, "cases": cases}
