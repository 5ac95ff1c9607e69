"""The command line: help, errors in one line; `pilotlight sim` from file to figures and plot."""

import json

import pytest
from cli_helpers import SHIPPED, SITE, pilotlight, scenario
from pilotlight import VERSION, config

KEYS = """scenario seed simulated_s wall_s speed trips breaker_heat_peak_pct overload_s reaction_ms
open_ms_max timing_violations invariant_violations contactor_cycles energy_wh fairness_jain
decisions_sha256""".split()


@pytest.mark.parametrize(
    "words",
    [(), ("run",), ("sim",), ("replay",), ("config",), ("config", "check"), ("config", "schema")],
)
def test_every_command_explains_itself(words):
    done = pilotlight(*words, "--help")
    assert done.returncode == 0
    assert done.stdout.startswith("usage: pilotlight " + " ".join(words))
    assert len(done.stdout.splitlines()) > 5
    assert done.stderr == ""


def test_version_is_that_of_the_firmware():
    assert pilotlight("--version").stdout == f"pilotlight {VERSION}\n"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "COMMAND"),
        (("fly",), "'fly'"),
        (("sim",), "--list"),
        (("sim", "nowhere"), "nowhere: no such file"),
        (("sim", "first_light", "--seed", "-1"), "'-1' is wrong, expected a whole number 0"),
        (("sim", "first_light", "--seed", "x"), "'x' is wrong"),
        (("sim", "first_light", "--clock", "sun"), "'sun'"),
        (("sim", "first_light", "--plot", "a.txt"), ".png"),
        (("sim", "first_light", "--plot", "/no/such/a.png"), "there is no folder /no/such"),
        (("sim", "first_light", "--json", "/no/such/a.json"), "there is no folder /no/such"),
        (("sim", "first_light", "--json", "/"), "is a folder"),
        (("run", "--duration", "soon"), "'soon' is wrong, expected 1s...30d"),
        (("run", "--duration", "0"), "'0' is wrong"),
        (("run", "--duration", "nan"), "'nan' is wrong"),
        (("run", "--speed", "11"), "'11' is wrong, expected a number 1...10"),
        (("run", "--speed", "nan"), "'nan' is wrong"),
        (("run", "--scenario", "nowhere"), "first_light"),
        (("config", "check"), "FILE"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_2(words, told):
    done = pilotlight(*words)
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert told in done.stderr


def test_list_names_every_shipped_scenario():
    lines = pilotlight("sim", "--list").stdout.splitlines()
    assert sorted(line.split()[0] for line in lines) == sorted(
        p.stem for p in SHIPPED.glob("*.toml")
    )
    assert all(len(line.split()) > 5 for line in lines)


def test_sim_gives_only_json_on_stdout_and_the_same_decisions_again():
    first, again = (pilotlight("sim", "first_light", "--json", "-") for _ in range(2))
    assert (first.returncode, first.stderr) == (0, "")
    report = json.loads(first.stdout)
    assert set(KEYS) <= set(report)
    assert report["simulated_s"] == 210
    assert report["decisions_sha256"] == json.loads(again.stdout)["decisions_sha256"]


def test_sim_writes_json_and_plot_and_says_how_it_went(tmp_path):
    file, picture = tmp_path / "a.json", tmp_path / "a.png"
    done = pilotlight(
        "sim", scenario(tmp_path, "30s"), "--seed", 9, "--json", file, "--plot", picture
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(file.read_text())["seed"] == 9
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.stat().st_size > 20_000
    assert "seed 9" in done.stdout
    assert "trips 0" in done.stdout
    assert str(picture) in done.stdout


def test_sim_plots_the_event_clock_and_several_feeders(tmp_path):
    feeder = '[[site.feeders]]\nid = "barn"\nrating_a = 16\nbreaker = "gG"\nmeter = "grid2"\n'
    meter = '[[site.meters]]\nid = "grid2"\nport = "meter2"\nmodel = "sdm630"\n'
    outlet = '[[site.outlets]]\nfeeder = "barn"\nmax_a = 16\nphases = ["L2"]\n'
    file = scenario(tmp_path, "10m", site=SITE + feeder + meter + outlet)
    picture = tmp_path / "a.svg"
    done = pilotlight("sim", file, "--clock", "event", "--plot", picture)
    assert done.returncode == 0, done.stdout + done.stderr
    text = picture.read_text()
    assert all(words in text for words in ("feeder barn, A", "outlet 2, A", "fuse 16 A"))


def test_a_trip_is_exit_1_and_named(tmp_path):
    storm = '[[event]]\nat = "5s"\nkind = "step"\namps = 150\n'
    done = pilotlight("sim", scenario(tmp_path, "20s", storm))
    assert done.returncode == 1
    assert "trips 1" in done.stdout
    assert "NOT GOOD" in done.stdout


WRONG_SITES = [
    ("rating_a = 32", "rating_a = 5", ["feeders[0].rating_a: 5 is wrong"]),
    (
        'breaker = "B"',
        'breaker = "Z"\ncolour = 1',
        ["colour: unknown key", 'breaker: "Z" is wrong'],
    ),
    ('feeder = "main"', 'feeder = "attic"', ['outlets[0].feeder: "attic" is wrong']),
    ('id = "test"', "", ["site.id: missing"]),
    ("max_a = 32", 'max_a = "much"', ['outlets[0].max_a: "much" is wrong']),
    ('host = "192.0.2.1"', 'host = "broker.local"', ['mqtt.host: "broker.local" is wrong']),
]


@pytest.mark.parametrize(("right", "wrong", "told"), WRONG_SITES)
@pytest.mark.parametrize("words", [("sim",), ("run", "--scenario")])
def test_a_wrong_site_is_told_in_the_lines_of_the_firmware(tmp_path, words, right, wrong, told):
    import tomllib

    site = SITE.replace(right, wrong, 1)
    with pytest.raises(config.SiteError) as caught:
        config.check(tomllib.loads(site)["site"])
    done = pilotlight(*words, scenario(tmp_path, "20s", site=site))
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        f"pilotlight: small.toml: {line}" for line in caught.value.errors
    ]
    assert len(told) == len(caught.value.errors)
    assert all(words in done.stderr for words in told)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"duration = ", "not TOML"),
        (b"\xff\xfe", "not TOML"),
        (b"", "site is missing"),
        (b"site = 1\n", "site file: 1 is wrong"),
        (SITE.encode(), "duration is missing"),
        (f'duration = "1m"\nwings = 2\n{SITE}'.encode(), "wings is 2, expected no such key"),
    ],
)
def test_a_wrong_scenario_is_one_line(tmp_path, content, told):
    file = tmp_path / "odd.toml"
    file.write_bytes(content)
    done = pilotlight("sim", file)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "odd.toml" in done.stderr
    assert told in done.stderr


