"""core.binding: what binds an outlet, and whether what is said to change it would. A, s."""

import unittest
from time import ticks_add

from test_balance import ALL, Site

from pilotlight.core import binding, faults, outlet, pilot
from pilotlight.core.claims import Claims
from pilotlight.core.quota import Allowed


def asked(site, i=0, person_ma=None):
    """What binds outlet i of a site now."""
    place = site.places[i]
    claims = Claims(("supply",), ("person",))
    claims.of("supply").put(place.offered_ma, None, place.why)
    if person_ma is not None:
        claims.of("person").put(person_ma, ticks_add(site.now_ms, 60000), "limited")
    claims.decide(site.now_ms)
    unit = outlet.Outlet()
    unit.letter, unit.state, unit.fault = pilot.C, outlet.C2, faults.NO_FAULT
    return binding.of(site.now_ms, unit, claims, place)


class TestBinding(unittest.TestCase):
    def test_a_phase_that_is_shared_out(self):
        site = Site(limit_ma=25000, house_ma=3000).run(60000)
        site.less_ma = (0, -2000, 0)
        told = asked(site.run(60000))
        self.assertEqual((told["what"], told["feeder"], told["phase"]), ("supply", "main", "L2"))
        self.assertEqual(told["change"], "more room on feeder main: L2")
        before_a = told["limit_a"]
        site.less_ma = (0, 0, 0)
        self.assertGreater(asked(site.run(60000))["limit_a"], before_a)

    def test_how_much_is_missing_is_what_is_missing(self):
        """So much less on that phase, for a minute, and it starts; less than that, and not."""
        for less_ma, starts in ((-300, False), (100, True)):
            site = Site(limit_ma=25000, house_ma=14000).run(130000)
            self.assertEqual(len([ma for ma in site.offers() if ma]), 1)
            i = site.offers().index(0)
            told = asked(site, i)
            self.assertEqual(told["why"], "feeder main: L1 has no room for the minimum")
            self.assertEqual(told["change"], str(told["missing_a"]) + " A more on feeder main: L1")
            site.house_ma -= int(told["missing_a"] * 1000) + less_ma
            self.assertEqual(site.run(130000).offers()[i] > 0, starts, less_ma)

    def test_a_rest_and_its_end(self):
        site = Site(limit_ma=25000, phases=(ALL,)).run(60000)
        site.house_ma = 22000
        told = asked(site.run(3000))
        self.assertEqual(told["pool"], "feeder main: L1")
        self.assertTrue("had no room for the minimum" in told["why"], told["why"])
        self.assertTrue(100 <= told["until_s"] <= 120, told["until_s"])
        site.house_ma = 2000
        self.assertEqual(site.run(told["until_s"] * 1000 - 2000).offers(), [0])
        self.assertEqual(site.run(5000).offers(), [6000])

    def test_an_order(self):
        site = Site(limit_ma=25000, phases=(ALL,)).run(60000)
        site.balancer.bind([Allowed("dimming to 3000 W", site.places, 3000)])
        site.run(130000)
        told = asked(site)
        self.assertEqual((told["pool"], told["feeder"]), ("dimming to 3000 W", None))
        self.assertEqual(told["missing_a"], 5.0)  # 18 A for three phases, 13 allowed

    def test_a_person(self):
        told = asked(Site().run(60000), 0, 8000)
        self.assertEqual((told["what"], told["limit_a"], told["until_s"]), ("person", 8.0, 60))
        self.assertEqual(told["change"], "resume()")

    def test_all_it_can_use(self):
        site = Site(limit_ma=63000, phases=(ALL,))
        site.plug(0, 16000).run(120000)
        told = asked(site)
        self.assertEqual((told["why"], told["change"]), ("all it can use", "nothing here"))

    def test_no_car_and_lost_sensors(self):
        site = Site(base_max_ma=20000).unplug(0).run(1000)
        self.assertEqual(asked(site)["change"], "the car asking for current")
        site.is_measured = False
        told = asked(site.run(60000), 1)
        self.assertEqual(told["change"], "sensors that are heard again")

    def test_a_fault(self):
        unit = outlet.Outlet()
        unit.fault = faults.DIODE
        told = binding.of(0, unit, Claims(("supply",), ()), Site().places[0])
        self.assertEqual((told["what"], told["limit_a"]), ("fault", 0))
        self.assertEqual(told["change"], "unplugging")


if __name__ == "__main__":
    unittest.main()
