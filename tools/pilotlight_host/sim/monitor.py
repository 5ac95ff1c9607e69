"""Watches a run after every step: invariants, deadlines, and the figures of the report.

It judges by the plant's truth. What only the firmware knows (its faults, permits and reasons) is
added where it can be had: `inside.py` looks into a firmware of this process. Times in ms since the
start of the run.
"""

import hashlib
from dataclasses import dataclass, field
from typing import Any

from .plant import Plant

OPEN_MS = 100  # car leaves C to contacts open (seq 8.1)
CLOSE_MS = 3000  # C2 to contactor (seq 4)
FORCE_MS = 7000  # x1 to contactor open (seq 10.2)
REST_MS = 5000  # from opening to the next closing
PWM_MS = 5000  # between two PWM duties (seq 6)
CALM_MS = 10_000  # an outlet is off before and after its second contactor moves
REACTION_MS = 300  # first overloaded mains cycle to lower duty, where clamps measure
POLL_MS = 400  # one meter transaction with its gap, and one in between that brings slow values
FOLLOW_MS = 6000  # cars may still be following a reduction: whether it was enough shows after that


def is_pwm(duty: int) -> bool:
    """The oscillator is on."""
    return 0 < duty < 10000


@dataclass
class Seen:
    """One outlet as it was at the latest look."""

    duty: int = 10000
    coil: bool = False
    reason: str = ""
    pwm_ms: int = -PWM_MS
    x1_ms: int | None = None
    opened_ms: int = -REST_MS
    c2_ms: int | None = None
    is_told: bool = False
    cycles: int = 0
    left_c_seen: int | None = None
    second: bool = False
    second_ms: int = -CALM_MS
    calm_ms: int = 0
    live_moves: int = 0
    was_closed: bool = False


@dataclass
class _Feeder:
    reaction_ms: int | None = None
    overload_ms: int | None = None
    is_pending: bool = False
    lowered_ms: int = -(10**9)
    changed_ms: int = -(10**9)


@dataclass
class Findings:
    """What the monitor found. Violations are `t_ms, text`."""

    invariants: list[tuple[int, str]] = field(default_factory=list)
    timings: list[tuple[int, str]] = field(default_factory=list)
    reactions_ms: list[int] = field(default_factory=list)
    open_ms: list[int] = field(default_factory=list)
    decisions: list[str] = field(default_factory=list)


