"""What people and networks may ask of an outlet. Every wish becomes a claim, never a command.

Limits in mA, durations in s (None: until changed), times in ticks (ms).
"""

from time import ticks_add, ticks_ms

from micropython import const

from pilotlight.core import claims

_MOST_WH = const(200000)
_BOOST_S = const(3600)


class Wishes:
    """Puts claims of `source` ("person" or "network") on the units. `acknowledge(number)`, if
    there is one, is called with every `resume`. `outside`: services.outside.Outside.
    """

    def __init__(self, units, journal, source, outside, acknowledge=None):
        self._units = units
        self._journal = journal
        self._source = source
        self._outside = outside
        self._acknowledge = acknowledge

    def unit(self, number):
        """The unit of outlet `number` (1...). Raises ValueError that names the range."""
        is_number = isinstance(number, int) and not isinstance(number, bool)
        if not is_number or not 1 <= number <= len(self._units):
            raise ValueError(
                "outlet " + str(number) + ": no such outlet (1..." + str(len(self._units)) + ")"
            )
        return self._units[number - 1]

    def limit(self, number, limit_ma, for_s=None):
        """Let the outlet offer at most `limit_ma`: 0, or 6000...80000."""
        if limit_ma != 0 and not 6000 <= limit_ma <= claims.MAX_LIMIT_MA:
            raise ValueError("limit: " + str(limit_ma / 1000) + " A is out of range (0 or 6...80)")
        text = "limited to " + str(limit_ma / 1000) + " A by the " + self._source
        self._put(number, limit_ma, for_s, text)

    def pause(self, number, for_s=None):
        """Let the outlet offer nothing."""
        self._put(number, 0, for_s, "paused by the " + self._source)

    def phases(self, number, count):
        """Let the outlet use 1 phase or 3, or (None) as others wish. Returns what was noted."""
        phases = self.unit(number).around.phases
        if phases is None:
            raise ValueError("phases: outlets[" + str(number - 1) + "].switching is not set")
        if count is not None and (isinstance(count, bool) or count not in (1, 3)):
            raise ValueError("phases: " + repr(count) + " is wrong, expected 1, 3 or None")
        phases.wish(self._source, count)
        text = "phases wished by the " + self._source + ": " + str(count)
        wait_s = phases.wait_ms(ticks_ms()) // 1000
        if wait_s and phases.wants_three() is not phases.three:
            text += ", not before another " + str(wait_s) + " s"
        self._note(number, text)
        return "outlet " + str(number) + ": " + text

    def resume(self, number):
        """Take this source's wish back, and acknowledge a latched fault."""
        unit = self.unit(number)
        unit.claims.of(self._source).clear()
        if self._acknowledge is not None:
            unit.outlet.acknowledge()
            self._acknowledge(number)
        self._note(number, "released by the " + self._source)

    def mode(self, number, mode):
        """What the sun has to do with the outlet, one of outside.MODES."""
        self._outside.set_mode(self.unit(number).place, mode)
        self._note(number, "mode " + mode + " by the " + self._source)

    def boost(self, number, for_s=None):
        """Charge fast whatever the sun does, for `for_s` (None: an hour) or until its car leaves.
        Returns what was noted.
        """
        unit = self.unit(number)
        for_s = claims.checked_s(_BOOST_S if for_s is None else for_s)
        if not unit.place.is_plugged:
            raise ValueError("outlet " + str(number) + ": no car is plugged in to boost")
        self._outside.boost(unit.place, for_s)
        text = "boost for %d s by the %s" % (for_s, self._source)
        self._note(number, text)
        return "outlet " + str(number) + ": " + text

    def priority(self, number, priority):
        """Who has the higher one (0...9) is served first, with the policy of that name."""
        is_number = isinstance(priority, int) and not isinstance(priority, bool)
        if not is_number or not 0 <= priority <= 9:
            raise ValueError("priority: " + repr(priority)[:32] + " is wrong, expected 0...9")
        self.unit(number).place.priority = priority
        self._note(number, "priority %d by the %s" % (priority, self._source))

    def need(self, number, need_wh, within_s):
        """Its car needs so many Wh (0: nothing in particular) until it leaves in `within_s`."""
        place = self.unit(number).place
        if not isinstance(need_wh, int) or not 0 <= need_wh <= _MOST_WH:
            raise ValueError("need: " + str(need_wh) + " Wh is out of range (0...200000)")
        if need_wh == 0:
            place.need = None
            self._note(number, "needs nothing in particular")
            return
        from pilotlight.core.need import Need

        now_ms = ticks_ms()
        leaves_ms = ticks_add(now_ms, claims.checked_s(within_s) * 1000)
        if not place.is_plugged:
            raise ValueError("outlet " + str(number) + ": no car is plugged in that could need it")
        place.need = Need(now_ms, need_wh, leaves_ms)
        self._note(number, "needs %d Wh within %d s" % (need_wh, within_s))

    def dim(self, limit_w, for_s=None):
        """All outlets together may draw `limit_w`; None: as much as they may otherwise."""
        if limit_w is None:
            self._outside.lift(self._source)
        else:
            self._outside.dim(self._source, limit_w, for_s)

    def orders(self):
        """The last orders of the grid operator, in words."""
        return self._outside.keeper.told()

    def _put(self, number, limit_ma, for_s, text):
        now_ms = ticks_ms()
        until_ms = None
        if for_s is not None:
            until_ms = ticks_add(now_ms, claims.checked_s(for_s) * 1000)
        self.unit(number).claims.of(self._source).put(limit_ma, until_ms, text)
        self._note(number, text)

    def _note(self, number, text):
        self._journal.note(ticks_ms(), "outlet " + str(number) + ": " + text)
