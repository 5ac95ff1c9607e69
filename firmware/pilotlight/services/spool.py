"""Records (wire/record.py) that wait in raw pages of flash until a file may be written.

Pages are programmed in order from the first one on, in 3 ms at most each, also while cars charge.
Once every contactor is open what is in them goes to a file, and they are erased for the next time.
What a power cut has left there comes first at the next beginning.
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
        self._fill = 0  # bytes of it
        self._used = 0  # pages that are programmed
        self._erased = 0  # pages from the first on that were found erased, with those used since
        self.brought = 0  # pages of it that are in the file
        self.is_left = False  # what there is was recorded before the start

    def find(self):
        """What a power cut has left, and how much is erased. A generator, as all below."""
        buf = bytearray(_PAGE)
        self._store.read(0, buf)
        if buf[: len(_BEGINNING)] == _BEGINNING:
            self.is_left = True
            yield from self._look(buf, 0, False)
            self._used = self._erased
        yield from self._look(buf, self._used, True)

    def _look(self, buf, first, is_erased):
        """Pages from `first` on are erased, or not; `_erased` is the end of them."""
        self._erased = first
        while self._erased < self._store.count:
            if self._erased % _AT_ONCE == 0:
                yield
            self._store.read(self._erased, buf)
            if (buf.count(b"\xff") == _PAGE) != is_erased:
                return
            self._erased += 1

    def waiting_bytes(self):
        """What waits for the file."""
        return (self._used - self.brought) * _PAGE

    def fits(self, count):
        """There is room for so many bytes more."""
        return not self.is_left and count <= (self._erased - self._used) * _PAGE

    def put(self, kind, *parts):
        """Append a record; `fits` has said that there is room. Yields after each page. It is safe
        once its page is full, or with `flush`.
        """
        for piece in record.pieces(kind, *parts):
            at = 0
            while at < len(piece):
                count = min(len(piece) - at, _PAGE - self._fill)
                self._page[self._fill : self._fill + count] = piece[at : at + count]
                self._fill += count
                at += count
                if self._fill == _PAGE:
                    self.flush()
                    yield

    def flush(self):
        """Program the page that is being filled, if it is; its rest stays FF, between records."""
        if self._fill:
            for i in range(self._fill, _PAGE):
                self._page[i] = 0xFF
            self._store.write(self._used, self._page)
            self._used += 1
            self._fill = 0

    def bring(self, file):
        """Write the next block of it to `file`; returns the bytes. All is in the file, once
        nothing waits: then call `clear`.
        """
        buf = bytearray(_PAGE)
        count = 0
        while self.brought < self._used and count < _BLOCK * _PAGE:
            self._store.read(self.brought, buf)
            count += file.write(buf)
            self.brought += 1
        return count

    def is_clear(self):
        """Nothing is in it, and all of it is erased."""
        return self._used == 0 and self._erased == self._store.count

    def is_empty(self):
        """Nothing is in it."""
        return self._used == 0

    def clear(self, may_erase):
        """Erase the next block that is not, if `may_erase()`. Only if nothing waits."""
        if self._used:
            self._used = self.brought = self._erased = 0
            self.is_left = False
        yield from self._look(bytearray(_PAGE), self._erased, True)
        if self._erased < self._store.count and may_erase():
            self._store.erase(self._erased // _BLOCK * _BLOCK)
