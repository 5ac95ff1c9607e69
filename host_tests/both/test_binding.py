"""core.binding: what binds an outlet, and whether what is said to change it would. A, s."""

import random
import unittest
from time import ticks_add

from balance_bench import ALL, Site

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
        site.balancer.bind([Allowed("person", site.places, 3000)])
        site.run(130000)
        told = asked(site)
        self.assertEqual((told["pool"], told["feeder"]), ("dimming to 3000 W by the person", None))
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


class TestAnyMoment(unittest.TestCase):
    """Asked at random moments of random houses: the answer fits what flows."""

    def test_random(self):
        seen = set()
        for seed in range(6):
            random.seed(seed)
            limit_ma = random.randrange(16000, 63000)
            phases = [random.choice((ALL, ALL, (0,), (1,))) for _ in range(1 + seed % 3)]
            site = Site(limit_ma=limit_ma, phases=phases).coarse()
            for i in range(len(phases)):
                site.plug(i, random.randrange(6000, 32000))
            for _ in range(4):
                site.house_ma = random.randrange(limit_ma)
                site.less_ma = [random.randrange(3000) for _ in ALL]
                site.run(random.randrange(1000, 100000))
                for i in range(len(phases)):
                    self.check(seed, site, site.places[i], asked(site, i), seen)
        self.assertEqual(seen, {"fills", "free", "lacks", "rests"})

    def check(self, seed, site, place, told, seen):
        feeder, told_of = site.feeder, (seed, told)
        self.assertTrue(told["change"], told_of)
        self.assertTrue(abs(told["limit_a"] * 1000 - place.offered_ma) <= 50, told_of)
        if told["why"] == "all it can use":
            seen.add("free")
            self.assertTrue(place.offered_ma >= place.cap_ma - 600, told_of)
        if told["phase"] is None:
            return
        phase = int(told["phase"][1]) - 1
        self.assertTrue(place.on[phase], told_of)
        flows_ma = feeder.base_ma(phase) - feeder.base.unused_ma[phase]
        if told["missing_a"] is not None:
            # beside the minima of those before it there is as much less room as it says
            seen.add("lacks")
            flows_ma += feeder.pools[phase].spare_ma
            for other in site.places:
                if other is not place and other.uses[phase] and other.share_ma:
                    flows_ma += other.min_ma
            lacks_ma = flows_ma + place.min_ma - feeder.aim_ma()
            self.assertTrue(place.offered_ma == 0 and lacks_ma > 0, told_of)
            self.assertTrue(abs(told["missing_a"] * 1000 - lacks_ma) <= 50, (lacks_ma, told))
        elif told["until_s"] is not None:
            seen.add("rests")
            self.assertTrue(place.offered_ma == 0 and told["until_s"] <= 480, told_of)
        elif told["why"].endswith("is shared out"):
            seen.add("fills")
            for other in site.places:
                if other.uses[phase]:
                    flows_ma += max(other.offered_ma, other.share_ma)
            self.assertTrue(flows_ma > feeder.aim_ma() - 1000, told_of)


if __name__ == "__main__":
    unittest.main()
