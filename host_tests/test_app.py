"""The app around control: it ends safe whatever happens, helpers may fail, a person can talk to
it.
"""

import json
import re

import pytest
from pilotlight import config
from pilotlight_host.sim.simulate import _Run, simulate
from sim_helpers import journal, small


def runs():
    """Collects the run that `simulate` builds, so that a test can look at it after a failure."""
    kept = []
    return kept, kept.append


def charging(run):
    """A car is charging on outlet 1."""
    return run.plant.coil(0) and run.plant.duty(0) < 10000


def test_an_exception_in_the_control_step_ends_safe_and_starves_the_watchdog():
    kept, keep = runs()
    failed_ms = []

    def start(run: _Run):
        keep(run)
        decide = run.app.control.balancer.share

        def fails(now_ms):
            if run.clock.t_ms >= 40_000:
                assert charging(run)
                failed_ms.append(run.clock.t_ms)
                raise ZeroDivisionError("planted")
            decide(now_ms)

        run.app.control.balancer.share = fails

    with pytest.raises(ZeroDivisionError, match="planted"):
        simulate(small(), on_start=start)
    (run,) = kept
    assert not run.plant.coil(0) and run.plant.duty(0) == 10000
    assert run.world.fed_ms <= failed_ms[0]


def test_control_that_returns_ends_safe():
    kept, keep = runs()

    def start(run: _Run):
        keep(run)
        run.plant._agenda.at(40_000, lambda: setattr(run.app.control, "is_stopped", True))

    with pytest.raises(RuntimeError, match="ended by itself"):
        simulate(small(), on_start=start)
    (run,) = kept
    assert not run.plant.coil(0) and run.plant.duty(0) == 10000


def test_an_exception_nobody_waits_for_opens_at_once_and_ends_control():
    kept, keep = runs()

    def start(run: _Run):
        keep(run)
        lost = {"exception": ValueError("planted")}

        def lose():
            assert charging(run)
            run.app._on_lost_exception(None, lost)
            assert not run.plant.coil(0) and run.plant.duty(0) == 10000

        run.plant._agenda.at(40_000, lose)

    with pytest.raises(ValueError, match="planted"):
        simulate(small(), on_start=start)
    (run,) = kept
    assert not run.plant.coil(0)
    assert run.app.journal.text(run.app.journal.count - 1) == "lost exception: planted"


@pytest.mark.parametrize("helper", ["mqtt", "meter", "clamps"])
def test_a_helper_that_fails_is_named_and_started_again(helper):
    """The other sensor carries on; after 1 s the helper is back, and the car never stops charging."""

    def start(run: _Run):
        parts = {
            "mqtt": (run.app.mqtt.link, "step"),
            "meter": (run.app.meters[0].meter, "poll"),
            "clamps": (run.app.clamps, "poll"),
        }
        holder, name = parts[helper]
        work = getattr(holder, name)
        failed = []

        def fails(*arguments):
            if run.clock.t_ms >= 40_000 and not failed:
                failed.append(True)
                raise ZeroDivisionError("planted")
            return work(*arguments)

        setattr(holder, name, fails)

    outcome = simulate(small(), on_start=start)
    assert outcome.is_good
    assert [text for text in journal(outcome) if "failed, ZeroDivisionError: planted" in text]
    assert outcome.report["contactor_cycles"] == {"1": 1}
    assert outcome.monitor.changes[-1][3], "still charging at the end"


def test_a_serial_port_that_is_not_there_is_told_once_and_used_when_it_comes():
    """The clamps carry on, derated; the meter is asked again in every round."""

    def start(run: _Run):
        uart = run.world.uart
        absent = OSError("serial port meter is not there")

        def late(*settings):
            if run.clock.t_ms < 60_000:
                raise absent
            return uart(*settings)

        run.app.board.uart = late

    outcome = simulate(small(duration="2m"), on_start=start)
    told = [text for text in journal(outcome) if text.startswith("meter grid: ")]
    assert told == ["meter grid: serial port: serial port meter is not there", "meter grid: back"]
    assert outcome.is_good and outcome.report["contactor_cycles"] == {"1": 1}
    counts = outcome.app.meters[0].meter.counts
    assert counts["port"] > 50 and counts["ok"] > 50


