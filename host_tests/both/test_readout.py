"""drivers.readout: a meter is called in mode C, changes its rate, and tells its energy. ms, Wh.

The meter has its own idea of the line: a character of another rate or parity is noise to it, and
what it sends at one rate is noise to who listens at another.
"""

import unittest
from time import ticks_add, ticks_diff

from p1_bench import as_7e1
from pilotlight.drivers import readout, telegram
from pilotlight.drivers.readout import ReadoutMeter
from test_iec62056 import AM150, ZMD310, block

START = (1 << 30) - 5000
NOISE = 0xE7


class ModeC:
    """A meter behind an optical head, and the port it is at. `letter` stands for the rate it
    names, `rate` is that one, `data` what it then sends.
    """

    def __init__(self, letter=b"5", rate=9600, data=AM150):
        self.t = 0
        self.names = b"/ISk" + letter + b"AM150-T000\r\n"
        self.rate = rate
        self.data = data
        self.is_silent = self.is_broken = False
        self.opened = []  # rates of the port
        self.heard = b""
        self.calls = 0
        self._at = 300  # rate of the meter
        self._until = 0  # it is back at 300 if nothing has gone on by then
        self._out = []  # (when it has come, rate, byte)

    def ticks_ms(self):
        return ticks_add(START, self.t)

    def open_at(self, baud):
        if self.is_broken:
            raise OSError(19)
        self.opened.append(baud)
        self._out = [row for row in self._out if row[0] > self.t]  # lost with the old port
        return self

    def close(self):
        pass

    def write(self, data):
        if self.is_broken:
            raise OSError(5)
        baud = self.opened[-1]
        for byte in data:
            is_even = bin(byte).count("1") % 2 == 0
            is_right = baud == 300 and self._at == 300 and is_even
            self.heard += bytes([byte & 0x7F if is_right else NOISE])
        self._answer(self.t + len(data) * 10000 // baud)
        return len(data)

    def _answer(self, t):
        if self.is_silent:
            return
        if self.heard.endswith(b"/?!\r\n"):
            self.calls += 1
            self._send(t + 250, 300, self.names)
        elif self.heard[-6:-4] == b"\x060" and self.heard.endswith(b"0\r\n"):
            rate = 300 if self.heard[-4:-3] == b"0" else self.rate
            self._at = rate
            self._until = self._send(t + 200, rate, self.data)

    def _send(self, t, rate, text):
        for i, byte in enumerate(as_7e1(text)):
            self._out.append((t + (i + 1) * 10000 // rate, rate, byte))
        return self._out[-1][0]

    def readinto(self, buf):
        if self.is_broken:
            raise OSError(5)
        if self.t >= self._until:
            self._at = 300
        count = 0
        while self._out and self._out[0][0] <= self.t and count < len(buf):
            _, rate, byte = self._out.pop(0)
            buf[count] = byte if rate == self.opened[-1] else NOISE
            count += 1
        return count or None


class TestModeC(unittest.TestCase):
    def setUp(self):
        self.clocks = readout.ticks_ms, telegram.ticks_ms

    def tearDown(self):
        readout.ticks_ms, telegram.ticks_ms = self.clocks

    def called(self, line, most_baud=9600):
        readout.ticks_ms = telegram.ticks_ms = line.ticks_ms
        return ReadoutMeter(line.open_at, most_baud)

    def run_for(self, line, meter, ms):
        for _ in range(ms // 25):
            line.t += 25
            while meter.poll():
                pass

    def test_called_at_300_it_goes_on_at_what_it_names(self):
        line = ModeC()
        meter = self.called(line)
        self.run_for(line, meter, 4000)
        self.assertEqual(line.heard, b"/?!\r\n\x06050\r\n")
        self.assertEqual(line.opened, [300, 9600])
        self.assertEqual((meter.sequence, meter.energy_wh), (1, 8989442))
        self.assertEqual((meter.counts["ok"], sum(meter.counts.values())), (1, 1))
        self.assertEqual((meter.current_ma, meter.clock_s), ((None, None, None), None))
        self.assertTrue(0 < ticks_diff(line.ticks_ms(), meter.taken_ms) < 4000)

    def test_each_rate(self):
        rates = ((b"0", 300), (b"1", 600), (b"2", 1200), (b"3", 2400), (b"4", 4800), (b"6", 19200))
        for letter, rate in rates:
            line = ModeC(letter, rate, block(ZMD310))
            meter = self.called(line, 19200)
            self.run_for(line, meter, 12000)
            self.assertEqual((meter.sequence, meter.energy_wh), (1, 51206000), rate)
            self.assertEqual(line.heard, b"/?!\r\n\x060" + letter + b"0\r\n")

    def test_a_rate_that_is_too_high_for_the_port(self):
        line = ModeC(b"6", 19200)
        meter = self.called(line, 9600)
        self.run_for(line, meter, 8000)
        self.assertEqual((line.opened, line.heard[5:]), ([300], b"\x06000\r\n"))
        self.assertEqual(meter.energy_wh, 8989442)

    def test_a_minute_later_it_is_called_again(self):
        line = ModeC()
        meter = self.called(line)
        self.run_for(line, meter, 60000)
        self.assertEqual(line.calls, 1)
        self.run_for(line, meter, 180000)
        self.assertEqual((line.calls, meter.sequence), (4, 4))

    def test_a_spoilt_readout_is_none_and_the_next_one_is_good(self):
        line = ModeC(data=AM150.replace(b"8989", b"8999"))
        meter = self.called(line)
        self.run_for(line, meter, 30000)
        self.assertEqual((meter.sequence, meter.energy_wh, meter.counts["bad bcc"]), (0, None, 1))
        line.data = AM150
        self.run_for(line, meter, 60000)
        self.assertEqual((meter.sequence, meter.energy_wh), (1, 8989442))

    def test_nobody_answers(self):
        line = ModeC()
        line.is_silent = True
        meter = self.called(line)
        self.run_for(line, meter, 120000)
        self.assertEqual((line.heard, line.opened), (b"/?!\r\n", [300]))
        meter.give_up()
        self.assertEqual((meter.counts["no reply"], meter.last_error), (1, "no reply"))
        line.is_silent = False
        self.run_for(line, meter, 65000)
        self.assertEqual((meter.sequence, meter.energy_wh), (1, 8989442))

    def test_it_falls_silent_in_the_middle(self):
        line = ModeC(data=AM150[:40])
        meter = self.called(line)
        self.run_for(line, meter, 30000)
        meter.give_up()
        self.assertEqual((meter.sequence, meter.counts["cut short"]), (0, 1))

    def test_one_that_does_not_offer_it(self):
        line = ModeC(letter=b"A")  # mode B
        meter = self.called(line)
        self.run_for(line, meter, 5000)
        self.assertEqual(meter.last_error, "mode C not offered")
        self.assertEqual(line.heard, b"/?!\r\n")

    def test_a_port_that_is_not_there_and_comes_back(self):
        line = ModeC()
        line.is_broken = True
        meter = self.called(line)
        self.run_for(line, meter, 30000)
        self.assertTrue(1 <= meter.counts["port"] <= 2)
        line.is_broken = False
        self.run_for(line, meter, 60000)
        self.assertEqual(meter.sequence, 1)


if __name__ == "__main__":
    unittest.main()
