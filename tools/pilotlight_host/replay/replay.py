"""Decides again what was recorded, and says where it comes out differently: the same site must
agree in every byte; another setting shows what it would have decided.

Times in ms since the recording began, currents in mA.
"""

from collections.abc import Iterator
from typing import Any

from pilotlight_host.errors import UserError
from pilotlight_host.replay.decider import Decider
from pilotlight_host.replay.reader import Cursor, Recording, Unknown, Value
from pilotlight_host.replay.result import Change, Difference, Disagreement, Result

from pilotlight.wire import record

_TICKS = 1 << 30


class Replay:
    """Of one recording after the other. `other`: a decider with another setting, and the most that
    its outlets may have (None: as recorded).
    """

    def __init__(
        self,
        decider: Decider,
        other: Decider | None = None,
        caps_ma: list[int | None] | None = None,
    ) -> None:
        self.result = Result("")
        self._decider = decider
        self._other = other
        self._caps_ma = caps_ma or []
        self._mirror: list[Any] = []
        self._number: int | None = None  # of the last segment
        self._is_proving = False
        self._began_ms: int | None = None  # ticks
        self._t_ms = 0
        self._last_ms = 0  # ticks
        self._before_ms: list[Any] = []  # of samples, at the decision before
        self._grows_ms: list[int] = []
        self._span_ms = [0, 0]
        self._told: dict[int, tuple[Any, Any]] = {}
        self._since_ms = 0
        self._sums = [[0, 0] for _ in decider.offers]

    def add(self, recording: Recording) -> None:
        """Decide again all of it."""
        if recording.slots_crc != self._decider.crc:
            raise UserError(
                f"{recording.path}: was recorded by Pilotlight {recording.version}, whose "
                "decisions stand on other numbers: replay it with that version"
            )
        self.result.version = recording.version
        for decider in self._deciders():
            decider.texts = recording.texts
        for segment in recording.segments:
            self._replay(segment.number, Cursor(segment.page, self._decider.meant))
        self.result.span_ms = self._t_ms
        span_ms = max(1, self._t_ms)
        self.result.mean_ma = [(was // span_ms, other // span_ms) for was, other in self._sums]

    def _deciders(self) -> Iterator[Decider]:
        yield self._decider
        if self._other is not None:
            yield self._other

    # segments

    def _replay(self, number: int, cursor: Cursor) -> None:
        missed, now_ms, count = cursor.number(), cursor.number(), cursor.number()
        follows = missed == 0 and self._number is not None and number == self._number + 1
        is_same = self._arrange(cursor, follows)
        if count != self._decider.count:
            raise UserError(
                f"segment {number} has {count} numbers, expected {self._decider.count}: it was "
                f"recorded by another Pilotlight {self.result.version}"
            )
        values = [cursor.value(None) for _ in range(self._decider.count)]
        self.result.segments += 1
        self.result.missed += missed
        self._pass(now_ms)
        if follows:
            self._prove_state(values, is_same)
        elif self._number is not None:
            self.result.gaps += 1
        self._begin(values, follows)
        self._number = number
        self._is_proving = True
        self._last_ms = now_ms
        self._before_ms = [None] * len(self._decider.taken)
        self._grows_ms = [0] * len(self._decider.taken)
        self._span_ms = [0, 0]
        half = 0
        while not cursor.is_at_end:
            self._half(cursor, half == 1)
            half = 1 - half

    def _pass(self, now_ms: int) -> None:
        """Time has gone on to `now_ms`."""
        if self._began_ms is None:
            self._began_ms = now_ms
            return
        span_ms = _since(self._last_ms, now_ms)
        self._t_ms += span_ms
        for i, slot in enumerate(self._decider.offers):
            self._sums[i][0] += span_ms * _ma(self._mirror[slot])
            if self._other is not None:
                self._sums[i][1] += span_ms * _ma(self._other.get(slot))

    def _arrange(self, cursor: Cursor, follows: bool) -> bool:
        """As where a segment begins; False if it was another way before."""
        pools, bound = cursor.pools(), cursor.number()
        outlets = [(cursor.value(None), cursor.value(None)) for _ in self._decider.balancer.places]
        if self._other is not None and not follows:
            self._other.arrange(pools, bound, outlets)
        return self._decider.arrange(pools, bound, outlets)

    def _prove_state(self, values: list[Value], is_same: bool) -> None:
        """The numbers that nobody but the balancer changes must be those of the board."""
        if self._is_proving and not is_same:
            self._disagree("how pools, modes and needs are arranged", "another way", "as before")
        if self._is_proving:
            for i in range(self._decider.slots.rest, self._decider.count):
                self._compare(i, values[i])

    def _begin(self, values: list[Value], follows: bool) -> None:
        first = values[: self._decider.slots.rest]
        former, self._mirror = self._mirror, [self._decider.meant(value) for value in first]
        for i, value in enumerate(values):
            self._decider.set(i, value)
        if self._other is not None and follows:
            for i in range(self._other.slots.outcomes):
                if _differ(former[i], self._mirror[i]):
                    self._other.set(i, self._mirror[i])
        elif self._other is not None:
            for i, value in enumerate(values):
                self._other.set(i, value)
        self._cap()

    # halves of a decision

    def _half(self, cursor: Cursor, is_second: bool) -> None:
        half = int(is_second)
        self._span_ms[half] += cursor.time()
        now_ms = (self._last_ms + self._span_ms[half]) % _TICKS
        self._pass(now_ms)
        self._last_ms = now_ms
        changed = []
        if not is_second:
            self.result.decisions += 1
            changed = self._expect_samples()
        if cursor.is_arranged:
            self._rearrange(cursor)
        for i in changed + cursor.inputs(self._mirror):
            for decider in self._deciders():
                decider.set(i, self._mirror[i])
        self._cap()
        for decider in self._deciders():
            decider.decide(now_ms, is_second)
        before = list(self._mirror)
        cursor.outcomes(self._mirror)
        self._prove(is_second)
        if is_second:
            self._tell(before)

    def _rearrange(self, cursor: Cursor) -> None:
        """What is another way than it was decided on last is so for any setting."""
        self.result.rearranged += 1
        cursor.number()
        pools = cursor.pools()
        if self._other is not None:
            self._other.rebind(pools)
        for i, count in enumerate(self._decider.rebind(pools)):
            told, was = cursor.outlet(count), self._decider.outlet(i)
            for decider in self._deciders():
                decider.rearrange(i, was, told)
                place = decider.balancer.places[i]
                if place.uses == self._decider.balancer.places[i].uses:
                    place.weights[:] = told.weights

    def _expect_samples(self) -> list[int]:
        """Each comes as long after the one before as those before; returns whose."""
        expected = []
        for k, i in enumerate(self._decider.taken):
            taken_ms, before_ms = self._mirror[i], self._before_ms[k]
            self._before_ms[k] = taken_ms
            if isinstance(taken_ms, int) and isinstance(before_ms, int):
                grown_ms = _since(before_ms, taken_ms)
                if abs(grown_ms - self._grows_ms[k]) > record.NEARLY_MS:
                    self._grows_ms[k] = grown_ms
                self._mirror[i] = (taken_ms + self._grows_ms[k]) % _TICKS
                expected.append(i)
        return expected

    def _cap(self) -> None:
        """Where an outlet is to have less than it could."""
        for place, cap_ma in zip(
            self._other.balancer.places if self._other else (), self._caps_ma, strict=False
        ):
            if cap_ma is not None:
                place.allowed_ma = min(place.allowed_ma, cap_ma)

    def _prove(self, is_second: bool) -> None:
        if not self._is_proving:
            self.result.unproved += is_second
            return
        for i in range(self._decider.slots.both, self._decider.slots.rest):
            self._compare(i, self._mirror[i])

    def _compare(self, i: int, value: Value) -> None:
        recorded, replayed = self._decider.meant(value), self._decider.get(i)
        if not isinstance(recorded, Unknown) and _differ(recorded, replayed):
            self._disagree(self._decider.name(i), _in_words(recorded), _in_words(replayed))

    def _disagree(self, what: str, recorded: Any, replayed: Any) -> None:
        self._is_proving = False
        if self.result.disagreement is None:
            self.result.disagreement = Disagreement(
                self._t_ms, self.result.decisions, what, recorded, replayed
            )

    def _tell(self, before: list[Any]) -> None:
        for number, slot in enumerate(self._decider.offers):
            was_ma, now_ma = before[slot], self._mirror[slot]
            if was_ma != now_ma:
                why = _in_words(self._mirror[self._decider.reasons[number]])
                self.result.changes.append(
                    Change(self._t_ms, number + 1, _ma(was_ma), _ma(now_ma), why)
                )
            if self._other is not None:
                self._tell_difference(self._other, number, now_ma)

    def _tell_difference(self, other: Decider, number: int, now_ma: Any) -> None:
        other_ma = other.get(other.offers[number])
        told = (now_ma, other_ma)
        if told != self._told.get(number) and (now_ma != other_ma or number in self._told):
            self._told[number] = told
            if now_ma == other_ma:
                del self._told[number]
            why = _in_words(other.get(other.reasons[number]))
            self.result.differences.append(
                Difference(self._t_ms, number + 1, _ma(now_ma), _ma(other_ma), why)
            )


def _since(then_ms: int, now_ms: int) -> int:
    """From one tick to another, ms."""
    half = _TICKS // 2
    return ((now_ms - then_ms + half) % _TICKS) - half


def _in_words(value: Any) -> Any:
    """As text or number."""
    if value is None or isinstance(value, int | str):
        return value
    if isinstance(value, Unknown):
        return "something unknown"
    return getattr(value, "name", type(value).__name__)


def _differ(one: Any, other: Any) -> bool:
    return one != other or type(one) is not type(other)


def _ma(value: Any) -> int:
    return value if isinstance(value, int) else 0
