"""docs/mqtt.md for programs: an AsyncAPI 3.0 document, made from the tables of that page.

`python -m pilotlight_host.asyncapi` writes docs/mqtt.asyncapi.json. What a payload may hold stands
here; host_tests/test_mqtt_doc.py holds that, and the page itself, against the firmware.
"""

import json
import re
from typing import Any

from pilotlight_host.paths import ROOT

PAGE = ROOT / "docs" / "mqtt.md"
FILE = ROOT / "docs" / "mqtt.asyncapi.json"
Tree = dict[str, Any]

_AMPS: Tree = {"type": "number", "anyOf": [{"const": 0}, {"minimum": 6, "maximum": 80}]}
_ID: Tree = {"type": "string", "pattern": "^[ -~]{1,32}$"}
_COMMON: Tree = {
    "id": _ID | {"description": "carried out once, and in the answer"},
    "utc_s": {
        "type": "integer",
        "minimum": 0,
        "maximum": 4294967295,
        "description": "when it was sent: refused when it is stale",
    },
}
_FOR_S: Tree = {"type": ["integer", "null"], "minimum": 1, "maximum": 432000}
# of commands: keys in JSON, and which of them must be there
_COMMANDS: dict[str, tuple[Tree, list[str]]] = {
    "limit": ({"limit_a": _AMPS, "for_s": _FOR_S}, ["limit_a"]),
    "pause": ({"for_s": _FOR_S}, []),
    "resume": ({}, []),
    "enable": ({"enable": {"enum": ["on", "off"]}}, ["enable"]),
    "mode": ({"mode": {"enum": ["fast", "min+solar", "solar"]}}, ["mode"]),
    "boost": ({"for_s": _FOR_S}, []),
    "phases": ({"phases": {"enum": [1, 3, None]}}, ["phases"]),
    "need": (
        {"need_wh": {"type": "integer", "minimum": 0, "maximum": 200000}, "for_s": _FOR_S},
        ["need_wh"],
    ),
    "priority": ({"priority": {"type": "integer", "minimum": 0, "maximum": 9}}, ["priority"]),
    "dim": (
        {
            "limit_w": {
                "anyOf": [{"type": "integer", "minimum": 0, "maximum": 250000}, {"const": "off"}]
            },
            "for_s": _FOR_S,
        },
        ["limit_w"],
    ),
}
_UNLESS_0: Tree = {  # a need that is one says until when
    "anyOf": [
        {"properties": {"need_wh": {"const": 0}}},
        {"properties": {"for_s": {"type": "integer"}}, "required": ["for_s"]},
    ]
}
_SESSION: Tree = {
    "type": "object",
    "properties": {
        "kind": {"const": "session"},
        "outlet": {"type": "integer", "minimum": 1, "maximum": 8},
        "begun_utc_s": {"type": ["integer", "null"]},
        "utc_s": {"type": ["integer", "null"]},
        "plugged_s": {"type": "integer", "minimum": 0},
        "charged_s": {"type": "integer", "minimum": 0},
        "energy_wh": {"type": ["integer", "null"], "minimum": 0},
        "by": {"enum": ["meter", "inferred", None]},
        "unknown_s": {"type": "integer", "minimum": 0},
        "most_a": {"type": "number", "minimum": 0},
        "end": {"enum": [None, "unplugged", "restart"]},
        "seq": {"type": "integer", "minimum": 0},
        "boot": {"type": "integer", "minimum": 0},
    },
    "required": [
        "kind",
        "outlet",
        "plugged_s",
        "charged_s",
        "energy_wh",
        "by",
        "end",
        "seq",
        "boot",
    ],
}
_ORDERS: Tree = {
    "type": "object",
    "properties": {
        "kind": {"const": "orders"},
        "orders": {
            "type": "array",
            "items": {
                "type": "array",
                "prefixItems": [
                    {"enum": ["network", "person"]},
                    {"type": "integer", "minimum": 0, "maximum": 250000},
                    {"type": ["integer", "null"], "minimum": 1},
                ],
            },
        },
        "seq": {"type": "integer", "minimum": 0},
        "boot": {"type": "integer", "minimum": 0},
    },
    "required": ["kind", "orders", "seq", "boot"],
}
_TELLS: dict[str, Tree] = {
    "status": {"enum": ["online", "offline"]},
    "event": {
        "type": "object",
        "properties": {
            "seq": {"type": "integer", "minimum": 0},
            "boot": {"type": ["integer", "null"], "minimum": 0},
            "age_s": {"type": "integer", "minimum": 0},
            "utc_s": {"type": ["integer", "null"]},
            "text": {"type": "string"},
        },
        "required": ["seq", "boot", "age_s", "utc_s", "text"],
    },
    "record": {"anyOf": [_SESSION, _ORDERS]},
    "diary": {
        "type": "object",
        "properties": {
            "kind": {"const": "events"},
            "first": {"type": "integer", "minimum": 0},
            "up_s": {"type": "integer", "minimum": 0},
            "utc_s": {"type": ["integer", "null"]},
            "events": {
                "type": "array",
                "minItems": 1,
                "items": {
                    "type": "array",
                    "prefixItems": [{"type": "integer", "minimum": 0}, {"type": "string"}],
                },
            },
            "seq": {"type": "integer", "minimum": 0},
            "boot": {"type": "integer", "minimum": 0},
        },
        "required": ["kind", "first", "up_s", "utc_s", "events", "seq", "boot"],
    },
    "answer": {
        "type": "object",
        "properties": {
            "to": {"type": "string"},
            "id": {"anyOf": [_ID, {"type": "null"}]},
            "ok": {"type": "boolean"},
            "error": {"type": ["string", "null"]},
            "limit_a": {"type": "number", "minimum": 0},
            "why": {"type": "string"},
        },
        "required": ["to", "id", "ok", "error"],
    },
}


