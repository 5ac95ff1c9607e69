"""Changes values of the site file while running: tune, save, revert.

A change is checked as a whole site by config.check before anything happens; values that a running
site can take act at once, others are kept for the next start. `save` replaces the file in one
step; where writing stops the processor it waits until every contactor is open.
"""

import json
import os
from time import ticks_ms

from pilotlight.services.pieces import Pieces


class Tuner:
    """`path` of the site file; `site`: the checked site that runs; `config`: has `check` and
    `load`; `apply(site)` takes the values that act at once, `live` names the ends of their
    keys; `may_write()` tells whether the file may be written now. Each change is an event."""

    def __init__(self, path, site, config, apply, live, may_write, journal):
        self._path = path
        self._site = site
        self._config = config
        self._apply = apply
        self._live = live
        self._may_write = may_write
        self._journal = journal
        self._is_waiting = False

    def tune(self, key=None, value=None):
        """Set one value, like tune("feeders[0].limit_a", 25); without arguments: what there is."""
        if key is None:
            return Pieces(_lines("", self._site))
        trial = json.loads(json.dumps(self._site))
        before = put(trial, key, value)
        self._site = self._config.check(trial)
        self._apply(self._site)
        is_live = key.split(".")[-1] in self._live
        when = "acts now" if is_live else "acts after save() and a restart"
        was = _shown(key, before)
        return self._note("%s = %s (was %s): %s" % (key, _shown(key, value), was, when))

    def _note(self, text):
        """Only a person at the console comes here."""
        self._journal.note(ticks_ms(), "person: " + text)
        return text

    def save(self):
        """Write the site file now, or as soon as it may be written."""
        self._is_waiting = not self._may_write()
        if self._is_waiting:
            return "will be saved as soon as no outlet charges: until then a restart forgets it"
        return self._write()

    def look(self):
        """Write what waits, if it may be written now."""
        if self._is_waiting and self._may_write():
            self._is_waiting = False
            self._write()

    def _write(self):
        """Complete into a new file, then in place of the old one."""
        with open(self._path + ".new", "w") as file:
            file.write(json.dumps(self._site))
        os.rename(self._path + ".new", self._path)
        return self._note("saved to " + self._path)

    def revert(self):
        """Take the values of the site file again."""
        self._is_waiting = False
        self._site = self._config.load(self._path)
        self._apply(self._site)
        return self._note("back to " + self._path)


def put(site, key, value):
    """Set `key` ("outlets[0].max_a") in the nested site; returns the value before.

    Raises ValueError that names what is there.
    """
    holder = site
    steps = key.replace("[", ".").replace("]", "").split(".")
    for step in steps[:-1]:
        holder = _into(key, holder, step)
    last = steps[-1]
    if not isinstance(holder, dict) or last not in holder:
        raise ValueError(key + ": no such key; tune() shows all")
    before, holder[last] = holder[last], value
    return before


def _into(key, holder, step):
    if isinstance(holder, dict) and step in holder:
        return holder[step]
    if isinstance(holder, list) and step in [str(i) for i in range(len(holder))]:
        return holder[int(step)]
    raise ValueError(key + ": no such key; tune() shows all")


def _lines(where, value):
    if isinstance(value, dict):
        for key in sorted(value):
            yield from _lines(where + "." + key if where else key, value[key])
    elif isinstance(value, (list, tuple)) and value and isinstance(value[0], dict):
        for i in range(len(value)):
            yield from _lines(where + "[" + str(i) + "]", value[i])
    else:
        yield where + " = " + _shown(where, value)


def _shown(key, value):
    return '"***"' if key.endswith("password") else json.dumps(value)
