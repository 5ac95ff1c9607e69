"""What one phase of a meter tells, from its other values. Integers; None is not known."""

from micropython import const

_LEAST_MV = const(10000)  # below, a phase is dead and P / U says nothing


def current_ma(power_w, voltage_mv):
    """The current that flows at least, mA: P / U knows no reactive one. `power_w` up to +-1000000,
    `voltage_mv` up to 500000.
    """
    if power_w is None or voltage_mv is None or voltage_mv < _LEAST_MV:
        return None
    milli = abs(power_w) * 1000  # W to mW over 0.1 V, in two steps of small ints
    tenths = voltage_mv // 100
    return milli // tenths * 10 + milli % tenths * 10 // tenths
