"""wire.sml: telegrams of real meters, every way one can be wrong, integers of any width."""

import random
import unittest

import micropython
import sml_frames as frames
from pilotlight.wire import sml, smlbytes, smllist

NONE = [None, None, None]
W = b"\x10\x07\x00"  # sum of power
WH = b"\x01\x08\x00"  # import

# name, telegram, mA, W, mV, sum of W, Wh, Wh export, mHz, whole kWh
METERS = (
    ("eBZ", frames.EBZ, NONE, [82, 27, 244], NONE, 353, 450092, 2198, None, False),
    ("Holley", frames.HOLLEY, [1060, 1740, 910], NONE, [232300, 232500, 232500], 460, 177360, 314926, 50000, False),
    ("Iskra", frames.ISKRA, NONE, [-1392, -1432, -1482], NONE, -4308, 10732309, 28275325, None, False),
    ("EasyMeter", frames.EASYMETER, [2172, 273, 1040], [505, 63, 242], [232500, 230700, 232500], 810, 2941646, 110073, None, False),
    ("EMH", frames.EMH, NONE, NONE, NONE, 137, 2795693, None, None, False),
    ("EMH, tariffs", frames.EMH_TARIFFS, NONE, NONE, NONE, None, 14800125, None, None, False),
    ("no PIN", frames.NO_PIN, NONE, NONE, NONE, None, 2043000, 0, None, True),
    ("PIN", frames.PIN, NONE, NONE, NONE, 193, 2043105, 0, None, False),
    ("DZG", frames.DZG, NONE, NONE, NONE, None, 5430158, 26244573, None, False),
    ("Q3C", frames.Q3C, NONE, [-902, -665, -583], NONE, None, None, None, None, False),
    ("DZG, padded", frames.DZG_PADDED, NONE, NONE, NONE, None, 72000, None, None, True),
    ("DZG, export", frames.DZG_EXPORT, NONE, NONE, NONE, None, 13233, 1500321, None, False),
)  # fmt: skip


def values(telegram):
    return (
        telegram.current_ma,
        telegram.power_w,
        telegram.voltage_mv,
        telegram.total_w,
        telegram.energy_wh,
        telegram.export_wh,
        telegram.frequency_mhz,
        telegram.is_rounded,
    )


def feed(telegram, data):
    return telegram.feed(data, len(data))


def fed(data, kind=sml.X25):
    telegram = sml.Telegram(kind)
    feed(telegram, data)
    return telegram


def fed_entries(*entries, **more):
    return fed(frames.telegram(frames.list_message(entries, **more)))


class TestMeters(unittest.TestCase):
    def test_values(self):
        for row in METERS:
            telegram = fed(row[1], sml.AUTO)
            self.assertEqual(telegram.state, sml.DONE, row[0])
            self.assertEqual(telegram.text(), "ok")
            self.assertEqual(values(telegram), tuple(row[2:]), row[0])

    def test_cut_into_chunks_of_any_size(self):
        for size in (1, 2, 3, 7, 8, 64, 255):
            telegram = sml.Telegram()
            for row in METERS:
                done = 0
                for at in range(0, len(row[1]), size):
                    done += feed(telegram, row[1][at : at + size]) == sml.DONE
                self.assertEqual(done, 1, (row[0], size))
                self.assertEqual(values(telegram), tuple(row[2:]), row[0])

    def test_only_the_first_count_bytes_are_taken(self):
        telegram = sml.Telegram()
        size = len(frames.PIN)
        self.assertEqual(telegram.feed(frames.PIN, size - 1), sml.WAITING)
        self.assertEqual(telegram.feed(frames.PIN[-1:] + b"rest", 1), sml.DONE)

    def test_hints(self):
        rows = (
            (frames.EBZ, False, ""),
            (frames.NO_PIN, True, "no values per phase: enter the meter's PIN, set INF on and PIN off"),
            (frames.PIN, True, "no values per phase: enter the PIN, set INF on; a basic meter has none"),
        )  # fmt: skip
        for frame, is_reduced, text in rows:
            telegram = fed(frame)
            self.assertEqual(telegram.is_reduced(), is_reduced)
            self.assertEqual(telegram.hint(), text)

    def test_nothing_is_said_before_the_first_telegram(self):
        telegram = sml.Telegram()
        self.assertTrue(telegram.is_reduced())
        self.assertEqual(telegram.hint(), "")
        self.assertEqual(telegram.text(), "no telegram")

    def test_power_of_a_phase_by_its_own_code_comes_first(self):
        one = frames.entry(b"\x15\x07\x00", b"\x62\x07")
        own = frames.entry(b"\x24\x07\x00", b"\x52\xfb")
        for entries in ((one, own), (own, one)):
            self.assertEqual(fed_entries(*entries).power_w, [-5, None, None])
        self.assertEqual(fed_entries(one).power_w, [7, None, None])

    def test_one_phase_of_three_is_reduced(self):
        self.assertTrue(fed_entries(frames.entry(b"\x24\x07\x00", b"\x62\x05")).is_reduced())