def test_a_serial_port_that_breaks_is_opened_again():
    opened = []

    class Breaks:
        def __init__(self, stream, run):
            self._stream, self._run, self._since_ms = stream, run, run.clock.t_ms

        def readinto(self, buffer):
            if self._since_ms < 40_000 <= self._run.clock.t_ms:
                return 0
            return self._stream.readinto(buffer)

        def write(self, data):
            return self._stream.write(data)

        def close(self):
            self._stream.close()

    def start(run: _Run):
        uart = run.world.uart

        def opens(*settings):
            opened.append(run.clock.t_ms)
            return Breaks(uart(*settings), run)

        run.app.board.uart = opens

    outcome = simulate(small(), on_start=start)
    assert outcome.is_good and len(opened) == 2 and 40_000 <= opened[1] < 42_000
    assert any("closed by the other side" in text for text in journal(outcome))


class Typist:
    """A console stream: lines typed at given times, and what was shown."""

    def __init__(self, run, lines):
        self._run = run
        self._lines = lines
        self.shown = []
        for t_ms, _ in lines:
            run.plant._agenda.at(t_ms, lambda: None)  # nobody sleeps through it

    def readinto(self, buffer):
        if not self._lines or self._run.clock.t_ms < self._lines[0][0]:
            return None
        text = self._lines.pop(0)[1].encode() + b"\r"
        buffer[: len(text)] = text
        return len(text)

    def write(self, data):
        self.shown.append(data.decode())
        return len(data)


def typed(*lines, scenario=None):
    """Run the small site with these lines typed: (outcome, what was shown)."""
    typists = []

    def start(run: _Run):
        typists.append(Typist(run, list(lines)))
        run.app.board.console = typists[0]

    outcome = simulate(scenario or small(), on_start=start)
    return outcome, typists[0].shown


def test_status_why_and_help_answer_in_words():
    _, shown = typed(
        (60_000, "status()"), (61_000, "why(1)"), (62_000, "help()"), (63_000, "log()")
    )
    status, why, helps, log = shown
    assert (
        "feeder main: " in status and "of 32.0 A (fresh)" in status and "mqtt: connected" in status
    )
    assert why.startswith("outlet 1 (C2): 16.0 A, board: all that outlet and wiring carry")
    for name in "status why limit pause resume log decisions record tune save revert help".split():
        assert name + "(" in helps
    assert "outlet 1: C2" in log


def test_decisions_says_who_was_offered_what_and_why():
    lines = ["decisions()", "decisions(1)", "decisions(2)", 'decisions("json")', "snapshot()"]
    lines = [(60_000 + i, line) for i, line in enumerate(["limit(1, 8.5)", *lines])]
    outcome, shown = typed((20, "decisions()"), *lines)
    shown = [text.removesuffix("\r\n> ") for text in shown]
    assert shown[0] == "nothing has been decided yet"
    assert re.fullmatch(r"5\d s ago: outlet 1 from 0.0 to 6.0 A, .*", shown[2].splitlines()[0])
    told, of_one = ([line.split(" ago: ")[1] for line in s.splitlines()] for s in shown[2:4])
    assert told == of_one
    assert told[-1].endswith(" from 16.0 to 8.5 A, limited to 8.5 A by the person")
    assert "outlet 2: no such outlet (1...1)" in shown[4]
    rows = [row[1:] for row in json.loads(shown[5])]
    assert ["outlet {} from {} to {} A, {}".format(*row) for row in rows] == told
    assert json.loads(shown[6])["decisions"] == len(told)
    assert told[-2].endswith(" to 16.0 A, all that outlet and wiring carry")
    assert outcome.is_good


