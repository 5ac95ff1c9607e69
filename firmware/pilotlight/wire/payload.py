"""MQTT payloads: topics, snapshots as JSON, commands checked before anyone acts on them.

    pilotlight/<id>/status                 online or offline, retained
    pilotlight/<id>/site                   retained JSON
    pilotlight/<id>/outlet/<n>             retained JSON
    pilotlight/<id>/event                  JSON
    pilotlight/<id>/outlet/<n>/set/<what>  command: limit, pause, phases, resume
    pilotlight/<id>/site/set/<what>        command: none yet, each is refused by name

No clock and no socket. Currents are mA inside and A in text; durations are seconds.
"""

import json

from micropython import const

ROOT = "pilotlight"
LIMIT = "limit"
PAUSE = "pause"
PHASES = "phases"
RESUME = "resume"

MAX_PAYLOAD_BYTES = const(256)
_MAX_TOPIC_BYTES = const(128)
_MIN_MA = const(6000)  # IEC 61851-1: the pilot cannot offer less
_MAX_MA = const(80000)  # nor more
_MAX_FOR_S = const(432000)  # 5 days: deadlines are tick differences, right within 6.2 days
_COUNTS = {"1": 1, "3": 3, "null": None}
_SHOWN = const(32)  # of a payload in an error
_AMPS = "0 or 6...80"
_DIGITS = "0123456789"


class CommandError(ValueError):
    """A command that is not carried out; the text names topic, payload and what was expected."""


class Command:
    """One checked command: `what` for `outlet` (1...), `limit_ma` (only with LIMIT) and `for_s`.

    limit_ma is 0 or 6000...80000; for_s 1...432000, or None: until changed. value with PHASES is
    1, 3, or None: as others wish.
    """

    def __init__(self, outlet, what, limit_ma=None, for_s=None, value=None):
        self.outlet = outlet
        self.what = what
        self.limit_ma = limit_ma
        self.for_s = for_s
        self.value = value


def topic(device, *levels) -> bytes:
    """Return the topic of this device below ROOT: topic("home", "outlet", 1)."""
    return "/".join([ROOT, device] + [str(level) for level in levels]).encode()


def command_filters(device) -> tuple:
    """Return the two topic filters under which commands arrive."""
    return topic(device, "outlet", "+", "set", "+"), topic(device, "site", "set", "+")


def encode(snapshot) -> bytes:
    """Return a snapshot (dict of numbers, text, booleans, None, lists) as JSON."""
    return json.dumps(snapshot).encode()


def parse_command(topic_bytes, payload, retained, outlets) -> Command:
    """Return the command in a message; `outlets` is the number of outlets of this site.

    Raises CommandError for anything else, always before memory beyond the message is spent.
    """
    outlet, what, name = _target(topic_bytes, outlets)
    if retained:
        raise CommandError(name + ": a retained command is ignored, publish without retain")
    if len(payload) > MAX_PAYLOAD_BYTES:
        size = (name, len(payload), MAX_PAYLOAD_BYTES)
        raise CommandError("%s: %d bytes are too long (0...%d)" % size)
    text = _text(name, payload).strip()
    if what == LIMIT:
        return _limit(name, outlet, text)
    if what == PHASES:
        return _phases(name, outlet, text)
    if what == RESUME and text:
        raise CommandError("%s: %s is too much, expected an empty payload" % (name, _quote(text)))
    fields = _fields(name, text, ("for_s",)) if text else {}
    return Command(outlet, what, None, _for_s(name, fields))


def _target(topic_bytes, outlets):
    """Return outlet, what, and the topic below the device, which names the command in errors."""
    if len(topic_bytes) > _MAX_TOPIC_BYTES:
        size = (len(topic_bytes), _MAX_TOPIC_BYTES)
        raise CommandError("topic: %d bytes are too long (0...%d)" % size)
    levels = _text("topic", topic_bytes).split("/")
    name = _printable("/".join(levels[2:]))
    kind = levels[2] if len(levels) > 2 else ""
    if len(levels) != 6 or levels[0] != ROOT or kind != "outlet" or levels[4] != "set":
        raise CommandError("%s: no such command, expected outlet/<n>/set/<what>" % name)
    if levels[5] not in (LIMIT, PAUSE, PHASES, RESUME):
        raise CommandError("%s: no such command, expected limit, pause, phases or resume" % name)
    number = int(levels[3]) if _is_digits(levels[3]) else 0
    if not 1 <= number <= outlets:
        raise CommandError("%s: no such outlet (1...%d)" % (name, outlets))
    return number, levels[5], name


