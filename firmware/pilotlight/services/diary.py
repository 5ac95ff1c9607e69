"""Keeps events through power cuts: those that no broker confirms go into a ledger of their own.

The first of every start is written at once, so that starts are counted; all others when they are
10 s old, or 2 s if they fill a page. A page holds a few. While no page is erased they stay in
memory, where new ones overwrite the oldest of 64. Times in ticks (ms).
"""

import json

from micropython import const
from time import ticks_diff, ticks_ms

from pilotlight.wire.page import MOST_TEXT

_LOOK_MS = const(1000)
_WAIT_MS = const(10000)
_SOON_MS = const(2000)
_MOST = const(8)  # events of a page
_NUMBERS = ', "seq": 1073741823, "boot": 1073741823'  # what the ledger adds
_BETWEEN = ", "
_TRIES = const(4)  # maybe a block is to be erased first
_SHORT = const(80)  # plain characters that always fit


class Diary:
    """`ledger`: ledger.Ledger; `clock`: walltime.Clock. `confirmed()`: number of the first event
    that the broker has not confirmed.
    """

    def __init__(self, ledger, journal, clock, confirmed):
        self._lost = 0  # events that were overwritten in memory, since the start
        self._ledger = ledger
        self._journal = journal
        self._clock = clock
        self._confirmed = confirmed
        self._next = 0  # the first event that is not in the ledger
        self._up_ms = 0  # since the start, and
        self._up_s = 0
        self._last_ms = ticks_ms()

    def look(self):
        """Once a second write a page, if there is something for one."""
        now_ms = ticks_ms()
        if ticks_diff(now_ms, self._last_ms) >= _LOOK_MS:
            self._look(now_ms)

    def _look(self, now_ms):
        self._up_ms += ticks_diff(now_ms, self._last_ms)
        self._last_ms = now_ms
        self._up_s += self._up_ms // 1000
        self._up_ms %= 1000
        if self._next > 0:
            self._next = max(self._next, self._confirmed())
        journal = self._journal
        self._lost += max(0, journal.oldest() - self._next)
        self._next = max(self._next, journal.oldest())
        if self._next == journal.count or self._ledger.waiting or not self._ledger.room:
            return
        wait_ms = _SOON_MS if journal.count - self._next >= _MOST else _WAIT_MS
        age_ms = ticks_diff(now_ms, journal.at_ms(self._next))
        if self._next == 0 or not 0 <= age_ms < wait_ms:  # below 0: 6 days old
            self._write(now_ms)

    def begin(self):
        """Write the page that counts this start now. Before anything may charge."""
        self._look(ticks_ms())
        for _ in range(_TRIES):
            self._ledger.look()

    def shown(self):
        """Numbers for whoever looks (a dict): as of a ledger, of pages; and `overwritten`."""
        told = self._ledger.shown()
        told["overwritten"] = self._lost
        return told

    def _write(self, now_ms):
        """As many as fit into a page, one at least."""
        journal, events = self._journal, []
        utc_s = self._clock.utc_s(now_ms)
        value = {"kind": "events", "first": self._next, "up_s": self._up_s, "utc_s": utc_s}
        value["events"] = events
        left = MOST_TEXT - len(_NUMBERS) - _bytes(value)
        for number in range(self._next, min(journal.count, self._next + _MOST)):
            age_s = max(0, ticks_diff(now_ms, journal.at_ms(number))) // 1000
            event = [max(0, self._up_s - age_s), journal.text(number)]
            left -= _bytes(event) + len(_BETWEEN)
            if left < 0 and events:
                break
            if left < 0:
                event[1] = "".join([_plain(c) for c in event[1][:_SHORT]])
            events.append(event)
        self._next += len(events)
        self._ledger.append(value)


def _bytes(value):
    return len(json.dumps(value).encode())


def _plain(c):
    return c if " " <= c <= "~" and c not in '"\\' else "?"
