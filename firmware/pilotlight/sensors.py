"""Builds what measures, as the site file wants it: clamps, and the meters at each serial port."""

from pilotlight.drivers.clamps import Clamps
from pilotlight.drivers.meter import Line, SerialMeter
from pilotlight.drivers.port import on_board
from pilotlight.services.metering import Bus, MeterReader
from pilotlight.wire import meters

_TELEGRAM_MS = 1000  # from one telegram to the next, at best
_READOUT_MS = 24000  # of IEC 62056-21: five without one are 2 minutes
_SML_STEPS = 6  # of reading an SML telegram in one look: 1 to 2 ms each on a Pico


def build_clamps(site, board, power):
    """The clamps of all feeders, or None. Nothing is measured before `set_gains`. The power of a
    feeder with a voltage reference is told in `power`, by the feeder's name.
    """
    if not any([feeder["clamps"] for feeder in site["feeders"]]):
        return None
    clamps = Clamps(board.clamps, [None] * board.clamps.channels)
    for feeder in site["feeders"]:
        if feeder["voltage"] is not None:
            from pilotlight.drivers.acpower import follow

            told = power[feeder["id"]] = {}
            clamps.powers += (follow(board.clamps, clamps, feeder, told),)
    return clamps


def set_gains(clamps, site):
    """Give the clamps the gains and shifts of a site, which act at once."""
    for feeder in site["feeders"]:
        tables = list(feeder["clamps"] or ())
        tables.append(feeder["voltage"])
        for clamp in tables:
            if clamp and clamp["channel"] <= len(clamps.gains):
                clamps.gains[clamp["channel"] - 1] = clamp["gain"]
                clamps.shift_us[clamp["channel"] - 1] = clamp["shift_us"]


def phases_of(name, site):
    """How many phases the meter called `name` measures; 3 if only its telegrams tell."""
    return next(meters.phases_of(t["model"]) for t in site["meters"] if t["id"] == name)


def build_lines(site, board, journal):
    """What reads at each serial port, as (name of the port, something to `run`), and the readers
    of all meters.
    """
    lines, readers = [], []
    for table in site["meters"]:
        port = table["port"]
        if port not in [line[0] for line in lines]:
            there = [other for other in site["meters"] if other["port"] == port]
            if table["model"] in meters.TELEGRAMS:
                found = [_listener(table, site, board, journal)]
                lines.append((port, found[0]))
            else:
                found = _readers(there, site, board, journal)
                lines.append((port, Bus(board, found)))
            readers += found
    return lines, readers


def _readers(tables, site, board, journal):
    """Of the meters at one Modbus line, which has the settings of the first."""
    line = Line(_port(tables[0], board), tables[0]["baud"], _character_bits(tables[0]))
    of_feeders = [feeder["meter"] for feeder in site["feeders"]]
    readers = []
    for table in tables:
        meter = SerialMeter(line, meters.model(table["model"]), table["address"])
        is_first = table["id"] in of_feeders
        readers.append(MeterReader(table["id"], meter, table["poll_ms"], is_first, journal))
    return readers


def _listener(table, site, board, journal):
    # imported only where such a meter is: a board without a port for it has not got these
    from pilotlight.drivers.telegram import TelegramMeter
    from pilotlight.services.telegrams import TelegramReader

    least_ms = _READOUT_MS if table["model"] in meters.ENERGY_ONLY else _TELEGRAM_MS
    period_ms = max(table["poll_ms"], least_ms)
    if table["model"] == "iec-c":
        from pilotlight.drivers.readout import ReadoutMeter

        meter = ReadoutMeter(lambda baud: board.uart(table["port"], baud, "N", 1), table["baud"])
        return TelegramReader(board, table["id"], meter, period_ms, journal)
    if table["model"] == "p1":
        from pilotlight.wire import p1 as kind

        telegram = kind.Telegram()
    elif table["model"] == "iec-d":
        from pilotlight.wire import iec62056 as kind

        telegram = kind.Readout(False, True)
    else:
        from pilotlight.wire import sml as kind

        telegram = kind.Telegram(steps=_SML_STEPS)
    is_on_l1 = _is_on_l1(table["id"], site)
    meter = TelegramMeter(_port(table, board), telegram, kind.NAMES, is_on_l1)
    return TelegramReader(board, table["id"], meter, period_ms, journal)


def _is_on_l1(name, site):
    """All outlets that the meter called `name` measures are on L1."""
    feeders = [feeder["id"] for feeder in site["feeders"] if feeder["meter"] == name]
    return all(
        [
            list(outlet["phases"]) == ["L1"]
            for outlet in site["outlets"]
            if outlet["feeder"] in feeders or outlet["meter"] == name
        ]
    )


def _port(table, board):
    settings = [table[key] for key in ("port", "baud", "parity", "stop")]
    return on_board(board, *settings)


def _character_bits(table):
    return 10 if table["parity"] == "N" and table["stop"] == 1 else 11
