"""Commands that arrive over MQTT, checked before anyone acts on them.

    pilotlight/<id>/outlet/<n>/set/<what>  limit, pause, resume, enable, mode, boost,
                                           phases, need or priority
    pilotlight/<id>/site/set/<what>        dim

The plain payload of each stands in docs/mqtt.md; each may be a JSON object instead, which may hold
an "id" of 1...32 characters, and "utc_s", when it was sent. No clock and no socket. Currents are
mA inside and A in text; durations are seconds.
"""

import json

from micropython import const

from pilotlight.wire.payload import ROOT

LIMIT = "limit"
PAUSE = "pause"
RESUME = "resume"
ENABLE = "enable"
MODE = "mode"
BOOST = "boost"
PHASES = "phases"
NEED = "need"
PRIORITY = "priority"
DIM = "dim"
OF_OUTLET = (LIMIT, PAUSE, RESUME, ENABLE, MODE, BOOST, PHASES, NEED, PRIORITY)
OF_SITE = (DIM,)

MAX_PAYLOAD_BYTES = const(256)
_MAX_TOPIC_BYTES = const(128)
_MIN_MA = const(6000)  # IEC 61851-1: the pilot cannot offer less
_MAX_MA = const(80000)  # nor more
_MAX_FOR_S = const(432000)  # 5 days: deadlines are tick differences, right within 6.2 days
_MAX_ID = const(32)
_MAX_UTC_S = 4294967295  # 2106
_COUNTS = {"1": 1, "3": 3, "null": None}
_SHOWN = const(32)  # of a payload in an error
_AMPS = "0 or 6...80"
_DIGITS = "0123456789"


class CommandError(ValueError):
    """A command that is not carried out; the text names topic, payload and what was expected."""


