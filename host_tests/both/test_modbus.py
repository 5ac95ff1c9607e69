"""wire.modbus: frames from outside, every way a reply can be wrong, floats without floats."""

import random
import unittest

import crc_bench
import micropython
from pilotlight.wire import modbus, registers

# SDM630 slave 1, function 4, 12 registers from 0x0006
REQUEST = bytes([0x01, 0x04, 0x00, 0x06, 0x00, 0x0C, 0x10, 0x0E])
# SDM power of -172.59 W as recorded in Tasmota issue 17671
GOLDEN = bytes([0x01, 0x04, 0x04, 0xC3, 0x2C, 0x98, 0x22, 0xED, 0xD0])
# what pymodbus 3.16.1 answers to a read of 126 registers: function byte 0x80, not 0x84
ODD_EXCEPTION = bytes([0x01, 0x80, 0x01, 0x80, 0x00])


def sealed(*data):
    return crc_bench.sealed(data)


def request(address, function, start, count):
    into = bytearray(8)
    modbus.read_request(address, function, start, count, into)
    return into


TWO = request(1, 4, 0x000C, 2)


class TestRequest(unittest.TestCase):
    def test_crc_check_value(self):
        self.assertEqual(modbus.crc16(b"123456789", 0, 9), 0x4B37)

    def test_crc_over_frame_and_crc_is_0(self):
        self.assertEqual(modbus.crc16(GOLDEN, 0, len(GOLDEN)), 0)

    def test_crc_agrees_with_the_bitwise_one(self):
        data = bytes(range(256))
        for start in range(0, 256, 7):
            self.assertEqual(modbus.crc16(data, start, 256), crc_bench.crc_bitwise(data[start:]))

    def test_golden_request(self):
        self.assertEqual(bytes(request(1, 4, 6, 12)), REQUEST)

    def test_high_start(self):
        self.assertEqual(bytes(request(247, 3, 0xFC02, 125))[:6], b"\xf7\x03\xfc\x02\x00\x7d")

    def test_out_of_range_is_named(self):
        rows = (
            (0, 4, 0, 1, "modbus address: 0 is out of range (1...247)"),
            (248, 4, 0, 1, "modbus address: 248 is out of range (1...247)"),
            (1, 6, 0, 1, "modbus function: 6 is out of range (3...4)"),
            (1, 4, 65536, 1, "modbus start: 65536 is out of range (0...65535)"),
            (1, 4, 0, 126, "modbus count: 126 is out of range (1...125)"),
        )
        for address, function, start, count, text in rows:
            with self.assertRaises(ValueError) as caught:
                request(address, function, start, count)
            self.assertEqual(str(caught.exception), text)


