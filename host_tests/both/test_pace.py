"""drivers.pace: a beat gives way to the control step when little time is left until that."""

import asyncio
import unittest
from time import ticks_diff, ticks_ms

from pilotlight.drivers.pace import Pace


class Step:
    """The pace of a control step that is due in so many ms, each time it is asked."""

    def __init__(self, *left_ms):
        self.left = list(left_ms)

    def left_ms(self):
        return self.left.pop(0)


async def waited_ms(pace):
    began_ms = ticks_ms()
    late_ms = await pace.next(None)
    return ticks_diff(ticks_ms(), began_ms), late_ms


class TestWays(unittest.TestCase):
    def waits(self, *left_ms):
        """ms that a beat which is due in 1 ms has waited, and what was left of the answers."""
        step = Step(*left_ms)
        pace = Pace(1, step)
        took_ms, _ = asyncio.run(waited_ms(pace))
        return took_ms, step.left

    def test_there_is_time(self):
        self.assertEqual(self.waits(5, 3)[1], [3])

    def test_it_waits_for_the_step(self):
        took_ms, left = self.waits(4, 20, 3)
        self.assertEqual(left, [3])
        self.assertTrue(took_ms >= 5)

    def test_a_step_that_is_late_comes_first(self):
        took_ms, left = self.waits(-5, 12, 3)
        self.assertEqual(left, [3])
        self.assertTrue(took_ms >= 1)

    def test_it_waits_for_one_step_only(self):
        self.assertEqual(self.waits(4, 3, 2)[1], [2])

    def test_steps_that_leave_no_time_cannot_stop_it(self):
        self.assertEqual(self.waits(-1, -2, -3, 4)[1], [4])

    def test_a_step_that_is_late_begins_before_those_that_waited_longer(self):
        self.assertEqual(asyncio.run(order()), ["step", "helper", "helper"])


async def order():
    """What is done first after everything has been held up for 60 ms."""
    done = []
    step = Pace(20)

    async def work(pace, name):
        await pace.next(None)
        done.append(name)

    tasks = [asyncio.create_task(work(Pace(10, step), "helper")) for _ in range(2)]
    tasks.append(asyncio.create_task(work(step, "step")))
    await asyncio.sleep(0)
    began_ms = ticks_ms()
    while ticks_diff(ticks_ms(), began_ms) < 60:
        pass
    for task in tasks:
        await task
    return done


if __name__ == "__main__":
    unittest.main()
