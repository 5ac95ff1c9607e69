"""Vectors 10-16: stopping, and coming back after a power cut."""

from .bench import Bench
from .row import PHASES, row, site
from .seen import closes, each, is_so, lasts, no_fault, opens, pwm, state, stays_closed, x1
from .steps import (
    Step,
    X1,
    after,
    boot,
    charging,
    do,
    idle,
    is_pwm,
    line,
    person,
    plugged,
    s2,
    wait,
)


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


ROWS = (
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
            after("duty"),
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
            x1(20),
            do(lambda bench: bench.person("resume(1)")),
            pwm(40_000),
            lasts(X1, 3000, 40_000),
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
