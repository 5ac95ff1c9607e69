"""The pilot line of one outlet: generator, cable, car. Levels in mV to PE, resistors in ohm.

    generator --- source_ohm ---+--- pilot terminal ---+--- diode --- car's resistors --- PE
                                |                      |
                           short_ohm                 (open: nothing plugged in)
                                |
                               PE

One reading is 20 periods of 1 ms, one sample in the high and one in the low part of each; of these
the two highest and the two lowest are left out, the rest is averaged.
"""

import random
from dataclasses import dataclass, replace

import numpy as np

PERIODS = 20
DROPPED = 2
X1, F = 10000, 0  # duty in 1/100 %: constant high, constant low
NOISE_MV = 30
_SPOTS = 1 << 16


_BELL = np.random.default_rng(1).normal(size=_SPOTS + PERIODS)  # noise of sigma 1
_WINDOWS = np.sort(np.lib.stride_tricks.sliding_window_view(_BELL, PERIODS), axis=1)
_NOISE = _BELL.tolist()
_TRIMMED = _WINDOWS[:, DROPPED:-DROPPED].mean(axis=1).tolist()


@dataclass(frozen=True)
class Line:
    """Everything that decides the level. None stands for "not there"."""

    r2_ohm: int | None = None  # the car's; None: no plug
    r3_ohm: int = 1300
    is_ready: bool = False  # S2 closed: r3 is in parallel with r2
    after_ohm: int | None = None  # a short behind the diode
    short_ohm: int | None = None  # a short before the diode
    diode_mv: int = 700
    is_shorted: bool = False  # the diode conducts both ways without a drop
    is_cut: bool = False  # the diode, the pilot wire or PE is open
    source_ohm: int = 1000
    plus_mv: int = 12000  # of the generator
    minus_mv: int = -12000
    shown_mv: tuple[int, int] | None = None  # forced: with the generator at plus, at minus
    noise_mv: int = NOISE_MV  # sigma of one sample

    def with_(self, **changes) -> "Line":
        return replace(self, **changes)

    def car_ohm(self) -> float | None:
        """From the diode to PE."""
        if self.r2_ohm is None or self.is_cut:
            return None
        ohms = [self.r2_ohm]
        ohms += [self.r3_ohm] if self.is_ready else []
        ohms += [] if self.after_ohm is None else [self.after_ohm]
        return 1 / sum(1 / ohm for ohm in ohms)

    def level_mv(self, generator_mv: int) -> float:
        """At the terminal, with the generator at this voltage."""
        conductance = 1 / self.source_ohm + (1 / self.short_ohm if self.short_ohm else 0)
        current = generator_mv / self.source_ohm
        car = self.car_ohm()
        if car is not None and self.is_shorted:
            conductance += 1 / car
        elif car is not None and current / conductance > self.diode_mv:
            conductance += 1 / car
            current += self.diode_mv / car
        return current / conductance

    def ends_mv(self) -> tuple[float, float]:
        """With the generator at plus, at minus."""
        return self.shown_mv or (self.level_mv(self.plus_mv), self.level_mv(self.minus_mv))

    def levels_mv(self, duty: int) -> tuple[float, float]:
        """(high part, low part); with a constant level both read that level."""
        plus, minus = self.ends_mv()
        if duty >= X1:
            return plus, plus
        if duty <= F:
            return minus, minus
        return plus, minus


class Terminal:
    """What the line of one outlet looked like, ms by ms, and readings of it."""

    def __init__(self, seed: int) -> None:
        self.line = Line()
        self.duty = X1
        self._random = random.Random(seed)
        self._history = [(-PERIODS, *self.line.levels_mv(X1))]

    def show(self, t_ms: int, line: Line, duty: int) -> None:
        """From `t_ms` on the line is like this."""
        self.line, self.duty = line, duty
        self._history.append((t_ms, *line.levels_mv(duty)))
        while len(self._history) > 1 and self._history[1][0] <= t_ms - 2 * PERIODS:
            self._history.pop(0)

    def now_mv(self) -> float:
        """The level of the high part, without noise."""
        return self._history[-1][1]

    def reading(self, end_ms: int) -> tuple[int, int]:
        """(high, low) over the 20 periods that end at `end_ms`."""
        newest = self._history[-1]
        if newest[0] <= end_ms - PERIODS:
            return self._still(newest[1]), self._still(newest[2])
        highs, lows, at = [], [], 0
        for t_ms in range(end_ms - PERIODS, end_ms):
            while at + 1 < len(self._history) and self._history[at + 1][0] <= t_ms:
                at += 1
            highs.append(self._history[at][1])
            lows.append(self._history[at][2])
        return self._moving(highs), self._moving(lows)

    def _moving(self, samples: list[float]) -> int:
        """The level has moved meanwhile."""
        spot, sigma = self._random.randrange(_SPOTS), self.line.noise_mv
        noise = _NOISE[spot : spot + PERIODS]
        kept = sorted(mv + sigma * part for mv, part in zip(samples, noise))[DROPPED:-DROPPED]
        return round(sum(kept) / len(kept))

    def _still(self, mv: float) -> int:
        """The same for a level that stood still: 20 samples of noise, trimmed, are known before."""
        return round(mv + self.line.noise_mv * _TRIMMED[self._random.randrange(_SPOTS)])
