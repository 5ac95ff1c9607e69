"""Puts the claims that hardware makes: cable, temperature, current, contactor, pause after a cut.

A helper task. Every 50 ms it looks at one outlet (with more than four, at two), so each has its
turn every 200 ms: a cable that breaks is known after 400 ms. The claims "cable", "temperature" and
"board temperature" are required and last 2 s: if this task dies, the outlets that need them stop.
"overcurrent", "contactor" and "restart" are optional and there only while they bind. Times in
ticks (ms), currents in mA.
"""

from micropython import const
from time import ticks_add, ticks_diff, ticks_ms

from pilotlight.core import overcurrent, pilot, trust
from pilotlight.core.peak import Peak
from pilotlight.core.place import METER_MS
from pilotlight.core.wear import MOST, Wear

_LOOK_MS = const(50)
_TURNS = const(4)
_VALID_MS = const(2000)
_PART_MS = const(1000)  # the least of the last 3 to 4 s
_OFF_PART = const(32)  # a meter of class B, or a clamp at its side, may be off by so much
_OFF_MA = const(200)
_AFTER_CUT = "waits for a random time after a power cut; resume() ends it"
_WORN = "has closed " + str(MOST) + " times within an hour; resume() ends the rest of it"


class Sensor:
    """A temperature that limits an outlet. `source`: whose claim; `heat`: heat.Heat; `read()`:
    whole degrees C, or None.
    """

    def __init__(self, source, heat, read):
        self.source = source
        self.heat = heat
        self.read = read


