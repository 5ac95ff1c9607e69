"""docs/mqtt.md: every topic, key and command that there is, and no other; every example is taken."""

import json
import re

import pytest
from pilotlight.wire import command
from pilotlight_host.paths import ROOT
from pilotlight_host.sim.simulate import simulate
from sim_helpers import small

TEXT = (ROOT / "docs" / "mqtt.md").read_text(encoding="utf-8")
SOMETIMES = {"power", "clock", "dimming"}  # not on every site


def section(title):
    return re.split(r"^#+ ", TEXT.partition(f"# {title}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]


def rows(title):
    found = re.findall(r"^\| (.*) \|$", section(title), re.MULTILINE)
    return [[cell.strip() for cell in row.split("|")] for row in found[1:]]


def real(cell):
    """The topic in a cell, of the site and outlet that are simulated here."""
    return words(cell)[0].replace("<id>", "home").replace("<n>", "1")


def words(cell):
    return re.findall(r"`([^`]*)`", cell)


@pytest.fixture(scope="module")
def seen():
    """All that the broker was given by a site of one outlet, commands included."""

    def start(run):
        say = run.broker.publish
        run.plant._agenda.at(50_000, lambda: say("pilotlight/home/outlet/1/set/pause", b""))

    return simulate(small(), on_start=start).broker


def test_every_topic_is_told(seen):
    told = {real(row[0]): row[2] == "yes" for row in rows("What it tells")}
    given = {message[1] for message in seen.messages if message[2] and "/set/" not in message[1]}
    more = {f"homeassistant/device/pilotlight-home-{which}/config" for which in ("f1", "1")}
    assert set(told) | more == given
    for topic, is_retained in told.items():
        assert (topic in seen.retained) == is_retained, topic


@pytest.mark.parametrize("name", ["outlet", "site"])
def test_every_key_is_told(seen, name):
    title, topic = ("`outlet/<n>`", "outlet/1") if name == "outlet" else ("`site`", "site")
    told = {key for row in rows(title) for key in words(row[0])}
    shown = json.loads(seen.retained[f"pilotlight/home/{topic}"])
    assert told - SOMETIMES == set(shown)
    if name == "outlet":
        inside = set(words(next(row for row in rows(title) if row[0] == "`binding`")[2]))
        assert inside == set(shown["binding"])


def test_the_answer_and_the_event_are_as_told(seen):
    answer = json.loads(re.search(r'`(\{"to".*\})`', TEXT)[1])
    event = json.loads(re.search(r'`(\{"seq".*?\})`', TEXT)[1])
    for example, topic in ((answer, "answer"), (event, "event")):
        given = next(m[2] for m in seen.messages if m[1] == f"pilotlight/home/{topic}")
        assert set(json.loads(given)) == set(example)


def test_every_command_is_told_and_every_example_is_taken():
    told = []
    for cell, plain, as_json, _ in rows("What it takes"):
        topic = real(cell)
        told.append(topic.rpartition("/")[2])
        payloads = words(plain) + words(as_json) + [""] * (plain == "empty")
        assert payloads
        for payload in payloads:
            asked = command.Command().read(topic.encode(), payload.encode(), False, 1)
            assert asked.what == told[-1]
    assert sorted(told) == sorted(command.OF_OUTLET + command.OF_SITE)
