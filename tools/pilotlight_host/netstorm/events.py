"""What became of the journal on its way to the broker's listener."""

from dataclasses import dataclass, field

RING = 64  # events that the journal holds


@dataclass(frozen=True)
class Event:
    """As heard at `at_ms`."""

    at_ms: float
    seq: int
    age_s: int
    utc_s: int | None
    text: str
    boot: int | None = None

    @property
    def noted_ms(self) -> float:
        """When it happened, at the latest."""
        return self.at_ms - self.age_s * 1000


@dataclass
class Delivered:
    """`lost`, `ringed` (overwritten before anybody was there to hear), `changed`: by number."""

    heard: int = 0
    doubled: int = 0
    lost: list[int] = field(default_factory=list)
    ringed: list[int] = field(default_factory=list)
    changed: list[int] = field(default_factory=list)


def delivered(heard: list[Event]) -> Delivered:
    """Numbers from 0 to the highest heard."""
    found, first = Delivered(), {}
    for event in heard:
        before = first.setdefault(event.seq, event)
        if before is not event:
            found.doubled += 1
            if before.text != event.text:
                found.changed.append(event.seq)
    found.heard = len(first)
    for seq in sorted(set(range(max(first, default=-1) + 1)) - set(first)):
        after = next(event for event in heard if event.seq > seq)
        over = first.get(seq + RING)
        is_ringed = over is not None and over.noted_ms - 1000 <= after.at_ms
        (found.ringed if is_ringed else found.lost).append(seq)
    return found