class TestReply(unittest.TestCase):
    def setUp(self):
        self.reply = modbus.Reply()
        self.reply.expect(TWO)

    def feed(self, data):
        return self.reply.feed(data, len(data))

    def check_failed(self, data, error, text):
        self.assertEqual(self.feed(data), modbus.FAILED)
        self.assertEqual(self.reply.error, error)
        self.assertEqual(self.reply.text(), text)

    def test_nothing_is_expected_at_first(self):
        self.assertEqual(modbus.Reply().feed(GOLDEN, 9), modbus.FAILED)

    def test_golden_reply(self):
        self.assertEqual(self.feed(GOLDEN), modbus.DONE)
        self.assertEqual(self.reply.text(), "ok")
        at = modbus.DATA_AT
        self.assertEqual(registers.f32(self.reply.buf, at, 1), -173)
        self.assertEqual(registers.f32(self.reply.buf, at, 1000), -172594)

    def test_byte_by_byte(self):
        for at in range(len(GOLDEN)):
            self.assertEqual(self.reply.state, modbus.WAITING, at)
            self.feed(GOLDEN[at : at + 1])
        self.assertEqual(self.reply.state, modbus.DONE)

    def test_only_the_first_count_bytes_are_taken(self):
        self.assertEqual(self.reply.feed(GOLDEN + b"rest", 9), modbus.DONE)

    def test_every_single_bit_error_is_refused(self):
        for bit in range(8 * len(GOLDEN)):
            data = bytearray(GOLDEN)
            data[bit >> 3] ^= 1 << (bit & 7)
            self.reply.expect(TWO)
            self.feed(data)
            self.reply.give_up()
            self.assertEqual(self.reply.state, modbus.FAILED, bit)

    def test_bad_crc(self):
        self.check_failed(GOLDEN[:8] + b"\x00", modbus.BAD_CRC, "bad crc")

    def test_wrong_address(self):
        data = sealed(2, 4, 4, 0, 0, 0, 0)
        self.check_failed(data, modbus.WRONG_ADDRESS, "address 2 answered instead of 1")

    def test_wrong_function(self):
        data = sealed(1, 3, 4, 0, 0, 0, 0)
        self.check_failed(data, modbus.WRONG_FUNCTION, "function 3 came instead of 4")

    def test_late_reply_to_a_longer_block(self):
        data = sealed(1, 4, 6, 0, 0, 0, 0, 0, 0)
        self.check_failed(data, modbus.WRONG_COUNT, "6 data bytes came instead of 4")

    def test_noise(self):
        self.check_failed(b"\x55\x33\x0f", modbus.NOISE, "noise")

    def test_trailing_in_the_same_chunk(self):
        self.check_failed(GOLDEN + b"\x00", modbus.TRAILING, "trailing: 1 bytes")

    def test_trailing_after_done(self):
        self.assertEqual(self.feed(GOLDEN), modbus.DONE)
        self.check_failed(b"\x00\x00", modbus.TRAILING, "trailing: 2 bytes")

    def test_feeding_nothing_after_done_changes_nothing(self):
        self.feed(GOLDEN)
        self.assertEqual(self.feed(b""), modbus.DONE)

    def test_frame_longer_than_modbus_has(self):
        self.check_failed(b"\x01\x04\xff", modbus.OVERFLOW, "overflow: 260 bytes")

    def test_more_bytes_than_the_buffer(self):
        self.check_failed(bytes(300), modbus.OVERFLOW, "overflow: 300 bytes")

    def test_largest_reply_behind_its_echo(self):
        asked = request(1, 4, 0, 125)
        self.reply.expect(asked)
        data = bytes(asked) + sealed(1, 4, 250, *range(250))
        self.assertEqual(self.feed(data), modbus.DONE)
        self.assertEqual(self.reply.buf[3:7], b"\x00\x01\x02\x03")

    def test_no_reply(self):
        self.reply.give_up()
        self.assertEqual(self.reply.error, modbus.NO_REPLY)
        self.assertEqual(self.reply.text(), "no reply")

    def test_cut_short(self):
        self.feed(GOLDEN[:5])
        self.reply.give_up()
        self.assertEqual(self.reply.text(), "cut short: 5 bytes")

    def test_giving_up_after_done_changes_nothing(self):
        self.feed(GOLDEN)
        self.reply.give_up()
        self.assertEqual(self.reply.state, modbus.DONE)

    def test_after_a_failure_more_bytes_change_nothing(self):
        self.feed(b"\x55\x33\x0f")
        self.check_failed(GOLDEN, modbus.NOISE, "noise")

    def test_what_is_still_owed(self):
        """After a spoiled reply nothing more comes; after noise, silence or another's reply it may."""
        for data, is_owed in (
            (b"", True),
            (GOLDEN[:4], True),
            (GOLDEN[:7], False),  # two bytes were lost on the way
            (GOLDEN[:-1] + b"\x00", False),
            (sealed(1, 4, 0)[:4] + b"\x00", True),  # a few bytes that look like a short frame
            (b"\x55\x2a\x55", True),
            (GOLDEN + b"\x00", True),
            (sealed(1, 4, 2, 0, 0), True),
            (sealed(2, *GOLDEN[1:-2]), True),
            (sealed(1, 0x84, 2), False),
            (GOLDEN, False),
        ):
            self.reply.expect(TWO)
            self.feed(data)
            self.reply.give_up()
            self.assertEqual(self.reply.is_owed, is_owed, data)

    def test_names_for_every_error(self):
        self.assertEqual(len(modbus.NAMES), modbus.NOISE + 1)
        self.assertEqual(modbus.NAMES[modbus.TRAILING], "trailing")


