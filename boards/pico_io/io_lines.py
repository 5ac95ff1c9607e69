"""Lines to the computer: a reading, and what the board is (../remote/README.md)."""

from io_guard import HOLD_MS
from io_text import NONE, put, put_word


def put_reading(text, at, number, port):
    """The `in` line of outlet `number` into `text` from `at` on; where it ends."""
    at = put_word(text, at, b"in", 2)
    at = put(text, at, number)
    at = put(text, at, port.high_mv)
    at = put(text, at, port.low_mv)
    at = put(text, at, 0)
    at = put(text, at, or_none(port.proximity_ohm))
    at = put(text, at, or_none(port.contactor_is_closed))
    at = put(text, at, port.residual_tripped)
    at = put(text, at, port.opened_by_guard)
    return put_word(text, at, b"\n", 1)


def or_none(value):
    """As a number for a line."""
    return NONE if value is None else value


def facts(board):
    """The `board` line."""
    found = board.capabilities
    told = (
        ("outlets", found["outlets"]),
        ("clamps", found["clamps"]),
        ("samples", board.clamps.samples),
        ("window_ms", board.clamps.window_ms),
        ("skew_us", board.clamps.skew_us),
        ("max_ma", found["max_ma"]),
        ("readback", found["contactor_readback"]),
        ("proximity", found["proximity"]),
        ("residual", found["residual_current"]),
        ("test", found["residual_test"]),
        ("guard", found["guard"]),
        ("plug", found["plug_temperature"]),
        ("dimming", found["dimming"]),
        ("watchdog_ms", found["watchdog_ms"]),
        ("hold_ms", HOLD_MS),
    )
    words = ["%s=%d" % fact for fact in told]
    return ("board " + " ".join(words) + "\n").encode()
