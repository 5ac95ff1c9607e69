"""What a P1 telegram tells: its lines are noted one by one, and all become valid at once.

Integers with the unit in the name; None is what the meter does not tell. No stream, no frame.
"""

from micropython import const
from pilotlight.wire.p1line import (
    CLOCK,
    CODES,
    CURRENT,
    ENERGY,
    EXPORT,
    IMPORT,
    OUT_ENERGY,
    PLACES,
    TOTAL,
    VERSION,
    VOLTAGE,
    code_of,
    digits_of,
    find,
    number_of,
)
from pilotlight.wire.phase import current_ma

# why lines are refused, two of the errors of p1.Telegram
MALFORMED = const(6)
CONFLICT = const(7)

_CLOCK_BYTES = const(13)
_MAX = const(0x3FFFFFFF)  # largest small int of a 32-bit MicroPython


class Values:
    """The values of the last whole telegram, and those of the one that is coming in.

    Lists hold L1, L2, L3. `power_w` is signed, import positive, as is `total_w`; `current_ma` is
    a magnitude, see `_current`. `energy_wh` and `export_wh` are 0...2^30-1. `version` is 42 or 50,
    or 50217 as Belgian meters write it. `phase_count` counts phases with a line of their own: 0
    means totals only, 1 a single-phase meter.
    """

    def __init__(self):
        self.current_ma = [None] * 3
        self.power_w = [None] * 3
        self.voltage_mv = [None] * 3
        self.total_w = None
        self.energy_wh = None
        self.export_wh = None
        self.version = None
        self.phase_count = 0
        self._clock = bytearray(_CLOCK_BYTES)
        self._clock_length = 0
        self._noted: "list" = [None] * PLACES
        self._noted_clock = bytearray(_CLOCK_BYTES)
        self._noted_clock_length = 0
        self._has_decimals = 0  # bit per phase: its current
        self.fault = 0
        self.fault_code = 0

    @property
    def clock_text(self):
        """The meter's time as it writes it, "YYMMDDhhmmss" and S in summer or W; None without."""
        length = self._clock_length
        return str(self._clock[:length], "ascii") if length else None

    @property
    def clock_s(self):
        """The meter's time: seconds from the beginning of 2000 in the winter time of its zone.

        None if it is not told, is no time of the calendar, or may be of summer or of winter.
        """
        return _seconds(self._clock) if self._clock_length == _CLOCK_BYTES else None

    def clear(self) -> None:
        """Forget what was noted; a new telegram begins."""
        noted = self._noted
        for i in range(PLACES):
            noted[i] = None
        self._noted_clock_length = self._has_decimals = 0
        self.fault = self.fault_code = 0

    def note(self, line, length: int, is_whole: bool) -> None:
        """Note a line, its first `length` bytes if it is not `is_whole`; without its end.

        Lines with other codes are passed over. The first that is malformed, or tells another
        value than a former one, stands in `fault` and `fault_code`.
        """
        code = code_of(line, length)
        if 11_000_00_00 < code < 11_003_00_00:  # totals of a meter that counts from channel 1
            code -= 1_000_00_00
        place = CODES.get(code, -1)
        if place < 0:
            return
        if is_whole and line[length - 1] == 41:
            self._take(line, place, code, find(line, 40, 0, length) + 1, length - 1)
        else:
            self._blame(MALFORMED, code)

    def _blame(self, fault, code):
        if self.fault == 0:
            self.fault = fault
            self.fault_code = code

    def _take(self, line, place, code, start, end):
        noted = self._noted
        if place == CLOCK:
            return self._take_clock(line, code, start, end)
        if place >= VERSION:
            value = digits_of(line, start, end, 10)
            if value < 0:
                return None
        else:
            value = number_of(line, start, end, place)
            if value < 0:
                return self._blame(MALFORMED, code)
            # 0000.005*kA are whole amperes
            if place < VOLTAGE and line[end - 2] != 107 and find(line, 46, start, end) < end:
                self._has_decimals |= 1 << place
        if noted[place] is not None and noted[place] != value:
            self._blame(CONFLICT, code)
        noted[place] = value
        return None

    def _take_clock(self, line, code, start, end):
        """Keep the time; what is not 12 digits, and S or W, is not known."""
        length, clock = end - start, self._noted_clock
        half = start + 6
        if length != 12 and not (length == 13 and line[end - 1] in b"SW"):
            return
        if digits_of(line, start, half, 10) < 0 or digits_of(line, half, start + 12, 10) < 0:
            return
        for i in range(length):
            if self._noted_clock_length and clock[i] != line[start + i]:
                self._blame(CONFLICT, code)
            clock[i] = line[start + i]
        self._noted_clock_length = length

    @property
    def has_version(self) -> bool:
        """True if the telegram that is coming in has told its version."""
        return _has(self._noted, VERSION, PLACES)

    def publish(self) -> None:
        """Make what was noted the values."""
        values = self._noted
        # no export line at all: an import-only meter. Else a missing one is not known.
        tells_export = _has(values, EXPORT, TOTAL) or _has(values, OUT_ENERGY, VERSION)
        none = None if tells_export or values[TOTAL + 1] is not None else 0
        self.total_w = _net(values[TOTAL], values[TOTAL + 1], none)
        self.phase_count = 0
        for i in range(3):
            self.voltage_mv[i] = values[VOLTAGE + i]
            self.power_w[i] = _net(values[IMPORT + i], values[EXPORT + i], none)
            for place in range(i, TOTAL, 3):
                if values[place] is not None:
                    self.phase_count += 1
                    break
        if self.phase_count == 1 and values[IMPORT] is None and values[EXPORT] is None:
            if values[CURRENT] is not None:  # Belgian single-phase meters
                self.power_w[0] = self.total_w
        for i in range(3):
            self.current_ma[i] = self._current(i, values[CURRENT + i])
        for i in range(3):
            self._bound(i, (i + 1) % 3, (i + 2) % 3)
        self.energy_wh = _sum(values, ENERGY)
        self.export_wh = _sum(values, OUT_ENERGY)
        version = values[VERSION]
        self.version = values[VERSION + 1] if version is None else version
        for i in range(self._noted_clock_length):
            self._clock[i] = self._noted_clock[i]
        self._clock_length = self._noted_clock_length

    def _current(self, phase, told_ma):
        """Return the current of a phase, mA, never negative.

        With decimals it is what the meter tells. Whole amperes are coarse (0, 6, 2 A where P/U is
        0.74, 5.42, 0.91 A in a public telegram): then it is P/U, but not less than told, because
        P knows no reactive current, and at most 1 A more; or that if P or U is not known.
        """
        if told_ma is not None and self._has_decimals >> phase & 1:
            return told_ma
        own_ma = current_ma(self.power_w[phase], self.voltage_mv[phase])
        if told_ma is None:
            return own_ma
        most_ma = told_ma + 1000
        return most_ma if own_ma is None else max(told_ma, min(own_ma, most_ma))

    def _bound(self, phase, second, third):
        """Take the sum of the others for the phase to which a net of three wires is measured.

        Meters in such nets tell 0 V there, and some 0 A (Iskra IE.5: 234.5, 0.0 and 236.1 V with
        4, 0 and 3 A), though it carries back what flows in the others: at most their sum.
        """
        volts, ma = self.voltage_mv, self.current_ma
        if volts[phase] == 0 and self._noted[CURRENT + phase] == 0:
            if volts[second] and volts[third] and None not in ma:
                ma[phase] = ma[second] + ma[third]


