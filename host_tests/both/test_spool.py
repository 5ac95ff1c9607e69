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
    while spool.waiting_bytes():
        before = file.tell()
        count = spool.bring(file)
        assert count == file.tell() - before <= 4096
    for _ in range(8):
        list(spool.clear(door or Door()))
    return file.getvalue()


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

    def test_it_says_when_it_is_full(self):
        spool = made(Flash())
        count = 0
        while spool.fits(512):
            put(spool, 1, count)
            count += 1
        self.assertEqual(count, 32)
        self.assertTrue(brought(spool) == expected(count))
        self.assertTrue(spool.fits(64 * 256))

    def test_more_comes_between(self):
        """A contactor closes before all of it is in the file, or erased."""
        spool = made(Flash())
        put(spool, 20)
        file = io.BytesIO()
        spool.bring(file)
        put(spool, 5, 20)
        self.assertEqual(file.getvalue() + brought(spool), expected(25))
        put(spool, 20)
        while spool.waiting_bytes():
            spool.bring(io.BytesIO())
        door = Door()
        door.is_open = False
        list(spool.clear(door))
        self.assertFalse(spool.is_clear() or spool.fits(1))
        list(spool.clear(Door()))
        put(spool, 2)
        self.assertTrue(brought(spool) == expected(2))

    def test_what_a_power_cut_has_left_comes_first(self):
        flash = Flash()
        put(made(flash), 20)
        spool = made(flash)
        self.assertTrue(spool.is_left and not spool.fits(1))
        self.assertTrue(brought(spool) == expected(20))
        self.assertFalse(spool.is_left)
        put(spool, 2)
        self.assertTrue(brought(spool) == expected(2))

    def test_a_power_cut_while_it_is_erased(self):
        """Nothing comes twice, and what is not erased is not used."""
        flash = Flash()
        spool = made(flash)
        put(spool, 30)
        while spool.waiting_bytes():
            spool.bring(io.BytesIO())
        list(spool.clear(Door()))
        self.assertEqual(flash.erases, 1)
        spool = made(flash)
        self.assertFalse(spool.is_left)
        self.assertTrue(spool.fits(16 * 256) and not spool.fits(16 * 256 + 1))
        put(spool, 3)
        self.assertTrue(brought(spool) == expected(3))
        self.assertTrue(spool.is_clear())

    def test_something_else_was_there(self):
        for first in (0, 5):
            flash = Flash()
            for i in range(256 * first, len(flash.data)):
                flash.data[i] = i * 7 & 255
            spool = made(flash)
            self.assertFalse(spool.is_left)
            self.assertEqual(spool.fits(1), first > 0)
            if first:
                put(spool, 1)
            self.assertEqual(brought(spool), expected(1) if first else b"")
            self.assertTrue(spool.is_clear())


if __name__ == "__main__":
    unittest.main()
