"""The JSON Schema of site files, made from the tables of firmware/pilotlight/fields.py. No clock.

`python -m pilotlight_host.schema` writes docs/site.schema.json. What belongs together across
tables (an outlet's feeder exists, ids and clamp channels are used once, limits below ratings) only
the firmware's validator checks: `pilotlight config check FILE`.
"""

import json
from collections.abc import Callable
from typing import Any

from pilotlight_host.meanings import MEANINGS
from pilotlight_host.paths import ROOT
from pilotlight_host.shims.install import install

FILE = ROOT / "docs" / "site.schema.json"
_BYTE = "(0{0,2}[0-9]|0?[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5])"
_LABEL = "[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST = rf"^({_BYTE}(\.{_BYTE}){{3}}|({_LABEL}\.)*(?!([0-9]+|local)$){_LABEL})$"
_ABOUT = (
    "Made from the tables in firmware/pilotlight/fields.py. What belongs together across tables "
    "is checked by `pilotlight config check FILE` and by the board itself."
)

Schema = dict[str, Any]


def make() -> Schema:
    """The schema as a dict, draft 2020-12."""
    install()
    from pilotlight import fields

    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Pilotlight site file",
        "description": _ABOUT,
        **_table("", fields.ROOT, fields.REQUIRED),
        "$defs": {
            name: _table(name, rows, fields.REQUIRED) for name, rows in fields.SECTIONS.items()
        },
    }


def text() -> str:
    """What docs/site.schema.json holds."""
    return json.dumps(make(), indent=2) + "\n"


def _table(section: str, rows: tuple[Any, ...], required: object) -> Schema:
    return {
        "type": "object",
        "properties": {row[0]: _field(section, row, required) for row in rows},
        "required": [row[0] for row in rows if row[4] is required],
        "additionalProperties": False,
    }


def _field(section: str, row: Any, required: object) -> Schema:
    key, kind, low, high, default = row[:5]
    schema = _KINDS[kind](low, high)
    if default is required:
        return {"description": row[5], **schema}
    # to the validator, null or an empty list says the same as leaving the key out
    schema.pop("minItems", None)
    meaning = MEANINGS[section][key]
    return {"description": meaning, "default": default, "anyOf": [schema, {"type": "null"}]}


def _number(low: Any, high: Any) -> Schema:
    return {"type": "number", "minimum": low, "maximum": high}


def _integer(low: Any, high: Any) -> Schema:
    return {"type": "integer", "minimum": low, "maximum": high}


def _phases(low: Any, high: Any) -> Schema:
    return {
        "type": "array",
        "items": {"enum": ["L1", "L2", "L3"]},
        "uniqueItems": True,
        "anyOf": [{"minItems": 1, "maxItems": 1}, {"minItems": 3, "maxItems": 3}],
    }


def _meter(low: Any, high: Any) -> Schema:
    from pilotlight.wire import meters

    return {"enum": [*meters.names(), *meters.TELEGRAMS]}


def _points(low: Any, high: Any) -> Schema:
    """Measured mV at +12 V and at -12 V."""
    return {
        "type": "array",
        "prefixItems": [_integer(11000, 13000), _integer(-13000, -11000)],
        "minItems": 2,
        "maxItems": 2,
    }


_KINDS: dict[str, Callable[[Any, Any], Schema]] = {
    "number": _number,
    "base": lambda low, high: {"anyOf": [_number(low, high), {"const": "measured"}]},
    "integer": _integer,
    "choice": lambda low, high: {"enum": list(low)},
    "text": lambda low, high: {"type": "string", "maxLength": high},
    "name": lambda low, high: {"type": "string", "pattern": f"^[A-Za-z0-9_-]{{1,{high}}}$"},
    "phases": _phases,
    "meter": _meter,
    "boolean": lambda low, high: {"type": "boolean"},
    "points": _points,
    "host": lambda low, high: {"type": "string", "pattern": _HOST, "maxLength": 253},
    "zone": lambda low, high: {"type": "string", "maxLength": high},
    "table": lambda low, high: {"$ref": f"#/$defs/{low}"},
    "list": lambda low, high: {
        "type": "array",
        "items": {"$ref": f"#/$defs/{low}"},
        "minItems": 1,
        "maxItems": high,
    },
}


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
