"""Current clamps as a converter sees them: windows of 12-bit counts. Time in ms, mA rms.

A window lasts 100 ms and ends at a multiple of 100 ms. Full scale (70 A rms by default) has an
amplitude of 2048 counts, so 1 count rms is 70000 / 1448.15 = 48.34 mA: `gain` 4834 in the site
file. The wave is a sine with the harmonics of its load, on an offset near 2048 that drifts
slowly, plus noise.
"""

import math
from array import array

import numpy as np

from .noise import bell_table, constant_error, place
from .specs import Knobs
from .supply import Feeder

WINDOW_MS = 100
MID_SCALE = 2048
TOP = 4095
OFFSET_SPREAD = 15.0  # counts between channels
DRIFT_COUNTS = 6.0
DRIFT_PERIOD_MS = 600_000
PHASE_STEPS = 64  # a grid that is not at 50 Hz shows one of so many phase positions
NOISE_SIZE = 8192
_FIRST_CHANNEL = 2000
_CACHE_SIZE = 512
REFERENCE_COUNTS = 1150.0  # rms of 230 V on L1: `gain` 2000 in 1/100 V per 100 counts
# (order, share of the fundamental): a house has power supplies, a car corrects its power factor.
HOUSE_HARMONICS = ((1, 1.0), (3, 0.12), (5, 0.06), (7, 0.03))
CAR_HARMONICS = ((1, 1.0), (3, 0.02), (5, 0.025), (7, 0.01))


def counts_per_ma(full_scale_a: float) -> float:
    """Counts rms per mA rms: full scale reaches the ends of the converter."""
    return MID_SCALE / math.sqrt(2) / (full_scale_a * 1000)


class _Shapes:
    """Noise-free waves in counts around 0, per (phase, house, car), kept for reuse."""

    def __init__(self, knobs: Knobs):
        self._knobs = knobs
        self._scale = counts_per_ma(knobs.clamp_full_scale_a)
        self._units: dict[int, tuple[np.ndarray, np.ndarray, float]] = {}
        self._waves: dict[tuple[int, int, int], np.ndarray] = {}

    def _unit(self, phase: int, position: int) -> tuple[np.ndarray, np.ndarray, float]:
        """House and car wave of 1 rms each and their correlation."""
        key = phase * PHASE_STEPS + position
        found = self._units.get(key)
        if found is None:
            angle = self._angles(phase, position)
            pair = []
            for harmonics in (HOUSE_HARMONICS, CAR_HARMONICS):
                rms = math.sqrt(sum(share * share for _, share in harmonics) / 2)
                pair.append(sum(s * np.sin(order * angle) for order, s in harmonics) / rms)
            found = (pair[0], pair[1], _correlation())
            self._units[key] = found
        return found

    def _angles(self, phase: int, position: int) -> np.ndarray:
        samples = self._knobs.clamp_samples
        t_s = np.arange(samples) * (WINDOW_MS / 1000 / samples)
        turns = position / PHASE_STEPS - phase / 3
        return 2 * np.pi * (self._knobs.frequency_hz * t_s + turns)

    def reference(self, position: int) -> np.ndarray:
        """The voltage of L1."""
        return REFERENCE_COUNTS * math.sqrt(2) * np.sin(self._angles(0, position))

    def wave(self, phase: int, position: int, house_ma: int, car_ma: int) -> np.ndarray:
        """The wave whose rms is house_ma + car_ma; the house may feed back."""
        key = (phase * PHASE_STEPS + position, house_ma, car_ma)
        found = self._waves.get(key)
        if found is None:
            found = self._make(phase, position, house_ma, car_ma)
            if len(self._waves) >= _CACHE_SIZE:
                self._waves.clear()
            self._waves[key] = found
        return found

    def _make(self, phase: int, position: int, house_ma: int, car_ma: int) -> np.ndarray:
        house, car, together = self._unit(phase, position)
        square = house_ma**2 + car_ma**2 + 2 * together * house_ma * car_ma
        if square == 0:
            return np.zeros(self._knobs.clamp_samples)
        # Different harmonics do not quite add; the truth of this plant is the arithmetic sum.
        factor = self._scale * abs(house_ma + car_ma) / math.sqrt(square)
        return factor * (house_ma * house + car_ma * car)


def _correlation() -> float:
    """Mean product of the unit house and car waves."""
    product = sum(h * c for (_, h), (_, c) in zip(HOUSE_HARMONICS, CAR_HARMONICS, strict=True)) / 2
    house = sum(share * share for _, share in HOUSE_HARMONICS) / 2
    car = sum(share * share for _, share in CAR_HARMONICS) / 2
    return product / math.sqrt(house * car)


