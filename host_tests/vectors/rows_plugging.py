"""Vectors 1-9: plugging in, asking for current, closing and opening."""

from .row import PHASES, Row, row, site
from .seen import (
    closes,
    is_so,
    locks,
    no_fault,
    opens,
    quiet,
    state,
    stays_closed,
    stays_in,
    stays_open,
    unlocks,
    x1,
)
from .steps import boot, charging, do, idle, line, person, plugged, s2, then, unplug, wait

_CORNER = {"source_ohm": 970, "plus_mv": 12600, "diode_mv": 850}
_BOTH = (False, True)


def _led_is_idle(bench) -> bool:
    """The latest flashes: 0.1 s long, one in 2 s."""
    times = [t_ms for t_ms, _ in bench.of("led")[-4:]]
    return [b - a for a, b in zip(times, times[1:])] in ([100, 1900, 100], [1900, 100, 1900])


def _one_event(bench) -> bool:
    return len([event for event in bench.since() if event[1] == "state"]) == 1


def _ready(r2_ohm: int, r3_ohm: int) -> list:
    """That car arrives, asks for current and gets it."""
    return [
        plugged(r2_ohm=r2_ohm, r3_ohm=r3_ohm),
        s2(True),
        closes(3000, at_least=500),
        stays_closed(2000),
        no_fault(),
    ]


def _is_b(id_: str, stimulus: str, reaction: str, r2_ohm: int) -> Row:
    """A car at an end of the tolerances."""
    script = [idle(), person("pause(1)"), line(r2_ohm=r2_ohm), state("B1", 100)]
    script.append(stays_in("B1", 5000))
    return row(id_, "A", stimulus, reaction, "100 ms", "EVerest, corner", script, phases=PHASES)


ROWS = (
    row(
        "1",
        "power comes, nobody is plugged in",
        "12 V in x1",
        "A, no PWM, open, unlocked, LED idle",
        "1 s",
        "REC",
        [
            boot(),
            state("A1", 1000),
            quiet(
                5000,
                ("duty", "coil", "state", "lock"),
                lambda bench: bench.duty == 10000,
                "x1",
            ),
            no_fault(),
            is_so(lambda bench: bench.port.is_locked is False, "unlocked"),
            is_so(_led_is_idle, "a flash each 2 s"),
        ],
        site=site(socket=True, lock=True),
    ),
    row(
        "2",
        "A, current is not permitted yet",
        "a car with 2740 ohm, 8.98 V",
        "B1, entered once, one event; a socket locks",
        "100 ms",
        "seq 1.1",
        [
            idle(),
            person("pause(1)"),
            do(lambda bench: (bench.cable(220), bench.show(bench.line.with_(r2_ohm=2740)))),
            state("B1", 100),
            locks(100),
            wait(3000),
            is_so(_one_event, "one event"),
        ],
        phases=PHASES,
        site=site(socket=True, lock=True),
    ),
    _is_b("3", "a car with 4610 ohm, 9.99 V", "B, not A", 4610),
    _is_b("4", "a car with 1870 ohm, 8.06 V", "B, not C", 1870),
    row(
        "5",
        "B2 at 16 A",
        "S2 closes, 6.00 V",
        "diode seen, contactor closes",
        "0.5-3 s",
        "seq 4, close guard REC",
        [plugged(16), s2(True), closes(3000, at_least=500), stays_closed(2000)],
        phases=PHASES,
    ),
    row(
        "6",
        "B2",
        "S2 closes, 2740 ohm with 909 or 1723 ohm: 5.28 and 6.51 V",
        "C, closes",
        "3 s",
        "EVerest, R3 range",
        _ready(2740, 909),
        _ready(2740, 1723),
        phases=PHASES,
    ),
    row(
        "7",
        "B2",
        "S2 closes at both ends: 1870 with 909 ohm 4.99 V, 4610 with 1723 ohm 6.99 V",
        "C in both, closes; 4.99 V is not D",
        "3 s",
        "EVerest, table A.4 hold band",
        _ready(1870, 909),
        _ready(4610, 1723),
        phases=PHASES,
    ),
    row(
        "7a",
        "B2, generator at 12.6 V behind 970 ohm, diode 0.85 V",
        "4610 with 1723 ohm: 7.48 V",
        "the 7-8 V band holds B: nothing chatters",
        "-",
        "table A.4, derived",
        [
            plugged(r2_ohm=4610, r3_ohm=1723),
            then(**_CORNER),
            wait(1000),
            s2(True),
            stays_in("B2", 25_000),
            no_fault(),
            wait(10_000),  # it has been woken, which is a new start
            quiet(60_000, ("state", "contacts", "coil"), lambda bench: True, "as it is"),
        ],
    ),
    row(
        "8",
        "C2, closed",
        "S2 opens: 8.98 V, or 8.06 V with 1870 ohm",
        "open",
        "100 ms",
        "seq 8.1",
        [charging(), s2(False), opens(100), stays_open(5000), no_fault()],
        [charging(r2_ohm=1870), s2(False), opens(100), stays_open(5000), no_fault()],
        phases=PHASES,
        guards=_BOTH,
    ),
    row(
        "9",
        "C2, closed, a socket that locks",
        "the plug is pulled: +12/-12 V",
        "open, then unlocked; A, PWM off",
        "100 ms; unlock 5 s",
        "seq 2.2, 2.1, 9.3",
        [
            do(lambda bench: bench.cable(220)),
            charging(),
            is_so(lambda bench: bench.port.is_locked, "locked"),
            unplug(),
            opens(100),
            x1(2000),
            state("A1", 2000),
            unlocks(5000),
        ],
        phases=PHASES,
        guards=_BOTH,
        site=site(socket=True, lock=True),
    ),
)