class Watched:
    """One outlet. `port`: its outlet port. `cable`: proximity.Cable, or None where nothing is
    measured. `sensors`: of temperatures. `meter`: the driver of its own meter, with `source`
    (trust.Source) to judge it, or None.
    """

    def __init__(self, unit, port, cable, sensors, meter, source, journal):
        self.unit = unit
        self.cable = cable
        self.sensors = sensors
        self.current = overcurrent.Watch()
        self.wear = Wear()
        said = unit.claims
        self._board = said.of("board")
        self._overcurrent = said.of("overcurrent")
        self._contactor = said.of("contactor")
        self._cable = None if cable is None else said.of("cable")
        self._port = port
        self._meter = meter
        self._source = source
        self._low = Peak(_PART_MS)  # negated: what the meter has shown lately
        self._journal = journal

    def is_settled(self):
        """Nothing is in the middle of something."""
        return (
            self.current.is_settled()
            and self._low.is_settled()
            and self._is_counted()
            and (self.cable is None or self.cable.is_steady)
            and all([sensor.heat.is_steady for sensor in self.sensors])
        )

    def look(self, now_ms):
        """Look at everything, and say what follows."""
        if self.cable is not None:
            self._look_at_cable(now_ms)
        for sensor in self.sensors:
            self._look_at_heat(now_ms, sensor)
        self._look_at_current(now_ms)
        self._look_at_contactor(now_ms)

    def acknowledge(self):
        """A person has looked at it: neither a greedy car, nor a contactor that has closed often,
        nor a power cut holds it any longer.
        """
        self.current.forget()
        self.wear.forget()
        self.unit.claims.of("restart").clear()

    def _look_at_cable(self, now_ms):
        cable = self.cable
        cable.look(self.unit.outlet.letter, self._port.proximity_ohm)
        known_ma = cable.limit_ma or None
        self._require(now_ms, self._cable, cable.limit_ma, cable.reason, known_ma)

    def _look_at_heat(self, now_ms, sensor):
        heat = sensor.heat
        heat.look(sensor.read())
        full_ma = self._board.limit_ma
        if self.cable is not None:
            full_ma = min(full_ma, self.cable.limit_ma)
        claim = self.unit.claims.of(sensor.source)
        self._require(now_ms, claim, heat.limit_ma(full_ma), heat.reason, heat.celsius)

    def _look_at_contactor(self, now_ms):
        """A charge that goes on is not ended for it."""
        contactor, claim = self.unit.contactor, self._contactor
        self.wear.look(now_ms, contactor.cycles)
        if not self.wear.is_enough():
            if claim.is_set:
                claim.clear()
        elif not (contactor.is_commanded or claim.is_set):
            claim.put(0, self.wear.until_ms(now_ms), _WORN)
            self._tell(now_ms, _WORN)

    def _is_counted(self):
        contactor, is_set = self.unit.contactor, self._contactor.is_set
        is_due = self.wear.is_enough() and not (contactor.is_commanded or is_set)
        return self.wear.cycles == contactor.cycles and not is_due

    def _require(self, now_ms, claim, limit_ma, reason, measured):
        """Renew a required claim; another reason than before is worth an event."""
        if claim.reason != reason and claim.reason:
            self._tell(now_ms, reason)
        claim.put(limit_ma, ticks_add(now_ms, _VALID_MS), reason)
        claim.measured = measured

    # ------------------------------------------------------------------ current

    def _look_at_current(self, now_ms):
        unit, watch = self.unit, self.current
        if unit.outlet.letter == pilot.A:
            watch.forget()
        drawn_ma = self._metered_ma(now_ms)
        unit.place.metered_ma = drawn_ma
        confidence = overcurrent.MEASURED
        if drawn_ma is None and unit.place.is_closed:
            drawn_ma = self._inferred_ma()
            confidence = overcurrent.INFERRED
        watch.look(now_ms, unit.outlet.signalled_ma(), drawn_ma, confidence)
        self._say(now_ms)

    def _say(self, now_ms):
        watch, claim = self.current, self._overcurrent
        if (watch.limit_ma == 0) == claim.is_set:
            return
        if claim.is_set:
            claim.clear()
        else:
            claim.put(0, watch.until_ms, watch.reason)
        self._tell(now_ms, watch.reason)

    def _metered_ma(self, now_ms):
        """The phase that carries most, by the outlet's own meter; None if there is none to ask."""
        meter, source = self._meter, self._source
        if meter is None:
            return None
        l1_ma, l2_ma, l3_ma = meter.current_ma
        source.offer(l1_ma, l2_ma, l3_ma, meter.taken_ms, meter.sequence)
        source.judge(now_ms)
        self.unit.place.least_ma = self._least_ma(now_ms)
        return max(source.raw_ma) if source.level == trust.FRESH else None

    def _least_ma(self, now_ms):
        """What its car draws at least on each phase that it uses, in whatever order the meter has
        them; 0 if that is not known.
        """
        source, low = self._source, self._low
        is_old = source.level != trust.FRESH
        if is_old or ticks_diff(now_ms, source.taken_ms) + source.lag_ms > METER_MS:
            low.forget()
            return 0
        l1_ma, l2_ma, l3_ma = source.raw_ma
        low.take(now_ms, (-l1_ma, -l2_ma, -l3_ma))
        shown_ma = -sorted(low.ma)[sum(self.unit.place.uses) - 1]
        return max(0, shown_ma - shown_ma // _OFF_PART - _OFF_MA)

    def _inferred_ma(self):
        feeder = self.unit.feeder
        if feeder.level != trust.FRESH:
            return None
        parts = (feeder.measured_ma, feeder.base_max_ma, feeder.places, self.unit.place)
        return overcurrent.inferred_ma(*parts)

    def _tell(self, now_ms, text):
        self._journal.note(now_ms, "outlet " + str(self.unit.number) + ": " + text)


class Limits:
    """`watched`: of each outlet, in their order."""

    def __init__(self, board, watched):
        self.watched = watched
        self._board = board
        self._turn = 0
        self._looked_ms = None

    def pause(self, now_ms, delays_ms):
        """The power was cut: outlets wait, each for its own time, ms."""
        for i in range(len(self.watched)):
            if delays_ms[i] > 0:
                until_ms = ticks_add(now_ms, delays_ms[i])
                self.watched[i].unit.claims.of("restart").put(0, until_ms, _AFTER_CUT)

    def acknowledge(self, number):
        """A person has looked at outlet `number` (1...)."""
        self.watched[number - 1].acknowledge()

    async def run(self):
        """Look, for ever."""
        pace = self._board.pace(_LOOK_MS)
        while True:
            late_ms = await pace.next(self)
            self.look(ticks_add(ticks_ms(), -late_ms))

    def look(self, beat_ms):
        """The beat of `beat_ms`: at those whose turn it is, or was since the last look."""
        for _ in range(min(self._beats(beat_ms), _TURNS)):
            for i in range(self._turn, len(self.watched), _TURNS):
                self.watched[i].look(beat_ms)
            self._turn = (self._turn + 1) % _TURNS

    def _beats(self, beat_ms):
        """How many beats have come since the last look; all turns if it is the first one."""
        before_ms, self._looked_ms = self._looked_ms, beat_ms
        span_ms = -1 if before_ms is None else ticks_diff(beat_ms, before_ms)
        if span_ms < 0:  # or the last was so long ago that ticks cannot tell
            return _TURNS
        beats = (span_ms + _LOOK_MS // 2) // _LOOK_MS
        self._turn = (self._turn + max(0, beats - _TURNS)) % _TURNS
        return beats

    def is_settled(self):
        """Nothing is in the middle of something."""
        return all([watched.is_settled() for watched in self.watched])

    def due_ms(self, now_ms):
        """No deadline of its own: claims that end by themselves are known to whoever decides."""
        return None
