"""core/session.py and services/sessions.py: what a visit was, as the ledger keeps it."""

import unittest
from time import ticks_add

from pilotlight.core import status
from pilotlight.core.session import Session

START_MS = (1 << 30) - 5000  # ticks wrap soon


def at(ms):
    return ticks_add(START_MS, ms)


class TestSession(unittest.TestCase):
    def test_time_and_inferred_energy(self):
        session = Session()
        session.begin(at(0), 1_795_000_000, None)
        for second in range(1, 61):
            session.follow(at(1000 * second), False, None, 0, None)
        for second in range(61, 3661):
            session.follow(at(1000 * second), True, 48_000, 16_000, None)
        self.assertEqual((session.plugged_s, session.charged_s), (3660, 3600))
        self.assertEqual(session.energy(), (11_040, "inferred"))  # 3 x 16 A x 230 V, an hour
        self.assertEqual((session.most_ma, session.unknown_s), (16_000, 0))

    def test_steps_of_any_length_add_up(self):
        session = Session()
        session.begin(at(0), None, None)
        now_ms = 0
        for step_ms in (1, 999, 1500, 20, 70_000, 3, 7477):
            now_ms += step_ms
            session.follow(at(now_ms), True, 48_000, 16_000, None)
        self.assertEqual(session.plugged_s, 80)
        self.assertEqual(session.energy(), (11_040 * 80 // 3600, "inferred"))

    def test_a_day_at_the_most_there_can_be(self):
        session = Session()
        session.begin(at(0), None, None)
        now_ms = 0
        for _ in range(24):
            now_ms += 3_600_000
            session.follow(at(now_ms), True, 240_000, 80_000, None)
        self.assertEqual(session.energy(), (24 * 55_200, "inferred"))

    def test_a_meter_of_its_own_counts(self):
        for shown_wh, told in (
            (1_010_777, (10_777, "meter")),
            (None, (11_040, "inferred")),  # it is silent
            (999_999, (11_040, "inferred")),  # another meter
        ):
            session = Session()
            session.begin(at(0), None, 1_000_000)
            session.follow(at(3_600_000), True, 48_000, 16_000, shown_wh)
            self.assertEqual(session.energy(), told)

    def test_what_is_shown(self):
        session = Session()
        shown = status.of_session(session)
        self.assertEqual(
            (shown["is_open"], shown["power_w"], shown["energy_wh"]), (False, 0, None)
        )
        session.begin(at(0), None, None)
        session.follow(at(10_000), True, 48_000, 16_000, None)
        self.assertEqual(status.of_session(session)["power_w"], 11_040)
        session.follow(at(20_000), True, None, 16_000, None)
        self.assertEqual(status.of_session(session)["power_w"], None)  # no sensor tells
        session.follow(at(21_000), False, None, 16_000, None)
        self.assertEqual(status.of_session(session)["power_w"], 0)
        session.follow(at(31_000), True, 48_000, 16_000, None)
        session.is_open = False  # it stays until the next one
        shown = status.of_session(session)
        self.assertEqual((shown["is_open"], shown["power_w"]), (False, 0))
        self.assertEqual((shown["plugged_s"], shown["charged_s"]), (31, 30))
        self.assertEqual((shown["energy_wh"], shown["by"]), (11_040 * 20 // 3600, "inferred"))
        self.assertEqual(status.of_session(None), None)

    def test_unknown_is_not_zero(self):
        session = Session()
        session.begin(at(0), None, None)
        self.assertEqual(session.energy(), (0, "inferred"))  # nothing was drawn
        session.follow(at(10_000), True, None, 16_000, None)
        self.assertEqual(session.energy(), (None, None))
        session.follow(at(3_610_000), True, 16_000, 16_000, None)
        self.assertEqual(session.energy(), (3680, "inferred"))
        self.assertEqual(session.unknown_s, 10)

    def test_the_next_one_begins_with_nothing(self):
        session = Session()
        session.begin(at(0), None, None)
        session.follow(at(3_600_000), True, 48_000, 16_000, None)
        session.begin(at(3_600_000), None, None)
        self.assertEqual((session.plugged_s, session.charged_s, session.most_ma), (0, 0, 0))
        self.assertEqual(status.of_session(session)["power_w"], 0)
        self.assertEqual(session.energy(), (0, "inferred"))


if __name__ == "__main__":
    unittest.main()
