"""Words of vectors: what is given, and what happens. Each makes a step: a function of the bench.

Times in ms, counted from the latest stimulus; levels in mV; resistors in ohm; currents in A.
"""

from collections.abc import Callable

from .bench import Bench, Missed
from .wire import Line

Step = Callable[[Bench], None]
X1, F = 10000, 0  # duty in 1/100 %

CAR = Line(r2_ohm=2740)


# ---------------------------------------------------------------------- given


def boot(**car) -> Step:
    """Power comes, with this on the pilot."""

    def step(bench: Bench) -> None:
        bench.show(Line(**car))
        bench.boot()
        bench.start()

    return step


def site_file(site: dict) -> Step:
    """Another site file than that of the row."""
    return lambda bench: setattr(bench, "site", site)


def idle(ms: int = 1000) -> Step:
    """Booted, nobody is there."""

    def step(bench: Bench) -> None:
        bench.boot()
        bench.run(ms)

    return step


def plugged(amps: float | None = None, **car) -> Step:
    """In B2, offered `amps`."""

    def step(bench: Bench) -> None:
        idle()(bench)
        bench.show(CAR.with_(**car))
        _until(bench, 120_000, "PWM", lambda: _offers(bench, amps))
        bench.run(1000)

    return step


def charging(amps: float | None = None, **car) -> Step:
    """In C2, contactor closed, offered `amps`, for so long that another duty may come at once."""

    def step(bench: Bench) -> None:
        plugged()(bench)
        bench.show(bench.line.with_(is_ready=True, **car))
        _until(bench, 5000, "contacts closed", lambda: bench.is_closed)
        _until(bench, 300_000, "PWM", lambda: _offers(bench, amps))
        bench.run(bench.settled_ms)

    return step


def is_pwm(duty: int) -> bool:
    """The oscillator runs."""
    return F < duty < X1


def _offers(bench: Bench, amps: float | None) -> bool:
    return is_pwm(bench.duty) and (amps is None or bench.duty == int(amps * 1000) // 6)


# ---------------------------------------------------------------------- stimulus


def line(**changes) -> Step:
    """The pilot line changes, at the wanted phase of the control step."""

    def step(bench: Bench) -> None:
        bench.stimulus()
        bench.show(bench.line.with_(**changes))

    return step


def then(**changes) -> Step:
    """The pilot line changes, here and now; the stopwatch runs on."""
    return lambda bench: bench.show(bench.line.with_(**changes))


def level(high_mv: int, low_mv: int = -12000) -> Step:
    """The terminal shows these levels, whatever the car."""
    return line(shown_mv=(high_mv, low_mv))


def s2(is_closed: bool) -> Step:
    """The car's S2: C, or back to B."""
    return line(is_ready=is_closed)


def unplug() -> Step:
    """Nothing is plugged in any more."""
    return line(r2_ohm=None, is_ready=False)


def do(what: Callable[[Bench], object]) -> Step:
    """Something else happens, at the wanted phase of the control step."""

    def step(bench: Bench) -> None:
        bench.stimulus()
        what(bench)

    return step


def person(words: str) -> Step:
    """Somebody types this at the console."""
    return do(lambda bench: bench.person(words))


def wait(ms: int) -> Step:
    """Time passes."""
    return lambda bench: bench.run(ms)


def until(ms: int) -> Step:
    """Time passes until so long after the latest stimulus: a question may have taken its time."""
    return lambda bench: bench.run(max(0.0, bench.t0 + ms - bench.now_ms))


def restart(off_ms: int) -> Step:
    """Power fails and returns."""

    def step(bench: Bench) -> None:
        bench.power_off()
        bench.run(off_ms)
        bench.boot()
        bench.start()

    return step


def mark() -> Step:
    """The stopwatch starts here and now."""
    return lambda bench: bench.start()


def after(kind: str) -> Step:
    """The stopwatch has started with the latest event of this kind."""

    def step(bench: Bench) -> None:
        bench.start()
        bench.t0 = bench.of(kind)[-1][0]

    return step


def at_outlet(number: int) -> Step:
    """From here on it is about this outlet."""
    return lambda bench: setattr(bench, "outlet", number)


def pulses(count: int, high_ms: int, low_ms: int, check: Step | None = None) -> Step:
    """C for `high_ms`, B for `low_ms`, so often."""

    def step(bench: Bench) -> None:
        for _ in range(count):
            s2(True)(bench)
            started = bench.now_ms
            if check is not None and bench.sees_states:
                check(bench)
            bench.run(max(0, started + high_ms - bench.now_ms))
            bench.show(bench.line.with_(is_ready=False))
            bench.run(low_ms)

    return step


def _until(bench: Bench, ms: float, words: str, what: Callable[[], bool]) -> None:
    end_ms = bench.now_ms + ms
    while not what():
        if bench.now_ms >= end_ms:
            raise Missed(f"given {words}: not reached; {bench.picture()}")
        bench.run(20)
