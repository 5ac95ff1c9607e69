"""The rules of the site file: what is there, what is missing, what belongs together.

config.py asks, and lets this module and fields.py go after that. The keys stand in fields.py.
"""

import json

from pilotlight.fields import KINDS, PHASES, REQUIRED, ROOT, SECTIONS
from pilotlight.wire.meters import ENERGY_ONLY, TELEGRAMS, phases_of


def complete(data):
    """(the complete site for `data`, defaults filled in; every error found, as lines)."""
    errors = []
    site = _table("", data, ROOT, errors)
    if not errors:
        _references(site, errors)
    return site, errors


# ---------------------------------------------------------------------- one table


def _table(where, data, fields, errors) -> dict:
    if not isinstance(data, dict):
        errors.append(_bad(where or "site file", data, "a table {...}"))
        return {}
    known = [field[0] for field in fields]
    for key in data:
        if key not in known:
            errors.append(_join(where, key) + ": unknown key, expected " + ", ".join(known))
    return {field[0]: _field(_join(where, field[0]), data, field, errors) for field in fields}


def _field(where, data, field, errors):
    key, kind, low, high, default = field[:5]
    value = data.get(key)
    if value is None or (kind == "list" and value == [] and default is not REQUIRED):
        if default is REQUIRED:
            errors.append(where + ": missing (" + field[5] + ")")
        return None if default is REQUIRED else default
    if kind == "table":
        return _table(where, value, SECTIONS[low], errors)
    if kind == "list":
        return _list(where, value, SECTIONS[low], high, errors)
    expected = KINDS[kind](value, low, high)
    if expected:
        errors.append(_bad(where, value, expected))
    return value


def _list(where, value, fields, longest, errors):
    if not isinstance(value, list) or not 1 <= len(value) <= longest:
        errors.append(_bad(where, value, "a list of 1..." + str(longest)))
        return []
    return [
        _table(where + "[" + str(i) + "]", value[i], fields, errors) for i in range(len(value))
    ]


# ---------------------------------------------------------------------- what belongs together


def _references(site, errors):
    meters = _unique("meters", "id", site["meters"], errors)
    _lines(site["meters"], errors)
    feeders = _unique("feeders", "id", site["feeders"], errors)
    for i in range(len(site["feeders"])):
        _feeder("feeders[" + str(i) + "]", site["feeders"][i], meters, errors)
    _channels(site["feeders"], errors)
    if not _tree(site, feeders, errors):
        return
    for i in range(len(site["outlets"])):
        _outlet("outlets[" + str(i) + "]", site["outlets"][i], above(site, i), errors)
    _own_meters(site, meters, errors)
    _energy_only(site, errors)
    _one_phase(site, errors)


def _unique(where, key, tables, errors):
    names = []
    for i in range(len(tables)):
        name = tables[i][key]
        if name in names:
            at = where + "[" + str(i) + "]." + key
            errors.append(_bad(at, name, "one used only once"))
        names.append(name)
    return names


def _lines(tables, errors):
    """Meters at one serial port share its settings and have addresses of their own."""
    for i in range(len(tables)):
        for first in tables[:i]:
            if first["port"] == tables[i]["port"]:
                if first["model"] in TELEGRAMS or tables[i]["model"] in TELEGRAMS:
                    expected = "a port of its own: " + ", ".join(TELEGRAMS) + " share none"
                    errors.append(_bad("meters[" + str(i) + "].port", first["port"], expected))
                    break
                _share("meters[" + str(i) + "].", tables[i], first, errors)
                break
        places = [(table["port"], table["address"]) for table in tables[:i]]
        if (tables[i]["port"], tables[i]["address"]) in places:
            where = "meters[" + str(i) + "].address"
            errors.append(_bad(where, tables[i]["address"], "one used only once at its port"))


def _share(where, table, first, errors):
    for key in ("baud", "parity", "stop"):
        if table[key] != first[key]:
            expected = str(first[key]) + ", as the first meter at port " + first["port"]
            errors.append(_bad(where + key, table[key], expected))


def _feeder(where, feeder, meters, errors):
    if feeder["limit_a"] is not None and feeder["limit_a"] > feeder["rating_a"]:
        rating = "at most the rating of " + str(feeder["rating_a"])
        errors.append(_bad(where + ".limit_a", feeder["limit_a"], rating))
    if feeder["clamps"] is None and feeder["meter"] is None:
        if feeder["base_max_a"] is None:
            errors.append(where + ": has no sensor, expected clamps, meter or base_max_a")
        elif feeder["base_max_a"] == "measured":
            expected = "a number, as no sensor measures it"
            errors.append(_bad(where + ".base_max_a", "measured", expected))
    if feeder["clamps"] is None and feeder["voltage"] is not None:
        errors.append(where + ".voltage: expected clamps beside it")
    if feeder["meter"] is not None and feeder["meter"] not in meters:
        errors.append(_bad(where + ".meter", feeder["meter"], "one of " + _names(meters)))


