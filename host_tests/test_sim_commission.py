"""commission() at the console of a running site: what it finds, what it cannot tell, and that cars
and fuse never notice more than pulses within all limits. Times in ms, currents in A.
"""

import json
from collections.abc import Callable
from typing import Any

from pilotlight_host.sim.simulate import Outcome, _Run, simulate
from sim_helpers import journal, small
from test_app import Typist

Raw = dict[str, Any]
Change = Callable[[Raw], None]
START_MS = 15_000
LOW, HIGH = 1000, 1650  # duties of 6 and 9.9 A
ENDED = "commissioning is over; commission() tells"


def clamps_only(raw: Raw) -> None:
    """No meter at the feeder."""
    raw["site"]["feeders"][0] |= {"meter": None, "base_max_a": 12}
    raw["site"]["meters"] = []


def car(**keys: Any) -> Change:
    """The first car is different."""
    return lambda raw: raw["car"][0].update(keys)


def happens(*events: Raw) -> Change:
    """Events of the scenario."""
    return lambda raw: raw["event"].extend(events)


def swapped(*phases: str) -> Change:
    """Two clamps are exchanged from the start on."""
    return happens({"at": "0s", "kind": "clamps-swapped", "phases": list(phases)})


class Told:
    """The outcome of a run in which these lines were typed, and what was answered to each."""

    def __init__(self, outcome: Outcome, lines: list[str], answers: list[str]) -> None:
        self.outcome = outcome
        self.lines = lines
        self.answers = [answer.removesuffix("\r\n> ").split("\r\n") for answer in answers]

    @property
    def result(self) -> list[str]:
        """The lines of the last answer."""
        return self.answers[-1]

    def pulses(self, outlet: int) -> list[int]:
        """Duties of an outlet (1...) while it goes on, each once in a row."""
        found: list[int] = []
        events = {text: t for t, text in self.outcome.trace.events if text.startswith("commiss")}
        first_ms, last_ms = events["commissioning begins"], events.get(ENDED, 1 << 40)
        for t_ms, i, duty, _, _ in self.outcome.monitor.changes:
            if i == outlet - 1 and first_ms < t_ms < last_ms - 20 and duty not in found[-1:]:
                found.append(duty)
        return found


def commission(
    seconds: int, *changes: Change, lines: tuple = (), on_start: Any = None, **more: Any
) -> Told:
    """commission() at 15 s, a while after the car has begun; then `lines`; at the end again."""

    def change(raw: Raw) -> None:
        raw["car"][0]["arrive"] = "1s"
        for one in changes:
            one(raw)

    last = (1000 * seconds - 3000, "commission()")
    typed = [(START_MS, "commission()"), *lines, last]
    typists: list[Any] = []

    def start(run: _Run) -> None:
        typists.append(Typist(run, list(typed)))
        run.app.board.console = typists[0]
        if on_start is not None:
            on_start(run)

    outcome = simulate(small(duration=f"{seconds}s", change=change, **more), on_start=start)
    assert outcome.is_good, outcome.monitor.found
    assert outcome.report["breaker_heat_peak_pct"] < 100
    assert all(
        not claim.is_set
        for unit in outcome.app.control.units
        for claim in unit.claims.all
        if claim.source == "commission"
    )
    return Told(outcome, [line for _, line in typed], typists[0].shown)


# ---------------------------------------------------------------------- what it finds


def second_car(raw: Raw) -> None:
    """A car of one phase at a second outlet, whose first terminal is on L3."""
    raw["site"]["outlets"].append({"feeder": "main", "phases": ["L1", "L2", "L3"], "max_a": 16})
    raw["car"].append(
        {"outlet": 2, "arrive": "1s", "energy_kwh": 20, "phases": 1, "rotation": ["L3"]}
    )


