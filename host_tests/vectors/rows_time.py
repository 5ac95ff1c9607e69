"""Vectors 67-76: duty and pulse, stalls, lock, power, stale readings."""

from .row import PHASES, row, site
from .seen import (
    closes,
    coil,
    each,
    fault,
    is_so,
    no_fault,
    opens,
    pwm,
    state,
    stays_closed,
    stays_open,
    x1,
)
from .steps import (
    Step,
    at_outlet,
    charging,
    do,
    idle,
    line,
    person,
    plugged,
    restart,
    s2,
    site_file,
    unplug,
    wait,
)

_MINUTE = 60_000


def _cable(ohm: int | None) -> Step:
    return do(lambda bench: bench.cable(ohm))


def _limited(amps: float, duty: int) -> list[Step]:
    """That limit makes that duty, 1/100 %. The last ampere comes in one step: the balancer saves
    itself raises of less than 0.5 A.
    """
    return [
        plugged(),
        person(f"limit(1, {amps - 1})"),
        s2(True),
        closes(3000),
        wait(3 * _MINUTE),
        person(f"limit(1, {amps})"),
        wait(_MINUTE),
        is_so(lambda bench: bench.duty == duty, f"{duty / 100} %"),
    ]


def _pulse(amps: int, us: float) -> list[Step]:
    """That limit makes a pulse so long, at most 5 us less and not more."""

    def measure(bench) -> None:
        bench.note(f"{amps} A short by us", us - bench.duty / 10)

    return [
        idle(),
        person(f"limit(1, {amps})"),
        line(r2_ohm=2740, is_ready=True),
        closes(3000),
        pwm(3 * _MINUTE, amps=amps),
        measure,
        is_so(lambda bench: us - 5 <= bench.duty / 10 <= us, f"{us} us"),
    ]


def _refuses(words: str) -> Step:
    """The console does not take it, and nothing changes."""

    def step(bench) -> None:
        duty = bench.duty
        if "Error" not in repr(bench.app.console.answer(words)):
            raise AssertionError(f"{words} was taken")
        bench.run(1000)
        assert bench.duty == duty

    return step


def _all_ready(bench) -> None:
    for port in bench.board.outlets:
        port.show(port.terminal.line.with_(r2_ohm=2740, is_ready=True))


def _stand_still(bench) -> None:
    """The plug is pulled, but no reading tells so."""
    bench.port.is_sampled = False
    bench.show(bench.line.with_(r2_ohm=None, is_ready=False))


def _carries(most_ma: int) -> Step:
    """What flows now is no more than the feeder carries."""
    return is_so(
        lambda bench: sum(port.current_ma() for port in bench.board.outlets) <= most_ma,
        f"{most_ma} mA at most",
    )


