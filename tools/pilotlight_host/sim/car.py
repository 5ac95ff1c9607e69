"""A car: what it reads in the duty, when it moves S2, what it draws. Times in ms, mA per phase.

Decoding by Table A.8 of IEC 61851-1 as quoted by Phoenix Contact and others. The car draws the
same current on each of its phases. Its energy is counted as integer mA * ms over all phases.
"""

from .agenda import Agenda
from .pilotline import CONSTANT_HIGH, net_ohm
from .quirks import QUIRKS
from .specs import CarSpec

RAMP_STEP_MS = 100
# Sequence 6: the car is below a new, lower limit within 5 s; its ramp down is steeper if need be.
FOLLOW_WITHIN_MS = 5000
# A driver who leaves ends the charge first and pulls the plug this long after S2 has opened.
PULL_PLUG_MS = 2000
# Below this R3 the car asks for ventilation, state D.
VENTILATION_OHM = 500
# R3 of a car that asks for it.
_D_OHM = 270


def offered_ma(duty: int) -> int:
    """The current a duty in 1/100 % permits, mA; 0 = not permitted (x1, F, digital 3...7 %)."""
    if duty < 800 or duty > 9700:
        return 0
    if duty < 1000:
        return 6000
    if duty <= 8500:
        return duty * 6
    if duty <= 9600:
        return (duty - 6400) * 25
    return 80000


