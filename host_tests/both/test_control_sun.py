"""services.control with second contactors and outlets in a solar mode (phases_bench.py)."""

import unittest

from phases_bench import Site
from pilotlight.core.place import MIN_SOLAR
from pilotlight.core.quota import House
from pilotlight.core.solar import Solar


class TestSun(unittest.TestCase):
    def test_nothing_is_allocated_while_the_sun_wishes(self):
        site = Site().charging()
        house = House(site.feeder)
        site.control.balancer.bind((Solar("sun", house),))
        for place in site.places:
            place.set_mode(MIN_SOLAR)
        for source in site.feeder.sources:
            source.power = {"power_w": [5000] * 3}
        site.run(2000)
        self.assertTrue(house.is_signed)
        site.locked_heap(6000)
        self.assertEqual([unit.around._sun.rather for unit in site.control.units], [1] * 4)


if __name__ == "__main__":
    unittest.main()
