"""The keys of the site file, each once: kind, range, default; and the kinds of value.

The tables are also what `pilotlight config schema` publishes as a JSON Schema
(docs/site.schema.json). config.py reads and checks a file by them.
"""

from pilotlight.wire import address, meters

REQUIRED = ...  # written as it is in the tables, which are constants so and stay in flash

# A field: key, kind, low, high, default. Numbers have low and high; "choice" has the tuple of
# choices as low; "text" has its longest length as high; "list" and "table" have the name of a
# section as low; lists have their longest length as high. A default of ... means that the key must
# be there: then comes what it is. Of the others the board never says that: it stands in
# tools/pilotlight_host/meanings.py.

SITE = (
    ("id", "name", None, 24, ..., "name of the site in topics: letters, digits, - and _"),
    ("title", "text", None, 60, ""),
    ("residual_retry", "integer", 0, 4, 0),
    ("residual_test", "boolean", None, None, False),
    ("policy", "choice", ("equal", "priority", "first-come", "departure"), None, "equal"),
    ("dimming_w", "integer", 0, 250000, None),
    ("restart_delay_s", "integer", 0, 1800, 0),
)

CLAMP = (
    ("channel", "integer", 1, 12, ..., "clamp channel of the board"),
    ("gain", "integer", 1, 32767, ..., "mA, or 1/100 V, per 100 counts of the converter (rms)"),
    ("shift_us", "integer", -1000, 1000, 0),
)

FEEDER = (
    ("id", "name", None, 24, ..., "name of the feeder"),
    ("feeder", "name", None, 24, None),
    ("rating_a", "number", 6, 250, ..., "rating of its breaker or fuse, A per phase"),
    ("breaker", "choice", ("B", "C", "D", "gG"), None, ..., "characteristic of the breaker"),
    ("limit_a", "number", 6, 250, None),
    ("base_max_a", "base", 0, 250, None),
    ("reserve_a", "number", 0, 250, 0),
    ("import_w", "integer", 0, 250000, None),
    ("quarter_w", "integer", 0, 250000, None),
    ("export_w", "integer", 0, 250000, None),
    ("unbalance_a", "number", 1, 250, None),
    ("clamps", "list", "clamp", 3, None),
    ("voltage", "table", "clamp", None, None),
    ("meter", "name", None, 24, None),
)

OUTLET = (
    ("name", "text", None, 24, ""),
    ("feeder", "name", None, 24, ..., "id of the feeder it hangs on"),
    ("phases", "phases", None, 3, ("L1", "L2", "L3")),
    ("max_a", "number", 6, 80, ..., "what outlet and wiring can carry, A per phase"),
    ("min_a", "number", 6, 32, 6),
    ("priority", "integer", 0, 9, 0),
    ("mode", "choice", ("fast", "min+solar", "solar"), None, "fast"),
    ("meter", "name", None, 24, None),
    ("socket", "boolean", None, None, False),
    ("lock", "boolean", None, None, False),
    ("ventilation", "boolean", None, None, False),
    ("switching", "boolean", None, None, False),
    ("wake", "boolean", None, None, True),
    ("pilot_cal", "points", None, None, None),
)

METER = (
    ("id", "name", None, 24, ..., "name of the meter"),
    ("port", "name", None, 24, ..., "serial port of the board"),
    ("model", "meter", None, None, ..., "type of the meter (docs/meters.md)"),
    ("address", "integer", 1, 247, 1),
    ("baud", "choice", (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200), None, 9600),
    ("parity", "choice", ("N", "E", "O"), None, "N"),
    ("stop", "choice", (1, 2), None, 1),
    ("poll_ms", "integer", 200, 1500, 500),
)

MQTT = (
    ("host", "host", None, None, ..., "IPv4 address of the broker, or its name"),
    ("port", "integer", 1, 65535, 1883),
    ("user", "text", None, 64, ""),
    ("password", "text", None, 64, ""),
    ("keepalive_s", "integer", 10, 300, 60),
    ("discovery", "boolean", None, None, True),
)

