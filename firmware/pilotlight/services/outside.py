"""Limits from outside the fuse: builds their pools out of the site file, and keeps what the grid
operator orders.

An order is so many watts for all outlets together, 0...250000, until its end or until it is
lifted; the lowest of those in force counts. They come from a contact at the board, over MQTT, or
from the serial console. Each is an event when it begins and when it ends. Times in ticks (ms).
"""

from micropython import const
from time import ticks_add, ticks_diff, ticks_ms

from pilotlight.core import claims
from pilotlight.core.deadline import earlier, unless_passed
from pilotlight.core.place import FAST, MODES
from pilotlight.core.status import seconds_since, seconds_until

MOST_W = 250000

_LOOK_MS = const(200)


class Order:
    """So many watts, by `source`, until `until_ms` (ticks; None: until lifted)."""

    def __init__(self, source, limit_w, until_ms, now_ms):
        self.source = source
        self.limit_w = limit_w
        self.until_ms = until_ms
        self.since_ms = now_ms


class Outside:
    """Of the site that `balancer` decides on."""

    def __init__(self, board, balancer, journal):
        self._board = board
        self._balancer = balancer
        self._journal = journal
        self.keeper = None  # keeper.Keeper, which is told of orders
        self._orders = {}  # by source
        self._made = {}  # by feeder and kind: pools go on where the site file is tuned
        self._boosts = {}  # by place: (ticks at which it ends, mode to go back to)
        self._modes = [FAST] * len(balancer.places)  # as the site file says
        self._site: "dict" = {}

    # ------------------------------------------------------------------ pools

    def apply(self, site):
        """Take what the site file says."""
        self._site = site
        for i in range(len(self._modes)):
            mode = site["outlets"][i]["mode"]
            if mode != self._modes[i]:
                self._modes[i] = mode
                self._boosts.pop(self._balancer.places[i], None)
                self._balancer.places[i].set_mode(mode)
        self._bind()

    def set_mode(self, place, mode):
        """What the sun has to do with it, one of MODES. Raises ValueError."""
        if mode not in MODES:
            raise ValueError("mode: " + repr(mode) + " is none of " + ", ".join(MODES))
        self._boosts.pop(place, None)
        place.set_mode(mode)
        self._bind()

    def boost(self, place, for_s):
        """Charge fast for so long, or until the car leaves; then as before."""
        mode = self._boosts[place][1] if place in self._boosts else place.mode
        self._boosts[place] = (ticks_add(ticks_ms(), for_s * 1000), mode)
        place.set_mode(FAST)
        self._bind()

    def _end_boosts(self, now_ms):
        for place in self._boosts:
            until_ms, mode = self._boosts[place]
            if not place.is_plugged or unless_passed(now_ms, until_ms) is None:
                self.set_mode(place, mode)
                return  # the others at the next look

    def _bind(self):
        quotas = []
        for feeder, table in zip(self._balancer.feeders, self._site["feeders"]):
            quotas += self._of_feeder(feeder, table)
        order = self.lowest()
        if order is not None:
            quotas.append(self._allowed(order))
        self._balancer.bind(quotas)

    def lasting(self):
        """Pools that go on where they were when they are bound again."""
        return [self._made[key] for key in self._made if key != "order" and "House" not in key]

    def _allowed(self, order):
        made = self._made.get("order")
        if made is None or made.source != order.source or made.limit_w != order.limit_w:
            from pilotlight.core.quota import Allowed

            made = Allowed(order.source, self._balancer.places, order.limit_w)
            self._made["order"] = made
        return made

    def _of_feeder(self, feeder, table):
        """Those that are configured; what is not is not even imported."""
        found = []
        if table["import_w"] is not None:
            found.append(self._pool(feeder, "Import", "power from the grid"))
            found[-1].limit_w = table["import_w"]
        if table["quarter_w"] is not None:
            found.append(self._pool(feeder, "Quarter", "mean power of a quarter of an hour"))
            found[-1].limit_w = table["quarter_w"]
        if feeder.depth == 0 and any([place.mode != FAST for place in feeder.places]):
            found.append(self._pool(feeder, "Solar", "solar surplus"))
            found[-1].export_w = table["export_w"]
        if table["unbalance_a"] is not None:
            for p in range(3):
                found.append(self._unbalance(feeder, p))
                found[-1].limit_ma = int(table["unbalance_a"] * 1000)
        return found

    def _unbalance(self, feeder, phase):
        made = self._made.get((feeder, phase))
        if made is None:
            from pilotlight.core.quota import Unbalance

            name = "feeder " + feeder.name + ": unbalance of L" + str(phase + 1)
            made = self._made[(feeder, phase)] = Unbalance(name, feeder, phase)
        return made

    def _pool(self, feeder, kind, name):
        """The one that there is, or a new one."""
        from pilotlight.core import quota

        made = self._made.get((feeder, kind))
        if made is None:
            house = self._made.get((feeder, "House"))
            if house is None:
                house = self._made[(feeder, "House")] = quota.House(feeder)
            build = quota.Quarter if kind == "Quarter" else quota.Import
            if kind == "Solar":
                from pilotlight.core import solar

                build = solar.Solar
            made = self._made[(feeder, kind)] = build("feeder " + feeder.name + ": " + name, house)
        return made

    # ------------------------------------------------------------------ orders

    def dim(self, source, limit_w, for_s=None, kind="begin"):
        """An order of `source`: at most `limit_w`, for `for_s` (1...432000) or until lifted. It
        begins, or is "back" after a start.
        """
        if not isinstance(limit_w, int) or isinstance(limit_w, bool) or not 0 <= limit_w <= MOST_W:
            raise ValueError("dim: %s is no whole number of W (0...250000)" % repr(limit_w)[:32])
        now_ms = ticks_ms()
        before = self._orders.get(source)
        until_ms = None if for_s is None else ticks_add(now_ms, claims.checked_s(for_s) * 1000)
        made = self._orders[source] = Order(source, limit_w, until_ms, now_ms)
        if before is not None and before.limit_w == limit_w:
            made.since_ms = before.since_ms  # renewed
            return
        text = "dimmed to " + str(limit_w) + " W by the " + source
        text += "" if for_s is None else " for %d s" % for_s
        self._journal.note(now_ms, text + (", as before the start" if kind == "back" else ""))
        self._bind()
        if before is not None:
            self._record("end", before)
        self._record(kind, made, for_s)

    def lift(self, source):
        """Take the order of `source` back, if there is one."""
        order = self._orders.pop(source, None)
        if order is not None:
            now_ms = ticks_ms()
            lasted_s = ticks_diff(now_ms, order.since_ms) // 1000
            text = "dimming to %d W by the %s ends after %d s"
            self._journal.note(now_ms, text % (order.limit_w, source, lasted_s))
            self._bind()
            self._record("end", order)

    def _record(self, kind, order, for_s=None):
        if self.keeper is not None:
            self.keeper.record(kind, order, for_s)

    def orders(self):
        """Those in force, always in the same order."""
        return [self._orders[source] for source in sorted(self._orders)]

    def lowest(self):
        """The order that counts, or None."""
        lowest = None
        for source in self._orders:
            order = self._orders[source]
            if lowest is None or order.limit_w < lowest.limit_w:
                lowest = order
        return lowest

    async def run(self):
        """Look at the contact, and at what ends, for ever."""
        pace = self._board.pace(_LOOK_MS)
        while True:
            await pace.next(self)
            self.look(ticks_ms())

    def look(self, now_ms):
        """Once: what ends, and the contact."""
        self._end_boosts(now_ms)
        self._look_at_orders(now_ms)

    def _look_at_orders(self, now_ms):
        """A contact that cannot be read counts as closed."""
        limit_w = self._site["site"]["dimming_w"]
        has_contact = limit_w is not None and self._board.capabilities.get("dimming")
        is_closed = has_contact and self._board.is_dimmed is not False
        order = self._orders.get("contact")
        if is_closed and (order is None or order.limit_w != limit_w):
            self.dim("contact", limit_w)
        elif order is not None and not is_closed:
            self.lift("contact")
        for source in self._orders:
            order = self._orders[source]
            if order.until_ms is not None and unless_passed(now_ms, order.until_ms) is None:
                self.lift(source)
                return
            if ticks_diff(now_ms, order.since_ms) > claims.MAX_AHEAD_MS:
                order.since_ms = ticks_add(now_ms, -claims.MAX_AHEAD_MS)

    def is_settled(self):
        """Nothing is in the middle of something."""
        return True

    def due_ms(self, now_ms):
        """When the first order or boost ends (ticks), or None."""
        due = None
        for source in self._orders:
            due = earlier(now_ms, due, self._orders[source].until_ms)
        for place in self._boosts:
            due = earlier(now_ms, due, self._boosts[place][0])
        return due

    def shown(self, now_ms):
        """All limits from outside that are in force, as published."""
        order = self.lowest()
        told: "dict" = {"limits": [quota.shown() for quota in self._balancer.quotas]}
        if order is not None:
            told["dimming"] = {
                "limit_w": order.limit_w,
                "by": order.source,
                "since_s": seconds_since(now_ms, order.since_ms),
                "until_s": seconds_until(now_ms, order.until_ms),
            }
        return told