def test_two_outlets_one_after_the_other_and_two_people():
    told = commission(
        212,
        clamps_only,
        second_car,
        lines=(
            (30_000, "commission()"),
            (31_000, "commission(2)"),
            (32_000, "why(1)"),
            (33_000, "why(2)"),
            (205_000, "status()"),
        ),
    )
    started, goes_on, refused, why, held, status, result = told.answers
    assert started[0].startswith("takes 2 to 20 minutes an outlet")
    assert goes_on[0].startswith("outlet 1: 0 pulses so far")
    assert refused[0].startswith("ValueError: one at a time")
    assert "commission: pulses to find what sees it" in why[0]
    assert "commission: held still while another outlet is commissioned" in held[0]
    assert result == [
        "outlet 1: 3 pulses; main clamps: L1, L2, L3",
        "  the order of its terminals shows only with a car of one phase",
        "outlet 2: 3 pulses; main clamps: L3",
        '  tune("outlets[1].phases", ["L3", "L1", "L2"])',
        "  or clamps are exchanged: without a meter nobody can tell",
        "  its first terminal is on L3; the others: by the turning field",
        "Nothing has been changed: type what is right, then save() and restart.",
    ]
    assert told.pulses(1)[:7] == [LOW, HIGH] * 3 + [LOW]
    assert "outlet 2: its car leaves out the first terminals" in status
    assert "outlet 1: its car leaves out the first terminals" not in status
    # while one is pulsed the other stands still, whatever room that leaves
    events = {text: t for t, text in told.outcome.trace.events}
    changes = [c for c in told.outcome.monitor.changes if START_MS + 6000 < c[0] < events[ENDED]]
    pulsed = [i for i in (0, 1) for c in changes if c[1] == i and c[2] == HIGH]
    assert pulsed == sorted(pulsed)


def test_clamps_against_the_meter_and_the_line_that_mends_it():
    line = (
        'tune("feeders[0].clamps", [{"channel": 2, "gain": 4834, "shift_us": 0}, '
        '{"channel": 1, "gain": 4834, "shift_us": 0}, {"channel": 3, "gain": 4834, "shift_us": 0}])'
    )
    told = commission(
        190,
        swapped("L1", "L2"),
        car(phases=1, rotation=["L1"]),
        lines=((182_000, "commission()"), (184_000, line), (185_000, "revert()")),
    )
    result = told.answers[1]
    assert result == [
        "outlet 1: 3 pulses; main clamps: L2; main meter grid: L1",
        "  its first terminal is on L1; the others: by the turning field",
        "main: at the wires of L1, L2, L3 are the clamps of L2, L1, L3",
        "  " + line,
        "Nothing has been changed: type what is right, then save() and restart.",
    ]
    assert told.answers[2][0].endswith("acts after save() and a restart")
    assert told.result == result  # it stays


def test_a_clamp_turned_round_beside_a_voltage_reference():
    def reference(raw: Raw) -> None:
        raw["site"]["feeders"][0]["voltage"] = {"channel": 4, "gain": 2000}

    turned = happens({"at": "0s", "kind": "clamps-turned", "phases": ["L2"]})
    told = commission(108, clamps_only, reference, turned)
    assert told.result == [
        "outlet 1: 3 pulses; main clamps: L1, L2, L3",
        "  the order of its terminals shows only with a car of one phase",
        "main clamps, L2: turned round: put it round the other way, there is no setting for that",
    ]


def test_a_tree_whose_clamps_are_exchanged():
    """A meter at the supply, clamps at two cables behind it, which are those of the other one."""

    def tree(raw: Raw) -> None:
        clamps = [[{"channel": n + i, "gain": 4834} for i in (0, 1, 2)] for n in (4, 7)]
        behind = {"feeder": "main", "rating_a": 25, "breaker": "B", "base_max_a": 5}
        raw["site"]["feeders"] = [
            {"id": "main", "rating_a": 35, "breaker": "B", "base_max_a": 12, "meter": "grid"},
            {"id": "barn", **behind, "clamps": clamps[1]},
            {"id": "yard", **behind, "clamps": clamps[0]},
        ]
        raw["site"]["outlets"][0]["feeder"] = "barn"

    told = commission(177, tree)
    assert told.result == [
        "outlet 1: 3 pulses; main meter grid: L1, L2, L3; barn clamps: nothing; "
        "yard clamps: L1, L2, L3",
        '  tune("outlets[0].feeder", "yard")',
        "  or the sensors of barn and yard are exchanged",
        "  the order of its terminals shows only with a car of one phase",
        "Nothing has been changed: type what is right, then save() and restart.",
    ]


# ---------------------------------------------------------------------- what makes it hard


