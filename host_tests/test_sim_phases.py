"""One phase or three, through the whole firmware. After every step the simulator's monitor looks:
the second contactor, and its coil, moved only with the main one open, nothing flowing and 10 s of
calm; the main one closed only 10 s later, and on one that is where it was told to be. Times in ms.
"""

import asyncio
import contextlib
import importlib
import json
import random

import pytest
from pilotlight.core import faults, phases
from pilotlight_host.sim.inside import InsideMonitor
from pilotlight_host.sim.simulate import EVENT, EXACT, SEED_MASK, load_board, simulate
from sim_helpers import SMALL, journal, small

CAR = SMALL["car"][0]
LATER = [dict(CAR, arrive="15s")]  # when the second contactor has closed after the start


def switching(raw):
    raw["site"]["outlets"][0]["switching"] = True


def at(*rows):
    """Type lines at times of the run; the answers are kept."""
    answers = []

    def start(run):
        def type_line(line):
            answers.append(repr(run.app.console.answer(line)))

        for t_ms, line in rows:
            run.plant._agenda.at(t_ms, type_line, line)

    return start, answers


def watched(rows=(), clock=EVENT, also=None, **parts):
    """(outcome, answers, moves of the second contactor as (t, coil))."""
    parts = {"change": switching, "car": LATER, "duration": "58s", **parts}
    start, answers = at(*rows)
    moves = []

    def begin(run):
        start(run)
        second = run.plant.second(0)
        told = second.set_coil

        def noted(is_on):
            if is_on != second.coil:
                moves.append((run.clock.t_ms, is_on))
            told(is_on)

        second.set_coil = noted
        if also is not None:
            also(run)

    outcome = simulate(small(**parts), clock_kind=clock, on_start=begin)
    assert outcome.report["invariant_violations"] == 0, outcome.monitor.found.invariants
    return outcome, answers, moves


def unit(outcome):
    return outcome.app.control.units[0]


def told(outcome):
    """What the outlet's second contactor was an event for."""
    heads = ("switching", "now on", "on ", "taken back", "the car")
    texts = [text.removeprefix("outlet 1: ") for text in journal(outcome)]
    return [text for text in texts if text.startswith(heads)]


def test_to_one_phase():
    rows = [(27_000, "phases(1, 1)"), (33_000, "why(1)"), (57_000, "snapshot()")]
    outcome, answers, moves = watched(rows, EXACT)
    assert [coil for _, coil in moves] == [True, False]
    assert outcome.is_good and outcome.report["contactor_cycles"] == {"1": 2}
    assert answers[0] == "outlet 1: phases wished by the person: 1"
    assert answers[1].startswith("outlet 1 (B1): 0.0 A, phases: switching to one phase, for 6 s")
    assert json.loads(answers[2])["outlets"][0]["phases"] == 1
    first, second, third = outcome.plant.outlet_ma(0)
    assert first > 5_000 and (second, third) == (0, 0)
    place = unit(outcome).place
    assert place.on == (True, False, False) and place.weights == [1, 0, 0]
    assert place.rest_ms is None and place.doublings == 0
    expected = ["now on three phases", "switching to one phase", "now on one phase"]
    assert told(outcome) == expected


def test_the_first_phase_is_that_of_the_first_terminal():
    def turned(raw):
        switching(raw)
        raw["site"]["outlets"][0]["phases"] = ["L3", "L1", "L2"]

    outcome, _, _ = watched([(27_000, "phases(1, 1)")], change=turned)
    assert outcome.is_good and unit(outcome).place.on == (False, False, True)
    assert outcome.plant.outlet_ma(0)[:2] == [0, 0] and outcome.plant.outlet_ma(0)[2] > 5_000


