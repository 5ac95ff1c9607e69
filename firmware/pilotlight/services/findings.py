"""What pulses have shown (commission.py), in words: what stands where, and lines to type if the
site file says otherwise. Nothing is changed by it, and no rating or limit is ever named.
"""

import json

from pilotlight.core import commission

_TURNED = ": turned round: put it round the other way, there is no setting for that"
_TUNE = '  tune("%s", %s)'
_SAME = (0, 1, 2)
_QUIETER = "; again when the house is quieter"


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
        eyes = [eye for eye in all_found[0].eyes if eye.feeder == i]
        told = _of_feeder(i, eyes, orders[i], site["feeders"][i])
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
    eyes, moves = found.eyes, found.moves
    sights = [(eyes[i], commission.seen(moves[i])) for i in range(len(eyes))]
    told = [_sensor(eye, site) + ": " + _shown(seen) for eye, seen in sights]
    text = name + "%d pulses; " % found.pulses + "; ".join(told)
    told = [text]
    told += _conclusion(found, sights, site)
    return told + ended


def _sensor(eye, site):
    return site["feeders"][eye.feeder]["id"] + " " + eye.name


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
        told.append(
            "  nothing moves at %s: it is not behind it, or the sensors are not" % ids[own]
        )
    elif hangs != own:
        told.append(_TUNE % (at + "feeder", json.dumps(ids[hangs])))
        if moved[own] is not None:
            told.append("  or the sensors of %s and %s are exchanged" % (ids[own], ids[hangs]))
        line = commission.line_of(hangs, above)
    reference = _reference(sights, line)
    if reference is None:
        told.append("  its phases are not clear" + ("" if found.ended else _QUIETER))
        return told
    for eye, seen in sights:
        if eye.feeder != reference[0].feeder and True in seen and _differ(seen, reference[1]):
            other = _sensor(reference[0], site)
            told.append("  %s: other phases than %s" % (_sensor(eye, site), other))
    return told + _terminals(at, table, reference)


def _differ(one, other):
    """What is known of both is not the same."""
    return any([None not in (one[p], other[p]) and one[p] != other[p] for p in range(3)])


def _unseen(found, sights):
    if [seen for _, seen in sights if None in seen]:
        return "  cannot tell" + ("" if found.ended else _QUIETER)
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
    ways = [commission.proven(eye.ways[p]) for p in used if p < len(eye.ways)]
    if commission.ACROSS in ways:
        return ["  its terminals show when the clamps are right"]
    if right != phases:
        told.append(_TUNE % (at + "phases", json.dumps(["L" + str(p + 1) for p in right])))
        if None in ways and eye.name == "clamps":
            told.append("  or clamps are exchanged: without a meter nobody can tell")
    if len(right) < 3:
        return told
    if len(used) == 1:
        text = "its first terminal is on " + _names(used) + "; the others: by the turning field"
    elif len(used) == 2:
        text = (
            "its third terminal is on " + _names(right[2:]) + "; the others: by the turning field"
        )
    else:
        text = "the order of its terminals shows only with a car of one phase"
    told.append("  " + text)
    return told


# ---------------------------------------------------------------------- feeders


def _of_feeder(i, eyes, orders, table):
    told = []
    for eye in eyes:
        ways = [commission.proven(counts) for counts in eye.ways]
        here = table["id"] + " " + eye.name + ", "
        turned = [p for p in range(len(ways)) if ways[p] == commission.TURNED]
        if turned:
            told.append(here + _names(turned) + _TURNED)
        across = [p for p in range(len(ways)) if ways[p] == commission.ACROSS]
        if across:
            told.append(here + _names(across) + ": at another phase, by the voltage reference")
        if len(across) == 2 and len(eyes) == 1:
            order: list = list(_SAME)
            order[across[0]], order[across[1]] = across[1], across[0]
            told.append(_exchange(i, table, order))
    if orders[0].is_used:
        told += _exchanged(i, table, orders)
    return told


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
    if _SAME in steps:
        told += ", if their gains are right"  # no pulse says so, only what flows
    return [told, _exchange(i, table, left[0])]


def _exchange(i, table, order):
    clamps = json.dumps([table["clamps"][p] for p in order])
    return _TUNE % ("feeders[%d].clamps" % i, clamps)
