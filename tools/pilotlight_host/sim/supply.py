"""A feeder: three phases behind a breaker, its loads and outlets. ms, mA rms.

Feeders form a tree: through one flows what its own loads and outlets take, and what flows through
those that hang on it. When it trips, all behind it is dead.

Truth is constant between two changes. The short history serves the instruments, which look back.
Currents of one phase add arithmetically (power factor about 1): the safe side for a fuse. What a
photovoltaic plant feeds in is negative.
"""

from typing import NamedTuple

from .agenda import Agenda
from .breaker import Breaker
from .outlet import Outlet
from .specs import FeederSpec

Three = tuple[int, int, int]


class Stretch(NamedTuple):
    """From t_ms on these currents flow; charge_ma_ms over all phases had flowed in until then, and
    back_ma_ms out: a meter adds the phases up first.
    """

    t_ms: int
    house_ma: Three
    car_ma: Three
    total_ma: Three
    charge_ma_ms: int
    back_ma_ms: int = 0


class Feeder:
    """`tripped()` is called when the breaker opens. `above`: what it hangs on, None: a supply."""

    def __init__(self, spec: FeederSpec, agenda: Agenda, keep_ms: int, tripped):
        self.spec = spec
        self.above: Feeder | None = None
        self.outlets: list[Outlet] = []
        self.dead_ms: int | None = None  # its breaker, or one above, opened at
        self.rating_ma = round(spec.rating_a * 1000)
        self.overload_since_ms: int | None = None
        self.history: list[Stretch] = []
        self._agenda = agenda
        self._keep_ms = keep_ms
        self._tripped = tripped
        self._behind: list[Feeder] = []
        self._loads: list[Three] = []
        self._overload_ms = 0
        self._excess_ma_ms = 0
        self._trip: list | None = None

    def hang_on(self, above: "Feeder") -> None:
        """This one is fed through `above`. Before `start`."""
        self.above = above
        above._behind.append(self)

    def add_load(self, initial_ma: Three) -> int:
        """Register a load before `start`; returns its number."""
        self._loads.append(initial_ma)
        return len(self._loads) - 1

    def start(self) -> None:
        """All initial loads are there, and those behind have started: the breaker is as hot as
        they keep it.
        """
        initial = self._house_ma()
        self.breaker = Breaker(
            self.spec.breaker, self.spec.rating_a, list(initial), lambda: self._agenda.now_ms
        )
        self.history = [Stretch(0, initial, (0, 0, 0), initial, 0)]
        self._judge(0, initial)

    def set_load(self, number: int, current_ma: Three) -> None:
        """A load changes now."""
        self._loads[number] = current_ma
        self.refresh()

    def _house_ma(self) -> Three:
        return _sum([*self._loads, *(feeder.history[-1].house_ma for feeder in self._behind)])

    def _car_ma(self) -> Three:
        own = [outlet.current_ma for outlet in self.outlets]
        return _sum([*own, *(feeder.history[-1].car_ma for feeder in self._behind)])

    def refresh(self) -> bool:
        """Add up again, here and above; True if the currents moved."""
        dead = self.dead_ms is not None
        house = (0, 0, 0) if dead else self._house_ma()
        car = (0, 0, 0) if dead else self._car_ma()
        last = self.history[-1]
        if last.house_ma == house and last.car_ma == car:
            return False
        now_ms = self._agenda.now_ms
        self._excess_ma_ms = self.overload_ma_ms(now_ms)
        total = (house[0] + car[0], house[1] + car[1], house[2] + car[2])
        charges = self.charge_ma_ms(now_ms), self.back_ma_ms(now_ms)
        self._remember(Stretch(now_ms, house, car, total, *charges))
        self._judge(now_ms, total)
        if self.above is not None:
            self.above.refresh()
        return True

    def _remember(self, stretch: Stretch) -> None:
        if self.history[-1].t_ms == stretch.t_ms:
            self.history[-1] = stretch
        else:
            self.history.append(stretch)
        before_ms = stretch.t_ms - self._keep_ms
        while len(self.history) > 1 and self.history[1].t_ms <= before_ms:
            self.history.pop(0)

    def _judge(self, now_ms: int, total: Three) -> None:
        over = max(abs(ma) for ma in total) > self.rating_ma
        if over and self.overload_since_ms is None:
            self.overload_since_ms = now_ms
        elif not over and self.overload_since_ms is not None:
            self._overload_ms += now_ms - self.overload_since_ms
            self.overload_since_ms = None
        self._agenda.cancel(self._trip)
        self._trip = None
        trip_ms = self.breaker.change(now_ms, list(total))
        if trip_ms is not None and not self.breaker.tripped:
            self._trip = self._agenda.at(max(trip_ms, now_ms), self._open)

    def _open(self) -> None:
        self.breaker.trip(self._agenda.now_ms)
        self._die()
        self._tripped(self)

    def _die(self) -> None:
        """No voltage any more, here and behind."""
        if self.dead_ms is None:
            self.dead_ms = self._agenda.now_ms
            self.refresh()
            for feeder in self._behind:
                feeder._die()
            for outlet in self.outlets:
                outlet.supply_dies()

    # Truth

    @property
    def total_ma(self) -> Three:
        """Current per phase now."""
        return self.history[-1].total_ma

    def stretch_at(self, t_ms: int) -> Stretch:
        """What flowed at t_ms, not longer ago than the history keeps."""
        for stretch in reversed(self.history):
            if stretch.t_ms <= t_ms:
                return stretch
        return self.history[0]

    def total_at(self, t_ms: int) -> Three:
        """Current per phase at t_ms."""
        return self.stretch_at(t_ms).total_ma

    def charge_ma_ms(self, t_ms: int) -> int:
        """Charge that has flowed in until t_ms, mA * ms over all phases."""
        stretch = self.stretch_at(t_ms)
        return stretch.charge_ma_ms + max(0, sum(stretch.total_ma)) * (t_ms - stretch.t_ms)

    def back_ma_ms(self, t_ms: int) -> int:
        """Charge that has flowed out until t_ms, mA * ms over all phases."""
        stretch = self.stretch_at(t_ms)
        return stretch.back_ma_ms + max(0, -sum(stretch.total_ma)) * (t_ms - stretch.t_ms)

    def alive_at(self, t_ms: int) -> bool:
        """False once the breaker, or one above, had opened."""
        return self.dead_ms is None or t_ms < self.dead_ms

    def overload_ma_ms(self, t_ms: int) -> int:
        """Charge above the rating, mA * ms over all phases."""
        last = self.history[-1]
        excess_ma = sum(max(0, abs(ma) - self.rating_ma) for ma in last.total_ma)
        return self._excess_ma_ms + excess_ma * (t_ms - last.t_ms)

    def overload_ms(self, t_ms: int) -> int:
        """Time with any phase above the rating."""
        running = 0 if self.overload_since_ms is None else t_ms - self.overload_since_ms
        return self._overload_ms + running


def _sum(currents: list[Three]) -> Three:
    first = second = third = 0
    for current in currents:
        first += current[0]
        second += current[1]
        third += current[2]
    return first, second, third


class OutletLine:
    """The line from a feeder to one of its outlets, as a meter in it sees it."""

    def __init__(self, feeder: Feeder, outlet: Outlet):
        self._feeder = feeder
        self._outlet = outlet

    def total_at(self, t_ms: int) -> Three:
        """Current per phase at t_ms."""
        return self._outlet.current_at(t_ms) if self.alive_at(t_ms) else (0, 0, 0)

    def charge_ma_ms(self, t_ms: int) -> int:
        """Charge that has flowed until t_ms, mA * ms over all phases."""
        return self._outlet.taken_ma_ms(t_ms)

    def back_ma_ms(self, t_ms: int) -> int:
        """No car gives anything back."""
        return 0

    def alive_at(self, t_ms: int) -> bool:
        """False once the feeder's breaker, or one above, had opened."""
        return self._feeder.alive_at(t_ms)
