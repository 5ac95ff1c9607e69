"""Vectors 30-40: windows of the level, ventilation, noise."""

from .row import FEW, PHASES, Row, row, site
from .seen import closes, fault, opens, stays_closed, stays_in, stays_open
from .steps import Step, charging, idle, level, line, plugged, s2, then, until, wait

_BOTH = (False, True)
_HOUR_SHARE_S = 450  # of 8 outlets, which makes an hour
_NOISY = 300  # mV
_HOLD = "table A.4 hold band"


def _noisy(letter: str) -> Step:
    """8 outlets with 0.3 V of noise in every sample, each from its own place in it."""

    def step(bench) -> None:
        for port in bench.board.outlets:
            port.show(port.terminal.line.with_(noise_mv=_NOISY))
        first = len(bench.events)
        bench.run(_HOUR_SHARE_S * 1000)
        moved = [event for event in bench.events[first:] if event[1] in ("state", "coil")]
        bench.note("watched", _HOUR_SHARE_S * 1000 * len(bench.board.outlets))
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
        letters += [name[0] for _, name in bench.of("state", first)]
        changes = [pair for pair in zip(letters, letters[1:]) if pair[0] != pair[1]]
        if len(changes) > most:
            raise AssertionError(f"{len(changes)} changes: {letters[:6]}")

    return step


def _b_holds(id_: str, stimulus: str, reaction: str, mv: int) -> Row:
    """Between the windows it stays in B, where it was."""
    script = [plugged(), level(mv), stays_in("B2", 10_000)]
    return row(id_, "B2", stimulus, reaction, "-", _HOLD, script, phases=PHASES)


def _c_holds(id_: str, stimulus: str, mv: int) -> Row:
    """The same for C; it stays closed."""
    script = [charging(), level(mv), stays_closed(10_000), stays_in("C2", 1000)]
    more = {"phases": PHASES, "guards": _BOTH}
    return row(id_, "C2, closed", stimulus, "stays C", "-", _HOLD, script, **more)


ROWS = (
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
        _HOLD,
        [idle(), _ramp(12_000, 10_500), stays_in("A1", 5000)],
    ),
    _b_holds("32", "10.5 V after 9 V", "stays B", 10_500),
    _b_holds("33", "7.5 V after 9 V", "stays B, nothing switches", 7500),
    _c_holds("34", "7.5 V after 6 V", 7500),
    _c_holds("35", "4.5 V after 6 V", 4500),
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
            until(10_000),
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
        phases=PHASES,
        guards=_BOTH,
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
