"""The site file: read, checked, completed.

`load(path)` reads and checks a file, `check(data)` checks a dict. Both either return the complete
site (defaults filled in) or raise SiteError, which lists every error as `key: value, what was
expected`. The keys stand in fields.py, the rest in rules.py; both are let go after each use: they
take 2 KB on a Pico, and nobody needs them while the site runs.
"""

import json
import sys


class SiteError(ValueError):
    """The site file is wrong. `errors` is a list of lines, one per error."""

    def __init__(self, errors):
        super().__init__("\n".join(errors))
        self.errors = errors


def load(path) -> dict:
    """Read and check the site file at `path`. Raises SiteError; OSError is turned into one."""
    try:
        with open(path) as file:
            text = file.read()
    except OSError as error:
        raise SiteError([path + ": cannot be read (" + str(error) + ")"])
    except ValueError:  # UnicodeError
        raise SiteError([path + ": is not UTF-8 text"])
    try:
        data = json.loads(text)
    except ValueError as error:
        raise SiteError([path + ": is not JSON (" + str(error) + ")"])
    if _breaks_off(text):
        raise SiteError([path + ": is not JSON (it breaks off)"])
    return check(data)


def _breaks_off(text):
    """A bracket stays open. MicroPython's json does not miss the outermost one."""
    still_open = 0
    is_outside = True  # of quotes
    for part in text.replace("\\\\", "").replace('\\"', "").split('"'):
        if is_outside:
            still_open += part.count("{") + part.count("[") - part.count("}") - part.count("]")
        is_outside = not is_outside
    return still_open != 0


def check(data) -> dict:
    """The complete site for `data`, or SiteError with every error found."""
    from pilotlight import rules

    site, errors = rules.complete(data)
    let_go("rules", "fields", "wire.models")
    if errors:
        raise SiteError(errors)
    return site


def let_go(*names):
    """Forget modules of the firmware that have done their work, until they are imported anew."""
    for name in names:
        house, _, room = ("pilotlight." + name).rpartition(".")
        sys.modules.pop(house + "." + room, None)
        if house in sys.modules and hasattr(sys.modules[house], room):
            delattr(sys.modules[house], room)


def ma(amps):
    """Amps of the site file as integer mA."""
    return int(amps * 1000 + 0.5)
