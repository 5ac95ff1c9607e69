"""What an outlet is permitted: random claims, and the lowest of them counted a second time by
rules of our own. Currents in mA, times in ms since the start of the episode.
"""

from collections.abc import Iterator
from random import Random

from typing import Any

from pilotlight_host.shims.clock import ticks_add
from pilotlight_host.storm.cars import some_ms

REQUIRED = ("board", "supply")
OPTIONAL = ("person", "network")
WATCHED = ("overcurrent", "contactor")  # optional, too: services/limits.py puts them
MOST_MA = 80000
LEAST_MA = 6000
_ODD_MA = (0, 0, 3000, 5999, 6000, 6001, 50999, 51000, 51500, 52499, 52500, 53000, 80000)
_USUAL_MA = (6000, 10000, 16000, 16000, 32000)
_NEVER = 1 << 60
_SUPPLY_MS = 11000
_NOTHING = (None, 0)


class Permits:
    """Claims on one outlet. `limit_ma` holds after `look`. `is_supplied`: supply is no draw's, but
    what a balancer says; then after `take`, too.
    """

    def __init__(
        self, draw: Random, claims: Any, is_supplied: bool = False, has_second: bool = False
    ):
        self.limit_ma = 0
        self._is_supplied = is_supplied
        self._required = (*REQUIRED, "phases") if has_second else REQUIRED
        self._supply = claims.of("supply")
        self._watched = {name: claims.of(name) for name in WATCHED}
        self._phases = claims.of("phases") if has_second else None
        self._supply_until_ms: int | None = None
        self._draw = draw
        self._claims = claims
        self._said: dict[str, tuple[int, int]] = {}  # source: limit, end
        self._again_ms = 0
        self._talk_ms = 0
        self._talk = self._talks()
        self._t_ms = 0
        self._now_ms = 0

    def look(self, t_ms: int, now_ms: int) -> None:
        """Say what is due, and find the lowest limit that is valid now."""
        self._t_ms, self._now_ms = t_ms, now_ms
        if self._talk_ms <= t_ms:
            self._talk_ms = t_ms + next(self._talk)
            self._again_ms = t_ms
        if self._again_ms <= t_ms:
            self._decide(t_ms)

    def take(self, t_ms: int) -> None:
        """After a step: what the balancer has said in it lasts for 11 s. And what was said of the
        second contactor, of a car that takes too much, or of a contactor that has closed often,
        until something else is.
        """
        for name, claim in self._watched.items():
            if claim.is_set != (name in self._said):
                if claim.is_set:
                    self._said[name] = (claim.limit_ma, _NEVER)
                else:
                    del self._said[name]
                self._decide(t_ms)
        claim = self._phases
        if claim is not None and claim.limit_ma != self._said.get("phases", (None, 0))[0]:
            self._said["phases"] = (claim.limit_ma, _NEVER)
            self._decide(t_ms)
        claim = self._supply
        if self._is_supplied and claim.is_set and claim.until_ms != self._supply_until_ms:
            self._supply_until_ms = claim.until_ms
            is_news = self._said.get("supply", _NOTHING)[0] != claim.limit_ma
            self._said["supply"] = (claim.limit_ma, t_ms + _SUPPLY_MS)
            if is_news:
                self._decide(t_ms)

    def _decide(self, t_ms: int) -> None:
        valid = {name: say for name, say in self._said.items() if say[1] > t_ms}
        self._said = valid
        limits = [limit_ma for limit_ma, _ in valid.values()]
        limits += [0 for name in self._required if name not in valid]
        self.limit_ma = min(limits)
        self._again_ms = min([_NEVER] + [end_ms for _, end_ms in valid.values()])

    def _put(self, source: str, limit_ma: int, for_ms: int | None) -> None:
        until_ms = None if for_ms is None else ticks_add(self._now_ms, for_ms)
        self._claims.of(source).put(limit_ma, until_ms, "storm")
        self._said[source] = (limit_ma, _NEVER if for_ms is None else self._t_ms + for_ms)

    def _clear(self, source: str) -> None:
        self._claims.of(source).clear()
        self._said.pop(source, None)

    def _limit(self) -> int:
        draw = self._draw
        if draw.random() < 0.25:
            return draw.choice(_ODD_MA)
        if draw.random() < 0.3:
            return draw.randint(LEAST_MA, MOST_MA)
        return draw.choice(_USUAL_MA)

    def _talks(self) -> Iterator[int]:
        """A balancer that decides all the time and sometimes dies, people who come and go."""
        draw = self._draw
        most_ma = (32000, 80000) if self._is_supplied else (16000, 32000, 80000)
        self._put("board", draw.choice(most_ma), None)
        supply_ma = 32000
        apart_ms = draw.choice((500, 5000, 60000))
        while True:
            supply_ma = 0 if self._is_supplied else self._limit()
            for _ in range(some_ms(draw, 1, max(2, apart_ms // 250))):
                if not self._is_supplied:
                    self._put("supply", supply_ma, draw.choice((1000, 2000, 11000)))
                yield 500
            if draw.random() < 0.1:
                yield some_ms(draw, 500, 20000)
            source = draw.choice(OPTIONAL)
            if draw.random() < (0.9 if self._is_supplied else 0.6):
                self._clear(source)
            else:
                self._put(source, self._limit(), draw.choice((None, some_ms(draw, 100, 30000))))
