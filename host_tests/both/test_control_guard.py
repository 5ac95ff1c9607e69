"""services.control beside a guard that has opened a contactor by itself: what is told. Times in ms."""

import unittest

import control_bench

GUARDED = "outlet 1: opened by the guard, the pilot was away for a moment"


class TestOpenedByTheGuard(unittest.TestCase):
    def setUp(self):
        self.site = control_bench.Site(3).run(1000).cars("BBBB").run(1000).cars("CCCC").run(2000)
        self.port = self.site.board.outlets[0]
        self.assertEqual(self.site.coils(), [True] * 4)

    def texts(self):
        noted = self.site.journal
        return [noted.text(i) for i in range(noted.oldest(), noted.count)]

    def test_a_car_that_stays_is_told_and_closed_again(self):
        self.port.guard_opens()
        self.site.run(4980)
        self.assertEqual(self.texts().count(GUARDED), 1)
        self.assertEqual(self.site.coils(), [False, True, True, True])
        self.site.run(100)
        self.assertEqual(self.site.coils(), [True] * 4)
        self.site.run(1000)
        self.assertEqual(self.texts().count(GUARDED), 1)

    def test_a_car_that_leaves_is_only_seen_to_leave(self):
        self.site.cars("BCCC").run(40)
        self.port.guard_opens()
        self.site.run(1000)
        self.assertEqual(self.texts().count(GUARDED), 0)
        self.assertEqual(self.texts()[-1], "outlet 1: B2")
        self.assertFalse(self.port.coil)

    def test_readings_that_differ_are_waited_for(self):
        self.site.cars("ACCC").run(20)
        self.port.guard_opens()
        self.site.run(20)
        self.assertEqual(self.texts().count(GUARDED), 0)
        self.site.cars("CCCC").run(20)
        self.assertEqual(self.texts().count(GUARDED), 1)


if __name__ == "__main__":
    unittest.main()