def test_back_to_three_not_before_ten_minutes():
    rows = [(27_000, "phases(1, 1)"), (50_000, "phases(1, 3)")]
    outcome, answers, moves = watched(rows, duration="680s")
    (_, one), (first_ms, two), (second_ms, three) = moves
    assert (one, two, three) == (True, False, True) and second_ms - first_ms >= 600_000
    assert "phases wished by the person: 3, not before another" in answers[1]
    assert outcome.is_good and outcome.plant.outlet_ma(0)[2] > 5_000


def test_what_one_phase_leaves_is_for_others():
    """Of 20 A on each phase the second outlet may have all of L2 and L3, and what L1 has left."""

    def two(raw):
        switching(raw)
        raw["site"]["feeders"][0]["rating_a"] = 20
        own = dict(raw["site"]["outlets"][0], switching=False, phases=["L2"])
        raw["site"]["outlets"].append(own)

    cars = [*LATER, dict(CAR, outlet=2, arrive="20s", phases=1)]
    rows = [(27_000, "phases(1, 1)")]
    outcome, _, _ = watched(rows, change=two, car=cars, duration="2m")
    assert outcome.is_good and outcome.report["trips"] == 0
    one, other = (outcome.plant.outlet_ma(i) for i in (0, 1))
    assert one[0] > 15_000 and other[1] > 15_000 and one[1] == 0


def test_a_car_that_does_not_stop_is_opened_after_6_s_and_keeps_its_phases():
    cars = [dict(LATER[0], s2_stuck=True)]
    outcome, _, moves = watched([(27_000, "phases(1, 1)")], car=cars, duration="108s")
    assert [coil for _, coil in moves] == [True] and unit(outcome).outlet.forced_open == 1
    assert told(outcome)[-1] == "the car does not let go, still on three phases"
    changes = outcome.monitor.changes
    opened_ms = next(t for t, _, _, coil, _ in changes if t > 28_000 and not coil)
    assert 33_000 <= opened_ms < 33_200
    assert outcome.is_good and outcome.plant.outlet_ma(0)[2] > 5_000


def test_welded():
    events = [{"at": "25s", "kind": "second-stuck", "outlet": 1}]
    outcome, _, moves = watched([(27_000, "phases(1, 1)")], event=events)
    assert [coil for _, coil in moves] == [True, False]
    assert unit(outcome).outlet.fault == faults.SECOND and unit(outcome).place.phases is None
    assert unit(outcome).place.on == (True, True, True)
    assert outcome.report["contactor_cycles"] == {"1": 1} and not outcome.plant.coil(0)
    assert any("second contactor not as told" in text for text in journal(outcome))


def test_mended_and_acknowledged():
    events = [{"at": "25s", "kind": "second-stuck", "outlet": 1, "for": "15s"}]
    rows = [(27_000, "phases(1, 1)"), (45_000, "resume(1)")]
    outcome, _, moves = watched(rows, event=events, duration="66s")
    assert len(moves) == 2 and told(outcome)[-1] == "on one phase"
    assert outcome.is_good and outcome.plant.outlet_ma(0)[0] > 5_000


def test_one_that_does_not_close_gives_nothing_until_one_phase_is_wished():
    events = [{"at": 0, "kind": "second-stuck", "outlet": 1}]
    rows = [(30_000, "phases(1, 1)"), (31_000, "resume(1)")]
    outcome, _, moves = watched(rows, event=events)
    assert [coil for _, coil in moves] == [True, False]  # let go when nobody could tell
    assert outcome.report["contactor_cycles"] == {"1": 1} and unit(outcome).place.phases == 1
    assert outcome.plant.outlet_ma(0)[0] > 5_000


def test_a_stuck_one_that_moves_by_itself_under_load_opens_the_outlet():
    def drops(run):
        second = run.plant.second(0)

        def drop():
            run.plant._outlets[0].moved_live.clear()
            second.is_closed = False
            second._moved()
            run.plant._outlets[0].moved_live.clear()  # it was not the firmware

        run.plant._agenda.at(30_000, drop)

    outcome, _, _ = watched(also=drops, clock=EXACT, duration="31s")
    assert unit(outcome).outlet.fault == faults.SECOND
    changes = outcome.monitor.changes
    assert next(t for t, _, _, coil, _ in changes if t >= 30_000 and not coil) <= 30_060


