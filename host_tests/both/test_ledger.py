"""services/ledger.py, wire/page.py: a ring of pages that survives power cuts."""

import unittest

from pilotlight.core.journal import Journal
from pilotlight.services.ledger import Ledger
from pilotlight.wire import page as pages

COUNT = 64


class Flash:
    """Like a flash: programming makes bits 0, erasing makes 16 pages FF."""

    def __init__(self, count=COUNT):
        self.count = count
        self.data = bytearray(b"\xff" * (256 * count))
        self.erases = 0

    def read(self, page, buf):
        buf[:] = self.data[256 * page : 256 * page + 256]

    def write(self, page, buf):
        for i in range(256):
            self.data[256 * page + i] &= buf[i]

    def erase(self, page):
        assert page % 16 == 0
        self.erases += 1
        self.data[256 * page : 256 * (page + 16)] = b"\xff" * 4096


class Door:
    """Whether it may be erased."""

    def __init__(self):
        self.is_open = True

    def __call__(self):
        return self.is_open


def started(flash, door=None):
    ledger = Ledger(flash, Journal(), door or Door())
    ledger.restore()
    for _ in range(8):
        ledger.look()
    return ledger


def put(ledger, value):
    """A record, and time for it to be written."""
    ledger.append(value)
    for _ in range(3):
        ledger.look()


def last(ledger, most):
    """The newest records, oldest first."""
    found = []
    for value in ledger.backwards():
        found.insert(0, value)
        if len(found) == most:
            break
    return found


def drained(ledger, most=1000):
    """What is delivered until nothing comes: a list of numbers."""
    found = []
    while ledger.has_more() and len(found) < most:
        out = ledger.next_out()
        if out is not None:
            at, number, text = out
            assert b'"seq": %d' % number in text
            ledger.delivered(at, number)
            found.append(number)
    return found


class CutError(Exception):
    pass


class Cut(Flash):
    """Loses power after so many bytes."""

    left = None

    def write(self, page, buf):
        for i in range(256):
            self._spend()
            self.data[256 * page + i] &= buf[i]

    def erase(self, page):
        for i in range(16):
            self._spend()
            self.data[256 * (page + i) : 256 * (page + i + 1)] = b"\xff" * 256

    def _spend(self):
        if self.left is not None:
            if self.left == 0:
                raise CutError
            self.left -= 1


