"""What is in ledgers, journal and decisions, in words. Imported only for who asks for it."""

import json
from time import ticks_ms

from micropython import const

from pilotlight.core import status

_RECORDS = const(5)  # 2.4 ms each on a Pico, in which no control step runs
_PAGES = const(16)


def of_records(ledger):
    """The last records, newest last, and how the ledger stands."""
    lines = []
    for value in ledger.backwards():
        if len(lines) == _RECORDS:
            break
        what = "%(seq)d: start %(boot)d, "
        if value["kind"] != "session":
            what += "%(kind)s: " + str(value.get("orders"))
        else:
            what += "outlet %(outlet)d: %(plugged_s)d s, charged %(charged_s)d s, "
            what += "%(energy_wh)s Wh (%(by)s)" + (", %(end)s" if value["end"] else "")
        lines.insert(0, what % value)
    lines.append(_how("records", ledger))
    return "\n".join(lines)


def of_events(ledger):
    """Pieces: the events of the last pages, newest last, and how the ledger stands."""
    for value in ledger.latest(_PAGES):
        if value["kind"] == "events":
            for up_s, text in value["events"]:
                yield "start %d, %d s: %s" % (value["boot"], up_s, text)
    yield _how("pages of events", ledger)


def _how(what, ledger):
    text = "%(undelivered)s " + what + " not delivered, %(lost)d lost, %(room)d more fit while "
    return text % ledger.shown() + "cars charge"


def of_journal(journal):
    """Pieces: the last events, newest last, with their age."""
    for number in range(max(journal.oldest(), journal.count - 20), journal.count):
        if number >= journal.oldest():  # others may have come meanwhile
            age_s = status.seconds_since(ticks_ms(), journal.at_ms(number))
            yield str(age_s) + " s ago: " + journal.text(number)


def of_decisions(decisions, number, is_json):
    """The last changes of what outlets are offered, or of that of outlet `number`."""
    now_ms = ticks_ms()
    rows = []
    for at_ms, *row in decisions.last(20, None if is_json else number):
        age_s = status.seconds_since(now_ms, at_ms)
        outlet, from_a, to_a, why = row[0], status.amps(row[1]), status.amps(row[2]), row[3]
        rows.append((age_s, outlet, from_a, to_a, why))
    if is_json:
        return json.dumps(rows)
    lines = ["%d s ago: outlet %d from %s to %s A, %s" % row for row in rows]
    return "\n".join(lines) if lines else "nothing has been decided yet"


def of_helpers(app, meters, board_c):
    """Lines on meters, network, temperature and control of a site. `meters`: how often each
    has answered; `board_c`: degrees C, or None.
    """
    lines = ["power " + name + ": " + str(app.power[name]) for name in app.power]
    for reader in app.meters:
        counts = meters[reader.name]
        told = ", ".join([name + " " + str(counts[name]) for name in sorted(counts)])
        lines.append("meter " + reader.name + ": " + (told or "not asked yet"))
    lines.append(app.times.tell())
    if app.timekeeper is not None and app.timekeeper.trouble:
        lines[-1] += ", " + app.timekeeper.trouble
    if app.mqtt is not None:
        link = app.mqtt.link
        text = "mqtt: " + ("down", "connecting", "connected")[link.state]
        if link.state != 2 and link.trouble:
            text += ", " + link.trouble
        counts = (app.mqtt.commands.taken, app.mqtt.commands.refused)
        lines.append(text + "; commands taken %d, refused %d" % counts)
    control = app.control
    for unit in control.units:
        if unit.around.lock.is_stuck:
            lines.append("outlet " + str(unit.number) + ": the plug does not come free")
        uses = unit.place.habit.uses
        used = [uses[int(p[1]) - 1] for p in app.site["outlets"][unit.number - 1]["phases"]]
        if used != sorted(used, reverse=True):  # a car uses terminals from the first on
            lines.append("outlet %d: its car leaves out the first terminals" % unit.number)
    if board_c is not None:
        lines.append("board: " + str(board_c) + " C")
    lines.append("control: worst lateness " + str(control.latest_ms) + " ms")
    return lines
