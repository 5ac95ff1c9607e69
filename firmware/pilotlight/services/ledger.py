"""Records that survive a power cut and wait until they are delivered: a ring of pages.

Each record has the next page (wire/page.py). A page is programmed in 3 ms at most, also while cars
charge; for that pages are erased ahead, which stops the processor and is done only when it may be
(every contactor open). The oldest 16 pages go then, delivered or not. What finds no erased page
waits in memory.
"""

from micropython import const
from time import ticks_ms

from pilotlight.wire import page as pages

_BLOCK = const(16)  # pages that are erased together
_PART = const(8)  # that are counted together: 4 ms on a Pico
_AHEAD = const(48)  # so many pages are kept erased
_MOST_WAITING = const(16)
_LOOKS = const(8)  # pages looked at in one call, when the next one to be delivered is sought


class Part:
    """`count` pages of `store` from `first` on, multiples of 16, as if there were no others."""

    def __init__(self, store, first, count):
        self.count = count
        self._store = store
        self._first = first

    def read(self, page, buf):
        """As in the board contract."""
        self._store.read(self._first + page, buf)

    def write(self, page, buf):
        """As in the board contract."""
        self._store.write(self._first + page, buf)

    def erase(self, page):
        """As in the board contract."""
        self._store.erase(self._first + page)


