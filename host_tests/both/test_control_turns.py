"""services.control: outlets close one after the other. Times in ms."""

import unittest

import control_bench


class TestTurns(unittest.TestCase):
    def test_four_cars_at_once_close_300_ms_apart(self):
        site = control_bench.Site().run(1000).cars("BBBB").run(6000).cars("CCCC")
        begin, closed = site.t, {}
        while site.t < begin + 3000:
            site.run(20)
            for i in range(4):
                if site.coils()[i]:
                    closed.setdefault(i, site.t - begin)
        times = [closed[i] for i in range(4)]
        self.assertTrue(500 <= times[0] <= 600, times)
        self.assertEqual([times[i + 1] - times[i] for i in range(3)], [300, 300, 300])

    def test_a_late_one_closes_at_once(self):
        site = control_bench.Site().run(1000).cars("BBBB").run(6000).cars("CBBB").run(2000)
        begin = site.t
        site.cars("CCBB").run(600)
        self.assertEqual(site.coils(), [True, True, False, False], site.t - begin)

    def test_opening_waits_for_nobody(self):
        site = control_bench.Site().run(1000).cars("BBBB").run(6000).cars("CCCC").run(2000)
        site.cars("BBBB").run(60)
        self.assertEqual(site.coils(), [False] * 4)


if __name__ == "__main__":
    unittest.main()
