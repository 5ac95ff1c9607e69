"""What stands around one outlet: its lock, its ventilation, its residual-current monitor.

Decides nothing by itself; it hands the inputs of a control step to those who do, and their answers
to the drivers. Only the control step calls it.

While the contactor could not be closed, nothing is offered either: a car that is promised current
in C is to get it within 3 s (seq 4), and a lock may try for 6. So that a test of a fraction of a
second disturbs no car that waits in B2, only a monitor that is not good counts here.
"""

from pilotlight.core import faults


class NoLock:
    """An outlet with a fixed cable, or a socket without a lock: nothing waits for it."""

    command = None
    is_engaged = True
    is_stuck = False
    fault = faults.NO_FAULT

    def is_settled(self):
        """No deadline is running."""
        return True

    def step(self, now_ms, letter, is_live, is_locked):
        """Nothing to decide."""

    def acknowledge(self):
        """Nothing to do."""


class Equipment:
    """`monitor`: core.residual.Monitor. `lock`: core.lock.Lock, or None; it moves `bolt`, a
    drivers.bolt.Bolt. `fan`: drivers.fan.Fan, or None: no ventilation. `claim`: the outlet's
    optional claim "equipment", or None: nobody is told to wait.
    """

    phases = None  # core.phases.Phases, where a second contactor is (services/switching.py)

    def __init__(self, monitor, lock=None, bolt=None, fan=None, claim=None):
        self.monitor = monitor
        self.bolt = bolt
        self.fan = fan
        self.lock = NoLock() if lock is None else lock
        self._claim = claim
        self.may_close = False  # neither lock nor monitor has anything against it
        self.trouble = faults.NO_FAULT

    def step(self, now_ms, unit):
        """Take this tick's inputs, after the level was fed; drive bolt and fan."""
        contactor = unit.contactor
        is_closed = contactor.is_commanded
        self.monitor.step(now_ms, unit.pilot.is_tripped, unit.level.letter, is_closed)
        if self.bolt is not None:
            is_live = is_closed or contactor.is_closed is True
            self.lock.step(now_ms, unit.level.letter, is_live, self.bolt.is_locked)
            self.bolt.set_drive(self.lock.command)
        if self.fan is not None:
            self.fan.set_fan(unit.outlet.wants_ventilation())
        self.may_close = self.lock.is_engaged and self.monitor.may_close()
        self.trouble = self.monitor.fault or self.lock.fault
        if self._claim is not None:
            self._say(self._claim, None if is_closed else self._reason())

    def _reason(self):
        """Why the contactor could not be closed for some time, or None. Said without a car and
        beside a fault, too: when they change, the outlet may offer before this has its turn.
        """
        if not self.lock.is_engaged:
            return "the plug is not held yet"
        return None if self.monitor.is_good else "the residual-current monitor waits for its test"

    def _say(self, claim, reason):
        if reason is not None:
            if not claim.is_set or claim.reason is not reason:
                claim.put(0, None, reason)
        elif claim.is_set:
            claim.clear()

    def is_settled(self):
        """No deadline of the lock is running; those of the monitor are asked of its SelfTest."""
        return self.lock.is_settled()

    def due_ms(self, now_ms):
        """No deadline while it is settled."""

    def acknowledge(self):
        """A person has looked at it."""
        self.monitor.acknowledge()
        self.lock.acknowledge()
        self.trouble = faults.NO_FAULT  # else it would latch anew before its turn comes
