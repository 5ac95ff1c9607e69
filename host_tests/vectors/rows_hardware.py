"""Vectors 58-76: monitor, contactor, temperature, cable, duty, stalls, lock, power, stale readings."""

from .row import PHASES, row, site
from .steps import (
    F,
    Step,
    at_outlet,
    charging,
    closes,
    coil,
    do,
    each,
    fault,
    idle,
    is_so,
    lasts,
    line,
    mark,
    no_fault,
    opens,
    person,
    plugged,
    pwm,
    restart,
    s2,
    site_file,
    state,
    state_f,
    stays_closed,
    stays_open,
    unplug,
    wait,
    x1,
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
        if "Error" not in bench.app.console.answer(words):
            raise AssertionError(f"{words} was taken")
        bench.run(1000)
        assert bench.duty == duty

    return step


def _all_ready(bench) -> None:
    for port in bench.board.outlets:
        port.show(port.terminal.line.with_(r2_ohm=2740, is_ready=True))


def _carries(most_ma: int) -> Step:
    """What flows now is no more than the feeder carries."""
    return is_so(
        lambda bench: sum(port.current_ma() for port in bench.board.outlets) <= most_ma,
        f"{most_ma} mA at most",
    )


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
        "coil off by the watchdog, x1",
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
        "a blackout of 10 s",
        "each comes back at a random time; never more than 63 A",
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
            do(lambda bench: setattr(bench.port, "is_sampled", False)),
            opens(100),
            fault("no pilot reading", 100),
        ],
        phases=PHASES,
        guards=(False, True),
    ),
)
