"""A photovoltaic plant as a load that is negative. Clock: ms since the start of the run.

Clear days follow a half sine between 6 and 20 o'clock. Clouds come and go: of exponentially
distributed length, half a minute of change at most between clear sky and what they leave of it.
"""

import math
import random
from collections.abc import Iterator
from datetime import datetime

from .specs import DAY_MS, LoadSpec

_STEP_MS = 10_000
_RISE_MS, _SET_MS = 6 * 3_600_000, 20 * 3_600_000
_CHANGE = 1 / 3  # of the way in a step


def feed(spec: LoadSpec, seed: str, start: datetime, run_ms: int) -> Iterator:
    """The stream of currents, all of them 0 or negative."""
    rng = random.Random(seed)
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
    offset_ms = round((start - midnight).total_seconds() * 1000)
    clear, target, until_ms = 1.0, 1.0, 0
    last = None
    for t_ms in range(0, run_ms + 1, _STEP_MS):
        if spec.clouds and t_ms >= until_ms:
            target = spec.under_cloud if target == 1.0 else 1.0
            mean_s = (spec.clear_ms if target == 1.0 else spec.cloud_ms) / 1000
            until_ms = t_ms + round(rng.expovariate(1 / mean_s) * 1000)
        clear += max(-_CHANGE, min(_CHANGE, target - clear))
        day = ((offset_ms + t_ms) % DAY_MS - _RISE_MS) / (_SET_MS - _RISE_MS)
        height = math.sin(math.pi * day) if 0 < day < 1 else 0.0
        ma = round(-spec.peak_ma * height * clear)
        now = tuple(ma if phase in spec.phases else 0 for phase in range(3))
        if now != last:
            last = now
            yield t_ms, now
