"""The firmware's own balancer, built from a recorded site, whose slots can be set and read.

Currents in mA.
"""

import binascii
from types import SimpleNamespace
from typing import Any

from pilotlight_host.replay.reader import Ref, Unknown, Value

from pilotlight import app, build
from pilotlight.core.slots import WHOLE, Slots
from pilotlight.services import outside


class Decider:
    """Decides what its slots say. `site`: checked. `texts`: those that slots may refer to, more of
    them may come. `own`: slots that nobody sets from outside.
    """

    def __init__(self, site: dict[str, Any], texts: list[str]) -> None:
        self.balancer = _balancer(site)
        self.slots = Slots(self.balancer)
        for _ in self.slots.find():
            pass
        self.texts = texts
        self.own: frozenset[int] = frozenset()
        self.count = len(self.slots.keys)
        self.offers = [i for i, key in enumerate(self.slots.keys) if key == "offered_ma"]
        self.reasons = [i for i, key in enumerate(self.slots.keys) if key == "why"]
        self.taken = [i for i, key in enumerate(self.slots.keys) if key == "taken_ms"]

    @property
    def crc(self) -> int:
        """What the layout of the slots is known by."""
        return binascii.crc32(" ".join(self.slots.keys).encode())

    def name(self, i: int) -> str:
        """Of a slot, for people."""
        holder, key = self.slots.holders[i], self.slots.keys[i]
        if self.slots.items[i] != WHOLE:
            key += f"[{self.slots.items[i]}]"
        places, feeders = self.balancer.places, self.balancer.feeders
        if holder in places:
            return f"outlet {places.index(holder) + 1}, {key}"
        if holder in feeders:
            return f"feeder {holder.name}, {key}"
        return f"slot {i} ({type(holder).__name__} {key})"

    def get(self, i: int) -> Value:
        """What a slot holds, as it would be recorded."""
        value = self.slots.read(i)
        if value is None or type(value) in (int, bool):
            return value
        things = [*self.slots.things, *self.texts]
        for index, thing in enumerate(things):
            if thing is value or thing == value:
                return Ref(index)
        return value if isinstance(value, str) else Unknown()

    def set(self, i: int, value: Value) -> None:
        """Let a slot hold that."""
        if i in self.own or isinstance(value, Unknown):
            return
        made: Any = value
        if isinstance(value, Ref):
            made = [*self.slots.things, *self.texts][value.index]
        holder, key, item = self.slots.holders[i], self.slots.keys[i], self.slots.items[i]
        if item == WHOLE:
            setattr(holder, key, made)
            return
        items = getattr(holder, key)
        if isinstance(items, tuple):
            setattr(holder, key, (*items[:item], made, *items[item + 1 :]))
        else:
            items[item] = made

    def decide(self, now_ms: int, is_second: bool) -> None:
        """Make one half of a decision."""
        if is_second:
            self.balancer.share(now_ms)
        else:
            for feeder in self.balancer.feeders:
                feeder.take_magnitudes()  # as `look` does, which nobody recorded
            self.balancer.follow(now_ms)


def _balancer(site: dict[str, Any]) -> Any:
    """As on a board. How often its sensors measure is among the slots."""
    board = SimpleNamespace(clamps=SimpleNamespace(window_ms=0))
    meters = [
        SimpleNamespace(name=table["id"], poll_ms=0, meter=SimpleNamespace(power_w=None))
        for table in site["meters"]
    ]
    balancer = build.Builder(site, board, None, None, meters, {}).balancer([])
    app.set_values(balancer, site)
    outside.Outside(board, balancer, None).apply(site)
    return balancer
