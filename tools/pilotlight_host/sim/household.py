"""Dwellings from the Richardson model (occupancy, appliances, lighting), by richardsonpy.

1-minute resolution on the local wall clock; mA per phase. Same seed and date, same dwelling.
"""

import random
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

import numpy as np
import richardsonpy
from richardsonpy.classes.appliance import Appliances, run_application_simulation
from richardsonpy.classes.electric_load import ElectricLoad
from richardsonpy.classes.lighting import load_lighting_profile, run_lighting_simulation
from richardsonpy.classes.occupancy import Occupancy
from richardsonpy.classes.stochastic_el_load_wrapper import ElectricityProfile
from richardsonpy.functions.load_radiation import get_rad_from_try_path

_INPUTS = Path(richardsonpy.__file__).parent / "inputs"
# Share of a dwelling's yearly energy that is not light, as ElectricLoad has it.
_APPLIANCE_SHARE = 0.91
_POWER_COLUMN = 4  # mean cycle power in Appliances.csv, W


@lru_cache(maxsize=1)
def _irradiance() -> np.ndarray:
    """Hourly irradiance of the test reference year, W/m2."""
    direct, diffuse = get_rad_from_try_path()
    return direct + diffuse


@lru_cache(maxsize=64)
def dwelling_ma(
    seed: str, first: date, days: int, people: int, wires: int, voltage_v: float
) -> np.ndarray:
    """Current of one dwelling, mA: `wires` rows (1...3), a column per minute from midnight."""
    # The package draws from the global generator; leave it as it was found.
    kept = random.getstate()
    random.seed(seed)
    try:
        watts = _Dwelling(first, days, people, wires).draw()
    finally:
        random.setstate(kept)
    return np.rint(watts * 1000 / voltage_v).astype(np.int64)


class _Dwelling:
    """One dwelling with its people, its appliances and the phases they are wired to."""

    def __init__(self, first: date, days: int, people: int, wires: int):
        self._first = first
        self._days = days
        self._wires = wires
        occupancy = Occupancy(people, initial_day=first.isoweekday(), nb_days=days)
        self._occupancy = np.array(occupancy.occupancy)
        yearly_kwh = ElectricLoad.standard_consumption["SFH"][people]
        self._appliances = Appliances(
            str(_INPUTS / "Appliances.csv"),
            annual_consumption=round(_APPLIANCE_SHARE * yearly_kwh),
            randomize_appliances=True,
            # Storage heaters and electric showers belong to a British house, not to this one.
            prev_heat_dev=True,
        )
        self._bulbs = load_lighting_profile(filename=str(_INPUTS / "LightBulbs.csv"), index=0)
        self._profile = ElectricityProfile(self._appliances, self._bulbs)
        self._wiring = self._wire()

    def _wire(self) -> list[int]:
        """An electrician's balance: the strongest appliances go to the phases in turn."""
        data = self._appliances.data
        installed = [number for number in range(len(data)) if data[number][0]]
        installed.sort(key=lambda number: -data[number][_POWER_COLUMN])
        wiring = [0] * len(data)
        for place, number in enumerate(installed):
            wiring[number] = place % self._wires
        return wiring

    def draw(self) -> np.ndarray:
        """Watts per wire and minute."""
        return np.concatenate([self._day(number) for number in range(self._days)], axis=1)

    def _day(self, number: int) -> np.ndarray:
        day = self._first + timedelta(days=number)
        people = self._occupancy[144 * number : 144 * (number + 1)]
        of_year = min(day.timetuple().tm_yday, 365)
        hours = _irradiance()[24 * (of_year - 1) : 24 * of_year]
        daylight = np.interp(np.arange(1440), 60 * np.arange(24), hours)
        config = self._profile.lighting_config
        bulbs = run_lighting_simulation(people, self._bulbs, daylight, config)
        habits = self._profile.activity_statistics["we" if day.isoweekday() > 5 else "wd"]
        appliances = run_application_simulation(people, self._appliances, habits, day.month)
        watts = np.zeros((self._wires, 1440))
        for wire, row in zip(self._wiring, appliances, strict=True):
            watts[wire] += row
        for number_of_bulb, row in enumerate(bulbs):
            watts[number_of_bulb % self._wires] += row
        return watts
