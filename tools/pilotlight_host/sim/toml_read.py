"""Strict reading of one TOML table: each key is taken once, with type and range.

Durations become ms.
"""

import re
from typing import Any

_UNITS_MS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")

REQUIRED: Any = object()


class ScenarioError(ValueError):
    """A scenario file is wrong; the text names file, key, value and what was expected."""


def duration_ms(value: Any) -> int | None:
    """'1h30m', '90s', '250ms', '13d' or a number of seconds -> ms; None if it is neither."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return round(value * 1000) if value >= 0 else None
    if not isinstance(value, str) or not re.fullmatch(rf"(?:{_DURATION.pattern})+", value):
        return None
    return round(sum(float(n) * _UNITS_MS[unit] for n, unit in _DURATION.findall(value)))


def clock_ms(value: Any) -> int | None:
    """'17:30' -> ms since midnight; None if it is not a time of day."""
    found = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    return None if found is None else (int(found[1]) * 60 + int(found[2])) * 60_000


class Table:
    """One table of a scenario file; `take_*` each key, then `done()`."""

    def __init__(self, raw: Any, where: str, file: str):
        self._where = where
        self._file = file
        if not isinstance(raw, dict):
            self.fail("", raw, "a table")
        self._raw = dict(raw)

    def fail(self, key: str, value: Any, expected: str) -> None:
        """Raise the one kind of error a scenario file can have."""
        name = ".".join(part for part in (self._where, key) if part)
        shown = "is missing" if value is REQUIRED else f"is {value!r}"
        raise ScenarioError(f"{self._file}: {name} {shown}, expected {expected}")

    def has(self, key: str) -> bool:
        """True if the key stands there and was not taken yet."""
        return key in self._raw

    def take(self, key: str, default: Any = REQUIRED, expected: str = "a value") -> Any:
        """The raw value of a key."""
        value = self._raw.pop(key, default)
        if value is REQUIRED:
            self.fail(key, REQUIRED, expected)
        return value

    def number(self, key: str, low: float, high: float, default: Any = REQUIRED) -> Any:
        """A number low...high; an int stays an int."""
        expected = f"a number {low}...{high}"
        value = self.take(key, default, expected)
        if value is default:
            return value
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.fail(key, value, expected)
        if not low <= value <= high:
            self.fail(key, value, expected)
        return value

    def whole(self, key: str, low: int, high: int, default: Any = REQUIRED) -> Any:
        """A whole number low...high."""
        value = self.number(key, low, high, default)
        if value is not default and not isinstance(value, int):
            self.fail(key, value, f"a whole number {low}...{high}")
        return value

    def text(self, key: str, choices: tuple[str, ...] = (), default: Any = REQUIRED) -> Any:
        """A text, one of `choices` if there are any."""
        expected = "one of " + ", ".join(choices) if choices else "a text"
        value = self.take(key, default, expected)
        if value is default:
            return value
        if not isinstance(value, str) or (choices and value not in choices):
            self.fail(key, value, expected)
        return value

    def flag(self, key: str, default: bool) -> bool:
        """true or false."""
        value = self.take(key, default)
        if not isinstance(value, bool):
            self.fail(key, value, "true or false")
        return value

    def span(self, key: str, default: Any = REQUIRED) -> Any:
        """A duration, in ms."""
        expected = "a duration such as 90s, 1h30m, 13d or a number of seconds"
        value = self.take(key, default, expected)
        if value is default:
            return value
        span_ms = duration_ms(value)
        if span_ms is None:
            self.fail(key, value, expected)
        return span_ms

    def tables(self, key: str) -> list["Table"]:
        """A list of tables, empty if the key is not there."""
        raw = self.take(key, [])
        if not isinstance(raw, list):
            self.fail(key, raw, f"[[{key}]] tables")
        prefix = f"{self._where}." if self._where else ""
        return [Table(item, f"{prefix}{key}[{n}]", self._file) for n, item in enumerate(raw, 1)]

    def done(self) -> None:
        """Refuse keys that nobody took."""
        for key, value in self._raw.items():
            self.fail(key, value, "no such key here")
