"""Around an outlet with a second contactor: all of services/equipment.py, and one phase or three.

While it switches, the required claim "phases" is 0 A and nothing may close. The outlet's place
loads its first phase only while that is certain.
"""

from pilotlight.core import duty
from pilotlight.core.claims import MAX_LIMIT_MA
from pilotlight.core.phases import REST
from pilotlight.services.equipment import Equipment

_AT_REST = "its phases are connected"


class Switching(Equipment):
    """`claims` of the outlet, with "phases". `phases`: core.phases.Phases. `second`:
    drivers.second.Second. `journal` takes events.
    """

    def __init__(self, monitor, lock, bolt, fan, claims, phases, second, journal):
        Equipment.__init__(self, monitor, lock, bolt, fan, claims.of("equipment"))
        self.phases = phases
        self._claim_of_phases = claims.of("phases")
        self._second = second
        self._journal = journal

    def step(self, now_ms, unit):
        """Take this tick's inputs, and move what is to move."""
        Equipment.step(self, now_ms, unit)
        phases, contactor = self.phases, unit.contactor
        # one that should be read back and is not counts as closed
        reads_open = contactor.is_closed is False
        if contactor.is_closed is None:
            reads_open = not unit.outlet.mirror.is_fitted
        is_open = reads_open and not contactor.is_commanded and not unit.outlet.close
        is_x1 = unit.outlet.duty == duty.X1
        phases.step(now_ms, is_open, is_x1, unit.level.letter, self._second.is_closed)
        self._second.set_three(phases.three)
        if phases.count is not unit.place.phases:
            unit.place.connect(phases.count)
        self.may_close = self.may_close and phases.may_close
        self.trouble = self.trouble or phases.fault
        self._permit()
        if phases.news:
            self._journal.note(now_ms, "outlet " + str(unit.number) + ": " + phases.news)
            phases.news = ""

    def _permit(self):
        claim, limit_ma, reason = self._claim_of_phases, MAX_LIMIT_MA, _AT_REST
        if self.phases.state != REST:
            limit_ma, reason = 0, self.phases.reason()
        if not claim.is_set or claim.limit_ma != limit_ma or claim.reason is not reason:
            claim.put(limit_ma, None, reason)

    def is_settled(self):
        """Nothing is in the middle of something."""
        return self.phases.is_settled() and Equipment.is_settled(self)

    def due_ms(self, now_ms):
        """The first deadline (ticks), or None."""
        return self.phases.due_ms(now_ms)

    def acknowledge(self):
        """A person has looked at it."""
        Equipment.acknowledge(self)
        self.phases.acknowledge()
