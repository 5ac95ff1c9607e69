"""Home Assistant's MQTT device discovery: one device for the site, one for each feeder and outlet.

    homeassistant/device/pilotlight-<id>/config         the site, retained JSON
    homeassistant/device/pilotlight-<id>-f<n>/config    feeder n; empty: there is none
    homeassistant/device/pilotlight-<id>-<n>/config     outlet n; empty: there is none

Keys are the abbreviations of Home Assistant's documentation (MQTT, supported abbreviations in
discovery messages; device discovery, 2024.12 and later). What is made here comes in pieces, so
that nobody waits for all of it. No clock and no socket.
"""

import json

from pilotlight.wire.payload import ROOT, topic

MODES = ("fast", "min+solar", "solar")
_PLUGGED = "'ON' if value_json.car in ['B','C','D'] else 'OFF'"
_CHARGING = "'ON' if value_json.state in ['C2','D2'] else 'OFF'"
_PROBLEM = "'ON' if value_json.fault else 'OFF'"
_DIMMED = "value_json.dimming.limit_w if value_json.dimming is defined else None"
_POWER = "value_json.session and value_json.session.power_w"
_SESSION = "value_json.session and value_json.session.energy_wh"
_ENABLED = "'off' if value_json.paused else 'on'"

_ENERGY = {"dev_cla": "energy", "unit_of_meas": "Wh", "stat_cla": "total_increasing"}


def config_topic(device, which) -> bytes:
    """Topic of the discovery of the site (""), of feeder "f1" or of outlet "1"."""
    return ("homeassistant/device/" + _own(device, which) + "/config").encode()


def _own(device, which):
    return ROOT + "-" + device + ("-" + which if which else "")


def of_outlet(device, version, number, table):
    """Pieces of the JSON for outlet `number`; `table` is its table of the site file."""
    base = topic(device, "outlet", number).decode()
    own = _own(device, str(number))
    name = table["name"] or "outlet " + str(number)
    yield from _head(device, version, base, own, name, "outlet")
    for key, platform, name, value, more in _shown(base, table):
        yield _part(own, key, platform, name, value, **more)
    if table["meter"] is not None:
        yield _energy(own, device, table["meter"])
    yield b"}}"


def _shown(base, table):
    """Of an outlet: (key, platform, name, value, what else)."""
    amps = {"dev_cla": "current", "unit_of_meas": "A"}
    measured = {"stat_cla": "measurement", "dev_cla": "current", "unit_of_meas": "A"}
    yield "state", "sensor", "State", "state", {"ic": "mdi:ev-station"}
    yield "plugged", "binary_sensor", "Plugged in", _PLUGGED, {"dev_cla": "plug"}
    yield "charging", "binary_sensor", "Charging", _CHARGING, {"dev_cla": "battery_charging"}
    yield "problem", "binary_sensor", "Problem", _PROBLEM, {"dev_cla": "problem"}
    yield "offered", "sensor", "Offered", "offered_a", measured
    yield "why", "sensor", "Why", "value_json.why[:255]", {"ic": "mdi:help-circle-outline"}
    limit = {"cmd_t": base + "/set/limit", "min": 0, "max": table["max_a"], "step": 1}
    limit.update(amps)
    yield "limit", "number", "Limit", "limit_a", limit
    yield "mode", "select", "Mode", "mode", {"cmd_t": base + "/set/mode", "ops": MODES}
    switch = {"cmd_t": base + "/set/enable", "pl_on": "on", "pl_off": "off"}
    yield "enabled", "switch", "Enabled", _ENABLED, switch
    if table["meter"] is not None:
        yield "current", "sensor", "Current", "metered_a", measured
    watts = {"stat_cla": "measurement", "dev_cla": "power", "unit_of_meas": "W"}
    yield "power", "sensor", "Power", _POWER, watts
    yield "session", "sensor", "Session energy", _SESSION, _ENERGY
    cycles = {"stat_cla": "total_increasing", "ent_cat": "diagnostic"}
    yield "cycles", "sensor", "Contactor cycles", "cycles", cycles


def of_feeder(device, version, number, table):
    """The same for feeder `number`."""
    base = topic(device, "site").decode()
    own = _own(device, "f" + str(number))
    yield from _head(device, version, base, own, "feeder " + table["id"], "feeder")
    amps = {"dev_cla": "current", "unit_of_meas": "A", "stat_cla": "measurement"}
    at = "value_json.feeders[" + str(number - 1) + "]"
    if table["clamps"] is not None or table["meter"] is not None:
        for p in range(3):
            line, value = str(p + 1), at + ".measured_a[" + str(p) + "]"
            yield _part(own, "l" + line, "sensor", "L" + line, value, **amps)
    if table["meter"] is not None:
        yield _energy(own, device, table["meter"])
    yield _part(own, "trust", "sensor", "Sensors", at + ".trust", ent_cat="diagnostic")
    yield b"}}"


def of_site(device, version):
    """The same for what all share."""
    base = topic(device, "site").decode()
    own = _own(device, "")
    yield from _head(device, version, base, own, device, "site")
    celsius = {"dev_cla": "temperature", "unit_of_meas": "\xb0C", "ent_cat": "diagnostic"}
    yield _part(own, "board", "sensor", "Board", "board_c", **celsius)
    late = {"dev_cla": "duration", "unit_of_meas": "ms", "ent_cat": "diagnostic"}
    yield _part(own, "latest", "sensor", "Worst lateness", "latest_ms", **late)
    watts = {"dev_cla": "power", "unit_of_meas": "W"}
    yield _part(own, "dimmed", "sensor", "Dimmed to", _DIMMED, **watts)
    yield b"}}"


def _energy(own, device, meter):
    """The register of a meter, which stands under its id in the site."""
    at = topic(device, "site").decode()
    value = "value_json.energy_wh['" + meter + "']"
    return _part(own, "energy_" + meter, "sensor", "Energy " + meter, value, stat_t=at, **_ENERGY)


def _head(device, version, base, own, name, model):
    """Device, origin, and the topic from which its parts take their values."""
    about = {"ids": [own], "name": name, "mf": "Pilotlight", "mdl": model, "sw": version}
    if own != _own(device, ""):
        about["via_device"] = _own(device, "")
    status = topic(device, "status").decode()
    head = {"dev": about, "o": {"name": "pilotlight", "sw": version}, "avty_t": status}
    head["stat_t"] = base
    online = {"p": "binary_sensor", "name": "Online", "uniq_id": own + "-online", "stat_t": status}
    online.update({"pl_on": "online", "pl_off": "offline"})
    online.update({"dev_cla": "connectivity", "ent_cat": "diagnostic"})
    yield json.dumps(head)[:-1].encode()
    yield (', "cmps": {"online": ' + json.dumps(online)).encode()


def _part(own, key, platform, name, value, **more):
    """One component, with the comma before it. `value`: a key of the JSON there, or a template."""
    if "value_json" not in value:
        value = "value_json." + value
    part = {"p": platform, "name": name, "uniq_id": own + "-" + key}
    part["val_tpl"] = "{{ " + value + " }}"
    part.update(more)
    return (", " + json.dumps(key) + ": " + json.dumps(part)).encode()
