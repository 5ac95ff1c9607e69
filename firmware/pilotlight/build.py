"""Builds what decides and what limits out of the site file, once; app.py lets go of it then.

This, app.py and sensors.py name concrete classes. What a site need not have is imported where it
is built: memory is tight.
"""

import os
from time import ticks_ms

from pilotlight import config, sensors
from pilotlight.core import balance, breaker, claims, feeder, pilot, residual, trust
from pilotlight.core.place import Place
from pilotlight.drivers.contactor import Contactor
from pilotlight.drivers.pilot import Pilot
from pilotlight.services.control import Control, Tap, Unit
from pilotlight.services.equipment import Equipment
from pilotlight.services.limits import Limits, Sensor, Watched

OPTIONAL = ("person", "network", "restart", "overcurrent", "contactor", "equipment", "commission")


class Builder:
    """Of one site. `clamps`, `meters` (readers) and `power`: as sensors.py has built them."""

    def __init__(self, site, board, journal, clamps, meters, power):
        self._site = site
        self._board = board
        self._journal = journal
        self._clamps = clamps
        self._meters = meters
        self._power = power

    def control(self):
        """What decides: feeders, places, units, and the control step over them."""
        taps = []
        balancer = self.balancer(taps)
        places, feeders = balancer.places, balancer.feeders
        units = [
            self._unit(i, self._site["outlets"][i], places[i], feeders) for i in range(len(places))
        ]
        tests = residual.SelfTest([unit.around.monitor for unit in units])
        return Control(self._board, balancer, taps, units, tests, self._journal)

    def balancer(self, taps):
        """The feeders and places of the site. What carries samples to them is added to `taps`."""
        places = [_place(table) for table in self._site["outlets"]]
        feeders = [self._feeder(table, places, taps) for table in self._site["feeders"]]
        return balance.Balancer(feeders, places)

    def _feeder(self, table, places, taps):
        sources = []
        image = breaker.Breaker(table["breaker"], config.ma(table["rating_a"]))
        most_ma = 10 * image.rating_ma
        if table["clamps"] is not None:
            channels = [clamp["channel"] - 1 for clamp in table["clamps"]]
            source = trust.Source("clamps", self._board.clamps.window_ms, most_ma, len(channels))
            source.power = self._power.get(table["id"], {})
            sources.append(source)
            channels += channels[:1] * 2  # of a phase without a clamp nothing is taken
            taps.append(Tap(source, self._clamps, channels[:3]))
        for reader in self._meters:
            if reader.name == table["meter"]:
                phases = sensors.phases_of(reader.name, self._site)
                source = trust.Source("meter " + reader.name, reader.poll_ms, most_ma, phases)
                source.power = {"power_w": reader.meter.power_w}
                sources.append(source)
                taps.append(Tap(source, reader.meter, (0, 1, 2)))
        outlets = self._site["outlets"]
        mine = [places[i] for i in range(len(places)) if table["id"] in self._above(outlets[i])]
        made = feeder.Feeder(table["id"], image.rating_ma, None, image, sources, mine)
        made.depth = len(self._above(table))
        if table["base_max_a"] == "measured":
            made.measure_most()
        return made

    def _above(self, table):
        """Ids of the feeders that an outlet or a feeder hangs on, the nearest first."""
        above = []
        while table["feeder"] is not None:
            above.append(table["feeder"])
            table = next(one for one in self._site["feeders"] if one["id"] == above[-1])
        return above

    def _unit(self, i, table, place, feeders):
        port = self._board.outlets[i]
        own = next(one for one in feeders if one.name == table["feeder"])
        name = table["name"] or "outlet " + str(i + 1)
        level = pilot.Level(3 if self._board.capabilities["guard"] else 2)
        said = claims.Claims(self._required(table), OPTIONAL)
        around = self._equipment(port, table, said)
        devices = (Pilot(port), Contactor(port), level, said, place, own, around)
        unit = Unit(i + 1, name, *devices)
        unit.outlet.allows_ventilation = table["ventilation"]
        unit.outlet.wake.is_allowed = table["wake"]
        unit.outlet.mirror.is_fitted = self._board.capabilities["contactor_readback"]
        resets = self._board.resets
        if resets is not None and not resets.had_no_power:
            unit.outlet.begin(ticks_ms(), resets.kept(i))
        return unit

    def _equipment(self, port, table, said):
        has_test = self._site["site"]["residual_test"]
        monitor = residual.Monitor(self._site["site"]["residual_retry"], has_test)
        lock = bolt = fan = None
        if table["lock"]:
            from pilotlight.core.lock import Lock
            from pilotlight.drivers.bolt import Bolt

            lock, bolt = Lock(), Bolt(port)
        if table["ventilation"]:
            from pilotlight.drivers.fan import Fan

            fan = Fan(port)
        if not table["switching"]:
            return Equipment(monitor, lock, bolt, fan, said.of("equipment"))
        from pilotlight.core.phases import Phases
        from pilotlight.drivers.second import Second
        from pilotlight.services.switching import Switching

        parts = (Phases(self._board.capabilities["switching_readback"]), Second(port))
        return Switching(monitor, lock, bolt, fan, said, *parts, self._journal)

    def _required(self, table):
        """Sources of claims that must be there; of equal ones the first is named."""
        names = ["board"]
        if table["socket"]:
            names.append("cable")
        if self._board.capabilities.get("plug_temperature"):
            names.append("temperature")
        if self._board.capabilities.get("board_temperature"):
            names.append("board temperature")
        if table["switching"]:
            names.append("phases")
        names.append("supply")
        return names

    def limits(self, units, seed):
        """What limits each outlet beside the feeders, and the pause after a power cut."""
        limits = Limits(self._board, [self._watched(unit) for unit in units])
        longest_s = self._site["site"]["restart_delay_s"]
        resets = self._board.resets
        if longest_s and (resets is None or resets.had_no_power):
            from pilotlight.core import restart

            if seed is None:
                seed = int.from_bytes(os.urandom(3), "big")
            count = len(limits.watched)
            limits.pause(ticks_ms(), restart.delays_ms(seed, count, longest_s))
        return limits

    def _watched(self, unit):
        table = self._site["outlets"][unit.number - 1]
        names = self._required(table)
        port = self._board.outlets[unit.number - 1]
        cable, warm = None, []
        if "cable" in names:
            from pilotlight.core.proximity import Cable

            cable = Cable(len(table["phases"]))
        if "temperature" in names:
            warm.append(self._sensor("temperature", port.plug_c))
        if "board temperature" in names:
            warm.append(self._sensor("board temperature", self._board.board_c))
        meter = source = None
        for reader in self._meters:
            if reader.name == table["meter"]:
                meter = reader.meter
                source = trust.Source("meter " + reader.name, reader.poll_ms)
        return Watched(unit, port, cable, warm, meter, source, self._journal)

    def _sensor(self, source, read):
        from pilotlight.core import heat

        of = heat.OF_PLUG if source == "temperature" else heat.OF_BOARD
        return Sensor(source, heat.Heat(of), read)


def _place(table):
    phases = [int(phase[1]) - 1 for phase in table["phases"]]  # "L1" is 0
    return Place(phases, config.ma(table["min_a"]))
