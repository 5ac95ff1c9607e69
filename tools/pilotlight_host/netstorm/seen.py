"""What was seen in a storm, for whoever judges it. Times in ms of the plant."""

from dataclasses import dataclass, field

from .events import Event
from .noise import Noise


@dataclass
class Played:
    """One trick as it went."""

    name: str
    begin_ms: float
    end_ms: float = 0.0  # of the trick; its good spell lasts to the begin of the next
    done: int = 0
    back_s: float = 0.0
    troubles: list[str] = field(default_factory=list)


@dataclass
class Seen:
    """All that is judged."""

    seed: int
    played: list[Played] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    answers: set[str] = field(default_factory=set)
    sockets: list[tuple[float, int]] = field(default_factory=list)
    overloads: list[int] = field(default_factory=list)
    noise: Noise = field(default_factory=Noise)
    refused: int = 0  # commands, as the site says
    ticks_at_0: int = 0  # of the app, at 0 ms
    end_ms: float = 0.0
    troubles: list[str] = field(default_factory=list)
    malformed: list[str] = field(default_factory=list)
    told_times: list[tuple[float, str]] = field(default_factory=list)  # (s, what) of the server
    app_log: str = ""
    heap_log: str = ""
    witness_log: str = ""
    stderr: str = ""

    def trick_at(self, t_ms: float) -> str:
        """Whose time that was, its good spell included."""
        names = [played.name for played in self.played if played.begin_ms <= t_ms]
        return names[-1] if names else "start"

    def spell_end(self, played: Played) -> float:
        """Until then nothing was done after that trick."""
        later = [other.begin_ms for other in self.played if other.begin_ms > played.begin_ms]
        return min(later, default=self.end_ms)
