"""Finds the gain of one clamp: a steady current flows, and a person says how much it is.

Looks as the windows come, for 4 s. The gain acts from the next window on.
"""

from micropython import const

_MAX_GAIN = const(32767)  # fields.py
_WINDOWS = const(40)
_SILENT_LOOKS = const(10)
_STEADY = const(33)  # within 3 %


class Gain:
    """`amps` flow through the clamp `name`: "L1", or "main L1" where several feeders have clamps.
    `site()` is the site as it is now, and gets the gain. Raises ValueError for what is no clamp or
    no such current.
    """

    def __init__(self, name, amps, clamps, site):
        if not isinstance(amps, (int, float)) or not 5 <= amps <= 250:
            raise ValueError(repr(amps) + " is no current of 5...250 A")
        _clamp(site(), name)
        self.name = name
        self._ma = round(amps * 1000)
        self._clamps = clamps
        self._site = site
        self._sequence = clamps.sequence
        self._silent = 0
        self._found = []

    def look(self):
        """Take the newest window. Returns the result in words, None before it is there; raises
        ValueError with what is wrong.
        """
        clamps, found = self._clamps, self._found
        self._silent += 1
        if clamps.sequence != self._sequence:
            self._sequence = clamps.sequence
            self._silent = 0
            table = _clamp(self._site(), self.name)
            channel = table["channel"] - 1
            found.append(clamps.rms16[channel])
            _check(clamps, channel, found, self._ma)
            if len(found) == _WINDOWS:
                mean16 = sum(found) // _WINDOWS
                before = table["gain"]
                gain = table["gain"] = (self._ma * 1600 + mean16 // 2) // mean16
                clamps.gains[channel] = gain
                told = "gain %d, before %d: acts now; save() keeps it"
                return told % (gain, before)
        elif self._silent > _SILENT_LOOKS:
            raise ValueError("no samples come from the clamps")
        return None


def _check(clamps, channel, found, ma):
    if clamps.current_ma[channel] is None:
        raise ValueError("the input hangs at " + str(clamps.offset[channel]) + " of 4095")
    if clamps.is_clipped[channel]:
        raise ValueError("clipped: too much current, or no burden")
    if found[-1] * _MAX_GAIN < ma * 1600:
        raise ValueError("next to nothing: plugged in, closed, at this wire?")
    if (max(found) - min(found)) * _STEADY > max(found):
        told = (min(found) * ma // found[0], max(found) * ma // found[0])
        raise ValueError("not steady: %d...%d mA" % told)


def _clamp(site, name):
    """The table of a clamp. ValueError if there is not exactly one of this name."""
    found = []
    for feeder in site["feeders"]:
        for i in range(len(feeder["clamps"] or ())):
            phase = "L" + str(i + 1)
            if name in (phase, feeder["id"] + " " + phase):
                found.append(feeder["clamps"][i])
    if len(found) != 1:
        raise ValueError(str(name) + ": expected one clamp, like L1 or main L1")
    return found[0]
