"""The feeders of one episode: models, the firmware's balancers and doubts, and who judges them."""

from random import Random
from typing import Any

from pilotlight_host.storm.board import Board
from pilotlight_host.storm.feeders import Draw, Feeder
from pilotlight_host.storm.feederwatch import FeederWatch
from pilotlight_host.storm.outside import Outside
from pilotlight_host.storm.outsidewatch import OutsideWatch
from pilotlight_host.storm.ownmeters import OwnMeter

_ALL = (0, 1, 2)
_DOUBTS_MS = 100


class Grid:
    """One or two feeders, or none: then `of` each outlet is None. `judged`: the watch at work."""

    def __init__(self, seed: int, board: Board, has_feeders: bool):
        from pilotlight.core import journal

        self.journal = journal.Journal()
        self.judged: FeederWatch | None = None
        self.watches: list[FeederWatch] = []
        self.of: list[Any] = [None] * len(board.outlets)
        self.phases: list[tuple[int, ...]] = [_ALL] * len(board.outlets)
        self.parts: tuple[list[Any], list[Any]] = ([], [])  # for Control: feeders, taps
        self._board = board
        self._draw = draw = Random(f"feeders/{seed}")
        self._models: list[Feeder] = []
        self._is_dead = False
        self._outside: Outside | None = None
        self._outside_watch: OutsideWatch | None = None
        self.is_outside = False  # what is judged are limits from outside
        self._meters: list[OwnMeter] = []
        self._doubts: Any = None
        self._doubts_ms = 0
        # a balancer that has died stays so
        self._dies_ms = draw.randrange(20000, 100000) if draw.random() < 0.2 else 1 << 60
        if has_feeders:
            self._build(seed)

    def _build(self, seed: int) -> None:
        draw, ports = self._draw, self._board.outlets
        names = ("main", "barn")[: draw.choice((1, 1, 2))]
        homes = [draw.randrange(len(names)) for _ in ports]
        self._models = [Feeder(draw, name, homes.count(i)) for i, name in enumerate(names)]
        for n, port in enumerate(ports):
            self.phases[n] = draw.choice((_ALL, _ALL, (draw.randrange(3),)))
            car = Draw(Random(f"draws/{seed}/{n}"), port, self.phases[n])
            self._models[homes[n]].draws.append(car)
        if len(names) == 2 and Random(f"tree/{seed}").random() < 0.5:
            self._models[0].behind = self._models[1]
            self._models[1].has_house = False  # two houses may be more than the first one carries
            self._models[1].is_root = False

    def limit(self, seed: int, balancer: Any, is_power: bool) -> None:
        """From now on there are limits from outside, and sun. `is_power`: of power, mostly."""
        for model in self._models:
            for sensor in model.sensors:
                sensor.has_power = sensor.name == "meter"
            sun = Random(f"sun/{seed}/{model.name}")
            if model.is_root and sun.random() < 0.7:
                model.sun = sun
            if is_power:
                model.surges = draw = Random(f"surges/{seed}/{model.name}")
                if draw.random() < 0.7:
                    for sensor in model.sensors:
                        sensor.spare()
        for feeder, model in zip(balancer.feeders, self._models, strict=True):
            for source, sensor in zip(feeder.sources, model.sensors, strict=True):
                if sensor.has_power:
                    source.power = {"power_w": sensor.power_w}
        self._outside = Outside(seed, self._board, balancer, self.journal, self._models, is_power)
        self._outside_watch = OutsideWatch(self._outside, self._models, balancer.places)

    def meter(self, seed: int, units: list[Any]) -> None:
        """Some outlets have meters of their own."""
        for car in [car for model in self._models for car in model.draws]:
            n = car.port.number
            draw = Random(f"own/{seed}/{n}")
            if draw.random() < 0.8:
                self._meters.append(OwnMeter(draw, car, units[n], self.journal))

    def connect(self, places: list[Any]) -> None:
        """Build the firmware's side over these places of all outlets."""
        from pilotlight.services.doubts import Doubts

        for model in self._models:
            mine = [draw.port.number for draw in model.all_draws()]
            feeder = self._feeder(model, [places[n] for n in mine])
            feeder.depth = 0 if model.is_root else 1
            self.parts[0].append(feeder)
            for n in mine:
                self.of[n] = feeder
            self.watches.append(FeederWatch(model, [places[n] for n in mine]))
        if self._models:
            self._doubts = Doubts(self._board, self.parts[0], (), self.journal)

    def _feeder(self, model: Feeder, places: list[Any]) -> Any:
        from pilotlight.core import breaker, feeder, trust
        from pilotlight.services.control import Tap

        sources = []
        for sensor in model.sensors:
            source = trust.Source(sensor.name, sensor.every_ms, 10 * model.rating_ma)
            sources.append(source)
            self.parts[1].append(Tap(source, sensor, _ALL))
        image = breaker.Breaker(model.kind, model.rating_ma)
        parts = (model.limit_ma, model.base_max_ma, image, sources, places)
        return feeder.Feeder(model.name, *parts)

    def latch(self, t_ms: int, now_ms: int) -> None:
        """Before a step."""
        for model in reversed(self._models):  # what is behind comes first
            model.latch(t_ms, now_ms)
        for meter in self._meters:
            meter.latch(t_ms, now_ms)
        if self._models and self._doubts_ms <= t_ms:
            self._doubts_ms = t_ms + _DOUBTS_MS
            for _ in self._doubts.look(now_ms):
                pass
        if self._outside is not None and not self._is_dead:
            self._outside.latch(t_ms, now_ms)
        if self._dies_ms <= t_ms:
            self._dies_ms = 1 << 60
            self.parts[0].clear()
            self._is_dead = True

    def judge(self, t_ms: int, counted_ms: int) -> None:
        """After a step. Raises Violation."""
        for watch in () if self._is_dead else self.watches:
            self.judged = watch
            watch.look(t_ms, counted_ms)
        self.judged = None
        if self._outside_watch is not None and not self._is_dead:
            self.is_outside = True
            self._outside_watch.look(t_ms, counted_ms)
            self.is_outside = False

    def counts(self) -> dict[str, int]:
        """How often what the rules speak of has happened."""
        return {
            "reductions": sum(watch.reductions for watch in self.watches),
            "breaker spared": sum(watch.openings for watch in self.watches),
            "orders": 0 if self._outside is None else self._outside.told,
            "power cut back": 0 if self._outside_watch is None else self._outside_watch.answered,
        }

    def story(self) -> list[str]:
        """How the feeder stands that is judged."""
        lines: list[str] = []
        for model, feeder in zip(self._models, self.parts[0], strict=False):
            if not self.is_outside and (self.judged is None or self.judged.name != model.name):
                continue
            lines += [*model.events]
            lines.append(f"{model.kind} {model.rating_ma} mA, limit {model.limit_ma}")
            lines.append(f"flows {model.total_ma}, house thought {feeder.base.estimate_ma}")
            lines += [f"{s.name}: {s.current_ma}, {s.fault or 'good'}" for s in model.sensors]
            for car, place in zip(model.all_draws(), feeder.places, strict=True):
                lines.append(
                    f"outlet {car.port.number + 1} on {car.phases}: duty {car.port.duty}, "
                    f"draws {car.ma}, offered {place.offered_ma}, coil {car.port.coil}, "
                    f"{place.mode}: {place.why}"
                )
        return lines
