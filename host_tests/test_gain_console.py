"""Calibrating a clamp from the console of the running site, beside a car that charges. Times in ms."""

import json

from pilotlight_host.sim.simulate import _Run, simulate
from sim_helpers import journal, small
from test_app import Typist, typed

TRUE_GAIN = 4834
WRONG = 4400


def wrong_gains(raw):
    for clamp in raw["site"]["feeders"][0]["clamps"]:
        clamp["gain"] = WRONG


def wrong(**changes):
    """The small site, its clamps 9 % low, without its meter: the clamps alone count."""

    def change(raw):
        wrong_gains(raw)
        raw["site"]["feeders"][0]["meter"] = None
        raw["site"]["meters"] = []

    return small(change=change, **changes)


def gains(site):
    return [clamp["gain"] for clamp in site["feeders"][0]["clamps"]]


def test_a_clamp_is_calibrated_while_a_car_charges():
    """18.7 A on L1: 3 of the house, the rest of the car. The car notices nothing of it."""
    files = []

    def start(run: _Run):
        lines = [
            (50_000, "status()"),
            (51_000, 'calibrate("L1", 18.7)'),
            (52_000, "calibrate()"),
            (52_500, 'calibrate("L2", 17.7)'),
            (58_000, "calibrate()"),
            (59_000, "status()"),
            (60_000, "save()"),
        ]
        files.append(Typist(run, lines))
        run.app.board.console = files[0]
        read = lambda: files.append((run.world.storage / "site.json").read_text())  # noqa: E731
        run.plant._agenda.at(59_500, read)
        run.plant._agenda.at(70_000, read)

    outcome = simulate(wrong(), on_start=start)
    typist, before, after = files
    low, started, between, busy, told, right, saved = typist.shown
    assert "feeder main: 17.0," in low and "takes 4 s" in started
    assert "L1: being calibrated" in between and "ValueError: L1 is being calibrated" in busy
    gain = gains(outcome.app.site)[0]
    assert abs(gain - TRUE_GAIN) <= 0.006 * TRUE_GAIN
    assert told.startswith(f"L1: gain {gain}, before {WRONG}: acts now; save() keeps it")
    assert told.splitlines()[0] in journal(outcome)
    assert "feeder main: 18.7," in right
    assert gains(json.loads(before)) == [WRONG] * 3
    assert "saved to" in saved and gains(json.loads(after)) == [gain, WRONG, WRONG]
    assert outcome.is_good and outcome.report["contactor_cycles"] == {"1": 1}
    assert outcome.app.control.latest_ms == 0


def test_revert_takes_it_back_at_once():
    outcome, shown = typed(
        (50_000, 'calibrate("main L1", 18.7)'),
        (56_000, "calibrate()"),
        (57_000, "revert()"),
        (58_000, "status()"),
        scenario=wrong(),
    )
    assert "main L1: gain 48" in shown[1] and "feeder main: 17.0," in shown[3]
    assert outcome.app.clamps.gains == gains(outcome.app.site) == [WRONG] * 3


def test_a_tuned_gain_acts_at_once():
    outcome, shown = typed(
        (50_000, f'tune("feeders[0].clamps[0].gain", {TRUE_GAIN})'),
        (51_000, "status()"),
        (52_000, 'tune("feeders[0].clamps[0].gain", 0)'),
        (53_000, 'tune("feeders[0].clamps[0].channel", 12)'),
        scenario=wrong(),
    )
    assert "acts now" in shown[0] and "feeder main: 18.7," in shown[1]
    assert "clamps[0].gain: 0 is wrong, expected" in shown[2]
    assert "restart" in shown[3]
    assert outcome.app.clamps.gains == [TRUE_GAIN, WRONG, WRONG] and outcome.is_good


def test_a_load_that_comes_meanwhile_ends_it():
    event = [{"at": "52s", "kind": "kettle"}]
    outcome, shown = typed(
        (50_000, 'calibrate("L1", 18.7)'), (56_000, "calibrate()"), scenario=wrong(event=event)
    )
    assert "L1: not calibrated: not steady: 18" in shown[1]
    assert gains(outcome.app.site) == [WRONG] * 3 and outcome.is_good


def test_clamps_that_fall_silent_end_it():
    event = [{"at": "52s", "kind": "clamps-silent", "for": "5s"}]
    outcome, shown = typed(
        (50_000, 'calibrate("L1", 18.7)'), (56_000, "calibrate()"), scenario=wrong(event=event)
    )
    assert "L1: not calibrated: no samples come from the clamps" in shown[1]
    assert gains(outcome.app.site) == [WRONG] * 3


def test_what_cannot_be_calibrated_is_said_at_once():
    _, shown = typed(
        (50_000, 'calibrate("L4", 18.7)'),
        (51_000, 'calibrate("L1", 2)'),
        (52_000, 'calibrate("L1")'),
        (53_000, "calibrate(1, 16)"),
        (54_000, "calibrate()"),
        scenario=wrong(),
    )
    assert "L4: expected one clamp" in shown[0]
    assert "2 is no current of 5...250 A" in shown[1]
    assert "None is no current of 5...250 A" in shown[2]
    assert "1: expected one clamp" in shown[3]
    assert "nothing has been calibrated" in shown[4]


def test_a_site_without_clamps_says_so():
    def change(raw):
        raw["site"]["feeders"][0]["clamps"] = None

    _, shown = typed((50_000, 'calibrate("L1", 18.7)'), scenario=small(change=change))
    assert "expected one clamp" in shown[0]
