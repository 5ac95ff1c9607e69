"""Vectors 41-48: what real cars do with S2; changes of the limit."""

from .row import FEW, PHASES, row, site
from .seen import closes, is_so, no_fault, opens, pwm, spaced, state, stays_closed, stays_open, x1
from .steps import Step, charging, do, line, mark, person, plugged, pulses, s2, then, wait


def _bounce(ms: int) -> list[Step]:
    """From C to A and back, for so long."""
    return [
        charging(),
        line(is_cut=True),
        wait(ms),
        then(is_cut=False),
        stays_closed(5000),
        no_fault(),
    ]


def _tesla() -> list[Step]:
    """C, D, C and B again, five times in 16 s."""
    once = [
        s2(True),
        wait(300),
        then(r3_ohm=270),
        wait(200),
        then(r3_ohm=1300),
        wait(200),
        s2(False),
        wait(2400),
    ]
    return once * 5


ROWS = (
    row(
        "41",
        "B2",
        "C three times within 3.5 s, for 200, 300 and 400 ms: the car signals",
        "each is told, none closes",
        "told in 80 ms",
        "seq 11",
        [
            plugged(),
            pulses(1, 200, 700, state("C2", 80)),
            pulses(1, 300, 700, state("C2", 80)),
            pulses(1, 400, 700, state("C2", 80)),
            pulses(3, 400, 700, state("C2", 80)),
            is_so(lambda bench: not bench.of("coil"), "never closed"),
            no_fault(),
        ],
        phases=PHASES,
    ),
    row(
        "42",
        "B2",
        "C once, for 250 ms (BMW iX3)",
        "never closes",
        "-",
        "Tinkerforge",
        [
            plugged(),
            pulses(1, 250, 5000),
            is_so(lambda bench: not bench.of("coil"), "never closed"),
        ],
        phases=PHASES,
    ),
    row(
        "43",
        "B2",
        "B and C in turn for 60 s, every 0.25 s, and every 1 s (Opel e-Corsa)",
        "5 s between two closings, no chatter, and in the end it charges",
        "5 s apart",
        "Tinkerforge, OpenEVSE",
        [plugged(), pulses(120, 250, 250), stays_open(100), s2(True), closes(3000)],
        [
            plugged(),
            pulses(30, 1000, 1000),
            spaced("coil", True, 5000),
            is_so(lambda bench: bench.told()["cycles"] <= 10, "ten closings at most"),
            no_fault(),
            wait(5000),
            s2(True),
            closes(3000),
        ],
    ),
    row(
        "44",
        "B2",
        "C, D, C and B again five times within 16 s (Tesla)",
        "no fault stays, 5 s between two closings, then it charges",
        "16 s",
        "Yeti firmware",
        [
            plugged(),
            *_tesla(),
            no_fault(),
            spaced("coil", True, 5000),
            wait(5000),
            s2(True),
            closes(3000),
            stays_closed(10_000),
        ],
    ),
    row(
        "45",
        "C2, closed, a board with a guard",
        "C to A and back for 10 and 20 ms (Leaf); for 100 ms",
        "no opening; opened",
        "-; 100 ms",
        "OpenEVSE, EVerest",
        _bounce(10),
        _bounce(20),
        [charging(), line(is_cut=True), opens(100), then(is_cut=False)],
        phases=PHASES,
        guards=(True,),
    ),
    row(
        "46",
        "C2, closed",
        "8.98 V for 10 ms, 500 ms after a change of the duty (BMW)",
        "no opening",
        "-",
        "Tinkerforge",
        [
            charging(),
            mark(),
            pwm(20_000),
            wait(480),
            s2(False),
            wait(10),
            then(is_ready=True),
            stays_closed(5000),
            no_fault(),
        ],
        phases=PHASES,
        guards=(False, True),
        site=site(min_a=6),
    ),
    row(
        "47",
        "C2 at 16 A",
        "limits of 14, 10 and 6 A within 3 s",
        "two changes 5 s apart, the last limit counts",
        "5 s",
        "seq 6",
        [
            charging(16),
            person("limit(1, 14)"),
            pwm(20, amps=14),
            mark(),
            wait(1500),
            do(lambda bench: (bench.person("limit(1, 10)"), bench.run(1500))),
            do(lambda bench: bench.person("limit(1, 6)")),
            pwm(2100, amps=6),
            spaced("duty", None, 5000),
            is_so(
                lambda bench: 1666 not in [duty for _, duty in bench.of("duty")], "10 A left out"
            ),
        ],
        phases=FEW,
        site=site(min_a=6),
    ),
    row(
        "48",
        "C2, 1 s after a change of the duty",
        "the limit becomes 0",
        "x1 at once",
        "20 ms",
        "seq 9.1, REC",
        [charging(), mark(), pwm(20_000), wait(1000), person("limit(1, 0)"), x1(20)],
        phases=PHASES,
        site=site(min_a=6),
    ),
)
