"""What comes out of a replay. Times in ms since the recording began, currents in mA."""

import dataclasses
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Change:
    """An outlet was offered something else."""

    t_ms: int
    outlet: int
    from_ma: int
    to_ma: int
    why: str


@dataclass
class Difference:
    """From here on another setting offers an outlet something else than was offered, until the
    next one of that outlet; the same where both are equal.
    """

    t_ms: int
    outlet: int
    was_ma: int
    other_ma: int
    why: str


@dataclass
class Disagreement:
    """What was decided again is not what was recorded."""

    t_ms: int
    decision: int
    what: str
    recorded: Any
    replayed: Any


@dataclass
class Result:
    """All that came out."""

    version: str
    span_ms: int = 0
    segments: int = 0
    decisions: int = 0
    missed: int = 0  # by the recorder
    rearranged: int = 0  # times that pools, modes, phases or needs were others
    gaps: int = 0  # segments that do not follow on the one before
    changes: list[Change] = field(default_factory=list)
    disagreement: Disagreement | None = None
    unproved: int = 0  # decisions after it, up to the next segment
    differences: list[Difference] = field(default_factory=list)
    mean_ma: list[tuple[int, int]] = field(default_factory=list)  # of each outlet: was, other

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {"agrees": self.disagreement is None, **dataclasses.asdict(self)}
