"""services.control with a second contactor at all four outlets. Times in ms."""

from time import ticks_add

from pilotlight.services.control import Unit  # first: each import within one costs stack

# isort: split
import control_bench
from pilotlight.core import claims, duty, pilot, residual
from pilotlight.core.phases import Phases
from pilotlight.drivers.contactor import Contactor
from pilotlight.drivers.pilot import Pilot
from pilotlight.drivers.second import Second
from pilotlight.services.switching import Switching

CALM = 10000


class Port(control_bench.Port):
    """An outlet whose L2 and L3 have a contactor of their own. It judges every move of it."""

    def __init__(self):
        super().__init__()
        self.second = False  # its coil
        self.three_is_closed = False  # its contacts
        self.is_stuck = self.is_welded = False
        self.calm_ms = 0  # nothing has flowed, and nobody has waited for it, for so long
        self.still_ms = 1000000  # it has not been told to move for so long
        self.moves = 0
        self.is_judged = True
        self.is_good = True  # its car obeys x1

    def set_phases(self, three):
        if three is not self.second:
            self.moves += 1
            self.still_ms = 0
            if self.is_judged and (self.coil or self.contactor_is_closed or self.calm_ms < CALM):
                raise AssertionError("moved after " + str(self.calm_ms) + " ms of calm")
        self.second = three

    def set_contactor(self, closed):
        is_odd = self.three_is_closed is not self.second
        if closed and not self.coil and (self.still_ms < CALM or is_odd):
            raise AssertionError("closed on a second contactor in doubt")
        super().set_contactor(closed)

    def latch(self, now_ms):
        """20 ms later: the contacts have followed."""
        super().latch(now_ms)
        self.contactor_is_closed = self.contactor_is_closed or self.is_welded
        if not self.is_stuck:
            self.three_is_closed = self.second
        is_off = self.duty == duty.X1 and not self.contactor_is_closed
        self.calm_ms = self.calm_ms + 20 if is_off and self.car in "AB" else 0
        self.still_ms += 20


class Site(control_bench.Site):
    """The bench, with second contactors. `ports`: those of a board that was reset."""

    def __init__(self, ports=None):
        self._ports = ports or [Port() for _ in range(4)]
        super().__init__()
        self.board.outlets = self._ports

    def _unit(self, i, leave_readings):
        port = self._ports[i]
        said = claims.Claims(("board", "phases", "supply"), ("person", "network", "equipment"))
        said.of("board").put(32000, None, "all that outlet and wiring carry")
        made = (Phases(True), Second(port))
        around = Switching(residual.Monitor(), None, None, None, said, *made, self.journal)
        level = pilot.Level(leave_readings)
        parts = (Pilot(port), Contactor(port), level, said, self.places[i], self.feeder, around)
        unit = Unit(i + 1, "outlet " + str(i + 1), *parts)
        unit.outlet.mirror.is_fitted = True
        return unit

    def prepare(self):
        """The cars draw all they may, on the phases that are connected."""
        self.t += 20
        self.now_ms = ticks_add(self.now_ms, 20)
        flows = [self.house_ma] * 3
        for unit, port in zip(self.control.units, self.board.outlets):
            if port.contactor_is_closed:
                for p in range(3 if port.three_is_closed else 1):
                    flows[p] += unit.outlet.signalled_ma()
        if self.t % 100 == 0:
            self.clamps.current_ma[3:6] = flows
            self.clamps.taken_ms = self.now_ms
            self.clamps.sequence += 1
        if self.t % 500 == 0:  # the last digit of a meter moves at every reading
            self.meter.current_ma[:] = [ma + self.t // 500 % 2 for ma in flows]
            self.meter.taken_ms = self.now_ms
            self.meter.sequence += 1

    def wish(self, i, count):
        self.control.units[i].around.phases.wish("person", count)
        return self

    def phases(self):
        return [unit.place.phases for unit in self.control.units]

    @property
    def faults(self):
        return [unit.outlet.fault for unit in self.control.units]

    def charging(self):
        return self.run(21200).cars("BBBB").run(1000).cars("CCCC").run(10000)

    def told(self, what):
        texts = [self.journal.text(n) for n in range(self.journal.oldest(), self.journal.count)]
        return [text for text in texts if what in text]
