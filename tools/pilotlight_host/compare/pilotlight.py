"""Pilotlight itself: the real firmware on the event clock, and where current was left over.

Every instant at which a car could take more than it draws, what is free on its fullest phase is
split into parts that add up to it exactly. Ampere-seconds, added up over the run:

margin        the rating less what the firmware aims at
base          what it takes the house for, less what the house takes
unused: ...   what is offered there and not drawn: by outlets whose car is full or has not begun;
              on phases that a car of one or two phases has not; above a car's own maximum; the
              rest (draw below the limit, ramps, reactions)
share: ...    what it has neither counted for the house nor offered, by the reason of the
              outlet that is furthest from its share; negative: more was offered, as others had
              been seen to leave it

And how often a contactor was opened though its car wanted more, by the reason its outlet gave.
"""

from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any

from pilotlight_host.sim.scenario import Scenario
from pilotlight_host.sim.simulate import EVENT, Outcome, simulate

_CONTENT_MA = 300  # a car this near to what it can take is content
_CONTENT = 0.97


class Ledger:
    """Where current is left over, kept after every step."""

    def __init__(self, progress: Callable[[int], None] | None = None) -> None:
        self.left_as: defaultdict[str, float] = defaultdict(float)
        self._progress = progress
        self._run: Any = None
        self._since_ms = 0
        self._changed_ms = -1  # the world, when it was looked at last
        self._was_due = True  # half of a decision had been made then
        self.rates: list[tuple[str, int]] = []  # name, mA since the last step
        self.pauses: Counter[str] = Counter()
        self._closed: list[bool] = []

    @property
    def plant(self) -> Any:
        """The world of the run."""
        return self._run.plant

    def start(self, run: Any) -> None:
        """Before the first step."""
        self._run = run
        self._closed = [False] * len(run.scenario.outlets)

    def step(self, t_ms: int) -> None:
        """After a step of the firmware: the stretch that ends here was as the last one left it."""
        past_s = (t_ms - self._since_ms) / 1000
        for name, ma in self.rates:
            self.left_as[name] += ma * past_s / 1000
        self._since_ms = t_ms
        self._look_for_pauses()
        if self._is_news():
            self.rates = self._look()
        if self._progress is not None:
            self._progress(t_ms)

    def _look_for_pauses(self) -> None:
        for n, was_closed in enumerate(self._closed):
            is_closed = self.plant.coil(n)
            if is_closed is was_closed:
                continue
            self._closed[n] = is_closed
            car = self.plant.car(n)
            if not is_closed and car is not None and car.wants_energy:
                self.pauses[self._run.app.control.feeders[0].places[n].why] += 1

    def _is_news(self) -> bool:
        """Something has changed in the world, or something has been decided."""
        changed_ms, is_due = self.plant.last_change_ms, self._run.app.control.balancer.is_due
        is_news = changed_ms != self._changed_ms or is_due or self._was_due
        self._changed_ms, self._was_due = changed_ms, is_due
        return is_news

    def _look(self) -> list[tuple[str, int]]:
        plant = self._run.plant
        units = self._run.app.control.units
        total_ma = plant.feeder_ma(0)
        places = self._run.app.control.feeders[0].places
        binding: dict[int, int] = {}  # phase: the outlet that is furthest from its share
        for n in range(len(units)):
            car = plant.car(n)
            if car is not None and self._wants_more(car, n):
                phase = max(plant.wires(n), key=lambda p: total_ma[p])
                other = binding.get(phase)
                if other is None or _missing_ma(places[n]) > _missing_ma(places[other]):
                    binding[phase] = n
        return [rate for phase, n in binding.items() for rate in self._parts(phase, n)]

    def _wants_more(self, car: Any, n: int) -> bool:
        most_ma = min(car.spec.max_ma, self._run.scenario.site["outlets"][n]["max_a"] * 1000)
        return car.wants_energy and car.current_ma < _CONTENT * most_ma - _CONTENT_MA

    def _parts(self, phase: int, n: int) -> list[tuple[str, int]]:
        plant, control = self._run.plant, self._run.app.control
        feeder = control.feeders[0]
        rating_ma = round(plant.scenario.feeders[0].rating_a * 1000)
        offered_ma = 0
        unused = []
        for i, place in enumerate(feeder.places):
            if place.habit.uses[phase]:
                offered_ma += place.offered_ma
                unused += self._unused(phase, i, place.offered_ma)
        house_ma = plant.feeder_parts_ma(0)[0][phase]
        aim_ma, base_ma = feeder.aim_ma(), feeder.base_ma(phase)
        why = feeder.places[n].why.rpartition(": ")[2]
        return [
            ("margin", rating_ma - aim_ma),
            ("base", base_ma - house_ma),
            *unused,
            ("share: " + why, aim_ma - base_ma - offered_ma),
        ]

    def _unused(self, phase: int, n: int, offered_ma: int) -> list[tuple[str, int]]:
        plant = self._run.plant
        car, drawn_ma = plant.car(n), plant.outlet_ma(n)[phase]
        idle_ma = offered_ma - drawn_ma
        if car is not None and not car.wants_energy:
            return [("unused: car is full", idle_ma)]
        if car is None or not plant.contacts_closed(n):
            return [("unused: has not begun", idle_ma)]
        if phase not in plant.wires(n):
            return [("unused: phase the car has not", idle_ma)]
        above_ma = max(0, offered_ma - car.spec.max_ma)
        return [
            ("unused: above the car's maximum", above_ma),
            ("unused: draw, ramps", idle_ma - above_ma),
        ]


def _missing_ma(place: Any) -> int:
    return place.share_ma - place.offered_ma


def run(
    scenario: Scenario, progress: Callable[[int], None] | None = None
) -> tuple[Outcome, dict[str, float], dict[str, int]]:
    """The outcome, ampere-seconds left over by cause, and openings by reason."""
    ledger = Ledger(progress)
    outcome = simulate(scenario, clock_kind=EVENT, progress=ledger.step, on_start=ledger.start)
    left_as = {name: round(left, 1) for name, left in sorted(ledger.left_as.items())}
    return outcome, left_as, dict(sorted(ledger.pauses.items()))
