"""The real firmware on the emulated Pico charges four cars at the simulated site. One story of 21 s
is lived through once; each test judges a part of it by the plant's truth and the pins' events.
Times in ms since power-on, outlets count from 1 as on the board.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from emulator_helpers import image, wiring
from pico_helpers import OUTLETS, PROMPT, flash
from pilotlight import config
from pilotlight_host.emulated import Bench, Event, Pico
from pilotlight_host.sim import scenario
from pilotlight_host.sim.monitor import Monitor
from pilotlight_host.sim.plant import Plant

GUARD_MS, CLOSE_MS, OPEN_MS, REACTION_MS, PWM_MS = 500, 3000, 100, 300, 5000
LOOK_MS = 15_000
STEP_MS = 23_500
LEAVE_MS = 25_000
UNPLUG_MS = 25_300
TRIP_MS = 25_600
END_MS = 28_000
LED_MS = 100

CLAMPS = [{"channel": number, "gain": 4834} for number in (1, 2, 3)]  # of the plant's clamps
PHASES = (["L1", "L2", "L3"], ["L2", "L3", "L1"], ["L3", "L1", "L2"], ["L1", "L2", "L3"])
SITE = {
    "site": {"id": "home"},
    "feeders": [
        {"id": "main", "rating_a": 40, "breaker": "B", "base_max_a": 20, "clamps": CLAMPS}
    ],
    "outlets": [{"feeder": "main", "max_a": 16, "phases": list(phases)} for phases in PHASES],
}
CABLES_OHM = (None, 220, 680, 220)
STORY = {
    "duration": "30s",
    "seed": 5,
    "site": SITE,
    "load": [{"kind": "constant", "amps": [5.0, 4.0, 3.0]}],
    "car": [
        {
            "outlet": outlet,
            "arrive": 0.4 + 0.07 * outlet,
            "energy_kwh": 20,
            "phases": 1 if outlet == 4 else 3,
            "ramp_a_per_s": 8,
            "cable_ohm": CABLES_OHM[outlet - 1] or 1500,
        }
        for outlet in OUTLETS
    ],
    "event": [
        {"at": STEP_MS / 1000, "kind": "step", "amps": 10},
        {"at": LEAVE_MS / 1000, "kind": "leave-c", "outlet": 1},
        {"at": UNPLUG_MS / 1000, "kind": "unplug", "outlet": 2},
        {"at": TRIP_MS / 1000, "kind": "residual-trip", "outlet": 3, "for": 0.2},
    ],
}


class Story:
    """What was seen."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.plant = bench.plant
        self.monitor = Monitor(bench.plant, config.check(SITE))
        self.letters: dict[tuple[int, str], float] = {}  # first seen
        self.opened: dict[int, float] = {}  # the contacts, for the first time
        self.overload_ms: int | None = None
        self.before: dict[str, Any] = {}  # the board's picture, and the truth
        self.truth: dict[str, Any] = {}
        self.after: dict[str, Any] = {}

    def run(self, until_ms: float) -> None:
        self.bench.run(until_ms, until=self._look)

    def _look(self) -> bool:
        plant, now_ms = self.plant, self.bench.now_ms
        self.monitor.step(plant.t_ms)
        for outlet in OUTLETS:
            self.letters.setdefault((outlet, plant.car_state(outlet - 1)), now_ms)
            was_closed = any(event.on for event in self.events("contactor", outlet))
            if was_closed and not plant.coil(outlet - 1) and not plant.contacts_closed(outlet - 1):
                self.opened.setdefault(outlet, now_ms)
        if self.overload_ms is None:
            self.overload_ms = plant.overload_since_ms(0)
        return False

    def ask(self, line: str) -> str:
        pico, said = self.bench.pico, b""
        pico.console_read()
        pico.console_write(line.encode() + b"\r")
        end_ms = self.bench.now_ms + 3000
        while not said.endswith(PROMPT):
            assert self.bench.now_ms < end_ms, said
            self.run(self.bench.now_ms + 20)
            said += pico.console_read()
        return said.decode().partition("\r\n")[2].removesuffix("\r\n> ")

    def events(self, kind: str, outlet: int | None = None) -> list[Event]:
        return [e for e in self.bench.events if e.kind == kind and e.outlet == outlet]

    def duties(self, outlet: int) -> list[tuple[float, int, float]]:
        """(ms, duty in 1/100 %, Hz) of each change."""
        return [
            (event.t_us / 1000, (event.duty_ppm or 0) / 100, event.hz or 0)
            for event in self.events("pilot", outlet)
        ]


@pytest.fixture(scope="module")
def story() -> Iterator[Story]:
    plant = Plant(scenario.parse(STORY, "test_pico_charge"))
    with Pico(image(), wiring(), flash=flash(SITE)) as pico:
        found = Story(Bench(pico, plant))
        found.run(LOOK_MS)
        found.truth = {
            "letters": [plant.car_state(i) for i in range(4)],
            "closed": [plant.contacts_closed(i) for i in range(4)],
            "duties": [plant.duty(i) for i in range(4)],
            "feeder_ma": plant.feeder_ma(0),
        }
        found.before = json.loads(found.ask("snapshot()"))
        found.run(END_MS)
        found.after = json.loads(found.ask("snapshot()"))
        yield found


