"""`pilotlight bench`: rows, budgets, the baseline, what a failing row does. Judges no time."""

import io
import json
import random
from array import array
from pathlib import Path

import pytest
from cli_helpers import pilotlight
from pilotlight.drivers import clamps
from pilotlight_host.bench import baseline, run, table
from pilotlight_host.bench.figure import Figure, Options, Row, compare
from pilotlight_host.bench.rows import ROWS, reduction
from pilotlight_host.errors import UserError
from pilotlight_host.fetch import ToolMissing
from pilotlight_host.paths import FIRMWARE


def sizes_of_core(_: Options) -> list[Figure]:
    """A real measurement that takes no time."""
    bytes_ = sum(file.stat().st_size for file in (FIRMWARE / "pilotlight/core").glob("*.py"))
    return [Figure("core.source", bytes_, "bytes", most=1_000_000)]


def no_tool(_: Options) -> list[Figure]:
    raise ToolMissing("no gauge here: install gauge")


def broken(_: Options) -> list[Figure]:
    return [Figure("never", 1 / 0, "")]


def row(measure) -> Row:
    return Row(measure.__name__, "a test", "this PC", "ls", measure)


def results(*measures):
    told: list[str] = []
    return run.run([row(measure) for measure in measures], Options(), told.append), told


def shown(found, before=None) -> str:
    stream = io.StringIO()
    table.show(found, before or {}, stream)
    return stream.getvalue()


# --- the command


def test_an_unknown_row_is_named_with_all_there_are():
    done = pilotlight("bench", "--only", "alloc", "nonsense")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("pilotlight: --only nonsense: no such row, there are: sizes, ")
    assert done.stderr.count("\n") == 1
    assert all(row.name in done.stderr for row in ROWS)


def test_the_list_names_every_row():
    done = pilotlight("bench", "--list")
    assert [line.split()[0] for line in done.stdout.splitlines()] == [row.name for row in ROWS]
    assert len({row.name for row in ROWS}) == len(ROWS) >= 14


def test_a_row_is_measured_told_and_written(tmp_path, micropython):
    """On the real 32-bit MicroPython: a control step takes nothing."""
    file = tmp_path / "figures.json"
    done = pilotlight("bench", "--only", "alloc", "--json", file)
    assert done.returncode == 0, done.stderr
    found = json.loads(file.read_text())
    step = found["figures"]["alloc.step"]
    assert (step["value"], step["unit"], step["budget"], step["met"]) == (0, "bytes", "<= 0", True)
    assert "MicroPython" in step["on"] and "heap_lock" in step["command"]
    assert 0 < found["figures"]["alloc.event"]["value"] <= 320
    assert (found["good"], found["not_measured"]) == (True, {})
    assert "alloc.step" in done.stdout and "budgets missed: 0" in done.stdout
    assert "alloc (" in done.stderr


def test_a_file_that_cannot_be_written_is_refused_first():
    done = pilotlight("bench", "--only", "alloc", "--json", "nowhere/x.json")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "pilotlight: --json nowhere/x.json: there is no folder nowhere\n"


# --- rows that fail


def test_a_failing_row_says_why_and_the_rest_goes_on():
    found, told = results(no_tool, broken, sizes_of_core)
    assert [bool(result.figures) for result in found] == [False, False, True]
    assert found[0].trouble == "no gauge here: install gauge"
    assert found[1].trouble == "ZeroDivisionError: division by zero"
    assert [line.split()[0] for line in told] == ["no_tool", "broken", "sizes_of_core"]
    text = shown(found)
    assert "not measured: no gauge here: install gauge" in text
    assert "rows not measured: 2" in text


def test_a_missing_tool_is_no_failure_but_an_error_is():
    good, _ = results(no_tool, sizes_of_core)
    bad, _ = results(broken, sizes_of_core)
    assert baseline.report(good, {}, "1")["good"] is True
    assert baseline.report(bad, {}, "1")["good"] is False
    assert list(baseline.report(bad, {}, "1")["not_measured"]) == ["broken"]


# --- budgets