@pytest.mark.parametrize("second", [1, 15])
def test_unplugged_in_the_middle(second):
    events = [{"at": f"{27 + second}s", "kind": "unplug", "outlet": 1, "for": "8s"}]
    outcome, _, moves = watched([(27_000, "phases(1, 1)")], event=events)
    assert len(moves) == 2 and outcome.is_good
    assert outcome.plant.outlet_ma(0)[0] > 5_000 and outcome.plant.outlet_ma(0)[1] == 0


def test_a_wish_taken_back_in_the_middle():
    rows = [(27_000, "phases(1, 1)"), (33_000, "phases(1, None)")]
    outcome, _, moves = watched(rows)
    assert len(moves) == 1 and outcome.is_good
    assert min(outcome.plant.outlet_ma(0)) > 5_000


def test_wishes_flipped_fast_disturb_a_car_once():
    rows = [(t, f"phases(1, {(1, 3)[t // 700 % 2]})") for t in range(27_000, 60_000, 700)]
    outcome, _, _ = watched(rows, duration="62s")
    changes = [change for change in outcome.monitor.changes if change[0] > 22_000]
    reasons = [reason.split()[0] for *_, reason in changes]
    asked = [i for i in range(1, len(reasons)) if reasons[i] == "switching" != reasons[i - 1]]
    assert len(asked) == 1 and outcome.report["contactor_cycles"] == {"1": 1}
    assert outcome.is_good


@pytest.mark.parametrize("reset_ms", [26_000, 42_000])  # under load, and between two dwells
def test_a_reset(reset_ms):
    """All coils drop in that instant; what the plant is made of stays, the program begins anew."""
    found = []

    def dies(run):
        async def main():
            dead, run.app = run.app, None
            task = asyncio.ensure_future(dead.run())
            await run.world.pace(reset_ms).next(None)
            run.plant.lose_control()
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            found.extend(run.monitor.found.invariants)
            app = importlib.import_module("pilotlight.app")
            run.app = app.App(load_board("sim").Board(), run.plant.seed & SEED_MASK)
            run.monitor = InsideMonitor(run.plant, run.app)
            await live()

        live, run.main = run.main, main

    rows = [(27_000, "phases(1, 1)")] if reset_ms > 27_000 else []
    outcome, _, moves = watched(rows, EXACT, dies, duration=f"{reset_ms // 1000 + 28}s")
    assert found == [] and outcome.is_good and outcome.plant.moved_live(0) == []
    assert [coil for _, coil in moves] == [True, False, True]
    assert unit(outcome).place.phases == 3 and outcome.plant.outlet_ma(0)[2] > 5_000


def test_over_mqtt():
    def publish(run):
        def say(topic, text):
            run.broker.publish(f"pilotlight/home/outlet/1/set/{topic}", text, qos=1)

        run.plant._agenda.at(27_000, say, "phases", b"1")
        run.plant._agenda.at(28_000, say, "phases", b"2")

    outcome, _, moves = watched(also=publish)
    assert (outcome.app.mqtt.commands.taken, outcome.app.mqtt.commands.refused) == (1, 1) and len(
        moves
    ) == 2
    shown = json.loads(outcome.broker.retained["pilotlight/home/outlet/1"])
    assert shown["phases"] == 1 and shown["state"] == "C2"


def test_without_the_key_it_is_refused_by_name():
    def none(raw):
        raw["site"]["outlets"][0]["switching"] = False

    rows = [(1_000, "phases(1, 1)"), (2_000, "phases(2, 1)")]
    outcome, answers, moves = watched(rows, change=none, duration="3s")
    text = "phases: outlets[0].switching is not set"
    assert answers == ["ValueError: " + text, "ValueError: outlet 2: no such outlet (1...1)"]
    assert moves == [] and unit(outcome).place.phases == 3


