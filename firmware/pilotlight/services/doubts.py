"""Has the sensors of the feeders judged (core/doubt.py), tells what comes of it, and plays drills.

A helper task: every 100 ms, apart from the control step, which only looks at what is left for it.
If it dies, verdicts stay as they are until it is running again. Times in ticks (ms).
"""

from micropython import const
from time import ticks_add, ticks_ms

from asyncio import sleep_ms

from pilotlight.core import doubt, trust, verdict
from pilotlight.core.deadline import unless_passed

DRILLS = ("meter-lost", "clamps-lost", "sensors-lost", "")

_DRILL_MS = const(60000)
_BACK_WH = const(100)  # less is rounding


class Doubts:
    """`feeders`: balance.Feeder. `readers`: of meters, for their energies."""

    def __init__(self, board, feeders, readers, journal):
        self._board = board
        self._feeders = feeders
        self._readers = readers
        self._journal = journal
        self._watches = [doubt.Watch(feeder) for feeder in feeders if feeder.sources]
        self._told = {}  # of each source its doubt, of each feeder its level, when last told
        self._energy_wh = {}
        self._until_ms = None  # a drill goes on

    async def run(self):
        """Look, for ever."""
        pace = self._board.pace(doubt.LOOK_MS)
        while True:
            await pace.next(self)
            for _ in self.look(ticks_ms()):
                await sleep_ms(0)

    def look(self, now_ms):
        """Judge once. A generator: who is late goes first."""
        if self._until_ms is not None:
            self._until_ms = unless_passed(now_ms, self._until_ms)
            if self._until_ms is None:
                self.drill("")
        for watch in self._watches:
            for _ in watch.look(now_ms):
                yield
        for feeder in self._feeders:
            if self._told.get(feeder, trust.LOST) != feeder.level:
                self._told[feeder] = feeder.level
                self._tell(now_ms, "feeder " + feeder.name, trust.LEVELS[feeder.level])
            for source in feeder.sources:
                if self._told.get(source, verdict.NONE) != source.doubt:
                    self._told[source] = source.doubt
                    text = verdict.name(source.doubt) or "believed again"
                    self._tell(now_ms, feeder.name + ", " + source.name, text)
        for reader in self._readers:
            self._look_at_energy(now_ms, reader)

    def _tell(self, now_ms, who, text):
        self._journal.note(now_ms, who + ": " + text)

    def _look_at_energy(self, now_ms, reader):
        """Energy never falls: a meter was reset or exchanged, or does not tell the truth. What it
        says of currents is judged by itself.
        """
        energy_wh = reader.meter.energy_wh
        if energy_wh is None:
            return
        before_wh = self._energy_wh.get(reader.name)
        if before_wh is not None and energy_wh < before_wh - _BACK_WH:
            text = "energy went back from %d to %d Wh" % (before_wh, energy_wh)
            self._tell(now_ms, "meter " + reader.name, text)
        self._energy_wh[reader.name] = energy_wh

    # ------------------------------------------------------------------ drills

    def drill(self, what):
        """Let the feeders' meters, clamps, or both ("meter-lost", "clamps-lost", "sensors-lost")
        be silent for 60 s, to see what follows; "" ends it. Returns what is done. ValueError.
        """
        if what not in DRILLS:
            raise ValueError("drill: " + repr(what) + " is not one of " + ", ".join(DRILLS))
        now_ms = ticks_ms()
        self._until_ms = ticks_add(now_ms, _DRILL_MS) if what else None
        for feeder in self._feeders:
            for source in feeder.sources:
                kind = source.name.split(" ")[0] + "-lost"
                source.is_muted = what in (kind, "sensors-lost")
        text = "drill: " + (what + " for 60 s" if what else "over")
        self._journal.note(now_ms, text)
        return text

    def acknowledge(self):
        """A person has looked at the sensors."""
        for watch in self._watches:
            watch.acknowledge()

    # ------------------------------------------------------------------ for a beat that may skip

    def is_settled(self):
        """Nothing is in the middle of something."""
        return all([watch.is_settled() for watch in self._watches])

    def due_ms(self, now_ms):
        """The end of a drill (ticks), or None."""
        return self._until_ms
