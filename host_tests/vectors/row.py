"""What a row of the table is."""

from dataclasses import dataclass, field
from typing import Any

from .steps import Step

PHASES = (0, 1, 3, 7, 10, 13, 16, 19)  # of the 20 ms step at which the stimulus comes, ms
FEW = (0, 7, 13)
ANY = (0,)  # where a few ms do not matter

FEEDER = {
    "id": "main",
    "base_max_a": 0,
    "breaker": "gG",
    "clamps": [{"channel": channel, "gain": 10000} for channel in (1, 2, 3)],
}


def site(count: int = 1, rating_a: int = 250, of_site: Any = None, **keys: Any) -> dict[str, Any]:
    """A site file with so many outlets; nothing else is on their feeder.

    16 A from the first moment on; with `min_a=6` it rises from 6 A as on any site.
    """
    outlet = {"feeder": "main", "max_a": 16, "min_a": 16} | keys
    return {
        "site": {"id": "vectors"} | (of_site or {}),
        "feeders": [FEEDER | {"rating_a": rating_a}],
        "outlets": [outlet] * count,
    }


@dataclass(frozen=True)
class Row:
    """One vector. Every script is played from every phase; each must meet the deadline."""

    id: str
    given: str
    stimulus: str
    reaction: str
    deadline: str
    basis: str
    scripts: tuple[list[Step], ...]
    phases: tuple[int, ...] = ANY
    site: dict[str, Any] = field(default_factory=site)
    guards: tuple[bool, ...] = (False,)  # boards without and with a guard


def row(
    id_: str,
    given: str,
    stimulus: str,
    reaction: str,
    deadline: str,
    basis: str,
    *scripts: list[Step],
    **more: Any,
) -> Row:
    """A row as the tables write it."""
    return Row(id_, given, stimulus, reaction, deadline, basis, scripts, **more)
