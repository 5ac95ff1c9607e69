"""Records what decisions stand on, and what was decided, so that a PC can decide all of it again.

A segment begins with every number that decisions stand on (core/slots.py). Of each half of a
decision follow the time, what others have changed since the last one, and what it has decided.
That is written into one of a few pages in memory (pages.py), in the control step and without
allocating; a task begins the segments and brings the pages to a file. Where writing stops the
processor that waits until every contactor is open: until then pages go to a spool (spool.py), if
the board has room for one; if that is full, the oldest page is lost, as a whole. Where something
is arranged anew (arrangement.py) between two decisions, that is told before the second one; the
slots that came with it are found in the task. Times in ticks (ms).
"""

import asyncio
from time import ticks_add, ticks_diff

from micropython import const

from pilotlight.core.slots import Slots
from pilotlight.services.arrangement import Arrangement
from pilotlight.services.pages import Pages
from pilotlight.wire import record

_LOOK_MS = const(70)  # no multiple of what sensors take: not always between the halves
_FLUSH_LOOKS = const(10)
_LEFT_BYTES = const(300)  # with less left on a page, the next segment begins
_READ_AT_ONCE = const(48)  # slots: 5 ms on a Pico
_PUT_AT_ONCE = const(16)  # 3 ms
_SMALL_INT_MAX = const(0x3FFFFFFF)


