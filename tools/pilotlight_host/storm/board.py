"""A board in memory whose pilots, contactors and sensors do what random cars and faults want.

Times in ms since the start of the episode, levels in mV. A reading is the trimmed mean of the 20
periods before it, as on the real boards.
"""

from collections import deque
from random import Random
from typing import Any

from pilotlight_host.storm import cars, faults
from pilotlight_host.storm.locks import Lock
from pilotlight_host.storm.monitors import Monitor
from pilotlight_host.storm.seconds import Second

X1 = 10000
_BLOCK_MS = 20
_GUARD_MS = 40
_READY_MV = (2000, 8000)  # C or D, the bands of hysteresis included
_NOISE = 1 << 12
_EARLY = -1_000_000


def noise_table(draw: Random) -> list[int]:
    """Bell-shaped numbers within +-1000."""
    return [sum(draw.randint(-250, 250) for _ in range(4)) for _ in range(_NOISE)]


class Port:
    """One outlet of the board contract, with the truth beside it."""

    proximity_ohm = None

    def __init__(self, number: int, draw: Random, board: "Board"):
        self.number = number
        self.board = board
        self.events: deque[tuple[int, str, Any]] = deque(maxlen=40)
        # terminals
        self.high_mv: int | None = None
        self.low_mv: int = 0
        self.taken_ms: int | None = None  # ticks
        self.contactor_is_closed: bool | None = False
        self.opened_by_guard = self.coil = False
        self.duty = X1
        self.pwm_ms = 0  # PWM began at
        self.coil_ms = _EARLY  # the coil changed at
        self.guard_ms = _EARLY  # the guard opened at
        self.guarded = self.trips = 0  # how often
        self._start_truth()
        self._start_parts(draw)

    def _start_truth(self) -> None:
        self.level_mv = cars.AWAY_MV
        self.noise_mv = 0
        self.diode = "ok"
        self.broken = faults.Broken()
        self.read_ms = 0  # when the newest reading ended
        self.ready_ms = _EARLY  # last moment in C or D
        self.away_ms: int | None = 0  # left C and D at
        self.unsure_ms = _EARLY  # readings were no truth until
        self._past: list[tuple[int, int]] = []  # (until, level) within the last block

    def _start_parts(self, draw: Random) -> None:
        self.has_mirror = draw.random() < 0.8
        self._delay_ms = (draw.choice((10, 20, 40)), draw.choice((10, 30, 50)))
        self._contact = False
        self._contact_ms: int | None = None
        self._noise_at = draw.randrange(0, _NOISE, 2)
        self._life = cars.live(draw, self, self.board.is_long)
        self._life_ms = 0
        self._faults = faults.happen(draw, self)
        self._faults_ms = 0
        self.lock: Lock | None = None
        self.second: Second | None = None
        self.monitor: Monitor | None = None
        self.retries = 0  # after a trip

    def skip(self, for_ms: int) -> None:
        """Time passes, and nothing happens."""
        self._life_ms += for_ms
        self._faults_ms += for_ms
        if self.unsure_ms > self.board.t_ms:
            self.unsure_ms += for_ms
        if self.lock is not None:
            self.lock.skip(for_ms)
        if self.second is not None:
            self.second.skip(for_ms)

    def spare(self) -> None:
        """No fault happens here."""
        self._faults_ms = -_EARLY

    @property
    def residual_tripped(self) -> bool:
        """Board contract: the monitor reports a trip."""
        if self.monitor is not None and self.monitor.trips:
            return True
        return self.broken.tripped

    @property
    def is_locked(self) -> bool | None:
        """Board contract: the contact of the lock."""
        return None if self.lock is None else self.lock.is_locked

    @property
    def three_is_closed(self) -> bool | None:
        """Board contract: the mirror contact of the second contactor."""
        return None if self.second is None else self.second.is_closed

    def note(self, what: str, value: Any, t_ms: int | None = None) -> None:
        """Something has changed, at `t_ms` or just now."""
        self.events.append((self.board.t_ms if t_ms is None else t_ms, what, value))

    # ------------------------------------------------------------------ outputs

    @property
    def is_pwm(self) -> bool:
        """The oscillator is on."""
        return 0 < self.duty < X1

    def set_duty(self, duty: int) -> None:
        """Board contract."""
        if 0 < duty < X1 and not self.is_pwm:
            self.pwm_ms = self.board.t_ms
        self.duty = duty
        self.note("duty", duty)

    def set_contactor(self, closed: bool) -> None:
        """Board contract: a guard that has opened is told so by `False`."""
        if not closed:
            self.opened_by_guard = False
        self._switch(self.board.t_ms, closed and not self.opened_by_guard, "coil")

    def guard_opens(self, t_ms: int) -> None:
        """A guard takes the coil away by itself."""
        if self.coil:
            self.opened_by_guard = True
            self.guard_ms = t_ms
            self.guarded += 1
            self._switch(t_ms, False, "coil, by the guard")

    def _switch(self, t_ms: int, is_on: bool, what: str) -> None:
        if is_on != self.coil:
            self.coil = is_on
            self.coil_ms = t_ms
            self._contact_ms = t_ms + self._delay_ms[is_on]
            self.note(what, is_on, t_ms)

    def set_lock(self, drive: bool | None) -> None:
        """Board contract."""
        if self.lock is not None:
            self.lock.set_drive(self.board.t_ms, drive)

    def set_phases(self, three: bool) -> None:
        """Board contract."""
        if self.second is not None:
            self.second.set_coil(self.board.t_ms, three)

    # ------------------------------------------------------------------ truth

    def latch(self, t_ms: int, now_ms: int) -> None:
        """All that has happened since the last step, and a new reading."""
        if self._faults_ms <= t_ms:
            self._faults_ms = t_ms + next(self._faults)
        if self._life_ms <= t_ms:
            self._live(t_ms)
        if self.away_ms is None:
            self.ready_ms = t_ms
        elif self.coil and self.board.has_guard:
            self._guard(t_ms)
        self._follow_coil(t_ms)
        if self.lock is not None:
            self.lock.latch(t_ms)
        if self.second is not None:
            self.second.latch(t_ms)
        if self.monitor is not None:
            self.monitor.latch(t_ms)
        self._read(t_ms, now_ms)

    def _live(self, t_ms: int) -> None:
        while self._life_ms <= t_ms:
            self._past.append((self._life_ms, self.level_mv))
            level_mv, for_ms = next(self._life)
            if level_mv != self.level_mv:
                self._move(self._life_ms, level_mv)
            self._life_ms += for_ms

    def _move(self, t_ms: int, level_mv: int) -> None:
        self.note("pilot", level_mv, t_ms)
        is_ready = _READY_MV[0] <= level_mv < _READY_MV[1]
        if self.away_ms is None:
            self.ready_ms = t_ms
            if not is_ready:
                self.away_ms = t_ms
        elif is_ready:
            if self.board.has_guard:
                self._guard(t_ms)
            self.away_ms = None
        self.level_mv = level_mv

    def _guard(self, t_ms: int) -> None:
        if self.away_ms is not None:
            due_ms = max(self.away_ms, self.coil_ms) + _GUARD_MS
            if due_ms <= t_ms:
                self.guard_opens(due_ms)

    def _follow_coil(self, t_ms: int) -> None:
        if self._contact_ms is not None and self._contact_ms <= t_ms:
            self._contact_ms = None
        if self._contact_ms is None:
            closed = self.coil or (self.broken.welded and self._contact)
            self._contact = closed and not self.broken.stuck_open
        self.contactor_is_closed = self._contact if self.has_mirror else None

    # ------------------------------------------------------------------ readings

    def _read(self, t_ms: int, now_ms: int) -> None:
        sampling = self.broken.sampling
        if sampling == "lost":
            return
        if sampling == "none":
            self.high_mv = None
            return
        self.taken_ms = now_ms
        self.read_ms = t_ms
        if sampling == "good" or self.high_mv is None:
            self._sample(t_ms)

    def _sample(self, t_ms: int) -> None:
        begin_ms = t_ms - _BLOCK_MS
        past = self._past
        while past and past[0][0] <= begin_ms:
            past.pop(0)
        level_mv = self._mixed(begin_ms) if past else self.level_mv
        self._noise_at = at = (self._noise_at + 2) % _NOISE
        noise = self.board.noise
        duty = self.duty
        if duty:
            high_mv = level_mv
            low_mv = self._low(level_mv) if duty < X1 else level_mv
        else:
            high_mv = low_mv = self._low(level_mv)
        self.high_mv = high_mv + noise[at] * self.noise_mv // 1000
        self.low_mv = low_mv + noise[at + 1] * min(self.noise_mv, 60) // 1000

    def _low(self, level_mv: int) -> int:
        if self.broken.flat:
            return level_mv
        if self.diode == "shorted":
            return -level_mv
        return self.broken.low_mv

    def _mixed(self, begin_ms: int) -> int:
        """A block in which the level moved: each of its 20 periods, trimmed."""
        levels, at_ms = [], begin_ms
        for until_ms, level_mv in self._past:
            levels += [level_mv] * (until_ms - at_ms)
            at_ms = until_ms
        levels += [self.level_mv] * (_BLOCK_MS - len(levels))
        return sum(sorted(levels)[2:-2]) // (_BLOCK_MS - 4)


class Board:
    """`count` ports; `t_ms` is set before each step. Remembers what has happened lately.
    `is_long`: cars stay, and faults are rare.
    """

    resets = None

    def __init__(self, seed: str, count: int, has_guard: bool, is_long: bool = False):
        self.t_ms = 0
        self.is_long = is_long
        self.test_is_on = False
        self.has_guard = has_guard
        self.noise = noise_table(Random(seed))
        self.outlets = [Port(n, Random(f"{seed}/{n}"), self) for n in range(count)]

    def latch(self, now_ms: int) -> None:
        """Board contract."""
        for port in self.outlets:
            port.latch(self.t_ms, now_ms)

    def set_residual_test(self, is_on: bool) -> None:
        """Board contract."""
        self.test_is_on = is_on
        for port in self.outlets:
            port.note("test current", is_on)
            if port.monitor is not None:
                port.monitor.set_test(self.t_ms, is_on)

    def commit(self, now_ms: int) -> None:
        """Board contract: outputs act when they are set."""

    def safe(self) -> None:
        """Board contract."""
        for port in self.outlets:
            port.set_contactor(False)
            port.set_duty(X1)
            port.set_lock(None)
