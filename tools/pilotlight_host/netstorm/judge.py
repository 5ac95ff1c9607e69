"""Was anything of the network felt at the outlets? Figures, and what is wrong, by trick.

The rules are taken from the published promises, not from the code they judge. Times in ms.
"""

import itertools
import re
from typing import Any

from pilotlight_host.sim.car import offered_ma
from pilotlight_host.sim.plant import Plant
from pilotlight_host.sim.remoteplant import Change, RemotePlant

from . import site as sites
from .events import delivered
from .lateness import LATE_MS, Step, against_witness, ahead
from .parties import FAILS, JUMPS, SET
from .seen import Seen

OPEN_MS, REACTION_MS, PWM_MS, TRANSPORT_MS = 100, 300, 5000, 20
_SLIGHTLY_MS = 5  # no need to look further
_ROUNDING_MA = 300
_AT_REST = 3  # sockets: board, broker, and now and then a question about the time
_NOT_JUDGED_SHARE = 0.02
_GROWTH_BYTES = 2048
_BLOCK_BYTES = 16
_TWIN_S, _AGAIN_S, _TOLD_S = 7.5, 59.0, 900.0


class Judge:
    """Of one storm. `troubles` names the trick in each; `figures` is for JSON."""

    def __init__(self, seen: Seen, remote: RemotePlant, plant: Plant) -> None:
        self.seen = seen
        self.remote = remote
        self.plant = plant
        self.troubles = list(seen.troubles)
        self.figures: dict[str, Any] = {"seed": seen.seed, "seconds": round(seen.end_ms / 1000)}
        self.steps = against_witness(seen.app_log, seen.witness_log)
        self.noise = seen.noise
        late = [step for step in self.steps if step.is_witness_late]
        self.noise.witness = [self.ms_of(step) for step in late]

    def ms_of(self, step: Step) -> int:
        """When a step was, in the time of the plant."""
        return ahead(step.ticks, self.seen.ticks_at_0)

    def blame(self, t_ms: float, text: str) -> None:
        """Something is wrong, and it was during which trick."""
        self.troubles.append(f"{self.seen.trick_at(t_ms)}, at {t_ms / 1000:.1f} s: {text}")

    def run(self) -> "Judge":
        """All of it."""
        for played in self.seen.played:
            for text in played.troubles:
                self.blame(played.begin_ms, text)
        self._lateness()
        self._openings()
        self._duties()
        self._overloads()
        self._board()
        self._events()
        self._heap()
        self._sockets()
        self._times()
        self._tricks()
        self.figures["troubles"] = self.troubles
        return self

    # ------------------------------------------------------------------ the control step

    def _lateness(self) -> None:
        worst: dict[str, int] = {}
        judged = [step for step in map(self._without_waiting, self.steps) if step is not None]
        for step in judged:
            name = self.seen.trick_at(self.ms_of(step))
            worst[name] = max(worst.get(name, step.beyond_ms), step.beyond_ms)
            if step.beyond_ms > LATE_MS:
                text = f"control step {step.beyond_ms} ms later than the witness"
                self.blame(self.ms_of(step), text)
        not_judged = len(self.steps) - len(judged)
        if not_judged > len(self.steps) * _NOT_JUDGED_SHARE:
            self.troubles.append(f"the machine is too busy: {not_judged} steps cannot be judged")
        if len(judged) < self.seen.end_ms / 20 * 0.9:
            self.troubles.append(f"only {len(judged)} control steps")
        self.figures["lateness"] = {
            "steps": len(self.steps),
            "not_judged": not_judged,
            "worst_ms": max(worst.values(), default=None),
            "by_trick": worst,
        }

    def _without_waiting(self, step: Step) -> Step | None:
        """None: the witness was too late, or the app was kept from running for too long."""
        if step.is_witness_late or step.beyond_ms <= _SLIGHTLY_MS:
            return None if step.is_witness_late else step
        at_ms = self.ms_of(step)
        waited_ms = round(self.noise.waited_ms(at_ms - step.late_ms, at_ms))
        if waited_ms > LATE_MS and waited_ms >= step.late_ms - LATE_MS:
            return None
        beyond_ms = min(step.beyond_ms, step.late_ms - waited_ms)
        return Step(step.ticks, step.late_ms, beyond_ms, False)

    # ------------------------------------------------------------------ outlets

    def _changes(self, outlet: int) -> list[Change]:
        return [change for change in self.remote.changes if change.outlet == outlet]

    def _openings(self) -> None:
        release_ms = self.plant.scenario.knobs.contactor_release_ms
        times, noisy, idle = [], 0, 0
        for event in self.plant.scenario.events:
            if event.outlet is None or event.at_ms > self.seen.end_ms - 1000:
                continue
            changes = self._changes(event.outlet)
            before = [change for change in changes if change.t_ms < event.at_ms]
            if not before or not before[-1].coil:
                idle += 1
                continue
            opened_ms = next(
                (c.t_ms for c in changes if c.t_ms >= event.at_ms and not c.coil), 1 << 60
            )
            took_ms = opened_ms + release_ms - event.at_ms
            if took_ms <= OPEN_MS:
                times.append(took_ms)
            elif self.noise.is_there(event.at_ms, event.at_ms + 200):
                noisy += 1
            else:
                self.blame(event.at_ms, f"{event.kind}: contacts open after {took_ms} ms")
        if len(times) < idle:
            self.troubles.append(f"only {len(times)} of {len(times) + idle} cars were charging")
        self.figures["openings"] = {
            "judged": len(times),
            "worst_ms": max(times, default=None),
            "not_judged": noisy,
            "not_charging": idle,
        }

    def _duties(self) -> None:
        """No command lifts what the site file says."""
        highest = [0, 0]
        for change in self.remote.changes:
            offer_ma = offered_ma(change.duty)
            highest[change.outlet] = max(highest[change.outlet], offer_ma)
            if offer_ma > sites.MAX_A[change.outlet] * 1000:
                self.blame(change.t_ms, f"outlet {change.outlet + 1} offers {offer_ma} mA")
        self.figures["highest_offer_a"] = [ma / 1000 for ma in highest]
        self.figures["commands_refused"] = self.seen.refused

    def _overloads(self) -> None:
        """The offers fit again in time, 5 s after the last change of a duty at the latest."""
        times, noisy = [], 0
        for began_ms in self.seen.overloads:
            if began_ms > self.seen.end_ms - PWM_MS - 1000:
                continue
            states = [self._state(outlet, began_ms) for outlet in (0, 1)]
            by_ms = max(began_ms + REACTION_MS, *(at + PWM_MS for at, _, _ in states))
            fits_ms = self._fits(began_ms)
            if fits_ms <= by_ms + TRANSPORT_MS:
                times.append(fits_ms - began_ms)
            elif self.noise.is_there(began_ms, by_ms):
                noisy += 1
            else:
                self.blame(began_ms, f"overload: offers fit after {fits_ms - began_ms} ms")
        tripped = self.plant.breaker(0).tripped
        if tripped:
            self.troubles.append("the breaker has tripped")
        self.figures["overloads"] = {
            "judged": len(times),
            "not_judged": noisy,
            "worst_ms": max(times, default=None),
            "peak_heat_pct": round(self.plant.breaker(0).peak_heat * 100),
        }

    def _state(self, outlet: int, t_ms: int) -> tuple[int, int, bool]:
        """(When its duty changed last, what it offers, is the coil on) then."""
        changed_ms, offer_ma, coil = -PWM_MS, 0, False
        for change in self._changes(outlet):
            if change.t_ms > t_ms:
                break
            if offered_ma(change.duty) != offer_ma:
                changed_ms, offer_ma = change.t_ms, offered_ma(change.duty)
            coil = change.coil
        return changed_ms, offer_ma, coil

    def _fits(self, from_ms: int) -> int:
        """When house and offers are together no more than the fuse carries, from then on."""
        times = [from_ms, *(c.t_ms for c in self.remote.changes if c.t_ms > from_ms)]
        for t_ms in times:
            offers = [offer for _, offer, coil in map(self._state, (0, 1), (t_ms, t_ms)) if coil]
            room_ma = sites.RATING_A * 1000 - self._house_ma(t_ms) + _ROUNDING_MA
            if sum(offers) <= room_ma:
                return t_ms
        return 1 << 60

    def _house_ma(self, t_ms: int) -> int:
        amps = sites.HOUSE_L2_A
        for event in self.plant.scenario.events:
            if event.kind == "step" and event.at_ms <= t_ms < event.at_ms + (event.for_ms or 0):
                amps += sites.STEP_A
        return amps * 1000

    def _board(self) -> None:
        """The other side of the pins has seen nothing but `out` lines, all in time."""
        for change in self.remote.changes:
            if change.cause != "out" and change.t_ms < self.seen.end_ms:
                if not self.noise.is_there(change.t_ms - 100, change.t_ms):
                    self.blame(change.t_ms, f"outputs went safe: {change.cause}")
        counts = (self.remote.connections, self.remote.watchdog_bites)
        if counts != (1, 0) or self.remote.malformed:
            self.troubles.append(f"(connections, watchdog bites) of the board: {counts}")
        if self.seen.stderr:
            self.troubles.append(f"the app said {self.seen.stderr!r}")
        for text in self.seen.malformed:
            self.troubles.append(f"what app or broker sent is no MQTT: {text}")

    # ------------------------------------------------------------------ the app

    def _events(self) -> None:
        found = delivered(self.seen.events)
        for seq in found.lost:
            at_ms = next(event.noted_ms for event in self.seen.events if event.seq > seq)
            self.blame(at_ms, f"event {seq} was lost")
        for seq in found.changed:
            self.troubles.append(f"event {seq} came twice with different texts")
        self.figures["events"] = {
            "heard": found.heard,
            "lost": len(found.lost),
            "overwritten": len(found.ringed),
            "twice": found.doubled,
            "most_per_gap": self._most_away(),
        }

    def _most_away(self) -> int:
        """Most events that waited while nobody was there: the ring holds 64."""
        waiting = [event for event in self.seen.events if event.age_s >= 2]
        return max(
            (sum(abs(o.at_ms - e.at_ms) < 1000 for o in waiting) for e in waiting), default=0
        )

    def _heap(self) -> None:
        """In the last third as in the one before: what is kept on the way is there by then."""
        rows = [line.split() for line in self.seen.app_log.splitlines()]
        used = [int(row[1]) for row in rows if row[0] == "heap" and len(row) == 3]
        code = next((int(row[1]) for row in rows if row[0] == "code"), 0)
        blocks = [
            int(n) * _BLOCK_BYTES for n in re.findall(r"max free sz: (\d+)", self.seen.heap_log)
        ]
        if len(used) < 3 or not blocks:
            self.troubles.append("the heap was hardly looked at")
            return
        third = len(used) // 3
        middle, last = sorted(used[third : 2 * third]), sorted(used[-third:])
        growth = last[third // 2] - middle[third // 2]
        if growth > _GROWTH_BYTES:
            self.troubles.append(
                f"the heap in use grows: by {growth} bytes in a third of the storm"
            )
        self.figures["heap"] = {
            "looked": len(used),
            "code": code,
            "in_use": [min(used) - code, max(used) - code],
            "growth": growth,
            "largest_free_block": [min(blocks), max(blocks), blocks[-1]],
        }

    def _sockets(self) -> None:
        """No more in any good spell than there are things to talk to."""
        counts = []
        for played in self.seen.played:
            ends_ms = self.seen.spell_end(played)
            spell = [n for at, n in self.seen.sockets if ends_ms - 1500 <= at <= ends_ms]
            counts.append(min(spell, default=0))
            if counts[-1] > _AT_REST:
                self.blame(played.end_ms, f"{counts[-1]} sockets at rest")
        most = max((n for _, n in self.seen.sockets), default=0)
        self.figures["sockets"] = {"at_rest": sorted(set(counts)), "most": most}

    def _times(self) -> None:
        """A jump is asked again after 8 s, a failure after 60 s; what is told once is no time."""
        told = self.seen.told_times
        counts = {what: sum(w == what for _, w in told) for what in (JUMPS, *FAILS, SET)}
        for (at, what), (then, _) in itertools.pairwise(told):
            least_s = {JUMPS: _TWIN_S, SET: _TOLD_S}.get(what, _AGAIN_S)
            if then - at < least_s:
                self.blame(at * 1000, f"time server {what}: asked again after {then - at:.1f} s")
        set_ms = next((at * 1000 for at, what in told if what == SET), 1e18)
        for event in self.seen.events:
            if event.utc_s is not None and event.at_ms < set_ms:
                self.blame(event.at_ms, f"a time that was told once was believed: {event.utc_s}")
        if not counts[JUMPS]:
            self.troubles.append("the time server was not asked")
        self.figures["time_server"] = counts

    # ------------------------------------------------------------------ tricks

    def _tricks(self) -> None:
        table: dict[str, dict[str, Any]] = {}
        by_trick = self.figures["lateness"]["by_trick"]
        for played in self.seen.played:
            row = table.setdefault(
                played.name, {"times": 0, "seconds": 0.0, "done": 0, "back_s": 0.0}
            )
            row["times"] += 1
            row["seconds"] = round(row["seconds"] + (played.end_ms - played.begin_ms) / 1000, 1)
            row["done"] += played.done
            row["back_s"] = max(row["back_s"], round(played.back_s, 1))
            row["worst_ms"] = by_trick.get(played.name)
        self.figures["tricks"] = table
