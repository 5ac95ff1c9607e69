"""One IEC 61851-1 mode 3 outlet: from the letter on the pilot to wanted duty and wanted contactor.

`step(...)` is called every 20 ms. It reads the accepted letter (core/pilot.py) and the current
permitted by the claims (core/claims.py), and leaves what it wants in `duty` (1/100 %) and `close`.
It touches nothing. What can go wrong stands in core/faults.py.

    A  no car               1  oscillator off ("x1": constant +12 V, no current permitted)
    B  car plugged in       2  oscillator on  ("x2": the duty tells the car its limit)
    C  car ready to charge
    D  ready, wants ventilation: like C where there is some, else refused
    E  pilot short          F  pilot at -12 V; both a fault, unless F is our own doing

Sequence numbers are those of Annex A as public firmware quotes them (table A.6). All times are
deadlines in ticks (ms) that are cleared when they pass: a tick left standing turns into the future
after 6.2 days.
"""

from micropython import const
from time import ticks_add

from pilotlight.core import duty as duties
from pilotlight.core import faults, mirror, pilot, wake
from pilotlight.core.deadline import unless_passed

A1, A2, B1, B2, C1, C2, D1, D2, E, F = range(10)
STATES = ("A1", "A2", "B1", "B2", "C1", "C2", "D1", "D2", "E", "F")

_CLOSE_GUARD_MS = const(500)  # C must last this long; B-C-B pulses are 150-450 ms (seq 11)
# 5 s between two PWM duties (seq 6), at the pin: one step may be late and the next on time
_PWM_CHANGE_MS = const(5020)
_X1_DWELL_MS = const(3000)  # in B1 before PWM returns (seq 9.2)
_FORCE_OPEN_MS = const(6000)  # after x1 if the car stays in C (seq 10.2), must be < 7 s
_REST_MS = const(5000)  # from opening to the next closing
_VENTILATION_MS = const(30000)
# F after a latched fault while charging, then x1 (table A.5): 300 ms at the pin. One step may be
# late and the next on time, and the PWM takes a new duty with its next period
_FAULT_F_MS = const(310)
_FAULT_X1_MS = const(3000)  # some cars want 2 s of x1 after F (vector 57)
_BLIND_MS = const(100)  # after F, until the readings show the car again
_WEAK_LOW_READINGS = const(5)  # 100 ms of a weak low part while closed
_NEVER_GOOD = const(150)  # 3 s of it: no diode has been seen, it will never close

_LETTER_STATE = (A1, B1, C1, D1, E, F, E, E)


