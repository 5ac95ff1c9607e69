"""What readings of the pilot show, counted as readings in a row. Levels in mV.

The windows are those of table A.4 as public firmware quotes it; a band of hysteresis counts for
neither side where a rule must be certain.
"""


class Readings:
    """`ventilated`: D is as good as C."""

    def __init__(self, ventilated: bool):
        self._ventilated = ventilated
        self.outside = 0  # certainly neither C nor D
        self.legal_outside = 0  # and in another window
        self.illegal = 0  # in no window
        self.a = self.b = self.c = self.d = 0  # certainly
        self.plugged_or_not = 0  # A or B
        self.good_low = self.weak_low = self.mirrored = 0  # while PWM was on

    def take(self, high_mv: int, low_mv: int, is_swinging: bool) -> None:
        """Count a new reading. `is_swinging`: PWM was on all the time."""
        self.c = self.c + 1 if 5000 <= high_mv < 7000 else 0
        is_d = 2000 <= high_mv < 4000
        self.d = self.d + 1 if is_d and not self._ventilated else 0
        if is_d or 4000 <= high_mv < 8000:
            self.outside = self.legal_outside = self.illegal = 0
            self.a = self.b = self.plugged_or_not = 0
        else:
            self._count_outside(high_mv)
        if is_swinging:
            self._count_low(high_mv, low_mv)
        else:
            self.good_low = self.weak_low = self.mirrored = 0

    def _count_outside(self, high_mv: int) -> None:
        is_illegal = high_mv >= 13000 or -11000 < high_mv < -1000 or high_mv < -13000
        self.outside += 1
        self.legal_outside = 0 if is_illegal else self.legal_outside + 1
        self.illegal = self.illegal + 1 if is_illegal else 0
        self.a = self.a + 1 if 11000 <= high_mv < 13000 else 0
        self.b = self.b + 1 if 8000 <= high_mv < 10000 else 0
        self.plugged_or_not = self.plugged_or_not + 1 if 8000 <= high_mv < 13000 else 0

    def _count_low(self, high_mv: int, low_mv: int) -> None:
        is_good = low_mv <= -10000
        self.good_low = self.good_low + 1 if is_good else 0
        self.weak_low = 0 if is_good else self.weak_low + 1
        is_mirrored = high_mv > 2000 and abs(high_mv + low_mv) <= 1200 and not is_good
        self.mirrored = self.mirrored + 1 if is_mirrored else 0

    def left(self, leave: int) -> bool:
        """The car has left C, if `leave` readings outside it are enough; illegal ones need 60 ms,
        for so long the last state may be held.
        """
        return self.legal_outside >= leave or self.outside >= 3 or self.d >= leave
