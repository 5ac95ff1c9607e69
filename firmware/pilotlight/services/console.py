"""What a person types: functions over the running site, and a line reader for boards without a
REPL.

`namespace()` is what a REPL (aiorepl on a device) is given. Every function returns text; none
blocks.
"""

from time import ticks_ms

from micropython import const

from pilotlight.core import status

_LOOK_MS = const(50)
_LONGEST = const(200)

HELP = """status()                the site and every outlet
why(1)                  what binds outlet 1
limit(1, 10)            outlet 1 offers at most 10 A (0, or 6...80); limit(1, 10, 3600) for an hour
pause(1)                outlet 1 offers nothing; pause(1, 600) for ten minutes
resume(1)               take limit and pause back, acknowledge a fault
log()                   the last events
tune("feeders[0].limit_a", 25)   change a value of the site file; tune() shows what can be changed
save()                  keep the tuned values
revert()                back to the values of the site file
help()                  this text"""


class Console:
    """`control`, `wishes` (of "person"), `tuner`, `journal`, `extra`: a function that returns more
    status.
    """

    def __init__(self, control, wishes, tuner, journal, extra):
        self._control = control
        self._wishes = wishes
        self._tuner = tuner
        self._journal = journal
        self._extra = extra

    def namespace(self):
        """Names and functions for a REPL."""
        return {
            "status": self.status,
            "why": self.why,
            "limit": self.limit,
            "pause": self.pause,
            "resume": self.resume,
            "log": self.log,
            "tune": self._tuner.tune,
            "save": self._tuner.save,
            "revert": self._tuner.revert,
            "help": self.help,
        }

    def status(self):
        """The site and every outlet, a line each."""
        now_ms = ticks_ms()
        lines = [_feeder_line(status.of_feeder(feeder)) for feeder in self._control.feeders]
        lines += [unit.why(now_ms) for unit in self._control.units]
        lines += self._extra()
        return "\n".join(lines)

    def why(self, number):
        """What binds one outlet, since when, until when."""
        return self._wishes.unit(number).why(ticks_ms())

    def limit(self, number, amps, for_s=None):
        """Offer at most so many amps."""
        if not isinstance(amps, (int, float)) or isinstance(amps, bool):
            raise ValueError("limit: " + repr(amps) + " is not a number of amps (0 or 6...80)")
        self._wishes.limit(number, int(amps * 1000 + 0.5), for_s)
        return "outlet " + str(number) + ": " + str(amps) + " A at most"

    def pause(self, number, for_s=None):
        """Offer nothing."""
        self._wishes.pause(number, for_s)
        return "outlet " + str(number) + ": paused"

    def resume(self, number):
        """Take the wish back."""
        self._wishes.resume(number)
        return "outlet " + str(number) + ": released"

    def log(self):
        """The last events, newest last, with their age."""
        now_ms = ticks_ms()
        journal = self._journal
        lines = []
        for number in range(max(journal.oldest(), journal.count - 20), journal.count):
            age_s = status.seconds_since(now_ms, journal.at_ms(number))
            lines.append(str(age_s) + " s ago: " + journal.text(number))
        return "\n".join(lines) if lines else "nothing has happened yet"

    def help(self):
        """All of this."""
        return HELP

    def answer(self, line):
        """Carry out one typed line and return the text to show. Never raises."""
        line = line.strip()
        if not line:
            return ""
        try:
            # presence at the serial line is the right to do this
            value = eval(line, self.namespace())
            return value if isinstance(value, str) else repr(value)
        except Exception as error:  # noqa: BLE001 - a typing error is answered, whatever it is
            text = str(error) or "try help()"
            return type(error).__name__ + ": " + text


def _feeder_line(feeder):
    measured = ", ".join([_amps(value) for value in feeder["measured_a"]])
    heat = max(feeder["breaker_heat_pct"])
    return "feeder %s: %s of %s A (%s), breaker %d %%" % (
        feeder["feeder"],
        measured,
        feeder["limit_a"],
        feeder["trust"],
        heat,
    )


def _amps(value):
    return "?" if value is None else str(value)


async def serve(board, console):
    """Read lines from the board's console stream and answer them, for ever."""
    pace = board.pace(_LOOK_MS)
    stream = board.console
    buffer = bytearray(64)
    line = bytearray()
    while True:
        await pace.next(None)
        count = stream.readinto(buffer)
        for i in range(count or 0):
            if buffer[i] in (10, 13):
                if line:
                    _show(stream, console.answer(bytes(line).decode()))
                line = bytearray()
            elif len(line) < _LONGEST:
                line.append(buffer[i])


def _show(stream, text):
    stream.write((text.replace("\n", "\r\n") + "\r\n> ").encode())