class Outlet:
    """State and wants of one outlet. Starts with no reading, x1, open."""

    def __init__(self):
        self.state = E
        self.letter = pilot.UNKNOWN
        self.fault = faults.NO_READING
        self.duty = duties.X1
        self.close = False
        self.allows_ventilation = False
        self.wake = wake.Wake()
        self.mirror = mirror.Mirror()
        # times the contactor had to open under load (seq 10.2, faults, breaker)
        self.forced_open = 0
        self._latched = faults.NO_FAULT
        self._of_letter = faults.NO_READING  # the fault that the letter means
        self._f_ms = None  # F is shown until
        self._x1_ms = 0  # and then x1 for so long
        self._blind_ms = None  # F is over; the readings still show it until
        self._quiet_ms = None  # and x1 lasts until
        self._guard_ms = None  # C is too young to close
        self._pwm_ms = None  # next PWM duty not before
        self._dwell_ms = None  # x1 in B not left before
        self._force_ms = None  # opens under load at
        self._rest_ms = None  # contactor rests until
        self._refuse_ms = None  # C refused after D until

    def is_plugged(self):
        """A car is there (B, C or D)."""
        return pilot.B <= self.letter <= pilot.D

    def wants_current(self):
        """A car is there and nothing but the permitted current keeps it from charging."""
        most = pilot.D if self.allows_ventilation else pilot.C
        return self.fault == faults.NO_FAULT and pilot.B <= self.letter <= most

    def is_ready(self):
        """The car has asked for current."""
        return self.wants_current() and self.letter != pilot.B

    def wants_ventilation(self):
        """The room is to be ventilated: current can flow to a car that asked for it (D)."""
        return self.close and self.letter == pilot.D

    def signalled_ma(self):
        """What the pilot tells the car that it may draw, mA per phase."""
        return duties.to_ma(self.duty)

    def is_settled(self):
        """No deadline is running: with the same inputs the next step would change nothing."""
        return (
            self._guard_ms is None
            and self._pwm_ms is None
            and self._dwell_ms is None
            and self._force_ms is None
            and self._rest_ms is None
            and self._refuse_ms is None
            and self._f_ms is None
            and self._quiet_ms is None
            and self.wake.is_settled()
            and self.mirror.is_settled()
        )

    def begin(self, now_ms, fault):
        """The board was reset while it had power: what only a person ends goes on (`fault`, or
        NO_FAULT), the car sees x1 and the contactor rests as long as ever.
        """
        self._latched = fault
        self._quiet_ms = ticks_add(now_ms, _X1_DWELL_MS)
        self._rest_ms = ticks_add(now_ms, _REST_MS)

    def lasting(self):
        """The fault that only a person ends, or NO_FAULT: to be kept through a reset."""
        return self._latched if faults.ends_with_person(self._latched) else faults.NO_FAULT

    def acknowledge(self):
        """A person has looked at it: clear a latched fault.

        If its cause lasts, it latches again.
        """
        self._latched = faults.NO_FAULT
        self.mirror.forget()

    def retry_after_trip(self):
        """Take back what a residual current has latched, and nothing else."""
        if self._latched == faults.RESIDUAL:
            self._latched = faults.NO_FAULT

    def show_f(self, now_ms, f_ms, x1_ms):
        """State F (constant -12 V) for `f_ms`, then x1 for `x1_ms` (100...) at least. Until the
        readings show the car again its letter stays what it was.
        """
        self._open(now_ms)
        self.duty = duties.F
        self._f_ms = ticks_add(now_ms, f_ms)
        self._x1_ms = x1_ms

    def step(
        self, now_ms, level, limit_ma, must_open, may_close, is_closed, trouble, is_opened=False
    ):
        """Decide for this tick.

        `level`: pilot.Level. `limit_ma`: permitted current per phase, below 6000 means none.
        `must_open`: open under load now, the breaker would not last. `may_close`: lock, self-test
        and neighbours have nothing against closing. `is_closed`: mirror contact or None.
        `trouble`: a fault that the equipment reports (faults.RESIDUAL and others), or NO_FAULT.
        `is_opened`: the board's guard has opened the contactor: the pilot had left C and D.
        """
        self._pass_deadlines(now_ms)
        if is_opened:
            self._open(now_ms)
        if level.letter != self.letter and not self._is_blind():
            self._enter(now_ms, level.letter)
        elif level.is_broken or not (level.is_steady or self.close):
            # who knows where the car has been; or a reading of something else: C counts anew
            self._guard_ms = ticks_add(now_ms, _CLOSE_GUARD_MS)
        self._look_for_faults(now_ms, level, is_closed, trouble)
        if self.duty == duties.F:
            self._stay_in_f(now_ms)
        elif self.fault != faults.NO_FAULT:
            self._halt(now_ms)
        elif self.letter == pilot.A:
            self._unplugged(now_ms)
        elif self.letter == pilot.B:
            self._plugged(now_ms, limit_ma)
        else:
            self._ready(now_ms, level, limit_ma, must_open, may_close)

    def _is_blind(self):
        """The pilot shows our own F."""
        return self.duty == duties.F or self._blind_ms is not None

    # ------------------------------------------------------------------ the letters

    def _enter(self, now_ms, letter):
        self.letter = letter
        self._of_letter = faults.OF_LETTER[letter]
        is_power = letter == pilot.C or letter == pilot.D
        self._guard_ms = ticks_add(now_ms, _CLOSE_GUARD_MS) if is_power else None
        if letter == pilot.C or (letter == pilot.D and self.allows_ventilation):
            self._of_letter = faults.NO_FAULT
            self.wake.is_awake()
        elif letter == pilot.D:
            self._refuse_ms = ticks_add(now_ms, _VENTILATION_MS)
        elif letter == pilot.A or letter == pilot.B:
            # C is welcome again; a disturbed pilot in between does not count
            self._refuse_ms = None
        if letter == pilot.A:
            self.wake.forget()

    def _unplugged(self, now_ms):
        """Seq 2.1, 2.2, 9.3: open, oscillator off."""
        self._open(now_ms)
        self._go_x1(now_ms)
        self.state = A1

    def _plugged(self, now_ms, limit_ma):
        """Seq 1.1, 3.1, 8.1, 8.2, 9.2: open; offer current when it is permitted; A.5.3: wake."""
        self._open(now_ms)
        self._offer(now_ms, limit_ma, self._dwell_ms is None or duties.is_pwm(self.duty))
        self.state = B2 if duties.is_pwm(self.duty) else B1
        if self.wake.is_due(now_ms, self.state == B2):
            self.show_f(now_ms, wake.F_MS, wake.X1_MS)
            self.state = F

    def _ready(self, now_ms, level, limit_ma, must_open, may_close):
        """Seq 1.2, 3.2, 4, 6, 9.1, 10: offer, close after the guard; x1 asks the car to stop, 6 s
        force it.
        """
        is_d = self.letter == pilot.D
        if must_open:
            limit_ma = 0
            if self.close:
                self._open_under_load(now_ms)
        self._offer(now_ms, limit_ma, True)
        if not duties.is_pwm(self.duty):
            self.state = D1 if is_d else C1
            if self.close and self._force_ms is None:
                self._open_under_load(now_ms)
            return
        self.state = D2 if is_d else C2
        if not self.close and may_close and self._may_close(level):
            self.close = True

    def _may_close(self, level):
        """Seq 4, and the diode before each closing (table A.4, footnote)."""
        return (
            self._guard_ms is None
            and self._rest_ms is None
            and self.mirror.agrees()
            and level.is_steady
            and level.diode_is_ok
        )

    def _halt(self, now_ms):
        """Seq 12 and every fault: open at once, x1."""
        self.state = _LETTER_STATE[self.letter]
        if self.close:
            self._open_under_load(now_ms)
            if faults.is_latched(self.fault):
                self.show_f(now_ms, _FAULT_F_MS, _FAULT_X1_MS)
                self.state = F
                return
        self._go_x1(now_ms)

    def _stay_in_f(self, now_ms):
        """Our own F: open, until its time is over; then x1 as if a duty had just ended."""
        self.state = F
        if self._f_ms is None:
            self.duty = duties.X1
            self._blind_ms = ticks_add(now_ms, _BLIND_MS)
            self._quiet_ms = ticks_add(now_ms, self._x1_ms)
            self.state = _LETTER_STATE[self.letter]

    # ------------------------------------------------------------------ outputs

    def _offer(self, now_ms, limit_ma, may_start):
        wanted = duties.from_ma(limit_ma)
        if wanted == self.duty:
            return
        if wanted == duties.X1:
            self._go_x1(now_ms)
        elif self._pwm_ms is None and self._quiet_ms is None and may_start:
            self.duty = wanted
            self._pwm_ms = ticks_add(now_ms, _PWM_CHANGE_MS)
            self._dwell_ms = None
            self._force_ms = None

    def _go_x1(self, now_ms):
        if duties.is_pwm(self.duty):
            self._dwell_ms = ticks_add(now_ms, _X1_DWELL_MS)
            if self.close:
                self._force_ms = ticks_add(now_ms, _FORCE_OPEN_MS)
        self.duty = duties.X1

    def _open(self, now_ms):
        if self.close:
            self.close = False
            self._rest_ms = ticks_add(now_ms, _REST_MS)
        self._force_ms = None

    def _open_under_load(self, now_ms):
        self.forced_open += 1
        self._open(now_ms)

    # ------------------------------------------------------------------ faults

    def _look_for_faults(self, now_ms, level, is_closed, trouble):
        if self.letter == pilot.A and faults.ends_with_car(self._latched):
            self._latched = faults.NO_FAULT
        if trouble != faults.NO_FAULT:
            self._latch(trouble)
        elif level.diode_is_shorted:
            self._latch(faults.DIODE)
        elif level.is_flat:
            self._latch(faults.GENERATOR)
        elif level.weak_low_readings >= (_WEAK_LOW_READINGS if self.close else _NEVER_GOOD):
            self._latch(faults.WEAK_LOW)
        if level.letter != pilot.UNKNOWN:  # then nothing is known of the contact either
            self.mirror.step(now_ms, self.close, is_closed)
        if self.mirror.fault != faults.NO_FAULT:
            self._latch(self.mirror.fault)
        self.fault = self._latched or self._of_letter
        if self.fault == faults.NO_FAULT and self._refuse_ms is not None:
            self.fault = faults.VENTILATION

    def _latch(self, fault):
        """The first one counts; a residual current hides every other."""
        if self._latched == faults.NO_FAULT or fault == faults.RESIDUAL:
            self._latched = fault

    def _pass_deadlines(self, now_ms):
        # asked before called: six calls are a fifth of the step
        if self._guard_ms is not None:
            self._guard_ms = unless_passed(now_ms, self._guard_ms)
        if self._pwm_ms is not None:
            self._pwm_ms = unless_passed(now_ms, self._pwm_ms)
        if self._dwell_ms is not None:
            self._dwell_ms = unless_passed(now_ms, self._dwell_ms)
        if self._rest_ms is not None:
            self._rest_ms = unless_passed(now_ms, self._rest_ms)
        if self._refuse_ms is not None:
            self._refuse_ms = unless_passed(now_ms, self._refuse_ms)
        if self._force_ms is not None:
            self._force_ms = unless_passed(now_ms, self._force_ms)
        if self._f_ms is not None:
            self._f_ms = unless_passed(now_ms, self._f_ms)
        if self._quiet_ms is not None:
            self._blind_ms = unless_passed(now_ms, self._blind_ms)
            self._quiet_ms = unless_passed(now_ms, self._quiet_ms)
