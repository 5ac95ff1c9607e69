"""Vectors 17-29: the car's diode, shorts, a faulty generator."""

from .row import PHASES, Row, row, site
from .seen import closes, fault, is_so, no_fault, opens, state, stays_closed, stays_open
from .steps import Step, charging, level, line, plugged, s2, then, unplug, wait

_BOTH = (False, True)


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


def _says(*words: str):
    """One of these words stands in what the outlet says of itself."""
    return lambda bench: any(word in bench.told()["why"] for word in words)


def _short(id_: str, given: str, stimulus: str, deadline: str, basis: str, **ohm: int) -> Row:
    """A short so hard that it is E, wherever it is."""
    script = [charging(), line(**ohm), state("E", 3000), opens(3000), stays_open(5000)]
    more = {"phases": PHASES, "guards": _BOTH}
    return row(id_, given, stimulus, "E, opens", deadline, basis, script, **more)


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
        "B2, low part -9.0 V; with 1870 ohm, which is not like a shorted diode, -9.5 V",
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
        [
            plugged(r2_ohm=1870, minus_mv=-9500),
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
    _short(
        "24",
        "C2, closed for 5 s",
        "80 ohm from pilot to PE, before the diode: +0.87/-0.89 V",
        "3 s, 100 ms wanted",
        "seq 12, A.4.9",
        short_ohm=80,
    ),
    _short(
        "25",
        "C2, closed",
        "80 ohm behind the diode: 1.47/-12 V",
        "3 s",
        "EVerest, derived",
        after_ohm=80,
    ),
    _short(
        "26",
        "C2, closed",
        "120 ohm before the diode: 1.22 V",
        "3 s",
        "table A.4",
        short_ohm=120,
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
)
