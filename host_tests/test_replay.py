"""What is recorded of decisions is enough to make every one of them again. mA, ms."""

import subprocess

import pytest
import replay_helpers
from pilotlight.core import balance
from pilotlight.core.habit import Habit
from pilotlight.core.slots import Slots
from pilotlight.services.arrangement import Arrangement
from pilotlight_host.paths import HOST_TESTS
from pilotlight_host.replay import setting
from pilotlight_host.replay.decider import Decider
from pilotlight_host.replay.replay import Replay
from pilotlight_host.sim.simulate import simulate
from replay_helpers import Recorded
from sim_helpers import shipped, small
from test_both_interpreters import mpy_environment

STEPS = 3000


@pytest.mark.parametrize("seed", range(8))
def test_a_storm_is_decided_again_byte_for_byte(seed, tmp_path):
    """Random sites, cars, faults and tuning; also from each segment alone, as a crash leaves it."""
    storm = Recorded(seed, tmp_path).run(STEPS)
    recording = replay_helpers.only(storm.path)
    result = replay_helpers.replayed(recording)
    assert result.disagreement is None
    assert (result.decisions, result.missed, result.gaps) == (storm.recorder.decisions, 0, 0)
    assert result.decisions > STEPS // 60 and result.segments == len(storm.states) > 5
    assert recording.cut == 0
    replay_helpers.from_each_segment(recording, storm.states)


@pytest.mark.parametrize("seed", [*range(8), 20])
def test_what_is_arranged_anew_is_decided_again(seed, tmp_path):
    """Orders begun, lifted and changed, modes, needs, phases and limits, at random moments: no
    decision is missed.
    """
    storm = Recorded(seed, tmp_path)
    storm.run(STEPS, arrange=storm.arrange)
    recording = replay_helpers.only(storm.path)
    result = replay_helpers.replayed(recording)
    assert result.disagreement is None
    assert (result.decisions, result.missed, result.gaps) == (storm.recorder.decisions, 0, 0)
    assert result.decisions > STEPS // 60 and result.segments == len(storm.states) > 5
    assert result.rearranged > 5
    replay_helpers.from_each_segment(recording, storm.states)
    rating_a = recording.site["feeders"][0]["rating_a"]
    other = setting.other(recording.site, [f"feeders[0].rating_a={rating_a}"])
    replay = Replay(Decider(recording.site, recording.texts), *other)
    replay.add(recording)
    assert (replay.result.disagreement, replay.result.differences) == (None, [])


def test_what_is_arranged_anew_and_not_recorded_is_found(tmp_path, monkeypatch):
    monkeypatch.setattr(Arrangement, "put_change", lambda made, pages, page, at: at)
    storm = Recorded(0, tmp_path)
    storm.run(STEPS, arrange=storm.arrange)
    assert replay_helpers.replayed(replay_helpers.only(storm.path)).disagreement is not None


@pytest.mark.parametrize(
    "name", ["may_draw_ma", "estimate_ma", "_heat", "rank", "most_ma", "_parts", "_ranks"]
)
def test_a_number_that_is_forgotten_is_found(name, tmp_path, monkeypatch):
    look_at = Slots._look_at

    def forgets(found, holder, path):
        kept = holder.__dict__.pop(name, None)
        yield from look_at(found, holder, path)
        if kept is not None:
            setattr(holder, name, kept)

    monkeypatch.setattr(Slots, "_look_at", forgets)
    storm = Recorded(0, tmp_path).run(STEPS)
    with pytest.raises(AssertionError):
        replay_helpers.from_each_segment(replay_helpers.only(storm.path), storm.states)


def test_a_memory_of_another_kind_is_found(tmp_path, monkeypatch):
    """Slots hold numbers: somebody who remembers in a dict is to be told so here."""
    look = Habit.look

    def remembers(habit, now_ms, *seen):
        habit.__dict__.setdefault("last", {})["ms"] = now_ms
        look(habit, now_ms, *seen)

    monkeypatch.setattr(Habit, "look", remembers)
    storm = Recorded(0, tmp_path).run(STEPS)
    with pytest.raises(AssertionError):
        replay_helpers.from_each_segment(replay_helpers.only(storm.path), storm.states)


def test_an_input_that_is_not_listed_is_found(tmp_path):
    storm = Recorded(0, tmp_path)

    def interfere():
        storm.draw.choice(storm.balancer.places).min_ma = storm.draw.randrange(6000, 9000)

    storm.run(STEPS, interfere)
    assert replay_helpers.replayed(replay_helpers.only(storm.path)).disagreement is not None