class TestStream(unittest.TestCase):
    def setUp(self):
        self.telegram = sml.Telegram(sml.X25)

    def test_back_to_back(self):
        for row in METERS:
            data = row[1] * 2 + row[1][:30]
            self.assertEqual(feed(self.telegram, data), sml.DONE, row[0])
            self.assertEqual(values(self.telegram), tuple(row[2:]), row[0])

    def test_noise_between(self):
        for noise in (
            b"\x00\xff",
            b"\x1b",
            b"\x1b" * 7,
            b"\x01" * 9,
            frames.START[:6],
            b"\x1b\x1a",
        ):
            feed(self.telegram, noise)
            self.assertEqual(feed(self.telegram, frames.PIN), sml.DONE, noise)

    def test_whole_after_cut(self):
        """Only behind a cut right after four 1B do the next four look doubled: one is lost."""
        frame = frames.PIN
        lost = len(frame) - 4
        for cut in range(len(frame)):
            telegram = sml.Telegram(sml.X25)
            state = feed(telegram, frame[:cut] + frame)
            self.assertEqual(state, sml.FAILED if cut == lost else sml.DONE, cut)
            self.assertEqual(feed(telegram, frame), sml.DONE, cut)
            self.assertEqual(telegram.energy_wh, 2043105)

    def test_a_new_start_ends_the_former_telegram(self):
        self.assertEqual(feed(self.telegram, frames.PIN[:100] + frames.START), sml.FAILED)
        self.assertEqual(self.telegram.text(), "cut short")
        self.assertEqual(feed(self.telegram, frames.PIN[8:]), sml.DONE)

    def test_missing_bytes_anywhere(self):
        for at in range(len(frames.PIN)):
            telegram = sml.Telegram(sml.X25)
            feed(telegram, frames.PIN[:at] + frames.PIN[at + 1 :])
            self.assertNotEqual(telegram.error, sml.OK, at)
            self.assertIsNone(telegram.energy_wh)

    def test_a_failure_keeps_the_values_and_the_hint(self):
        feed(self.telegram, frames.EBZ)
        self.assertEqual(feed(self.telegram, frames.NO_PIN[:-1] + b"\x00"), sml.FAILED)
        self.assertEqual(self.telegram.power_w, [82, 27, 244])
        self.assertEqual(self.telegram.hint(), "")

    def test_good_before_bad_in_one_chunk_is_done(self):
        self.assertEqual(feed(self.telegram, frames.PIN + frames.PIN[:-1] + b"\x00"), sml.DONE)
        self.assertEqual(self.telegram.text(), "ok")

    def test_state_is_told_anew(self):
        self.assertEqual(feed(self.telegram, frames.PIN), sml.DONE)
        self.assertEqual(feed(self.telegram, b""), sml.WAITING)

    def test_giving_up(self):
        rows = ((b"", "no telegram"), (b"\x55\xaa", "noise"), (frames.PIN[:50], "cut short"))
        for data, text in rows:
            feed(self.telegram, data)
            self.telegram.give_up()
            self.assertEqual(self.telegram.state, sml.FAILED)
            self.assertEqual(self.telegram.text(), text)
            self.telegram.give_up()
            self.assertEqual(self.telegram.text(), "no telegram")
        self.assertEqual(feed(self.telegram, frames.PIN), sml.DONE)

    def test_giving_up_forgets_half_a_start(self):
        feed(self.telegram, frames.START[:7])
        self.telegram.give_up()
        feed(self.telegram, frames.START[7:] + frames.PIN[8:])
        self.assertIsNone(self.telegram.energy_wh)


