"""Was anything of the network felt at the outlets? Control step, contactors, offers; by trick.

The rules are taken from the published promises, not from the code they judge. Times in ms.
"""

from typing import Any, Protocol

from pilotlight_host.sim.car import offered_ma
from pilotlight_host.sim.plant import Plant
from pilotlight_host.sim.remoteplant import Change

from . import site as sites
from .lateness import LATE_MS, Step, against_witness, ahead
from .seen import Seen

OPEN_MS, REACTION_MS, PWM_MS = 100, 300, 5000
_ROUNDING_MA = 300
_NOT_JUDGED_SHARE = 0.05


class Outputs(Protocol):
    """What the board did to the plant, by time."""

    changes: list[Change]


class OutletJudge:
    """Of one storm. `troubles` names the trick in each; `figures` is for JSON."""

    transport_ms = 20  # socket and the other side's beat, twice
    open_ms = OPEN_MS + transport_ms

    def __init__(self, seen: Seen, remote: Outputs, plant: Plant) -> None:
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

    # ------------------------------------------------------------------ the control step

    def lateness(self) -> None:
        worst: dict[str, int] = {}
        without = [self.noise.without_waiting(step, self.ms_of(step)) for step in self.steps]
        judged = [step for step in without if step is not None]
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
            took_ms = round(opened_ms + release_ms - event.at_ms, 1)
            if took_ms <= self.open_ms:
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
        """A duty is lower in time; 5 s later at the latest all offers fit."""
        times, noisy = [], 0
        for began_ms in self.seen.overloads:
            if began_ms > self.seen.end_ms - 2 * PWM_MS - 1000:
                continue
            states = [self._state(outlet, began_ms) for outlet in (0, 1)]
            by_ms = max(began_ms + REACTION_MS, *(at + PWM_MS for at, _, _ in states))
            lower_ms, fits_ms = self._lowered(began_ms), self._fits(began_ms)
            late_ms = max(lower_ms - by_ms, fits_ms - by_ms - PWM_MS)
            if late_ms <= self.transport_ms:
                times.append(round(lower_ms - began_ms, 1))
            elif any(self.noise.is_there(at, at) for at in (began_ms, by_ms, by_ms + PWM_MS)):
                noisy += 1
            else:
                text = f"overload: a lower duty after {lower_ms - began_ms} ms"
                self.blame(began_ms, f"{text}, offers fit after {fits_ms - began_ms} ms")
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

    def _lowered(self, from_ms: int) -> int:
        """When the first offer was lower than then, or the first contactor opened."""
        before = [offer for _, offer, _ in map(self._state, (0, 1), (from_ms, from_ms))]
        for change in self.remote.changes:
            if change.t_ms >= from_ms:
                if offered_ma(change.duty) < before[change.outlet] or not change.coil:
                    return change.t_ms
        return 1 << 60

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
