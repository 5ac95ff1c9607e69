"""Vectors 1-16: plugging in, charging, stopping, coming back after a power cut."""

from .row import PHASES, row, site
from .bench import Bench
from .steps import (
    Step,
    each,
    is_pwm,
    boot,
    charging,
    closes,
    do,
    idle,
    is_so,
    line,
    locks,
    no_fault,
    opens,
    person,
    plugged,
    pwm,
    quiet,
    s2,
    state,
    stays_closed,
    stays_in,
    stays_open,
    then,
    unlocks,
    unplug,
    wait,
    x1,
)

_CORNER = {"source_ohm": 970, "plus_mv": 12600, "diode_mv": 850}
_BOTH = (False, True)
_LED_FLASHES = is_so(
    lambda bench: [on for _, on in bench.of("led")][-40:].count(True) == 2, "a flash each 2 s"
)


def _one_event(bench) -> bool:
    return len(bench.of("state", bench._first)) == 1


def _all_there(is_ready: bool) -> Step:
    """Cars stand at all outlets before power comes."""

    def step(bench: Bench) -> None:
        for port in bench.board.outlets:
            port.show(port.terminal.line.with_(r2_ohm=2740, is_ready=is_ready))
            port.cable_ohm = 680

    return step


def _after_pwm(bench) -> bool:
    """At every outlet PWM came first, and the contactor at least 40 ms later."""
    first: dict[tuple[str, int], float] = {}
    for t_ms, kind, outlet, value in bench.since():
        if value and value != 10_000:
            first.setdefault((kind, outlet), t_ms)
    return all(
        first["coil", port.number] - first["duty", port.number] >= 40
        for port in bench.board.outlets
    )


def _ready(r2_ohm: int, r3_ohm: int) -> list:
    """That car arrives, asks for current and gets it."""
    return [
        plugged(r2_ohm=r2_ohm, r3_ohm=r3_ohm),
        s2(True),
        closes(3000, at_least=500),
        stays_closed(2000),
        no_fault(),
    ]


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
            _LED_FLASHES,
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
            line(r2_ohm=2740),
            do(lambda bench: bench.cable(220)),
            state("B1", 100),
            locks(100),
            wait(3000),
            is_so(_one_event, "one event"),
        ],
        phases=PHASES,
        site=site(socket=True, lock=True),
    ),
    row(
        "3",
        "A",
        "a car with 4610 ohm, 9.99 V",
        "B, not A",
        "100 ms",
        "EVerest, corner",
        [idle(), person("pause(1)"), line(r2_ohm=4610), state("B1", 100), stays_in("B1", 5000)],
        phases=PHASES,
    ),
    row(
        "4",
        "A",
        "a car with 1870 ohm, 8.06 V",
        "B, not C",
        "100 ms",
        "EVerest, corner",
        [idle(), person("pause(1)"), line(r2_ohm=1870), state("B1", 100), stays_in("B1", 5000)],
        phases=PHASES,
    ),
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
        "S2 opens, 8.98 V",
        "open",
        "100 ms",
        "seq 8.1",
        [charging(), s2(False), opens(100), stays_open(5000), no_fault()],
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
    row(
        "10",
        "C2 at 16 A",
        "a person stops it; the car opens S2 2 s later",
        "x1; contactor closed until the car has left C, then open",
        "x1 at once, open 100 ms after B",
        "seq 9.1, 10.1, 8.2",
        [
            charging(16),
            person("pause(1)"),
            x1(20),
            stays_closed(2000),
            s2(False),
            opens(100),
            is_so(lambda bench: bench.told()["forced_open"] == 0, "opened without load"),
        ],
        phases=PHASES,
    ),
    row(
        "11",
        "C2",
        "a person stops it; the car does not care",
        "opened by force, told as under load",
        "6.0-7.0 s",
        "seq 10.2",
        [
            charging(),
            person("pause(1)"),
            x1(20),
            opens(6999, at_least=6000),
            is_so(lambda bench: bench.told()["forced_open"] == 1, "told as under load"),
        ],
        phases=PHASES,
    ),
    row(
        "12",
        "C2",
        "stopped, resumed 1 s later, the car still in C",
        "PWM again, contactor stays closed, no 6 s any more",
        "1 s",
        "EVerest",
        [
            charging(),
            person("pause(1)"),
            wait(1000),
            person("resume(1)"),
            pwm(1000),
            stays_closed(15_000),
        ],
        phases=PHASES,
    ),
    row(
        "13",
        "B2",
        "current withdrawn, and given back at once",
        "B1 for 3 s before the next PWM",
        "3 s at least",
        "seq 9.2",
        [
            plugged(),
            wait(5000),
            person("pause(1)"),
            then(),
            x1(20),
            do(lambda bench: bench.person("resume(1)")),
            pwm(40_000, at_least=2960),
        ],
        phases=PHASES,
    ),
    row(
        "14",
        "power comes to 8 outlets, each with a car in C, 6.0 V",
        "power has returned",
        "x1, open; after a random time PWM, diode seen, closes; no fault",
        "as configured: here 0-30 s",
        "EVerest, UK rule",
        [
            _all_there(True),
            boot(r2_ohm=2740, is_ready=True),
            each("contacts", bool, 34_000, spread=8000),
            is_so(_after_pwm, "closed only with PWM on"),
            stays_closed(5000),
            no_fault(),
        ],
        site=site(8, of_site={"restart_delay_s": 30}),
    ),
    row(
        "15",
        "power comes to 8 outlets, each with a car in B",
        "power has returned",
        "B1; PWM after a random time; the cable is read again",
        "as configured: here 0-30 s",
        "EVerest",
        [
            _all_there(False),
            boot(r2_ohm=2740),
            state("B1", 1000),
            each("duty", is_pwm, 32_000, spread=8000),
            is_so(lambda bench: bench.told()["cable_a"] == 20, "20 A cable"),
            no_fault(),
        ],
        site=site(8, of_site={"restart_delay_s": 30}, socket=True, max_a=32),
    ),
    row(
        "16",
        "a car without S2",
        "A, then C at once",
        "PWM, closes",
        "3 s after PWM",
        "seq 1.2",
        [idle(), line(r2_ohm=2740, is_ready=True), pwm(1000), closes(3000), no_fault()],
        phases=PHASES,
    ),
)