class Car:
    """One car at one outlet. `changed(pilot, current)` is called after each move."""

    def __init__(self, spec: CarSpec, agenda: Agenda, phases: int, voltage_v: float, changed):
        self.spec = spec
        self.plugged = False
        self.s2_closed = False
        self.current_ma = 0
        self._agenda = agenda
        self._phases = phases
        self._changed = changed
        self._needed_ma_ms = round(spec.energy_wh * 3.6e9 / voltage_v)
        self._taken_ma_ms = 0
        self._since_ms = 0
        self._powered = False
        self._drawing = False
        self._asleep = False
        self._offer_ma = 0
        self._wake: list | None = None
        self._stop: list | None = None
        self._start: list | None = None
        self._ramp: list | None = None
        self._full: list | None = None
        self._retargets: list[list] = []
        self._duty = CONSTANT_HIGH
        self._shown: str | None = None  # letter that a quirk makes instead of S2
        self._quirk = QUIRKS[spec.quirk](self, agenda)

    @property
    def letter(self) -> str:
        """What the car shows on the pilot: A, B, C or D."""
        if not self.plugged or self.spec.diode == "open":
            return "A"
        if self._shown is not None:
            return self._shown
        if not self.s2_closed:
            return "B"
        return "D" if self.spec.r3_ohm < VENTILATION_OHM else "C"

    @property
    def net_ohm(self) -> float | None:
        """Resistance from pilot to earth behind the diode, ohm; None: no connection."""
        letter, r3_ohm = self._shown, self.spec.r3_ohm
        if not self.plugged or letter == "A":
            return None
        if letter is None:
            return net_ohm(self.spec.r2_ohm, r3_ohm, self.s2_closed)
        return net_ohm(self.spec.r2_ohm, _D_OHM if letter == "D" else r3_ohm, letter != "B")

    def show(self, letter: str | None) -> None:
        """A quirk shows this on the pilot; None: what S2 makes."""
        if letter != self._shown:
            self._shown = letter
            self._changed(True, False)

    def taken_ma_ms(self, t_ms: int) -> int:
        """Charge taken so far over all phases, mA * ms."""
        return self._taken_ma_ms + self.current_ma * self._phases * (t_ms - self._since_ms)

    @property
    def wants_energy(self) -> bool:
        """It has not got what it came for."""
        return self.taken_ma_ms(self._agenda.now_ms) < self._needed_ma_ms

    # Plug and driver

    def plug(self, duty: int) -> None:
        """The plug goes in."""
        self.plugged = True
        self._duty = CONSTANT_HIGH
        self._changed(True, False)
        self._quirk.plugged()
        self.duty_changed(duty)

    def unplug(self) -> None:
        """The plug is pulled: pilot open at once; the current stops when the contacts open."""
        self.plugged = False
        self._quirk.unplugged()
        self._freeze()
        self._asleep = False
        self._set_s2(False)
        self._changed(True, False)

    def leave_c(self) -> None:
        """S2 opens under load and stays open; the current stops when the contacts open."""
        self._freeze()
        self._asleep = True
        self._set_s2(False)

    def wake_up(self, duty: int) -> None:
        """After leave_c: ready to charge again."""
        self._asleep = False
        if self.plugged:
            self.duty_changed(duty)

    def go_on(self) -> None:
        """After `finish`: it was only a pause."""
        self.wake_up(self._duty)

    def close_s2(self) -> None:
        """Ready, whatever the outlet says."""
        self._set_s2(True)

    def finish(self) -> int:
        """The driver ends the charge; returns after how many ms the plug is pulled."""
        self._asleep = True
        self._cancel(("_wake",))
        if not self.s2_closed:
            return PULL_PLUG_MS
        self._begin_stop()
        return self.spec.stop_ms + PULL_PLUG_MS

    def _freeze(self) -> None:
        self._cancel(("_wake", "_stop", "_start", "_ramp"))
        self._cancel_retargets()
        self._drawing = False

    def _cancel(self, names: tuple[str, ...]) -> None:
        for name in names:
            self._agenda.cancel(getattr(self, name))
            setattr(self, name, None)

    def _cancel_retargets(self) -> None:
        for entry in self._retargets:
            self._agenda.cancel(entry)
        self._retargets.clear()

    # Pilot

    def duty_changed(self, duty: int) -> None:
        """The duty on the wire is now this, 1/100 %."""
        before, self._duty = self._duty, duty
        if not self.plugged or self._quirk.hides(duty, before) or self._asleep:
            return
        offer_ma = offered_ma(duty)
        if offer_ma > 0:
            self._permitted(offer_ma)
            return
        self._cancel(("_wake",))
        # A car whose S2 is stuck does not hear x1 and keeps drawing.
        if self.s2_closed and not self.spec.s2_stuck and self._stop is None:
            self._begin_stop()

    def _permitted(self, offer_ma: int) -> None:
        if self._stop is not None:
            self._cancel(("_stop", "_ramp"))
        if self.s2_closed:
            entry = self._agenda.after(self.spec.react_ms, self._retarget, offer_ma)
            self._retargets = [old for old in self._retargets if old[2] is not None]
            self._retargets.append(entry)
            return
        self._offer_ma = offer_ma
        if self._wake is None and self.wants_energy:
            self._wake = self._agenda.after(self.spec.ready_ms, self._close_s2)

    def _close_s2(self) -> None:
        self._wake = None
        self._set_s2(True)
        if self._powered:
            self._start_later()

    def _set_s2(self, closed: bool) -> None:
        if closed != self.s2_closed:
            self.s2_closed = closed
            self._changed(True, False)
            self._quirk.s2_moved(closed)

    def _begin_stop(self) -> None:
        """Sequence 10.1: ramp to zero, then open S2, all within stop_ms."""
        self._cancel_retargets()
        self._cancel(("_start",))
        wait_ms = min(self.spec.react_ms, self.spec.stop_ms // 2)
        self._stop = self._agenda.after(wait_ms, self._stop_ramp, self.spec.stop_ms - wait_ms)

    def _stop_ramp(self, left_ms: int) -> None:
        steps = max(1, left_ms // RAMP_STEP_MS)
        self._ramp_to(0, max(1, -(-self.current_ma // steps)))
        self._stop = self._agenda.after(left_ms, self._stopped)

    def _stopped(self) -> None:
        self._stop = None
        self._drawing = False
        self._cancel(("_ramp",))
        self._set_current(0)
        self._set_s2(False)

    # Power

    def power_changed(self, powered: bool) -> None:
        """The contacts have closed or opened, or the supply has died."""
        if powered == self._powered:
            return
        self._powered = powered
        if not powered:
            self._drawing = False
            self._cancel(("_start", "_ramp"))
            self._set_current(0)
        elif self.s2_closed and self._stop is None:
            self._start_later()

    def _start_later(self) -> None:
        self._cancel(("_start",))
        self._start = self._agenda.after(self.spec.start_ms, self._start_drawing)

    def _start_drawing(self) -> None:
        self._start = None
        self._drawing = True
        self._ramp_to(self._target_ma(), self._step_up())

    def _retarget(self, offer_ma: int) -> None:
        self._offer_ma = offer_ma
        if not self._powered or not self.s2_closed or self._start is not None:
            return
        self._drawing = True
        target_ma = self._target_ma()
        drop_ma = self.current_ma - target_ma
        left_ms = max(RAMP_STEP_MS, FOLLOW_WITHIN_MS - self.spec.react_ms)
        steps = max(1, left_ms // RAMP_STEP_MS)
        self._ramp_to(target_ma, max(self._step_up(), -(-drop_ma // steps)))

    def _step_up(self) -> int:
        return max(1, self.spec.ramp_ma_per_s * RAMP_STEP_MS // 1000)

    def _target_ma(self) -> int:
        if not self.wants_energy:
            return 0
        if self.spec.ignores_limit:
            return self.spec.max_ma
        if self._offer_ma < self.spec.min_ma:
            return 0
        return min(round(self._offer_ma * self.spec.draw), self.spec.max_ma)

    def _ramp_to(self, target_ma: int, step_ma: int) -> None:
        self._cancel(("_ramp",))
        self._ramp_step(target_ma, step_ma)

    def _ramp_step(self, target_ma: int, step_ma: int) -> None:
        """One step now, the next 100 ms later."""
        self._ramp = None
        missing_ma = target_ma - self.current_ma
        move_ma = max(-step_ma, min(step_ma, missing_ma))
        if move_ma != missing_ma:
            self._ramp = self._agenda.after(RAMP_STEP_MS, self._ramp_step, target_ma, step_ma)
        self._set_current(self.current_ma + move_ma)
        if self.current_ma == 0 and self._drawing and self._stop is None and not self.wants_energy:
            self._drawing = False
            self._set_s2(False)

    def _set_current(self, current_ma: int) -> None:
        if current_ma == self.current_ma:
            return
        now_ms = self._agenda.now_ms
        self._taken_ma_ms = self.taken_ma_ms(now_ms)
        self._since_ms = now_ms
        self.current_ma = current_ma
        self._plan_full()
        self._changed(False, True)

    def rewire(self, phases: int) -> None:
        """So many of its phases are connected from now on."""
        self._taken_ma_ms = self.taken_ma_ms(self._agenda.now_ms)
        self._since_ms = self._agenda.now_ms
        self._phases = phases
        self._plan_full()
        self._changed(False, True)

    def _plan_full(self) -> None:
        current_ma = self.current_ma
        self._cancel(("_full",))
        missing = self._needed_ma_ms - self._taken_ma_ms
        if current_ma * self._phases > 0 and missing > 0 and self._drawing:
            full_ms = -(-missing // (current_ma * self._phases))
            self._full = self._agenda.after(full_ms, self._is_full)

    def _is_full(self) -> None:
        """The energy is in: ramp down, then open S2 (sequence 7)."""
        self._full = None
        self._cancel_retargets()
        if self._drawing and self._stop is None:
            self._ramp_to(0, self._step_up())
