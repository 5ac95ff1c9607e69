"""A feeder in memory: a house, what the cars behind it draw, and the sensors that measure the sum.

While every sensor is bad, and until cars have followed, the house does not grow: what grows unseen
is the breaker's to stop (docs/architecture.md). Times in ms since the start, currents in mA.
"""

from collections import deque
from collections.abc import Iterator
from random import Random

from pilotlight_host.shims.clock import ticks_add
from pilotlight_host.storm.board import Port
from pilotlight_host.storm.cars import some_ms
from pilotlight_host.storm.rules import amps_of

_FOLLOW_MS = 8000  # after a sensor is well again: two samples, and cars that follow
_LIE_MS = 40000  # after a lie it may not be believed
_FULL_MS = 20000  # cars have filled the limit for so long: the breaker is warm
_BUSY_MS = 1000  # a quarter of an hour begins with much
_RAMP_MA = 100  # a step, up: 5 A/s
_WINDOW_MS = 200  # a sample shows so long at most, however seldom there is one
_KINDS = ("lost", "lost", "frozen", "no phase", "wild", "low once", "high once")


class Sensor:
    """Clamps or a meter, as a Tap sees them: `current_ma`, `taken_ms` (ticks), `sequence`."""

    def __init__(self, draw: Random, name: str, every_ms: int):
        self.name = name
        self.every_ms = every_ms
        self.current_ma: list[int | None] = [None, None, None]
        self.taken_ms: int | None = None
        self.sequence = 0
        self.good_ms = 0  # a true sample was last brought at
        self.fault: str | None = None
        self.bad_ms = -_FOLLOW_MS
        self.lied_ms = -_LIE_MS  # not only silent
        self._draw = draw
        self._gain = draw.randint(-5, 5)  # permille: within the clamps' promise
        self._noise_ma = draw.choice((0, 20, 60))
        self._due_ms = draw.randrange(every_ms)
        self._past: deque[tuple[int, list[int]]] = deque()
        self._faults = self._happen()
        self._faults_ms = 0
        self.power_w: list[int | None] = [None, None, None]
        self.has_power = False

    def latch(self, t_ms: int, now_ms: int, total_ma: list[int]) -> None:
        """A sample, if it is time; the mean of its window is that of both ends."""
        self._past.append((t_ms, total_ma))
        while self._past[0][0] < t_ms - min(self.every_ms, _WINDOW_MS):
            self._past.popleft()
        if self._faults_ms <= t_ms:
            self._faults_ms = t_ms + next(self._faults)
        if self.fault is not None:
            self.bad_ms = t_ms
            if self.fault != "lost":
                self.lied_ms = t_ms
        if self._due_ms > t_ms:
            return
        self._due_ms = t_ms - (t_ms - self._due_ms) % self.every_ms + self.every_ms
        means = [(a + b) // 2 for a, b in zip(self._past[0][1], total_ma, strict=True)]
        if self.fault == "lost":
            return
        self.sequence += 1
        self.taken_ms = ticks_add(now_ms, -self._draw.randrange(20))
        if self.fault != "frozen" or self.current_ma[0] is None:
            self._show(means)
        if self.fault is None:
            self.good_ms = t_ms
        elif self.fault.endswith("once"):
            self.fault = None

    def _show(self, means: list[int]) -> None:
        self.current_ma = [self._read(p, abs(ma)) for p, ma in enumerate(means)]
        if self.has_power:
            for p, ma in enumerate(self.current_ma):
                watts = None if ma is None else ma * 230 // 1000
                self.power_w[p] = -watts if watts and means[p] < 0 else watts

    def spare(self) -> None:
        """No fault happens to it."""
        self._faults_ms = 1 << 60

    def is_silent(self, t_ms: int) -> bool:
        """It says nothing, and what it has said last was true."""
        return self.fault == "lost" and t_ms - self.lied_ms > _LIE_MS

    def _read(self, phase: int, ma: int) -> int | None:
        if self.fault == "no phase" and phase == 1:
            return None
        if self.fault == "wild":
            return 2_000_000
        if self.fault == "low once":
            return 0
        noise_ma = self._draw.randint(-self._noise_ma, self._noise_ma)
        more_ma = 15000 if self.fault == "high once" else 0
        return max(0, ma + ma * self._gain // 1000 + noise_ma + more_ma)

    def _happen(self) -> Iterator[int]:
        draw = self._draw
        apart_ms = draw.choice((10000, 200000, 600000))
        while True:
            yield some_ms(draw, 4000, apart_ms)
            self.fault = draw.choice(_KINDS)
            yield some_ms(draw, 200, 30000)
            self.fault = None


class Draw:
    """What the car at one outlet takes from its phases."""

    def __init__(self, draw: Random, port: Port, phases: tuple[int, ...]):
        self.ma = 0
        self.wired = phases
        self.port = port
        self._random = draw
        self._was_on = False
        self._most_ma = self._told_ma = 0
        self._is_deaf = False
        self._follows_ms: int | None = None
        # (for how long, how much it takes at most), if it takes what it likes
        self.moods: Iterator[tuple[int, int]] | None = None
        self._mood_ms = 0

    @property
    def phases(self) -> tuple[int, ...]:
        """Those that are connected now."""
        second = self.port.second
        return self.wired if second is None or second.contact else self.wired[:1]

    def step(self, t_ms: int) -> int:
        """How much it takes now. It follows a new duty within 5 s (seq 6)."""
        port = self.port
        if not (port.coil and port.away_ms is None):
            self._was_on = False
            self.ma = 0
            return 0
        told_ma = amps_of(port.duty)
        if not self._was_on:
            self._was_on = True
            self._most_ma = self._random.choice((6000, 16000, 32000, 32000, 32000, 32000))
            self._is_deaf = self._random.random() < 0.1
            self._told_ma = told_ma
            self._follows_ms = None
        elif told_ma != self._told_ma and not self._is_deaf:
            if self._follows_ms is None:
                self._follows_ms = t_ms + self._random.randint(100, 4800)
            elif self._follows_ms <= t_ms:
                self._follows_ms = None
                self._told_ma = told_ma
        if self.moods is not None and self._mood_ms <= t_ms:
            for_ms, self._most_ma = next(self.moods)
            self._mood_ms = t_ms + for_ms
        goal_ma = min(self._most_ma, self._told_ma)
        self.ma = min(goal_ma, self.ma + _RAMP_MA)
        return self.ma


class Feeder:
    """`total_ma` flows, `house_ma` of it into the building."""

    def __init__(self, draw: Random, name: str, outlets: int):
        self.name = name
        self.kind = draw.choice(("B", "C", "C", "gG"))
        # often the minima of all cars fill it, so that it is full soon
        self.rating_ma = draw.choice((25000, 63000, *[max(16000, 4500 * outlets)] * 3))
        self.limit_ma = self.rating_ma - draw.choice((0, 0, 0, 4000))
        self.base_max_ma = draw.choice((None, None, self.rating_ma, self.rating_ma // 2))
        self.sensors = [Sensor(draw, "clamps", 100)] if draw.random() < 0.8 else []
        if not self.sensors or draw.random() < 0.5:
            self.sensors.append(Sensor(draw, "meter", draw.choice((500, 1000))))
        self.draws: list[Draw] = []
        self.behind: Feeder | None = None  # a feeder that hangs on this one
        self.has_house = True
        self.is_root = True  # nothing is above it
        self.sun: Random | None = None  # a plant under clouds
        self.sun_ma = 0  # it feeds so much into each phase
        self._sun_ms = 0
        self.surges: Random | None = None  # the house leaves some of the limit
        self.house_ma = [0, 0, 0]
        self.total_ma = [0, 0, 0]
        self.events: deque[str] = deque(maxlen=30)
        self._random = draw
        self._house_ms = self._room_ms = 0

    def all_draws(self) -> list[Draw]:
        """Of all outlets whose current flows through it."""
        return self.draws + (self.behind.all_draws() if self.behind else [])

    def latch(self, t_ms: int, now_ms: int) -> None:
        """House and cars as they are now, and what the sensors make of it."""
        is_full = t_ms - self._room_ms > _FULL_MS
        if self._house_ms <= t_ms or is_full:
            self._house_ms = t_ms + self._switch(t_ms, is_full)
            self._room_ms = t_ms
        if self.sun is not None and self._sun_ms <= t_ms:
            self._sun_ms = t_ms + self._shine(t_ms, self.sun)
        total_ma = [ma - self.sun_ma for ma in self.house_ma]
        for draw in self.draws:
            ma = draw.step(t_ms)
            if ma:
                for p in draw.phases:
                    total_ma[p] += ma
        if self.behind is not None:
            total_ma = [a + b for a, b in zip(total_ma, self.behind.total_ma, strict=True)]
        self.total_ma = total_ma
        if max(total_ma) < self.limit_ma * 7 // 10:
            self._room_ms = t_ms
        for sensor in self.sensors:
            sensor.latch(t_ms, now_ms, total_ma)

    def _shine(self, t_ms: int, draw: Random) -> int:
        """Clouds come and go. Nobody sees one that comes while every sensor is bad."""
        sun_ma = draw.choice((0, self.rating_ma // 8, self.rating_ma // 3, self.rating_ma // 2))
        if not self._is_blind(t_ms):
            self.sun_ma = sun_ma
        self.events.append(f"{t_ms:>9} ms  sun: {self.sun_ma}")
        return draw.randint(2000, 60000)

    def _is_blind(self, t_ms: int) -> bool:
        return all(t_ms - sensor.bad_ms < _FOLLOW_MS for sensor in self.sensors)

    def _switch(self, t_ms: int, is_full: bool) -> int:
        """Mostly the house is quiet; at times, and just when the breaker is warm, much of it comes
        on at once. Returns for how long it stays so.
        """
        random, house_ma = self._random, self.house_ma[:]
        is_bad = self._is_blind(t_ms)
        is_surge = not is_bad and (is_full or random.random() < 0.3)
        most_ma = self.rating_ma if self.base_max_ma is None else self.base_max_ma
        if not self.has_house:
            most_ma = 0
        elif self.surges is not None:
            if t_ms < _BUSY_MS:
                self.house_ma = [most_ma] * 3
                return self.surges.choice((1000, 20000, 60000, 120000))
            most_ma = most_ma * self.surges.choice((10, 20, 40, 60)) // 100
        for p in range(3):
            quiet_ma = random.randrange(1 + most_ma // 20)
            ma = random.choice((most_ma // 2, most_ma, most_ma, most_ma)) if is_surge else quiet_ma
            if random.random() < 0.8:
                house_ma[p] = min(ma, house_ma[p]) if is_bad else ma
        self.house_ma = house_ma
        self.events.append(f"{t_ms:>9} ms  house: {house_ma}")
        return some_ms(random, 300, 15000) if is_surge else random.randint(3000, 50000)
