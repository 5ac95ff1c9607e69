"""What stands around one outlet: its lock, its ventilation, its residual-current monitor.

Decides nothing by itself; it hands the inputs of a control step to those who do, and puts their
answers together. It writes no output: the control step does.
"""

from pilotlight.core import lock as locks


class Equipment:
    """`monitor`: core.residual.Monitor. `bolt`: drivers.bolt.Bolt, or None: no lock. `fan`:
    drivers.fan.Fan, or None: no ventilation.
    """

    def __init__(self, monitor, bolt=None, fan=None):
        self.monitor = monitor
        self.bolt = bolt
        self.fan = fan
        self.lock = locks.NoLock() if bolt is None else locks.Lock()

    def step(self, now_ms, unit):
        """Take this tick's inputs: after the level was fed, before the outlet's step."""
        contactor = unit.contactor
        is_closed = contactor.is_commanded
        self.monitor.step(now_ms, unit.pilot.is_tripped, unit.level.letter, is_closed)
        if self.bolt is not None:
            is_live = is_closed or contactor.is_closed is True
            self.lock.step(now_ms, unit.level.letter, is_live, self.bolt.is_locked)

    @property
    def may_close(self):
        """Neither lock nor monitor has anything against closing."""
        return self.lock.is_engaged and self.monitor.may_close

    @property
    def trouble(self):
        """A fault of core/faults.py, or NO_FAULT."""
        return self.monitor.fault or self.lock.fault

    @property
    def is_settled(self):
        """No deadline of the lock is running; those of the monitor are asked of its SelfTest."""
        return self.lock.is_settled

    def acknowledge(self):
        """A person has looked at it."""
        self.monitor.acknowledge()
        self.lock.acknowledge()
