"""Vectors 58-66: monitor, contactor, temperature, cable."""

from .row import PHASES, row, site
from .seen import (
    closes,
    coil,
    fault,
    is_so,
    lasts,
    opens,
    pwm,
    state_f,
    stays_closed,
    stays_open,
    x1,
)
from .steps import (
    F,
    Step,
    charging,
    do,
    idle,
    line,
    mark,
    person,
    plugged,
    s2,
    site_file,
    unplug,
    wait,
)

_MINUTE = 60_000


def _trip(ms: int) -> list[Step]:
    """The monitor trips for so long while it charges."""
    return [
        charging(),
        do(lambda bench: bench.trip(True)),
        opens(100),
        fault("residual current", 100),
        wait(ms),
        do(lambda bench: bench.trip(False)),
    ]


def _warm(celsius: int) -> Step:
    return do(lambda bench: bench.plug_c(celsius))


def _cable(ohm: int | None) -> Step:
    return do(lambda bench: bench.cable(ohm))


def _with_cable(ohm: int, amps: int) -> list[Step]:
    """The plug comes with this resistor and may carry so much, not more."""
    return [
        idle(),
        do(lambda bench: (bench.cable(ohm), bench.show(bench.line.with_(r2_ohm=2740)))),
        wait(1000),
        is_so(lambda bench: bench.told()["cable_a"] == amps, f"{amps} A at the plug"),
        s2(True),
        closes(3000),
        pwm(5 * _MINUTE, amps=amps),
        wait(30_000),
        is_so(lambda bench: bench.duty == amps * 1000 // 6, "no more than that"),
    ]


def _refused_cable(ohm: int) -> list[Step]:
    return [
        idle(),
        do(lambda bench: (bench.cable(ohm), bench.show(bench.line.with_(r2_ohm=2740)))),
        wait(5000),
        s2(True),
        stays_open(10_000),
        is_so(lambda bench: bench.duty == 10_000, "x1"),
    ]


ROWS = (
    row(
        "58",
        "C2, closed",
        "the residual-current monitor trips",
        "coil dropped in hardware; F for 0.3 s, then x1",
        "100 ms",
        "EVerest",
        [
            charging(),
            do(lambda bench: bench.trip(True)),
            opens(100),
            state_f(100),
            x1(600),
            lasts(F, 300, 400),
            fault("residual current", 100),
        ],
        phases=PHASES,
    ),
    row(
        "59",
        "C2, closed",
        "the monitor trips, and clears",
        "stays open until a person comes; with one retry: closes once, after 15 min",
        "15 min",
        "Yeti firmware, Tesla",
        [*_trip(2000), stays_open(16 * _MINUTE), person("resume(1)"), closes(60_000)],
        [
            site_file(site(of_site={"residual_retry": 1})),
            *_trip(2000),
            closes(16 * _MINUTE, at_least=15 * _MINUTE - 2000),
            wait(2000),
            do(lambda bench: bench.trip(True)),
            opens(100),
            do(lambda bench: bench.trip(False)),
            stays_open(16 * _MINUTE),
        ],
    ),
    row(
        "60",
        "C2, closed",
        "the contactor welds, then S2 opens",
        "fault, locked out: another car does not change it",
        "1 s",
        "Tinkerforge, OpenEVSE",
        [
            charging(),
            do(lambda bench: bench.contactor_fails(welded=True)),
            s2(False),
            fault("welded", 1000),
            wait(2000),
            unplug(),
            wait(2000),
            line(r2_ohm=2740, is_ready=True),
            wait(10_000),
            is_so(lambda bench: not bench.latest("coil"), "coil off"),
            is_so(lambda bench: bench.duty == 10_000, "x1"),
            is_so(lambda bench: "welded" in bench.told()["fault"], "still the fault"),
        ],
        phases=PHASES,
    ),
    row(
        "61",
        "B2, the contactor does not move",
        "S2 closes, the coil is switched on",
        "coil off, fault",
        "1 s",
        "table A.4, REC",
        [
            plugged(),
            do(lambda bench: bench.contactor_fails(stuck_open=True)),
            s2(True),
            coil(True, 3000),
            mark(),
            fault("did not close", 1000),
            coil(False, 1000),
        ],
        phases=PHASES,
    ),
    row(
        "62",
        "C2 at 16 A",
        "the plug warms up from 62 to 75 C, and cools down",
        "half at 65, 6 A at 68, off at 71, back at 62",
        "5 s each",
        "OpenEVSE",
        [
            charging(16),
            _warm(64),
            wait(10_000),
            is_so(lambda bench: bench.duty == 2666, "16 A"),
            _warm(65),
            pwm(5000, amps=8),
            wait(6000),
            _warm(68),
            pwm(5000, amps=6),
            wait(6000),
            _warm(71),
            x1(5000),
            _warm(75),
            wait(10_000),
            _warm(63),
            wait(60_000),
            is_so(lambda bench: bench.duty == 10_000, "x1 until 62"),
            _warm(62),
            pwm(60_000),
        ],
        site=site(min_a=6),
    ),
    row(
        "63",
        "a socket set to 32 A",
        "a cable with 680 ohm",
        "20 A: 33.3 %",
        "at PWM",
        "cable coding",
        [
            idle(),
            do(lambda bench: (bench.cable(680), bench.show(bench.line.with_(r2_ohm=2740)))),
            pwm(3000, amps=20),
            s2(True),
            closes(3000),
            wait(60_000),
            is_so(lambda bench: bench.duty == 3333, "33.33 %"),
        ],
        site=site(socket=True, max_a=32, min_a=20),
    ),
    row(
        "64",
        "A, a socket",
        "cables between two codings: 1000, 350 and 150 ohm",
        "the lower one: 13, 20 and 32 A",
        "at the plug",
        "EVerest",
        _with_cable(1000, 13),
        _with_cable(350, 20),
        _with_cable(150, 32),
        site=site(socket=True, max_a=63, min_a=6),
    ),
    row(
        "65",
        "C2, a socket",
        "proximity breaks",
        "x1; opens when the car leaves C, or after 6 s",
        "1 s",
        "EVerest, table A.4",
        [
            _cable(220),
            charging(),
            _cable(None),
            x1(1000),
            stays_closed(2000),
            s2(False),
            opens(100),
        ],
        [_cable(220), charging(), _cable(None), x1(1000), opens(7999, at_least=6000)],
        phases=PHASES,
        site=site(socket=True),
    ),
    row(
        "66",
        "A, a socket",
        "a cable with 50 ohm, one with 5 kohm",
        "no charging",
        "at the plug",
        "EVerest",
        _refused_cable(50),
        _refused_cable(5000),
        site=site(socket=True),
    ),
)
