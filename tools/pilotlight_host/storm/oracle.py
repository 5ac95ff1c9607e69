"""Judges one outlet after every step, by rules that know nothing of the code they judge.

The numbers are those of the published facts (IEC 61851-1 Annex A as public firmware quotes it).
Two clocks: what must not happen too early is held against the real one, what must not happen too
late against one that leaves out the time the program stood still (`counted`). Times in ms, levels
in mV, currents in mA.
"""

from typing import Any

from pilotlight_host.storm.board import X1, Port
from pilotlight_host.storm.dutywatch import PWM_APART_MS, DutyWatch
from pilotlight_host.storm.latches import Latches
from pilotlight_host.storm.lockwatch import LockWatch
from pilotlight_host.storm.permits import LEAST_MA
from pilotlight_host.storm.readings import Readings
from pilotlight_host.storm.rules import never
from pilotlight_host.storm.secondwatch import SecondWatch
from pilotlight_host.storm.testwatch import TestWatch

_OPEN_MS = 100  # seq 8.1, 2.2
_GUARD_OPEN_MS = 60
_STALE_MS = 60
_FORCE_OPEN_MS = 6000  # after x1 (seq 10.2)
_PERMIT_MS = 7000  # and not later than this
_CLOSE_GUARD_MS = 500  # seq 11
_TRUE_C_MS = 440  # the last 60 ms before it may look like a bounce, right after a stall
_REST_MS = 5000
_VENTILATION_MS = 30000
_CLOSE_MS = 3000  # seq 4
_WHOLE_BLOCK_MS = 40  # from the first PWM to the end of a reading that saw nothing else
_LEFT_MS = 80  # out of C for so long cannot be missed
_QUIET_MV = 100  # more noise than this makes the true letter a matter of taste
_EARLY = -1_000_000


