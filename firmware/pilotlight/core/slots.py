"""Every number that decisions stand on, each in its slot, for what records them and what replays.

A slot is an attribute of the balancer, a feeder, a place, a pool, or of a part of theirs, or an
item of a list or tuple there: a number, None, one of these things, or one of the policies. They
are found, not listed, so that none is forgotten; their order is the same on every interpreter.
Only what others than the balancer set is listed, and what it decides.

What is arranged anew while the balancer runs (pools beside those of feeders, needs) comes and goes
with its slots: they are the last ones.
"""

from micropython import const

from pilotlight.core import policy
from pilotlight.core.shares import Pool

# Names of attributes of feeders, places... themselves; "habit.uses" would be one of a part.
# set by others between two decisions
INPUTS = """policy limit_ma base_max_ma reserve_ma level is_derated signed_ma power_w
    taken_ms lag_ms is_plugged is_asking is_ready is_closed can_open signalled_ma
    allowed_ma is_tried priority metered_ma least_ma""".split()
BOTH = "rest_ms patience_ms turn_ms doublings is_last".split()  # by others and by decisions
OUTCOMES = "offered_ma must_open why".split()
# no decision stands on these, or it sets them before it looks at them
_IGNORED = "measured_by is_due _again_ms base.within_ma".split()
_ARRANGED = "table quotas pools weights need".split()

WHOLE = const(255)
_REST = 3  # the group of all others


class Slots:
    """Of a balancer, once `find` has run. Slot i is attribute `keys[i]` of `holders[i]`, or item
    `items[i]` of it, if that is not WHOLE. Inputs come first, then what is both, at `both`, then
    outcomes, at `outcomes`, then at `rest` all others; at `arranged` those that come and go.
    `things`: what a slot may refer to, beside pools that come and go.
    """

    def __init__(self, balancer):
        self._owners = [balancer]
        self._owners += balancer.feeders
        self._owners += balancer.places
        for feeder in balancer.feeders:
            self._owners += feeder.pools
        self._places = balancer.places
        self.things = self._owners + [policy.ALL[name] for name in sorted(policy.ALL)]
        self._parts = []
        self._groups = _new_groups()
        self.holders = []
        self.keys = []
        self.items = bytearray()
        self.both = self.outcomes = self.rest = self.arranged = 0

    def find(self):
        """Find those that stay. A generator, so that others may come in between."""
        for feeder in self._owners[0].feeders:
            self._parts += feeder.sources  # are looked into before a decision
        for owner in self._owners:
            yield from self._look_at(owner, "")
        self.both, self.outcomes, self.rest, self.arranged = self._take()

    def find_arranged(self, pools):
        """Find those of `pools`, needs and weights, in place of those before. A generator, too."""
        self._groups = _new_groups()
        for place in self._places:
            yield from self._look_at_one(place, "weights", ".weights")
            yield from self._look_into(place.need, ".")
        for pool in pools:
            yield from self._look_at(pool, ".")
        end = self.arranged
        del self.holders[end:]
        del self.keys[end:]
        self.items = self.items[:end]
        self._take()

    def _take(self):
        starts = []
        for holders, keys, items in self._groups:
            self.holders += holders
            self.keys += keys
            self.items += items
            starts.append(len(self.keys))
        self._groups, self._parts = [], []
        return starts

    def _look_at(self, holder, path):
        for key in sorted(holder.__dict__):
            yield
            where = path + key
            if where not in _IGNORED and where not in _ARRANGED:
                yield from self._look_at_one(holder, key, where)

    def _look_at_one(self, holder, key, where):
        value = getattr(holder, key)
        group = _group(where)
        is_one = _is_number(value) or (isinstance(value, str) and group != _REST)
        if is_one or _is_in(self.things, value) or isinstance(value, Pool):
            self._found(group, holder, key, WHOLE)
        elif isinstance(value, (list, tuple)):
            for i in range(len(value)):
                if _is_number(value[i]):
                    self._found(group, holder, key, i)
                else:
                    yield from self._look_into(value[i], where + ".")
        else:
            yield from self._look_into(value, where + ".")

    def _found(self, group, holder, key, item):
        holders, keys, items = self._groups[group]
        holders.append(holder)
        keys.append(key)
        items.append(item)

    def _look_into(self, part, path):
        """At a part that belongs to one owner, and stays as long as it."""
        is_known = _is_in(self.things, part) or _is_in(self._parts, part)
        if hasattr(part, "__dict__") and not callable(part) and not is_known:
            self._parts.append(part)
            yield from self._look_at(part, path)

    def changed(self, mirror, i, end):
        """The first slot from `i` on that holds something else than `mirror`; else `end`."""
        holders, keys, items = self.holders, self.keys, self.items
        while i < end:
            value = getattr(holders[i], keys[i])
            item = items[i]
            if item != WHOLE:
                value = value[item]
            old = mirror[i]
            if value is not old and (value != old or type(value) is not type(old)):
                return i
            i += 1
        return end

    def read(self, i):
        """The value of slot i."""
        value = getattr(self.holders[i], self.keys[i])
        return value if self.items[i] == WHOLE else value[self.items[i]]


def _new_groups():
    """Of slots, three columns each: tuples of them would take memory that a board may not have."""
    return [([], [], bytearray()) for _ in range(_REST + 1)]


def _group(path):
    for group, names in enumerate((INPUTS, BOTH, OUTCOMES)):
        if path in names:
            return group
    return _REST


def _is_number(value):
    """Or None, which may become one."""
    kind = type(value)
    return value is None or kind is int or kind is bool


def _is_in(things, value):
    for thing in things:
        if thing is value:
            return True
    return False
