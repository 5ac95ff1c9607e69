"""The firmware's own balancer, built from a recorded site, whose slots can be set and read.

Currents in mA.
"""

import binascii
from types import SimpleNamespace
from typing import Any

from pilotlight_host.errors import UserError
from pilotlight_host.replay.reader import Outlet, Ref, Unknown, Value

from pilotlight import app, build
from pilotlight.core import need, quota
from pilotlight.core.place import FAST, SOLAR
from pilotlight.core.slots import WHOLE, Slots
from pilotlight.services import arrangement, outside
from pilotlight.wire import record


class Decider:
    """Decides what its slots say. `site`: checked. `texts`: those that slots may refer to, more of
    them may come. `own`: slots that nobody sets from outside. `instead`: what pools of
    these names are set to, whatever is recorded.
    """

    def __init__(self, site: dict[str, Any], texts: list[str]) -> None:
        self.balancer, self._lasting = _balancer(site)
        self.slots = Slots(self.balancer)
        for _ in self.slots.find():
            pass
        self.texts = texts
        self.own: frozenset[int] = frozenset()
        self.instead: dict[str, int] = {}
        self._known: list[Any] = []  # pools that a Ref may mean
        self._orders: dict[tuple[str, int], Any] = {}
        self.offers = [i for i, key in enumerate(self.slots.keys) if key == "offered_ma"]
        self.reasons = [i for i, key in enumerate(self.slots.keys) if key == "why"]
        self.taken = [i for i, key in enumerate(self.slots.keys) if key == "taken_ms"]

    @property
    def crc(self) -> int:
        """What the layout of the slots is known by."""
        return binascii.crc32(" ".join(self.slots.keys[: self.slots.arranged]).encode())

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

    @property
    def count(self) -> int:
        """Of all slots, as it is arranged."""
        return len(self.slots.keys)

    def meant(self, value: Any) -> Any:
        """What is recorded, with what a Ref refers to in its place."""
        if not isinstance(value, Ref):
            return value
        if value.index < record.MOST_TEXTS:
            return self.texts[value.index]
        things = [*self.slots.things]
        for pool in self._known:
            things.append(pool)
            if pool.is_order:
                things += [getattr(pool, key) for key in record.TEXTS_OF_ORDER]
        index = value.index - record.MOST_TEXTS
        return things[index] if index < len(things) else f"thing {index}, which there is not"

    def get(self, i: int) -> Any:
        """What a slot holds."""
        return self.slots.read(i)

    def set(self, i: int, value: Any) -> None:
        """Let a slot hold that."""
        made = self.meant(value)
        if i in self.own or isinstance(made, Unknown):
            return
        holder, key, item = self.slots.holders[i], self.slots.keys[i], self.slots.items[i]
        if item == WHOLE:
            if not (isinstance(holder, quota.Quota) and key == holder.setting):
                setattr(holder, key, made)
            return
        items = getattr(holder, key)
        if isinstance(items, tuple):
            setattr(holder, key, (*items[:item], made, *items[item + 1 :]))
        else:
            items[item] = made

    # ------------------------------------------------------------------ arranged

    def limits(self) -> dict[str, int]:
        """What the pools beside those of feeders are set to by the site, by their names."""
        return {pool.name: getattr(pool, pool.setting) for pool in self.balancer.quotas}

    def arrange(
        self, pools: list[tuple[Value, Value]], bound: int, outlets: list[tuple[Value, Value]]
    ) -> bool:
        """As it was where a segment begins: of the `pools` the first ones are bound; mode and
        whether there is a need, of each outlet. False if that is something else than before.
        """
        before = self._arranged()
        self._bind(pools, bound)
        for place, (mode, has_need) in zip(self.balancer.places, outlets, strict=True):
            place.mode = self.meant(mode)
            if not has_need:
                place.need = None
            elif place.need is None:
                place.need = need.Need(0, 0, 0)
        with_slots = [p for i, p in enumerate(self._known) if i < bound or not p.is_order]
        for _ in self.slots.find_arranged(with_slots):
            pass
        return before == self._arranged()

    def _arranged(self) -> list[Any]:
        told: list[Any] = [(pool, getattr(pool, pool.setting)) for pool in self.balancer.quotas]
        return told + [(place.mode, place.need is None) for place in self.balancer.places]

    def rebind(self, pools: list[tuple[Value, Value]]) -> list[int]:
        """From now on these; returns from how many each outlet takes."""
        self._bind(pools, len(pools))
        return [len(place.pools) for place in self.balancer.places]

    def _bind(self, pools: list[tuple[Value, Value]], bound: int) -> None:
        self._known = [self._pool(self.meant(text), setting) for text, setting in pools]
        for pool, (_, setting) in zip(self._known, pools, strict=True):
            setattr(pool, pool.setting, self.instead.get(pool.name, setting))
        self.balancer.bind(self._known[:bound])

    def _pool(self, text: Any, setting: Any) -> Any:
        if text in self._lasting:
            return self._lasting[text]
        if isinstance(text, Unknown):
            raise UserError("a pool is not named in the recording: it has too many texts")
        order = (text, setting)
        if order not in self._orders:
            self._orders[order] = quota.Allowed(text, self.balancer.places, setting)
        return self._orders[order]

    def outlet(self, i: int) -> Outlet:
        """How it is arranged."""
        place = self.balancer.places[i]
        told = place.need and [getattr(place.need, key) for key in arrangement.NEED]
        weights = list(place.weights)
        marks = (place.is_floored, place.is_dark, place.cloud_ms)
        return Outlet(place.mode, place.phases, *marks, weights, told)

    def rearrange(self, i: int, was: Outlet, told: Outlet) -> None:
        """What has become of an outlet between two decisions."""
        place = self.balancer.places[i]
        if told.phases is not was.phases:
            place.connect(told.phases)
        for key in ("mode", "is_floored", "is_dark", "cloud_ms"):
            if getattr(told, key) != getattr(was, key):
                setattr(place, key, getattr(told, key))
        if told.need != was.need:
            place.need = None
            if told.need is not None:
                place.need = need.Need(0, 0, 0)
                for key, value in zip(arrangement.NEED, told.need, strict=True):
                    setattr(place.need, key, value)
        place.weigh()

    def decide(self, now_ms: int, is_second: bool) -> None:
        """Make one half of a decision."""
        if is_second:
            self.balancer.share(now_ms)
        else:
            for feeder in self.balancer.feeders:
                feeder.take_magnitudes()  # as `look` does, which nobody recorded
            self.balancer.follow(now_ms)


def _balancer(site: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """As on a board, and all pools beside those of feeders and orders there can be, by name. How
    often its sensors measure is among the slots.
    """
    board = SimpleNamespace(clamps=SimpleNamespace(window_ms=0))
    meters = [
        SimpleNamespace(name=table["id"], poll_ms=0, meter=SimpleNamespace(power_w=None))
        for table in site["meters"]
    ]
    balancer = build.Builder(site, board, None, None, meters, {}).balancer([])
    app.set_values(balancer, site)
    made = outside.Outside(board, balancer, None)
    lasting = {pool.name: pool for pool in _lasting(made, balancer)}
    made.apply(site)
    return balancer, lasting


def _lasting(made: Any, balancer: Any) -> Any:
    limits = {"import_w": 0, "quarter_w": 0, "unbalance_a": 0, "export_w": None}
    for place in balancer.places:
        place.mode = SOLAR
    for feeder in balancer.feeders:
        yield from made._of_feeder(feeder, limits)
    for place in balancer.places:
        place.mode = FAST
