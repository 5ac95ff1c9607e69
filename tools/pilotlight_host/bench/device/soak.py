"""The App for RUN_MS: how late control steps are, and what the heap has. After app_on_board.py.

Prints lines of a name and numbers:
    up N..., down N...   steps that were 0, 1, ... 63 or more ms late, with the broker and without
    built, running       bytes in use after a collection: App built; broker there, for a while
    floor                least bytes free, looked at every second, garbage included
    free, largest        after a collection at the end: bytes free, largest piece that can be had
"""

from array import array

from pilotlight.drivers.pace import Pace

_LAST = 63
_late = {True: array("i", bytes(4 * 64)), False: array("i", bytes(4 * 64))}
_UP = 2
_heap = {"built": 0, "running": 0, "floor": 1 << 29}
_was_up = [False]


class LoggedPace(Pace):
    """The ordinary pace; every beat is counted once the broker has been there."""

    async def next(self, sleeper):
        late_ms = await Pace.next(self, sleeper)
        is_up = app.mqtt.link.state == _UP
        _was_up[0] = _was_up[0] or is_up
        if _was_up[0]:
            _late[is_up][min(late_ms, _LAST)] += 1
        return late_ms


def _pace(period_ms):
    return LoggedPace(period_ms) if period_ms == 20 else Pace(period_ms)


async def _look_at_heap():
    up_s = 0
    while True:
        await asyncio.sleep_ms(1000)
        _heap["floor"] = min(_heap["floor"], gc.mem_free())
        up_s += app.mqtt.link.state == _UP
        if up_s == RUNNING_S:
            up_s += 1
            gc.collect()
            _heap["running"] = gc.mem_alloc()


def _largest():
    """Bytes of the largest piece, within 64."""
    low, high = 0, gc.mem_free()
    while high - low > 64:
        size = (low + high) // 2
        try:
            bytearray(size)
            low = size
        except MemoryError:
            high = size
    return low


board.pace = _pace
gc.collect()
_heap["built"] = gc.mem_alloc()
run_app(RUN_MS, _look_at_heap())
gc.collect()
_heap["free"] = gc.mem_free()
_heap["largest"] = _largest()
print("up", *_late[True])
print("down", *_late[False])
for name in _heap:
    print(name, _heap[name])
