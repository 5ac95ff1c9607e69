"""Builds what stands beside control: clock, records, network. Once; app.py lets go of it then.

What a site or a board need not have is imported where it is built: memory is tight.
"""

from micropython import const
from time import ticks_ms

from pilotlight.core import walltime
from pilotlight.services.timesources import TimeSources

_LEAST = const(256)  # pages of a board's store
_BLOCKS = const(64)  # a quarter of so many is a block of flash


def clock(site, board, meters, journal):
    """The clock of the site, and whoever tells it the time."""
    table = site["clock"]
    zone = None
    if table is not None and table["zone"] is not None:
        from pilotlight.wire.zone import Zone

        zone = Zone(table["zone"])
    made = walltime.Clock()
    return made, TimeSources(made, zone, meters, board.wall_clock, journal)


def timekeeper(site, board, times, journal):
    """Who asks the time server, or None."""
    table = site["clock"]
    if table is None or table["server"] is None or board.network is None:
        return None
    from pilotlight.services.timekeeper import Timekeeper

    return Timekeeper(board, table["server"], times, journal)


def records(board, site, control, meters, clock, journal, may_write):
    """(Ledger of records, sessions, ledger of events): three quarters of the pages for records.
    Three times None on a board without pages, or if something there is not understood.
    """
    store = board.pages
    if store is None:
        return None, None, None
    if store.count < _LEAST or store.count % _BLOCKS:
        journal.note(ticks_ms(), "ledger: %d pages are too few, not used" % store.count)
        return None, None, None
    from pilotlight.services.ledger import Ledger, Part
    from pilotlight.services.sessions import Sessions

    own = store.count // _BLOCKS * (_BLOCKS // 4)
    parts = (Part(store, 0, store.count - own), Part(store, store.count - own, own))
    ledger = Ledger(parts[0], journal, may_write)
    events = Ledger(parts[1], journal, may_write, tells=False)
    names = [table["meter"] for table in site["outlets"]]
    sessions = Sessions(ledger, control.units, meters, names, clock)
    try:
        ledger.restore()
        events.restore()
        ledger.boot = events.boot = max(ledger.boot, events.boot)
        sessions.restore()
    except Exception as error:  # noqa: BLE001 - what is foreign there must not end the start
        journal.note(ticks_ms(), "ledger is not understood, not used: " + str(error))
        return None, None, None
    return ledger, sessions, events


def mqtt(board, site, control, journal, wishes, snapshot, clock, ledgers):
    """Who speaks with the broker, or None. As services.mqtt.Mqtt is given them."""
    if site["mqtt"] is None or board.network is None:
        return None
    # umqtt need not be on a board without a network
    from pilotlight.services.mqtt import Mqtt

    return Mqtt(board, site, control, journal, wishes, snapshot, clock, ledgers)


def diary(events, journal, clock, mqtt):
    """Who keeps events in `events`, or None: there is no such ledger."""
    if events is None:
        return None
    from pilotlight.services.diary import Diary

    return Diary(events, journal, clock, mqtt.confirmed if mqtt is not None else lambda: 0)