def test_a_noisy_house_takes_more_pulses():
    """A cooker on the car's own phase and others, every few seconds."""
    steps = [
        {
            "at": f"{29.6 + 23 * n:.1f}s",
            "kind": "step",
            "amps": 3 + n % 3,
            "phases": [f"L{1 + n % 3}"],
            "for": f"{9 + 6 * (n % 4)}s",
        }
        for n in range(15)
    ]
    told = commission(260, clamps_only, car(phases=1, rotation=["L2"]), happens(*steps))
    pulses = int(told.result[0].removeprefix("outlet 1: ").split(" ")[0])
    assert pulses > 3 and told.result[0].endswith("main clamps: L2")
    assert '  tune("outlets[0].phases", ["L2", "L3", "L1"])' in told.result


def test_a_car_that_takes_its_time_and_ramps_for_half_a_minute():
    told = commission(225, clamps_only, car(ramp_a_per_s=0.13, react="4500ms"))
    assert told.result[0] == "outlet 1: 3 pulses; main clamps: L1, L2, L3"


def test_a_meter_that_shows_something_new_every_10_s():
    told = commission(185, car(phases=1, rotation=["L1"]), plant={"meter_refresh_ms": 10_000})
    assert told.result[0] == "outlet 1: 3 pulses; main clamps: L1; main meter grid: L1"


def test_a_car_that_ignores_its_pilot():
    told = commission(108, clamps_only, car(ignores_limit=True, max_a=10))
    assert told.result == [
        "outlet 1: 3 pulses; main clamps: nothing",
        "  cannot tell: the car does not follow its pilot, or no sensor sees it",
    ]


def test_sensors_that_are_lost_in_the_middle():
    """The pulse is made again when they are back."""
    told = commission(
        170, clamps_only, happens({"at": "40s", "kind": "clamps-silent", "for": "30s"})
    )
    assert "feeder main: lost" in journal(told.outcome)
    assert told.result[0].endswith(" pulses; main clamps: L1, L2, L3")


def test_a_car_that_leaves_in_the_middle():
    told = commission(55, clamps_only, happens({"at": "45s", "kind": "unplug", "outlet": 1}))
    assert told.result == ["outlet 1: no car is plugged in"]


def test_no_car_and_no_sensor():
    def blind(raw: Raw) -> None:
        clamps_only(raw)
        raw["site"]["feeders"][0]["clamps"] = None

    assert commission(20, car(arrive="60s")).result == ["outlet 1: no car is plugged in"]
    assert commission(20, blind).result == ["outlet 1: no feeder has a sensor to see it by"]


# ---------------------------------------------------------------------- how it ends


def test_a_person_ends_it_and_begins_anew():
    told = commission(
        60,
        clamps_only,
        lines=(
            (30_000, "commission(stop=True)"),
            (30_500, "why(1)"),
            (31_000, "commission()"),
            (32_000, "commission(stop=True)"),
            (33_000, "commission(stop=True)"),
            (34_000, "commission(9)"),
            (35_000, "commission(1)"),
            (50_000, "why(1)"),
            (55_000, "commission(stop=True)"),
        ),
    )
    texts = [answer[0] for answer in told.answers]
    assert texts[1] == texts[3] == "stopped by the person" and "commission" not in texts[2]
    assert texts[4:6] == ["forgotten", "there is nothing to end"]
    assert texts[6] == "ValueError: outlet 9: no such outlet (1...1)"
    assert texts[7].startswith("takes 2 to") and "commission: pulses" in texts[8]


def test_if_its_task_dies_the_claims_end_by_themselves():
    def start(run: _Run) -> None:
        def cancel() -> None:
            run.app._commissioning._task.cancel()

        run.plant._agenda.at(40_000, cancel)

    told = commission(
        70, clamps_only, on_start=start, lines=((42_000, "why(1)"), (65_000, "why(1)"))
    )
    held, free = told.answers[1][0], told.answers[2][0]
    assert " A, commission: " in held and "commission" not in free
    assert json.loads(str(told.outcome.app.console.snapshot()))["outlets"][0]["offered_a"] > 6


def test_an_error_in_it_ends_nothing_else():
    def start(run: _Run) -> None:
        def spoil() -> None:
            run.app._commissioning._looks = None

        run.plant._agenda.at(30_000, spoil)

    told = commission(45, clamps_only, on_start=start)
    assert told.result[0].startswith("failed, TypeError: ")