class TestLedger(unittest.TestCase):
    def test_page(self):
        page = bytearray(256)
        pages.pack(page, 0x1234567, {"a": 1})
        self.assertEqual(pages.number_of(page), 0x1234567)
        self.assertEqual(pages.text_of(page), b'{"a": 1}')
        self.assertTrue(not pages.is_delivered(page))
        page[255] = 0
        self.assertTrue(pages.number_of(page) == 0x1234567 and pages.is_delivered(page))

    def test_page_is_whole_or_none(self):
        page = bytearray(256)
        pages.pack(page, 7, {"a": "x" * 200})
        for i in range(255):
            torn = bytearray(page)
            torn[i:] = b"\xff" * (256 - i)
            self.assertTrue(pages.number_of(torn) is None or bytes(torn) == bytes(page))
            wrong = bytearray(page)
            wrong[i] ^= 4
            if i < 6 + page[1] + 4:
                self.assertTrue(pages.number_of(wrong) is None)
        self.assertTrue(pages.number_of(bytearray(256)) is None)
        self.assertTrue(pages.number_of(bytearray(b"\x5c" * 256)) is None)

    def test_longest_text(self):
        page = bytearray(256)
        pages.pack(page, 1, "x" * 243)
        self.assertEqual(pages.number_of(page), 1)
        with self.assertRaises(ValueError) as caught:
            pages.pack(page, 1, "x" * 244)
        self.assertIn("246 bytes, 245 at most", str(caught.exception))

    def test_in_order_and_once(self):
        ledger = started(Flash())
        for i in range(5):
            put(ledger, {"i": i})
        self.assertEqual(ledger.shown()["undelivered"], 5)
        self.assertEqual(drained(ledger), [0, 1, 2, 3, 4])
        self.assertTrue(ledger.shown()["undelivered"] == 0 and drained(ledger) == [])
        put(ledger, {"i": 5})
        self.assertEqual(drained(ledger), [5])

    def test_after_a_start(self):
        flash = Flash()
        first = started(flash)
        for i in range(6):
            put(first, {"i": i})
        self.assertEqual(drained(first, 3), [0, 1, 2])
        second = started(flash)
        self.assertTrue(second.boot == first.boot + 1 and second.shown()["undelivered"] == 3)
        put(second, {"i": 6})
        self.assertEqual(drained(second), [3, 4, 5, 6])
        rows = [(value["seq"], value["boot"]) for value in last(second, 3)]
        self.assertEqual(rows, [(4, 0), (5, 0), (6, 1)])

    def test_what_a_start_records_comes_after_what_was_there(self):
        flash = Flash(4 * COUNT)
        ledger = started(flash)
        for i in range(20):
            put(ledger, {"i": i})
        ledger = Ledger(flash, Journal(), Door())
        ledger.restore()
        put(ledger, {"i": 20})
        self.assertEqual(drained(ledger), list(range(21)))

    def test_a_torn_page_at_the_begin_of_a_block(self):
        flash = Flash(4 * COUNT)
        ledger = started(flash)
        for i in range(16):
            put(ledger, {"i": i})
        flash.write(16, b"\x00" * 256)
        for n in range(16, 24):
            ledger = started(flash)
            self.assertEqual((ledger.number, ledger.boot), (n, n - 15))
            put(ledger, {"i": n})
        self.assertEqual(drained(ledger), list(range(24)))

    def test_what_was_under_way_comes_again(self):
        ledger = started(Flash())
        for i in range(4):
            put(ledger, {"i": i})
        while ledger.next_out() is None:
            pass
        at, number, _ = ledger.next_out()
        self.assertEqual(number, 1)
        ledger.delivered(at, number)
        ledger.again()
        self.assertEqual(drained(ledger), [0, 2, 3])

    def test_round_and_round(self):
        flash = Flash(2 * COUNT)
        ledger = started(flash)
        for i in range(500):
            put(ledger, {"i": i})
            ledger.look()
            self.assertEqual(drained(ledger), [i])
            if i % 37 == 0:
                ledger = started(flash)
        self.assertEqual(ledger.lost, 0)
        self.assertEqual([value["i"] for value in last(ledger, 10)], list(range(490, 500)))

    def test_oldest_go_first_and_are_counted(self):
        flash = Flash()
        ledger = started(flash)
        for i in range(100):
            put(ledger, {"i": i})
            ledger.look()
        kept = drained(ledger)
        self.assertTrue(kept == list(range(kept[0], 100)) and len(kept) >= COUNT - 63)
        self.assertEqual(ledger.lost, kept[0])

    def test_cars_charge(self):
        """Nothing is erased while it must not be; what finds no page waits, and is counted if lost."""
        flash, door = Flash(), Door()
        flash.data[:] = bytes(len(flash.data))
        ledger = started(flash, door)
        door.is_open = False
        erases, room = flash.erases, ledger.room
        self.assertTrue(room >= 48)
        for i in range(room + 10):
            put(ledger, {"i": i})
            ledger.look()
        self.assertTrue(flash.erases == erases and ledger.room == 0)
        self.assertEqual(ledger.shown(), {"undelivered": room + 10, "lost": 0, "room": -10})
        for _ in range(10):
            put(ledger, {"i": -1})
        self.assertEqual(ledger.lost, 4)
        door.is_open = True
        for _ in range(24):
            ledger.look()
        self.assertTrue(not ledger.waiting and flash.erases > erases)

    def test_nothing_is_erased_again_and_again(self):
        flash = Flash()
        ledger = started(flash)
        erases = flash.erases
        for _ in range(100):
            ledger.look()
        self.assertEqual(flash.erases, erases)

    def test_dirty_flash(self):
        """One that was something else before."""
        flash = Flash()
        for i in range(len(flash.data)):
            flash.data[i] = i * 7 & 0xFF
        ledger = started(flash)
        put(ledger, {"i": 0})
        self.assertTrue(drained(ledger) == [0] and flash.erases <= 8)

    def test_block_that_cannot_be_erased(self):
        flash = Flash()
        flash.data[:] = b"\0" * len(flash.data)
        flash.erase = lambda page: None
        ledger = Ledger(flash, Journal(), Door())
        ledger.restore()
        for _ in range(30):
            ledger.look()
        put(ledger, {"i": 0})
        self.assertTrue(ledger.shown()["undelivered"] == 1 and ledger.room == 0)

    def test_power_cut_at_any_byte(self):
        """What was whole stays; a record is there whole or not at all; numbers go on."""
        for left in list(range(0, 2700, 7)):
            flash = Cut(2 * COUNT)
            ledger = started(flash)
            for i in range(40):
                put(ledger, {"i": i})
            self.assertEqual(drained(ledger, 30), list(range(30)))
            flash.left, done = left, 40
            try:
                for i in range(40, 48):
                    put(ledger, {"i": i})
                    done = i + 1
                    ledger.look()
                drained(ledger, 2)
            except CutError:
                pass
            flash.left = None
            after = started(flash)
            self.assertEqual(after.boot, 1)
            kept = [value["i"] for value in last(after, 8)]
            self.assertIn(kept[-1], (done - 1, done), left)
            self.assertEqual(kept, list(range(kept[-1] - 7, kept[-1] + 1)))
            put(after, {"i": 99})
            rest = drained(after)
            self.assertEqual(rest, list(range(rest[0], rest[0] + len(rest))))
            self.assertTrue(29 < rest[0] <= 32)

    def test_where_nothing_is_erased_a_start_goes_on_behind_the_newest(self):
        """The pages behind it are the oldest records, not torn ones."""
        flash, door = Flash(), Door()
        for start in range(28):
            ledger = started(flash, door)
            self.assertEqual(ledger.boot, start)
            for _ in range(3):
                put(ledger, {"a": start})
        door.is_open = False
        while ledger.room:
            put(ledger, {"a": "more"})
        number, boot = ledger.number, ledger.boot
        for _ in range(3):
            ledger = started(flash, door)
            self.assertEqual((ledger.number, ledger.room, ledger.boot), (number, 0, boot + 1))
            self.assertEqual(last(ledger, 1)[0]["a"], "more")
            numbers = [value["seq"] for value in ledger.latest(COUNT)]
            self.assertEqual(numbers, sorted(numbers))
        door.is_open = True
        ledger.append({"a": "again"})
        for _ in range(8):
            ledger.look()
        [newest] = last(ledger, 1)
        self.assertEqual((newest["a"], newest["seq"]), ("again", number))


if __name__ == "__main__":
    unittest.main()
