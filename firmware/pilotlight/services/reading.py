"""What is in the ledgers, in words. Imported only where somebody asks for it."""

from micropython import const

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
