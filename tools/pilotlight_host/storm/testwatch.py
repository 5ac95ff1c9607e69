"""Judges the tests of a board's residual-current monitors (facts: at boot, after each charge, at
least every 24 h, with every contactor open). Times in ms.

A monitor has its turn once in so many steps as there are outlets, and no step is sure of what was
read in the turn before: at such edges a result counts as possible only.
"""

from pilotlight_host.storm.board import Board, Port
from pilotlight_host.storm.rules import STEP_MS, never

REAL, MAYBE, EXPECTED = range(3)

_GOOD_MS = 24 * 3600 * 1000
_TRIP_MS = 1000
_CLEAR_MS = 3000
_BEGIN_MS = 2500  # every contactor open, and nothing speaks against it


class _Judged:
    """One monitor. `good_ms`: it has shown that it trips and clears, at; None: not yet."""

    def __init__(self, port: Port):
        self.port = port
        self.good_ms: int | None = None
        self.is_tested = self.has_seen = False
        self.has_failed = self.may_have_failed = False
        self.is_seen_to = False  # a person has acknowledged what may have failed
        self.tripped_ms = -_GOOD_MS  # last
        self.edge_ms = -_GOOD_MS  # what it reads may still be of a test, until (counted)
        self.coil = False

    def is_clear(self, t_ms: int) -> bool:
        """It could be tested: sampled, and not tripped for some time."""
        return t_ms - self.tripped_ms > 500 and self.port.unsure_ms < t_ms


class TestWatch:
    """Looks at all ports of `board` after every step."""

    __test__ = False  # pytest

    def __init__(self, board: Board):
        self.tests = self.failed = 0
        self._board = board
        self._all = [_Judged(port) for port in board.outlets]
        self._turn_ms = STEP_MS * (len(self._all) + 1)
        self._was_on = self._is_busy = False
        self._began_ms = self._off_ms = 0
        self._counted_ms = self._closed_ms = self._wait_ms = self._seen_ms = self._stalled_ms = 0

    @property
    def is_busy(self) -> bool:
        """A test is going on."""
        return self._is_busy

    def hinders(self, n: int) -> bool:
        """Its monitor may keep an outlet from charging."""
        one = self._all[n]
        is_old = one.good_ms is None or self._board.t_ms - one.good_ms > _GOOD_MS - 60000
        return is_old or self._is_busy or one.has_failed or one.may_have_failed

    def trip(self, n: int) -> int:
        """What a trip read now means."""
        one = self._all[n]
        if one.is_tested:
            return EXPECTED
        return MAYBE if self._counted_ms <= one.edge_ms else REAL

    def failed_for_sure(self, n: int) -> bool:
        """The outlet must hold that fault."""
        return self._all[n].has_failed

    def acknowledged(self, n: int) -> None:
        """A person has looked at a monitor: it is to be tested again."""
        one = self._all[n]
        is_early = one.has_failed and self._counted_ms <= one.edge_ms
        one.has_failed = False
        one.is_seen_to = True
        if is_early:  # the outlet may tell of it only after that
            self._doubt(one)
        if one.is_tested:
            self._doubt(one)

    def _doubt(self, one: _Judged) -> None:
        """This test says nothing that is certain."""
        one.is_tested = False
        one.may_have_failed = True
        one.is_seen_to = False
        one.edge_ms = self._counted_ms + 30000

    def look(self, t_ms: int, counted_ms: int) -> None:
        """Raises Violation."""
        self._counted_ms = counted_ms
        is_on = self._board.test_is_on
        is_late = t_ms - self._seen_ms > STEP_MS + 40
        if is_on and not self._was_on:
            self._begin(t_ms, counted_ms)
        elif is_late and self._is_busy:
            for one in self._all:
                if one.is_tested:
                    self._doubt(one)
        if is_on:
            late_ms = counted_ms - self._began_ms - 2 * self._turn_ms
            never(late_ms > _TRIP_MS, "test current for more than 1 s")
        elif self._was_on:
            self._off_ms = counted_ms
        for one in self._all:
            self._follow(one, t_ms, counted_ms, is_on)
        self._is_busy = is_on or any(one.is_tested for one in self._all)
        self._judge_waiting(t_ms, counted_ms)
        self._was_on, self._seen_ms = is_on, t_ms

    def _begin(self, t_ms: int, counted_ms: int) -> None:
        self.tests += 1
        self._began_ms = counted_ms
        for one in self._all:
            one.is_tested = one.is_clear(t_ms) and not one.has_failed
            one.has_seen = False
            if not one.is_tested:
                one.edge_ms = counted_ms + 30000
                one.may_have_failed = True
                one.is_seen_to = False

    def _follow(self, one: _Judged, t_ms: int, counted_ms: int, is_on: bool) -> None:
        port = one.port
        never(is_on and port.coil, "test current while a contactor is closed")
        if port.coil:
            self._closed_ms = counted_ms
            if not one.coil:
                good_ms = one.good_ms
                is_good = good_ms is not None and t_ms - good_ms <= _GOOD_MS
                what = "closed on a monitor that has not shown that it trips"
                never(not is_good, f"{what}: {port.number + 1}")
        one.coil = port.coil
        if port.residual_tripped:
            one.tripped_ms = t_ms
            if counted_ms <= one.edge_ms and not one.is_tested:
                one.edge_ms = max(one.edge_ms, counted_ms + 2 * self._turn_ms)
                one.may_have_failed = True
                one.is_seen_to = False
            one.has_seen = one.has_seen or is_on or self._was_on
        if not is_on and (one.is_tested or one.may_have_failed):
            self._end(one, t_ms, counted_ms)

    def _end(self, one: _Judged, t_ms: int, counted_ms: int) -> None:
        since_ms = counted_ms - self._off_ms
        if not one.is_tested:
            if one.has_seen and not one.port.residual_tripped:
                one.good_ms = t_ms  # perhaps
                one.has_seen = False
            return
        if not one.has_seen:
            self._fail(one)
        elif not one.port.residual_tripped:
            one.good_ms = t_ms
            one.is_tested = False
            one.may_have_failed = one.may_have_failed and not one.is_seen_to
            one.edge_ms = counted_ms + 2 * self._turn_ms
        elif since_ms > _CLEAR_MS - self._turn_ms:
            self._doubt(one)

    def _fail(self, one: _Judged) -> None:
        one.is_tested = False
        self.failed += 1
        one.good_ms = None
        one.has_failed = True
        one.edge_ms = self._counted_ms + 2 * self._turn_ms

    def _judge_waiting(self, t_ms: int, counted_ms: int) -> None:
        """A monitor that has shown nothing yet is tested as soon as every contactor is open."""
        if self._is_busy or counted_ms - self._closed_ms < 1000 or not self._is_wanted(t_ms):
            self._wait_ms = counted_ms
        never(counted_ms - self._wait_ms > _BEGIN_MS, "no test although every contactor is open")

    def _is_wanted(self, t_ms: int) -> bool:
        for one in self._all:
            if one.good_ms is None and not (one.has_failed or one.may_have_failed):
                if one.is_clear(t_ms):
                    return True
        return False
