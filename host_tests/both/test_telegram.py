"""drivers.telegram: chunks of a stream to values with their age; what fails is named once."""

import unittest
from time import ticks_diff, ticks_ms

import p1_bench
import sml_frames
from pilotlight import sensors
from pilotlight.drivers.telegram import TelegramMeter
from pilotlight.wire import iec62056, p1, sml


class Wire:
    """A stream that gives what was said, so many bytes at a time."""

    def __init__(self):
        self.waiting = b""
        self.written = b""
        self.is_broken = False

    def write(self, data):
        self.written += data
        return len(data)

    def readinto(self, buf):
        if self.is_broken:
            raise OSError(5)
        part, self.waiting = self.waiting[: len(buf)], self.waiting[len(buf) :]
        buf[: len(part)] = part
        return len(part) or None


def heard(meter, wire, data):
    """Poll until all of it has been taken."""
    wire.waiting += data
    while meter.poll():
        pass
    for _ in range(200):  # an SML telegram is read step by step
        meter.poll()


class TestP1(unittest.TestCase):
    def setUp(self):
        self.wire = Wire()
        self.meter = TelegramMeter(self.wire, p1.Telegram(), p1.NAMES)

    def test_nothing_is_known_before_the_first(self):
        self.assertIs(self.meter.poll(), False)
        self.assertEqual(self.meter.current_ma, [None] * 3)
        self.assertIsNone(self.meter.taken_ms)

    def test_a_telegram_is_a_sample(self):
        before_ms = ticks_ms()
        heard(self.meter, self.wire, p1_bench.FLUVIUS_3)
        self.assertEqual((self.meter.sequence, self.meter.counts["ok"]), (1, 1))
        self.assertTrue(ticks_diff(self.meter.taken_ms, before_ms) >= 0)
        self.assertEqual(None in self.meter.current_ma, False)
        self.assertTrue(self.meter.energy_wh > 0)
        heard(self.meter, self.wire, p1_bench.FLUVIUS_3)
        self.assertEqual(self.meter.sequence, 2)

    def test_its_time_is_told_until_it_is_silent(self):
        self.assertIsNone(self.meter.clock_s)
        heard(self.meter, self.wire, p1_bench.FLUVIUS_3)  # 2 November 2023, 12:15:48
        self.assertEqual(self.meter.clock_s, 752242548)
        self.meter.give_up()
        self.assertIsNone(self.meter.clock_s)
        heard(self.meter, self.wire, p1_bench.KAM5)  # 20 January 2022, 13:57:35
        self.assertEqual(self.meter.clock_s, 696002255)

    def test_a_spoiled_one_leaves_the_values_and_is_named(self):
        heard(self.meter, self.wire, p1_bench.FLUVIUS_3)
        before = list(self.meter.current_ma)
        spoiled = bytearray(p1_bench.KAM5)
        spoiled[len(spoiled) // 2] ^= 1
        heard(self.meter, self.wire, bytes(spoiled))
        self.assertEqual((self.meter.current_ma, self.meter.sequence), (before, 1))
        self.assertEqual((self.meter.counts["bad crc"], self.meter.last_error), (1, "bad crc"))
        self.meter.give_up()  # the reason stays
        self.assertEqual(self.meter.last_error, "bad crc")

    def test_silence_is_named(self):
        self.meter.give_up()
        self.assertEqual(self.meter.last_error, "no telegram")

    def test_a_broken_port_is_counted_and_comes_back(self):
        self.wire.is_broken = True
        self.assertIs(self.meter.poll(), False)
        self.assertTrue(self.meter.last_error.startswith("serial port: "))
        self.wire.is_broken = False
        heard(self.meter, self.wire, p1_bench.FLUVIUS_3)
        self.assertEqual((self.meter.counts["port"], self.meter.sequence), (1, 1))


class TestSml(unittest.TestCase):
    def test_it_is_read_in_steps_after_its_last_byte(self):
        wire = Wire()
        meter = TelegramMeter(wire, sml.Telegram(steps=6), sml.NAMES)
        heard(meter, wire, sml_frames.EASYMETER)
        self.assertEqual((meter.sequence, meter.power_w), (1, [505, 63, 242]))
        self.assertEqual(meter.current_ma, [2172, 273, 1040])
        self.assertIsNone(meter.clock_s)


class Board:
    """A board with one port, at which Wire is."""

    def __init__(self):
        self.wire = Wire()

    def uart(self, port, baud, parity, stop):
        self.settings = (port, baud, parity, stop)
        return self.wire


def built(model, phases):
    """The board and the meter of a site with an outlet on these phases."""
    board = Board()
    table = {"id": "grid", "port": "d", "model": model, "baud": 9600, "parity": "N", "stop": 1}
    table["poll_ms"] = 500
    outlet = {"feeder": "main", "meter": None, "phases": phases}
    site = {"feeders": [{"id": "main", "meter": "grid"}], "outlets": [outlet], "meters": [table]}
    _, readers = sensors.build_lines(site, board, None)
    return board, readers[0].meter


class TestBuilt(unittest.TestCase):
    def test_a_meter_of_one_phase_knows_the_others_if_all_it_measures_is_on_l1(self):
        rows = (
            (p1_bench.FLUVIUS_1, ["L1"], [2000, 0, 0]),
            (p1_bench.FLUVIUS_1, ["L2"], [2000, None, None]),
            (p1_bench.FLUVIUS_1, ["L1", "L2", "L3"], [2000, None, None]),
            (p1_bench.FLUVIUS_3, ["L1"], [270, 880, 520]),
            (p1_bench.LUX, ["L1"], [None, None, None]),  # totals only
        )
        for telegram, phases, current_ma in rows:
            board, meter = built("p1", phases)
            heard(meter, board.wire, telegram)
            self.assertEqual((meter.sequence, meter.current_ma), (1, current_ma), phases)

    def test_each_kind(self):
        mode_d = p1_bench.as_7e1(p1_bench.Q3D) * 2
        rows = (("sml", sml_frames.HOLLEY, 177360), ("iec-d", mode_d, 32549506))
        for model, telegram, energy_wh in rows:
            board, meter = built(model, ["L1"])
            heard(meter, board.wire, telegram)
            self.assertEqual((meter.sequence, meter.energy_wh), (1, energy_wh), model)
            self.assertEqual(board.settings, ("d", 9600, "N", 1))

    def test_one_that_is_asked(self):
        board, meter = built("iec-c", ["L1"])
        meter.poll()
        self.assertEqual(board.settings, ("d", 300, "N", 1))
        self.assertEqual(board.wire.written, b"\xaf\x3f\x21\x8d\x0a")  # /?!, even parity


class TestIec(unittest.TestCase):
    def test_the_second_of_a_kind_is_energy(self):
        wire = Wire()
        meter = TelegramMeter(wire, iec62056.Readout(False, True), iec62056.NAMES)
        sent = p1_bench.as_7e1(p1_bench.Q3D_BOTH)
        heard(meter, wire, sent)
        self.assertEqual((meter.sequence, meter.energy_wh), (0, None))
        heard(meter, wire, sent)
        self.assertEqual((meter.sequence, meter.energy_wh), (1, 52185783))
        self.assertEqual((meter.export_wh, meter.total_w), (19949322, 2125))
        self.assertEqual((None in meter.current_ma, meter.clock_s), (True, None))


if __name__ == "__main__":
    unittest.main()
