"""The firmware on a Linux computer (`pilotlight serve`, CPython) behind the image `pico_io` on an
emulated Pico. One story of 25 s is lived through once; each check judges a part of it by
the plant's truth and the pins' events. Times in ms since power-on, all in the board's own time.
"""

from pathlib import Path

from pilotlight import config
from pilotlight_host.emulated import Event
from pilotlight_host.sim import scenario
from pilotlight_host.sim.monitor import Monitor
from pilotlight_host.sim.plant import Plant
from sbc_site import Site

GUARD_MS, CLOSE_MS, OPEN_MS, REACTION_MS, PWM_MS = 500, 3000, 100, 300, 5000
HOLD_MS = 70  # 16 looks of the guard, every 4 ms, and up to 6 ms until a line is read
STEP_MS = 20  # of the control step: the latest `out` is that old at most
ARRIVE_MS = 1500
OVERLOAD_MS = 16_900
STALL_MS = 4_500
RUNS_MS = 4_650
LEAVE_MS = 10_500
PULL_MS = 17_500
PLUG_MS = 18_000
KILL_MS = 25_000
END_MS = 25_300

CLAMPS = [{"channel": number, "gain": 4834} for number in (1, 2, 3)]  # of the plant's clamps
SITE = {
    "site": {"id": "home"},
    "feeders": [
        {"id": "main", "rating_a": 40, "breaker": "B", "base_max_a": 20, "clamps": CLAMPS}
    ],
    "outlets": [
        {"feeder": "main", "max_a": 32, "phases": ["L1", "L2", "L3"]},
        {"feeder": "main", "max_a": 16, "phases": ["L2", "L3", "L1"]},
    ],
}
STORY = {
    "duration": "30s",
    "seed": 5,
    "site": SITE,
    "load": [{"kind": "constant", "amps": [5.0, 4.0, 3.0]}],
    "car": [
        {"outlet": number, "arrive": ARRIVE_MS / 1000, "energy_kwh": 20, "ramp_a_per_s": 8}
        for number in (1, 2)
    ],
    "event": [
        {"at": OVERLOAD_MS / 1000, "kind": "step", "amps": 26, "for": 1},
        {"at": LEAVE_MS / 1000, "kind": "leave-c", "outlet": 2},
    ],
}


class Story:
    """What was seen."""

    def __init__(self, folder: Path) -> None:
        self.plant = Plant(scenario.parse(STORY, "test_sbc_pico"))
        self.site = Site(self.plant, SITE, folder)
        self.monitor = Monitor(self.plant, config.check(SITE))
        self.letters: dict[tuple[int, str], float] = {}  # first seen
        self.opened: dict[int, float] = {}  # the contacts, for the first time from LEAVE_MS on
        self.overload_ms: int | None = None
        self.said = ""

    def live(self) -> None:
        site = self.site
        site.run(STALL_MS, self._look)
        site.is_stalled = True
        site.run(RUNS_MS, self._look)
        site.is_stalled = False
        site.run(PULL_MS, self._look)
        site.cable.pull()
        site.run(PLUG_MS, self._look)
        site.cable.plug()
        site.run(KILL_MS, self._look)
        assert site.app is not None
        self.said = site.app.said()
        site.kill()
        site.run(END_MS, self._look)

    def _look(self) -> None:
        plant, now_ms = self.plant, self.site.now_ms
        if now_ms < PULL_MS:
            self.monitor.step(plant.t_ms)
        for outlet in (1, 2):
            self.letters.setdefault((outlet, plant.car_state(outlet - 1)), now_ms)
            if now_ms >= LEAVE_MS and not plant.contacts_closed(outlet - 1):
                self.opened.setdefault(outlet, now_ms)
        if self.overload_ms is None:
            self.overload_ms = plant.overload_since_ms(0)

    def events(self, kind: str, outlet: int) -> list[Event]:
        return [e for e in self.site.bench.events if e.kind == kind and e.outlet == outlet]

    def coils(self, outlet: int, since_ms: float = 0) -> list[tuple[float, bool]]:
        """(ms since then, coil) of each change since then."""
        told = [(e.t_us / 1000 - since_ms, bool(e.on)) for e in self.events("contactor", outlet)]
        return [row for row in told if row[0] > 0]

    def duties(self, outlet: int) -> list[tuple[float, int, float]]:
        """(ms, duty in 1/100 %, Hz) of each change."""
        return [
            (event.t_us / 1000, (event.duty_ppm or 0) / 100, event.hz or 0)
            for event in self.events("pilot", outlet)
        ]