class Command:
    """One command: `what` for `outlet` (1..., None: for the site), `limit_ma` (only with LIMIT),
    `value` and `for_s`; `name` is its topic below the device, `id` what its sender calls it,
    `utc_s` when it was sent (s since 1970; None: not told).

    limit_ma is 0 or 6000...80000; value with DIM W, or None: lifted; with NEED Wh; with MODE its
    name; with ENABLE a boolean; with PRIORITY a number; with PHASES 1, 3, or None: as others wish.
    for_s 1...432000, or None: until changed.
    """

    def __init__(self):
        self.name = ""
        self.id = None
        self.utc_s = None
        self.outlet = None
        self.what = ""
        self.limit_ma = None
        self.for_s = None
        self.value = None

    def read(self, topic_bytes, payload, is_retained, outlets):
        """Take what is in a message; `outlets` is the number of outlets of this site.

        Raises CommandError for anything else, always before memory beyond the message is spent;
        name and id are known then as far as they were understood.
        """
        self._aim(topic_bytes, outlets)
        if is_retained:
            raise self._wrong("a retained command is ignored, publish without retain")
        if len(payload) > MAX_PAYLOAD_BYTES:
            raise self._wrong("%d bytes are too long (0...%d)" % (len(payload), MAX_PAYLOAD_BYTES))
        text = self._text(payload).strip()
        if self.what == LIMIT:
            self._limit(text)
        elif self.what == DIM:
            self._dim(text)
        elif self.what == NEED:
            fields = self._fields(text, ("need_wh", "for_s"))
            self.value = self._whole(fields, "need_wh")
            self._time(fields)
        elif self.what in (ENABLE, MODE, PHASES, PRIORITY):
            self._word(text)
        elif self.what == RESUME:
            if text:
                self._fields(text, ())
        elif text:  # PAUSE or BOOST
            self._time(self._fields(text, ("for_s",)))
        return self

    # ------------------------------------------------------------------ for whom

    def _aim(self, topic_bytes, outlets):
        """Outlet, what, and the topic below the device, which names the command in errors."""
        self.name = "topic"
        if len(topic_bytes) > _MAX_TOPIC_BYTES:
            size = (len(topic_bytes), _MAX_TOPIC_BYTES)
            raise self._wrong("%d bytes are too long (0...%d)" % size)
        levels = self._text(topic_bytes).split("/")
        self.name = _printable("/".join(levels[2:]))
        kind = levels[2] if len(levels) > 2 else ""
        if len(levels) == 5 and levels[0] == ROOT and kind == "site" and levels[3] == "set":
            self._be(levels[4], OF_SITE)
            return
        if len(levels) != 6 or levels[0] != ROOT or kind != "outlet" or levels[4] != "set":
            raise self._wrong("no such command, expected outlet/<n>/set/<what>")
        self._be(levels[5], OF_OUTLET)
        number = int(levels[3]) if _is_digits(levels[3]) else 0
        if not 1 <= number <= outlets:
            raise self._wrong("no such outlet (1...%d)" % outlets)
        self.outlet = number

    def _be(self, what, expected):
        if what not in expected:
            raise self._wrong("no such command, expected " + _listed(expected))
        self.what = what

    # ------------------------------------------------------------------ what

    def _limit(self, text):
        if not text.startswith("{"):
            self.limit_ma = self._checked_ma(text, _decimal_ma(text))
            return
        fields = self._fields(text, ("limit_a", "for_s"))
        if "limit_a" not in fields:
            raise self._wrong("limit_a is missing (%s A)" % _AMPS)
        amps = fields["limit_a"]
        is_number = isinstance(amps, (int, float)) and not isinstance(amps, bool)
        # compared before it becomes an integer: infinity and NaN are in no range
        limit_ma = (int(amps * 1000 + 0.5) if 0 <= amps <= 80 else -1) if is_number else None
        self.limit_ma = self._checked_ma(str(amps), limit_ma)
        self._time(fields)

    def _checked_ma(self, shown, limit_ma):
        if limit_ma is None:
            raise self._wrong("%s is not a number of amps (%s)" % (_quote(shown), _AMPS))
        if limit_ma != 0 and not _MIN_MA <= limit_ma <= _MAX_MA:
            raise self._wrong("%s A is out of range (%s)" % (_clip(shown), _AMPS))
        return limit_ma

    def _dim(self, text):
        """So many W, as they are or with a time; "off" lifts it."""
        if text == "off":
            return
        if _is_digits(text):
            self.value = int(text)
            return
        fields = self._fields(text, ("limit_w", "for_s"))
        if fields.get("limit_w") != "off":
            self.value = self._whole(fields, "limit_w")
        self._time(fields)

    def _word(self, text):
        """One value, plain or in JSON under the name of the command."""
        value = text
        if text.startswith("{"):
            value = self._fields(text, (self.what,)).get(self.what, "")
            value = "null" if value is None else str(value)
        if self.what == MODE:
            self.value = _clip(value)
        elif self.what == ENABLE:
            if value not in ("on", "off"):
                raise self._wrong(_quote(value) + " is wrong, expected on or off")
            self.value = value == "on"
        elif self.what == PRIORITY:
            if not (len(value) == 1 and _is_digits(value)):
                raise self._wrong(_quote(value) + " is wrong, expected 0...9")
            self.value = int(value)
        elif value in _COUNTS:
            self.value = _COUNTS[value]
        else:
            raise self._wrong(_quote(value) + " is wrong, expected 1, 3 or null")

    def _fields(self, text, known):
        """The JSON object in `text`; it holds no other keys than `known`, id and utc_s."""
        known += ("id", "utc_s")
        try:
            # MicroPython's parser takes '{"for_s": 1' for whole
            fields = json.loads(text) if text.endswith("}") else None
        except (ValueError, TypeError, RuntimeError):  # the last two: odd keys, nested too deep
            fields = None
        if not isinstance(fields, dict):
            expected = "expected a JSON object with " + _listed(known)
            raise self._wrong("%s is not JSON, %s" % (_quote(text), expected))
        if "id" in fields:
            name = fields["id"]
            if (
                not isinstance(name, str)
                or not 1 <= len(name) <= _MAX_ID
                or _printable(name) != name
            ):
                raise self._wrong("id %s is no text of 1...32 characters" % _clip(str(name)))
            self.id = name
        for key in fields:
            if key not in known:
                found = (_quote(str(key)), _listed(known))
                raise self._wrong("unknown key %s, expected %s" % found)
        if "utc_s" in fields:
            self.utc_s = self._whole(fields, "utc_s")
            if not 0 <= self.utc_s <= _MAX_UTC_S:
                raise self._wrong("utc_s is out of range (0...%d)" % _MAX_UTC_S)
        return fields

    def _whole(self, fields, key):
        value = fields.get(key)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self._wrong("%s %s is no whole number" % (key, _clip(str(value))))
        return value

    def _time(self, fields):
        value = fields.get("for_s")
        if value is None:
            return
        is_number = isinstance(value, int) and not isinstance(value, bool)
        if not is_number or not 1 <= value <= _MAX_FOR_S:
            found = (_clip(str(value)), _MAX_FOR_S)
            raise self._wrong("for_s %s is no whole number of seconds (1...%d)" % found)
        self.for_s = value

    def _text(self, raw):
        try:
            return bytes(raw).decode()
        except UnicodeError:
            raise self._wrong("is not UTF-8 text") from None

    def _wrong(self, text):
        return CommandError(self.name + ": " + text)


def _decimal_ma(text):
    """Return "10" or "10.5" as mA, exactly, further digits cut; None if it is no such number."""
    whole, point, part = text.partition(".")
    if not _is_digits(whole) or (point and not _is_digits(part)):
        return None
    return int(whole) * 1000 + int((part + "000")[:3])


def _is_digits(text):
    """ASCII digits only: str.isdigit takes superscripts, which int() does not."""
    return bool(text) and all(character in _DIGITS for character in text)


def _listed(words):
    return (", ".join(words[:-1]) + " or " if len(words) > 1 else "") + words[-1]


def _printable(text):
    return "".join([c if " " <= c <= "~" else "?" for c in text])


def _clip(text):
    text = _printable(text)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."


def _quote(text):
    return '"' + _clip(text) + '"'