class ClampSampler:
    """Three channels per feeder, channel = feeder * 3 + phase; after them a voltage reference on
    L1, if there `has_reference`.
    """

    def __init__(
        self, feeders: list[Feeder], knobs: Knobs, seed: int, has_reference: bool = False
    ):
        self._feeders = feeders
        self.has_reference = has_reference
        self._knobs = knobs
        self.channels = 3 * len(feeders)
        self._shapes = _Shapes(knobs)
        table = bell_table(seed, "clamps", NOISE_SIZE)
        noise = np.array(table + table[:250]) * knobs.clamp_noise_counts
        self._noise = noise
        numbers = range(_FIRST_CHANNEL, _FIRST_CHANNEL + self.channels)
        bound = knobs.clamp_gain_error
        self._gains = np.array(
            [[1.0 + constant_error(seed, "clamp", number, bound)] for number in numbers]
        )
        self._offsets = [
            MID_SCALE + constant_error(seed, "offset", number, OFFSET_SPREAD) for number in numbers
        ]
        self._ideal_key: tuple | None = None
        self._ideal = np.zeros((self.channels, knobs.clamp_samples))
        self._work = np.zeros_like(self._ideal)
        self._window: tuple[int, list[array]] | None = None

    def errors(self, channel: int) -> tuple[float, float]:
        """(gain, offset in counts), constant for good."""
        return float(self._gains[channel][0]), self._offsets[channel] - MID_SCALE

    def window(self, t_ms: int) -> tuple[int, list[array]]:
        """(end_ms, one array("H") per channel) of the newest complete window; read-only."""
        end_ms = t_ms - t_ms % WINDOW_MS
        if self._window is None or self._window[0] != end_ms:
            self._window = (end_ms, self._sample(end_ms))
        return self._window

    def _sample(self, end_ms: int) -> list[array]:
        start_ms = end_ms - WINDOW_MS
        turns = start_ms * self._knobs.frequency_hz / 1000
        position = int((turns % 1.0) * PHASE_STEPS) % PHASE_STEPS
        self._draw(start_ms, end_ms, position)
        work = self._work
        samples = self._knobs.clamp_samples
        drift = DRIFT_COUNTS * math.sin(2 * math.pi * end_ms / DRIFT_PERIOD_MS)
        for number in range(self.channels):
            at = place(_FIRST_CHANNEL + number, end_ms, NOISE_SIZE - 1)
            np.add(self._ideal[number], self._noise[at : at + samples], out=work[number])
            work[number] += self._offsets[number] + drift + 0.5
        np.clip(work, 0, TOP, out=work)
        counts = list(work.astype(np.uint16))
        if self.has_reference:
            at = place(_FIRST_CHANNEL + self.channels, end_ms, NOISE_SIZE - 1)
            wave = self._shapes.reference(position) + self._noise[at : at + samples]
            counts.append(np.clip(wave + MID_SCALE + 0.5, 0, TOP).astype(np.uint16))
        return [array("H", row.tobytes()) for row in counts]

    def _draw(self, start_ms: int, end_ms: int, position: int) -> None:
        """Noise-free waves of all channels into self._ideal, unless they are there already."""
        steady = all(feeder.history[-1].t_ms <= start_ms for feeder in self._feeders)
        if steady:
            key = (position, *(feeder.history[-1].t_ms for feeder in self._feeders))
            if key == self._ideal_key:
                return
            self._ideal_key = key
        else:
            self._ideal_key = None
        for number, feeder in enumerate(self._feeders):
            for phase in range(3):
                row = self._ideal[number * 3 + phase]
                self._draw_channel(row, feeder, phase, start_ms, end_ms, position)
        self._ideal *= self._gains

    def _draw_channel(
        self,
        row: np.ndarray,
        feeder: Feeder,
        phase: int,
        start_ms: int,
        end_ms: int,
        position: int,
    ) -> None:
        """Each sample shows the current of its own instant."""
        samples = self._knobs.clamp_samples
        until = samples
        for stretch in reversed(feeder.history):
            if stretch.t_ms >= end_ms:
                continue
            # First sample at or after the change.
            first = max(0, -((start_ms - stretch.t_ms) * samples // WINDOW_MS))
            wave = self._shapes.wave(
                phase, position, stretch.house_ma[phase], stretch.car_ma[phase]
            )
            row[first:until] = wave[first:until]
            until = first
            if until == 0:
                return
        row[:until] = 0.0


def reduce(counts: array, weights: bytearray, found: array) -> None:
    """`reduce` of the firmware's clamps.py, to the last count, in a twentieth of its time."""
    least, most, mean, squares, whole, _ = range(6)
    window = np.frombuffer(counts, np.uint16).astype(np.int64)
    weigh = np.frombuffer(weights, np.uint8)
    found[mean] = (int(window @ weigh) + found[whole] // 2) // found[whole]
    distance = window - found[mean]
    found[squares] = int(((distance * distance * weigh + 16) >> 5).sum())
    found[least], found[most] = int(window.min()), int(window.max())
