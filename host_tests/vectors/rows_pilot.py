"""Vectors 17-40: the car's diode, shorts, a faulty generator, windows and noise."""

from .row import FEW, PHASES, row, site
from .steps import (
    Step,
    charging,
    closes,
    fault,
    idle,
    is_so,
    level,
    line,
    no_fault,
    opens,
    plugged,
    s2,
    state,
    stays_closed,
    stays_in,
    stays_open,
    then,
    unplug,
    wait,
)

_BOTH = (False, True)
_HOUR_SHARE_S = 450  # of 8 outlets, which makes an hour
_NOISY = 300  # mV


def _latched_until_a(words: str) -> list[Step]:
    """A sound diode does not end it, unplugging does."""
    return [
        line(is_shorted=False, minus_mv=-12000),
        wait(2000),
        is_so(lambda bench: words in (bench.told()["fault"] or ""), "still a fault"),
        unplug(),
        wait(500),
        no_fault(),
    ]


def _noisy(letter: str) -> Step:
    """8 outlets with 0.3 V of noise in every sample, each from its own place in it."""

    def step(bench) -> None:
        for port in bench.board.outlets:
            port.show(port.terminal.line.with_(noise_mv=_NOISY))
        first = len(bench.events)
        bench.run(_HOUR_SHARE_S * 1000)
        moved = [event for event in bench.events[first:] if event[1] in ("state", "coil")]
        bench.note("outlet hours", _HOUR_SHARE_S * 1000 * len(bench.board.outlets))
        if moved or bench.told()["car"] != letter:
            raise AssertionError(f"moved: {moved[:4]}")

    return step


def _all(ready: bool) -> list[Step]:
    """8 cars in B2, or in C2 and closed."""

    def step(bench) -> None:
        for port in bench.board.outlets:
            port.show(port.terminal.line.with_(r2_ohm=2740))
        bench.run(20_000)
        for port in bench.board.outlets:
            port.show(port.terminal.line.with_(is_ready=ready))
        bench.run(20_000)
        want = [ready] * len(bench.board.outlets)
        if [port.contacts for port in bench.board.outlets] != want:
            raise AssertionError("not all are there")

    return [idle(), step]


def _says(*words: str):
    """One of these words stands in what the outlet says of itself."""
    return lambda bench: any(word in bench.told()["why"] for word in words)


def _ramp(from_mv: int, to_mv: int) -> Step:
    """10 mV in 20 ms."""

    def step(bench) -> None:
        for mv in range(from_mv, to_mv, -10):
            bench.show(bench.line.with_(shown_mv=(mv, -12_000)))
            bench.run(20)

    return step


def _changes(ms: int, most: int) -> Step:
    """So many changes of the letter at most."""

    def step(bench) -> None:
        first = len(bench.events)
        letters = [bench.told()["state"][0]]
        bench.run(ms)
        letters += [state[0] for _, state in bench.of("state", first)]
        changes = [pair for pair in zip(letters, letters[1:]) if pair[0] != pair[1]]
        if len(changes) > most:
            raise AssertionError(f"{len(changes)} changes: {letters[:6]}")

    return step


