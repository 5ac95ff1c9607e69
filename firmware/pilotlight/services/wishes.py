"""What people and networks may ask of an outlet. Every wish becomes a claim, never a command.

Limits in mA, durations in s (None: until changed), times in ticks (ms).
"""

from time import ticks_add, ticks_ms

from pilotlight.core import claims


class Wishes:
    """Puts claims of `source` ("person" or "network") on the units. `acknowledge(number)`, if
    there is one, is called with every `resume`.
    """

    def __init__(self, units, journal, source, acknowledge=None):
        self._units = units
        self._journal = journal
        self._source = source
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
            raise ValueError("outlets[" + str(number - 1) + "].switching is not set")
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

    def _put(self, number, limit_ma, for_s, text):
        now_ms = ticks_ms()
        until_ms = None
        if for_s is not None:
            if not 1 <= for_s <= claims.MAX_AHEAD_MS // 1000:
                raise ValueError("for_s: " + str(for_s) + " is out of range (1...432000 s)")
            until_ms = ticks_add(now_ms, for_s * 1000)
        self.unit(number).claims.of(self._source).put(limit_ma, until_ms, text)
        self._note(number, text)

    def _note(self, number, text):
        self._journal.note(ticks_ms(), "outlet " + str(number) + ": " + text)