class Watch:
    """Remembers what one outlet has been shown, and says what it must not do now.

    `stagger_ms`: how long its neighbours may keep it waiting. `around`: LockWatch of its lock,
    TestWatch of its board and SecondWatch of its second contactor, or None.
    """

    def __init__(self, port: Port, ventilated: bool, stagger_ms: int, *around: Any):
        self.refusals = 0  # how often
        self._port = port
        self._seen = Readings(ventilated)
        self.duty = DutyWatch(port, self._seen)
        self._latches = Latches(port.retries > 0)
        self._lock: LockWatch | None = around[0]
        self._tests: TestWatch | None = around[1]
        self._second: SecondWatch | None = around[2]
        self._leave = 3 if port.board.has_guard else 2
        self._close_ms = _CLOSE_MS + stagger_ms
        self._coil = False  # before this step
        self._permit_ma = 0
        self._must_open = False
        self._failed_steps = 0
        self._read_ms: int | None = None
        self._t_ms = self._before_ms = self._counted_ms = 0
        self._start_real_clock()
        self._start_counted_clock()

    def _start_real_clock(self) -> None:
        self._off_ms = _EARLY
        self._refused_ms: int | None = None  # D began
        self._d_ms: int | None = None  # or may have begun: between 4 and 5 V the past decides
        self._maybe_d_ms = _EARLY
        self._was_c = True  # since D began
        self._c_ms = self._true_c_ms = 0  # C has lasted since, in the readings and in truth

    def _start_counted_clock(self) -> None:
        self._permit_ms = _EARLY  # last valid
        self._ready_ms = self._last_ready_ms = _EARLY
        self._sound_ms = 0  # nothing but a missing permit has spoken against charging since
        self._calm_ms = 0  # not even that
        self._opened_ms = _EARLY  # the same as `_off_ms`, when it was seen

    @property
    def locked(self) -> int:
        """How often its lock was driven towards locked."""
        return 0 if self._lock is None else self._lock.pulses

    def acknowledged(self) -> None:
        """A person has cleared every latched fault."""
        self._latches.acknowledged()
        if self._lock is not None:
            self._lock.acknowledged()

    def look(self, t_ms: int, counted_ms: int, permit_ma: int, must_open: bool) -> bool:
        """After a step; True if the contactor has just been closed. Raises Violation."""
        self._before_ms, self._t_ms = self._t_ms, t_ms
        self._counted_ms = counted_ms
        self._permit_ma, self._must_open = permit_ma, must_open
        port = self._port
        if port.read_ms != self._read_ms and port.high_mv is not None:
            self._take(port.read_ms, port.high_mv, port.low_mv)
        if self._lock is not None:
            self._lock.look(t_ms, counted_ms, self._seen.a)
        if self._second is not None:
            self._second.look(t_ms, counted_ms)
        self._remember(port)
        has_closed = port.coil and not self._coil
        if port.coil or self._coil:
            self._judge_coil(port)
        if port.duty != X1 or self.duty.before != X1:
            self._judge_duty()
        self._judge_waiting(port)
        self._coil = port.coil
        return has_closed

    # ------------------------------------------------------------------ what is known

    def _take(self, read_ms: int, high_mv: int, low_mv: int) -> None:
        self._read_ms = read_ms
        is_swinging = 0 < self.duty.before < X1 and read_ms - self._port.pwm_ms >= _WHOLE_BLOCK_MS
        seen = self._seen
        seen.take(high_mv, low_mv, is_swinging)
        self._latches.take(seen)
        if seen.left(self._leave):
            self._c_ms = self._t_ms
        if seen.a >= 2:
            self.duty.forget()
        if high_mv < 5000:
            self._follow_d(high_mv)
        elif seen.c >= 3:
            self._was_c = True
            self._d_ms = None
        elif seen.plugged_or_not:
            self._refused_ms = None  # one that may be B may end the refusal; it is sure with four
            if seen.plugged_or_not >= 4:
                self._was_c = True
                self._d_ms = None
                self._maybe_d_ms = _EARLY

    def _follow_d(self, high_mv: int) -> None:
        if high_mv >= 2000:
            self._maybe_d_ms = self._t_ms
            self._d_ms = self._t_ms if self._d_ms is None else self._d_ms
        if self._seen.d == 3 and self._was_c:
            self.refusals += 1
            self._refused_ms = self._d_ms
            self._was_c = False

    def _remember(self, port: Port) -> None:
        t_ms, counted_ms = self._t_ms, self._counted_ms
        if port.ready_ms != self._last_ready_ms:
            self._last_ready_ms = port.ready_ms
            self._ready_ms = counted_ms - min(20, t_ms - port.ready_ms)
        if port.away_ms is not None and t_ms - port.away_ms >= _LEFT_MS:
            self._true_c_ms = t_ms
        if self._tests is None:
            self._latches.look(t_ms, counted_ms, port, self._coil)
        else:
            trip = self._tests.trip(port.number)
            self._latches.look(t_ms, counted_ms, port, self._coil, trip)
            if self._tests.failed_for_sure(port.number):
                self._failed_steps += 1
                if self._failed_steps > 2 * len(port.board.outlets):
                    self._latches.failed_test()
            else:
                self._failed_steps = 0
        if self._permit_ma >= LEAST_MA:
            self._permit_ms = counted_ms
        else:
            self._calm_ms = counted_ms
        if self._is_upset(port):
            self._sound_ms = self._calm_ms = counted_ms

    def _is_upset(self, port: Port) -> bool:
        """Something but a missing permit speaks against charging."""
        return (
            self._seen.c < 4
            or self._is_hindered()
            or self._seen.weak_low > 0
            or self._must_open
            or self._latches.is_possible
            or self._latches.differs
            or port.unsure_ms >= self._t_ms
            or port.guard_ms > self._before_ms
            or self._t_ms - self._maybe_d_ms <= _VENTILATION_MS + 100
        )

    def _is_hindered(self) -> bool:
        """What stands around it may have something against charging."""
        if self._tests is not None and self._tests.hinders(self._port.number):
            return True
        if self._second is not None and self._second.hinders:
            return True
        return self._lock is not None and self._lock.hinders

    def _judge_duty(self) -> None:
        latches = self._latches
        is_free = self._permit_ma >= LEAST_MA and not latches.is_possible
        is_free = is_free and not self._is_hindered() and self._port.unsure_ms < self._t_ms
        duty = self.duty
        duty.look(self._t_ms, self._counted_ms, self._permit_ma, latches.fault, is_free)

    # ------------------------------------------------------------------ the coil

    def _judge_coil(self, port: Port) -> None:
        if not port.coil:
            self._off_ms, self._opened_ms = port.coil_ms, self._counted_ms
            self._judge_opening(port)
            return
        if not self._coil:
            self._judge_closing(port)
        self._judge_readings(port)
        late = self._counted_ms - self._permit_ms > _PERMIT_MS
        never(late, "closed 7 s after the last permit")
        fault = self._latches.fault
        never(fault is not None, f"closed despite a fault: {fault}")
        never(self._must_open, "closed although the breaker would not last")
        never(port.duty == 0, "closed in state F")

    def _judge_readings(self, port: Port) -> None:
        seen = self._seen
        never(seen.left(self._leave), "closed although the pilot has left C")
        is_weak = seen.weak_low >= 7 and self._coil
        never(is_weak, "closed although the low part has been weak for 140 ms")
        age_ms = self._t_ms - port.read_ms
        never(port.high_mv is None or age_ms >= _STALE_MS, "closed without fresh readings")
        if port.noise_mv > _QUIET_MV:
            return
        if port.board.has_guard:
            # one that closed on stale readings is younger than the car's leaving
            late = self._t_ms - max(port.ready_ms, port.coil_ms) > _GUARD_OPEN_MS
            never(late, "closed 60 ms after the car left C, beside a guard")
        elif port.unsure_ms < self._t_ms:
            late = self._counted_ms - self._ready_ms > _OPEN_MS
            never(late, "closed 100 ms after the car left C")

    def _judge_closing(self, port: Port) -> None:
        t_ms = self._t_ms
        never(self._seen.good_low < 2, "closed without the diode being seen")
        never(t_ms - self._c_ms < _CLOSE_GUARD_MS, "closed after less than 500 ms of C")
        if port.unsure_ms < t_ms and port.noise_mv <= _QUIET_MV:
            is_young = t_ms - self._true_c_ms < _TRUE_C_MS
            never(is_young, "closed after less than 440 ms of true C")
        never(t_ms - self._off_ms < _REST_MS, "closed less than 5 s after it opened")
        never(self._permit_ma < LEAST_MA, "closed without a permit")
        never(not port.is_pwm, "closed without PWM")
        refused = self._refused_ms is not None and t_ms - self._refused_ms < _VENTILATION_MS
        never(refused, "closed less than 30 s after ventilation was refused")
        never(port.contactor_is_closed is True, "closed although the contact reads closed")

    def _judge_opening(self, port: Port) -> None:
        """No outlet opens for nothing: a neighbour's fault is no cause."""
        if self._counted_ms - self._sound_ms > 200:
            never(port.is_pwm, "opened without a cause")
            is_early = self._t_ms - self.duty.pwm_end_ms < _FORCE_OPEN_MS
            never(is_early, "opened under load less than 6 s after x1")

    # ------------------------------------------------------------------ what must happen

    def _judge_waiting(self, port: Port) -> None:
        """A car in C that nothing speaks against gets current, whatever its neighbours do."""
        calm_ms = self._counted_ms - self._calm_ms
        if calm_ms < self._close_ms or port.coil:
            return
        if not port.is_pwm:
            never(calm_ms > PWM_APART_MS + 200, "no PWM for a car in C with a permit")
            return
        pwm_ms = self._counted_ms - self.duty.pwm_on_ms
        rest_ms = self._counted_ms - self._opened_ms - _REST_MS
        never(min(pwm_ms, rest_ms) > self._close_ms, "not closed 3 s after C2")