def test_other_rules_are_told_from_those_of_the_board(tmp_path, monkeypatch):
    storm = Recorded(4, tmp_path).run(STEPS)
    monkeypatch.setattr(balance, "_STEP_MA", 500)
    result = replay_helpers.replayed(replay_helpers.only(storm.path))
    wrong = result.disagreement
    assert "outlet " in wrong.what and wrong.recorded != wrong.replayed
    assert 0 < wrong.decision <= result.decisions and result.unproved > 0


def test_a_real_micropython_is_decided_again(micropython, tmp_path):
    """32-bit ticks that wrap, its own ints, its own order of attributes."""
    script = HOST_TESTS / "mpy/record_probe.py"
    done = subprocess.run(
        [micropython, "-X", "heapsize=224k", script, tmp_path],
        env=mpy_environment(HOST_TESTS / "both"),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    made = int(done.stdout.split()[-1])
    recording = replay_helpers.only(tmp_path / "record.bin")
    result = replay_helpers.replayed(recording)
    assert result.disagreement is None
    assert (result.decisions, result.missed, result.gaps) == (made, 0, 0)
    assert made > 1000 and result.segments > 3 and len(result.changes) > 20
    assert result.rearranged > 20


@pytest.mark.parametrize("seen_s", [604790, 500000])
def test_a_measured_house_load_is_decided_again(seen_s, tmp_path):
    """Its seventh day ends while it is recorded; then the sensors are lost."""
    kept = []

    def change(raw):
        raw["site"]["feeders"][0]["base_max_a"] = "measured"
        raw["event"] = [
            {"at": "25s", "kind": "step", "phases": ["L2"], "amps": 6, "for": "20s"},
            {"at": "60s", "kind": "clamps-silent", "for": "60s"},
            {"at": "60s", "kind": "meter-silent", "for": "60s"},
        ]
        raw["car"][0]["arrive"] = "30s"
        raw["duration"] = "100s"

    def start(run):
        run.app.control.feeders[0].most.seen_s = seen_s
        answer = run.app.console.answer
        run.plant._agenda.at(5_000, lambda: answer("record(True)"))
        run.plant._agenda.at(90_000, lambda: answer("record(False)"))
        path = run.world.storage / "record.bin"
        run.plant._agenda.at(95_000, lambda: kept.append(path.read_bytes()))

    simulate(small(change=change), on_start=start)
    (tmp_path / "record.bin").write_bytes(kept[0])
    result = replay_helpers.replayed(replay_helpers.only(tmp_path / "record.bin"))
    assert result.disagreement is None and result.decisions > 500
    why = "safe share" if seen_s > 600000 else "house not measured for 7 days yet"
    assert any(why in row.why for row in result.changes)


def test_the_whole_app_records_at_a_word(tmp_path):
    """What is tuned and resumed while it records is an input, too."""
    kept, said = [], []
    lines = [
        "record()",
        "record(True)",
        'tune("feeders[0].limit_a", 20)',
        "record(True)",
        "resume(1)",
        'tune("site.policy", "priority")',
        'tune("feeders[0].reserve_a", 2)',
        "record()",
        "record(False)",
        "record()",
    ]

    def start(run):
        for i, line in enumerate(lines):
            run.plant._agenda.at(
                5_000 + 20_000 * i,
                lambda line=line: said.append(repr(run.app.console.answer(line))),
            )
        path = run.world.storage / "record.bin"
        keeps = lambda: kept.append(path.read_bytes() if path.exists() else b"")  # noqa: E731
        run.plant._agenda.at(190_000, keeps)

    outcome = simulate(shipped("first_light"), on_start=start)
    heard = said[:]
    lines = ["" if line.startswith("record") else line for line in lines]
    without = simulate(shipped("first_light"), on_start=start)
    assert outcome.is_good and kept[1] == b""
    assert outcome.report["decisions_sha256"] == without.report["decisions_sha256"]
    said = heard
    assert said[0] == "nothing is recorded"
    assert said[1] == "recording: 0 decisions" and said[7].startswith("recording: ")
    (tmp_path / "record.bin").write_bytes(kept[0])
    recording = replay_helpers.only(tmp_path / "record.bin")
    assert b"password" not in kept[0] and b"mqtt" not in kept[0]
    result = replay_helpers.replayed(recording)
    assert result.disagreement is None
    assert (
        said[9].startswith(f"recorded: {result.decisions} decisions to ")
        and result.decisions > 1000
    )
    assert result.span_ms > 130_000 and result.changes
