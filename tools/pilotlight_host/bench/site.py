"""The site that rows are measured on, as a site file."""

from __future__ import annotations

from typing import Any

CLAMP_GAIN = 4884  # mA per 100 counts, of the boards' clamps
CLAMPS = [{"channel": channel, "gain": CLAMP_GAIN} for channel in (1, 2, 3)]


def site(
    outlets: int,
    *,
    rating_a: int = 63,
    max_a: int = 16,
    meter: bool = False,
    broker: tuple[str, int] | None = None,
) -> dict[str, Any]:
    """One feeder with clamps (and a meter) and so many outlets of `max_a`."""
    feeder: dict[str, Any] = {"id": "main", "rating_a": rating_a, "breaker": "gG"}
    feeder |= {"base_max_a": 20, "clamps": CLAMPS}
    found: dict[str, Any] = {"site": {"id": "bench"}, "feeders": [feeder]}
    outlet = {"feeder": "main", "max_a": max_a, "phases": ["L1", "L2", "L3"]}
    found["outlets"] = [outlet] * outlets
    if meter:
        feeder["meter"] = "grid"
        found["meters"] = [{"id": "grid", "port": "meter", "model": "sdm630"}]
    if broker:
        found["mqtt"] = {"host": broker[0], "port": broker[1]}
    return found
