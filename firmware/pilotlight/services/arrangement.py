"""How a site is arranged, as it is recorded: pools that come and go (core/quota.py), and of each
outlet its mode, its phases, and what its car needs.

Whoever replays arranges its own balancer like that. docs/replay.md has the format.
"""

from micropython import const

from pilotlight.wire import record

# numbers of core.need.Need; all there are
NEED = "leaves_ms need_as slack_s _part _last_ms".split()

_OF_OUTLET = ("phases", "is_floored", "is_dark", "cloud_ms")
_OF_OUTLET_BYTES = const(60)


class Arrangement:
    """Of `balancer`, as it was at the last `take`. `outside`: services.outside.Outside."""

    def __init__(self, balancer, outside):
        self.quotas = ()
        self._balancer = balancer
        self._outside = outside
        self._places = balancer.places
        self._modes = [None] * len(balancer.places)
        self._phases = list(self._modes)
        self._needs = list(self._modes)

    def has_changed(self):
        """It is another one, or may be."""
        if self._balancer.quotas is not self.quotas:
            return True
        modes, phases, needs = self._modes, self._phases, self._needs
        i = 0
        for place in self._places:
            if place.mode is not modes[i] or place.phases is not phases[i]:
                return True
            if place.need is not needs[i]:
                return True
            i += 1
        return False

    def take(self):
        """It is known from now on."""
        self.quotas = self._balancer.quotas
        for i in range(len(self._places)):
            place = self._places[i]
            self._modes[i], self._phases[i] = place.mode, place.phases
            self._needs[i] = place.need

    def pools(self):
        """Those that have a memory: all that are bound, and those that may be bound again."""
        lasting = [pool for pool in self._outside.lasting() if pool not in self.quotas]
        return list(self.quotas) + lasting

    def gone(self, pools):
        """Those beside `pools` that places refer to."""
        found = []
        for place in self._places:
            for pool in (place.bound_by, place.rested_by):
                if pool is not None and pool not in place.pools and pool not in pools + found:
                    found.append(pool)
        return found

    # ------------------------------------------------------------------ written

    def put_change(self, pages, page, at):
        """Write it all, in the control step; not all if it is too much for the page."""
        at = record.put(page, at, record.SPECIAL, record.ARRANGED)
        at = self._put_pools(pages, page, at, self.quotas)
        for place in self._places:
            if at > pages.limit - _OF_OUTLET_BYTES:
                return pages.limit + 1
            at = pages.put(page, at, None, place.mode)
            for key in _OF_OUTLET:
                at = record.put_value(page, at, None, getattr(place, key))
            for weight in place.weights:
                at = record.put(page, at, record.PLUS, weight)
            if place.need is None:
                at = record.put_value(page, at, None, None)
            else:
                for key in NEED:
                    at = record.put_value(page, at, None, getattr(place.need, key))
        return at

    def put_head(self, pages, page, at, known):
        """Write what is not in slots; `known`: those that slots refer to, too."""
        at = self._put_pools(pages, page, at, known)
        at = record.put(page, at, record.PLUS, len(self.quotas))
        for place in self._places:
            at = pages.put(page, at, None, place.mode)
            at = record.put_value(page, at, None, place.need is not None)
        return at

    def _put_pools(self, pages, page, at, known):
        at = record.put(page, at, record.PLUS, len(known))
        for pool in known:
            if at <= pages.limit:
                at = pages.put(page, at, None, pool.source if pool.is_order else pool.name)
                at = record.put_value(page, at, None, getattr(pool, pool.setting))
        return at
