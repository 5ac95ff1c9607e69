"""The same rows at the pins of an emulated Pico: the real image, through PWM, ADC and GPIO.

Each outlet of one board plays a script of its own, so that four cost no more than one. A script
runs in a thread, but only one at a time: whoever lets time pass hands over, and time moves on when
all of them wait. Times in ms since power-on; outlets count from 1.
"""

import json
import threading
from collections.abc import Sequence

from pilotlight_host.emulated import Event, Pico
from pilotlight_host.emulated.analog import LOADED_EDGES_US, OPEN_EDGES_US
from pilotlight_host.sim.car import offered_ma

from .bench import STEP_MS, Looking, Missed
from .board import CLOSE_MS, RELEASE_MS
from .steps import Step
from .wire import Line

_PROMPT = b"\r\n> "
_INSTANT_MS = 0.002  # the board's clock and ours do not round alike
_ASK_MS = 10
_ANSWER_MS = 3000
_TEST_MS = 20  # a residual-current monitor answers its test input so much later
_BOOT_MS = 5000
_WATCHDOG_CTRL, _WATCHDOG_ON = 0x40058000, 1 << 30


class Stage:
    """The board with everything around it; `events` are (t_ms, kind, outlet, value)."""

    def __init__(self, pico: Pico) -> None:
        self.pico = pico
        self.events: list[tuple[float, str, int, object]] = []
        self.console_is_busy = False
        self._moves: list[tuple[float, str, int, bool]] = []
        self._outlets = range(1, pico.analog.outlets + 1)
        self.line = {n: Line() for n in self._outlets}
        self.duty = dict.fromkeys(self._outlets, 10_000)
        self.coil = dict.fromkeys(self._outlets, False)
        self.contacts = dict.fromkeys(self._outlets, False)
        self.mirror = dict.fromkeys(self._outlets)  # what it shows whatever is so; None: the truth
        self.tripped = dict.fromkeys(self._outlets, False)
        self.draws_ma: dict[int, int | None] = dict.fromkeys(self._outlets)
        self._is_tested = False

    @property
    def now_ms(self) -> float:
        return self.pico.now_us / 1000

    @property
    def runs(self) -> bool:
        """The watchdog is on: a control step has ended in time."""
        return bool(self.pico.peek(_WATCHDOG_CTRL)[0] & _WATCHDOG_ON)

    def advance(self, to_ms: float) -> None:
        """Let time pass; what the board does has its consequences."""
        while to_ms - self.now_ms > _INSTANT_MS:
            next_ms = min([to_ms, *(move[0] for move in self._moves)])
            for event in self.pico.run(1000 * next_ms, stop_on_event=True):
                self._take(event)
            now_ms = self.now_ms + _INSTANT_MS
            due = [move for move in self._moves if move[0] <= now_ms]
            self._moves = [move for move in self._moves if move[0] > now_ms]
            for _, what, outlet, value in due:
                self._move(what, outlet, value)

    def show(self, outlet: int, line: Line) -> None:
        """The pilot line of an outlet is like this."""
        self.line[outlet] = line
        edges = OPEN_EDGES_US if line.car_ohm() is None else LOADED_EDGES_US
        self.pico.analog.pilot(outlet, *line.ends_mv(), edges)
        self.show_current()

    def show_mirror(self, outlet: int) -> None:
        shown = self.mirror[outlet]
        self.pico.analog.mirror(outlet, self.contacts[outlet] if shown is None else shown)

    def show_monitor(self, outlet: int) -> None:
        self.pico.analog.residual(outlet, self.tripped[outlet] or self._is_tested)

    def show_current(self) -> None:
        total_ma = sum(self._current_ma(outlet) for outlet in self._outlets)
        for clamp in range(1, self.pico.analog.clamps + 1):
            self.pico.analog.clamp(clamp, 0, total_ma)

    def power(self, outlet: int) -> None:
        """Contacts follow the coil as far as it has a supply."""
        on = self.coil[outlet] and not self.tripped[outlet] and not self._is_tested
        self._moves = [m for m in self._moves if m[1:3] != ("contacts", outlet)]
        delay_ms = CLOSE_MS if on else RELEASE_MS
        self._moves.append((self.now_ms + delay_ms, "contacts", outlet, on))

    def _current_ma(self, outlet: int) -> int:
        if not self.contacts[outlet] or self.line[outlet].r2_ohm is None:
            return 0
        drawn_ma = self.draws_ma[outlet]
        if drawn_ma is not None:
            return drawn_ma
        return offered_ma(self.duty[outlet]) if self.line[outlet].is_ready else 0

    def _take(self, event: Event) -> None:
        t_ms, outlet = event.t_us / 1000, event.outlet or 0
        if event.kind == "contactor":
            self.coil[outlet] = bool(event.on)
            self.events.append((t_ms, "coil", outlet, bool(event.on)))
            self.power(outlet)
        elif event.kind == "pilot":
            self.duty[outlet] = round((event.duty_ppm or 0) / 100)
            self.events.append((t_ms, "duty", outlet, self.duty[outlet]))
            self.show_current()
        elif event.kind == "residual_test":
            self._moves.append((t_ms + _TEST_MS, "test", 0, bool(event.on)))
        else:
            self.events.append((t_ms, event.kind, outlet, event.on))

    def _move(self, what: str, outlet: int, value: bool) -> None:
        if what == "test":
            self._is_tested = value
            for number in self._outlets:
                self.show_monitor(number)
                self.power(number)
        elif value != self.contacts[outlet]:
            self.contacts[outlet] = value
            self.events.append((self.now_ms, "contacts", outlet, value))
            self.show_mirror(outlet)
            self.show_current()


