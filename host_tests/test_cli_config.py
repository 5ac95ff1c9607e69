"""`pilotlight config`: the firmware's validator at the desk, and the JSON Schema beside it."""

import copy
import json

import jsonschema
import pytest
from cli_helpers import pilotlight
from pilotlight import config, fields
from pilotlight_host import schema
from pilotlight_host.meanings import MEANINGS

GOOD = {
    "site": {"id": "home"},
    "feeders": [{"id": "main", "rating_a": 35, "breaker": "B", "meter": "grid"}],
    "outlets": [{"feeder": "main", "max_a": 32}],
    "meters": [{"id": "grid", "port": "meter", "model": "sdm630"}],
    "mqtt": {"host": "192.168.1.10"},
}
CLAMPS = [{"channel": n, "gain": 4834} for n in (1, 2, 3)]

# path, value: changes after which both say yes
FINE = [
    ("site.title", "Müller's barn"),
    ("site.id", "a-b_9"),
    ("site.id", "x" * 24),
    ("feeders.0.rating_a", 6),
    ("feeders.0.rating_a", 24.5),
    ("feeders.0.limit_a", None),
    ("feeders.0.clamps", CLAMPS),
    ("feeders.0.clamps", []),
    ("outlets.0.phases", ["L2"]),
    ("outlets.0.phases", ["L3", "L1", "L2"]),
    ("outlets.0.phases", None),
    ("meters.0.baud", 115200),
    ("meters.0.parity", "E"),
    ("mqtt", None),
    ("mqtt.host", "255.255.255.255"),
    ("mqtt.host", "010.001.0.9"),
]
# changes after which both say no
WRONG = [
    ("site", 1),
    ("site", None),
    ("site.id", ""),
    ("site.id", "x" * 25),
    ("site.id", "two words"),
    ("site.id", None),
    ("site.title", "t" * 61),
    ("site.colour", "red"),
    ("colour", "red"),
    ("feeders", []),
    ("feeders", {}),
    ("feeders", GOOD["feeders"] * 9),
    ("feeders.0.rating_a", 5.9),
    ("feeders.0.rating_a", 251),
    ("feeders.0.rating_a", "35"),
    ("feeders.0.rating_a", True),
    ("feeders.0.breaker", "b"),
    ("feeders.0.clamps", [*CLAMPS[:2], {"channel": 13, "gain": 1}]),
    ("feeders.0.clamps", [*CLAMPS[:2], {"channel": 3}]),
    ("feeders.0.clamps", [*CLAMPS[:2], {"channel": 3, "gain": 1.5}]),
    ("outlets.0.phases", []),
    ("outlets.0.phases", ["L1", "L2"]),
    ("outlets.0.phases", ["L1", "L1", "L2"]),
    ("outlets.0.phases", ["L1", "L2", "N"]),
    ("outlets.0.phases", "L1"),
    ("outlets", []),
    ("outlets.0.max_a", None),
    ("outlets.0.min_a", 5),
    ("meters.0.baud", 9601),
    ("meters.0.baud", "9600"),
    ("meters.0.stop", True),
    ("meters.0.address", 248),
    ("meters.0.poll_ms", 199),
    ("mqtt", "yes"),
    ("mqtt.host", "broker.local"),
    ("mqtt.host", "1.2.3"),
    ("mqtt.host", "1.2.3.256"),
    ("mqtt.host", "1.2.3.0004"),
    ("mqtt.port", 0),
]


def changed(path, value):
    """GOOD with one value put elsewhere."""
    site = copy.deepcopy(GOOD)
    *steps, last = path.split(".")
    holder = site
    for step in steps:
        holder = holder[int(step) if isinstance(holder, list) else step]
    holder[last] = value
    return site


def board_takes(site):
    try:
        config.check(site)
    except config.SiteError:
        return False
    return True


def test_the_schema_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(schema.make())


def test_the_published_schema_is_that_of_the_firmware():
    assert schema.FILE.read_text(encoding="utf-8") == schema.text(), (
        "docs/site.schema.json is old: python -m pilotlight_host.schema writes it anew"
    )


@pytest.mark.parametrize(("path", "value"), FINE)
def test_schema_and_firmware_take_it(path, value):
    site = changed(path, value)
    assert (jsonschema.Draft202012Validator(schema.make()).is_valid(site), board_takes(site)) == (
        True,
        True,
    )


@pytest.mark.parametrize(("path", "value"), WRONG)
def test_schema_and_firmware_refuse_it(path, value):
    site = changed(path, value)
    assert (jsonschema.Draft202012Validator(schema.make()).is_valid(site), board_takes(site)) == (
        False,
        False,
    )


def test_the_schema_has_every_key_with_its_meaning():
    made = schema.make()
    for name, rows in fields.SECTIONS.items():
        properties = made["$defs"][name]["properties"]
        assert {key: text["description"] for key, text in properties.items()} == {
            row[0]: row[5] if row[4] is fields.REQUIRED else MEANINGS[name][row[0]] for row in rows
        }
        optional = {row[0] for row in rows if row[4] is not fields.REQUIRED}
        assert set(MEANINGS.get(name, ())) == optional  # and none that has gone
        assert all(len(row) == 5 + (row[4] is fields.REQUIRED) for row in rows)


def test_check_says_yes(tmp_path):
    file = tmp_path / "site.json"
    file.write_text(json.dumps(GOOD))
    done = pilotlight("config", "check", file)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{file}: right; feeders: 1, outlets: 1, meters: 1\n"


def test_check_gives_a_line_per_error_and_exit_1(tmp_path):
    site = changed("mqtt.port", 0)
    site["outlets"][0]["max_a"] = 500
    file = tmp_path / "site.json"
    file.write_text(json.dumps(site))
    with pytest.raises(config.SiteError) as caught:
        config.check(site)
    done = pilotlight("config", "check", file)
    assert done.returncode == 1
    assert len(caught.value.errors) == 2
    assert done.stderr.splitlines() == [
        f"pilotlight: {file}: {line}" for line in caught.value.errors
    ]


@pytest.mark.parametrize(
    ("content", "told"),
    [(None, "cannot be read"), (b"{", "is not JSON"), (b"\xff\xfe", "not UTF-8")],
)
def test_check_of_what_is_no_site_file_is_one_line(tmp_path, content, told):
    file = tmp_path / "site.json"
    if content is not None:
        file.write_bytes(content)
    done = pilotlight("config", "check", file)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert str(file) in done.stderr
    assert told in done.stderr


def test_schema_command_prints_the_published_one():
    assert json.loads(pilotlight("config", "schema").stdout) == json.loads(schema.text())
