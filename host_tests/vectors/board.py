"""A board in memory as boards/README.md describes one, with the wires and contactors behind it.

Times in ms since power-on. A contactor closes 20 ms and opens 40 ms after its coil; its mirror
contact tells what the main contacts do. A residual-current monitor that has tripped takes the
coil's supply away by itself. `events` are (t_ms, kind, outlet, value).
"""

import math
from array import array

from pilotlight_host.sim.car import offered_ma

from .wire import Line, Terminal

CLOSE_MS, RELEASE_MS = 20, 40
GUARD_LOOK_MS, GUARD_LOOKS = 4, 10
LOCK_MS = 300  # the motor needs so long
WATCHDOG_MS = 2000
SAMPLES, WINDOW_MS, GAIN = 200, 100, 10000  # mA rms per 100 counts rms


class Port:
    """One outlet of the board contract. What is read is from the latest `latch`."""

    def __init__(self, board: "Board", number: int) -> None:
        self.number = number
        self._board = board
        # the world behind the terminals
        self.terminal = Terminal(number)
        self.is_sampled = True
        self.is_welded = self.is_stuck_open = False
        self.is_tripped = False
        self.lock_is_stuck = False
        self.cable_ohm: int | None = None
        self.plug: int | None = 20
        self.draws_ma: int | None = None  # None: what it is told while it charges
        # outputs
        self.duty = 10000
        self.coil = False
        self.contacts = False
        self.fan = False
        self._moves: list[tuple[int, str, bool]] = []
        self._outside = 0
        self._edges_mv = (0, 0)
        # inputs
        self.high_mv = self.low_mv = self.taken_ms = None
        self.proximity_ohm: int | None = None
        self.contactor_is_closed: bool | None = False
        self.residual_tripped = False
        self.opened_by_guard = False
        self.is_locked: bool | None = False

    # the firmware's side

    def set_duty(self, duty: int) -> None:
        if duty != self.duty:
            self.duty = duty
            self._board.tell("duty", self.number, duty)
            self.terminal.show(self._board.t_ms, self.terminal.line, duty)

    def set_contactor(self, closed: bool) -> None:
        if not closed:
            self.opened_by_guard = False
        self._switch(closed and not self.opened_by_guard)

    def set_edges(self, from_mv: int, below_mv: int) -> None:
        """The guard opens where the pilot is not between these."""
        self._edges_mv = from_mv, below_mv

    def set_lock(self, drive: bool | None) -> None:
        """The motor towards locked, towards unlocked, or at rest."""
        if drive is not None:
            self._board.tell("lock", self.number, drive)
        self._moves = [move for move in self._moves if move[1] != "lock"]
        if drive is not None and not self.lock_is_stuck:
            self._moves.append((self._board.t_ms + LOCK_MS, "lock", drive))
            self._moves.sort(key=lambda move: move[0])

    def set_ventilation(self, is_on: bool) -> None:
        if is_on != self.fan:
            self.fan = is_on
            self._board.tell("fan", self.number, is_on)

    def plug_c(self) -> int | None:
        return self.plug

    def latch(self) -> None:
        t_ms = self._board.t_ms
        self.settle(t_ms)
        if self.is_sampled:
            self.high_mv, self.low_mv = self.terminal.reading(t_ms)
            self.taken_ms = self._board.ticks(t_ms)
        self.proximity_ohm = self.cable_ohm
        self.contactor_is_closed = (self.contacts or self.is_welded) and not self.is_stuck_open
        self.residual_tripped = self.is_tripped or self._board.is_testing

    # the world's side

    def show(self, line: Line) -> None:
        """From now on the pilot line is like this."""
        self.terminal.show(self._board.t_ms, line, self.duty)

    def trip(self, is_tripped: bool) -> None:
        """The residual-current monitor: the coil has no supply while it is tripped."""
        self.is_tripped = is_tripped
        self._power()

    def current_ma(self) -> int:
        """What flows through the contacts, per phase."""
        line = self.terminal.line
        if not self.contacts or line.r2_ohm is None:
            return 0
        if self.draws_ma is not None:
            return self.draws_ma
        return offered_ma(self.duty) if line.is_ready else 0

    def settle(self, t_ms: int) -> None:
        """Contacts and lock have moved by `t_ms`."""
        while self._moves and self._moves[0][0] <= t_ms:
            at_ms, what, value = self._moves.pop(0)
            if what == "lock":
                self.is_locked = value
            elif value != self.contacts:
                self.contacts = value
                self._board.tell("contacts", self.number, value, at_ms)

    def guard_looks(self) -> None:
        """In a hardware interrupt: outside the edges for 40 ms, and the coil goes off."""
        from_mv, below_mv = self._edges_mv
        is_inside = from_mv <= self.terminal.now_mv() < below_mv
        self._outside = 0 if is_inside or not self.coil else self._outside + 1
        if self._outside >= GUARD_LOOKS:
            self._switch(False)
            self.opened_by_guard = True

    def _switch(self, on: bool) -> None:
        if on != self.coil:
            self.coil = on
            self._board.tell("coil", self.number, on)
            self._power()

    def _power(self) -> None:
        """The coil follows its command as far as it has a supply."""
        on = self.coil and not self.is_tripped and not self._board.is_testing
        delay_ms = CLOSE_MS if on else RELEASE_MS
        self._moves = [move for move in self._moves if move[1] != "contacts"]
        self._moves.append((self._board.t_ms + delay_ms, "contacts", on))
        self._moves.sort(key=lambda move: move[0])


