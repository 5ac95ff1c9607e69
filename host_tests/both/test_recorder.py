"""services.recorder in the control step: 0 bytes, never a stall, never the end of control. ms, mA.

Files are not written here: host_tests/test_replay.py does.
"""

import asyncio
import gc
import unittest

if hasattr(gc, "threshold"):
    gc.threshold(16384)  # what is compiled from source lies together, as in firmware/main.py

import control_bench
import micropython
from pilotlight.services.recorder import Recorder


class Board:
    """What a recorder needs of one."""

    storage = "/nowhere"
    capabilities = {"storage_stall_ms": 45}


class Site(control_bench.Site):
    """The bench, recorded: where it may not be written, or fails at that."""

    def __init__(self):
        control_bench.Site.__init__(self)
        self.recorder = Recorder(Board, self.control.balancer, {}, _never)
        asyncio.run(self.recorder.prepare())
        self.control.recorder = self.recorder

    def with_half_pages(self):
        """Stories are shorter."""
        self.recorder.pages.limit -= 500
        return self

    def run_locked(self, ms):
        """Steps with the heap locked; the task of the recorder looks in between."""
        for _ in range(ms // 20):
            self.prepare()
            micropython.heap_lock()
            try:
                self.control.step(self.now_ms)
            finally:
                micropython.heap_unlock()
            list(self.recorder.look())


def _never():
    return False


class TestInTheStep(unittest.TestCase):
    def charging(self):
        site = Site()
        for cars, ms in (("BBBB", 10000), ("CCCC", 30000)):
            site.cars(cars).run(ms + 60)  # a segment begins between two decisions
            list(site.recorder.look())
        return site

    def test_nothing_is_allocated(self):
        site = self.charging()
        site.with_half_pages()
        before, segments = site.recorder.decisions, site.recorder.pages.segments
        site.run_locked(20000)
        site.house_ma = 30000
        site.run_locked(1000)
        site.feeder.limit_ma = 59000
        site.run_locked(20000)
        self.assertEqual(site.recorder.missed, 0)
        self.assertTrue(site.recorder.decisions - before > 380, site.recorder.decisions)
        self.assertTrue(site.recorder.pages.segments > segments, site.recorder.pages.segments)
        self.assertTrue(site.recorder.error is None)

    def test_a_full_page_ends_the_segment_and_another_one_begins(self):
        """The task has no time to begin one before that."""
        site = Site().with_half_pages().run(1060).cars("BBBB")
        list(site.recorder.look())
        site.run(20).cars("CCCC").run(40000)
        recorder = site.recorder
        self.assertEqual(recorder.pages.segments, 1)
        self.assertTrue(not recorder._is_open and recorder.missed > 100, recorder.missed)
        made = recorder.decisions
        site.run(1000)
        self.assertEqual(recorder.decisions, made)
        list(recorder.look())
        site.run(1000)
        self.assertEqual(recorder.pages.segments, 2)
        self.assertTrue(recorder.decisions >= made + 10, (recorder.decisions, made))

    def test_the_oldest_page_is_lost_where_nothing_may_be_written(self):
        site = Site().with_half_pages()
        for cars in ("BBBB", "CCCC", "CBCC", "CCCA", "CCCC", "BBBB", "CCCC"):
            site.cars(cars)
            for _ in range(200):
                site.run(60)
                list(site.recorder.look())
        recorder = site.recorder
        self.assertTrue(recorder.pages.lost > 0, recorder.pages.segments)
        self.assertEqual(recorder.pages.lost, recorder.pages.segments - 3)
        self.assertEqual(recorder.missed, 0)
        self.assertTrue("segments lost" in recorder.state())

    def test_other_pools_end_it(self):
        """What is recorded would not be all that is decided on."""
        site = self.charging()
        made = site.recorder.decisions
        site.control.balancer.table.pools = list(site.control.balancer.table.pools)
        site.run(1000)
        self.assertEqual(site.recorder.decisions, made)
        self.assertTrue("record(True) begins anew" in site.recorder.state())

    def test_what_fails_does_not_end_control(self):
        site = self.charging()
        duties = site.duties()
        made = site.recorder.decisions
        site.recorder._mirror = None
        site.run(2000)
        self.assertEqual(site.recorder.decisions, made + 1)
        self.assertTrue("TypeError" in site.recorder.state(), site.recorder.state())
        self.assertTrue(min(site.duties()) >= min(duties) and site.coils() == [True] * 4)


if __name__ == "__main__":
    unittest.main()
