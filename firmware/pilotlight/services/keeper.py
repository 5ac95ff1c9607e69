"""What survives a power cut beside the site file: orders of the grid operator, a record of them,
and the highest house loads that were measured.

Where writing stops the processor it waits until every contactor is open, and until then orders are
in the ledger, if there is one; if a write fails it is tried again after a minute. Times in ticks
(ms), those of records in s since the start.
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
_ROOM = const(16)  # pages of the ledger that are left to sessions
_SOON_MS = const(1000)  # between two records there,
_MUCH_ROOM = const(32)
_LATER_MS = const(60000)  # or where less than that is left
_SHORTER_S = const(3600)


class Keeper:
    """`outside`: has the orders. `meters`: readers, of which one may tell the time. `ledger`, or
    None.
    """

    def __init__(self, board, feeders, meters, outside, journal, may_write, ledger):
        self._storage = board.storage
        self._feeders = [feeder for feeder in feeders if feeder.most is not None]
        self._outside = outside
        self._journal = journal
        self._may_write = may_write
        self._meters = meters
        self._kept = Kept(board.storage + "/kept")
        # as in the file: [orders, house loads, and the record of the ledger that is next then]
        self._saved = [[], {}, 0]
        self._is_old = False  # the file is to be written anew
        self._told = []  # orders as stored last, in the file or the ledger
        self._tell_ms = None  # not told to the ledger before
        self._ledger = ledger
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
            self._take(*found or self._saved)
        except Exception as error:  # noqa: BLE001 - what is foreign there must not end the start
            self._journal.note(ticks_ms(), "what was kept is not understood: " + str(error))

    def _take(self, orders, houses, number=0):
        newer = self._of_ledger(number)
        for source, limit_w, for_s in orders if newer is None else newer:
            self._outside.dim(source, limit_w, for_s, "back")
        for feeder in self._feeders:
            row = houses.get(feeder.name)
            if row is not None:
                feeder.most.seen_s, *feeder.most.ma = row
        self._saved = [orders, houses, number]
        if newer is None:
            self._told = orders
        next_number = self._ledger.number if self._ledger else number
        self._is_old = newer is not None or number > next_number

    def _of_ledger(self, number):
        """Orders of its last record of them, of `number` or higher; None if there is none."""
        if self._ledger is not None:
            for value in self._ledger.backwards():
                if value["seq"] < number or value["boot"] < self._ledger.boot - 2:
                    break
                if value["kind"] == "orders":
                    return value["orders"]
        return None

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
        self._tell_ms = unless_passed(now_ms, self._tell_ms)
        is_time = gone_s > 0 or self._waiting or self._is_old  # a new order has a record
        if is_time and not self._may_write():
            self._tell_ledger(now_ms)
        elif is_time and self._again_ms is None:
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

    def _tell_ledger(self, now_ms):
        """A page of it is written at any time; most of those that are erased are for sessions."""
        ledger = self._ledger
        if ledger is None or ledger.room <= _ROOM or self._tell_ms is not None:
            return
        orders = self._orders(now_ms)
        if _is_news(orders, self._told):
            ledger.append({"kind": "orders", "orders": orders})
            self._told = orders
            self._tell_ms = ticks_add(now_ms, _SOON_MS if ledger.room > _MUCH_ROOM else _LATER_MS)

    def _write(self, now_ms):
        orders = self._orders(now_ms)
        value = [orders, {feeder.name: _row(feeder) for feeder in self._feeders}]
        if self._is_old or value != self._saved[:2] or _is_news(orders, self._told):
            value.append(self._ledger.number if self._ledger else self._saved[2])
            self._kept.save(value)
            self._saved = value
            self._told = orders
            self._is_old = False
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


def _is_news(orders, told):
    """Others than these, longer ones, or by an hour shorter ones."""
    if len(orders) != len(told):
        return True
    for (*order, left_s), (*before, told_s) in zip(orders, told):
        if order != before or (left_s is None) is not (told_s is None):
            return True
        if left_s is not None and not 0 <= told_s - left_s <= _SHORTER_S:
            return True
    return False


def _row(feeder):
    """What is kept of its house."""
    most = feeder.most
    row = [most.seen_s // _SEEN_STEP_S * _SEEN_STEP_S]
    row += most.ma
    return row
