"""Finds the gain of one clamp, or of a voltage reference: a steady current flows, or the mains are
there, and a person says how much it is.

Looks as the windows come, for 4 s. The gain acts from the next window on.
"""

from micropython import const

_MAX_GAIN = const(32767)  # fields.py
_WINDOWS = const(40)
_SILENT_LOOKS = const(10)
_STEADY = const(33)  # within 3 %
_CURRENT = (5, 250, "current of 5...250 A")
_VOLTAGE = (50, 300, "voltage of 50...300 V")


class Gain:
    """`value` A flow through the clamp `name`: "L1", or "main L1" where several feeders have
    clamps; or the reference "voltage" stands at `value` V. `site()` is the site as it is now, and
    gets the gain. Raises ValueError for what is no clamp, no such current or voltage.
    """

    def __init__(self, name, value, clamps, site):
        self._is_voltage = str(name).split(" ")[-1] == "voltage"
        low, high, what = _VOLTAGE if self._is_voltage else _CURRENT
        if not isinstance(value, (int, float)) or not low <= value <= high:
            raise ValueError(repr(value) + " is no " + what)
        _tables(site(), name)
        self.name = name
        self._told = round(value * (100 if self._is_voltage else 1000))  # 1/100 V, or mA
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
            tables = _tables(self._site(), self.name)
            channel = tables[0]["channel"] - 1
            found.append(clamps.rms16[channel])
            _check(clamps, channel, found, self._told, self._is_voltage)
            if len(found) == _WINDOWS:
                mean16 = sum(found) // _WINDOWS
                before = tables[0]["gain"]
                gain = (self._told * 1600 + mean16 // 2) // mean16
                for table in tables:
                    table["gain"] = gain
                clamps.gains[channel] = gain
                told = "gain %d, before %d: acts now; save() keeps it"
                return told % (gain, before)
        elif self._silent > _SILENT_LOOKS:
            raise ValueError("no samples come from the clamps")
        return None


def _check(clamps, channel, found, told, is_voltage):
    if clamps.current_ma[channel] is None:
        raise ValueError("the input hangs at " + str(clamps.offset[channel]) + " of 4095")
    if clamps.is_clipped[channel]:
        raise ValueError("clipped: too much, or no burden")
    if found[-1] * _MAX_GAIN < told * 1600:
        raise ValueError("next to nothing: plugged in, closed, at this wire?")
    if (max(found) - min(found)) * _STEADY > max(found):
        text = "not steady: %d0...%d0 mV" if is_voltage else "not steady: %d...%d mA"
        raise ValueError(text % (min(found) * told // found[0], max(found) * told // found[0]))


def _tables(site, name):
    """What stands at the one channel that has this name: a clamp, or the references of all feeders
    that share it. ValueError if it is not exactly one.
    """
    channels = [t["channel"] for of, what, t in _named(site) if name in (what, of + " " + what)]
    if len(set(channels)) != 1:
        raise ValueError(str(name) + ": expected one clamp, like L1 or main L1, or voltage")
    return [table for _, _, table in _named(site) if table["channel"] == channels[0]]


def _named(site):
    """Of each clamp and reference its feeder, its name there, and its table."""
    for feeder in site["feeders"]:
        clamps = feeder["clamps"] or ()
        for i in range(len(clamps)):
            yield feeder["id"], "L" + str(i + 1), clamps[i]
        if feeder["voltage"]:
            yield feeder["id"], "voltage", feeder["voltage"]