ROWS = (
    row(
        "17",
        "B2",
        "the car's diode is shorted: +8.79/-8.79 V",
        "fault; never closes",
        "100 ms",
        "table A.4, REC",
        [
            plugged(),
            line(is_shorted=True),
            fault("diode", 100),
            s2(True),
            stays_open(10_000),
            *_latched_until_a("diode"),
        ],
        phases=PHASES,
    ),
    row(
        "18",
        "C2, closed",
        "the diode becomes shorted: +5.62/-5.62 V",
        "opens, fault, latched until A",
        "3 s, 100 ms wanted",
        "table A.4, seq 12",
        [
            charging(),
            line(is_shorted=True),
            fault("diode", 3000),
            opens(3000),
            *_latched_until_a("diode"),
        ],
        phases=PHASES,
    ),
    row(
        "19",
        "D2, closed, an outlet with ventilation",
        "the diode becomes shorted: +2.37/-2.37 V",
        "opens, fault",
        "3 s",
        "table A.4",
        [
            charging(r3_ohm=270),
            is_so(lambda bench: bench.told()["state"] == "D2", "D2"),
            line(is_shorted=True),
            fault("diode", 3000),
            opens(3000),
        ],
        phases=PHASES,
        site=site(ventilation=True),
    ),
    row(
        "20",
        "B2, low part -9.0 V",
        "S2 closes",
        "never closes; says why",
        "before closing",
        "-10 V limit",
        [
            plugged(minus_mv=-9000),
            s2(True),
            stays_open(10_000),
            is_so(_says("diode", "low part"), "the weak low part is named"),
        ],
    ),
    row(
        "21",
        "B2, low part -10.4 V (a small VW)",
        "S2 closes",
        "charges",
        "3 s",
        "esp32-evse",
        [
            plugged(minus_mv=-10_400),
            s2(True),
            closes(3000, at_least=500),
            stays_closed(60_000),
            no_fault(),
        ],
        phases=PHASES,
    ),
    row(
        "22",
        "C2, closed",
        "low part -9.8 V for 20 ms, then -12 V",
        "nothing trips",
        "-",
        "Tinkerforge",
        [
            charging(),
            line(minus_mv=-9800),
            wait(20),
            then(minus_mv=-12_000),
            stays_closed(5000),
            no_fault(),
        ],
        phases=PHASES,
    ),
    row(
        "23",
        "C2, closed",
        "the diode is gone: the high part stays at 12 V",
        "taken for A, opens",
        "100 ms",
        "derived",
        [charging(), line(is_cut=True), opens(100), state("A1", 200)],
        [plugged(), line(is_cut=True), state("A1", 100)],
        phases=PHASES,
        guards=_BOTH,
    ),
    row(
        "24",
        "C2, closed for 5 s",
        "80 ohm from pilot to PE, before the diode: +0.87/-0.89 V",
        "E, opens",
        "3 s, 100 ms wanted",
        "seq 12, A.4.9",
        [charging(), line(short_ohm=80), state("E", 3000), opens(3000), stays_open(5000)],
        phases=PHASES,
        guards=_BOTH,
    ),
    row(
        "25",
        "C2, closed",
        "80 ohm behind the diode: 1.47/-12 V",
        "E, opens",
        "3 s",
        "EVerest, derived",
        [charging(), line(after_ohm=80), state("E", 3000), opens(3000), stays_open(5000)],
        phases=PHASES,
        guards=_BOTH,
    ),
    row(
        "26",
        "C2, closed",
        "120 ohm before the diode: 1.22 V",
        "E, opens",
        "3 s",
        "table A.4",
        [charging(), line(short_ohm=120), state("E", 3000), opens(3000), stays_open(5000)],
        phases=PHASES,
        guards=_BOTH,
    ),
    row(
        "27",
        "C2, closed",
        "the generator is dead: 0/0 V",
        "opens, E; says that the pilot generator is at fault",
        "3 s",
        "REC",
        [
            charging(),
            level(0, 0),
            opens(3000),
            state("E", 3000),
            fault("generator", 3000),
        ],
        phases=PHASES,
    ),
    row(
        "28",
        "C2, closed",
        "the generator is stuck at +12 V: 6.0 V in both parts",
        "opens; says that the pilot generator is at fault",
        "3 s",
        "REC",
        [
            charging(),
            line(minus_mv=12_000),
            opens(3000),
            fault("generator", 3000),
            stays_open(20_000),
        ],
        phases=PHASES,
    ),
    row(
        "29",
        "C2, closed",
        "PE is lost between outlet and car: +12/-12 V",
        "A or a fault, opens",
        "100 ms",
        "EVerest",
        [charging(), line(is_cut=True), opens(100), stays_open(5000)],
        phases=PHASES,
        guards=_BOTH,
    ),
    row(
        "30",
        "A",
        "13.4 V",
        "fault, never closes",
        "3 s",
        "table A.4",
        [idle(), level(13_400, -12_000), fault("outside every window", 3000), stays_open(5000)],
        phases=PHASES,
    ),
    row(
        "31",
        "A",
        "12 V falls slowly to 10.5 V",
        "stays A",
        "-",
        "table A.4 hold band",
        [idle(), _ramp(12_000, 10_500), stays_in("A1", 5000)],
    ),
    row(
        "32",
        "B2",
        "10.5 V after 9 V",
        "stays B",
        "-",
        "table A.4 hold band",
        [plugged(), level(10_500), stays_in("B2", 10_000)],
        phases=PHASES,
    ),
    row(
        "33",
        "B2",
        "7.5 V after 9 V",
        "stays B, nothing switches",
        "-",
        "table A.4 hold band",
        [plugged(), level(7500), stays_in("B2", 10_000)],
        phases=PHASES,
    ),
    row(
        "34",
        "C2, closed",
        "7.5 V after 6 V",
        "stays C",
        "-",
        "table A.4 hold band",
        [charging(), level(7500), stays_closed(10_000), stays_in("C2", 1000)],
        phases=PHASES,
        guards=_BOTH,
    ),
    row(
        "35",
        "C2, closed",
        "4.5 V after 6 V",
        "stays C",
        "-",
        "table A.4 hold band",
        [charging(), level(4500), stays_closed(10_000), stays_in("C2", 1000)],
        phases=PHASES,
        guards=_BOTH,
    ),
    row(
        "36",
        "C2, closed, no ventilation",
        "the car asks for ventilation: D, 2.93 V",
        "opens, says why; C is welcome after B or 30 s",
        "100 ms",
        "REC, Tinkerforge 30 s",
        [
            charging(),
            line(r3_ohm=270),
            opens(100),
            fault("ventilation", 100),
            wait(10_000),
            line(r3_ohm=1300),
            closes(26_000, at_least=19_000),
        ],
        [
            charging(),
            line(r3_ohm=270),
            opens(100),
            wait(10_000),
            s2(False),
            wait(1000),
            line(r3_ohm=1300, is_ready=True),
            closes(3000),
        ],
        phases=FEW,
    ),
    row(
        "37",
        "B2, no ventilation",
        "from B to D at once",
        "as 36, never closes",
        "-",
        "esp32-evse",
        [
            plugged(r3_ohm=270),
            s2(True),
            fault("ventilation", 100),
            stays_open(60_000),
        ],
        phases=FEW,
    ),
    row(
        "38",
        "B2",
        "0.3 V of noise on 8.98 V for an hour",
        "never C",
        "1 h",
        "EVerest",
        [*_all(False), _noisy("B")],
        site=site(8),
    ),
    row(
        "39",
        "C2, closed",
        "0.3 V of noise on 5.99 V for an hour",
        "never opens",
        "1 h",
        "EVerest",
        [*_all(True), _noisy("C")],
        site=site(8),
    ),
    row(
        "40",
        "B2",
        "0.3 V of noise on 7.0 V",
        "one change at most",
        "10 min",
        "A.4.11",
        [plugged(), level(7000), then(noise_mv=_NOISY), _changes(600_000, 1)],
    ),
)