class TestSteps(unittest.TestCase):
    def test_a_telegram_is_done_some_calls_later(self):
        for steps in (1, 2, 5, 100):
            telegram = sml.Telegram(sml.AUTO, steps)
            for row in METERS:
                state = feed(telegram, row[1])
                calls = 0
                while state == sml.WAITING:
                    state = feed(telegram, b"")
                    calls += 1
                self.assertEqual(state, sml.DONE)
                self.assertEqual(values(telegram), tuple(row[2:]), row[0])
                self.assertEqual(calls == 0, steps == 100, row[0])
                self.assertEqual(feed(telegram, b""), sml.WAITING)

    def test_the_next_telegram_does_not_wait(self):
        telegram = sml.Telegram(sml.AUTO, 1)
        self.assertEqual(feed(telegram, frames.EBZ + frames.START[:7]), sml.WAITING)
        self.assertEqual(feed(telegram, frames.START[7:]), sml.DONE)
        self.assertEqual(telegram.power_w, [82, 27, 244])
        self.assertEqual(feed(telegram, frames.PIN[8:] + frames.PIN), sml.DONE)
        self.assertEqual(telegram.total_w, 193)

    def test_a_fault_comes_later_too(self):
        telegram = sml.Telegram(sml.X25, 1)
        data = frames.list_message([frames.entry(W, b"\x62\x05")])
        data = frames.telegram(data.replace(b"\x62\x05\x01", b"\x62\x06\x01"))
        states = [feed(telegram, data)] + [feed(telegram, b"") for _ in range(9)]
        self.assertEqual(states.count(sml.FAILED), 1)
        self.assertEqual(states[0], sml.WAITING)
        self.assertEqual(telegram.text(), "bad message crc")

    def test_giving_up_within(self):
        telegram = sml.Telegram(sml.X25, 1)
        feed(telegram, frames.EBZ)
        telegram.give_up()
        self.assertEqual(telegram.state, sml.FAILED)
        self.assertEqual([feed(telegram, b"") for _ in range(40)].count(sml.DONE), 0)


class TestEscapes(unittest.TestCase):
    def test_doubled_data(self):
        for server in (b"\x1b" * 4, b"\x1b" * 9, b"ab\x1b\x1b\x1b\x1bcd", b"\x1b\x1b\x1b\x02\x1b"):
            telegram = fed_entries(frames.entry(W, b"\x62\x05"), server=server)
            self.assertEqual(telegram.total_w, 5, server)

    def test_doubled_data_before_the_bytes_of_a_start(self):
        telegram = fed_entries(frames.entry(W, b"\x62\x05"), server=frames.START)
        self.assertEqual(telegram.total_w, 5)

    def test_unknown_escapes(self):
        for code in (
            b"\x02\x00\x00\x00",
            b"\x00",
            b"\x1b\x1b\x1b\x01",
            b"\x01\x01\x1b",
            b"\x1a\x05",
        ):
            telegram = fed(frames.START + b"\x76" + frames.ESCAPE + code)
            self.assertEqual(telegram.text(), "bad escape", code)
            self.assertEqual(telegram.state, sml.FAILED)

    def test_as_many_bytes_as_fit(self):
        base = len(frames.list_message([], server=b"")) - 1
        for total, text in ((1021, "ok"), (1024, "ok"), (1025, "overflow")):
            size = total - base
            # a name that long has a type-length field of three bytes
            name = bytes([0x80 | size >> 8, 0x80 | (size >> 4 & 15), size & 15]) + bytes(size - 3)
            body = b"\x77\x01\x01" + name + b"\x01\x70\x01\x01"
            data = frames.message(b"\x07\x01", body)
            self.assertEqual(len(data), total)
            self.assertEqual(fed(frames.telegram(data)).text(), text)
        self.assertEqual(sml.CAPACITY, 1024)


