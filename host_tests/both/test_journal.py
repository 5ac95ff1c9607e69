"""core.journal: a ring of the last 64 events. Times in ticks (ms)."""

import unittest

from pilotlight.core.journal import Journal

START = (1 << 30) - 3000


class TestJournal(unittest.TestCase):
    def test_holds_what_was_noted(self):
        journal = Journal()
        journal.note(START, "one")
        journal.note(5, "two")
        self.assertEqual((journal.count, journal.oldest()), (2, 0))
        self.assertEqual([journal.text(0), journal.text(1)], ["one", "two"])
        self.assertEqual([journal.at_ms(0), journal.at_ms(1)], [START, 5])

    def test_the_oldest_are_overwritten(self):
        journal = Journal()
        for i in range(100):
            journal.note(i, "event " + str(i))
        self.assertEqual((journal.count, journal.oldest()), (100, 36))
        self.assertEqual(journal.text(36), "event 36")
        self.assertEqual(journal.text(99), "event 99")
        self.assertEqual(journal.at_ms(99), 99)

    def test_what_is_not_held_is_an_error(self):
        journal = Journal()
        for i in range(65):
            journal.note(i, "")
        for number in (-1, 0, 65, 1000):
            with self.assertRaises(IndexError):
                journal.text(number)
            with self.assertRaises(IndexError):
                journal.at_ms(number)


if __name__ == "__main__":
    unittest.main()
