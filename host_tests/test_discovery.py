"""Home Assistant's device discovery, as a broker gets it from the whole firmware.

The tables of keys are those of Home Assistant's documentation: MQTT (device discovery payload,
supported abbreviations in MQTT discovery messages), and the MQTT pages of binary sensor, number,
select, sensor and switch.
"""

import json

import pytest
from pilotlight.core import place
from pilotlight.wire import command, discovery
from pilotlight_host.sim.simulate import simulate
from sim_helpers import small

ROOT_KEYS = {"dev", "o", "cmps", "avty_t", "stat_t"}
DEVICE_KEYS = {"ids", "name", "mf", "mdl", "sw", "via_device"}
OF_ALL = {"p", "uniq_id", "name", "stat_t", "val_tpl", "ent_cat", "dev_cla", "ic"}
OF_PLATFORM = {
    "binary_sensor": OF_ALL | {"pl_on", "pl_off"},
    "number": OF_ALL | {"cmd_t", "min", "max", "step", "unit_of_meas"},
    "select": OF_ALL | {"cmd_t", "ops"},
    "sensor": OF_ALL | {"unit_of_meas", "stat_cla"},
    "switch": OF_ALL | {"cmd_t", "pl_on", "pl_off"},
}
UNITS = {"current": "A", "energy": "Wh", "power": "W", "temperature": "°C", "duration": "ms"}
CLASSES = set(UNITS) | {"plug", "battery_charging", "problem", "connectivity"}
HEAD = "homeassistant/device/pilotlight-home"


def change(raw):
    raw["site"]["outlets"][0].update(name="Garage", meter="grid")
    raw["site"]["feeders"][0]["meter"] = None


@pytest.fixture(scope="module")
def broker():
    """With discoveries of an outlet and a feeder that are there no longer."""

    def start(run):
        for gone in ("2", "f2"):
            run.broker.publish(f"{HEAD}-{gone}/config", b"{}", retain=True)

    return simulate(small(change=change), on_start=start).broker


@pytest.fixture(scope="module")
def devices(broker):
    found = {topic: said for topic, said in broker.retained.items() if topic.startswith(HEAD)}
    return {topic: json.loads(said) for topic, said in found.items()}


def test_there_is_one_for_site_feeder_and_outlet_and_no_other(devices):
    assert set(devices) == {HEAD + which + "/config" for which in ("", "-f1", "-1")}
    site, _, outlet = (devices[HEAD + which + "/config"] for which in ("", "-f1", "-1"))
    assert outlet["dev"]["name"] == "Garage"
    assert outlet["dev"]["via_device"] in site["dev"]["ids"]


def test_every_key_is_one_that_home_assistant_knows(devices):
    seen = set()
    for device in devices.values():
        assert set(device) == ROOT_KEYS and set(device["dev"]) <= DEVICE_KEYS
        assert device["o"]["name"] == "pilotlight"
        for part in device["cmps"].values():
            assert set(part) <= OF_PLATFORM[part["p"]], part
            assert {"p", "uniq_id", "name"} <= set(part)
            assert part["uniq_id"] not in seen
            seen.add(part["uniq_id"])
            assert part.get("dev_cla") in CLASSES | {None}
            if part["p"] == "sensor":
                assert part.get("unit_of_meas") == UNITS.get(part.get("dev_cla"))
            assert part.get("ent_cat") in ("diagnostic", None)


def test_every_topic_is_published_and_every_key_in_it_is_there(devices, broker):
    for device in devices.values():
        assert broker.retained[device["avty_t"]] == b"online"
        for part in device["cmps"].values():
            said = broker.retained[part.get("stat_t", device["stat_t"])]
            if "val_tpl" in part:
                names = [
                    word.partition(".")[2]
                    for word in part["val_tpl"].split()
                    if "value_json" in word
                ]
                shown = json.loads(said)
                for name in names:
                    key = name.partition("[")[0].partition(".")[0]
                    assert key in shown or key == "dimming", (part, name)


def test_every_command_is_taken(devices):
    taken = set()
    for device in devices.values():
        for part in device["cmps"].values():
            if "cmd_t" in part:
                payloads = {
                    "number": [str(part.get("max")), "0"],
                    "select": part.get("ops"),
                    "switch": [part.get("pl_on"), part.get("pl_off")],
                }[part["p"]]
                for payload in payloads:
                    asked = command.Command()
                    asked.read(part["cmd_t"].encode(), payload.encode(), False, 1)
                    taken.add(asked.what)
    assert taken == {"limit", "mode", "enable"}
    assert discovery.MODES == place.MODES


def test_a_site_that_wants_none_tells_none():
    def without(raw):
        raw["site"]["mqtt"]["discovery"] = False

    retained = simulate(small(change=without)).broker.retained
    assert [topic for topic in retained if topic.startswith("homeassistant/")] == []
