"""One storm: a board of one to eight outlets, random cars and faults, stepped and judged.

Times in ms since the start of the episode; ticks start anywhere, often shortly before their wrap.
"""

from dataclasses import dataclass, field
from random import Random
from typing import Any

from pilotlight_host.shims.clock import ticks_add
from pilotlight_host.storm import parts as storm_parts
from pilotlight_host.storm.board import Board
from pilotlight_host.storm.grid import Grid
from pilotlight_host.storm.locks import Lock
from pilotlight_host.storm.lockwatch import LockWatch
from pilotlight_host.storm.monitors import Monitor
from pilotlight_host.storm.oracle import Watch
from pilotlight_host.storm.parts import Parts
from pilotlight_host.storm.permits import OPTIONAL, REQUIRED, WATCHED, Permits
from pilotlight_host.storm.rules import STEP_MS, Violation
from pilotlight_host.storm.seconds import Second
from pilotlight_host.storm.secondwatch import SecondWatch
from pilotlight_host.storm.testwatch import TestWatch

STEPS, _POWER_STEPS = 6000, 15000  # 2 and 5 minutes; what has given way to a limit rests for 2
_RING = 1 << 30
_STALLS_MS = (5, 19, 30, 60, 90, 200, 1000, 4000)
_SHORT_STALL_MS = 200  # with a breaker to spare: a house may grow meanwhile
_LEAPS_MS = (60000, 800000, 910000, 3600000, 83000000, 86460000)
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
    """`outlets`, `parts`: None lets the seed choose."""

    def __init__(self, seed: int, outlets: int | None = None, parts: Parts | None = None):
        from pilotlight.core.place import Place

        draw = Random(f"storm/{seed}")
        count = draw.randint(1, 8)
        self.seed = seed
        self.parts = storm_parts.drawn(seed) if parts is None else parts
        self.count = count if outlets is None else outlets
        has_guard = draw.random() < 0.5
        self._draw = draw
        self._is_rough = draw.random() < 0.7
        self._ticks = draw.choice((0, _RING - draw.randint(1, STEPS * STEP_MS), _RING // 2))
        self.board = Board(f"storm/{seed}", self.count, has_guard, self.parts.feeders)
        self.grid = Grid(seed, self.board, self.parts.feeders)
        self.places = [Place(phases, 6000) for phases in self.grid.phases]
        self.grid.connect(self.places)
        self._add_locks()
        self._add_seconds()
        self._leaps = Random(f"leaps/{seed}")
        self.tests = self._add_monitors() if self.parts.tests else None
        self.units = [self._unit(n) for n in range(self.count)]
        if self.parts.meters:
            self.grid.meter(seed, self.units)
        self.control = self._control()
        self.permits = [self._permits(n) for n in range(self.count)]
        self.watches = [self._watch(n) for n in range(self.count)]
        self._t_ms = self._counted_ms = 0
        self._closed_ms = -_APART_MS  # an outlet has closed at
        self._judged = 0
        self._shift_ms = 0  # a late step, and the next one on time

    def _control(self) -> Any:
        from pilotlight.core import balance, residual
        from pilotlight.services.control import Control

        tests = residual.SelfTest([unit.around.monitor for unit in self.units])
        feeders, taps = self.grid.parts
        balancer = balance.Balancer(feeders, self.places)
        if self.parts.outside:
            self.grid.limit(self.seed, balancer, self.parts.power)
        return Control(self.board, balancer, taps, self.units, tests, self.grid.journal)

    def _permits(self, n: int) -> Permits:
        draw = Random(f"permits/{self.seed}/{n}")
        has_second = self.board.outlets[n].second is not None
        return Permits(draw, self.units[n].claims, self.parts.feeders, has_second)

    def _add_locks(self) -> None:
        if self.parts.locks:
            for n, port in enumerate(self.board.outlets):
                draw = Random(f"locks/{self.seed}/{n}")
                if draw.random() < 0.7:
                    port.lock = Lock(draw, port)

    def _add_seconds(self) -> None:
        if self.parts.seconds:
            for n, port in enumerate(self.board.outlets):
                draw = Random(f"seconds/{self.seed}/{n}")
                if draw.random() < 0.7 and len(self.grid.phases[n]) == 3:
                    port.second = Second(draw, port)

    def _add_monitors(self) -> TestWatch:
        retries = self._leaps.choice((0, 0, 1, 4))
        for n, port in enumerate(self.board.outlets):
            port.monitor = Monitor(Random(f"monitors/{self.seed}/{n}"))
            port.retries = retries
        return TestWatch(self.board)

    def _watch(self, n: int) -> Watch:
        from pilotlight.core import faults

        port, unit, lock, second = self.board.outlets[n], self.units[n], None, None
        if port.lock is not None:
            lock = LockWatch(port, port.lock, self.count, lambda: faults.NAMES[unit.outlet.fault])
        if port.second is not None:
            phases = unit.around.phases
            second = SecondWatch(
                port,
                port.second,
                self.count,
                lambda: phases.may_close and unit.outlet.fault != faults.SECOND,
            )
        stagger_ms = (_APART_MS + STEP_MS) * self.count
        return Watch(port, unit.outlet.allows_ventilation, stagger_ms, lock, self.tests, second)

    def _unit(self, n: int) -> Any:
        from pilotlight.core import claims, lock, pilot, residual
        from pilotlight.drivers.bolt import Bolt
        from pilotlight.drivers.contactor import Contactor
        from pilotlight.drivers.pilot import Pilot
        from pilotlight.services.control import Unit
        from pilotlight.services.equipment import Equipment

        port = self.board.outlets[n]
        level = pilot.Level(3 if self.board.has_guard else 2)
        required = REQUIRED if port.second is None else (*REQUIRED, "phases")
        said = claims.Claims(required, (*OPTIONAL, "equipment", *WATCHED))
        has_lock = port.lock is not None
        held = (lock.Lock(), Bolt(port)) if has_lock else (None, None)
        monitor = residual.Monitor(port.retries, self.parts.tests)
        if port.second is None:
            around = Equipment(monitor, *held, claim=said.of("equipment"))
        else:
            around = self._switching(port, monitor, held, said)
        parts = (
            Pilot(port),
            Contactor(port),
            level,
            said,
            self.places[n],
            self.grid.of[n],
            around,
        )
        unit = Unit(n + 1, f"outlet {n + 1}", *parts)
        unit.outlet.mirror.is_fitted = port.has_mirror
        unit.outlet.allows_ventilation = self._draw.random() < 0.3
        return unit

    def _switching(self, port: Any, monitor: Any, held: Any, said: Any) -> Any:
        from pilotlight.core.phases import Phases
        from pilotlight.drivers.second import Second as Driver
        from pilotlight.services.switching import Switching

        parts = (Phases(port.second.is_fitted), Driver(port))
        return Switching(monitor, *held, None, said, *parts, self.grid.journal)

    def run(self, steps: int | None = None) -> Outcome:
        """Step until something is violated, or to the end."""
        outcome = Outcome(self.seed, self.count)
        steps = steps or (_POWER_STEPS if self.parts.power else STEPS)
        try:
            while outcome.steps < steps:
                outcome.steps += 1
                self._step()
        except Violation as broken:
            n = self._judged
            outcome.violation = f"outlet {n + 1}: {broken}"
            outcome.story = self._story(n)
            if self.grid.judged is not None:
                outcome.violation = f"feeder {self.grid.judged.name}: {broken}"
                outcome.story = self.grid.story()
            if self.grid.is_outside:
                outcome.violation = f"outside: {broken}"
                outcome.story = self.grid.story()
        outcome.counts = self._counts()
        return outcome

    def _counts(self) -> dict[str, int]:
        return {
            "closings": sum(unit.contactor.cycles for unit in self.units),
            "under load": sum(unit.outlet.forced_open for unit in self.units),
            "by the guard": sum(port.guarded for port in self.board.outlets),
            "F": sum(watch.duty.fs for watch in self.watches),
            "woken": sum(watch.duty.wakings for watch in self.watches),
            "D refused": sum(watch.refusals for watch in self.watches),
            "locked": sum(watch.locked for watch in self.watches),
            "tests": 0 if self.tests is None else self.tests.tests,
            "tests failed": 0 if self.tests is None else self.tests.failed,
            "trips": sum(port.trips for port in self.board.outlets),
            "phases switched": sum(p.second.moves for p in self.board.outlets if p.second),
            **self.grid.counts(),
        }

    def _step(self) -> None:
        past_ms = self._pass_time()
        self._t_ms += past_ms
        self._counted_ms += min(past_ms, STEP_MS)
        self._ticks = ticks_add(self._ticks, past_ms)
        self.board.t_ms = self._t_ms
        for n, permits in enumerate(self.permits):
            permits.look(self._t_ms, self._ticks)
            second = self.board.outlets[n].second
            if second is not None:
                second.wish(self._t_ms, self.units[n].around.phases)
            if not self.parts.feeders:
                self.places[n].must_open = self.board.outlets[n].broken.must_open
        if self.parts.feeders:
            self.grid.latch(self._t_ms, self._ticks)
        if self._draw.random() < 0.004:
            self._acknowledge(self._draw.randrange(self.count))
        self.control.step(self._ticks)
        self._judge()

    def _pass_time(self) -> int:
        if self.tests is not None and not (self.tests.is_busy or self.parts.feeders):
            if self._leaps.random() < 0.0005:
                return self._leap(self._leaps.choice(_LEAPS_MS))
        if self._shift_ms:
            past_ms, self._shift_ms = STEP_MS - self._shift_ms, 0
            return past_ms
        if not self._is_rough or self._draw.random() > 0.01:
            return STEP_MS
        late_ms = self._draw.choice(_STALLS_MS)
        if self.parts.feeders:
            late_ms = min(late_ms, _SHORT_STALL_MS)
        if late_ms < STEP_MS:
            self._shift_ms = late_ms
        return STEP_MS + late_ms

    def _leap(self, for_ms: int) -> int:
        """Long times in which nothing happens: retries and tests have deadlines of their own."""
        for port in self.board.outlets:
            port.skip(for_ms)
            port.note("time passes, ms", for_ms)
        return for_ms

    def _acknowledge(self, n: int) -> None:
        self.board.outlets[n].note("acknowledged", True)
        self.units[n].outlet.acknowledge()
        self.units[n].around.acknowledge()
        self.watches[n].acknowledged()
        if self.tests is not None:
            self.tests.acknowledged(n)

    def _judge(self) -> None:
        closed = 0
        self._judged = 0
        if self.tests is not None:
            self.tests.look(self._t_ms, self._counted_ms)
        for n, watch in enumerate(self.watches):
            self._judged = n
            place, permits = self.places[n], self.permits[n]
            permits.take(self._t_ms)
            closed += watch.look(self._t_ms, self._counted_ms, permits.limit_ma, place.must_open)
            if closed and self._t_ms - self._closed_ms < _APART_MS:
                raise Violation("closed less than 300 ms after another outlet")
        if self.parts.feeders:
            self.grid.judge(self._t_ms, self._counted_ms)
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