@pytest.mark.parametrize(
    ("value", "most", "least", "is_met", "words"),
    [
        (5, 5, None, True, "<= 5"),
        (5.01, 5, None, False, "<= 5"),
        (0, 0, None, True, "<= 0"),
        (1, 0, None, False, "<= 0"),
        (85, None, 85, True, ">= 85"),
        (84.9, None, 85, False, ">= 85"),
        (7, None, None, None, ""),
    ],
)
def test_budgets_include_their_limit(value, most, least, is_met, words):
    figure = Figure("x", value, "ms", most, least)
    assert (figure.is_met, figure.budget) == (is_met, words)


def test_a_missed_budget_is_shown_and_spoils_the_run():
    found, _ = results(lambda _: [Figure("slow", 5.5, "ms", most=5)])
    assert "MISSED" in shown(found)
    assert not found[0].is_good


# --- the baseline


@pytest.mark.parametrize(
    ("value", "before", "more", "words"),
    [
        (114, 100, False, "worse: +14 %"),
        (110, 100, False, "+10.0 %"),
        (100, 100, False, "same"),
        (80, 100, False, "better: -20 %"),
        (86, 100, True, "worse: -14 %"),
        (114, 100, True, "better: +14 %"),
        (32, 0, False, "worse: was 0"),
        (32, 0, True, "better: was 0"),
        (7, None, False, "new"),
    ],
)
def test_more_than_a_tenth_worse_is_said(value, before, more, words):
    assert compare(Figure("x", value, "", more_is_better=more), before) == words


def test_wall_clock_times_are_never_compared():
    assert compare(Figure("x", 900, "s", compared=False), 1) == ""


def test_worse_than_the_baseline_is_shown_but_no_failure():
    found, _ = results(sizes_of_core)
    value = found[0].figures[0].value
    before = {"core.source": value / 1.14}
    assert "worse: +14 %" in shown(found, before)
    assert "worse than the baseline: 1" in shown(found, before)
    report = baseline.report(found, before, "1")
    assert report["figures"]["core.source"]["against_baseline"] == "worse: +14 %"
    assert report["good"]


def test_a_saved_baseline_is_read_back_and_keeps_rows_that_were_not_run(tmp_path):
    file = tmp_path / "bench.json"
    assert baseline.read(file) == {}
    file.write_text('{"figures": {"other": {"value": 7}}}')
    found, _ = results(sizes_of_core)
    baseline.save(baseline.report(found, {}, "1"), file)
    assert baseline.read(file) == {"other": 7, "core.source": found[0].figures[0].value}
    assert "against_baseline" not in file.read_text()


@pytest.mark.parametrize("text", ["", "[]", '{"figures": []}', '{"figures": {"x": 1}}', "{}"])
def test_a_file_that_is_no_baseline_is_named(tmp_path, text):
    file = Path(tmp_path, "bench.json")
    file.write_text(text)
    with pytest.raises(UserError, match=r"bench\.json: is no report of the bench"):
        baseline.read(file)


def test_the_stored_baseline_is_one():
    known = baseline.read()
    assert known["alloc.step"] == 0
    assert 0 < known["sizes.mpy"] < 272 << 10


# --- code for the board


def test_plain_and_native_are_the_shipped_functions_without_viper():
    """They are made from its source: a change there must not leave them behind."""
    for decorator, count in (("", 0), ("@micropython.native\n", 3)):
        code = reduction.plain(decorator)
        compile(code, "plain", "exec")
        assert code.count("@micropython.native") == count
        assert [code.count(f"def {name}(") for name in reduction.NAMES] == [1, 1, 1]
        assert not any(word in code for word in ("ptr", "viper", ": int", "43691"))


def test_the_viper_of_a_clamps_window_is_the_drivers_own():
    """To the last count; test_pico_inputs.py holds them together on the board."""
    words: dict = {}
    exec(reduction.plain(""), words)
    random.seed(5)
    for _ in range(40):
        count = random.randint(100, 250)
        low, high = sorted(random.choices(range(4096), k=2))
        window = array("H", [random.randint(low, high) for _ in range(count)])
        weigh = clamps.weights(count)
        found = [array("i", (0, 0, 0, 0, sum(weigh), count)) for _ in range(2)]
        clamps.reduce(window, weigh, found[0])
        words["reduce"](window, weigh, found[1])
        assert found[0] == found[1]
