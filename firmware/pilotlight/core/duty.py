"""Control pilot duty <-> current, IEC 61851-1 Annex A (tables A.7 and A.8).

Duty is in 1/100 %: 1000 is 10.00 %. Currents are mA per phase. No clock.
The table values are taken from public documents and firmware that quote the tables, not from the
standard's own text.
"""

from micropython import const

X1 = 10000  # constant +12 V: not ready, no current permitted ("x1")
F = 0  # constant -12 V: state F, outlet not available

MIN_MA = 6000  # below this nothing can be signalled
MAX_MA = 80000

_LOW_MAX_MA = const(51000)  # end of "D % = I / 0.6"
_HIGH_MIN_MA = const(52500)  # start of "D % = I / 2.5 + 64"


def from_ma(limit_ma):
    """Duty that signals at most `limit_ma` per phase: rounded down to 1/100 %.

    Below 6 A, and above 80 A where no duty exists, it is X1. 51.0...52.5 A is a gap between the
    two formulas and signals 51 A.
    """
    if limit_ma < MIN_MA or limit_ma > MAX_MA:
        return X1
    if limit_ma <= _LOW_MAX_MA:
        return limit_ma // 6
    if limit_ma < _HIGH_MIN_MA:
        return 8500
    return limit_ma // 25 + 6400


def to_ma(duty):
    """Current a car may draw at `duty` (table A.8), mA per phase; 0 where charging is not
    permitted.

    Digital communication (3...7 %) counts as 0: without it no current is agreed.
    """
    if duty < 800 or duty > 9700:
        return 0
    if duty < 1000:
        return MIN_MA
    if duty <= 8500:
        return duty * 6
    if duty <= 9600:
        return (duty - 6400) * 25
    return MAX_MA


def is_pwm(duty):
    """True if the oscillator is on at `duty` ("x2"), False for the constant levels X1 and F."""
    return F < duty < X1
