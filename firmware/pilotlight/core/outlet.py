"""One IEC 61851-1 mode 3 outlet: from the letter on the pilot to wanted duty and wanted contactor.

`step(...)` is called every 20 ms. It reads the accepted letter (core/pilot.py) and the current
permitted by the claims (core/claims.py), and leaves what it wants in `duty` (1/100 %) and `close`.
It touches nothing.

    A  no car               1  oscillator off ("x1": constant +12 V, no current permitted)
    B  car plugged in       2  oscillator on  ("x2": the duty tells the car its limit)
    C  car ready to charge
    D  ready, wants ventilation: refused here
    E  pilot short          F  pilot at -12 V without our asking; both like any other fault

Sequence numbers are those of Annex A as public firmware quotes them (table A.6). All times are
deadlines in ticks (ms) that are cleared when they pass: a tick left standing turns into the future
after 6.2 days.
"""

from micropython import const
from time import ticks_add, ticks_diff

from pilotlight.core import duty as duties
from pilotlight.core import pilot
from pilotlight.core.deadline import unless_passed

A1, A2, B1, B2, C1, C2, D1, D2, E, F = range(10)
STATES = ("A1", "A2", "B1", "B2", "C1", "C2", "D1", "D2", "E", "F")

# Faults. Who clears each stands beside it.
NO_FAULT = 0
NO_READING = 1  # pilot not sampled for 60 ms: the next readings
PILOT_LEVEL = 2  # level outside every window for 60 ms: the next legal readings
PILOT_SHORT = 3  # state E: the next legal readings
PILOT_LOW = 4  # -12 V that nobody asked for: the next legal readings
VENTILATION = 5  # the car asks for ventilation: state B, or 30 s
DIODE = 6  # car's diode shorted, or low part too weak while closed: unplugging
RESIDUAL = 7  # residual-current monitor tripped: a person
WELDED = 8  # contactor reads closed while it should be open: a person
NOT_CLOSED = 9  # contactor reads open while it should be closed: a person
FAULTS = (
    None,
    "no pilot reading",
    "pilot level outside every window",
    "pilot shorted to earth",
    "pilot stuck low",
    "car asks for ventilation, there is none",
    "car's pilot diode shorted or missing",
    "residual current",
    "contactor welded",
    "contactor did not close",
)

_CLOSE_GUARD_MS = const(500)  # C must last this long; B-C-B pulses are 150-450 ms (seq 11)
# 5 s between two PWM duties (seq 6), at the pin: one step may be late and the next on time
_PWM_CHANGE_MS = const(5020)
_X1_DWELL_MS = const(3000)  # in B1 before PWM returns (seq 9.2)
_FORCE_OPEN_MS = const(6000)  # after x1 if the car stays in C (seq 10.2), must be < 7 s
_REST_MS = const(5000)  # from opening to the next closing
_READBACK_MS = const(500)  # mirror contact must follow
_VENTILATION_MS = const(30000)
_WEAK_LOW_READINGS = const(5)  # 100 ms of a weak low part while closed

_LETTER_FAULT = (0, 0, 0, VENTILATION, PILOT_SHORT, PILOT_LOW, PILOT_LEVEL, NO_READING)
_LETTER_STATE = (A1, B1, C1, D1, E, F, E, E)


