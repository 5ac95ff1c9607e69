"""Records what decisions stand on, and what was decided, so that a PC can decide all of it again.

A segment begins with every number that decisions stand on (core/slots.py). Of each half of a
decision follow the time, what others have changed since the last one, and what it has decided. It
is written into one of a few pages in memory, in the control step and without allocating; a task
begins the segments and brings the pages to a file. Where writing stops the processor that waits
until every contactor is open: if it lasts too long, the oldest page is lost, as a whole. Times in
ticks (ms). docs/replay.md has the format.
"""

import asyncio
import binascii
import json
import os
from time import ticks_add, ticks_diff

from micropython import const

from pilotlight import VERSION
from pilotlight.core.slots import Slots
from pilotlight.wire import record

_LOOK_MS = const(70)  # no multiple of what sensors take: not always between the halves
_FLUSH_LOOKS = const(10)
_PAGES = const(3)
_ROOM_BYTES = const(1024)  # for decisions, beside what a segment begins with
_LEFT_BYTES = const(300)  # with less left, the next segment begins
_ENTRY_BYTES = const(24)  # of half a decision without its changes, and of one change
_MOST_TEXTS = const(64)
_FILE_BYTES = const(262144)
_READ_AT_ONCE = const(64)  # slots: some ms on a Pico
_PUT_AT_ONCE = const(16)
_SMALL_INT_MAX = const(0x3FFFFFFF)