def test_nothing_breaks_a_rule(story: Story) -> None:
    assert story.monitor.found.invariants == []
    assert story.monitor.found.timings == []
    assert story.bench.wrong_hz == []
    assert story.events("reset") == []
    assert story.bench.pico.log == []


def test_six_amps_are_offered_by_exactly_10_percent_of_1_khz(story: Story) -> None:
    for outlet in OUTLETS:
        at_ms, duty, hz = story.duties(outlet)[0]
        assert (duty, hz) == (1000, 1000)
        assert 0 < at_ms - story.letters[outlet, "B"] <= 1000


def test_the_contactors_close_within_the_times_of_the_standard(story: Story) -> None:
    for outlet in OUTLETS:
        closed = story.events("contactor", outlet)[0]
        assert closed.on
        took_ms = closed.t_us / 1000 - story.letters[outlet, "C"]
        print(f"outlet {outlet} closed {took_ms:.0f} ms after C")
        assert GUARD_MS <= took_ms <= CLOSE_MS


def test_the_duty_follows_and_changes_at_most_every_5_s(story: Story) -> None:
    """The room that is left goes to the first outlet."""
    for outlet in OUTLETS:
        pwm = [row for row in story.duties(outlet) if row[2]]
        assert all(hz == 1000 for _, _, hz in pwm)
        assert all(later[0] - row[0] >= PWM_MS for row, later in zip(pwm, pwm[1:]))
    raised = [duty for at_ms, duty, hz in story.duties(1) if hz and at_ms < STEP_MS]
    print(f"raised to {raised[-1] / 100:.2f} %")
    assert raised[-1] > raised[0] == 1000


def test_the_board_sees_the_site_as_it_is(story: Story) -> None:
    truth, told = story.truth, story.before
    outlets = told["outlets"]
    assert [row["car"] for row in outlets] == truth["letters"] == ["C"] * 4
    assert [row["contactor_is_closed"] for row in outlets] == truth["closed"] == [True] * 4
    for row, duty in zip(outlets, truth["duties"]):
        assert row["offered_a"] == pytest.approx(duty * 6 / 1000, abs=0.06)
        assert row["fault"] is None
    [feeder] = told["site"]["feeders"]
    assert feeder["trust"] == "fresh"
    for measured_a, true_ma in zip(feeder["measured_a"], truth["feeder_ma"]):
        assert measured_a == pytest.approx(true_ma / 1000, rel=0.01, abs=0.2)
    print(f"worst lateness {told['site']['latest_ms']} ms")
    assert told["site"]["latest_ms"] <= 20


def test_the_duty_falls_in_time_when_the_house_takes_more(story: Story) -> None:
    assert story.overload_ms is not None
    assert STEP_MS <= story.overload_ms <= STEP_MS + 20
    before = [row for row in story.duties(1) if row[0] < STEP_MS][-1]
    after = [row for row in story.duties(1) if row[0] >= STEP_MS][0]
    assert STEP_MS - before[0] >= PWM_MS
    assert after[2] == 1000
    assert after[1] < before[1]
    print(f"lower duty {after[0] - story.overload_ms:.0f} ms after the overload began")
    assert after[0] - story.overload_ms <= REACTION_MS


def test_the_contacts_open_in_time(story: Story) -> None:
    for outlet, left_ms, why in (
        (1, LEAVE_MS, "C to B"),
        (2, UNPLUG_MS, "A"),
        (3, TRIP_MS, "RCM"),
    ):
        took_ms = story.opened[outlet] - left_ms
        print(f"outlet {outlet}, {why}: contacts open after {took_ms:.0f} ms")
        assert 0 < took_ms <= OPEN_MS


def test_a_residual_trip_is_told_and_stays(story: Story) -> None:
    rows = story.after["outlets"]
    assert [row["fault"] for row in rows] == [None, None, "residual current", None]
    assert [row["contactor"] for row in rows] == [False, False, False, True]
    assert story.plant.contacts_closed(3)
    assert rows[3]["contactor_is_closed"] is True


def test_the_led_tells_well_from_faulty(story: Story) -> None:
    """A short flash in 2 s; half of every 200 ms after the trip."""
    led = [(event.t_us / 1000, event.on) for event in story.events("led")]
    lit = [(at_ms, off_ms - at_ms) for (at_ms, on), (off_ms, _) in zip(led, led[1:]) if on]
    well = [row for row in lit if 1000 < row[0] < TRIP_MS - 200]
    faulty = [row for row in lit if row[0] > TRIP_MS + 200]
    assert [round(ms / LED_MS) for _, ms in well] == [1] * len(well)
    assert [round((b[0] - a[0]) / LED_MS) for a, b in zip(well, well[1:])] == [20] * (
        len(well) - 1
    )
    assert [round((b[0] - a[0]) / LED_MS) for a, b in zip(faulty, faulty[1:])] == [2] * (
        len(faulty) - 1
    )
    assert len(well) >= 8 and len(faulty) >= 8
