"""core.wiring: how clamps lie, judged on cars that begin to draw. mA, ms."""

import unittest

from pilotlight.core import trust
from pilotlight.core.verdict import BARE, DEAF, NONE, SWAPPED, TURNED
from test_doubt import ALL, Site


class TestStarts(unittest.TestCase):
    """Cars that begin to draw, at a feeder of clamps alone, with and without a reference."""

    def started(self, see, times=3, phases=((1,),), metered=False, power=None):
        site = Site(("clamps",), phases)
        site.true_ma = [5000, 5000, 5000]
        site.clamps_see = see
        if power is not None:
            told = site.sources[0].power
            told["voltage_mv"] = 230000

            def see_too(ma):
                told["power_w"] = [a * b // 100 * 230 // 1000 for a, b in zip(ma, power)]
                return see(ma)

            site.clamps_see = see_too
        site.run(30000)
        for _ in range(times):
            site.charge(0, 16000)
            if metered:
                site.places[0].metered_ma = 16000
            site.run(25000)
            site.places[0].metered_ma = 0 if metered else None
            # it stops by itself, and leaves C before the contactor opens
            for p in range(3):
                if site.places[0].on[p]:
                    site.true_ma[p] -= 16000
            site.run(3000)
            site.places[0].signalled_ma, site.places[0].is_closed = 0, False
            site.places[0].is_ready = False
            site.run(20000)
        return site

    def test_what_lies_as_it_should(self):
        for phases in (((1,),), (ALL,)):
            for metered in (False, True):
                site = self.started(list, 6, phases, metered, (100, 100, 100))
                self.assertEqual(site.doubts(), [NONE])

    def test_in_another_phase(self):
        swapped = lambda ma: [ma[1], ma[0], ma[2]]  # noqa: E731
        self.assertEqual(self.started(swapped, 2).doubts(), [NONE])
        site = self.started(swapped)
        self.assertEqual(site.doubts(), [SWAPPED])
        self.assertEqual(site.sources[0].level, trust.FRESH)  # only named
        site.clamps_see = list
        self.assertEqual(site.doubts(), [SWAPPED])
        site.watch.acknowledge()
        self.assertEqual(site.run(1000).doubts(), [NONE])

    def test_in_another_phase_and_a_meter_of_its_own_proves_it(self):
        swapped = lambda ma: [ma[1], ma[0], ma[2]]  # noqa: E731
        site = self.started(swapped, 3, metered=True)
        self.assertEqual((site.doubts(), site.sources[0].level), ([SWAPPED], trust.LOST))

    def test_no_current_at_its_phase(self):
        """Known only by the outlet's own meter."""
        bare = lambda ma: [ma[0], 0, ma[2]]  # noqa: E731
        self.assertEqual(self.started(bare, 9).doubts(), [NONE])
        site = self.started(bare, 2, metered=True)
        self.assertEqual(site.doubts(), [NONE])
        site = self.started(bare, 3, metered=True)
        self.assertEqual((site.doubts(), site.sources[0].level), ([BARE], trust.LOST))

    def test_nothing_of_it_at_its_phase(self):
        blind = lambda ma: [ma[0], 5000 + ma[0] % 50, ma[2]]  # noqa: E731
        site = self.started(blind, 3, metered=True)
        self.assertEqual((site.doubts(), site.sources[0].level), ([DEAF], trust.LOST))

    def test_a_car_that_draws_nothing_and_a_house_that_does(self):
        """Other loads than a car's, now and then: no three in a row."""
        site = Site(("clamps",), ((1,),)).run(30000)
        for i in range(12):
            site.places[0].signalled_ma, site.places[0].is_closed = 16000, True
            site.places[0].may_draw_ma = 16000
            site.run(5000)
            site.true_ma[0] += 8000 if i % 3 else 30000
            site.run(20000)
            site.true_ma[0] = 5000
            site.places[0].signalled_ma, site.places[0].is_closed = 0, False
            site.run(20000)
        self.assertEqual(site.doubts(), [NONE])

    def test_turned_round(self):
        site = self.started(list, 2, power=(100, -100, 100))
        self.assertEqual(site.doubts(), [NONE])
        site = self.started(list, 3, power=(100, -100, 100))
        self.assertEqual(site.doubts(), [TURNED | 2 << 4])
        site = self.started(list, 3, (ALL,), power=(-100, 100, -100))
        self.assertEqual(site.doubts(), [TURNED | 5 << 4])
        self.assertEqual(site.sources[0].level, trust.FRESH)

    def test_across_its_voltage(self):
        """Two clamps exchanged at an outlet of three phases: all show the same current."""
        site = self.started(list, 3, (ALL,), power=(-50, -50, 100))
        self.assertEqual(site.doubts(), [SWAPPED])

    def test_other_outlets_that_change_are_no_evidence(self):
        site = Site(("clamps",), ((1,), (0,)))
        site.clamps_see = lambda ma: [ma[1], ma[0], ma[2]]
        site.run(30000)
        for _ in range(6):
            site.charge(0, 10000).run(1000).charge(1, 10000).run(1000).charge(0, 9000).run(1000)
            self.assertTrue(site.watch.is_settled())
            site.run(25000)
            for i in (0, 1):
                site.charge(i, 0).places[i].is_ready = False
            site.run(20000)
        self.assertEqual(site.doubts(), [NONE])


if __name__ == "__main__":
    unittest.main()
