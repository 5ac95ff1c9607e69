"""docs/mqtt.md: every topic, key and command that there is, and no other; every example is taken."""

import json
import re

import jsonschema
import pytest
from pilotlight.services.commands import Commands
from pilotlight.wire import command
from pilotlight_host import asyncapi
from pilotlight_host.sim.simulate import simulate
from sim_helpers import small

TEXT = asyncapi.PAGE.read_text(encoding="utf-8")
SOMETIMES = {"power", "clock", "dimming"}  # not on every site


def rows(title):
    return asyncapi.rows(TEXT, title)


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


@pytest.mark.parametrize("name", ["outlet", "site", "record"])
def test_every_key_is_told(seen, name):
    title, topic = ("`outlet/<n>`", "outlet/1") if name == "outlet" else (f"`{name}`", name)
    told = {key for row in rows(title) for key in words(row[0])}
    newest = {message[1]: message[2] for message in seen.messages}
    shown = json.loads(newest[f"pilotlight/home/{topic}"])
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


def test_the_page_for_programs_is_made_from_this_one():
    assert asyncapi.FILE.read_text(encoding="utf-8") == asyncapi.text(), (
        "docs/mqtt.asyncapi.json is old: python -m pilotlight_host.asyncapi writes it anew"
    )


def test_what_was_told_is_as_the_page_for_programs_says(seen):
    told = {}
    for channel in asyncapi.make()["channels"].values():
        [message] = channel["messages"].values()
        told[channel["address"].replace("{id}", "home").replace("{n}", "1")] = message["payload"]
    for _, topic, payload, *_ in seen.messages:
        if topic in told and payload and not topic.endswith("/status"):
            jsonschema.validate(json.loads(payload), told[topic])
    jsonschema.validate(
        seen.retained["pilotlight/home/status"].decode(), told["pilotlight/home/status"]
    )


VALUES = [
    0, 1, 3, 5.99, 6, 6.5, 9, 10, 80, 80.1, -1, 1.5, 200000, 200001, 250000, 250001, 432000, 432001,
    True, None, "x", "on", "off", "solar", "fast", "", "a" * 33, [],
]  # fmt: skip
GOOD = {"limit": 8, "need": 0, "priority": 7, "phases": 1, "mode": "solar", "dim": 4200}


class Site:
    """One where a car is plugged in; it has no second contactor and no time server."""

    def __init__(self, moved_clock):
        self._moved = moved_clock
        app = simulate(small()).app
        parts = (app.control.units, app.network_wishes, app.journal, app.clock)
        self._commands = Commands(*parts)

    def takes(self, what, fields):
        """It carries that out."""
        self._moved.t_ms += 1000
        place = "site" if what in command.OF_SITE else "outlet/1"
        topic, payload = (
            f"pilotlight/home/{place}/set/{what}".encode(),
            json.dumps(fields).encode(),
        )
        try:
            command.Command().read(topic, payload, False, 1)
        except command.CommandError:
            return False
        if what == "phases" or "utc_s" in fields:
            return True
        before = self._commands.taken
        self._commands.take(topic, payload, False)
        return self._commands.taken > before


@pytest.mark.parametrize("what", [*command.OF_OUTLET, *command.OF_SITE])
def test_both_take_the_same_commands(what, moved_clock):
    """Each key with each value, the others as in a good one; a key too much, and one too few."""
    site = Site(moved_clock)
    schema = asyncapi.command(what)
    jsonschema.Draft202012Validator.check_schema(schema)
    base = {key: GOOD.get(what, "on") for key in schema.get("required", [])}
    tried = [base, {}, base | {"more": 1}, base | {"for_s": 60}]
    tried += [base | {name: value} for name in schema["properties"] for value in VALUES]
    if what == "need":
        tried += [{"need_wh": value, "for_s": 3600} for value in VALUES]
    told = []
    for fields in tried:
        told.append(site.takes(what, fields))
        assert jsonschema.Draft202012Validator(schema).is_valid(fields) == told[-1], fields
    assert 0 < sum(told) < len(told)