def _seconds(clock):
    """Return the seconds from 2000 to YYMMDDhhmmss, an hour less if S follows; None if wrong."""
    parts = [digits_of(clock, i, i + 2, 10) for i in range(0, 12, 2)]
    year, month, day, hour, minute, second = parts
    is_leap = year % 4 == 0
    days = 30 + (month + month // 8) % 2
    if month == 2:
        days = 28 + is_leap
    if not (1 <= month <= 12 and 1 <= day <= days and hour < 24 and minute < 60 and second < 60):
        return None
    days = 365 * year + (year + 3) // 4 + (367 * month - 362) // 12 + day - 1
    if month > 2:
        days -= 2 - is_leap  # as if February had 30
    hour -= clock[12] == 83
    return ((days * 24 + hour) * 60 + minute) * 60 + second


def _has(values, start, end):
    for i in range(start, end):
        if values[i] is not None:
            return True
    return False


def _net(plus_w, minus_w, none):
    """Return import less export; `none` stands for an export that is not told."""
    minus_w = none if minus_w is None else minus_w
    return None if plus_w is None or minus_w is None else plus_w - minus_w


def _sum(values, at):
    """Return the total at values[at], else the sum of tariffs 1, 2 and, if told, 3 and 4; Wh."""
    if values[at] is not None:
        return values[at]
    if values[at + 1] is None or values[at + 2] is None:
        return None
    total = 0
    for i in range(at + 1, at + 5):
        if values[i] is not None:
            if values[i] > _MAX - total:
                return None
            total += values[i]
    return total