class TestCrc(unittest.TestCase):
    def test_check_values(self):
        digits = b"123456789"
        self.assertEqual(smlbytes.crc16(digits, 0, 9, 0xFFFF) ^ 0xFFFF, 0x906E)
        self.assertEqual(smlbytes.crc16(digits, 0, 9, 0), 0x2189)
        self.assertEqual(smlbytes.crc_as_sent(smlbytes.crc16(digits, 0, 9, 0xFFFF), False), 0x6E90)
        self.assertEqual(smlbytes.crc_as_sent(smlbytes.crc16(digits, 0, 9, 0), True), 0x2189)

    def test_agrees_with_the_bitwise_one(self):
        data = bytes(range(256))
        for kind in (frames.X25, frames.KERMIT):
            for start in range(0, 256, 7):
                crc = smlbytes.crc16(data, start, 256, smlbytes.crc_begin(kind == frames.KERMIT))
                sent = smlbytes.crc_as_sent(crc, kind == frames.KERMIT)
                self.assertEqual(bytes([sent >> 8, sent & 255]), frames.crc(data[start:], kind))

    def test_real_messages_with_kermit(self):
        for data in frames.KERMIT_MESSAGES:
            self.assertEqual(smlbytes.crc16(data, 0, len(data) - 4, 0), data[-3] << 8 | data[-2])

    def test_zero_byte_of_a_crc_left_out(self):
        data = frames.SHORT_CRC_MESSAGE
        crc = smlbytes.crc16(data, 0, len(data) - 3, 0xFFFF)
        self.assertEqual(smlbytes.crc_as_sent(crc, False), data[-2])
        entries = [frames.entry(W, b"\x63\x00" + bytes([n])) for n in range(256)]
        for one in entries:  # one of them ends in such a CRC
            data = frames.list_message([one])
            if data[-3] == 0:
                data = data[:-4] + b"\x62" + data[-2:]
                self.assertEqual(fed(frames.telegram(data)).state, sml.DONE)
                return
        self.fail("no CRC with a zero byte")

    def kermit(self):
        entries = [frames.entry(WH, b"\x65\x00\x01\x00\x00", 0x1E, -1)]
        return frames.telegram(frames.list_message(entries, kind=frames.KERMIT), frames.KERMIT)

    def test_kinds(self):
        rows = (
            (sml.X25, frames.PIN, (sml.DONE, sml.DONE)),
            (sml.KERMIT, frames.PIN, (sml.FAILED, sml.FAILED)),
            (sml.AUTO, frames.PIN, (sml.DONE, sml.DONE)),
            (sml.X25, self.kermit(), (sml.FAILED, sml.FAILED)),
            (sml.KERMIT, self.kermit(), (sml.DONE, sml.DONE)),
            (sml.AUTO, self.kermit(), (sml.FAILED, sml.DONE)),
        )
        for kind, frame, states in rows:
            telegram = sml.Telegram(kind)
            self.assertEqual((feed(telegram, frame), feed(telegram, frame)), states)

    def test_the_kind_stays_once_it_is_known(self):
        telegram = sml.Telegram()
        for frame, state in (
            (frames.PIN, sml.DONE),
            (self.kermit(), sml.FAILED),
            (self.kermit(), sml.FAILED),
            (frames.PIN, sml.DONE),
        ):
            self.assertEqual(feed(telegram, frame), state)
        telegram.give_up()
        self.assertEqual(feed(telegram, self.kermit()), sml.FAILED)
        self.assertEqual(feed(telegram, self.kermit()), sml.DONE)
        self.assertEqual(telegram.energy_wh, 6554)

    def test_both_sums_must_be_of_one_kind(self):
        entries = [frames.entry(W, b"\x62\x05")]
        mixed = frames.telegram(frames.list_message(entries, kind=frames.KERMIT))
        telegram = sml.Telegram()
        for _ in range(3):
            self.assertEqual(feed(telegram, mixed), sml.FAILED)
        self.assertEqual(telegram.text(), "bad message crc")

    def test_every_single_bit_error_is_refused(self):
        frame = frames.NO_PIN
        telegram = sml.Telegram()
        for bit in range(8 * len(frame)):
            data = bytearray(frame)
            data[bit >> 3] ^= 1 << (bit & 7)
            self.assertNotEqual(feed(telegram, data), sml.DONE, bit)
            telegram.give_up()
        self.assertIsNone(telegram.energy_wh)