class ClampPort:
    """Three clamps that show the sum of all cars: sines of 50 Hz, a window each 100 ms."""

    channels, samples, window_ms = 3, SAMPLES, WINDOW_MS

    def __init__(self, board: "Board") -> None:
        self._board = board
        self._seen_ms = 0
        self._waves: dict[int, array] = {}

    def read(self, buffers: list[array]) -> int | None:
        end_ms = self._board.t_ms // WINDOW_MS * WINDOW_MS
        if end_ms == self._seen_ms:
            return None
        self._seen_ms = end_ms
        total_ma = sum(port.current_ma() for port in self._board.outlets)
        for buffer in buffers:
            buffer[:] = self._wave(total_ma)
        return self._board.ticks(end_ms)

    def _wave(self, ma: int) -> array:
        if ma not in self._waves:
            top, turn = 100 * math.sqrt(2) * ma / GAIN, 2 * math.pi * 5 / SAMPLES
            self._waves[ma] = array(
                "H", [round(2048 + top * math.sin(turn * i)) for i in range(SAMPLES)]
            )
        return self._waves[ma]


class Panel:
    """LED and button."""

    is_pressed = False
    is_lit = False

    def __init__(self, board: "Board") -> None:
        self._board = board

    def set_led(self, is_on: bool) -> None:
        if is_on != self.is_lit:
            self.is_lit = is_on
            self._board.tell("led", 0, is_on)


class Board:
    """`clock`: the virtual clock; `after_step()` is called when a control step has ended."""

    name = "vectors"
    console = network = resets = wall_clock = None

    def __init__(self, clock, storage: str, outlets: int, has_guard: bool, has_fans: bool) -> None:
        self._clock = clock
        self.events: list[tuple[int, str, int, object]] = []
        self.is_testing = False
        self.stalled_ms = 0  # the interpreter stands still until then
        self.fed_ms: int | None = None
        self.after_step = lambda: None
        self.storage = storage
        self.pages = self.spool = None
        self.outlets = [Port(self, i + 1) for i in range(outlets)]
        self.clamps = ClampPort(self)
        self.panel = Panel(self)
        self.capabilities = {
            "outlets": outlets,
            "clamps": 3,
            "max_ma": 80000,
            "contactor_readback": True,
            "proximity": True,
            "residual_current": True,
            "residual_test": True,
            "plug_temperature": True,
            "network": False,
            "modem": False,
            "watchdog_ms": WATCHDOG_MS,
            "hold_ms": 0,
            "guard": has_guard,
            "storage_stall_ms": 0,
            "lock": True,
            "ventilation": has_fans,
        }

    @property
    def t_ms(self) -> int:
        return self._clock.t_ms

    def ticks(self, t_ms: int) -> int:
        return (t_ms + self._clock.start_ticks_ms) & ((1 << 30) - 1)

    def tell(self, kind: str, outlet: int, value: object, at_ms: int | None = None) -> None:
        self.events.append((self.t_ms if at_ms is None else at_ms, kind, outlet, value))

    def pace(self, period_ms: int, _is_step: bool = False) -> "Pace":
        return Pace(self, self._clock, period_ms)

    def latch(self, now_ms: int) -> None:
        for port in self.outlets:
            port.latch()

    def commit(self, now_ms: int) -> None:
        self.after_step()

    def safe(self) -> None:
        for port in self.outlets:
            port.set_contactor(False)
            port.set_duty(10000)

    def feed(self) -> None:
        self.fed_ms = self.t_ms

    def ended(self, code: int) -> None:
        pass

    def set_residual_test(self, is_on: bool) -> None:
        """Every monitor reports a trip while its test input is on, and drops its coil."""
        self.is_testing = is_on
        self.tell("residual_test", 0, is_on)
        for port in self.outlets:
            port.trip(port.is_tripped)


class Pace:
    """The beat of boards/README.md; none comes while the interpreter stands still."""

    def __init__(self, board: Board, clock, period_ms: int) -> None:
        self._board = board
        self._clock = clock
        self.period_ms = period_ms
        self._next_ms = clock.t_ms

    async def next(self, sleeper) -> int:
        self._next_ms += self.period_ms
        await self._clock.sleep_ms(self._next_ms - self._clock.t_ms)
        while self._clock.t_ms < self._board.stalled_ms:
            await self._clock.sleep_ms(self._board.stalled_ms - self._clock.t_ms)
        late_ms = self._clock.t_ms - self._next_ms
        self._next_ms += late_ms // self.period_ms * self.period_ms
        return late_ms
