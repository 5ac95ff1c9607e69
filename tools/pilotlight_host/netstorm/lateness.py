"""How late the control steps of the app are, beside a bare loop of another process: the witness.

Both log `step TICKS LATE_MS` (host_tests/mpy). Ticks are those of the machine's monotonic clock.
"""

from dataclasses import dataclass

LATE_MS = 20
TICKS_PERIOD = 1 << 30
_NEAR_MS = 40


@dataclass(frozen=True)
class Step:
    """`beyond_ms`: how much later than the witness. Where that is late itself, nothing is told."""

    ticks: int
    late_ms: int
    beyond_ms: int
    is_witness_late: bool


def samples(log: str) -> list[tuple[int, int]]:
    """(ticks, lateness in ms) of each step in a log."""
    rows = [line.split() for line in log.splitlines() if line.startswith("step ")]
    return [(int(row[1]), int(row[2])) for row in rows if len(row) == 3]


def against_witness(app_log: str, witness_log: str) -> list[Step]:
    """Every control step, by time."""
    told = samples(witness_log)
    found, at = [], 0
    for ticks, late_ms in samples(app_log):
        while at < len(told) and ahead(ticks, told[at][0]) > _NEAR_MS:
            at += 1
        near = [late for when, late in told[at : at + 8] if abs(ahead(when, ticks)) <= _NEAR_MS]
        witness_ms = max(near, default=LATE_MS + 1)
        found.append(Step(ticks, late_ms, late_ms - witness_ms, witness_ms > LATE_MS))
    return found


def ahead(ticks: int, of: int) -> int:
    """By how many ms the one is later than the other."""
    half = TICKS_PERIOD // 2
    return (ticks - of + half) % TICKS_PERIOD - half