class TestLists(unittest.TestCase):
    def check(self, messages, text):
        telegram = fed(frames.telegram(messages))
        self.assertEqual(telegram.state, sml.DONE if text == "ok" else sml.FAILED)
        self.assertEqual(telegram.text(), text)

    def test_faults(self):
        good = frames.list_message([frames.entry(W, b"\x62\x05")])
        changed = good.replace(b"\x62\x05\x01", b"\x62\x06\x01")
        rows = (
            (good, "ok"),
            (good + good, "ok"),
            (good + changed, "malformed"),  # one code with two values
            (changed, "bad message crc"),
            (b"", "malformed"),
            (b"\x00", "malformed"),
            (good[:-1] + b"\x01", "malformed"),
            (good[:-1], "malformed"),
            (good + b"\x00", "malformed"),
            (good + b"\x76", "malformed"),
            (good + b"\x71\x01", "malformed"),
            (frames.message(b"\x02\x01", b"\x71\x01"), "no list of values"),
            (frames.message(b"\x07\x01", b"\x76" + b"\x01" * 6), "malformed"),
            (frames.message(b"\x07\x01", b"\x77" + b"\x01" * 7), "malformed"),
            (frames.message(b"\x07\x01", b"\x77" + b"\x01" * 4 + b"\x70\x01\x01"), "ok"),
            (
                frames.message(b"\x07\x01", b"\x77" + b"\x01" * 4 + b"\x71\x76\x01\x01"),
                "malformed",
            ),
            (frames.message(b"\x07\x01", b"\x77\x01\x00"), "malformed"),  # end within a list
            (b"\x71" * 1000, "malformed"),
            (b"\x76" + b"\x71" * 900, "malformed"),
            (b"\x76\xff\xff\x0f" + b"\x01" * 900, "malformed"),
            (b"\x76\xff\xff\xff\xff\x0f", "malformed"),
            (b"\x76\x8f\x8f\x0f", "malformed"),
        )
        for messages, text in rows:
            self.check(messages, text)

    def test_numbers_of_faults(self):
        for name in ("OK", "BAD_MESSAGE_CRC", "MALFORMED", "NO_LIST"):
            self.assertEqual(getattr(smllist, name), getattr(sml, name))
        self.assertEqual(len(sml.NAMES), sml.NO_LIST + 1)
        self.assertEqual(sml.NAMES[sml.MALFORMED], "malformed")

    def test_four_bytes_of_padding_and_no_more(self):
        messages = frames.list_message([frames.entry(W, b"\x62\x05")])
        for pad in range(5):
            telegram = fed(frames.telegram(messages, pad=pad))
            self.assertEqual((telegram.text(), telegram.total_w), ("ok", 5), pad)
        self.assertEqual(fed(frames.telegram(messages, pad=5)).text(), "bad escape")

    def test_padding_longer_than_the_messages(self):
        data = frames.START + frames.ESCAPE + b"\x1a\x03"
        self.assertEqual(fed(data + frames.crc(data, frames.X25)).text(), "malformed")

    def test_two_lists_in_one_telegram(self):
        one = frames.list_message([frames.entry(W, b"\x62\x05")])
        two = frames.list_message([frames.entry(b"\x24\x07\x00", b"\x62\x06")])
        telegram = fed(frames.telegram(one + two))
        self.assertEqual((telegram.total_w, telegram.power_w[0]), (5, 6))

    def test_one_code_twice(self):
        five, six = frames.entry(W, b"\x62\x05"), frames.entry(W, b"\x62\x06")
        self.assertEqual(fed_entries(five, five).total_w, 5)
        self.assertEqual(fed_entries(five, six).text(), "malformed")

    def test_values_of_the_former_telegram_do_not_stay(self):
        telegram = fed(frames.HOLLEY)
        feed(telegram, frames.NO_PIN)
        self.assertEqual(values(telegram), (NONE, NONE, NONE, None, 2043000, 0, None, True))

    def test_what_is_sent_for_the_sum_of_power(self):
        """TL and bytes, unit, scaler: watts."""
        rows = (
            (b"\x52\x05", 0x1B, 0, 5),
            (b"\x52\xfb", 0x1B, 0, -5),
            (b"\x62\xfb", 0x1B, 0, 251),
            (b"\x53\xd6\xca", 0x1B, -2, -106),
            (b"\x54\xff\xd6\xca", 0x1B, -2, -106),
            (b"\x55\xff\xff\xd6\xca", 0x1B, -2, -106),
            (b"\x56\xff\xff\xff\xd6\xca", 0x1B, -2, -106),
            (b"\x57" + b"\xff" * 4 + b"\xd6\xca", 0x1B, -2, -106),
            (b"\x58" + b"\xff" * 5 + b"\xd6\xca", 0x1B, -2, -106),
            (b"\x59" + b"\xff" * 6 + b"\xd6\xca", 0x1B, -2, -106),
            (b"\x69" + bytes(7) + b"\x07", 0x1B, 3, 7000),
            (b"\x69" + b"\xff" * 8, 0x1B, 0, None),
            (b"\x62\x05", 0x1C, 0, None),  # var
            (b"\x62\x05", 0x1E, 0, None),  # Wh
            (b"\x62\x05", 0x1B, 7, None),
            (b"\x62\x05", 0x1B, -7, None),
            (b"\x01", 0x1B, 0, None),
            (b"\x42\x01", 0x1B, 0, None),  # yes or no
            (b"\x03ab", 0x1B, 0, None),
            (b"\x72\x62\x01\x62\x05", 0x1B, 0, None),
            (b"\x6a" + bytes(8) + b"\x05", 0x1B, 0, None),  # 9 bytes
            (b"\x61", 0x1B, 0, None),  # no byte
            (b"\xe0\x03\x05", 0x1B, 0, None),  # a TL of two bytes
        )
        for value, unit, scaler, watts in rows:
            telegram = fed_entries(frames.entry(W, value, unit, scaler))
            self.assertEqual(telegram.text(), "ok", value)
            self.assertEqual(telegram.total_w, watts, value)

    def test_unit_and_scaler_may_be_missing(self):
        head = b"\x77\x07\x01\x00" + W + b"\xff\x01\x01"
        self.assertEqual(fed_entries(head + b"\x62\x1b\x01\x62\x05\x01").total_w, 5)
        self.assertIsNone(fed_entries(head + b"\x01\x52\x00\x62\x05\x01").total_w)

    def test_codes_of_another_kind(self):
        good = frames.entry(W, b"\x62\x05")
        self.assertEqual(fed_entries(good).total_w, 5)
        for old, new in (
            (b"\x07\x01\x00", b"\x07\x00\x00"),
            (b"\x07\x01\x00", b"\x07\x01\x01"),
            (b"\xff", b"\x00"),
        ):
            self.assertIsNone(fed_entries(good.replace(old, new, 1)).total_w)

    def test_current_in_ma_whatever_its_sign(self):
        current = b"\x1f\x07\x00"
        self.assertEqual(
            fed_entries(frames.entry(current, b"\x63\x02\xd5", 0x21, -2)).current_ma[0], 7250
        )
        self.assertEqual(
            fed_entries(frames.entry(current, b"\x53\xff\x9c", 0x21, -2)).current_ma[0], -1000
        )
        self.assertIsNone(fed_entries(frames.entry(current, b"\x62\x01", 0x21, 4)).current_ma[0])

    def test_energy_that_is_negative_or_does_not_fit(self):
        rows = (
            (b"\x65\x3f\xff\xff\xff", 0, 0x3FFFFFFF),
            (b"\x65\x40\x00\x00\x00", 0, None),
            (b"\x69\x00\x00\x00\xe8\xd4\xa5\x0f\xff", -4, 100000000),
            (b"\x55\xff\xff\xff\xff", 0, None),
            (b"\x54\x80\x00\x00", -1, None),
        )
        for value, scaler, wh in rows:
            self.assertEqual(
                fed_entries(frames.entry(WH, value, 0x1E, scaler)).energy_wh, wh, value
            )

    def test_tariffs_count_only_together_and_without_their_sum(self):
        def one(code, value):
            return frames.entry(code, b"\x65" + value.to_bytes(4, "big"), 0x1E)

        total, first, second = (WH, 50), (b"\x01\x08\x01", 20), (b"\x01\x08\x02", 31)
        large = (b"\x01\x08\x02", 0x3FFFFFFF - 19)
        rows = (
            ((first, second), 51),
            ((total, first, second), 50),
            ((first,), None),
            ((second,), None),
            ((first, large), None),
        )
        for given, wh in rows:
            self.assertEqual(fed_entries(*[one(*pair) for pair in given]).energy_wh, wh)

    def test_negative_power_of_dzg(self):
        """Up to three bytes it may be a positive one without its zero byte."""
        server = b"\x0a\x01DZG\x00\x02\x9f\x7f\x72"
        rows = ((b"\x52\x80", None), (b"\x53\x8b\x28", None), (b"\x54\x8b\x28\x00", None),
                (b"\x53\x7b\x28", 31528), (b"\x63\x8b\x28", 35624), (b"\x55\xff\xff\x8b\x28", -29912))  # fmt: skip
        for value, watts in rows:
            self.assertEqual(fed_entries(frames.entry(W, value), server=server).total_w, watts)
        self.assertEqual(fed_entries(frames.entry(W, b"\x53\x8b\x28")).total_w, -29912)


