"""Virtual time: an event loop that jumps to the next sleeper, and two clocks for the firmware on
it.

Times are ms since the start of the run (`t_ms`); the firmware's ticks are these plus
`start_ticks_ms`.

The *exact* clock wakes every beat of every task: each 20 ms step happens. The *event-driven* clock
leaves out stretches in which nothing can happen: every task is asleep on its beat and has said
that it is settled, the world says that its inputs stand still, and neither a change of the world
nor a deadline that the firmware holds lies in between. It wakes the sensors' tasks a little before
the control step, so that the step finds readings as fresh as the exact clock would have brought.
A deadline may free what is decided only with the next measurement: nothing is left out for a
moment after it either.
"""

import asyncio
import heapq
import selectors
from collections.abc import Callable
from typing import Any

LEAD_MS = 400  # the control step is awake so long before whatever is due, and after its deadlines
NEVER = 1 << 60
TICKS_MASK = (1 << 30) - 1


class _JumpSelector(selectors.SelectSelector):
    """Never waits: when nothing is ready, time moves to the next sleeper."""

    def __init__(self, wake: Callable[[], None]) -> None:
        super().__init__()
        self._wake = wake

    def select(self, timeout: float | None = None):
        if timeout is None or timeout > 0:
            self._wake()
        return []


class Deadlock(RuntimeError):
    """Every task waits and nothing is scheduled that could wake one."""