def _limit(name, outlet, text):
    if not text.startswith("{"):
        return Command(outlet, LIMIT, _checked_ma(name, text, _decimal_ma(text)))
    fields = _fields(name, text, ("limit_a", "for_s"))
    if "limit_a" not in fields:
        raise CommandError("%s: limit_a is missing (%s A)" % (name, _AMPS))
    amps = fields["limit_a"]
    is_number = isinstance(amps, (int, float)) and not isinstance(amps, bool)
    # compared before it becomes an integer: infinity and NaN are in no range
    limit_ma = (int(amps * 1000 + 0.5) if 0 <= amps <= 80 else -1) if is_number else None
    return Command(outlet, LIMIT, _checked_ma(name, str(amps), limit_ma), _for_s(name, fields))


def _phases(name, outlet, text):
    if text not in _COUNTS:
        raise CommandError("%s: %s is wrong, expected 1, 3 or null" % (name, _quote(text)))
    return Command(outlet, PHASES, value=_COUNTS[text])


def _checked_ma(name, shown, limit_ma):
    if limit_ma is None:
        raise CommandError("%s: %s is not a number of amps (%s)" % (name, _quote(shown), _AMPS))
    if limit_ma != 0 and not _MIN_MA <= limit_ma <= _MAX_MA:
        raise CommandError("%s: %s A is out of range (%s)" % (name, _clip(shown), _AMPS))
    return limit_ma


def _decimal_ma(text):
    """Return "10" or "10.5" as mA, exactly, further digits cut; None if it is no such number."""
    whole, point, part = text.partition(".")
    if not _is_digits(whole) or (point and not _is_digits(part)):
        return None
    return int(whole) * 1000 + int((part + "000")[:3])


def _fields(name, text, known):
    """Return the JSON object in `text`; it holds no other keys than `known`."""
    try:
        # MicroPython's parser takes '{"for_s": 1' for whole
        fields = json.loads(text) if text.endswith("}") else None
    except (ValueError, TypeError, RuntimeError):  # the last two: odd keys, nested too deep
        fields = None
    if not isinstance(fields, dict):
        expected = "expected a JSON object with " + " and ".join(known)
        raise CommandError("%s: %s is not JSON, %s" % (name, _quote(text), expected))
    for key in fields:
        if key not in known:
            found = (name, _quote(str(key)), " or ".join(known))
            raise CommandError("%s: unknown key %s, expected %s" % found)
    return fields


def _for_s(name, fields):
    value = fields.get("for_s")
    if value is None:
        return None
    is_number = isinstance(value, int) and not isinstance(value, bool)
    if not is_number or not 1 <= value <= _MAX_FOR_S:
        found = (name, _clip(str(value)), _MAX_FOR_S)
        raise CommandError("%s: for_s %s is no whole number of seconds (1...%d)" % found)
    return value


def _text(name, raw):
    try:
        return bytes(raw).decode()
    except UnicodeError:
        raise CommandError(name + ": is not UTF-8 text") from None


def _is_digits(text):
    """ASCII digits only: str.isdigit takes superscripts, which int() does not."""
    return bool(text) and all(character in _DIGITS for character in text)


def _printable(text):
    return "".join([c if " " <= c <= "~" else "?" for c in text])


def _clip(text):
    text = _printable(text)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."


def _quote(text):
    return '"' + _clip(text) + '"'


def client_id(device) -> bytes:
    """Return the MQTT client id of this device; one broker must not see it twice."""
    return (ROOT + "-" + device).encode()