class Outlet:
    """State and wants of one outlet. Starts with no reading, x1, open."""

    def __init__(self):
        self.state = E
        self.letter = pilot.UNKNOWN
        self.fault = NO_READING
        self.duty = duties.X1
        self.close = False
        # times the contactor had to open under load (seq 10.2, faults, breaker)
        self.forced_open = 0
        self._latched = NO_FAULT
        self._guard_ms = None  # C is too young to close
        self._pwm_ms = None  # next PWM duty not before
        self._dwell_ms = None  # x1 in B not left before
        self._force_ms = None  # opens under load at
        self._rest_ms = None  # contactor rests until
        self._readback_ms = None  # a disagreement becomes a fault at
        self._refuse_ms = None  # C refused after D until

    @property
    def is_plugged(self):
        """A car is there (B, C or D)."""
        return pilot.B <= self.letter <= pilot.D

    @property
    def wants_current(self):
        """A car is there and nothing but the permitted current keeps it from charging."""
        return self.fault == NO_FAULT and pilot.B <= self.letter <= pilot.C

    @property
    def signalled_ma(self):
        """What the pilot tells the car that it may draw, mA per phase."""
        return duties.to_ma(self.duty)

    @property
    def is_settled(self):
        """No deadline is running: with the same inputs the next step would change nothing."""
        return (
            self._guard_ms is None
            and self._pwm_ms is None
            and self._dwell_ms is None
            and self._force_ms is None
            and self._rest_ms is None
            and self._readback_ms is None
            and self._refuse_ms is None
        )

    def acknowledge(self):
        """A person has looked at it: clear a latched fault.

        If its cause lasts, it latches again.
        """
        self._latched = NO_FAULT
        self._readback_ms = None

    def step(self, now_ms, level, limit_ma, must_open, is_closed, is_tripped, is_opened=False):
        """Decide for this tick.

        `level`: pilot.Level. `limit_ma`: permitted current per phase, below 6000 means none.
        `must_open`: open under load now, the breaker would not last. `is_closed`: mirror contact
        or None. `is_tripped`: the residual-current monitor reports a trip. `is_opened`: the
        board's guard has opened the contactor, because the pilot had left C and D.
        """
        self._pass_deadlines(now_ms)
        if is_opened:
            self._open(now_ms)
        if level.letter != self.letter:
            self._enter(now_ms, level.letter)
        self._look_for_faults(now_ms, level, is_closed, is_tripped)
        if self.fault != NO_FAULT:
            self._halt(now_ms)
        elif self.letter == pilot.A:
            self._unplugged(now_ms)
        elif self.letter == pilot.B:
            self._plugged(now_ms, limit_ma)
        else:
            self._ready(now_ms, level, limit_ma, must_open)

    # ------------------------------------------------------------------ the letters

    def _enter(self, now_ms, letter):
        self.letter = letter
        self._guard_ms = ticks_add(now_ms, _CLOSE_GUARD_MS) if letter == pilot.C else None
        if letter == pilot.D:
            self._refuse_ms = ticks_add(now_ms, _VENTILATION_MS)
        elif letter == pilot.A or letter == pilot.B:
            # C is welcome again; a disturbed pilot in between does not count
            self._refuse_ms = None
        if letter == pilot.A and self._latched == DIODE:
            self._latched = NO_FAULT

    def _unplugged(self, now_ms):
        """Seq 2.1, 2.2, 9.3: open, oscillator off."""
        self._open(now_ms)
        self._go_x1(now_ms)
        self.state = A1

    def _plugged(self, now_ms, limit_ma):
        """Seq 1.1, 3.1, 8.1, 8.2, 9.2: open; offer current when it is permitted."""
        self._open(now_ms)
        self._offer(now_ms, limit_ma, self._dwell_ms is None)
        self.state = B2 if duties.is_pwm(self.duty) else B1

    def _ready(self, now_ms, level, limit_ma, must_open):
        """Seq 3.2, 4, 6, 9.1, 10: offer, close after the guard; x1 asks the car to stop, 6 s force
        it.
        """
        if must_open and self.close:
            limit_ma = 0
            self._open_under_load(now_ms)
        self._offer(now_ms, limit_ma, True)
        if not duties.is_pwm(self.duty):
            self.state = C1
            if self.close and self._force_ms is None:
                self._open_under_load(now_ms)
            return
        self.state = C2
        if not self.close and self._may_close(level):
            self.close = True

    def _may_close(self, level):
        return (
            self._guard_ms is None
            and self._rest_ms is None
            and self._readback_ms is None  # a contact that reads closed is not closed once more
            and level.is_settled
            and level.diode_is_ok
        )

    def _halt(self, now_ms):
        """Seq 12 and every fault: open at once, x1."""
        if self.close:
            self._open_under_load(now_ms)
        self._go_x1(now_ms)
        self.state = _LETTER_STATE[self.letter]

    # ------------------------------------------------------------------ outputs

    def _offer(self, now_ms, limit_ma, may_start):
        wanted = duties.from_ma(limit_ma)
        if wanted == self.duty:
            return
        if wanted == duties.X1:
            self._go_x1(now_ms)
        elif self._pwm_ms is None and (may_start or duties.is_pwm(self.duty)):
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

    def _look_for_faults(self, now_ms, level, is_closed, is_tripped):
        if is_tripped:
            self._latched = RESIDUAL
        elif level.diode_is_shorted or (
            self.close and level.weak_low_readings >= _WEAK_LOW_READINGS
        ):
            if self._latched == NO_FAULT:
                self._latched = DIODE
        self._compare_contactor(now_ms, is_closed)
        self.fault = self._latched or _LETTER_FAULT[self.letter]
        if self.fault == NO_FAULT and self._refuse_ms is not None:
            self.fault = VENTILATION

    def _compare_contactor(self, now_ms, is_closed):
        """Wanted against read back; what lasts 500 ms is a fault with a name, never a retry."""
        if is_closed is None or is_closed == self.close:
            self._readback_ms = None
        elif self._readback_ms is None:
            if self._latched != WELDED and self._latched != NOT_CLOSED:
                self._readback_ms = ticks_add(now_ms, _READBACK_MS)
        elif ticks_diff(now_ms, self._readback_ms) >= 0:
            self._latched = NOT_CLOSED if self.close else WELDED
            self._readback_ms = None

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
