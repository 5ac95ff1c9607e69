"""Finds the gain of one clamp: a steady current flows, and a person says how much it is.

Looks as the windows come, for 4 s. The gain acts from the next window on.
"""

from micropython import const

from pilotlight.drivers.clamps import MAX_GAIN

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
            raise ValueError("calibrate: " + repr(amps) + " is no current of 5...250 A")
        _clamp(site(), name)
        self.name = name
        self._ma = round(amps * 1000)
        self._clamps = clamps
        self._site = site
        self._sequence = clamps and clamps.sequence
        self._looks = self._count = self._sum = self._most = 0
        self._least = MAX_GAIN

    def look(self):
        """Take the newest window. Returns the result in words, None before it is there; raises
        ValueError with what is wrong.
        """
        clamps = self._clamps
        self._looks += 1
        if clamps.sequence == self._sequence:
            if self._looks > _SILENT_LOOKS:
                raise ValueError("no samples come from the clamps")
            return None
        self._sequence = clamps.sequence
        self._looks = 0
        table = _clamp(self._site(), self.name)
        channel = table["channel"] - 1
        rms16 = clamps.rms16[channel]
        if clamps.current_ma[channel] is None:
            raise ValueError("the input hangs at " + str(clamps.offset[channel]) + " of 4095")
        if clamps.is_clipped[channel]:
            raise ValueError("the input is at its end: too much current, or no burden")
        if rms16 * MAX_GAIN < self._ma * 1600:
            raise ValueError("next to nothing is measured: plugged in, closed, at this wire?")
        self._least = min(self._least, rms16)
        self._most = max(self._most, rms16)
        if (self._most - self._least) * _STEADY > self._most:
            told = [str(n * table["gain"] // 1600) for n in (self._least, self._most)]
            raise ValueError("the current is not steady: " + "...".join(told) + " mA")
        self._sum += rms16
        self._count += 1
        if self._count < _WINDOWS:
            return None
        mean16 = self._sum // _WINDOWS
        gain = (self._ma * 1600 + mean16 // 2) // mean16
        before, table["gain"] = table["gain"], gain
        clamps.gains[channel] = gain
        told = (gain, before)
        return "gain %d, before %d; acts now, save() keeps it, revert() takes it back" % told


def _clamp(site, name):
    """The table of a clamp. ValueError if there is not exactly one of this name."""
    found = []
    for feeder in site["feeders"]:
        for i in range(3 if feeder["clamps"] else 0):
            phase = "L" + str(i + 1)
            if name in (phase, feeder["id"] + " " + phase):
                found.append(feeder["clamps"][i])
    if len(found) != 1:
        told = ": one clamp is expected, like L1 or main L1; found " + str(len(found))
        raise ValueError("calibrate: " + str(name) + told)
    return found[0]
