"""Records (wire/record.py) that wait in raw pages of flash until a file may be written.

Pages are programmed in order, in 3 ms at most each, also while cars charge. A *fill* begins with a
header at the beginning of a page. Once every contactor is open a fill goes to a file; its first
page then becomes zeros, so that nobody takes it for one that waits, and the next one begins behind
it. Erasing takes its time: it goes on whenever it may, and what is erased counts once all is. What
a power cut has left is found at the next beginning.
"""

from micropython import const

from pilotlight.wire import record

_PAGE = const(256)
_BLOCK = const(16)  # pages that are erased together, and go to the file together
_AT_ONCE = const(4)  # pages that are looked at: 2 ms on a Pico
_BEGINNING = record.MARK + bytes([record.HEADER])


class Spool:
    """In `store`, a page port of the board contract (`count`, `read`, `write`, `erase`)."""

    def __init__(self, store):
        self._store = store
        self._page = bytearray(_PAGE)  # that is being filled
        self._fill_bytes = 0  # of it
        self._first = 0  # page of the fill
        self._used = 0  # pages from 0 on that may be programmed; all behind are erased
        self._brought = 0  # the fill is in the file up to that page
        self._left = [0, 0]  # pages of what was recorded before the start: from, to,
        self._left_first = 0  # and where it begins
        self._erased = 0  # pages from 0 on that have been, to begin anew there
        self._is_broken = False  # an erase has not erased

    def find(self):
        """What is erased, and what a power cut has left. A generator, as all below."""
        left, used = -1, 0
        for page in range(self._store.count):
            if page % _AT_ONCE == 0:
                yield
            self._store.read(page, self._page)
            if self._page.count(b"\xff") < _PAGE:
                used = page + 1
                if left < 0 and self._page[: len(_BEGINNING)] == _BEGINNING:
                    left = page
        self._first = self._used = self._brought = used
        if left >= 0:
            self._left[0] = self._left_first = left
            self._left[1] = used

    def is_left(self):
        """Something waits that was recorded before the start; it is brought first."""
        return self._left[0] < self._left[1]

    def waiting_bytes(self):
        """What waits for a file, without what is left."""
        return (self._used - self._brought) * _PAGE

    def is_empty(self):
        """No fill has begun."""
        return self._used == self._first

    def is_untouched(self):
        """Nothing of the fill is in a file yet."""
        return self._brought == self._first

    def room_bytes(self):
        """So much more can wait, in whole pages."""
        return (self._store.count - self._used) * _PAGE

    def put(self, kind, *parts):
        """Append a record, safe with `flush`. Yields after each page. OSError: it is full."""
        for piece in record.pieces(kind, *parts):
            at = 0
            while at < len(piece):
                size = min(len(piece) - at, _PAGE - self._fill_bytes)
                self._page[self._fill_bytes : self._fill_bytes + size] = piece[at : at + size]
                self._fill_bytes += size
                at += size
                if self._fill_bytes == _PAGE:
                    self.flush()
                    yield

    def flush(self):
        """Program the page that is being filled, if it is; its rest stays FF, between records."""
        if self._fill_bytes:
            if self._used >= self._store.count:
                raise OSError("full")
            for i in range(self._fill_bytes, _PAGE):
                self._page[i] = 0xFF
            self._store.write(self._used, self._page)
            self._used += 1
            self._fill_bytes = 0

    def bring(self, file):
        """Write the next block of what waits to `file`, what is left first; returns the bytes."""
        if self.is_left():
            first = self._left[0]
            self._left[0] = self._copy(file, first, self._left[1])
            if not self.is_left():
                self._close(self._left_first)
            return (self._left[0] - first) * _PAGE
        before = self._brought
        self._brought = self._copy(file, before, self._used)
        size = (self._brought - before) * _PAGE
        if self._brought == self._used:
            self._close(self._first)
            self._first = self._used
        return size

    def _copy(self, file, page, end):
        buf = bytearray(_PAGE)
        end = min(end, page + _BLOCK)
        while page < end:
            self._store.read(page, buf)
            file.write(buf)
            page += 1
        return page

    def _close(self, page):
        """It begins no fill any more."""
        self._store.write(page, bytearray(_PAGE))

    def is_clear(self):
        """There is nothing to be erased, or no use in it."""
        return self._used == 0 or self._is_broken

    def clear(self, may_erase):
        """Erase the next block, if `may_erase()`. Only if nothing waits."""
        block = self._erased
        if may_erase():
            self._store.erase(block)
            for page in range(block, block + _BLOCK):
                if page % _AT_ONCE == 0:
                    yield
                self._store.read(page, self._page)
                self._is_broken = self._is_broken or self._page.count(b"\xff") < _PAGE
            self._erased += _BLOCK
            if self._erased >= self._used and not self._is_broken:
                self._first = self._used = self._brought = self._erased = 0