class Ledger:
    """In `store`, the `pages` of the board contract. `tells`: what is lost is an event."""

    def __init__(self, store, journal, may_write, tells=True):
        self.boot = 0
        self.lost = 0  # overwritten before they were delivered, since the start
        self.waiting = []  # (number, record) that have no page yet
        self._store = store
        self._journal = journal
        self._may_write = may_write
        self._tells = tells
        self._page = bytearray(pages.PAGE_BYTES)
        self.number = 0  # of the next record
        self._at = 0  # its page
        self.room = 0  # pages from there on that are erased
        self._out = 0  # the page from which on the next one to be delivered is sought
        self._left = 0  # pages from there to the newest record
        self._open = bytearray(store.count // _PART)  # by part: records not delivered
        self._counted = 0  # parts for which that is known: one more with each look
        self._is_broken = False  # an erase has not erased

    # ------------------------------------------------------------------ the start

    def restore(self):
        """Find the newest record, and what is erased behind it. Before anything may charge."""
        count = self._store.count
        newest, at = self._newest(-1, count - 1, range(0, count, _BLOCK))
        first, before = at // _BLOCK * _BLOCK, None
        newest, at = self._newest(newest, at, range(first, first + _BLOCK))
        while newest != before:  # the first page of the block behind it may be torn
            before, first = newest, (first + _BLOCK) % count
            newest, at = self._newest(newest, at, range(first, first + _BLOCK))
        self.number = newest + 1
        self._at = self._after(at)
        for _ in range(_BLOCK):  # what a power cut has left torn
            if self._is_erased(self._at) or self._read(self._at) is not None:
                break  # or the oldest: nothing was erased behind the newest
            self._at = self._after(self._at)
        self._find_room()
        self.again()
        for value in self.backwards():
            self.boot = value["boot"] + 1
            break

    def _newest(self, newest, at, among):
        """The highest number, and its page."""
        for i in among:
            number = self._read(i)
            if number is not None and number > newest:
                newest, at = number, i
        return newest, at

    def _find_room(self):
        """How many pages are erased from the next one on."""
        count = self._store.count
        while self.room < _AHEAD and self._is_erased((self._at + self.room) % count):
            self.room += 1

    # ------------------------------------------------------------------ in

    def append(self, value):
        """Record it (a dict), in the page that the next `look` writes. ValueError if that is too
        long.
        """
        value["seq"], value["boot"] = self.number, self.boot
        pages.pack(self._page, self.number, value)
        if len(self.waiting) == _MOST_WAITING:
            self.waiting.pop(0)
            self._lose(1)
        self.waiting.append((self.number, value))
        self.number += 1

    def look(self):
        """Write one that waits; erase a block, if one is wanted and it may be done now."""
        if self._counted < len(self._open):
            self._open[self._counted] = self._count(self._counted)
            self._counted += 1
        self._find_room()
        is_whole = self.room == 0 or (self._at + self.room) % _BLOCK == 0
        if self.room < _AHEAD and is_whole and not self._is_broken and self._may_write():
            self._erase()
        elif self.waiting and self.room:
            self._write()

    def _write(self):
        number, value = self.waiting[0]
        pages.pack(self._page, number, value)
        self._store.write(self._at, self._page)
        is_whole = self._read(self._at) == number
        self._open[self._at // _PART] += is_whole
        self._at = self._after(self._at)
        self.room -= 1
        self._left += 1
        if is_whole:
            self.waiting.pop(0)

    def _erase(self):
        """The block behind what is erased already; it holds the oldest records."""
        count = self._store.count
        first = -(-(self._at + self.room) // _BLOCK) * _BLOCK % count
        gone = 0
        for part in range(first // _PART, (first + _BLOCK) // _PART):
            gone += self._count(part)
            self._open[part] = 0
        self._store.erase(first)
        if self.room == 0:
            self._left += (first - self._at) % count
            self._at = first
        self._find_room()
        self._is_broken = not self._is_erased(first)
        if self._is_broken:
            self._journal.note(ticks_ms(), "ledger: page %d cannot be erased" % first)
        if self._left > count - self.room:
            self.again()
        if gone:
            self._lose(gone)

    def _count(self, part):
        """Records of a part that are not delivered."""
        found = 0
        for i in range(part * _PART, (part + 1) * _PART):
            found += self._read(i) is not None and not pages.is_delivered(self._page)
        return found

    def _lose(self, count):
        self.lost += count
        if self._tells:
            text = "ledger is full: %d records lost before delivery" % count
            self._journal.note(ticks_ms(), text)

    # ------------------------------------------------------------------ out

    def next_out(self):
        """(Page, number, JSON) of the next record that is to be delivered, or None: there is none,
        or it has not been found yet.
        """
        for _ in range(_LOOKS):
            if self._left == 0:
                return None
            at = self._out
            self._out = self._after(at)
            self._left -= 1
            number = self._read(at)
            if number is not None and not pages.is_delivered(self._page):
                return at, number, pages.text_of(self._page)
        return None

    def has_more(self):
        """There may be something to be delivered."""
        return self._left > 0

    def again(self):
        """Begin with the oldest again: what was under way is lost. There are not more pages than
        records, but for torn ones.
        """
        self._left = min(self._store.count - self.room, 2 * self.number + _BLOCK)
        self._out = (self._at - self._left) % self._store.count

    def delivered(self, at, number):
        """The record in page `at` has been delivered, if it still is there."""
        if self._read(at) == number and not pages.is_delivered(self._page):
            self._page[:] = pages.ERASED
            self._page[pages.DELIVERED_AT] = 0
            self._store.write(at, self._page)
            if self._open[at // _PART]:  # else it has not been counted yet
                self._open[at // _PART] -= 1

    def shown(self):
        """Numbers for whoever looks (a dict). `undelivered` is known 20 s after the start."""
        is_known = self._counted == len(self._open)
        return {
            "undelivered": sum(self._open) + len(self.waiting) if is_known else None,
            "lost": self.lost,
            "room": self.room - len(self.waiting),
        }

    def backwards(self):
        """The records in pages (dicts), newest first, up to where 16 pages hold none."""
        at, empty = self._at, 0
        while empty < _BLOCK:
            at = (at - 1) % self._store.count
            if self._read(at) is None:
                empty += 1
            else:
                empty = 0
                yield pages.value_of(self._page)

    def latest(self, most):
        """The records in the newest `most` pages (dicts), oldest first; one page at a time."""
        for i in range(self._at - most, self._at):
            if self._read(i % self._store.count) is not None:
                yield pages.value_of(self._page)

    # ------------------------------------------------------------------ pages

    def _read(self, at):
        self._store.read(at, self._page)
        return pages.number_of(self._page)

    def _is_erased(self, at):
        self._store.read(at, self._page)
        return pages.is_erased(self._page)

    def _after(self, at):
        return (at + 1) % self._store.count