def exact(data, is_signed, exponent):
    """The same with big integers: nearest, halves away from zero."""
    value = 0
    for byte in data:
        value = value << 8 | byte
    if is_signed and data[0] & 0x80:
        value -= 1 << 8 * len(data)
    size = (
        abs(value) * 10**exponent
        if exponent >= 0
        else (2 * abs(value) + 10**-exponent) // (2 * 10**-exponent)
    )
    if size > 0x3FFFFFFF:
        return None
    return -size if value < 0 else size


class TestNumbers(unittest.TestCase):
    def check(self, data, exponent):
        for is_signed in (False, True):
            got = smlbytes.scaled(data, 0, len(data), is_signed, exponent)
            self.assertEqual(got, exact(data, is_signed, exponent), (data, is_signed, exponent))

    def test_edges_of_every_width(self):
        for size in range(1, 9):
            for exponent in range(-6, 7):
                for first, rest in (
                    (0, 0),
                    (0, 255),
                    (255, 255),
                    (255, 0),
                    (128, 0),
                    (127, 255),
                    (3, 232),
                ):
                    self.check(bytes([first] + [rest] * (size - 1)), exponent)

    def test_random(self):
        random.seed(23)
        for _ in range(3000):
            size = random.randint(1, 8)
            data = bytes([random.getrandbits(8) for _ in range(size)])
            zeros = random.randint(0, size - 1)
            fill = random.choice((b"\x00", b"\xff"))
            self.check(fill * zeros + data[zeros:], random.randint(-6, 6))

    def test_largest(self):
        for value in (0x3FFFFFFE, 0x3FFFFFFF, 0x40000000, 0x40000001):
            self.check(value.to_bytes(4, "big"), 0)
            self.check((value * 10).to_bytes(8, "big"), -1)
            self.check((value * 10 - 5).to_bytes(8, "big"), -1)
            self.check((value * 10 - 6).to_bytes(8, "big"), -1)
        for value in (-0x3FFFFFFF, -0x40000000, -0x40000001):
            self.check((value + (1 << 32)).to_bytes(4, "big"), 0)

    def test_no_other_exponents(self):
        for exponent in (-128, -7, 7, 127):
            self.assertIsNone(smlbytes.scaled(b"\x00", 0, 1, False, exponent))


