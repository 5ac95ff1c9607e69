"""services.metering: several meters at one line, in real time on the interpreter's own clock.

Upper bounds are wide, because a PC may be busy; who is read more often than whom is not left to it.
"""

import asyncio
import unittest

from pilotlight.core.journal import Journal
from pilotlight.drivers.meter import Line, SerialMeter
from pilotlight.drivers.pace import Pace
from pilotlight.services.metering import Bus, MeterReader
from pilotlight.wire import meters
from test_meter_driver import Slave

_BEAT_MS = 400


class Street:
    """Slaves at one pair of wires: all hear, whoever is asked answers."""

    def __init__(self, *addresses):
        self.slaves = {address: Slave(address) for address in addresses}

    def write(self, data):
        return max([slave.write(data) for slave in self.slaves.values()])

    def readinto(self, buf):
        for slave in self.slaves.values():
            count = slave.readinto(buf)
            if count:
                return count
        return None


class Board:
    pace = Pace


class Site:
    """A feeder's meter at address 1, outlets' meters at the others; `silent` ones are not there."""

    def __init__(self, addresses, silent=(), feeder=1):
        street = Street(*addresses)
        self.slaves = street.slaves
        for address in silent:
            self.slaves[address].fault = "silent"
        line = Line(street, 115200)
        self.journal = Journal()
        self.readers = {}
        for address in addresses:
            meter = SerialMeter(line, meters.model("sdm630"), address)
            name = "m" + str(address)
            self.readers[address] = MeterReader(
                name, meter, _BEAT_MS, address == feeder, self.journal
            )
        self.bus = Bus(Board(), list(self.readers.values()))

    def run(self, ms):
        async def for_a_while():
            task = asyncio.create_task(self.bus.run())
            await asyncio.sleep_ms(ms)
            task.cancel()

        asyncio.run(for_a_while())
        return self

    def samples(self, address):
        return self.readers[address].meter.sequence

    def tries(self, address):
        return sum(self.readers[address].meter.counts.values())

    def said(self):
        journal = self.journal
        return [journal.text(n) for n in range(journal.oldest(), journal.count)]


class TestBus(unittest.TestCase):
    def test_the_feeders_meter_is_read_in_every_beat_the_others_in_turn(self):
        site = Site((1, 2, 3, 4)).run(3600)
        self.assertTrue(5 <= site.samples(1) <= 10, site.samples(1))
        for address in (2, 3, 4):
            self.assertTrue(2 <= site.samples(address) <= 5, site.samples(address))
        # they get what the line has left: the periods by which they are judged say so
        self.assertEqual([site.readers[n].poll_ms for n in (1, 2, 3, 4)], [400, 1200, 1200, 1200])

    def test_one_meter_alone_is_read_at_its_own_pace_and_its_energy_too(self):
        site = Site((1,)).run(2600)
        self.assertTrue(4 <= site.samples(1) <= 7, site.samples(1))
        self.assertEqual(site.readers[1].meter.energy_wh, 1234500)
        self.assertEqual(site.readers[1].meter.voltage_mv[0], 230000)

    def test_dead_ones_are_asked_more_and_more_rarely(self):
        site = Site((1, 2, 3), silent=(2, 3)).run(6000)
        self.assertTrue(site.samples(1) >= 7, site.samples(1))
        for address in (2, 3):
            self.assertTrue(3 <= site.tries(address) <= 6, site.tries(address))
        self.assertEqual(sorted(site.said()), ["meter m2: no reply", "meter m3: no reply"])

    def test_a_dead_meter_of_the_feeder_is_asked_every_two_seconds_at_least(self):
        site = Site((1, 2), silent=(1,)).run(6500)
        self.assertTrue(4 <= site.tries(1) <= 7, site.tries(1))

    def test_one_that_is_alone_disturbs_nobody_and_is_asked_as_ever(self):
        site = Site((1,), silent=(1,)).run(4000)
        self.assertTrue(site.tries(1) >= 6, site.tries(1))

    def test_it_comes_back(self):
        site = Site((1, 2))
        site.slaves[1].fault = "silent"
        site.run(1500)
        self.assertEqual(site.samples(1), 0)
        site.slaves[1].fault = None
        site.run(3000)
        self.assertTrue(site.samples(1) >= 2, site.samples(1))
        self.assertEqual(site.said(), ["meter m1: no reply", "meter m1: back"])


if __name__ == "__main__":
    unittest.main()
