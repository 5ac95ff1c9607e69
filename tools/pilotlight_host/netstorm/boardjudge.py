"""The same of an emulated board, whose time is exact: nothing the machine does needs an excuse.

How late control steps are is judged against the same board before the first trick: its collections
and all it does beside make it late with the best network, too. Times in ms of the board.
"""

from typing import TYPE_CHECKING

from pilotlight_host.sim.plant import Plant

from .appjudge import AppJudge
from .lateness import LATE_MS
from .stepprobe import STEP_MS

if TYPE_CHECKING:
    from .boardstorm import BoardSeen

COIL_MS = 60  # and the contactor's own release
_WINDOW_MS = 5000  # many collections: soon after one there is no garbage
_WINDOWS = 36  # three minutes: less tells nothing of growth, the ring of events fills meanwhile


class BoardJudge(AppJudge):
    """Of one storm around a board. `remote`: its outputs, which `seen` has."""

    seen: "BoardSeen"
    transport_ms = LATE_MS  # there is none, but a step may be so late
    at_rest = 1  # the broker

    def __init__(self, seen: "BoardSeen", plant: Plant) -> None:
        super().__init__(seen, seen, plant)
        self.open_ms = COIL_MS + plant.scenario.knobs.contactor_release_ms
        self.figures["board"] = {
            "name": "pico_ppp",
            "wall_s": round(seen.wall_s),
            "speed": round(seen.end_ms / 1000 / seen.wall_s, 2),
        }

    def lateness(self) -> None:
        """All steps, and those before the first trick as the witness."""
        begin_ms = min((played.begin_ms for played in self.seen.played), default=0.0)
        witness_ms = max((late for at, late in self.seen.steps if at < begin_ms), default=0)
        worst: dict[str, int] = {}
        steps = [(at, late) for at, late in self.seen.steps if at >= begin_ms]
        for at_ms, late_ms in steps:
            name = self.seen.trick_at(at_ms)
            worst[name] = max(worst.get(name, 0), late_ms)
            if late_ms > witness_ms + LATE_MS:
                self.blame(at_ms, f"control step {late_ms} ms late, {witness_ms} before any trick")
        if len(steps) < (self.seen.end_ms - begin_ms) / STEP_MS * 0.9:
            self.troubles.append(f"only {len(steps)} control steps")
        self.figures["lateness"] = {
            "steps": len(steps),
            "over_budget": sum(late > LATE_MS for _, late in steps),
            "witness_ms": witness_ms,
            "worst_ms": max(worst.values(), default=None),
            "by_trick": worst,
        }

    def board(self) -> None:
        """It ran all the time."""
        for event in self.seen.resets:
            self.blame(event.t_us / 1000, f"the board was reset ({event.cause})")
        for word in (">>> ", "Traceback"):
            if word in self.seen.console:
                self.troubles.append(f"the firmware said {self.seen.console[-400:]!r}")

    def heap(self) -> None:
        """Least in use per window: what is not collected yet is left out. The floor has it in."""
        begin_ms = min((played.begin_ms for played in self.seen.played), default=0.0)
        windows: dict[int, list[int]] = {}
        for at_ms, heap in self.seen.heap:
            if at_ms >= begin_ms:
                windows.setdefault(int(at_ms // _WINDOW_MS), []).append(heap.used)
        used = [min(window) for window in windows.values()]
        if not used:
            self.troubles.append("the heap was not looked at")
            return
        largest = [heap.largest for _, heap in self.seen.heap]
        self.figures["heap"] = {
            "looked": len(largest),
            "in_use": [min(used), max(used)],
            "growth": self.growth(used) if len(used) >= _WINDOWS else None,
            "floor": min(heap.free for _, heap in self.seen.heap),
            "largest_free_block": [min(largest), max(largest), largest[-1]],
        }
