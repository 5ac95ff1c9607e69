"""Vectors 49-57: too much current, none at all, pauses, sleeping cars."""

from .row import FEW, PHASES, row, site
from .seen import closes, lasts, no_fault, opens, pwm, quiet, state_f, stays_closed, x1
from .steps import F, Step, X1, charging, do, idle, line, mark, person, plugged, s2, wait


def _draws(*steps: tuple[int | None, int]) -> list[Step]:
    """The car draws so many mA (None: what it is told), each for so many ms."""
    made: list[Step] = []
    for ma, ms in steps:
        made += [do(lambda bench, ma=ma: bench.draws(ma)), wait(ms)]
    return made


def _pause(ms: int) -> list[Step]:
    return [s2(False), opens(100), wait(ms), s2(True), closes(3000), wait(2000)]


def _tripped(*meanwhile: Step) -> list[Step]:
    """A residual current while it charges; a person takes it back; this happens in between."""
    return [
        charging(),
        do(lambda bench: bench.trip(True)),
        state_f(100),
        *meanwhile,
        wait(100),
        do(lambda bench: bench.trip(False)),
        wait(40),
        person("resume(1)"),
        pwm(20_000, at_least=2000),
        lasts(X1, 2000, 20_000),
    ]


ROWS = (
    row(
        "49",
        "C2 at 10 A",
        "the car draws 16 A",
        "allowed for 7 s, then x1, opened if that does not help",
        "7.0-7.5 s",
        "EVerest",
        [
            charging(10),
            do(lambda bench: bench.draws(16_000)),
            x1(7500, at_least=7000),
            opens(15_000),
        ],
        [charging(10), *_draws((11_400, 30_000)), stays_closed(1000), no_fault()],
        phases=FEW,
        site=site(max_a=10, min_a=10),
    ),
    row(
        "50",
        "C2 at 16 A",
        "20 A for 5 s, then 16 A again",
        "nothing trips",
        "-",
        "OpenEVSE, EVerest",
        [charging(16), *_draws((20_000, 5000), (None, 0)), stays_closed(20_000), no_fault()],
        phases=PHASES,
    ),
    row(
        "51",
        "C2 at 16 A",
        "the limit falls to 6 A, the car follows within 5 s",
        "nothing trips",
        "-",
        "seq 6",
        [
            charging(16),
            do(lambda bench: (bench.draws(16_000), bench.person("limit(1, 6)"))),
            *_draws((14_000, 1200), (12_000, 1200), (10_000, 1200), (8000, 1200), (6000, 0)),
            stays_closed(20_000),
            no_fault(),
        ],
        phases=FEW,
        site=site(min_a=6),
    ),
    row(
        "52",
        "C2",
        "the car draws nothing for 60 s after C",
        "nothing trips, nothing starts anew",
        "60 s",
        "SmartEVSE",
        [
            plugged(),
            do(lambda bench: bench.draws(0)),
            s2(True),
            closes(3000),
            quiet(60_000, ("duty", "coil", "state"), lambda bench: bench.is_closed, "closed"),
            no_fault(),
        ],
    ),
    row(
        "53",
        "C2 at 6 A",
        "the car ends below 8 A and stays in C without current (Zoe)",
        "no fault",
        "-",
        "evcc, wbec",
        [
            charging(6),
            *_draws((6000, 5000), (400, 5000), (0, 0)),
            quiet(120_000, ("duty", "coil", "state"), lambda bench: bench.is_closed, "closed"),
            no_fault(),
        ],
        site=site(max_a=6, min_a=6),
    ),
    row(
        "54",
        "C2",
        "pauses of 10, 30 and 60 s: C, B, C (Zoe)",
        "opens each time, closes again, no fault",
        "open 100 ms",
        "SimpleEVSE",
        [charging(), *_pause(10_000), *_pause(30_000), *_pause(60_000), no_fault()],
        phases=FEW,
    ),
    row(
        "55",
        "B2",
        "the car sleeps for 30 s",
        "once: F for 4 s, x1 for 0.75 s, PWM",
        "30 s, 4.75 s",
        "A.5.3, EVerest",
        [
            idle(),
            line(r2_ohm=2740),
            pwm(1000),
            mark(),
            state_f(30_100, at_least=29_950),
            mark(),
            pwm(4900, at_least=4700),
            lasts(F, 4000, 4060),
            lasts(X1, 750, 810),
            quiet(60_000, ("duty", "state"), lambda bench: 0 < bench.duty < X1, "B2"),
            no_fault(),
            s2(True),
            closes(3000),
        ],
        phases=FEW,
    ),
    row(
        "56",
        "B2, a car that takes F for a fault; F is switched off in the site file",
        "the car sleeps for 30 s",
        "woken by opening the pilot wire for 4 s, never by F",
        "-",
        "EVerest, Tinkerforge",
    ),
    row(
        "57",
        "F after a fault while charging",
        "the fault ends",
        "x1 for 2 s before PWM (Cupra Born)",
        "2 s at least",
        "Tinkerforge",
        _tripped(),
        _tripped(s2(False)),
        phases=PHASES,
    ),
)
