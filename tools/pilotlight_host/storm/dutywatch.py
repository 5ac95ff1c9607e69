"""Judges what one pilot signals. Two clocks, as in `oracle`. Times in ms, currents in mA."""

from pilotlight_host.storm.board import X1, Port
from pilotlight_host.storm.permits import LEAST_MA
from pilotlight_host.storm.readings import Readings
from pilotlight_host.storm.rules import amps_of, never

PWM_APART_MS = 5000  # seq 6
_X1_MS = 3000  # seq 9.2
_READY_AGAIN_MS = 750  # x1 after F
_LONG_F_MS = 400
_WAKE_F_MS = 4000
_EARLY = -1_000_000


class DutyWatch:
    """`seen`: the readings of this outlet; `before`: the duty of the step before."""

    def __init__(self, port: Port, seen: Readings):
        self.fs = self.wakings = 0  # how often
        self.before = X1
        self.pwm_end_ms = _EARLY
        self.pwm_on_ms = 0  # counted
        self._port = port
        self._seen = seen
        self._permit_ma = 0
        self._is_free = False
        self._t_ms = self._counted_ms = 0
        self._pwm_set_ms = self._f_end_ms = _EARLY
        self._signalled_ms = 0  # no more than permitted was signalled
        self._f_began_ms = 0
        self._woken = self._f_is_long = False

    def forget(self) -> None:
        """The car has gone."""
        self._woken = False

    def look(
        self, t_ms: int, counted_ms: int, permit_ma: int, fault: str | None, is_free: bool
    ) -> None:
        """After a step. `fault`: that certainly holds. `is_free`: nothing can speak against an
        offer. Raises Violation.
        """
        self._t_ms, self._counted_ms = t_ms, counted_ms
        self._permit_ma, self._is_free = permit_ma, is_free
        duty, before = self._port.duty, self.before
        if duty != before:
            fine = duty in (0, X1) or 1000 <= duty <= 9600
            never(not fine, f"forbidden duty {duty / 100} %")
            self._change_duty(duty, before)
        if 0 < duty < X1:
            self._judge_pwm(duty, fault)
        elif duty == 0:
            self._judge_f()
        self.before = duty

    def _judge_pwm(self, duty: int, fault: str | None) -> None:
        never(self._permit_ma < LEAST_MA, "PWM without a permit")
        never(fault is not None, f"PWM despite a fault: {fault}")
        seen = self._seen
        never(seen.a >= 3, "PWM without a car")
        never(seen.illegal >= 4, "PWM on a disturbed pilot")
        never(seen.d >= 3, "PWM although the car asks for ventilation")
        if amps_of(duty) <= self._permit_ma:
            self._signalled_ms = self._counted_ms
        late = self._counted_ms - self._signalled_ms > PWM_APART_MS + 100
        never(late, "more than permitted signalled for 5 s")

    def _judge_f(self) -> None:
        f_ms = self._counted_ms - self._f_began_ms
        never(f_ms > _WAKE_F_MS + 100, "F for more than 4 s")
        if f_ms > _LONG_F_MS and not self._f_is_long:
            never(self._woken, "woken twice")
            self.wakings += 1
            self._woken = self._f_is_long = True

    def _change_duty(self, duty: int, before: int) -> None:
        if 0 < duty < X1:
            self._begin_pwm(duty, before)
        elif 0 < before < X1:
            self.pwm_end_ms = self._t_ms
            if duty == X1:
                self._judge_stop()
        if before == 0:
            self._f_end_ms = self._t_ms
        if duty == 0:
            self.fs += 1
            self._f_began_ms = self._counted_ms
            self._f_is_long = False

    def _begin_pwm(self, duty: int, before: int) -> None:
        t_ms = self._t_ms
        never(t_ms - self._pwm_set_ms < PWM_APART_MS, "two PWM duties within 5 s")
        self._pwm_set_ms = t_ms
        never(amps_of(duty) > self._permit_ma, "a new duty above the permit")
        never(before == 0, "PWM right after F")
        never(t_ms - self._f_end_ms < _READY_AGAIN_MS, "PWM within 750 ms after F")
        if before == X1:
            self.pwm_on_ms = self._counted_ms
            is_short = self._seen.b >= 3 and t_ms - self.pwm_end_ms < _X1_MS
            never(is_short, "PWM in B less than 3 s after x1")

    def _judge_stop(self) -> None:
        never(self._seen.b >= 6 and self._is_free, "PWM ended in B without a cause")