class Monitor:
    """`site`: the checked site file. `step(t_ms)` is called after every control step, or as often
    as the pins can be looked at.
    """

    def __init__(self, plant: Plant, site: dict[str, Any]) -> None:
        self._plant = plant
        self._site = site
        self._release_ms = plant.scenario.knobs.contactor_release_ms
        self._outlets = [Seen() for _ in plant.scenario.outlets]
        self._feeders = [_Feeder() for _ in plant.scenario.feeders]
        self.found = Findings()
        self.steps = 0
        self.changes: list[tuple[int, int, int, bool, str]] = []

    def step(self, t_ms: int) -> None:
        """Look at everything once."""
        self.steps += 1
        for i, seen in enumerate(self._outlets):
            self._look_at_outlet(t_ms, i, seen)
        for i, feeder in enumerate(self._feeders):
            self._look_at_feeder(t_ms, i, feeder)

    def _reaction_ms(self, i: int) -> int | None:
        """300 ms with clamps; a meter alone shows an overload only after its refresh and a poll.

        None while no sensor lives: then the fallback is in charge, by its own timetable.
        """
        plant, table = self._plant, self._site["feeders"][i]
        if table["clamps"] is not None and not (plant.clamps_fault or plant.clamps_lie):
            return REACTION_MS
        if table["meter"] is None or plant.meter_fault or plant.meter_lie:
            return None
        poll_ms = max(meter["poll_ms"] for meter in self._site["meters"])
        return plant.scenario.knobs.meter_refresh_ms + poll_ms + POLL_MS

    # ------------------------------------------------------------------ what the firmware knows

    def _reason(self, i: int) -> str:
        """Why it offers what it offers."""
        return ""

    def _check_permit(self, t_ms: int, i: int) -> None:
        """The coil is on: is that permitted, and no fault there?"""

    def _may_close(self, t_ms: int, i: int, seen: Seen) -> bool:
        """The coil is off and nothing but a car in C is missing: by the pilot's duty, which is a
        PWM only with a permit and without a fault.
        """
        return is_pwm(self._plant.duty(i)) and t_ms - seen.opened_ms >= REST_MS

    # ------------------------------------------------------------------ outlets

    def _look_at_outlet(self, t_ms: int, i: int, seen: Seen) -> None:
        plant = self._plant
        duty, coil = plant.duty(i), plant.coil(i)
        if coil:
            self._check_car(t_ms, i)
            self._check_permit(t_ms, i)
        if duty != seen.duty:
            self._duty_changed(t_ms, i, seen, duty)
        if coil != seen.coil:
            self._coil_changed(t_ms, i, seen, coil)
        self._check_closing(t_ms, i, seen, coil)
        if plant.scenario.outlets[i].switching:
            self._look_at_second(t_ms, i, seen)
        if seen.x1_ms is not None:
            if not coil or is_pwm(duty):
                seen.x1_ms = None
            elif t_ms - seen.x1_ms > FORCE_MS:
                self._timing(
                    t_ms, f"outlet {i + 1}: contactor closed {t_ms - seen.x1_ms} ms after x1"
                )
                seen.x1_ms = None
        reason = self._reason(i)
        if (duty, coil, reason) != (seen.duty, seen.coil, seen.reason):
            seen.duty, seen.coil, seen.reason = duty, coil, reason
            self.found.decisions.append(f"{t_ms} {i + 1} {duty} {int(coil)} {reason}")
            self.changes.append((t_ms, i, duty, coil, reason))

    def _check_car(self, t_ms: int, i: int) -> None:
        """Contactor closed => state C or D, but for the time it may take to open."""
        plant = self._plant
        if plant.car_state(i) not in "CD":
            left_ms = plant.car_left_c_ms(i)
            if left_ms is None or t_ms - left_ms > OPEN_MS - self._release_ms:
                self._invariant(t_ms, f"outlet {i + 1}: coil on, car in {plant.car_state(i)}")

    def _duty_changed(self, t_ms: int, i: int, seen: Seen, duty: int) -> None:
        is_less = not is_pwm(duty) or (is_pwm(seen.duty) and duty < seen.duty)
        for feeder in self._above(i):
            feeder.changed_ms = t_ms
            if is_less:
                self._reduced(t_ms, feeder)
        if is_pwm(duty):
            if t_ms - seen.pwm_ms < PWM_MS:
                self._invariant(t_ms, f"outlet {i + 1}: PWM duties {t_ms - seen.pwm_ms} ms apart")
            if not 1000 <= duty <= 9600:
                self._invariant(t_ms, f"outlet {i + 1}: forbidden duty {duty / 100} %")
            seen.pwm_ms = t_ms
        elif seen.coil:
            seen.x1_ms = t_ms

    def _coil_changed(self, t_ms: int, i: int, seen: Seen, coil: bool) -> None:
        if coil:
            seen.cycles += 1
            return
        seen.opened_ms = t_ms
        for feeder in self._above(i):
            self._reduced(t_ms, feeder)
        left_ms = self._plant.car_left_c_ms(i)
        if (
            left_ms is not None
            and left_ms != seen.left_c_seen
            and self._plant.car_state(i) not in "CD"
        ):
            open_ms = t_ms - left_ms + self._release_ms
            self.found.open_ms.append(open_ms)
            if open_ms > OPEN_MS:
                self._timing(t_ms, f"outlet {i + 1}: open {open_ms} ms after the car left C")
        seen.left_c_seen = left_ms

    def _check_closing(self, t_ms: int, i: int, seen: Seen, coil: bool) -> None:
        waits = not coil and self._plant.car_state(i) == "C" and self._may_close(t_ms, i, seen)
        if not waits:
            seen.c2_ms = None
            seen.is_told = False
        elif seen.c2_ms is None:
            seen.c2_ms = t_ms
        elif t_ms - seen.c2_ms >= CLOSE_MS and not seen.is_told:
            seen.is_told = True
            self._timing(t_ms, f"outlet {i + 1}: not closed {CLOSE_MS} ms after C2")

    def _look_at_second(self, t_ms: int, i: int, seen: Seen) -> None:
        """The second contactor moves only where nothing flows and nobody waits for it, 10 s before
        and after; the main one is never closed on one that is not where it was told to be.
        """
        plant, second = self._plant, self._plant.second(i)
        for at_ms, text in plant.moved_live(i)[seen.live_moves :]:
            self._invariant(at_ms, f"outlet {i + 1}: {text}")
        seen.live_moves = len(plant.moved_live(i))
        if second.coil != seen.second:
            seen.second, seen.second_ms = second.coil, t_ms
            if t_ms - seen.calm_ms < CALM_MS:
                self._invariant(t_ms, f"outlet {i + 1}: second contactor moves without calm")
        if plant.coil(i) and not seen.was_closed:
            if t_ms - seen.second_ms < CALM_MS or second.is_closed != second.coil:
                self._invariant(t_ms, f"outlet {i + 1}: closed on a second contactor in doubt")
        seen.was_closed = plant.coil(i)
        is_off = not plant.contacts_closed(i) and plant.duty(i) == 10000
        if not is_off or plant.car_state(i) in "CD":
            seen.calm_ms = t_ms

    # ------------------------------------------------------------------ feeders

    def _look_at_feeder(self, t_ms: int, i: int, seen: _Feeder) -> None:
        since_ms = self._plant.overload_since_ms(i)
        if since_ms != seen.overload_ms:
            seen.overload_ms = since_ms
            seen.reaction_ms = self._reaction_ms(i)
            seen.is_pending = since_ms is not None and self._is_measured(i) and self._can_reduce(i)
            if since_ms is not None and seen.lowered_ms >= since_ms:
                self._reduced(seen.lowered_ms, seen)
        if seen.is_pending and since_ms is not None and seen.reaction_ms is not None:
            limit_ms = since_ms + seen.reaction_ms
            if since_ms - seen.changed_ms < FOLLOW_MS:
                limit_ms = max(limit_ms, seen.changed_ms + FOLLOW_MS + seen.reaction_ms)
            if t_ms > limit_ms and self._can_reduce(i):
                self._timing(t_ms, f"feeder {i}: overloaded since {since_ms} without reduction")
                seen.is_pending = False

    def _above(self, outlet: int) -> list[_Feeder]:
        """The feeders through which the outlet's current flows."""
        scenario = self._plant.scenario
        return [self._feeders[f] for f in scenario.line(scenario.outlets[outlet].feeder)]

    def _is_measured(self, feeder: int) -> bool:
        """It has a sensor: without one nobody sees an overload."""
        table = self._site["feeders"][feeder]
        return table["clamps"] is not None or table["meter"] is not None

    def _can_reduce(self, feeder: int) -> bool:
        """An outlet behind it, on an overloaded phase, carries current and could be told less."""
        plant, scenario = self._plant, self._plant.scenario
        rating_ma = scenario.feeders[feeder].rating_a * 1000
        full = [p for p, ma in enumerate(plant.feeder_ma(feeder)) if ma > rating_ma]
        return any(
            is_pwm(plant.duty(i)) and plant.coil(i) and any(p in spec.wires for p in full)
            for i, spec in enumerate(scenario.outlets)
            if feeder in scenario.line(spec.feeder)
        )

    def _reduced(self, t_ms: int, seen: _Feeder) -> None:
        seen.lowered_ms = t_ms
        if seen.is_pending and seen.overload_ms is not None:
            self.found.reactions_ms.append(t_ms - seen.overload_ms)
            seen.is_pending = False

    # ------------------------------------------------------------------ findings

    def _invariant(self, t_ms: int, text: str) -> None:
        self.found.invariants.append((t_ms, text))

    def _timing(self, t_ms: int, text: str) -> None:
        self.found.timings.append((t_ms, text))

    @property
    def cycles(self) -> list[int]:
        """Contactor closings per outlet."""
        return [seen.cycles for seen in self._outlets]

    def decisions_sha256(self) -> str:
        """Over the lines `t_ms outlet duty contactor reason`, on change only."""
        text = "".join(line + "\n" for line in self.found.decisions)
        return hashlib.sha256(text.encode()).hexdigest()