def test_a_site_larger_than_the_board_is_refused(tmp_path):
    more_clamps = SITE.replace("{channel = 3,", "{channel = 7,")
    done = pilotlight("sim", scenario(tmp_path, "20s", site=more_clamps))
    assert done.returncode == 2
    assert done.stderr == (
        "pilotlight: small: feeders[0].clamps: channel 7, but the board has 3\n"
    )


def passes_on_the_event_clock(scenario, simulated_s, within_s):
    """What a run of more than a day must come to; its report."""
    done = pilotlight("sim", scenario, "--json", "-", within_s=within_s)
    report = json.loads(done.stdout)
    assert done.returncode == 0 and report["clock"] == "event" and report["trips"] == 0
    assert report["violations"] == []
    assert report["simulated_s"] == simulated_s
    assert sum(report["energy_wh"].values()) > 10_000
    return report


def test_more_than_a_day_takes_the_event_clock_and_passes_the_tick_wrap(tmp_path):
    """The last of the thirteen days, and an hour: ticks wrap at 18:15:41 while the car charges."""
    text = (SHIPPED / "thirteen_days.toml").read_text()
    for former, now in (
        ('duration = "13d"', 'duration = "25h"'),
        ("start_ticks_ms = 0", f"start_ticks_ms = {12 * 86_400_000}"),
    ):
        assert text.count(former) == 1
        text = text.replace(former, now)
    file = tmp_path / "last_day.toml"
    file.write_text(text)
    report = passes_on_the_event_clock(file, 25 * 3600, within_s=120)
    assert report["contactor_cycles"]["1"] == 1


@pytest.mark.storm
def test_thirteen_days_take_the_event_clock_and_pass():
    passes_on_the_event_clock("thirteen_days", 13 * 86400, within_s=400)  # 20 s on a PC