ROWS = (
    row(
        "67",
        "C2, an outlet for 80 A",
        "limits of 51.5, 52.5, 53 and 80 A; of 81 and 5 A",
        "85, 85, 85.2 and 96 %; refused, refused",
        "-",
        "EVerest, table A.7",
        _limited(51.5, 8500),
        _limited(52.5, 8500),
        _limited(53, 8520),
        _limited(80, 9600),
        [plugged(), _refuses("limit(1, 81)"), _refuses("limit(1, 5)")],
        site=site(max_a=80, min_a=6),
    ),
    row(
        "67a",
        "a generator with slow edges: the pulse is more than 0.5 % too short",
        "factory test, or self-test at boot",
        "rejected",
        "factory",
        "OpenEVSE",
    ),
    row(
        "68",
        "C2 at 6, 16 and 32 A",
        "100, 266.67 and 533.33 us",
        "within 5 us, and never longer",
        "-",
        "Tinkerforge, REC",
        _pulse(6, 100),
        _pulse(16, 266.67),
        _pulse(32, 533.34),
        site=site(max_a=32, min_a=6),
    ),
    row(
        "69",
        "4 outlets in C2; a board with a guard",
        "the interpreter stands still for 200 ms; S2 opens at outlet 3",
        "outlet 3 opens, the others do not",
        "100 ms",
        "EVerest, REC",
        [
            idle(),
            do(_all_ready),
            wait(20_000),
            at_outlet(3),
            do(lambda bench: (bench.stall(200), bench.show(bench.line.with_(is_ready=False)))),
            opens(100),
            wait(2000),
            is_so(
                lambda bench: sum(port.contacts for port in bench.board.outlets) == 3, "3 closed"
            ),
            no_fault(),
        ],
        phases=PHASES,
        guards=(True,),
        site=site(4),
    ),
    row(
        "70",
        "C2, closed",
        "the program hangs",
        "no longer fed; coil off by the watchdog, x1 (a real one: test_pico_watchdog.py)",
        "2 s",
        "OpenEVSE",
        [
            charging(),
            do(lambda bench: bench.stall(60_000)),
            coil(False, 2000),
            x1(2000),
            opens(2040),
        ],
        phases=PHASES,
    ),
    row(
        "71",
        "A, a socket whose lock does not move",
        "a car is plugged in and asks",
        "error after 5 retries, never closes",
        "about 6 s",
        "esp32-evse",
        [
            do(lambda bench: setattr(bench.port, "lock_is_stuck", True)),
            idle(),
            _cable(220),
            line(r2_ohm=2740, is_ready=True),
            fault("lock", 7000),
            stays_open(30_000),
            is_so(
                lambda bench: [drive for _, drive in bench.of("lock")].count(True) == 6, "6 tries"
            ),
        ],
        site=site(socket=True, lock=True),
    ),
    row(
        "72",
        "8 outlets in C2 on 63 A",
        "a blackout of 10 s; eight cars ask at once",
        "each comes back at a random time, 0.3 s apart at least; never more than 63 A",
        "as configured: here 0-120 s",
        "UK rule",
        [
            idle(),
            do(_all_ready),
            wait(30_000),
            restart(10_000),
            each("contacts", bool, 125_000, spread=30_000, apart=280),
            _carries(63_000),
            no_fault(),
        ],
        [
            site_file(site(8, 63, min_a=6)),
            idle(),
            do(_all_ready),
            each("contacts", bool, 10_000, spread=2000, apart=280),
        ],
        site=site(8, 63, {"restart_delay_s": 120}, min_a=6),
    ),
    row(
        "73",
        "C2, closed",
        "a dip of 50 ms in the supply, the pilot stays; a power cut of 1 s",
        "no fault; after the cut as vector 14",
        "-",
        "REC",
        [
            charging(),
            do(lambda bench: bench.draws(0)),
            wait(50),
            do(lambda bench: bench.draws(None)),
            stays_closed(10_000),
            no_fault(),
        ],
        [charging(), restart(1000), closes(10_000), no_fault()],
        phases=PHASES,
    ),
    row(
        "74",
        "power comes",
        "the pilot runs at 1025, 975 or 1005 Hz: a clock is wrong",
        "the first two are refused",
        "at boot",
        "EVerest",
    ),
    row(
        "75",
        "C1, stopping, 2 s after x1",
        "the plug is pulled",
        "opens at once, the 6 s are over",
        "100 ms",
        "seq 2.2",
        [
            charging(),
            person("pause(1)"),
            x1(20),
            wait(2000),
            unplug(),
            opens(100),
            state("A1", 200),
            stays_open(10_000),
            is_so(lambda bench: bench.told()["forced_open"] == 0, "not under load"),
        ],
        phases=PHASES,
        guards=(False, True),
    ),
    row(
        "76",
        "C2, closed",
        "the plug is pulled, and the readings stand still",
        "stale after 60 ms: fault, opens",
        "100 ms",
        "REC",
        [
            charging(),
            do(_stand_still),
            opens(100),
            fault("no pilot reading", 100),
        ],
        phases=PHASES,
        guards=(False, True),
    ),
)
