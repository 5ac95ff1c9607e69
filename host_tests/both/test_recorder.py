"""services.recorder in the control step: 0 bytes, never a stall, never the end of control. ms, mA.

Files are not written here: host_tests/test_replay.py does.
"""

import asyncio
import gc
import unittest
from time import ticks_add

if hasattr(gc, "threshold"):
    gc.threshold(16384)  # what is compiled from source lies together, as in firmware/main.py

import control_bench
import micropython
from pilotlight.core import quota, solar  # noqa: F401 - compiled first: on a board they are in flash
from pilotlight.core.need import Need
from pilotlight.services.arrangement import NEED
from pilotlight.services.outside import Outside
from pilotlight.services.recorder import Recorder

NO_LIMITS = {"import_w": None, "quarter_w": None, "export_w": None, "unbalance_a": None}


class Board:
    """What a recorder needs of one."""

    storage = "/nowhere"
    spool = None
    capabilities = {"storage_stall_ms": 45}


class Site(control_bench.Site):
    """The bench, recorded: where it may not be written, or fails at that."""

    def __init__(self):
        control_bench.Site.__init__(self)
        balancer = self.control.balancer
        self.outside = Outside(Board, balancer, self.journal)
        self.tune()
        self.recorder = Recorder(Board, balancer, self.outside, {}, _never)
        asyncio.run(self.recorder.prepare())
        self.control.recorder = self.recorder

    def tune(self, **limits):
        """What the site file says of the feeder."""
        feeder = dict(NO_LIMITS)
        feeder.update(limits)
        outlets = [{"mode": place.mode} for place in self.places]
        self.outside.apply({"feeders": [feeder], "outlets": outlets})

    def with_half_pages(self):
        """Stories are shorter."""
        self.recorder.pages.room = 524
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

    def test_what_is_arranged_anew_misses_no_decision_and_allocates_nothing(self):
        """Orders, limits, modes, needs and phases come and go while it records."""
        site = self.charging()
        place = site.places[0]
        far_ms = ticks_add(site.now_ms, 100000000)
        for change in (
            lambda: site.outside.dim("person", 21000),
            lambda: site.outside.dim("person", 18000),
            lambda: setattr(place, "need", Need(site.now_ms, 9000, far_ms)),
            lambda: site.tune(import_w=25000, quarter_w=24000, unbalance_a=20),
            lambda: site.outside.set_mode(place, "min+solar"),
            lambda: place.connect(1),
            lambda: setattr(place, "need", Need(site.now_ms, 1, far_ms)),  # it has that soon
            lambda: site.outside.lift("person"),
            lambda: (site.tune(), site.outside.set_mode(place, "fast"), place.connect(3)),
        ):
            segments = site.recorder.pages.segments
            change()
            site.run_locked(2000)
            list(site.recorder.begin())
            self.assertEqual(site.recorder.pages.segments, segments + 1)
        self.assertTrue(place.need is None)
        self.assertTrue(site.recorder.error is None, site.recorder.state())
        self.assertEqual(site.recorder.missed, 0)

    def test_a_need_is_recorded_as_a_whole(self):
        self.assertEqual(sorted(NEED), sorted(Need(0, 1000, 1000).__dict__))

    def test_what_does_not_fit_any_more_ends_the_segment(self):
        """Something is arranged anew where its page is all but full."""
        site = self.charging()
        recorder = site.recorder
        recorder.pages.limit = recorder._at + 30
        site.outside.dim("person", 11000)
        site.run(100)
        self.assertEqual((recorder._is_open, recorder.missed), (False, 1))
        for _ in range(3):
            site.run(60)
            list(recorder.look())
        self.assertTrue(recorder._is_open and recorder.error is None)

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
