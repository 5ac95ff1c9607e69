"""What pulses have shown (commission.py), in words: what stands where, and lines to type if the
site file says otherwise. Nothing is changed by it, and no rating or limit is ever named.
"""

import json

from pilotlight.core import commission

_TURNED = ": put it round the other way, there is no setting for that"
_TUNE = '  tune("%s", %s)'
_SAME = (0, 1, 2)


def lines(all_found, orders, site):
    """What is known, in lists of lines. `all_found`: commission.Found of outlets; `orders`: of
    each feeder's clamps against its meter, by what flows and by the pulses.
    """
    is_off = False
    for found in all_found:
        told = _of_outlet(found, site)
        is_off = is_off or _has_tune(told)
        yield told
    for i in range(len(orders)):
        told = _of_feeder(i, all_found, orders[i], site["feeders"][i])
        is_off = is_off or _has_tune(told)
        yield told
    if is_off:
        yield ["Nothing has been changed: type what is right, then save() and restart."]


def _has_tune(told):
    return any([line.startswith(_TUNE[:6]) for line in told])


def _names(phases):
    return ", ".join(["L" + str(p + 1) for p in phases]) or "nothing"


# ---------------------------------------------------------------------- outlets


def _of_outlet(found, site):
    name = "outlet " + str(found.unit.number) + ": "
    ended = [name + found.ended] if found.ended else []
    if found.pulses == 0:
        return ended or [name + "cannot tell: other outlets or sensors changed in every pulse"]
    sights = [(eye, eye.sight.seen()) for eye in found.eyes]
    told = [_sensor(eye, site) + " " + _shown(seen) for eye, seen in sights]
    text = name + "%d pulses; " % found.pulses + "; ".join(told)
    told = [text]
    told += _conclusion(found, sights, site)
    return told + ended


def _sensor(eye, site):
    return site["feeders"][eye.feeder]["id"] + " " + eye.name + ":"


def _shown(seen):
    moved = [p for p in range(3) if seen[p]]
    if None in seen:
        return _names(moved) + " (unclear: %s)" % _names([p for p in range(3) if seen[p] is None])
    return _names(moved)


def _conclusion(found, sights, site):
    at = "outlets[%d]." % (found.unit.number - 1)
    table = site["outlets"][found.unit.number - 1]
    ids = [feeder["id"] for feeder in site["feeders"]]
    above = [feeder["feeder"] and ids.index(feeder["feeder"]) for feeder in site["feeders"]]
    if not any([True in seen for _, seen in sights]):
        return [_unseen(found, sights)]
    moved = [_any([seen for eye, seen in sights if eye.feeder == f]) for f in range(len(ids))]
    own = ids.index(table["feeder"])
    line = commission.line_of(own, above)
    hangs = commission.hangs_on(moved, above, own)
    told = []
    if hangs is None:
        told.append("  no one feeder fits that: look where the sensors are")
    elif hangs in line[1:]:
        told.append("  it is not behind feeder " + ids[own] + ", or that one's sensors are not")
    elif hangs != own:
        told.append(_TUNE % (at + "feeder", json.dumps(ids[hangs])))
        if moved[own] is not None:
            told.append("  or the sensors of %s and %s are exchanged" % (ids[own], ids[hangs]))
        line = commission.line_of(hangs, above)
    reference = _reference(sights, line)
    if reference is None:
        told.append("  its phases are not clear: again when the house is quieter")
        return told
    return told + _terminals(at, table, reference)


def _unseen(found, sights):
    if [seen for _, seen in sights if None in seen]:
        return "  cannot tell: too much else changes; again when the house is quieter"
    seen_by_own = commission.proven(found.own)
    if seen_by_own:
        return "  its own meter sees the car, no sensor of a feeder does"
    if seen_by_own == 0:
        return "  the car does not follow its pilot: its own meter says so"
    return "  cannot tell: the car does not follow its pilot, or no sensor sees it"


def _any(sights):
    """Something of a feeder moves: True, False, or None: nobody knows."""
    if any([True in seen for seen in sights]):
        return True
    return None if not sights or any([None in seen for seen in sights]) else False


def _reference(sights, line):
    """Whose phases count, as (eye, seen): a meter before clamps, a near one before one above."""
    for is_clamps in (False, True):
        for feeder in line:
            for eye, seen in sights:
                is_one = eye.feeder == feeder and (eye.name == "clamps") is is_clamps
                if is_one and True in seen and None not in seen:
                    return eye, seen
    return None


def _terminals(at, table, reference):
    eye, seen = reference
    phases = [int(phase[1]) - 1 for phase in table["phases"]]
    right = commission.terminals(phases, seen)
    used = [p for p in right if seen[p]]
    told = []
    if right != phases:
        told.append(_TUNE % (at + "phases", json.dumps(["L" + str(p + 1) for p in right])))
        if eye.name == "clamps":
            told.append("  or clamps are exchanged: without a meter nobody can tell")
    if len(right) == 3 and len(used) == 1:
        told.append(
            "  its first terminal is on %s; the others: by the turning field" % _names(used)
        )
    elif len(right) == 3 and len(used) == 2:
        told.append("  its third terminal is on %s" % _names(right[2:]))
    elif len(right) == 3:
        told.append("  the order of its terminals shows only with a car of one phase")
    return told


# ---------------------------------------------------------------------- feeders


def _of_feeder(i, all_found, orders, table):
    told = []
    for name in ("clamps", table["meter"] and "meter " + table["meter"]):
        sights = [e.sight for f in all_found for e in f.eyes if e.feeder == i and e.name == name]
        ways = [_way([sight.ways[p] for sight in sights if p < len(sight.ways)]) for p in range(3)]
        here = table["id"] + " " + str(name) + ", "
        for way in (commission.TURNED, commission.ACROSS_TURNED):
            turned = [p for p in range(3) if ways[p] == way]
            if turned:
                told.append(here + _names(turned) + ": turned round" + _TURNED)
        across = [p for p in range(3) if ways[p] in (commission.ACROSS, commission.ACROSS_TURNED)]
        if across:
            told.append(
                here + _names(across) + ": at another phase than the voltage reference says"
            )
        if len(across) == 2 and not table["meter"]:
            order: list = list(_SAME)
            order[across[0]], order[across[1]] = across[1], across[0]
            told.append(_exchange(i, table, order))
    if table["clamps"] and table["meter"] and len(table["clamps"]) == 3:
        if any([found.pulses for found in all_found]):
            told += _exchanged(i, table, orders)
    return told


def _way(counts):
    """Of one phase, from all outlets."""
    return commission.proven([sum([count[k] for count in counts]) for k in range(4)])


def _exchanged(i, table, orders):
    here = table["id"] + ": "
    levels, steps = [one.left() for one in orders]
    left = [order for order in steps if order in levels or not levels]
    if not left:
        return [here + "clamps and meter do not fit in any order"]
    sure = [p for p in range(3) if all([order[p] == p for order in left])]
    uneven = "an uneven load or a car of one phase shows"
    if _SAME in left:
        told = here + "clamps and meter agree"
        if sure:
            told += ", their order at " + _names(sure)
        return [told + ("" if len(left) == 1 else "; if in their order, " + uneven)]
    if len(left) > 1:
        return [here + "clamps are exchanged; which, " + uneven]
    told = here + "at the wires of L1, L2, L3 are the clamps of " + _names(left[0])
    return [told, _exchange(i, table, left[0])]


def _exchange(i, table, order):
    clamps = json.dumps([table["clamps"][p] for p in order])
    return _TUNE % ("feeders[%d].clamps" % i, clamps)