class TestExceptions(unittest.TestCase):
    def failed(self, data):
        reply = modbus.Reply()
        reply.expect(TWO)
        reply.feed(data, len(data))
        self.assertEqual(reply.state, modbus.FAILED)
        return reply

    def test_codes(self):
        rows = (
            (1, True, "exception 1 (illegal function)"),
            (2, True, "exception 2 (illegal address)"),
            (3, True, "exception 3 (illegal count)"),
            (4, False, "exception 4 (device failure)"),
            (6, False, "exception 6 (busy)"),
            (99, False, "exception 99 (unknown)"),
        )
        for code, is_refused, text in rows:
            reply = self.failed(sealed(1, 0x84, code))
            self.assertEqual(reply.error, modbus.EXCEPTION)
            self.assertEqual(reply.is_refused, is_refused, code)
            self.assertEqual(reply.text(), text)

    def test_any_function_with_bit_7(self):
        reply = self.failed(ODD_EXCEPTION)
        self.assertEqual(reply.error, modbus.EXCEPTION)
        self.assertEqual(reply.detail, 1)

    def test_exception_with_a_bad_crc(self):
        self.assertEqual(self.failed(b"\x01\x84\x02\x00\x00").error, modbus.BAD_CRC)

    def test_exception_of_another_slave(self):
        reply = self.failed(sealed(7, 0x84, 2))
        self.assertEqual(reply.error, modbus.WRONG_ADDRESS)
        self.assertFalse(reply.is_refused)


class TestEcho(unittest.TestCase):
    def fed(self, data, step):
        reply = modbus.Reply()
        reply.expect(TWO)
        for at in range(0, len(data), step):
            part = data[at : at + step]
            reply.feed(part, len(part))
        return reply

    def test_echo_is_dropped_however_it_is_cut(self):
        data = bytes(TWO) + GOLDEN
        for step in range(1, len(data) + 1):
            reply = self.fed(data, step)
            self.assertEqual(reply.state, modbus.DONE, step)
            self.assertEqual(reply.buf[3:7], GOLDEN[3:7])

    def test_echo_then_exception(self):
        self.assertEqual(self.fed(bytes(TWO) + sealed(1, 0x84, 2), 3).error, modbus.EXCEPTION)

    def test_only_one_echo(self):
        self.assertEqual(self.fed(bytes(TWO) * 2 + GOLDEN, 25).state, modbus.FAILED)

    def test_only_the_echo(self):
        reply = self.fed(bytes(TWO), 8)
        reply.give_up()
        self.assertEqual(reply.error, modbus.NO_REPLY)

    def test_half_an_echo(self):
        reply = self.fed(bytes(TWO)[:5], 5)
        reply.give_up()
        self.assertEqual(reply.error, modbus.CUT_SHORT)

    def test_request_that_begins_like_a_reply(self):
        """start 0x0401: its high byte equals the byte count of the reply to 2 registers."""
        asked = request(1, 4, 0x0401, 2)
        data = sealed(1, 4, 4, 1, 0, 2, 9)
        reply = modbus.Reply()
        reply.expect(asked)
        reply.feed(data, len(data))
        self.assertEqual(reply.state, modbus.DONE)


class TestRandomBytes(unittest.TestCase):
    def test_nothing_random_is_accepted_and_nothing_raises(self):
        random.seed(20)
        reply = modbus.Reply()
        for _ in range(600):
            reply.expect(TWO)
            for _ in range(random.randint(1, 6)):
                data = bytes([random.getrandbits(8) for _ in range(random.randint(0, 60))])
                # start half of them like a real frame, to get deeper
                data = b"\x01\x04" + data if random.getrandbits(1) else data
                reply.feed(data, len(data))
            reply.give_up()
            self.assertEqual(reply.state, modbus.FAILED)
            self.assertTrue(reply.text())


class TestAllocation(unittest.TestCase):
    def test_a_whole_reply_allocates_nothing(self):
        reply = modbus.Reply()
        chunk = bytearray(64)
        chunk[0 : len(GOLDEN)] = GOLDEN
        reply.expect(TWO)
        reply.feed(chunk, 9)
        micropython.heap_lock()
        try:
            reply.expect(TWO)
            state = reply.feed(chunk, 4)
            reply.give_up()
            reply.expect(TWO)
            state = reply.feed(chunk, 9)
            milli = registers.f32(reply.buf, 3, 1000)
        finally:
            micropython.heap_unlock()
        self.assertEqual(state, modbus.DONE)
        self.assertEqual(milli, -172594)


if __name__ == "__main__":
    unittest.main()