def rows(page: str, title: str) -> list[list[str]]:
    """The cells of the table below a heading, without its own head."""
    below = re.split(r"^#+ ", page.partition(f"# {title}\n")[2], maxsplit=1, flags=re.M)[0]
    found = re.findall(r"^\| (.*) \|$", below, re.M)
    return [[cell.strip() for cell in row.split("|")] for row in found[1:]]


def make() -> Tree:
    """The document as a dict."""
    page = PAGE.read_text(encoding="utf-8")
    channels, operations = {}, {}
    for cell, qos, retained, _, when in rows(page, "What it tells"):
        topic = re.findall("`([^`]*)`", cell)[0]
        name = _name(topic)
        channels[name] = _channel(topic, name, _told(page, name))
        operations["tell-" + name] = _operation("send", name, when, int(qos), retained == "yes")
    for cell, plain, _, what in rows(page, "What it takes"):
        topic = re.findall("`([^`]*)`", cell)[0]
        name = topic.rpartition("/")[2]
        channels[name] = _channel(topic, name, command(name), "plain: " + plain)
        operations["take-" + name] = _operation("receive", name, what, 1, False)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Pilotlight over MQTT",
            "version": "0.1.0",
            "description": "Made from docs/mqtt.md. Of each command only the JSON form is here.",
        },
        "defaultContentType": "application/json",
        "servers": {
            "broker": {
                "host": "{host}:{port}",
                "protocol": "mqtt",
                "protocolVersion": "3.1.1",
                "variables": {
                    "host": {"description": "mqtt.host of the site file"},
                    "port": {"default": "1883"},
                },
            }
        },
        "channels": channels,
        "operations": operations,
    }


def command(name: str) -> Tree:
    """The JSON Schema of a command's object."""
    keys, required = _COMMANDS[name]
    found = {"type": "object", "properties": keys | _COMMON, "additionalProperties": False}
    found |= {"required": required} if required else {}
    return found | (_UNLESS_0 if name == "need" else {})


def _told(page: str, name: str) -> Tree:
    if name in _TELLS:
        return _TELLS[name]
    keys = {}
    for title in ("`outlet/<n>`", "`site`"):
        if title.strip("`").partition("/")[0] == name:
            for row in rows(page, title):
                told = {"description": ", ".join(cell for cell in row[1:] if cell)}
                keys |= dict.fromkeys(re.findall("`([^`]*)`", row[0]), told)
    return {"type": "object", "properties": keys} if keys else {"type": "object"}


def _name(topic: str) -> str:
    if topic.startswith("homeassistant"):
        return "discovery"
    return "outlet" if topic.endswith("<n>") else topic.rpartition("/")[2]


def _channel(topic: str, name: str, payload: Tree, more: str = "") -> Tree:
    parameters = {key: {} for key in re.findall("<(.*?)>", topic)}
    about = {"id": {"description": "site.id of the site file"}, "n": {"description": "from 1"}}
    message = {"payload": payload} | ({"description": more} if more else {})
    return {
        "address": re.sub("<(.*?)>", r"{\1}", topic),
        "parameters": {key: about[key] for key in parameters},
        "messages": {name: message},
    }


def _operation(action: str, name: str, about: str, qos: int, retained: bool) -> Tree:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{name}"},
        "description": about,
        "bindings": {"mqtt": {"qos": qos, "retain": retained}},
    }


def text() -> str:
    """What docs/mqtt.asyncapi.json holds."""
    return json.dumps(make(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