def test_limit_pause_and_resume_are_claims():
    outcome, shown = typed((40_000, "limit(1, 8.5)"), (50_000, "pause(1)"), (65_000, "resume(1)"))
    duties = [duty for t_ms, _, duty, _, _ in outcome.monitor.changes if t_ms > 40_000]
    assert 8500 // 6 in duties and 10000 in duties and outcome.monitor.changes[-1][2] >= 1000
    assert outcome.is_good and "8.5 A at most" in shown[0]


def test_a_limit_for_a_time_lifts_by_itself():
    outcome, _ = typed((40_000, "limit(1, 6, 10)"), (45_000, "why(1)"))
    after = [duty for t_ms, _, duty, _, _ in outcome.monitor.changes if t_ms > 49_000]
    assert after and after[-1] == 16000 // 6


WRONG = [
    ("limit(1, 3)", "limit: 3.0 A is out of range (0 or 6...80)"),
    ("limit(2, 10)", "outlet 2: no such outlet (1...1)"),
    ("limit(1, 'x')", "'x' is not a number of amps"),
    ("pause(1, 0)", "for_s: 0 is out of range (1...432000 s)"),
    ("nonsense", "NameError"),
    ("1 +", "SyntaxError"),
    ('tune("feeders[0].colour", 1)', "feeders[0].colour: no such key"),
    ('tune("feeders[0].limit_a", 99)', "feeders[0].limit_a: 99 is wrong, expected at most"),
    ('tune("outlets[0].max_a", 200)', "outlets[0].max_a: 200 is wrong, expected a number 6...80"),
]


@pytest.mark.parametrize(("line", "answer"), WRONG)
def test_what_is_wrong_is_answered_and_changes_nothing(line, answer):
    outcome, shown = typed((40_000, line))
    assert answer in shown[0]
    assert outcome.is_good and outcome.monitor.changes[-1][2] == 16000 // 6


def test_tune_acts_at_once_save_keeps_and_revert_goes_back():
    files = []

    def start(run: _Run):
        typist = Typist(
            run,
            [
                (40_000, 'tune("feeders[0].limit_a", 12)'),
                (50_000, "save()"),
                (55_000, 'tune("feeders[0].limit_a", 20)'),
                (56_000, "revert()"),
                (57_000, 'tune("meters[0].poll_ms", 1000)'),
                (58_000, "tune()"),
            ],
        )
        files.append(typist)
        run.app.board.console = typist
        read = lambda: files.append((run.world.storage / "site.json").read_text())  # noqa: E731
        run.plant._agenda.at(54_000, read)

    outcome = simulate(small(), on_start=start)
    typist, saved = files
    assert "limit_a = 12 (was null): acts now" in typist.shown[0] and "restart" in typist.shown[4]
    assert json.loads(saved)["feeders"][0]["limit_a"] == 12
    notes = [text for text in journal(outcome) if text.startswith("person: ")]
    assert notes[0] == "person: feeders[0].limit_a = 12 (was null): acts now"
    assert notes[1].startswith("person: saved to ") and notes[3].startswith("person: back to ")
    assert outcome.app.control.feeders[0].limit_ma == 12000
    assert "meters[0].poll_ms = 1000" in typist.shown[5]
    assert outcome.is_good


def test_a_site_the_board_cannot_carry_is_refused(tmp_path):
    def change(raw):
        raw["site"]["feeders"][0]["clamps"][0]["channel"] = 7

    with pytest.raises(config.SiteError, match=r"channel 7, but the board has 3"):
        simulate(small(change=change))

    def refer(raw):
        raw["site"]["feeders"][0]["voltage"] = {"channel": 9, "gain": 2000}

    said = r"feeders\[0\].voltage: channel 9, but the board has 4"
    with pytest.raises(config.SiteError, match=said):
        simulate(small(change=refer))
