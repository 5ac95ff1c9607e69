"""The outside world in physical terms, and what of it stands on the board's pins.

mV, mA rms, ohm and degrees Celsius in; the emulator is told mV. Clamps are waves: a table of one
mains period each. Nothing here knows time.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from pilotlight_host.sim.clampwave import CAR_HARMONICS, HOUSE_HARMONICS

POINTS = 1024  # of one mains period
_KELVIN = 273.15
_NTC_REFERENCE_C = 25.0
# 10...90 % of the pilot's edges: nothing but the cable; with a car's diode in the way.
OPEN_EDGES_US = (2.0, 2.0)
LOADED_EDGES_US = (10.0, 13.0)


class Analog:
    """Every method takes effect at the present simulated time. Outlets and clamps count from 1."""

    def __init__(
        self, wiring: Mapping[str, Any], tell: Callable[[dict[str, Any]], object]
    ) -> None:
        self._wiring = wiring
        self._tell = tell
        self.outlets = len(wiring["pilots"]["outlets"])
        self.reference_mv = wiring["adc"]["reference_mv"]
        names = [entry["signal"] for entry in wiring["adc_inputs"]]
        self.clamps = sum(name.startswith("clamp ") for name in names)

    def rest(self) -> None:
        """Nothing plugged in, no current, all well, 20 degrees."""
        for outlet in range(1, self.outlets + 1):
            self.pilot(outlet, 12000, -12000)
            self.proximity(outlet, None)
            self.mirror(outlet, False)
            self.residual(outlet, False)
            self.temperature(outlet, 20)
        for clamp in range(1, self.clamps + 1):
            self.clamp(clamp, 0, 0)

    def pilot(
        self,
        outlet: int,
        plus_mv: float,
        minus_mv: float,
        edges_us: tuple[float, float] = OPEN_EDGES_US,
    ) -> None:
        """Levels at the terminal while the generator is at +12 and at -12 V; rise, fall time."""
        state = {
            "plus_mv": plus_mv,
            "minus_mv": minus_mv,
            "rise_us": edges_us[0],
            "fall_us": edges_us[1],
        }
        self._tell({"pilots": {self._outlet(outlet) - 1: state}})

    def clamp(
        self,
        clamp: int,
        house_ma: float,
        car_ma: float,
        *,
        hz: float = 50.0,
        turns: float | None = None,
        mv_per_a: float | None = None,
        bias_mv: float | None = None,
    ) -> None:
        """A current of rms house_ma + car_ma, with the harmonics of both.

        `turns`: phase at time 0, in turns; by default thirds, clamp by clamp.
        """
        table = mains_wave(house_ma, car_ma)
        self.clamp_wave(
            clamp,
            table,
            hz=hz,
            turns=-((clamp - 1) % 3) / 3 if turns is None else turns,
            mv_per_a=mv_per_a,
            bias_mv=bias_mv,
        )

    def clamp_wave(
        self,
        clamp: int,
        table_ma: Iterable[float],
        *,
        hz: float = 50.0,
        turns: float = 0.0,
        mv_per_a: float | None = None,
        bias_mv: float | None = None,
    ) -> None:
        """Any current: mA at equal distances over one period of `hz`."""
        if not 1 <= clamp <= self.clamps:
            raise ValueError(f"clamp {clamp}: the board has clamps 1...{self.clamps}")
        wiring = self._wiring["clamps"]
        factor = (wiring["mv_per_a"] if mv_per_a is None else mv_per_a) / 1000
        bias = wiring["bias_mv"] if bias_mv is None else bias_mv
        table = [bias + factor * ma for ma in table_ma]
        self._tell({"waves": {f"clamp {clamp}": {"table": table, "hz": hz, "turns": turns}}})

    def proximity(self, outlet: int, ohm: float | None) -> None:
        """The cable's resistor; None: nothing is plugged in."""
        pull_up = self._wiring["proximity"]["pull_up_ohm"]
        self.level(f"proximity {self._outlet(outlet)}", self._divided(ohm, pull_up))

    def mirror(self, outlet: int, closed: bool) -> None:
        """The mirror contact shows closed (or its wire is broken) or open main contacts."""
        wiring = self._wiring["mirror_contacts"]
        mv = wiring["closed_mv"] if closed else wiring["open_mv"]
        self.level(f"mirror contact {self._outlet(outlet)}", mv)

    def residual(self, outlet: int, tripped: bool) -> None:
        """The residual-current monitor has tripped (or its wire is broken), or not."""
        wiring = self._wiring["residual_current"]
        mv = wiring["tripped_mv"] if tripped else wiring["healthy_mv"]
        self.level(f"residual current {self._outlet(outlet)}", mv)

    def temperature(self, outlet: int, celsius: float | None) -> None:
        """The plug's temperature; None: no sensor fitted."""
        wiring = self._wiring["plug_temperature"]
        ohm = None
        if celsius is not None:
            ratio = 1 / (celsius + _KELVIN) - 1 / (_NTC_REFERENCE_C + _KELVIN)
            ohm = wiring["ntc_ohm_25c"] * math.exp(wiring["ntc_b"] * ratio)
        mv = self._divided(ohm, wiring["pull_up_ohm"])
        self.level(f"plug temperature {self._outlet(outlet)}", mv)

    def chip_temperature(self, celsius: float) -> None:
        """The sensor inside the chip."""
        self._tell({"chip_c": celsius})

    def level(self, signal: str, mv: float) -> None:
        """Any slow signal by its name in the wiring, mV at the pin."""
        if signal not in {entry["signal"] for entry in self._wiring["adc_inputs"]}:
            raise ValueError(f"{signal!r} is no signal of this board")
        self._tell({"levels": {signal: mv}})

    def ideal_converter(self, ideal: bool = True) -> None:
        """Without erratum E11 and without noise, to tell their effect from others."""
        self._tell({"ideal": ideal})

    def _divided(self, ohm: float | None, pull_up_ohm: float) -> float:
        if ohm is None:
            return self.reference_mv
        return self.reference_mv * ohm / (ohm + pull_up_ohm)

    def _outlet(self, outlet: int) -> int:
        if not 1 <= outlet <= self.outlets:
            raise ValueError(f"outlet {outlet}: the board has outlets 1...{self.outlets}")
        return outlet


def mains_wave(house_ma: float, car_ma: float) -> np.ndarray:
    """One period, mA, whose rms is house_ma + car_ma."""
    angle = 2 * np.pi * np.arange(POINTS) / POINTS
    wave = np.zeros(POINTS)
    for ma, harmonics in ((house_ma, HOUSE_HARMONICS), (car_ma, CAR_HARMONICS)):
        rms = math.sqrt(sum(share * share for _, share in harmonics) / 2)
        wave += ma / rms * sum(share * np.sin(order * angle) for order, share in harmonics)
    total = math.sqrt(float(np.mean(wave * wave)))
    # Different harmonics do not quite add; the truth of the simulated site is the arithmetic sum.
    return wave if total == 0 else wave * ((house_ma + car_ma) / total)
