"""services.control: one step of 4 outlets on an in-memory board allocates 0 bytes. Times in ms.

On MicroPython the step runs under heap_lock, where any allocation raises MemoryError; on CPython
the same steps run and only their decisions are judged. What may allocate is a step in which
something happens that is worth an event in the journal (a state, a fault or a forced opening
changes): it builds one line of text.
"""

import gc
import unittest
from time import ticks_add

import control_bench
import micropython
from pilotlight.core import faults, need, policy, quota, solar, trust

MOST_PER_EVENT_BYTES = 320  # its text and the pieces it is put together from; 304 measured


class Site(control_bench.Site):
    """The bench, with steps whose memory is watched."""

    def run_locked(self, ms, is_new=False):
        """Steps with the heap locked: MemoryError if one of them wants memory."""
        for _ in range(ms // 20):
            self.prepare()
            if is_new:
                self.clamps.measure(self.now_ms, self.clamps.current_ma[3])
            micropython.heap_lock()
            try:
                self.control.step(self.now_ms)
            finally:
                micropython.heap_unlock()
        return self

    def run_measured(self, ms):
        """Steps with the heap open; the most bytes kept by a silent step, and for one event."""
        silent = telling = 0
        for _ in range(ms // 20):
            self.prepare()
            noted = self.journal.count
            if hasattr(gc, "mem_alloc"):
                gc.collect()  # so that none happens within the step
            before = _in_use()
            self.control.step(self.now_ms)
            used = _in_use() - before
            events = self.journal.count - noted
            if events:
                telling = max(telling, used // events)
            else:
                silent = max(silent, used)
        return silent, telling


def _in_use():
    """Bytes in use on MicroPython's heap, garbage included; on CPython nothing is measured."""
    return gc.mem_alloc() if hasattr(gc, "mem_alloc") else 0


class TestNothingAllocated(unittest.TestCase):
    def locked(self, site, ms=2000, is_new=False):
        noted, commits = site.journal.count, site.board.commits
        site.run_locked(ms, is_new)
        self.assertEqual(site.board.commits - commits, ms // 20)
        self.assertEqual(site.journal.count, noted)

    def test_idle(self):
        self.locked(Site().run(5000))

    def test_idle_without_sensors_yet(self):
        site = Site().run(60)
        self.assertEqual(site.feeder.level, trust.LOST)
        self.locked(site, 40)

    def test_plugged(self):
        site = Site().run(1000).cars("BBBB").run(10000)
        self.assertEqual(site.duties(), [1000] * 4)
        self.locked(site)

    def charging(self, ms=60000):
        site = Site().run(1000).cars("BBBB").run(10000).cars("CCCC").run(ms)
        self.assertEqual(site.coils(), [True] * 4)
        return site

    def test_charging_steadily(self):
        site = self.charging(200000)
        # 13 A; (62.4 - 5) / 4 are shared
        self.assertTrue(min(site.duties()) > 2166, site.duties())
        self.locked(site)

    def test_a_new_sample_in_each_step(self):
        self.locked(self.charging(), 2000, True)

    def test_while_raising_step_by_step(self):
        site = Site().run(1000).cars("BBBB").run(10000).cars("CCCC").run(5000)
        before = site.duties()
        self.locked(site, 100000)
        self.assertTrue(sum(site.duties()) > sum(before) + 500)

    def test_overload_lowers_every_duty(self):
        site = self.charging()
        before = site.duties()
        site.house_ma = 30000
        self.locked(site, 300)
        for i in range(4):
            self.assertTrue(site.duties()[i] < before[i], (site.duties(), before))
        self.locked(site, 120000)

    def test_sensors_held(self):
        site = self.charging()
        site.clamps.measure = site.meter.measure = _nothing
        self.locked(site, 4500)
        self.assertEqual(site.feeder.level, trust.HOLD)

    def test_while_the_house_load_is_measured(self):
        site = Site()
        site.feeder.measure_most()
        site.run(5000)
        self.locked(site, 12000)
        self.assertEqual(site.feeder.most.ma, [5000] * 3)

    def test_limits_from_outside_and_the_sun(self):
        """Every kind of pool at once, a signed meter, a car that has to leave."""
        site = self.charging()
        house = quota.House(site.feeder)
        quotas = [quota.Import("import", house), quota.Quarter("quarter", house)]
        quotas[0].limit_w = quotas[1].limit_w = 30000
        quotas.append(quota.Allowed("operator", site.places, 20000))
        for p in range(3):
            quotas.append(quota.Unbalance("unbalance", site.feeder, p))
            quotas[-1].limit_ma = 20000
        quotas.append(solar.Solar("sun", house))
        site.feeder.sources[1].power = {"power_w": [-2000, -2000, -2000]}
        site.control.balancer.policy = policy.departure
        site.places[0].set_mode(solar.SOLAR)
        site.places[1].set_mode(solar.MIN_SOLAR)
        site.places[2].need = need.Need(site.now_ms, 9000, ticks_add(site.now_ms, 3600000))
        site.control.balancer.bind(quotas)
        self.locked(site, 120000)
        self.assertTrue(sum(site.duties()) < 4 * 2166, site.duties())
        self.assertTrue(site.places[2].need.need_wh() < 9000)

    def test_claims_come_and_expire(self):
        site = self.charging()
        said = site.control.units[0].claims
        said.of("person").put(8000, ticks_add(site.now_ms, 30000), "limited")
        self.locked(site, 20000)
        self.assertEqual((site.duties()[0], said.source), (1333, "person"))
        self.locked(site, 60000)
        self.assertEqual(said.of("person").is_set, False)

    def test_a_latched_fault_and_a_welded_contactor(self):
        site = self.charging()
        site.board.outlets[0].residual_tripped = True
        site.board.outlets[1].latch = _welded(site.board.outlets[1])
        site.cars("CBCC").run(10000)
        found = [unit.outlet.fault for unit in site.control.units]
        self.assertEqual(found, [faults.RESIDUAL, faults.WELDED, 0, 0])
        self.locked(site)

    def test_a_pilot_that_bounces(self):
        site = self.charging()
        port = site.board.outlets[2]
        for _ in range(20):
            port.car = "A"
            self.locked(site, 20)
            port.car = "C"
            self.locked(site, 20)


class TestEvents(unittest.TestCase):
    def test_only_an_event_takes_memory(self):
        """A whole story; a step that notes an event keeps its line of text, no other step keeps a
        byte.
        """
        site = Site()
        story = (
            ("AAAA", 5000, 1000),
            ("BBAA", 5000, 1000),
            ("CBCA", 5000, 8000),
            ("CCCC", 60000, 20000),
            ("CCCC", 5000, 90000),  # overload: the breaker must be spared
            ("CDCB", 5000, 3000),
            ("AABC", 5000, 20000),
        )
        most_silent = most_telling = 0
        for cars, house_ma, ms in story:
            site.house_ma = house_ma
            silent, telling = site.cars(cars).run_measured(ms)
            most_silent = max(most_silent, silent)
            most_telling = max(most_telling, telling)
        self.assertEqual(most_silent, 0)
        self.assertTrue(most_telling <= MOST_PER_EVENT_BYTES, most_telling)
        self.assertTrue(site.journal.count >= 15, site.journal.count)
        self.assertTrue(sum([unit.outlet.forced_open for unit in site.control.units]) >= 1)

    def test_a_fault_at_once(self):
        """Four events in one step."""
        site = Site().run(1000).cars("CCCC").run(60000)
        for port in site.board.outlets:
            port.residual_tripped = True
        _, telling = site.run_measured(20)
        self.assertEqual(site.coils(), [False] * 4)
        self.assertTrue(telling <= MOST_PER_EVENT_BYTES, telling)


def _nothing(_now_ms, _total_ma):
    """A sensor that has died."""


def _welded(port):
    """A latch of a port whose mirror contact reads closed whatever its coil does."""

    def latch(now_ms):
        control_bench.Port.latch(port, now_ms)
        port.contactor_is_closed = True

    return latch


if __name__ == "__main__":
    unittest.main()