class TestRandomBytes(unittest.TestCase):
    def test_nothing_random_is_accepted_and_nothing_raises(self):
        random.seed(24)
        telegram = sml.Telegram()
        for _ in range(300):
            for _ in range(random.randint(1, 6)):
                data = bytes([random.getrandbits(8) for _ in range(random.randint(0, 60))])
                data = (
                    random.choice((b"", frames.START, frames.ESCAPE, frames.PIN[:40], b"\x1b\x1a"))
                    + data
                )
                self.assertNotEqual(feed(telegram, data), sml.DONE)
            telegram.give_up()
            self.assertTrue(telegram.text())

    def test_lists_of_anything(self):
        """Whatever stands in the buffer: it is read to an end, and nothing raises."""
        random.seed(25)
        good = frames.messages_of(frames.EBZ)
        for _ in range(1000):
            data = bytearray(good)
            for _ in range(random.randint(1, 4)):
                data[random.randint(0, len(data) - 1)] = random.choice(
                    (0, 1, 0x70, 0x77, 0x7F, 0xFF, 0x8F, random.getrandbits(8))
                )
            lists = smllist.Lists(data)
            end = random.choice((len(data), random.randint(1, len(data))))
            lists.begin(end, False)
            steps = 0
            while lists.step():
                steps += 1
            self.assertLess(steps, 400)
            if lists.fault == sml.OK:
                self.assertEqual(
                    lists.values[:10], [None, None, None, 82, 27, 244, None, None, None, 353]
                )


class TestAllocation(unittest.TestCase):
    def test_telegrams_allocate_nothing(self):
        telegram = sml.Telegram()
        for row in METERS:
            size = len(row[1])
            telegram.feed(row[1], size)
            micropython.heap_lock()
            try:
                half = telegram.feed(row[1], 100)
                telegram.give_up()
                state = telegram.feed(row[1], size)
                is_reduced = telegram.is_reduced()
                telegram.hint()
            finally:
                micropython.heap_unlock()
            self.assertEqual((half, state), (sml.WAITING, sml.DONE))
            self.assertEqual(is_reduced, row[2] == NONE and row[3] == NONE)


if __name__ == "__main__":
    unittest.main()
