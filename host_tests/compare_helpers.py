"""Chargers as a policy sees them, with currents that a test sets."""

from dataclasses import dataclass, field

from pilotlight_host.compare.bench import View


@dataclass(eq=False)
class Box:
    """What policies read and write of a charger. mA, ms."""

    number: int = 0
    max_ma: int = 32_000
    wires: tuple = (0, 1, 2)
    drawn_ma: tuple = (0, 0, 0)
    offer_ma: int = 0
    asks: bool = True
    is_plugged: bool = True
    plugged_ms: int = 0
    charging_ms: int | None = None

    def charges(self, ma, phases=3, since_ms=0, offer_ma=None):
        """It draws `ma` on so many of its wires."""
        used = self.wires[:phases]
        self.drawn_ma = tuple(ma if p in used else 0 for p in range(3))
        self.offer_ma = ma if offer_ma is None else offer_ma
        self.charging_ms = since_ms
        return self


@dataclass
class Bench:
    """A supply with a constant house; cars draw at once what they are offered."""

    policy: object
    rating_ma: int
    house_ma: tuple
    boxes: list
    now_ms: int = 0
    view: View = field(init=False)

    def __post_init__(self):
        self.view = View(self.rating_ma, self.house_ma, self.boxes)

    def cycle(self, ms, follow=True):
        """One decision `ms` later; returns the offers."""
        self.now_ms += ms
        drawn = [sum(box.drawn_ma[p] for box in self.boxes) for p in range(3)]
        self.view.now_ms = self.view.taken_ms = self.now_ms
        self.view.grid_ma = tuple(h + d for h, d in zip(self.house_ma, drawn))
        self.policy.decide(self.view)
        for box in self.boxes:
            if follow and box.offer_ma != max(box.drawn_ma):
                since_ms = box.charging_ms if box.charging_ms is not None else self.now_ms
                box.charges(box.offer_ma, since_ms=since_ms if box.offer_ma else None)
        return [box.offer_ma for box in self.boxes]


def boxes(count, **changes):
    """Some chargers, numbered."""
    return [Box(n, plugged_ms=n + 1, **changes) for n in range(count)]