class Recorder:
    """Of `balancer`, for the `site` as it was built. `board`: its beat and storage; `outside`:
    services.outside.Outside; `may_write()`: a file may be written now.
    """

    def __init__(self, board, balancer, outside, site, may_write):
        self.is_wanted = True
        self.is_over = False  # and all is written
        self.error = None  # that has ended it
        self.decisions = 0
        self.missed = 0  # decisions that no segment was open for
        self._board = board
        self._balancer = balancer
        self._arrangement = Arrangement(balancer, outside)
        self._known = []  # pools beside those of feeders that slots may refer to
        self._is_found = False  # all slots of this arrangement
        self._site = site
        self._may_write = may_write
        self._writes_whole = board.capabilities["storage_stall_ms"] > 0
        self._spool = _spool_of(board)
        self._slots = Slots(balancer)
        self.pages: "Pages" = None  # pyright: ignore - until `prepare`
        self._looks = 0
        self._image = []  # of all slots, where a segment begins
        self._mirror: "list" = []  # of the first slots, as they are known to whoever replays
        self._taken = []  # slots that are ticks of a sample
        self._before_ms = []  # what they were at the decision before,
        self._grows_ms = []  # and by how much they grow
        self._span_ms = [0, 0]  # to each half from the one before
        self._halves = 0  # of decisions
        self._last_ms = 0  # the latest half
        # the segment
        self._is_open = False
        self._missed = 0  # decisions until it began
        self._page = bytearray()
        self._at = 0
        self._begun = -1  # where the half began that is being made

    # ------------------------------------------------------------------ in the control step

    def before(self, now_ms):
        """One half of a decision is about to be made: what have others changed?"""
        try:
            self._before(now_ms)
        except Exception as error:  # noqa: BLE001 - what fails here must not end control
            self._fail(error)

    def after(self):
        """It has been made: what has been decided?"""
        try:
            self._after()
        except Exception as error:  # noqa: BLE001 - what fails here must not end control
            self._fail(error)

    def _fail(self, error):
        self.error = error  # in words when somebody asks: this may be in the control step
        self.end()

    def _before(self, now_ms):
        is_other = self._arrangement.has_changed()
        if is_other:
            self._arrange()
        is_second = self._balancer.is_due
        span_ms = ticks_diff(now_ms, self._last_ms)
        self._last_ms = now_ms
        self._halves = self._halves + 1 & _SMALL_INT_MAX
        if not self._is_open:
            if not is_second and self._at:
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
            self._expect_samples()
        if is_other:
            self._at = self._arrangement.put_change(self.pages, self._page, self._at)
        self._write_changes(0, self._slots.outcomes, True)

    def _arrange(self):
        self._arrangement.take()
        self._is_found = False

    def _expect_samples(self):
        """Each is expected to come as long after the one before as those before."""
        for k in range(len(self._taken)):
            i = self._taken[k]
            taken_ms, before_ms = self._mirror[i], self._before_ms[k]
            self._before_ms[k] = taken_ms
            if taken_ms is not None and before_ms is not None:
                grown_ms = ticks_diff(taken_ms, before_ms)
                if abs(grown_ms - self._grows_ms[k]) > record.NEARLY_MS:
                    self._grows_ms[k] = grown_ms
                self._mirror[i] = ticks_add(taken_ms, self._grows_ms[k])

    def _after(self):
        if self._balancer.is_due and self._arrangement.has_changed():  # a car has what it needs
            self._arrange()
        if self._begun < 0:
            return
        self._write_changes(self._slots.both, self._slots.rest, False)
        if self._at > self.pages.limit:
            self._at = self._begun  # without this half
            self._is_open = False
            self.missed += 1
        self._begun = -1
        self.pages.ends[self.pages.current] = self._at

    def _write_changes(self, first, end, is_marked):
        """Of the slots from `first` to before `end`. A mark tells outcomes from inputs."""
        mirror, slots = self._mirror, self._slots
        i = slots.changed(mirror, first, end)
        while i < end and self._at <= self.pages.limit:
            value = slots.read(i)
            if not is_marked:
                is_marked = True
                self._at = record.put(self._page, self._at, record.SPECIAL, 0)
            self._at = record.put(self._page, self._at, record.REFERENCE, i)
            pools = self._arrangement.quotas
            self._at = self.pages.put(self._page, self._at, mirror[i], value, pools)
            mirror[i] = value
            i = slots.changed(mirror, i + 1, end)

    # ------------------------------------------------------------------ the task

    async def run(self):
        """Until recording is ended and all is written. Never raises: nobody waits for it."""
        try:
            await self.prepare()
            pace = self._board.pace(_LOOK_MS)
            while not self.is_over:
                for _ in self.look():
                    await asyncio.sleep_ms(0)
                await pace.next(None)
        except Exception as error:  # noqa: BLE001 - the boundary where its failure is kept from control
            self._fail(error)
        self.is_over = True

    async def prepare(self):
        """Find what is to be recorded, and take the memory for it."""
        slots = self._slots
        for _ in slots.find():
            await asyncio.sleep_ms(0)
        while not self._is_found:
            self._arrangement.take()
            for _ in self._find():
                await asyncio.sleep_ms(0)
        self._mirror = [None] * slots.rest
        self._taken = [i for i in range(slots.both) if slots.keys[i] == "taken_ms"]
        self._before_ms = [None] * len(self._taken)
        self._grows_ms = [0] * len(self._taken)
        self.pages = Pages(self._board.storage, slots, self._site)
        if self._spool is not None:
            for _ in self._spool.find():
                await asyncio.sleep_ms(0)

    def look(self):
        """Begin a segment, write, end: whatever is to be done. A generator: who is late goes
        first.
        """
        if self.is_wanted and not self._is_found:
            yield from self._find()
        is_full = not self._is_open or self._at > self.pages.limit - _LEFT_BYTES
        if self.is_wanted and is_full:
            yield from self.begin()
        self._looks += 1
        if self._looks % _FLUSH_LOOKS == 0 or not (self.is_wanted or self._writes_whole):
            yield from self._bring()

    def _bring(self):
        """Pages to the file, or to the spool."""
        pages, spool = self.pages, self._spool
        is_whole = self._writes_whole and self._is_open
        may_write = self._may_write()
        if not may_write and spool is not None:
            yield from pages.spool(spool, is_whole)
        elif may_write and not self._is_brought():
            pages.take(spool)
        elif may_write:
            pages.flush(is_whole)
            if spool is not None and not spool.is_clear():
                yield from spool.clear(self._may_write)
        is_done = self._is_brought() and (spool is None or spool.is_clear() or not may_write)
        self.is_over = not self.is_wanted and pages.is_written() and is_done

    def _is_brought(self):
        """Nothing waits for a file in the spool."""
        spool = self._spool
        return spool is None or not (spool.is_left() or spool.waiting_bytes())

    def _find(self):
        """The slots of the arrangement, if nobody has changed it since the latest decision."""
        if self._arrangement.has_changed():
            return
        self._is_found = True  # until it is another one, which may be while they are looked for
        self._image = []  # its memory may be needed
        pools = self._arrangement.pools()
        yield from self._slots.find_arranged(pools)
        self._known = pools + self._arrangement.gone(pools)
        self._image = [None] * len(self._slots.keys)

    def begin(self):
        """The next segment, if no decision is made while all slots are read."""
        image, slots, halves = self._image, self._slots, self._halves
        for i in range(len(image)):
            if i % _READ_AT_ONCE == 0:
                yield
                if self._arrangement.has_changed() or not self._is_found:
                    return
            if self._halves != halves or self._balancer.is_due or halves == 0:
                return
            image[i] = slots.read(i)
        numbers = self._turn()
        page, at = self._page, 0
        # decisions may be made from here on
        for number in numbers:
            at = record.put(page, at, record.PLUS, number)
        at = self._arrangement.put_head(self.pages, page, at, self._known)
        for i in range(len(image)):
            if i % _PUT_AT_ONCE == 0:
                yield
            if at > self.pages.first - record.LONGEST:
                raise ValueError("there is too much to be recorded")
            at = self.pages.put(page, at, None, image[i], self._known)
        self.pages.heads[self.pages.current] = at

    def _turn(self):
        """A page for the segment; returns the numbers at its head."""
        for i in range(len(self._mirror)):
            self._mirror[i] = self._image[i]
        for k in range(len(self._taken)):
            self._before_ms[k], self._grows_ms[k] = None, 0
        missed = self.missed - self._missed
        self._missed = self.missed
        self._page = self.pages.turn()
        self._at = self.pages.first
        self._span_ms[0] = self._span_ms[1] = 0
        self._is_open = True
        return missed, self._last_ms, len(self._image)

    def end(self):
        """No more decisions; what there is will be written."""
        self.is_wanted = self._is_open = False

    def state(self):
        """In words."""
        text = "recording" if self.is_wanted else "recorded"
        if self.error is not None:
            text = type(self.error).__name__ + ": " + str(self.error) + "; " + text
        text += ": " + str(self.decisions) + " decisions"
        pages = self.pages
        if pages is not None:
            text += " to " + pages.path
            if self.missed or pages.lost:
                text += ", %d missed, %d segments lost" % (self.missed, pages.lost)
            if self._writes_whole and not (pages.is_written() and self._is_brought()):
                text += "; to be written when no outlet charges"
        return text


def _spool_of(board):
    """None where files may be written at any time."""
    if board.spool is None:
        return None
    from pilotlight.services.spool import Spool

    return Spool(board.spool)


class Records:
    """What a person switches on and off; `control` makes the decisions."""

    def __init__(self, board, control, outside, site, may_write):
        self._control = control
        self._parts = (board, control.balancer, outside, site, may_write)
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
