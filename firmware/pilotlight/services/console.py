"""What a person types: functions over the running site.

`namespace()` is what a REPL (aiorepl on a device) is given; typist.py is the line reader without
one. Every function returns text, a long one as `Pieces`; none blocks.
"""

import json
from time import ticks_ms

from pilotlight.core import status
from pilotlight.services.pieces import Pieces


class Console:
    """`control`, `wishes` (of "person"), `tuner`, `journal`, `calibration`, `times`. `words` are
    two functions: the first returns more lines of status, the second the site as published.
    `more`: functions that others have for it, by name.
    """

    def __init__(self, control, wishes, tuner, journal, calibration, times, words, more):
        self._control = control
        self._wishes = wishes
        self._tuner = tuner
        self._journal = journal
        self._calibration = calibration
        self._times = times
        self._extra, self._snapshot = words
        self._more = more

    def namespace(self):
        """Names and functions for a REPL."""
        names = {
            "status": self.status,
            "why": self.why,
            "limit": self.limit,
            "pause": self.pause,
            "phases": self._wishes.phases,
            "resume": self.resume,
            "mode": self.mode,
            "boost": self._wishes.boost,
            "need": self.need,
            "dim": self.dim,
            "log": self.log,
            "decisions": self.decisions,
            "snapshot": self.snapshot,
            "calibrate": self.calibrate,
            "tune": self._tuner.tune,
            "save": self._tuner.save,
            "revert": self._tuner.revert,
            "help": self.help,
        }
        names.update(self._more)
        return names

    def status(self):
        """The site and every outlet, a line each."""
        return Pieces(self._status())

    def _status(self):
        for feeder in self._control.feeders:
            yield _feeder_line(status.of_feeder(ticks_ms(), feeder))
        for unit in self._control.units:
            yield unit.why(ticks_ms())
        yield "\n".join(self._extra())

    def why(self, number):
        """What binds one outlet, since when, until when."""
        return self._wishes.unit(number).why(ticks_ms())

    def limit(self, number, amps, for_s=None):
        """Offer at most so many amps."""
        if not isinstance(amps, (int, float)) or isinstance(amps, bool):
            raise ValueError("limit: " + repr(amps) + " is not a number of amps (0 or 6...80)")
        self._wishes.limit(number, round(amps * 1000), for_s)
        return "outlet " + str(number) + ": " + str(amps) + " A at most"

    def pause(self, number, for_s=None):
        """Offer nothing."""
        self._wishes.pause(number, for_s)
        return "outlet " + str(number) + ": paused"

    def resume(self, number):
        """Take the wish back."""
        self._wishes.resume(number)
        return "outlet " + str(number) + ": released"

    def mode(self, number, mode):
        """What the sun has to do with one outlet."""
        self._wishes.mode(number, mode)
        return "outlet " + str(number) + ": " + mode

    def need(self, number, kwh, hours=24):
        """What its car is to have when it leaves: in so many hours, or at "7:30"."""
        if isinstance(hours, str):
            from pilotlight.services.timetyped import seconds_until

            hours = seconds_until(self._times, hours, ticks_ms()) / 3600
        for value in (kwh, hours):
            if not isinstance(value, (int, float)) or isinstance(value, bool):
                raise ValueError("need: " + repr(value) + " is not a number of kWh or hours")
        self._wishes.need(number, round(kwh * 1000), round(hours * 3600))
        return "outlet %s: needs %s kWh within %.1f h" % (number, kwh, hours)

    def dim(self, limit_w=None, for_s=None):
        """As the grid operator orders; alone: the last orders."""
        if limit_w is None:
            return self._wishes.orders()
        if limit_w == "off":
            limit_w = None
        self._wishes.dim(limit_w, for_s)
        return "lifted" if limit_w is None else str(limit_w) + " W for all outlets"

    def calibrate(self, what=None, amps=None):
        """Start to measure the pilot of an outlet, or a clamp; alone: what the last one found."""
        if what is not None:
            self._calibration.start(what, amps)
            return "takes 4 s; then calibrate() tells how it went"
        return self._calibration.result

    def log(self):
        """The last events, newest last, with their age."""
        if not self._journal.count:
            return "nothing has happened yet"
        from pilotlight.services import reading

        return Pieces(reading.of_journal(self._journal))

    def decisions(self, number=None):
        """The last changes of what outlets are offered, newest last, with their age."""
        is_json = number == "json"
        if not (is_json or number is None):
            self._wishes.unit(number)
        from pilotlight.services import reading

        return reading.of_decisions(self._control.decisions, number, is_json)

    def snapshot(self):
        """The site, every outlet, and how many events and decisions there have been, as JSON."""
        return Pieces(self._all(), "")

    def _all(self):
        yield '{"site": ' + json.dumps(self._snapshot())
        before = ', "outlets": ['
        for unit in self._control.units:
            yield before + json.dumps(unit.snapshot(ticks_ms()))
            before = ", "
        counts = (self._journal.count, self._control.decisions.count)
        yield '], "events": %d, "decisions": %d}' % counts

    def help(self):
        """All of this."""
        from pilotlight.services.helptext import HELP

        return Pieces("%-24s%s" % tuple(row.split("|")) for row in HELP.split("\n"))

    def answer(self, line):
        """Carry out one typed line; the text to show, as `Pieces`. Never raises."""
        line = line.strip()
        if not line:
            return Pieces(())
        try:
            # presence at the serial line is the right to do this
            value = eval(line, self.namespace())
            if isinstance(value, Pieces):
                return value
            text = value if isinstance(value, str) else repr(value)
        except Exception as error:  # noqa: BLE001 - a typing error is answered, whatever it is
            text = type(error).__name__ + ": " + (str(error) or "try help()")
        return Pieces((text,))


def _feeder_line(feeder):
    measured = ", ".join([_amps(value) for value in feeder["measured_a"]])
    heat = max(feeder["breaker_heat_pct"])
    text = "feeder %s: %s of %s A (%s), breaker %d %%" % (
        feeder["feeder"],
        measured,
        feeder["limit_a"],
        feeder["trust"],
        heat,
    )
    for name, level in feeder["sensors"].items():
        if level != "fresh":
            text += ", " + name + " " + level
    if "house_most_a" in feeder:
        most = ", ".join([str(amps) for amps in feeder["house_most_a"]])
        text += ", house at most %s A in %d h" % (most, feeder["house_seen_h"])
    return text


def _amps(value):
    return "?" if value is None else str(value)
