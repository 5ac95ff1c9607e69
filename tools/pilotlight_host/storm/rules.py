"""What every judge of a storm needs. Times in ms."""

STEP_MS = 20


class Violation(Exception):
    """What a step has broken."""


def never(is_broken: bool, what: str) -> None:
    """Raises Violation."""
    if is_broken:
        raise Violation(what)


def amps_of(duty: int) -> int:
    """Table A.8 for the duties of table A.7, in mA; x1 and F permit nothing."""
    if not 1000 <= duty <= 9600:
        return 0
    return duty * 6 if duty <= 8500 else (duty - 6400) * 25
