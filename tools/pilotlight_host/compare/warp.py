"""WARP charge manager (Tinkerforge/esp32-firmware @cf4f5b58, software/src/modules: charge_manager/
current_allocator.cpp, charge_manager.cpp 85-145, power_manager/power_manager.cpp 310-370,
760-1110).

Measures every 500 ms, allocates every 10 s, and at once (5 s apart) where a raw phase is above
120 % of the target. Per phase: limit = allocated + correction, 93.75 % of an error down, 50 % up.
Staying on needs the limit now, switching on its minimum of 4 min, spreading over more cars that
of up to an hour. A 15 min rotation, 210 s hysteresis. The numbers of the stages below are those
of current_allocator.cpp's run. Left out: PV, modes, 1p/3p switching, waking full cars, the supply
cable's own limit. The largest single consumer is set to 16 A (a household circuit): the default,
32 A, is refused below a 32 A fuse.

Test of its figures: host_tests/test_compare_warp.py.
"""

from collections import deque

from .bench import View
from .charger import MIN_MA, Charger

MEASURE_MS = 500
ALLOCATE_MS = 10_000
AT_ONCE_MS = 5000
CONSUMER_MA = 16_000
DOWN, UP = 0.9375, 0.5
MIN_SPAN_MS = 240_000
BLOCK_MS = 60_000
BLOCKS = 60
HYSTERESIS_MS = 210_000
ROTATE_MS = 900_000
SETTLED_MS = 60_000
SPARE_MA = 3000
LEAST_REQUEST_MA, MOST_REQUEST_MA = 6000, 32_000
ENABLE = 1.5  # minima count one and a half times where a further car is to be switched on

Phases = list[float]


def target_ma(fuse_ma: int) -> float:
    """What a phase is to carry: feed-forward for the largest single consumer."""
    return min(1.4 * fuse_ma - CONSUMER_MA, fuse_ma)


def filtered_ma(samples: list[float], target: float) -> float:
    """10 s of one phase: the mean below 110 % of the target, towards the maximum above."""
    mean_ma = sum(samples) / len(samples)
    upper_ma = (max(samples) + mean_ma) / 2
    weight = min(1.0, max(0.0, (samples[-1] / target - 1.1) / 0.1))
    return mean_ma + weight * (upper_ma - mean_ma)


def correction_ma(error_ma: float, allocated_ma: float, target: float) -> float:
    """Of the limit of one phase."""
    if allocated_ma == 0:
        return error_ma
    return DOWN * error_ma if error_ma < 0 else min(UP * error_ma, target / 2)


class _Memory:
    """Of one charger."""

    def __init__(self) -> None:
        self.on_ms: int | None = None
        self.plugged_ms = -1
        self.given_ma_ms = 0.0
        self.active_ms = 1
        self.full_ms = -SETTLED_MS  # its supported current counts until 60 s after this
        self.is_on = False