class VirtualClock:
    """Source of ticks and sleeps. `is_quiet(t_ms)` and `next_change_ms()` come from the world."""

    def __init__(self, start_ticks_ms: int, is_event_driven: bool = False) -> None:
        self.t_ms = 0
        self.start_ticks_ms = start_ticks_ms
        self.is_event_driven = is_event_driven
        self.exact_ms = (NEVER, NEVER)  # between these nothing is left out
        self.skipped_ms = 0
        self.is_quiet: Callable[[], bool] = lambda: False
        self.next_change_ms: Callable[[], int | None] = lambda: None
        self._sleepers: list[tuple[int, int, asyncio.Future]] = []
        self._paces: dict[asyncio.Future, VirtualPace] = {}
        self._count = 0
        self._awake_ms = 0  # the latest deadline of the control step has its say until
        self._step_ms = 0  # the control step is awake so long before LEAD_MS

    def now_ms(self) -> int:
        """Ticks of the firmware, not wrapped."""
        return self.t_ms + self.start_ticks_ms

    async def sleep_ms(self, ms: int) -> None:
        """Sleep in virtual time."""
        if ms <= 0:
            await asyncio.sleep(0)
            return
        await self._until(self.t_ms + ms)

    def _until(self, t_ms: int) -> asyncio.Future:
        future = asyncio.get_running_loop().create_future()
        self._count += 1
        heapq.heappush(self._sleepers, (t_ms, self._count, future))
        return future

    def beat(self, pace: "VirtualPace", t_ms: int) -> asyncio.Future:
        """Sleep of a pace, which the event-driven clock may lengthen."""
        future = self._until(t_ms)
        self._paces[future] = pace
        if pace.is_step:
            self._step_ms = 2 * pace.period_ms
        return future

    def wake(self) -> None:
        """Move to the next sleeper and wake it. Called when no task can run."""
        if self.is_event_driven:
            self._skip()
        while self._sleepers:
            t_ms, _, future = heapq.heappop(self._sleepers)
            pace = self._paces.pop(future, None)
            if not future.done():
                self.t_ms = max(self.t_ms, t_ms)
                if pace is not None:
                    pace.woken_ms = t_ms
                future.set_result(None)
                return
        raise Deadlock("nothing is scheduled")

    # what the event-driven clock leaves out

    def _skip(self) -> None:
        if self._sleepers and self._sleepers[0][0] <= self.t_ms:
            return  # others have their turn at this instant
        if self._has_just_been_due():
            return
        if len(self._paces) != len(self._sleepers) or not self.is_quiet():
            return
        if not all(pace.is_settled for pace in self._paces.values()):
            return
        due = {pace: pace.due_t_ms() for pace in self._paces.values()}
        horizon_ms = self._horizon(due)
        earliest_ms = self._sleepers[0][0]
        moved = [
            (self._lengthened(t_ms, self._paces[future], due, horizon_ms), count, future)
            for t_ms, count, future in self._sleepers
        ]
        if min(moved)[0] > earliest_ms:
            self.skipped_ms += min(moved)[0] - earliest_ms
        # waking order at equal times is that of the periods, as it is on the exact clock after a
        # while
        self._sleepers = moved
        heapq.heapify(self._sleepers)

    def _has_just_been_due(self) -> bool:
        for pace in self._paces.values():
            if pace.is_step:
                due_ms = pace.due_t_ms()
                if due_ms is not None and due_ms <= self.t_ms + LEAD_MS:
                    self._awake_ms = due_ms + LEAD_MS
        return self.t_ms < self._awake_ms

    def _horizon(self, due: dict["VirtualPace", int | None]) -> int:
        """The first instant at which the control step may have something to do."""
        horizon_ms = self.next_change_ms()
        horizon_ms = NEVER if horizon_ms is None else horizon_ms
        for pace, due_ms in due.items():
            if pace.is_step and due_ms is not None:
                horizon_ms = min(horizon_ms, due_ms)
        first_ms, last_ms = self.exact_ms
        if self.t_ms < first_ms:
            return min(horizon_ms, first_ms)
        return self.t_ms if self.t_ms < last_ms else horizon_ms

    def _lengthened(self, t_ms: int, pace: "VirtualPace", due: dict, horizon_ms: int) -> int:
        wanted_ms = horizon_ms - LEAD_MS - 2 * pace.period_ms
        due_ms = due[pace]
        if not pace.is_step:
            # its beat comes up to a period later than wanted, and before that of the control step
            wanted_ms = min(wanted_ms, horizon_ms - LEAD_MS - self._step_ms - pace.period_ms)
            wanted_ms = wanted_ms if due_ms is None else min(wanted_ms, due_ms)
        beats = max(0, -(-(wanted_ms - t_ms) // pace.period_ms)) if wanted_ms > t_ms else 0
        return t_ms + beats * pace.period_ms


class VirtualPace:
    """The beat of one task (boards/README.md).

    Its beats are multiples of the period from its making.
    """

    def __init__(self, clock: VirtualClock, period_ms: int, is_step: bool = False) -> None:
        self.period_ms = period_ms
        self.is_step = is_step
        self.sleeper: Any = None
        self.woken_ms = clock.t_ms
        self._clock = clock
        self._next_ms = clock.t_ms

    async def next(self, sleeper: Any) -> int:
        """Wait for the next beat; returns how late it came, ms (0 unless the task itself took
        virtual time).
        """
        clock = self._clock
        self.sleeper = sleeper
        self._next_ms += self.period_ms
        late_ms = clock.t_ms - self._next_ms
        if late_ms >= 0:
            self._next_ms += late_ms // self.period_ms * self.period_ms
            await asyncio.sleep(0)
            return late_ms
        await clock.beat(self, self._next_ms)
        self._next_ms = self.woken_ms
        return clock.t_ms - self.woken_ms

    @property
    def is_settled(self) -> bool:
        """Whoever sleeps here is not in the middle of something."""
        return self.sleeper is None or self.sleeper.is_settled()

    def due_t_ms(self) -> int | None:
        """The first deadline that whoever sleeps here holds, or None."""
        if self.sleeper is None:
            return None
        now_ms = self._clock.now_ms()
        due_ms = self.sleeper.due_ms(now_ms & TICKS_MASK)
        return None if due_ms is None else self._clock.t_ms + _ahead(due_ms, now_ms)


def _ahead(ticks: int, now: int) -> int:
    half = 1 << 29
    return ((ticks - now + half) & ((1 << 30) - 1)) - half


def run(clock: VirtualClock, main) -> None:
    """Run the coroutine `main` to its end in virtual time."""
    loop = asyncio.SelectorEventLoop(_JumpSelector(clock.wake))
    try:
        loop.run_until_complete(main)
    finally:
        pending = asyncio.all_tasks(loop)
        for task in pending:
            task.cancel()
        if pending:
            loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
        loop.close()
