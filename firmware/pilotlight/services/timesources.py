"""The time in words, and who tells it where no time server does: a meter, the computer this runs
on, a person.

A meter tells standard time and not where it is: `clock.zone` of the site file does. It is believed
when it has gone on by as much as passed here since it was heard last. Times in ms.
"""

from micropython import const
from time import ticks_add, ticks_diff, ticks_ms

from pilotlight.wire import dates
from pilotlight.services.metering import clock_of

_EVERY_MS = const(30000)
_TO_2000_S = const(946684800)


class TimeSources:
    """`clock`: walltime.Clock. `zone`: zone.Zone of the site, or None. `meters`: readers.
    `computer`: a board's `wall_clock`, or None.
    """

    def __init__(self, clock, zone, meters, computer, journal):
        self.clock = clock
        self.zone = zone
        self._meters = meters
        self._computer = computer
        self._journal = journal
        self._due_ms = ticks_ms()
        self._heard = None  # (name, UTC in s, ticks) of a meter

    def look(self):
        """Once; often enough for ticks not to wrap."""
        now_ms = ticks_ms()
        if ticks_diff(now_ms, self._due_ms) < 0:
            return
        self._due_ms = ticks_add(now_ms, _EVERY_MS)
        self.clock.advance(now_ms)
        if self._computer is not None:
            told = self._computer.utc()
            if told is not None:
                utc_s, within_ms = told
                self.offer(now_ms, utc_s, 0, within_ms, "computer")
        told = clock_of(self._meters, now_ms)
        if told is None or self.zone is None:
            self._heard = None
        else:
            self._hear(now_ms, told, self.zone.standard_s)

    def _hear(self, now_ms, told, standard_s):
        utc_s = told["winter_s"] + told["age_ms"] // 1000 + _TO_2000_S - standard_s
        before, self._heard = self._heard, (told["meter"], utc_s, now_ms)
        if before is not None and before[0] == told["meter"]:
            past_s = ticks_diff(now_ms, before[2]) // 1000
            if abs(utc_s - before[1] - past_s) <= told["within_s"]:
                within_ms = 1000 * told["within_s"]
                self.offer(now_ms, utc_s, 0, within_ms, "meter " + told["meter"])

    def tell(self, when=None):
        """What time it is. `when`: seconds since 1970, or local time like "2026-11-27 12:00" (UTC
        without a zone, or with a Z): take it. ValueError if it cannot be.
        """
        if when is None:
            return self.words(ticks_ms())
        from pilotlight.services.timetyped import tell  # who types is patient

        return tell(self, when, ticks_ms())

    def shown(self, now_ms):
        """As published, or None."""
        clock = self.clock
        utc_s = clock.utc_s(now_ms)
        if utc_s is None:
            return None
        told = {"utc_s": utc_s, "utc": dates.iso(utc_s)}
        told.update({"within_ms": clock.within_ms(), "source": clock.source})
        if self.zone is not None:
            told["local"] = self.zone.iso(utc_s)
        return told

    def words(self, now_ms):
        """The same for people."""
        told = self.shown(now_ms)
        if told is None:
            return "clock: not known"
        text = "clock: %s, within %s ms, by %s"
        return text % (told.get("local", told["utc"]), told["within_ms"], told["source"])

    def offer(self, now_ms, utc_s, beyond_ms, within_ms, source):
        """As walltime.Clock's; what comes of it is an event."""
        is_first = self.clock.source is None
        step_s = self.clock.offer(now_ms, utc_s, beyond_ms, within_ms, source)
        if is_first:
            self._journal.note(now_ms, "clock: set by " + source)
        elif step_s:
            self._journal.note(now_ms, "clock: stepped by %d s, as %s says" % (step_s, source))
