"""services/diary.py: events in flash pages, through power cuts. Times in ms."""

import unittest
from time import ticks_add, ticks_ms

from pilotlight.core.journal import Journal
from pilotlight.services import reading
from pilotlight.services.diary import Diary
from pilotlight.services.ledger import Ledger, Part
from test_ledger import Cut, CutError, Door, Flash


class NoClock:
    def utc_s(self, now_ms):
        return None


class Board:
    """What one start of a board has; `confirmed` events are the broker's."""

    def __init__(self, flash, door=None):
        self.journal = Journal()
        self.ledger = Ledger(flash, self.journal, door or Door(), tells=False)
        self.ledger.restore()
        self.confirmed = 0
        self.diary = Diary(self.ledger, self.journal, NoClock(), lambda: self.confirmed)
        self.note("started")

    def note(self, text, age_ms=0):
        self.journal.note(ticks_add(ticks_ms(), -age_ms), text)
        return self

    def look(self, times=40):
        for _ in range(times):
            self.diary._look(ticks_ms())
            self.ledger.look()
        return self

    def kept(self):
        """[start, text] of all events in the flash, oldest first."""
        found = []
        for value in self.ledger.latest(self.ledger._store.count):
            found += [[value["boot"], text] for _, text in value["events"]]
        return found


class TestDiary(unittest.TestCase):
    def test_the_first_is_written_at_once_and_others_after_ten_seconds(self):
        board = Board(Flash()).look().note("young").look()
        self.assertEqual(board.kept(), [[0, "started"]])
        board.note("old", 10000)
        self.assertEqual(board.look().kept(), [[0, "started"]])  # the young one is before it
        board = Board(Flash()).look().note("old", 10000).note("young").look()
        self.assertEqual(board.kept(), [[0, "started"], [0, "old"], [0, "young"]])

    def test_many_at_once_are_not_waited_for(self):
        for age_ms, kept in ((0, 0), (2000, 5)):  # as many as fit into a page
            board = Board(Flash()).look()
            for i in range(8):
                board.note("outlet 1: event %d" % i, age_ms)
            self.assertEqual(len(board.look().kept()), 1 + kept)
        for i in range(8, 13):
            board.note("outlet 1: event %d" % i, 2000)
        texts = [text for _, text in board.look().kept()[1:]]
        self.assertEqual(texts, ["outlet 1: event %d" % i for i in range(10)])

    def test_what_the_broker_has_is_not_written_but_each_start_is(self):
        flash = Flash()
        for start in range(3):
            board = Board(flash)
            board.confirmed = 1
            board.look().note("told", 20000)
            board.confirmed = 2
            board.look()
            self.assertEqual(board.kept(), [[n, "started"] for n in range(start + 1)])
            self.assertEqual(board.ledger.boot, start)
        board.note("not told", 20000).look()
        self.assertEqual(board.kept()[-1], [2, "not told"])
        [value] = list(board.ledger.latest(1))
        self.assertEqual((value["first"], value["seq"]), (2, 3))

    def test_a_long_one_is_cut_and_an_odd_one_written(self):
        long = "x" * 400
        odd = '\u00e4"\\' * 60
        board = Board(Flash()).look().note(long, 10000).look().note(odd, 10000).look()
        kept = [text for _, text in board.kept()]
        self.assertEqual(kept, ["started", "x" * 80, "???" * 26 + "??"])

    def test_while_nothing_may_be_erased_the_newest_stay_in_memory(self):
        """A month of charging: what is lost is counted, memory does not grow."""
        door = Door()
        board = Board(Flash(), door).look()
        door.is_open = False
        for i in range(1000):
            board.note("outlet 1: event %d" % i, 10000).look(2)
        self.assertEqual((board.ledger.room, board.ledger.waiting), (0, []))
        kept = len(board.kept())
        self.assertTrue(kept >= 60, kept)
        self.assertEqual(board.diary.shown()["overwritten"], 1001 - kept - 64)
        door.is_open = True
        board.look(100)
        self.assertTrue(board.diary.shown()["lost"] >= 16)  # pages, and no event tells of it
        self.assertEqual(board.kept()[-1][1], "outlet 1: event 999")

    def test_a_power_cut_at_any_byte_loses_no_event_that_was_written(self):
        for after in range(0, 1100, 29):
            flash = Cut(64)
            board = Board(flash).look()
            flash.left, written = after, 0
            try:
                for i in range(5):
                    board.note("outlet 1: event %d" % i, 10000).look(2)
                    written = i + 1
            except CutError:
                pass
            flash.left = None
            again = Board(flash).look()
            kept = [text for start, text in again.kept() if start == 0]
            expected = ["started"] + ["outlet 1: event %d" % i for i in range(5)]
            self.assertEqual(kept, expected[: len(kept)])
            self.assertTrue(len(kept) >= 1 + written >= 1 + after // 256, after)
            self.assertEqual(again.ledger.boot, 1)

    def test_a_start_is_counted_though_the_power_goes_at_once(self):
        flash = Flash()
        for start in range(70):  # the ring is full in between
            board = Board(flash)
            board.diary.begin()
            self.assertEqual((board.ledger.boot, board.ledger.waiting), (start, []))
            self.assertEqual(board.kept()[-1], [start, "started"])

    def test_told_in_words(self):
        board = Board(Flash()).look().note("outlet 1: C", 10000).look()
        told = list(reading.of_events(board.ledger))
        self.assertEqual(told[:2], ["start 0, 0 s: started", "start 0, 0 s: outlet 1: C"])
        self.assertTrue(told[2].startswith("2 pages of events not delivered, 0 lost, "), told)

    def test_a_part_is_a_store_of_its_own(self):
        flash = Flash(128)
        low, high = Part(flash, 0, 64), Part(flash, 64, 64)
        page, seen = bytearray(b"\x00" * 256), bytearray(256)
        high.write(3, page)
        low.read(3, seen)
        self.assertEqual(seen, b"\xff" * 256)
        flash.read(67, seen)
        self.assertEqual(seen, page)
        high.erase(0)
        high.read(3, seen)
        self.assertEqual(seen, b"\xff" * 256)


if __name__ == "__main__":
    unittest.main()
