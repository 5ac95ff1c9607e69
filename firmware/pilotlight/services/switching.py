"""Around an outlet with a second contactor: all of services/equipment.py, and one phase or three.

While it switches, the required claim "phases" is 0 A and nothing may close. The outlet's place
loads its first phase only while that is certain. In a solar mode the sun wishes, where neither a
person nor the network does (core/sunphases.py).
"""

from time import ticks_diff

from pilotlight.core import duty
from pilotlight.core.claims import MAX_LIMIT_MA
from pilotlight.core.deadline import earlier
from pilotlight.core.phases import ASKED, REST, WORDS
from pilotlight.core.sunphases import SunPhases
from pilotlight.services.equipment import Equipment

_AT_REST = "its phases are connected"
_BY_SUN = ", wished by the sun"


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
        self._sun = SunPhases()
        self._place = None  # of the outlet, once a step was made

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
        self._place = unit.place
        self._sun.look(now_ms, unit.place, phases)
        phases.wish("policy", self._sun.wish)
        phases.step(now_ms, is_open, is_x1, unit.level.letter, self._second.is_closed)
        self._second.set_three(phases.three)
        if phases.count is not unit.place.phases:
            unit.place.connect(phases.count)
        self.may_close = self.may_close and phases.may_close
        self.trouble = self.trouble or phases.fault
        self._permit()
        if phases.news:
            text = "outlet " + str(unit.number) + ": " + phases.news
            if phases.state == ASKED and phases.source() == "policy":
                text += _BY_SUN
            self._journal.note(now_ms, text)
            phases.news = ""

    def _permit(self):
        claim, limit_ma, reason = self._claim_of_phases, MAX_LIMIT_MA, _AT_REST
        if self.phases.state != REST:
            limit_ma, reason = 0, self.phases.reason()
        if not claim.is_set or claim.limit_ma != limit_ma or claim.reason is not reason:
            claim.put(limit_ma, None, reason)

    def is_settled(self):
        """Nothing is in the middle of something."""
        if self._place is None or not self._sun.is_settled(self._place, self.phases):
            return False
        return self.phases.is_settled() and Equipment.is_settled(self)

    def due_ms(self, now_ms):
        """The first deadline (ticks), or None."""
        return earlier(now_ms, self._sun.due_ms, self.phases.due_ms(now_ms))

    def told(self, now_ms):
        """Who wishes for how many phases, in words, and when that changes; empty: nobody."""
        source = self.phases.source()
        if source is None:
            return ""
        text = "; " + WORDS[self.phases.wants_three()]
        if source != "policy":
            return text + ", wished by the " + source
        text += _BY_SUN
        sun = self._sun
        if sun.due_ms is not None and sun.rather in (1, 3):
            left_s = max(0, ticks_diff(sun.due_ms, now_ms)) // 1000
            text += ", and " + WORDS[sun.rather == 3] + " in " + str(left_s) + " s if it stays so"
        return text

    def acknowledge(self):
        """A person has looked at it."""
        Equipment.acknowledge(self)
        self.phases.acknowledge()