class Warp:
    """Limits over time, and who is on."""

    cycle_ms = MEASURE_MS

    def __init__(self) -> None:
        self._samples: list[deque[float]] = [deque(maxlen=20) for _ in range(3)]
        self._raw: Phases = [0.0] * 3
        self._recent: list[deque[tuple[int, float]]] = [deque() for _ in range(3)]
        self._blocks: list[deque[float]] = [deque(maxlen=BLOCKS) for _ in range(3)]
        self._block = -1
        self._memory: dict[int, _Memory] = {}
        self._allocated_ms = -ALLOCATE_MS
        self._switched_ms = -HYSTERESIS_MS
        self._rotated = 0

    def decide(self, view: View) -> None:
        """One measurement, and the allocation where it is due."""
        target = target_ma(view.rating_ma)
        for p in range(3):
            self._samples[p].append(view.grid_ma[p])
        past_ms = view.now_ms - self._allocated_ms
        is_urgent = any(ma > 1.2 * target for ma in view.grid_ma) and past_ms >= AT_ONCE_MS
        if past_ms >= ALLOCATE_MS or is_urgent:
            self._allocated_ms = view.now_ms
            self._limit(view, target)
            self._allocate(view, past_ms)

    def _limit(self, view: View, target: float) -> None:
        block = view.now_ms // BLOCK_MS
        for p in range(3):
            allocated_ma = sum(c.offer_ma for c in view.chargers if p in c.wires)
            error_ma = target - filtered_ma(list(self._samples[p]), target)
            raw = max(0.0, allocated_ma + correction_ma(error_ma, allocated_ma, target))
            self._raw[p] = raw
            recent, blocks = self._recent[p], self._blocks[p]
            recent.append((view.now_ms, raw))
            while recent[0][0] < view.now_ms - MIN_SPAN_MS:
                recent.popleft()
            if block != self._block:
                blocks.append(raw)
            blocks[-1] = min(blocks[-1], raw)
        self._block = block

    def _allocate(self, view: View, past_ms: int) -> None:
        now_ms = view.now_ms
        for charger in view.chargers:
            memory = self._memory.setdefault(charger.number, _Memory())
            if charger.plugged_ms != memory.plugged_ms:
                memory.plugged_ms, memory.given_ma_ms, memory.active_ms = charger.plugged_ms, 0, 1
            memory.given_ma_ms += charger.offer_ma * past_ms
            memory.active_ms += past_ms
            memory.is_on = charger.asks and charger.offer_ma > 0  # stage 1
        asking = [c for c in view.chargers if c.asks]
        self._rotate(now_ms, asking)
        for charger in asking:  # stage 2
            if now_ms - charger.plugged_ms < HYSTERESIS_MS and not self._of(charger).is_on:
                self._switch_on(now_ms, charger)
        self._shed(now_ms, asking)
        self._switch_more_on(now_ms, asking)
        self._give(now_ms, view, asking)

    def _of(self, charger: Charger) -> _Memory:
        return self._memory[charger.number]

    def _switch_on(self, now_ms: int, charger: Charger) -> None:
        memory = self._of(charger)
        memory.is_on = True
        if memory.on_ms is None:
            memory.on_ms = now_ms
        if charger.offer_ma == 0:
            self._switched_ms = now_ms

    def _is_calm(self, now_ms: int) -> bool:
        return now_ms - self._switched_ms >= HYSTERESIS_MS

    def _rotate(self, now_ms: int, asking: list[Charger]) -> None:
        """Stage 1: every 15 min those make room that block a waiting one."""
        turn = now_ms // ROTATE_MS
        if turn == self._rotated or not self._is_calm(now_ms):
            return
        self._rotated = turn
        waiting = [c for c in asking if not self._of(c).is_on]
        for charger in asking:
            if any(set(charger.wires) & set(other.wires) for other in waiting):
                self._of(charger).is_on = False

    def _on(self, asking: list[Charger], phase: int) -> list[Charger]:
        return [c for c in asking if self._of(c).is_on and phase in c.wires]

    def _shed(self, now_ms: int, asking: list[Charger]) -> None:
        """Stage 3: minima that do not fit now, no hysteresis."""
        for p in range(3):
            while MIN_MA * len(on := self._on(asking, p)) > self._raw[p]:
                longest = max(on, key=lambda c: self._order(now_ms, c))
                self._of(longest).is_on = False
                self._of(longest).on_ms = None

    def _order(self, now_ms: int, charger: Charger) -> tuple[bool, int]:
        on_ms = self._of(charger).on_ms
        is_old = now_ms - charger.plugged_ms >= HYSTERESIS_MS
        return is_old, now_ms - (now_ms if on_ms is None else on_ms)

    def _switch_more_on(self, now_ms: int, asking: list[Charger]) -> None:
        """Stage 4: lowest average allocation first."""
        waiting = [c for c in asking if not self._of(c).is_on]
        waiting.sort(key=lambda c: self._of(c).given_ma_ms / self._of(c).active_ms)
        for charger in waiting:
            was_on = charger.offer_ma > 0  # rotated out in this very run: no contactor moves
            if (was_on or self._is_calm(now_ms)) and self._fits(now_ms, asking, charger):
                self._switch_on(now_ms, charger)
            else:
                self._of(charger).on_ms = None

    def _fits(self, now_ms: int, asking: list[Charger], charger: Charger) -> bool:
        least = [min(ma for _, ma in self._recent[p]) for p in range(3)]
        spread = [min(self._blocks[p]) for p in range(3)]
        if not self._has_room(asking, charger, least):
            return False
        if self._has_room(asking, charger, spread):
            return True
        for p in charger.wires:
            asked_ma = sum(self._request(now_ms, c) for c in self._on(asking, p))
            if asked_ma < least[p]:
                return True
        return False

    def _has_room(self, asking: list[Charger], charger: Charger, limits: Phases) -> bool:
        for p in charger.wires:
            count = len(self._on(asking, p))
            needed_ma = ENABLE * MIN_MA * (count + 1) if count else MIN_MA
            if limits[p] < needed_ma:
                return False
        return True

    def _request(self, now_ms: int, charger: Charger) -> int:
        memory, since_ms = self._of(charger), charger.charging_ms
        is_young = since_ms is None or now_ms - since_ms < SETTLED_MS
        if is_young or now_ms - memory.full_ms < SETTLED_MS:
            return charger.max_ma
        request_ma = max(charger.drawn_ma) + SPARE_MA
        request_ma = min(MOST_REQUEST_MA, max(LEAST_REQUEST_MA, request_ma))
        return min(charger.max_ma, request_ma)

    def _give(self, now_ms: int, view: View, asking: list[Charger]) -> None:
        """Stages 6 to 8: minimum, fair part, what is left."""
        on = [c for c in asking if self._of(c).is_on]
        given = dict.fromkeys(on, MIN_MA)
        left = [self._raw[p] - MIN_MA * len(self._on(asking, p)) for p in range(3)]
        on.sort(key=lambda c: (-len(c.wires), self._request(now_ms, c)))
        for is_fair in (True, False):
            for n, charger in enumerate(on):
                most_ma = self._request(now_ms, charger)
                if is_fair and charger.charging_ms is None:
                    most_ma = min(most_ma, int(ENABLE * MIN_MA))
                room_ma = most_ma - given[charger]
                for p in charger.wires:
                    still = sum(p in c.wires for c in on[n:]) if is_fair else 1
                    room_ma = min(room_ma, int(left[p] / still))
                if room_ma > 0:
                    given[charger] += room_ma
                    for p in charger.wires:
                        left[p] -= room_ma
        for charger in view.chargers:
            charger.offer_ma = given.get(charger, 0)
            if charger in given and given[charger] < self._request(now_ms, charger):
                self._of(charger).full_ms = now_ms
