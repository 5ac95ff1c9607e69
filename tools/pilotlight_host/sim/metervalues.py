"""What a grid meter shows, with its errors, refreshed at multiples of its period in ms.

Units: mA, mV, W, Wh, Hz.
"""

from dataclasses import dataclass

from .noise import bell_table, constant_error, place
from .specs import Knobs
from .supply import Feeder, OutletLine

_CHANNELS = 8  # noise channels per feeder: three currents, three voltages, two spare
_VOLTAGE_NOISE_MV = 300.0
# Current magnitudes have channels of their own, apart from the pilots' and clamps'.
_FIRST_CHANNEL = 1000


@dataclass(frozen=True)
class MeterImage:
    """The registers of the meter at taken_ms. power_w is signed, import positive."""

    taken_ms: int
    voltage_mv: tuple[int, int, int]
    current_ma: tuple[int, int, int]
    power_w: tuple[float, float, float]
    energy_import_wh: float
    energy_export_wh: float
    frequency_hz: float


class MeterValues:
    """Makes the image of the meter of one feeder or one outlet."""

    def __init__(self, line: Feeder | OutletLine, number: int, knobs: Knobs, seed: int):
        self._line = line
        self._first = _FIRST_CHANNEL + number * _CHANNELS
        self._knobs = knobs
        self._noise = bell_table(seed, "meter")
        self._gains = [
            1.0 + constant_error(seed, "meter", self._first + phase, knobs.meter_gain_error)
            for phase in range(3)
        ]
        self._image: MeterImage | None = None

    def image(self, t_ms: int) -> MeterImage:
        """The image of the newest refresh at or before t_ms."""
        taken_ms = t_ms - t_ms % self._knobs.meter_refresh_ms
        if self._image is None or self._image.taken_ms != taken_ms:
            self._image = self._make(taken_ms)
        return self._image

    def _make(self, taken_ms: int) -> MeterImage:
        truth = self._line.total_at(taken_ms)
        alive = self._line.alive_at(taken_ms)
        current_ma, voltage_mv, power_w = [], [], []
        for phase in range(3):
            ma = round(abs(truth[phase]) * self._gains[phase])
            ma += round(self._current_noise(phase, taken_ms))
            mv = round(self._knobs.voltage_v * 1000 + self._voltage_noise(phase, taken_ms))
            # Below its starting current a meter shows 0.
            current_ma.append(max(0, ma) if alive and truth[phase] else 0)
            voltage_mv.append(mv if alive else 0)
            sign = -1 if truth[phase] < 0 else 1
            power_w.append(sign * current_ma[phase] * voltage_mv[phase] / 1e6)
        charge = self._line.charge_ma_ms(taken_ms)
        return MeterImage(
            taken_ms=taken_ms,
            voltage_mv=(voltage_mv[0], voltage_mv[1], voltage_mv[2]),
            current_ma=(current_ma[0], current_ma[1], current_ma[2]),
            power_w=(power_w[0], power_w[1], power_w[2]),
            energy_import_wh=charge * self._knobs.voltage_v / 3.6e9,
            energy_export_wh=self._line.back_ma_ms(taken_ms) * self._knobs.voltage_v / 3.6e9,
            frequency_hz=self._knobs.frequency_hz,
        )

    def _current_noise(self, phase: int, taken_ms: int) -> float:
        return self._noise[place(self._first + phase, taken_ms)] * self._knobs.meter_noise_ma

    def _voltage_noise(self, phase: int, taken_ms: int) -> float:
        return self._noise[place(self._first + 3 + phase, taken_ms)] * _VOLTAGE_NOISE_MV