CLOCK = (
    ("server", "host", None, None, None),
    ("zone", "zone", None, 64, None),
)

MODEM = (("apn", "text", None, 63, ..., "access point name of the mobile network"),)

ROOT = (
    ("site", "table", "site", None, ..., "the site"),
    ("feeders", "list", "feeder", 8, ..., "fused supplies"),
    (
        "outlets",
        "list",
        "outlet",
        8,
        ...,
        "charging outlets, in the order of the board's terminals",
    ),
    ("meters", "list", "meter", 9, ()),
    ("mqtt", "table", "mqtt", None, None),
    ("clock", "table", "clock", None, None),
    ("modem", "table", "modem", None, None),
)

SECTIONS = {
    "site": SITE,
    "clamp": CLAMP,
    "feeder": FEEDER,
    "outlet": OUTLET,
    "meter": METER,
    "mqtt": MQTT,
    "clock": CLOCK,
    "modem": MODEM,
}
PHASES = ("L1", "L2", "L3")


# ---------------------------------------------------------------------- kinds
# Functions of a value, low and high; they return what was expected, or "" if it is that.


def _number(value, low, high):
    if isinstance(value, (int, float)) and not isinstance(value, bool) and low <= value <= high:
        return ""
    return "a number " + str(low) + "..." + str(high)


def _base(value, low, high):
    expected = "" if value == "measured" else _number(value, low, high)
    return expected and expected + ', or "measured"'


def _integer(value, low, high):
    if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
        return ""
    return "a whole number " + str(low) + "..." + str(high)


def _choice(value, choices, _):
    # 1 == True == 1.0: the type counts too
    if [c for c in choices if c == value and type(c) is type(value)]:
        return ""
    return "one of " + ", ".join([str(choice) for choice in choices])


def _text(value, _, longest):
    if isinstance(value, str) and len(value) <= longest:
        return ""
    return "text of at most " + str(longest) + " characters"


def _name(value, _, longest):
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
    if isinstance(value, str) and 1 <= len(value) <= longest:
        if all([letter in letters for letter in value]):
            return ""
    return "1..." + str(longest) + " letters, digits, - or _"


def _phases(value, _, __):
    if isinstance(value, list) and len(value) in (1, 3):
        if all([value[i] in PHASES and value[i] not in value[:i] for i in range(len(value))]):
            return ""
    return 'one or three different phases, like ["L2"] or ["L1", "L2", "L3"]'


def _meter(value, _, __):
    known = list(meters.names()) + list(meters.TELEGRAMS)
    return "" if value in known else "one of " + ", ".join(known)


def _boolean(value, _, __):
    return "" if isinstance(value, bool) else "true or false"


def _points(value, _, __):
    """What is further away is a broken part, not a tolerance."""
    if isinstance(value, (list, tuple)) and len(value) == 2:
        high_mv, low_mv = value
        if not (_integer(high_mv, 11000, 13000) or _integer(low_mv, -13000, -11000)):
            return ""
    return "two whole numbers of mV, 11000...13000 and -13000...-11000, like [12080, -11950]"


def _host(value, _, __):
    """What ends in a number is no name; names of multicast DNS are not looked up."""
    if isinstance(value, str) and address.is_name(value):
        last = value.split(".")[-1]
        if address.is_numeric(value) if last.isdigit() else last != "local":
            return ""
    return "an address, like 192.168.1.10, or a name, like broker.example (none in .local)"


def _zone(value, _, longest):
    from pilotlight.wire.zone import Zone

    expected = _text(value, None, longest)
    if not expected:
        try:
            Zone(value)
        except ValueError as error:
            expected = "a time zone by POSIX, like CET-1CEST,M3.5.0,M10.5.0/3 (" + str(error) + ")"
    return expected


KINDS = {
    "number": _number,
    "base": _base,
    "integer": _integer,
    "choice": _choice,
    "text": _text,
    "name": _name,
    "phases": _phases,
    "meter": _meter,
    "boolean": _boolean,
    "points": _points,
    "host": _host,
    "zone": _zone,
}