class PicoBench(Looking):
    """What `Bench` offers to the steps, at one outlet of a stage."""

    sees_states = False
    settled_ms = 6000
    patience_ms = 1 << 40

    def __init__(self, stage: Stage, outlet: int, phase_ms: float, script: Sequence[Step]) -> None:
        self.stage = stage
        self.outlet = outlet
        self.phase_ms = phase_ms
        self.script = script
        self.measured: dict[str, float] = {}
        self.t0 = 0.0
        self.missed: str | None = None
        self.is_over = False
        self.wake_ms = 0.0
        self.go, self.rest = threading.Semaphore(0), threading.Semaphore(0)
        self._first = 0

    # ------------------------------------------------------------------ time

    def play(self) -> None:
        """In a thread of its own."""
        self.go.acquire()
        try:
            for step in self.script:
                step(self)  # type: ignore[arg-type]
        except Exception as error:  # noqa: BLE001 - told by whoever waits for it
            self.missed = str(error) if isinstance(error, Missed) else repr(error)
        self.is_over = True
        self.rest.release()

    def run(self, ms: float) -> None:
        """Let time pass: hand over, and go on when it has."""
        self._until(self.now_ms + ms)

    def _look(self, ms: float, most_ms: float) -> None:
        """To the next multiple of `ms`, so that all look together, but no longer than `most_ms`."""
        self._until(self.now_ms + min(most_ms, ms - self.now_ms % ms) + _INSTANT_MS)

    def _until(self, t_ms: float) -> None:
        self.wake_ms = t_ms
        self.rest.release()
        self.go.acquire()

    @property
    def now_ms(self) -> float:
        return self.stage.now_ms

    def boot(self) -> None:
        """Power has come at 0; wait for the program."""
        while not self.stage.runs:
            if self.now_ms > _BOOT_MS:
                raise Missed("the program does not start")
            self.run(STEP_MS)
        self.start()

    def stimulus(self) -> None:
        self.run((self.phase_ms - self.now_ms) % STEP_MS)
        self.start()

    def start(self) -> None:
        self.t0 = self.now_ms
        self._first = len(self.stage.events)

    # ------------------------------------------------------------------ the world

    @property
    def line(self) -> Line:
        return self.stage.line[self.outlet]

    def show(self, line: Line) -> None:
        self.stage.show(self.outlet, line)

    def cable(self, ohm: int | None) -> None:
        self.stage.pico.analog.proximity(self.outlet, ohm)

    def contactor_fails(self, *, welded: bool = False, stuck_open: bool = False) -> None:
        self.stage.mirror[self.outlet] = True if welded else False if stuck_open else None
        self.stage.show_mirror(self.outlet)

    def trip(self, is_tripped: bool) -> None:
        self.stage.tripped[self.outlet] = is_tripped
        self.stage.show_monitor(self.outlet)
        self.stage.power(self.outlet)

    def draws(self, ma: int | None) -> None:
        self.stage.draws_ma[self.outlet] = ma
        self.stage.show_current()

    def person(self, words: str) -> str:
        """Typed at the console; the stopwatch starts when the line has been taken."""
        answer = self._ask(words.replace("(1", f"({self.outlet}", 1))
        if "Error" in answer:
            raise Missed(f"{words}: {answer}")
        self.t0 = self.now_ms
        return answer

    # ------------------------------------------------------------------ what is seen

    def told(self) -> dict:
        return json.loads(self._ask("snapshot()"))["outlets"][self.outlet - 1]

    def _ask(self, line: str) -> str:
        while self.stage.console_is_busy:
            self._look(_ASK_MS, _ASK_MS)
        self.stage.console_is_busy = True
        try:
            return self._answer(line)
        finally:
            self.stage.console_is_busy = False

    def _answer(self, line: str) -> str:
        pico = self.stage.pico
        pico.console_read()
        pico.console_write(line.encode() + b"\r")
        said = b""
        end_ms = self.now_ms + _ANSWER_MS
        while _PROMPT not in said:
            if self.now_ms > end_ms:
                raise Missed(f"no answer to {line!r}: {said!r}")
            self._look(_ASK_MS, _ASK_MS)
            said += pico.console_read()
        return said.decode().partition("\r\n")[2].removesuffix("\r\n> ")

    @property
    def events(self) -> list[tuple[float, str, int, object]]:
        return self.stage.events

    @property
    def is_closed(self) -> bool:
        return self.stage.contacts[self.outlet]

    @property
    def duty(self) -> int:
        return self.stage.duty[self.outlet]

    def first(self, kind: str, is_it, within_ms: float) -> float | None:
        """As in `Bench`. State and fault are asked for at the console, which takes its time."""
        if kind in ("state", "fault"):
            return self._asked(kind, is_it)
        new = self._first
        while True:
            found, new = self.of(kind, new), len(self.events)
            for t_ms, value in found:
                if is_it(value) and t_ms - self.t0 <= within_ms:
                    return max(0.0, t_ms - self.t0)
            left_ms = self.t0 + within_ms - self.now_ms
            if left_ms <= _INSTANT_MS:
                return None
            self._look(STEP_MS, left_ms)

    def _asked(self, kind: str, is_it) -> float | None:
        for _ in range(10):
            if is_it(self.told()[kind]):
                return self.now_ms - self.t0
            self.run(100)
        return None


def play_together(benches: Sequence[PicoBench]) -> None:
    """All scripts, each at its outlet, until every one of them is over."""
    threads = [threading.Thread(target=bench.play, daemon=True) for bench in benches]
    for thread, bench in zip(threads, benches):
        thread.start()
        _let_go(bench)
    while playing := [bench for bench in benches if not bench.is_over]:
        bench = min(playing, key=lambda one: one.wake_ms)
        bench.stage.advance(bench.wake_ms)
        _let_go(bench)
    for thread in threads:
        thread.join()


def _let_go(bench: PicoBench) -> None:
    bench.go.release()
    bench.rest.acquire()
