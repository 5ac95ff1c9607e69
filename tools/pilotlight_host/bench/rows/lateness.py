"""How late control steps are while MQTT runs, and while its broker is gone."""

from __future__ import annotations

from ..figure import Figure, Options, Row
from ..soak import WHERE, soak

BUDGET_MS = 20


def measure(options: Options) -> list[Figure]:
    """Both histograms."""
    told = soak(options.hour)
    return [*_figures("broker", told["up"]), *_figures("no_broker", told["down"])]


def _figures(name: str, histogram: list[int]) -> list[Figure]:
    """`histogram`: steps that were 0, 1, ... ms late."""
    late = [ms for ms, count in enumerate(histogram) for _ in range(count)]
    if not late:
        raise RuntimeError(f"{name}: no steps")
    shown = ", ".join(f"{ms} ms: {count}" for ms, count in enumerate(histogram) if count)
    return [
        Figure(f"late.{name}.99%", late[len(late) * 99 // 100], "ms", compared=False),
        Figure(f"late.{name}.max", late[-1], "ms", most=BUDGET_MS, compared=False, note=shown),
    ]


ROW = Row(
    "lateness",
    "how late control steps are, 4 outlets charging, broker there and killed",
    WHERE,
    "board.pace of the control step: device/soak.py",
    measure,
)
