"""From pilot levels to the letter of the state: windows of IEC 61851-1 table A.4, with hysteresis.

Fed with one reading each 20 ms (mV at the pilot terminal). Knows no contactor and no duty, only
whether the oscillator was on. Times are ticks in ms.

A letter is accepted after two equal readings (40 ms). Two things are quicker or slower on purpose:
- in C or D, the second differing reading in a row ends it if it is neither C nor D, equal or not
  (the third on a board whose guard opens first: a bounce of 20 ms lies in two readings);
- levels outside every window hold the last letter for 60 ms, then it is a fault (X).
"""

from micropython import const
from time import ticks_diff

A, B, C, D, E, F, X, UNKNOWN = range(8)
NAMES = ("A", "B", "C", "D", "E", "F", "X", "?")

STALE_MS = 60  # no new reading for this long: the letter is UNKNOWN

# edges of what is C, or C and D, with a closed contactor: by the hysteresis of table A.4
OF_C_MV = (4000, 8000)
OF_C_AND_D_MV = (2000, 8000)

# the low part must reach this with the diode in place (table A.4 footnote)
_LOW_OK_MV = const(-10000)
_SYMMETRY_MV = const(1200)  # high + low within this, high > 2 V: the diode is shorted
_FLAT_MV = const(2000)  # less than this between high and low, high > 2 V: no PWM at the pilot
_FLAT_READINGS = const(3)
_ILLEGAL_READINGS = const(3)  # 60 ms

# One row per band, from the top: lower edge in mV, letter, letters that hold on in this band and
# the letter they hold. "hold" is a bit mask over the accepted letter; a held band keeps that
# letter.
_BANDS = (
    (13000, X, 0),
    (11000, A, 0),
    (10000, B, 1 << A),
    (8000, B, 0),
    (7000, C, 1 << A | 1 << B),
    (5000, C, 0),
    (4000, D, 1 << A | 1 << B | 1 << C),
    (2000, D, 0),
    (-1000, E, 0),
    (-2000, X, 1 << E),
    (-10000, X, 0),
    (-11000, X, 1 << F),
    (-13000, F, 0),
)
_HELD = (UNKNOWN, UNKNOWN, A, UNKNOWN, B, UNKNOWN, C, UNKNOWN, UNKNOWN, E, UNKNOWN, F, UNKNOWN)


def classify(high_mv, accepted):
    """Letter of one level, given the letter accepted so far; X if it lies in no window.

    A level on an edge belongs to the band above it.
    """
    i = 0
    for band in _BANDS:
        if high_mv >= band[0]:
            return _HELD[i] if band[2] >> accepted & 1 else band[1]
        i += 1
    return X


class Level:
    """The accepted letter of one outlet, and what the low part tells of the car's diode.

    `leave_readings`: differing readings in a row that end C or D, 2 or 3.
    """

    def __init__(self, leave_readings=2):
        self._leave_readings = leave_readings
        self.letter = UNKNOWN
        self.since_ms = 0  # when `letter` was accepted
        self.diode_is_ok = False  # the last two low readings with the oscillator on were good
        self.diode_is_shorted = False  # two symmetrical readings in a row
        self.weak_low_readings = 0  # readings in a row whose low part was too high
        self.is_flat = False  # no low part in three readings in a row: the generator stands still
        self.is_steady = True  # False while a change is being debounced
        self.is_broken = False  # the newest reading came after a gap
        self._last = UNKNOWN
        self._last_taken_ms = None
        self._differing = 0
        self._illegal = 0
        self._good = 0
        self._symmetric = 0
        self._flat = 0

    def feed(self, now_ms, high_mv, low_mv, taken_ms, is_oscillating):
        """Take the reading that ended at `taken_ms`; a repeated one only ages.

        `is_oscillating`: PWM was on during the whole reading.
        """
        self.is_broken = False
        if high_mv is None or low_mv is None:
            self._accept(now_ms, UNKNOWN)
            return
        if taken_ms != self._last_taken_ms:
            last_ms = self._last_taken_ms
            self.is_broken = last_ms is not None and ticks_diff(taken_ms, last_ms) >= STALE_MS
            self._last_taken_ms = taken_ms
            self._judge_letter(now_ms, high_mv)
            self._judge_diode(high_mv, low_mv, is_oscillating)
        if ticks_diff(now_ms, taken_ms) >= STALE_MS:  # also a new one that comes late
            self._accept(now_ms, UNKNOWN)

    def _judge_letter(self, now_ms, high_mv):
        raw = classify(high_mv, self.letter)
        self._illegal = self._illegal + 1 if raw == X else 0
        self._differing = self._differing + 1 if raw != self.letter else 0
        self.is_steady = self._differing == 0
        if raw == X:
            if self._illegal >= _ILLEGAL_READINGS or self._has_left():
                self._accept(now_ms, X)
        elif raw != self.letter and self._is_enough(raw):
            self._accept(now_ms, raw)
        self._last = raw

    def _is_enough(self, raw):
        is_pair = raw == self._last
        if not self._is_power():
            return is_pair
        has_lasted = self._differing >= self._leave_readings
        return has_lasted and (is_pair or (raw != C and raw != D))

    def _is_power(self):
        return self.letter == C or self.letter == D

    def _has_left(self):
        return self._is_power() and self._differing >= _ILLEGAL_READINGS

    def _accept(self, now_ms, letter):
        if letter != self.letter:
            self.letter = letter
            self.since_ms = now_ms
        if letter == UNKNOWN:
            self._last = UNKNOWN  # readings on both sides of a gap are no pair
        self._differing = 0
        self.is_steady = True

    def _judge_diode(self, high_mv, low_mv, is_oscillating):
        if not is_oscillating:
            self._good = self._symmetric = self._flat = 0
            self.weak_low_readings = 0
        else:
            is_good = low_mv <= _LOW_OK_MV
            self._good = self._good + 1 if is_good else 0
            self.weak_low_readings = 0 if is_good else self.weak_low_readings + 1
            # an unloaded pilot (A) is symmetrical by nature, and a car with a large R2 on a weak
            # generator (+9.99/-10.4 V) nearly is: the low part tells
            is_symmetric = high_mv > 2000 and abs(high_mv + low_mv) <= _SYMMETRY_MV
            self._symmetric = self._symmetric + 1 if is_symmetric and not is_good else 0
            is_flat = high_mv > 2000 and high_mv - low_mv <= _FLAT_MV
            self._flat = self._flat + 1 if is_flat else 0
        self.diode_is_ok = self._good >= 2
        self.diode_is_shorted = self._symmetric >= 2
        self.is_flat = self._flat >= _FLAT_READINGS