def _channels(feeders, errors):
    """References may share one, clamps do not."""
    used = [feeder["voltage"]["channel"] for feeder in feeders if feeder["voltage"]]
    for i in range(len(feeders)):
        clamps = feeders[i]["clamps"] or []
        for j in range(len(clamps)):
            channel = clamps[j]["channel"]
            if channel in used:
                where = "feeders[" + str(i) + "].clamps[" + str(j) + "].channel"
                errors.append(_bad(where, channel, "a channel used only once"))
            used.append(channel)


def _tree(site, names, errors):
    """What each feeder and outlet hangs on is there, and no feeder hangs on itself."""
    is_good = True
    for key in ("feeders", "outlets"):
        for i in range(len(site[key])):
            table = site[key][i]
            for _ in range(len(names) + 1):
                if table["feeder"] is None or table["feeder"] not in names:
                    break
                table = site["feeders"][names.index(table["feeder"])]
            if table["feeder"] is not None:
                where = key + "[" + str(i) + "].feeder"
                expected = "one of " + _names(names)
                if table["feeder"] in names:
                    expected = "one that does not hang on itself"
                errors.append(_bad(where, site[key][i]["feeder"], expected))
                is_good = False
    return is_good


def above(site, i):
    """The feeders that outlet `i` hangs on, its own first."""
    found, name = [], site["outlets"][i]["feeder"]
    while name is not None:
        found.append(next(feeder for feeder in site["feeders"] if feeder["id"] == name))
        name = found[-1]["feeder"]
    return found


def _outlet(where, outlet, feeders, errors):
    for feeder in feeders:
        measured = PHASES[: len(feeder["clamps"])] if feeder["clamps"] else PHASES
        if not all([phase in measured for phase in outlet["phases"]]):
            errors.append(_bad(where + ".phases", outlet["phases"], "phases with a clamp"))
        limit_a = feeder["rating_a"] if feeder["limit_a"] is None else feeder["limit_a"]
        if limit_a < outlet["min_a"]:
            least = "at least min_a of " + where + ", " + str(outlet["min_a"])
            errors.append(_bad("feeder " + feeder["id"], limit_a, least))
    if outlet["min_a"] > outlet["max_a"]:
        most = "at most max_a, " + str(outlet["max_a"])
        errors.append(_bad(where + ".min_a", outlet["min_a"], most))
    if outlet["switching"] and len(outlet["phases"]) == 1:
        errors.append(where + ".switching: expected three phases beside it")
    if outlet["lock"] and not outlet["socket"]:
        errors.append(
            _bad(where + ".lock", True, "socket to be true: a tethered cable needs none")
        )


def _own_meters(site, meters, errors):
    """An outlet's meter measures that outlet and nothing else."""
    used = [feeder["meter"] for feeder in site["feeders"]]
    for i in range(len(site["outlets"])):
        meter = site["outlets"][i]["meter"]
        where = "outlets[" + str(i) + "].meter"
        if meter is None:
            continue
        if meter not in meters:
            errors.append(_bad(where, meter, "one of " + _names(meters)))
        elif meter in used:
            errors.append(_bad(where, meter, "a meter that measures nothing else"))
        used.append(meter)


def _energy_only(site, errors):
    """What a meter that tells nothing else may not measure."""
    weak = [table["id"] for table in site["meters"] if table["model"] in ENERGY_ONLY]
    for key in ("feeders", "outlets"):
        for i in range(len(site[key])):
            meter = site[key][i]["meter"]
            if meter in weak:
                where = key + "[" + str(i) + "].meter"
                errors.append(_bad(where, meter, "one whose model tells more than energy"))


def _one_phase(site, errors):
    """A meter of one phase sees all of what it is to measure, and clamps as much as the meter
    beside them.
    """
    single = [t["id"] for t in site["meters"] if phases_of(t["model"]) == 1]
    for i in range(len(site["feeders"])):
        clamps, meter = site["feeders"][i]["clamps"], site["feeders"][i]["meter"]
        if clamps and len(clamps) < 3 and meter is not None and meter not in single:
            where = "feeders[" + str(i) + "].clamps: has "
            errors.append(where + str(len(clamps)) + ", expected 3, as meter " + meter)
    for i in range(len(site["outlets"])):
        outlet = site["outlets"][i]
        where = "outlets[" + str(i) + "].phases"
        if outlet["meter"] in single and len(outlet["phases"]) > 1:
            errors.append(where + ": several, but meter " + outlet["meter"] + " measures one")
        for feeder in above(site, i):
            if feeder["meter"] in single and list(outlet["phases"]) != ["L1"]:
                errors.append(
                    _bad(where, outlet["phases"], '["L1"]: its feeder\'s meter sees no other')
                )


# ---------------------------------------------------------------------- words


def _names(names):
    return ", ".join(names) if names else "(none is defined)"


def _join(where, key):
    return where + "." + str(key) if where else str(key)


def _bad(where, value, expected):
    shown = '"***"' if where.endswith("password") else _short(value)
    return where + ": " + shown + " is wrong, expected " + expected


def _short(value):
    text = json.dumps(value)
    return text if len(text) <= 40 else text[:37] + "..."
