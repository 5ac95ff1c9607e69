"""What limits a site beside its fuses, at random: power from the grid, unbalance, modes of the
sun, orders of the grid operator that come, are replaced, end and are lifted. W, mA, ms.
"""

from collections.abc import Iterator
from random import Random
from typing import Any

from pilotlight_host.shims.clock import set_source
from pilotlight_host.storm.cars import some_ms
from pilotlight_host.storm.feeders import Feeder

_LOOK_MS = 200
_NEVER, _EARLY = 1 << 60, -1_000_000
_SOURCES = ("network", "person")


class Outside:
    """The firmware's services.outside over the `models`, and what is said to it. `orders`: by
    source watts and end (ms); `moded_ms`: when each outlet was last given a mode.
    `is_power`: limits of power bind, and little else is said.
    """

    def __init__(
        self,
        seed: int,
        board: Any,
        balancer: Any,
        journal: Any,
        models: list[Feeder],
        is_power: bool = False,
    ):
        from pilotlight.core import policy
        from pilotlight.services import outside

        self._draw = draw = Random(f"outside/{seed}")
        self.orders: dict[str, tuple[int, int]] = {}
        self.told = 0
        self.moded_ms = [_EARLY] * len(balancer.places)
        self._places = balancer.places
        self._modes = draw.choice((("fast",), ("fast", "solar", "min+solar", "min+solar")))
        self._is_power = is_power
        self.tables = [self._limits(model) for model in models]
        if is_power:
            self._modes = ("fast",)
            for model, table in zip(models, self.tables, strict=True):
                self._bind(table, model.limit_ma * 690 // 1000)
        outlets = [{"mode": draw.choice(self._modes)} for _ in balancer.places]
        site = {"site": {"dimming_w": None}, "feeders": self.tables, "outlets": outlets}
        balancer.policy = policy.ALL[draw.choice(sorted(policy.ALL))]
        for place in balancer.places:
            place.priority = draw.randrange(3)
        self._service = outside.Outside(board, balancer, journal)
        self._service.apply(site)
        self._now_ms = self._t_ms = self._look_ms = self._talk_ms = 0
        self._talk = self._talks()

    def _limits(self, model: Feeder) -> dict[str, int | None]:
        draw = self._draw
        most_w = model.limit_ma * 690 // 1000
        return {
            "import_w": draw.choice((None, None, draw.randrange(2000, most_w))),
            "quarter_w": draw.choice((None, None, draw.randrange(2000, most_w))),
            "export_w": draw.choice((None, 0, 3000)),
            "unbalance_a": draw.choice((None, 8, 20)),
        }

    def _bind(self, table: dict[str, int | None], most_w: int) -> None:
        """What is said of power binds before the fuse."""
        draw = self._draw
        import_w, quarter_w = (draw.randrange(most_w // part, most_w) for part in (4, 8))
        limits = ((import_w, None), (None, quarter_w), (import_w, quarter_w))
        table["import_w"], table["quarter_w"] = draw.choice(limits)
        table["unbalance_a"] = None

    def now_ms(self) -> int:
        """A clock for the service, which reads one."""
        return self._now_ms

    async def sleep_ms(self, ms: int) -> None:
        """Nobody sleeps here."""
        raise NotImplementedError

    def latch(self, t_ms: int, now_ms: int) -> None:
        """Before a step: its task looks, and somebody says something."""
        self._t_ms, self._now_ms = t_ms, now_ms
        if min(self._talk_ms, self._look_ms) > t_ms:
            return
        former = set_source(self)
        try:
            if self._look_ms <= t_ms:
                self._look_ms = t_ms + _LOOK_MS
                self._service.look(now_ms)
            if self._talk_ms <= t_ms:
                self._talk_ms = t_ms + next(self._talk)
        finally:
            set_source(former)

    def limit_w(self) -> int | None:
        """The lowest order in force, by our own count; None: there is none."""
        limits = [limit_w for limit_w, end_ms in self.orders.values() if end_ms > self._t_ms]
        return min(limits, default=None)

    def _talks(self) -> Iterator[int]:
        draw = self._draw
        apart_ms = 600_000 if self._is_power else draw.choice((1000, 10000, 60000))
        while True:
            yield some_ms(draw, 60_000 if self._is_power else 200, apart_ms)
            source = draw.choice(_SOURCES)
            word = draw.random()
            if word < 0.2 and len(self._modes) > 1:
                n = draw.randrange(len(self._places))
                self._service.set_mode(self._places[n], draw.choice(self._modes))
                self.moded_ms[n] = self._t_ms
            elif word < 0.5:
                self._service.lift(source)
                self.orders.pop(source, None)
            else:
                limit_w = draw.choice((0, 4200, 1380, 7000, draw.randrange(30000), 250000))
                for_s = draw.choice((None, draw.randrange(1, 30)))
                self._service.dim(source, limit_w, for_s)
                end_ms = _NEVER if for_s is None else self._t_ms + 1000 * for_s
                self.orders[source] = (limit_w, end_ms)
                self.told += 1
