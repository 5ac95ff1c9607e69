"""drivers.meter: transactions with a slave that computes its replies and sends them in real time.

Runs on the interpreter's own clock at 115200 baud; windows are wide, what is asserted tightly are
lower bounds of waiting.
"""

import asyncio
import struct
import unittest
from time import ticks_add, ticks_diff, ticks_ms

from crc_bench import sealed
from pilotlight.drivers.meter import Line, SerialMeter
from pilotlight.wire import meters

SDM630 = meters.model("sdm630")
FLOATS = {
    0x0000: 230.0,
    0x0002: 231.0,
    0x0004: 229.5,
    0x0006: 16.2,
    0x0008: 0.051,
    0x000A: 31.999,
    0x000C: -172.6,
    0x000E: 11.0,
    0x0010: 7300.0,
    0x0048: 1234.5,
    0x004A: 0.25,
}


class Slave:
    """A stream with an SDM630 behind it: registers, a turn-around time, and ways to misbehave."""

    def __init__(self, address=1):
        self.floats = dict(FLOATS)
        self.address = address
        self.turn_ms = 20
        self.fault = None
        self.only = None  # count of registers of the one read it answers
        self.is_echoing = False
        self.is_broken = False
        self.is_closed = False
        self.accepts = 8  # bytes per write
        self.requests = []  # ticks at which whole requests came
        self._got = b""
        self._sending = []  # (ticks, bytes)

    def write(self, data):
        if self.is_broken:
            raise OSError(5)
        if self.accepts == 0:
            return None
        part = bytes(data)[: self.accepts]
        self._got += part
        if self.is_echoing:
            self.send(part, 0)
        if len(self._got) == 8:
            request, self._got = self._got, b""
            self.requests.append(ticks_ms())
            self._answer(request)
        return len(part)

    def send(self, data, after_ms):
        if data:
            self._sending.append((ticks_add(ticks_ms(), after_ms), data))

    def readinto(self, buf):
        if self.is_broken:
            raise OSError(5)
        if self.is_closed:
            return 0
        if not self._sending or ticks_diff(self._sending[0][0], ticks_ms()) > 0:
            return None
        due_ms, data = self._sending.pop(0)
        part = data[: len(buf)]
        buf[: len(part)] = part
        if len(part) < len(data):
            self._sending.insert(0, (due_ms, data[len(part) :]))
        elif self.fault == "trailing" and not self._sending and len(part) > 1:
            self.send(b"\x00", 2)  # behind the frame, after the reader has seen its end
        return len(part)

    def _answer(self, request):
        if sealed(request[:6]) != request or request[0] != self.address:
            return
        _, function, start, count = struct.unpack(">BBHH", request[:6])
        if self.only not in (None, count):
            return
        reply = self._reply(function, start, count)
        if self.fault == "silent":
            return
        if self.fault == "half":
            self.send(reply[: len(reply) // 2], self.turn_ms)
            return
        if self.fault == "crc":
            reply = reply[:-1] + bytes([reply[-1] ^ 1])
        if self.fault == "noise":
            self.send(b"\x55\x2a\x55", 5)
        if self.fault == "doubled":
            self.send(reply, 5)
        if self.fault == "garbage":
            reply = b"\x13\x37\xca\xfe" * 9
        # two pieces, as a line delivers them
        self.send(reply[:6], self.turn_ms)
        self.send(reply[6:], self.turn_ms + 3)

    def _reply(self, function, start, count):
        address = self.address + 1 if self.fault == "wrong-slave" else self.address
        known = function == 4 and all(at in self.floats for at in range(start, start + count, 2))
        if self.fault == "busy":
            body = bytes([address, function | 0x80, 6])
        elif not known:
            body = bytes([address, function | 0x80, 2])
        else:
            body = bytes([address, function, 2 * count])
            for at in range(start, start + count, 2):
                body += struct.pack(">f", self.floats[at])
        return sealed(body)


def meter_on(slave):
    return SerialMeter(Line(slave, 115200), SDM630, slave.address)


async def poll_times(meter, times, block=0):
    results = []
    for _ in range(times):
        results.append(await meter.poll(block))
    return results


def polled(meter, times=1, block=0):
    return asyncio.run(poll_times(meter, times, block))


class TestValues(unittest.TestCase):
    def setUp(self):
        self.slave = Slave()
        self.meter = meter_on(self.slave)

    def test_unknown_before_the_first_reply(self):
        meter = self.meter
        self.assertEqual(meter.current_ma, [None] * 3)
        self.assertIsNone(meter.energy_wh)
        self.assertIsNone(meter.taken_ms)
        self.assertIsNone(meter.last_error)
        self.assertEqual(meter.sequence, 0)

    def test_balancing_read(self):
        before_ms = ticks_ms()
        self.assertEqual(polled(self.meter), [True])
        self.assertEqual(self.meter.current_ma, [16200, 51, 31999])
        self.assertEqual(self.meter.power_w, [-173, 11, 7300])
        self.assertEqual(self.meter.voltage_mv, [None] * 3)
        self.assertEqual(self.meter.sequence, 1)
        self.assertEqual(self.meter.counts["ok"], 1)
        age_ms = ticks_diff(ticks_ms(), self.meter.taken_ms)
        self.assertTrue(self.slave.turn_ms <= age_ms < 1000, age_ms)
        self.assertTrue(ticks_diff(self.meter.taken_ms, before_ms) >= 0)

    def test_optional_reads(self):
        self.assertEqual(polled(self.meter, 1, 1), [True])
        self.assertEqual(polled(self.meter, 1, 2), [True])
        self.assertEqual(self.meter.voltage_mv, [230000, 231000, 229500])
        self.assertEqual((self.meter.energy_wh, self.meter.export_wh), (1234500, 250))
        self.assertEqual(self.meter.sequence, 0)  # no new sample of the currents
        self.assertIsNone(self.meter.taken_ms)
        self.assertIsNone(self.meter.reads[0].taken_ms)
        self.assertIsNotNone(self.meter.reads[2].taken_ms)

    def test_not_a_number_is_unknown(self):
        self.slave.floats[0x0008] = float("nan")
        self.assertEqual(polled(self.meter), [True])
        self.assertEqual(self.meter.current_ma, [16200, None, 31999])

    def test_echo_of_the_own_request(self):
        self.slave.is_echoing = True
        self.assertEqual(polled(self.meter), [True])

    def test_a_line_that_takes_3_bytes_at_a_time(self):
        self.slave.accepts = 3
        self.assertEqual(polled(self.meter), [True])

    def test_old_bytes_are_dropped_before_a_request(self):
        self.slave.send(b"\x01\x04\x18" + bytes(100), 0)
        self.assertEqual(polled(self.meter), [True])

    def test_a_babbling_line_ends(self):
        self.slave.send(bytes(4000), 0)
        self.assertEqual(polled(self.meter), [False])
        self.assertEqual(self.meter.counts["ok"], 0)


class TestFaults(unittest.TestCase):
    def setUp(self):
        self.slave = Slave()
        self.meter = meter_on(self.slave)

    def check(self, fault, name, text, asked=3):
        """A fault is named and counted, leaves the values alone, and the next poll is good."""
        self.assertEqual(polled(self.meter), [True])
        taken_ms = self.meter.taken_ms
        self.slave.fault = fault
        self.assertEqual(polled(self.meter), [False])
        self.assertEqual(self.meter.last_error, text)
        self.assertEqual(self.meter.counts[name], 1)
        self.assertEqual(self.meter.current_ma, [16200, 51, 31999])
        self.assertEqual((self.meter.taken_ms, self.meter.sequence), (taken_ms, 1))
        self.slave.fault = None
        self.assertEqual(polled(self.meter), [True])
        self.assertEqual(self.meter.sequence, 2)
        self.assertEqual(sum(self.meter.counts.values()), asked)

    def test_silent(self):
        """Then another read first, to know that no answer is on its way."""
        self.check("silent", "no reply", "no reply", 4)

    def test_half(self):
        self.check("half", "cut short", "cut short: 14 bytes")

    def test_crc(self):
        self.check("crc", "bad crc", "bad crc")

    def test_garbage(self):
        self.check("garbage", "noise", "noise")

    def test_wrong_slave(self):
        self.check("wrong-slave", "wrong address", "address 2 answered instead of 1")

    def test_trailing(self):
        self.check("trailing", "trailing", "trailing: 1 bytes")

    def test_busy(self):
        self.check("busy", "exception", "exception 6 (busy)")
        self.assertFalse(self.meter.reads[0].is_refused)

    def test_a_block_with_a_hole_is_read_in_pieces(self):
        del self.slave.floats[0x004A]
        self.assertEqual(polled(self.meter, 1, 2), [False])
        self.assertEqual(self.meter.last_error, "exception 2 (illegal address)")
        self.assertIsNone(self.meter.energy_wh)
        self.assertEqual(len(self.meter.reads), 4)
        self.assertEqual(polled(self.meter, 1, 2), [True])
        self.assertEqual(polled(self.meter, 2, 3), [False] * 2)  # nothing is left to cut
        self.assertTrue(self.meter.reads[3].is_refused)
        self.assertEqual(len(self.meter.reads), 4)
        self.assertEqual((self.meter.energy_wh, self.meter.export_wh), (1234500, None))
        self.assertEqual(polled(self.meter), [True])
        self.assertFalse(self.meter.reads[0].is_refused)

    def test_a_balancing_read_with_a_hole_goes_on_with_the_currents(self):
        del self.slave.floats[0x000E]
        self.assertEqual(polled(self.meter, 2), [False, True])
        self.assertEqual(self.meter.current_ma, [16200, 51, 31999])
        self.assertEqual((self.meter.power_w, self.meter.sequence), ([None] * 3, 1))
        self.assertEqual([read.block.every_ms for read in self.meter.reads[::3]], [0, 1000])

    def test_late_reply_is_not_taken_for_the_next_one(self):
        """It comes 330 ms after the request, in the quiet time behind the timeout."""
        self.slave.turn_ms = 330
        self.assertEqual(polled(self.meter, 1, 1), [False])
        self.assertEqual(self.meter.last_error, "no reply")
        self.slave.turn_ms = 20
        self.assertEqual(polled(self.meter), [True])
        self.assertEqual(self.meter.voltage_mv, [None] * 3)

    def test_reply_later_than_the_quiet_time_fails_by_its_length(self):
        # 450 ms: behind timeout (254 ms) and quiet time (100 ms), within the next transaction
        self.slave.turn_ms = 450
        self.assertEqual(polled(self.meter, 1, 1), [False])
        self.slave.fault = "silent"
        self.assertEqual(polled(self.meter), [False])
        self.assertEqual(self.meter.counts["wrong count"], 1)

    def test_a_late_reply_is_not_taken_for_one_to_the_same_read(self):
        """A reply to another read comes first: replies come in the order of requests."""
        self.assertEqual(polled(self.meter, 1, 1), [True])
        self.slave.turn_ms = 450  # within the next transaction, which asks for something else
        self.assertEqual(polled(self.meter), [False])
        self.slave.turn_ms = 20
        self.slave.floats[0x0006] = 99.0
        self.slave.fault = "silent"
        self.assertEqual(polled(self.meter), [False])
        self.assertEqual(self.meter.last_error, "24 data bytes came instead of 12")
        self.assertEqual((self.meter.current_ma, self.meter.sequence), ([None] * 3, 0))
        self.slave.fault = None
        self.assertEqual(polled(self.meter), [True])
        self.assertEqual(self.meter.current_ma, [99000, 51, 31999])
        self.assertEqual(self.meter.counts["ok"], 3)  # one of them told that no more is owed

    def test_a_slow_reply_behind_noise_is_not_taken_for_the_next_one(self):
        """It is in time, 200 ms after its request; the line is left in peace until then."""
        self.slave.turn_ms = 200
        self.slave.fault = "noise"
        self.assertEqual(polled(self.meter), [False])
        self.assertEqual(self.meter.last_error, "noise")
        self.slave.fault = None
        self.slave.floats[0x0006] = 99.0
        self.assertEqual(polled(self.meter), [True])
        self.assertEqual(self.meter.current_ma, [99000, 51, 31999])

    def test_the_answer_to_a_second_master_is_not_ours(self):
        """It asked just before us, another block of the same length."""
        self.slave.send(sealed(b"\x01\x04\x00\x00\x00\x0c"), 0)
        self.slave.send(sealed(b"\x01\x04\x18" + bytes(24)), 30)
        self.assertEqual(polled(self.meter), [True])
        self.assertEqual(self.meter.current_ma, [16200, 51, 31999])

    def test_a_doubled_reply_is_not_taken_for_the_next_one(self):
        """It comes sooner than the meter thinks, and is then followed by the true one."""
        self.slave.turn_ms = 40
        self.assertEqual(polled(self.meter), [True])
        self.slave.fault = "doubled"
        self.assertEqual(polled(self.meter), [False])
        self.assertEqual(self.meter.counts["trailing"], 1)
        self.slave.fault = None
        self.assertEqual(polled(self.meter), [True])

    def test_a_meter_that_never_answers_its_other_reads_is_read_all_the_same(self):
        """No answer to them tells anything: in one of four cases it is asked without."""
        self.slave.only = 12
        self.slave.fault = "silent"
        self.assertEqual(polled(self.meter), [False])
        self.slave.fault = None
        self.assertEqual(polled(self.meter, 5), [False] * 3 + [True] * 2)

    def test_broken_and_closed_streams(self):
        self.slave.is_broken = True
        self.assertEqual(polled(self.meter), [False])
        self.assertTrue(self.meter.last_error.startswith("serial port: "))
        self.slave.is_broken = False
        self.slave.is_closed = True
        self.assertEqual(polled(self.meter), [False])
        self.assertEqual(self.meter.last_error, "serial port: closed by the other side")
        self.assertEqual(self.meter.counts["port"], 2)

    def test_a_line_that_takes_nothing(self):
        self.slave.accepts = 0
        self.assertEqual(polled(self.meter), [False])
        self.assertEqual(self.meter.last_error, "no reply")

    def test_cancelled_in_the_middle(self):
        """The reply to the cancelled request comes 150 ms later and is not taken for the next."""
        self.slave.turn_ms = 150

        async def cancel_then_poll():
            task = asyncio.create_task(self.meter.poll(1))
            await asyncio.sleep(0.05)
            task.cancel()
            try:
                await task
            except asyncio.CancelledError:
                pass
            self.slave.turn_ms = 20
            return await self.meter.poll()

        self.assertTrue(asyncio.run(cancel_then_poll()))
        self.assertEqual(self.meter.voltage_mv, [None] * 3)


class TestTiming(unittest.TestCase):
    def spaces(self, slave):
        times = slave.requests
        return [ticks_diff(times[i], times[i - 1]) for i in range(1, len(times))]

    def test_gap_between_requests(self):
        """At least the turn-around and 100 ms; not much more, or the line is wasted."""
        slave = Slave()
        self.assertEqual(polled(meter_on(slave), 4), [True] * 4)
        spaces_ms = self.spaces(slave)
        self.assertTrue(min(spaces_ms) >= slave.turn_ms + 100, spaces_ms)
        self.assertTrue(min(spaces_ms) < 200, spaces_ms)  # one of them was not held up by the PC

    def test_silence_lasts_the_allowance_and_the_quiet_time(self):
        slave = Slave()
        slave.fault = "silent"
        self.assertEqual(polled(meter_on(slave), 2), [False] * 2)
        # 8 + 29 characters at 115200 baud are 4 ms
        space_ms = self.spaces(slave)[0]
        self.assertTrue(250 + 4 + 100 <= space_ms < 1000, space_ms)

    def test_longer_gap_when_the_address_changes(self):
        slave = Slave(1)
        line = Line(slave, 115200)
        first = SerialMeter(line, SDM630, 1)
        second = SerialMeter(line, SDM630, 2)

        async def in_turn():
            good = await first.poll()
            slave.address = 2
            return good and await second.poll()

        self.assertTrue(asyncio.run(in_turn()))
        self.assertTrue(self.spaces(slave)[0] >= slave.turn_ms + 200, self.spaces(slave))
        self.assertEqual((first.counts["ok"], second.counts["ok"]), (1, 1))

    def test_a_deadline_of_days_ago_does_not_hold_the_line(self):
        """After 6.2 to 12.4 days without a poll, ticks say that it lies ahead."""
        slave = Slave()
        line = Line(slave, 115200)
        meter = SerialMeter(line, SDM630, 1)
        self.assertEqual(polled(meter), [True])
        line._ready_ms = ticks_add(ticks_ms(), 1 << 28)

        async def not_for_ever():
            return await asyncio.wait_for(meter.poll(), 3)

        self.assertTrue(asyncio.run(not_for_ever()))

    def test_wire_times(self):
        """8 + 29 characters at 9600 8N1 are 38.5 ms, at 2400 with parity 170 ms."""
        self.assertEqual(Line(Slave(), 9600).wire_ms(37), 39)
        self.assertEqual(Line(Slave(), 2400, 11).wire_ms(37), 170)

    def test_a_stalled_loop_does_not_lose_a_reply(self):
        slave = Slave()
        meter = meter_on(slave)

        async def stall():
            await asyncio.sleep(0.01)
            begin_ms = ticks_ms()
            while ticks_diff(ticks_ms(), begin_ms) < 400:
                pass

        async def both():
            task = asyncio.create_task(stall())
            good = await meter.poll()
            await task
            return good

        self.assertTrue(asyncio.run(both()))


if __name__ == "__main__":
    unittest.main()
