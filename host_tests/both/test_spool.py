"""services/spool.py: records wait in raw pages until a file may be written, through power cuts."""

import io
import unittest

from pilotlight.services.spool import Spool
from pilotlight.wire import record
from test_ledger import Door, Flash


def made(flash):
    spool = Spool(flash)
    list(spool.find())
    return spool


def put(spool, count, first=0):
    """So many records of 300 bytes, behind a header, each in pages of its own."""
    if spool.is_empty():
        list(spool.put(record.HEADER, b"{}"))
    for n in range(first, first + count):
        list(spool.put(record.SEGMENT, bytes([n] * 100), bytes([n] * 200)))
        spool.flush()


def expected(count):
    file = io.BytesIO()
    record.write_record(file, record.HEADER, b"{}")
    for n in range(count):
        record.write_record(file, record.SEGMENT, bytes([n] * 300))
        file.write(b"\xff" * (-file.tell() % 256))
    return file.getvalue()


def brought(spool, door=None):
    """All that waits; then it is cleared."""
    file = io.BytesIO()
    while spool.is_left() or spool.waiting_bytes():
        before = file.tell()
        size = spool.bring(file)
        assert size == file.tell() - before <= 4096
    for _ in range(8):
        if not spool.is_clear():
            list(spool.clear(door or Door()))
    return file.getvalue()


class Bad(Flash):
    """A block of it cannot be erased any more."""

    def erase(self, page):
        Flash.erase(self, page)
        if page == 16:
            self.data[256 * page] = 0


class TestSpool(unittest.TestCase):
    def test_it_is_brought_whole_and_erased_for_the_next_time(self):
        flash = Flash()
        spool = made(flash)
        for count in (1, 30, 3):
            put(spool, count)
            self.assertTrue(brought(spool) == expected(count))
            self.assertTrue(spool.is_clear() and spool.is_empty())
        self.assertTrue(flash.erases >= 4)
        self.assertEqual(flash.data.count(b"\xff"), len(flash.data))

    def test_one_page_at_a_time(self):
        flash = Flash()
        spool = made(flash)
        pages = 0
        for _ in spool.put(record.HEADER, b"x" * 1000):
            pages += 1
            self.assertEqual(flash.data[256 * pages :].count(b"\xff"), 256 * (64 - pages))
        self.assertEqual(pages, 3)

    def test_it_says_how_much_fits(self):
        spool = made(Flash())
        count = 0
        while spool.room_bytes() >= 512:
            put(spool, 1, count)
            count += 1
        self.assertEqual(count, 32)
        with self.assertRaises(OSError):
            put(spool, 1)
        spool = made(Flash())
        put(spool, 32)
        self.assertTrue(brought(spool) == expected(32))
        self.assertEqual(spool.room_bytes(), 64 * 256)

    def test_more_comes_between(self):
        """A contactor closes before all of it is in the file."""
        spool = made(Flash())
        put(spool, 20)
        file = io.BytesIO()
        spool.bring(file)
        put(spool, 5, 20)
        self.assertTrue(file.getvalue() + brought(spool) == expected(25))

    def test_what_is_not_erased_yet_costs_only_its_own_room(self):
        """A contactor closes before that, or the power goes."""
        for is_cut in (False, True):
            for blocks in (0, 1, 2):
                flash = Flash()
                spool = made(flash)
                put(spool, 20)  # 41 pages
                while spool.waiting_bytes():
                    spool.bring(io.BytesIO())
                for _ in range(blocks):
                    list(spool.clear(Door()))
                if is_cut:
                    spool = made(flash)
                self.assertFalse(spool.is_left() or spool.is_clear())
                self.assertEqual(spool.room_bytes(), 24 * 256 if blocks < 3 else 64 * 256)
                put(spool, 10)
                self.assertTrue(brought(spool) == expected(10))
                self.assertTrue(spool.is_clear())

    def test_what_a_power_cut_has_left_comes_first(self):
        """And what is recorded then waits behind it."""
        flash = Flash()
        put(made(flash), 20)
        spool = made(flash)
        self.assertTrue(spool.is_left() and spool.waiting_bytes() == 0)
        put(spool, 2)
        left = io.BytesIO()
        while spool.is_left():
            spool.bring(left)
        self.assertTrue(left.getvalue() == expected(20))
        self.assertTrue(brought(spool) == expected(2))
        put(spool, 3)
        self.assertTrue(brought(spool) == expected(3))

    def test_the_power_goes_again_before_all_that_is_left_is_brought(self):
        flash = Flash()
        put(made(flash), 20)
        made(flash).bring(io.BytesIO())
        spool = made(flash)
        self.assertTrue(brought(spool) == expected(20))
        self.assertFalse(made(flash).is_left())

    def test_what_is_in_the_file_is_not_left(self):
        flash = Flash()
        spool = made(flash)
        put(spool, 3)
        while spool.waiting_bytes():
            spool.bring(io.BytesIO())
        self.assertFalse(made(flash).is_left())

    def test_something_else_was_there(self):
        for first in (0, 5):
            flash = Flash()
            for i in range(256 * first, 256 * 40):
                flash.data[i] = i * 7 & 255
            spool = made(flash)
            self.assertFalse(spool.is_left())
            put(spool, 1)
            self.assertTrue(brought(spool) == expected(1))
            self.assertTrue(spool.is_clear())

    def test_a_block_that_cannot_be_erased(self):
        """It is not tried for ever, and what is erased behind it is used."""
        flash = Bad()
        spool = made(flash)
        put(spool, 20)
        self.assertTrue(brought(spool) == expected(20))
        self.assertTrue(spool.is_clear())
        put(spool, 5)
        self.assertTrue(brought(spool) == expected(5))
        self.assertEqual(flash.erases, 2)


if __name__ == "__main__":
    unittest.main()
