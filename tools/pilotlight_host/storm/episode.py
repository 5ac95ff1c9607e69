"""One storm: a board of one to eight outlets, random cars and faults, stepped and judged.

Times in ms since the start of the episode; ticks start anywhere, often shortly before their wrap.
"""

from dataclasses import dataclass, field
from random import Random

from typing import Any

from pilotlight_host.shims.clock import ticks_add
from pilotlight_host.storm.board import Board
from pilotlight_host.storm.oracle import Violation, Watch
from pilotlight_host.storm.permits import OPTIONAL, REQUIRED, Permits

STEP_MS = 20
STEPS = 6000  # two minutes
_RING = 1 << 30
_STALLS_MS = (5, 19, 30, 60, 90, 200, 1000, 4000)
_APART_MS = 300  # between two closings of a board


@dataclass
class Outcome:
    """What an episode came to: `violation` and the `story` of its outlet, or neither.

    `counts`: how often what the rules speak of has happened.
    """

    seed: int
    outlets: int
    steps: int = 0
    violation: str | None = None
    story: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def outlet_steps(self) -> int:
        """Steps times outlets."""
        return self.steps * self.outlets


class Episode:
    """`outlets`: None lets the seed choose."""

    def __init__(self, seed: int, outlets: int | None = None):
        from pilotlight.core import balance, journal, residual
        from pilotlight.services.control import Control

        draw = Random(f"storm/{seed}")
        count = draw.randint(1, 8)
        self.seed = seed
        self.count = count if outlets is None else outlets
        has_guard = draw.random() < 0.5
        self._draw = draw
        self._is_rough = draw.random() < 0.7
        self._ticks = draw.choice((0, _RING - draw.randint(1, STEPS * STEP_MS), _RING // 2))
        self.board = Board(f"storm/{seed}", self.count, has_guard)
        self.places = [balance.Place((0, 1, 2), 6000) for _ in range(self.count)]
        self.units = [self._unit(n) for n in range(self.count)]
        tests = residual.SelfTest([unit.around.monitor for unit in self.units])
        self.control = Control(self.board, (), (), self.units, tests, journal.Journal())
        self.permits = [
            Permits(Random(f"permits/{seed}/{n}"), unit.claims)
            for n, unit in enumerate(self.units)
        ]
        self.watches = [
            Watch(port, unit.outlet.allows_ventilation, (_APART_MS + STEP_MS) * self.count)
            for port, unit in zip(self.board.outlets, self.units, strict=True)
        ]
        self._t_ms = self._counted_ms = 0
        self._closed_ms = -_APART_MS  # an outlet has closed at
        self._judged = 0
        self._shift_ms = 0  # a late step, and the next one on time

    def _unit(self, n: int) -> Any:
        from pilotlight.core import claims, pilot, residual
        from pilotlight.drivers.contactor import Contactor
        from pilotlight.drivers.pilot import Pilot
        from pilotlight.services.control import Unit
        from pilotlight.services.equipment import Equipment

        port = self.board.outlets[n]
        level = pilot.Level(3 if self.board.has_guard else 2)
        said = claims.Claims(REQUIRED, OPTIONAL)
        around = Equipment(residual.Monitor())
        parts = (Pilot(port), Contactor(port), level, said, self.places[n], None, around)
        unit = Unit(n + 1, f"outlet {n + 1}", *parts)
        unit.outlet.mirror.is_fitted = port.has_mirror
        unit.outlet.allows_ventilation = self._draw.random() < 0.3
        return unit

    def run(self, steps: int = STEPS) -> Outcome:
        """Step until something is violated, or to the end."""
        outcome = Outcome(self.seed, self.count)
        try:
            while outcome.steps < steps:
                outcome.steps += 1
                self._step()
        except Violation as broken:
            n = self._judged
            outcome.violation = f"outlet {n + 1}: {broken}"
            outcome.story = self._story(n)
        outcome.counts = self._counts()
        return outcome

    def _counts(self) -> dict[str, int]:
        return {
            "closings": sum(unit.contactor.cycles for unit in self.units),
            "under load": sum(unit.outlet.forced_open for unit in self.units),
            "by the guard": sum(port.guarded for port in self.board.outlets),
            "F": sum(watch.fs for watch in self.watches),
            "woken": sum(watch.wakings for watch in self.watches),
            "D refused": sum(watch.refusals for watch in self.watches),
        }

    def _step(self) -> None:
        past_ms = self._pass_time()
        self._t_ms += past_ms
        self._counted_ms += min(past_ms, STEP_MS)
        self._ticks = ticks_add(self._ticks, past_ms)
        self.board.t_ms = self._t_ms
        for n, permits in enumerate(self.permits):
            permits.look(self._t_ms, self._ticks)
            self.places[n].must_open = self.board.outlets[n].broken.must_open
        if self._draw.random() < 0.004:
            self._acknowledge(self._draw.randrange(self.count))
        self.control.step(self._ticks)
        self._judge()

    def _pass_time(self) -> int:
        if self._shift_ms:
            past_ms, self._shift_ms = STEP_MS - self._shift_ms, 0
            return past_ms
        if not self._is_rough or self._draw.random() > 0.01:
            return STEP_MS
        late_ms = self._draw.choice(_STALLS_MS)
        if late_ms < STEP_MS:
            self._shift_ms = late_ms
        return STEP_MS + late_ms

    def _acknowledge(self, n: int) -> None:
        self.board.outlets[n].note("acknowledged", True)
        self.units[n].outlet.acknowledge()
        self.units[n].around.acknowledge()
        self.watches[n].acknowledged()

    def _judge(self) -> None:
        closed = 0
        for n, watch in enumerate(self.watches):
            self._judged = n
            place, permit_ma = self.places[n], self.permits[n].limit_ma
            closed += watch.look(self._t_ms, self._counted_ms, permit_ma, place.must_open)
            if closed and self._t_ms - self._closed_ms < _APART_MS:
                raise Violation("closed less than 300 ms after another outlet")
        if closed > 1:
            raise Violation("two outlets closed in one step")
        if closed:
            self._closed_ms = self._t_ms

    def _story(self, n: int) -> list[str]:
        """What has happened at an outlet lately, and how it stands."""
        from pilotlight.core import faults, outlet

        port, unit = self.board.outlets[n], self.units[n]
        lines = [f"{t_ms:>9} ms  {what}: {value}" for t_ms, what, value in port.events]
        lines.append(
            f"{self._t_ms:>9} ms  read {port.high_mv} / {port.low_mv} mV, duty {port.duty}, "
            f"coil {port.coil}, permit {self.permits[n].limit_ma} mA, "
            f"core says {outlet.STATES[unit.outlet.state]}, "
            f"fault {faults.NAMES[unit.outlet.fault]}"
        )
        return lines
