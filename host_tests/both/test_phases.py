"""core.phases: every row is a way from one phase to three or back, step by step. Times in ms."""

import unittest
from time import ticks_add

import micropython
from pilotlight.core import faults, phases

START = (1 << 30) - 3000
A, B, C, D, E, F, X, UNKNOWN = range(8)
FROM_10_MINUTES = 600000
CALM = 10200
TWO_HOURS = 7200000


class Bench:
    """Phases, looked at every 20 ms. Its inputs are attributes; the second contactor follows."""

    def __init__(self, letter=A, is_fitted=True):
        self.phases = phases.Phases(is_fitted)
        self.letter, self.is_open, self.is_x1 = letter, True, True
        self.is_fitted, self.is_stuck = is_fitted, False
        self.is_closed = False
        self.t, self.now_ms = 0, START
        self.moves = []  # (t, coil)
        self.told = []

    def run(self, ms, letter=None, look_ms=20):
        if letter is not None:
            self.letter = letter
        for _ in range(ms // look_ms):
            self.t += look_ms
            self.now_ms = ticks_add(self.now_ms, look_ms)
            self.look()
        return self

    def look(self):
        made = self.phases
        before = made.three
        shown = self.is_closed if self.is_fitted else None
        made.step(self.now_ms, self.is_open, self.is_x1, self.letter, shown)
        if made.three is not before:
            self.moves.append((self.t, made.three))
        if made.news:
            self.told.append(made.news)
            made.news = ""
        if not self.is_stuck:
            self.is_closed = made.three

    def wish(self, count, source="person"):
        self.phases.wish(source, count)
        return self

    def is_free(self):
        return self.phases.may_close

    def state(self):
        made = self.phases
        return made.count, made.three, made.may_close, made.fault


def at_three(**parts):
    """A car charges on three phases."""
    bench = Bench(**parts).run(30000)
    bench.run(20, B).run(2000, C)
    bench.is_open = bench.is_x1 = False
    del bench.moves[:], bench.told[:]
    return bench.run(1000)


def stopped(bench):
    """The car has obeyed x1."""
    bench.is_open = bench.is_x1 = True
    bench.letter = B
    return bench


class TestBegin(unittest.TestCase):
    def test_nothing_is_known_and_nothing_may_close(self):
        bench = Bench()
        self.assertEqual(bench.state(), (None, False, False, faults.NO_FAULT))
        self.assertEqual(bench.run(CALM - 20).state(), (None, False, False, faults.NO_FAULT))
        bench.run(40)
        self.assertEqual(bench.state(), (None, True, False, faults.NO_FAULT))
        self.assertEqual(bench.run(CALM - 20).state(), (None, True, False, faults.NO_FAULT))
        self.assertEqual(bench.run(40).state(), (3, True, True, faults.NO_FAULT))
        self.assertEqual(bench.told, ["now on three phases"])

    def test_a_wish_for_one_is_there_already(self):
        bench = Bench(B).wish(1).run(21000)
        self.assertEqual((bench.state(), bench.moves), ((1, False, True, faults.NO_FAULT), []))

    def test_a_car_that_stays_in_c_is_charged_as_it_stands(self):
        bench = Bench(C).run(59980)
        self.assertFalse(bench.is_free())
        bench.run(100)
        self.assertEqual((bench.state(), bench.moves), ((1, False, True, faults.NO_FAULT), []))
        bench.run(7000000, look_ms=1000)
        self.assertEqual(bench.moves, [])
        bench.run(CALM, A)  # it is gone: three, as nobody wishes for less
        self.assertEqual([coil for _, coil in bench.run(30000).moves], [True])

    def test_a_contactor_that_reads_closed_while_its_coil_is_off(self):
        bench = Bench()
        bench.is_closed = bench.is_stuck = True
        self.assertEqual(bench.run(460).phases.fault, faults.NO_FAULT)
        self.assertEqual(bench.run(100).phases.fault, faults.SECOND)
        self.assertEqual((bench.run(60000).moves, bench.is_free()), ([], False))

    def test_one_that_cannot_be_read_although_it_should(self):
        bench = Bench()
        bench.is_closed, bench.is_stuck = None, True
        self.assertEqual(bench.run(600).phases.fault, faults.SECOND)

    def test_without_a_contact_the_coil_is_believed(self):
        bench = Bench(is_fitted=False).run(30000)
        self.assertEqual(bench.state(), (3, True, True, faults.NO_FAULT))


class TestSwitching(unittest.TestCase):
    def test_to_one_and_back(self):
        bench = at_three().wish(1).run(20)
        self.assertEqual(bench.state(), (3, True, False, faults.NO_FAULT))  # asked to stop
        self.assertEqual(bench.phases.reason(), "switching to one phase")
        bench.run(3000)
        self.assertEqual(bench.moves, [])
        begin = stopped(bench).t
        bench.run(25000)
        self.assertEqual(bench.moves, [(begin + CALM, False)])
        self.assertEqual(bench.state(), (1, False, True, faults.NO_FAULT))
        bench.wish(3).run(FROM_10_MINUTES - 25100)
        self.assertEqual(bench.phases.reason(), "switching to three phases")
        self.assertTrue(bench.is_free())  # not yet
        bench.run(25000 + 25100)
        self.assertEqual((len(bench.moves), bench.state()[0]), (2, 3))
        self.assertTrue(bench.moves[1][0] - bench.moves[0][0] >= FROM_10_MINUTES)
        expected = ["switching to one phase", "now on one phase"]
        expected += ["switching to three phases", "now on three phases"]
        self.assertEqual(bench.told, expected)

    def test_calm_has_no_break(self):
        """Each row breaks it 9 s after everything was calm."""
        rows = (
            ("its own contactor does not read open", "is_open", False),
            ("the pilot is not at x1: PWM, or F", "is_x1", False),
            ("the car is in C", "letter", C),
            ("it asks for air", "letter", D),
            ("a fault of the pilot", "letter", E),
            ("F is on the pilot", "letter", F),
            ("levels that mean nothing", "letter", X),
            ("no reading", "letter", UNKNOWN),
        )
        for why, name, value in rows:
            bench = stopped(at_three().wish(1).run(20)).run(9000)
            good = getattr(bench, name)
            setattr(bench, name, value)
            bench.run(20)
            setattr(bench, name, good)
            again = bench.t
            bench.run(30000)
            self.assertEqual(bench.moves, [(again + CALM, False)], why)

    def test_nothing_of_it_may_last(self):
        for name, value in (("is_open", False), ("is_x1", False), ("letter", E)):
            bench = stopped(at_three().wish(1).run(20))
            setattr(bench, name, value)
            self.assertEqual(bench.run(120000).moves, [], name)
            self.assertFalse(bench.is_free())

    def test_unplugged_in_the_middle(self):
        bench = stopped(at_three().wish(1).run(20)).run(5000).run(30000, A)
        self.assertEqual((len(bench.moves), bench.state()[0]), (1, 1))

    def test_a_car_that_stays_in_c_keeps_what_it_has(self):
        bench = at_three().wish(1).run(6000)
        bench.is_open = bench.is_x1 = True  # forced open; it is still in C
        bench.run(61000)
        self.assertEqual((bench.state(), bench.moves), ((3, True, True, faults.NO_FAULT), []))
        self.assertEqual(bench.told[-1], "the car does not let go, still on three phases")
        bench.is_open = bench.is_x1 = False
        self.assertTrue(bench.run(FROM_10_MINUTES * 3, look_ms=500).is_free())
        self.assertTrue(bench.wish(1).run(20).is_free())  # an automaton that says it again
        self.assertFalse(bench.wish(None).run(20).wish(1).run(20).is_free())

    def test_nor_is_one_that_asks_for_air(self):
        bench = at_three().wish(1).run(20, D)
        bench.is_open = bench.is_x1 = True
        bench.run(59980).is_closed = False  # for a look
        bench.look()
        self.assertEqual(bench.phases.state, phases.ASKED)
        self.assertEqual((bench.run(40).moves, bench.is_free()), ([], True))

    def test_looks_of_140_ms(self):
        bench = Bench().run(30000, look_ms=140)
        self.assertEqual((len(bench.moves), bench.is_free()), (1, True))
        at = bench.wish(1).t
        bench.run(30000, look_ms=140)
        self.assertTrue(CALM <= bench.moves[1][0] - at <= CALM + 280)
        self.assertEqual((len(bench.moves), bench.is_free()), (2, True))
        bench.wish(3).run(61000, C, look_ms=140)
        self.assertEqual((len(bench.moves), bench.is_free()), (2, True))  # it did not let go

    def test_one_odd_look_at_the_end_of_a_wait(self):
        bench = stopped(at_three().wish(1).run(20)).run(CALM - 20)
        bench.is_closed = False
        bench.look()
        self.assertEqual(bench.moves, [])
        self.assertEqual(len(bench.run(20).moves), 1)
        bench.run(CALM - 20)
        bench.is_closed = True
        bench.look()
        self.assertFalse(bench.is_free())
        self.assertTrue(bench.run(40).is_free())

    def test_one_that_toggles_is_not_waited_for(self):
        bench = stopped(at_three().wish(1).run(20))
        for _ in range(31):
            bench.run(1000, C).run(1000, B)
        self.assertEqual((bench.moves, bench.is_free()), ([], True))

    def test_a_wish_taken_back_before_it_moves(self):
        bench = stopped(at_three().wish(1).run(20)).run(9000).wish(None).run(40)
        self.assertEqual((bench.moves, bench.state()), ([], (3, True, True, faults.NO_FAULT)))
        self.assertEqual(bench.told[-1], "taken back, still on three phases")
        bench.wish(1).run(FROM_10_MINUTES - 1000)  # and the car is left alone
        self.assertTrue(bench.is_free())
        self.assertFalse(bench.run(1100).is_free())

    def test_a_wish_taken_back_after_it_moved(self):
        bench = stopped(at_three().wish(1).run(20)).run(11000).wish(3).run(20000)
        self.assertEqual((len(bench.moves), bench.state()), (1, (1, False, True, faults.NO_FAULT)))
        self.assertEqual(len(bench.run(FROM_10_MINUTES + 30000).moves), 2)

    def test_wishes_flipped_fast(self):
        bench = at_three()
        for i in range(FROM_10_MINUTES * 3 // 1000):
            if bench.is_free():
                bench.is_open = bench.is_x1 = False
                bench.letter = C
            else:
                stopped(bench)
            bench.wish((1, 3, None)[i % 3]).run(1000, look_ms=100)
        asked = [text for text in bench.told if text.startswith("switching")]
        self.assertTrue(2 <= len(asked) <= 3, asked)

    def test_without_a_car_nobody_waits(self):
        bench = at_three().run(10000, A)
        stopped(bench).letter = A
        bench.run(10000)
        for i in range(20):
            self.assertEqual(bench.phases.wait_ms(bench.now_ms), 0)
            bench.wish((1, 3)[i % 2]).run(21000)
            self.assertEqual(len(bench.moves), i + 1)
        bench.wish(1).run(20).run(21000, B)  # what was begun goes on
        self.assertEqual(bench.state()[0], 1)

    def test_a_pilot_that_is_away_for_a_moment_is_a_car(self):
        bench = stopped(at_three().wish(1).run(20)).run(25000).wish(3).run(8000, A).run(20, B)
        self.assertTrue(bench.phases.wait_ms(bench.now_ms) > 500000)
        self.assertTrue(bench.run(30000).is_free())
        self.assertEqual(bench.told[-1], "now on one phase")

    def switched(self, bench, times, gap_ms):
        """As often, and when; the car obeys."""
        at = []
        for _ in range(times):
            bench.wish(1 if bench.phases.three else 3)
            count = len(bench.moves)
            while len(bench.moves) == count:
                stopped(bench).run(gap_ms, look_ms=200)
            at.append(bench.t)
            bench.run(11000, look_ms=200)
        return at

    def test_a_day_of_rest_gives_four_again_and_no_more(self):
        bench = at_three()
        for _ in range(2):
            at = self.switched(bench, 5, 20000)
            for i in range(1, 4):
                self.assertTrue(FROM_10_MINUTES <= at[i] - at[i - 1] < FROM_10_MINUTES + 60000)
            self.assertTrue(at[4] - at[0] >= TWO_HOURS)
            wait_ms = bench.phases.wait_ms(bench.now_ms)
            self.assertTrue(TWO_HOURS - 60000 < wait_ms <= TWO_HOURS, wait_ms)
            bench.run(24 * 3600000, look_ms=60000)
            self.assertEqual(bench.phases.wait_ms(bench.now_ms), 0)

    def test_how_long_a_wish_waits(self):
        bench = stopped(at_three().wish(1).run(20)).run(25000).wish(3).run(20)
        left_ms = bench.phases.wait_ms(bench.now_ms)
        self.assertTrue(570000 < left_ms < 600000, left_ms)
        self.assertEqual(bench.phases.due_ms(bench.now_ms), ticks_add(bench.now_ms, left_ms))
        self.assertTrue(bench.phases.is_settled())


class TestWishes(unittest.TestCase):
    def test_who_comes_first(self):
        made = phases.Phases(True)
        rows = (
            (None, None, None, True),
            (None, None, 1, False),
            (None, 3, 1, True),
            (None, 1, 3, False),
            (3, 1, 1, True),
            (1, 3, 3, False),
        )
        for person, network, of_policy, three in rows:
            made.wish("person", person)
            made.wish("network", network)
            made.wish("policy", of_policy)
            self.assertEqual(made.wants_three(), three)

    def test_nobody_else(self):
        with self.assertRaises(ValueError):
            phases.Phases(True).wish("cloud", 1)


class TestFaults(unittest.TestCase):
    def welded(self):
        bench = stopped(at_three().wish(1).run(20))
        bench.is_stuck = True
        return bench.run(CALM + 400)

    def test_welded(self):
        bench = self.welded()
        self.assertEqual(bench.state(), (None, False, False, faults.NO_FAULT))
        bench.run(200)
        self.assertEqual(bench.state(), (None, False, False, faults.SECOND))
        bench.wish(3).run(60000).wish(1).run(60000)
        self.assertEqual(bench.state(), (None, False, False, faults.SECOND))
        self.assertEqual(len(bench.moves), 1)

    def test_a_person_who_has_not_mended_it(self):
        bench = self.welded().run(1000)
        bench.phases.acknowledge()
        bench.run(400)
        self.assertFalse(bench.is_free())
        self.assertEqual(bench.run(200).phases.fault, faults.SECOND)

    def test_a_person_who_has(self):
        bench = self.welded().run(1000)
        bench.is_stuck = False
        bench.run(1000)
        self.assertEqual(bench.phases.fault, faults.SECOND)  # it does not end by itself
        bench.phases.acknowledge()
        self.assertFalse(bench.run(CALM - 100).is_free())
        self.assertEqual(bench.run(200).state(), (1, False, True, faults.NO_FAULT))

    def test_one_that_does_not_close_is_let_go_in_calm(self):
        bench = Bench()
        bench.is_stuck = True
        bench.run(CALM + 600)
        self.assertEqual(bench.state(), (None, True, False, faults.SECOND))
        bench.is_open = False  # whatever happens meanwhile
        bench.run(60000)
        self.assertTrue(bench.phases.three)
        bench.is_open = True
        self.assertTrue(bench.run(CALM - 100).phases.three)
        self.assertFalse(bench.run(200).phases.three)
        bench.wish(1)
        bench.phases.acknowledge()  # one phase is still to be had
        self.assertEqual(bench.run(11000).state(), (1, False, True, faults.NO_FAULT))

    def test_it_is_not_settled_while_it_moves(self):
        bench = stopped(at_three().wish(1).run(20)).run(CALM)
        self.assertEqual((bench.phases.state, bench.phases.three), (phases.MOVED, False))
        self.assertFalse(bench.phases.is_settled())
        self.assertEqual(bench.phases.due_ms(bench.now_ms), ticks_add(bench.now_ms, CALM))

    def test_when_the_event_clock_may_skip(self):
        bench = at_three()
        self.assertTrue(bench.phases.is_settled())
        bench.is_closed = False
        bench.look()
        self.assertFalse(bench.phases.is_settled())
        self.assertFalse(bench.run(20).wish(1).phases.is_settled())
        self.assertFalse(bench.run(20).phases.is_settled())
        bench.is_closed, bench.is_stuck = False, True
        bench.run(60)
        self.assertEqual(bench.phases.fault, faults.SECOND)
        self.assertFalse(bench.phases.is_settled())  # its coil is still to be let go
        self.assertTrue(stopped(bench).run(11000).phases.is_settled())

    def test_one_look_is_none(self):
        bench = at_three()
        for shown in (False, None):
            bench.is_closed = shown
            bench.look()
            self.assertEqual(bench.state(), (None, True, False, faults.NO_FAULT))
            self.assertEqual(bench.phases.state, phases.REST)  # and the charge goes on
            self.assertEqual(bench.run(20).state(), (3, True, True, faults.NO_FAULT))

    def test_it_drops_out_under_a_car(self):
        bench = at_three()
        bench.is_closed, bench.is_stuck = False, True
        self.assertEqual(bench.run(40).phases.fault, faults.SECOND)
        self.assertEqual((bench.run(60000).moves, bench.is_free()), ([], False))

    def test_acknowledged_without_a_fault(self):
        bench = at_three()
        bench.phases.acknowledge()
        self.assertTrue(bench.run(20).is_free())
        self.assertEqual((bench.told, bench.phases.wait_ms(bench.now_ms)), ([], 0))


class TestTicks(unittest.TestCase):
    def test_no_deadline_comes_alive_again(self):
        bench = stopped(at_three().wish(1).run(20)).run(30000)
        for _ in range(14 * 24):  # 14 days in hours
            bench.run(3600000, look_ms=3600000)
        self.assertEqual((len(bench.moves), bench.state()[0]), (1, 1))
        self.assertEqual(bench.phases.wait_ms(bench.now_ms), 0)

    def test_nothing_is_allocated(self):
        """But the words of what it tells."""
        bench = at_three()
        for letter, ms in ((C, 2000), (B, 2000), (A, 18000)):
            if letter != C:
                stopped(bench).letter = letter
                bench.phases.wish("person", 1)
            for _ in range(ms // 20):
                self.step_with_locked_heap(bench)
        self.assertEqual((bench.phases.state, bench.phases.three), (phases.MOVED, False))

    def step_with_locked_heap(self, bench):
        bench.now_ms = ticks_add(bench.now_ms, 20)
        made, closed = bench.phases, bench.phases.three
        micropython.heap_lock()
        try:
            made.step(bench.now_ms, bench.is_open, bench.is_x1, bench.letter, closed)
        finally:
            micropython.heap_unlock()


if __name__ == "__main__":
    unittest.main()
