"""Words of vectors: what must be seen. Each makes a step: a function of the bench that raises
`Missed`.

Times in ms, counted from the latest stimulus; currents in A.
"""

from collections.abc import Callable

from .bench import Bench, Missed
from .steps import X1, F, Step, is_pwm

_NAMES = {X1: "x1", F: "F"}


def opens(within: float, at_least: float = 0) -> Step:
    """The contacts open."""
    return _event("contacts", lambda value: value is False, "open", within, at_least)


def coil(is_on: bool, within: float) -> Step:
    """The coil is switched."""
    return _event("coil", lambda value: value is is_on, "coil", within, 0)


def closes(within: float, at_least: float = 0) -> Step:
    """The contacts close."""
    return _event("contacts", lambda value: value is True, "closed", within, at_least)


def x1(within: float, at_least: float = 0) -> Step:
    """Constant +12 V."""
    return _event("duty", lambda value: value == X1, "x1", within, at_least)


def state_f(within: float, at_least: float = 0) -> Step:
    """Constant -12 V."""
    return _event("duty", lambda value: value == 0, "F", within, at_least)


def pwm(within: float, at_least: float = 0, amps: float | None = None) -> Step:
    """The oscillator runs, with this current."""
    duty = None if amps is None else int(amps * 1000) // 6
    name = "PWM" if amps is None else f"{amps:g} A"
    return _event(
        "duty", lambda value: is_pwm(value) and duty in (None, value), name, within, at_least
    )


def state(name: str, within: float) -> Step:
    """The firmware says that it is in this state."""
    return _event("state", lambda value: value == name, name, within, 0)


def fault(words: str, within: float) -> Step:
    """The firmware names this fault."""
    return _event("fault", lambda value: words in (value or ""), "fault", within, 0)


def locks(within: float) -> Step:
    """The lock is told to lock."""
    return _event("lock", lambda value: value is True, "locked", within, 0)


def unlocks(within: float) -> Step:
    """The lock is told to let go."""
    return _event("lock", lambda value: value is False, "unlocked", within, 0)


def _event(kind: str, is_it: Callable, name: str, within: float, at_least: float) -> Step:
    def step(bench: Bench) -> None:
        took_ms = bench.first(kind, is_it, within)
        if took_ms is None:
            raise Missed(f"{name}: not within {within:g} ms; {bench.picture()}")
        if took_ms < at_least:
            raise Missed(f"{name}: after {took_ms:.0f} ms already, not before {at_least:g} ms")
        bench.note(name, took_ms)

    return step


def each(kind: str, is_it: Callable, within: float, spread: float, apart: float = 0) -> Step:
    """Such an event comes at every outlet in time, but not at all of them together."""

    def step(bench: Bench) -> None:
        bench.run(within)
        found = {}
        for t_ms, what, outlet, value in bench.since():
            if what == kind and is_it(value):
                found.setdefault(outlet, t_ms - bench.t0)
        times = sorted(found.values())
        gaps = [b - a for a, b in zip(times, times[1:])]
        if len(times) < len(bench.board.outlets):
            raise Missed(f"{kind}: only at outlets {sorted(found)}")
        if times[-1] - times[0] < spread or min(gaps) < apart:
            raise Missed(f"{kind}: at {times}, expected {spread:g} ms of spread, {apart:g} apart")
        bench.note("first", times[0])
        bench.note("last", times[-1])

    return step


def stays_open(ms: int) -> Step:
    """The contacts stay open."""
    return quiet(ms, ("contacts",), lambda bench: not bench.is_closed, "open")


def stays_closed(ms: int) -> Step:
    """The contacts stay closed, and no coil is switched."""
    return quiet(ms, ("contacts", "coil"), lambda bench: bench.is_closed, "closed")


def stays_in(name: str, ms: int) -> Step:
    """The state stays, and nothing is switched."""
    return quiet(
        ms, ("state", "contacts", "coil"), lambda bench: bench.told()["state"] == name, name
    )


def quiet(ms: int, kinds: tuple[str, ...], what: Callable[[Bench], bool], words: str) -> Step:
    """It is so, and for so long nothing of these kinds happens."""

    def step(bench: Bench) -> None:
        first = len(bench.events)
        bench.run(min(ms, bench.patience_ms))
        moved = [(kind, *event) for kind in kinds for event in bench.of(kind, first)]
        if moved or not what(bench):
            raise Missed(f"stays {words}: {moved[:4]}, {bench.picture()}")

    return step


def no_fault(ms: int = 0) -> Step:
    """No fault is named, now and for so long."""

    def step(bench: Bench) -> None:
        first = len(bench.events)
        bench.run(ms)
        named = [value for _, value in bench.of("fault", first) if value]
        if named or bench.told()["fault"]:
            raise Missed(f"fault {named or bench.told()['fault']}")

    return step


def lasts(duty: int, at_least: float, at_most: float) -> Step:
    """The latest time at this duty that has ended had this length."""

    def step(bench: Bench) -> None:
        told = bench.of("duty")
        # to the us: what a Pico's clock shows, in ms, is no whole number of binary digits
        spans = [round(b[0] - a[0], 3) for a, b in zip(told, told[1:]) if a[1] == duty]
        if not spans or not at_least <= spans[-1] <= at_most:
            raise Missed(f"duty {duty}: for {spans}, expected {at_least:g}...{at_most:g} ms")
        bench.note(f"{_NAMES[duty]} for", spans[-1])

    return step


def is_so(what: Callable[[Bench], bool], words: str) -> Step:
    """It is so now."""

    def step(bench: Bench) -> None:
        if not what(bench):
            raise Missed(f"{words}: not so; {bench.picture()}")

    return step


def spaced(kind: str, value: object, ms: int) -> Step:
    """Events of this kind and value (None: any) are so far apart."""

    def step(bench: Bench) -> None:
        times = [t_ms for t_ms, seen in bench.of(kind) if value is None or seen == value]
        gaps = [b - a for a, b in zip(times, times[1:])]
        if gaps:
            bench.note(f"closest {kind}", min(gaps))
        if gaps and min(gaps) < ms:
            raise Missed(f"{kind}: {min(gaps):.0f} ms apart, expected {ms}")

    return step
