"""Carries out what arrives over MQTT, and answers with what came of it.

Every command becomes a wish, and so a claim: none lifts a ceiling. An answer goes out after the
control step that knew of the wish, so that its `why` is true. Times in ticks (ms).
"""

from micropython import const
from time import ticks_add, ticks_diff, ticks_ms

from pilotlight.core.deadline import unless_passed
from pilotlight.core.status import amps
from pilotlight.wire import command, payload

_EACH_MS = const(200)  # five commands a second for long,
_BURST_MS = const(8000)  # and forty at once
_ANSWERS = const(8)  # that wait
_IDS = const(16)  # that are known again
_STALE_S = const(60)
_DECIDED_MS = const(60)  # by then two control steps have begun


class Commands:
    """`units`: of control. `clock`: walltime.Clock. `taken` and `refused` count them."""

    def __init__(self, units, wishes, journal, clock):
        self.taken = 0
        self.refused = 0
        self._units = units
        self._wishes = wishes
        self._journal = journal
        self._clock = clock
        self._busy_ms = None  # what came so far is worth so long
        self._is_flooded = False
        self._ids = [None] * _IDS
        self._next_id = 0
        self._waiting = []  # (ticks, command, error) of answers

    def take(self, topic, message, is_retained):
        """Carry out a message, or refuse it with an event that says why."""
        now_ms = ticks_ms()
        asked = command.Command()
        trouble = None
        try:
            if not self._has_time(now_ms):
                return
            asked.read(topic, message, is_retained, len(self._units))
            if asked.id is not None and asked.id in self._ids:
                raise ValueError(asked.name + ": id " + asked.id + " was carried out already")
            if asked.utc_s is not None:
                self._refuse_stale(asked, now_ms)
            self._carry_out(asked)
            self._remember(asked.id)
            self.taken += 1
        except ValueError as error:  # CommandError is one
            trouble = str(error)
            self.refused += 1
            self._journal.note(now_ms, "mqtt: " + trouble)
        if len(self._waiting) < _ANSWERS:
            self._waiting.append((now_ms, asked, trouble))

    def _has_time(self, now_ms):
        """More than forty at once, or five a second for long, are a flood: one event for all."""
        busy_ms = self._busy_ms = unless_passed(now_ms, self._busy_ms)
        if busy_ms is None:
            busy_ms = now_ms
            self._is_flooded = False
        if ticks_diff(busy_ms, now_ms) < _BURST_MS:
            self._busy_ms = ticks_add(busy_ms, _EACH_MS)
            return True
        self.refused += 1
        if not self._is_flooded:
            self._is_flooded = True
            self._journal.note(now_ms, "mqtt: more than 5 commands a second are not carried out")
        return False

    def _refuse_stale(self, asked, now_ms):
        """Raises ValueError for what was not sent just now, as far as the site's clock knows."""
        utc_s, within_ms = self._clock.utc_s(now_ms), self._clock.within_ms()
        if within_ms is None or within_ms > _STALE_S * 1000:
            raise ValueError(asked.name + ": utc_s cannot be judged, the time is not known here")
        if abs(utc_s - asked.utc_s) > _STALE_S:
            found = (asked.name, utc_s - asked.utc_s, _STALE_S)
            raise ValueError("%s: was sent %d s ago, expected within %d s of now" % found)

    def _remember(self, name):
        if name is not None:
            self._ids[self._next_id] = name
            self._next_id = (self._next_id + 1) % _IDS

    def _carry_out(self, asked):
        wishes, what, number = self._wishes, asked.what, asked.outlet
        if what == command.LIMIT:
            wishes.limit(number, asked.limit_ma, asked.for_s)
        elif what == command.PAUSE or (what == command.ENABLE and not asked.value):
            wishes.pause(number, asked.for_s)
        elif what == command.PHASES:
            wishes.phases(number, asked.value)
        elif what == command.DIM:
            wishes.dim(asked.value, asked.for_s)
        elif what == command.MODE:
            wishes.mode(number, asked.value)
        elif what == command.BOOST:
            wishes.boost(number, asked.for_s)
        elif what == command.NEED:
            wishes.need(number, asked.value, asked.for_s)
        elif what == command.PRIORITY:
            wishes.priority(number, asked.value)
        else:
            wishes.resume(number)

    # ------------------------------------------------------------------ answers

    @property
    def is_idle(self):
        """No answer waits."""
        return not self._waiting

    def look(self, now_ms):
        """Once a step: what has passed is forgotten."""
        self._busy_ms = unless_passed(now_ms, self._busy_ms)

    def forget(self):
        """Nobody is there any more to answer."""
        self._waiting = []

    def answer(self, now_ms):
        """The next answer as JSON, or None."""
        if not self._waiting or ticks_diff(now_ms, self._waiting[0][0]) < _DECIDED_MS:
            return None
        _, asked, trouble = self._waiting.pop(0)
        told = {"to": asked.name, "id": asked.id, "ok": trouble is None, "error": trouble}
        if asked.outlet is not None:
            claims = self._units[asked.outlet - 1].claims
            told["limit_a"] = amps(claims.limit_ma)
            told["why"] = claims.reason
        return payload.encode(told)
