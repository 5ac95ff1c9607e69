"""What survives a power cut beside the site file: orders of the grid operator, a record of them,
and the highest house loads that were measured.

Where writing stops the processor it waits until every contactor is open; if a write fails it is
tried again after a minute. Times in ticks (ms), those of records in s since the start.
"""

from micropython import const
from time import ticks_add, ticks_diff, ticks_ms

from pilotlight.core.deadline import unless_passed
from pilotlight.services.kept import Kept
from pilotlight.services.metering import clock_of

_STEP_S = const(300)  # times of orders are kept rounded up to this: a renewed one is not news
_SEEN_STEP_S = const(21600)
_AGAIN_MS = const(60000)
_MOST_WAITING = const(32)


class Keeper:
    """`outside`: has the orders. `meters`: readers, of which one may tell the time."""

    def __init__(self, board, feeders, meters, outside, journal, may_write):
        self._storage = board.storage
        self._feeders = [feeder for feeder in feeders if feeder.most is not None]
        self._outside = outside
        self._journal = journal
        self._may_write = may_write
        self._meters = meters
        self._kept = Kept(board.storage + "/kept")
        self._saved = [[], {}]  # as in the file: [orders, house loads]
        self._log = None  # until there is a record
        self._waiting = []  # records that are not in the file
        self._next = self._boot = 0  # of the next record
        self._up_s = 0
        self._second_ms = ticks_ms()
        self._again_ms = None  # a write has failed: not before
        self._is_failing = False

    def restore(self):
        """As it was before the start. Before anything may charge."""
        try:
            found, damaged = self._kept.load()
            for path in damaged:
                what = "nothing of before is known" if found is None else "the other one counts"
                self._journal.note(ticks_ms(), path + " is damaged: " + what)
            if found is not None:
                self._take(*found)
                self._saved = found
        except Exception as error:  # noqa: BLE001 - what is foreign there must not end the start
            self._journal.note(ticks_ms(), "what was kept is not understood: " + str(error))

    def _take(self, orders, houses):
        for source, limit_w, for_s in orders:
            self._outside.dim(source, limit_w, for_s, "back")
        for feeder in self._feeders:
            row = houses.get(feeder.name)
            if row is not None:
                feeder.most.seen_s, *feeder.most.ma = row

    # ------------------------------------------------------------------ records

    def record(self, kind, order, for_s):
        """An order begins, is back after a start, or ends."""
        if self._log is None:
            from pilotlight.services.orderlog import OrderLog

            self._log = OrderLog(self._storage)
            for number, boot, *_ in self._log.last()[-1:]:
                self._next, self._boot = number + 1, boot + 1
        if len(self._waiting) == _MOST_WAITING:
            number = self._waiting.pop(0)[0]
            self._journal.note(ticks_ms(), "record %d of orders is lost: too many wait" % number)
        self._count(ticks_ms())
        clock = clock_of(self._meters, ticks_ms())
        winter_s = None if clock is None else clock["winter_s"] + clock["age_ms"] // 1000
        row = [self._next, self._boot, self._up_s, winter_s]
        row += [kind, order.limit_w, order.source, for_s]
        self._waiting.append(row)
        self._next += 1

    def told(self):
        """The last records, newest last."""
        from pilotlight.services.orderlog import OrderLog

        lines = []
        for number, boot, up_s, winter_s, *row in OrderLog(self._storage).last() + self._waiting:
            text = "%d: start %d, %d s" % (number, boot, up_s)
            text += "" if winter_s is None else ", winter_s %d" % winter_s
            text += ": %s, %d W by the %s" % tuple(row[:3])
            lines.append(text if row[3] is None else text + " for %d s" % row[3])
        if self._waiting:
            lines.append("the last %d are not written yet" % len(self._waiting))
        return "\n".join(lines) if lines else "there has been no order yet"

    # ------------------------------------------------------------------ the files

    def look(self):
        """Write what is news, if it may be written now."""
        now_ms = ticks_ms()
        gone_s = self._count(now_ms)
        self._again_ms = unless_passed(now_ms, self._again_ms)
        is_time = gone_s > 0 or self._waiting  # a new order has a record
        if is_time and self._again_ms is None and self._may_write():
            try:
                self._write(now_ms)
                self._is_failing = False
            except OSError as error:
                self._again_ms = ticks_add(now_ms, _AGAIN_MS)
                if not self._is_failing:
                    self._journal.note(now_ms, "orders cannot be written: " + str(error))
                self._is_failing = True

    def _count(self, now_ms):
        """Whole seconds since the last call."""
        gone_s = ticks_diff(now_ms, self._second_ms) // 1000
        self._up_s += gone_s
        self._second_ms = ticks_add(self._second_ms, gone_s * 1000)
        return gone_s

    def _write(self, now_ms):
        value = [self._orders(now_ms), {feeder.name: _row(feeder) for feeder in self._feeders}]
        if value != self._saved:
            self._kept.save(value)
            self._saved = value
        if self._waiting and self._log is not None:
            self._log.append(self._waiting)
            self._waiting = []

    def _orders(self, now_ms):
        """All but that of the contact, which is read anew."""
        found = []
        for order in self._outside.orders():
            if order.source != "contact":
                left_s = None
                if order.until_ms is not None:
                    steps = -(ticks_diff(now_ms, order.until_ms) // (_STEP_S * 1000))
                    left_s = max(1, steps) * _STEP_S
                found.append([order.source, order.limit_w, left_s])
        return found


def _row(feeder):
    """What is kept of its house."""
    most = feeder.most
    row = [most.seen_s // _SEEN_STEP_S * _SEEN_STEP_S]
    row += most.ma
    return row