class Recorder:
    """Of `balancer`, for the site as it was built. `board`: its beat and storage; `may_write()`:
    a file may be written now. `site`: as it is needed to build the balancer again.
    """

    def __init__(self, board, balancer, site, may_write):
        self.path = board.storage + "/record.bin"
        self.old_path = board.storage + "/record.old"
        self.is_wanted = True
        self.is_over = False  # and all is written
        self.error = None  # that has ended it
        self.decisions = 0
        self.missed = 0  # decisions that no segment was open for
        self.lost = 0  # segments that did not come to the file
        self._board = board
        self._balancer = balancer
        self._site = site
        self._may_write = may_write
        self._writes_whole = board.capabilities["storage_stall_ms"] > 0
        self._slots = Slots(balancer)
        self._things = []
        self._known = 0  # things and texts
        self._written_texts = 0
        self._image = []  # of all slots, where a segment begins
        self._mirror = []  # of the first slots, as they are known to whoever replays
        self._taken = []  # slots that are ticks of a sample
        self._looks = 0
        # the pages: how much is in them, and how much of that in the file
        self._pages = []
        self._first = 0  # where decisions begin in each
        self._heads = [0] * _PAGES  # where that ends which comes before them
        self._ends = [0] * _PAGES
        self._written = [0] * _PAGES
        self._numbers = [0] * _PAGES  # of their segments
        self._size = 0  # of the file
        self._page = bytearray()  # the one that is being filled
        self._current = 0
        self._segments = 0
        self._is_open = False
        self._missed = 0  # at the beginning of the segment
        self._at = self._limit = 0
        self._begun = -1  # where the half began that is being made
        self._halves = 0  # of decisions
        self._last_ms = 0  # when the latest was made
        self._followed_ms = 0
        self._span_ms = [0, 0]

    # ------------------------------------------------------------------ in the control step

    def before(self, now_ms):
        """One half of a decision is about to be made: what have others changed?"""
        try:
            self._before(now_ms)
        except Exception as error:  # noqa: BLE001 - what fails here must not end control
            self._fail(error)

    def _before(self, now_ms):
        is_second = self._balancer.is_due
        span_ms = ticks_diff(now_ms, self._last_ms)
        self._last_ms = now_ms
        self._halves = self._halves + 1 & _SMALL_INT_MAX
        if not self._is_open:
            if not is_second and self._segments:
                self.missed += 1
            return
        half = 1 if is_second else 0
        later_ms = span_ms - self._span_ms[half]
        self._span_ms[half] = span_ms
        self._begun = self._at
        tag = record.PLUS if later_ms >= 0 else record.MINUS
        self._at = record.put(self._page, self._at, tag, abs(later_ms))
        if not is_second:
            self.decisions += 1
            more_ms = ticks_diff(now_ms, self._followed_ms)
            self._followed_ms = now_ms
            for i in self._taken:
                if self._mirror[i] is not None:
                    self._mirror[i] = ticks_add(self._mirror[i], more_ms)
        self._write_changes(0, self._slots.outcomes, True)

    def after(self):
        """It has been made: what has been decided?"""
        try:
            self._after()
        except Exception as error:  # noqa: BLE001 - what fails here must not end control
            self._fail(error)

    def _after(self):
        if self._begun >= 0:
            self._write_changes(self._slots.both, self._slots.rest, False)
            if self._at > self._limit:
                self._at = self._begun  # without this half
                self._is_open = False
                self.missed += 1
            self._begun = -1
            self._ends[self._current] = self._at

    def _fail(self, error):
        self.error = error  # in words when somebody asks: this may be in the control step
        self.end()

    def _write_changes(self, first, end, is_marked):
        """Of the slots from `first` to before `end`. A mark tells outcomes from inputs."""
        mirror, holders, keys = self._mirror, self._slots.holders, self._slots.keys
        for i in range(first, end):
            key, old = keys[i], mirror[i]
            value = getattr(holders[i], key) if isinstance(key, str) else holders[i][key]
            if value is not old and (value != old or type(value) is not type(old)):
                if self._at > self._limit:
                    return
                if not is_marked:
                    is_marked = True
                    self._at = record.put(self._page, self._at, record.SPECIAL, 0)
                self._at = record.put(self._page, self._at, record.REFERENCE, i)
                self._at = self._put_value(self._page, self._at, old, value)
                mirror[i] = value

    def _put_value(self, page, at, old, value):
        kind = type(value)
        if value is None or kind is int or kind is bool:
            return record.put_value(page, at, old, value)
        index = self._index_of(value)
        if index < 0:
            return record.put(page, at, record.SPECIAL, record.UNKNOWN)
        return record.put(page, at, record.REFERENCE, index)

    def _index_of(self, value):
        """Of something that a slot refers to; a text that comes for the first time is kept."""
        things, texts = self._things, len(self._slots.things)
        if not isinstance(value, str):
            for i in range(texts):
                if things[i] is value:
                    return i
            return -1
        for i in range(texts, self._known):
            if things[i] is value or things[i] == value:
                return i
        if self._known == len(things):
            return -1
        things[self._known] = value
        self._known += 1
        return self._known - 1

    # ------------------------------------------------------------------ the task

    async def run(self):
        """Until recording is ended and all is written. Never raises: nobody waits for it."""
        try:
            await self._prepare()
            pace = self._board.pace(_LOOK_MS)
            while not self.is_over:
                for _ in self.look():
                    await asyncio.sleep_ms(0)
                await pace.next(None)
        except Exception as error:  # noqa: BLE001 - the boundary where its failure is kept from control
            self._fail(error)
        self.is_over = True

    async def _prepare(self):
        slots = self._slots
        for _ in slots.find():
            await asyncio.sleep_ms(0)
        count = len(slots.keys)
        self._things = slots.things + [None] * _MOST_TEXTS
        self._known = self._written_texts = len(slots.things)
        self._mirror = [None] * slots.rest
        self._image = [None] * count
        self._taken = [i for i in range(slots.both) if slots.keys[i] == "taken_ms"]
        self._first = 3 * count + _ENTRY_BYTES
        size = self._first + _ROOM_BYTES
        self._pages = [bytearray(size) for _ in range(_PAGES)]
        self._limit = size - _ENTRY_BYTES

    def look(self):
        """Begin a segment, write, end: whatever is to be done. A generator: who is late goes
        first.
        """
        if self.is_wanted and (not self._is_open or self._at > self._limit - _LEFT_BYTES):
            yield from self._begin()
        self._looks += 1
        if (self._looks % _FLUSH_LOOKS == 0 or not self.is_wanted) and self._may_write():
            self._flush()
            self.is_over = not self.is_wanted

    def end(self):
        """No more decisions; what there is will be written."""
        self.is_wanted = self._is_open = False

    def state(self):
        """In words."""
        text = "recording" if self.is_wanted else "recorded"
        if self.error is not None:
            text = type(self.error).__name__ + ": " + str(self.error) + "; " + text
        text += (
            " to "
            + self.path
            + ": %d decisions, %d segments"
            % (
                self.decisions,
                self._segments,
            )
        )
        if self.missed or self.lost:
            text += ", %d decisions missed, %d segments lost" % (self.missed, self.lost)
        is_waiting = self._ends != self._written and self._writes_whole
        return text + "; to be written when no outlet charges" if is_waiting else text

    def _begin(self):
        """The next segment, if no decision is made while all slots are read."""
        image, slots, halves = self._image, self._slots, self._halves
        for i in range(len(image)):
            if i % _READ_AT_ONCE == 0:
                yield
            if self._halves != halves or self._balancer.is_due or halves == 0:
                return
            image[i] = slots.read(i)
        for i in range(len(self._mirror)):
            self._mirror[i] = image[i]
        missed, began_ms = self._open()
        # decisions may be made from here on
        page = self._page
        at = record.put(page, 0, record.PLUS, missed)
        at = record.put(page, at, record.PLUS, began_ms)
        for i in range(len(image)):
            if i % _PUT_AT_ONCE == 0:
                yield
            if at > self._first - record.LONGEST:
                raise ValueError("there is too much to be recorded")
            at = self._put_value(page, at, None, image[i])
        self._heads[self._current] = at

    def _open(self):
        """A page for it, the one of the oldest. Returns what it begins with."""
        i = self._current = (self._current + 1) % _PAGES
        if self._written[i] < self._ends[i]:
            self.lost += 1
        self._page = self._pages[i]
        self._written[i] = 0
        self._ends[i] = self._at = self._first
        self._numbers[i] = self._segments
        missed = self.missed - self._missed
        self._missed = self.missed
        self._followed_ms = self._last_ms
        self._span_ms[0] = self._span_ms[1] = 0
        self._segments += 1
        self._is_open = True
        return missed, self._last_ms

    # ------------------------------------------------------------------ the file

    def _flush(self):
        """The oldest page first. The one that is being filled only if writing costs nothing."""
        for n in range(_PAGES):
            i = (self._current + 1 + n) % _PAGES
            is_ready = not (self._writes_whole and self._is_open and i == self._current)
            if is_ready and self._written[i] < self._ends[i]:
                self._write(i)

    def _write(self, i):
        first, end = self._written[i], self._ends[i]
        is_new = first == 0
        mode = "ab"
        if is_new and (self._size == 0 or self._size > _FILE_BYTES):
            mode = "wb"
            self._turn_over()
        with open(self.path, mode) as file:
            if mode == "wb":
                self._write_header(file)
            while self._written_texts < self._known:
                text = self._things[self._written_texts].encode()
                self._size += record.write_record(file, record.TEXT, text)
                self._written_texts += 1
            number = self._numbers[i].to_bytes(4, "little")
            page = memoryview(self._pages[i])
            if is_new:
                parts = (number, page[: self._heads[i]], page[self._first : end])
                self._size += record.write_record(file, record.SEGMENT, *parts)
            else:
                self._size += record.write_record(file, record.MORE, number, page[first:end])
        self._written[i] = end

    def _turn_over(self):
        """What was the file is the old one; what was the old one is gone."""
        try:
            os.rename(self.path, self.old_path)
        except OSError:
            pass  # there is none

    def _write_header(self, file):
        names = " ".join([str(key) for key in self._slots.keys])
        header = {
            "format": record.FORMAT,
            "version": VERSION,
            "slots": binascii.crc32(names.encode()) & 0xFFFFFFFF,
            "site": {key: self._site[key] for key in ("site", "feeders", "outlets", "meters")},
        }
        self._size = record.write_record(file, record.HEADER, json.dumps(header).encode())
        self._written_texts = len(self._slots.things)


class Records:
    """What a person switches on and off; `control` makes the decisions."""

    def __init__(self, board, control, site, may_write):
        self._control = control
        self._parts = (board, control.balancer, site, may_write)
        self._recorder = None
        self._task = None  # kept: a task that nobody holds may be collected

    def record(self, is_on=None):
        """Begin, or end; alone: how it stands. Returns that in words."""
        recorder = self._recorder
        if is_on and (recorder is None or recorder.is_over):
            recorder = self._recorder = self._control.recorder = Recorder(*self._parts)
            self._task = asyncio.create_task(recorder.run())
        elif is_on is not None and not is_on and recorder is not None:
            recorder.end()
            self._control.recorder = None
        return "nothing is recorded" if recorder is None else recorder.state()
