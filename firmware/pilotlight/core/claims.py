"""Who permits an outlet how much, until when, and why.

A claim is a permission with an end: `source, limit_ma, until_ms, reason`. The lowest valid claim
wins and its reason is the outlet's `why`. No priority outvotes a lower claim.

- required sources (supply, board): a claim that is missing or has expired counts as 0 A, so that
  a part that dies frees nobody;
- optional sources (person, network): expiry lifts the limit.

Currents in mA per phase, times in ticks (ms); an end lies at most 5 days ahead, because ticks can
be compared only within 6.2 days. An expired claim is deleted in the tick that sees it: left in
place, it would be valid again 6.2 days later.
"""

from micropython import const
from time import ticks_add, ticks_diff

from pilotlight.core.deadline import earlier

MAX_LIMIT_MA = 80000
MAX_AHEAD_MS = 432000000  # 5 days
_DAY_MS = const(86400000)
_MISSING = {}  # of each required source the reason while it says nothing, once for all outlets


def checked_s(for_s):
    """`for_s` if it is a time that a claim may last, 1...432000 s. Raises ValueError."""
    if (
        not isinstance(for_s, int)
        or isinstance(for_s, bool)
        or not 1 <= for_s <= MAX_AHEAD_MS // 1000
    ):
        raise ValueError("for_s: " + str(for_s) + " is out of range (1...432000 s)")
    return for_s


class Claim:
    """One source's say over one outlet. `claims` is told of every change."""

    def __init__(self, claims, source, is_required):
        self._claims = claims
        self.source = source
        self.is_required = is_required
        self.is_set = False
        self.limit_ma = 0
        self.until_ms = None  # None: until replaced or cleared
        self.reason = ""
        self.measured = None  # what it rests on, for people to see; its unit is the source's

    def put(self, limit_ma, until_ms, reason):
        """Say: at most `limit_ma` (0...80000) until `until_ms` (ticks, or None), because of
        `reason`.
        """
        if limit_ma != self.limit_ma or reason != self.reason or not self._only_renews(until_ms):
            self._claims.has_changed = True
        self.limit_ma = limit_ma
        self.until_ms = until_ms
        self.reason = reason
        self.is_set = True

    def _only_renews(self, until_ms):
        """A required claim that lasts longer than before: nothing else follows from that."""
        old_ms = self.until_ms
        is_later = (
            old_ms is not None and until_ms is not None and ticks_diff(until_ms, old_ms) >= 0
        )
        return self.is_required and self.is_set and is_later

    def clear(self):
        """Take the claim back: a required one then counts as 0 A, an optional one as no limit."""
        self.is_set = False
        self.until_ms = None
        self._claims.has_changed = True

    def expire(self, now_ms):
        """Delete the claim if its time is over."""
        if self.is_set and self.until_ms is not None and ticks_diff(now_ms, self.until_ms) >= 0:
            self.clear()


class Claims:
    """All claims on one outlet. On equal limits the first one is named: optional before required,
    because what somebody asked for explains more than the supply that has followed it.
    """

    def __init__(self, required, optional):
        self.all = tuple(
            [Claim(self, name, False) for name in optional]
            + [Claim(self, name, True) for name in required]
        )
        for name in required:
            _MISSING.setdefault(name, "no valid claim from " + name)
        self.has_changed = True
        self._again_ms = 0  # the first end of a claim, within a day
        self.limit_ma = 0
        self.source = ""
        self.reason = "not decided yet"
        self.until_ms = None
        self.since_ms = None  # when this source and reason began to bind, 5 days ago at most

    def of(self, source):
        """The claim of `source`. Raises KeyError for a source nobody declared."""
        for claim in self.all:
            if claim.source == source:
                return claim
        raise KeyError("no claim source is called " + str(source))

    def measured(self, source):
        """What the claim of `source` rests on; None if it is not known, or nobody declared it."""
        for claim in self.all:
            if claim.source == source:
                return claim.measured
        return None

    def decide(self, now_ms):
        """Find the lowest valid claim; leaves it in `limit_ma`, `source`, `reason`, `until_ms`,
        `since_ms`. To be called in every step; it works only if a claim has changed or ends.
        """
        if not self.has_changed and ticks_diff(now_ms, self._again_ms) < 0:
            return
        winner = None
        again_ms = ticks_add(now_ms, _DAY_MS)
        lowest_ma = MAX_LIMIT_MA + 1
        for claim in self.all:
            claim.expire(now_ms)
            if claim.is_set:
                limit_ma = claim.limit_ma
                if claim.until_ms is not None:
                    again_ms = earlier(now_ms, again_ms, claim.until_ms)
            elif claim.is_required:
                limit_ma = 0
            else:
                continue
            if limit_ma < lowest_ma:
                lowest_ma = limit_ma
                winner = claim
        self._again_ms = again_ms
        self.has_changed = False
        self._remember(now_ms, winner, lowest_ma)

    def _remember(self, now_ms, winner, limit_ma):
        reason = winner.reason if winner.is_set else _MISSING[winner.source]
        if self.since_ms is None or reason != self.reason or winner.source != self.source:
            self.since_ms = now_ms
        elif ticks_diff(now_ms, self.since_ms) > MAX_AHEAD_MS:
            self.since_ms = ticks_add(now_ms, -MAX_AHEAD_MS)
        self.limit_ma = limit_ma
        self.source = winner.source
        self.reason = reason
        self.until_ms = None if winner.is_required else winner.until_ms

    def due_ms(self, now_ms):
        """When the first optional claim ends (ticks), or None.

        Required ones are renewed all the time.
        """
        due = None
        for claim in self.all:
            if claim.is_set and not claim.is_required:
                due = earlier(now_ms, due, claim.until_ms)
        return due

    def others_ma(self, source):
        """Lowest limit of all set claims but that of `source`: what the outlet could use of a
        larger share.
        """
        lowest_ma = MAX_LIMIT_MA
        for claim in self.all:
            if claim.is_set and claim.source != source and claim.limit_ma < lowest_ma:
                lowest_ma = claim.limit_ma
            elif claim.is_required and not claim.is_set and claim.source != source:
                lowest_ma = 0
        return lowest_ma
