"""A few pages in memory, a segment of recorded decisions in each, and how they come to a file.

Two files at most: a full one becomes the old one. Each begins with the site, and is of use without
the other. docs/replay.md has the format.
"""

import binascii
import json
import os

from micropython import const

from pilotlight import VERSION
from pilotlight.wire import record

_PAGES = const(3)
_ROOM_BYTES = const(1024)  # for decisions
_ENTRY_BYTES = const(24)  # of half a decision without its changes, and of one change
_FILE_BYTES = const(131072)
_FRAME_BYTES = const(8)  # of a record, beside its parts


class Pages:
    """`slots`: slots.Slots, found. `site`: as it is needed to build the balancer again."""

    def __init__(self, storage, slots, site):
        self.path = storage + "/record.bin"
        self.old_path = storage + "/record.old"
        self.cut_path = storage + "/record.cut"
        self._has_cut = False  # since the start
        self.lost = 0  # segments that did not come to the file
        self.segments = 0
        self._slots = slots
        names = " ".join(slots.keys[: slots.arranged])
        self._layout = binascii.crc32(names.encode()) & 0xFFFFFFFF  # is known by that
        self._site = site
        self._texts: "list" = [None] * record.MOST_TEXTS
        self._known = self._written_texts = 0  # of them
        self.room = _ROOM_BYTES  # for decisions
        self.first = 0  # where they begin in the current page
        self.limit = 0  # where there is room for one more change, and no more
        self._pages = [bytearray(self._size_of_page()) for _ in range(_PAGES)]
        self.heads = [0] * _PAGES  # where what comes before decisions ends
        self.ends = [0] * _PAGES
        self._written = [0] * _PAGES  # so much of each is in the file
        self._numbers = [0] * _PAGES  # of their segments
        self.current = 0
        self._size = 0  # of the file

    def _size_of_page(self):
        return 3 * len(self._slots.keys) + _ENTRY_BYTES + _ROOM_BYTES

    def turn(self):
        """The page for the next segment: that of the oldest."""
        i = self.current = (self.current + 1) % _PAGES
        if self._written[i] < self.ends[i]:
            self.lost += 1
        if len(self._pages[i]) < self._size_of_page():  # more is arranged than before
            self._pages[i] = bytearray()  # its memory may be needed for the new one
            self._pages[i] = bytearray(self._size_of_page())
        self.first = len(self._pages[i]) - _ROOM_BYTES
        self.limit = self.first + self.room - _ENTRY_BYTES
        self._written[i] = 0
        self.ends[i] = self.first
        self._numbers[i] = self.segments
        self.segments += 1
        return self._pages[i]

    def put(self, page, at, old, value, pools=()):
        """Write into `page` what has become of `old`; returns where the next one goes. `pools`:
        those beside feeders that `value` may refer to.
        """
        kind = type(value)
        if value is None or kind is int or kind is bool:
            return record.put_value(page, at, old, value)
        index = self._index_of(value, pools)
        if index < 0:
            return record.put(page, at, record.SPECIAL, record.UNKNOWN)
        return record.put(page, at, record.REFERENCE, index)

    def _index_of(self, value, pools):
        """Of something that a slot refers to."""
        i = record.MOST_TEXTS
        if not isinstance(value, str):
            for thing in self._slots.things:
                if thing is value:
                    return i
                i += 1
        else:
            i += len(self._slots.things)
        for pool in pools:
            if pool is value:
                return i
            i += 1
            if pool.is_order:  # each is another one, with other texts
                for key in record.TEXTS_OF_ORDER:
                    if getattr(pool, key) is value:
                        return i
                    i += 1
        return self._index_of_text(value) if isinstance(value, str) else -1

    def _index_of_text(self, text):
        """One that comes for the first time is kept."""
        texts = self._texts
        for i in range(self._known):
            if texts[i] is text or texts[i] == text:
                return i
        if self._known == len(texts):
            return -1
        texts[self._known] = text
        self._known += 1
        return self._known - 1

    # ------------------------------------------------------------------ the file

    def is_written(self):
        """All is in the file, or waits in a spool."""
        return self._written == self.ends

    def flush(self, is_whole):
        """Write what is not yet in the file of one page, the oldest. `is_whole`: the one that is
        being filled is left out.
        """
        i = self._next(is_whole)
        if i < 0:
            return
        is_first = self._written[i] == 0 and (self._size == 0 or self._size > _FILE_BYTES)
        if is_first:
            self._turn_over()
            self._written_texts = 0
        with open(self.path, "wb" if is_first else "ab") as file:
            if is_first:
                self._size += record.write_record(file, record.HEADER, self._header())
            while self._written_texts < self._known:
                self._size += record.write_record(file, record.TEXT, self._next_text())
            self._size += record.write_record(file, *self._record_of(i))
        self._written[i] = self.ends[i]

    def spool(self, spool, is_whole):
        """The same, to `spool` (spool.Spool), if it has room. A generator."""
        i = self._next(is_whole)
        if i < 0:
            return
        header = self._header() if spool.is_empty() else b""
        texts = self._texts[0 if header else self._written_texts : self._known]
        parts = [header] + [text.encode() for text in texts] + list(self._record_of(i)[1:])
        if sum([len(part) + _FRAME_BYTES for part in parts]) > spool.room_bytes():
            return
        if header:
            self._written_texts = 0
            yield from spool.put(record.HEADER, header)
        while self._written_texts < self._known:
            yield from spool.put(record.TEXT, self._next_text())
        yield from spool.put(*self._record_of(i))
        spool.flush()
        self._written[i] = self.ends[i]

    def take(self, spool):
        """Write the next block of what waits in `spool` to the file; what was recorded before the
        start goes to one of its own.
        """
        if spool.is_left():
            with open(self.cut_path, "ab" if self._has_cut else "wb") as file:
                spool.bring(file)
            self._has_cut = True
            return
        is_more = self._size and self._size + spool.waiting_bytes() <= _FILE_BYTES
        is_first = spool.is_untouched() and not is_more
        if is_first:
            self._turn_over()
        with open(self.path, "wb" if is_first else "ab") as file:
            self._size += spool.bring(file)

    def _next(self, is_whole):
        """The oldest page of which something is not written; -1 if there is none."""
        for n in range(_PAGES):
            i = (self.current + 1 + n) % _PAGES
            if self._written[i] < self.ends[i] and not (is_whole and i == self.current):
                return i
        return -1

    def _record_of(self, i):
        """Kind and parts of a record of what is not written of page `i`."""
        first, end, whole = self._written[i], self.ends[i], self._pages[i]
        page = memoryview(whole)
        number = self._numbers[i].to_bytes(4, "little")
        if first:
            return record.MORE, number, page[first:end]
        decisions = page[len(whole) - _ROOM_BYTES : end]
        return record.SEGMENT, number, page[: self.heads[i]], decisions

    def _next_text(self):
        self._written_texts += 1
        return self._texts[self._written_texts - 1].encode()

    def _turn_over(self):
        """What was the file is the old one; what was the old one is gone."""
        self._size = 0
        try:
            os.rename(self.path, self.old_path)
        except OSError:
            pass  # there is none

    def _header(self):
        header = {
            "format": record.FORMAT,
            "version": VERSION,
            "slots": self._layout,
            # no more of it: in the rest there are passwords
            "site": {key: self._site[key] for key in ("site", "feeders", "outlets", "meters")},
        }
        return json.dumps(header).encode()
