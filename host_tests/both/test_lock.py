"""core.lock: a motor with a travel time and a contact at its end. Times in ms."""

import unittest
from time import ticks_add

import micropython
from pilotlight.core import faults, pilot
from pilotlight.core.lock import Lock

START = (1 << 30) - 3000
A, B, C, D, E, F, X, UNKNOWN = range(8)
NAMES = {True: "lock", False: "unlock", None: "rest"}


class Motor:
    """A bolt 0 (free) ... `travel_ms` (locked) that moves while it is driven."""

    def __init__(self, travel_ms=250, is_locked=False):
        self.travel_ms = travel_ms
        self.at_ms = travel_ms if is_locked else 0
        self.is_jammed = False
        self.has_contact = True

    @property
    def is_locked(self):
        return self.at_ms == self.travel_ms if self.has_contact else None

    def run(self, drive, ms):
        if drive is None or self.is_jammed:
            return
        step = ms if drive else -ms
        self.at_ms = max(0, min(self.travel_ms, self.at_ms + step))


class Bench:
    """One lock stepped every 20 ms; `moves` are (t, command) on change."""

    def __init__(self, motor=None):
        self.motor = motor or Motor()
        self.lock = Lock()
        self.letter, self.is_live = A, False
        self.t, self.now_ms = 0, START
        self.moves = []

    def run(self, ms, letter=None):
        if letter is not None:
            self.letter = letter
        for _ in range(ms // 20):
            self.t += 20
            self.now_ms = ticks_add(self.now_ms, 20)
            before = self.lock.command
            self.lock.step(self.now_ms, self.letter, self.is_live, self.motor.is_locked)
            if self.lock.command is not before:
                self.moves.append((self.t, NAMES[self.lock.command]))
            self.motor.run(self.lock.command, 20)
        return self

    def count(self, what):
        return len([1 for _, move in self.moves if move == what])


# letter, was locked, is locked 1 s later, is locked 6 s later, why
RULES = (
    (A, True, False, False, "seq 2.1: unlocked within 5 s of A; also at boot, after a power loss"),
    (B, False, True, True, "seq 1.1: locked while plugged in"),
    (C, False, True, True, "seq 1.2: a car without S2"),
    (D, False, True, True, "ventilation: like C"),
    (E, True, False, False, "E: at once"),
    (F, True, True, False, "F: after 5 s"),
    (X, True, True, True, "outside every window: stays"),
    (X, False, False, False, "outside every window: stays"),
    (UNKNOWN, True, True, True, "no reading: stays"),
    (UNKNOWN, False, False, False, "no reading: stays"),
)


class TestRules(unittest.TestCase):
    def test_by_letter(self):
        for letter, was_locked, soon, late, why in RULES:
            bench = Bench(Motor(is_locked=was_locked)).run(1000, letter)
            self.assertEqual(bench.motor.is_locked, soon, (pilot.NAMES[letter], why))
            self.assertEqual(bench.run(5000).motor.is_locked, late, (pilot.NAMES[letter], why))

    def test_drive_ends_when_the_contact_reads_the_end(self):
        bench = Bench().run(100).run(2000, B)
        self.assertEqual(
            bench.moves, [(20, "unlock"), (120, "rest"), (520, "lock"), (780, "rest")]
        )

    def test_engaged_only_when_it_reads_locked(self):
        bench = Bench().run(2000).run(240, B)
        self.assertFalse(bench.lock.is_engaged)
        self.assertTrue(bench.run(100).lock.is_engaged)

    def test_a_lock_left_behind_in_a_is_not_engaged(self):
        self.assertFalse(Bench(Motor(is_locked=True)).run(20, A).lock.is_engaged)

    def test_f_that_ends_within_5_s_unlocks_nothing(self):
        bench = Bench().run(1000, B).run(4900, F).run(1000, B).run(4900, F)
        self.assertEqual(bench.count("unlock"), 0)
        self.assertEqual(bench.run(200).count("unlock"), 1)


class TestContactor(unittest.TestCase):
    def test_never_unlocks_while_it_is_closed(self):
        for letter in (A, E, F):
            bench = Bench().run(1000, C)
            bench.is_live = True
            bench.run(60000, letter)
            self.assertTrue(bench.motor.is_locked, letter)
            self.assertEqual(bench.count("unlock"), 0, letter)
            bench.is_live = False
            self.assertFalse(bench.run(1000).motor.is_locked, letter)

    def test_waits_until_the_contacts_have_parted(self):
        bench = Bench().run(1000, C)
        bench.is_live = True
        bench.run(1000).is_live = False
        opened = bench.t
        bench.run(1000, A)
        self.assertEqual([t - opened for t, move in bench.moves if move == "unlock"], [200])

    def test_a_late_step_does_not_shorten_that(self):
        bench = Bench().run(1000, C)
        bench.is_live = True
        bench.run(1000).is_live = False
        bench.now_ms = ticks_add(bench.now_ms, 4000)
        opened = bench.t
        bench.run(1000, A)
        self.assertEqual([t - opened for t, move in bench.moves if move == "unlock"], [220])

    def test_a_contact_that_closes_stops_the_bolt(self):
        bench = Bench(Motor(travel_ms=500, is_locked=True)).run(100, A)
        bench.is_live = True
        bench.run(5000)
        self.assertIsNone(bench.lock.command)
        self.assertTrue(bench.motor.at_ms > 0)


class TestTrouble(unittest.TestCase):
    def test_vector_71_gives_up_after_five_retries(self):
        bench = Bench()
        bench.motor.is_jammed = True
        bench.run(1000, A).run(5500, B)
        self.assertEqual(bench.lock.fault, faults.NO_FAULT)
        bench.run(1000)
        self.assertEqual((bench.lock.fault, bench.lock.is_engaged), (faults.LOCK, False))
        bench.run(60000)
        self.assertEqual(bench.count("lock"), 6)
        self.assertIsNone(bench.lock.command)

    def test_a_pulse_is_at_most_600_ms_and_one_starts_each_second(self):
        bench = Bench()
        bench.motor.is_jammed = True
        bench.run(2000, A).moves.clear()
        bench.run(8000, B)
        starts = [t for t, move in bench.moves if move == "lock"]
        ends = [t for t, move in bench.moves if move == "rest"]
        self.assertEqual([end - start for start, end in zip(starts, ends)], [600] * 6)
        self.assertEqual([b - a for a, b in zip(starts, starts[1:])], [1000] * 5)

    def test_one_that_locks_at_the_third_attempt_is_no_fault(self):
        bench = Bench()
        bench.motor.is_jammed = True
        bench.run(20, A).run(1900, B).motor.is_jammed = False
        bench.run(10000)
        self.assertEqual((bench.lock.is_engaged, bench.lock.fault), (True, faults.NO_FAULT))
        self.assertEqual(bench.count("lock"), 3)

    def test_unplugging_or_a_person_starts_anew(self):
        for clears in ("unplugging", "a person"):
            bench = Bench()
            bench.motor.is_jammed = True
            bench.run(20, A).run(10000, B).motor.is_jammed = False
            if clears == "unplugging":
                bench.run(1000, A)
                self.assertEqual(bench.lock.fault, faults.NO_FAULT)
            else:
                bench.lock.acknowledge()
            self.assertTrue(bench.run(1000, B).lock.is_engaged, clears)

    def test_one_that_does_not_unlock_is_told_and_tried_on(self):
        bench = Bench().run(1000, B)
        bench.motor.is_jammed = True
        bench.run(5000, A)
        self.assertFalse(bench.lock.is_stuck)
        bench.run(2000)
        self.assertEqual((bench.lock.is_stuck, bench.lock.fault), (True, faults.NO_FAULT))
        self.assertEqual(bench.count("unlock"), 6)
        bench.run(33000).motor.is_jammed = False
        self.assertEqual(bench.count("unlock"), 9)
        bench.run(11000)
        self.assertEqual((bench.lock.is_stuck, bench.motor.is_locked), (False, False))

    def test_a_stuck_one_serves_the_next_car(self):
        bench = Bench().run(1000, B)
        bench.motor.is_jammed = True
        bench.run(20000, A).run(20, B)
        self.assertEqual((bench.lock.is_engaged, bench.lock.is_stuck), (True, False))

    def test_without_a_contact_nothing_counts_as_locked(self):
        bench = Bench()
        bench.motor.has_contact = False
        bench.run(20, A).run(20000, B)
        self.assertEqual((bench.lock.is_engaged, bench.lock.fault), (False, faults.LOCK))

    def test_inputs_that_are_dead_for_a_minute_are_no_fault_and_no_drive(self):
        bench = Bench().run(2000, B)
        bench.motor.has_contact = False
        bench.moves.clear()
        bench.run(60000, UNKNOWN)
        self.assertEqual((bench.moves, bench.lock.is_engaged), ([], False))
        bench.motor.has_contact = True
        self.assertTrue(bench.run(20, B).lock.is_engaged)
        self.assertEqual(bench.lock.fault, faults.NO_FAULT)

    def test_a_contact_lost_while_locked_is_not_engaged_and_driven_again(self):
        bench = Bench().run(1000, B)
        bench.motor.at_ms = 0  # forced open by hand
        bench.run(20)
        self.assertFalse(bench.lock.is_engaged)
        self.assertTrue(bench.run(1000).lock.is_engaged)

    def test_the_motor_rests_before_it_turns_round(self):
        bench = Bench(Motor(travel_ms=500)).run(2000, A).run(200, B).run(2000, A)
        self.assertEqual([move for _, move in bench.moves[2:]], ["lock", "rest", "unlock", "rest"])
        self.assertEqual(bench.moves[4][0] - bench.moves[3][0], 400)
        self.assertEqual(bench.motor.at_ms, 0)

    def test_a_bolt_that_has_left_its_contact_is_drawn_all_the_way_back(self):
        bench = Bench(Motor(travel_ms=500)).run(1000, A).run(2000, B).run(2000, A)
        self.assertEqual(bench.motor.at_ms, 0)

    def test_after_a_power_loss_half_way_it_is_drawn_back(self):
        bench = Bench()
        bench.motor.at_ms = 100
        self.assertEqual(bench.run(1000, A).motor.at_ms, 0)


class TestSettled(unittest.TestCase):
    def test_no_deadline_is_left_standing(self):
        bench = Bench().run(5000, B).run(7000, F).run(2000, A)
        self.assertTrue(bench.lock.is_settled())

    def test_not_while_it_moves_or_waits(self):
        bench = Bench().run(1000, B)
        self.assertFalse(bench.run(100, F).lock.is_settled())
        self.assertFalse(bench.run(100, A).lock.is_settled())

    def test_nothing_is_allocated(self):
        bench = Bench().run(1000, B)
        for letter in (B, C, A, F, E, B):
            now_ms = ticks_add(bench.now_ms, 20)
            lock, is_locked = bench.lock, bench.motor.is_locked
            micropython.heap_lock()
            try:
                lock.step(now_ms, letter, False, is_locked)
            finally:
                micropython.heap_unlock()
            bench.run(6000, letter)
        self.assertTrue(bench.motor.is_locked)


if __name__ == "__main__":
    unittest.main()