def test_a_board_without_an_output_for_it_is_refused():
    from pilotlight import fit
    from pilotlight.config import SiteError, check

    facts = {"outlets": 4, "clamps": 12, "modem": False, "proximity": True, "telegrams": True}
    text = r"outlets\[0\].switching: the board has none"
    with pytest.raises(SiteError, match=text):
        fit.check(check(small(change=switching).site), facts)


def test_what_is_no_number_of_phases_is_refused():
    wrong = ("2", "True", "'1'", "0")
    rows = [(1_000, f"phases(1, {count})") for count in wrong]
    _, answers, _ = watched(rows, duration="2s")
    text = "ValueError: phases: {} is wrong, expected 1, 3 or None"
    assert answers == [text.format(count) for count in wrong]


# ---------------------------------------------------------------------- storm


def stormy(seed):
    """Two outlets for some minutes: cars that come and go, wishes, and what breaks."""
    draw = random.Random(seed)
    cars, events, rows = [], [], []
    for outlet in (1, 2):
        t_s = draw.randrange(60)
        while t_s < 300:
            stay_s = draw.randrange(20, 120)
            car = {"outlet": outlet, "arrive": f"{t_s}s", "leave": f"{t_s + stay_s}s"}
            car |= {"energy_kwh": 40, "phases": draw.choice([1, 3, 3])}
            car["model"] = draw.choice(["usual", "usual", "zoe", "e-corsa", "greedy"])
            cars.append(car)
            t_s += stay_s + draw.randrange(10, 60)
        for kind in ("second-stuck", "residual-trip", "unplug"):
            at_s, for_s = draw.randrange(300), draw.randrange(1, 60)
            events.append({"kind": kind, "outlet": outlet, "at": f"{at_s}s", "for": f"{for_s}s"})
    for t_ms in range(15_000, 300_000, 6_000):
        word = draw.choice(["phases({}, 1)", "phases({}, 3)", "phases({}, None)", "resume({})"])
        rows.append((t_ms + draw.randrange(1000), word.format(draw.choice([1, 2]))))
    return cars, events, rows


def both(raw):
    switching(raw)
    raw["site"]["outlets"].append(dict(raw["site"]["outlets"][0]))


def test_storm():
    cars, events, rows = stormy(2)
    parts = {"change": both, "car": cars, "event": events, "duration": "200s"}
    outcome, _, moves = watched(rows, **parts)
    assert outcome.report["trips"] == 0 and len(moves) == 3


# ---------------------------------------------------------------------- would it be seen?


def violations(rows=(), also=None, **parts):
    with pytest.raises(AssertionError) as caught:
        watched(rows, also=also, **parts)
    return str(caught.value)


def test_the_monitor_sees_a_second_contactor_that_moves_under_load():
    def rogue(run):
        run.plant._agenda.at(30_000, lambda: run.app.board.outlets[0].set_phases(False))

    text = violations(also=rogue, duration="31s", clock=EXACT)
    assert "told to move with the main one closed" in text
    assert "moved with the main one closed" in text


def test_the_monitor_sees_too_short_a_calm(monkeypatch):
    monkeypatch.setattr(phases, "_CALM_MS", 9_000)
    assert "moves without calm" in violations([(27_000, "phases(1, 1)")], duration="52s")


def test_the_monitor_sees_a_main_one_that_closes_too_soon(monkeypatch):
    step = phases.Phases.step

    def hasty(self, *inputs):
        step(self, *inputs)
        if self.state == phases.MOVED:
            self.state, self.may_close, self._is_known = phases.REST, True, True

    monkeypatch.setattr(phases.Phases, "step", hasty)
    assert "in doubt" in violations([(27_000, "phases(1, 1)")], duration="52s")
