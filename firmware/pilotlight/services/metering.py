"""Reads the sensors, leaves their values in the drivers, tells the journal of what went wrong.

Times in ms. The control step takes the values from the drivers; nobody is called back.
"""

from micropython import const
from time import ticks_add, ticks_diff, ticks_ms

# windows are 100 ms: a quarter of that keeps the delay small
_CLAMP_LOOK_MS = const(25)
# an optional block that the meter refused is asked for again after this
_REFUSED_MS = const(600000)
_DEAD_POLLS = const(3)  # failures in a row, and a meter is asked less and less often
_FEEDER_RETRY_MS = const(2000)  # at most so rarely, if outlets depend on it
_RETRY_MS = const(16000)
_MOST_WITHOUT = const(5)  # beats without an optional read


async def read_clamps(board, clamps):
    """Work on every clamp window as it comes."""
    pace = board.pace(_CLAMP_LOOK_MS)
    while True:
        await pace.next(None)
        clamps.poll()


class MeterReader:
    """One meter on a bus: when it is to be read again. `is_first`: outlets depend on it.
    `is_alone`: at its line, so that its silence disturbs nobody.
    """

    def __init__(self, name, meter, poll_ms, is_first, journal):
        self.name = name
        self.meter = meter
        self.poll_ms = poll_ms
        self.is_first = is_first
        self.is_alone = False
        self.due_ms = ticks_ms()
        self._journal = journal
        self._slow_due_ms = {}  # per optional read
        self._failures = 0
        self._was_ok = True

    @property
    def is_well(self):
        """Its latest reading was good."""
        return self._failures == 0

    async def poll(self):
        """Make the balancing read."""
        started_ms = ticks_ms()
        is_ok = await self.meter.poll(0)
        self._failures = 0 if is_ok else self._failures + 1
        self.due_ms = ticks_add(started_ms, self._wait_ms())
        self._tell(is_ok)

    def _wait_ms(self):
        """Until the next one. A silent meter costs the others on its line a timeout each time."""
        if self.is_alone or self._failures < _DEAD_POLLS:
            return self.poll_ms
        most_ms = max(self.poll_ms, _FEEDER_RETRY_MS if self.is_first else _RETRY_MS)
        return min(self.poll_ms << min(self._failures - _DEAD_POLLS + 1, 8), most_ms)

    async def poll_slow(self):
        """Make one optional read that is due, if the meter lives; True if there was one."""
        if not self.is_well:
            self._slow_due_ms.clear()  # a deadline that waits for days would turn into the future
            return False
        reads = self.meter.reads
        for number in range(1, len(reads)):
            read = reads[number]
            due_ms = self._slow_due_ms.get(read)
            if due_ms is None or ticks_diff(ticks_ms(), due_ms) >= 0:
                await self.meter.poll(number)
                again_ms = _REFUSED_MS if read.is_refused else read.block.every_ms
                self._slow_due_ms[read] = ticks_add(ticks_ms(), again_ms)
                return True
        return False

    def _tell(self, is_ok):
        """One event when it fails, one when it is back: a dead meter does not fill the journal."""
        if is_ok != self._was_ok:
            self._was_ok = is_ok
            text = "back" if is_ok else self.meter.last_error
            self._journal.note(ticks_ms(), "meter " + self.name + ": " + text)


class Bus:
    """All meters at one serial line, read in turn by one task.

    A beat lasts as long as the shortest poll. Meters that outlets depend on are read in each,
    before all others. Then comes the one that has waited longest, and more of them while half of
    the beat is left; then one optional read, if there is time, and in every fifth beat anyway.
    `poll_ms` of the others is raised to what they get at least.
    """

    def __init__(self, board, readers):
        self._board = board
        self._beat_ms = min([reader.poll_ms for reader in readers])
        self._early_ms = self._beat_ms // 4  # who was read late is not late in the next beat
        self._first = [reader for reader in readers if reader.is_first]
        self._others = [reader for reader in readers if not reader.is_first]
        for reader in self._others:
            reader.poll_ms = max(reader.poll_ms, self._beat_ms * len(self._others))
        readers[0].is_alone = len(readers) == 1
        self._turn = 0  # whose optional read is next
        self._without = 0  # beats since the last one

    async def run(self):
        """Poll for ever. A silent meter costs the others its timeout, more and more rarely."""
        pace = self._board.pace(self._beat_ms)
        while True:
            late_ms = await pace.next(self)
            await self._beat(ticks_add(ticks_ms(), -late_ms))

    def is_settled(self):
        """No meter is being waited for; for a beat that may skip."""
        return all([reader.is_well for reader in self._first + self._others])

    def due_ms(self, now_ms):
        """No deadline that a beat would not keep."""
        return None

    async def _beat(self, began_ms):
        for reader in self._first:
            if self._is_due(reader):
                await reader.poll()
        waiting = [reader for reader in self._others if self._is_due(reader)]
        waiting.sort(key=lambda reader: ticks_diff(reader.due_ms, began_ms))
        for i in range(len(waiting)):
            if i == 0 or self._has_time(began_ms):
                await waiting[i].poll()
        self._without += 1
        if self._has_time(began_ms) or self._without >= _MOST_WITHOUT:
            self._without = 0
            await self._one_slow()

    def _is_due(self, reader):
        return ticks_diff(ticks_ms(), reader.due_ms) >= -self._early_ms

    def _has_time(self, began_ms):
        return ticks_diff(ticks_ms(), began_ms) < self._beat_ms // 2

    async def _one_slow(self):
        """At most one optional read a beat: its failure or slowness costs no more than that."""
        readers = self._first + self._others
        for _ in range(len(readers)):
            self._turn = (self._turn + 1) % len(readers)
            if await readers[self._turn].poll_slow():
                return


def clock_of(meters, now_ms):
    """The time that one of these readers' meters tells, as published, or None."""
    told = None
    for reader in meters:
        winter_s = reader.meter.clock_s
        if winter_s is not None:
            age_ms = ticks_diff(now_ms, reader.meter.taken_ms)
            told = {"meter": reader.name, "winter_s": winter_s, "age_ms": age_ms}
            # it is cut to seconds, and takes up to another one to come
            told["within_s"] = 2
    return told