def check_nothing_but_the_stall_breaks_a_rule_while_the_cable_is_in(story: Story) -> None:
    """There the pilot is x1 for a moment, of which the firmware does not know."""
    broken = story.monitor.found.invariants
    assert [row for row in broken if not STALL_MS < row[0] <= RUNS_MS + STEP_MS] == []
    assert story.monitor.found.timings == []
    assert story.site.bench.wrong_hz == []
    assert [e for e in story.site.bench.events if e.kind == "reset"] == []
    assert story.site.pico.log == []


def check_plugged_cars_charge_within_the_times_of_the_standard(story: Story) -> None:
    for outlet in (1, 2):
        at_ms, duty, hz = story.duties(outlet)[0]
        assert (duty, hz) == (1000, 1000)
        assert 0 < at_ms - story.letters[outlet, "B"] <= 1000
        closed_ms, on = story.coils(outlet)[0]
        took_ms = closed_ms - story.letters[outlet, "C"]
        print(f"outlet {outlet} closed {took_ms:.0f} ms after C")
        assert on
        assert GUARD_MS <= took_ms <= CLOSE_MS


def check_the_duty_falls_in_time_when_the_house_takes_more(story: Story) -> None:
    assert story.overload_ms is not None
    before = [row for row in story.duties(1) if row[0] < OVERLOAD_MS][-1]
    after = [row for row in story.duties(1) if row[0] >= OVERLOAD_MS][0]
    assert before[1] > 1000
    assert after[2] == 1000
    assert after[1] < before[1]
    late_ms = after[0] - max(story.overload_ms + REACTION_MS, before[0] + PWM_MS)
    print(f"lower duty {after[0] - story.overload_ms:.0f} ms after the overload began")
    assert late_ms <= 0


def check_a_car_that_leaves_c_finds_its_contacts_open_in_time(story: Story) -> None:
    took_ms = story.opened[2] - LEAVE_MS
    print(f"contacts open {took_ms:.0f} ms after C")
    assert 0 < took_ms <= OPEN_MS


def check_a_step_that_is_late_finds_everything_off_and_begins_anew(story: Story) -> None:
    for outlet in (1, 2):
        off, again = story.coils(outlet, STALL_MS)[:2]
        print(
            f"outlet {outlet}: off {off[0]:.1f} ms into the stall, on again at {again[0]:.0f} ms"
        )
        assert [off[1], again[1]] == [False, True]
        assert off[0] <= HOLD_MS
        assert again[0] >= RUNS_MS - STALL_MS + GUARD_MS


def check_the_cable_pulled_everything_is_off_before_the_computer_knows(story: Story) -> None:
    took_ms, on = story.coils(1, PULL_MS)[0]
    print(f"coil off {took_ms:.1f} ms after the cable was pulled")
    assert not on
    assert 60 - STEP_MS <= took_ms <= HOLD_MS
    pilot = next(row for row in story.duties(1) if row[0] > PULL_MS)
    assert pilot[1:] == (10000, 0)
    assert pilot[0] - PULL_MS <= HOLD_MS


def check_the_cable_back_it_charges_again_by_itself(story: Story) -> None:
    back_ms, on = story.coils(1, PLUG_MS)[0]
    print(f"closed again {back_ms:.0f} ms after the cable was back")
    assert on
    told = [line.removeprefix("linux_sbc board: ") for line in story.said.splitlines()]
    assert [line.split()[0] for line in told] == ["lost,", "connected"]


def check_killed_while_charging_everything_is_off_in_the_hold(story: Story) -> None:
    assert story.coils(1)[-2][1]
    took_ms, on = story.coils(1, KILL_MS)[0]
    print(f"coil off {took_ms:.1f} ms after SIGKILL")
    assert not on
    assert took_ms <= HOLD_MS
    assert story.duties(1)[-1][1:] == (10000, 0)
    assert not story.plant.contacts_closed(0)


CHECKS = (
    check_nothing_but_the_stall_breaks_a_rule_while_the_cable_is_in,
    check_plugged_cars_charge_within_the_times_of_the_standard,
    check_the_duty_falls_in_time_when_the_house_takes_more,
    check_a_car_that_leaves_c_finds_its_contacts_open_in_time,
    check_a_step_that_is_late_finds_everything_off_and_begins_anew,
    check_the_cable_pulled_everything_is_off_before_the_computer_knows,
    check_the_cable_back_it_charges_again_by_itself,
    check_killed_while_charging_everything_is_off_in_the_hold,
)


def test_a_site_behind_a_linux_computer(tmp_path: Path) -> None:
    """One test: the story takes a minute, and would be lived through on each core."""
    story = Story(tmp_path)
    try:
        story.live()
        for outlet in (1, 2):  # shown where a check fails
            print(outlet, story.coils(outlet), story.duties(outlet))
        print(story.letters, story.said)
        for check in CHECKS:
            check(story)
    finally:
        story.site.close()
